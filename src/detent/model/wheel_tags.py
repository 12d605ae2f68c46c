"""Which Pythons wheels are for, by the tags in their file names (platform compatibility tags specification).

Only what is certain narrows anything: an interpreter or an ABI that is not known here may serve any Python.
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
_ANY = ""


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
    """Give the minor versions of CPython that wheels are for, lowest first: `3.9 3.10 3.11+`.

    Empty where one of them is for any Python 3, and where nothing is known. Many releases share a text.
    """
    minors: set[str] = set()
    for filename in filenames:
        minors |= _minors(*filename[:-4].rsplit("-", 3)[1:3])
        if _ANY in minors:
            return ""
    told: list[str] = []
    for minor in sorted(minors, key=_order):
        told.append(minor)
        if minor.endswith("+"):
            break
    return " ".join(told)


def lowest_served(pythons: str, within: Marker) -> Marker:
    """Give the Pythons from the lowest on that such a text names within a range; NEVER when it names none.

    Newer Pythons than it names are not ruled out: wheels for them may come later.
    """
    if not pythons:
        return markers.ALWAYS
    for minor in pythons.split(" "):
        number = minor.removesuffix("+")
        from_there = markers.requires_python(f">={number}")
        served = from_there if minor != number else markers.requires_python(f"=={number}.*")
        if not markers.disjoint(within, served):
            return from_there
    return markers.NEVER


@lru_cache(maxsize=4096)
def _minors(pythons: str, abis: str) -> frozenset[str]:
    """Give the minor versions one set of tags is for, with a `+` where later ones are, too."""
    has_stable_abi = any(abi.startswith("abi3") for abi in abis.split("."))
    minors = set()
    for tag in pythons.split("."):
        found = _TAG.fullmatch(tag)
        interpreter, major, minor = found.groups() if found is not None else ("", "", "")
        if interpreter in {"pp", "graalpy"}:
            continue  # for those who chose another interpreter; CPython is what a release is judged by
        if interpreter not in {"py", "cp"} or (major == "3" and minor in {"", "0"}):
            minors.add(_ANY)
        elif major == "2":
            minors.add("2.7")
        else:
            onwards = "+" if interpreter == "py" or has_stable_abi else ""
            minors.add(f"{major}.{minor or 0}{onwards}")
    return frozenset(minors)


def _order(minor: str) -> tuple[int, int, str]:
    major, _, number = minor.removesuffix("+").partition(".")
    return int(major), int(number), minor
