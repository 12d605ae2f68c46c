"""The project a command is about and the world it works in, for the length of the command."""

# ruff: noqa: PTH100 (strings: every command comes here)

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from detent.cli import options
from detent.cli.console import Console
from detent.cli.parse import Values
from detent.ops.active import warn_of_active
from detent.ops.discover import Project, find_project
from detent.ops.wiring import open_world
from detent.ops.world import World


@contextmanager
def opened(values: Values, variables: Mapping[str, str], console: Console) -> Iterator[tuple[World, Project]]:
    """Find the project, decide every setting, connect the parts."""
    project = find_project(options.text(values, "project"))
    with world_for(project, values, variables, console) as world:
        yield world, project


@contextmanager
def world_for(
    project: Project, values: Values, variables: Mapping[str, str], console: Console
) -> Iterator[World]:
    """Connect the parts for a project; a command with the flag `--active` works in its environment."""
    flags = options.flags(values)
    active = variables.get("VIRTUAL_ENV", "")
    if active and options.is_on(values, "active"):
        flags["project-environment"] = os.path.abspath(active)
    with open_world(flags, variables, console.report, project) as world:
        if "active" in values and not options.is_on(values, "isolated"):
            warn_of_active(world, project, active)
        yield world
