"""Ending the back ends that other threads wait for."""

import contextlib
import os
import threading
from collections.abc import Iterator
from signal import SIGTERM, Signals


class Halt:
    """Once pulled, no back end goes on: those that run get a signal, and so does each that is started."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._running: set[int] = set()
        self._number: Signals | None = None

    @property
    def is_pulled(self) -> bool:
        """Whether everything is to end."""
        return self._number is not None

    def pull(self, number: Signals = SIGTERM) -> None:
        """Send a signal to the process group of every back end."""
        with self._guard:
            self._number = number
            for group in self._running:
                _send(group, number)

    @contextlib.contextmanager
    def over(self, group: int) -> Iterator[None]:
        """Reach a process group led by a child of ours; its number must not be given back meanwhile."""
        with self._guard:
            self._running.add(group)
            if self._number is not None:
                _send(group, self._number)
        try:
            yield
        finally:
            with self._guard:
                self._running.discard(group)


def _send(group: int, number: Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
