"""Sync: settle what the environment is to hold, by what the lock says for it, and have it made so.

The lock is brought up to date, or checked, and the selection made from it; folders are looked at. Nothing is
touched here: :mod:`detent.ops.matching` makes the environment match, and keeps the lock on its way.
"""

import os
from collections.abc import Iterable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Literal, Protocol

from detent.errors import UsageError, did_you_mean
from detent.errors.lock import LockMissing
from detent.events import Notice, Step
from detent.install.plan import Linking, Plan
from detent.lock.builds import build_lock_of
from detent.lock.choice import Choice, Selection
from detent.lock.filename import is_url
from detent.lock.model import BuildLock, Lock
from detent.lock.select import Wanted, select
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.ops.active import environment_path
from detent.ops.before import remember_environment
from detent.ops.built import is_git, is_tree, with_settings
from detent.ops.discover import LOCK_NAME, Project
from detent.ops.gather import forget_builds, gather
from detent.ops.history import Remembered
from detent.ops.last_selection import LastSelection, read_last_selection, render_last_selection
from detent.ops.local import git_choice, project_choice, tree_choice
from detent.ops.lock import (
    LockOutcome,
    check_lock,
    lock_change,
    lock_project,
    project_inputs,
    write_lock,
)
from detent.ops.matching import Begin, Gathered, Settled, SyncOutcome, look, match
from detent.ops.python import interpreter_for
from detent.ops.selection import (
    Chosen,
    Omitted,
    for_project,
    installed_choices,
    selected_parts,
    wanted_selection,
)
from detent.ops.stored_lock import read_lock, read_old_lock, require_whole
from detent.ops.unisolated import match_in_turns
from detent.ops.upgrade import Upgrade
from detent.ops.world import World
from detent.python.interpreter import Interpreter


class DeepLook(Protocol):
    """What finds the packages that are not as they were installed (:mod:`detent.ops.deep`)."""

    def __call__(
        self, world: World, root: Path, interpreter: Interpreter, /, *, repairs: bool
    ) -> frozenset[PackageName]:
        """Look; with ``repairs`` see besides that the store has right files of them."""


