"""The file in an environment that says what its last sync selected; `ops.last_selection` reads the bytes.

An environment may have come with a repository: no link is followed, and what cannot be read is not there.
"""

import os
from pathlib import Path

from detent.fsio import file_trouble
from detent.install.manifest import has_left_behind, replace_file, sweep_state_folder
from detent.python.environment import STATE_NAME

_NAME = "selection"
_MOST_BYTES = 64 * 1024


def read_kept_selection(root: Path) -> bytes:
    """Read what is kept in the environment at ``root``; nothing where nothing is."""
    try:
        with open(_path(root), "rb", buffering=0, opener=_open_no_link) as file:
            return file.read(_MOST_BYTES)
    except OSError:
        return b""


def is_kept(root: Path, data: bytes) -> bool:
    """Whether :func:`keep_selection` would do nothing. Raises :class:`FileTrouble`."""
    return read_kept_selection(root) == data and not has_left_behind(str(root))


def keep_selection(root: Path, data: bytes) -> None:
    """Keep what a sync selected, in an environment that is held; nothing is kept by removing the file.

    What a run left that died just here is removed, also where there is nothing to keep. Raises
    :class:`FileTrouble`.
    """
    sweep_state_folder(str(root))
    if read_kept_selection(root) == data:
        return
    path = _path(root)
    if data:
        replace_file(str(root), path, data)
        return
    try:
        os.unlink(path)  # noqa: PTH108
    except OSError as error:
        raise file_trouble(error, path) from error


def _path(root: Path) -> str:
    return f"{root}/{STATE_NAME}/{_NAME}"


def _open_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
