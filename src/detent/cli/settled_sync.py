"""`sync` by what an earlier one settled (:mod:`detent.ops.settled`), where that is known for these words."""

from collections.abc import Mapping, Sequence

from detent.cli import sync_report
from detent.cli.console import Console
from detent.cli.frame import framed
from detent.errors import Bug, DetentError
from detent.fsio import file_trouble
from detent.ops.settled import Recalled, StepAside, keep_stamp, recall, sync_again


def main(words: Sequence[str], variables: Mapping[str, str]) -> int | None:
    """Make the environment match and give the exit code; ``None`` where that has to be settled first."""
    recalled = recall(words, variables)
    if recalled is None:
        return None
    return framed(lambda console: _sync(recalled, console, words, variables), told=_told, trace_of=str)


def _sync(
    recalled: Recalled, console: Console, words: Sequence[str], variables: Mapping[str, str]
) -> int | None:
    quiet, verbose, progress, colour = recalled.memo.speech
    console.set_up(quiet=quiet, verbose=verbose, progress=progress, colour=colour)
    try:
        outcome = sync_again(recalled, console.report)
    except StepAside:
        return None
    done = sync_report.Doing()
    code = sync_report.synced(console, outcome, done)
    keep_stamp(recalled, words, variables, sync_report.next_time(console, outcome, done))
    return code


def _told(error: Exception) -> DetentError:
    if isinstance(error, OSError) and error.filename is not None:
        return file_trouble(error, str(error.filename))
    return Bug(f"{type(error).__name__}: {error}")
