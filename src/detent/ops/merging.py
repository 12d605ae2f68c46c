"""A lock that was left with a conflict in it: both its sides as what to prefer, and what became of them.

Where the markers do not say what both sides began with, git's index does: while a merge, a rebase or a
cherry-pick stands still, it has the base of every file in conflict.
"""

from collections.abc import Mapping
from pathlib import Path

from detent.index.git import Git, GitTrouble
from detent.index.programs import find_program
from detent.lock.conflicted import Sides, read_side, take_apart
from detent.lock.merged_pins import merge_pins, won
from detent.lock.model import LOCK_NAME, Contest, Lock, Merge, Won
from detent.model.limits import limits


def merge_conflicted(text: str, folder: Path, variables: Mapping[str, str]) -> Merge:
    """Read both sides of a lock with conflict markers in it, in ``folder``; nothing in it is refused."""
    sides = take_apart(text)
    ours, theirs, base = read_side(sides.ours), read_side(sides.theirs), _base(sides, folder, variables)

    def held(chosen: Lock) -> Won:
        return won(base, ours, theirs, chosen)

    def told(chosen: Lock) -> tuple[str, ...]:
        counts = held(chosen)
        ours_won = f"{_count(counts.ours)} as in ours{_label(sides.our_label)}"
        theirs_won = f"{_count(counts.theirs)} as in theirs{_label(sides.their_label)}"
        what = f"of what differs, {ours_won}, {theirs_won}"
        if not (counts.ours or counts.theirs or counts.contests):
            what = "both sides have the same versions"
        first = f"resolved the conflict in `{LOCK_NAME}`: {what}"
        return first, *map(_contest, counts.contests)

    return Merge(ours, merge_pins(base, ours, theirs), told, held)


def _base(sides: Sides, folder: Path, variables: Mapping[str, str]) -> Lock | None:
    text = sides.base if sides.base is not None else _base_in_index(folder, variables)
    return None if text is None else read_side(text)


def _base_in_index(folder: Path, variables: Mapping[str, str]) -> str | None:
    """Ask git for the base of a merge that stands still; no filter is started, nothing is fetched."""
    checkout = next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)
    if checkout is None:
        return None
    outside = {str(Path.cwd()), str(checkout)} - {"/", variables.get("HOME", "")}
    program, _ = find_program("git", variables, outside)
    if not program:
        return None
    git = Git(program, variables, limits(variables), outside=outside)
    try:
        return git.run("cat-file", "blob", f":1:./{LOCK_NAME}", folder=folder)
    except GitTrouble:
        return None


def _label(label: str) -> str:
    return f" (`{label}`)" if label.isprintable() and label not in {"", "ours", "theirs"} else ""


def _count(number: int) -> str:
    return f"{number} package" + ("" if number == 1 else "s")


def _contest(contest: Contest) -> str:
    ours, theirs, chosen = map(", ".join, (contest.ours, contest.theirs, contest.chosen))
    if chosen == ours:
        return f"merged: {contest.name} {ours} (ours) over {theirs} (theirs)"
    if chosen == theirs:
        return f"merged: {contest.name} {theirs} (theirs) over {ours} (ours)"
    both = f"{ours} (ours) and {theirs} (theirs)"
    if not chosen:
        return f"merged: {contest.name} was {both}, and nothing needs it any more"
    return f"merged: {contest.name} {chosen} in place of {both}"
