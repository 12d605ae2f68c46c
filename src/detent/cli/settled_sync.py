"""`sync` by what an earlier one settled (:mod:`detent.ops.settled`), where that is known for these words."""

from collections.abc import Mapping, Sequence

from detent.cli import sync_report
from detent.cli.console import Console
from detent.ops.settled import StepAside, recall, sync_again


def sync(words: Sequence[str], variables: Mapping[str, str], console: Console) -> int | None:
    """Make the environment match the lock; ``None`` where that has to be settled first."""
    recalled = recall(words, variables)
    if recalled is None:
        return None
    quiet, verbose, progress, colour = recalled.memo.speech
    console.set_up(quiet=quiet, verbose=verbose, progress=progress, colour=colour)
    try:
        outcome = sync_again(recalled, console.report)
    except StepAside:
        return None
    return sync_report.synced(console, outcome, sync_report.Doing())
