"""The commands about a project: flags to options, one call, one rendering. No decision about the domain."""

import os
from collections.abc import Sequence
from typing import Any

from detent.cli.console import Console
from detent.cli.parse import Values
from detent.errors import UsageError


def directory_missing(directory: str, error: OSError) -> UsageError:
    """Say that `--directory` names no folder one can change to."""
    return UsageError(
        f"cannot change to the directory `{directory}`",
        why=(error.strerror or "").lower(),
        next_steps=("name a folder that is there with `--directory`",),
    )


def folder_gone() -> UsageError:
    """Say that the working folder is none any more."""
    return UsageError(
        "the working folder is gone",
        why="it was removed while the shell stood in it",
        next_steps=("change to a folder that is there, with `cd`",),
    )


def init(values: Values, console: Console) -> int:
    """Start a project."""
    from detent.cli import options, starting
    from detent.ops.init import init as init_project
    from detent.ops.wiring import open_world

    with open_world(options.flags(values), os.environ, console.report) as world:
        wanted = starting.options(values)
        root = os.path.abspath(wanted.path or ".")  # noqa: PTH100 -- links the user wrote stay as they are
        outcome = init_project(world, wanted)
        starting.report(console, outcome)
        if options.is_on(values, "merge_driver"):
            from detent.cli import merge_report
            from detent.ops.discover import find_project
            from detent.ops.merge_driver import install

            project = find_project(root)
            merge_report.installed(console, install(project.lock_path.parent, os.environ))
        if console.wants_json:
            from detent.cli import project_facts

            console.data(project_facts.started(root, outcome))
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
        console.tell_timings()
        if console.wants_json:
            from detent.cli import project_facts

            console.data(project_facts.edited(project, outcome))
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
        console.tell_timings()
        if console.wants_json:
            from detent.cli import project_facts

            console.data(project_facts.edited(project, outcome))
    return 0


def upgrade(values: Values, console: Console) -> int:
    """Let locked versions move to newer ones."""
    from detent.cli import upgrade_options, upgrade_report
    from detent.cli.opened import opened
    from detent.ops.upgrading import upgrade as upgrade_lock

    wanted = upgrade_options.upgrade(values)
    if values["interactive"]:
        upgrade_options.refuse_without_terminal()
    with opened(upgrade_options.with_newest(values), os.environ, console) as (world, project):
        if values["interactive"]:
            found = upgrade_lock(world, project, wanted._replace(dry_run=True)).lock
            names = upgrade_options.asked(console, [c for c in found.changes if c.before and c.after])
            if not names:
                console.say("Nothing was changed")
                return 0
            wanted = upgrade_options.narrowed(wanted, names)
        outcome = upgrade_lock(world, project, wanted)
        upgrade_report.upgraded(console, outcome)
        console.tell_timings()
        if console.wants_json:
            console.data(upgrade_report.upgrade_facts(project, outcome))
    return 0


def lock(values: Values, console: Console, words: Sequence[str] = ()) -> int:
    """Bring the lock up to date, or check that it is."""
    from detent.cli import lock_options, report, stamped
    from detent.cli.opened import opened
    from detent.ops.lock import lock as lock_dependencies

    wanted = lock_options.lock(values)
    witness = stamped.witness(values, words, os.environ, console)
    with opened(values, os.environ, console, witness) as (world, project):
        outcome = lock_dependencies(world, project, wanted)

        def tell() -> None:
            if wanted.check_exists:
                report.lock_exists(console, outcome)
            else:
                report.locked(console, outcome, dry_run=wanted.dry_run)

        tell()
        console.tell_timings()
        if witness is not None and not outcome.is_changed and witness.sees_folders(project, outcome.lock):
            witness.keep(world, project, console.rehearsed(tell), lock=outcome.text)
        rows = None
        if values["coverage"]:
            from detent.lock.coverage import coverage, draw

            rows = coverage(outcome.lock)
            if not console.wants_json:
                console.answer(draw(rows).rstrip("\n"))
        if console.wants_json:
            from detent.cli import project_facts

            console.data(project_facts.locked(project, outcome, rows, dry_run=wanted.dry_run))
    return 0


def sync(values: Values, console: Console, words: Sequence[str] = ()) -> int:
    """Make the environment match the lock."""
    from detent.cli import stamped, sync_options, sync_report
    from detent.cli.opened import opened
    from detent.ops.settling import keep_settled
    from detent.ops.stamped_environment import LOOKS, keep_synced
    from detent.ops.sync import sync as sync_environment

    wanted = sync_options.sync(values)
    if values["deep"]:
        from detent.ops.deep import damaged_packages

        wanted = wanted._replace(deep=damaged_packages)
    witness = stamped.witness(values, words, os.environ, console, LOOKS)
    with opened(values, os.environ, console, witness) as (world, project):
        outcome = sync_environment(world, project, wanted)
        if console.wants_json:
            from detent.cli import project_facts

            only_look = wanted.check or wanted.dry_run
            console.data(project_facts.synced(project, outcome, dry_run=only_look))
        code = sync_report.synced(console, outcome, wanted)
        console.tell_timings()
        if witness is not None:
            text = sync_report.next_time(console, outcome, wanted)
            keep_synced(witness, world, project, outcome, text)
            keep_settled(
                witness, world, project, outcome, words=words, variables=os.environ, speech=console.speech
            )
        return code


