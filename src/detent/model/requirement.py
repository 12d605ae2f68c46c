"""A wish for a package: its parser and its one canonical text (PEP 508).

The parser is our own because packaging.requirements costs more to import than a warm command may take;
it accepts what that one accepts and says what is wrong in plain words. Direct references are read here
and refused, where they must be, by those who know the place they stand in.
"""

import re
from functools import lru_cache

from detent.model import markers
from detent.model.markers import InvalidMarker, Marker
from detent.model.names import (
    ExtraName,
    GroupName,
    PackageName,
    extra_name,
    group_name,
    package_name,
)
from detent.model.specifiers import InvalidSpecifier, canonical_specifier
from detent.named import NamedTuple

__all__ = [
    "ExtraName",
    "GroupName",
    "InvalidRequirement",
    "Origin",
    "PackageName",
    "Requirement",
    "extra_name",
    "group_name",
    "package_name",
    "parse_requirement",
]


class InvalidRequirement(ValueError):
    """The text is no requirement; ``reason`` says what is wrong in plain words."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"`{text}` is not a valid requirement: {reason}")
        self.text = text
        self.reason = reason


class Origin(NamedTuple):
    """Who asked, for every later message."""

    table: str
    """``project.dependencies``, ``project.optional-dependencies.net``, ``dependency-groups.dev`` or
    ``command line``."""
    line: int | None = None
    """In the pyproject.toml, counted from 1; ``None`` elsewhere."""
    file: str = "pyproject.toml"
    """Which one, from the folder of the lock: of a workspace there are several."""


class Requirement(NamedTuple):
    """A package, which versions of it, and where it is wanted."""

    name: PackageName
    extras: tuple[ExtraName, ...] = ()
    """Sorted, each once."""
    specifier: str = ""
    """Canonical; empty for any version."""
    marker: Marker = markers.ALWAYS
    url: str = ""
    """Of a direct reference; empty for a requirement on an index."""
    origin: Origin | None = None

    def __str__(self) -> str:
        """Canonical PEP 508 text: requirements that mean the same read the same.

        ``ValueError`` for a marker that never holds, which no text can say.
        """
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        what = f" @ {self.url}" if self.url else self.specifier
        condition = markers.render(self.marker)
        if not condition:
            return f"{self.name}{extras}{what}"
        return f"{self.name}{extras}{what}{' ' if self.url else ''}; {condition}"


_HEAD = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)(\]?)\s*)?")
_URL = re.compile(r"\s*(\S*)\s*")
# `===` compares with any text, so a semicolon ends the specifier only outside of one; but no
# arbitrary text may hold a semicolon, blank or bracket either, so the first semicolon is always the end.
_SPECIFIER = re.compile(r"\s*(\()?([^;()]*)(\))?\s*")


def parse_requirement(text: str, origin: Origin | None = None) -> Requirement:
    """Read a requirement as PEP 508 writes it; raises :class:`InvalidRequirement`."""
    requirement = _parsed(text)
    return requirement if origin is None else requirement._replace(origin=origin)


@lru_cache(maxsize=8192)
def _parsed(text: str) -> Requirement:
    head = _HEAD.match(text)
    if head is None:
        raise InvalidRequirement(text, "it does not start with the name of a package")
    name, inside, closing = head.groups()
    rest = text[head.end() :]
    if inside is not None and not closing:
        raise InvalidRequirement(text, "`[` is never closed by `]`")
    extras = _extras(text, inside or "")
    url = specifier = ""
    if rest.startswith("@"):
        url, condition = _direct_reference(text, rest[1:])
    else:
        specifier, condition = _specifier(text, rest, name)
    return Requirement(package_name(name), extras, specifier, _marker(text, condition), url)


def _extras(text: str, inside: str) -> tuple[ExtraName, ...]:
    if not inside.strip():
        return ()
    try:
        return tuple(sorted({extra_name(part.strip()) for part in inside.split(",")}))
    except ValueError as error:
        raise InvalidRequirement(text, str(error)) from None


def _direct_reference(text: str, rest: str) -> tuple[str, str | None]:
    """Give the URL and the marker's text (``None``: none)."""
    found = _URL.match(rest)
    if found is None or not found[1]:
        raise InvalidRequirement(text, "there is no URL after `@`")
    condition = rest[found.end() :]
    if not condition:
        return found[1], None
    if not condition.startswith(";"):
        raise InvalidRequirement(
            text, f"a URL can only be followed by ` ; ` and a marker, not by `{condition}`"
        )
    return found[1], condition[1:]


def _specifier(text: str, rest: str, name: str) -> tuple[str, str | None]:
    """Give the canonical specifier and the marker's text (``None``: none)."""
    found = _SPECIFIER.match(rest)
    opening, clauses, closing = found.groups() if found is not None else (None, "", None)
    if opening and not closing:
        raise InvalidRequirement(text, "`(` is never closed by `)`")
    if closing and not opening:
        raise InvalidRequirement(text, "`)` closes no `(`")
    condition = rest[found.end() :] if found is not None else rest
    if condition and not condition.startswith(";"):
        raise InvalidRequirement(text, f"`{condition}` cannot stand after the version")
    try:
        specifier = canonical_specifier(clauses)
    except InvalidSpecifier as error:
        raise InvalidRequirement(text, _specifier_hint(clauses.strip(), name) or str(error)) from None
    return specifier, condition[1:] if condition else None


_BLANK_BETWEEN = re.compile(r"[\w.*]\s+[<>=!~]")


def _specifier_hint(clauses: str, name: str) -> str:
    if _BLANK_BETWEEN.search(clauses):
        return f"a comma is missing between the comparisons in `{clauses}`"
    if clauses[:1].isdigit():
        return f"`{clauses}` has no comparison before it; write `{name}=={clauses}`"
    if clauses[:1].isalpha():
        return f"`{clauses}` cannot stand after the name `{name}`"
    return ""


def _marker(text: str, condition: str | None) -> Marker:
    if condition is None:
        return markers.ALWAYS
    if not condition.strip():
        raise InvalidRequirement(text, "there is no marker after `;`")
    try:
        return markers.parse(condition)
    except InvalidMarker as error:
        raise InvalidRequirement(text, error.reason) from None
