"""Make an environment hold a settled selection: gather what is missing, then change it under its lock.

What is to be installed was decided before (:mod:`detent.ops.sync`); no project, no lock and no settings are
read here. Downloads and builds go on while nobody is kept out of the environment: it is looked at without its
lock, what is missing is brought into the store, and only then it is held, looked at again, and changed.
"""

import contextlib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from detent.errors import Failures
from detent.errors.install import FileConflict, PathOccupied
from detent.errors.python import InterpreterBroken
from detent.errors.store import FileTrouble
from detent.events import Matched, Notice, Phase, Step
from detent.install.apply import apply, environment_lock, recover
from detent.install.installed import read_installed
from detent.install.plan import Found, Keep, Linking, Plan, no_longer_allowed, plan
from detent.lock.choice import Choice, Selection
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.ops.bytecode import GatheredByteCode, lacks_bytecode
from detent.ops.kept_selection import is_kept, keep_selection
from detent.ops.means import Means
from detent.ops.shown_paths import display
from detent.python.environment import Environment
from detent.python.interpreter import Interpreter
from detent.python.pyvenv import maker, read_config
from detent.python.standing import Place
from detent.store.entry import WheelEntry
from detent.store.users import register

if TYPE_CHECKING:
    from detent.ops.lock import LockOutcome

_ROUNDS = 3
"""How often it is let go of an environment that others keep changing, before it is held while gathering."""
_MOST_ROUNDS = 20
"""How often an environment is made that turns out to be another one's."""


class Gathered(NamedTuple):
    """What stands in the store now."""

    entries: Mapping[PackageName, WheelEntry]
    fetched: int
    """How many of them were not there before."""


Gather: TypeAlias = Callable[[Iterable[Choice]], Gathered]
"""Brings a checked entry for every choice into the store."""
Begin: TypeAlias = Callable[[Path, Plan | None], None]
"""Told which environment is about to be changed, and how; without a plan: it is about to be replaced."""


class Settled(NamedTuple):
    """What an environment is to hold, and how it gets there."""

    root: Path
    """Where the environment stands, or will."""
    interpreter: Interpreter
    prompt: str
    """What a shell shows while it is active, if it is to be made."""
    selection: Selection
    exact: bool = True
    spares_foreign: bool = False
    """Whether what other installers put there stays all the same."""
    reinstall: frozenset[PackageName] = frozenset()
    linking: Linking = Linking()
    compiles: bool = False
    """Whether what is installed and kept gets its byte code."""
    last: bytes | None = None
    """What the commands after this one go by (:mod:`detent.ops.kept_selection`); ``None``: left as it is."""

    @property
    def bytecode_kind(self) -> str:
        """Which byte code is wanted; empty for none."""
        return self.interpreter.bytecode_kind if self.compiles else ""


class SyncOutcome(NamedTuple):
    """What a sync did, or would do."""

    lock: "LockOutcome | None"
    """``None`` when the lock was taken as it is."""
    environment: Path
    environment_action: Literal["kept", "created", "replaced"]
    plan: Plan
    interpreter: Interpreter
    fetched: int = 0
    """How many wheels were brought into the store."""
    check_seconds: float = 0.0
    gather_seconds: float = 0.0
    apply_seconds: float = 0.0
    compiled: int = 0
    """How many files were compiled to byte code."""
    bytecode_stored: int = 0
    """How many files the store had byte code of, for what was brought or had none."""
    bytecode_seconds: float = 0.0
    settled: Settled | None = None
    """What it was about; ``None`` where nothing was to be changed."""
    looked_at: tuple[int, float] | None = None
    """Where the lock was not read because it is known to be right: its packages, and the seconds it took."""

    @property
    def is_in_step(self) -> bool:
        """Whether the environment was there and held the selection already."""
        return self.environment_action == "kept" and self.plan.is_empty


def look(means: Means, settled: Settled) -> SyncOutcome:
    """Say what :func:`match` would do; nothing is written, and nobody is waited for."""
    started = means.clock()
    place = means.environments().look(settled.root, settled.interpreter)
    todo = _planned(settled, place.environment)
    _tell_overwritten(means, settled, todo)
    took = means.clock() - started
    return SyncOutcome(None, settled.root, place.action, todo, settled.interpreter, check_seconds=took)


