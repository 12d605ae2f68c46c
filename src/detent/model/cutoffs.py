"""Up to when an upload counts: `exclude-newer` as a date or an age (compare PEP 700, upload-time).

A date is one moment for everybody. An age is counted back from the day of the command and is written into a
lock as it was given, never as the moment it came to. Pure: whoever knows the time brings it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from detent.model.names import PackageName


class Cutoff(NamedTuple):
    """One bound on upload times."""

    text: str
    """As it was given."""
    moment: int | None = None
    """Seconds since the epoch, UTC: what was uploaded then or later does not count."""
    age_seconds: int | None = None
    """In place of a moment: how old a file must be."""

    def at(self, now: int) -> int:
        """Give the moment it comes to."""
        return self.moment if self.moment is not None else now - (self.age_seconds or 0)


_NOBODY: Final[Mapping[PackageName, Cutoff | None]] = MappingProxyType({})


class Cutoffs(NamedTuple):
    """The bounds in force."""

    now: int = 0
    """Seconds since the epoch when the command began."""
    everybody: Cutoff | None = None
    packages: Mapping[PackageName, Cutoff | None] = _NOBODY
    """In place of the other for single packages; ``None``: no bound for this one."""
    set_by: str = "`exclude-newer`"
    """Who set it, ready for a message."""

    def cutoff(self, name: PackageName) -> Cutoff | None:
        """Give the bound of a package."""
        return self.packages[name] if name in self.packages else self.everybody

    def moment(self, name: PackageName) -> int | None:
        """Give the moment from which on uploads of a package do not count; ``None`` for no bound."""
        cutoff = self.cutoff(name)
        return None if cutoff is None else cutoff.at(self.now)


NO_CUTOFFS = Cutoffs()
