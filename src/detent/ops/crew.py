"""Builds side by side: threads that build, and what keeps them from waiting for each other for ever.

Nothing is built here. What one build needs built in turn it builds itself, in its own thread. Nobody waits
for another build while it has the turn to look for versions.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from signal import SIGKILL, SIGTERM
from typing import TypeVar

from detent.build.halt import Halt
from detent.errors.build import BuildCycle
from detent.index.pool import Job, NeverRun, Pool
from detent.model.names import PackageName

T = TypeVar("T")

_GRACE_SECONDS = 1.0
"""For builds that are ended to remove what they have not finished, before each stronger word."""
_PAUSE_SECONDS = 0.01


class Crew:
    """All who build in one command."""

    def __init__(self, workers: Callable[[], int]) -> None:
        """``workers``: how many builds may run side by side."""
        self._workers = workers
        self._own = threading.local()
        self._guard = threading.Lock()
        self._needs: dict[PackageName, list[PackageName]] = {}
        """What each package that is being built waits for."""
        self._claimed: dict[str, int] = {}
        """Which thread builds what, by the key of the build."""
        self.turn = threading.RLock()
        """Held by the one who looks for versions: the index's view of them is nobody else's meanwhile."""
        self.halt = Halt()
        """Ends the back ends that run."""

    def side_by_side(self, tasks: Sequence[Callable[[], T]]) -> list[T]:
        """Do several builds at once and give what each gave; the first failure ends them all and is raised.

        One that is begun inside of another is that one's own to do.
        """
        workers = min(self._workers(), len(tasks))
        if workers < 2 or self.chain():
            return [task() for task in tasks]
        self.halt = halt = Halt()
        faults: list[BaseException] = []

        def run(task: Callable[[], T]) -> T:
            if halt.is_pulled:
                raise NeverRun
            try:
                return task()
            except BaseException as fault:
                faults.append(fault)  # before the others fail because they are ended
                halt.pull()
                raise

        pool = Pool(workers)
        jobs: list[Job[T]] = []
        try:
            jobs.extend(pool.submit(run, task) for task in tasks)
            while not all(job.done() for job in jobs) and not faults:
                pool.wait()
            if faults:
                raise faults[0]
            return [job.result() for job in jobs]
        finally:
            pool.close()
            self._end(jobs)

    def chain(self) -> list[PackageName]:
        """Give the packages this thread builds, each for the one before."""
        if not hasattr(self._own, "chain"):
            self._own.chain = []
        chain: list[PackageName] = self._own.chain
        return chain

    @contextmanager
    def building(self, name: PackageName, subject: str) -> Iterator[None]:
        """Begin a build for the one this thread is at; raises :class:`BuildCycle` if it waits for itself."""
        chain = self.chain()
        with self._guard:
            circle = self._circle(chain, name)
            if circle:
                raise BuildCycle(subject, circle)
            if chain:
                self._needs.setdefault(chain[-1], []).append(name)
        chain.append(name)
        try:
            yield
        finally:
            chain.pop()
            if chain:
                with self._guard:
                    self._needs[chain[-1]].remove(name)

    @contextmanager
    def claimed(self, key: str) -> Iterator[bool]:
        """Say whether to wait for whoever else does this build: not for our own, with the turn in hand.

        They may need the turn to get on. Then it is done twice, and either wheel is the right one.
        """
        me = threading.get_ident()
        with self._guard:
            is_ours = self._claimed.setdefault(key, me) == me
        try:
            yield is_ours or not self._has_turn()
        finally:
            with self._guard:
                if is_ours:
                    self._claimed.pop(key, None)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Wait for the turn to look for versions."""
        with self.turn:
            self._own.turns = getattr(self._own, "turns", 0) + 1
            try:
                yield
            finally:
                self._own.turns -= 1

    def _has_turn(self) -> bool:
        return getattr(self._own, "turns", 0) > 0

    def _circle(self, chain: Sequence[PackageName], name: PackageName) -> tuple[PackageName, ...]:
        """Give the way from a package of the chain over ``name`` back to it; empty where there is none."""
        ways: list[tuple[PackageName, ...]] = [(name,)]
        seen = {name}
        for way in ways:  # grows while it is walked
            if way[-1] in chain:
                return (*chain[chain.index(way[-1]) :], *way)
            further = [need for need in self._needs.get(way[-1], ()) if need not in seen]
            seen.update(further)
            ways.extend((*way, need) for need in further)
        return ()

    def _end(self, jobs: Sequence[Job[T]]) -> None:
        """See that nothing of the jobs runs any more, as far as it listens."""
        for number in (SIGTERM, SIGKILL):
            until = time.monotonic() + _GRACE_SECONDS
            while not all(job.done() for job in jobs) and time.monotonic() < until:
                self.halt.pull(number)
                time.sleep(_PAUSE_SECONDS)