class SyncOptions(NamedTuple):
    """How to sync."""

    command: str = "sync"
    """What `undo` calls it; empty for what is not to be undone."""
    chosen: Chosen = Chosen()
    upgrade: Upgrade = Upgrade()
    locked: bool = False
    frozen: bool = False
    check: bool = False
    dry_run: bool = False
    deep: DeepLook | None = None
    """Reads every file of the environment; what was changed is installed again. ``None``: nobody looks."""
    exact: bool = True
    reinstall: bool = False
    """Install again what is right already, everything or the packages named."""
    reinstall_package: tuple[PackageName, ...] = ()
    refresh: bool = False
    """Build again what is missing and was built before, everything or the packages named."""
    refresh_package: tuple[PackageName, ...] = ()
    no_install_project: bool = False
    no_install_local: bool = False
    no_install_workspace: bool = False
    no_install: tuple[PackageName, ...] = ()
    only_install_project: bool = False
    only_install_local: bool = False
    only_install: tuple[PackageName, ...] = ()
    editable: bool = True
    """Whether the project is installed as a link to its folder."""
    last: Literal["ignored", "replaced", "kept", "extended", "beside"] = "ignored"
    """What becomes of what the last sync of the environment selected; how it was linked counts in any case.

    The flags alone count, and are kept for later (``replaced``) or not (``ignored``); it counts where the
    flags say nothing (``kept``), or with the extras and groups of ``chosen`` added, for good (``extended``)
    or this once (``beside``).
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
            self.no_install_workspace,
        )

    def with_last(self, last: LastSelection) -> "SyncOptions":
        """Let what the last sync selected count wherever the flags say nothing."""
        result = self if self.chosen != Chosen() else self._replace(chosen=last.chosen)
        if not self.editable or self.omitted != Omitted():
            return result
        return result._replace(
            no_install_project=last.no_install_project,
            no_install_local=last.no_install_local,
            no_install_workspace=last.no_install_workspace,
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
            no_install_workspace=self.no_install_workspace,
        )


def sync(world: World, project: Project, options: SyncOptions) -> SyncOutcome:
    """Lock if needed, then make the environment match; under ``check`` and ``dry_run`` only look."""
    lock, outcome = _lock_to_install(world, project, options)
    with Remembered(world.layout, project.root, options.command) as remembered:

        def begin(root: Path, plan: Plan | None) -> None:
            files = lock_change(project, outcome) if outcome is not None else ()
            remember_environment(remembered, root, plan, *files)
            if plan is not None and outcome is not None:
                write_lock(world, project, outcome)

        return install_lock(world, project, lock, outcome, options, begin=begin)


def install_lock(
    world: World,
    project: Project,
    lock: Lock,
    outcome: LockOutcome | None,
    options: SyncOptions,
    *,
    begin: Begin,
) -> SyncOutcome:
    """Make the environment match a lock that is settled already.

    ``begin`` is called when nothing is missing any more, before the environment is touched.
    """
    root = environment_path(world, project)
    options, last = _with_last_selection(world, project, lock, root, options)
    link_mode, named = _link_mode(world, root)
    wanted = wanted_selection(lock, options.chosen)
    interpreter = interpreter_for(world, project, root)
    policy = world.settings.build_policy.if_built_before()
    selection = select(lock, interpreter.target, wanted, policy=policy, without=options.no_install)
    members = frozenset(part.name for part in project.workspace.parts) if project.workspace else frozenset()
    selection = selection._replace(choices=installed_choices(selection.choices, options.omitted, members))
    build_lock = build_lock_of(lock, is_wanted=world.settings.choosing.locks_builds)
    selection = _with_trees(
        world, project, selection, interpreter, options, wanted=wanted, build_lock=build_lock
    )
    selection = _with_origins(selection, project.root)
    _refuse_unknown(project, lock, options)
    damaged = frozenset[PackageName]()
    if options.deep is not None:
        only_look = options.check or options.dry_run
        damaged = options.deep(world, root, interpreter, repairs=not only_look)
    settled = Settled(
        root,
        interpreter,
        project.title,
        selection,
        # Where all is built in it, what a build needs may be there by hand, and be no part of the selection.
        exact=options.exact and not world.settings.build_terms.shares_everything,
        reinstall=_to_reinstall(selection, options) | damaged,
        linking=Linking(link_mode, world.settings.no_directory_links, world.settings.allow_overwrite),
        compiles=world.settings.compile_bytecode.value,
        last=None if last is None else render_last_selection(last._replace(link_mode=named)),
    )
    if options.check or options.dry_run:
        return look(world, settled)._replace(lock=outcome)
    gathering = _Gathering(world, lock, settled, project.root, _to_build_again(selection, options))
    if world.settings.build_terms.may_share:
        done = match_in_turns(world, settled, gathering, begin=begin)
    else:
        done = match(world, settled, gathering, begin=begin)
    done = done._replace(lock=outcome, settled=settled)
    _tell_unhashed(world, project, done)
    if done.fetched:  # what is in the store already was told when it came there
        _tell_yanked(world, done)
    return done


def _tell_yanked(world: World, outcome: SyncOutcome) -> None:
    """Say what of it was yanked, as far as that is known here without asking."""
    told = []
    for choice in outcome.plan.wanted:
        package = choice.package
        own = world.releases.serving(package) if package.index else None
        if own is not None and own.known_yanked(package.name, package.version):
            told.append(f"`{package.name}` {package.version}")
    if told:
        step = "`detent lock --upgrade` looks for others"
        world.report(Notice("note", f"installed although it was yanked: {', '.join(told)}; {step}"))


def _tell_unhashed(world: World, project: Project, outcome: SyncOutcome) -> None:
    """Say what of it was not checked by a hash, for the lock has none of a repository or a folder."""
    own = _names(project)
    wanted = [choice for choice in outcome.plan.wanted if choice.package.name not in own]
    told = [
        f"`{choice.package.name}` ({words})"
        for is_such, words in ((is_git, "held to its commit"), (is_tree, "a folder, held to nothing"))
        for choice in wanted
        if is_such(choice)
    ]
    if told:
        world.report(Notice("note", f"installed without a hash: {', '.join(told)}"))


class _Gathering:
    """Brings choices into the store; what is to be built again is so the first time it is asked for."""

    def __init__(
        self, world: World, lock: Lock, settled: Settled, root: Path, again: frozenset[PackageName]
    ) -> None:
        self._world = world
        self._promises = cache(partial(world.promises, lock, settled.interpreter.target))
        self._interpreter = settled.interpreter
        self._linking = settled.linking
        self._root = root
        self._again = again

    def __call__(self, choices: Iterable[Choice]) -> Gathered:
        choices = tuple(choices)
        again = self._again.intersection(choice.package.name for choice in choices)
        forget_builds(self._world, choices, again, self._root, self._interpreter)
        self._again -= again
        return gather(
            self._world,
            choices,
            self._root,
            self._interpreter,
            linking=self._linking,
            promises=self._promises,
        )


def _with_last_selection(
    world: World, project: Project, lock: Lock, root: Path, options: SyncOptions
) -> tuple[SyncOptions, LastSelection | None]:
    """Bring in what the last sync selected as the options say, and give what counts as that from now on."""
    chosen = for_project(project, options.chosen)
    if options.last == "ignored":
        return options._replace(chosen=chosen), None
    if options.last == "replaced":
        options = options._replace(chosen=chosen)
        return options, options.selection()
    last = read_last_selection(root).known_to(lock, project.manifest.name)
    if options.last in ("extended", "beside"):
        more = last.with_more(lock, chosen)
        options = options._replace(chosen=Chosen()).with_last(more)
        return options, more if options.last == "extended" else last
    is_elsewhere = options.chosen != Chosen() or not last.covers(chosen)
    if project.workspace is not None and is_elsewhere:
        options = options._replace(chosen=chosen)
    result = options.with_last(last)
    # In a workspace the last sync names members; those a command is for anyway are nothing to tell.
    if result not in (options, options._replace(chosen=chosen)):
        used = " ".join(flag for flag in last.flags() if flag in set(result.selection().flags()))
        world.report(Step(f"Using the extras and groups of the last sync: {used}", is_lasting=True))
    return result, last


def _link_mode(world: World, root: Path) -> tuple[str, str]:
    """Give the mode in force, and as which it counts for the commands after this one.

    An environment keeps the one that somebody named last. What stands in a file counts as long as it does.
    """
    setting = world.settings.link_mode
    if setting.is_default:
        last = read_last_selection(root).link_mode
        return last or setting.value, last
    is_kept = setting.is_of_person and setting.value != "auto"  # which is the default
    return setting.value, setting.value if is_kept else ""


def _refuse_unknown(project: Project, lock: Lock, options: SyncOptions) -> None:
    """A misspelled name would do nothing, or leave nothing: refuse it while its giver is looking."""
    known = {*_names(project), *(package.name for package in lock.packages)}
    for flag, names in (
        ("--reinstall-package", options.reinstall_package),
        ("--no-install-package", options.no_install),
        ("--only-install-package", options.only_install),
    ):
        for name in names:
            if name not in known:
                raise UsageError(
                    f"there is no package `{name}` for `{flag}`",
                    why=f"`{LOCK_NAME}` has no entry of that name",
                    next_steps=(*did_you_mean(name, known), "see what is locked with `detent tree`"),
                )


def _to_reinstall(selection: Selection, options: SyncOptions) -> frozenset[PackageName]:
    """Give the packages to install again."""
    if options.reinstall:
        return frozenset(choice.package.name for choice in selection.choices)
    return frozenset(options.reinstall_package)


def _to_build_again(selection: Selection, options: SyncOptions) -> frozenset[PackageName]:
    """Give what is built anew if it has to be brought: what was named, and of everything the folders."""
    named = {*options.reinstall_package, *options.refresh_package}
    return frozenset(
        choice.package.name
        for choice in selection.choices
        if options.refresh or choice.package.name in named or (options.reinstall and is_tree(choice))
    )


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
    wanted: Wanted,
    build_lock: BuildLock | None,
) -> Selection:
    """Look at the folders that are to be installed, the packages among them that were selected themselves."""
    links = frozenset[PackageName]() if options.editable else _names(project)
    terms = world.settings.build_terms
    build_with = _needed_as_installed(world, selection)
    place = str(environment_path(world, project)) if terms.may_share else ""
    choices = [
        tree_choice(world, _without_link(choice, links), project.root, interpreter)
        if is_tree(choice)
        else _file(world, choice)
        for choice in (
            choice._replace(
                build_with=build_with.get(choice.package.name, ()),
                build_in=place if terms.shares(choice.package.name) else "",
                build_lock=build_lock,
            )
            if (build_with or place or build_lock is not None) and not choice.artifact.is_wheel
            else choice
            for choice in selection.choices
        )
    ]
    parts, is_member = selected_parts(project, wanted), project.workspace is not None
    # `--package` may name another one than the command stands in.
    here = parts[0].folder if len(parts) == 1 else project.current.folder
    for part in parts:
        is_project = part.folder == here
        if not part.manifest.is_package or options.omitted.leaves_out(
            part.name, is_project=is_project, is_member=is_member
        ):
            continue
        choices = [choice for choice in choices if choice.package.name != part.name]
        choices.append(
            project_choice(
                world,
                part,
                interpreter,
                is_editable=options.editable,
                build_with=build_with.get(part.name, ()),
                build_in=place if terms.shares(part.name) else "",
                build_lock=build_lock,
            )
        )
        choices.sort(key=lambda choice: choice.package.name)
    return selection._replace(choices=tuple(choices))


def _names(project: Project) -> frozenset[PackageName]:
    return frozenset(manifest.name for manifest in project.manifests())


def _without_link(choice: Choice, names: frozenset[PackageName]) -> Choice:
    direct = choice.package.direct
    if direct is None or choice.package.name not in names:
        return choice
    return choice._replace(package=choice.package._replace(direct=direct._replace(editable=False)))


def _needed_as_installed(world: World, selection: Selection) -> Mapping[PackageName, tuple[str, ...]]:
    """Give what builds take in the version that is selected, by the package that is built."""
    terms = world.settings.build_terms
    if not terms.extra:
        return {}
    versions = {choice.package.name: choice.package.version for choice in selection.choices}
    return {name: terms.matched(name, versions) for name in terms.extra}


def _file(world: World, choice: Choice) -> Choice:
    """Give a choice that is a file, or a commit; what is built with other settings is another one."""
    if choice.artifact.is_wheel:
        return choice
    if is_git(choice):
        choice = git_choice(choice)
    return with_settings(world, choice)


def _lock_to_install(world: World, project: Project, options: SyncOptions) -> tuple[Lock, LockOutcome | None]:
    """Give the lock to install, and the locking that led to it (``None`` when it was taken as it is)."""
    if options.frozen:
        stored = read_lock(world.layout, project)
        if stored is None:
            raise LockMissing(LOCK_NAME, "--frozen")
        require_whole(world.layout, project, stored)
        return stored.lock, None
    inputs = project_inputs(world, project)
    if options.locked or options.check:
        started = world.clock()
        flag = "--locked" if options.locked else "--check"
        stored = check_lock(world, project, inputs, flag=flag)
        return stored.lock, LockOutcome(stored.lock, stored.text, stored, (), world.clock() - started)
    before = read_old_lock(world, project)
    outcome = lock_project(world, project, inputs, options.upgrade, before=before)
    return outcome.lock, outcome
