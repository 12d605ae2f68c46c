"""Which command a word names: of those that change a project without the tables of all the others.

Flags are made when their table is imported, and the commands that have to be quick stand in one.
"""

from detent.cli import project_table
from detent.cli.grammar import Command

_QUICK = {command.name: command for command in project_table.COMMANDS}


def command_of(name: str) -> Command | None:
    """Give the command of this name, or alias."""
    return _QUICK.get(name) or _others().get(name)


def is_group(name: str) -> bool:
    """Whether there are commands whose first word this is."""
    return any(other.startswith(f"{name} ") for other in _others())


def _others() -> dict[str, Command]:
    from detent.cli.commands import BY_NAME

    return BY_NAME
