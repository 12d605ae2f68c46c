"""What a sync settled, kept by the bytes of all it was settled from, so that the next one need not settle it.

A fresh clone, or a project whose environment was removed, goes from those bytes straight to
:mod:`detent.ops.matching`: no pyproject.toml is parsed, no setting decided, no lock decoded. It counts only
where no environment stands, everything is in the store, and nothing was said that a sync would say again. In
every doubt it steps aside before anything is touched, and the sync is done as ever.

::

    settled-v1/<fingerprint of the words, the variables that count, and each file that decides>
"""

# ruff: noqa: PTH100, PTH109, PTH116, PTH118, PTH123 (strings: this is the shortest way there is)

import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from detent import stamp
from detent.errors.python import InterpreterBroken
from detent.errors.store import ArchiveUnsafe, StoreUnsafe
from detent.events import Report
from detent.install.plan import Linking, Plan
from detent.lock.choice import Choice, Selection
from detent.lock.model import Direct, LockedPackage
from detent.model.candidate import Artifact, Digest
from detent.model.limits import Limits
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.ops.before import remember_environment
from detent.ops.configured import CONFIG_NAME, config_paths, xdg_folders
from detent.ops.environment_sights import environment_sights, python_sights
from detent.ops.evidence import Evidence, Sight, Unseen, keep_answer
from detent.ops.history import Remembered
from detent.ops.matching import Gathered, Settled, SyncOutcome, match
from detent.ops.stored import find_stored
from detent.python.interpreter import Interpreter, Interpreters
from detent.python.standing import Standing
from detent.store.cache import hold_store, open_store
from detent.store.fingerprint import fingerprint
from detent.store.layout import Layout
from detent.store.records import read_record
from detent.store.shelf import Shelf

KIND, VERSION = b"settled", 2
_MANIFEST = "pyproject.toml"
_LOCK = "pylock.toml"
OF_PROJECT = (_MANIFEST, _LOCK, ".python-version", CONFIG_NAME)
"""The files beside each other that decide."""

Files: TypeAlias = Mapping[str, bytes | None]
"""What each file that decides holds, by name or path; ``None`` where there is none."""
Row: TypeAlias = tuple[str, tuple[int, ...] | None]
"""A path that the choice of an interpreter rests on, and its facts; ``None`` where nothing is there."""


class StepAside(Exception):
    """The memo does not do; nothing was touched."""


class Memo(NamedTuple):
    """What is kept, in plain values."""

    speech: tuple[int, int, bool, str]
    """How quiet and how talkative to be, whether to show progress, and the colour."""
    locked: int | None
    """How many packages the lock has, where it was held against the project."""
    limits: tuple[Any, ...]
    environment: str
    """Where the environment stands, relative to the project or absolute."""
    asked: str
    """The interpreter asked for, if it is by its path."""
    executable: str
    interpreter: str
    """The digest of the interpreter."""
    rests_on: tuple[Row, ...]
    """What has to be as it was for that interpreter to be chosen again."""
    path: str | None
    """The variable PATH as it has to be; ``None`` where nothing was looked for in it."""
    prompt: str
    exact: bool
    linking: tuple[Any, ...]
    last: bytes | None
    choices: tuple[Any, ...]


class Recalled(NamedTuple):
    """A memo that counts here and now."""

    memo: Memo
    root: Path
    """The project's folder."""
    layout: Layout
    evidence: Evidence
    """For a stamp of the environment, once it is made."""


def files_that_decide(root: str, variables: Mapping[str, str]) -> dict[str, str] | None:
    """Give the path of each file that decides, by its name in the key; ``None`` where nobody can tell."""
    folders = xdg_folders(variables)
    if folders is None:
        return None
    here = {name: f"{root}/{name}" for name in OF_PROJECT}
    return here | {path: path for path in config_paths(folders, variables)}


def manifests_above(root: str) -> Iterator[str]:
    """Give where the root of a workspace that the project is in would have its pyproject.toml."""
    while root != (root := os.path.dirname(root)):  # noqa: PTH120
        yield os.path.join(root, _MANIFEST)


def key_of(words: Sequence[str], variables: Mapping[str, str], files: Files) -> str:
    """Give the name of the memo of a command line, with these variables and files."""
    held = [(name, None if data is None else fingerprint(data)) for name, data in sorted(files.items())]
    facts = (stamp.VERSION, sys.version, tuple(words), stamp.counted(dict(variables)), held)
    return fingerprint(repr(facts).encode("utf-8", "surrogateescape"))


def recall(words: Sequence[str], variables: Mapping[str, str]) -> Recalled | None:
    """Find the memo for a command line in the working folder; ``None`` where there is none that counts."""
    cache = stamp.cache_root(dict(variables))
    if not cache or variables.get("VIRTUAL_ENV"):
        return None
    try:
        root = os.getcwd()
        paths = files_that_decide(root, variables)
        if paths is None:
            return None
        evidence = Evidence(environment_sights)
        evidence.see(Sight(stamp.own_folder()))
        above = [Sight(path, is_proved=True) for path in manifests_above(root)]
        evidence.see(*above)
        if any(evidence.facts_of(sight) is not None for sight in above):
            return None  # it may be the root of a workspace
        files = {name: _seen(evidence, os.path.abspath(path)) for name, path in paths.items()}
        if files[_MANIFEST] is None or files[_LOCK] is None:
            return None
        layout = Layout(Path(cache))
        value = read_record(layout.settled(key_of(words, variables, files)), KIND, VERSION)
        if not isinstance(value, tuple) or len(value) != len(Memo._fields):
            return None
        memo = Memo._make(value)
        if os.path.lexists(os.path.join(root, memo.environment)):
            return None
        if memo.path not in (None, variables.get("PATH")):
            return None
        if any(facts(path) != seen for path, seen in memo.rests_on):
            return None
    except OSError:
        return None
    return Recalled(memo, Path(root), layout, evidence)


