"""Lock: read the old lock, resolve what has to move, and write the new one; or only check.

Everything is decided in memory. The one write is the last step, so a failure or an interrupt at any moment
leaves the old lock as it was.
"""

from collections.abc import Container, Mapping

from detent import fsio
from detent.errors import Failures
from detent.errors.lock import LockInvalid, LockMissing, LockStale
from detent.errors.resolve import ResolveError
from detent.events import Notice, Phase
from detent.lock.declared import files_of, is_nominal
from detent.lock.diff import Change, changes, unused_sources
from detent.lock.model import Lock
from detent.lock.pylock import render_lock
from detent.model.adjustment_texts import CHANGED_REQUIREMENTS
from detent.model.inputs import Inputs, RecordedInputs
from detent.model.requirement import PackageName, Requirement
from detent.named import NamedTuple
from detent.ops.discover import LOCK_NAME, Project
from detent.ops.dynamic import asked_inputs
from detent.ops.folders import changed_folders
from detent.ops.history import FileChange, Remembered, changed, current_bytes
from detent.ops.other_tools import unread_locks
from detent.ops.question import Question
from detent.ops.stored_lock import StoredLock, keep_copy, read_lock, read_old_lock, staleness
from detent.ops.unbuilt import take_unbuilt, with_unbuilt
from detent.ops.upgrade import Upgrade, kept_of, refuse_unlocked
from detent.ops.world import World, mirrors
from detent.project.indexes import written_passwords
from detent.python.clauses import version_fits

_MOST_NAMES = 3


class LockOptions(NamedTuple):
    """How to lock."""

    check: bool = False
    check_exists: bool = False
    """Only see that there is a lock that can be read."""
    dry_run: bool = False
    upgrade: Upgrade = Upgrade()


class LockOutcome(NamedTuple):
    """What locking came to; nothing is written until :func:`write_lock`."""

    lock: Lock
    text: bytes
    before: StoredLock | None
    changes: tuple[Change, ...]
    seconds: float

    @property
    def is_changed(self) -> bool:
        """Whether the file's bytes differ from those on disk."""
        return self.before is None or self.before.text != self.text

    @property
    def goes_by_folders(self) -> bool:
        """Whether it holds only as long as folders beside the project say what they say."""
        sources = (package.direct for package in self.lock.packages)
        return any(direct is not None and direct.kind == "directory" for direct in sources)


def lock(world: World, project: Project, options: LockOptions) -> LockOutcome:
    """Bring the lock up to date, or check that it is (`--check`, without the network).

    Raises :class:`LockStale` under ``check``; nothing is written then, nor under ``dry_run``.
    """
    started = world.clock()
    if options.check_exists:
        existing = read_lock(world.layout, project)
        if existing is None:
            raise LockMissing(LOCK_NAME, "--check-exists")
        return LockOutcome(existing.lock, existing.text, existing, (), world.clock() - started)
    inputs = project_inputs(world, project, anew=options.upgrade.anew)
    if options.check:
        stored = check_lock(world, project, inputs, flag="--check")
        return LockOutcome(stored.lock, stored.text, stored, (), world.clock() - started)
    before = _old_lock(world, project, options.upgrade)
    outcome = lock_project(world, project, inputs, options.upgrade, before=before)
    if not options.dry_run:
        _keep(world, project, outcome, "lock --upgrade" if options.upgrade.everything else "lock")
    return outcome


def _old_lock(world: World, project: Project, upgrade: Upgrade) -> StoredLock | None:
    """Read the lock there is; one that cannot be read is none where nothing of it counts."""
    if not upgrade.anew:
        return read_old_lock(world, project)
    try:
        return read_lock(world.layout, project)
    except LockInvalid:
        return None


def check_lock(world: World, project: Project, inputs: Inputs, *, flag: str) -> StoredLock:
    """Check, without the network, that the lock is the answer to these inputs.

    Raises :class:`LockMissing`, or :class:`LockStale` with the differences in words.
    """
    stored = read_lock(world.layout, project)
    if stored is None:
        raise LockMissing(LOCK_NAME, flag)
    found = staleness(world.layout, inputs, stored) or changed_folders(
        project.root, inputs, stored.lock, project.texts()
    )
    if found:
        raise LockStale(LOCK_NAME, found, flag, has_flags=world.settings.choosing.has_flags)
    return stored


