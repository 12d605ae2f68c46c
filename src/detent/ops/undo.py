"""Undo: put pyproject.toml, lock and environment back as they were before the last change of the project.

The last change is the newest record of :mod:`detent.ops.history` that describes something which was really
done. Undoing is a change like any other: its own record takes the place of that one, so undoing twice does it
again. Until all is put back the old record stays, and whoever is killed in between runs `undo` once more.
"""

import contextlib
import json
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from detent import fsio
from detent.errors import DetentError, UsageError
from detent.errors.project import EditedSince, NothingToUndo
from detent.errors.store import PackageLost
from detent.events import Notice
from detent.install.manifest import read_journal, read_manifest
from detent.install.plan import BUILD_SETTINGS, Installed, Linking, Plan, identity_of
from detent.lock.choice import Choice, Selection
from detent.lock.diff import Change, changes
from detent.lock.model import LOCK_NAME, Direct, Lock, LockedPackage
from detent.model.candidate import Artifact, Digest
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.ops.before import environment_before, python_behind
from detent.ops.discover import MANIFEST_NAME, Project
from detent.ops.gather import gather
from detent.ops.history import (
    TURNED,
    FileChange,
    Step,
    WasEnvironment,
    WasInstalled,
    current_bytes,
    fingerprint_of,
    is_kept,
    read_history,
    read_step,
    write_step,
)
from detent.ops.local import git_choice
from detent.ops.manifest_changes import ManifestChange, manifest_changes
from detent.ops.matching import Gathered, Settled, SyncOutcome, look, match
from detent.ops.restoring import Restoring, one_at_a_time
from detent.ops.shown_paths import display
from detent.ops.stored_lock import read_lock_text
from detent.ops.world import World
from detent.python.discovery import Sought
from detent.python.interpreter import Interpreter
from detent.python.request import parse_request
from detent.store.entry import WheelEntry


class UndoOptions(NamedTuple):
    """How far to go."""

    dry_run: bool = False
    force: bool = False
    """Put files back even if somebody has edited them since."""


class UndoOutcome(NamedTuple):
    """What undoing came to, or would."""

    step: Step
    """The change that was undone."""
    files: tuple[tuple[str, bool], ...]
    """Name of each file that was put back, and whether it stands there now."""
    manifest_changes: tuple[ManifestChange, ...]
    lock_changes: tuple[Change, ...]
    sync: SyncOutcome | None
    """``None`` where the environment was not touched by the change."""
    is_dry_run: bool


class _File(NamedTuple):
    """A file of the project, as it was, became, and is."""

    path: Path
    change: FileChange
    now: bytes | None

    @property
    def is_back(self) -> bool:
        return self.now == self.change.before

    @property
    def is_edited(self) -> bool:
        return not self.is_back and fingerprint_of(self.now) != self.change.after


class _Way(NamedTuple):
    """How an environment becomes what it was."""

    settled: Settled
    wheels: "_Wheels"


def undo(world: World, project: Project, options: UndoOptions) -> UndoOutcome:
    """Take the last change back.

    Raises :class:`NothingToUndo`, :class:`EditedSince` where it would take somebody else's work with it, and
    what fetching and installing raise; the files are as they were then.
    """
    with one_at_a_time(world, project.manifest_path):
        place, step, files = _last_change(world, project, forget=not options.dry_run)
        if not is_kept(world.layout, project.root):
            raise UsageError(
                "nobody can tell which change was the last one",
                why=f"the cache `{world.layout.root}` can only be read, so it may not have it",
                next_steps=("run it with a cache that can be written to, and that the change was made with",),
            )
        edited = [display(file.path) for file in files if file.is_edited]
        if edited and not options.force:
            raise EditedSince(edited, step.command)
        way = _way_back(world, project, step, files)
        if options.dry_run:
            synced = look(world, way.settled) if way is not None else None
        else:
            synced = _put_back(world, place, step, files, way)
        old, new = _locks(world, files)
        return UndoOutcome(
            step,
            tuple((file.change.name, file.change.before is not None) for file in files if not file.is_back),
            _manifest_changes(project, files),
            changes(old, new) if old is not None and new is not None else (),
            synced,
            options.dry_run,
        )


def _last_change(world: World, project: Project, *, forget: bool) -> tuple[Path, Step, tuple[_File, ...]]:
    """Find the newest record of something that was done; those of nothing are forgotten on the way."""
    for place, step in read_history(world.layout, project.root):
        paths = ((project.root / change.name, change) for change in step.files)
        files = tuple(_File(path, change, current_bytes(path)) for path, change in paths)
        is_unfinished = read_step(_turned_place(place)) is not None  # of an undo that died at its very end
        if is_unfinished or not all(file.is_back for file in files) or _differs(step.environment):
            return place, step, files
        if forget:
            with contextlib.suppress(OSError):
                place.unlink(missing_ok=True)
    raise NothingToUndo


