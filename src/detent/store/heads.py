"""The heads of all wheels of one selection, packed in one record: one file is read, not a hundred.

A packed head is believed only while the entry's own ``head`` is the very file it was read from, by size, time
and inode; an entry that was removed, replaced or renewed meanwhile is read itself.
"""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

from detent.errors.store import FileTrouble
from detent.store.entry import HEAD, HEAD_VERSION, WheelEntry, head_of, head_value, read_head
from detent.store.fingerprint import fingerprint
from detent.store.layout import Layout
from detent.store.records import read_record, write_record

_KIND, _VERSION = b"heads", HEAD_VERSION
_KEPT_SELECTIONS = 32
"""Some megabytes each; every change of a lock makes another one."""

_Seen: TypeAlias = tuple[int, int, int]
"""Size, mtime_ns and inode."""


def read_heads(layout: Layout, digests: Iterable[str]) -> dict[str, WheelEntry]:
    """Give the entries of the wheels that are here, by their sha256; the next time for less."""
    wanted = sorted(set(digests))
    place = layout.selection(fingerprint("".join(wanted).encode()))
    value = read_record(place, _KIND, _VERSION)
    packed: dict[Any, Any] = value if isinstance(value, dict) else {}
    found: dict[str, WheelEntry] = {}
    seen_by_digest: dict[str, _Seen] = {}
    is_packed = True
    for digest in wanted:
        root = layout.wheel(digest)
        seen = _look(f"{root}/{HEAD}")
        entry = None
        if seen is not None:
            known = packed.get(digest)
            entry = head_of(digest, root, known[1]) if known and known[0] == seen else None
            if entry is None:
                is_packed = False
                entry = read_head(digest, root)
        if seen is not None and entry is not None:
            found[digest] = entry
            seen_by_digest[digest] = seen
    if not is_packed and len(found) == len(wanted):
        rows = {digest: (seen_by_digest[digest], head_value(entry)) for digest, entry in found.items()}
        with contextlib.suppress(FileTrouble):  # no room for it: the heads themselves are there
            write_record(place, _KIND, _VERSION, rows)
            _drop_oldest(place.parent)
    return found


def _look(path: str) -> _Seen | None:
    try:
        facts = os.stat(path, follow_symlinks=False)  # noqa: PTH116 (warm path)
    except OSError:
        return None
    return facts.st_size, facts.st_mtime_ns, facts.st_ino


def _drop_oldest(folder: Path) -> None:
    with contextlib.suppress(OSError):
        entries = tuple(os.scandir(folder))
        if len(entries) > _KEPT_SELECTIONS:
            by_age = sorted(entries, key=lambda entry: entry.stat(follow_symlinks=False).st_mtime_ns)
            for entry in by_age[:-_KEPT_SELECTIONS]:
                os.unlink(entry)  # noqa: PTH108
