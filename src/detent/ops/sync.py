"""Sync: make the environment hold exactly what the lock says for it; and run, which is sync and then exec.

Two phases, kept apart: gather (network to store; may fail, harmless), then apply (store to environment; no
network, journaled). Reads come first, decisions are pure, and the environment is touched last.
"""

# ruff: noqa: PTH113, PTH117, PTH118 (strings: a program is looked for in every folder of PATH)

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Literal, NamedTuple, NoReturn

from detent.errors import (
    CommandMissing,
    CommandRefused,
    DetentError,
    LockMissing,
    ManifestMissing,
    Unsupported,
)
from detent.install.apply import apply, environment_lock, recover
from detent.install.installed import read_installed
from detent.install.plan import Found, Plan, plan
from detent.lock.filename import is_url
from detent.lock.model import Lock
from detent.lock.select import Choice, Selection, select
from detent.ops.discover import LOCK_NAME, Project, find_project
from detent.ops.gather import Gathered, gather
from detent.ops.lock import (
    LockOutcome,
    Upgrade,
    check_lock,
    lock_project,
    project_inputs,
    write_lock,
)
from detent.ops.python import ensure_environment, environment_path, interpreter_for
from detent.ops.selection import Chosen, wanted_selection
from detent.ops.stored_lock import read_lock
from detent.ops.world import World
from detent.python.environment import Environment
from detent.python.interpreter import Interpreter
from detent.python.provision import Place


class SyncOptions(NamedTuple):
    """How to sync."""

    chosen: Chosen = Chosen()
    upgrade: Upgrade = Upgrade()
    locked: bool = False
    frozen: bool = False
    check: bool = False
    dry_run: bool = False
    exact: bool = True


class SyncOutcome(NamedTuple):
    """What a sync did, or would do."""

    lock: LockOutcome | None
    """``None`` when the lock was taken as it is."""
    environment: Path
    environment_action: Literal["kept", "created", "replaced"]
    plan: Plan
    fetched: int = 0
    """How many wheels were brought into the store."""
    check_seconds: float = 0.0
    gather_seconds: float = 0.0
    apply_seconds: float = 0.0

    @property
    def is_in_step(self) -> bool:
        """Whether the environment was there and held the selection already."""
        return self.environment_action == "kept" and self.plan.is_empty


class RunOptions(NamedTuple):
    """What to run, and the sync that goes before it."""

    command: tuple[str, ...]
    is_module: bool = False
    no_sync: bool = False
    project: str | None = None
    sync: SyncOptions = SyncOptions(exact=False)


# ---- sync -----------------------------------------------------------------------------------


def sync(world: World, project: Project, options: SyncOptions) -> SyncOutcome:
    """Lock if needed, then make the environment match; under ``check`` and ``dry_run`` only look."""
    lock, outcome = _lock_to_install(world, project, options)

    def keep_lock() -> None:
        if outcome is not None:
            write_lock(world, project, outcome)

    return install_lock(world, project, lock, outcome, options, keep_lock=keep_lock)


def install_lock(
    world: World,
    project: Project,
    lock: Lock,
    outcome: LockOutcome | None,
    options: SyncOptions,
    *,
    keep_lock: Callable[[], None] = lambda: None,
) -> SyncOutcome:
    """Make the environment match a lock that is settled already.

    ``keep_lock`` is called when nothing is missing any more, before the environment's packages are touched.
    """
    started = world.clock()
    wanted = wanted_selection(lock, options.chosen)
    root = environment_path(world, project)
    interpreter = interpreter_for(world, project, root)
    place = world.environments.look(root, interpreter)
    selection = _with_origins(select(lock, interpreter.target, wanted), project.root)
    if options.check or options.dry_run:
        found = read_installed(place.environment) if place.environment is not None else Found()
        would = plan(selection, found, exact=options.exact)
        return SyncOutcome(outcome, root, place.action, would, check_seconds=world.clock() - started)
    before = Gathered({}, 0)
    if place.environment is None:
        # Everything is in the store before an environment is made, or one that does not do is removed.
        before = gather(world, selection.choices, project.root)
    gather_seconds = world.clock() - started
    with _standing(world, project, place, interpreter) as environment:
        recover(environment, report=world.report)
        done = _make_match(
            world, project, environment, selection, before=before, keep_lock=keep_lock, exact=options.exact
        )
    if before.fetched:
        done = done._replace(gather_seconds=gather_seconds + done.gather_seconds)
    return done._replace(lock=outcome, environment_action=place.action)


def _with_origins(selection: Selection, root: Path) -> Selection:
    """Turn the paths of a lock's direct files into URLs, as `direct_url.json` needs them (PEP 610)."""

    def located(choice: Choice) -> Choice:
        direct = choice.package.direct
        if direct is None or is_url(direct.location):
            return choice
        url = Path(os.path.abspath(root / direct.location)).as_uri()  # noqa: PTH100
        return choice._replace(package=choice.package._replace(direct=direct._replace(location=url)))

    return selection._replace(choices=tuple(map(located, selection.choices)))


