"""Lines are made together with the values they must give; whatever the line, the parser takes just these."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from detent.cli.commands import COMMANDS
from detent.cli.flags import GLOBAL
from detent.cli.grammar import Command, Flag
from detent.cli.parse import Doubt, Values, parse

WORDS = st.sampled_from(["a", "a-b", "x=y", "-", "", "3.12", "b c", "é", "==1"])
EVERY_COMMAND = st.sampled_from(COMMANDS)


class Piece(NamedTuple):
    """Some words of a line, and the flag values they set, in order."""

    words: list[str]
    values: list[tuple[Flag, Any]]


class Line(NamedTuple):
    words: list[str]
    command: Command
    values: dict[str, Any]


def plain(values: Values) -> dict[str, Any]:
    """What was given: every flag that was not is left out."""
    return {name: value for name, value in values.items() if value or value == ""}


@st.composite
def pieces(draw: st.DrawFn, known: Sequence[Flag]) -> Piece:
    flag = draw(st.sampled_from(known))
    if flag.kind in {"switch", "count"}:
        spelling = draw(st.sampled_from([*flag.spellings, *([flag.opposite] if flag.opposite else [])]))
        return Piece([spelling], [(flag, spelling != flag.opposite)])
    value = draw(st.sampled_from(flag.choices) if flag.choices else WORDS)
    spelling = draw(st.sampled_from(flag.spellings))
    if spelling.startswith("--"):
        words = draw(st.sampled_from([[spelling, value], [f"{spelling}={value}"]]))
        return Piece(words, [(flag, value)])
    attached = [spelling + value] if value and not value.startswith("=") else [spelling, value]
    quiet, verbose = (next(f for f in GLOBAL if f.name == name) for name in ("quiet", "verbose"))
    cluster = [f"-qv{attached[0][1:]}", *attached[1:]]
    forms = [
        Piece([spelling, value], [(flag, value)]),
        Piece(attached, [(flag, value)]),
        Piece(cluster, [(quiet, True), (verbose, True), (flag, value)]),
    ]
    return forms[draw(st.integers(0, len(forms) - 1))]


def together(parts: Sequence[Piece]) -> dict[str, Any]:
    """Lists and counts add up; of all others the last one wins."""
    values: dict[str, Any] = {}
    for flag, value in (pair for part in parts for pair in part.values):
        match flag.kind:
            case "count":
                values[flag.name] = values.get(flag.name, 0) + 1
            case "list":
                values[flag.name] = (*values.get(flag.name, ()), value)
            case _:
                values[flag.name] = value
    return values


@st.composite
def lines(draw: st.DrawFn) -> Line:
    command = draw(EVERY_COMMAND)
    before = draw(st.lists(pieces(GLOBAL), max_size=2))
    after = draw(st.lists(pieces((*GLOBAL, *command.flags)), max_size=5))
    values = together([*before, *after])
    argument = command.argument
    most = 0 if argument is None else 3 if argument.many else 1
    word = st.sampled_from(argument.choices) if argument and argument.choices else WORDS
    given = draw(st.lists(word, min_size=int(argument.required) if argument else 0, max_size=most))
    if argument is not None and argument.command_line:
        given = [*given, *(["-x", "--group", "--"] if given else [])]
        # Only behind a word that is no flag, or behind `--`, do flags belong to the command that is run.
        dashes = ["--"] if given and given[0].startswith("-") else draw(st.sampled_from([[], ["--"]]))
        tail = [[*part.words] for part in after] + [[*dashes, *given]]
    else:
        tail = draw(st.permutations([*(part.words for part in after), *([word] for word in given)]))
        flags_in_order = [part for words in tail for part in after if part.words is words]
        words_in_order = [words[0] for words in tail if not any(part.words is words for part in after)]
        values, given = together([*before, *flags_in_order]), words_in_order
    if argument is not None:
        values[argument.name] = tuple(given) if argument.many else (given[0] if given else None)
    # What excludes each other is refused, which has tests of its own.
    assume(not any(values.get(name) and values.get(o) for name, others in command.clashes for o in others))
    front = [word for part in before for word in part.words]
    return Line(
        [*front, *command.name.split(), *(w for words in tail for w in words)], command, plain(values)
    )


@given(lines())
@settings(max_examples=200, deadline=None)
def test_a_line_gives_the_values_it_was_made_from(line: Line) -> None:
    parsed = parse(line.words, {})

    assert parsed.command == line.command
    assert plain(parsed.values) == line.values


@given(lines(), st.data())
@settings(max_examples=80, deadline=None)
def test_an_unknown_flag_is_never_overlooked(line: Line, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(line.words)))
    words = [*line.words[:place], "--nonsense", *line.words[place:]]
    try:
        values = parse(words, {}).values
    except Doubt:
        return
    # It can only belong to the command that is run, or stand behind `--`.
    assert any("--nonsense" in value for value in values.values() if isinstance(value, tuple))


@given(st.lists(st.text(max_size=6) | st.sampled_from(["--", "-", "add", "cache", "-h", "--dev", "-p"])))
@settings(max_examples=300, deadline=None)
def test_any_words_at_all_are_read_or_doubted(words: list[str]) -> None:
    try:
        parsed = parse(words, {})
    except Doubt:
        return
    assert parsed.command in COMMANDS
