"""Verify: hold a lock, every file and every requirement of it, against the project and its indexes.

The lock is a text that a pull request may have changed by one letter, so nothing it says is believed: pages
are asked anew, requirements are read from the files the index names, and the whole is proved with those. No
wheel is fetched whole and nothing is built; what only that could tell is counted and named, never passed over.
"""

import hashlib
from collections.abc import Iterable, Mapping
from itertools import zip_longest

from detent import fsio
from detent.errors import LockMissing, RevisionMissing, UsageError
from detent.index.releases import IndexReleases
from detent.index.urls import index_root, shown
from detent.lock.addresses import prevailing, with_written_paths
from detent.lock.assemble import requirement_texts
from detent.lock.claims import Compared, Finding, Pair, Told, Unconfirmed, compare, odd_addresses
from detent.lock.closure import closure_faults
from detent.lock.declared import files_of, is_of_index
from detent.lock.derived import derived_faults, extras_faults
from detent.lock.diff import differences
from detent.lock.filename import local_path
from detent.lock.graph import scope
from detent.lock.model import Lock, LockedPackage
from detent.lock.pylock import parse_lock, render_lock
from detent.lock.wheels_in_range import WheelRange
from detent.model import markers
from detent.model.adjustment_texts import UnreadableAdjustment
from detent.model.candidate import STRONG_HASHES, Artifact
from detent.model.inputs import Inputs
from detent.model.names import PackageName
from detent.model.sources import IndexSource
from detent.named import NamedTuple
from detent.ops.discover import LOCK_NAME, Project
from detent.ops.folders import changed_folders
from detent.ops.lock import project_inputs
from detent.ops.policy import policy_of
from detent.ops.revision import committed
from detent.ops.stored_lock import StoredLock, read_lock
from detent.ops.world import World
from detent.resolve.adjusted import with_adjustments
from detent.resolve.policy import Cause, Rules, rules_for
from detent.resolve.ports import Releases
from detent.resolve.preferences import preferences_from

_UNFETCHED = "only a download could tell"
_IN_PLACE = "another index was asked in its place"
_OF_RULES = (Cause.PRERELEASE, Cause.TOO_NEW, Cause.UNDATED)


class Verified(NamedTuple):
    """What verifying a lock came to."""

    packages: int
    """How many entries were held against an index, a repository or a folder."""
    files: int
    indexes: tuple[str, ...]
    """The addresses that were asked."""
    findings: tuple[Finding, ...]
    """Sorted: what is about the lock as a whole first, then by entry and file."""
    unconfirmed: tuple[Unconfirmed, ...]
    in_place: tuple[tuple[str, str], ...] = ()
    """Which index was asked in place of which of the lock's: its addresses could not be confirmed."""
    unchanged: int = 0
    """How many entries are those of the revision, and were left out."""
    seconds: float = 0.0

    @property
    def faults(self) -> tuple[Finding, ...]:
        """Give the findings that are no warnings."""
        return tuple(finding for finding in self.findings if finding.level == "error")


def verify(world: World, project: Project, against: str, variables: Mapping[str, str]) -> Verified:
    """Hold the lock against the project and the indexes; with a revision, what changed since then.

    The world must be one that only reads, and asks every page anew. Raises :class:`FetchError` where an index
    does not answer, :class:`NotCommitted`, :class:`LockMissing` and :class:`LockInvalid`.
    """
    started = world.clock()
    if world.settings.offline.value:
        raise UsageError(
            "`detent verify` asks the index, and `--offline` forbids it",
            why=f"offline was set by {world.settings.offline.origin}",
            next_steps=("run it with the network, or see `detent lock --check` for what needs none",),
        )
    stored = read_lock(world.layout, project)
    if stored is None:
        raise LockMissing(LOCK_NAME, "verify")
    inputs = project_inputs(world, project)
    old = None
    if against:
        text = committed(project.root, against, LOCK_NAME, variables)
        old = parse_lock(text, f"{LOCK_NAME} at {against}")
    try:
        found = _Verifying(world, project, stored, inputs, old).all()
    finally:
        world.releases.save()
    return found._replace(seconds=world.clock() - started)


class _Place(NamedTuple):
    """Where an entry is asked for."""

    releases: IndexReleases
    says_addresses: bool = True


