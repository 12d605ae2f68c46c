"""Why a package is not at another version: the project is solved again, held to that version.

Where there is no answer, what of the project stands in the way is told, and the edits that free it. Where
there is one, what would move with it. Nothing is written.
"""

from collections.abc import Callable, Iterator
from typing import Literal

from packaging.version import Version

from detent.errors import Failures, UsageError, nearest
from detent.errors.fetch import PackageUnknown
from detent.errors.resolve import Conflict, ResolveError
from detent.events import ignore
from detent.lock.diff import Change, changes
from detent.lock.model import Lock
from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.markers import Marker
from detent.model.names import PackageName
from detent.model.requirement import Origin, Requirement, parse_requirement
from detent.model.sources import IndexSource
from detent.model.versions import Listing, newest
from detent.named import NamedTuple
from detent.ops.discover import Project
from detent.ops.latest import listing_of
from detent.ops.lock import project_inputs
from detent.ops.policy import policy_of
from detent.ops.question import Question
from detent.ops.stored_lock import read_lock
from detent.ops.unbuilt import take_unbuilt, with_unbuilt
from detent.ops.upgrade import Upgrade, still_allowed
from detent.ops.world import World
from detent.resolve.failure import error_of
from detent.resolve.hindrance import LOCKED, Hindrance, hindrance_of
from detent.resolve.policy import Allowed, Rules, rules_for
from detent.resolve.preferences import preferences_from
from detent.resolve.question import SearchFailed
from detent.resolve.solver import NoAnswer

Verdict = Literal["locked", "possible", "hindered", "unlisted", "sourced"]


class WhyNotOutcome(NamedTuple):
    """What became of the question."""

    verdict: Verdict
    """``locked``: it is there already; ``possible``: nothing is in the way; ``hindered``: something is;
    ``unlisted``: the index has no such version; ``sourced``: it comes from no index."""
    name: PackageName
    specifier: str
    """What was asked for; of a name alone the newest version."""
    locked: tuple[str, ...]
    """The versions of the lock, oldest first."""
    version: str = ""
    """The newest that was asked for, or that it would come to."""
    newest: str = ""
    """The newest there is."""
    reasons: tuple[str, ...] = ()
    """What hides the version whatever the project asks for, as phrases behind name and version."""
    hindrance: Hindrance | None = None
    moves: tuple[Change, ...] = ()
    """What else would move."""
    command: str = ""
    """What makes it so; of what is in the way, what tries it with older versions of other packages."""
    where: str = ""
    """Where the version can be used, as a marker, where that is only a part of what the lock is for."""


def why_not(world: World, project: Project, text: str) -> WhyNotOutcome:
    """Answer for `NAME`, `NAME==V` or any other bound.

    Raises :class:`UsageError`, :class:`PackageUnknown` where no index has the package, and what looking for
    versions raises beside :class:`Conflict`.
    """
    name, specifier = _asked(text)
    inputs = project_inputs(world, project)
    stored = read_lock(world.layout, project)
    old = stored.lock if stored is not None else None
    entries = [package for package in (old.packages if old is not None else ()) if package.name == name]
    locked = tuple(dict.fromkeys(package.known_version for package in entries))
    if name == inputs.name or any(
        rule.name == name and not _is_index(rule.source) for rule in inputs.all_sources()
    ):
        return WhyNotOutcome("sourced", name, specifier, locked)
    listing = listing_of(world, inputs, name)
    if not listing.count:
        raise _unknown(world, name, old)
    latest = listing.release(_target(listing, listing.every)).version
    is_newest = not specifier
    specifier = specifier or f"=={latest}"
    wanted = listing.mask(specifier)
    if not wanted:
        return WhyNotOutcome("unlisted", name, specifier, locked, newest=latest)
    target = _target(listing, wanted)
    found = WhyNotOutcome(
        "locked", name, specifier, locked, version=listing.release(target).version, newest=latest
    )
    numbers = {listing.number(version) for version in locked}
    if numbers and all(number is not None and wanted >> number & 1 for number in numbers):
        return found
    needed = _pythons(listing.release(target).requires_python)
    part = markers.ALWAYS if markers.implies(_range(inputs), needed) else needed
    if part != markers.ALWAYS and found.version in locked:
        return found
    reasons = _reasons(_rules(world, inputs, old).allowed(listing), inputs, listing, wanted)
    where = "" if part == markers.ALWAYS or reasons else markers.render(part)
    question = Question(_within(inputs, part) if where else inputs, old)
    answer = _forced(world, project, question, Requirement(name, specifier=specifier))
    found = found._replace(where=where, reasons=reasons)
    if isinstance(answer, Hindrance):
        allows = _allowing(listing, wanted)
        hindrance = answer._replace(own=tuple(dict.fromkeys(_in_the_way(answer, inputs, name, allows))))
        if reasons:  # they come first; of the project's lines those that would be in the way without them
            own = tuple(each for each in hindrance.own if each.name == name)
            hindrance = hindrance._replace(own=own, lines=())
        if hindrance.holds_locked and locked and not where:
            found = found._replace(command=_command(found, is_newest=False))
        if where:  # an edit that was tried in a part may be none for the rest
            hindrance = hindrance._replace(steps=())
        return found._replace(verdict="hindered", hindrance=hindrance)
    moved = changes(_part_of(old, part), answer)
    versions = [package.version for package in answer.packages if package.name == name]
    return found._replace(
        verdict="possible",
        version=versions[-1] if versions else found.version,
        moves=tuple(change for change in moved if change.name != name),
        command=_command(found, is_newest=is_newest),
    )


