"""Byte code of the store into an environment, linked like any file.

No RECORD and no list of ours names it, as with what Python writes there itself: it goes when its source goes
(:mod:`detent.install.removal`), and whoever makes better byte code may put that in its place. Only folders of
the environment get any: behind a link, one to a folder of the store above all, nothing is written.
"""

# ruff: noqa: PTH102, PTH108, PTH208 (strings: an environment has files by the thousand)

import os
from collections.abc import Iterable

from detent.fsio import file_trouble
from detent.install.link import Linker
from detent.install.places import Places
from detent.install.real_folders import RealFolders
from detent.install.wheel import Batch
from detent.named import NamedTuple
from detent.store.entry import WheelEntry, WheelFile
from detent.store.naming import FILES


class ByteCode(NamedTuple):
    """The byte code of one package, all that may be linked of it."""

    kind: str
    """What stands for all Pythons that read it."""
    entry: WheelEntry
    files: tuple[WheelFile, ...]
    """Relative to the entry's ``files``, as its sources are."""


def link_bytecode(places: Places, linker: Linker, packages: Iterable[ByteCode]) -> int:
    """Bring in byte code beside its sources, in place of any that stands there; give how many files.

    Raises :class:`FileTrouble`.
    """
    room = _Room(places.root)
    count = 0
    for _, entry, files in packages:
        target = places.library(is_pure=entry.root_is_purelib) + "/"
        batch = Batch(entry, FILES, target, [file for file in files if room.is_made_for(target + file.path)])
        linker.link([batch])
        count += len(batch.files)
    return count


class _Room:
    """The folders for byte code below ``root``, each made or looked into once."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._folders = RealFolders(root)
        self._names: dict[str, set[str] | None] = {}
        """What stands in each; ``None`` where a folder cannot be."""
        self._given: set[str] = set()

    def is_made_for(self, path: str) -> bool:
        """Make room for a file, once: of a source that packages share, one of them brings the byte code."""
        folder, _, name = path.rpartition("/")
        if folder not in self._names:
            self._names[folder] = self._opened(folder)
        names = self._names[folder]
        if names is None or path in self._given:
            return False
        if name in names:
            try:
                os.unlink(f"{self._root}/{path}")
            except OSError:
                return False  # a folder stands there, or it will not be given up: then that is how it is
        self._given.add(path)
        return True

    def _opened(self, folder: str) -> set[str] | None:
        path = f"{self._root}/{folder}"
        if not self._folders.is_real(folder.rpartition("/")[0]):
            return None
        try:
            try:
                os.mkdir(path, 0o755)
            except FileExistsError:
                return set(os.listdir(path)) if self._folders.is_real(folder) else None
        except OSError as error:
            raise file_trouble(error, path) from error
        return set()
