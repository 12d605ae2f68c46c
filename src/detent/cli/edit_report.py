"""What `init`, `add`, `remove` and `version` came to, as lines of talk; and the version as an answer."""

import json

from detent.cli.console import Console
from detent.cli.parse import Values
from detent.cli.render import show
from detent.cli.report import locked
from detent.cli.sync_report import synced
from detent.ops.edit import EditOutcome
from detent.ops.init import InitOutcome
from detent.ops.manifest_changes import ManifestChange
from detent.ops.sync import SyncOptions
from detent.ops.version import VersionOutcome


def initialized(console: Console, outcome: InitOutcome) -> None:
    """Report a new project."""
    where = f" at `{show(outcome.shown_path)}`" if outcome.shown_path else ""
    console.say(f"Initialized project `{show(outcome.name)}`{where}")


def edited(console: Console, outcome: EditOutcome) -> None:
    """Report an `add` or `remove`, whichever of its phases ran."""
    for change in outcome.manifest_changes:
        console.say(manifest_line(console, change, is_dry_run=outcome.is_dry_run))
    if outcome.lock is not None and outcome.sync is None:
        locked(console, outcome.lock, dry_run=outcome.is_dry_run)
    if outcome.sync is not None:
        synced(console, outcome.sync, SyncOptions(dry_run=outcome.is_dry_run))


def after_version(console: Console, outcome: VersionOutcome) -> None:
    """Report what was locked and synced after the version was set."""
    edit = outcome.edit
    if edit is not None and edit.sync is not None:
        synced(console, edit.sync, SyncOptions())
    elif edit is not None and edit.lock is not None:
        locked(console, edit.lock)


def version_text(outcome: VersionOutcome, values: Values) -> str:
    """Give the answer of `version`: in words, short, or as JSON."""
    if values["output_format"] == "json":
        facts = {
            "package_name": outcome.name,
            "version": outcome.version,
            "previous_version": outcome.before,
        }
        return json.dumps(facts, indent=2)
    if values["short"]:
        return outcome.version
    change = f"{outcome.before} => " if outcome.before is not None else ""
    return f"{outcome.name} {change}{outcome.version}"


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