def _allowing(listing: Listing, wanted: int) -> Callable[[Requirement], bool]:
    return lambda requirement: bool(listing.mask(requirement.specifier) & wanted)


def _in_the_way(
    hindrance: Hindrance, inputs: Inputs, name: PackageName, allows: Callable[[Requirement], bool]
) -> Iterator[Requirement]:
    """Give what the proof rests on, and each line on the package that would be proof enough by itself.

    Lines that only ask for the package and allow the version are not: the question asks for it too.
    """
    yield from (each for each in hindrance.own if each.name != name or not allows(each))
    lines = [root.requirement for root in inputs.roots()]
    for each in (*lines, *inputs.adjustments.constraints):
        if each.name == name and each.origin is not None and not allows(each):
            yield each


def _range(inputs: Inputs) -> Marker:
    return markers.requires_python(inputs.requires_python) if inputs.requires_python else markers.ALWAYS


def _within(inputs: Inputs, part: Marker) -> Inputs:
    """Leave the rest of the environments aside: what a version is not for need not have it."""
    adjustments = inputs.adjustments
    environments = tuple(markers.and_(each, part) for each in adjustments.environments) or (part,)
    kept = tuple(each for each in environments if each != markers.NEVER)
    return inputs._replace(adjustments=adjustments._replace(environments=kept or (part,)))


def _part_of(lock: Lock | None, part: Marker) -> Lock | None:
    if lock is None or part == markers.ALWAYS:
        return lock
    here = (p for p in lock.packages if not markers.disjoint(markers.parse(p.marker), part))
    return lock._replace(packages=tuple(here))


def _is_index(source: object) -> bool:
    return isinstance(source, IndexSource)


def _asked(text: str) -> tuple[PackageName, str]:
    try:
        requirement = parse_requirement(text)
    except ValueError as error:
        raise _no_version(text, str(error)) from error
    if requirement.url or requirement.extras or requirement.marker != markers.ALWAYS:
        raise _no_version(text, "only a name and versions may be given")
    return requirement.name, requirement.specifier


def _no_version(text: str, reason: str) -> UsageError:
    return UsageError(
        f"`{text}` is not a version to ask about",
        why=reason,
        next_steps=("write it like `name==1.2`, or `name` for its newest version",),
    )


def _unknown(world: World, name: PackageName, old: Lock | None) -> PackageUnknown:
    error = PackageUnknown(name, *world.releases.asked(name))
    near = nearest(name, {str(package.name) for package in old.packages}) if old is not None else None
    if near is not None:
        error.next_steps = (f"did you mean `{near}`?",)
    return error


def _command(found: WhyNotOutcome, *, is_newest: bool) -> str:
    if is_newest:
        return f"detent {'upgrade' if found.locked else 'add'} {found.name}"
    pinned = f"{found.name}{found.specifier}"
    if found.where:
        return f'detent add "{pinned}; {found.where}"'
    if not found.locked:
        return f"detent add '{pinned}'"
    return "detent lock -P " + (pinned if found.specifier.startswith("==") else f"'{pinned}'")


