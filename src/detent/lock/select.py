"""What one Python on one platform takes from a lock: which entries, and which file of each.

The rules and the errors are those of the standard (PEP 751, "Installation"); `packaging.pylock` is the judge
in the tests. Beyond it, of wheels with equally good tags the highest build number is taken, as the wheel
specification says, `--only-group` is answered by walking the requirements the lock records, and a
source distribution is taken only where it may be built. Nothing is built here.
"""

from collections.abc import Container, Mapping, Sequence

from detent.errors import DetentError, Failures
from detent.errors.build import BuildForbidden
from detent.errors.lock import LockInvalid, NoMatchingTarget
from detent.errors.usage import ExclusiveExtras
from detent.lock.choice import Choice, Selection
from detent.lock.filename import split_wheel
from detent.lock.gates import clash
from detent.lock.model import LOCK_NAME, Lock, LockedPackage
from detent.model import markers
from detent.model.build_policy import DEFAULT_BUILD_POLICY, BuildPolicy
from detent.model.candidate import Artifact
from detent.model.requirement import (
    ExtraName,
    GroupName,
    PackageName,
    Requirement,
    parse_requirement,
)
from detent.model.target import Target
from detent.named import NamedTuple

_SHOWN_TAGS = 5


class Wanted(NamedTuple):
    """What was asked for beside the base dependencies."""

    extras: frozenset[ExtraName] = frozenset()
    groups: frozenset[GroupName] = frozenset()
    base: bool = True
    """Off: only what the extras and groups themselves ask for, as `--only-group` wants it."""


def default_groups(lock: Lock) -> frozenset[GroupName]:
    """Give the groups that are on unless told otherwise, by the lock's own word."""
    names = lock.default_groups if lock.inputs is None else lock.inputs.default_groups
    return frozenset(map(GroupName, names))


def select(
    lock: Lock,
    target: Target,
    wanted: Wanted,
    *,
    policy: BuildPolicy = DEFAULT_BUILD_POLICY,
    without: Container[PackageName] = (),
) -> Selection:
    """Choose entries and files, or raise everything that stands against it.

    Packages in ``without`` are left out, whether or not there is a file for them.

    Folders are not held to the policy here: one of them may be the project itself.
    """
    _check_target(lock, target)
    clashing = clash(lock, wanted.extras, wanted.groups, target.environment)
    if clashing is not None:
        raise ExclusiveExtras(clashing.sides, clashing.declared)
    faults: list[DetentError] = []
    chosen = _entries(lock, target, wanted, faults)
    requested = {requirement.name for requirement in _roots(lock, target, wanted)}
    if not wanted.base:
        kept = _without_base(lock, target, wanted, chosen)
        chosen = {name: package for name, package in chosen.items() if name in kept}
    rank_by_tag = _ranks(target)
    choices = []
    for name, package in chosen.items():
        if name in without or (package.direct is not None and not package.direct.is_package):
            continue
        artifact = _source(package, rank_by_tag, policy)
        if artifact is None:
            faults.append(_no_file(package, target, policy))
        else:
            choices.append(Choice(package, artifact, name in requested))
    if faults:
        raise faults[0] if len(faults) == 1 else Failures(faults)
    return Selection(target, tuple(choices))


def _check_target(lock: Lock, target: Target) -> None:
    environment = target.environment
    if lock.requires_python and not markers.evaluate(
        markers.requires_python(lock.requires_python), environment
    ):
        raise NoMatchingTarget(
            f"the lock is for Python {lock.requires_python}",
            why=f"the interpreter is {described(target)}",
            next_steps=("choose another interpreter with `--python`",),
        )
    if lock.environments and not any(
        markers.evaluate(markers.parse(text), environment) for text in lock.environments
    ):
        is_declared = lock.inputs is not None and bool(lock.inputs.adjusting().environments)
        step = "add this one to `environments` in [tool.detent], and run `detent lock`"
        raise NoMatchingTarget(
            "the lock is not for this environment",
            why=f"the interpreter is {described(target)}; the lock is limited to "
            + " or ".join(f"`{text}`" for text in lock.environments),
            next_steps=(step,) if is_declared else (),
        )


