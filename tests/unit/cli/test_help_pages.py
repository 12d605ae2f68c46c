import re
import shlex

import pytest

from detent.cli.commands import COMMANDS
from detent.cli.flags import GLOBAL
from detent.cli.grammar import Command
from detent.cli.help_pages import EXAMPLES, GROUPS, MORE, page
from detent.cli.parse import parse

NAMES = ["", *GROUPS, *(command.name for command in COMMANDS)]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_a_page_names_every_flag_and_variable_of_its_command(command: Command) -> None:
    text = page(command.name)

    assert text.startswith(f"{command.help}.\n\nUsage: detent {command.name} ")
    for flag in (*command.flags, *GLOBAL):
        for spelling in flag.spellings:
            assert f"{spelling}" in text
        if flag.variable:
            assert f"[env: {flag.variable}]" in text
        if flag.opposite and not any(flag.opposite in other.spellings for other in command.flags):
            assert f" {flag.opposite} " not in text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_page_fits_its_width(name: str, width: int) -> None:
    for line in page(name, width=width).splitlines():
        assert len(line) <= width or len(line.split()) <= 3 or line.strip() in EXAMPLES.get(name, ())
        assert line == line.rstrip()


def test_the_overview_lists_every_command_once() -> None:
    lines = page("").splitlines()

    shown = dict.fromkeys(c.name.partition(" ")[0] for c in COMMANDS)
    for word in shown:
        assert sum(line.startswith(f"  {word} ") for line in lines) == 1
    assert "  -h, --help       Show this help" in lines


def test_a_page_of_many_flags_has_those_of_the_command_itself_first() -> None:
    headings = [line for line in page("sync").splitlines() if re.fullmatch(r"\S.*:", line)]

    assert headings[0] == "Flags:"
    assert headings[-2:] == ["Flags of every command:", "Examples:"]
    assert "Package indexes:" in headings
    flags = page("sync").partition("\n\nExtras, groups and members:")[0].splitlines()
    assert [line.split()[0] for line in flags if re.match(r" +--", line)] == [
        "--locked", "--frozen", "--check", "--deep", "--dry-run", "--inexact",
    ]  # fmt: skip
    assert "Package indexes:" not in page("index list")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_a_short_page_names_the_flags_of_its_command_alone(command: Command) -> None:
    text = page(command.name, is_short=True)

    for flag in command.flags:
        assert flag.spellings[-1] in text
    assert "[env:" not in text
    assert "--directory" not in text
    assert text.endswith(f"See `detent {command.name} --help` for more.")


@pytest.mark.parametrize("line", [line for lines in EXAMPLES.values() for line in lines])
def test_every_example_is_a_line_that_is_understood(line: str) -> None:
    words = shlex.split(re.split(r" >>? ", line)[0])

    assert words[0] == "detent"
    assert parse(words[1:], {}).command.name in EXAMPLES
    assert set(MORE) <= {command.name for command in COMMANDS}
