"""Why a package is in the lock, at its version: the lock is read, and nothing is asked of anybody."""

from collections.abc import Iterable

from packaging.version import Version

from detent.errors import UsageError, nearest
from detent.errors.lock import LockInvalid, LockMissing
from detent.errors.usage import NotLocked
from detent.lock.model import Lock
from detent.lock.why import MOST_PATHS, Reason, Reasons
from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.names import PackageName
from detent.model.requirement import Requirement, parse_requirement
from detent.model.specifiers import parse_clauses
from detent.named import NamedTuple
from detent.ops.discover import LOCK_NAME, Project
from detent.ops.stored_lock import read_lock
from detent.ops.world import World


class WhyOptions(NamedTuple):
    """What to explain."""

    package: str
    """`NAME` or `NAME==V`."""
    all_paths: bool = False


class WhyOutcome(NamedTuple):
    """Why each entry of a name is there."""

    name: PackageName
    members: tuple[PackageName, ...]
    """Those of the workspace, which need nobody that asks for them."""
    reasons: tuple[Reason, ...]


def why(world: World, project: Project, options: WhyOptions) -> WhyOutcome:
    """Explain a package of the lock as it stands, up to date or not.

    Raises :class:`LockMissing`, and :class:`UsageError` for what the lock has not.
    """
    name, version = _named(options.package)
    lock = stored(world, project, "why")
    inputs = made_from(project, lock)
    if name == project.manifest.name:
        raise UsageError(
            f"`{name}` is this project",
            why="what it needs is asked for, and itself by nobody",
            next_steps=("ask about a package it needs; see them with `detent tree --depth 1`",),
        )
    refuse_unknown(name, lock)
    most = None if options.all_paths else MOST_PATHS
    found = _reasons(lock, inputs).of(name, version=version, most=most)
    if not found:
        versions = [package.known_version for package in lock.packages if package.name == name]
        raise NotLocked(f"{name}=={version}", versions=versions)
    return WhyOutcome(name, tuple(member.name for member in inputs.members), found)


def stored(world: World, project: Project, command: str) -> Lock:
    """Give the lock as it stands; raises :class:`LockMissing`."""
    found = read_lock(world.layout, project)
    if found is None:
        raise LockMissing(LOCK_NAME, f"detent {command}")
    return found.lock


def refuse_unknown(name: PackageName, lock: Lock) -> None:
    """Raise :class:`NotLocked` for a package that is not in the lock, with what may have been meant."""
    names = dict.fromkeys(str(package.name) for package in lock.packages)
    if name not in names:
        near = nearest(name, names)
        raise NotLocked(name, near=(near,) if near is not None else ())


def made_from(project: Project, lock: Lock) -> Inputs:
    """Give what a lock was made from, each requirement at the line where it stands by now, if it does."""
    current = project.inputs("")
    if lock.inputs is None:
        return current
    try:
        inputs = lock.inputs.as_inputs(current.name, "")
    except ValueError as error:
        raise LockInvalid(LOCK_NAME, str(error)) from error
    extras, groups = dict(current.extras), dict(current.groups)
    adjustments, overrides = inputs.adjustments, current.adjustments.overrides
    return inputs._replace(
        dependencies=_placed(inputs.dependencies, current.dependencies),
        extras=tuple((extra, _placed(needs, extras.get(extra, ()))) for extra, needs in inputs.extras),
        groups=tuple((group, _placed(needs, groups.get(group, ()))) for group, needs in inputs.groups),
        adjustments=adjustments._replace(
            constraints=_placed(adjustments.constraints, current.adjustments.constraints),
            overrides=tuple(
                override._replace(requirement=requirement)
                for override in adjustments.overrides
                for requirement in _placed((override.requirement,), (o.requirement for o in overrides))
            ),
        ),
    )


def _placed(recorded: Iterable[Requirement], current: Iterable[Requirement]) -> tuple[Requirement, ...]:
    origins = {need._replace(origin=None): need.origin for need in current}
    return tuple(need._replace(origin=origins.get(need._replace(origin=None))) for need in recorded)


def _reasons(lock: Lock, inputs: Inputs) -> Reasons:
    try:
        return Reasons(lock, inputs)
    except ValueError as error:  # a line that somebody wrote by hand
        raise LockInvalid(LOCK_NAME, str(error)) from error


def _named(text: str) -> tuple[PackageName, str]:
    try:
        requirement = parse_requirement(text)
    except ValueError as error:
        raise _no_package(text, str(error)) from error
    clauses = parse_clauses(requirement.specifier)
    is_plain = not requirement.url and not requirement.extras and requirement.marker == markers.ALWAYS
    if not is_plain or [clause.operator for clause in clauses] not in ([], ["=="]):
        raise _no_package(text, "only a name and one version may be given")
    version = clauses[0].version if clauses and not clauses[0].wildcard else None
    if clauses and version is None:
        raise _no_package(text, "only a name and one version may be given")
    return requirement.name, str(version) if isinstance(version, Version) else ""


def _no_package(text: str, reason: str) -> UsageError:
    return UsageError(
        f"`{text}` is not a package to explain",
        why=reason,
        next_steps=("write it like `name` or `name==1.2`",),
    )