@contextmanager
def _standing(
    world: World, project: Project, place: Place, interpreter: Interpreter
) -> Iterator[Environment]:
    """Make the environment if it is not there, and hold it alone; nobody replaces it meanwhile."""
    while True:
        ensure_environment(world, project, place, interpreter)
        with world.environments.hold(place.root, report=world.report):
            # Another process may have wanted another interpreter, and replaced it before it was held.
            place = world.environments.look(place.root, interpreter)
            if place.environment is not None:
                with environment_lock(place.environment, limits=world.limits, report=world.report):
                    yield place.environment
                return


def _make_match(
    world: World,
    project: Project,
    environment: Environment,
    selection: Selection,
    *,
    before: Gathered,
    keep_lock: Callable[[], None],
    exact: bool,
) -> SyncOutcome:
    started = world.clock()
    todo = plan(selection, read_installed(environment), exact=exact)
    checked = world.clock()
    missing = [choice for choice in todo.wanted if choice.package.name not in before.entries]
    gathered = gather(world, missing, project.root)
    ready = world.clock()
    keep_lock()
    outcome = SyncOutcome(
        None,
        environment.root,
        "kept",
        todo,
        fetched=before.fetched + gathered.fetched,
        check_seconds=checked - started,
        gather_seconds=ready - checked,
    )
    if not todo.has_work:
        return outcome
    apply(
        todo,
        environment,
        {**before.entries, **gathered.entries},
        unshare=world.wheels.unshare,
        link_mode=world.settings.link_mode.value,
        report=world.report,
    )
    return outcome._replace(apply_seconds=world.clock() - ready)


def _lock_to_install(world: World, project: Project, options: SyncOptions) -> tuple[Lock, LockOutcome | None]:
    """Give the lock to install, and the locking that led to it (``None`` when it was taken as it is)."""
    if options.frozen:
        stored = read_lock(world.layout, project)
        if stored is None:
            raise LockMissing(LOCK_NAME, "--frozen")
        return stored.lock, None
    inputs = project_inputs(world, project)
    if options.locked or options.check:
        started = world.clock()
        flag = "--locked" if options.locked else "--check"
        stored = check_lock(world, project, inputs, flag=flag)
        return stored.lock, LockOutcome(stored.lock, stored.text, stored, (), world.clock() - started)
    outcome = lock_project(world, inputs, options.upgrade, before=read_lock(world.layout, project))
    return outcome.lock, outcome


# ---- run ------------------------------------------------------------------------------------


def run(
    options: RunOptions,
    variables: Mapping[str, str],
    open_world: Callable[[Project], AbstractContextManager[World]],
    synced: Callable[[SyncOutcome], object],
) -> NoReturn:
    """Sync, then become the command: its exit code and signals are the caller's.

    Outside any project the command is run as it is. Raises :class:`CommandMissing` when there is none of that
    name, :class:`CommandRefused` when it does not start.
    """
    _refuse_scripts(options)
    project = _project_of(options)
    environment: Path | None = None
    if project is not None:
        # The world is closed again before the command begins: nothing of the store is held meanwhile.
        with open_world(project) as world:
            environment = environment_path(world, project)
            if options.no_sync:
                interpreter = interpreter_for(world, project, environment)
                place = world.environments.look(environment, interpreter)
                ensure_environment(world, project, place, interpreter)
            else:
                synced(sync(world, project, options.sync))
    arguments = _arguments(options)
    environ = _child_variables(variables, environment)
    program = _find(arguments[0], environ.get("PATH", os.defpath))
    if program is None:
        raise _command_missing(arguments[0], project)
    try:
        os.execve(program, arguments, environ)  # noqa: S606 -- what `run` is for
    except OSError as error:
        reason = (error.strerror or "").lower()
        if isinstance(error, FileNotFoundError):
            reason = "the interpreter in its first line does not exist"
        raise CommandRefused(arguments[0], reason) from error


def _command_missing(command: str, project: Project | None) -> DetentError:
    if project is not None and command in dict(project.manifest.scripts):
        return Unsupported(
            f"`{command}` is a command of the project itself, which is not installed",
            why="editable installs are not supported yet; only the dependencies are in the environment",
        )
    return CommandMissing(command)


def _project_of(options: RunOptions) -> Project | None:
    """The project of a script is the one the script lies in; without any there is nothing to sync."""
    start = options.project
    first = options.command[0]
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
    first = Path(options.command[0])
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


def _arguments(options: RunOptions) -> list[str]:
    first = options.command[0]
    if options.is_module:
        return ["python", "-m", *options.command]
    if first.endswith((".py", ".pyw")) and Path(first).is_file():
        return ["python", *options.command]
    return list(options.command)


def _child_variables(variables: Mapping[str, str], environment: Path | None) -> dict[str, str]:
    """What activating the environment would set."""
    environ = dict(variables)
    if environment is not None:
        scripts = environment / ("Scripts" if os.name == "nt" else "bin")
        environ["VIRTUAL_ENV"] = str(environment)
        environ["PATH"] = os.pathsep.join(filter(None, (str(scripts), environ.get("PATH", os.defpath))))
        environ.pop("PYTHONHOME", None)
    return environ


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
    for folder in path.split(os.pathsep):
        program = os.path.join(folder, command)
        if os.path.isabs(folder) and os.access(program, os.X_OK) and os.path.isfile(program):
            return program
    return None
