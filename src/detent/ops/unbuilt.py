"""Versions that could not be built and were passed over: said once, before what it led to or as a warning."""

from detent.errors import DetentError, Failures
from detent.events import Notice
from detent.ops.world import World


def with_unbuilt(world: World, error: DetentError) -> DetentError:
    """Give an error with the builds that failed on the way to it in front."""
    told = error.failures if isinstance(error, Failures) else (error,)
    before = tuple(fault for fault in world.releases.take_unbuilt() if fault not in told)
    return Failures((*before, *told)) if before else error


def tell_unbuilt(world: World) -> None:
    """Warn of versions that were passed over where others were found."""
    for fault in world.releases.take_unbuilt():
        reason = fault.why.partition("\n")[0]
        said = "; ".join((f"{fault.what}, so it was passed over: {reason}", *fault.next_steps))
        world.report(Notice("warning", said))
