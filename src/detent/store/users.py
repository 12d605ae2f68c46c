"""Who links whole folders of the store: one small note per environment, named by a fingerprint of its path.

Such an environment *is* the store while it lives: what its note names is not evicted and not pruned, and who
cleans is told of it. A note says no more than a path and the wheels used there, as the environment itself
wrote it down; it is dead when no such environment of detent's stands at the path any more. What single files
have further links is not noted here: the link count says so.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from detent.fsio import file_trouble
from detent.named import NamedTuple
from detent.store.fingerprint import fingerprint
from detent.store.layout import Layout
from detent.store.records import read_record, write_record

_KIND, _VERSION = b"user", 1
_STATE = ".detent"
"""The folder of our own state in every environment that detent has worked in."""


class User(NamedTuple):
    """An environment that links whole folders of the store."""

    root: Path
    """Where it stands, absolute."""
    digests: frozenset[str]
    """The wheels it links."""
    is_alive: bool
    """Whether there still is such an environment."""
    note: Path
    """The file that says all this."""


def register(layout: Layout, environment_root: Path, digests: Iterable[str]) -> bool:
    """Note which wheels an environment links by folder; without any its note goes.

    To be called before the first link is made, with what was linked so far as well, and again afterwards.
    Says whether it could be noted, which a store that may only be read refuses. Raises :class:`FileTrouble`.
    """
    root = os.path.abspath(environment_root)  # noqa: PTH100 (a link to an environment is kept as it is)
    note = layout.user(fingerprint(os.fsencode(root)))
    wanted = (os.fsencode(root), tuple(sorted(frozenset(digests))))
    if not wanted[1]:
        return forget(note)
    if read_record(note, _KIND, _VERSION) == wanted:
        return True
    return write_record(note, _KIND, _VERSION, wanted)


def users(layout: Layout) -> list[User]:
    """Give every environment that was noted, dead ones too, by path; a note that is damaged is none."""
    return sorted(user for note in _notes(layout) if (user := _read(note)) is not None)


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
        case (bytes(path), tuple(digests)):
            root = Path(os.fsdecode(path))
            return User(root, frozenset(digests), _is_alive(root), note)
        case _:
            return None


def _is_alive(root: Path) -> bool:
    """Whether an environment of detent's stands there; one that nobody may look into may well."""
    try:
        (root / _STATE).stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True
