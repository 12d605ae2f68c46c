"""The resolver's view of one index: listings, metadata and files, from records where they are fresh.

Structurally a `resolve.ports.Releases`. Everything here belongs to one thread; what must be fetched is asked
of a :class:`Remote`, which is made at the first such need, so that a warm lock imports no HTTP and no thread
pool. Each page and each release's metadata is asked for at most once in a process, also when it is wanted
while it is on its way.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from detent.errors import UsageError, did_you_mean
from detent.errors.build import BuildError
from detent.errors.fetch import FetchError, IndexUnavailable, OfflineMiss
from detent.index.cutoff import view
from detent.index.grouping import speaking
from detent.index.listings import (
    FILES,
    LISTING,
    MISSING,
    NOTHING_PACKED,
    PACKED,
    PUBLISHERS,
    Asked,
    Buildable,
    Fetched,
    KeptFiles,
    KeptListing,
    Packed,
    Told,
    decode_metadata,
    encode_metadata,
    files_from_record,
    identity,
    listing_from_record,
    packed_from_record,
    packed_record,
    publishers_from_record,
)
from detent.index.ports import BuildMetadata, Cutoff, Pending, Remote, no_cutoff
from detent.index.rows import Row, decode_artifacts, decode_rows, encode_artifacts
from detent.index.urls import index_root, shown, without_credentials
from detent.lock.model import LockedPackage, Origin
from detent.model.candidate import Artifact, Metadata
from detent.model.requirement import PackageName
from detent.model.versions import Kept, Listing
from detent.named import NamedTuple
from detent.store.layout import Layout
from detent.store.records import read_record, write_record


class _Answer(NamedTuple):
    """What is known of one release: metadata, or the reason why there is none."""

    metadata: Metadata | None
    reason: str


_FAILURES_ENDURED = 1
"""How many releases of one project may fail to build before no further one is built in this process."""
_NOT_TRIED = _Answer(None, "it was not built, because two other versions could not be")


class _Project:
    """One project as far as this process has looked at it."""

    __slots__ = (
        "answers",
        "failures",
        "files",
        "is_dirty",
        "kept",
        "kept_files",
        "listing",
        "name",
        "packed",
        "told",
        "unattested",
        "visible",
        "without",
    )

    def __init__(self, name: PackageName, kept: KeptListing, files: KeptFiles | None) -> None:
        self.name = name
        self.kept = kept
        self.listing: Listing
        self.visible: Mapping[str, tuple[Artifact, ...]] = {}
        """What a cutoff leaves of the releases that it takes a file from."""
        self.kept_files = files
        """Those that were fetched or read so far."""
        self.packed: Packed | None = None
        self.answers: dict[str, _Answer] = {}
        self.failures = 0
        """How many of its releases could not be built."""
        self.unattested: set[str] = set()
        """Releases that were seen to have no file of which the index says who published it."""
        # What this process adds to the packed record.
        self.told: dict[str, Told] = {}
        self.files: dict[str, bytes] = {}
        self.without: set[str] = set()
        self.is_dirty = False


class IndexReleases:
    """One index for one command."""

    def __init__(
        self,
        *,
        index_url: str,
        layout: Layout,
        remote: Callable[[], Remote],
        now: Callable[[], float],
        build_metadata: BuildMetadata | None,
        is_offline: bool = False,
        refresh: frozenset[PackageName] | None = frozenset(),
        keeps_built: bool = False,
        cutoff: Cutoff = no_cutoff,
        name: str = "",
        locked_as: str | None = None,
        is_flat: bool = False,
        unbuilt: list[BuildError] | None = None,
    ) -> None:
        """``refresh`` names the packages of which no older record is believed; ``None``: all.

        Without ``build_metadata`` nothing is built, and what only a build could tell stays unknown.

        A lock calls the index ``locked_as``, where ``index_url`` is a mirror of it or lies on this machine.
        Several indexes share ``unbuilt``.

        ``keeps_built`` believes all the same what builds of their source distributions told.

        What was uploaded at the ``cutoff`` or later, or nobody knows when, is as if it were not there.
        """
        self.index_url = without_credentials(index_url) if is_flat else index_root(index_url)
        self.name = name
        """What the index is told apart by."""
        self.locked_as = self.index_url if locked_as is None else locked_as
        """What a lock calls the index; empty for one that lies on this machine."""
        self._layout = layout
        self._make_remote = remote
        self._remote_made: Remote | None = None
        self._now = now
        self._started = now()
        self._is_offline = is_offline
        self._build_metadata = build_metadata
        self._refresh = refresh
        self._keeps_built = keeps_built
        self._cutoff = cutoff
        self._projects: dict[PackageName, _Project] = {}
        self._listings: dict[PackageName, Pending[Fetched]] = {}
        self._asked: dict[tuple[PackageName, str], Pending[Asked]] = {}
        self._building: set[tuple[PackageName, str]] = set()
        self.unbuilt: list[BuildError] = [] if unbuilt is None else unbuilt
        """Failures of builds that made releases unreadable, in the order they came; whoever tells them takes
        them away."""

    # ---- what the resolver asks --------------------------------------------------------------

    def listing(self, name: PackageName) -> Listing:
        """The project's releases; none where the index has no such project."""
        return self._project(name).listing

    def metadata(self, name: PackageName, number: int) -> Metadata | None:
        """What a release declares; ``None`` when it cannot be read, see :meth:`unreadable`."""
        return self._answer(name, number).metadata

    def unreadable(self, name: PackageName, number: int) -> str:
        """Why a release's metadata cannot be read; empty when it can."""
        return self._answer(name, number).reason

    def artifacts(self, name: PackageName, number: int) -> tuple[Artifact, ...]:
        """The files of a release, sorted by file name."""
        project = self._project(name)
        version = project.listing.release(number).version
        artifacts = self._artifacts(project, version)
        if not any(file.provenance for file in artifacts):
            project.unattested.add(version)
        return artifacts

    def _artifacts(self, project: _Project, version: str) -> tuple[Artifact, ...]:
        if version in project.visible:
            return project.visible[version]
        blob = self._packed(project).files.get(version) or project.files.get(version)
        if blob is not None:
            return decode_artifacts(blob)
        kept = self._files(project, version)
        artifacts = decode_artifacts(kept.by_version[version])
        if kept.stamp == project.kept.stamp:
            project.files[version] = encode_artifacts(artifacts)
            project.is_dirty = True
        return artifacts

    def may_tell_publishers(self, name: PackageName, version: str) -> bool:
        """Whether the index may say who published a release: not where it was seen with its files not to."""
        return version not in self._project(name).unattested

    def origin(self, name: PackageName, number: int) -> Origin:  # noqa: ARG002 -- all are from here
        """Where a release comes from: this index."""
        return Origin(self.locked_as)

    def of_index(self, index: str) -> "IndexReleases":
        """Give the index of this name; raises :class:`UsageError` where this one has another."""
        if index != self.name:
            raise UsageError(
                f"there is no index named `{index}`",
                why=f"the only index is `{self.name or 'default'}`",
                next_steps=(*did_you_mean(index, (self.name,)), "see `detent index list`"),
            )
        return self

    def index_of(self, _: PackageName) -> str:
        """Give the name of the index that serves a package."""
        return self.name

    def serves(self, package: LockedPackage) -> bool:
        """Whether a locked package is from this index, by the lock's word."""
        return bool(package.index) and index_root(package.index) == self.locked_as

    def serving(self, package: LockedPackage) -> "IndexReleases | None":
        """Give this index where a locked package is from it."""
        return self if self.serves(package) else None

    def members(self) -> "Sequence[IndexReleases]":
        """Give this one alone."""
        return (self,)

    def asked(self, _: PackageName) -> Sequence[str]:
        """Give the address of the one index that is asked for a package."""
        return (self.index_url,)

    # ---- for several indexes together ----------------------------------------------------------

    def has(self, name: PackageName) -> bool:
        """Whether the index has such a project; raises :class:`FetchError` when it cannot tell."""
        return self._project(name).kept.stamp != MISSING

    def known_yanked(self, name: PackageName, version: str) -> bool:
        """Whether the page as it is kept says that a release was yanked; nobody is asked."""
        kept = listing_from_record(read_record(self._layout.listing(self.index_url, name), *LISTING))
        rows = () if kept is None else kept.releases()
        return any(row.yanked and row.version == version for row in rows)

    def is_begun(self, name: PackageName) -> bool:
        """Whether the project was asked for already."""
        return name in self._projects or name in self._listings

    def same_file(self, name: PackageName, version: str, artifact: Artifact) -> Artifact | None:
        """Give the file of this name and hash as the index has it now."""
        number = self.listing(name).number(version)
        if number is None:
            return None
        digests = set(artifact.digests)
        listed = self.files(name, number)
        return next((f for f in listed if f.filename == artifact.filename and digests & set(f.digests)), None)

    def files(self, name: PackageName, number: int) -> tuple[Artifact, ...]:
        """Give every file of a release, whatever a cutoff leaves of them."""
        project = self._project(name)
        return self._listed(project, project.listing.release(number).version)

    def text(self, name: PackageName, file: Artifact) -> Pending[bytes]:
        """Ask for the METADATA or PKG-INFO of a file, as it stands; raises :class:`OfflineMiss`."""
        if self._is_offline:
            raise OfflineMiss((f"the metadata of {file.filename}",))
        return self._remote().text(name, file)

    def known_publishers(self, file: Artifact) -> tuple[str, ...] | None:
        """Give who published a file, where that was told once."""
        digest = file.sha256
        if digest is None:
            return None
        return publishers_from_record(read_record(self._layout.publishers(digest), *PUBLISHERS))

    def publishers(self, file: Artifact) -> Pending[tuple[str, ...]]:
        """Ask who published a file that has an address for that; raises :class:`OfflineMiss`."""
        if self._is_offline:
            raise OfflineMiss((f"who published {file.filename}",))
        return self._remote().publishers(file)

    def expect(self, listings: Sequence[PackageName], metadata: Sequence[tuple[PackageName, int]]) -> None:
        """Begin to fetch what is not at hand, side by side; nothing is waited for."""
        for name in listings:
            if name not in self._projects and name not in self._listings:
                self._begin(name)
        if self._is_offline:
            return
        fetching_sdist: set[PackageName] = set()
        for name, number in metadata:
            project = self._projects.get(name)
            if project is None or name in fetching_sdist:
                continue
            # What goes wrong with a guess is told when the answer is really wanted.
            with suppress(FetchError):
                pending = self._ask(project, number)
                if pending is not None and not project.listing.release(number).has_wheel:
                    fetching_sdist.add(name)  # a whole file each: one guess at a time is enough

    def first(self, wanted: Iterable[tuple[PackageName, int]]) -> int:
        """Wait until one of these is at hand, and give its place; number 0 stands for the listing."""
        waiting: list[tuple[PackageName, int]] = []
        for place, (name, number) in enumerate(wanted):
            if self.is_at_hand(name, number):
                return place
            waiting.append((name, number))
        while True:
            self._remote().wait()
            for place, (name, number) in enumerate(waiting):
                if self.is_at_hand(name, number):
                    return place

    def is_at_hand(self, name: PackageName, number: int) -> bool:
        """Whether asking now waits for nothing that is on its way; what was never asked for is not."""
        project = self._projects.get(name)
        if project is None or not number:
            listing = self._listings.get(name)
            return listing is None or listing.done()
        pending = self._asked.get((name, project.listing.release(number).version))
        return pending is None or pending.done()

    def revalidate(self, names: Iterable[PackageName] | None = None) -> bool:
        """Ask again for every listing that was used and is older than this command; true when one changed.

        To be called before anything is said not to exist. Numbers of a changed listing are other numbers.
        """
        if self._is_offline:
            return False
        chosen = self._projects.values() if names is None else self._chosen(names)
        old = [project for project in chosen if project.kept.fetched_at < self._started]
        pending = [self._remote().listing(project.name, project.kept) for project in old]
        has_changed = False
        for project, answer in zip(old, pending, strict=True):
            fetched = answer.result()
            if fetched.listing.stamp == project.kept.stamp:
                project.kept = fetched.listing
                continue
            has_changed = True
            self._collect(project)
            self._save(project)
            self._opened(project.name, fetched.listing, _with_stamp(fetched))
        return has_changed

    def save(self) -> None:
        """Keep what was learned of single releases, together with what other processes kept meanwhile."""
        for project in self._projects.values():
            self._collect(project)
            self._save(project)
        if self._remote_made is not None:
            self._remote_made.save()

    # ---- listings ----------------------------------------------------------------------------

    def _project(self, name: PackageName) -> _Project:
        project = self._projects.get(name)
        if project is None:
            if name not in self._listings:
                self._begin(name)
            project = self._projects.get(name)
        if project is None:
            if name not in self._listings:
                raise OfflineMiss((f"the index page of {name}",))
            fetched = self._listings[name].result()
            project = self._opened(name, fetched.listing, _with_stamp(fetched))
            del self._listings[name]
        return project

    def _opened(self, name: PackageName, kept: KeptListing, files: KeptFiles | None) -> _Project:
        """Look at a project from here on, as far as the cutoff shows it."""
        project = _Project(name, kept, files)
        moment = self._cutoff(name)
        if moment is None:
            project.listing = Listing(name, Kept(kept.columns, kept.sets))
        else:
            releases, project.visible = view(kept, moment, partial(self._rows, project))
            project.listing = Listing(name, releases)
        self._projects[name] = project
        return project

    def _begin(self, name: PackageName) -> None:
        """Take the listing from its record, or ask for it; offline, leave it when there is no record."""
        kept = listing_from_record(read_record(self._layout.listing(self.index_url, name), *LISTING))
        if kept is not None and (self._is_offline or self._is_fresh(name, kept)):
            self._opened(name, kept, None)
        elif not self._is_offline:
            self._listings[name] = self._remote().listing(name, kept)

    def _is_fresh(self, name: PackageName, kept: KeptListing) -> bool:
        if self._is_refreshed(name) and kept.fetched_at < self._started:
            return False
        return kept.is_fresh(self._now())

    def _is_refreshed(self, name: PackageName) -> bool:
        return self._refresh is None or name in self._refresh

    def _chosen(self, names: Iterable[PackageName]) -> list[_Project]:
        return [self._projects[name] for name in sorted(set(names)) if name in self._projects]

    # ---- metadata ----------------------------------------------------------------------------

    def _answer(self, name: PackageName, number: int) -> _Answer:
        project = self._project(name)
        version = project.listing.release(number).version
        answer = project.answers.get(version)
        if answer is None:
            if (name, version) in self._building:
                return _Answer(None, "it is needed for its own build")
            pending = self._ask(project, number)
            if pending is not None:
                asked = pending.result()
                self._asked.pop((name, version), None)
                if asked.buildable is not None:
                    return self._built(project, version, asked.buildable)
                self._integrate(project, version, asked)
            answer = project.answers[version]
        return answer

    def _built(self, project: _Project, version: str, buildable: Buildable) -> _Answer:
        """Have it built; a build that fails is no fact about the release, and is tried again another day."""
        if self._build_metadata is None:
            answer = project.answers[version] = _Answer(None, "only a build could tell")
            return answer
        if project.failures > _FAILURES_ENDURED:
            project.answers[version] = _NOT_TRIED
            return _NOT_TRIED
        name = project.name
        self._building.add((name, version))
        try:
            found = self._build_metadata(name, version, *buildable)
        except BuildError as fault:
            self.unbuilt.append(fault)
            project.failures += 1
            reason = fault.why.partition("\n")[0] or fault.what
            where = f" (it said more in `{fault.log}`)" if fault.log else ""
            answer = _Answer(None, f"it could not be built: {reason}{where}")
        else:
            metadata = found._replace(version=version, is_built=True)
            answer = _Answer(metadata, "")
            self._keep(project, version, Told(identity(buildable.sdist), encode_metadata(metadata)))
            project.is_dirty = True
        finally:
            self._building.discard((name, version))
        project.answers[version] = answer
        return answer

    def _ask(self, project: _Project, number: int) -> Pending[Asked] | None:
        """Begin to find a release's metadata; ``None`` when it is known already."""
        release = project.listing.release(number)
        version = release.version
        if version in project.answers:
            return None
        pending = self._asked.get((project.name, version))
        if pending is not None:
            return pending
        packed = self._packed(project)
        told = packed.told.get(version)
        visible = project.visible.get(version)
        if told is not None and (not visible or _is_said_by(visible, told.source)):
            project.answers[version] = _understood(told, project.name, version)
            return None
        if project.failures > _FAILURES_ENDURED and not release.has_wheel:
            project.answers[version] = _NOT_TRIED
            return None
        # What came later as a whole is refused by whoever chooses, and asked for to see what it would change.
        files = visible or self._listed(project, version)
        if self._is_offline and (release.has_wheel or not any(map(self._is_archived, files))):
            raise OfflineMiss((f"the metadata of {project.name} {version}",))
        pending = self._remote().metadata(project.name, version, files, packed.without_sidecar)
        self._asked[project.name, version] = pending
        return pending

    def _is_archived(self, sdist: Artifact) -> bool:
        return sdist.sha256 is not None and self._layout.archive(sdist.sha256).is_file()

    def _integrate(self, project: _Project, version: str, asked: Asked) -> None:
        project.without.update(asked.without_sidecar)
        if asked.is_lasting:
            self._keep(project, version, asked.told)
        project.is_dirty = True
        reason = asked.told.answer if isinstance(asked.told.answer, str) else ""
        project.answers[version] = _Answer(asked.metadata, reason)

    def _keep(self, project: _Project, version: str, told: Told) -> None:
        """Remember it for the next command, unless a file that is cut off here would tell it there."""
        if version in project.visible:
            is_whole = isinstance(told.answer, bytes)  # why it has none is of these few files
            if not is_whole or not _is_said_by(self._listed(project, version), told.source):
                return
        project.told[version] = told

    def _collect(self, project: _Project) -> None:
        """Take in what has arrived and nobody asked for in the end."""
        for (name, version), pending in list(self._asked.items()):
            if name == project.name and pending.done():
                if pending.exception() is None and pending.result().buildable is None:
                    self._integrate(project, version, pending.result())
                del self._asked[name, version]

    # ---- files and the packed record ---------------------------------------------------------

    def _files(self, project: _Project, version: str) -> KeptFiles:
        """The file rows, with a row for this version.

        The record may be newer than our listing, never older (it is written first); that does not matter,
        for the files of one version are what they are.
        """
        files = project.kept_files
        if files is not None and version in files.by_version:
            return files
        path = self._layout.listing_files(self.index_url, project.name)
        files = files_from_record(read_record(path, *FILES))
        if files is None or version not in files.by_version:
            if self._is_offline:
                raise OfflineMiss((f"the files of {project.name} {version}",))
            fetched = self._remote().listing(project.name, None).result()
            files = _with_stamp(fetched)
            if files is None or version not in files.by_version:
                url = shown(f"{self.index_url}{project.name}/")
                raise IndexUnavailable(url, f"version {version} disappeared from it while it was read")
        project.kept_files = files
        return files

    def _rows(self, project: _Project, version: str) -> tuple[Row, ...]:
        return decode_rows(self._files(project, version).by_version[version])

    def _listed(self, project: _Project, version: str) -> tuple[Artifact, ...]:
        """Every file of a release, whatever a cutoff leaves of them."""
        return decode_artifacts(self._files(project, version).by_version[version])

    def _packed(self, project: _Project) -> Packed:
        packed = project.packed
        if packed is None:
            packed = self._read_packed(project)
            if packed.stamp != project.kept.stamp:
                packed = self._carried_over(project, packed)
            if self._is_refreshed(project.name) and not self._is_offline:
                packed = packed._replace(told=_facts(project.name, packed.told, with_built=self._keeps_built))
            project.packed = packed
        return packed

    def _read_packed(self, project: _Project) -> Packed:
        path = self._layout.listing_metadata(self.index_url, project.name)
        return packed_from_record(read_record(path, *PACKED)) or NOTHING_PACKED

    def _carried_over(self, project: _Project, packed: Packed) -> Packed:
        """What is still true after the page changed: what was read from a file that is still listed."""
        told = {}
        if packed.told and project.kept.stamp != MISSING:
            known = [r.version for r in project.listing.releases if r.version in packed.told]
            for version in known:
                if _is_said_by(self._listed(project, version), packed.told[version].source):
                    told[version] = packed.told[version]
        project.is_dirty = True
        return Packed(project.kept.stamp, {}, told, packed.without_sidecar)

    def _save(self, project: _Project) -> None:
        if not project.is_dirty:
            return
        ours = self._packed(project)
        theirs = self._read_packed(project)
        base = theirs if theirs.stamp == ours.stamp else ours
        project.packed = Packed(
            ours.stamp,
            {**base.files, **ours.files, **project.files},
            {**base.told, **ours.told, **project.told},
            base.without_sidecar | ours.without_sidecar | project.without,
        )
        path = self._layout.listing_metadata(self.index_url, project.name)
        write_record(path, *PACKED, packed_record(project.packed))
        project.is_dirty = False

    def _remote(self) -> Remote:
        if self._remote_made is None:
            self._remote_made = self._make_remote()
        return self._remote_made


def _facts(name: PackageName, told: Mapping[str, Told], *, with_built: bool) -> dict[str, Told]:
    """Give what stands in a file with a known hash and will be the same when it is read again."""
    return {
        version: kept
        for version, kept in told.items()
        if isinstance(kept.answer, bytes)
        and "/" not in kept.source
        and (with_built or not decode_metadata(kept.answer, name, version).is_built)
    }


def _is_said_by(files: Sequence[Artifact], source: str) -> bool:
    """Whether it was read from a file that tells the metadata of a release with these files."""
    return source in map(identity, speaking(files))


def _with_stamp(fetched: Fetched) -> KeptFiles | None:
    return None if fetched.files is None else KeptFiles(fetched.listing.stamp, fetched.files)


def _understood(told: Told, name: PackageName, version: str) -> _Answer:
    if isinstance(told.answer, str):
        return _Answer(None, told.answer)
    return _Answer(decode_metadata(told.answer, name, version), "")
