"""The lock that answers a project's wishes, in memory: the resolver asked with all the world knows."""

from collections.abc import Callable
from time import process_time

from detent.errors import Conflict, Failures, PackageUnknown, ResolveError, TooDeep
from detent.lock.addresses import with_locked_addresses
from detent.lock.assemble import assemble
from detent.lock.model import Lock
from detent.model.inputs import Inputs
from detent.model.requirement import Requirement
from detent.ops.policy import policy_of
from detent.ops.question import Question
from detent.ops.upgrade import free_to_move, kept_of
from detent.ops.world import World
from detent.resolve.adjusted import with_adjustments
from detent.resolve.forks import resolve
from detent.resolve.preferences import preferences_from, seeds_from
from detent.resolve.question import Advice, SearchFailed


def find_lock(world: World, question: Question, error_of: Callable[[SearchFailed], ResolveError]) -> Lock:
    """Find the lock; what it says does not exist is never said from a listing older than this command.

    ``error_of`` explains that there is no answer; it is dear to import and comes in from outside.
    Raises :class:`ResolveError`, :class:`PackageUnknown` or :class:`Failures`.
    """
    try:
        return _ask(world, question, error_of, advice="when late")
    except TooDeep:
        raise  # once more would take as long again
    except (ResolveError, PackageUnknown, Failures) as error:
        if not world.releases.revalidate() and not isinstance(error, Conflict):
            raise
        return _ask(world, question, error_of, advice="always")


def _ask(
    world: World, question: Question, error_of: Callable[[SearchFailed], ResolveError], *, advice: Advice
) -> Lock:
    inputs, old, upgrade = question.inputs, question.old, question.upgrade
    kept = kept_of(old, inputs, upgrade) if old is not None else None
    releases = with_adjustments(world.releases, inputs.adjustments)
    try:
        resolutions = resolve(
            _bounded(inputs, question.constraints),
            releases,
            clock=process_time,  # waiting for the network is no search
            preferences=preferences_from(
                old if kept is not None and kept.versions else None,
                upgrade=free_to_move(upgrade, inputs),
                imported=question.imported,
            ),
            seeds=seeds_from(old if kept is not None and kept.forks else None),
            policy=policy_of(world.settings),
            limits=world.limits,
            advice=advice,
            report=world.report,
        )
    except SearchFailed as failure:
        raise error_of(failure) from None
    answer = assemble(inputs, resolutions, releases)
    is_elsewhere = not world.settings.is_index_of_project and not upgrade.anew
    return with_locked_addresses(answer, old) if is_elsewhere else answer


def _bounded(inputs: Inputs, constraints: tuple[Requirement, ...]) -> Inputs:
    if not constraints:
        return inputs
    adjustments = inputs.adjustments
    both = (*adjustments.constraints, *constraints)
    return inputs._replace(adjustments=adjustments._replace(constraints=both))
