"""What a lock says of its entries, held against what arrives for them.

A hash says that a file is the one that was locked, not that the lock tells the truth about it: an index may
announce other metadata than its wheels have, and who edits a lock may lead an entry to another commit. What
is compared is what the project's own rules leave of it, as it counts on the machine at hand, and of a source
only what it says without being built. A lock of another tool says nothing, so nothing is held against it.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from packaging.version import Version

from detent.errors import DetentError
from detent.errors.fetch import EntryMismatch, MetadataInvalid
from detent.index.metadata import parse_metadata
from detent.index.pool import REPOSITORIES_AT_ONCE, Pool
from detent.index.sdists import MEMBERS, PYPROJECT
from detent.lock.choice import Choice
from detent.lock.filename import canonical_version, without_secrets
from detent.lock.model import Direct, Lock, LockedPackage
from detent.model import markers
from detent.model.adjustments import NO_ADJUSTMENTS, Adjustments
from detent.model.candidate import Dependency, Metadata
from detent.model.dependency import parse_dependency
from detent.model.names import ExtraName, extra_name, package_name
from detent.model.reference_urls import InvalidReference
from detent.model.references import DirectSource, read_reference, reference_text
from detent.model.sources import GitSource, Source, UrlSource
from detent.model.target import Target
from detent.named import NamedTuple
from detent.ops.built import is_git
from detent.ops.folders import source_rules
from detent.ops.holding import known_manifest
from detent.ops.local import folder_in, named_source, tree_of_git
from detent.ops.world import World
from detent.ops.written import manifest_of, metadata_of_files
from detent.store.archives import Archives
from detent.store.entry import WheelEntry, read_metadata
from detent.store.source import read_source_member

_SHOWN = 12
"""Digits of a commit that are shown."""
_MOST = 3
"""Requirements that are named."""


class _Said(NamedTuple):
    """What a file or folder says of itself; ``None`` and empty for what only a build can tell."""

    name: str = ""
    version: str = ""
    base: tuple[Dependency, ...] | None = None
    extras: Mapping[ExtraName, tuple[Dependency, ...]] | None = None
    sources: Callable[[], Mapping[str, Sequence[Source]]] = dict
    """Where it says that its dependencies come from, by their names."""


class Promises:
    """Holds what arrives against one lock, for one machine."""

    def __init__(self, world: World, lock: Lock, target: Target) -> None:
        self._world = world
        self._lock = lock
        self._target = target

    def see_wheel(self, choice: Choice, entry: WheelEntry) -> None:
        """Hold a wheel that was just put into the store against its entry.

        Raises :class:`EntryMismatch`; the store is without it then, so that nobody finds it there unseen.
        """
        try:
            self._see_wheel(choice, entry)
        except EntryMismatch:
            self._world.wheels().drop(entry)
            raise

    def see_stored(self, choice: Choice, entry: WheelEntry) -> None:
        """Do so for what came from no index and is in the store, as far as that takes no network."""
        if choice.artifact.is_wheel:
            self._see_wheel(choice, entry)
        elif is_git(choice):
            self._see_git(choice, only_here=True)
        elif choice.artifact.sha256 is not None:
            archive = Archives(self._world.layout).get(choice.artifact.sha256)
            if archive is not None:
                self.see_archive(choice, archive)

    def see_all_git(self, choices: Sequence[Choice]) -> None:
        """Hold what commits say against their entries, several side by side, before any of it is run."""
        pool = Pool(REPOSITORIES_AT_ONCE)
        try:
            for job in [pool.submit(self._see_git, choice) for choice in choices if is_git(choice)]:
                job.result()
        finally:
            pool.close()

    def _see_git(self, choice: Choice, *, only_here: bool = False) -> None:
        """Hold what a commit says against its entry.

        ``only_here``: not where it would have to be fetched for that alone; whoever built it has looked.
        """
        direct = named_source(choice)
        if self._lock.inputs is None:
            return
        tree = tree_of_git(choice)
        manifest = known_manifest(self._world.layout, tree, direct.subdirectory)
        if manifest is None:
            repositories = self._world.repositories()
            if only_here and not repositories.has_tree(tree):
                return
            folder = folder_in(repositories.tree(tree, revision=direct.revision), direct.subdirectory)
            manifest = manifest_of(folder) if folder is not None else b""
        called = f"`git+{direct.location}` at `{direct.commit[:_SHOWN]}`"
        self._hold(choice.package, called, _said_by({PYPROJECT: manifest}))

    def see_archive(self, choice: Choice, archive: Path) -> None:
        """Hold what a source distribution from a URL or a path says against its entry, before it is built."""
        direct, filename = choice.package.direct, choice.artifact.filename
        if self._lock.inputs is None or direct is None:
            return
        prefix = f"{direct.subdirectory}/" if direct.subdirectory else ""
        names = [prefix + name for name in MEMBERS]
        found = read_source_member(archive, filename, names, limits=self._world.limits)
        members = {name.removeprefix(prefix): data for name, data in found.items()}
        self._hold(choice.package, f"`{filename}`", _said_by(members)._replace(sources=dict))

    def _see_wheel(self, choice: Choice, entry: WheelEntry) -> None:
        package, filename = choice.package, choice.artifact.filename
        if self._lock.inputs is None or self._is_stated(package):
            return  # the reader of wheels sees that name and version are those of the entry
        try:
            metadata = parse_metadata(read_metadata(entry), filename)
        except MetadataInvalid as error:
            raise EntryMismatch(package.name, f"`{filename}`: {error.why}", has_index=True) from error
        self._hold(package, f"`{filename}`", _of_metadata(metadata))

    # ---- comparing ------------------------------------------------------------------------------

    @cached_property
    def _adjustments(self) -> Adjustments:
        return self._lock.inputs.adjusting() if self._lock.inputs is not None else NO_ADJUSTMENTS

    def _is_stated(self, package: LockedPackage) -> bool:
        """Whether the project says itself what a package demands."""
        return any(stated.name == package.name for stated in self._adjustments.metadata)

    def _hold(self, package: LockedPackage, called: str, said: _Said) -> None:
        """Raise :class:`EntryMismatch` where what is said is not what is locked."""
        reasons = tuple(self._differences(package, said))
        if reasons:
            more = f"; and {len(reasons) - _MOST} more" if len(reasons) > _MOST else ""
            reason = f"{called} {'; '.join(reasons[:_MOST])}{more}"
            raise EntryMismatch(package.name, reason, has_index=package.direct is None)

    def _differences(self, package: LockedPackage, said: _Said) -> Iterator[str]:
        version = package.known_version
        if said.name and said.name != package.name:
            yield f"is `{said.name}`"
            return
        if said.version and version and said.version != version:
            yield f"is {said.version}, and its entry is of {version}"
            return
        if self._is_stated(package):
            return
        if said.base is not None:
            yield from self._moved(package, package.requires, said.base, said)
        if said.extras is not None:
            for extra, texts in package.extras:
                yield from self._moved(package, texts, said.extras.get(extra, ()), said)

    def _moved(
        self, package: LockedPackage, texts: Iterable[str], rows: Sequence[Dependency], said: _Said
    ) -> Iterator[str]:
        """Say which requirements are in one of two lists alone, of those that count on this machine."""
        version = said.version or package.known_version
        spelled = version and self._adjustments.spelling(
            package.name, lambda other: Version(other) == Version(version)
        )
        counting = self._adjustments.adjusted(rows, package.name, spelled)
        if {str(_plain(row)) for row in counting} == set(texts):
            return
        now = self._here(counting)
        was = self._here(row for text in texts for _, row in parse_dependency(text, ()))
        for text, row in now.items():
            # One with a URL may stand there as what that leads to, which is looked at below.
            is_led = row.url and any(other.url for other in was.values() if other.name == row.name)
            if text not in was and not is_led:
                yield f"asks for `{text}`, which its entry does not"
        for text, row in was.items():
            if text not in now and not (row.url and _is_led_to(row, package.direct, counting, said)):
                yield f"does not ask for `{text}`, which its entry does"

    def _here(self, rows: Iterable[Dependency]) -> dict[str, Dependency]:
        """Give those that count on this machine, by what they ask for."""
        environment = self._target.environment
        return {
            str(_plain(row)._replace(marker="")): row
            for row in rows
            if markers.evaluate(markers.parse(row.marker), environment)
        }


def _plain(row: Dependency) -> Dependency:
    return row._replace(url=without_secrets(row.url)) if row.url else row


def _is_led_to(locked: Dependency, holder: Direct | None, rows: Iterable[Dependency], said: _Said) -> bool:
    """Whether what came from elsewhere says itself that a dependency comes from the place that is locked."""
    if holder is None:
        return False
    named = [row for row in rows if row.name == locked.name]
    sources: list[Source] = list(said.sources().get(locked.name, ())) if named else []
    try:
        sources += [read_reference(row.url) for row in named if row.url]
        place = read_reference(locked.url)
    except InvalidReference:
        return False
    return any(_is_same(source, place, holder) for source in sources)


def _is_same(source: Source, place: DirectSource, holder: Direct) -> bool:
    if isinstance(source, GitSource | UrlSource):
        return reference_text(source) == reference_text(place)
    # A path in a repository, or a member of the workspace there, is another folder of the same revision.
    return isinstance(place, GitSource) and (place.url, place.revision) == (holder.location, holder.revision)


# ---- what is said -------------------------------------------------------------------------------


def _of_metadata(metadata: Metadata) -> _Said:
    return _Said(metadata.name, metadata.version, metadata.base, dict(metadata.extras))


def _said_by(members: Mapping[str, bytes]) -> _Said:
    """Read the files of a source: all of it where they tell all, and else what they leave to no back end."""
    manifest = members.get(PYPROJECT, b"")

    def sources() -> dict[str, list[Source]]:
        return _sources_of(manifest)

    metadata = metadata_of_files(members)
    said = _of_metadata(metadata) if metadata is not None else _written(manifest)
    return said._replace(sources=sources)


def _written(manifest: bytes) -> _Said:
    """Read what a `[project]` table says for good, where something else of it is open."""
    try:
        document = tomllib.loads(manifest.decode())
        project = document.get("project", {})
        is_open = frozenset(project.get("dynamic", ())).__contains__
        name = project.get("name", "")
        said = _Said(
            package_name(name) if name else "",
            "" if is_open("version") or "version" not in project else canonical_version(project["version"]),
        )
        if not name or is_open("dependencies") or is_open("optional-dependencies"):
            return said  # what one of them is made of may be added to the other
        if "dependencies" not in project and "poetry" in document.get("tool", {}):
            return said
        extras = {
            extra_name(extra): _rows(texts)
            for extra, texts in project.get("optional-dependencies", {}).items()
        }
        return said._replace(base=_rows(project.get("dependencies", ())), extras=extras)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return _Said()  # its back end will complain, or knows better


def _rows(texts: Iterable[str]) -> tuple[Dependency, ...]:
    return tuple(row for text in texts for _, row in parse_dependency(text, ()))


def _sources_of(manifest: bytes) -> dict[str, list[Source]]:
    found: dict[str, list[Source]] = {}
    try:
        rules = source_rules(manifest.decode("utf-8", "replace"), "")
    except DetentError:
        return found
    for rule in rules:
        found.setdefault(rule.name, []).append(rule.source)
    return found
