"""What a process asks the kernel: counted, and at one of these calls refused, or the end of it.

A child runs under a seccomp filter whose calls are decided here (``SECCOMP_RET_USER_NOTIF``, Linux 5.5). So nothing
is missed, by whatever way of the language or a library it is made, and a kill is a SIGKILL before the call. Only
calls about paths below one folder count, and only those of the process itself: not of what it starts.
"""
# ruff: noqa: PTH115 (strings: thousands of calls are decided about)

import contextlib
import ctypes
import errno
import fcntl
import importlib
import os
import platform
import select
import signal
import socket
import struct
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeAlias

KILL = -1
"""Instead of an error number: the call is the last one."""


class _Call(NamedTuple):
    """One call of the kernel, its number on two kinds of processor, and what it may answer."""

    name: str
    x86_64: int
    aarch64: int
    paths: tuple[tuple[int, int], ...] = ()
    """Which arguments are a path, and the folder it is relative to (-1: the working folder)."""
    descriptor: int = -1
    """Which argument is an open file, where there is no path."""
    errors: tuple[int, ...] = ()


_MAKES = (errno.ENOSPC, errno.EACCES, errno.EIO)
_CHANGES = (errno.EACCES, errno.EIO)
_WRITES = (errno.ENOSPC, errno.EIO)
_LOOKS = (errno.EACCES, errno.EIO)

CHANGES = (
    _Call("open", 2, -1, ((0, -1),), errors=(*_MAKES, errno.EMFILE)),
    _Call("openat", 257, 56, ((1, 0),), errors=(*_MAKES, errno.EMFILE)),
    _Call("write", 1, 64, descriptor=0, errors=_WRITES),
    _Call("pwrite64", 18, 68, descriptor=0, errors=_WRITES),
    _Call("writev", 20, 66, descriptor=0, errors=_WRITES),
    _Call("sendfile", 40, 71, descriptor=0, errors=_WRITES),
    _Call("copy_file_range", 326, 285, descriptor=2, errors=_WRITES),
    _Call("fallocate", 285, 47, descriptor=0, errors=_WRITES),
    _Call("ftruncate", 77, 46, descriptor=0, errors=_WRITES),
    _Call("truncate", 76, 45, ((0, -1),), errors=_WRITES),
    _Call("fsync", 74, 82, descriptor=0, errors=_WRITES),
    _Call("fdatasync", 75, 83, descriptor=0, errors=_WRITES),
    _Call("rename", 82, -1, ((0, -1), (1, -1)), errors=_MAKES),
    _Call("renameat", 264, 38, ((1, 0), (3, 2)), errors=_MAKES),
    _Call("renameat2", 316, 276, ((1, 0), (3, 2)), errors=_MAKES),
    _Call("link", 86, -1, ((0, -1), (1, -1)), errors=(*_MAKES, errno.EMLINK)),
    _Call("linkat", 265, 37, ((1, 0), (3, 2)), errors=(*_MAKES, errno.EMLINK)),
    _Call("symlink", 88, -1, ((1, -1),), errors=_MAKES),
    _Call("symlinkat", 266, 36, ((2, 1),), errors=_MAKES),
    _Call("mkdir", 83, -1, ((0, -1),), errors=_MAKES),
    _Call("mkdirat", 258, 34, ((1, 0),), errors=_MAKES),
    _Call("unlink", 87, -1, ((0, -1),), errors=_CHANGES),
    _Call("unlinkat", 263, 35, ((1, 0),), errors=_CHANGES),
    _Call("rmdir", 84, -1, ((0, -1),), errors=_CHANGES),
    _Call("chmod", 90, -1, ((0, -1),), errors=_CHANGES),
    _Call("fchmod", 91, 52, descriptor=0, errors=_CHANGES),
    _Call("fchmodat", 268, 53, ((1, 0),), errors=_CHANGES),
    _Call("utimensat", 280, 88, ((1, 0),), descriptor=0, errors=_CHANGES),
    _Call("flock", 73, 32, descriptor=0, errors=(errno.ENOLCK, errno.EIO)),
    _Call("ioctl", 16, 29, descriptor=0, errors=_WRITES),
)
"""What makes, changes or removes anything."""

