"""What `add` and `remove` came to, as lines of talk."""

from detent.cli.console import Console
from detent.cli.render import show
from detent.cli.report import locked
from detent.cli.sync_report import Doing, synced
from detent.ops.edit import EditOutcome
from detent.ops.manifest_changes import ManifestChange


def edited(console: Console, outcome: EditOutcome) -> None:
    """Report an `add` or `remove`, whichever of its phases ran."""
    for change in outcome.manifest_changes:
        console.say(manifest_line(console, change, is_dry_run=outcome.is_dry_run))
    if outcome.lock is not None and outcome.sync is None:
        locked(console, outcome.lock, dry_run=outcome.is_dry_run)
    if outcome.sync is not None:
        synced(console, outcome.sync, Doing(dry_run=outcome.is_dry_run))


def manifest_line(console: Console, change: ManifestChange, *, is_dry_run: bool) -> str:
    """Give the line of a change of pyproject.toml."""
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