def match(
    means: Means, settled: Settled, gather: Gather, *, begin: Begin = lambda _root, _plan: None
) -> SyncOutcome:
    """Make the environment if need be, and make it hold the selection.

    ``begin`` is called when nothing is missing any more, before the environment is touched.
    """
    started = means.clock()
    place = means.environments().look(settled.root, settled.interpreter)
    action = place.action
    entries: dict[PackageName, WheelEntry] = {}
    fetched, gather_seconds = 0, 0.0
    bytecode = GatheredByteCode(means, settled.interpreter, settled.linking, settled.bytecode_kind)

    def bring(todo: Plan) -> None:
        nonlocal fetched, gather_seconds
        missing = _missing(todo, entries)
        if missing:
            begun = means.clock()
            means.report(Phase("preparing", len(missing)))
            for digest in _in_doubt(settled, todo, {choice.package.name for choice in missing}):
                means.wheels().distrust(digest)
            gathered = gather(missing)
            entries.update(gathered.entries)
            fetched += gathered.fetched
            means.report(Phase(""))
            gather_seconds += means.clock() - begun

    for attempt in count(1):
        glimpsed = _glimpsed(settled, place.environment)
        if glimpsed is not None:
            if place.environment is not None and _is_as_wanted(settled, place.environment, glimpsed):
                begin(place.root, glimpsed)
                _tell_store(means, place.environment, glimpsed.found)
                _tell_overwritten(means, settled, glimpsed)
                took = means.clock() - started
                return SyncOutcome(
                    None, place.root, action, glimpsed, settled.interpreter, check_seconds=took
                )
            # Everything is in the store before an environment is made, or one that does not do is removed.
            bring(glimpsed)
            bytecode.gather(glimpsed, entries)
        if place.action == "replaced":
            begin(place.root, None)
        stand(means, place, settled.interpreter, prompt=settled.prompt)
        with means.environments().hold(place.root, report=means.report):
            # Another process may have wanted another interpreter, and replaced it before it was held.
            place = means.environments().look(place.root, settled.interpreter)
            environment = place.environment
            if environment is None:
                if attempt < _MOST_ROUNDS:
                    continue
                reason = (
                    f"the environment made with it is not one of it: {place.reason or 'it is gone again'}"
                )
                raise InterpreterBroken(settled.interpreter.executable, reason)
            tell_adoption(means, environment)
            with environment_lock(environment, limits=means.limits, report=means.report):
                recover(environment, report=means.report)
                todo = _planned(settled, environment)
                if _missing(todo, entries):
                    if attempt < _ROUNDS:
                        continue
                    bring(todo)
                bytecode.gather(todo, entries)
                done = SyncOutcome(
                    None,
                    environment.root,
                    action,
                    todo.with_versions({name: entry.version for name, entry in entries.items()}),
                    settled.interpreter,
                    fetched=fetched,
                    check_seconds=means.clock() - started - gather_seconds - bytecode.seconds,
                    gather_seconds=gather_seconds,
                    compiled=bytecode.compiled,
                    bytecode_stored=bytecode.stored,
                    bytecode_seconds=bytecode.seconds,
                )
                begin(environment.root, done.plan)
                try:
                    return _carried_out(means, settled, environment, entries, bytecode, done=done)
                except FileTrouble:
                    # For links to folders not every file of the store was looked at before.
                    if attempt >= _ROUNDS or not _dropped_damaged(means, todo, entries):
                        raise
                except (FileConflict, PathOccupied, Failures):
                    # A link may stand where a folder has to, of a package whose files the store has no more.
                    lost = _without_entry(means, settled, todo)
                    if lost <= settled.reinstall:
                        raise
                    settled = settled._replace(reinstall=settled.reinstall | lost)
    raise AssertionError  # `count` does not end


def stand(means: Means, place: Place, interpreter: Interpreter, *, prompt: str) -> Environment:
    """Make the environment where it is not there, in place of one that does not do."""
    if place.environment is None:
        name = display(place.root)
        means.report(Step(f"Using {interpreter.description} interpreter at: {interpreter.executable}"))
        if place.action == "replaced":
            means.report(Step(f"Replacing virtual environment at: {name} ({place.reason})"))
        else:
            means.report(Step(f"Creating virtual environment at: {name}"))
    return means.environments().ensure(place, interpreter, prompt=prompt, report=means.report)


def tell_adoption(means: Means, environment: Environment) -> None:
    """Say once that an environment of another tool is ours from now on."""
    if not environment.is_ours:
        made_by = maker(read_config(str(environment.root)) or {})
        means.report(Step(f"Adopting the environment at: {display(environment.root)} (made by {made_by})"))


