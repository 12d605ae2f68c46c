"""Markers: where a requirement counts, as sets one can calculate with (PEP 508, PEP 751).

The one entrance to the four modules behind it: marker_nodes (the algebra), marker_atoms (what a
comparison means), marker_evaluation (whether it holds) and marker_text (parser and printer). A marker is
an int made by these functions; equal ints are equal sets. An int means nothing outside of its process:
what is written down is the text.
"""

from detent.model.marker_atoms import python_clause
from detent.model.marker_evaluation import evaluate
from detent.model.marker_nodes import (
    ALWAYS,
    ENVIRONMENT,
    EXTRA,
    GATES,
    GROUP,
    MACHINE,
    NEVER,
    NODES,
    OS,
    PLATFORM,
    PYTHON,
    SYSTEM,
    Marker,
    allow_nodes,
    and_,
    disjoint,
    flag,
    forget,
    implies,
    not_,
    or_,
    restrict,
    subjects,
    with_extras,
)
from detent.model.marker_text import InvalidMarker, parse, render
from detent.model.names import ExtraName, GroupName, normalise
from detent.model.specifiers import InvalidSpecifier, parse_clause, parse_clauses

__all__ = [
    "ALWAYS",
    "NEVER",
    "InvalidMarker",
    "Marker",
    "allow_nodes",
    "and_",
    "disjoint",
    "environment_only",
    "evaluate",
    "gated_as",
    "gates_only",
    "implies",
    "in_extra",
    "in_group",
    "lowest_python",
    "mentions",
    "newest_python",
    "not_",
    "on_any_machine",
    "on_any_platform",
    "or_",
    "parse",
    "python_lower_bounds",
    "python_only",
    "render",
    "requires_python",
    "restrict",
    "sort_key",
    "with_extras",
]

_MACHINES = frozenset((MACHINE,))
_PLATFORMS = frozenset((PLATFORM, SYSTEM, OS))
_NOT_PYTHON = (ENVIRONMENT | GATES) - {PYTHON}
NO_PYTHON = 1 << 62


def in_extra(name: str) -> Marker:
    """Give the marker that holds when an extra is on."""
    return flag(EXTRA, normalise(name))


def in_group(name: str) -> Marker:
    """Give the marker that holds when a dependency group is on."""
    return flag(GROUP, normalise(name))


def environment_only(marker: Marker) -> Marker:
    """Give the environments where the marker holds for some extras and groups."""
    return forget(marker, GATES)


def gated_as(marker: Marker, other: Marker) -> Marker:
    """Give where the marker holds for some of the extras and groups that the other one does not ask about."""
    found = subjects(other)
    kept = frozenset((rank, name) for rank in GATES for name in found.get(rank, ()))
    return forget(marker, GATES, kept)


def gates_only(marker: Marker) -> Marker:
    """Give the extras and groups with which the marker holds somewhere."""
    return forget(marker, ENVIRONMENT)


def python_only(marker: Marker) -> Marker:
    """Give the Pythons on which the marker holds somewhere."""
    return forget(marker, _NOT_PYTHON)


def on_any_machine(marker: Marker) -> Marker:
    """Give where the marker holds for some `platform_machine`."""
    return forget(marker, _MACHINES)


def on_any_platform(marker: Marker) -> Marker:
    """Give where the marker holds on some platform, its machine left as it is."""
    return forget(marker, _PLATFORMS)


def requires_python(specifier: str) -> Marker:
    """Give the Pythons a specifier allows; raises :class:`InvalidMarker`."""
    try:
        clauses = parse_clauses(specifier)
    except InvalidSpecifier as error:
        raise InvalidMarker(specifier, str(error)) from None
    marker = ALWAYS
    for clause in clauses:
        marker = and_(marker, python_clause(clause))
    return marker


def python_lower_bounds(specifier: str) -> Marker:
    """Give the Pythons a release means to run on: all from the lowest it allows; nonsense bounds nothing.

    Upper bounds are guesses about Pythons that did not exist at release, and honouring them sends the
    resolver to old versions that merely lack the guess. A release that leaves out one Python in the middle
    (``!=3.14.1``) would make an environment of its own for that one, and its old version would spread to all
    others. uv does the same.
    """
    marker = ALWAYS
    for part in specifier.split(","):
        text = part.strip()
        if text.startswith((">=", ">", "~=")):
            text = text.removesuffix(".*").replace("~=", ">=")
        elif text.startswith("==") and not text.startswith("==="):
            text = ">=" + text[2:].strip().removesuffix(".*")
        elif not text.startswith("!="):
            continue
        try:
            clause = parse_clause(text)
        except InvalidSpecifier:
            continue
        marker = and_(marker, python_clause(clause))
    if marker == NEVER or "!=" not in specifier:
        return marker
    lowest = lowest_python(marker)
    major, minor, micro = lowest // 1_000_000, lowest // 1_000 % 1_000, lowest % 1_000
    return python_clause(parse_clause(f">={major}.{minor}.{micro}")) if lowest else ALWAYS


def lowest_python(marker: Marker) -> int:
    """Give the lowest Python of a marker as a number that orders (3.12.1 is 3012001); 0 for no bound."""
    pythons = python_only(marker)
    if pythons == NEVER:
        return NO_PYTHON
    if pythons == ALWAYS:
        return 0
    _, cuts, kids = NODES[pythons]
    return 0 if kids[0] != NEVER else int(cuts[0])


def newest_python(marker: Marker) -> int:
    """Give where the Pythons of a marker end, as a number that orders: 3.13 and up are not in 3013000."""
    pythons = python_only(marker)
    if pythons in {NEVER, ALWAYS}:
        return NO_PYTHON
    _, cuts, kids = NODES[pythons]
    return NO_PYTHON if kids[-1] != NEVER else int(cuts[-1])


def sort_key(marker: Marker) -> tuple[int, int, str]:
    """Order environments for solving: newest Python first, then by text.

    One patch release that something excludes (`!=3.14.1`) comes after the rest of its minor and of those
    above: what serves everybody is preferred there, not the other way round.
    """
    return -newest_python(marker), -lowest_python(marker), "" if marker == NEVER else render(marker)


def mentions(marker: Marker) -> tuple[frozenset[ExtraName], frozenset[GroupName]]:
    """Give the extras and the groups a marker asks about."""
    found = subjects(marker)
    extras, groups = found.get(EXTRA, frozenset()), found.get(GROUP, frozenset())
    return frozenset(map(ExtraName, extras)), frozenset(map(GroupName, groups))
