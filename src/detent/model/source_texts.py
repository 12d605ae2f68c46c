"""Sources as tables say them (`{git = "...", tag = "v1"}`), and as one canonical line each; both ways.

The keys are those of `[tool.detent.sources]`. In a line `extra` and `group` are part of the marker, paths are
relative to the folder of the lock, and what is not said is not written.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from detent.model import markers
from detent.model.names import PackageName, package_name
from detent.model.reference_urls import InvalidReference
from detent.model.references import (
    ARCHIVE_ENDINGS,
    git_url,
    read_archive,
    read_path,
    read_revision,
    read_subdirectory,
    reference_text,
)
from detent.model.sources import (
    GitSource,
    IndexSource,
    PathSource,
    RevisionKind,
    Source,
    SourceRule,
    UrlSource,
    WorkspaceSource,
)
from detent.model.toml_text import Values, inline_table, read_inline_table

Tables: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""The lines of each package that has any."""

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "git": ("rev", "tag", "branch", "subdirectory", "lfs", "submodules"),
    "url": ("subdirectory",),
    "path": ("editable", "package"),
    "workspace": ("editable",),
    "index": (),
}
"""What a table may say beside the key that tells its kind."""
_SWITCHES = frozenset(("lfs", "submodules", "editable", "package", "workspace"))
_REVISIONS: Final[tuple[RevisionKind, ...]] = ("rev", "tag", "branch")
_INDEX_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"


class InvalidSource(ValueError):
    """A table that names no source; ``key`` is what is wrong in it, empty for the table as a whole."""

    def __init__(self, key: str, reason: str, *, hint: str = "") -> None:
        super().__init__(f"`{key}`: {reason}" if key else reason)
        self.key = key
        self.reason = reason
        self.hint = hint


class UnreadableSource(ValueError):
    """A line of a lock that says nothing; ``place`` names it."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"`{place}` {reason}")
        self.place = place
        self.reason = reason


# ---- reading a table -------------------------------------------------------------------------


def read_source(values: Mapping[str, object], *, base: str = "") -> Source:
    """Read what a table says but for where it holds; raises :class:`InvalidSource`.

    ``base`` is the folder of the text it stands in, relative to the folder of the lock.
    """
    kinds = [kind for kind in KEYS if kind in values]
    if len(kinds) != 1:
        said = " and ".join(f"`{kind}`" for kind in kinds)
        known = ", ".join(f"`{kind}`" for kind in KEYS)
        raise InvalidSource(
            kinds[1] if kinds else "", f"{said} name two sources" if kinds else f"it names no source: {known}"
        )
    kind = kinds[0]
    for key, value in values.items():
        if key != kind and key not in KEYS[kind]:
            raise InvalidSource(key, f"it says nothing beside `{kind}`")
        if key in _SWITCHES and not isinstance(value, bool):
            raise InvalidSource(key, "it must be `true` or `false`")
        if key not in _SWITCHES and not (isinstance(value, str) and value):
            raise InvalidSource(key, "it must be a string that is not empty")
    match kind:
        case "git":
            return _git(values)
        case "url":
            return _url(values)
        case "path":
            return _path(values, base)
        case "workspace":
            if not values["workspace"]:
                raise InvalidSource(kind, "it can only be `true`", hint="take the entry out")
            return WorkspaceSource(_switch(values, "editable"))
        case _:
            name = _text(values, "index")
            if re.fullmatch(_INDEX_NAME, name) is None:
                raise InvalidSource(kind, f"`{name}` is not the name of an index")
            return IndexSource(name)


def _git(values: Mapping[str, object]) -> GitSource:
    said = [kind for kind in _REVISIONS if kind in values]
    if len(said) > 1:
        raise InvalidSource(
            said[1], f"only one of {', '.join(f'`{kind}`' for kind in said)} can say which revision"
        )
    revision = ""
    for kind in said:
        with _At(kind):
            revision = read_revision(_text(values, kind))
    with _At("git"):
        url = git_url(_text(values, "git"))
    return GitSource(
        url,
        revision,
        said[0] if said else "",
        _subdirectory(values),
        lfs=bool(values.get("lfs")),
        submodules=bool(values.get("submodules")),
    )


def _url(values: Mapping[str, object]) -> UrlSource:
    with _At("url"):
        found = read_archive(_text(values, "url"))
    subdirectory = _subdirectory(values)
    if found.subdirectory and subdirectory not in {"", found.subdirectory}:
        raise InvalidSource("subdirectory", f"the URL says `{found.subdirectory}`")
    return found._replace(subdirectory=subdirectory or found.subdirectory)


def _path(values: Mapping[str, object], base: str) -> PathSource:
    with _At("path"):
        path = read_path(_text(values, "path"), base=base)
    editable, package = _switch(values, "editable"), _switch(values, "package")
    if editable and path.lower().endswith(ARCHIVE_ENDINGS):
        raise InvalidSource("editable", "a file cannot be editable, only a folder can")
    if editable and package is False:
        raise InvalidSource("package", "what is never installed cannot be editable")
    return PathSource(path, editable, package)


def _subdirectory(values: Mapping[str, object]) -> str:
    with _At("subdirectory"):
        return read_subdirectory(_text(values, "subdirectory"))


def _text(values: Mapping[str, object], key: str) -> str:
    return str(values.get(key, ""))


def _switch(values: Mapping[str, object], key: str) -> bool | None:
    return bool(values[key]) if key in values else None


class _At:
    """Says which key a reference that cannot be read stands at."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, InvalidReference):
            raise InvalidSource(self._key, error.reason, hint=error.hint) from None


