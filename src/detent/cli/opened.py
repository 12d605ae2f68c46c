"""The project a command is about and the world it works in, for the length of the command."""

# ruff: noqa: PTH100 (strings: every command comes here)

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from detent.cli import options
from detent.cli.console import Console
from detent.cli.parse import Values
from detent.ops.active import environment_path, warn_of_active
from detent.ops.discover import Project, about, find_project
from detent.ops.stamping import Witness
from detent.ops.wiring import configuration_files, open_world
from detent.ops.world import World


@contextmanager
def opened(
    values: Values, variables: Mapping[str, str], console: Console, witness: Witness | None = None
) -> Iterator[tuple[World, Project]]:
    """Find the project, decide every setting, connect the parts."""
    project = find_project(options.text(values, "project"))
    package = options.text(values, "package")
    if package is not None:
        project = about(project, package)
    with world_for(project, values, variables, console, witness) as world:
        yield world, project


@contextmanager
def world_for(
    project: Project,
    values: Values,
    variables: Mapping[str, str],
    console: Console,
    witness: Witness | None = None,
) -> Iterator[World]:
    """Connect the parts for a project; a command with the flag `--active` works in its environment.

    A witness looks at everything before it is read.
    """
    flags = options.flags(values)
    active = variables.get("VIRTUAL_ENV", "")
    if active and options.is_on(values, "active"):
        flags["project-environment"] = os.path.abspath(active)
    report = console.report
    if witness is not None:
        witness.see_settings(project, configuration_files(flags, variables, project.root))
        report = witness.report
    with open_world(flags, variables, report, project) as world:
        if "active" in values and not options.is_on(values, "isolated"):
            warn_of_active(world, project, active)
        if witness is not None:
            witness.see_world(world, project, str(environment_path(world, project)))
        yield world
    console.close()  # what comes next may be another program
    if witness is not None:
        witness.leave()
