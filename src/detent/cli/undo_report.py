"""What undoing came to, as lines of talk: what was undone, the files, then what moved."""

from detent.cli.console import Console
from detent.cli.edit_report import manifest_line
from detent.cli.render import show
from detent.cli.report import lock_lines
from detent.cli.sync_report import synced
from detent.ops.sync import SyncOptions
from detent.ops.undo import UndoOutcome


def undone(console: Console, outcome: UndoOutcome) -> None:
    """Report an undoing, or what it would do."""
    step, is_dry_run = outcome.step, outcome.is_dry_run
    would, did = ("redo", "Redid") if step.is_undoing else ("undo", "Undid")
    console.say(f"{f'Would {would}' if is_dry_run else did} `detent {show(step.command)}`")
    for name, is_there in outcome.files:
        would, did = ("restore", "Restored") if is_there else ("remove", "Removed")
        console.say(f"{f'Would {would}' if is_dry_run else did} `{name}`")
    for change in outcome.manifest_changes:
        console.say(manifest_line(console, change, is_dry_run=is_dry_run))
    told = {name for name, _ in _moved(outcome)}
    left = tuple(c for c in outcome.lock_changes if (c.before and c.after) or c.name not in told)
    lock_lines(console, left, dry_run=is_dry_run, is_synced=outcome.sync is not None)
    if outcome.sync is not None:
        synced(console, outcome.sync, SyncOptions(dry_run=is_dry_run))


def _moved(outcome: UndoOutcome) -> tuple[tuple[str, str], ...]:
    """Give what the lines about the environment say anyway."""
    if outcome.sync is None:
        return ()
    changes = outcome.sync.plan.changes()
    return (*changes.installed, *changes.removed)
