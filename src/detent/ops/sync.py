"""Sync: make the environment hold exactly what the lock says for it; and run, which is sync and then exec.

Two phases, kept apart: gather (network to store; may fail, harmless), then apply (store to environment; no
network, journaled). Reads come first, decisions are pure, and the environment is touched last.
"""

# ruff: noqa: PTH113, PTH117, PTH118 (strings: a program is looked for in every folder of PATH)

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from signal import SIGINT, SIGTERM, signal
from typing import Literal, NamedTuple

from detent.errors import (
    CommandMissing,
    CommandNeeded,
    CommandRefused,
    DetentError,
    LockMissing,
    ManifestMissing,
    Unsupported,
    UsageError,
)
from detent.events import Event, Report, Step
from detent.install.apply import apply, environment_lock, recover
from detent.install.bytecode import compile_packages
from detent.install.installed import read_installed
from detent.install.plan import Found, Plan, plan
from detent.lock.filename import is_url
from detent.lock.model import Lock
from detent.lock.select import Choice, Selection, select
from detent.model.names import PackageName
from detent.ops.discover import LOCK_NAME, Project, find_project
from detent.ops.gather import Gathered, gather
from detent.ops.last_selection import LastSelection, keep_last_selection, read_last_selection
from detent.ops.local import is_tree, project_choice, tree_choice
from detent.ops.lock import (
    LockOutcome,
    Upgrade,
    check_lock,
    lock_project,
    project_inputs,
    write_lock,
)
from detent.ops.python import ensure_environment, environment_path, interpreter_for, tell_adoption
from detent.ops.selection import Chosen, Omitted, installed_choices, wanted_selection
from detent.ops.stored_lock import read_lock
from detent.ops.world import World
from detent.project.settings import Setting
from detent.python.environment import Environment
from detent.python.interpreter import Interpreter
from detent.python.provision import Place
from detent.python.pyvenv import CONFIG_NAME
from detent.store.cache import Scratch


class SyncOptions(NamedTuple):
    """How to sync."""

    chosen: Chosen = Chosen()
    upgrade: Upgrade = Upgrade()
    locked: bool = False
    frozen: bool = False
    check: bool = False
    dry_run: bool = False
    exact: bool = True
    reinstall: bool = False
    """Install again what is right already, everything or the packages named."""
    reinstall_package: tuple[PackageName, ...] = ()
    no_install_project: bool = False
    no_install_local: bool = False
    no_install: tuple[PackageName, ...] = ()
    only_install_project: bool = False
    only_install_local: bool = False
    only_install: tuple[PackageName, ...] = ()
    editable: bool = True
    """Whether the project is installed as a link to its folder."""
    last: Literal["ignored", "replaced", "kept", "extended"] = "ignored"
    """What becomes of what the last sync of the environment selected.

    The flags alone count, and are kept for later (``replaced``) or not (``ignored``); it counts where the
    flags say nothing (``kept``), or with the extras and groups of ``chosen`` added for good (``extended``).
    """

    @property
    def omitted(self) -> Omitted:
        """What of the selection is not installed."""
        return Omitted(
            self.no_install_project,
            self.no_install_local,
            self.no_install,
            self.only_install_project,
            self.only_install_local,
            self.only_install,
        )

    def with_last(self, last: LastSelection) -> "SyncOptions":
        """Let what the last sync selected count wherever the flags say nothing."""
        result = self if self.chosen != Chosen() else self._replace(chosen=last.chosen)
        if not self.editable or self.omitted != Omitted():
            return result
        return result._replace(
            no_install_project=last.no_install_project,
            no_install_local=last.no_install_local,
            no_install=tuple(map(PackageName, last.no_install_package)),
            editable=not last.no_editable,
        )

    def selection(self) -> LastSelection:
        """Give what the commands after this one go by."""
        return LastSelection(
            self.chosen,
            self.no_install_project,
            self.no_install_local,
            not self.editable,
            self.no_install,
        )


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
    compiled: int = 0
    """How many files were compiled to byte code."""
    compile_seconds: float = 0.0

    @property
    def is_in_step(self) -> bool:
        """Whether the environment was there and held the selection already."""
        return self.environment_action == "kept" and self.plan.is_empty


