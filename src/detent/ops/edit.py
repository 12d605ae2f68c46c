"""Add and remove: edit pyproject.toml, lock, sync, all or nothing.

The edit and the resolve happen in memory. Files are written when both are known to be right, and put back
when a later step fails; what was not asked for is not touched.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from detent import fsio
from detent.errors import UsageError
from detent.errors.lock import LockMissing, LockWouldChange
from detent.errors.project import ManifestChanged
from detent.errors.usage import ExclusiveExtras, UnknownExtra
from detent.events import Event, Notice, ignore
from detent.model.adjustments import Adjustments
from detent.model.inputs import Inputs
from detent.model.requirement import PackageName, Requirement, package_name
from detent.named import NamedTuple
from detent.ops.added_indexes import as_declared, with_given_indexes
from detent.ops.before import remember_environment
from detent.ops.direct import name_of
from detent.ops.discover import LOCK_NAME, MANIFEST_NAME, Project, refuse_virtual
from detent.ops.folders import changed_folders
from detent.ops.going_back import may_go_back
from detent.ops.history import Remembered, changed
from detent.ops.lock import (
    LockOutcome,
    lock_change,
    lock_project,
    project_inputs,
    write_lock,
)
from detent.ops.manifest_changes import ManifestChange, manifest_changes, with_origins_on_disk
from detent.ops.matching import SyncOutcome
from detent.ops.places import Pointing
from detent.ops.registering import in_workspace, text_of
from detent.ops.restoring import Restoring, one_at_a_time
from detent.ops.selection import Chosen
from detent.ops.shown_paths import display
from detent.ops.stored_lock import StoredLock, read_lock, read_old_lock, staleness
from detent.ops.sync import SyncOptions, install_lock
from detent.ops.upgrade import Upgrade
from detent.ops.wishes import Wish, read_wishes
from detent.ops.world import World
from detent.project.bounds import Bounds
from detent.project.edit import Table, add_requirement, entry, remove_requirement
from detent.project.source_edit import add_source, remove_source, remove_unasked
from detent.resolve.adjusted import with_adjustments
from detent.resolve.ports import Releases


class AddOptions(NamedTuple):
    """What to add, where, and how far to go."""

    requirements: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    """Files of bounds that count for this resolution alone."""
    table: Table = Table("project", "")
    marker: str = ""
    extras: tuple[str, ...] = ()
    pointing: Pointing = Pointing()
    """What is said of repositories, URLs and paths among the requirements."""
    bounds: Bounds | None = None
    """The kind of bound to write; ``None``: a lower one, where there is no bound yet."""
    raw: bool = False
    dry_run: bool = False
    no_sync: bool = False
    locked: bool = False
    frozen: bool = False
    upgrade: Upgrade = Upgrade()
    workspace: bool | None = None
    """Whether a folder that is added becomes a member; ``None``: where there is a workspace it lies in."""


class RemoveOptions(NamedTuple):
    """What to remove, from where, and how far to go."""

    names: tuple[str, ...] = ()
    table: Table = Table("project", "")
    dry_run: bool = False
    no_sync: bool = False
    locked: bool = False
    frozen: bool = False


class EditOutcome(NamedTuple):
    """What an edit came to; the phases that did not run are ``None``."""

    manifest_changes: tuple[ManifestChange, ...]
    lock: LockOutcome | None
    sync: SyncOutcome | None
    is_dry_run: bool


def add(world: World, project: Project, options: AddOptions) -> EditOutcome:
    """Add requirements, or change the entries they have already.

    A requirement without a version gets the bound that the resolved version asks for, unless its entry has
    one. Raises :class:`InvalidRequirementText`, :class:`UsageError`, and whatever locking and syncing raise;
    the files are as they were then.
    """
    if options.table.kind != "group":
        refuse_virtual(project)
    part = project.current
    wishes, constraints = read_wishes(project, options, lambda source: name_of(world, source, part.root))
    project, wishes = in_workspace(project, wishes, registers=options.workspace)
    text = text_of(project)
    shown = display(part.manifest_path)

    def edited(written: Callable[[Wish], str]) -> str:
        result = text
        for wish in wishes:
            result = add_requirement(result, options.table, written(wish), display=shown)
            result = _with_place(result, wish, shown)
        pinned = [wish.requirement.name for wish in wishes if not wish.is_placed]
        return with_given_indexes(result, given, pinned, display=shown)

    given, world = world, as_declared(world)

    first = edited(lambda wish: wish.opening)
    command = f"add {' '.join(wish.requirement.name for wish in wishes)}"
    if options.frozen:
        return _finish(world, project, first, None, options, command=command)
    before = _old_lock(world, project, options)
    upgrade = _upgrade(options, wishes)
    with _told_once(world) as quiet:
        outcome = lock_edited(
            quiet,
            project,
            first,
            before,
            locked=options.locked,
            upgrade=upgrade,
            constraints=constraints,
        )
        releases = with_adjustments(world.releases, project.manifest.adjustments)
        _refuse_missing_extras(releases, outcome, wishes)
        pins, bounds = _pins(outcome), options.bounds or world.settings.add_bounds.value
        # What comes from a source has the one version that is there, and needs no bound.
        placed = {package.name for package in outcome.lock.packages if package.direct is not None}
        open_wishes = [
            wish for wish in wishes if wish.requirement.name not in placed and _is_open(wish, first, options)
        ]
        second = edited(lambda wish: wish.written(pins if wish in open_wishes else {}, bounds))
        if second != first:
            stored = StoredLock(outcome.lock, outcome.text)
            found = lock_edited(
                quiet,
                project,
                second,
                stored,
                locked=options.locked,
                upgrade=options.upgrade,
                constraints=constraints,
            )
            outcome = found._replace(
                before=before, changes=outcome.changes, seconds=outcome.seconds + found.seconds
            )
    for name in (wish.requirement.name for wish in wishes):
        if name not in pins and name != part.name:
            reason = _why_not_locked(name, project.manifest.adjustments)
            world.report(Notice("warning", f"`{name}` is not locked: {reason}"))
    return _finish(world, project, second, outcome, options, command=command)


def _with_place(text: str, wish: Wish, shown: str) -> str:
    """Say in the sources where a wish comes from; where its requirement says it, nothing else does."""
    name = wish.requirement.name
    if wish.source is not None:
        return add_source(text, name, wish.source, marker=wish.condition, user=wish.user, display=shown)
    return remove_source(text, name, display=shown) if wish.requirement.url else text


def _why_not_locked(name: PackageName, adjustments: Adjustments) -> str:
    if name in adjustments.excludes:
        return "`exclude-dependencies` in [tool.detent] leaves it out"
    if any(override.requirement.name == name and not override.parent for override in adjustments.overrides):
        return "what `override-dependencies` in [tool.detent] makes of it holds nowhere the project can run"
    return "its marker holds nowhere the project can run"


def remove(world: World, project: Project, options: RemoveOptions) -> EditOutcome:
    """Remove every entry of the names from one table."""
    if options.table.kind != "group":
        refuse_virtual(project)
    text = text_of(project)
    shown = display(project.current.manifest_path)
    names = tuple(dict.fromkeys(map(_named, options.names)))
    for name in names:
        text = remove_requirement(text, options.table, name, display=shown)
    text = remove_unasked(text, names, display=shown)
    command = f"remove {' '.join(names)}"
    if options.frozen:
        return _finish(world, project, text, None, options, command=command)
    before = _old_lock(world, project, options)
    outcome = lock_edited(world, project, text, before, locked=options.locked, upgrade=Upgrade())
    hint = may_go_back(world, lambda: _inputs(world._replace(report=ignore), project, text), outcome)
    if hint:
        world.report(Notice("note", hint))
    return _finish(world, project, text, outcome, options, command=command)


@contextmanager
def _told_once(world: World) -> Iterator[World]:
    """Hold warnings back until versions are settled: two rounds tell each once.

    What is refused in the end is told as an error alone.
    """
    held: dict[Notice, None] = {}

    def hear(event: Event) -> None:
        if isinstance(event, Notice):
            held[event] = None
        else:
            world.report(event)

    try:
        yield world._replace(report=hear)
    except UnknownExtra:
        held.clear()
        raise
    finally:
        for notice in held:
            world.report(notice)


def _named(text: str) -> PackageName:
    try:
        return package_name(text)
    except ValueError as error:
        raise UsageError(
            f"`{text}` is not a package name", why=str(error), next_steps=("write a name such as `httpx`",)
        ) from error


def _upgrade(options: AddOptions, wishes: Sequence[Wish]) -> Upgrade:
    """What may move: what was asked for, and every `NAME@latest`."""
    names = tuple(str(wish.requirement.name) for wish in wishes if wish.is_latest)
    return options.upgrade._replace(packages=(*options.upgrade.packages, *names))


def _is_open(wish: Wish, text: str, options: AddOptions) -> bool:
    """Whether a bound is still to be written: neither the wish nor the entry it changes has one.

    What comes from a place has the one version that is there.
    """
    if wish.is_placed:
        return False
    if wish.is_latest:
        return True
    if options.raw or wish.requirement.specifier:
        return False
    if options.bounds is not None:
        return True
    found = entry(text, options.table, str(wish.requirement))
    return found is None or not found.specifier


def _pins(outcome: LockOutcome) -> dict[PackageName, str]:
    """The locked version of each package; of several (forks) the oldest, so that the bound lets in all."""
    found: dict[PackageName, str] = {}
    for package in outcome.lock.packages:  # sorted oldest first
        found.setdefault(package.name, package.version)
    return found


def _refuse_missing_extras(releases: Releases, outcome: LockOutcome, wishes: Sequence[Wish]) -> None:
    """A misspelled extra would be written and do nothing: refuse it while its giver is looking."""
    for wish in wishes:
        name, extras = wish.requirement.name, wish.requirement.extras
        for package in outcome.lock.packages if extras and not wish.is_placed else ():
            is_here = package.name == name and package.direct is None
            number = releases.listing(name).number(package.version) if is_here else None
            metadata = releases.metadata(name, number) if number is not None else None
            if metadata is None:
                continue
            for extra in extras:
                if metadata.for_extra(extra) is None:
                    known = [extra for extra, _ in metadata.extras]
                    raise UnknownExtra(extra, known, where=f"`{name}` {package.version}")


def _old_lock(world: World, project: Project, options: AddOptions | RemoveOptions) -> StoredLock | None:
    """Read the lock there is; one in conflict has to change, which `--locked` forbids."""
    return read_lock(world.layout, project) if options.locked else read_old_lock(world, project)


# ---- all or nothing -------------------------------------------------------------------------


def lock_edited(
    world: World,
    project: Project,
    text: str,
    before: StoredLock | None,
    *,
    locked: bool,
    upgrade: Upgrade,
    constraints: tuple[Requirement, ...] = (),
) -> LockOutcome:
    """Resolve for an edited manifest, in memory; under ``locked`` it must leave the lock as it is."""
    project, inputs = _inputs(world, project, text)
    if locked:
        if before is None:
            raise LockMissing(LOCK_NAME, "--locked")
        found = staleness(world.layout, inputs, before) or changed_folders(
            project.root, inputs, before.lock, project.texts()
        )
        if found:
            raise LockWouldChange(LOCK_NAME, found)
    outcome = lock_project(world, project, inputs, upgrade, before=before, constraints=constraints)
    if locked and outcome.is_changed:
        moved = tuple(f"`{change.name}` would move" for change in outcome.changes)
        raise LockWouldChange(LOCK_NAME, moved)
    return outcome


def _inputs(world: World, project: Project, text: str) -> tuple[Project, Inputs]:
    """Give the edited project and what its lock is made from."""
    manifest = with_origins_on_disk(project.parsed(text), project.current.manifest)
    edited = project.with_current(manifest, text.encode())
    return edited, project_inputs(world, edited)


def _finish(
    world: World,
    project: Project,
    text: str,
    outcome: LockOutcome | None,
    options: AddOptions | RemoveOptions,
    *,
    command: str,
) -> EditOutcome:
    if options.dry_run:
        changes = manifest_changes(project.current.manifest, project.parsed(text))
        return EditOutcome(changes, outcome, None, is_dry_run=True)
    sync = None if options.no_sync else _sync_options(project, options)
    return finish_edit(world, project, text, outcome, sync=sync, command=command)


def finish_edit(
    world: World,
    project: Project,
    text: str,
    outcome: LockOutcome | None,
    *,
    sync: SyncOptions | None,
    command: str,
) -> EditOutcome:
    """Write the edited manifest and its lock, and sync; when one of them fails, both are put back.

    Without an ``outcome`` the manifest alone is written. ``command`` is what `undo` calls it. Raises
    :class:`ManifestChanged`, and what writing and syncing raise.
    """
    after = project.with_current(project.parsed(text), text.encode())
    changes = manifest_changes(project.current.manifest, after.current.manifest)
    synced = write_edited(world, project, after, outcome, sync=sync, command=command)
    return EditOutcome(changes, outcome, synced, is_dry_run=False)


def write_edited(
    world: World,
    project: Project,
    after: Project,
    outcome: LockOutcome | None,
    *,
    sync: SyncOptions | None,
    command: str,
) -> SyncOutcome | None:
    """Write every manifest that is another in the edited project, and the lock, and sync.

    When one of them fails, all are put back. Raises :class:`ManifestChanged`, and what writing and syncing
    raise.
    """
    files = _edited(project, after)
    with (
        one_at_a_time(world, project.manifest_path),
        Remembered(world.layout, project.root, command) as remembered,
        Restoring(world.report) as restoring,
    ):
        for name, was, _ in files:
            _refuse_if_changed(project.root / name, was)
        remembered.files(
            *(change for name, was, now in files for change in changed(name, was, now)),
            *(lock_change(project, outcome) if outcome is not None else ()),
        )
        for name, was, now in files:
            restoring.remember(project.root / name, was, now)
            if now != was:
                fsio.write_atomic(project.root / name, now, durable=True)
        if outcome is None:
            return None
        restoring.remember(project.lock_path, outcome.before.text if outcome.before else None, outcome.text)
        write_lock(world, project, outcome)
        return _synced(world, after, outcome, sync, remembered) if sync is not None else None


def _synced(
    world: World, project: Project, outcome: LockOutcome, sync: SyncOptions, remembered: Remembered
) -> SyncOutcome:
    begin = partial(remember_environment, remembered)
    try:
        return install_lock(world, project, outcome.lock, outcome, sync, begin=begin)
    except ExclusiveExtras as fault:
        # What the environment has is no choice of a command that edits, so no flag of it changes that.
        fault.next_steps = ("pass `--no-sync`, and choose with `detent sync` afterwards",)
        raise


def _edited(before: Project, after: Project) -> list[tuple[str, bytes, bytes]]:
    """Give the manifests that an edit is about: where each stands, what it was, and what it becomes."""
    part = after.current
    name = f"{part.folder}/{MANIFEST_NAME}".lstrip("/")
    files = [(name, before.current.manifest_bytes, part.manifest_bytes)]
    registered = before.workspace.registered if before.workspace is not None else None
    if registered is not None and part.folder:
        files.append((MANIFEST_NAME, before.manifest_bytes, registered.encode()))
    was = before.texts()
    files += [
        (f"{folder}/{MANIFEST_NAME}", was[folder], now)
        for folder, now in after.texts().items()
        if folder != part.folder and now != was[folder]
    ]
    return files


def _sync_options(project: Project, options: AddOptions | RemoveOptions) -> SyncOptions:
    """What is added gets installed, also into an extra or group that is not a default one.

    Only removing takes away, and neither what somebody synced: the last selection of the environment stays.
    """
    name = (options.table.name,) if isinstance(options, AddOptions) else ()
    chosen = Chosen(
        extra=name if options.table.kind == "extra" else (),
        group=name if options.table.kind == "group" else (),
    )
    is_removing = isinstance(options, RemoveOptions)
    # Of a workspace, what another member has in the environment stays too.
    is_kept = is_removing and project.workspace is None
    return SyncOptions(chosen=chosen, exact=is_removing, last="kept" if is_kept else "extended")


def _refuse_if_changed(path: Path, content: bytes) -> None:
    """What was edited must still be what is there: somebody may have saved the file meanwhile."""
    try:
        current = path.read_bytes()
    except OSError as error:
        raise fsio.file_trouble(error, path) from error
    if current != content:
        raise ManifestChanged(display(path))
