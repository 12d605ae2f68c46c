"""Run: sync, then become the command; without a project, in the environment that is there.

Nothing of ours stays between the caller and the command: it is our process, with our streams and signals. An
isolated run alone waits for its end, to remove the environment that was made for it, and a task for those
that it depends on.
"""

# ruff: noqa: PTH113 (strings: a program is looked for in every folder of PATH)

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from signal import SIG_BLOCK, SIG_SETMASK, SIGHUP, SIGINT, SIGTERM, pthread_sigmask, signal
from typing import Any

from detent import stamp
from detent.errors import DetentError, Unsupported, UsageError
from detent.errors.project import ManifestMissing
from detent.errors.python import CommandMissing, CommandNeeded, CommandRefused
from detent.events import Event, Notice, Report, Step
from detent.install.installed import dangling
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.ops.active import environment_path
from detent.ops.discover import Project, find_project
from detent.ops.matching import SyncOutcome, stand
from detent.ops.python import interpreter_for
from detent.ops.selection import Chosen
from detent.ops.sync import SyncOptions, sync
from detent.ops.tasks import Call, Found, Run, enter, planned, tasks_of
from detent.ops.world import World
from detent.project.sources import Setting
from detent.project.tasks import Task
from detent.python.environment import Environment
from detent.python.pyvenv import CONFIG_NAME
from detent.store.cache import Scratch


class RunOptions(NamedTuple):
    """What to run, and the sync that goes before it."""

    command: tuple[str, ...]
    is_module: bool = False
    no_sync: bool = False
    no_project: bool = False
    is_isolated: bool = False
    project: str | None = None
    variables: tuple[tuple[str, str], ...] = ()
    """What is set for the command beside the variables there are."""
    sync: SyncOptions = SyncOptions(exact=False, last="kept")


class _Plan(NamedTuple):
    """What is run, and how whoever asked for it wants it."""

    whole: Run
    options: RunOptions
    project: Project | None
    variables: Mapping[str, str]
    begun: Callable[[Call], object]
    tasks: Collection[str] = ()
    """The names of those that there are."""


def run(
    options: RunOptions,
    variables: Mapping[str, str],
    open_world: Callable[[Project], AbstractContextManager[World]],
    *,
    synced: Callable[[SyncOutcome], object],
    offered: Callable[[Sequence[str], Sequence[Task]], int],
    begun: Callable[[Call], object],
) -> int:
    """Sync, then become the command: its exit code and signals are the caller's.

    Outside any project the command is run in the environment that is active or stands here or above, else as
    it is. Without a command what the environment has to run is ``offered``, with the project's tasks. Before
    each of several commands ``begun`` is told; what fails of them is the last. Raises :class:`CommandMissing`
    when there is none of that name, :class:`CommandRefused` when it does not start.
    """
    _refuse_scripts(options)
    project = _project_of(options)
    found = _tasks(options, project)
    whole = planned(found, options.command) if not options.is_module else Run((Call(options.command),))
    options = options._replace(sync=_with_needs(options.sync, whole, project))
    if _is_on_ci(variables):
        # What is tested there is what the lock and the command say, whatever stood in a cached environment.
        options = options._replace(sync=options.sync._replace(last="ignored"))
    tasks = {name: task for place in reversed(found) for name, task in place.tasks.items()}
    plan = _Plan(whole, options, project, variables, begun, tasks)
    if project is None:
        if options.is_isolated:
            raise UsageError(
                "`--isolated` needs a project",
                why="it decides what is installed for the run",
                next_steps=("leave `--isolated` out, or start a project with `detent init`",),
            )
        environment = _environment_outside(variables)
    else:
        # The world is closed again before the command begins: nothing of the store is held meanwhile.
        with open_world(project) as world:
            if options.is_isolated:
                return _run_isolated(world, project, plan, synced)
            environment = environment_path(world, project)
            if options.no_sync:
                interpreter = interpreter_for(world, project, environment)
                place = world.environments().look(environment, interpreter, keeps_moved=True)
                _tell_astray(world, stand(world, place, interpreter, prompt=project.title))
            else:
                synced(sync(world, project, options.sync))
    if not options.command:
        if environment is None:
            raise CommandNeeded
        return offered(_programs(environment), [tasks[name] for name in sorted(tasks)])
    *before, last = whole.calls
    code = _all_in_turn(plan, before, environment)
    if code:
        return code
    program, arguments, environ = _call(plan, last, environment)
    try:
        os.execve(program, arguments, environ)  # noqa: S606 -- what `run` is for
    except OSError as error:
        raise _refused(arguments[0], error, is_installed=_lies_in(program, environment)) from error


