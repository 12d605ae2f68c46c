"""What a command line is made of: commands, their flags and arguments, as values.

The tables (`cli.flags`, `cli.commands`) are written in these; `cli.parse` reads lines by them.
"""

from typing import Literal, TypeAlias

from detent.named import NamedTuple

Kind = Literal["switch", "count", "value", "list"]
Clashes: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Flags by name, each with those that cannot stand beside it."""


class Flag(NamedTuple):
    """One option of a command."""

    name: str
    """The key a command reads, such as ``no_sync``."""
    spellings: tuple[str, ...]
    kind: Kind
    help: str
    variable: str = ""
    """An environment variable that sets it; a flag on the command line wins."""
    metavar: str = ""
    choices: tuple[str, ...] = ()
    opposite: str = ""
    """A hidden spelling that turns a switch off again; the last one wins."""
    hidden: tuple[str, ...] = ()
    """Spellings of other tools: understood, and not shown."""
    shorthands: tuple[tuple[str, str], ...] = ()
    """Spellings that take no value, each with the one it stands for; not shown either."""
    setting: str = ""
    """The setting it stands for (`project.settings`), which reads the variable itself."""


class Argument(NamedTuple):
    """The words after the flags."""

    name: str
    metavar: str
    help: str
    many: bool = False
    required: bool = False
    command_line: bool = False
    """The words are a command: flags after the first word belong to it (`run`)."""
    choices: tuple[str, ...] = ()


class Command(NamedTuple):
    """One subcommand; ``name`` has a blank for a nested one (``cache clean``)."""

    name: str
    help: str
    flags: tuple[Flag, ...] = ()
    argument: Argument | None = None
    clashes: Clashes = ()
    """What excludes each other; names of other commands' flags say nothing."""


def switch(spelling: str, text: str, *, short: str = "", variable: str = "", setting: str = "") -> Flag:
    """Give a flag that is on or off; `--no-X` turns `--X` off again, and the other way round."""
    name = spelling.removeprefix("--").replace("-", "_")
    opposite = f"--{spelling[5:]}" if spelling.startswith("--no-") else f"--no-{spelling[2:]}"
    spellings = (*((short,) if short else ()), spelling)
    return Flag(name, spellings, "switch", text, variable, opposite=opposite, setting=setting)


def value(
    spelling: str,
    metavar: str,
    text: str,
    *,
    short: str = "",
    variable: str = "",
    choices: tuple[str, ...] = (),
    setting: str = "",
) -> Flag:
    """Give a flag that takes one value."""
    name = spelling.removeprefix("--").replace("-", "_")
    spellings = (*((short,) if short else ()), spelling)
    return Flag(name, spellings, "value", text, variable, metavar, choices=choices, setting=setting)


def many(
    spelling: str, metavar: str, text: str, *, short: str = "", variable: str = "", setting: str = ""
) -> Flag:
    """Give a flag that may be repeated, with a value each time."""
    name = spelling.removeprefix("--").replace("-", "_")
    spellings = (*((short,) if short else ()), spelling)
    return Flag(name, spellings, "list", text, variable, metavar, setting=setting)
