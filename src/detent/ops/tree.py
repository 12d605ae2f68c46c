"""Tree: what of the lock needs what, with newer versions and sizes where they are asked for."""

from collections.abc import Mapping

from packaging.version import Version

from detent.lock.model import Lock, LockedPackage
from detent.lock.select import best_file
from detent.lock.views import View, view
from detent.model import markers
from detent.model.build_policy import BuildPolicy
from detent.model.inputs import Inputs
from detent.model.requirement import PackageName
from detent.model.target import Target
from detent.model.wheel_coverage import places
from detent.named import NamedTuple
from detent.ops.discover import Project
from detent.ops.latest import latest_of, listing_of
from detent.ops.selection import Chosen, for_project, wanted_selection
from detent.ops.shown_lock import locked_names, shown_lock
from detent.ops.shown_target import shown_target
from detent.ops.world import World


class TreeOptions(NamedTuple):
    """Which part of the tree to draw; ``None`` depth: all of it."""

    depth: int | None = None
    invert: bool = False
    packages: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()
    dedupe: bool = True
    chosen: Chosen | None = None
    """Which extras and groups to show; ``None``: all of them."""
    python_version: str = ""
    """For this Python alone; this, or the platform, given: of the interpreter's platform, or Python."""
    python_platform: str = ""
    outdated: bool = False
    sizes: bool = False
    locked: bool = False
    frozen: bool = False


class TreeOutcome(NamedTuple):
    """What is shown, and what is said of entries beside it, by their place."""

    view: View
    options: TreeOptions
    latest: Mapping[int, str]
    """Newer versions that the index has; only of what is not the newest."""
    sizes: Mapping[int, int]
    """Bytes to download."""


def tree(world: World, project: Project, options: TreeOptions) -> TreeOutcome:
    """Look at the lock, locking first if needed.

    Raises :class:`NotLocked` for a package that is not locked, and :class:`UsageError`.
    """
    target = shown_target(world, project, options.python_version, options.python_platform)
    lock, inputs = shown_lock(world, project, locked=options.locked, frozen=options.frozen)
    names = {package.name for package in lock.packages}
    members = {member.name for member in inputs.members}
    packages = locked_names(options.packages, "--package", names | members)
    pruned = frozenset(locked_names(options.pruned, "--prune", names))
    parts = project.workspace.parts if project.workspace is not None else ()
    wanted = None if options.chosen is None else wanted_selection(lock, for_project(project, options.chosen))
    seen = view(
        lock,
        inputs,
        title=project.title,
        version=project.manifest.version or "",
        target=target,
        groups=None if wanted is None else wanted.groups,
        extras=None if wanted is None else wanted.extras,
        base=wanted is None or wanted.base,
        invert=options.invert,
        packages=packages,
        pruned=pruned,
        versions={part.name: part.manifest.version or "" for part in parts},
    )
    return TreeOutcome(
        seen,
        options,
        _latest(world, inputs, lock) if options.outdated else {},
        _sizes(world, project, lock, target) if options.sizes else {},
    )


# ---- what is said beside -----------------------------------------------------------------------


def _latest(world: World, inputs: Inputs, lock: Lock) -> dict[int, str]:
    """Give newer versions, by the place of the entry; as `detent outdated` knows them."""
    asked = {
        place: package
        for place, package in enumerate(lock.packages)
        if package.index and package.version and world.releases.serving(package) is not None
    }
    world.releases.expect([package.name for package in asked.values()], ())
    locked: dict[PackageName, list[str]] = {}
    for package in asked.values():
        locked.setdefault(package.name, []).append(package.version)
    found: dict[int, str] = {}
    for place, package in asked.items():
        listing = listing_of(world, inputs, package.name)
        number = latest_of(listing, locked[package.name])
        version = listing.release(number).version if number else package.version
        if Version(version) > Version(package.version):
            found[place] = version
    world.releases.save()
    return found


def _sizes(world: World, project: Project, lock: Lock, target: Target | None) -> dict[int, int]:
    here = target or world.interpreter(project).target
    sizes = ((place, _size(package, here)) for place, package in enumerate(lock.packages))
    return {place: size for place, size in sizes if size is not None}


def _size(package: LockedPackage, target: Target) -> int | None:
    """Give the size of the wheel for a target; where it has none, that of the largest file of all."""
    if target.tags:
        best = best_file(package.wheels, None, target, policy=BuildPolicy(), name=package.name)
        fitting = [best] if best is not None else []
    else:  # of another machine than this one no tags are known
        fitting = [
            wheel
            for wheel in package.wheels
            if markers.evaluate(places([wheel.filename]), target.environment)
        ]
    files = fitting or [*package.wheels, *((package.sdist,) if package.sdist is not None else ())]
    return max((file.size_bytes for file in files if file.size_bytes is not None), default=None)
