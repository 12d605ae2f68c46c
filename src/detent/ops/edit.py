"""Add and remove: edit pyproject.toml, lock, sync, all or nothing.

The edit and the resolve happen in memory. Files are written when both are known to be right, and put back
when a later step fails; what was not asked for is not touched.
"""

from collections.abc import Callable
from typing import NamedTuple

from detent import fsio
from detent.errors import InvalidRequirementText, LockMissing, LockStale, Unsupported, UsageError
from detent.model import markers
from detent.model.requirement import (
    Origin,
    PackageName,
    Requirement,
    extra_name,
    package_name,
    parse_requirement,
)
from detent.ops.discover import LOCK_NAME, Project, decode, display
from detent.ops.lock import (
    LockOutcome,
    StoredLock,
    Upgrade,
    lock_project,
    project_inputs,
    read_lock,
    staleness,
    write_lock,
)
from detent.ops.requirement_files import read_requirements
from detent.ops.sync import SyncOptions, SyncOutcome, install_lock
from detent.ops.wiring import World
from detent.project.bounds import Bounds, bounded
from detent.project.edit import Table, add_requirement, remove_requirement
from detent.project.manifest import parse_manifest

_COMMAND_LINE = Origin("command line")


class AddOptions(NamedTuple):
    """What to add, where, and how far to go."""

    requirements: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    table: Table = Table("project", "")
    marker: str = ""
    extras: tuple[str, ...] = ()
    bounds: Bounds = "lower"
    raw: bool = False
    dry_run: bool = False
    no_sync: bool = False
    locked: bool = False
    frozen: bool = False
    upgrade: Upgrade = Upgrade()


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

    manifest_changes: tuple[str, ...]
    """Phrases such as "add `httpx>=0.28` to [project.dependencies]"."""
    lock: LockOutcome | None
    sync: SyncOutcome | None
    is_dry_run: bool


def add(world: World, project: Project, options: AddOptions) -> EditOutcome:
    """Add requirements, or change the entries they have already.

    A requirement without a version gets the bound that the resolved version asks for. Raises
    :class:`InvalidRequirementText`, :class:`UsageError`, and whatever locking and syncing raise; the files
    are as they were then.
    """
    wishes = _wishes(options)
    text = decode(project.manifest_bytes, project.manifest_path)

    def edited(lock_names: dict[PackageName, str]) -> str:
        result = text
        for wish in wishes:
            result = add_requirement(result, options.table, _written(wish, options, lock_names))
        return result

    first = edited({})
    if options.frozen:
        return _finish(world, project, first, None, options)
    before = read_lock(world, project)
    outcome = _lock_edited(world, project, first, options, before)
    if not options.raw and any(_is_bare(wish) for wish in wishes):
        pins = _pins(outcome, wishes)
        second = edited(pins)
        if second != first:
            first = second
            outcome = _lock_edited(world, project, second, options, _as_stored(outcome))._replace(
                before=before, changes=outcome.changes, seconds=outcome.seconds
            )
    return _finish(world, project, first, outcome, options)


def remove(world: World, project: Project, options: RemoveOptions) -> EditOutcome:
    """Remove every entry of the names from one table."""
    text = decode(project.manifest_bytes, project.manifest_path)
    for name in options.names:
        try:
            normalised = package_name(name)
        except ValueError as error:
            raise UsageError(f"`{name}` is not a package name", why=str(error)) from error
        text = remove_requirement(text, options.table, normalised)
    if options.frozen:
        return _finish(world, project, text, None, options)
    outcome = _lock_edited(world, project, text, options, read_lock(world, project))
    return _finish(world, project, text, outcome, options)


# ---- wishes ---------------------------------------------------------------------------------


class _Wish(NamedTuple):
    requirement: Requirement
    text: str
    """As it was given."""


def _wishes(options: AddOptions) -> tuple[_Wish, ...]:
    given = [(text, "") for text in options.requirements]
    for file in options.files:
        given.extend(read_requirements(file))
    if not given:
        raise UsageError(
            "nothing to add",
            why="neither a requirement nor a requirements file was given",
            next_steps=("name a package, as in `detent add httpx`",),
        )
    return tuple(_wish(text, where, options) for text, where in given)


def _wish(text: str, where: str, options: AddOptions) -> _Wish:
    try:
        requirement = parse_requirement(text, _COMMAND_LINE)
        marker = markers.parse(options.marker)
        extras = sorted({*requirement.extras, *(extra_name(extra) for extra in options.extras)})
    except ValueError as error:
        raise InvalidRequirementText(text, str(error), where=where) from error
    if requirement.url:
        raise Unsupported(
            f"`{text}` names a URL",
            why="requirements on URLs, paths and repositories are not supported yet",
            next_steps=(f"add `{requirement.name}` from the package index",),
        )
    both = markers.and_(requirement.marker, marker)
    return _Wish(requirement._replace(extras=tuple(extras), marker=both), text)


