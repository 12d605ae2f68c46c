"""Upgrade: let locked versions move, and the bounds of pyproject.toml with them where that is asked for.

All is found in memory: first the versions, with the bounds out of the way where these may move, then the
bounds that fit them, then the lock for those. Files are written when everything is known to be right, and put
back when a later step fails.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal, TypeAlias

from packaging.version import Version

from detent.errors import nearest
from detent.errors.usage import NotLocked
from detent.events import Event, Notice
from detent.lock.diff import changes
from detent.lock.graph import scope
from detent.lock.model import Lock, LockedPackage
from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.markers import Marker
from detent.model.names import ExtraName, GroupName, PackageName, normalise
from detent.model.requirement import Origin, Requirement
from detent.named import NamedTuple
from detent.ops.discover import MANIFEST_NAME, Part, Project, decode
from detent.ops.edit import write_edited
from detent.ops.latest import listing_of
from detent.ops.lock import LockOutcome, lock_project, project_inputs
from detent.ops.matching import SyncOutcome
from detent.ops.shown_paths import display
from detent.ops.stored_lock import StoredLock, read_old_lock
from detent.ops.sync import SyncOptions
from detent.ops.upgrade import Upgrade, free_to_move, still_allowed
from detent.ops.world import World
from detent.project.edit import Table
from detent.project.raising import Raised, loosened, raised, with_bounds

Step = Literal["patch", "minor", "major"]


class UpgradeOptions(NamedTuple):
    """What may move, and how far."""

    names: tuple[str, ...] = ()
    """`NAME` or `NAME==V`; none: everything."""
    groups: tuple[str, ...] = ()
    """Dependency groups: what they ask for themselves."""
    to: Step = "major"
    """The first part of a version that may change."""
    bounds: bool = False
    dry_run: bool = False
    no_sync: bool = False


class MovedBound(NamedTuple):
    """A requirement whose bounds were moved, and the pyproject.toml it stands in."""

    file: str
    raised: Raised


class UpgradeOutcome(NamedTuple):
    """What an upgrade came to; the phases that did not run are ``None``."""

    lock: LockOutcome
    bounds: tuple[MovedBound, ...]
    sync: SyncOutcome | None
    is_dry_run: bool


def upgrade(world: World, project: Project, options: UpgradeOptions) -> UpgradeOutcome:
    """Move the lock, the bounds where they are to move, and bring the environment up to date.

    Raises :class:`NotLocked`, :class:`UnknownGroup`, :class:`UsageError`, and what locking, writing and
    syncing raise; the files are as they were then.
    """
    options = options._replace(groups=tuple(map(project.group_in_lock, options.groups)))
    project = project.as_root()
    inputs = project_inputs(world, project)
    before = read_old_lock(world, project)
    free = _free(inputs, before.lock if before is not None else None, options)
    edited, outcome, bounds = _found(world, project, inputs, before, (options, free))
    if options.dry_run:
        return UpgradeOutcome(outcome, bounds, None, is_dry_run=True)
    sync = None if options.no_sync else _sync_options(project)
    command = " ".join(("upgrade", *options.names))
    synced = write_edited(world, project, edited, outcome, sync=sync, command=command)
    return UpgradeOutcome(outcome, bounds, synced, is_dry_run=False)


class _Free(NamedTuple):
    """What may move."""

    upgrade: Upgrade
    names: frozenset[PackageName] | None
    """``None``: everything."""

    def has(self, name: PackageName) -> bool:
        return self.names is None or name in self.names


def _free(inputs: Inputs, lock: Lock | None, options: UpgradeOptions) -> _Free:
    wanted = Upgrade(packages=options.names, groups=options.groups)
    if wanted == Upgrade():
        return _Free(Upgrade(everything=True), None)
    names = frozenset(free_to_move(wanted, inputs))
    known = {package.name for package in (lock.packages if lock is not None else ())}
    known |= {root.requirement.name for root in inputs.roots()}
    for name in sorted(names - known):
        near = nearest(name, known)
        raise NotLocked(name, near=(near,) if near is not None else ())
    return _Free(wanted, names)


def _found(
    world: World,
    project: Project,
    inputs: Inputs,
    before: StoredLock | None,
    asked: tuple[UpgradeOptions, _Free],
) -> tuple[Project, LockOutcome, tuple[MovedBound, ...]]:
    """Find the lock, and the project with the bounds it asks for."""
    options, free = asked
    old = before.lock if before is not None else None
    ceilings = tuple(_ceilings(old, inputs, free, options.to)) if old is not None else ()
    if not options.bounds:
        outcome = lock_project(world, project, inputs, free.upgrade, before=before, constraints=ceilings)
        return project, outcome, ()
    loose, _ = _with_bounds(project, _Loosening(world, inputs, old, free).of)
    loosened_inputs = project_inputs(world, loose)
    first = lock_project(
        _quiet(world), loose, loosened_inputs, free.upgrade, before=before, constraints=ceilings
    )
    edited, bounds = _with_bounds(project, _Raising(first.lock, free).of)
    # What was found is kept: the bounds are made for it.
    stored = StoredLock(first.lock, first.text)
    second = lock_project(world, edited, project_inputs(world, edited), Upgrade(), before=stored)
    seconds, moved = first.seconds + second.seconds, changes(old, second.lock)
    return edited, second._replace(before=before, changes=moved, seconds=seconds), bounds


def _quiet(world: World) -> World:
    """Hear no notices of a lock that is made anew in a moment."""

    def hear(event: Event) -> None:
        if not isinstance(event, Notice):
            world.report(event)

    return world._replace(report=hear)


def _sync_options(project: Project) -> SyncOptions:
    """Sync what was synced last; of a workspace, what another member has in the environment stays."""
    return SyncOptions(exact=True, last="kept" if project.workspace is None else "extended")


# ---- how far -------------------------------------------------------------------------------------


def _ceilings(lock: Lock, inputs: Inputs, free: _Free, to: Step) -> Iterator[Requirement]:
    """Give bounds that let each version move so far, also what moves because another one does.

    Of several in one place the newest counts.
    """
    if to == "major":
        return
    by_name: dict[PackageName, list[LockedPackage]] = {}
    is_right = still_allowed(inputs)
    for package in lock.packages:
        if not package.index or not package.version:
            continue
        if free.has(package.name) or is_right(package.name, package.version):
            by_name.setdefault(package.name, []).append(package)
    origin = Origin(f"the flag `--to {to}`")
    for name, entries in by_name.items():
        left = markers.ALWAYS
        for entry in reversed(entries):  # sorted oldest first
            here = markers.and_(left, markers.environment_only(markers.parse(entry.marker)))
            left = markers.and_(left, markers.not_(here))
            if here != markers.NEVER:
                yield Requirement(
                    name, specifier=f"<{_next(Version(entry.version), to)}", marker=here, origin=origin
                )


def _next(version: Version, to: Step) -> str:
    """Give the first release that is too far."""
    epoch = f"{version.epoch}!" if version.epoch else ""
    if to == "minor":
        return f"{epoch}{version.major + 1}"
    return f"{epoch}{version.major}.{version.minor + 1}"


# ---- bounds --------------------------------------------------------------------------------------


_Bounds: TypeAlias = Callable[[Part, Table, Requirement, str], str]


class _Loosening:
    """Takes the bounds above off what may move."""

    def __init__(self, world: World, inputs: Inputs, old: Lock | None, free: _Free) -> None:
        self._world = world
        self._inputs = inputs
        self._free = free
        self._of_index = {
            package.name for package in (old.packages if old is not None else ()) if package.index
        }
        self._apart = frozenset(_held_apart(inputs))

    def of(self, part: Part, table: Table, requirement: Requirement, written: str) -> str:
        is_apart = (requirement.name, _gate(part, table)) in self._apart
        if not self._free.has(requirement.name) or is_apart or self._is_right_alone(requirement):
            return written
        return loosened(requirement.specifier)

    def _is_right_alone(self, requirement: Requirement) -> bool:
        """Whether it names a version that was yanked: without the pin nobody could have it."""
        if requirement.name not in self._of_index or "==" not in requirement.specifier:
            return False
        listing = listing_of(self._world, self._inputs, requirement.name)
        return not listing.mask(loosened(requirement.specifier)) & ~listing.yanked


def _held_apart(inputs: Inputs) -> Iterator[tuple[PackageName, Marker]]:
    """Give what extras and groups that exclude each other both ask for: they differ on purpose."""
    lists = [(markers.in_extra(extra), needs) for extra, needs in inputs.extras]
    lists += [(markers.in_group(group), needs) for group, needs in inputs.groups]
    for exclusive in inputs.adjustments.conflicts:
        sides = [
            {(need.name, gate) for gate, needs in lists if markers.implies(gate, side) for need in needs}
            for side in exclusive.sides
        ]
        for place, side in enumerate(sides):
            others = {name for other in (*sides[:place], *sides[place + 1 :]) for name, _ in other}
            yield from ((name, gate) for name, gate in side if name in others)


def _versions(lock: Lock, name: PackageName, where: Marker) -> list[str]:
    """Give the versions of a package that a requirement got which counts there."""
    here = markers.and_(where, scope(lock))
    return [
        entry.version
        for entry in lock.packages
        if entry.name == name
        and entry.index
        and entry.version
        and not markers.disjoint(here, markers.parse(entry.marker))
    ]


def _with_bounds(project: Project, bounds: _Bounds) -> tuple[Project, tuple[MovedBound, ...]]:
    """Write the bounds in every pyproject.toml anew, in memory."""
    found: list[MovedBound] = []
    parts = project.workspace.parts if project.workspace is not None else ()
    edited = project
    for part in (project.current, *parts):
        path = part.manifest_path
        text = decode(part.manifest_bytes, path)
        after, moved = with_bounds(text, partial(bounds, part), display=display(path))
        if not moved:
            continue
        file = f"{part.folder}/{MANIFEST_NAME}".lstrip("/")
        found += (MovedBound(file, each) for each in moved)
        edited = _with_text(edited, part, after)
    return edited, tuple(found)


def _with_text(project: Project, part: Part, text: str) -> Project:
    workspace = project.workspace
    here = project
    if workspace is not None and part.folder:
        here = project._replace(workspace=workspace._replace(here=part.name))
    # Every line is where it was, so messages can name it.
    return here.with_current(here.parsed(text), text.encode()).as_root()


class _Raising:
    """Moves bounds to the versions that what they stand in got in the lock."""

    def __init__(self, lock: Lock, free: _Free) -> None:
        self._lock = lock
        self._free = free

    def of(self, part: Part, table: Table, requirement: Requirement, written: str) -> str:
        if not self._free.has(requirement.name):
            return written
        where = markers.and_(_gate(part, table), requirement.marker)
        return raised(written, _versions(self._lock, requirement.name, where))


def _gate(part: Part, table: Table) -> Marker:
    """Give where a list counts, by the names that extras and groups have in the lock."""
    name = normalise(table.name)
    if not part.folder:
        match table.kind:
            case "extra":
                return markers.in_extra(ExtraName(name))
            case "group":
                return markers.in_group(GroupName(name))
            case _:
                return markers.ALWAYS
    member = part.member()
    match table.kind:
        case "extra":
            return markers.in_group(member.of_extra(ExtraName(name)))
        case "group":
            return markers.in_group(member.of_group(GroupName(name)))
        case _:
            return markers.in_group(member.base)
