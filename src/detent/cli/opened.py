"""The project a command is about and the world it works in, for the length of the command."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from detent.cli import options
from detent.cli.console import Console
from detent.cli.parse import Values
from detent.ops.discover import Project, find_project
from detent.ops.wiring import open_world
from detent.ops.world import World


@contextmanager
def opened(values: Values, variables: Mapping[str, str], console: Console) -> Iterator[tuple[World, Project]]:
    """Find the project, decide every setting, connect the parts."""
    project = find_project(options.text(values, "project"))
    with open_world(options.flags(values), variables, console.report, project) as world:
        yield world, project
