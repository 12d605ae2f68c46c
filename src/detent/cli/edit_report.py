"""What `init`, `add` and `remove` came to, as lines of talk."""

from detent.cli.console import Console
from detent.cli.render import show
from detent.cli.report import locked, synced
from detent.ops.edit import EditOutcome
from detent.ops.init import InitOutcome
from detent.ops.sync import SyncOptions


def initialized(console: Console, outcome: InitOutcome) -> None:
    """Report a new project."""
    where = f" at `{show(outcome.shown_path)}`" if outcome.shown_path else ""
    console.say(f"Initialized project `{show(outcome.name)}`{where}")


def edited(console: Console, outcome: EditOutcome) -> None:
    """Report an `add` or `remove`, whichever of its phases ran."""
    if outcome.is_dry_run:
        for line in outcome.manifest_changes:
            console.say(f"Would {line}")
    if outcome.lock is not None and outcome.sync is None:
        locked(console, outcome.lock, dry_run=outcome.is_dry_run)
    if outcome.sync is not None:
        synced(console, outcome.sync, SyncOptions(dry_run=outcome.is_dry_run))
