"""The answers for all environments as one lock.

Pure and unaware of the resolver: it takes pins per environment and looks up what they demand. An entry's
marker is exact: it holds where the entry is reached from the project through requirements that hold, and
nowhere else, extras and groups included. What `requires-python` and `environments` say already is left out of
it (PEP 751), and so is that extras which exclude each other are never on together.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from detent.errors import Bug, Unsupported
from detent.lock.edges import edge_to, source_order
from detent.lock.filename import (
    canonical_version,
    name_in_location,
    same_version,
    split_sdist,
    without_secrets,
)
from detent.lock.model import Direct, Lock, LockedPackage, Origin
from detent.lock.wheels_in_range import WheelRange
from detent.model import markers
from detent.model.candidate import SDIST_ENDINGS, Artifact, Dependency, Metadata
from detent.model.inputs import Inputs
from detent.model.markers import Marker
from detent.model.requirement import ExtraName, PackageName, package_name
from detent.model.versions import Release, VersionKey
from detent.named import NamedTuple

_WEAK = frozenset({"md5", "sha1"})
"""Hashes that prove nothing today; a file with no other is not locked."""


class Solved(Protocol):
    """The answer for one environment; environments of several answers do not overlap."""

    @property
    def environment(self) -> Marker:
        """Where it holds; of extras and groups it asks about exclusive ones alone."""

    @property
    def pins(self) -> Mapping[PackageName, int]:
        """The number of each package's version in its listing."""


class Rows(Protocol):
    """The versions of one package, by number."""

    def release(self, number: int, /) -> Release:
        """Give one of them."""


class Shelf(Protocol):
    """Where the facts about a pinned version are looked up."""

    def listing(self, name: PackageName) -> Rows:
        """Give the versions of a package."""

    def metadata(self, name: PackageName, number: int) -> Metadata | None:
        """Give what a version demands."""

    def artifacts(self, name: PackageName, number: int) -> tuple[Artifact, ...]:
        """Give the files of a version."""

    def origin(self, name: PackageName, number: int) -> Origin:
        """Say where a version comes from."""


class _Pin(NamedTuple):
    name: PackageName
    number: int


class _Entry:
    """What is gathered about one version of one package over all environments."""

    __slots__ = ("edges", "extras", "marker")

    def __init__(self) -> None:
        self.marker = markers.NEVER
        self.edges: dict[_Pin, None] = {}
        self.extras: dict[ExtraName, None] = {}


def assemble(inputs: Inputs, solved: Sequence[Solved], shelf: Shelf) -> Lock:
    """Merge equal pins into entries with markers, edges, requirements and files."""
    environments = inputs.adjustments.environments
    care = markers.and_(markers.requires_python(inputs.requires_python), inputs.adjustments.scope())
    entries: dict[_Pin, _Entry] = {}
    for answer in solved:
        _Reach(inputs, answer, shelf).gather(entries)
    return Lock(
        requires_python=inputs.requires_python,
        packages=tuple(_Writer(shelf, care=care).packages(entries)),
        environments=tuple(sorted({markers.render(environment) for environment in environments})),
        extras=tuple(name for name, _ in inputs.extras),
        groups=tuple(name for name, _ in inputs.groups),
        forks=_forks(solved, care),
        inputs=inputs.recorded(),
    )


def _forks(solved: Sequence[Solved], care: Marker) -> tuple[str, ...]:
    if len(solved) < 2:
        return ()
    environments = sorted((answer.environment for answer in solved), key=markers.sort_key)
    return tuple(markers.render(markers.restrict(environment, care)) for environment in environments)


