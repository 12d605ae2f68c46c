"""Writing down, for the next run, that there was nothing to do: what that rests on, and what is said then.

A witness looks at every file before the command reads it, so that an edit in between shows as one. What the
command itself changed is looked at while the environment is still held. The stamp is taken away first and
written last; where anything was said that the next run would not say, it is not written.
"""

# ruff: noqa: PTH100, PTH120 (strings: every lock, sync and run comes here)

import contextlib
import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

from detent import stamp
from detent.events import Event, Matched, Notice, Report, Step
from detent.named import NamedTuple
from detent.ops.discover import MANIFEST_NAME, PIN_NAME, Project
from detent.ops.dynamic import LEFT_OPEN
from detent.ops.world import World

_DAY_NS = 24 * 60 * 60 * 10**9
"""No answer counts longer: once a day the command itself looks, and looks after the store."""
_HOUR_NS = _DAY_NS // 24
"""Where an age bounds uploads: which of several bounds is the stricter may change with time."""
_MOST_ANSWERS = 16
"""Kept of one working folder."""
_MOST_FOLDERS = 512
"""Of which there are stamps, some kilobytes each."""


class Sight(NamedTuple):
    """Something to look at."""

    path: str
    how: int = stamp.CONTENTS
    is_proved: bool = False
    """Whether its content counts where only its times differ."""


Seen: TypeAlias = dict[Sight, "stamp.Facts | None"]


class Unseen(Exception):
    """The answer rests on something that looking at a few files does not tell."""


class Looks(NamedTuple):
    """What a command goes by besides files of the project and configuration."""

    environment: Callable[[str], Iterable[Sight]]
    """Of the environment at a path."""
    tree: Callable[[World, Project], Iterable[Sight]]
    """Of the project as something to install; raises :class:`Unseen`."""
    python: Callable[[str], Iterable[Sight]]
    """Of the interpreter asked for, if it is by its path; raises :class:`Unseen`."""


