"""What making another tool's project one of detent comes to."""

from collections.abc import Mapping

from detent.errors import Bug
from detent.named import NamedTuple
from detent.project.document import Document, parse_document
from detent.project.importing.tables import Row, literal
from detent.project.values import redacted


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
    """What comes up on the way; ``public_host`` serves the index that nobody has to configure."""

    def __init__(self, public_host: str = "") -> None:
        self.public_host = public_host
        self.direct: list[Direct] = []
        self.notes: list[str] = []
        self.prereleases: dict[str, str] = {}
        """Packages of which pre-releases count otherwise, each with its mode."""
        self.pins: set[str] = set()
        """The names of indexes that packages stay pinned to."""

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
    """Empty where none is given, which means the public index."""
    is_primary: bool
    """Whether it takes the place of the public index."""
    exclude_newer: object = None
    """What it says of upload times, as detent reads it; ``None``: nothing."""
    is_explicit: bool = False
    """Whether it serves only what is pinned to it."""


def index_rows(sources: list[Source], findings: Findings) -> tuple[tuple[Row, ...], ...]:
    """Give the keys of each index, the default one last; what is not taken over is named."""
    chosen = next((source for source in sources if source.is_primary), None)
    ordered = [source for source in sources if source is not chosen] + (
        [chosen] if chosen is not None else []
    )
    found = []
    for source in ordered:
        if _is_public(source, findings) and source.name not in findings.pins:
            continue
        if redacted(source.url) != source.url or "$" in source.url:
            variable = "DETENT_DEFAULT_INDEX" if source is chosen else "DETENT_INDEX"
            findings.note(
                f"the index `{redacted(source.url)}` was not taken over, because there is a password or a "
                f"variable in its URL; set `{variable}` where detent runs"
            )
            continue
        if source is not chosen and not source.is_explicit:
            findings.note(
                f"the index `{source.name or source.url}` is asked before the default one, and the first that"
                " has a package serves it"
            )
        found.append(_index_table(source, is_default=source is chosen))
    return tuple(found)


def _index_table(source: Source, *, is_default: bool) -> tuple[Row, ...]:
    return (
        *((Row("name", literal(source.name)),) if source.name else ()),
        Row("url", literal(source.url)),
        *((Row("default", "true"),) if is_default else ()),
        *((Row("explicit", "true"),) if source.is_explicit else ()),
        *((Row("exclude-newer", literal(source.exclude_newer)),) if source.exclude_newer is not None else ()),
    )


def prerelease_rows(findings: Findings) -> tuple[Row, ...]:
    """Give `prerelease-package`, where anything came up."""
    return (Row("prerelease-package", literal(findings.prereleases)),) if findings.prereleases else ()


def _is_public(source: Source, findings: Findings) -> bool:
    host = source.url.partition("://")[2].partition("/")[0].rpartition("@")[2].lower()
    return not source.url or (bool(host) and host == findings.public_host)


def default_group_rows(groups: list[str], defaults: list[str]) -> tuple[Row, ...]:
    """Give `default-groups` where they differ from what detent takes by itself: `dev`."""
    implied = [group for group in groups if group.lower() == "dev"]
    return (Row("default-groups", literal(defaults)),) if sorted(defaults) != sorted(implied) else ()


def checked(before: Document, conversion: Conversion, tool: str) -> Conversion:
    """Give the conversion, once it is proven that it left alone what is none of its business."""
    after = parse_document(conversion.text, before.display)
    if _others(before.data, tool) != _others(after.data, tool):
        raise Bug(f"importing changed something else in `{before.display}`")
    return conversion


def _others(data: Mapping[str, object], tool: str) -> dict[str, object]:
    mine = {"project", "dependency-groups", "build-system", "tool"}
    tools = data.get("tool")
    left = {key: value for key, value in data.items() if key not in mine}
    for key, value in tools.items() if isinstance(tools, dict) else ():
        if key not in {tool, "detent"}:
            left[f"tool.{key}"] = repr(value)
    return left