class _Reach:
    """Where each pin of one environment is reached, by fixpoint from the project's requirements."""

    def __init__(self, inputs: Inputs, solved: Solved, shelf: Shelf) -> None:
        self._inputs = inputs
        self._solved = solved
        self._shelf = shelf
        self._reached: dict[tuple[PackageName, str], Marker] = {}
        self._waiting: dict[tuple[PackageName, str], None] = {}

    def gather(self, entries: dict[_Pin, _Entry]) -> None:
        """Add what this environment contributes to the entries."""
        self._walk()
        for (name, extra), marker in self._reached.items():
            entry = entries.setdefault(_Pin(name, self._solved.pins[name]), _Entry())
            entry.marker = markers.or_(entry.marker, marker)
            if extra:
                entry.extras[ExtraName(extra)] = None
            for dependency in self._needs(name, extra):
                if dependency.name != name and not markers.disjoint(marker, markers.parse(dependency.marker)):
                    entry.edges[_Pin(dependency.name, self._solved.pins[dependency.name])] = None

    def _walk(self) -> None:
        for requirement, gate in self._inputs.roots():
            self._arrive(requirement.name, requirement.extras, markers.and_(self._solved.environment, gate))
        while self._waiting:
            name, extra = next(iter(self._waiting))
            del self._waiting[name, extra]
            marker = self._reached[name, extra]
            for dependency in self._needs(name, extra):
                here = markers.and_(marker, markers.parse(dependency.marker))
                self._arrive(dependency.name, dependency.extras, here)

    def _arrive(self, name: PackageName, extras: Iterable[ExtraName], marker: Marker) -> None:
        if marker == markers.NEVER:
            return
        if name not in self._solved.pins:
            raise Bug(f"`{name}` is needed and was not resolved")
        for key in ((name, ""), *((name, extra) for extra in extras)):
            before = self._reached.get(key, markers.NEVER)
            now = markers.or_(before, marker)
            if now != before:
                self._reached[key] = now
                self._waiting[key] = None

    def _needs(self, name: PackageName, extra: str) -> Iterator[Dependency]:
        """Give what a pin demands; the project itself is met by being there."""
        metadata = _metadata(self._shelf, name, self._solved.pins[name])
        for dependency in (metadata.for_extra(extra) or ()) if extra else metadata.base:
            if dependency.name != self._inputs.name:
                yield dependency


def _metadata(shelf: Shelf, name: PackageName, number: int) -> Metadata:
    metadata = shelf.metadata(name, number)
    if metadata is None:
        raise Bug(f"`{name}` was chosen, and its metadata cannot be read")
    return metadata


class _Writer:
    """Makes entries of pins."""

    def __init__(self, shelf: Shelf, *, care: Marker) -> None:
        self._shelf = shelf
        self._care = care
        self._wheels = WheelRange(care)

    def packages(self, entries: Mapping[_Pin, _Entry]) -> Iterator[LockedPackage]:
        """Give the entries as they are sorted: by name, version and source."""
        made = {pin: self._package(pin, entries[pin]) for pin in sorted(entries)}
        pins: dict[PackageName, list[_Pin]] = {}
        for pin in made:
            pins.setdefault(pin.name, []).append(pin)
        for alike in pins.values():
            if len(alike) > 1:
                alike.sort(key=lambda pin: self._order(pin, made[pin]))
        edges = {
            pin: edge_to(made[pin], [made[other] for other in alike])
            for alike in pins.values()
            for pin in alike
        }
        place = {pin: number for number, pin in enumerate(edges)}
        for pin in edges:
            ends = sorted(entries[pin].edges, key=place.__getitem__)
            yield made[pin]._replace(dependencies=tuple(edges[end] for end in ends)) if ends else made[pin]

    def _order(self, pin: _Pin, package: LockedPackage) -> tuple[VersionKey, tuple[str, ...]]:
        return self._shelf.listing(pin.name).release(pin.number).key, source_order(package)

    def _package(self, pin: _Pin, entry: _Entry) -> LockedPackage:
        metadata = _metadata(self._shelf, pin.name, pin.number)
        extras = [(extra, metadata.for_extra(extra)) for extra in sorted(entry.extras)]
        version = self._shelf.listing(pin.name).release(pin.number).version
        origin = self._shelf.origin(pin.name, pin.number)
        sdist, wheels, direct = self._sources(pin, version, origin)
        is_tree = direct is not None and direct.kind != "archive"
        return LockedPackage(
            name=pin.name,
            version="" if is_tree else version,
            marker=markers.render(markers.restrict(entry.marker, self._care)),
            index=origin.index,
            sdist=sdist,
            wheels=wheels,
            direct=direct,
            requires=requirement_texts(metadata.base),
            extras=tuple((extra, requirement_texts(needs)) for extra, needs in extras if needs is not None),
            is_built=metadata.is_built,
            held_version=version if is_tree else "",
        )

    def _sources(
        self, pin: _Pin, version: str, origin: Origin
    ) -> tuple[Artifact | None, tuple[Artifact, ...], Direct | None]:
        if origin.direct is not None and origin.direct.kind != "archive":
            return None, (), origin.direct
        files = _lockable(pin.name, version, self._shelf.artifacts(pin.name, pin.number))
        wheels = tuple(self._wheels.useful([file for file in files if file.is_wheel]))
        sdist = sdist_of(files)
        if origin.direct is not None:
            return sdist, wheels, origin.direct
        sdist, direct = _named(pin.name, version, sdist, has_wheels=bool(wheels))
        return sdist, wheels, direct


