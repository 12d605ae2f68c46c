"""Up to when an upload counts: `exclude-newer` as a date or an age (compare PEP 700, upload-time).

A date is one moment for everybody. An age is counted back from when the command began, and is written into a
lock as it was given, never as the moment it came to. Pure: whoever knows the time brings it. Dates are
reckoned here: commands without a cutoff read them as well, and shall not import what can do all of it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from detent.model.names import PackageName
from detent.named import NamedTuple


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
    """Who set the one for everybody, ready for a message."""
    packages_set_by: Mapping[PackageName, str] = MappingProxyType({})
    """Who set those of single packages."""
    indexes: Mapping[str, Cutoff | None] = MappingProxyType({})
    """In place of the one for everybody for what comes from an index, by the index's name."""
    indexes_set_by: Mapping[str, str] = MappingProxyType({})
    index_of: "Callable[[PackageName], str] | None" = None
    """Tells the name of the index that serves a package, where any index has a bound of its own."""

    def cutoff(self, name: PackageName) -> Cutoff | None:
        """Give the bound of a package."""
        if name in self.packages or not self.indexes or self.index_of is None:
            return self.packages.get(name, self.everybody)
        return self.indexes.get(self.index_of(name), self.everybody)

    def everyone(self) -> "Iterator[Cutoff | None]":
        """Give every bound there is."""
        yield self.everybody
        yield from self.packages.values()
        yield from self.indexes.values()

    def moment_on(self, index: str, name: PackageName) -> int | None:
        """Give the moment for a package as the index of this name has it."""
        return self._replace(index_of=lambda _: index).moment(name) if self.indexes else self.moment(name)

    def moment(self, name: PackageName) -> int | None:
        """Give the moment from which on uploads of a package do not count; ``None`` for no bound."""
        cutoff = self.cutoff(name)
        return None if cutoff is None else cutoff.at(self.now)

    def origin(self, name: PackageName) -> str:
        """Give who set the bound of a package, ready for a message."""
        if name in self.packages or not self.indexes or self.index_of is None:
            return self.packages_set_by.get(name, self.set_by)
        return self.indexes_set_by.get(self.index_of(name), self.set_by)


NO_CUTOFFS = Cutoffs()


# ---- read ------------------------------------------------------------------------------------

_DAY = 24 * 60 * 60
_SECONDS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 60 * 60),
    **dict.fromkeys(("d", "day", "days"), _DAY),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), 7 * _DAY),
}
_UNEQUAL = frozenset(("mo", "mos", "month", "months", "y", "yr", "yrs", "year", "years"))
_MOST_DIGITS = 6
"""Of one number of a span: a million weeks are longer than anything."""

# Compiled when first used, as most commands read none.
_DATE = r"(\d{4})-(\d\d)-(\d\d)"
_TIME = r"[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?"
_ZONE = r"([Zz]|[+-]\d\d:\d\d)"
_SPAN = r"(?:\d+ ?[A-Za-z]+(?:, ?| )?)+"
_ISO_SPAN = r"P(?=[\dT])(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?"
_FORMS = "no date (`2024-05-01`), no moment (`2024-05-01T12:00:00Z`) and no span of time (`7 days`, `12h`)"


def parse_cutoff(text: str) -> Cutoff:
    """Read a date, a moment with its zone (RFC 3339), or a span such as `7 days`, `1w`, `PT24H`.

    A date is all of that day, UTC. Raises :class:`ValueError` in plain words.
    """
    text = " ".join(text.split())
    if found := re.fullmatch(f"{_DATE}(?:{_TIME}{_ZONE}?)?", text, re.ASCII):
        return Cutoff(text, moment=_moment(text, found))
    if re.fullmatch(_ISO_SPAN, text.upper(), re.ASCII):
        return Cutoff(text, age_seconds=_iso_span(text))
    if re.fullmatch(_SPAN, text, re.ASCII):
        return Cutoff(text, age_seconds=_span(text, re.findall(r"(\d+) ?([A-Za-z]+)", text)))
    raise ValueError(f"`{text}` is {_FORMS}")


def _moment(text: str, found: re.Match[str]) -> int:
    year, month, day = map(int, found.group(1, 2, 3))
    if not (1 <= month <= 12 and 1 <= day <= _days_of(year, month)):
        raise ValueError(f"`{text}`: there is no such day")
    midnight = _days_since_epoch(year, month, day) * _DAY
    if found[4] is None:
        return midnight + _DAY
    if found[7] is None:
        raise ValueError(f"`{text}` does not say of which zone the time is; for UTC, write `{text}Z`")
    hour, minute, second = map(int, found.group(4, 5, 6))
    zone = "+00:00" if found[7] in "Zz" else found[7]
    ahead, behind = int(zone[1:3]), int(zone[4:6])
    # A minute may have a leap second.
    if hour > 23 or minute > 59 or second > 60 or ahead > 23 or behind > 59:
        raise ValueError(f"`{text}`: there is no such time")
    offset = (ahead * 60 + behind) * 60 * (-1 if zone[0] == "-" else 1)
    return midnight + (hour * 60 + minute) * 60 + second - offset


def _days_of(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in {4, 6, 9, 11} else 31


def _days_since_epoch(year: int, month: int, day: int) -> int:
    """Count days in the Gregorian calendar, with years that begin in March: a leap day comes last."""
    years = year - (month <= 2)
    days = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return years * 365 + years // 4 - years // 100 + years // 400 + days - 719468


def _iso_span(text: str) -> int:
    date, _, time = text.upper()[1:].partition("T")
    parts = [(number, "month" if unit == "M" else unit) for number, unit in re.findall(r"(\d+)(\D)", date)]
    return _span(text, [*parts, *re.findall(r"(\d+)(\D)", time)])


def _span(text: str, parts: list[tuple[str, str]]) -> int:
    seconds = 0
    for number, unit in parts:
        if unit.lower() in _UNEQUAL:
            raise ValueError(f"`{text}`: months and years are not all of one length; write days or weeks")
        if unit.lower() not in _SECONDS:
            raise ValueError(f"`{text}`: `{unit}` is no unit of time; it has days, hours, weeks and the like")
        if len(number) > _MOST_DIGITS:
            raise ValueError(f"`{text}`: a span is not that long")
        seconds += int(number) * _SECONDS[unit.lower()]
    return seconds
