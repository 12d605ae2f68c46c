"""Versions that could not be built and were passed over: told before what it led to, or as a warning.

Whoever looks for versions notes how many failures there were before (``since``): those are somebody else's.
"""

from detent.errors import DetentError, Failures
from detent.errors.build import BuildError
from detent.events import Notice
from detent.ops.world import World


def take_unbuilt(world: World, since: int) -> tuple[BuildError, ...]:
    """Give the failures since then, which are told nowhere else then."""
    unbuilt = world.releases.unbuilt
    taken = tuple(unbuilt[since:])
    del unbuilt[since:]
    return taken


def with_unbuilt(world: World, since: int, error: DetentError) -> DetentError:
    """Give an error with the builds that failed on the way to it in front."""
    told = error.failures if isinstance(error, Failures) else (error,)
    before = tuple(fault for fault in take_unbuilt(world, since) if fault not in told)
    return Failures((*before, *told)) if before else error


def tell_unbuilt(world: World, since: int) -> None:
    """Warn of versions that were passed over where others were found."""
    for fault in take_unbuilt(world, since):
        reason = fault.why.partition("\n")[0]
        said = "; ".join((f"{fault.what}, so it was passed over: {reason}", *fault.next_steps))
        world.report(Notice("warning", said))
