"""Wheels unpacked beside each other: by processes, for the threads of one keep each other waiting.

Workers are forked while the command has one thread only and has imported all they need, so each costs about
two milliseconds. Where threads run already, or nothing can be forked, there are none, and whoever fetched a
wheel unpacks it. A worker puts a whole wheel into the store, as another `detent` beside this one would, and
says no more than whether it did. What it did not do, whatever the reason, is done again by whoever asked: so
an error is raised where it belongs, and a worker that is killed costs time.

A worker holds what this process holds of the store, and lives no longer: its requests come through a pipe,
and the end of that is its end.
"""

import contextlib
import gc
import marshal
import os
import signal
import threading
from collections.abc import Callable, Collection
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import NoReturn, Self

from detent.events import Event
from detent.fsio import remove_tree, write_all
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.store.entry import WheelEntry, with_contents
from detent.store.wheels import WheelStore

_MOST_WORKERS = 4
"""One process downloads for all of them, and does not keep up with more."""
_FEWEST_WHEELS = 4
_FEWEST_BYTES = 2 * 2**20
"""What one process unpacks before workers have begun."""
_USUAL_BYTES = 2**20
"""What a wheel counts for that nobody knows the size of."""
_LENGTH_BYTES = 4
_DONE, _NOT_DONE = b"\1", b"\0"


class Dismissed(Exception):
    """The work was called off while somebody waited for it."""


