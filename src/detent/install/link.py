"""Files of the store into an environment, by the mode in force: clone, hard link, or copy.

``auto`` takes the best that the two places allow: a clone where the file system can share blocks (found out
with the first file, and remembered where it cannot), else a hard link, else a copy, which is said once.
Entries have been checked before (:meth:`detent.store.wheels.WheelStore.check`); bytes are never looked at
here.

Many hard links are made by two threads. Applying a plan of 108 packages with 18 900 files on two quiet cores
took 298 ms with one thread, 232 with two and 226 with four on ext4, and 156, 132 and 137 in memory. Folders
and the looks at stored files are for one: threads made those slower.
"""

# ruff: noqa: PTH102 (strings: an environment has files by the thousand)

import errno
import os
import stat
from _thread import LockType, allocate_lock, start_new_thread  # `threading` costs milliseconds to import
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Literal, TypeAlias

from detent.errors import Unsupported
from detent.errors.store import FileTrouble
from detent.events import Notice, Report
from detent.fsio import clone, copy, file_trouble, hardlink
from detent.install.wheel import Batch
from detent.store.entry import WheelFile
from detent.store.records import read_record, write_record
from detent.store.shelf import Shelf

Method: TypeAlias = Literal["clone", "hardlink", "copy"]

_NO_HARDLINK = frozenset(
    (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS)
)
"""What the system says where a file cannot be linked but can be copied."""

_FACT = (b"linking", 1)
_THREADS = 2
_FILES_FOR_THREADS = 1000
"""So many links cost about as much as it takes for a second thread to pay."""
_FILES_AT_ONCE = 128
"""Taken by a thread before it looks whether to go on."""

_FIRST: dict[str, tuple[Method, Method]] = {
    # mode: what is tried first, and what instead where that is impossible
    "auto": ("clone", "hardlink"),
    "clone": ("clone", "copy"),
    "hardlink": ("hardlink", "copy"),
    "copy": ("copy", "copy"),
    # for the files that stand in real folders
    "directory": ("hardlink", "copy"),
}


class Linker:
    """Brings files into the environment at ``root``."""

    def __init__(self, root: str, link_mode: str, store: Shelf, report: Report) -> None:
        if link_mode not in _FIRST:
            raise Unsupported(f"the link mode `{link_mode}` is not known to this release")
        self._root = root
        self._store = store
        self._is_quiet = link_mode == "directory"
        self._report = report
        self.method, self._instead = _FIRST[link_mode]
        self._fact = store.layout.fact(_pair(root, store)) if link_mode == "auto" else None
        self._was_told = self._fact is not None and read_record(self._fact, *_FACT) == "hardlink"
        if self._was_told:
            self.method = "hardlink"

    def make_folders(self, folders: Iterable[str]) -> None:
        """Make folders relative to the environment, parents first, unless they are there.

        Raises :class:`FileTrouble`, also where a link stands in place of a folder.
        """
        made: set[str] = set()
        for folder in folders:
            if folder in made:
                continue
            made.add(folder)
            path = f"{self._root}/{folder}"
            try:
                try:
                    os.mkdir(path, 0o755)
                except FileExistsError:
                    if not stat.S_ISDIR(os.lstat(path).st_mode):
                        raise OSError(errno.ENOTDIR, "something else stands there") from None
            except OSError as error:
                raise file_trouble(error, path) from error

    def link_folders(self, links: Iterable[tuple[str, str]]) -> None:
        """Make links to folders: each a path relative to the environment, and where it leads.

        Raises :class:`FileTrouble`, also where anything stands already.
        """
        symlink = os.symlink
        path = self._root
        try:
            for path, target in links:
                symlink(target, f"{self._root}/{path}")
        except OSError as error:
            raise file_trouble(error, f"{self._root}/{path}") from error

    def link(self, batches: Iterable[Batch]) -> None:
        """Bring in the files of all batches. Raises :class:`FileTrouble` for the first that cannot be."""
        rest = list(batches)
        if self.method == "hardlink" and sum(len(batch.files) for batch in rest) >= _FILES_FOR_THREADS:
            rest = _Crew(self._root, rest).link()
        for batch in rest:
            files = iter(batch.files)
            if self.method == "clone":
                # One file finds out whether the two places can clone at all.
                self._slowly(batch, islice(files, 1))
            while self.method == "hardlink" and not self._quickly(batch, files):
                pass
            self._slowly(batch, files)

    def _quickly(self, batch: Batch, files: Iterator[WheelFile]) -> bool:
        """Make hard links for as long as nothing special happens; say whether that was to the end."""
        source = batch.source
        target = f"{self._root}/{batch.target}"
        link = os.link
        file: WheelFile | None = None
        path = ""
        try:
            for file in files:
                path = file.path
                link(source + path, target + path)
        except OSError as error:
            if file is None or error.errno not in _NO_HARDLINK:
                raise self._trouble(error, batch, path) from error
            self._one(batch, file)
            return False
        return True

    def _slowly(self, batch: Batch, files: Iterator[WheelFile]) -> None:
        for file in files:
            self._one(batch, file)

    def _one(self, batch: Batch, file: WheelFile) -> None:
        source = batch.source + file.path
        target = f"{self._root}/{batch.target}{file.path}"
        try:
            outcome = "unsupported"
            if self.method == "clone":
                outcome = clone(source, target, mode=file.mode)
                if outcome == "unsupported":
                    self._fall_back("clone")
            if self.method == "hardlink":
                outcome = hardlink(source, target)
                if outcome == "full" and self._store.unshare(batch.entry, batch.scheme, file):
                    outcome = hardlink(source, target)
                if outcome == "unsupported":
                    self._fall_back("hardlink")
            if outcome != "done":
                copy(source, target, mode=file.mode)
            if outcome != "done" or self.method == "clone":
                os.utime(target, ns=(file.mtime_ns, file.mtime_ns))
        except OSError as error:
            raise self._trouble(error, batch, file.path) from error

    def _trouble(self, error: OSError, batch: Batch, path: str) -> FileTrouble:
        if error.errno == errno.ENOENT and not os.path.lexists(batch.source + path):
            self._store.distrust(batch.entry.digest)
            return file_trouble(error, batch.source + path)
        return file_trouble(error, f"{self._root}/{batch.target}{path}")

    def _fall_back(self, method: Method) -> None:
        """Go on with the next best method."""
        if self._was_told and method == "hardlink":
            # What was remembered is not true any more: find out anew.
            self._was_told = False
            if self._fact is not None:
                write_record(self._fact, *_FACT, "")
            self.method, self._instead = "clone", "copy"
            return
        self.method = self._instead if self._instead != method else "copy"
        self._instead = "copy"
        if self.method == "hardlink" and self._fact is not None:
            write_record(self._fact, *_FACT, "hardlink")
        # A few copies beside links to folders are nothing to speak of.
        if self.method == "copy" and not self._is_quiet:
            words = "share files" if method == "hardlink" else "clone files"
            self._report(
                Notice(
                    "warning",
                    f"the cache and `{self._root}` cannot {words}, so files are copied; put both on one "
                    'file system, or set `link-mode = "copy"` to silence this',
                )
            )


