"""What making another tool's project one of detent comes to."""

from typing import NamedTuple

from detent.project.importing.tables import Row, literal
from detent.project.settings import redacted


class Direct(NamedTuple):
    """A requirement on something that is not on an index."""

    name: str
    where: str
    """``file:line:column``."""
    source: str
    """In words, such as ``the folder `../lib` ``."""


class Conversion(NamedTuple):
    """A new pyproject.toml and what could not go into it."""

    text: str
    direct: tuple[Direct, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences about what was not taken over."""


class Findings:
    """What comes up on the way."""

    def __init__(self) -> None:
        self.direct: list[Direct] = []
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        """Remember a sentence, once."""
        if text not in self.notes:
            self.notes.append(text)

    def conversion(self, text: str) -> Conversion:
        """Give what it came to."""
        return Conversion(text, tuple(self.direct), tuple(self.notes))


class Source(NamedTuple):
    """An index as other tools configure it."""

    name: str
    url: str
    """Empty for the public index."""
    is_primary: bool
    """Whether packages come from it before, or in place of, the public index."""


def index_rows(sources: list[Source], findings: Findings) -> tuple[Row, ...]:
    """Give the keys of the one index detent reads, and name the others."""
    chosen = next((source for source in sources if source.is_primary), None)
    for source in sources:
        if source is not chosen and source.url:
            findings.note(
                f"the index `{source.name or redacted(source.url)}` was not taken over: "
                "one index can be used so far"
            )
    if chosen is None or not chosen.url:
        return ()
    if redacted(chosen.url) != chosen.url or "$" in chosen.url:
        findings.note(
            f"the index `{redacted(chosen.url)}` was not taken over, because its URL has a password or a "
            "variable in it; set `DETENT_DEFAULT_INDEX` where detent runs"
        )
        return ()
    named = (Row("name", literal(chosen.name)),) if chosen.name else ()
    return (*named, Row("url", literal(chosen.url)))


def default_group_rows(groups: list[str], defaults: list[str]) -> tuple[Row, ...]:
    """Give `default-groups` where they differ from what detent takes by itself: `dev`."""
    implied = [group for group in groups if group.lower() == "dev"]
    return (Row("default-groups", literal(defaults)),) if sorted(defaults) != sorted(implied) else ()
