"""Which folders of an environment are reached without a link: each looked at once, and none is followed.

What lies behind a link may be anybody's, a package of the store above all, so nothing is written, adopted or
removed there. Paths are relative to the environment's root, with ``/``; they may be a stranger's text.
"""

import errno
import os
import stat
from collections.abc import Collection, Iterator
from typing import Literal, TypeAlias

from detent.errors.store import FileTrouble
from detent.fsio import file_trouble

State: TypeAlias = Literal["real", "absent", "taken"]
"""A folder, with no link on the way; nothing; or anything else, there or above."""


class RealFolders:
    """The folders of one environment, as they stand when they are first asked for."""

    def __init__(self, root: str, links: Collection[str] = ()) -> None:
        """``links`` count as folders: they were made so."""
        self._root = root
        self._links = links
        self._states: dict[str, State] = {"": "real"}

    def state(self, folder: str) -> State:
        """Say what stands there. Raises :class:`FileTrouble` where the system does not tell."""
        known = self._states.get(folder)
        if known is None:
            above, _, name = folder.rpartition("/")
            known = "taken" if name in ("", ".", "..") else self.state(above)
            if known == "real" and folder not in self._links:
                known = self._look(folder)
            self._states[folder] = known
        return known

    def is_real(self, folder: str) -> bool:
        """Whether it is a folder with no link on the way; of a name that cannot be, there is none."""
        try:
            return self.state(folder) == "real"
        except FileTrouble as trouble:
            cause = trouble.__cause__
            if isinstance(cause, OSError) and cause.errno == errno.ENAMETOOLONG:
                return False
            raise

    def obstacle(self, path: str) -> str:
        """Give what stands in place of a folder above a path, for whose folder the state is ``taken``."""
        folder = path.rpartition("/")[0]
        while self.state(folder.rpartition("/")[0]) == "taken":
            folder = folder.rpartition("/")[0]
        return folder

    def met(self) -> Iterator[str]:
        """Give the real folders that were asked for, and those above them."""
        yield from [folder for folder, state in self._states.items() if state == "real"]

    def _look(self, folder: str) -> State:
        path = f"{self._root}/{folder}"
        try:
            mode = os.lstat(path).st_mode
        except (FileNotFoundError, NotADirectoryError):
            return "absent"
        except OSError as error:
            raise file_trouble(error, path) from error
        return "real" if stat.S_ISDIR(mode) else "taken"