class _Crew:
    """Threads that make hard links for as long as nothing special happens."""

    def __init__(self, root: str, batches: Iterable[Batch]) -> None:
        self._root = root
        self._parts = [
            batch._replace(files=batch.files[start : start + _FILES_AT_ONCE])
            for batch in batches
            for start in range(0, len(batch.files), _FILES_AT_ONCE)
        ]
        """Each thread takes one after the other from the end."""
        self._left: list[Batch] = []
        self._is_over = False

    def link(self) -> list[Batch]:
        """Make links, and give what is left to be done by one thread: mostly nothing."""
        locks = [allocate_lock() for _ in range(_THREADS - 1)]
        for lock in locks:
            lock.acquire()
            try:
                start_new_thread(self._work, (lock,))
            except RuntimeError:  # no more threads: then there is one less
                lock.release()
        try:
            self._take_turns()
        finally:
            # Nobody writes into the environment after this one has given it up, whatever happens.
            self._is_over = True
            for lock in locks:
                lock.acquire()
        return [*self._left, *self._parts]

    def _work(self, lock: LockType) -> None:
        try:
            self._take_turns()
        finally:
            lock.release()

    def _take_turns(self) -> None:
        link = os.link
        while self._parts and not self._is_over:
            try:
                batch = self._parts.pop()
            except IndexError:
                return
            source, target = batch.source, f"{self._root}/{batch.target}"
            done = 0
            try:
                for file in batch.files:
                    link(source + file.path, target + file.path)
                    done += 1
            except Exception:  # noqa: BLE001 -- whoever tries it again says what is the matter
                self._left.append(batch._replace(files=batch.files[done:]))
                self._is_over = True


def _pair(root: str, store: Shelf) -> str:
    """Give a name for the two places as file systems: a device number may go to another disk tomorrow."""
    numbers = []
    for place in (os.fspath(store.layout.root), root):
        try:
            numbers += [os.stat(place).st_dev, os.statvfs(place).f_fsid]  # noqa: PTH116
        except OSError as error:
            raise file_trouble(error, place) from error
    return "linking-" + "-".join(f"{number:x}" for number in numbers)
