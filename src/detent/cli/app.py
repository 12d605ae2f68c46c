"""The command line as a whole: from argument words to an exit code.

Ordinary lines are read and run; for the others there is help, or what is wrong with them.
"""

import os
from collections.abc import Callable, Sequence

from detent.cli import lock_commands, project_commands, tool_commands
from detent.cli.console import Console
from detent.cli.frame import framed
from detent.cli.parse import Doubt, Parsed, Values, asks_for_json, parse
from detent.errors import Bug, DetentError, UsageError

_RUN: dict[str, Callable[[Values, Console], int]] = {
    "init": project_commands.init,
    "add": project_commands.add,
    "remove": project_commands.remove,
    "upgrade": project_commands.upgrade,
    "venv": project_commands.venv,
    "activate": project_commands.activate,
    "check": lock_commands.check,
    "tree": lock_commands.tree,
    "graph": lock_commands.graph,
    "diff": lock_commands.diff,
    "why": lock_commands.why,
    "why-not": lock_commands.why_not,
    "outdated": lock_commands.outdated,
    "verify": lock_commands.verify,
    "licenses": lock_commands.licenses,
    "merge-driver": lock_commands.merge_driver,
    "export": lock_commands.export,
    "import": project_commands.import_from,
    "build": project_commands.build,
    "version": project_commands.version,
    "undo": project_commands.undo,
    "workspace list": tool_commands.workspace_list,
    "workspace dir": tool_commands.workspace_dir,
    "workspace metadata": tool_commands.workspace_metadata,
    "index list": tool_commands.index_list,
    "index add": tool_commands.index_add,
    "index remove": tool_commands.index_remove,
    "auth login": tool_commands.auth_login,
    "auth logout": tool_commands.auth_logout,
    "auth token": tool_commands.auth_token,
    "auth check": tool_commands.auth_check,
    "auth dir": tool_commands.auth_dir,
    "cache dir": tool_commands.cache_dir,
    "cache size": tool_commands.cache_size,
    "cache list": tool_commands.cache_list,
    "cache prune": tool_commands.cache_prune,
    "cache verify": tool_commands.cache_verify,
    "cache clean": tool_commands.cache_clean,
    "config list": tool_commands.config_list,
    "config get": tool_commands.config_get,
    "config set": tool_commands.config_set,
    "config unset": tool_commands.config_unset,
    "config explain": tool_commands.config_explain,
    "config schema": tool_commands.config_schema,
    "doctor": tool_commands.doctor,
    "self version": tool_commands.self_version,
    "self schema": tool_commands.self_schema,
    "completion": tool_commands.completion,
    "help": tool_commands.help_for,
}
_RUN_AND_KEEP: dict[str, Callable[[Values, Console, Sequence[str]], int]] = {
    "lock": project_commands.lock,
    "sync": project_commands.sync,
    "run": project_commands.run,
}
"""What `quick` answers the next time where there was nothing to do, by the words of the line."""


def main(words: Sequence[str]) -> int:
    """Run one command line (without the program's name) and give its exit code."""
    code = framed(lambda console: _answer(words, console), told=_told, trace_of=tool_commands.trace_of)
    return code or 0


def _answer(words: Sequence[str], console: Console) -> int:
    if list(words) in (["--version"], ["-V"]):
        return tool_commands.detent_version(console)
    try:
        parsed = parse(words, os.environ)
    except Doubt as doubt:
        console.wants_json = asks_for_json(words)
        return tool_commands.aside(doubt, console)
    except UsageError:
        console.wants_json = asks_for_json(words)
        raise
    return _dispatch(parsed, words, console)


def _told(error: Exception) -> DetentError:
    """Say what nobody has put into words: the system's refusal of a file, or a fault of ours."""
    if isinstance(error, OSError) and error.filename is not None:
        return tool_commands.trouble_of(error)
    if isinstance(error, FileNotFoundError) and not _stands_somewhere():
        return project_commands.folder_gone()
    return Bug(f"{type(error).__name__}: {error}")


def _stands_somewhere() -> bool:
    try:
        os.getcwd()  # noqa: PTH109
    except OSError:
        return False
    return True


def _dispatch(parsed: Parsed, words: Sequence[str], console: Console) -> int:
    values = parsed.values
    console.set_up(
        quiet=_count(values, "quiet"),
        verbose=_count(values, "verbose"),
        progress=not values["no_progress"],
        colour="never" if values["no_color"] else str(values["color"] or ""),
        json=values["output_format"] == "json",
    )
    for variable, flag in parsed.passed_over:
        console.warn(f"`{variable}` does not count beside `{flag}`")
    directory = values["directory"]
    if isinstance(directory, str):
        try:
            os.chdir(directory)
        except OSError as error:
            raise project_commands.directory_missing(directory, error) from error
    keep = _RUN_AND_KEEP.get(parsed.command.name)
    if keep is not None:
        return keep(values, console, () if parsed.passed_over else words)
    return _RUN[parsed.command.name](values, console)


def _count(values: Values, name: str) -> int:
    value = values[name]
    return value if isinstance(value, int) else 0
