"""Verify: hold a lock, every file and every requirement of it, against the project and its indexes.

The lock is a text that a pull request may have changed by one letter, so nothing it says is believed: pages
are asked anew, requirements are read from the files the index names, and the whole is proved with those. No
wheel is fetched whole, none is built; what only that could tell is counted and named, never passed over.
"""

import hashlib
from collections.abc import Iterable, Mapping
from itertools import zip_longest

from detent import fsio
from detent.errors import UsageError
from detent.errors.fetch import MetadataInvalid, RevisionMissing
from detent.errors.lock import LockMissing
from detent.index.metadata import parse_metadata
from detent.index.urls import shown
from detent.lock.choice import Choice
from detent.lock.claims import Finding, Notes, Told, Unconfirmed
from detent.lock.closure import closure_faults
from detent.lock.declared import files_of, is_of_index
from detent.lock.derived import derived_faults, extras_faults
from detent.lock.diff import differences
from detent.lock.filename import local_path
from detent.lock.model import Direct, Lock, LockedPackage
from detent.lock.pylock import parse_lock, render_lock
from detent.model.candidate import STRONG_HASHES, Artifact
from detent.model.inputs import Inputs
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.ops.discover import LOCK_NAME, Project
from detent.ops.folders import changed_commit, changed_file, changed_folders, is_unread
from detent.ops.index_claims import IndexClaims
from detent.ops.local import folder_in, tree_of_git
from detent.ops.lock import project_inputs
from detent.ops.revision import committed
from detent.ops.stored_lock import StoredLock, read_lock
from detent.ops.world import World
from detent.ops.written import manifest_of
from detent.project.values import redacted
from detent.store.entry import read_metadata

_OURS = Lock("", ()).created_by
_UNFETCHED = "only a download could tell"
_UNBUILT = "only a build could tell"


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
        raise LockMissing(LOCK_NAME, "detent verify")
    inputs = project_inputs(world, project)
    old = None
    if against:
        text = committed(project.root, against, LOCK_NAME, variables)
        old = parse_lock(text, f"{LOCK_NAME} at {against}")
    try:
        found = _Verifying(world, project, stored, inputs).all(old)
    finally:
        world.releases.save()
    return found._replace(seconds=world.clock() - started)


