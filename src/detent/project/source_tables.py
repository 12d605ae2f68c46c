"""`[tool.detent.sources]`: where packages come from when that is not simply the index.

Each package has one table or a list of them, each for the places its `marker`, `extra` and `group` say. A
project written for uv has them as `[tool.uv.sources]`, which is read where `[tool.detent]` has none: the keys
are the same. Faults are collected, each with its place.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from detent.errors import DetentError, nearest
from detent.errors.project import ManifestInvalid
from detent.model import markers
from detent.model.markers import InvalidMarker, Marker
from detent.model.names import extra_name, group_name, package_name
from detent.model.requirement import PackageName
from detent.model.source_texts import KEYS, InvalidSource, contradictions, read_source, sorted_rules
from detent.model.sources import SourceRule
from detent.named import NamedTuple
from detent.project.conflicts import Declared
from detent.project.document import Document, at, type_name

_Steps: TypeAlias = tuple[str | int, ...]

TABLE = "sources"
_OWN = ("tool", "detent", TABLE)
OF_UV = ("tool", "uv", TABLE)
_WHERE = ("marker", "extra", "group")


class Sources(NamedTuple):
    """What a project says of where packages come from."""

    rules: tuple[SourceRule, ...] = ()
    """Sorted by name, then by the text of the marker."""
    note: str = ""
    """A sentence that says who else's table was read; empty where none was."""


def sources_path(data: Mapping[str, object]) -> tuple[str, ...]:
    """Give where a pyproject.toml has its sources: in detent's own table, in uv's where there is no other."""
    return OF_UV if at(data, _OWN) is None and at(data, OF_UV) is not None else _OWN


def read_sources(document: Document, declared: Declared, faults: list[DetentError]) -> Sources:
    """Read every rule; paths are relative to the folder of the lock then."""
    path = sources_path(document.data)
    if at(document.data, path) is None:
        return Sources()
    reader = _Reader(document, path, declared, faults)
    rules, note = sorted_rules(reader.rules()), ""
    if path == OF_UV and rules:
        note = (
            f"`[tool.uv.sources]` in {document.display} says where packages come from, "
            "as there are no `[tool.detent.sources]`"
        )
    return Sources(rules, note)


def refuse_contradictions(
    rules: Sequence[SourceRule], care: Marker, display: str, faults: list[DetentError]
) -> None:
    """Refuse two sources of one name for one place; ``care`` is where the project is for."""
    for one, other in contradictions(rules, care):
        first, second = sorted((one, other), key=_line)
        faults.append(
            ManifestInvalid(
                second.where or display,
                f"`{first.name}` comes from two sources at once",
                why=f"the other one stands at `{first.where or display}`"
                if first.where != second.where
                else "both stand on that line",
                next_steps=("give them markers, extras or groups that exclude each other, or take one out",),
            )
        )


def _line(rule: SourceRule) -> tuple[int, ...]:
    return tuple(int(part) for part in rule.where.split(":") if part.isdigit())