def _tasks(options: RunOptions, project: Project | None) -> tuple[Found, ...]:
    if project is None or options.is_module:
        return ()
    return tasks_of(project, options.sync.chosen.package)


def _with_needs(options: SyncOptions, whole: Run, project: Project | None) -> SyncOptions:
    """Have installed what tasks need, beside what is or what is selected here."""
    if project is None or not (whole.extras or whole.groups):
        return options
    chosen = options.chosen
    added = chosen._replace(extra=(*chosen.extra, *whole.extras), group=(*chosen.group, *whole.groups))
    here = project.current.name
    if not chosen.package and whole.owner not in {"", here}:  # the root's, from within a member
        added = added._replace(package=(here, PackageName(whole.owner)))
    return options._replace(chosen=added, last="beside" if chosen == Chosen() else options.last)


def _all_in_turn(plan: _Plan, calls: Sequence[Call], environment: Path | None) -> int:
    """Run commands one after the other, and give the exit code of the first that fails, else 0."""
    for call in calls:
        program, arguments, environ = _call(plan, call, environment)
        try:
            code = _run_and_wait(program, arguments, environ)
        except OSError as error:
            raise _refused(arguments[0], error, is_installed=_lies_in(program, environment)) from error
        if code:
            return code
    return 0


def _tell_astray(world: World, environment: Environment) -> None:
    """Say that programs start another environment's Python, and what of the cache is gone."""
    if environment.moved_from:
        told = f"the environment was made at `{environment.moved_from}`, and its programs start what is there"
        world.report(Notice("warning", f"{told}; run `detent sync`"))
    gone = dangling(environment)
    if gone:
        names = ", ".join(gone[:3]) + (f" and {len(gone) - 3} more" if len(gone) > 3 else "")
        told = f"the cache no longer holds what the environment links to: {names}; run `detent sync`"
        world.report(Notice("warning", told))


def _run_isolated(
    world: World, project: Project, plan: _Plan, synced: Callable[[SyncOutcome], object]
) -> int:
    """Run the command in an environment that is there for this run alone, and wait to remove it."""
    with Scratch(world.layout) as scratch:
        place = Setting(scratch / "environment", "`--isolated`")
        settings = world.settings._replace(project_environment=place)
        apart = world._replace(settings=settings, report=partial(_without_steps, world.report))
        try:
            synced(sync(apart, project, plan.options.sync._replace(last="ignored", command="")))
        finally:
            world.environments().forget(place.value)
        if not plan.options.command:
            raise CommandNeeded
        return _all_in_turn(plan, plan.whole.calls, place.value)


def _without_steps(report: Report, event: Event) -> None:
    """Keep quiet about an environment that nobody will see."""
    if not isinstance(event, Step):
        report(event)


def _run_and_wait(program: str, arguments: list[str], environ: Mapping[str, str]) -> int:
    """Start a child and wait for it; give what a shell would call its exit code.

    Signals are the child's to answer. They wait until it is there to get them.
    """
    mask = pthread_sigmask(SIG_BLOCK, (SIGTERM, SIGHUP, SIGINT))
    before: dict[int, Any] = {}
    try:
        child = os.posix_spawn(program, arguments, environ, setsigmask=mask)
        passed_on = (SIGTERM, SIGHUP, SIGINT)
        before.update({n: signal(n, lambda number, _: _pass_on(child, number)) for n in passed_on})
        pthread_sigmask(SIG_SETMASK, mask)
        _, status = os.waitpid(child, 0)
    finally:
        for number, handler in before.items():
            signal(number, handler)
        pthread_sigmask(SIG_SETMASK, mask)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _pass_on(child: int, number: int) -> None:
    """Hand a signal to the child; a terminal sends its own to everybody in the foreground already."""
    if number != SIGINT or not _is_in_foreground():
        os.kill(child, number)


def _is_in_foreground() -> bool:
    for stream in range(3):
        try:
            return os.tcgetpgrp(stream) == os.getpgrp()
        except OSError:
            continue
    return False


def _call(plan: _Plan, call: Call, environment: Path | None) -> tuple[str, list[str], dict[str, str]]:
    """Change to where it runs; give the program to start, its arguments and its variables."""
    if len(plan.whole.calls) > 1:
        plan.begun(call)
    enter(call)
    is_file = os.path.isfile(call.words[0])
    arguments = stamp.arguments(list(call.words), is_module=plan.options.is_module, is_file=is_file)
    environ = {**plan.variables, **dict(plan.options.variables)}
    if environment is not None:
        environ = stamp.child_variables(environ, str(environment))
    environ.update(call.variables)
    program = _find(arguments[0], environ.get("PATH", os.defpath))
    if program is None:
        raise _command_missing(arguments[0], call.task, plan, environment)
    return program, arguments, environ


