"""The lock that answers a project's wishes, in memory: the resolver asked with all the world knows."""

from collections.abc import Callable, Collection, Sequence
from time import process_time
from typing import TypeAlias

from detent.errors import DetentError, Failures
from detent.errors.fetch import PackageUnknown
from detent.errors.resolve import Conflict, ResolveError, TooDeep
from detent.events import Report, ignore
from detent.lock.addresses import with_locked_addresses, with_usual_addresses, with_written_paths
from detent.lock.assemble import assemble
from detent.lock.model import Lock
from detent.lock.nominal import without_mirrors
from detent.model.inputs import Inputs
from detent.model.markers import Marker
from detent.model.requirement import PackageName, Requirement
from detent.ops.policy import policy_of
from detent.ops.provenance import with_publishers
from detent.ops.question import Question
from detent.ops.upgrade import free_to_move, kept_of
from detent.ops.world import World, mirrors
from detent.project.indexes import without_user
from detent.resolve.adjusted import with_adjustments
from detent.resolve.forks import resolve
from detent.resolve.preferences import Preferences, preferences_from, seeds_from
from detent.resolve.question import Advice, SearchFailed
from detent.resolve.sourced import SourceAsked, Sourced, Sources

Settling: TypeAlias = Callable[[Collection[PackageName]], Sequence[Sourced]]
"""Finds out what sources of a project hold: those it asks for, and those of these packages."""
Settle: TypeAlias = Callable[[World, Question], Settling]
"""Begins to (:mod:`detent.ops.direct`)."""


def find_lock(
    world: World, question: Question, error_of: Callable[[SearchFailed], ResolveError], settle: Settle
) -> Lock:
    """Find the lock; what it says does not exist is never said from a listing older than this command.

    ``error_of`` explains that there is no answer, ``settle`` looks at what comes from no index; both are dear
    to import and come in from outside. Raises :class:`ResolveError`, :class:`PackageUnknown` or
    :class:`Failures`, and what looking at sources raises.
    """
    lock = _with_sources(world, question, error_of, settle(world, question))
    if not question.asks_publishers:
        return lock
    is_believed = not (question.upgrade.anew or question.upgrade.again)
    return with_publishers(world, lock, question.old if is_believed else None)


def _with_sources(
    world: World,
    question: Question,
    error_of: Callable[[SearchFailed], ResolveError],
    settle: Settling,
) -> Lock:
    """Search with what is known to be asked for, and once more where the index leads to another source."""
    asked: set[PackageName] = set()
    while True:
        try:
            return _found(world, question, settle(asked), error_of)
        except SourceAsked as one_more:
            asked.add(one_more.name)


def _found(
    world: World,
    question: Question,
    sourced: Sequence[Sourced],
    error_of: Callable[[SearchFailed], ResolveError],
) -> Lock:
    try:
        return _ask(world, question, sourced, error_of, advice="when late")
    except TooDeep:
        raise  # once more would take as long again
    except (ResolveError, PackageUnknown, Failures) as error:
        if not world.releases.revalidate() and not isinstance(error, Conflict):
            raise _naming_all(world, sourced, error) from None
        try:
            return _ask(world, question, sourced, error_of, advice="always")
        except (PackageUnknown, Failures) as error:
            raise _naming_all(world, sourced, error) from None


def _naming_all(world: World, sourced: Sequence[Sourced], error: DetentError) -> DetentError:
    """Name every index that was asked in vain; the resolver knows of one."""
    match error:
        case Failures():
            return Failures([_naming_all(world, sourced, each) for each in error.failures])
        case PackageUnknown() if all(error.name != each.name for each in sourced):
            asked = world.releases.asked(PackageName(error.name))
            return PackageUnknown(error.name, *asked, required_by=error.required_by)
        case _:
            return error