def _differs(was: WasEnvironment | None) -> bool:
    """Whether an environment is no longer what it was."""
    if was is None:
        return False
    if was.python and python_behind(Path(was.root)) != was.python:
        return True
    now = {_facts(package) for package in read_manifest(was.root).packages}
    return now != {_facts(package) for package in was.packages} or read_journal(was.root) is not None


def _facts(package: Installed | WasInstalled) -> tuple[object, ...]:
    return (*package[:5], package.is_by_directory)  # name, version, hashes, whether it was asked for


# ---- files ------------------------------------------------------------------------------------------


def _put_back(
    world: World, place: Path, step: Step, files: tuple[_File, ...], way: _Way | None
) -> SyncOutcome | None:
    """Do it: the record of the undoing first, then the files, then the environment."""
    scratch = _turned_place(place)
    turned = _turned(step, files, read_step(scratch))
    synced = None
    with Restoring(world.report) as restoring:

        def begin(root: Path, plan: Plan | None) -> None:
            nonlocal turned
            if turned.environment is None and (plan is None or plan.has_work):
                turned = turned._replace(environment=environment_before(root, plan))
            write_step(scratch, turned)
            if plan is not None:
                _write_files(files, restoring)

        if way is None:
            write_step(scratch, turned)
            _write_files(files, restoring)
        else:
            synced = match(world, way.settled, way.wheels.gather, begin=begin)
    try:
        scratch.replace(place)
    except OSError as error:
        is_lost = isinstance(error, FileNotFoundError)
        reason = "the cache cannot be written to" if is_lost else fsio.file_trouble(error, place).why
        world.report(Notice("warning", f"this cannot be undone in its turn: {reason}"))
    return synced


def _turned_place(place: Path) -> Path:
    """Where the record of an undoing lies until it takes the place of the other."""
    return place.with_name(place.name + TURNED)


def _turned(step: Step, files: Iterable[_File], left: Step | None) -> Step:
    """Give the record of undoing a step; ``left`` is that of an earlier try, which may have got further."""
    known = {change.name: change.before for change in left.files} if left is not None else {}
    turned = []
    for file in files:
        name, before = file.change.name, file.now
        if file.is_back and fingerprint_of(known.get(name)) == file.change.after:
            before = known[name]
        turned.append(FileChange(name, before, fingerprint_of(file.change.before)))
    return step._replace(
        files=tuple(turned),
        environment=left.environment if left is not None else None,
        is_undoing=not step.is_undoing,
    )


def _write_files(files: Iterable[_File], restoring: Restoring) -> None:
    for file in files:
        before = file.change.before
        restoring.remember(file.path, file.now, before)
        if file.is_back:
            continue
        if before is not None:
            fsio.write_atomic(file.path, before, durable=True)
            continue
        try:
            file.path.unlink(missing_ok=True)
        except OSError as error:
            raise fsio.file_trouble(error, file.path) from error


def _manifest_changes(project: Project, files: Iterable[_File]) -> tuple[ManifestChange, ...]:
    """Give the requirements that come and go, as far as both texts can be read."""
    before = next((file.change.before for file in files if file.change.name == MANIFEST_NAME), None)
    if before is None:
        return ()
    try:
        text = before.decode()
        new = project.as_root().parsed(text)
    except (UnicodeDecodeError, DetentError):
        return ()
    return manifest_changes(project.manifest, new)


def _locks(world: World, files: Iterable[_File]) -> tuple[Lock | None, Lock | None]:
    """Give the lock as it is and as it was, where it changes and can be read."""
    file = next((file for file in files if file.change.name == LOCK_NAME), None)
    if file is None:
        return None, None
    return _lock(world, file.now), _lock(world, file.change.before)


def _lock(world: World, content: bytes | None) -> Lock | None:
    if content is None:
        return None
    try:
        return read_lock_text(world.layout, content, LOCK_NAME).lock
    except DetentError:
        return None


# ---- the environment --------------------------------------------------------------------------------


def _way_back(world: World, project: Project, step: Step, files: Iterable[_File]) -> _Way | None:
    """Decide what the environment has to hold, and see where it comes from; ``None``: it stays as it is."""
    was = step.environment
    if was is None or not _differs(was):
        return None
    root = Path(was.root)
    if not was.packages and not root.exists():
        return None
    python = (parse_request(was.python),) if was.python else Sought._field_defaults["requests"]
    interpreter = world.environments().choose(root, Sought(python, "`detent undo`"), report=world.report)
    locked = next((f.change.before for f in files if f.change.name == LOCK_NAME), None)
    lock = _lock(world, locked if locked is not None else current_bytes(project.lock_path))
    wheels = _Wheels(world, project.root, interpreter, was.packages, lock)
    there = {package.name: _facts(package) for package in read_manifest(was.root).packages}
    lost = wheels.lost([p for p in was.packages if there.get(PackageName(p.name)) != _facts(p)])
    for name, version in was.foreign:
        told = f"`{name}` {version} had been installed by another tool, and is not put back"
        world.report(Notice("note", told))
    settled = Settled(
        root,
        interpreter,
        project.title,
        Selection(interpreter.target, tuple(_choice(p) for p in was.packages if p.name not in lost)),
        spares_foreign=True,
        linking=_linking(world, was),
        compiles=world.settings.compile_bytecode.value,
        last=was.selection,
    )
    return _Way(settled, wheels)


