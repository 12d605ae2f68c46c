"""Lock: read the old lock, resolve what has to move, and write the new one; or only check.

Everything is decided in memory. The one write is the last step, so a failure or an interrupt at any moment
leaves the old lock as it was.
"""

from hashlib import sha256
from time import process_time
from typing import NamedTuple

from detent import fsio
from detent.errors import (
    Failures,
    LockInvalid,
    LockMissing,
    LockStale,
    ManifestInvalid,
    PackageUnknown,
    ResolveError,
    UsageError,
)
from detent.events import Notice
from detent.lock.addresses import with_locked_addresses
from detent.lock.assemble import assemble
from detent.lock.closure import closure_faults
from detent.lock.diff import Change, changes, differences
from detent.lock.model import Lock
from detent.lock.packed import pack, unpack
from detent.lock.pylock import parse_lock, render_lock
from detent.lock.views import tree as draw
from detent.model.inputs import Inputs
from detent.model.requirement import PackageName, package_name, parse_requirement
from detent.ops.discover import LOCK_NAME, Project, display
from detent.ops.python import environment_path, interpreter_for
from detent.ops.wiring import World
from detent.resolve.forks import resolve
from detent.resolve.preferences import preferences_from, seeds_from
from detent.store.records import read_record, write_record

_COPY_KIND = b"pylock"
_COPY_VERSION = 1


class Upgrade(NamedTuple):
    """Which locked versions may move although nothing makes them."""

    everything: bool = False
    packages: tuple[str, ...] = ()
    """As written after ``-P``: ``NAME`` or ``NAME==V``."""


class LockOptions(NamedTuple):
    """How to lock."""

    check: bool = False
    dry_run: bool = False
    upgrade: Upgrade = Upgrade()


class TreeOptions(NamedTuple):
    """Which part of the tree to draw; ``None`` depth: all of it."""

    depth: int | None = None
    invert: bool = False
    packages: tuple[str, ...] = ()
    locked: bool = False
    frozen: bool = False


class StoredLock(NamedTuple):
    """A lock as it stands on disk."""

    lock: Lock
    text: bytes


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


def lock(world: World, project: Project, options: LockOptions) -> LockOutcome:
    """Bring the lock up to date, or check that it is (`--check`, without the network).

    Raises :class:`LockStale` under ``check``; nothing is written then, nor under ``dry_run``.
    """
    started = world.clock()
    inputs = project_inputs(world, project)
    if options.check:
        stored = check_lock(world, project, inputs, flag="--check")
        return LockOutcome(stored.lock, stored.text, stored, (), world.clock() - started)
    outcome = lock_project(world, inputs, options.upgrade, before=read_lock(world, project))
    if not options.dry_run:
        write_lock(world, project, outcome)
    return outcome


def read_lock(world: World, project: Project) -> StoredLock | None:
    """Read the project's lock; ``None`` when there is none.

    A decoded copy is kept in the cache by the file's sha256, because parsing costs more than all the rest
    of a warm command. Raises :class:`LockInvalid`.
    """
    path = project.lock_path
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise fsio.file_trouble(error, path) from error
    copy = world.layout.pylock(sha256(content).hexdigest())
    packed = read_record(copy, _COPY_KIND, _COPY_VERSION)
    if packed is not None:
        return StoredLock(unpack(packed), content)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LockInvalid(display(path), f"it is not UTF-8 text (byte {error.start})") from error
    lock = parse_lock(text, display(path))
    write_record(copy, _COPY_KIND, _COPY_VERSION, pack(lock))
    return StoredLock(lock, content)


def check_lock(world: World, project: Project, inputs: Inputs, *, flag: str) -> StoredLock:
    """Check, without the network, that the lock is the answer to these inputs.

    Raises :class:`LockMissing`, or :class:`LockStale` with the differences in words.
    """
    stored = read_lock(world, project)
    if stored is None:
        raise LockMissing(LOCK_NAME, flag)
    found = staleness(inputs, stored.lock)
    if found:
        raise LockStale(LOCK_NAME, found, flag)
    return stored


def staleness(inputs: Inputs, lock: Lock) -> tuple[str, ...]:
    """Say in words why the lock does not answer these inputs; empty when it does."""
    return differences(inputs, lock) or closure_faults(inputs, lock)


