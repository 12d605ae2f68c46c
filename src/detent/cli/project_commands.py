"""The commands about a project: flags to options, one call, one rendering. No decision about the domain."""

import os

from detent.cli.console import Console
from detent.cli.parse import Values
from detent.errors import UsageError


def directory_missing(directory: str, error: OSError) -> UsageError:
    """Say that `--directory` names no folder one can change to."""
    return UsageError(f"cannot change to the directory `{directory}`", why=(error.strerror or "").lower())


def init(values: Values, console: Console) -> int:
    """Start a project."""
    from detent.cli import edit_options, edit_report, options
    from detent.ops.init import init as init_project
    from detent.ops.wiring import open_world

    with open_world(options.flags(values), os.environ, console.report) as world:
        outcome = init_project(world, edit_options.init(values))
        edit_report.initialized(console, outcome)
    return 0


def add(values: Values, console: Console) -> int:
    """Add dependencies."""
    from detent.cli import edit_options, edit_report
    from detent.cli.opened import opened
    from detent.ops.edit import add as add_dependencies

    wanted = edit_options.add(values)
    with opened(values, os.environ, console) as (world, project):
        outcome = add_dependencies(world, project, wanted)
        edit_report.edited(console, outcome)
    return 0


def remove(values: Values, console: Console) -> int:
    """Remove dependencies."""
    from detent.cli import edit_options, edit_report
    from detent.cli.opened import opened
    from detent.ops.edit import remove as remove_dependencies

    wanted = edit_options.remove(values)
    with opened(values, os.environ, console) as (world, project):
        outcome = remove_dependencies(world, project, wanted)
        edit_report.edited(console, outcome)
    return 0


def lock(values: Values, console: Console) -> int:
    """Bring the lock up to date, or check that it is."""
    from detent.cli import options, report
    from detent.cli.opened import opened
    from detent.ops.lock import lock as lock_dependencies

    wanted = options.lock(values)
    with opened(values, os.environ, console) as (world, project):
        outcome = lock_dependencies(world, project, wanted)
        report.locked(console, outcome, dry_run=bool(values["dry_run"]))
    return 0


def sync(values: Values, console: Console) -> int:
    """Make the environment match the lock."""
    from detent.cli import options, report
    from detent.cli.opened import opened
    from detent.ops.sync import sync as sync_environment

    wanted = options.sync(values)
    with opened(values, os.environ, console) as (world, project):
        outcome = sync_environment(world, project, wanted)
        return report.synced(console, outcome, wanted)


def run(values: Values, console: Console) -> int:
    """Run a command in the environment."""
    from detent.cli import options, report
    from detent.ops.sync import run as run_command
    from detent.ops.wiring import open_world

    wanted = options.run(values)
    if not wanted.command:
        raise UsageError(
            "`run` needs a command",
            next_steps=("run `detent run python`, or `detent run COMMAND ARGUMENTS`",),
        )
    run_command(
        wanted,
        os.environ,
        lambda project: open_world(options.flags(values), os.environ, console.report, project),
        lambda outcome: report.synced(console, outcome, wanted.sync, is_run=True),
    )


def tree(values: Values, console: Console) -> int:
    """Show the locked packages as a tree."""
    from detent.cli import options
    from detent.cli.opened import opened
    from detent.ops.lock import tree as draw_tree

    wanted = options.tree(values)
    with opened(values, os.environ, console) as (world, project):
        console.answer(draw_tree(world, project, wanted))
    return 0


def version(values: Values, console: Console) -> int:
    """Show the project's version."""
    from detent.cli import options
    from detent.ops.discover import find_project
    from detent.ops.lock import project_version

    project = find_project(options.text(values, "project"))
    number = project_version(project)
    console.answer(number if values["short"] else f"{project.manifest.raw_name} {number}")
    return 0
