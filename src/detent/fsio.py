"""Files: replaced whole, shared by link, locked between processes, removed without surprises.

The operating system's refusals become one sentence (:class:`FileTrouble`) here, at the line that knows the
path. No link is followed where somebody else could have put one, except that a file which is itself a link
(a `pyproject.toml` kept elsewhere) is written through. This is the only module that imports ``fcntl``.
"""
# Paths are plain strings here: these functions run by the ten thousand.
# ruff: noqa: PTH100, PTH101, PTH102, PTH104, PTH106, PTH108, PTH112, PTH114, PTH116, PTH120, PTH123

import contextlib
import errno
import fcntl
import os
import re
import stat
import time
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from detent.errors.store import FileTrouble, StoreBusy
from detent.events import Notice, Report, Waiting, ignore

LinkOutcome = Literal["done", "unsupported", "full"]
"""What became of a clone or hard link: made; not possible here; the file has all the links it may have."""

READ_ONLY = frozenset((errno.EROFS, errno.EACCES, errno.EPERM))
"""What the system says where one may look but not write."""

_NO_FLOCK = frozenset((errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL))
_NO_CLONE = frozenset(
    (errno.EOPNOTSUPP, errno.ENOTSUP, errno.EXDEV, errno.EINVAL, errno.ENOTTY, errno.ENOSYS, errno.EPERM)
)
_NO_HARDLINK = frozenset((errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS))
_FICLONE = 0x40049409  # _IOW(0x94, 9, int), linux/fs.h
_COPY_CHUNK = 2**30
_SCRATCH = r"\.detent-[0-9a-f]{16}"

CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
"""How a file is made that must not be there yet."""


# ---- troubles -------------------------------------------------------------------------------


def file_trouble(error: OSError, path: str | Path) -> FileTrouble:
    """Say in one sentence what the system refused, and what helps."""
    code = error.errno
    if code in {errno.ENOSPC, errno.EDQUOT}:
        what = "no space is left" if code == errno.ENOSPC else "the disk quota is used up"
        return FileTrouble(
            str(path), what + _free_space(path), next_steps=("make room, then run the command again",)
        )
    if code in {errno.EMFILE, errno.ENFILE}:
        return FileTrouble(
            str(path),
            "too many files are open",
            next_steps=("raise the limit with `ulimit -n 4096`, then run the command again",),
        )
    in_the_way = {
        errno.EEXIST: "something else stands there",
        errno.EISDIR: "a folder stands where a file is expected",
        errno.ELOOP: "a symbolic link stands where a file is expected",
    }
    if code in in_the_way:
        step = "move it away, then run the command again"
        return FileTrouble(str(path), in_the_way[code], next_steps=(step,))
    reasons = {
        errno.EACCES: "permission is denied",
        errno.EPERM: "the operation is not permitted",
        errno.EROFS: "the file system is read-only",
        errno.EIO: "the device reports an input/output error",
        errno.EFBIG: "the file would be larger than the limit for files allows",
        errno.ENOTDIR: "a part of the path is not a folder",
        errno.ENAMETOOLONG: "the path is too long for the file system",
        errno.ENOENT: "it does not exist",
    }
    reason = reasons.get(code or 0) or (error.strerror or str(error) or type(error).__name__).lower()
    return FileTrouble(str(path), reason)


def _free_space(path: str | Path) -> str:
    folder = os.path.dirname(os.path.abspath(path))
    while True:
        try:
            facts = os.statvfs(folder)
        except OSError:
            if folder == os.path.dirname(folder):
                return ""
            folder = os.path.dirname(folder)
            continue
        mebibytes = facts.f_bavail * facts.f_frsize / 2**20
        return f": {mebibytes:.1f} MiB are free on the file system of `{folder}`"


# ---- whole files ----------------------------------------------------------------------------