class RunOptions(NamedTuple):
    """What to run, and the sync that goes before it."""

    command: tuple[str, ...]
    is_module: bool = False
    no_sync: bool = False
    no_project: bool = False
    is_isolated: bool = False
    project: str | None = None
    sync: SyncOptions = SyncOptions(exact=False, last="kept")


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
    root = environment_path(world, project)
    options, last = _with_last_selection(world, project, lock, root, options)
    wanted = wanted_selection(lock, options.chosen)
    interpreter = interpreter_for(world, project, root)
    place = world.environments.look(root, interpreter)
    selection = select(lock, interpreter.target, wanted, policy=world.settings.build_policy)
    selection = selection._replace(choices=installed_choices(selection.choices, options.omitted))
    selection = _with_trees(world, project, selection, interpreter, options, is_base=wanted.base)
    selection = _with_origins(selection, project.root)
    reinstall = _to_reinstall(project, lock, selection, options)
    decide = partial(plan, selection, exact=options.exact, reinstall=reinstall)
    if options.check or options.dry_run:
        found = read_installed(place.environment) if place.environment is not None else Found()
        would = decide(
            found, spared=place.environment.seeds if place.environment is not None else frozenset()
        )
        return SyncOutcome(outcome, root, place.action, would, check_seconds=world.clock() - started)
    before = Gathered({}, 0)
    if place.environment is None:
        # Everything is in the store before an environment is made, or one that does not do is removed.
        before = gather(world, selection.choices, project.root, interpreter)
    gather_seconds = world.clock() - started
    with _standing(world, project, place, interpreter) as environment:
        recover(environment, report=world.report)
        done = _make_match(world, project, environment, decide, before=before, keep_lock=keep_lock)
        if world.settings.compile_bytecode.value:
            done = _with_bytecode(world, environment, done)
        if last is not None:
            keep_last_selection(environment.root, last)
    if before.fetched:
        done = done._replace(gather_seconds=gather_seconds + done.gather_seconds)
    return done._replace(lock=outcome, environment_action=place.action)


def _with_last_selection(
    world: World, project: Project, lock: Lock, root: Path, options: SyncOptions
) -> tuple[SyncOptions, LastSelection | None]:
    """Bring in what the last sync selected as the options say, and give what counts as that from now on."""
    if options.last == "ignored":
        return options, None
    if options.last == "replaced":
        return options, options.selection()
    last = read_last_selection(root).known_to(lock, project.manifest.name)
    if options.last == "extended":
        last = last.with_more(lock, options.chosen)
        return options._replace(chosen=Chosen()).with_last(last), last
    result = options.with_last(last)
    if result != options:
        used = " ".join(flag for flag in last.flags() if flag in set(result.selection().flags()))
        world.report(Step(f"Using the extras and groups of the last sync: {used}"))
    return result, last


def _to_reinstall(
    project: Project, lock: Lock, selection: Selection, options: SyncOptions
) -> frozenset[PackageName]:
    """Give the packages to install again; raises :class:`UsageError` for one nobody knows."""
    known = {project.manifest.name, *(package.name for package in lock.packages)}
    for name in options.reinstall_package:
        if name not in known:
            raise UsageError(
                f"there is no `{name}` to reinstall", why="no package of that name is in the lock"
            )
    if options.reinstall:
        return frozenset(choice.package.name for choice in selection.choices)
    return frozenset(options.reinstall_package)


def _with_origins(selection: Selection, root: Path) -> Selection:
    """Turn the paths of a lock's direct files into URLs, as `direct_url.json` needs them (PEP 610)."""

    def located(choice: Choice) -> Choice:
        direct = choice.package.direct
        if direct is None or is_url(direct.location):
            return choice
        url = Path(os.path.abspath(root / direct.location)).as_uri()  # noqa: PTH100
        return choice._replace(package=choice.package._replace(direct=direct._replace(location=url)))

    return selection._replace(choices=tuple(map(located, selection.choices)))


