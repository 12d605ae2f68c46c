"""Which Pythons a wheel is for, by the tags in its file name (platform compatibility tags specification).

Only what is certain narrows anything: an interpreter or an ABI that is not known here may serve any Python.
The texts made here are short and sorted, so that many releases share one: `3.9 3.10 3.11+`.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from detent.model import markers
from detent.model.markers import Marker

# `cp312`, `pp310`, `py3`, `py312`, `graalpy311`: interpreter, major, minor.
_TAG = re.compile(r"([a-z]+?)([0-9])([0-9]*)")
_ONE_MINOR = frozenset({"cp", "pp", "graalpy"})
"""Interpreters whose tags name the one minor version they fit, unless the ABI is the stable one."""


def pythons_of_tag(tag: str, *, has_stable_abi: bool) -> Marker:
    """Give the Pythons a python tag fits; everything for a tag that is not known."""
    found = _TAG.fullmatch(tag)
    if found is None:
        return markers.ALWAYS
    interpreter, major, minor = found.groups()
    if interpreter == "py":
        return markers.requires_python(f">={major}.{minor or 0},<{int(major) + 1}")
    if interpreter not in _ONE_MINOR:
        return markers.ALWAYS
    if not minor:
        return markers.requires_python(f"=={major}.*")
    if has_stable_abi:
        return markers.requires_python(f">={major}.{minor},<{int(major) + 1}")
    return markers.requires_python(f"=={major}.{minor}.*")


def pythons_of_wheels(filenames: Iterable[str]) -> str:
    """Give the Pythons that wheels are for, as a text for :func:`lower_bound`; empty when that is any.

    What is for PyPy alone is left out unless there is nothing else: a release is judged by its wheels for
    CPython.
    """
    minors: set[tuple[int, int]] = set()
    onwards: set[tuple[int, int]] = set()
    for filename in filenames:
        parts = filename[:-4].rsplit("-", 3)
        if len(parts) < 4:
            return ""
        exact, from_there = _minors(parts[1], parts[2])
        if not from_there <= {(2, 0)} and min(from_there) <= (3, 0):
            return ""
        minors |= exact
        onwards |= from_there
    first = min((minor for minor in onwards if minor >= (3, 0)), default=None)
    told = [f"{major}.{minor}" for major, minor in sorted(minors) if first is None or (major, minor) < first]
    if first is not None:
        told.append(f"{first[0]}.{first[1]}+")
    elif onwards and not told:
        told.append("2.7")
    return " ".join(told)


_ANY = (frozenset[tuple[int, int]](), frozenset({(0, 0)}))
_NONE = (frozenset[tuple[int, int]](), frozenset[tuple[int, int]]())


@lru_cache(maxsize=4096)
def _minors(pythons: str, abis: str) -> tuple[frozenset[tuple[int, int]], frozenset[tuple[int, int]]]:
    """Give the minor versions one tag set fits exactly, and those from which on it fits all."""