def _ask(
    world: World,
    question: Question,
    sourced: Sequence[Sourced],
    error_of: Callable[[SearchFailed], ResolveError],
    *,
    advice: Advice,
) -> Lock:
    inputs, old, upgrade = question.inputs, question.old, question.upgrade
    kept = kept_of(old, inputs, upgrade) if old is not None else None
    releases = with_adjustments(world.releases, inputs.adjustments)
    preferences = preferences_from(
        old if kept is not None and kept.versions else None,
        upgrade=free_to_move(upgrade, inputs),
        imported=question.imported,
    )

    def solve(preferences: Preferences, seeds: Sequence[Marker], report: Report) -> Lock:
        resolutions = resolve(
            _bounded(inputs, question.constraints),
            releases,
            sourced=sourced,
            clock=process_time,  # waiting for the network is no search
            wall=world.clock,
            preferences=preferences,
            seeds=seeds,
            policy=policy_of(world.settings, world.releases.index_of),
            limits=world.limits,
            advice=advice,
            report=report,
        )
        shelf = Sources(releases, sourced, inputs.adjustments) if sourced else releases
        return assemble(inputs, resolutions, shelf)

    try:
        seeds = seeds_from(old if kept is not None and kept.forks else None)
        answer = solve(preferences, seeds, world.report)
    except SearchFailed as failure:
        raise error_of(failure) from None
    if may_have_needless_forks(answer, old, inputs):
        answer = without_needless_forks(answer, lambda kept: solve(kept, (), ignore))
    answer = with_written_paths(
        answer, {index.url: index.written for index in world.settings.indexes if index.written}
    )
    named = world.settings.refresh
    answer = without_mirrors(
        answer,
        None if upgrade.anew else old,
        mirrors(world),
        is_doubted=lambda name: upgrade.again and (named is None or name in named),
    )
    if upgrade.anew:
        return answer
    declared = {without_user(index.url) for index in world.settings.indexes if index.is_of_project}
    if upgrade.again and old is not None:
        old = _to_take_over(world, old, answer, declared)
    return with_locked_addresses(answer, old, declared=declared)


def _to_take_over(world: World, old: Lock, answer: Lock, declared: Collection[str]) -> Lock | None:
    """Give what of an old lock says where files are, when all are looked at again.

    Only a default index of this machine is a mirror of another one, whose addresses stay; but none of them
    stays that is not like the others. What `--refresh-package` does not name is left as it is.
    """
    if not any(index.default and not index.is_of_project for index in world.settings.indexes):
        trusted = old._replace(packages=())
    else:
        trusted = with_usual_addresses(old, answer, declared=declared)
    names = world.settings.refresh
    if names is None:
        return trusted
    others = tuple(package for package in old.packages if package.name not in names)
    kept = (package for package in trusted.packages if package.name in names)
    return old._replace(packages=(*others, *kept))


def may_have_needless_forks(answer: Lock, old: Lock | None, inputs: Inputs) -> bool:
    """Say whether to look: not where the splits are those of the old lock, and it was made for no more."""
    if not answer.forks:
        return False
    return old is None or answer.forks != old.forks or _asks_for_less(inputs, old)


def _asks_for_less(inputs: Inputs, old: Lock) -> bool:
    """Say whether a requirement or a source that a lock was made for is not there any more."""
    now = inputs.recorded()
    return (
        old.inputs is None
        or not set(old.inputs.lines()) <= set(now.lines())
        or not set(old.inputs.sources) <= set(now.sources)
    )


def without_needless_forks(answer: Lock, solve_anew: Callable[[Preferences], Lock]) -> Lock:
    """Leave out splits that the search or an old lock came by, and that the answer does not need.

    ``solve_anew`` finds the lock with nothing to begin with but the versions of the answer. The splits follow
    from these alone then, so that whatever was added and taken away again leaves no trace.
    """
    try:
        anew = solve_anew(preferences_from(answer))
    except SearchFailed:  # out of time: the answer is right as it is
        return answer
    return anew if anew.packages == answer.packages else answer


def _bounded(inputs: Inputs, constraints: tuple[Requirement, ...]) -> Inputs:
    if not constraints:
        return inputs
    adjustments = inputs.adjustments
    both = (*adjustments.constraints, *constraints)
    return inputs._replace(adjustments=adjustments._replace(constraints=both))