def write_atomic(path: Path, data: bytes, *, mode: int = 0o644, durable: bool = False) -> None:
    """Replace the file at ``path``: a reader sees the old bytes or the new ones, never a part.

    A new file gets ``mode`` less the umask, an existing one keeps its own. ``durable`` makes the new bytes
    survive a power loss. What is no ordinary file, such as `/dev/null` or a pipe, is written to and stays.
    Raises :class:`FileTrouble`; the old file is as it was then.
    """
    target = os.fspath(path)
    try:
        kept_mode = None
        try:
            before = os.stat(target)
            if not stat.S_ISREG(before.st_mode):
                _write_into(target, data)
                return
            kept_mode = stat.S_IMODE(before.st_mode)
        except FileNotFoundError:
            pass
        if os.path.islink(target):
            target = os.path.realpath(target)
        folder = os.path.dirname(target) or "."
        if durable:
            sweep_scratch(folder)
        scratch, descriptor = _open_scratch(folder, mode)
        try:
            try:
                if kept_mode is not None:
                    os.fchmod(descriptor, kept_mode)
                write_all(descriptor, data)
                if durable:
                    os.fsync(descriptor)
                    os.rename(scratch, target)  # while it is locked: see sweep_scratch
            finally:
                os.close(descriptor)
            if not durable:
                os.rename(scratch, target)  # closed first: some disks are full only then
        except BaseException:
            _discard(scratch)
            raise
        if durable:
            _sync_folder(folder)
    except OSError as error:
        raise file_trouble(error, path) from error


def _write_into(path: str, data: bytes) -> None:
    """Write to a device or a pipe; a pipe that nobody reads is an error, not a wait."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        os.set_blocking(descriptor, True)
        write_all(descriptor, data)
    finally:
        os.close(descriptor)


def is_scratch(name: str) -> bool:
    """Whether :func:`write_atomic` gives such names to what it has not finished."""
    return re.fullmatch(_SCRATCH, name) is not None


def _open_scratch(folder: str, mode: int) -> tuple[str, int]:
    """Open a new file, locked while it is open: who finds it unlocked knows that its writer died."""
    while True:
        scratch = f"{folder}/.detent-{os.urandom(8).hex()}"
        descriptor = os.open(scratch, CREATE, mode)
        with contextlib.suppress(OSError):  # a file system without locks: it is then left where it is
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            if os.fstat(descriptor).st_nlink:
                return scratch, descriptor
        except BaseException:
            os.close(descriptor)
            _discard(scratch)
            raise
        os.close(descriptor)  # it was swept away before it was locked


def link_held(path: Path, name: str) -> int:
    """Give a file a second name beside it, such as :func:`is_scratch` knows.

    Nobody sweeps it while the descriptor is open that this gives.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        os.link(path, path.with_name(name))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def sweep_scratch(folder: str | Path) -> None:
    """Remove what killed processes left in a folder that a person looks into, as far as that goes."""
    try:
        names = os.listdir(folder)  # noqa: PTH208
    except OSError:
        return
    for name in filter(is_scratch, names):
        with contextlib.suppress(OSError):
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(f"{folder}/{name}", flags)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _discard(f"{folder}/{name}")
            finally:
                os.close(descriptor)


def read_limited(path: str, most_bytes: int) -> bytes:
    """Read a file that a stranger may have put there.

    Nothing is waited for, and no memory filled: a link, a pipe, a folder and what is larger are an OSError.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(errno.EINVAL, "it is no ordinary file")
        if facts.st_size > most_bytes:
            raise OSError(errno.EOVERFLOW, f"it is larger than {most_bytes // 2**20} MiB")
        with open(descriptor, "rb", buffering=0, closefd=False) as file:
            return file.read(most_bytes)
    finally:
        os.close(descriptor)


def read_start(path: str, most_bytes: int) -> bytes:
    """Read the first bytes of a file that a stranger may have put there; a pipe gives none."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return os.read(descriptor, most_bytes)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write every byte, however many the system takes at a time."""
    written = os.write(descriptor, data)
    if written < len(data):
        rest = memoryview(data)[written:]
        while rest:
            rest = rest[os.write(descriptor, rest) :]