class Witness:
    """Sees what an answer rests on, and keeps the answer."""

    def __init__(
        self,
        words: Sequence[str],
        variables: Mapping[str, str],
        report: Report,
        *,
        start: str | None = None,
        looks: Looks | None = None,
    ) -> None:
        """``words`` are what is answered; ``start`` is where the search for the project begins."""
        self._words = tuple(words)
        self._variables = dict(variables)
        self._report = report
        self._looks = looks
        self._key = stamp.secret()
        self._is_possible = True
        self._has_steps = False
        self._contents: dict[str, bytes] = {}
        self._environment: Seen = {}
        self._held: Seen | None = None
        self._path, self._before = _taken_away(self._variables)
        self._is_first = bool(self._path) and not self._before
        self._made_ns = time.time_ns()
        self._seen: Seen = {}
        self._root = self._see_project(os.path.abspath(start or "."))

    @property
    def has_changes(self) -> bool:
        """Whether the environment was changed."""
        return self._held is not None

    def report(self, event: Event) -> None:
        """Pass an event on, and mind what it means for the next run."""
        match event:
            case Matched(root):
                self._held = self._look(self._environment_sights(root))
                return
            case Notice():
                self._is_possible = False
            case Step():
                self._has_steps = True
            case _:
                pass
        self._report(event)

    def is_content(self, paths: Collection[str]) -> bool:
        """Whether nothing was said, and what was seen of these files is so still."""
        seen = {sight: facts for sight, facts in self._seen.items() if sight.path in paths}
        return self._is_possible and self._look(seen) == seen

    def see_settings(self, project: Project, files: Iterable[str]) -> None:
        """Look at what decides settings, and at the lock, before they are read."""
        if self._root != str(project.root):
            self._is_possible = False  # another one lies nearer, and is no project
            return
        pin = project.python_pin
        if pin is not None and "/" in pin.text:
            self._is_possible = False  # an interpreter by its path may lie anywhere
        self._contents[str(project.manifest_path)] = project.manifest_bytes
        self._see(Sight(os.path.abspath(path), is_proved=True) for path in files)
        self._see((Sight(str(project.lock_path), is_proved=True), Sight(stamp.own_folder())))

    def see_world(self, world: World, project: Project, environment: str) -> None:
        """Look at what is there before the command does."""
        if not self._is_possible or self._looks is None:
            return
        self._see((Sight(str(world.layout.removals)),))
        self._environment = self._look(self._environment_sights(environment))
        try:
            self._see(self._looks.tree(world, project))
            self._see(self._looks.python(world.settings.python.value or ""))
        except Unseen:
            self._is_possible = False

    def keep(
        self,
        world: World,
        project: Project,
        what: str | stamp.Running,
        *,
        lock: bytes | None = None,
        has_told_all: bool = False,
    ) -> None:
        """Keep what the next run does, unless that is not certain; a cache that cannot be written has none.

        ``lock`` is the text of the lock as it was read; ``has_told_all``: the steps told were taken once.
        """
        if not self._is_certain(world, project) or (self._has_steps and not has_told_all):
            return
        if lock is not None:
            self._contents[str(project.lock_path)] = lock
        try:
            rows = self._rows()
        except OSError:
            return
        cutoffs = world.settings.choosing.cutoffs
        bounds = (cutoffs.everybody, *cutoffs.packages.values())
        has_age = any(bound is not None and bound.age_seconds is not None for bound in bounds)
        expires_ns = self._made_ns + (_HOUR_NS if has_age else _DAY_NS)
        question = (self._words, stamp.counted(self._variables), os.isatty(2))
        answers = dict(self._before)
        answers.pop(question, None)
        answers[question] = stamp.pack((self._key, self._made_ns, expires_ns, rows, what))
        self._before = dict(list(answers.items())[-_MOST_ANSWERS:])

    def leave(self) -> None:
        """Put back what was taken away, with what was kept, after a command that ended well."""
        if self._before:
            stamp.write(self._path, {**_answers_at(self._path), **self._before})
        if self._is_first:
            _drop_oldest(os.path.dirname(self._path))

    def _is_certain(self, world: World, project: Project) -> bool:
        settings = world.settings
        return (
            self._is_possible
            and self._path.startswith(f"{world.layout.root}/")
            and not settings.no_cache.value
            and not LEFT_OPEN.intersection(project.manifest.dynamic)
        )

    def _see_project(self, folder: str) -> str:
        """Look for the nearest pyproject.toml and what counts beside it; give its folder."""
        while True:
            sight = Sight(f"{folder}/{MANIFEST_NAME}".replace("//", "/"), is_proved=True)
            self._see((sight,))
            if self._seen.get(sight) is not None or folder == "/":
                self._see((Sight(f"{folder}/{PIN_NAME}".replace("//", "/"), is_proved=True),))
                return folder
            folder = os.path.dirname(folder)

    def _environment_sights(self, root: str) -> Iterable[Sight]:
        return () if self._looks is None else self._looks.environment(root)

    def _see(self, sights: Iterable[Sight]) -> None:
        self._seen.update(self._look(sights))

    def _look(self, sights: Iterable[Sight]) -> Seen:
        try:
            return {sight: stamp.facts_of(sight.path, sight.how) for sight in sights}
        except OSError:
            self._is_possible = False
            return {}

    def _rows(self) -> tuple[stamp.Row, ...]:
        """Give everything seen as rows. Raises :class:`OSError` where something changed meanwhile."""
        held = self._held or {}
        environment = self._environment if self._held is None else held
        rows = []
        for sight, facts in {**self._seen, **environment}.items():
            proof = self._proof(sight, facts, is_held=sight in held) if facts else None
            rows.append((sight.path, sight.how, facts, proof))
        return tuple(rows)

    def _proof(self, sight: Sight, facts: stamp.Facts, *, is_held: bool) -> bytes | None:
        """Give the proof of what stood at a path when it was looked at, if that is certain.

        What is young may have changed again with the same times, unless nobody else could.
        """
        content = self._contents.get(sight.path)
        if content is not None:
            return stamp.digest(content, self._key)
        if sight.how in (stamp.PLACE, stamp.PRESENCE):
            return None
        is_settled = stamp.is_settled(facts, self._made_ns)
        if sight.is_proved or sight.how == stamp.NAMES if is_settled else is_held:
            proof = stamp.proof_of(sight.path, sight.how, facts, self._key)
            if stamp.facts_of(sight.path, sight.how) != facts:
                raise OSError
            return proof
        return None


def _taken_away(variables: dict[str, str]) -> tuple[str, stamp.Answers]:
    """Take the stamp of the working folder away; give where it was and what it said."""
    try:
        path = stamp.place(variables)
    except OSError:
        path = ""
    answers = _answers_at(path)
    if answers:
        stamp.drop(path)
    return path, answers


def _answers_at(path: str) -> stamp.Answers:
    try:
        return stamp.read(path) if path else {}
    except OSError:
        return {}


def _drop_oldest(bucket: str) -> None:
    """Drop the older half of the stamps where there are too many."""
    with contextlib.suppress(OSError):
        with os.scandir(bucket) as found:
            entries = list(found)
        if len(entries) > _MOST_FOLDERS:
            entries.sort(key=lambda entry: entry.stat(follow_symlinks=False).st_mtime_ns)
            for entry in entries[: len(entries) // 2]:
                stamp.drop(entry.path)
