"""`version` on the command line: from flags to its options, and from its outcome to talk and an answer."""

from detent.cli.console import Console
from detent.cli.options import is_on, text, words
from detent.cli.parse import Values, exclusive
from detent.cli.report import locked
from detent.cli.sync_report import Doing, synced
from detent.ops.version import VersionOptions, VersionOutcome
from detent.project.bumping import parse_bump


def options(values: Values) -> VersionOptions:
    """Options of `version`; raises :class:`UsageError` for a version beside `--bump`."""
    value, bumps = text(values, "value"), words(values, "bump")
    if value is not None and bumps:
        raise exclusive("[VERSION]", "--bump")
    return VersionOptions(
        value=value,
        bumps=tuple(map(parse_bump, bumps)),
        dry_run=is_on(values, "dry_run"),
        no_sync=is_on(values, "no_sync"),
        locked=is_on(values, "locked"),
        frozen=is_on(values, "frozen"),
    )


def report(console: Console, outcome: VersionOutcome) -> None:
    """Report what was locked and synced after the version was set."""
    edit = outcome.edit
    if edit is not None and edit.sync is not None:
        synced(console, edit.sync, Doing())
    elif edit is not None and edit.lock is not None:
        locked(console, edit.lock)


def answer(outcome: VersionOutcome, *, is_short: bool) -> str:
    """Give the answer of `version` in words."""
    if is_short:
        return outcome.version
    change = f"{outcome.before} => " if outcome.before is not None else ""
    return f"{outcome.name} {change}{outcome.version}"
