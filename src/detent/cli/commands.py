"""Every command and flag as one table of data.

The parser (`cli.parse`), the complaints, the help (`cli.help_pages`) and the reference are made from it, so a
flag cannot mean two things. Adding a flag here and reading it in a command is all there is to it.
"""

from detent.cli import lock_table, project_table, tool_table

COMMANDS = (*project_table.COMMANDS, *lock_table.COMMANDS, *tool_table.COMMANDS)
"""In the order the help shows them."""

ALIASES = {"new": "init", "update": "upgrade", "generate-shell-completion": "completion"}
"""Other names of commands, for those who come from elsewhere; the help does not show them."""

BY_NAME = {command.name: command for command in COMMANDS}
BY_NAME.update({alias: BY_NAME[name] for alias, name in ALIASES.items()})
