"""`merge-driver` on the command line: its words, and what it says among the lines of git."""

from pathlib import Path

from detent.cli.console import Console
from detent.cli.options import is_on, words
from detent.cli.parse import Values
from detent.cli.render import show
from detent.errors import UsageError
from detent.lock.merging import Merged
from detent.named import NamedTuple
from detent.ops.merge_driver import Installed

_MOST_SHOWN = 5


class Files(NamedTuple):
    """What git hands over."""

    base: Path
    ours: Path
    theirs: Path
    shown: str
    """What the file is called in the repository."""


def files(values: Values) -> Files | None:
    """Read the words of the command; ``None`` where it sets something up. Raises :class:`UsageError`."""
    given = words(values, "merge_files")
    sets_up = is_on(values, "install") or is_on(values, "uninstall")
    if sets_up and not given:
        return None
    if sets_up or len(given) != len(Files._fields) or is_on(values, "global"):
        raise UsageError(
            "`detent merge-driver` takes four files, or `--install` or `--uninstall` alone",
            why=f"it was given {len(given)} of BASE OURS THEIRS PATH",
            next_steps=("run `detent merge-driver --install`: git calls it by itself from then on",),
        )
    base, ours, theirs, shown = given
    return Files(Path(base), Path(ours), Path(theirs), shown)


def merged(console: Console, outcome: Merged, shown: str) -> None:
    """Say what stands in the way of a merge; git itself says that one was made."""
    if not outcome.contested:
        return
    console.warn(f"`{show(shown)}` has conflicts:")
    for text in outcome.contested[:_MOST_SHOWN]:
        console.say(f"  {show(text)}")
    if len(outcome.contested) > _MOST_SHOWN:
        console.say(f"  and {len(outcome.contested) - _MOST_SHOWN} more")
    console.say("Resolve what is in conflict in `pyproject.toml`, then run `detent lock`: it does the rest")


def installed(console: Console, outcome: Installed) -> None:
    """Say what setting it up, or taking it out, did."""
    if not outcome.program:
        console.say("Took the merge driver out of git's configuration")
    else:
        console.say(f"Git merges `pylock.toml` with `{show(outcome.program)} merge-driver` from now on")
    if outcome.is_changed:
        advice = ": commit it" if outcome.program else ""
        console.say(f"Changed `{show(outcome.attributes)}`{advice}")