def requirement_texts(dependencies: Sequence[Dependency]) -> tuple[str, ...]:
    """Write requirements as an entry has them: canonical, sorted, each once, without secrets."""
    return tuple(
        sorted(
            {
                str(
                    dependency._replace(url=without_secrets(dependency.url)) if dependency.url else dependency
                )
                for dependency in dependencies
            }
        )
    )


def _lockable(name: PackageName, version: str, artifacts: Sequence[Artifact]) -> list[Artifact]:
    """Give the files a lock can name, sorted, with just what a lock says about a file.

    A yanked file is left out when the release has others; a file without a good hash always.
    """
    hashed = [file for file in artifacts if any(digest.algorithm not in _WEAK for digest in file.digests)]
    if not hashed:
        raise Unsupported(
            f"`{name}` {version} cannot be locked",
            why="the index gives no hash better than SHA-1 for its files",
        )
    kept = [file for file in hashed if file.yanked is None] or hashed
    return [
        Artifact(
            file.filename,
            file.url,
            tuple(sorted(digest for digest in file.digests if digest.algorithm not in _WEAK)),
            file.size_bytes,
            file.uploaded_at,
        )
        for file in sorted(kept)
    ]


def sdist_of(files: Sequence[Artifact]) -> Artifact | None:
    """Give the source distribution; of several, the one of the best form."""
    sdists = [file for file in files if not file.is_wheel]
    return min(sdists, key=lambda file: (_form(file.filename), file.filename), default=None)


def _form(filename: str) -> int:
    return next((i for i, end in enumerate(SDIST_ENDINGS) if filename.endswith(end)), len(SDIST_ENDINGS))


def _named(
    name: PackageName, version: str, sdist: Artifact | None, *, has_wheels: bool
) -> tuple[Artifact | None, Direct | None]:
    """Say how the lock names the source distribution of a release.

    The standard wants name and version in the file's name (PEP 625). An old file of another form is left out
    beside wheels, and alone it is an archive, which may be called anything.
    """
    if sdist is None or _is_nameable(name, version, sdist.filename):
        return sdist, None
    if has_wheels:
        return None, None
    if name_in_location(sdist.url) != sdist.filename:
        raise Unsupported(
            f"`{name}` {version} cannot be locked",
            why=f"its one file, `{sdist.filename}`, has neither a name nor a URL that a lock can say",
        )
    return sdist, Direct("archive", sdist.url)


def _is_nameable(name: PackageName, version: str, filename: str) -> bool:
    try:
        its_name, its_version = split_sdist(filename)
        return package_name(its_name) == name and same_version(canonical_version(its_version), version)
    except ValueError:
        return False