LOOKS = (
    _Call("open", 2, -1, ((0, -1),), errors=(*_LOOKS, errno.EMFILE)),
    _Call("openat", 257, 56, ((1, 0),), errors=(*_LOOKS, errno.EMFILE)),
    _Call("read", 0, 63, descriptor=0, errors=(errno.EIO,)),
    _Call("pread64", 17, 67, descriptor=0, errors=(errno.EIO,)),
    _Call("getdents64", 217, 61, descriptor=0, errors=(errno.EIO,)),
    _Call("stat", 4, -1, ((0, -1),), errors=_LOOKS),
    _Call("lstat", 6, -1, ((0, -1),), errors=_LOOKS),
    _Call("fstat", 5, 80, descriptor=0, errors=(errno.EIO,)),
    _Call("newfstatat", 262, 79, ((1, 0),), descriptor=0, errors=_LOOKS),
    _Call("statx", 332, 291, ((1, 0),), descriptor=0, errors=_LOOKS),
    _Call("access", 21, -1, ((0, -1),), errors=_LOOKS),
    _Call("faccessat", 269, 48, ((1, 0),), errors=_LOOKS),
    _Call("faccessat2", 439, 439, ((1, 0),), errors=_LOOKS),
    _Call("readlink", 89, -1, ((0, -1),), errors=_LOOKS),
    _Call("readlinkat", 267, 78, ((1, 0),), errors=_LOOKS),
)
"""What only looks."""

Calls: TypeAlias = tuple[_Call, ...]
Choose: TypeAlias = Callable[[str, tuple[int, ...]], int]
"""For a call of this name, of the errors it may answer with, one; or :data:`KILL`, or 0 to let it happen."""

_IS_X86 = platform.machine() == "x86_64"
_SECCOMP, _ARCH = (317, 0xC000003E) if _IS_X86 else (277, 0xC00000B7)
_RECEIVE, _ANSWER, _SET_FLAGS = 0xC0502100, 0xC0182101, 0x40082104
_SAME_CPU = 1
_CONTINUE = 1
_ALLOW, _ASK = 0x7FFF0000, 0x7FC00000
_AT_FDCWD = -100
_FICLONE = 0x40049409
_OPEN_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_LONGEST_PATH = 4096
_PAGE = 4096
_MOST_SECONDS = 60
_NO_NEW_PRIVILEGES = 38

_libc = ctypes.CDLL(None, use_errno=True)


class Made(NamedTuple):
    """One call that counted."""

    name: str
    path: str

    def __str__(self) -> str:
        return f"{self.name} {self.path}"


class Ended(NamedTuple):
    """How a child ended."""

    code: int
    """Below zero: the signal that ended it."""
    said: str
    made: tuple[Made, ...] = ()
    """The calls that counted, in their order."""


def run(work: Callable[[], int | None], *, most_seconds: float = 60) -> Ended:
    """Do the work in a child; nobody interferes, unless it lasts for too long."""
    return _in_child(work, None, most_seconds)


def watched(
    work: Callable[[], int | None],
    calls: Calls,
    below: Path,
    *,
    at: int = 0,
    choose: Choose = lambda _, errors: errors[0],
    lasts: bool = False,
) -> Ended:
    """Do the work in a child whose calls are counted.

    The one with the number ``at`` (from 1) ends as ``choose`` says; with ``lasts`` also each later one.
    """
    return _in_child(work, _Watch(calls, os.fspath(below), at, choose, lasts=lasts), _MOST_SECONDS)