def _entries(
    lock: Lock, target: Target, wanted: Wanted, faults: list[DetentError]
) -> dict[PackageName, LockedPackage]:
    """Keep the entries whose marker holds; each distinct text is evaluated once."""
    holds_by_text = {"": True}
    chosen: dict[PackageName, LockedPackage] = {}
    for package in lock.packages:
        marker = package.marker
        holds = holds_by_text.get(marker)
        if holds is None:
            holds = holds_by_text[marker] = markers.evaluate(
                markers.parse(marker), target.environment, extras=wanted.extras, groups=wanted.groups
            )
        if not holds:
            continue
        if package.requires_python and not markers.evaluate(
            markers.requires_python(package.requires_python), target.environment
        ):
            faults.append(
                NoMatchingTarget(
                    f"the lock's entry `{_title(package)}` is for Python {package.requires_python}",
                    why=f"the interpreter is {described(target)}, and the entry's marker chooses it",
                )
            )
        other = chosen.get(package.name)
        if other is not None:
            faults.append(
                NoMatchingTarget(
                    f"the lock has two entries of `{package.name}` for one environment",
                    why=f"`{_title(other)}` and `{_title(package)}` both hold for {described(target)}",
                    next_steps=("run `detent lock` to make a lock that is not ambiguous",),
                )
            )
            continue
        chosen[package.name] = package
    return chosen


# ---- the project's own wishes -------------------------------------------------------------------


def _roots(lock: Lock, target: Target, wanted: Wanted) -> tuple[Requirement, ...]:
    """Give the recorded requirements that count here, the project's references to itself followed.

    The project is no entry of its own lock: a name without entries that is needed here is the project's.
    """
    if lock.inputs is None:
        return ()
    names = {package.name for package in lock.packages}
    extras, groups = dict(lock.inputs.extras), dict(lock.inputs.groups)
    waiting = [text for group in sorted(wanted.groups) for text in groups.get(group, ())]
    waiting += [text for extra in sorted(wanted.extras) for text in extras.get(extra, ())]
    if wanted.base:
        waiting += lock.inputs.dependencies
    adjustments = lock.inputs.adjusting()
    found = []
    seen = set()
    while waiting:
        text = waiting.pop()
        if text in seen:
            continue
        seen.add(text)
        for requirement in adjustments.of_project(_parsed(text)):
            if not markers.evaluate(requirement.marker, target.environment):
                continue
            if requirement.name in names:
                found.append(requirement)
            else:
                waiting += [t for extra in requirement.extras for t in extras.get(extra, ())]
    return tuple(found)


def _without_base(
    lock: Lock, target: Target, wanted: Wanted, chosen: Mapping[PackageName, LockedPackage]
) -> set[PackageName]:
    """Give what the wanted groups and extras reach here, the base dependencies left out."""
    if lock.inputs is None:
        return _reached_by_edges(lock, target, chosen)
    reached: set[tuple[PackageName, str]] = set()
    waiting = list(_roots(lock, target, wanted))
    while waiting:
        requirement = waiting.pop()
        package = chosen.get(requirement.name)
        if package is None or not markers.evaluate(requirement.marker, target.environment):
            continue
        lines_by_extra: dict[str, tuple[str, ...]] = {"": package.requires, **dict(package.extras)}
        for extra in ("", *requirement.extras):
            if (package.name, extra) not in reached:
                reached.add((package.name, extra))
                waiting += map(_parsed, lines_by_extra.get(extra, ()))
    return {name for name, _ in reached}


def _reached_by_edges(
    lock: Lock, target: Target, chosen: Mapping[PackageName, LockedPackage]
) -> set[PackageName]:
    """Do the same for a lock that records no requirements: what is there without any group is base."""
    base = _entries(lock, target, Wanted(), [])
    waiting = [name for name in chosen if name not in base]
    reached = set(waiting)
    while waiting:
        for edge in chosen[waiting.pop()].dependencies:
            if edge.name in chosen and edge.name not in reached:
                reached.add(edge.name)
                waiting.append(edge.name)
    return reached


def _parsed(text: str) -> Requirement:
    try:
        return parse_requirement(text)
    except ValueError as error:
        raise LockInvalid(LOCK_NAME, f"the requirement `{text}` in it does not parse: {error}") from None


# ---- files --------------------------------------------------------------------------------------


def best_file(
    wheels: Sequence[Artifact],
    sdist: Artifact | None,
    target: Target,
    *,
    policy: BuildPolicy,
    name: PackageName,
) -> Artifact | None:
    """Give the wheel with the best tags, else the source distribution where it may be built."""
    return _usable_file(wheels, sdist, _ranks(target), policy, name)