def count_of_workers(sizes: Collection[int | None], processors: int) -> int:
    """Say how many workers pay for wheels of these sizes; for a processor alone, or for few wheels, none."""
    if processors < 2 or len(sizes) < _FEWEST_WHEELS:
        return 0
    if sum(_USUAL_BYTES if size is None else size for size in sizes) < _FEWEST_BYTES:
        return 0
    return min(processors, _MOST_WORKERS, len(sizes) // 2)


def may_fork() -> bool:
    """Whether this process can be copied as it is: no other thread may be in the middle of anything.

    A thread that draws on a terminal does not count: it is held while the process is copied.
    """
    return hasattr(os, "fork") and threading.active_count() == 1


class _Worker(NamedTuple):
    """A worker, seen from the process it works for."""

    process: int
    requests: int
    answers: int


class Unpackers:
    """Puts wheels into a store, by workers; to be made before any thread is, and used with ``with``."""

    def __init__(self, store: WheelStore, scratch: Path, count: int) -> None:
        """Start the workers. They unpack below ``scratch``, which their owner removes."""
        self._store = store
        self._scratch = scratch
        self._idle: SimpleQueue[_Worker | None] = SimpleQueue()
        self._guard = threading.Lock()
        self._workers: set[_Worker] = set()
        self._is_over = False
        if count:
            self._start_some(count)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the workers, at once: what one is doing is for nobody any more."""
        with self._guard:
            self._is_over = True
            workers = tuple(self._workers)
            for worker in workers:
                _kill(worker)
        for worker in workers:
            self._gone(worker)
        with contextlib.suppress(Empty):
            while True:
                idle = self._idle.get_nowait()
                if idle is not None:
                    _close(idle)
        self._idle.put(None)

    @property
    def is_any(self) -> bool:
        """Whether there is a worker, so that wheels had better come as files."""
        return bool(self._workers)

    def put(
        self, digest: str, source: bytes | Path, *, filename: str, name: PackageName, version: str
    ) -> WheelEntry:
        """Do as :meth:`WheelStore.put`; threads may call it side by side."""
        if isinstance(source, Path) and self._is_done(digest, str(source), filename, name, version):
            entry = self._store.find(digest, filename=filename, name=name, version=version)
            whole = with_contents(entry) if entry else None
            if whole:
                return whole
        return self._store.put(digest, source, filename=filename, name=name, version=version)

    def _is_done(self, *request: str) -> bool:
        """Let a worker do it, and wait. Raises :class:`Dismissed` where all has ended meanwhile."""
        worker = self._idle.get() if self._workers else None
        if worker is None:
            self._idle.put(None)  # for the next who waits
            answer = b""
        else:
            answer = _asked(worker, marshal.dumps(request))
            if answer and not self._is_over:
                self._idle.put(worker)
            else:
                self._gone(worker)
                _close(worker)  # by who has it, and nobody else: its numbers may be another's soon
        if self._is_over:
            raise Dismissed
        return answer == _DONE

    def _start_some(self, count: int) -> None:
        """Start so many, or as many as there can be."""
        # What is to stop this process must not unwind a worker, as if that were this process.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ending_signals())
        try:
            with contextlib.suppress(OSError):
                for _ in range(count):
                    self._start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _start(self) -> None:
        pipes: list[int] = []
        try:
            pipes += os.pipe()
            pipes += os.pipe()
            process = os.fork()
        except OSError:
            _close_all(*pipes)
            raise
        theirs, requests, answers, answered = pipes
        if not process:
            try:
                for worker in self._workers:
                    os.close(worker.requests)  # or the other one would not hear of the end
                os.close(requests)
                _serve(theirs, answered, self._put_below)
            finally:
                os._exit(1)
        _close_all(theirs, answered)
        worker = _Worker(process, requests, answers)
        self._workers.add(worker)
        self._idle.put(worker)

    def _put_below(self, digest: str, source: str, filename: str, name: str, version: str) -> None:
        """Put one wheel into the store, in a worker."""
        folder = self._scratch / f"unpacked-{digest}"
        folder.mkdir(mode=0o700)
        try:
            store = WheelStore(self._store.layout, self._store.limits, _cannot_tell)
            wheel = Path(source)
            store.put(
                digest, wheel, filename=filename, name=PackageName(name), version=version, scratch=folder
            )
        finally:
            remove_tree(folder)

    def _gone(self, worker: _Worker) -> None:
        """Take leave of a worker that is dead or about to be; the last one lets nobody wait."""
        with self._guard:
            if worker not in self._workers:
                return
            self._workers.remove(worker)
            _kill(worker)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(worker.process, 0)
            if not self._workers:
                self._idle.put(None)


def _kill(worker: _Worker) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(worker.process, signal.SIGKILL)


def _close(worker: _Worker) -> None:
    _close_all(worker.requests, worker.answers)


def _close_all(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _ending_signals() -> frozenset[signal.Signals]:
    return frozenset((signal.SIGINT, signal.SIGTERM, signal.SIGHUP))


def _asked(worker: _Worker, request: bytes) -> bytes:
    """Give a worker's answer; nothing where it is dead."""
    try:
        write_all(worker.requests, len(request).to_bytes(_LENGTH_BYTES, "little") + request)
        return os.read(worker.answers, 1)
    except OSError:
        return b""


# ---- in a worker ----------------------------------------------------------------------------


def _serve(requests: int, answers: int, put: Callable[..., None]) -> None:
    """Do what is asked until nobody can ask any more."""
    # The terminal sends Ctrl-C to all of us; the one who was started by it says what is to happen.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ending_signals())
    gc.disable()  # it would write to, and so copy, all memory that is shared until then
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    while request := _received(requests):
        try:
            put(*marshal.loads(request))  # noqa: S302 (from the process this one was forked from)
        except Exception:  # noqa: BLE001 (whoever asked does it again, and is told)
            answer = _NOT_DONE
        else:
            answer = _DONE
        write_all(answers, answer)


def _received(requests: int) -> bytes:
    """Wait for a request; empty at the end."""
    length = int.from_bytes(_read(requests, _LENGTH_BYTES), "little")
    return _read(requests, length)


def _read(descriptor: int, length: int) -> bytes:
    """Read so many bytes; none at the end, even if it comes in the middle of something."""
    data = b""
    while len(data) < length:
        piece = os.read(descriptor, length - len(data))
        if not piece:
            return b""
        data += piece
    return data


def _cannot_tell(event: Event) -> NoReturn:
    """Refuse to do what somebody has to hear of; it is done again where they can."""
    raise NotImplementedError(type(event).__name__)