def _with_trees(
    world: World,
    project: Project,
    selection: Selection,
    interpreter: Interpreter,
    options: SyncOptions,
    *,
    is_base: bool,
) -> Selection:
    """Look at the folders that are to be installed, the project itself among them if it is a package."""
    choices = [
        tree_choice(world, choice, project.root, interpreter) if is_tree(choice) else choice
        for choice in selection.choices
    ]
    manifest = project.manifest
    if manifest.is_package and is_base and not options.omitted.leaves_out(manifest.name, is_project=True):
        choices = [choice for choice in choices if choice.package.name != manifest.name]
        choices.append(project_choice(world, project, interpreter, is_editable=options.editable))
        choices.sort(key=lambda choice: choice.package.name)
    return selection._replace(choices=tuple(choices))


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
                tell_adoption(world, place.environment)
                with environment_lock(place.environment, limits=world.limits, report=world.report):
                    yield place.environment
                return


def _make_match(
    world: World,
    project: Project,
    environment: Environment,
    decide: Callable[..., Plan],
    *,
    before: Gathered,
    keep_lock: Callable[[], None],
) -> SyncOutcome:
    started = world.clock()
    todo = decide(read_installed(environment), spared=environment.seeds)
    checked = world.clock()
    missing = [choice for choice in todo.wanted if choice.package.name not in before.entries]
    gathered = gather(world, missing, project.root, environment.interpreter)
    ready = world.clock()
    keep_lock()
    entries = {**before.entries, **gathered.entries}
    todo = todo.with_versions({name: entry.version for name, entry in entries.items()})
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
        entries,
        unshare=world.wheels.unshare,
        link_mode=world.settings.link_mode.value,
        report=world.report,
    )
    return outcome._replace(apply_seconds=world.clock() - ready)


def _with_bytecode(world: World, environment: Environment, done: SyncOutcome) -> SyncOutcome:
    """Compile what was just installed."""
    started = world.clock()
    names = {choice.package.name for choice in done.plan.wanted}
    count = compile_packages(environment, names, variables=os.environ, report=world.report) if names else 0
    return done._replace(compiled=count, compile_seconds=world.clock() - started)


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
    *,
    synced: Callable[[SyncOutcome], object],
    offered: Callable[[Sequence[str]], int],
) -> int:
    """Sync, then become the command: its exit code and signals are the caller's.

    Outside any project the command is run in the environment that is active or stands here or above, else as
    it is. Without a command what the environment has to run is ``offered``. Raises :class:`CommandMissing`
    when there is none of that name, :class:`CommandRefused` when it does not start.
    """
    _refuse_scripts(options)
    project = _project_of(options)
    if is_on_ci(variables):
        # What is tested there is what the lock and the command say, whatever stood in a cached environment.
        options = options._replace(sync=options.sync._replace(last="ignored"))
    if project is None:
        if options.is_isolated:
            raise UsageError("`--isolated` needs a project", why="it decides what is installed for the run")
        environment = _environment_outside(variables)
    else:
        # The world is closed again before the command begins: nothing of the store is held meanwhile.
        with open_world(project) as world:
            if options.is_isolated:
                return _run_isolated(world, project, options, variables, synced)
            environment = environment_path(world, project)
            if options.no_sync:
                interpreter = interpreter_for(world, project, environment)
                place = world.environments.look(environment, interpreter)
                ensure_environment(world, project, place, interpreter)
            else:
                synced(sync(world, project, options.sync))
    if not options.command:
        if environment is None:
            raise CommandNeeded
        return offered(_programs(environment))
    program, arguments, environ = _call(options, project, variables, environment)
    try:
        os.execve(program, arguments, environ)  # noqa: S606 -- what `run` is for
    except OSError as error:
        raise _refused(arguments[0], error) from error


