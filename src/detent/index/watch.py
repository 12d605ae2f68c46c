"""A bound on waiting that no server can stretch by sending a byte now and then.

Timeouts of a socket are per read, so a head or a chunk that drips in never runs into one. Here every read of
every connection is counted, in the thread that waits for it.
"""

import threading
import time
from collections.abc import Callable

from detent.index.retry import RateWatch, TransferBroken
from detent.model.limits import Limits


class ReadWatch:
    """Watches the reads of one client's connections; threads may share it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting = threading.local()
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Let every transfer break off at its next read."""
        self._stopped.set()

    def expect_head(self) -> None:
        """From now on this thread waits for the head of an answer, which has to come as a whole in time."""
        deadline = time.monotonic() + self._limits.connect_seconds + self._limits.read_seconds

        def check(_: int) -> None:
            if time.monotonic() > deadline:
                raise TransferBroken("no answer came for too long")

        self._waiting.check = check

    def expect_body(self) -> None:
        """From now on this thread waits for a body, which has to keep up the minimum rate."""
        rate = RateWatch(self._limits, time.monotonic())

        def check(received_bytes: int) -> None:
            if rate.is_stalled(received_bytes, time.monotonic()):
                raise TransferBroken("data came too slowly to ever finish")

        self._waiting.check = check

    def received(self, received_bytes: int) -> None:
        """Hear of a read of this thread; raises :class:`TransferBroken` when it is to end."""
        if self._stopped.is_set():
            raise TransferBroken("detent was interrupted", is_transient=False)
        check: Callable[[int], None] | None = getattr(self._waiting, "check", None)
        if check is not None:
            check(received_bytes)
