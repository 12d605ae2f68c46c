"""Who links whole folders of the store: one small note per environment, named by a fingerprint of its path.

Such an environment *is* the store while it lives: what its note names is not evicted and not pruned, and who
cleans is told of it. A note says no more than a path and the wheels used there, as the environment itself
wrote it down, and the device it lies on; its time says when the environment was last seen, to the day. It is
dead when no such environment of detent's stands at the path any more, and that is on this device. Otherwise
the disk may not be mounted, and it lives until nobody has seen it for a month. What single files have further
links is not noted here: the link count says so.
"""

# ruff: noqa: PTH116 (a sync by directory comes here)

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from detent.fsio import file_trouble
from detent.named import NamedTuple
from detent.store.fingerprint import fingerprint
from detent.store.layout import Layout
from detent.store.records import read_record, write_record

_KIND, _VERSION = b"user", 2
_STATE = ".detent"
"""The folder of our own state in every environment that detent has worked in."""
_DAY_SECONDS = 86_400
UNSEEN_DAYS = 30
"""So long an environment whose disk may not be mounted keeps what it links."""


class User(NamedTuple):
    """An environment that links whole folders of the store."""

    root: Path
    """Where it stands, absolute."""
    digests: frozenset[str]
    """The wheels it links."""
    is_alive: bool
    """Whether there still is such an environment, or may be."""
    note: Path
    """The file that says all this."""
    is_there: bool
    """Whether it stands there now."""


def register(layout: Layout, environment_root: Path, digests: Iterable[str]) -> bool:
    """Note which wheels an environment links by folder; without any its note goes.

    To be called before the first link is made, with what was linked so far as well, and again afterwards.
    Says whether it could be noted, which a store that may only be read refuses. Raises :class:`FileTrouble`.
    """
    root = os.path.abspath(environment_root)  # noqa: PTH100 (a link to an environment is kept as it is)
    note = layout.user(fingerprint(os.fsencode(root)))
    wanted = (os.fsencode(root), tuple(sorted(frozenset(digests))), _device(root))
    if not wanted[1]:
        return forget(note)
    if read_record(note, _KIND, _VERSION) == wanted:
        _touch(note)
        return True
    return write_record(note, _KIND, _VERSION, wanted)


def users(layout: Layout) -> list[User]:
    """Give every environment that was noted, dead ones too, by path; a note that is damaged is none."""
    return sorted(user for note in _notes(layout) if (user := _read(note)) is not None)


def see_users(layout: Layout) -> list[User]:
    """Do as :func:`users`, and note of those that stand there that they were seen."""
    found = users(layout)
    for user in found:
        if user.is_there:
            _touch(user.note)
    return found


def owners(layout: Layout) -> dict[str, tuple[Path, ...]]:
    """Give, by digest, the living environments that link a wheel by folder."""
    found: dict[str, tuple[Path, ...]] = {}
    for user in users(layout):
        if user.is_alive:
            for digest in user.digests:
                found[digest] = (*found.get(digest, ()), user.root)
    return found


def dead_notes(layout: Layout) -> list[Path]:
    """Give the notes of environments that are gone, and those that cannot be read."""
    return [note for note in _notes(layout) if (user := _read(note)) is None or not user.is_alive]


def forget(note: Path) -> bool:
    """Remove a note; says whether it is gone, which a store that may only be read refuses."""
    try:
        note.unlink(missing_ok=True)
    except PermissionError:
        return False
    except OSError as error:
        raise file_trouble(error, note) from error
    return True


def _notes(layout: Layout) -> Iterator[Path]:
    folder = layout.users
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise file_trouble(error, folder) from error
    for name in names:
        if not name.startswith("."):
            yield folder / name


def _read(note: Path) -> User | None:
    match read_record(note, _KIND, _VERSION):
        case (bytes(path), tuple(digests), int(device)):
            root = Path(os.fsdecode(path))
            is_there = _is_there(root)
            is_away = not is_there and _device(root) != device
            is_alive = is_there or (is_away and _unseen_seconds(note) < UNSEEN_DAYS * _DAY_SECONDS)
            return User(root, frozenset(digests), is_alive, note, is_there)
        case _:
            return None


def _is_there(root: Path) -> bool:
    """Whether an environment of detent's stands there; one that nobody may look into may well."""
    try:
        (root / _STATE).stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _device(path: str | Path) -> int:
    """Give the device that something at this path lies on, or would."""
    while True:
        try:
            return os.stat(path).st_dev
        except (FileNotFoundError, NotADirectoryError):
            path = os.path.dirname(path)  # noqa: PTH120
        except OSError:
            return -1  # nobody can tell


def _touch(note: Path) -> None:
    """Note that an environment was seen, once a day; a store that may only be read notes nothing."""
    with contextlib.suppress(OSError):
        if _unseen_seconds(note) > _DAY_SECONDS:
            os.utime(note)


def _unseen_seconds(note: Path) -> float:
    try:
        return time.time() - os.stat(note).st_mtime
    except FileNotFoundError:
        return 0.0  # forgotten meanwhile