class _Verifying:
    """One lock, and what was found of it so far."""

    def __init__(
        self, world: World, project: Project, stored: StoredLock, inputs: Inputs, old: Lock | None
    ) -> None:
        lock = stored.lock
        self._world = world
        self._project = project
        self._lock = lock
        self._text = stored.text
        self._inputs = inputs
        self._is_own = lock.inputs is not None
        self._findings: list[Finding] = []
        self._unconfirmed: list[Unconfirmed] = []
        self._settings = {index.key: index for index in world.settings.indexes}
        self._members = {member.name: member for member in world.releases.members()}
        self._in_place: dict[tuple[str, str], None] = {}
        self._pairs: list[Pair] = []
        self._files = 0
        before = set() if old is None else {*old.packages, *old.build_packages}
        self._entries = [package for package in lock.packages if package not in before]
        self._build_entries = [package for package in lock.build_packages if package not in before]
        self._unchanged = len(lock.packages) + len(lock.build_packages) - self._count

    @property
    def _count(self) -> int:
        return len(self._entries) + len(self._build_entries)

    def all(self) -> Verified:
        """Look at everything."""
        told = self._told_entries()
        self._odd_addresses()
        for package in self._entries:
            if not is_of_index(package):
                self._of_source(package)
        if self._is_own:
            self._whole(told)
        else:
            by = f"`{self._lock.created_by}`" if self._lock.created_by else "another tool"
            reason = f"the lock was written by {by} and does not say what it was made from"
            self._unconfirmed.append(Unconfirmed(PackageName(""), "", "graph", "", reason))
        findings = dict.fromkeys(sorted(self._findings, key=_order))
        return Verified(
            self._count,
            self._files,
            tuple(shown(url) for url in sorted(self._asked)),
            tuple(findings),
            tuple(sorted(dict.fromkeys(self._unconfirmed))),
            tuple(self._in_place),
            self._unchanged,
        )

    # ---- what is of an index --------------------------------------------------------------------

    def _told_entries(self) -> dict[LockedPackage, Told]:
        """Ask for every entry of an index, all side by side, and compare; give what was told."""
        entries = [p for p in (*self._entries, *self._build_entries) if is_of_index(p)]
        self._asked: set[str] = set()
        self._world.releases.expect(sorted({package.name for package in entries}), ())
        default = self._default_of_lock()
        places = {package: self._place(package, default) for package in dict.fromkeys(entries)}
        views: dict[str, Releases] = {}
        wanted: dict[str, list[tuple[PackageName, int]]] = {}
        numbers: dict[LockedPackage, int] = {}
        for package, place in places.items():
            if place is None:
                continue
            releases = place.releases
            self._asked.add(releases.index_url)
            views.setdefault(releases.name, with_adjustments(releases, self._inputs.adjustments))
            number = releases.listing(package.name).number(package.version)
            if number is None:
                has = "version" if releases.has(package.name) else "package"
                words = f"the index has no {has} `{package.name} {package.version}`"
                self._find(package, "version", package.version, "", words)
            else:
                numbers[package] = number
                wanted.setdefault(releases.name, []).append((package.name, number))
        for name, asked in wanted.items():
            views[name].expect((), asked)
        rules = self._rules()
        range_ = self._range()
        of_builds = set(self._build_entries)
        told: dict[LockedPackage, Told] = {}
        for package, number in numbers.items():
            place = places[package]
            assert place is not None  # noqa: S101 -- it has a number there
            view = views[place.releases.name]
            is_whole = package not in of_builds
            its = told[package] = self._told(package, place, view, number, is_whole=is_whole)
            self._files += len(files_of(package))
            self._add(compare(package, its, *range_, is_own=self._is_own and is_whole))
            if not place.says_addresses:
                self._pair(package, its)
            if is_whole:
                self._allowed(package, rules, view, number)
        return {package: its for package, its in told.items() if package not in of_builds}

    def _default_of_lock(self) -> str:
        """Give the index that stands for the default one in this lock, where a machine has another.

        Its entries are of it; one that is of yet another is by nobody's word but its own.
        """
        undeclared = [
            index_root(package.index)
            for package in self._lock.packages
            if is_of_index(package)
            and package.index
            and not self._is_of_project(self._world.releases.serving(package))
        ]
        return prevailing(undeclared) or ""

    def _is_of_project(self, serving: IndexReleases | None) -> bool:
        setting = self._settings.get(serving.name) if serving is not None else None
        return setting is not None and setting.is_of_project

    def _place(self, package: LockedPackage, default: str) -> _Place | None:
        """Find whom to ask for an entry, and see that it may be from there; ``None``: nobody has it."""
        releases = self._world.releases
        own = releases.serving(package)
        ruled = {
            rule.source.index
            for rule in self._inputs.all_sources()
            if rule.name == package.name and isinstance(rule.source, IndexSource)
        }
        if own is not None and own.name in ruled:
            return self._mirrored(package, own)
        first = self._members.get(releases.index_of(package.name))
        if first is None:
            self._find(package, "index", package.index, "", "no index that is declared has this package")
            return None
        if own is first:
            return self._mirrored(package, own)
        setting = self._settings.get(first.name)
        url = setting.url if setting is not None else first.index_url
        if not package.index:
            is_local = setting is not None and setting.is_local
            if self._is_own and not is_local:
                self._find(package, "index", "", shown(url))
            return _Place(first)
        stands_in = setting is not None and setting.default and not setting.is_of_project
        if own is None and stands_in and index_root(package.index) == default:
            self._doubt(package, "index", "", _IN_PLACE)
            self._in_place[package.index, shown(first.index_url)] = None
        else:
            where = "the first index that has it" if own is not None else "the index that the project asks"
            words = f"the lock has it from `{package.index}`, and {where} is `{shown(url)}`"
            self._find(package, "index", package.index, shown(url), words)
        return _Place(first, says_addresses=False)

    def _mirrored(self, package: LockedPackage, own: IndexReleases) -> _Place:
        setting = self._settings.get(own.name)
        if setting is None or not setting.mirror:
            return _Place(own)
        self._in_place[package.index, shown(own.index_url)] = None
        return _Place(own, says_addresses=False)

    def _told(
        self, package: LockedPackage, place: _Place, view: Releases, number: int, *, is_whole: bool
    ) -> Told:
        name, own = package.name, place.releases
        files = tuple(map(self._as_written, own.files(name, number)))
        moment = self._world.settings.choosing.cutoffs.moment_on(own.name, name)
        facts = Told(files, says_addresses=place.says_addresses, late_from=moment)
        if not is_whole or not self._is_own:
            return facts
        metadata = view.metadata(name, number)
        pythons = view.listing(name).release(number).requires_python
        if metadata is None:
            reason = view.unreadable(name, number)
            return facts._replace(requires_python=(pythons,), unknown=reason)
        return facts._replace(
            requires_python=(pythons, metadata.requires_python),
            requires=requirement_texts(metadata.base),
            extras={extra: requirement_texts(needs) for extra, needs in metadata.extras},
            is_built=metadata.is_built,
        )

    def _as_written(self, file: Artifact) -> Artifact:
        """Give a file as a lock names it: one in a folder of the project by its path in there."""
        folders = {i.url: i.written for i in self._world.settings.indexes if i.written}
        if not folders or not file.url.startswith("file:"):
            return file
        entry = LockedPackage(PackageName(""), "", sdist=file)
        written = with_written_paths(Lock("", (entry,)), folders).packages[0].sdist
        return written or file

    def _pair(self, package: LockedPackage, told: Told) -> None:
        there = {file.filename: file.url for file in told.files}
        self._pairs += (
            Pair(package, file.filename, file.url, there[file.filename])
            for file in files_of(package)
            if file.filename in there
        )

    def _odd_addresses(self) -> None:
        self._add(odd_addresses(self._pairs))

    def _range(self) -> tuple[markers.Marker, WheelRange]:
        try:
            here = scope(self._lock)
        except (UnreadableAdjustment, ValueError):
            here = markers.ALWAYS
        return here, WheelRange(here)

    # ---- what may be chosen -----------------------------------------------------------------

    def _rules(self) -> Rules:
        return rules_for(
            policy_of(self._world.settings, self._world.releases.index_of),
            self._inputs.roots(),
            preferences_from(self._lock),
            self._inputs.adjustments,
        )

    def _allowed(self, package: LockedPackage, rules: Rules, view: Releases, number: int) -> None:
        for hidden in rules.allowed(view.listing(package.name)).hidden:
            if hidden.cause in _OF_RULES and hidden.mask >> number & 1:
                self._find(package, "version", package.version, "", f"{package.version} {hidden.reason}")

    # ---- what is of no index ----------------------------------------------------------------

    def _of_source(self, package: LockedPackage) -> None:
        direct = package.direct
        assert direct is not None  # noqa: S101 -- it is of no index
        match direct.kind:
            case "vcs":
                self._of_repository(package)
                self._doubt(package, "requires", "", "what the commit says of itself is not read")
            case "directory":
                pass  # all of them together: `changed_folders`
            case _:
                for file in files_of(package):
                    self._files += 1
                    self._of_archive(package, file)
                self._doubt(package, "requires", "", _UNFETCHED)

    def _of_repository(self, package: LockedPackage) -> None:
        direct = package.direct
        assert direct is not None  # noqa: S101 -- as above
        if direct.vcs != "git":
            self._doubt(package, "commit", "", f"`{direct.vcs}` is not spoken here")
            return
        try:
            why = self._world.repositories().strayed(direct.location, direct.revision, direct.commit)
        except RevisionMissing as error:
            self._find(package, "commit", direct.commit, "", f"{error.what}: {error.why}")
            return
        if why:
            asked = f"`{direct.revision}`" if direct.revision else "the default branch"
            words = f"{asked} of `{direct.location}` does not lead to `{direct.commit}`: {why}"
            self._find(package, "commit", direct.commit, "", words)

    def _of_archive(self, package: LockedPackage, file: Artifact) -> None:
        place = local_path(file.url)
        if place is None:
            for field in ("size", "hashes"):
                self._doubt(package, field, file.filename, _UNFETCHED)
            return
        path = self._project.root / place
        try:
            size = path.stat().st_size
            content = path.read_bytes()
        except FileNotFoundError:
            words = f"there is no file `{place}`"
            self._find(package, "file", file.filename, "", words, file=file.filename)
            return
        except OSError as error:
            raise fsio.file_trouble(error, path) from error
        if file.size_bytes not in (None, size):
            self._find(package, "size", str(file.size_bytes), str(size), file=file.filename)
        for algorithm, value in file.digests:
            if algorithm in STRONG_HASHES:
                found = hashlib.new(algorithm, content).hexdigest()
                if found != value:
                    self._find(package, algorithm, value, found, file=file.filename)

    # ---- the lock as a whole ------------------------------------------------------------------

    def _whole(self, told: Mapping[LockedPackage, Told]) -> None:
        """Prove the lock with what the indexes say its entries demand, in place of what it says itself."""
        inputs, lock = self._inputs, self._lock
        self._layout()
        changed = differences(inputs, lock)
        self._sentences("inputs", changed)
        self._sentences("folder", changed_folders(self._project.root, inputs, lock, self._project.texts()))
        proved = lock._replace(packages=tuple(_as_told(package, told) for package in lock.packages))
        if changed:
            return  # made from something else, it is no answer to this; what is wrong with it comes of that
        faults = closure_faults(inputs, proved)
        self._sentences("graph", faults)
        if faults:
            return
        try:
            self._sentences("graph", derived_faults(inputs, proved))
            extras = {
                entry: frozenset(map(str, its.extras))
                for entry, package in enumerate(lock.packages)
                if (its := told.get(package)) is not None and its.extras is not None
            }
            self._sentences("graph", extras_faults(inputs, proved, lock, extras))
        except ValueError as error:
            self._sentences("graph", (str(error),))

    def _layout(self) -> None:
        """Say where the text is not as detent writes it: other tools may read what detent leaves alone."""
        ours, theirs = render_lock(self._lock).splitlines(), self._text.decode().splitlines()
        if ours == theirs:
            return
        pairs = enumerate(zip_longest(ours, theirs, fillvalue=""), start=1)
        number, line = next((number, their) for number, (our, their) in pairs if our != their)
        words = f"the text is not as detent writes it, from line {number} on: `{line}`"
        self._findings.append(Finding(PackageName(""), "", "text", "", line, "", words, "note"))

    def _sentences(self, field: str, texts: Iterable[str]) -> None:
        self._findings += (Finding(PackageName(""), "", field, "", "", "", text) for text in texts)

    # ---- taking notes -------------------------------------------------------------------------

    def _find(
        self, package: LockedPackage, field: str, locked: str, told: str, text: str = "", *, file: str = ""
    ) -> None:
        version = package.known_version
        self._findings.append(Finding(package.name, version, field, file, locked, told, text))

    def _doubt(self, package: LockedPackage, field: str, file: str, reason: str) -> None:
        self._unconfirmed.append(Unconfirmed(package.name, package.known_version, field, file, reason))

    def _add(self, compared: Compared) -> None:
        self._findings += compared.findings
        self._unconfirmed += compared.unconfirmed


def _as_told(package: LockedPackage, told: Mapping[LockedPackage, Told]) -> LockedPackage:
    its = told.get(package)
    if its is None or its.requires is None or its.extras is None:
        return package
    return package._replace(requires=its.requires, extras=tuple(sorted(its.extras.items())))


def _order(finding: Finding) -> tuple[str, ...]:
    return (finding.name, finding.version, finding.file, finding.field, finding.locked, finding.told)
