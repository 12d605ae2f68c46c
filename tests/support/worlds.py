"""Small worlds of packages in memory: a `Releases` for the resolver, and projects to resolve in it.

world({"a": {"1.0": ["b>=1; python_version < '3.12'"], "2.0": release(python=">=3.12")}, "b": ["1.0"]})
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeAlias

from packaging.version import Version

from detent.lock.model import Origin as ComesFrom
from detent.model import markers
from detent.model.adjustments import (
    NO_ADJUSTMENTS,
    Adjustments,
    Exclusion,
    Exclusive,
    Override,
    StatedMetadata,
)
from detent.model.candidate import Artifact, Dependency, Digest, Metadata
from detent.model.dependency import parse_dependency
from detent.model.inputs import Inputs
from detent.model.requirement import (
    ExtraName,
    Origin,
    PackageName,
    Requirement,
    extra_name,
    group_name,
    package_name,
    parse_requirement,
)
from detent.model.specifiers import canonical_specifier
from detent.model.versions import Listing, Release, version_key
from detent.model.wheel_tags import pythons_of_wheels

INDEX = "https://index.example/simple/"


class Published(NamedTuple):
    """One release of a world."""

    requires: tuple[str, ...] = ()
    python: str = ""
    metadata_python: str | None = None
    """Where the metadata says another thing than the index."""
    extras: tuple[str, ...] = ()
    yanked: bool = False
    sdist_only: bool = False
    unreadable: str = ""
    files: tuple[str, ...] = ()
    """File names; a pure wheel and an sdist when empty."""
    built: bool = False
    """Whether a build back end told the metadata."""
    uploaded: str = ""
    """A date, or a moment with its zone; empty where the index does not tell."""


def release(
    requires: Sequence[str] = (),
    *,
    python: str = "",
    metadata_python: str | None = None,
    extras: Sequence[str] = (),
    yanked: bool = False,
    sdist_only: bool = False,
    unreadable: str = "",
    files: Sequence[str] = (),
    built: bool = False,
    uploaded: str = "",
) -> Published:
    return Published(
        tuple(requires),
        python,
        metadata_python,
        tuple(extras),
        yanked,
        sdist_only,
        unreadable,
        tuple(files),
        built,
        uploaded,
    )


Packages: TypeAlias = Mapping[str, Any]
"""Per name its versions: requirements or a release each, or a plain list of versions."""


class World:
    """An index in memory; counts what it is asked and told to expect."""

    index_url = INDEX

    def __init__(self, packages: Packages) -> None:
        self.packages: dict[PackageName, dict[str, Published]] = {}
        for name, versions in packages.items():
            if not isinstance(versions, Mapping):
                versions = dict.fromkeys(versions, ())  # noqa: PLW2901
            self.packages[package_name(name)] = {
                str(Version(version)): what if isinstance(what, Published) else release(what)
                for version, what in versions.items()
            }
        self.others: dict[str, World] = {}
        """Other indexes, by their names."""
        self.listings_asked: list[PackageName] = []
        self.metadata_asked: list[tuple[PackageName, int]] = []
        self.expected: list[tuple[tuple[PackageName, ...], tuple[tuple[PackageName, int], ...]]] = []
        self._listings: dict[PackageName, Listing] = {}
        self._metadata: dict[tuple[PackageName, int], Metadata] = {}

    def listing(self, name: PackageName) -> Listing:
        self.listings_asked.append(name)
        return self._listing(name)

    def _listing(self, name: PackageName) -> Listing:
        if name not in self._listings:
            self._listings[name] = Listing(
                name, [_release(version, what) for version, what in self.packages.get(name, {}).items()]
            )
        return self._listings[name]

    def metadata(self, name: PackageName, number: int) -> Metadata | None:
        self.metadata_asked.append((name, number))
        version, published = self._published(name, number)
        if published.unreadable:
            return None
        key = (name, number)
        if key not in self._metadata:
            self._metadata[key] = metadata_of(name, version, published)
        return self._metadata[key]

    def unreadable(self, name: PackageName, number: int) -> str:
        return self._published(name, number)[1].unreadable

    def artifacts(self, name: PackageName, number: int) -> tuple[Artifact, ...]:
        version, published = self._published(name, number)
        stem = f"{name.replace('-', '_')}-{version}"
        names = published.files or files_of(stem, sdist_only=published.sdist_only)
        yanked = "" if published.yanked else None
        return tuple(artifact(filename, yanked=yanked, uploaded=published.uploaded) for filename in names)

    def origin(self, name: PackageName, number: int) -> ComesFrom:
        return ComesFrom(self.index_url)

    def of_index(self, index: str) -> "World":
        return self.others[index]

    def expect(self, listings: Sequence[PackageName], metadata: Sequence[tuple[PackageName, int]]) -> None:
        self.expected.append((tuple(listings), tuple(metadata)))

    def first(self, _: Iterable[tuple[PackageName, int]]) -> int:
        return 0

    def _published(self, name: PackageName, number: int) -> tuple[str, Published]:
        version = self._listing(name).release(number).version
        return version, self.packages[name][version]


def world(packages: Packages) -> World:
    return World(packages)


def files_of(stem: str, *, sdist_only: bool = False) -> tuple[str, ...]:
    """Name the files of a release of which nothing else is said."""
    return (f"{stem}.tar.gz",) if sdist_only else (f"{stem}-py3-none-any.whl", f"{stem}.tar.gz")


def artifact(filename: str, *, yanked: str | None = None, uploaded: str = "") -> Artifact:
    digest = f"{abs(hash_of(filename)):064x}"
    return Artifact(
        filename,
        f"https://files.example/{filename}",
        (Digest("sha256", digest),),
        size_bytes=1000,
        uploaded_at=seconds(uploaded) if uploaded else 1_700_000_000,
        yanked=yanked,
    )


def seconds(moment: str) -> int:
    """Give a date or a moment in seconds since the epoch; a date is its midnight, UTC."""
    read = datetime.fromisoformat(moment)
    return int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp())


def hash_of(text: str) -> int:
    """Give a number that is the same in every process."""
    return int.from_bytes(text.encode()[-24:], "big")


def _release(version: str, published: Published) -> Release:
    parsed = Version(version)
    has_sdist = not published.files or any(not name.endswith(".whl") for name in published.files)
    has_wheel = not published.sdist_only and (
        not published.files or any(name.endswith(".whl") for name in published.files)
    )
    return Release(
        str(parsed),
        version_key(parsed),
        published.python,
        has_wheel,
        has_sdist,
        published.yanked,
        seconds(published.uploaded) if published.uploaded else None,
        pythons_of_wheels(name for name in published.files if name.endswith(".whl")),
    )


def metadata_of(name: PackageName, version: str, published: Published) -> Metadata:
    """Give what a release demands, as its metadata says it."""
    extras = sorted({extra_name(extra) for extra in published.extras} | _extras_in(published.requires))
    base: list[Dependency] = []
    added: dict[ExtraName, list[Dependency]] = {extra: [] for extra in extras}
    for line in published.requires:
        for extra, dependency in parse_dependency(line, extras):
            (base if extra is None else added[extra]).append(dependency)
    python = published.python if published.metadata_python is None else published.metadata_python
    return Metadata(
        name,
        version,
        python,
        tuple(base),
        tuple((extra, tuple(needs)) for extra, needs in added.items()),
        published.built,
    )


def _extras_in(requires: Iterable[str]) -> set[ExtraName]:
    found: set[ExtraName] = set()
    for line in requires:
        extras, _ = markers.mentions(parse_requirement(line).marker)
        found.update(map(extra_name, extras))
    return found


def project(
    dependencies: Sequence[str] = (),
    *,
    extras: Mapping[str, Sequence[str]] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    python: str = ">=3.10",
    name: str = "project",
    index: str = INDEX,
    adjustments: Mapping[str, Any] | None = None,
) -> Inputs:
    """Make a project whose requirements stand on lines 2, 3, 4... of its pyproject.toml.

    ``adjustments`` are in the words of :func:`adjusting`; theirs are the lines after those.
    """
    line = iter(range(2, 10_000))

    def read(texts: Sequence[str], table: str) -> tuple[Requirement, ...]:
        return tuple(parse_requirement(text, Origin(table, next(line))) for text in texts)

    inputs = Inputs(
        name=package_name(name),
        requires_python=python,
        dependencies=read(dependencies, "project.dependencies"),
        extras=tuple(
            sorted(
                (extra_name(extra), read(texts, f"project.optional-dependencies.{extra}"))
                for extra, texts in (extras or {}).items()
            )
        ),
        groups=tuple(
            sorted(
                (group_name(group), read(texts, f"dependency-groups.{group}"))
                for group, texts in (groups or {}).items()
            )
        ),
        default_groups=(),
        index_url=index,
    )
    return inputs._replace(adjustments=adjusting(adjustments, inputs, line)) if adjustments else inputs


def adjusting(words: Mapping[str, Any], inputs: Inputs, line: Iterator[int]) -> Adjustments:
    """Read adjustments of a project, each a list.

    ``constraints``, ``overrides``, ``excludes``, ``metadata``: as the tables of `[tool.detent]` have them;
    ``environments``, ``required-environments``: markers; ``conflicts``: lists of `extra NAME` and
    `group NAME`.
    """

    def read(text: str, table: str) -> Requirement:
        return parse_requirement(text, Origin(f"tool.detent.{table}", next(line)))

    unknown = set(words) - _KINDS
    assert not unknown, f"no such adjustments: {unknown}"
    return NO_ADJUSTMENTS._replace(
        constraints=tuple(read(text, "constraint-dependencies") for text in words.get("constraints", ())),
        overrides=tuple(
            override
            for said in words.get("overrides", ())
            for override in _overrides(said, lambda text: read(text, "override-dependencies"))
        ),
        excludes=tuple(
            sorted(package_name(said) for said in words.get("excludes", ()) if isinstance(said, str))
        ),
        scoped_excludes=tuple(
            _exclusion(said) for said in words.get("excludes", ()) if not isinstance(said, str)
        ),
        conflicts=tuple(
            Exclusive(
                tuple(_side(one, inputs) for one in sides),
                tuple("{} `{}`".format(*one.split()) for one in sides),
                Origin("tool.detent.conflicts", next(line)),
            )
            for sides in words.get("conflicts", ())
        ),
        environments=tuple(markers.parse(text) for text in words.get("environments", ())),
        required_environments=tuple(markers.parse(text) for text in words.get("required-environments", ())),
        metadata=tuple(_stated(said) for said in words.get("metadata", ())),
    )


_KINDS = frozenset(
    {
        "constraints",
        "overrides",
        "excludes",
        "conflicts",
        "environments",
        "required-environments",
        "metadata",
    }
)


def _overrides(said: Any, read: Callable[[str], Requirement]) -> Iterator[Override]:
    if isinstance(said, str):
        yield Override(read(said))
        return
    parent, version = _parent(said["package"])
    for text in said["dependencies"]:
        yield Override(read(text), parent, version)


def _exclusion(said: Any) -> Exclusion:
    parent, version = _parent(said["package"])
    return Exclusion(parent, tuple(sorted(map(package_name, said["dependencies"]))), version)


def _parent(said: Any) -> tuple[PackageName, str]:
    if isinstance(said, str):
        return package_name(said), ""
    return package_name(said["name"]), str(Version(said["version"])) if "version" in said else ""


def _side(one: str, inputs: Inputs) -> markers.Marker:
    """Give where `extra NAME` or `group NAME` is on: by itself, or brought in by another extra or group."""
    kind, name = one.split()
    if kind == "group":
        return markers.in_group(group_name(name))
    where = markers.in_extra(extra_name(name))
    holders = [(markers.in_extra(extra), needs) for extra, needs in inputs.extras]
    holders += [(markers.in_group(group), needs) for group, needs in inputs.groups]
    for gate, needs in holders:
        for need in needs:
            if need.name == inputs.name and name in need.extras:
                where = markers.or_(where, markers.and_(gate, need.marker))
    return where


def _stated(said: Mapping[str, Any]) -> StatedMetadata:
    return StatedMetadata(
        package_name(said["name"]),
        str(Version(said["version"])) if "version" in said else "",
        canonical_specifier(said.get("requires-python", "")),
        tuple(sorted(str(parse_requirement(text)) for text in said.get("requires-dist", ()))),
        tuple(sorted(extra_name(text) for text in said.get("provides-extra", ()))),
    )


def ticking(seconds: float = 0.0) -> Callable[[], float]:
    """Give a clock that goes on by so much each time it is read."""
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += seconds
        return now

    return clock
