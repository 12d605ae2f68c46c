"""The three kinds of names, normalised by type (PEP 503, PEP 685, PEP 735).

A name that is not valid is refused here, once; behind this border equal names are equal strings.
"""

import re
from functools import lru_cache
from typing import NewType

PackageName = NewType("PackageName", str)
ExtraName = NewType("ExtraName", str)
GroupName = NewType("GroupName", str)

# The identifier of PEP 508: letters and digits, with `.`, `-` and `_` inside.
_VALID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_RUNS = re.compile(r"[-_.]+")


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """Give the normal form of any name, without asking whether it is a valid one."""
    return _RUNS.sub("-", text).lower()


def package_name(text: str) -> PackageName:
    """Normalise a project's name; ``ValueError`` in plain words when it is not one."""
    return PackageName(_checked(text, "package name"))


def extra_name(text: str) -> ExtraName:
    """Normalise the name of an extra; ``ValueError`` in plain words when it is not one."""
    return ExtraName(_checked(text, "name of an extra"))


def group_name(text: str) -> GroupName:
    """Normalise the name of a dependency group; ``ValueError`` in plain words when it is not one."""
    return GroupName(_checked(text, "name of a dependency group"))


def _checked(text: str, kind: str) -> str:
    if _VALID.fullmatch(text) is None:
        raise ValueError(
            f"`{text}` is not a valid {kind}: it has letters, digits, `.`, `-` and `_`, "
            "and starts and ends with a letter or digit"
        )
    return normalise(text)