def _ranks(target: Target) -> dict[str, int]:
    """Give the place of each of the target's tags, best first."""
    rank_by_tag: dict[str, int] = {}
    for rank, tag in enumerate(target.tags):
        rank_by_tag.setdefault(tag, rank)
    return rank_by_tag


def _source(package: LockedPackage, rank_by_tag: Mapping[str, int], policy: BuildPolicy) -> Artifact | None:
    direct = package.direct
    if direct is not None and (
        direct.kind == "directory" or (direct.kind == "vcs" and policy.may_build(package.name))
    ):
        return Artifact("", direct.location, ())
    return _usable_file(package.wheels, package.sdist, rank_by_tag, policy, package.name)


def _usable_file(
    wheels: Sequence[Artifact],
    sdist: Artifact | None,
    rank_by_tag: Mapping[str, int],
    policy: BuildPolicy,
    name: PackageName,
) -> Artifact | None:
    wheel = _best_wheel(wheels, rank_by_tag) if policy.may_use_wheels(name) else None
    return wheel or (sdist if policy.may_build(name) else None)


def _best_wheel(wheels: Sequence[Artifact], rank_by_tag: Mapping[str, int]) -> Artifact | None:
    best: Artifact | None = None
    best_rank = len(rank_by_tag)
    for wheel in wheels:
        rank = _rank(wheel.filename, rank_by_tag, best_rank)
        if rank < best_rank or (
            best is not None
            and rank == best_rank
            and split_wheel(wheel.filename).build > split_wheel(best.filename).build
        ):
            best, best_rank = wheel, rank
    return best


def _rank(filename: str, rank_by_tag: Mapping[str, int], enough: int) -> int:
    """Give the place of a wheel's best tag; ``enough`` or more where none is that good."""
    _, pythons, abis, platforms = filename.lower().removesuffix(".whl").rsplit("-", 3)
    best = enough + 1
    for platform in platforms.split("."):
        for python in pythons.split("."):
            for abi in abis.split("."):
                best = min(best, rank_by_tag.get(f"{python}-{abi}-{platform}", best))
    return best


def _no_file(package: LockedPackage, target: Target, policy: BuildPolicy) -> DetentError:
    title, name = _title(package), package.name
    is_repository = package.direct is not None and package.direct.kind == "vcs"
    if is_repository or package.sdist is not None:
        return forbidden(package, target, policy)
    refused = _refused(name, policy)
    if refused:
        return NoMatchingTarget(f"`{title}` has no source distribution in the lock", why=refused)
    return NoMatchingTarget(
        f"`{title}` has no wheel for {described(target)}", why=f"the lock has wheels for {_tags(package)}"
    )


def forbidden(package: LockedPackage, target: Target, policy: BuildPolicy) -> BuildForbidden:
    """Say of an entry that has only sources left that it may not be built."""
    direct = package.direct
    left = direct.location if direct is not None and direct.kind != "archive" else ""
    left = left or (package.sdist.filename if package.sdist is not None else "")
    reason = f"the lock has only `{left}`"
    if package.wheels:
        unfit = f"the lock has wheels for {_tags(package)}, none for {described(target)}"
        reason = f"{_refused(package.name, policy) or unfit}; what is left is `{left}`"
    remedy = policy.way_to_build(package.name)
    return BuildForbidden(_title(package), reason, origin=policy.forbidden_by, remedy=remedy)


def _refused(name: PackageName, policy: BuildPolicy) -> str:
    return "" if policy.may_use_wheels(name) else f"{policy.wheels_refused_by} refuses its wheels"


def _tags(package: LockedPackage) -> str:
    tags = {"-".join(wheel.filename.removesuffix(".whl").rsplit("-", 3)[1:]) for wheel in package.wheels}
    shown = ", ".join(f"`{tag}`" for tag in sorted(tags)[:_SHOWN_TAGS])
    more = f" and {len(tags) - _SHOWN_TAGS} more" if len(tags) > _SHOWN_TAGS else ""
    return shown + more


def _title(package: LockedPackage) -> str:
    return f"{package.name} {package.known_version}".rstrip()


def described(target: Target) -> str:
    """Name a target for a person: `CPython 3.12.1 on linux x86_64`."""
    environment = target.environment
    implementation = environment.get("platform_python_implementation", "Python")
    platform = f"{environment.get('sys_platform', '')} {environment.get('platform_machine', '')}".strip()
    return f"{implementation} {target.version}" + (f" on {platform}" if platform else "")
