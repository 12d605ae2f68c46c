"""The quick parser: argument words to values by the flag table, without typer.

It answers only what it is sure of. Anything else (help, an unknown word, a missing value) is ``None``, and
typer, made from the same table, gives the help or the complaint.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from detent.cli.flags import BY_NAME, GLOBAL, Command, Flag
from detent.errors import UsageError

Value: TypeAlias = bool | int | str | tuple[str, ...] | None
Values: TypeAlias = Mapping[str, Value]

_TRUE = frozenset(("1", "true", "t", "yes", "y", "on"))
_FALSE = frozenset(("", "0", "false", "f", "no", "n", "off"))


class Parsed(NamedTuple):
    """A command and the value of each of its flags (``None``, ``False``, 0 or ``()`` when not given)."""

    command: Command
    values: dict[str, Value]


def parse(words: Sequence[str], variables: Mapping[str, str]) -> Parsed | None:
    """Read the words after `detent`; ``None`` when in doubt.

    Raises :class:`UsageError` for a variable that sets a flag to nonsense.
    """
    given: dict[str, Value] = {}
    rest = list(words)
    rest.reverse()
    known = _spellings(GLOBAL)
    while rest and rest[-1].startswith("-"):
        if not _take_flag(rest, known, given):
            return None
    command = _command(rest)
    if command is None:
        return None
    known = _spellings((*GLOBAL, *command.flags))
    words_left = _take_rest(command, rest, known, given)
    if words_left is None:
        return None
    values = with_variables(command, given, variables)
    argument = command.argument
    if argument is None:
        return None if words_left else Parsed(command, values)
    if argument.many:
        values[argument.name] = tuple(words_left)
    elif len(words_left) > 1:
        return None
    else:
        values[argument.name] = words_left[0] if words_left else None
    if argument.required and not words_left:
        return None
    return Parsed(command, values)


def with_variables(
    command: Command, given: Mapping[str, Value], variables: Mapping[str, str]
) -> dict[str, Value]:
    """Complete the flags given with those set by variables, and with what "not given" is."""
    values: dict[str, Value] = {}
    for flag in (*GLOBAL, *command.flags):
        if flag.name in given:
            values[flag.name] = given[flag.name]
        else:
            text = variables.get(flag.variable) if flag.variable else None
            values[flag.name] = _absent(flag) if text is None else _from_variable(flag, text)
    return values


def _absent(flag: Flag) -> Value:
    match flag.kind:
        case "switch":
            return False
        case "count":
            return 0
        case "list":
            return ()
        case "value":
            return None


def _from_variable(flag: Flag, text: str) -> Value:
    if flag.kind == "value":
        if text and flag.choices and text not in flag.choices:
            raise UsageError(
                f"`{flag.variable}` must be one of {', '.join(flag.choices)}", why=f"it is set to `{text}`"
            )
        return text or None
    if flag.kind == "list":
        return tuple(text.split())
    word = text.strip().lower()
    if word not in _TRUE and word not in _FALSE:
        raise UsageError(f"`{flag.variable}` must be true or false", why=f"it is set to `{text}`")
    return word in _TRUE


def _spellings(flags: Sequence[Flag]) -> dict[str, tuple[Flag, bool]]:
    known = {flag.opposite: (flag, False) for flag in flags if flag.opposite}
    known.update((spelling, (flag, True)) for flag in flags for spelling in flag.spellings)
    return known


def _command(rest: list[str]) -> Command | None:
    if not rest:
        return None
    name = rest.pop()
    found = BY_NAME.get(name)
    if found is None and rest:
        found = BY_NAME.get(f"{name} {rest[-1]}")
        if found is not None:
            rest.pop()
    return found


def _take_rest(
    command: Command,
    rest: list[str],
    known: Mapping[str, tuple[Flag, bool]],
    given: dict[str, Value],
) -> list[str] | None:
    words: list[str] = []
    command_line = command.argument is not None and command.argument.command_line
    while rest:
        word = rest[-1]
        if word == "--":
            rest.pop()
            words.extend(reversed(rest))
            rest.clear()
        elif word.startswith("-") and len(word) > 1:
            if not _take_flag(rest, known, given):
                return None
        elif command_line:
            words.extend(reversed(rest))
            rest.clear()
        else:
            words.append(rest.pop())
    return words


def _take_flag(rest: list[str], known: Mapping[str, tuple[Flag, bool]], given: dict[str, Value]) -> bool:
    word = rest.pop()
    spelling, equals, attached = word.partition("=")
    if not word.startswith("--"):
        if len(word) > 2:
            return _take_cluster(word, rest, known, given)
        spelling, equals, attached = word, "", ""
    found = known.get(spelling)
    if found is None:
        return False
    flag, on = found
    if flag.kind in {"switch", "count"}:
        if equals:
            return False
        _set(flag, on, given)
        return True
    if equals:
        text = attached
    elif rest and not (rest[-1].startswith("-") and len(rest[-1]) > 1):
        text = rest.pop()
    else:
        return False
    if flag.choices and text not in flag.choices:
        return False
    before = given.get(flag.name, ())
    given[flag.name] = (*before, text) if flag.kind == "list" and isinstance(before, tuple) else text
    return True


def _take_cluster(
    word: str, rest: list[str], known: Mapping[str, tuple[Flag, bool]], given: dict[str, Value]
) -> bool:
    """`-qq`, `-vU`, `-p3.12`: one-letter flags written together."""
    first = known.get(word[:2])
    if first is None:
        return False
    if first[0].kind in {"value", "list"}:
        rest.append(word[2:])
        rest.append(word[:2])
        return _take_flag(rest, known, given)
    for letter in word[1:]:
        found = known.get(f"-{letter}")
        if found is None or found[0].kind not in {"switch", "count"}:
            return False
        _set(found[0], True, given)
    return True


def _set(flag: Flag, on: bool, given: dict[str, Value]) -> None:  # noqa: FBT001
    if flag.kind == "count":
        before = given.get(flag.name, 0)
        given[flag.name] = (before if isinstance(before, int) else 0) + 1
    else:
        given[flag.name] = on
