"""Help as text, made from the flag table: an overview, a page per group, a page per command."""

from collections.abc import Iterable, Sequence
from textwrap import wrap

from detent.cli.flags import COMMANDS, GLOBAL, Argument, Command, Flag

GROUPS = {"cache": "Look after the cache"}
"""Commands that have commands of their own."""

_ABOUT = "A project and lockfile manager for Python: the standard lock, checked, and fast."
_COLUMN = 34
_TIE = "\N{NO-BREAK SPACE}"
_HELP_FLAG = ("-h, --help", "Show this help")


def page(name: str, *, width: int = 80) -> str:
    """Give the page of a command, of a group, or (empty name) of detent as a whole."""
    found = next((command for command in COMMANDS if command.name == name), None)
    parts = _of_command(found, width) if found is not None else _of_group(name, width)
    return "\n\n".join(parts)


def _of_command(command: Command, width: int) -> list[str]:
    argument = command.argument
    usage = f"Usage: detent {command.name} [FLAGS]" + (f" {argument.metavar}" if argument is not None else "")
    parts = [_paragraph(f"{command.help}.", width), usage]
    if argument is not None:
        parts.append(_section("Arguments", [_argument_row(argument)], width))
    if command.flags:
        parts.append(_section("Flags", map(_flag_row, command.flags), width))
    parts.append(_section("Flags of every command", [*map(_flag_row, GLOBAL), _HELP_FLAG], width))
    return parts


def _of_group(name: str, width: int) -> list[str]:
    start = f"{name} " if name else ""
    rows = {}
    for command in COMMANDS:
        if command.name.startswith(start):
            word, _, nested = command.name.removeprefix(start).partition(" ")
            rows[word] = GROUPS[word] if nested else command.help
    whole = f"detent {start}".rstrip()
    flags: list[tuple[str, str]] = [_HELP_FLAG]
    if not name:
        flags.insert(0, ("-V, --version", "Show detent's version"))
    return [
        _paragraph(f"{GROUPS[name]}." if name else _ABOUT, width),
        f"Usage: {whole} COMMAND [FLAGS] [ARGUMENTS]",
        _section("Commands", rows.items(), width, column=max(map(len, rows)) + 4),
        _section("Flags", flags, width, column=17),
        _paragraph(f"See `{whole} COMMAND --help` for the flags of a command.", width),
    ]


def _argument_row(argument: Argument) -> tuple[str, str]:
    return argument.metavar, argument.help


def _flag_row(flag: Flag) -> tuple[str, str]:
    short = [spelling for spelling in flag.spellings if not spelling.startswith("--")]
    long = [spelling for spelling in flag.spellings if spelling.startswith("--")]
    name = ", ".join((*short, *long)) if short else f"    {', '.join(long)}"
    if flag.metavar:
        name += f" {flag.metavar}"
    return name, flag.help + (f" [env:{_TIE}{flag.variable}]" if flag.variable else "")


def _section(title: str, rows: Iterable[tuple[str, str]], width: int, *, column: int = _COLUMN) -> str:
    lines = [f"{title}:"]
    for name, text in rows:
        texts = wrap(text, max(20, width - column - 2), break_on_hyphens=False, break_long_words=False)
        lines += _row(name, [line.replace(_TIE, " ") for line in texts], column)
    return "\n".join(lines)


def _row(name: str, texts: Sequence[str], column: int) -> list[str]:
    blank = " " * (column + 2)
    if len(name) > column - 2:
        return [f"  {name}", *(blank + text for text in texts)]
    return [f"  {name:<{column}}{texts[0]}", *(blank + text for text in texts[1:])]


def _paragraph(text: str, width: int) -> str:
    return "\n".join(wrap(text, width))
