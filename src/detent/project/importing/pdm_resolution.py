"""`[tool.pdm.resolution]` as settings of detent: overrides, exclusions, pre-releases and upload times."""

from collections.abc import Iterator, Mapping

from detent.model.specifiers import InvalidSpecifier, canonical_specifier
from detent.named import NamedTuple
from detent.project.document import Document
from detent.project.importing.conversion import Findings
from detent.project.importing.taken import Kept, moment, noted_at, refusal

DIRECT_MINIMAL = "direct_minimal_versions"
"""The strategy of a pdm.lock that took the oldest of what the project asks for."""

_PATH = ("tool", "pdm", "resolution")


class Resolution(NamedTuple):
    """What of the table moves."""

    kept: tuple[Kept, ...]
    paths: tuple[tuple[str, ...], ...]
    """What goes with it."""

    def has(self, path: tuple[str, ...]) -> bool:
        """Whether a key is part of what moves."""
        return any(path[: len(gone)] == gone for gone in self.paths)


def read_resolution(document: Document, findings: Findings) -> Resolution:
    """Read the table; what detent cannot say stays where it is, and is named."""
    table: object = document.data
    for key in _PATH:
        table = table.get(key) if isinstance(table, dict) else None
    if not isinstance(table, dict):
        return Resolution((), ())
    noted = noted_at(document)
    kept, gone, left = [], [], []
    for key, value in table.items():
        found = _kept(key, value)
        reason = refusal(document, found.key, found.value) if found is not None else ""
        if found is not None and not reason:
            here = noted.get((*_PATH, key))
            kept.append(found if here is None else found._replace(above=here.above))
            gone.append(key)
            continue
        left.append(key)
        findings.note(
            f"`resolution.{key}` of `[tool.pdm]` was not taken over" + (f": {reason}" if reason else "")
        )
    if not left:
        return Resolution(tuple(kept), (_PATH,))
    if _PATH in noted:
        # An inline table goes as a whole or stays as a whole; what was taken over stands in both then.
        return Resolution(tuple(kept), ())
    return Resolution(tuple(kept), tuple((*_PATH, key) for key in gone))


def _kept(key: str, value: object) -> Kept | None:
    match key, value:
        case "overrides", dict():
            return Kept("override-dependencies", list(_overrides(value)))
        case "excludes", list():
            return Kept("exclude-dependencies", value)
        case "allow-prereleases", bool():
            return Kept("prerelease", "allow" if value else "disallow")
        case "exclude-newer", str():
            return Kept("exclude-newer", moment(value))
        case "exclude-newer-override", dict():
            bounds = {
                name: moment(bound) if isinstance(bound, str) else bound for name, bound in value.items()
            }
            return Kept("exclude-newer-package", bounds)
        case _:
            return None


def _overrides(table: Mapping[str, object]) -> Iterator[str]:
    for name, value in table.items():
        text = str(value).strip()
        if "://" in text:
            yield f"{name} @ {text}"
            continue
        try:
            canonical_specifier(text)
        except InvalidSpecifier:
            yield f"{name}=={text}"
        else:
            yield f"{name}{text}"