def _seen(evidence: Evidence, path: str) -> bytes | None:
    """Give what a file holds, and look at it before."""
    evidence.see(Sight(path, is_proved=True))
    content = read(path)
    if content is not None:
        evidence.read(path, content)
    return content


def sync_again(recalled: Recalled, report: Report) -> SyncOutcome:
    """Make the environment and fill it. Raises :class:`StepAside`."""
    memo, evidence, started = recalled.memo, recalled.evidence, time.perf_counter()
    report = partial(evidence.hear, report=report)
    due: list[Layout] = []
    try:
        layout = open_store(recalled.layout.root, when_due=due.append)
    except StoreUnsafe:
        raise StepAside from None
    if due or layout != recalled.layout:
        raise StepAside
    limits = Limits._make(memo.limits)
    interpreters = Interpreters(layout, _step_aside, own=sys.executable)
    environments = Standing(layout, interpreters, render=_step_aside, make=_step_aside, limits=limits)
    evidence.see_note(str(layout.removals))
    try:
        evidence.see(*python_sights(memo.asked))
    except Unseen:
        evidence.is_possible = False
    means = _Lean(layout, limits, report, Shelf(layout, limits, report), environments)
    settled = _settled(memo, recalled.root, _interpreter(memo, interpreters))
    if not environments.can_be_stamped_out(settled.root, settled.interpreter, prompt=settled.prompt):
        raise StepAside
    looked_at = None if memo.locked is None else (memo.locked, time.perf_counter() - started)
    with hold_store(layout, limits, report=report), Remembered(layout, recalled.root, "sync") as remembered:

        def begin(root: Path, plan: Plan | None) -> None:
            remember_environment(remembered, root, plan)

        def gather(choices: Iterable[Choice]) -> Gathered:
            try:
                found = find_stored(means, choices, _step_aside, linking=settled.linking)
            except ArchiveUnsafe:
                raise StepAside from None
            if found.missing:
                raise StepAside
            return Gathered(found.entries, 0)

        return match(means, settled, gather, begin=begin)._replace(looked_at=looked_at)


def keep_stamp(recalled: Recalled, words: Sequence[str], variables: Mapping[str, str], text: str) -> None:
    """Keep what the next sync says, which finds everything as this one left it."""
    evidence = recalled.evidence
    packed = evidence.packed(text) if evidence.has_changes else None
    if packed is not None:
        keep_answer(words, variables, packed)


class _Lean(NamedTuple):
    """Satisfies `ops.world.Means`."""

    layout: Layout
    limits: Limits
    report: Report
    shelf: Shelf
    standing: Standing

    def wheels(self) -> Shelf:
        return self.shelf

    def environments(self) -> Standing:
        return self.standing

    def bytecode(self) -> NoReturn:
        raise StepAside

    def clock(self) -> float:
        return time.perf_counter()


def _step_aside(*_: object) -> NoReturn:
    raise StepAside


def _interpreter(memo: Memo, interpreters: Interpreters) -> Interpreter:
    try:
        found = interpreters.read(memo.executable)
    except InterpreterBroken:
        raise StepAside from None
    if found.digest != memo.interpreter:
        raise StepAside
    return found


def _settled(memo: Memo, root: Path, interpreter: Interpreter) -> Settled:
    mode, file_by_file, overwriting = memo.linking
    return Settled(
        root / memo.environment,
        interpreter,
        memo.prompt,
        Selection(interpreter.target, tuple(map(_choice, memo.choices))),
        exact=memo.exact,
        linking=Linking(mode, frozenset(file_by_file), overwriting),
        last=memo.last,
    )


def choice_row(choice: Choice) -> tuple[Any, ...]:
    """Give what is kept of a choice."""
    package, artifact = choice.package, choice.artifact
    direct = None if package.direct is None else tuple(package.direct)
    digests = tuple(map(tuple, artifact.digests))
    return (package.name, package.version, choice.requested, direct, artifact.filename, digests)


def _choice(row: Any) -> Choice:
    name, version, is_requested, direct, filename, digests = row
    package = LockedPackage(
        PackageName(name), version, direct=None if direct is None else Direct._make(direct)
    )
    return Choice(package, Artifact(filename, "", tuple(map(Digest._make, digests))), is_requested)


# ---- looking ---------------------------------------------------------------------------------


def read(path: str) -> bytes | None:
    """Give what a file holds, ``None`` where there is none. Raises :class:`OSError`."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


def facts(path: str) -> tuple[int, ...] | None:
    """Give what tells that a path leads to the same thing as before, unchanged. Raises :class:`OSError`."""
    try:
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
