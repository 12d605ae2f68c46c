"""The tables of `[tool.detent]` that change an answer beside the project's own requirements.

Constraints, overrides, exclusions, conflicts, environments and stated metadata, as values in canonical order.
They stand in pyproject.toml alone: a lock that all of a team can make needs what all of them have. Faults
are collected, each with its line.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias, TypeVar

from packaging.version import Version

from detent.errors import DetentError
from detent.errors.project import ManifestInvalid
from detent.model import markers
from detent.model.adjustment_texts import (
    CONSTRAINTS,
    ENVIRONMENTS,
    EXCLUDES,
    METADATA,
    OVERRIDES,
    REQUIRED_ENVIRONMENTS,
    TABLES,
    exclusion_text,
    override_text,
    requirement_text,
)
from detent.model.adjustments import NO_ADJUSTMENTS, Adjustments, Exclusion, Override, StatedMetadata
from detent.model.markers import InvalidMarker, Marker
from detent.model.names import extra_name
from detent.model.requirement import ExtraName, PackageName, Requirement, package_name
from detent.model.specifiers import InvalidSpecifier, canonical_specifier
from detent.named import NamedTuple
from detent.project.conflicts import OF_UV, OWN, Declared, read_conflicts
from detent.project.document import Document, at, type_name
from detent.project.requirements import read_requirement, strings
from detent.project.source_tables import OF_UV as SOURCES_OF_UV
from detent.project.source_tables import sources_path

_Steps: TypeAlias = tuple[str | int, ...]
_Spellings: TypeAlias = Mapping[tuple[PackageName | None, Version], str]

_PATH = ("tool", "detent")
_ENTRIES = {EXCLUDES: "an exclusion", OVERRIDES: "an override"}
_METADATA_KEYS = ("name", "version", "requires-dist", "requires-python", "provides-extra", "provides-extras")

Value = TypeVar("Value")
Scoped = TypeVar("Scoped", Override, Exclusion)


def read_adjustments(
    document: Document, declared: Declared, requires_python: str, faults: list[DetentError]
) -> Adjustments:
    """Read every table; ``declared`` are the lists the project has, ``requires_python`` is canonical."""
    found_table = at(document.data, OWN[:2])
    table = found_table if isinstance(found_table, dict) else {}
    path = OF_UV if has_conflicts_of_uv(document.data) else OWN
    if path == OWN and not any(name in table for name in TABLES):
        return NO_ADJUSTMENTS
    # Pythons that there are none of are a fault already.
    pythons = markers.requires_python(requires_python) or markers.ALWAYS
    reader = _Reader(document, table, declared.name, pythons, faults)
    constraints, overrides = reader.constraints(), reader.overrides()
    excludes, exclusions = reader.excludes()
    spellings = _spellings((*overrides, *exclusions))
    environments = reader.environments(ENVIRONMENTS)
    found = Adjustments(
        constraints=constraints,
        overrides=_canonical(_spelled_alike(overrides, spellings), override_text),
        excludes=excludes,
        scoped_excludes=_together(_spelled_alike(exclusions, spellings)),
        environments=environments,
        required_environments=reader.environments(REQUIRED_ENVIRONMENTS, environments),
        metadata=reader.metadata(),
    )
    care = markers.and_(pythons, found.scope())
    return found._replace(conflicts=read_conflicts(document, path, declared, care, faults))


def has_conflicts_of_uv(data: Mapping[str, object]) -> bool:
    """Whether `conflicts` are read of `[tool.uv]`: where its sources are, which may lean on them."""
    return at(data, OF_UV) is not None and at(data, OWN) is None and sources_path(data) == SOURCES_OF_UV


class _Entry(NamedTuple):
    """What one entry says, for everybody or for one parent."""

    parent: tuple[PackageName | None, str]
    texts: Sequence[tuple[_Steps, str]]


class _Row(NamedTuple):
    """A table in a list, and its way from the root."""

    path: _Steps
    data: Mapping[str, object]


class _Reader:
    """The tables of one document, each read to values that are sorted and there once."""

    def __init__(
        self,
        document: Document,
        table: Mapping[str, object],
        project: PackageName,
        pythons: Marker,
        faults: list[DetentError],
    ) -> None:
        self._document = document
        self._table = table
        self._project = project
        self._pythons = pythons
        self._faults = faults

    # ---- requirements --------------------------------------------------------------------

    def constraints(self) -> tuple[Requirement, ...]:
        return _canonical(self._constraints(), requirement_text)

    def _constraints(self) -> Iterator[Requirement]:
        path = (*_PATH, CONSTRAINTS)
        for place, text in strings(self._document, path, self._table.get(CONSTRAINTS, []), self._faults):
            requirement = self._requirement((*path, place), CONSTRAINTS, text)
            if requirement is None:
                continue
            if requirement.extras:
                self._refuse(
                    (*path, place),
                    f"`{text}` in `{_name(CONSTRAINTS)}` names extras",
                    why="a constraint bounds the versions of what is needed anyway, and brings nothing in",
                )
            elif requirement.url:
                self._refuse_url((*path, place), CONSTRAINTS, requirement)
            elif requirement.marker != markers.NEVER:
                yield requirement

    def overrides(self) -> tuple[Override, ...]:
        return tuple(self._overrides())

    def _overrides(self) -> Iterator[Override]:
        for parent, texts in self._entries(OVERRIDES):
            for path, text in texts:
                requirement = self._requirement(path, OVERRIDES, text)
                if requirement is not None and requirement.url and parent[0] is not None:
                    self._refuse_url(path, OVERRIDES, requirement)
                elif requirement is not None:
                    yield Override(_without_rest(requirement), *parent)

    def excludes(self) -> tuple[tuple[PackageName, ...], tuple[Exclusion, ...]]:
        """Read what nobody gets, and what the requirements of one parent leave out."""
        everybodys: set[PackageName] = set()
        scoped = []
        for (parent, version), texts in self._entries(EXCLUDES):
            found = {self._package(path, text) for path, text in texts}
            names = {name for name in found if name is not None}
            if parent is None:
                everybodys |= names
            else:
                scoped.append(Exclusion(parent, tuple(sorted(names)), version))
        return tuple(sorted(everybodys)), tuple(scoped)

    def _entries(self, table: str) -> Iterator[_Entry]:
        """Read a list of texts, and of tables with texts for one parent."""
        for place, item in self._items(table):
            row = (*_PATH, table, place)
            match item:
                case str():
                    yield _Entry((None, ""), [(row, item)])
                case {"package": of, "dependencies": [*texts], **rest} if not rest:
                    parent = self._parent((*row, "package"), table, of)
                    read = list(self._texts((*row, "dependencies"), texts))
                    # Without a parent there is a fault, and what is made of the rest is not used.
                    yield _Entry(parent or (self._project, ""), read)
                case _:
                    self._refuse(
                        row,
                        f"`{_name(table)}` must hold strings and "
                        '`{package = "NAME", dependencies = ["..."]}`, '
                        f"found {type_name(item)}" + (" of another kind" if isinstance(item, dict) else ""),
                    )

    def _texts(self, path: _Steps, texts: Sequence[object]) -> Iterator[tuple[_Steps, str]]:
        for place, text in enumerate(texts):
            if isinstance(text, str):
                yield (*path, place), text
            else:
                self._refuse(
                    (*path, place), f"`{path[-1]}` must be a list of strings, found {type_name(text)} in it"
                )

    def _parent(self, path: _Steps, table: str, of: object) -> tuple[PackageName, str] | None:
        """Read whose requirements are replaced or left out."""
        match of:
            case str():
                name, version = self._package(path, of), ""
            case {"name": str(text), **rest} if not rest:
                name, version = self._package((*path, "name"), text), ""
            case {"name": str(text), "version": str(number), **rest} if not rest:
                found = self._version((*path, "version"), number)
                if found is None:
                    return None
                name, version = self._package((*path, "name"), text), found
            case _:
                form = '`{name = "NAME", version = "1.0"}`'
                self._refuse(path, f"`package` in `{_name(table)}` must be a name or {form}")
                return None
        if name == self._project:
            self._refuse(
                path,
                f"the requirements of `{name}` are the project's own",
                why=f"{_ENTRIES[table]} for one package is for what others wrote",
                next_steps=("change the requirement where it stands",),
            )
            return None
        return None if name is None else (name, version)

    def _requirement(self, path: _Steps, table: str, text: str) -> Requirement | None:
        requirement = read_requirement(self._document, path, _name(table), text, self._faults)
        if requirement is None or not any(markers.mentions(requirement.marker)):
            return requirement
        self._refuse(
            path,
            f"the marker of `{text}` in `{_name(table)}` asks about extras or groups",
            why="it counts for every package, so nobody could say whose extras are meant",
        )
        return None

    def _refuse_url(self, path: _Steps, table: str, requirement: Requirement) -> None:
        self._refuse(
            path,
            f"`{requirement.name}` in `{_name(table)}` names a URL",
            why="a package comes from one place for everybody",
            next_steps=("write it into `[tool.detent.sources]`",),
        )

    # ---- environments --------------------------------------------------------------------

    def environments(self, table: str, within: Sequence[Marker] = ()) -> tuple[Marker, ...]:
        """Read markers; ``within`` are those that each must have something in common with."""
        value = self._table.get(table, [])
        path = (*_PATH, table)
        found: list[Marker | None] = []
        if isinstance(value, str):
            found.append(self._environment(path, table, value, within))
        else:
            for place, text in strings(self._document, path, value, self._faults):
                found.append(self._environment((*path, place), table, text, within))
        return _canonical((marker for marker in found if marker is not None), markers.render)

    def _environment(self, path: _Steps, table: str, text: str, within: Sequence[Marker]) -> Marker | None:
        what = f"`{text}` in `{_name(table)}`"
        try:
            marker = markers.parse(text)
        except InvalidMarker as error:
            self._refuse(path, f"{what} is not a valid marker", why=error.reason)
            return None
        if any(markers.mentions(marker)):
            self._refuse(path, f"{what} asks about extras or groups, and an environment has none")
        elif marker == markers.ALWAYS:
            self._refuse(
                path, f"{what} holds everywhere", why="without it the lock is for everywhere as well"
            )
        elif marker == markers.NEVER:
            self._refuse(path, f"{what} holds nowhere")
        elif markers.disjoint(marker, self._pythons):
            self._refuse(path, f"{what} holds on no Python that `project.requires-python` allows")
        elif within and all(markers.disjoint(marker, one) for one in within):
            self._refuse(
                path, f"{what} is in none of `{_name(ENVIRONMENTS)}`", why="the lock is for those alone"
            )
        else:
            return marker
        return None

    # ---- stated metadata -----------------------------------------------------------------

    def metadata(self) -> tuple[StatedMetadata, ...]:
        found: dict[tuple[PackageName, Version | None], StatedMetadata] = {}
        for place, item in self._items(METADATA):
            path = (*_PATH, METADATA, place)
            if not isinstance(item, dict):
                self._refuse(path, f"`{_name(METADATA)}` must hold tables, found {type_name(item)}")
                continue
            stated = self._stated(_Row(path, item))
            if stated is None:
                continue
            key = stated.name, Version(stated.version) if stated.version else None
            if key in found:
                title = f"`{stated.name}` {stated.version}".rstrip()
                self._refuse(path, f"the metadata of {title} is stated twice")
            found[key] = stated
        return tuple(sorted(found.values()))

    def _stated(self, row: _Row) -> StatedMetadata | None:
        before = len(self._faults)
        for key in row.data:
            if key not in _METADATA_KEYS:
                self._refuse(
                    (*row.path, key),
                    f"`{key}` cannot be stated in `{_name(METADATA)}`",
                    why=f"what can be are {', '.join(f'`{known}`' for known in _METADATA_KEYS)}",
                )
        name = None
        match row.data.get("name"):
            case str(text):
                name = self._package((*row.path, "name"), text)
            case _:
                self._refuse(
                    row.path, f"an entry of `{_name(METADATA)}` must have a `name`, which is a string"
                )
        number = self._text(row, "version")
        version = self._version((*row.path, "version"), number) if number else ""
        python = self._python((*row.path, "requires-python"), self._text(row, "requires-python"))
        requires, asked = self._requires(row)
        extras = {*self._extras(row), *asked}
        if len(self._faults) > before or name is None or version is None:
            return None
        return StatedMetadata(name, version, python, requires, tuple(sorted(extras)))

    def _text(self, row: _Row, key: str) -> str:
        value = row.data.get(key, "")
        if isinstance(value, str):
            return value
        self._refuse((*row.path, key), f"`{key}` must be a string, found {type_name(value)}")
        return ""

    def _python(self, path: _Steps, text: str) -> str:
        try:
            return canonical_specifier(text)
        except InvalidSpecifier as error:
            self._refuse(path, f"`{text}` is not a valid version specifier", why=str(error))
            return ""

    def _requires(self, row: _Row) -> tuple[tuple[str, ...], frozenset[ExtraName]]:
        """Read the requirements, and the extras they ask about."""
        found: set[Requirement] = set()
        for path, text in self._listed(row, "requires-dist"):
            requirement = read_requirement(self._document, path, _name(METADATA), text, self._faults)
            if requirement is not None and requirement.url:
                self._refuse_url(path, METADATA, requirement)
            elif requirement is not None and requirement.marker != markers.NEVER:
                found.add(requirement._replace(origin=None))
        extras = (markers.mentions(requirement.marker)[0] for requirement in found)
        return tuple(sorted(map(str, found))), frozenset[ExtraName]().union(*extras)

    def _extras(self, row: _Row) -> Iterator[ExtraName]:
        for key in ("provides-extra", "provides-extras"):
            for path, text in self._listed(row, key):
                try:
                    yield extra_name(text)
                except ValueError as error:
                    self._refuse(path, f"`{text}` in `{key}` cannot be used", why=str(error))

    def _listed(self, row: _Row, key: str) -> Iterator[tuple[_Steps, str]]:
        value = row.data.get(key, [])
        path = (*row.path, key)
        if not isinstance(value, list):
            self._refuse(path, f"`{key}` must be a list of strings, found {type_name(value)}")
            return
        yield from self._texts(path, value)

    # ---- all of them ---------------------------------------------------------------------

    def _items(self, table: str) -> Iterator[tuple[int, object]]:
        value = self._table.get(table, [])
        if isinstance(value, list):
            yield from enumerate(value)
        else:
            self._refuse((*_PATH, table), f"`{_name(table)}` must be a list, found {type_name(value)}")

    def _package(self, path: _Steps, text: str) -> PackageName | None:
        try:
            return package_name(text)
        except ValueError as error:
            self._refuse(path, "the name of a package cannot be used", why=str(error))
            return None

    def _version(self, path: _Steps, text: str) -> str | None:
        try:
            return str(Version(text))
        except ValueError:  # no version, or a number too long to read
            self._refuse(path, f"`{text}` is not a valid version")
            return None

    def _refuse(self, path: _Steps, what: str, *, why: str = "", next_steps: tuple[str, ...] = ()) -> None:
        self._faults.append(
            ManifestInvalid(self._document.where(*path), what, why=why, next_steps=next_steps)
        )


def _name(table: str) -> str:
    return ".".join((*_PATH, table))


def _without_rest(requirement: Requirement) -> Requirement:
    """What never holds drops the package; which versions of it are not meant is nothing to record."""
    if requirement.marker != markers.NEVER:
        return requirement
    return Requirement(requirement.name, marker=markers.NEVER, origin=requirement.origin)


def _spellings(scoped: Iterable[Override | Exclusion]) -> _Spellings:
    """Find one way to write each version of a parent (`1.0`, `1.0.0`), for all that is said of it."""
    found: dict[tuple[PackageName | None, Version], str] = {}
    for parent, version in ((one.parent, one.parent_version) for one in scoped if one.parent_version):
        key = parent, Version(version)
        found[key] = min(version, found.get(key, version))
    return found


def _spelled_alike(scoped: Iterable[Scoped], spellings: _Spellings) -> Iterator[Scoped]:
    for one in scoped:
        version = one.parent_version
        yield one._replace(parent_version=spellings[one.parent, Version(version)]) if version else one


def _together(exclusions: Iterable[Exclusion]) -> tuple[Exclusion, ...]:
    """Make one of those for the same release, without those that leave nothing out and except nothing."""
    found: dict[tuple[PackageName, str], set[PackageName]] = {}
    for exclusion in exclusions:
        found.setdefault((exclusion.parent, exclusion.parent_version), set()).update(exclusion.names)
    made = (
        Exclusion(parent, tuple(sorted(names)), version)
        for (parent, version), names in found.items()
        if names or (version and found.get((parent, "")))
    )
    return _canonical(made, exclusion_text)


def _canonical(values: Iterable[Value], text: Callable[[Value], str]) -> tuple[Value, ...]:
    """Sort by text and keep the first of each."""
    found: dict[str, Value] = {}
    for value in values:
        found.setdefault(text(value), value)
    return tuple(found[key] for key in sorted(found))
