"""A line of a release's metadata, split by the extra that brings it in (core metadata, Requires-Dist).

The `extra` part of its marker is evaluated away here, once, so that whoever reads a release later sees a
plain list for the release itself and one for each extra. Spellings that old releases are known for are
mended; what cannot be mended raises, and the caller decides what such a release is worth.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from detent.model import markers
from detent.model.candidate import Dependency
from detent.model.requirement import ExtraName, InvalidRequirement, Requirement, extra_name, parse_requirement


def parse_dependency(text: str, extras: Sequence[str]) -> tuple[tuple[ExtraName | None, Dependency], ...]:
    """Give the rows one ``Requires-Dist`` line comes to: base (``None``) first, then per declared extra.

    An extra's row is there only where it adds something to the base. Raises
    :class:`InvalidRequirement`.
    """
    return _rows(text, tuple(extras))


@lru_cache(maxsize=8192)
def _rows(text: str, extras: tuple[str, ...]) -> tuple[tuple[ExtraName | None, Dependency], ...]:
    requirement = _parse_leniently(text)
    base = markers.with_extras(requirement.marker, frozenset())
    rows: list[tuple[ExtraName | None, Dependency]] = []
    if base != markers.NEVER:
        rows.append((None, _dependency(requirement, base)))
    used, _ = markers.mentions(requirement.marker)
    for extra in dict.fromkeys(map(extra_name, extras)):
        if extra in used:
            here = markers.with_extras(requirement.marker, frozenset((extra,)))
            if not markers.implies(here, base):
                rows.append((extra, _dependency(requirement, here)))
    return tuple(rows)


def _dependency(requirement: Requirement, marker: markers.Marker) -> Dependency:
    return Dependency(
        requirement.name,
        requirement.extras,
        requirement.specifier,
        markers.render(marker),
        requirement.url,
    )


# Spellings seen in published metadata, and what they were meant to say. Compiled when first used: most
# commands read no metadata.
_MENDS = (
    (r"(?<![<>=!~])=([<>])(?=\s*v?\d)", r"\1="),  # `=>1.0`
    (r">\s*dev(?=\s*(?:[,)]|$))", ">0.0.dev0"),  # `>dev`
    (r"!=~(\s*v?\d[\d.]*)(?=\s*(?:[,)]|$))", r"!=\1.*"),  # `!=~1.0`
    (r"(?<=\d)\*", ".*"),  # `!=3.0*`
    (r"(>=|<=|~=|[<>])(\s*v?\d[^\s,;)]*?)\.\*", r"\1\2"),  # `>=1.0.*`
    (r"([\w*])\s*(?<![<>=!~,(])(?=(?:[<>!~=]=|[<>])\s*v?\d)", r"\1,"),  # `>=1.0 <2`
)


def _parse_leniently(text: str) -> Requirement:
    try:
        return parse_requirement(text)
    except InvalidRequirement:
        mended = _mended(text)
        if mended == text:
            raise
    try:
        return parse_requirement(mended)
    except InvalidRequirement:
        return parse_requirement(text)  # to say what is wrong with the line as it was written


_LINE = r"(\s*[\w.-]+\s*(?:\[[^\]]*\])?\s*)([^;@]*)(.*)"


def _mended(text: str) -> str:
    found = re.fullmatch(_LINE, text, re.DOTALL)
    if found is None:
        return text
    head, specifier, tail = found.groups()
    opening = "(" if specifier.startswith("(") else ""
    clauses = specifier.removeprefix("(").replace("'", "").replace('"', "")
    for pattern, replacement in _MENDS:
        clauses = re.sub(pattern, replacement, clauses)
    if tail.strip() == ";":
        tail = ""
    return f"{head}{opening}{clauses}{tail}"
