"""Where the time of a command went, by what was going on: each moment counts for one thing."""

from detent import events
from detent.events import Event

_NAMES = {"": "reading", "resolving": "resolving", "preparing": "unpacking", "linking": "linking"}
PHASES = ("reading", "resolving", "downloading", "building", "unpacking", "linking")


class Timings:
    """Hears of events, and counts.

    What runs at the same time counts as what people wait for most: a build before a download, a download
    before what else is done.
    """

    def __init__(self, now: float) -> None:
        self._since = self._begun = now
        self._phase = ""
        self._downloads: set[str] = set()
        self._builds = 0
        self._spent = dict.fromkeys(PHASES, 0.0)

    def take(self, event: Event, now: float) -> None:
        """Hear what happened."""
        match event:
            case events.Phase(name):
                self._count(now)
                self._phase = name
            case events.DownloadStarted(filename):
                self._count(now)
                self._downloads.add(filename)
            case events.DownloadFinished(filename):
                self._count(now)
                self._downloads.discard(filename)
            case events.Building():
                self._count(now)
                self._builds += 1
            case events.Built():
                self._count(now)
                self._builds -= 1
            case _:
                pass

    def facts(self, now: float) -> dict[str, float]:
        """Give the seconds of each, and all together."""
        self._count(now)
        rounded = {name: round(seconds, 6) for name, seconds in self._spent.items()}
        return {**rounded, "total": round(now - self._begun, 6)}

    def _count(self, now: float) -> None:
        if self._builds > 0:
            name = "building"
        elif self._downloads:
            name = "downloading"
        else:
            name = _NAMES.get(self._phase, "reading")
        self._spent[name] += now - self._since
        self._since = now