def lock_project(
    world: World,
    project: Project,
    inputs: Inputs,
    upgrade: Upgrade,
    *,
    before: StoredLock | None,
    imported: Mapping[PackageName, tuple[str, ...]] | None = None,
    constraints: tuple[Requirement, ...] = (),
) -> LockOutcome:
    """Find the lock for these inputs; a lock that still answers them is kept as it is.

    ``imported`` are versions another tool had locked, kept where they can be; ``constraints`` are bounds that
    count this time alone.
    """
    started = world.clock()
    upgrade = upgrade._replace(groups=tuple(map(project.group_in_lock, upgrade.groups)))
    merge = before.merge if before is not None else None
    is_kept = before is not None and upgrade == Upgrade() and not constraints and merge is None
    if (
        before is not None
        and is_kept
        and not staleness(world.layout, inputs, before)
        and not changed_folders(project.root, inputs, before.lock, project.texts())
    ):
        return LockOutcome(before.lock, before.text, before, (), world.clock() - started)
    if imported is None:
        _tell_unread(world, project, is_first=before is None)
    old = None if before is None else before.lock
    for told in kept_of(old, inputs, upgrade).told if old is not None else ():
        world.report(Notice("note", told))
    unbuilt = len(world.releases.unbuilt)
    world.report(Phase("resolving"))
    try:
        question = Question(inputs, old, upgrade, imported, constraints, project.root, project.texts())
        question = question._replace(asks_publishers=True)
        if world.settings.choosing.locks_builds:
            question = question._replace(project=project)
        lock = world.resolver()(world, question)
    except (ResolveError, Failures) as error:
        raise with_unbuilt(world, unbuilt, error) from None
    finally:
        world.releases.save()
        world.report(Phase(""))
    take_unbuilt(world, unbuilt)  # the resolver has warned of those that it passed over
    refuse_unlocked(upgrade, lock, old)
    for told in unused_sources(inputs, lock):
        world.report(Notice("warning", told))
    if merge is not None and not upgrade.everything:
        for told in merge.told(lock):
            world.report(Notice("note", told))
    text = render_lock(lock).encode()
    moved = changes(old if merge is None else merge.ours, lock)
    return LockOutcome(lock, text, before, moved, world.clock() - started)


def _tell_unread(world: World, project: Project, *, is_first: bool) -> None:
    """Name what another tool goes by and this lock does not, before versions are chosen without it."""
    for text in unread_locks(project) if is_first else ():
        world.report(Notice("note", text))
    for text in project.manifest.unread:
        world.report(Notice("warning", text))
    for text in project.manifest.notes:
        world.report(Notice("note", text))
    for name in written_passwords(project.manifest.data):
        told = f"the URL of the index `{name}` has a password in it, and a project is read by many"
        world.report(Notice("warning", f"{told}; `${{NAME}}` stands for a variable there"))


def write_lock(world: World, project: Project, outcome: LockOutcome) -> None:
    """Put the new lock in place, whole and durably; an unchanged one is not touched."""
    if outcome.is_changed:
        before = outcome.before
        if before is not None and before.lock.inputs is None and before.merge is None:
            by = f"`{before.lock.created_by}`" if before.lock.created_by else "another tool"
            world.report(Notice("note", f"`{LOCK_NAME}` was written by {by}, and detent writes it anew"))
        _tell_of_other_installers(world, outcome)
        # The copy first: a full cache must not make a failure of what is done already.
        keep_copy(world.layout, StoredLock(outcome.lock, outcome.text))
        fsio.write_atomic(project.lock_path, outcome.text, durable=True)
    else:
        fsio.sweep_scratch(project.root)  # of a command that was killed after the lock was right


def lock_change(project: Project, outcome: LockOutcome) -> tuple[FileChange, ...]:
    """Describe what :func:`write_lock` will do, for `undo`."""
    if not outcome.is_changed:
        return ()
    before = outcome.before.text if outcome.before is not None else current_bytes(project.lock_path)
    return changed(LOCK_NAME, before, outcome.text)


def _keep(world: World, project: Project, outcome: LockOutcome, command: str) -> None:
    with Remembered(world.layout, project.root, command) as remembered:
        remembered.files(*lock_change(project, outcome))
        write_lock(world, project, outcome)