def run(values: Values, console: Console, words: Sequence[str] = ()) -> int:
    """Run a command in the environment."""
    from detent.cli import options, run_options, stamped, sync_report
    from detent.cli.opened import world_for
    from detent.ops.run import run as run_command
    from detent.ops.stamped_environment import LOOKS
    from detent.ops.stamped_run import RunWitness

    wanted = run_options.run(values)
    files = () if values["no_env_file"] else options.words(values, "env_file")
    if files:
        from detent.ops.env_files import variables_of

        wanted = wanted._replace(variables=tuple(variables_of(files, os.environ).items()))
    witness = stamped.witness(values, words, os.environ, console, LOOKS)
    kept = RunWitness(
        witness,
        wanted.sync.chosen.package,
        lambda told: console.rehearsed(lambda: tuple(map(console.report, told))),
        is_module=wanted.is_module,
        goes_by_script=wanted.project is None,
    )
    return run_command(
        wanted,
        os.environ,
        lambda project: kept.during(project, world_for(project, values, os.environ, console, witness)),
        synced=lambda outcome: sync_report.synced(console, kept.synced(outcome), wanted.sync, is_run=True),
        offered=lambda names, tasks: _of_run().offered(console, names, tasks),
        begun=lambda call: _of_run().begun(console, call),
    )


def _of_run() -> Any:
    """Give what a run says of itself, which most leave unsaid."""
    from detent.cli import run_report

    return run_report


def venv(values: Values, console: Console) -> int:
    """Make a virtual environment."""
    from detent.cli import options
    from detent.cli import venv as words
    from detent.ops.environment import project_for
    from detent.ops.environment import venv as make_environment
    from detent.ops.wiring import open_world

    wanted = words.options(values)
    project = project_for(wanted)
    with open_world(options.flags(values), os.environ, console.report, project) as world:
        outcome = make_environment(world, project, wanted)
        seeds: tuple[tuple[str, str], ...] = ()
        if wanted.seed:
            from detent.ops.seeds import plant_seeds

            seeds = plant_seeds(world, outcome.environment)
        words.report(console, outcome, seeds, shell=os.environ.get("SHELL", ""))
        if console.wants_json:
            from detent.cli import project_facts

            console.data(project_facts.made(outcome.environment, seeds))
    return 0


def activate(values: Values, console: Console) -> int:
    """Print the line that activates the environment."""
    from detent.cli import options
    from detent.cli.opened import opened
    from detent.ops.activate import activate as activating
    from detent.ops.activate import shell_around

    shell = options.text(values, "shell") or shell_around(os.getpid(), os.environ)
    with opened(values, os.environ, console) as (world, project):
        console.answer(activating(world, project, shell))
    return 0


def import_from(values: Values, console: Console) -> int:
    """Take over another tool's project."""
    from detent.cli import importing
    from detent.cli.opened import world_for
    from detent.ops.import_project import import_project

    outcome = import_project(
        importing.asked(values),
        lambda project: world_for(project, values, os.environ, console),
        console.report,
        dry_run=bool(values["dry_run"]),
    )
    importing.imported(console, outcome, dry_run=bool(values["dry_run"]))
    if console.wants_json:
        from detent.cli import project_facts

        console.data(project_facts.imported(outcome, dry_run=bool(values["dry_run"])))
    return 0


def build(values: Values, console: Console) -> int:
    """Build a source distribution and a wheel."""
    from detent.cli import build_options, options
    from detent.ops.build import build as build_distributions
    from detent.ops.build import find_sources
    from detent.ops.wiring import open_world

    wanted = build_options.build(values)
    given, start = options.text(values, "source"), options.text(values, "project")
    package, is_all = options.text(values, "package"), options.is_on(values, "all_packages")
    sources = find_sources(given, start, package, all_packages=is_all)
    with open_world(options.flags(values), os.environ, console.report, sources[0].project) as world:
        facts: list[object] = []
        for source in sources:
            paths = build_distributions(world, source, wanted, os.environ)
            build_options.built(console, paths)
            facts += build_options.facts(source, paths)
            if console.wants_json:
                console.data({"built": facts})
    return 0


def version(values: Values, console: Console) -> int:
    """Show, set or raise the project's version."""
    from detent.cli import options, versioning
    from detent.cli.opened import opened
    from detent.ops.discover import about, find_project
    from detent.ops.version import set_version, version_of

    wanted = versioning.options(values)
    if wanted.is_question:
        project, package = find_project(options.text(values, "project")), options.text(values, "package")
        project = project if package is None else about(project, package)
        outcome = version_of(project)
    else:
        with opened(values, os.environ, console) as (world, project):
            outcome = set_version(world, project, wanted)
            versioning.report(console, outcome)
    if console.wants_json:
        from detent.cli import project_facts

        console.data(project_facts.versioned(project, outcome))
    else:
        console.answer(versioning.answer(outcome, is_short=options.is_on(values, "short")))
    return 0


def undo(values: Values, console: Console) -> int:
    """Put the project back as it was before the last change."""
    from detent.cli import undo_report
    from detent.cli.opened import opened
    from detent.cli.options import is_on
    from detent.ops.undo import UndoOptions
    from detent.ops.undo import undo as undo_change

    wanted = UndoOptions(dry_run=is_on(values, "dry_run"), force=is_on(values, "force"))
    with opened(values, os.environ, console) as (world, project):
        outcome = undo_change(world, project, wanted)
        undo_report.undone(console, outcome)
        if console.wants_json:
            from detent.cli import project_facts

            console.data(project_facts.undone(outcome))
    return 0
