"""Work side by side, in threads that never keep the process alive.

The standard executor joins its threads when the interpreter ends; one that waits for a dead server would
hold up Ctrl-C for as long as its timeout. These are daemon threads: they are simply left behind. Importing
`concurrent.futures` alone would cost as much as all of this takes for a small lock.
"""

import threading
import time
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Generic, ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")

REPOSITORIES_AT_ONCE = 4
"""How many are fetched side by side; a host may not like more."""
_PAUSE_SECONDS = 0.002
_SLICE_SECONDS = 0.25
"""A signal that comes just before a wait begins does not end that wait; it is heard before the next one."""


class NeverRun(Exception):
    """A job was dropped, for its pool was closed first."""


class Job(Generic[_T]):
    """Something to do, and what it came to."""

    def __init__(self, work: Callable[[], _T]) -> None:
        self._work = work
        self._ended = threading.Event()
        self._result: _T
        self._fault: BaseException | None = None

    def run(self) -> None:
        """Do it, once."""
        try:
            self._result = self._work()
        except BaseException as fault:  # noqa: BLE001 (handed to whoever waits for it)
            self._fault = fault
        self._ended.set()

    def drop(self) -> None:
        """Never do it."""
        self._fault = NeverRun()
        self._ended.set()

    def result(self, timeout_seconds: float | None = None) -> _T:
        """Wait for it; raises what the job raised, or :class:`TimeoutError`."""
        if timeout_seconds is None:
            while not self._ended.wait(_SLICE_SECONDS):
                pass
        elif not self._ended.wait(timeout_seconds):
            raise TimeoutError
        if self._fault is not None:
            raise self._fault
        return self._result

    def done(self) -> bool:
        """Whether it has ended."""
        return self._ended.is_set()

    def exception(self) -> BaseException | None:
        """What the job raised, once it is done."""
        return self._fault


class Pool:
    """At most ``workers`` threads, made as work arrives."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._jobs: SimpleQueue[Job[Any] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._idle = threading.Semaphore(0)
        self._guard = threading.Lock()
        self._closed = threading.Event()
        self._ended: SimpleQueue[None] = SimpleQueue()
        self._running: set[Job[Any]] = set()

    def submit(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> Job[_T]:
        """Run ``function`` in a thread soon; the job gives its result or raises what it raised.

        A job must not wait for another job of the same pool: all threads could be waiting.
        """
        job = Job(partial(function, *args, **kwargs))
        self._jobs.put(job)
        if not self._idle.acquire(blocking=False):
            self._grow()
        return job

    def wait(self) -> None:
        """Wait until a job has ended that was not waited for before; one must be under way."""
        while True:
            try:
                self._ended.get(timeout=_SLICE_SECONDS)
            except Empty:
                continue
            return

    def close(self) -> None:
        """Begin no more jobs; those that run are not waited for."""
        self._closed.set()
        with self._guard:
            for _ in self._threads:
                self._jobs.put(None)

    def settle(self, most_seconds: float) -> None:
        """Let the jobs that run after :meth:`close` tidy up, for so long at most."""
        end = time.monotonic() + most_seconds
        while self._running and time.monotonic() < end:
            time.sleep(_PAUSE_SECONDS)

    def _grow(self) -> None:
        with self._guard:
            if len(self._threads) < self._workers:
                thread = threading.Thread(target=self._work, name="detent-transfer", daemon=True)
                self._threads.append(thread)
                thread.start()

    def _work(self) -> None:
        while True:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                self._idle.release()
                job = self._jobs.get()
            if job is None:
                return
            self._running.add(job)  # before the look: whoever closes afterwards knows of it
            if self._closed.is_set():
                job.drop()
            else:
                job.run()
            self._running.discard(job)
            self._ended.put(None)
