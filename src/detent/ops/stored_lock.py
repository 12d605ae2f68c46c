"""The lock as it stands on disk, with the decoded copy the cache keeps of it.

Parsing a lock costs more than all the rest of a warm command, so a decoded copy is kept by the fingerprint of
the text; it also remembers that the text was found whole, which the text and the project's name decide alone.
"""

from detent import fsio
from detent.errors.lock import LockConflicted, LockInvalid, LockNotWhole
from detent.lock.builds import build_lock_of
from detent.lock.closure import closure_faults
from detent.lock.diff import differences
from detent.lock.model import LOCK_NAME, BuildLock, Lock, Merge
from detent.lock.packed import PACKED_VERSION, pack, unpack
from detent.lock.pylock import parse_lock
from detent.model.inputs import Inputs
from detent.named import NamedTuple
from detent.ops.discover import Project
from detent.ops.shown_paths import display
from detent.ops.world import World
from detent.store.fingerprint import fingerprint
from detent.store.layout import Layout
from detent.store.records import read_record, write_record

_KIND = b"pylock"
_NAMELESS = "/"
"""Stands for the root of a workspace that is no project."""


class StoredLock(NamedTuple):
    """A lock and the text it stands in."""

    lock: Lock
    text: bytes
    whole_for: str = ""
    """Name of the project the closure was checked for; empty before it was."""
    merge: Merge | None = None
    """Of a text in conflict: what it was made of; the lock is what to prefer then, and answers nothing."""


def read_lock(layout: Layout, project: Project) -> StoredLock | None:
    """Read the project's lock; ``None`` when there is none. Raises :class:`LockInvalid`."""
    path = project.lock_path
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise fsio.file_trouble(error, path) from error
    return read_lock_text(layout, content, display(path))


def read_old_lock(world: World, project: Project) -> StoredLock | None:
    """Read the lock in order to make it anew; of one with conflict markers in it both sides count.

    Raises :class:`LockInvalid` for any other that cannot be read.
    """
    try:
        return read_lock(world.layout, project)
    except LockConflicted:
        content = project.lock_path.read_bytes()
        merge = world.merger(content.decode("utf-8", "replace"), project.root)
        return StoredLock(merge.pins, content, merge=merge)


def read_lock_text(layout: Layout, content: bytes, shown: str) -> StoredLock:
    """Read the bytes of a lock; raises :class:`LockInvalid`."""
    copy = read_record(layout.pylock(fingerprint(content)), _KIND, PACKED_VERSION)
    if isinstance(copy, tuple) and len(copy) == 2:
        return StoredLock(unpack(copy[0]), content, str(copy[1]))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LockInvalid(shown, f"it is not UTF-8 text (byte {error.start})") from error
    stored = StoredLock(parse_lock(text, shown), content)
    keep_copy(layout, stored)
    return stored


def locked_builds(layout: Layout, project: Project) -> BuildLock | None:
    """Give what the lock holds builds to, where the project wants them held; raises :class:`LockInvalid`."""
    stored = read_lock(layout, project)
    return BuildLock() if stored is None else build_lock_of(stored.lock, is_wanted=True)


def keep_copy(layout: Layout, stored: StoredLock) -> None:
    """Keep the decoded copy of a lock."""
    place = layout.pylock(fingerprint(stored.text))
    write_record(place, _KIND, PACKED_VERSION, (pack(stored.lock), stored.whole_for))


def require_whole(layout: Layout, project: Project, stored: StoredLock) -> None:
    """See that a lock answers its own requirements, whatever the project says.

    Raises :class:`LockNotWhole`.
    """
    name = project.manifest.name or _NAMELESS
    if stored.whole_for == name or stored.lock.inputs is None:
        return
    try:
        found = closure_faults(stored.lock.inputs.as_inputs(project.manifest.name, ""), stored.lock)
    except ValueError as error:
        found = (str(error),)
    if found:
        raise LockNotWhole(LOCK_NAME, found)
    keep_copy(layout, stored._replace(whole_for=name))


def staleness(layout: Layout, inputs: Inputs, stored: StoredLock) -> tuple[str, ...]:
    """Say in words why the lock does not answer these inputs; empty when it does."""
    found = differences(inputs, stored.lock)
    name = inputs.name or _NAMELESS
    if found or stored.whole_for == name:
        return found
    found = closure_faults(inputs, stored.lock)
    if not found:
        keep_copy(layout, stored._replace(whole_for=name))
    return found