# ---- lines -----------------------------------------------------------------------------------


def source_values(source: Source) -> Values:
    """Give what a table says of a source, its keys in the order they are written in."""
    values: dict[str, str | bool | None]
    match source:
        case GitSource():
            values = {
                "git": source.url,
                source.kind or "rev": source.revision,
                "subdirectory": source.subdirectory,
                "lfs": source.lfs or None,
                "submodules": source.submodules or None,
            }
        case UrlSource():
            url = reference_text(source._replace(subdirectory=""))
            values = {"url": url, "subdirectory": source.subdirectory}
        case PathSource():
            values = {"path": source.path, "editable": source.editable, "package": source.package}
        case WorkspaceSource():
            values = {"workspace": True, "editable": source.editable}
        case IndexSource():
            values = {"index": source.index}
    return {key: value for key, value in values.items() if value not in {"", None}}


def source_text(rule: SourceRule) -> str:
    """Write a rule as one inline table; ``ValueError`` for one that holds nowhere."""
    values = dict(source_values(rule.source))
    condition = markers.render(rule.marker)
    return inline_table({**values, "marker": condition} if condition else values)


def source_texts(rules: Iterable[SourceRule]) -> Tables:
    """Write every rule that holds somewhere, by the name of its package, sorted, each once."""
    found: dict[str, set[str]] = {}
    for rule in rules:
        if rule.marker != markers.NEVER:
            found.setdefault(rule.name, set()).add(source_text(rule))
    return tuple((name, tuple(sorted(found[name]))) for name in sorted(found))


def read_source_texts(tables: Tables) -> tuple[SourceRule, ...]:
    """Read the lines again; raises :class:`UnreadableSource`."""
    return tuple(_read_lines(tables))


def _read_lines(tables: Tables) -> Iterator[SourceRule]:
    for name, lines in tables:
        for number, line in enumerate(lines):
            place = f"{name}[{number}]" if len(lines) > 1 else name
            try:
                yield read_row(package_name(name), read_inline_table(line))
            except ValueError as error:
                raise UnreadableSource(place, f"cannot be read: {error}") from None


def read_row(name: PackageName, values: Mapping[str, object]) -> SourceRule:
    """Read what a line says; raises ``ValueError``."""
    said = {key: value for key, value in values.items() if key != "marker"}
    condition = values.get("marker", "")
    if not isinstance(condition, str):
        raise InvalidSource("marker", "it must be a string")
    marker = markers.parse(condition) if condition else markers.ALWAYS
    return SourceRule(name, read_source(said), marker)


# ---- rules beside each other -----------------------------------------------------------------


def sorted_rules(rules: Iterable[SourceRule]) -> tuple[SourceRule, ...]:
    """Sort by name, then by the text of the marker; rules that hold nowhere are left out."""
    return tuple(
        sorted(
            (rule for rule in rules if rule.marker != markers.NEVER),
            key=lambda rule: (rule.name, markers.render(rule.marker), source_text(rule)),
        )
    )


def contradictions(
    rules: Sequence[SourceRule], care: markers.Marker = markers.ALWAYS
) -> Iterator[tuple[SourceRule, SourceRule]]:
    """Give each two rules of one name that name different sources for the same place, within ``care``."""
    for number, rule in enumerate(rules):
        for other in rules[number + 1 :]:
            if rule.name != other.name or rule.source == other.source:
                continue
            if markers.and_(markers.and_(rule.marker, other.marker), care) != markers.NEVER:
                yield rule, other