class _Reader:
    """The sources of one document while they are read."""

    def __init__(
        self,
        document: Document,
        path: tuple[str, ...],
        declared: Declared,
        faults: list[DetentError],
    ) -> None:
        self._document = document
        self._path = path
        self._declared = declared
        self._faults = faults

    def rules(self) -> Iterator[SourceRule]:
        node = at(self._document.data, self._path)
        if not isinstance(node, dict):
            self._refuse(self._path, f"`{self._name}` must be a table, found {type_name(node)}")
            return
        spelled: dict[PackageName, str] = {}
        for key, value in node.items():
            path = (*self._path, key)
            try:
                name = package_name(key)
            except ValueError as error:
                self._refuse(path, f"`{key}` in `{self._name}` cannot be used", why=str(error))
                continue
            if name in spelled:
                self._refuse(
                    path,
                    f"`{key}` and `{spelled[name]}` in `{self._name}` are one name",
                    why=f"both are `{name}` once normalised",
                )
                continue
            spelled[name] = key
            yield from self._of_package(path, name, value)

    def _of_package(self, path: _Steps, name: PackageName, value: object) -> Iterator[SourceRule]:
        rows: list[tuple[_Steps, object]] = [(path, value)]
        if isinstance(value, list):
            rows = [((*path, place), row) for place, row in enumerate(value)]
        for place, row in rows:
            if isinstance(row, dict):
                rule = self._rule(place, name, row)
                if rule is not None:
                    yield rule
            else:
                form = '`{git = "https://..."}`'
                self._refuse(
                    place,
                    f"the source of `{name}` must be a table such as {form}, or a list of them, "
                    f"found {type_name(row)}",
                )

    def _rule(self, path: _Steps, name: PackageName, row: Mapping[str, object]) -> SourceRule | None:
        before = len(self._faults)
        self._refuse_unknown(path, row)
        marker = self._marker(path, row)
        if len(self._faults) > before:
            return None
        said = {key: value for key, value in row.items() if key not in _WHERE}
        try:
            source = read_source(said, base=self._document.base)
        except InvalidSource as error:
            self._refuse(
                (*path, error.key) if error.key else path,
                f"`{error.key}` of the source of `{name}` cannot be used"
                if error.key
                else f"the source of `{name}` cannot be used",
                why=error.reason,
                next_steps=(error.hint,) if error.hint else (),
            )
            return None
        if marker == markers.NEVER:
            self._refuse(path, f"the source of `{name}` holds nowhere", why="no place fits what it says")
            return None
        line = self._document.line(*path)
        where = self._document.display if line is None else f"{self._document.display}:{line}"
        return SourceRule(name, source, marker, where)

    def _refuse_unknown(self, path: _Steps, row: Mapping[str, object]) -> None:
        known = (*KEYS, *dict.fromkeys(key for keys in KEYS.values() for key in keys), *_WHERE)
        for key in row:
            if key in known:
                continue
            near = nearest(key, known)
            self._refuse(
                (*path, key),
                f"`{key}` is nothing that a source can say",
                why="it would say what is installed, so it is not left out",
                next_steps=(f"write `{near}`, or take it out",) if near is not None else ("take it out",),
            )

    def _marker(self, path: _Steps, row: Mapping[str, object]) -> Marker:
        """Give where the rule holds: marker, extra and group together."""
        found = markers.ALWAYS
        for key in _WHERE:
            value = row.get(key)
            if value is None:
                continue
            if not isinstance(value, str):
                self._refuse((*path, key), f"`{key}` must be a string, found {type_name(value)}")
                continue
            is_gate = key != "marker"
            here = self._gate((*path, key), key, value) if is_gate else self._own_marker((*path, key), value)
            found = markers.and_(found, here)
        return found

    def _own_marker(self, path: _Steps, text: str) -> Marker:
        try:
            return markers.parse(text)
        except InvalidMarker as error:
            self._refuse(
                path,
                f"`{text}` is not a valid marker",
                why=error.reason,
                next_steps=("write it like `sys_platform == 'win32'`",),
            )
            return markers.ALWAYS

    def _gate(self, path: _Steps, kind: str, text: str) -> Marker:
        """Read the name of an extra or a group that the project has."""
        is_extra = kind == "extra"
        known = [name for name, _ in (self._declared.extras if is_extra else self._declared.groups)]
        try:
            name = extra_name(text) if is_extra else group_name(text)
        except ValueError as error:
            self._refuse(path, f"`{kind}` of a source cannot be used", why=str(error))
            return markers.ALWAYS
        if name not in known and (self._declared.has_all_extras or not is_extra):
            names = ", ".join(f"`{each}`" for each in known)
            self._refuse(
                path,
                f"the {kind} `{text}` does not exist",
                why=f"the {kind}s are {names}" if names else f"the project has no {kind}s",
            )
        return markers.in_extra(name) if is_extra else markers.in_group(name)

    @property
    def _name(self) -> str:
        return ".".join(self._path)

    def _refuse(self, path: _Steps, what: str, *, why: str = "", next_steps: tuple[str, ...] = ()) -> None:
        self._faults.append(
            ManifestInvalid(self._document.where(*path), what, why=why, next_steps=next_steps)
        )
