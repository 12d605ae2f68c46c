"""What `init`, `add` and `remove` came to, as lines of talk."""

from detent.cli.console import Console
from detent.cli.render import show
from detent.cli.report import locked, synced
from detent.ops.edit import EditOutcome
from detent.ops.init import InitOutcome
from detent.ops.manifest_changes import ManifestChange
from detent.ops.sync import SyncOptions


def initialized(console: Console, outcome: InitOutcome) -> None:
    """Report a new project."""
    where = f" at `{show(outcome.shown_path)}`" if outcome.shown_path else ""
    console.say(f"Initialized project `{show(outcome.name)}`{where}")


def edited(console: Console, outcome: EditOutcome) -> None:
    """Report an `add` or `remove`, whichever of its phases ran."""
    for change in outcome.manifest_changes:
        console.say(_manifest_line(console, change, is_dry_run=outcome.is_dry_run))
    if outcome.lock is not None and outcome.sync is None:
        locked(console, outcome.lock, dry_run=outcome.is_dry_run)
    if outcome.sync is not None:
        synced(console, outcome.sync, SyncOptions(dry_run=outcome.is_dry_run))


def _manifest_line(console: Console, change: ManifestChange, *, is_dry_run: bool) -> str:
    before, after = f"`{show(change.before)}`", f"`{show(change.after)}`"
    table = f"`{show(change.table)}`"
    if not change.before:
        verb, sign, rest = ("Would add" if is_dry_run else "Added"), "+", f"{after} to {table}"
    elif not change.after:
        verb, sign, rest = ("Would remove" if is_dry_run else "Removed"), "-", f"{before} from {table}"
    else:
        verb, sign = ("Would change" if is_dry_run else "Changed"), "~"
        rest = f"{before} to {after} in {table}"
    return f"{console.styled(verb, sign)} {rest}"
