"""What locking came to, as lines of talk: a summary, then one line per change."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from detent.cli.console import Console
from detent.cli.render import count, show

if TYPE_CHECKING:  # a sync that has nothing to lock reports here too
    from detent.lock.diff import Change
    from detent.ops.lock import LockOutcome


def locked(
    console: Console, outcome: "LockOutcome", *, dry_run: bool = False, is_synced: bool = False
) -> None:
    """Report a lock: how many packages, and which moved.

    Where an environment is brought up to date too, what is not for it is not called added or removed.
    """
    resolved(console, len(outcome.lock.packages), outcome.seconds)
    lock_lines(console, outcome.changes, dry_run=dry_run, is_synced=is_synced)
    if dry_run and not outcome.is_changed:
        console.say("No lock changes detected")
    elif dry_run and not outcome.changes:
        console.say("Would rewrite the lock; no version changes")


def lock_lines(
    console: Console, changes: "Iterable[Change]", *, dry_run: bool = False, is_synced: bool = False
) -> None:
    """Write a line per package that moved in the lock."""
    verbs = ("Add", "Remove", "Update") if dry_run else ("Added", "Removed", "Updated")
    if is_synced:
        verbs = ("Lock", "Unlock", "Update") if dry_run else ("Locked", "Unlocked", "Updated")
    for change in changes:
        console.say(_lock_line(console, change, verbs))


def lock_exists(console: Console, outcome: "LockOutcome") -> None:
    """Report a lock that is there, and no more than that."""
    found = packages(console, len(outcome.lock.packages))
    console.say(f"Found a lock of {found}; whether it is up to date, `--check` tells")


def resolved(console: Console, number: int, seconds: float) -> None:
    """Say how many packages the lock has."""
    console.say(f"Resolved {packages(console, number)}{console.timed(seconds)}")


def _lock_line(console: Console, change: "Change", verbs: tuple[str, str, str]) -> str:
    name = bold_name(console, change.name)
    before, after = (", ".join(f"v{show(v)}" for v in versions) for versions in (change.before, change.after))
    if not change.before:
        return f"{console.styled(verbs[0], '+')} {name} {after}"
    if not change.after:
        return f"{console.styled(verbs[1], '-')} {name} {before}"
    return f"{console.styled(verbs[2], '~')} {name} {before} -> {after}"


def packages(console: Console, number: int) -> str:
    """Give a number of packages, as summaries show it."""
    return console.styled(count(number, "package"), "bold")


def bold_name(console: Console, name: str) -> str:
    """Give the name of a package, as lines about it show it."""
    return console.styled(show(name), "bold")
