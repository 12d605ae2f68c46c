"""A key for what stands in some folders: two states have one key only if no command can tell them apart.

Left out is what differs from run to run and means nothing by itself: the hour, the number the system gave a file or
a process, what is drawn at random. What such a number is *equal to* does mean something, for records hold what
`stat` once said of a file. So in a record of detent's a number becomes "the time of this file" where it is that
file's; one that fits nothing stays as it is, as do all other bytes, and such a state is like no other. Left out of
what could be seen is only which of two new files is the older, and which process held a lock last.
"""

import hashlib
import marshal
import os
import re
import stat
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from detent import stamp
from detent.store.records import is_whole

_RANDOM = re.compile(
    r"(?<=\.detent-)[0-9a-f]{16}\b"  # what is written beside its place
    r"|(?<=/scratch-)[0-9a-f]{16}\b"  # the same in an environment
    r"|(?<=/tmp/)[0-9]+-[0-9a-f]{16}\b"  # what is unpacked
    r"|(?<=\.detent-venv-)[0-9]+-[0-9a-f]{8}\b"  # an environment that is made
    r"|(?<=/[0-9]{6}-)[0-9a-f]{8}\b"  # what can be undone
)
_LOCKS = re.compile(r"/locks/[^/]+$|/\.detent/lock$|/\.held$")
_STAMP = re.compile(rf"(?<=/{stamp.BUCKET}/)[0-9a-f]+-([0-9a-f]+)$")
_RECORD_HEADER_BYTES = 18
_CHECKSUM_BYTES = 4
"""At the end of the header; it says nothing that the rest does not say."""
_STAMP_HEADER_BYTES = len(b"detent-stamp-1\n") + 8
_SETTLED_NS = 2 * 10**9


class _Found(NamedTuple):
    path: str
    name: str
    """Without what is random in it."""
    facts: os.stat_result
    content: bytes
    """Of a file all of it, of a link where it leads."""


class Prepared:
    """The state that runs begin in; what it holds is known by its own times."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders
        self._begun = int(time.time())
        self._times = {found.facts.st_mtime_ns for found in self._walk()}

    def key(self) -> str:
        """Give the key of what stands there now."""
        return hashlib.sha256(repr(self.rows()).encode()).hexdigest()

    def rows(self) -> list[tuple[object, ...]]:
        """Give what the key is made from: a row for each path."""
        everything = list(self._walk())
        named = _Named(everything, self._times, range(self._begun, int(time.time()) + 1))
        return sorted(map(named.row, everything))

    def _walk(self) -> Iterator[_Found]:
        for folder in self._folders:
            yield from _below(str(folder), folder.name)


class _Named:
    """Names for the numbers of one state."""

    def __init__(self, everything: Iterable[_Found], old_times: set[int], now: range) -> None:
        self._old_times = old_times
        self._now = now
        self._times: dict[int, set[str]] = defaultdict(set)
        self._files: dict[int, set[str]] = defaultdict(set)
        for found in everything:
            self._files[found.facts.st_ino].add(found.name)
            if found.facts.st_mtime_ns not in old_times:
                self._times[found.facts.st_mtime_ns].add(found.name)

    def row(self, found: _Found) -> tuple[object, ...]:
        name, facts, content = found.name, found.facts, found.content
        seen: object = content
        of_folder = _STAMP.search(name)
        if of_folder:
            seen = self._stamp(content)
            folders = self._files.get(int(of_folder[1], 16))
            name = name.replace(of_folder[0], f"<of {sorted(folders)}>" if folders else of_folder[0])
        elif _LOCKS.search(name) and content.isdigit():
            seen = "a process"
        elif is_whole(content):
            seen = (
                content[: _RECORD_HEADER_BYTES - _CHECKSUM_BYTES],
                self._plain(marshal.loads(content[_RECORD_HEADER_BYTES:]), ()),
            )
        mtime = facts.st_mtime_ns if facts.st_mtime_ns in self._old_times else "new"
        same = sorted(self._files[facts.st_ino]) if facts.st_nlink > 1 else ()
        return name, facts.st_mode, facts.st_uid, facts.st_nlink, repr(same), str(mtime), repr(seen)

    def _plain(self, value: Any, about: tuple[str, ...]) -> object:
        """Give a value of a record with names for its numbers; ``about``: the texts beside it."""
        if isinstance(value, float):
            return "a second" if self._now.start <= value < self._now.stop else value
        if isinstance(value, int) and not isinstance(value, bool):
            return self._number(value, about)
        if isinstance(value, dict):
            return [(key, self._plain(one, (str(key),))) for key, one in value.items()]
        if isinstance(value, tuple | list):
            beside = tuple(one for one in value if isinstance(one, str) and one) or about
            return [self._plain(one, beside) for one in value]
        return value

    def _number(self, value: int, about: tuple[str, ...]) -> object:
        if value in self._times:
            names = sorted(self._times[value])  # a clock ticks slowly: many files have one time
            meant = [one for one in about if any(f"/{one}/" in f"{name}/" for name in names)]
            return f"time of {meant or names}"
        if value in self._files:
            return f"number of {sorted(self._files[value])}"
        return "a second" if value in self._now else value

    def _stamp(self, content: bytes) -> object:
        """A stamp without its secrets: of each row whether it holds is what counts."""
        rest = content[_STAMP_HEADER_BYTES:]
        if content[:_STAMP_HEADER_BYTES] != b"detent-stamp-1\n" + stamp.digest(rest, 0):
            return content
        writer, folder, answers = marshal.loads(rest)
        said = []
        for question, packed in answers.items():
            key, made_ns, until_ns, rows, what = stamp.unpack(packed)
            said.append((question, until_ns - made_ns, [_held(*row, key, made_ns) for row in rows], what))
        return writer, folder, said


def _held(
    path: str, how: int, facts: stamp.Facts | None, proof: bytes | None, key: int, made_ns: int
) -> object:
    """Give a row of a stamp: what it says where that is not so, and by what it is believed."""
    try:
        now = stamp.facts_of(path, how)
        is_proved = proof and now is not None and stamp.proof_of(path, how, now, key) == proof
    except OSError:
        return path, how, facts, proof
    young = facts and how != stamp.PLACE and len(facts) == 5
    by_times = (stamp.is_settled(facts, made_ns), max(facts[2:4]) < made_ns - _SETTLED_NS) if young else ()  # type: ignore[arg-type,index]
    return path, how, "so" if facts == now else facts, is_proved, by_times


def _below(path: str, name: str) -> Iterator[_Found]:
    facts = os.lstat(path)
    plain = _RANDOM.sub("*", name)
    if stat.S_ISLNK(facts.st_mode):
        yield _Found(path, plain, facts, os.fsencode(os.readlink(path)))  # noqa: PTH115
    elif stat.S_ISDIR(facts.st_mode):
        yield _Found(path, plain, facts, b"")
        for one in os.listdir(path):  # noqa: PTH208
            yield from _below(f"{path}/{one}", f"{name}/{one}")
    else:
        with open(path, "rb") as file:  # noqa: PTH123
            yield _Found(path, plain, facts, file.read())
