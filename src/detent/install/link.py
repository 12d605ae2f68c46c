"""Files of the store into an environment, by the mode in force: clone, hard link, or copy.

``auto`` takes the best that the two places allow: a clone where the file system can share blocks (found out
with the first file), else a hard link, else a copy, which is said once. Entries have been checked before
(:meth:`detent.store.wheels.WheelStore.check`); bytes are never looked at here.
"""

# ruff: noqa: PTH102 (strings: an environment has files by the thousand)

import _thread
import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, TypeAlias

from detent.errors import FileTrouble, Unsupported
from detent.events import Notice, Report
from detent.fsio import clone, copy, file_trouble, hardlink
from detent.install.wheel import Batch
from detent.store.wheels import WheelEntry, WheelFile

Method: TypeAlias = Literal["clone", "hardlink", "copy"]
Unshare: TypeAlias = Callable[[WheelEntry, str, WheelFile], None]
"""Puts a copy in the place of a stored file that can have no more links."""

_NO_HARDLINK = frozenset(
    (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS)
)
"""What the system says where a file cannot be linked but can be copied."""

_FIRST: dict[str, tuple[Method, Method]] = {
    # mode: what is tried first, and what instead where that is impossible
    "auto": ("clone", "hardlink"),
    "clone": ("clone", "copy"),
    "hardlink": ("hardlink", "copy"),
    "copy": ("copy", "copy"),
}
_FILES_PER_THREAD = 2000
"""Below this a second thread costs more than it brings."""
_THREADS = 2


class Linker:
    """Brings files into the environment at ``root``."""

    def __init__(self, root: str, link_mode: str, unshare: Unshare, report: Report) -> None:
        if link_mode not in _FIRST:
            raise Unsupported(f"the link mode `{link_mode}` is not known to this release")
        self._root = root
        self._unshare = unshare
        self._report = report
        self.method, self._instead = _FIRST[link_mode]

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
                    os.mkdir(path)
                except FileExistsError:
                    if not stat.S_ISDIR(os.lstat(path).st_mode):
                        raise OSError(errno.ENOTDIR, "something else stands there") from None
            except OSError as error:
                raise file_trouble(error, path) from error

    def link(self, batches: Sequence[Batch]) -> None:
        """Bring in the files of all batches. Raises :class:`FileTrouble` for the first that cannot be."""
        batches = [batch for batch in batches if batch.files]
        count = sum(len(batch.files) for batch in batches)
        if self.method == "clone" and count:
            # The first file decides, alone, so that threads agree.
            first = batches[0]
            self._slowly(first._replace(files=first.files[:1]), iter(first.files[:1]))
            batches[0] = first._replace(files=first.files[1:])
        if count < _FILES_PER_THREAD or self.method != "hardlink":
            self._run(batches, [])
        else:
            _in_threads(self._run, _shares(batches, count))

    def _run(self, batches: Iterable[Batch], stop: list[BaseException]) -> None:
        """Bring in batches one after the other, until ``stop`` holds something."""
        for batch in batches:
            if stop:
                return
            files = iter(batch.files)
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
                raise self._trouble(error, source + path, target + path) from error
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
                if outcome == "full":
                    self._unshare(batch.entry, batch.scheme, file)
                    outcome = hardlink(source, target)
                if outcome == "unsupported":
                    self._fall_back("hardlink")
            if outcome != "done":
                copy(source, target, mode=file.mode)
            if outcome != "done" or self.method == "clone":
                os.utime(target, ns=(file.mtime_ns, file.mtime_ns))
        except OSError as error:
            raise self._trouble(error, source, target) from error

    @staticmethod
    def _trouble(error: OSError, source: str, target: str) -> FileTrouble:
        is_source = error.errno == errno.ENOENT and not os.path.lexists(source)
        return file_trouble(error, source if is_source else target)

    def _fall_back(self, method: Method) -> None:
        if self.method != method:  # another thread was here first
            return
        self.method = self._instead if self._instead != method else "copy"
        self._instead = "copy"
        if self.method == "copy":
            words = "share files" if method == "hardlink" else "clone files"
            self._report(
                Notice(
                    "warning",
                    f"the cache and `{self._root}` cannot {words}, so files are copied; put both on one "
                    'file system, or set `link-mode = "copy"` to silence this',
                )
            )


def _shares(batches: Sequence[Batch], count: int) -> list[list[Batch]]:
    """Divide the work into shares with about the same number of files."""
    shares: list[list[Batch]] = [[] for _ in range(_THREADS)]
    size = -(-count // _THREADS)
    filled = 0
    for batch in batches:
        files = batch.files
        while files:
            part = files[: size - filled % size]
            shares[filled // size].append(batch._replace(files=part))
            filled += len(part)
            files = files[len(part) :]
    return shares


def _in_threads(
    work: Callable[[Sequence[Batch], list[BaseException]], None], shares: Sequence[Sequence[Batch]]
) -> None:
    """Do the first share here and the others beside it; when one fails, the others end soon.

    ``_thread`` because importing ``threading`` costs what the second thread brings to a small environment.
    """
    failures: list[BaseException] = []
    ends = []

    def beside(share: Sequence[Batch], end: _thread.LockType) -> None:
        try:
            work(share, failures)
        except BaseException as error:  # noqa: BLE001 (raised below, in the thread that waits)
            failures.append(error)
        finally:
            end.release()

    for share in shares[1:]:
        end = _thread.allocate_lock()
        end.acquire()
        _thread.start_new_thread(beside, (share, end))
        ends.append(end)
    try:
        work(shares[0], failures)
    except BaseException as error:
        failures.insert(0, error)
        raise
    finally:
        for end in ends:
            end.acquire()
    if failures:
        raise failures[0]
