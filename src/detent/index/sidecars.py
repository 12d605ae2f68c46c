"""Whether an index is worth asking for metadata files that it did not announce.

They are a property of each file: some indexes have them for half of their wheels and say so for none. An
index that had none for eight files in a row is not asked for a day. (docs/explanation: the data layer)
"""

import threading
from collections.abc import Callable

_MISSES = 8
_SILENT_SECONDS = 86_400.0


class Sidecars:
    """What is known of one index; threads may share it."""

    def __init__(self, fact: object, now: Callable[[], float]) -> None:
        """Begin with what :meth:`fact` gave an earlier run, or anything else for nothing."""
        self._now = now
        self._guard = threading.Lock()
        self._misses = 0
        self._silent_until = 0.0
        match fact:
            case (int(misses), float(silent_until)) if (
                0 <= silent_until - now() <= _SILENT_SECONDS or not silent_until
            ):
                self._misses, self._silent_until = misses, silent_until
            case _:
                pass

    def worth_asking(self) -> bool:
        """Whether to try another file."""
        return self._now() >= self._silent_until

    def learn(self, *, is_there: bool) -> None:
        """Take note of an answer."""
        with self._guard:
            if is_there:
                self._misses, self._silent_until = 0, 0.0
                return
            self._misses += 1
            if self._misses >= _MISSES:
                self._misses, self._silent_until = 0, self._now() + _SILENT_SECONDS

    def fact(self) -> tuple[int, float]:
        """What the next run should know."""
        with self._guard:
            return (self._misses, self._silent_until)
