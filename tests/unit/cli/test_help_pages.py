import pytest

from detent.cli.flags import COMMANDS, GLOBAL, Command
from detent.cli.help_pages import GROUPS, page

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
        assert len(line) <= width or len(line.split()) <= 3
        assert line == line.rstrip()


def test_the_overview_lists_every_command_once() -> None:
    lines = page("").splitlines()

    for word in dict.fromkeys(command.name.partition(" ")[0] for command in COMMANDS):
        assert sum(line.startswith(f"  {word} ") for line in lines) == 1
    assert "  -h, --help       Show this help" in lines
