"""What stands in the store, as units that come and go whole: an unpacked wheel, an archive, a record.

One walk for all who look after the store: they ask which folders hold units, what stands in one, and how much
is in a tree. Nothing is opened and nothing changed. When a unit was last used: of an unpacked wheel its head
says so; of a file the later of its times, for the system notes at least once a day that it was read.
"""

# ruff: noqa: PTH112, PTH114, PTH208 (strings: by the ten thousand)

import os
import re
import stat
from collections.abc import Iterable, Iterator

from detent.fsio import file_trouble, is_scratch
from detent.named import NamedTuple
from detent.store.entry import HEAD
from detent.store.layout import BUCKETS, Layout

NOT_UNITS = frozenset(("users", "tmp"))
"""Buckets that have owners of their own."""
_GIT = "git-v1"
_DEEP = frozenset(("index-v1", "metadata-v1", "archives-v1", "unpacked", "checkouts"))
"""Whose units stand in folders of them."""
_VERSIONED = re.compile(r"([a-z]+)-v(\d+)")


class Unit(NamedTuple):
    """Something that is removed whole or not at all."""

    name: str
    """In its group."""
    used: int
    """When it was last used, in seconds since the epoch."""
    size_bytes: int | None
    """Of a file; a folder has to be measured."""


class Tree(NamedTuple):
    """How much is in a tree; links count as what they are."""

    files: int = 0
    size_bytes: int = 0
    shared_bytes: int = 0
    """In files that have further links somewhere: removing them here frees nothing."""

    def __add__(self, other: object) -> "Tree":
        """Both together."""
        if not isinstance(other, Tree):
            return NotImplemented
        return Tree(*map(sum, zip(self, other, strict=True)))


def old_buckets(layout: Layout) -> list[str]:
    """Give the buckets that earlier releases made and this one never reads."""
    present = {kind: int(version) for kind, version in map(_parts, BUCKETS) if kind}
    found = []
    for name in _names(str(layout.root)):
        kind, version = _parts(name)
        if int(version) < present.get(kind, 0):
            found.append(name)
    return sorted(found)


def groups(layout: Layout) -> list[str]:
    """Give the folders that hold units, relative to the root and with ``/``, in a fixed order."""
    found = []
    for bucket in BUCKETS:
        if bucket in NOT_UNITS:
            continue
        if layout.root / bucket == layout.wheels_bucket:
            bucket = f"{bucket}/{layout.unpacked.name}"  # noqa: PLW2901
        if bucket == _GIT:
            found += [f"{bucket}/{name}" for name in _folders(f"{layout.root}/{bucket}") if name == "db"]
            bucket = f"{bucket}/checkouts"  # noqa: PLW2901
        if bucket.rpartition("/")[2] in _DEEP:
            found += [f"{bucket}/{name}" for name in _folders(f"{layout.root}/{bucket}")]
        elif _is_folder(f"{layout.root}/{bucket}"):
            found.append(bucket)
    return found + old_buckets(layout)


def units(layout: Layout, group: str) -> Iterator[Unit]:
    """Give what stands in a group; what goes away meanwhile is left out."""
    folder = f"{layout.root}/{group}"
    for name in _names(folder):
        if is_scratch(name):
            continue
        try:
            facts = os.lstat(f"{folder}/{name}")
            if stat.S_ISDIR(facts.st_mode):
                yield Unit(name, _used(f"{folder}/{name}", facts), None)
            else:
                yield Unit(name, int(max(facts.st_mtime, facts.st_atime)), facts.st_size)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise file_trouble(error, f"{folder}/{name}") from error


def last_use(layout: Layout, path: str) -> int | None:
    """Give when the unit at this path was last used; ``None`` when it is gone."""
    place = f"{layout.root}/{path}"
    try:
        facts = os.lstat(place)
        if stat.S_ISDIR(facts.st_mode):
            return _used(place, facts)
    except OSError:
        return None
    return int(max(facts.st_mtime, facts.st_atime))


def measured(tops: Iterable[str]) -> Tree:
    """Add up what is in these trees; raises :class:`FileTrouble` for what cannot be looked at."""
    files = size_bytes = shared_bytes = 0
    for facts in walk(tops):
        files += 1
        size_bytes += facts.st_size
        if facts.st_nlink > 1:
            shared_bytes += facts.st_size
    return Tree(files, size_bytes, shared_bytes)


def walk(tops: Iterable[str]) -> Iterator[os.stat_result]:
    """Give what is known of every file and link in these trees."""
    pending = list(tops)
    while pending:
        top = pending.pop()
        try:
            if not _is_folder(top):
                yield os.lstat(top)
                continue
            with os.scandir(top) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    else:
                        yield entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue  # somebody removed it meanwhile
        except OSError as error:
            raise file_trouble(error, top) from error


def _used(folder: str, facts: os.stat_result) -> int:
    try:
        return int(os.lstat(f"{folder}/{HEAD}").st_mtime)
    except OSError:
        return int(facts.st_mtime)


def _parts(bucket: str) -> tuple[str, str]:
    found = _VERSIONED.fullmatch(bucket)
    return (found[1], found[2]) if found is not None else ("", "0")


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def _folders(path: str) -> list[str]:
    return [name for name in _names(path) if _is_folder(f"{path}/{name}")]


def _names(path: str) -> list[str]:
    try:
        return sorted(os.listdir(path)) if _is_folder(path) else []
    except FileNotFoundError:
        return []
    except OSError as error:
        raise file_trouble(error, path) from error
