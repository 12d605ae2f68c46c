"""Argument words to values, by the flag table.

It answers only lines it is sure of. Anything else (help, an unknown word, a missing value) raises
:class:`Doubt` with what stands in the way; `cli.complaints` makes words of it, `cli.help_pages` a page.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal, TypeAlias

from detent.cli.flags import GLOBAL
from detent.cli.grammar import Command, Flag
from detent.cli.lookup import command_of, is_group
from detent.errors import UsageError, did_you_mean
from detent.named import NamedTuple

Value: TypeAlias = bool | int | str | tuple[str, ...] | None
Values: TypeAlias = Mapping[str, Value]

_TRUE = frozenset(("1", "true", "t", "yes", "y", "on"))
_FALSE = frozenset(("", "0", "false", "f", "no", "n", "off"))
_HELP = frozenset(("-h", "--help"))
_VERSION = frozenset(("-V", "--version"))
_FORMAT = "--output-format"


class Parsed(NamedTuple):
    """A command and the value of each of its flags (``None``, ``False``, 0 or ``()`` when not given)."""

    command: Command
    values: dict[str, Value]
    passed_over: tuple[tuple[str, str], ...] = ()
    """Variables that do not count, each with the flag given that excludes it."""


Matter: TypeAlias = Literal[
    "help",
    "version",
    "no command",
    "unknown command",
    "unknown flag",
    "value missing",
    "value unwanted",
    "value unknown",
    "argument missing",
    "argument unwanted",
    "argument unknown",
]


class Doubt(Exception):
    """The line is no ordinary one: what is the matter, and at which word."""

    def __init__(
        self, matter: Matter, *, word: str = "", command: str = "", flag: Flag | None = None, value: str = ""
    ) -> None:
        super().__init__(matter)
        self.matter: Matter = matter
        self.word = word
        """The flag as it was spelled, or the argument."""
        self.command = command
        """As far as it was given: empty, ``add``, ``cache``, ``cache clean``."""
        self.flag = flag
        self.value = value


def parse(words: Sequence[str], variables: Mapping[str, str]) -> Parsed:
    """Read the words after `detent`.

    Raises :class:`Doubt`, and :class:`UsageError` for flags that exclude each other and for a variable that
    sets a flag to nonsense.
    """
    given: dict[str, Value] = {}
    rest = list(words)
    rest.reverse()
    line = _Line(rest, _spellings(GLOBAL), given, "")
    while rest and rest[-1].startswith("-"):
        _take_flag(line)
    command = _command(rest)
    line = line._replace(known=_spellings((*GLOBAL, *command.flags)), command=command.name)
    words_left = _take_rest(command, line)
    values = with_variables(command, given, variables)
    _set_argument(command, words_left, values)
    return Parsed(command, values, _settle(command, given, values))


def asks_for_json(words: Sequence[str]) -> bool:
    """Whether a line that could not be read asks for JSON; what may be of a command to run says nothing."""
    is_json = False
    for before, word in pairwise(("", *words)):
        if word == "--" or (before == "run" and not word.startswith("-")):
            break
        flag, _, attached = word.partition("=")
        if _FORMAT in {before, flag}:
            is_json = "json" in {word, attached}
    return is_json


def exclusive(*spellings: str) -> UsageError:
    """Say that flags contradict each other."""
    return UsageError(
        f"{' and '.join(f'`{s}`' for s in spellings)} cannot be used together",
        next_steps=("leave all but one of them out",),
    )


def _settle(
    command: Command, given: Mapping[str, Value], values: dict[str, Value]
) -> tuple[tuple[str, str], ...]:
    """Refuse flags that exclude each other; beside a flag that was given, a variable gives way."""
    passed_over: list[tuple[str, str]] = []
    for name, others in command.clashes:
        for other in others:
            if not (values.get(name) and values.get(other)):
                continue
            one, two = (_flag(command, each) for each in (name, other))
            if (name in given) == (other in given):
                raise exclusive(*(f.spellings[-1] if f.name in given else f.variable for f in (one, two)))
            stays, goes = (one, two) if name in given else (two, one)
            values[goes.name] = _absent(goes)
            passed_over.append((goes.variable, stays.spellings[-1]))
    return tuple(passed_over)


def _flag(command: Command, name: str) -> Flag:
    return next(flag for flag in command.flags if flag.name == name)


def _set_argument(command: Command, words: list[str], values: dict[str, Value]) -> None:
    argument = command.argument
    if len(words) > (0 if argument is None else len(words) if argument.many else 1):
        raise Doubt("argument unwanted", word=words[-1], command=command.name)
    if argument is None:
        return
    if argument.required and not words:
        raise Doubt("argument missing", command=command.name)
    for word in words:
        if argument.choices and word not in argument.choices:
            raise Doubt("argument unknown", word=word, command=command.name)
    values[argument.name] = tuple(words) if argument.many else words[0] if words else None


def with_variables(
    command: Command, given: Mapping[str, Value], variables: Mapping[str, str]
) -> dict[str, Value]:
    """Complete the flags given with those set by variables, and with what "not given" is."""
    values: dict[str, Value] = {}
    for flag in (*GLOBAL, *command.flags):
        if flag.name in given:
            values[flag.name] = given[flag.name]
        else:
            # A flag that stands for a setting leaves its variable to the settings, and with it the origin.
            text = variables.get(flag.variable) if flag.variable and not flag.setting else None
            values[flag.name] = _absent(flag) if text is None else _from_variable(flag, text)
    return values


def _absent(flag: Flag) -> Value:
    match flag.kind:
        case "switch":
            return None if flag.setting else False
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
                f"`{flag.variable}` must be one of {', '.join(f'`{c}`' for c in flag.choices)}",
                why=f"it is set to `{text}`",
                next_steps=(*did_you_mean(text, flag.choices), "or unset it"),
            )
        return text or None
    if flag.kind == "list":
        return tuple(text.split())
    word = text.strip().lower()
    if word not in _TRUE and word not in _FALSE:
        raise UsageError(
            f"`{flag.variable}` must be true or false",
            why=f"it is set to `{text}`",
            next_steps=("set it to `1` or `0`, or unset it",),
        )
    return word in _TRUE


def _spellings(flags: Sequence[Flag]) -> dict[str, tuple[Flag, bool]]:
    known = {flag.opposite: (flag, False) for flag in flags if flag.opposite}
    known.update((spelling, (flag, True)) for flag in flags for spelling in (*flag.spellings, *flag.hidden))
    known.update((spelling, (flag, True)) for flag in flags for spelling, _ in flag.shorthands)
    return known


class _Line(NamedTuple):
    """What is being read."""

    rest: list[str]
    """The words to come, the next one last."""
    known: Mapping[str, tuple[Flag, bool]]
    given: dict[str, Value]
    command: str


def _command(rest: list[str]) -> Command:
    if not rest:
        raise Doubt("no command")
    name = rest.pop()
    found = command_of(name)
    if found is not None:
        return found
    if not is_group(name):
        raise Doubt("unknown command", word=name)
    if not rest:
        raise Doubt("no command", command=name)
    word = rest.pop()
    found = command_of(f"{name} {word}")
    if found is not None:
        return found
    if word in _HELP:
        raise Doubt("help", word=word, command=name)
    raise Doubt("unknown flag" if word.startswith("-") else "unknown command", word=word, command=name)


def _take_rest(command: Command, line: _Line) -> list[str]:
    words: list[str] = []
    rest = line.rest
    command_line = command.argument is not None and command.argument.command_line
    while rest:
        word = rest[-1]
        if word == "--":
            rest.pop()
            words.extend(reversed(rest))
            rest.clear()
        elif word.startswith("-") and len(word) > 1:
            _take_flag(line)
        elif command_line:
            words.extend(reversed(rest))
            rest.clear()
        else:
            words.append(rest.pop())
    return words


def _take_flag(line: _Line) -> None:
    word = line.rest.pop()
    if not word.startswith("--") and len(word) > 2:
        _take_cluster(word, line)
        return
    spelling, equals, attached = word.partition("=")
    flag, on = _find(spelling, line)
    meant = dict(flag.shorthands).get(spelling)
    if flag.kind in {"switch", "count"} or meant is not None:
        if equals:
            raise Doubt("value unwanted", word=spelling, command=line.command, flag=flag, value=attached)
        if meant is not None:
            _take_value(flag, spelling, meant, line)
        else:
            _set(flag, on, line.given)
    elif equals:
        _take_value(flag, spelling, attached, line)
    else:
        _take_next(flag, spelling, line)


def _take_cluster(word: str, line: _Line) -> None:
    """`-qq`, `-vU`, `-p3.12`, `-vp 3.12`: one-letter flags written together."""
    for place, letter in enumerate(word[1:], start=2):
        spelling = f"-{letter}"
        flag, on = _find(spelling, line)
        if flag.kind in {"switch", "count"}:
            _set(flag, on, line.given)
            continue
        if word[place:]:
            _take_value(flag, spelling, word[place:].removeprefix("="), line)
        else:
            _take_next(flag, spelling, line)
        return


def _find(spelling: str, line: _Line) -> tuple[Flag, bool]:
    found = line.known.get(spelling)
    if found is not None:
        return found
    if spelling in _HELP:
        raise Doubt("help", word=spelling, command=line.command)
    if spelling in _VERSION and not line.command:
        raise Doubt("version")
    raise Doubt("unknown flag", word=spelling, command=line.command)


def _take_next(flag: Flag, spelling: str, line: _Line) -> None:
    """Take the next word as the value; one that looks like a flag was hardly meant (`--group=-x` is)."""
    following = line.rest[-1] if line.rest else ""
    if not line.rest or (following.startswith("-") and len(following) > 1):
        raise Doubt("value missing", word=spelling, command=line.command, flag=flag, value=following)
    _take_value(flag, spelling, line.rest.pop(), line)


def _take_value(flag: Flag, spelling: str, text: str, line: _Line) -> None:
    if flag.choices and text not in flag.choices:
        raise Doubt("value unknown", word=spelling, command=line.command, flag=flag, value=text)
    before = line.given.get(flag.name, ())
    line.given[flag.name] = (*before, text) if flag.kind == "list" and isinstance(before, tuple) else text


def _set(flag: Flag, on: bool, given: dict[str, Value]) -> None:  # noqa: FBT001
    if flag.kind == "count":
        before = given.get(flag.name, 0)
        given[flag.name] = (before if isinstance(before, int) else 0) + 1
    else:
        given[flag.name] = on