def warm(work: Callable[[], int | None]) -> None:
    """Do the work in a child, and import here what it imported, so that the next children need not."""
    reading, writing = os.pipe()

    def listed() -> int:
        code = work() or 0
        with open(writing, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write("\n".join(sys.modules))
        return code

    ended = run(listed)
    os.close(writing)
    with open(reading, encoding="utf-8") as file:  # noqa: PTH123
        names = file.read().split("\n")
    assert ended.code == 0, ended.said
    for name in names:
        if name not in sys.modules:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
    for module in [module for name, module in sys.modules.items() if name.startswith("detent.")]:
        for made in vars(module).values():
            if isinstance(made, type) and issubclass(made, tuple) and hasattr(made, "_fields"):
                made(*made._fields)  # its constructor is compiled with the first instance


def can_watch() -> bool:
    """Whether this kernel lets a process decide about the calls of another one."""
    if sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"}:
        return False
    ended = watched(lambda: os.mkdir("/proc/none"), CHANGES, Path("/proc"), at=1)  # noqa: PTH102
    return bool(ended.made)


# ---- the child ---------------------------------------------------------------------------------


def _in_child(work: Callable[[], int | None], watch: "_Watch | None", most_seconds: float) -> Ended:
    program = _program(watch.calls) if watch else b""
    here, there = socket.socketpair()
    told = os.memfd_create("told")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of the test runner are no part of this
        child = os.fork()
    if not child:
        code = 70
        try:
            here.close()
            os.dup2(told, 1)
            os.dup2(told, 2)
            sys.stdout = sys.stderr = open(told, "w", encoding="utf-8")  # noqa: PTH123, SIM115
            if watch:
                _install(program, there)
            there.close()
            code = work() or 0
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 70
        except BaseException:  # noqa: BLE001 -- the child only ends
            traceback.print_exc()
        finally:
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
            os._exit(code)
    there.close()
    try:
        end = os.pidfd_open(child)
        try:
            if watch:
                watch.until_end(child, end, here)
            elif not select.select([end], [], [], most_seconds)[0]:
                os.kill(child, signal.SIGKILL)
        finally:
            os.close(end)
    finally:
        here.close()
        _, status = os.waitpid(child, 0)
    os.lseek(told, 0, os.SEEK_SET)
    with open(told, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
        said = file.read()
    return Ended(os.waitstatus_to_exitcode(status), said, tuple(watch.made) if watch else ())


def _install(program: bytes, parent: socket.socket) -> None:
    """Put this process under the filter, and give the parent what it decides with."""
    code = ctypes.create_string_buffer(program)
    rule = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(code)))
    _libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    listener = _libc.syscall(_SECCOMP, 1, 8, rule)
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    socket.send_fds(parent, [b"."], [listener])
    os.close(listener)


def _program(calls: Iterable[_Call]) -> bytes:
    """Ask about these calls; opening only where it is to write, or only where it is not; 0, 1 and 2 are talk."""
    nr, arch, first, second, third = 0, 4, 16, 24, 32
    code = [(0x20, 0, 0, arch), (0x15, 1, 0, _ARCH), (0x06, 0, 0, _ALLOW), (0x20, 0, 0, nr)]
    is_changing = any(call.name == "write" for call in calls)
    for call in calls:
        number = call.x86_64 if _IS_X86 else call.aarch64
        if number < 0:
            continue
        if call.name in ("open", "openat"):
            flags = second if call.name == "open" else third
            yes, no = (_ASK, _ALLOW) if is_changing else (_ALLOW, _ASK)
            body = [(0x20, 0, 0, flags), (0x45, 0, 1, _OPEN_TO_WRITE), (0x06, 0, 0, yes), (0x06, 0, 0, no)]
        elif call.name in ("write", "read"):
            body = [(0x20, 0, 0, first), (0x25, 1, 0, 2), (0x06, 0, 0, _ALLOW), (0x06, 0, 0, _ASK)]
        elif call.name == "ioctl":
            body = [(0x20, 0, 0, second), (0x15, 1, 0, _FICLONE), (0x06, 0, 0, _ALLOW), (0x06, 0, 0, _ASK)]
        else:
            body = [(0x06, 0, 0, _ASK)]
        code += [(0x15, 0, len(body), number), *body]
    code.append((0x06, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *line) for line in code)


# ---- the parent --------------------------------------------------------------------------------


