"""Which lines of `lock`, `sync` and `run` may be answered by `quick` the next time (:mod:`detent.stamp`)."""

from collections.abc import Mapping, Sequence

from detent.cli import options
from detent.cli.console import Console
from detent.cli.parse import Values
from detent.ops.stamping import Looks, Witness

_FLAGS = frozenset((
    "project", "config_file", "no_config", "offline", "color", "no_color", "no_progress", "quiet",
    "default_index", "index", "extra_index_url", "no_index", "index_strategy", "python", "active",
    "link_mode", "locked", "frozen", "check", "check_exists", "dry_run",
    "extra", "all_extras", "no_extra", "group", "no_group", "only_group", "all_groups", "no_default_groups",
    "no_dev", "only_dev", "no_install_project", "no_install_local", "no_install_package",
    "package", "all_packages", "no_install_workspace",
    "only_install_project", "only_install_local", "only_install_package", "inexact", "exact", "no_sync",
    "module", "command", "resolution", "prerelease", "fork_strategy", "exclude_newer", "no_build",
    "no_build_package", "no_binary", "no_binary_package", "no_sources", "no_sources_package",
))  # fmt: skip
"""With these a command does the same again. Any other one may look further, or do something every time."""


def witness(
    values: Values,
    words: Sequence[str],
    variables: Mapping[str, str],
    console: Console,
    looks: Looks | None = None,
) -> Witness | None:
    """Begin to look, for a command that `quick` may answer by these words; ``None`` for one that it may not.

    Called before anything of the project is read.
    """
    if not words or any(value and name not in _FLAGS for name, value in values.items()):
        return None
    command = options.words(values, "command")
    if "command" in values and not command:
        return None
    before = words[: len(words) - len(command)]
    return Witness(before, variables, console.report, start=options.text(values, "project"), looks=looks)