def _is_bare(wish: _Wish) -> bool:
    return not wish.requirement.specifier


def _written(wish: _Wish, options: AddOptions, pins: dict[PackageName, str]) -> str:
    """The requirement text that goes into the file."""
    if options.raw:
        return wish.text
    requirement = wish.requirement
    version = pins.get(requirement.name)
    if not requirement.specifier and version is not None:
        requirement = requirement._replace(specifier=bounded(version, options.bounds))
    return str(requirement)


def _pins(outcome: LockOutcome, wishes: tuple[_Wish, ...]) -> dict[PackageName, str]:
    """The locked version of each wish; with several (forks), the oldest, which all of them satisfy."""
    found: dict[PackageName, str] = {}
    for package in outcome.lock.packages:  # sorted oldest first
        found.setdefault(package.name, package.version)
    return {
        wish.requirement.name: found[wish.requirement.name]
        for wish in wishes
        if wish.requirement.name in found
    }


# ---- all or nothing -------------------------------------------------------------------------


def _lock_edited(
    world: World, project: Project, text: str, options: AddOptions | RemoveOptions, before: StoredLock | None
) -> LockOutcome:
    """Resolve for an edited manifest, in memory."""
    path = project.manifest_path
    manifest = parse_manifest(text, path, display=display(path))
    inputs = project_inputs(world, project._replace(manifest=manifest))
    if options.locked:
        if before is None:
            raise LockMissing(LOCK_NAME, "--locked")
        found = staleness(inputs, before.lock)
        if found:
            raise LockStale(LOCK_NAME, found, "--locked")
    upgrade = options.upgrade if isinstance(options, AddOptions) else Upgrade()
    return lock_project(world, inputs, upgrade, before=before)


def _as_stored(outcome: LockOutcome) -> StoredLock:
    return StoredLock(outcome.lock, outcome.text)


def _finish(
    world: World,
    project: Project,
    text: str,
    outcome: LockOutcome | None,
    options: AddOptions | RemoveOptions,
) -> EditOutcome:
    path = project.manifest_path
    manifest = parse_manifest(text, path, display=display(path))
    after = project._replace(manifest=manifest, manifest_bytes=text.encode())
    phrases = _manifest_changes(project, after)
    sync_options = SyncOptions(dry_run=options.dry_run, exact=True)
    if options.dry_run:
        return EditOutcome(phrases, outcome, None, is_dry_run=True)
    put_back = _write_manifest(project, after)
    try:
        if outcome is None:
            return EditOutcome(phrases, None, None, is_dry_run=False)
        put_back = _then(put_back, _lock_restorer(project, outcome))
        write_lock(world, project, outcome)
        if options.no_sync:
            return EditOutcome(phrases, outcome, None, is_dry_run=False)
        synced = install_lock(world, after, outcome.lock, outcome, sync_options)
    except BaseException:
        put_back()
        raise
    return EditOutcome(phrases, outcome, synced, is_dry_run=False)


def _write_manifest(before: Project, after: Project) -> Callable[[], None]:
    path = before.manifest_path
    if after.manifest_bytes == before.manifest_bytes:
        return lambda: None
    fsio.write_atomic(path, after.manifest_bytes, durable=True)
    return lambda: fsio.write_atomic(path, before.manifest_bytes, durable=True)


def _lock_restorer(project: Project, outcome: LockOutcome) -> Callable[[], None]:
    before = outcome.before

    def put_back() -> None:
        if before is not None:
            fsio.write_atomic(project.lock_path, before.text, durable=True)
        else:
            project.lock_path.unlink(missing_ok=True)

    return put_back if outcome.is_changed else lambda: None


def _then(first: Callable[[], None], second: Callable[[], None]) -> Callable[[], None]:
    def both() -> None:
        second()
        first()

    return both


def _manifest_changes(before: Project, after: Project) -> tuple[str, ...]:
    """Say in phrases what the edit does to the lists of requirements."""
    old, new = _entries(before), _entries(after)
    return (
        *(f"add `{text}` to [{table}]" for table, text in new if (table, text) not in old),
        *(f"remove `{text}` from [{table}]" for table, text in old if (table, text) not in new),
    )


def _entries(project: Project) -> dict[tuple[str, str], None]:
    manifest = project.manifest
    lists = (
        manifest.dependencies,
        *(needs for _, needs in manifest.extras),
        *(needs for _, needs in manifest.groups),
    )
    return {
        (requirement.origin.table if requirement.origin else "", str(requirement)): None
        for needs in lists
        for requirement in needs
    }