def _sync_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that cannot sync folders
            raise
    finally:
        os.close(descriptor)


# ---- folders --------------------------------------------------------------------------------


def make_private_folder(path: str | Path) -> None:
    """Make a folder, and those above it that are missing, for their owner alone. Raises :class:`OSError`."""
    try:
        os.mkdir(path, 0o700)
    except FileNotFoundError:
        make_private_folder(os.path.dirname(path))
        make_private_folder(path)
    except OSError:  # it is there, or its disk is read-only
        if not os.path.isdir(path):
            raise


# ---- one file, two places -------------------------------------------------------------------
# These three raise a plain OSError for what is no property of the two places, so that whoever makes
# thousands of links names the package in the message. A half-made target is removed.


def clone(source: str, target: str, *, mode: int = 0o644) -> LinkOutcome:
    """Make ``target`` share the blocks of ``source`` until one is written to (``FICLONE``)."""
    reading = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        writing = os.open(target, CREATE, mode)
        try:
            fcntl.ioctl(writing, _FICLONE, reading)
        except BaseException as error:
            _discard(target)
            if isinstance(error, OSError) and error.errno in _NO_CLONE:
                return "unsupported"
            raise
        finally:
            os.close(writing)
    finally:
        os.close(reading)
    return "done"


def hardlink(source: str, target: str) -> LinkOutcome:
    """Give the file ``source`` the second name ``target``."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno == errno.EMLINK:
            return "full"
        if error.errno in _NO_HARDLINK:
            return "unsupported"
        raise
    return "done"


def copy(source: str, target: str, *, mode: int = 0o644) -> None:
    """Make ``target`` a new file with the bytes of ``source`` and ``mode`` less the umask."""
    reading = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        writing = os.open(target, CREATE, mode)
        try:
            while os.sendfile(writing, reading, None, _COPY_CHUNK):
                pass
        except BaseException:
            _discard(target)
            raise
        finally:
            os.close(writing)
    finally:
        os.close(reading)


def _discard(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)


# ---- removing -------------------------------------------------------------------------------


def remove_tree(path: Path) -> None:
    """Remove a file, a link or a folder with all that is in it; what is not there is removed already.

    Links are removed, never followed; read-only folders are made writable first. Raises :class:`FileTrouble`.
    """
    here = os.fspath(path)
    try:
        if not stat.S_ISDIR(os.lstat(here).st_mode):
            os.unlink(here)
            return
        folders = [here]
        for here in folders:  # grows while it is walked: parents stand before their children
            folders.extend(_emptied(here))
        for here in reversed(folders):
            with contextlib.suppress(FileNotFoundError):
                os.rmdir(here)
    except FileNotFoundError:
        return
    except OSError as error:
        raise file_trouble(error, here) from error


def _emptied(folder: str) -> list[str]:
    """Remove what is in the folder except folders; give those. Somebody else may be removing it too."""
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        with contextlib.suppress(FileNotFoundError):
            os.chmod(folder, stat.S_IRWXU)
    inner = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    inner.append(entry.path)
                else:
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(entry.path)
    except FileNotFoundError:
        return []
    return inner


# ---- locks between processes ----------------------------------------------------------------


class FileLock:
    """A lock that the kernel gives back when its holder dies (``flock``); to be used with ``with``.

    Each use opens the file anew, so threads of one process exclude each other too. The holder's process id
    stands in the file for the message alone. Where the file system cannot lock, or may not be written, the
    work goes on without a lock: what is published by rename stays safe. ``fleeting`` removes the file
    afterwards (for keys that are used once, such as a download).

    After ``notice_seconds`` of waiting :class:`Waiting` is reported, after ``wait_seconds``
    :class:`StoreBusy` is raised.
    """

    def __init__(
        self,
        path: Path,
        *,
        wait_seconds: float,
        notice_seconds: float,
        report: Report = ignore,
        shared: bool = False,
        fleeting: bool = False,
    ) -> None:
        self._path = os.fspath(path)
        self._wait_seconds = wait_seconds
        self._notice_seconds = notice_seconds
        self._report = report
        self._shared = shared
        self._fleeting = fleeting
        self._descriptor = -1

    def __enter__(self) -> Self:
        started = time.monotonic()
        noticed = False
        pause = 0.001
        while not self._try():
            waited = time.monotonic() - started
            if waited >= self._wait_seconds:
                raise StoreBusy(self._path, self._holder(), self._wait_seconds)
            if waited >= self._notice_seconds and not noticed:
                noticed = True
                self._report(Waiting(self._path, self._holder()))
            time.sleep(pause)
            pause = min(pause * 2, 0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor >= 0:
            if self._fleeting:
                _discard(self._path)  # while it is held: see _try
            os.close(self._descriptor)
            self._descriptor = -1

    @property
    def is_held(self) -> bool:
        """Whether the kernel knows of this lock; not so where one goes on without."""
        return self._descriptor >= 0

    def _try(self) -> bool:
        """Take the lock, or find out that there is none to take; False when somebody else holds it."""
        try:
            descriptor = self._open()
        except OSError as error:
            if error.errno in READ_ONLY:
                return True
            raise file_trouble(error, self._path) from error
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if self._shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            # Whoever held it may have removed the file meanwhile: then this is a lock on nothing.
            if not os.path.samestat(os.fstat(descriptor), os.lstat(self._path)):
                raise BlockingIOError
        except (BlockingIOError, FileNotFoundError):
            os.close(descriptor)
            return False
        except OSError as error:
            os.close(descriptor)
            if error.errno in _NO_FLOCK:
                self._say_unlocked()
                return True
            raise file_trouble(error, self._path) from error
        self._descriptor = descriptor
        if not self._shared:
            self._sign(descriptor)
        return True

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            return os.open(self._path, flags, 0o600)
        except FileNotFoundError:
            make_private_folder(os.path.dirname(self._path))
            return os.open(self._path, flags, 0o600)
        except OSError as refused:
            if refused.errno not in READ_ONLY:
                raise
            try:
                return os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            except FileNotFoundError:
                raise refused from None

    def _sign(self, descriptor: int) -> None:
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        except OSError:
            pass  # only the message of others would have been better for it

    def _holder(self) -> str:
        """Say who holds it: as the kernel knows, since who shares it does not sign; else as it was signed."""
        pids = pids_holding(self._path)
        if not pids:
            with contextlib.suppress(OSError):
                signed = read_start(self._path, 20)
                pids = [int(signed)] if signed.isdigit() else []
        if len(pids) < 2:
            return f"process {pids[0]}" if pids else "another process"
        rest = f"{len(pids) - 2} more" if len(pids) > 3 else str(pids[-1])
        return f"processes {', '.join(map(str, pids[: 2 if len(pids) > 3 else -1]))} and {rest}"

    def _say_unlocked(self) -> None:
        folder = os.path.dirname(self._path)
        if folder not in _said_unlocked:
            _said_unlocked.add(folder)
            self._report(
                Notice(
                    "note", f"`{folder}` is on a file system that cannot lock files; going on without locks"
                )
            )


_said_unlocked: set[str] = set()


def pids_holding(path: str) -> list[int]:
    """Give the processes that hold a lock on this file, where the kernel tells (Linux)."""
    try:
        facts = os.stat(path)
        with open("/proc/locks", encoding="ascii", errors="replace") as file:
            lines = [line.split() for line in file]
    except OSError:
        return []
    key = f"{os.major(facts.st_dev):02x}:{os.minor(facts.st_dev):02x}:{facts.st_ino}"
    # `1: FLOCK ADVISORY WRITE 31902 fe:00:5407854 0 EOF`; who waits has `->` before FLOCK.
    return sorted({int(w[4]) for w in lines if len(w) > 5 and w[1] == "FLOCK" and w[5] == key and w[4] > "0"})
