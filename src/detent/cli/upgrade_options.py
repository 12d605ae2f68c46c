"""From flag values to the options of `upgrade`, and the question which packages shall move."""

import sys
from collections.abc import Sequence
from typing import get_args

from detent.cli.console import Console
from detent.cli.options import is_on, text, words
from detent.cli.parse import Values
from detent.cli.render import show
from detent.errors import UsageError
from detent.lock.diff import Change
from detent.model.requirement import parse_requirement
from detent.ops.upgrading import Step, UpgradeOptions

STEPS: tuple[Step, ...] = get_args(Step)


def upgrade(values: Values) -> UpgradeOptions:
    """Options of `upgrade`."""
    asked = text(values, "to")
    return UpgradeOptions(
        names=words(values, "names"),
        groups=words(values, "group"),
        to=next((step for step in STEPS if step == asked), "major"),
        bounds=is_on(values, "bounds"),
        dry_run=is_on(values, "dry_run"),
        no_sync=is_on(values, "no_sync"),
    )


def with_newest(values: Values) -> Values:
    """Let what may move be asked for on the index, not remembered."""
    names = words(values, "names")
    is_all = not names or bool(words(values, "group"))
    return {**values, "upgrade": True} if is_all else {**values, "upgrade_package": names}


def refuse_without_terminal() -> None:
    """Raise :class:`UsageError` where nobody can be asked."""
    if not sys.stdin.isatty():
        raise UsageError(
            "`--interactive` needs a terminal",
            why="nobody can be asked: standard input is none",
            next_steps=("name what shall move: `detent upgrade NAME`", "see what could: `detent outdated`"),
        )


def asked(console: Console, changes: Sequence[Change]) -> tuple[str, ...]:
    """Show what could move, with numbers, and ask which of it shall; nothing for an empty answer."""
    if not changes:
        return ()
    for number, change in enumerate(changes, start=1):
        was, now = (", ".join(f"v{version}" for version in each) for each in (change.before, change.after))
        console.say(show(f"{number:>3}  {change.name} {was} -> {now}"))
    console.say("Which of these? Numbers such as `1 3-5`, or `all`; nothing for none:")
    numbers = picked(sys.stdin.buffer.readline().decode("utf-8", "replace"), len(changes))
    return tuple(str(changes[number - 1].name) for number in numbers)


def narrowed(wanted: UpgradeOptions, names: Sequence[str]) -> UpgradeOptions:
    """Let only these move; what was said of one of them, such as a version, still counts."""
    said = [word for word in wanted.names if parse_requirement(word).name in names]
    unsaid = set(names) - {parse_requirement(word).name for word in said}
    return wanted._replace(names=(*said, *sorted(unsaid)), groups=())


def picked(line: str, count: int) -> tuple[int, ...]:
    """Read numbers, ranges of them, or `all`; raises :class:`UsageError` for anything else."""
    found: dict[int, None] = {}
    for word in line.replace(",", " ").split():
        first, dash, last = word.partition("-")
        if word.lower() in {"all", "a"}:
            found.update(dict.fromkeys(range(1, count + 1)))
        elif _is_place(first, count) and (not dash or _is_place(last, count, int(first))):
            found.update(dict.fromkeys(range(int(first), int(last or first) + 1)))
        else:
            raise UsageError(
                f"`{word}` is none of the numbers",
                why=f"they go from 1 to {count}" if count else "there are none",
                next_steps=("write them like `1 3-5`, or `all`",),
            )
    return tuple(sorted(found))


def _is_place(word: str, count: int, first: int = 1) -> bool:
    return word.isdecimal() and len(word) < 10 and first <= int(word) <= count