# ---- what hides it whatever anybody asks for ------------------------------------------------------


def _reasons(allowed: Allowed, inputs: Inputs, listing: Listing, wanted: int) -> tuple[str, ...]:
    """Say why none of the versions may be chosen, told of the newest of them; nothing where one may."""
    every = _range(inputs)
    usable = allowed.mask & wanted
    for text, mask in listing.by_requires_python.items():
        if usable & mask and markers.disjoint(_pythons(text), every):
            usable &= ~mask
    if usable:
        return ()
    target = _target(listing, wanted)
    reasons = [hidden.reason for hidden in allowed.hidden if hidden.mask >> target & 1]
    needed = listing.release(target).requires_python
    if needed and markers.disjoint(_pythons(needed), every):
        reasons.append(f"needs Python {needed}, and the project is for {inputs.requires_python}")
    return tuple(reasons)


def _rules(world: World, inputs: Inputs, old: Lock | None) -> Rules:
    policy = policy_of(world.settings, world.releases.index_of)
    return rules_for(policy, inputs.roots(), preferences_from(old), inputs.adjustments)


def _target(listing: Listing, wanted: int) -> int:
    """Give the version that is meant: the newest, rather one that is final and was not yanked."""
    return newest(wanted & listing.stable & ~listing.yanked or wanted & listing.stable or wanted)


def _pythons(text: str) -> Marker:
    try:
        return markers.requires_python(text) if text else markers.ALWAYS
    except ValueError:
        return markers.ALWAYS  # what cannot be read asks for nothing


# ---- solved with it -------------------------------------------------------------------------------


def _floors(inputs: Inputs, old: Lock, name: PackageName) -> Iterator[Requirement]:
    """Hold every other package to what is locked or newer.

    Some old version of it often goes with anything, since nobody knew then what to rule out; that is no
    answer to what is in the way.
    """
    is_right = still_allowed(inputs)
    left: dict[PackageName, Marker] = {}
    for package in old.packages:  # sorted oldest first, and where two overlap the oldest counts
        if package.name == name or not package.index or not package.version:
            continue
        here = markers.environment_only(markers.parse(package.marker))
        here = markers.and_(here, left.get(package.name, markers.ALWAYS))
        left[package.name] = markers.and_(left.get(package.name, markers.ALWAYS), markers.not_(here))
        if here != markers.NEVER and is_right(package.name, package.version):
            floor = f">={Version(package.version).public}"
            yield Requirement(package.name, specifier=floor, marker=here, origin=Origin(LOCKED))


def _forced(world: World, project: Project, plain: Question, wish: Requirement) -> Lock | Hindrance:
    """Find the lock with the package held to the versions, or what stands in the way."""
    old, inputs = plain.old, plain.inputs
    if old is not None and any(package.name == wish.name for package in old.packages):
        plain = plain._replace(upgrade=Upgrade(packages=(f"{wish.name}{wish.specifier}",)))
    else:
        plain = plain._replace(inputs=inputs._replace(dependencies=(*inputs.dependencies, wish)))
    floors = tuple(_floors(plain.inputs, old, wish.name)) if old is not None else ()
    question = plain._replace(root=project.root, texts=project.texts(), constraints=floors)
    failures: list[tuple[SearchFailed, NoAnswer]] = []

    def hear(failure: SearchFailed) -> ResolveError:
        if not isinstance(failure.cause, NoAnswer):
            return error_of(failure)
        failures[:] = [(failure, failure.cause)]
        return Conflict(())

    unbuilt = len(world.releases.unbuilt)
    try:
        solve, silent = world.resolver(), world._replace(report=ignore)
        held = solve(silent, question, error_of=hear)
        # What moves with it is what the command moves, and that holds nothing to what is locked or newer.
        return solve(silent, question._replace(constraints=())) if floors else held
    except Conflict:
        return hindrance_of(*failures[0])
    except (ResolveError, Failures) as error:
        raise with_unbuilt(world, unbuilt, error) from None
    finally:
        world.releases.save()
        take_unbuilt(world, unbuilt)