def _planned(settled: Settled, environment: Environment | None) -> Plan:
    decide = partial(
        plan,
        settled.selection,
        exact=settled.exact,
        reinstall=settled.reinstall,
        linking=settled.linking,
    )
    if environment is None:
        return decide(Found())
    found, spared = read_installed(environment), environment.seeds
    if settled.spares_foreign:
        names = {distribution.name for distribution in found.foreign}
        spared |= names.difference(package.name for package in (*found.packages, *found.leftovers))
    return decide(found, spared=spared)


def _glimpsed(settled: Settled, environment: Environment | None) -> Plan | None:
    """Plan without holding the environment; ``None`` where whoever works in it moved things meanwhile."""
    try:
        return _planned(settled, environment)
    except FileTrouble:
        return None  # what is the matter shows when it is held


def _is_as_wanted(settled: Settled, environment: Environment, todo: Plan) -> bool:
    """Whether there is nothing to do at all, so that nobody has to be waited for."""
    return (
        environment.is_ours
        and not (todo.has_work or todo.found.leftovers)
        and not lacks_bytecode(todo, settled.bytecode_kind)
        and (settled.last is None or is_kept(environment.root, settled.last))
    )


def _tell_store(means: Means, environment: Environment, found: Found) -> None:
    """See that the store knows of links to it; an environment may have been moved since they were made."""
    linked = {package.digest for package in found.packages if package.links}
    if linked:
        with contextlib.suppress(FileTrouble):  # a later run will do
            register(means.layout, environment.root, linked)


def _tell_overwritten(means: Means, settled: Settled, todo: Plan) -> None:
    """Say what stands in a place that a new environment would not give it."""
    for winner, loser in no_longer_allowed(todo, settled.linking):
        told = (
            f"`{winner}` has files in the place of those of `{loser}`, but `allow-overwrite` names it no more"
        )
        means.report(Notice("warning", f"{told}; a new environment would be refused"))


def _missing(todo: Plan, entries: Mapping[PackageName, WheelEntry]) -> list[Choice]:
    return [choice for choice in todo.wanted if choice.package.name not in entries]


def _dropped_damaged(means: Means, todo: Plan, entries: dict[PackageName, WheelEntry]) -> bool:
    """Leave out the entries whose files are not as they were unpacked; say whether there were any.

    What was kept counts too: other links may have been due for it.
    """
    store = means.wheels()
    is_any = False
    with contextlib.suppress(FileTrouble):
        known = {package.name: store.get(package.digest) for package in todo.found.packages if package.links}
        for name, entry in {**known, **entries}.items():
            if entry is not None and store.check(entry) is None:
                entries.pop(name, None)
                is_any = True
    return is_any


def _without_entry(means: Means, settled: Settled, todo: Plan) -> frozenset[PackageName]:
    """Give the packages that stay with links, and have to be fetched to stand there in any other way."""
    wanted = {choice.package.name for choice in settled.selection.choices}
    kept = [action.old for action in todo.actions if isinstance(action, Keep) and action.name in wanted]
    return frozenset(old.name for old in kept if old.links and means.wheels().get(old.digest) is None)


def _in_doubt(settled: Settled, todo: Plan, wanted: Container[PackageName]) -> Iterator[str]:
    """Give the wheels that an environment may have damaged: it lacks something, or is made anew."""
    yield from (package.digest for package in todo.found.leftovers if package.name in wanted)
    if settled.reinstall:
        yield from (p.digest for p in todo.found.packages if p.name in settled.reinstall)


def _carried_out(
    means: Means,
    settled: Settled,
    environment: Environment,
    entries: Mapping[PackageName, WheelEntry],
    bytecode: GatheredByteCode,
    *,
    done: SyncOutcome,
) -> SyncOutcome:
    """Do what was planned, and what belongs to it, in an environment that is held."""
    if done.plan.has_work or bytecode.by_name:
        started = means.clock()
        means.report(Phase("linking"))
        apply(
            done.plan,
            environment,
            entries,
            store=means.wheels(),
            linking=settled.linking,
            bytecode=bytecode.by_name,
            more_bytecode=bytecode.of,
            report=means.report,
        )
        means.report(Phase(""))
        done = done._replace(apply_seconds=means.clock() - started)
    else:
        # What was fetched may stand where links lead that led nowhere: then nothing is left to do.
        _tell_store(means, environment, done.plan.found)
    _tell_overwritten(means, settled, done.plan)
    if settled.last is not None:
        keep_selection(environment.root, settled.last)
    means.report(Matched(str(environment.root)))
    return done
