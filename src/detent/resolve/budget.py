"""How long a search may go on: so long without progress, and so long in all.

Progress is an environment that is solved, or more packages decided at once than ever before in the one being
solved. Time without it is computing, for waiting for the network is no search; the time in all is the wall's,
for whoever set it waits for an answer.
"""

from detent.model.limits import Limits
from detent.resolve.ports import Clock


class Budget:
    """The time one resolution may take."""

    def __init__(self, clock: Clock, limits: Limits, *, wall: Clock) -> None:
        """``clock`` counts computing, ``wall`` all time."""
        self._clock = clock
        self._wall = wall
        self._patience = limits.search_seconds
        self._most = limits.max_seconds
        self._progressed_at = clock()
        self._start = wall()
        self._most_decided = 0

    def begin(self) -> None:
        """Hear that an environment is looked at anew: what counts as progress starts again."""
        self._most_decided = 0

    def progressed(self) -> None:
        """Hear that an environment is solved."""
        self._progressed_at = self._clock()

    def is_used_up(self, decided: int) -> bool:
        """Say whether to stop, being told how many packages are decided at this moment."""
        now = self._clock()
        if decided > self._most_decided:
            self._most_decided = decided
            self._progressed_at = now
        return now - self._progressed_at > self._patience or self.left() < 0

    def now(self) -> float:
        """Give the time on the wall."""
        return self._wall()

    def left(self) -> float:
        """Give the seconds that are left of all there are."""
        return self._most - (self._wall() - self._start)

    def spent(self) -> str:
        """Say what was used up."""
        if self.left() < 0:
            return f"the {_amount(self._most)} seconds of `--max-seconds`"
        return f"{_amount(self._patience)} seconds of search without progress"


def _amount(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")