def _tell_of_other_installers(world: World, outcome: LockOutcome) -> None:
    """Say once that pip, which asks the packages themselves, would not install what the lock has."""
    before = outcome.before.lock.inputs if outcome.before is not None else None
    changed = _changed_requirements(outcome.lock.inputs)
    if changed and not _changed_requirements(before):
        tables = " and ".join(f"`{table}`" for table in changed)
        says = f"{tables} of [tool.detent] change{'s' if len(changed) == 1 else ''} what packages ask for"
        world.report(Notice("note", f"{says}, so pip installs `{LOCK_NAME}` with `--no-deps` only"))
    unhashed = _without_hashes(outcome.lock)
    if unhashed and not (outcome.before is not None and _without_hashes(outcome.before.lock)):
        shown = ", ".join(f"`{name}`" for name in unhashed[:_MOST_NAMES])
        more = f" and {len(unhashed) - _MOST_NAMES} more" if len(unhashed) > _MOST_NAMES else ""
        says = f"{shown}{more}: what comes from a repository or a folder has no hash, so pip installs"
        world.report(Notice("note", f"{says} `{LOCK_NAME}` with `--no-require-hashes` only"))

    mirrored = mirrors(world)
    nominal = _nominal(outcome.lock, mirrored)
    if nominal and not (outcome.before is not None and _nominal(outcome.before.lock, mirrored)):
        says = f"{nominal} file{'s' if nominal > 1 else ''} of `{LOCK_NAME}` were seen on a mirror alone"
        so = (
            "detent asks their index where they are, and other installers need a lock made without the mirror"
        )
        world.report(Notice("note", f"{says}: {so}"))


def _nominal(lock: Lock, mirrored: Container[str]) -> int:
    """Count the files whose address says only whose they are. Without a mirror it is just where they lie."""
    packages = (package for package in lock.packages if package.index in mirrored)
    return sum(is_nominal(package, file) for package in packages for file in files_of(package))


def _without_hashes(lock: Lock) -> list[PackageName]:
    """Name what comes from repositories and folders."""
    packages = lock.packages
    return list(dict.fromkeys(p.name for p in packages if p.direct and p.direct.kind != "archive"))


def _changed_requirements(inputs: RecordedInputs | None) -> list[str]:
    tables = inputs.adjustments if inputs is not None else ()
    return [table for table, _ in tables if table in CHANGED_REQUIREMENTS]


def project_inputs(world: World, project: Project, *, anew: bool = False) -> Inputs:
    """The project's wishes; a missing `requires-python` is assumed from lock or interpreter, and said.

    ``anew`` is for who does not go by the old lock.
    """
    for text in project.manifest.warnings:
        world.report(Notice("warning", text))
    chosen = world.settings.recorded
    inputs = asked_inputs(world, project)
    if chosen.no_sources.value or chosen.no_sources_packages.value:
        inputs = inputs.without_sources(None if chosen.no_sources.value else chosen.no_sources_packages.value)
    inputs = inputs._replace(options=chosen.options(), indexes=world.settings.declared_indexes)
    if inputs.requires_python:
        return inputs
    version = world.interpreter(project).version
    stored = None if anew else read_old_lock(world, project)
    assumed, source = ">=" + ".".join(version.split(".")[:2]), "the interpreter in use"
    if stored is not None and stored.lock.inputs is not None:
        locked = stored.lock.inputs.requires_python
        # Who has a newer interpreter than whoever locked does not make the lock anew.
        if locked and version_fits(locked, version):
            assumed, source = locked, "the lock"
    world.report(Notice("warning", f"no `requires-python` in [project]; assuming `{assumed}` from {source}"))
    return inputs._replace(requires_python=assumed)


def settled_lock(
    world: World, project: Project, inputs: Inputs, *, locked: bool, frozen: bool
) -> tuple[Lock, LockOutcome | None]:
    """Give the lock a command reads, and the locking that led to it (``None``: it was taken as it is)."""
    if frozen:
        stored = read_lock(world.layout, project)
        if stored is None:
            raise LockMissing(LOCK_NAME, "--frozen")
        return stored.lock, None
    if locked:
        return check_lock(world, project, inputs, flag="--locked").lock, None
    before = read_lock(world.layout, project)
    outcome = lock_project(world, project, inputs, Upgrade(), before=before)
    _keep(world, project, outcome, "lock")
    return outcome.lock, outcome
