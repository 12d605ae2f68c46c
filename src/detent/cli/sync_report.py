"""What syncing came to, as lines of talk: a summary per phase, then one line per change."""

from typing import Protocol

from detent.cli.console import Console
from detent.cli.render import count, show
from detent.cli.report import bold_name, locked, packages, resolved
from detent.errors.install import EnvironmentStale
from detent.install.plan import Changes, Remove
from detent.named import NamedTuple
from detent.ops.matching import SyncOutcome
from detent.ops.shown_paths import display


class Looking(Protocol):
    """What of the options of a sync decides its report."""

    @property
    def check(self) -> bool:
        """Whether it only looked, and it matters what it found."""

    @property
    def dry_run(self) -> bool:
        """Whether it only looked."""


class Doing(NamedTuple):
    """Of a sync that did what was to be done."""

    check: bool = False
    dry_run: bool = False


def synced(console: Console, outcome: SyncOutcome, options: Looking, *, is_run: bool = False) -> int:
    """Report a sync; `run` stays silent when nothing had to be done."""
    console.close()
    only_look = options.check or options.dry_run
    changes = outcome.plan.changes()
    if is_run and outcome.plan.is_empty and outcome.environment_action == "kept":
        return 0
    if only_look:
        verb = {"kept": "use", "created": "create", "replaced": "replace"}[outcome.environment_action]
        console.say(f"Would {verb} project environment at: {show(display(outcome.environment))}")
    if outcome.lock is not None:
        # What a package line below says anyway is not said twice.
        told = {name for name, _ in (*changes.installed, *changes.removed)}
        left = tuple(c for c in outcome.lock.changes if (c.before and c.after) or c.name not in told)
        locked(console, outcome.lock._replace(changes=left), dry_run=options.dry_run, is_synced=True)
    elif outcome.looked_at is not None:
        resolved(console, *outcome.looked_at)
    if only_look:
        _would(console, changes)
    elif outcome.plan.is_empty:
        _checked(console, changes.kept, outcome.check_seconds)
    else:
        _did(console, outcome, changes)
    _bytecode(console, outcome)
    _package_lines(console, changes)
    if options.check and not outcome.is_in_step:
        raise EnvironmentStale
    return 0


def next_time(console: Console, outcome: SyncOutcome, options: Looking) -> str:
    """Give what the next sync says, which finds everything as this one found or left it."""
    is_told_again = outcome.lock is None or not outcome.lock.is_changed
    if outcome.is_in_step and is_told_again:
        return console.rehearsed(lambda: synced(console, outcome, options))

    def found() -> None:
        if outcome.lock is not None:
            locked(console, outcome.lock._replace(changes=()), is_synced=True)
        elif outcome.looked_at is not None:
            resolved(console, *outcome.looked_at)
        _checked(console, sum(not isinstance(action, Remove) for action in outcome.plan.actions), 0)

    return console.rehearsed(found)


def _checked(console: Console, kept: int, seconds: float) -> None:
    console.say(f"Checked {packages(console, kept)}{console.timed(seconds)}")


def _did(console: Console, outcome: SyncOutcome, changes: Changes) -> None:
    if outcome.fetched:
        console.say(f"Prepared {packages(console, outcome.fetched)}{console.timed(outcome.gather_seconds)}")
    uninstalled = len(changes.removed) + len(changes.reinstalled)
    installed = len(changes.installed) + len(changes.reinstalled)
    took = console.timed(outcome.apply_seconds)
    if uninstalled:
        console.say(f"Uninstalled {packages(console, uninstalled)}{took}")
    if installed:
        console.say(f"Installed {packages(console, installed)}{took}")


def _bytecode(console: Console, outcome: SyncOutcome) -> None:
    """Say what was compiled; what every environment of this machine shares was so only once."""
    stored = count(outcome.bytecode_stored, "file")
    if outcome.compiled:
        files = console.styled(count(outcome.compiled, "file"), "bold")
        shared = f" ({stored} in the cache already)" if outcome.bytecode_stored else ""
        console.say(f"Bytecode compiled {files}{console.timed(outcome.bytecode_seconds)}{shared}")
    elif outcome.bytecode_stored:
        console.say(f"Bytecode of {console.styled(stored, 'bold')} taken from the cache")


def _would(console: Console, changes: Changes) -> None:
    if changes.removed:
        console.say(f"Would uninstall {packages(console, len(changes.removed))}")
    if changes.installed or changes.reinstalled:
        console.say(f"Would install {packages(console, len(changes.installed) + len(changes.reinstalled))}")
    if not (changes.removed or changes.installed or changes.reinstalled):
        console.say("Would make no changes")


def _package_lines(console: Console, changes: Changes) -> None:
    """Write a line per package, by name; of a replaced one the minus line comes first."""
    rows = [
        *((name, 0, "-", version) for name, version in changes.removed),
        *((name, 1, "+", version) for name, version in changes.installed),
        *((name, 1, "~", version) for name, version in changes.reinstalled),
    ]
    for name, _, sign, version in sorted(rows):
        origin = changes.origins.get(name, "") if sign != "-" else ""
        came = console.styled(f" (from {show(origin)})", "dim") if origin else ""
        console.change(sign, f"{bold_name(console, name)}" + (f"=={show(version)}" if version else "") + came)