def _lies_in(program: str, environment: Path | None) -> bool:
    return environment is not None and Path(program).parent == environment / stamp.PROGRAMS


def _refused(command: str, error: OSError, *, is_installed: bool) -> CommandRefused:
    reason = (error.strerror or "").lower()
    steps: tuple[str, ...] = ()
    if isinstance(error, FileNotFoundError):
        reason = "the interpreter in its first line does not exist"
        if is_installed:  # of another tool's environment that was moved
            steps = ("run `detent sync --deep` to install it again",)
    return CommandRefused(command, reason, next_steps=steps)


def _is_on_ci(variables: Mapping[str, str]) -> bool:
    """Whether the variable CI says that nobody is watching."""
    return variables.get("CI", "").lower() not in ("", "0", "false")


def _environment_outside(variables: Mapping[str, str]) -> Path | None:
    """The environment a command runs in that belongs to no project: the active one, else a `.venv` above."""
    here = Path.cwd()
    active = variables.get("VIRTUAL_ENV")
    places = [folder / ".venv" for folder in (here, *here.parents)]
    if active:
        places.insert(0, Path(os.path.abspath(active)))  # noqa: PTH100
    return next((place for place in places if (place / CONFIG_NAME).is_file()), None)


def _programs(environment: Path) -> list[str]:
    """The names of what can be started in an environment."""
    try:
        with os.scandir(environment / stamp.PROGRAMS) as found:
            return sorted(e.name for e in found if e.is_file() and os.access(e.path, os.X_OK))
    except OSError:
        return []


def _command_missing(command: str, task: str, plan: _Plan, environment: Path | None) -> DetentError:
    if task and command in plan.tasks:
        return CommandMissing(
            command,
            why=f"the task `{task}` starts it as a program, and there is only a task of that name",
            next_steps=(f"name it in `depends` of `{task}`",),
        )
    if command.endswith((".py", ".pyw")):
        return CommandMissing(
            command,
            why="there is no such file here, nor such a command",
            next_steps=("name the script by its path",),
        )
    project = plan.project
    if project is None or command not in dict(project.current.manifest.scripts):
        programs = _programs(environment) if environment is not None else ()
        return CommandMissing(command, names=(*programs, *(() if task else plan.tasks)))
    if not project.current.manifest.is_package:
        return CommandMissing(
            command,
            why="it is a command of the project itself, which is not built: it has no `[build-system]`",
            next_steps=("add a `[build-system]` table", "or set `package = true` in `[tool.detent]`"),
        )
    return CommandMissing(
        command,
        why="it is a command of the project itself, which is not installed in the environment",
        next_steps=("run `detent sync` to install it",),
    )


def _project_of(options: RunOptions) -> Project | None:
    """The project of a script is the one the script lies in; without any there is nothing to sync."""
    if options.no_project:
        return None
    start = options.project
    first = options.command[0] if options.command else ""
    if start is None and not options.is_module and first.endswith(".py") and Path(first).is_file():
        start = str(Path(first).resolve().parent)
    try:
        return find_project(start)
    except ManifestMissing:
        if options.project is not None:
            raise
        return None


def _refuse_scripts(options: RunOptions) -> None:
    """A script with inline metadata (PEP 723) wants an environment of its own."""
    first = Path(*options.command[:1])
    if options.is_module or not first.is_file():
        return
    try:
        with first.open("rb") as file:
            head = file.read(2**20)
    except OSError:
        return
    if any(line.rstrip() == b"# /// script" for line in head.splitlines()):
        raise Unsupported(
            f"`{first}` declares its own dependencies",
            why="scripts with a `# /// script` block (PEP 723) are not supported yet",
            next_steps=(
                "add its dependencies to the project and take the block out",
                f"or run it without them: `detent run python {first}`",
            ),
        )


def _find(command: str, path: str) -> str | None:
    """The program a shell would start; relative folders on PATH are left out."""
    if os.sep in command:
        if not os.path.lexists(command):
            return None
        if not os.path.isfile(command):
            raise CommandRefused(command, "it is no file")
        if not os.access(command, os.X_OK):
            raise CommandRefused(
                command, "it is not executable", next_steps=(f"make it so with `chmod +x {command}`",)
            )
        return command
    return stamp.on_path(command, path)
