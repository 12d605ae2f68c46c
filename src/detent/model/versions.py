"""A project's versions, numbered, so that a set of versions is one int.

Versions are numbered 1 to n, oldest first; bit 0 stands for "absent". Intersection is ``&``, subset is
``a & b == a``, the newest is the highest bit. A specifier becomes a mask by bisecting a sorted list of
keys, once per project and text; pre-releases match like any version (PEP 440), for leaving them out is
the resolver's policy.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from packaging.version import Version

from detent.model.names import PackageName
from detent.model.specifiers import (
    Clause,
    InvalidSpecifier,
    VersionKey,
    canonical_specifier,
    clause_spans,
    is_prerelease,
    parse_clauses,
    version_key,
)
from detent.named import NamedTuple

__all__ = [
    "Columns",
    "InvalidSpecifier",
    "Kept",
    "Listing",
    "Release",
    "Sets",
    "VersionKey",
    "canonical_specifier",
    "columns",
    "newest",
    "sets",
    "version_key",
]


class Release(NamedTuple):
    """One version as an index lists it, over all its files."""

    version: str
    """Canonical (PEP 440 normalised)."""
    key: VersionKey
    requires_python: str
    """As the files say; empty for any Python."""
    has_wheel: bool
    has_sdist: bool
    yanked: bool
    """Whether every file is yanked."""
    uploaded_at: int | None
    """Seconds since the epoch; ``None`` where the index does not say."""
    wheel_pythons: str = ""
    """The Pythons its wheels are for, as :func:`~detent.model.wheel_tags.pythons_of_wheels` tells them."""


Columns: TypeAlias = tuple[
    tuple[str, ...],
    tuple[VersionKey, ...],
    tuple[str, ...],
    tuple[bool, ...],
    tuple[bool, ...],
    tuple[bool, ...],
    tuple[int | None, ...],
    tuple[str, ...],
]
"""The fields of several releases, oldest first, one tuple each: quick to load, and soon a row again."""


class Sets(NamedTuple):
    """What questions are about, as sets of versions; all that takes going through them one by one."""

    yanked: int
    prerelease: int
    wheels: int
    sdists: int
    by_requires_python: Mapping[str, int]
    by_wheel_pythons: Mapping[str, int]


class Kept(NamedTuple):
    """What :func:`columns` and :func:`sets` gave of the same releases: a listing of it is made at once."""

    columns: Columns
    sets: Sets


def columns(releases: Sequence[Release]) -> Columns:
    """Turn rows, oldest first, into columns."""
    return (
        tuple(r.version for r in releases),
        tuple(r.key for r in releases),
        tuple(r.requires_python for r in releases),
        tuple(r.has_wheel for r in releases),
        tuple(r.has_sdist for r in releases),
        tuple(r.yanked for r in releases),
        tuple(r.uploaded_at for r in releases),
        tuple(r.wheel_pythons for r in releases),
    )


def sets(releases: Sequence[Release]) -> Sets:
    """Find the sets of releases that are in order, oldest first."""
    yanked = prerelease = wheels = sdists = 0
    by_requires_python: dict[str, int] = {}
    by_wheel_pythons: dict[str, int] = {}
    bit = 2
    for release in releases:
        if release.yanked:
            yanked |= bit
        if release.has_wheel:
            wheels |= bit
        if release.has_sdist:
            sdists |= bit
        if is_prerelease(release.key):
            prerelease |= bit
        text = release.requires_python
        by_requires_python[text] = by_requires_python.get(text, 0) | bit
        text = release.wheel_pythons
        by_wheel_pythons[text] = by_wheel_pythons.get(text, 0) | bit
        bit <<= 1
    return Sets(yanked, prerelease, wheels, sdists, by_requires_python, by_wheel_pythons)


def newest(mask: int) -> int:
    """Number of the newest version in a set; 0 when there is none but "absent"."""
    return mask.bit_length() - 1 if mask else 0


class Listing:
    """The releases of one project and the sets of them that questions are about."""

    __slots__ = (
        "_columns",
        "_keys",
        "_masks",
        "_numbers",
        "_versions",
        "by_requires_python",
        "by_wheel_pythons",
        "count",
        "every",
        "name",
        "prerelease",
        "sdists",
        "stable",
        "wheels",
        "yanked",
    )

    def __init__(self, name: PackageName, releases: Iterable[Release] | Kept) -> None:
        """Take releases in any order, which are put in order, or what is kept of them."""
        if not isinstance(releases, Kept):
            in_order = sorted(releases, key=_age)
            releases = Kept(columns(in_order), sets(in_order))
        kept_columns, kept_sets = releases
        self.name = name
        self._columns = kept_columns
        self._versions, self._keys = kept_columns[:2]
        self._numbers: dict[str, int] | None = None
        self.count = len(self._versions)
        self.every = (1 << (self.count + 1)) - 2
        self._masks = {"": self.every}
        self.yanked = kept_sets.yanked
        self.prerelease = kept_sets.prerelease
        self.stable = self.every & ~kept_sets.prerelease
        self.wheels = kept_sets.wheels
        self.sdists = kept_sets.sdists
        self.by_requires_python = kept_sets.by_requires_python
        self.by_wheel_pythons = kept_sets.by_wheel_pythons

    def __repr__(self) -> str:
        return f"Listing({self.name!r}, {self.count} releases)"

    def number(self, version: str) -> int | None:
        """Find a version by its text, or by an equal one (``1.0`` for ``1.0.0``)."""
        if self._numbers is None:
            self._numbers = {text: number for number, text in enumerate(self._versions, start=1)}
        found = self._numbers.get(version)
        if found is not None:
            return found
        try:
            key = version_key(Version(version))
        except ValueError:  # no version, or a number too long to read
            return None
        place = bisect_left(self._keys, key)
        return place + 1 if place < self.count and self._keys[place] == key else None

    def release(self, number: int) -> Release:
        """Give the release of a number from 1 to ``count``."""
        if number < 1:
            raise IndexError(number)
        return Release._make([column[number - 1] for column in self._columns])

    @property
    def releases(self) -> tuple[Release, ...]:
        """Every release, oldest first; made anew each time."""
        return tuple(map(Release, *self._columns))

    def mask(self, specifier: str) -> int:
        """Give the versions a specifier allows; raises :class:`InvalidSpecifier`."""
        mask = self._masks.get(specifier)
        if mask is None:
            mask = self.every
            for clause in parse_clauses(specifier):
                text = str(clause)
                part = self._masks.get(text)
                if part is None:
                    part = self._masks[text] = self._clause_mask(clause)
                mask &= part
            self._masks[specifier] = mask
        return mask

    def _clause_mask(self, clause: Clause) -> int:
        if clause.version is None:
            wanted = clause.text.lower()
            return sum(
                1 << number for number, text in enumerate(self._versions, start=1) if text.lower() == wanted
            )
        mask = 0
        for low, high in clause_spans(clause):
            first, last = bisect_left(self._keys, low), bisect_left(self._keys, high)
            mask |= ((1 << (last - first)) - 1) << (first + 1)
        return mask

    def ranges(self, mask: int) -> str:
        """Write a set in words, neighbours folded: ``1.0..1.4, 2.0``."""
        parts = []
        number, rest = 1, mask >> 1
        while rest:
            skipped = (rest & -rest).bit_length() - 1
            number += skipped
            rest >>= skipped
            length = (~rest & (rest + 1)).bit_length() - 1
            first, last = self.release(number).version, self.release(number + length - 1).version
            parts.append(first if length == 1 else f"{first}..{last}")
            number += length
            rest >>= length
        return ", ".join(parts)


def _age(release: Release) -> tuple[VersionKey, str]:
    return release.key, release.version