def _linking(world: World, was: WasEnvironment) -> Linking:
    """Give the way packages were linked, which need not be the one in force now."""
    overwriting = tuple(map(PackageName, was.overwriting))
    apart = frozenset(PackageName(p.name) for p in was.packages if not p.is_by_directory)
    if len(apart) < len(was.packages):
        return Linking("directory", apart, overwriting)
    mode: str = world.settings.link_mode.value
    return Linking("auto" if mode == "directory" and was.packages else mode, overwriting=overwriting)


class _Wheels:
    """The wheels of packages that were installed: in the store by hash, else by where they were locked."""

    def __init__(
        self,
        world: World,
        root: Path,
        interpreter: Interpreter,
        packages: Iterable[WasInstalled],
        lock: Lock | None,
    ) -> None:
        self._world = world
        self._packages = {package.name: package for package in packages}
        self._lock = lock
        self._entries: dict[str, WheelEntry] = {}
        self._fetch = partial(gather, world, root=root, interpreter=interpreter)

    def lost(self, packages: Iterable[WasInstalled]) -> frozenset[str]:
        """Give what nobody has any more, and tell of it, and of what must be fetched again."""
        gone = [package for package in packages if self._stored(package) is None]
        lost = [package for package in gone if self._locked(package) is None]
        again = ", ".join(f"`{p.name}` {p.version}" for p in gone if p not in lost)
        if again:
            self._world.report(Notice("note", f"no longer in the cache, so fetched again: {again}"))
        for package in lost:
            error = PackageLost(package.name, package.version)
            self._world.report(Notice("warning", f"{error.what}: {error.why}"))
        return frozenset(package.name for package in lost)

    def gather(self, choices: Iterable[Choice]) -> Gathered:
        """Bring a checked entry for every choice into the store."""
        entries: dict[PackageName, WheelEntry] = {}
        missing: list[Choice] = []
        for choice in choices:
            package = self._packages[choice.package.name]
            entry = self._stored(package)
            if entry is not None:
                entries[choice.package.name] = entry
                continue
            located = self._locked(package)
            if located is None:
                raise PackageLost(package.name, package.version)
            missing.append(located)
        fetched = self._fetch(missing) if missing else Gathered({}, 0)
        return Gathered({**entries, **fetched.entries}, fetched.fetched)

    def _stored(self, package: WasInstalled) -> WheelEntry | None:
        known = self._entries.get(package.name)
        if known is None:
            entry = self._world.wheels().get(package.digest)
            known = self._world.wheels().check(entry) if entry is not None else None
            if known is not None:
                self._entries[package.name] = known
        return known

    def _locked(self, package: WasInstalled) -> Choice | None:
        """Find the file of a package in the lock of its time."""
        for entry in self._lock.packages if self._lock is not None else ():
            if entry.name != package.name:
                continue
            if entry.direct is not None and entry.direct.kind == "vcs":
                found = git_choice(
                    Choice(entry, Artifact("", entry.direct.location, ()), package.is_requested)
                )
                if identity_of(found.artifact) == package.identity.partition("+")[0]:
                    return found
            for artifact in (*entry.wheels, *((entry.sdist,) if entry.sdist is not None else ())):
                if identity_of(artifact) == package.identity.partition("+")[0]:
                    direct = _direct(package.direct_url)
                    return Choice(entry._replace(direct=direct), artifact, package.is_requested)
        return None


def _choice(package: WasInstalled) -> Choice:
    """Give what was installed as a choice that the plan finds in its place, or puts there."""
    algorithm, _, value = (package.identity or f"sha256:{package.digest}").partition(":")
    value, _, settings = value.partition("+")
    digests = (Digest(algorithm, value), *((Digest(BUILD_SETTINGS, settings),) if settings else ()))
    locked = LockedPackage(PackageName(package.name), package.version, direct=_direct(package.direct_url))
    return Choice(locked, Artifact("", "", digests), package.is_requested)


def _direct(text: bytes) -> Direct | None:
    """Read a `direct_url.json` (PEP 610); ``None`` for none, and for what no release of detent writes."""
    if not text:
        return None
    try:
        found: Mapping[str, object] = json.loads(text)
        location, subdirectory = str(found["url"]), str(found.get("subdirectory", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    folder = found.get("dir_info")
    if isinstance(folder, dict):
        return Direct("directory", location, editable=folder.get("editable") is True)
    from_vcs = found.get("vcs_info")
    if isinstance(from_vcs, dict):
        vcs, revision, commit = (
            str(from_vcs.get(key, "")) for key in ("vcs", "requested_revision", "commit_id")
        )
        return Direct("vcs", location, vcs, revision, commit, subdirectory)
    return Direct("archive", location, subdirectory=subdirectory)
