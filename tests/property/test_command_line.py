"""The quick parser and typer read one table: whatever the line, they take the same values from it."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detent.cli import typer_app
from detent.cli.flags import COMMANDS, GLOBAL, Command, Flag
from detent.cli.parse import Doubt, Values, parse, with_variables

WORDS = st.sampled_from(["a", "a-b", "x=y", "-", "", "3.12", "b c", "é", "==1"])


def by_typer(words: Sequence[str]) -> tuple[str, Values]:
    found: list[tuple[str, Values]] = []

    def take(command: Command, given: Values) -> int:
        found.append((command.name, {**with_variables(command, {}, {}), **given}))
        return 0

    typer_app.answer(words, take)
    return found[0]


def plain(values: Values) -> dict[str, Any]:
    """What was given: a flag that was not is empty for both, in ways of their own."""
    return {name: value for name, value in values.items() if value or value == ""}


@st.composite
def flags(draw: st.DrawFn, known: Sequence[Flag]) -> list[str]:
    flag = draw(st.sampled_from(known))
    if flag.kind in {"switch", "count"}:
        return [draw(st.sampled_from([*flag.spellings, *([flag.opposite] if flag.opposite else [])]))]
    value = draw(st.sampled_from(flag.choices) if flag.choices else WORDS)
    spelling = draw(st.sampled_from(flag.spellings))
    if spelling.startswith("--"):
        return draw(st.sampled_from([[spelling, value], [f"{spelling}={value}"]]))
    attached = [spelling + value] if value and not value.startswith("=") else [spelling, value]
    return draw(st.sampled_from([[spelling, value], attached, [f"-qv{attached[0][1:]}", *attached[1:]]]))


@st.composite
def lines(draw: st.DrawFn) -> list[str]:
    command = draw(st.sampled_from([c for c in COMMANDS if c.name != "help"]))
    before = draw(st.lists(flags(GLOBAL), max_size=2))
    after = draw(st.lists(flags((*GLOBAL, *command.flags)), max_size=5))
    argument = command.argument
    most = 0 if argument is None else 3 if argument.many else 1
    words = draw(st.lists(WORDS, min_size=int(argument.required) if argument else 0, max_size=most))
    if argument is not None and argument.command_line:
        tail = [*draw(st.sampled_from([[], ["--"]])), *words, *(["-x", "--group", "--"] if words else [])]
        parts = [*after, tail]
    else:
        parts = draw(st.permutations([*after, *([word] for word in words)]))
    return [
        *(word for part in before for word in part),
        *command.name.split(),
        *(word for part in parts for word in part),
    ]


@given(lines())
@settings(max_examples=120, deadline=None)
def test_both_readers_take_the_same_values_from_a_line(line: list[str]) -> None:
    ours = parse(line, {})
    command, theirs = by_typer(line)

    assert command == ours.command.name
    assert plain(theirs) == plain(ours.values)


@given(lines(), st.data())
@settings(max_examples=60, deadline=None)
def test_a_line_one_reader_refuses_the_other_refuses_too(line: list[str], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(line)))
    cut = [*line[:place], "--nonsense", *line[place:]]
    try:
        ours: object = plain(parse(cut, {}).values)
    except Doubt:
        ours = None
    try:
        theirs: object = plain(by_typer(cut)[1])
    except (Exception, SystemExit):  # noqa: BLE001 -- typer's own, by whatever name this version has
        theirs = None

    # What follows a flag as its value is taken by typer even if it looks like a flag: we ask for `=` then.
    if ours is not None:
        assert theirs == ours
    elif theirs is not None:
        assert "--nonsense" in str(theirs)


@given(st.lists(st.text(max_size=6) | st.sampled_from(["--", "-", "add", "cache", "-h", "--dev", "-p"])))
@settings(max_examples=300, deadline=None)
def test_any_words_at_all_are_read_or_doubted(words: list[str]) -> None:
    try:
        parsed = parse(words, {})
    except Doubt:
        return
    assert parsed.command in COMMANDS


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_typer_knows_every_command(command: Command) -> None:
    words = ["x"] if command.argument and command.argument.required else []

    assert by_typer([*command.name.split(), *words])[0] == command.name
