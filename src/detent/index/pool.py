"""Work side by side, in threads that never keep the process alive.

The standard executor joins its threads when the interpreter ends; one that waits for a dead server would
hold up Ctrl-C for as long as its timeout. These are daemon threads: they are simply left behind.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import ParamSpec, TypeAlias, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Job: TypeAlias = Callable[[], None]


class Pool:
    """At most ``workers`` threads, made as work arrives."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._idle = threading.Semaphore(0)
        self._guard = threading.Lock()
        self._closed = threading.Event()
        self._ended: SimpleQueue[None] = SimpleQueue()

    def submit(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> "Future[_T]":
        """Run ``function`` in a thread soon; the future gives its result or raises what it raised.

        A job must not wait for another job of the same pool: all threads could be waiting.
        """
        future: Future[_T] = Future()

        def job() -> None:
            if self._closed.is_set():
                future.cancel()
            if future.set_running_or_notify_cancel():
                try:
                    result = function(*args, **kwargs)
                except BaseException as fault:  # noqa: BLE001 (handed to whoever waits for it)
                    future.set_exception(fault)
                else:
                    future.set_result(result)
            self._ended.put(None)

        self._jobs.put(job)
        if not self._idle.acquire(blocking=False):
            self._grow()
        return future

    def wait(self) -> None:
        """Wait until a job has ended that was not waited for before; one must be under way."""
        self._ended.get()

    def close(self) -> None:
        """Begin no more jobs; those that run are not waited for."""
        self._closed.set()
        with self._guard:
            for _ in self._threads:
                self._jobs.put(None)

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
            job()
