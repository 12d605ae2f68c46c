"""What an answer of a stamp rests on, as it was seen; and the answers in the cache (:mod:`detent.stamp`).

Imports next to nothing: a sync that reads no project keeps its answer too (:mod:`detent.ops.settled`).
"""

# ruff: noqa: PTH120 (strings: every lock, sync and run comes here)

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from detent import stamp
from detent.events import Event, Matched, Notice, Report, Step
from detent.named import NamedTuple

_DAY_NS = 24 * 60 * 60 * 10**9
"""No answer counts longer: once a day the command itself looks, and looks after the store."""
_HOUR_NS = _DAY_NS // 24
"""Where an age bounds uploads: which of several bounds is the stricter may change with time."""
_MOST_NOTE_BYTES = 64
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


class Unseen(Exception):
    """The answer rests on something that looking at a few files does not tell."""


Seen: TypeAlias = dict[Sight, "stamp.Facts | None"]
LooksAt: TypeAlias = Callable[[str], Iterable[Sight]]
"""What is to be looked at of the environment at a path."""


class Evidence:
    """Everything seen since it was made, before the command read it."""

    def __init__(self, looks_at: LooksAt = lambda _root: ()) -> None:
        self._looks_at = looks_at
        self._key = stamp.secret()
        self._contents: dict[str, bytes] = {}
        self._environment: Seen = {}
        self._held: Seen | None = None
        self._seen: Seen = {}
        self._made_ns = time.time_ns()
        self.is_possible = True
        """Whether the next run may do the same."""
        self.has_steps = False
        """Whether steps were told, which a next run does not take."""
        self.lasting: list[Event] = []
        """What a next run tells as well."""

    @property
    def has_changes(self) -> bool:
        """Whether the environment was changed."""
        return self._held is not None

    def hear(self, event: Event, report: Report) -> None:
        """Pass an event on, and mind what it means for the next run."""
        match event:
            case Matched(root):
                self._held = self._look(self._looks_at(root))
                return
            case Notice():
                self.is_possible = False
            case Step(_, True):
                self.lasting.append(event)
            case Step():
                self.has_steps = True
            case _:
                pass
        report(event)

    def see(self, *sights: Sight) -> None:
        """Look at what is about to be read."""
        self._seen.update(self._look(sights))

    def see_note(self, path: str) -> None:
        """Look at a file that never says the same twice: that counts as long as its times do not tell."""
        sight = Sight(path)
        self.see(sight)
        facts = self._seen.get(sight)
        if facts and not stamp.is_settled(facts, self._made_ns):
            with contextlib.suppress(OSError), open(path, "rb", buffering=0) as file:  # noqa: PTH123
                self.read(path, file.read(_MOST_NOTE_BYTES))

    def see_environment(self, root: str) -> None:
        """Look at an environment before anything is done there."""
        self._environment = self._look(self._looks_at(root))

    def read(self, path: str, content: bytes) -> None:
        """Take note of what was read at a path after it was seen."""
        self._contents[path] = content

    def wrote(self, path: str, content: bytes) -> None:
        """Look at what the command wrote itself; it must hold that still."""
        sight = Sight(path, is_proved=True)
        self.see(sight)
        facts = self._seen.get(sight)
        try:
            proof = stamp.proof_of(path, sight.how, facts, self._key) if facts else None
        except OSError:
            proof = None
        if proof != stamp.digest(content, self._key):
            self.is_possible = False
        self._contents[path] = content

    def facts_of(self, sight: Sight) -> stamp.Facts | None:
        """Give what was seen at a path."""
        return self._seen.get(sight)

    def is_so_still(self, paths: Iterable[str]) -> bool:
        """Whether nothing was said, and what was seen of these files is so still."""
        wanted = frozenset(paths)
        seen = {sight: facts for sight, facts in self._seen.items() if sight.path in wanted}
        return self.is_possible and self._look(seen) == seen

    def packed(self, what: str | stamp.Running, *, has_age: bool = False) -> bytes | None:
        """Give an answer as it is kept; ``None`` where something changed meanwhile.

        ``has_age``: an age bounds what may be chosen.
        """
        if not self.is_possible:
            return None
        try:
            rows = self._rows()
        except OSError:
            return None
        expires_ns = self._made_ns + (_HOUR_NS if has_age else _DAY_NS)
        return stamp.pack((self._key, self._made_ns, expires_ns, rows, what))

    def _look(self, sights: Iterable[Sight]) -> Seen:
        try:
            return {sight: stamp.facts_of(sight.path, sight.how) for sight in sights}
        except OSError:
            self.is_possible = False
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


# ---- the answers of a working folder ---------------------------------------------------------


def with_answer(
    answers: stamp.Answers, words: Sequence[str], variables: Mapping[str, str], packed: bytes
) -> stamp.Answers:
    """Add what a command line is answered by, in place of the oldest if there are too many."""
    question = (tuple(words), stamp.counted(dict(variables)), os.isatty(2))
    others = {asked: answer for asked, answer in answers.items() if asked != question}
    return dict(list({**others, question: packed}.items())[-_MOST_ANSWERS:])


def answers_at(path: str) -> stamp.Answers:
    """Read the answers; none where no stamp is, or ``path`` is empty."""
    try:
        return stamp.read(path) if path else {}
    except OSError:
        return {}


def drop_oldest(bucket: str) -> None:
    """Drop the older half of the stamps where there are too many."""
    with contextlib.suppress(OSError):
        with os.scandir(bucket) as found:
            entries = list(found)
        if len(entries) > _MOST_FOLDERS:
            entries.sort(key=lambda entry: entry.stat(follow_symlinks=False).st_mtime_ns)
            for entry in entries[: len(entries) // 2]:
                stamp.drop(entry.path)


def keep_answer(words: Sequence[str], variables: Mapping[str, str], packed: bytes) -> None:
    """Put an answer beside the others of the working folder; a cache that cannot be written has none."""
    try:
        path = stamp.place(dict(variables))
    except OSError:
        return
    if path:
        answers = answers_at(path)
        stamp.write(path, with_answer(answers, words, variables, packed))
        if not answers:
            drop_oldest(os.path.dirname(path))
