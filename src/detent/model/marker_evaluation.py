"""Whether a marker holds on an interpreter, and the comparisons that only an interpreter can answer.

Comparisons that fit on no axis of the diagram (`platform_release` and the like) are kept as they stand,
each a question of its own; their answers are packaging's. A pre-release of Python counts as its final
release, as it does in the canonical text wherever that speaks of `python_version`.
"""

from bisect import bisect_right
from collections.abc import Collection, Mapping
from functools import lru_cache

from packaging.version import Version

from detent.model.marker_nodes import (
    ALWAYS,
    EXTRA,
    GROUP,
    IMPLEMENTATION,
    IMPLEMENTATION_LABEL,
    MACHINE,
    NEVER,
    NODES,
    OPAQUE,
    OS,
    PLATFORM,
    PYTHON,
    SYSTEM,
    Marker,
    make,
)
from detent.model.names import normalise
from detent.model.specifiers import InvalidSpecifier, clause_contains, parse_clause
from detent.named import NamedTuple

VARIABLE_BY_RANK = {
    IMPLEMENTATION: "implementation_name",
    IMPLEMENTATION_LABEL: "platform_python_implementation",
    PLATFORM: "sys_platform",
    SYSTEM: "platform_system",
    OS: "os_name",
    MACHINE: "platform_machine",
}

_OPPOSITE = {">=": "<", "<=": ">", "==": "!=", "in": "not in"}
_AFFIRMATIVE = {opposite: operator for operator, opposite in _OPPOSITE.items()}
VERSIONS = frozenset(("implementation_version", "platform_release", "python_full_version", "python_version"))


class Opaque(NamedTuple):
    """A comparison that fits on no axis."""

    variable: str
    operator: str
    """``>=``, ``<=``, ``==`` or ``in``; the others are the opposites of these."""
    literal: str
    flipped: bool
    """Whether the literal stands on the left."""

    def text(self, *, holds: bool = True) -> str:
        """Write the comparison, or its opposite."""
        operator = self.operator if holds else _OPPOSITE[self.operator]
        left, right = self.variable, quoted(self.literal)
        return f"{right} {operator} {left}" if self.flipped else f"{left} {operator} {right}"


opaque_by_text: dict[str, Opaque] = {}
"""The opaque comparisons by the text that is the subject of their axis."""


def quoted(literal: str) -> str:
    """Put a text into the quotes it does not hold itself."""
    return f'"{literal}"' if "'" in literal else f"'{literal}'"


def opaque(variable: str, operator: str, literal: str, *, flipped: bool) -> Marker:
    """Give the marker of a comparison kept as it stands."""
    affirmative = _AFFIRMATIVE.get(operator)
    question = Opaque(variable, affirmative or operator, literal, flipped)
    text = question.text()
    opaque_by_text[text] = question
    kids = (NEVER, ALWAYS) if affirmative is None else (ALWAYS, NEVER)
    return make((OPAQUE, text), (), kids)


def _verdict(question: Opaque, environment: Mapping[str, str]) -> bool | None:
    """Whether an opaque comparison holds; ``None`` when neither it nor its opposite does.

    That is so for what is no version (a kernel called ``6.8.0-45-generic``): no comparison of versions
    holds for it.
    """
    variable, operator, literal, flipped = question
    value = environment[variable]
    if variable == "python_full_version":
        value = _repaired(value)
    left, right = (literal, value) if flipped else (value, literal)
    if operator == "in":
        return left in right
    if variable not in VERSIONS:
        return left == right
    if _compare(left, operator, right):
        return True
    return False if _compare(left, _OPPOSITE[operator], right) else None


def _compare(left: str, operator: str, right: str) -> bool:
    try:
        clause = parse_clause(operator + right)
    except InvalidSpecifier:
        return left != right if operator == "!=" else operator not in {"<", ">"} and left == right
    return clause_contains(clause, left)


# ---- evaluation -----------------------------------------------------------------------------


def python_number(release: tuple[int, ...]) -> int:
    """Give a Python's place on its axis: 3.12.1 is 3012001."""
    major, minor, micro = (*release, 0, 0, 0)[:3]
    return major * 1_000_000 + min(minor, 1000) * 1000 + micro


def _repaired(full_version: str) -> str:
    """Mend the version of a Python built between releases, as packaging does (``3.13.0+``)."""
    return f"{full_version}local" if full_version.endswith("+") else full_version


@lru_cache(maxsize=256)
def _position(full_version: str) -> int:
    return python_number(Version(_repaired(full_version)).release)


def evaluate(
    marker: Marker,
    environment: Mapping[str, str],
    *,
    extras: Collection[str] = (),
    groups: Collection[str] = (),
) -> bool:
    """Whether a marker holds on an interpreter, with these extras and groups switched on.

    ``environment`` maps the variables of PEP 508 to their values (packaging.markers.default_environment).
    """
    while marker > ALWAYS:
        (rank, subject), cuts, kids = NODES[marker]
        if rank == PYTHON:
            marker = kids[bisect_right(cuts, _position(environment["python_full_version"]))]
        elif rank == OPAQUE:
            verdict = _verdict(opaque_by_text[subject], environment)
            if verdict is None:  # it holds when it would hold either way
                return all(evaluate(kid, environment, extras=extras, groups=groups) for kid in kids)
            marker = kids[verdict]
        elif rank <= GROUP:
            marker = kids[_named(subject, extras if rank == EXTRA else groups)]
        else:
            value = environment[VARIABLE_BY_RANK[rank]]
            marker = kids[cuts.index(value)] if value in cuts else kids[-1]
    return marker == ALWAYS


def _named(name: str, names: Collection[str]) -> bool:
    return name in names or any(normalise(other) == name for other in names)