class _Watch:
    """Decides about the calls of one child."""

    def __init__(self, calls: Calls, below: str, at: int, choose: Choose, *, lasts: bool) -> None:
        self.calls = calls
        self.made: list[Made] = []
        self._by_number = {c.x86_64 if _IS_X86 else c.aarch64: c for c in calls}
        self._below = below
        self._at = at
        self._choose = choose
        self._lasts = lasts
        self._threads: dict[int, bool] = {}
        self._memory = -1
        self._child = 0

    def until_end(self, child: int, ended: int, channel: socket.socket) -> None:
        """Answer for as long as the child asks; ``ended`` tells when it is over."""
        self._child = child
        _, descriptors, _, _ = socket.recv_fds(channel, 1, 1)
        if not descriptors:
            return
        (listener,) = descriptors
        with contextlib.suppress(OSError):
            fcntl.ioctl(listener, _SET_FLAGS, _SAME_CPU)
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        poll.register(ended, select.POLLIN)
        try:
            self._memory = os.open(f"/proc/{child}/mem", os.O_RDONLY)
            while True:
                ready = {descriptor for descriptor, _ in poll.poll(_MOST_SECONDS * 1000)}
                if not ready:
                    os.kill(child, signal.SIGKILL)
                if not ready or ended in ready:
                    return
                self._answer(listener)
        finally:
            for descriptor in (listener, self._memory):
                if descriptor >= 0:
                    os.close(descriptor)

    def _answer(self, listener: int) -> None:
        asked = bytearray(80)
        try:
            fcntl.ioctl(listener, _RECEIVE, asked)
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.EINTR}:  # who asked is dead
                return
            raise
        key, thread, _, number, _, _, *arguments = struct.unpack("QIIiIQ6Q", asked)
        code = self._decide(thread, self._by_number[number], arguments)
        if code == KILL:
            os.kill(self._child, signal.SIGKILL)
            return
        answer = struct.pack("QqiI", key, 0, -code, 0 if code else _CONTINUE)
        with contextlib.suppress(FileNotFoundError):  # who asked is dead
            fcntl.ioctl(listener, _ANSWER, bytearray(answer))

    def _decide(self, thread: int, call: _Call, arguments: list[int]) -> int:
        """Give the error to answer with; 0 to let it happen."""
        if not self._is_own(thread):
            return 0
        path = self._path(thread, call, arguments)
        if path is None:
            return 0
        self.made.append(Made(call.name, path))
        if len(self.made) == self._at or (self._lasts and self._at and len(self.made) > self._at):
            return self._choose(call.name, call.errors)
        return 0

    def _is_own(self, thread: int) -> bool:
        if thread not in self._threads:
            self._threads[thread] = Path(f"/proc/{self._child}/task/{thread}").exists()
        return self._threads[thread]

    def _path(self, thread: int, call: _Call, arguments: list[int]) -> str | None:
        """Give the path of a call that counts."""
        try:
            for at, folder_at in call.paths:
                if arguments[at] == 0:  # none is given: the descriptor itself
                    continue
                name = self._text(arguments[at])
                if not name:
                    continue
                if not name.startswith("/"):
                    folder = _AT_FDCWD if folder_at < 0 else ctypes.c_int32(arguments[folder_at]).value
                    link = "cwd" if folder == _AT_FDCWD else f"fd/{folder}"
                    name = f"{os.readlink(f'/proc/{thread}/{link}')}/{name}"
                if name.startswith(self._below):
                    return name
            if call.descriptor >= 0:
                name = os.readlink(f"/proc/{thread}/fd/{ctypes.c_int32(arguments[call.descriptor]).value}")
                if name.startswith(self._below):
                    return name
        except OSError:
            return None  # it asked of what it has not
        return None

    def _text(self, address: int) -> str:
        text = b""
        while b"\0" not in text and len(text) < _LONGEST_PATH:
            here = address + len(text)
            more = os.pread(self._memory, _PAGE - here % _PAGE, here)
            if not more:  # it has become another program, with another memory
                os.close(self._memory)
                self._memory = os.open(f"/proc/{self._child}/mem", os.O_RDONLY)
                more = os.pread(self._memory, _PAGE - here % _PAGE, here)
                if not more:
                    raise OSError(errno.EFAULT, "no such text")
            text += more
        return os.fsdecode(text.partition(b"\0")[0])
