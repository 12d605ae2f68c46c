"""Where a project's environment stands, and whether it is the one that a shell has activated.

Apart from :mod:`detent.ops.python`, since every command asks and most ask no more.
"""

# ruff: noqa: PTH100 (strings: every sync asks)

import os
from pathlib import Path

from detent.events import Notice
from detent.ops.discover import Project
from detent.ops.shown_paths import display
from detent.ops.world import World


def environment_path(world: World, project: Project) -> Path:
    """Where the project's environment stands, or will."""
    return project.root / world.settings.project_environment.value


def warn_of_active(world: World, project: Project, active: str) -> None:
    """Say that the environment a shell has activated is not the one that is used."""
    used = environment_path(world, project)
    if active and os.path.abspath(active) != str(used) and os.path.realpath(active) != os.path.realpath(used):
        world.report(
            Notice(
                "warning",
                f"`VIRTUAL_ENV={active}` does not match the project environment path `{display(used)}` and "
                "will be ignored; use `--active` to target the active environment instead",
            )
        )