def _run_isolated(
    world: World,
    project: Project,
    options: RunOptions,
    variables: Mapping[str, str],
    synced: Callable[[SyncOutcome], object],
) -> int:
    """Run the command in an environment that is there for this run alone, and wait to remove it."""
    with Scratch(world.layout) as scratch:
        place = Setting(scratch / "environment", "`--isolated`")
        settings = world.settings._replace(project_environment=place)
        apart = world._replace(settings=settings, report=partial(_without_steps, world.report))
        synced(sync(apart, project, options.sync._replace(last="ignored")))
        if not options.command:
            raise CommandNeeded
        program, arguments, environ = _call(options, project, variables, place.value)
        try:
            return _wait_for(os.posix_spawn(program, arguments, environ))
        except OSError as error:
            raise _refused(arguments[0], error) from error


def _without_steps(report: Report, event: Event) -> None:
    """Keep quiet about an environment that nobody will see."""
    if not isinstance(event, Step):
        report(event)


def _wait_for(child: int) -> int:
    """Wait for a child, and give what a shell would call its exit code; signals are the child's to answer."""
    before = {
        SIGTERM: signal(SIGTERM, lambda number, _: os.kill(child, number)),
        SIGINT: signal(SIGINT, lambda _number, _: None),  # a terminal sends it to the child too
    }
    try:
        _, status = os.waitpid(child, 0)
    finally:
        for number, handler in before.items():
            signal(number, handler)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _call(
    options: RunOptions, project: Project | None, variables: Mapping[str, str], environment: Path | None
) -> tuple[str, list[str], dict[str, str]]:
    """Give the program to start, its arguments and its variables."""
    arguments = _arguments(options)
    environ = _child_variables(variables, environment)
    program = _find(arguments[0], environ.get("PATH", os.defpath))
    if program is None:
        raise _command_missing(arguments[0], project)
    return program, arguments, environ


def _refused(command: str, error: OSError) -> CommandRefused:
    reason = (error.strerror or "").lower()
    if isinstance(error, FileNotFoundError):
        reason = "the interpreter in its first line does not exist"
    return CommandRefused(command, reason)


def is_on_ci(variables: Mapping[str, str]) -> bool:
    """Whether the variable CI says that nobody is watching."""
    return variables.get("CI", "").lower() not in ("", "0", "false")


def _environment_outside(variables: Mapping[str, str]) -> Path | None:
    """The environment a command runs in that belongs to no project: the active one, else a `.venv` above."""
    active = variables.get("VIRTUAL_ENV")
    if active:
        return Path(os.path.abspath(active))  # noqa: PTH100
    here = Path.cwd()
    places = (folder / ".venv" for folder in (here, *here.parents))
    return next((place for place in places if (place / CONFIG_NAME).is_file()), None)


def _programs(environment: Path) -> list[str]:
    """The names of what can be started in an environment."""
    try:
        with os.scandir(_scripts(environment)) as found:
            return sorted(e.name for e in found if e.is_file() and os.access(e.path, os.X_OK))
    except OSError:
        return []


def _command_missing(command: str, project: Project | None) -> DetentError:
    if project is None or command not in dict(project.manifest.scripts):
        return CommandMissing(command)
    if not project.manifest.is_package:
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


def _arguments(options: RunOptions) -> list[str]:
    first = options.command[0]
    if options.is_module:
        return ["python", "-m", *options.command]
    if first == "-" or (first.endswith((".py", ".pyw")) and Path(first).is_file()):
        return ["python", *options.command]
    return list(options.command)


def _child_variables(variables: Mapping[str, str], environment: Path | None) -> dict[str, str]:
    """What activating the environment would set."""
    environ = dict(variables)
    if environment is not None:
        scripts = _scripts(environment)
        environ["VIRTUAL_ENV"] = str(environment)
        environ["PATH"] = os.pathsep.join(filter(None, (str(scripts), environ.get("PATH", os.defpath))))
        environ.pop("PYTHONHOME", None)
    return environ


def _scripts(environment: Path) -> Path:
    return environment / ("Scripts" if os.name == "nt" else "bin")


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