class _Verifying:
    """One lock, and what was found of it so far."""

    def __init__(self, world: World, project: Project, stored: StoredLock, inputs: Inputs) -> None:
        self._world = world
        self._project = project
        self._lock = stored.lock
        self._text = stored.text
        self._inputs = inputs
        self._notes = Notes()

    def all(self, old: Lock | None) -> Verified:
        """Look at everything that is not in an old lock, and at the whole."""
        lock = self._lock
        before = set() if old is None else {*old.packages, *old.build_packages}
        entries = [package for package in lock.packages if package not in before]
        of_builds = [package for package in lock.build_packages if package not in before]
        claims = IndexClaims(self._world, lock, self._inputs, self._notes)
        told = claims.compare([package for package in entries if is_of_index(package)], of_builds)
        for package in entries:
            if not is_of_index(package):
                self._of_source(package)
        if lock.inputs is not None:
            self._whole(told)
        elif lock.created_by == _OURS:
            words = "the lock says that detent wrote it, and what it was made from was taken out"
            self._sentences("graph", (words,))
        else:
            by = f"`{lock.created_by}`" if lock.created_by else "another tool"
            reason = f"the lock was written by {by} and does not say what it was made from"
            self._notes.unconfirmed.append(Unconfirmed(PackageName(""), "", "graph", "", reason))
        looked_at = (*entries, *of_builds)
        return Verified(
            len(looked_at),
            sum(len(files_of(package)) for package in looked_at),
            tuple(shown(url) for url in sorted(claims.asked)),
            tuple(dict.fromkeys(sorted(map(_harmless, self._notes.findings), key=_order))),
            tuple(sorted(dict.fromkeys(self._notes.unconfirmed))),
            tuple(claims.in_place),
            len(lock.packages) + len(lock.build_packages) - len(looked_at),
        )

    # ---- what is of no index ----------------------------------------------------------------

    def _of_source(self, package: LockedPackage) -> None:
        direct = package.direct
        assert direct is not None  # noqa: S101 -- it is of no index
        match direct.kind:
            case "vcs":
                self._of_repository(package)
            case "directory":
                self._of_folder(package, direct)
            case _:
                for file in files_of(package):
                    self._of_archive(package, file)
                    self._of_metadata(package, file, direct)

    def _of_repository(self, package: LockedPackage) -> None:
        direct = package.direct
        assert direct is not None  # noqa: S101 -- as above
        if direct.vcs != "git":
            self._notes.doubt(package, "commit", f"`{direct.vcs}` is not spoken here")
            return
        try:
            why = self._world.repositories().strayed(direct.location, direct.revision, direct.commit)
        except RevisionMissing as error:
            self._notes.find(package, "commit", direct.commit, "", f"{error.what}: {error.why}")
            return
        self._of_commit(package)
        if why:
            asked = f"`{direct.revision}`" if direct.revision else "the default branch"
            words = f"{asked} of `{direct.location}` does not lead to `{direct.commit}`: {why}"
            self._notes.find(package, "commit", direct.commit, "", words)

    def _of_commit(self, package: LockedPackage) -> None:
        """Read the pyproject.toml of a commit, which was just fetched."""
        tree = tree_of_git(Choice(package, Artifact("", "", ()), requested=False))
        subdirectory = package.direct.subdirectory if package.direct is not None else ""
        folder = folder_in(self._world.repositories().tree(tree), subdirectory)
        if folder is None:
            words = f"there is no folder `{subdirectory}` at `{tree.commit}`"
            self._notes.find(package, "commit", subdirectory, "", words)
            return
        changed = changed_commit(manifest_of(folder), self._inputs, package, self._lock)
        if changed is None:
            self._notes.doubt(package, "requires", _UNBUILT)
        for words in changed or ():
            self._notes.find(package, "requires", "", "", words)

    def _of_folder(self, package: LockedPackage, direct: Direct) -> None:
        """See that there is a folder; what it says is compared with that of all of them."""
        if not (self._project.root / direct.location).is_dir():
            words = f"there is no folder `{direct.location}`"
            self._notes.find(package, "folder", direct.location, "", words)
        elif is_unread(self._project.root, self._inputs, package, self._project.texts()):
            self._notes.doubt(package, "requires", _UNBUILT)

    def _of_archive(self, package: LockedPackage, file: Artifact) -> None:
        place = local_path(file.url)
        if place is None:
            for field in ("size", "hashes"):
                self._notes.doubt(package, field, _UNFETCHED, file=file.filename)
            return
        path = self._project.root / place
        try:
            size = path.stat().st_size
            content = path.read_bytes()
        except FileNotFoundError:
            words = f"there is no file `{place}`"
            self._notes.find(package, "file", file.filename, "", words, file=file.filename)
            return
        except OSError as error:
            raise fsio.file_trouble(error, path) from error
        if file.size_bytes not in (None, size):
            self._notes.find(package, "size", str(file.size_bytes), str(size), file=file.filename)
        for algorithm, value in file.digests:
            if algorithm in STRONG_HASHES:
                found = hashlib.new(algorithm, content).hexdigest()
                if found != value:
                    self._notes.find(package, algorithm, value, found, file=file.filename)

    def _of_metadata(self, package: LockedPackage, file: Artifact, direct: Direct) -> None:
        """Read what a wheel says of itself that is at hand, by the hash the lock has."""
        entry = self._world.wheels().get(file.sha256) if file.is_wheel and file.sha256 is not None else None
        changed = None
        if entry is not None:
            try:
                metadata = parse_metadata(read_metadata(entry), file.filename)
            except MetadataInvalid as fault:
                words = f"{fault.what}: {fault.why}"
                self._notes.find(package, "hashes", str(file.sha256), "", words, file=file.filename)
                return
            changed = changed_file(metadata, self._inputs, package, self._lock, direct.location)
        if changed is None:
            self._notes.doubt(package, "requires", _UNFETCHED)
        for words in changed or ():
            self._notes.find(package, "requires", "", "", words)

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
        self._notes.findings.append(Finding(PackageName(""), "", "text", "", line, "", words, "note"))

    def _sentences(self, field: str, texts: Iterable[str]) -> None:
        self._notes.findings += (Finding(PackageName(""), "", field, "", "", "", text) for text in texts)


def _as_told(package: LockedPackage, told: Mapping[LockedPackage, Told]) -> LockedPackage:
    its = told.get(package)
    if its is None or its.requires is None or its.extras is None:
        return package
    return package._replace(requires=its.requires, extras=tuple(sorted(its.extras.items())))


def _harmless(finding: Finding) -> Finding:
    """Leave out the passwords in addresses, which other tools may have written into a lock."""
    locked, told, text = map(redacted, (finding.locked, finding.told, finding.text))
    return finding._replace(locked=locked, told=told, text=text)


def _order(finding: Finding) -> tuple[str, ...]:
    return (finding.name, finding.version, finding.file, finding.field, finding.locked, finding.told)