def lock_project(world: World, inputs: Inputs, upgrade: Upgrade, *, before: StoredLock | None) -> LockOutcome:
    """Find the lock for these inputs; a lock that still answers them is kept as it is."""
    started = world.clock()
    if before is not None and upgrade == Upgrade() and not staleness(inputs, before.lock):
        return LockOutcome(before.lock, before.text, before, (), world.clock() - started)
    old = None if before is None else before.lock
    try:
        lock = _resolve(world, inputs, old, upgrade)
    except (ResolveError, PackageUnknown, Failures):
        # Never say that something does not exist from a listing older than this command.
        if not world.releases.revalidate():
            raise
        lock = _resolve(world, inputs, old, upgrade)
    finally:
        world.releases.save()
    text = render_lock(lock).encode()
    return LockOutcome(lock, text, before, changes(old, lock), world.clock() - started)


def write_lock(world: World, project: Project, outcome: LockOutcome) -> None:
    """Put the new lock in place, whole and durably; an unchanged one is not touched."""
    if outcome.is_changed:
        fsio.write_atomic(project.lock_path, outcome.text, durable=True)
        copy = world.layout.pylock(sha256(outcome.text).hexdigest())
        write_record(copy, _COPY_KIND, _COPY_VERSION, pack(outcome.lock))


def _resolve(world: World, inputs: Inputs, old: Lock | None, upgrade: Upgrade) -> Lock:
    resolutions = resolve(
        inputs,
        world.releases,
        clock=process_time,  # waiting for the network is no search
        preferences=preferences_from(old, upgrade=_free_to_move(upgrade), upgrade_all=upgrade.everything),
        seeds=() if upgrade.everything else seeds_from(old),
        limits=world.limits,
        report=world.report,
    )
    answer = assemble(inputs, resolutions, world.releases)
    return answer if world.settings.is_index_of_project else with_locked_addresses(answer, old)


def _free_to_move(upgrade: Upgrade) -> dict[PackageName, str]:
    """Read ``NAME`` and ``NAME==V``: each name with the specifier it is held to."""
    free: dict[PackageName, str] = {}
    for text in upgrade.packages:
        try:
            requirement = parse_requirement(text)
        except ValueError as error:
            raise UsageError(
                f"`{text}` is not a package to upgrade",
                why=str(error),
                next_steps=("write it like `name` or `name==1.2`",),
            ) from error
        free[requirement.name] = requirement.specifier
    return free


def project_inputs(world: World, project: Project) -> Inputs:
    """The project's wishes; a missing `requires-python` is assumed from the interpreter, and said."""
    for text in project.manifest.warnings:
        world.report(Notice("warning", text))
    inputs = project.manifest.inputs(world.releases.index_url)
    if inputs.requires_python:
        return inputs
    version = interpreter_for(world, project, environment_path(world, project)).version
    assumed = ">=" + ".".join(version.split(".")[:2])
    world.report(
        Notice(
            "warning", f"no `requires-python` in [project]; assuming `{assumed}` from the interpreter in use"
        )
    )
    return inputs._replace(requires_python=assumed)


def tree(world: World, project: Project, options: TreeOptions) -> str:
    """Draw the locked packages as a tree, locking first if needed.

    Raises :class:`UsageError` for a package that is not locked.
    """
    inputs = project_inputs(world, project)
    if options.frozen:
        stored = read_lock(world, project)
        if stored is None:
            raise LockMissing(LOCK_NAME, "--frozen")
        current = stored.lock
    elif options.locked:
        current = check_lock(world, project, inputs, flag="--locked").lock
    else:
        outcome = lock_project(world, inputs, Upgrade(), before=read_lock(world, project))
        write_lock(world, project, outcome)
        current = outcome.lock
    try:
        packages = tuple(package_name(name) for name in options.packages)
    except ValueError as error:
        raise UsageError("`--package` takes the name of a package", why=str(error)) from error
    return draw(
        current,
        inputs,
        version=project.manifest.version or "",
        depth=options.depth,
        invert=options.invert,
        packages=packages,
    ).rstrip("\n")


def project_version(project: Project) -> str:
    """Give the version the project declares; raises :class:`ManifestInvalid` when it declares none."""
    version = project.manifest.version
    if version is None:
        raise ManifestInvalid(
            display(project.manifest_path),
            "`project.version` is not set",
            why="it is computed when the project is built" if "version" in project.manifest.dynamic else "",
        )
    return version
