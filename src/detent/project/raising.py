"""Bounds of requirements moved up to newer versions, in the style they are written in: text in, text out.

`>=1.2,<2` stays a pair of bounds, `~=1.4` one of two numbers, `==1.*` a wildcard; blanks, order, quotes and
comments stay as they are. A lower bound is never made lower, and what cannot be moved in its own shape so
that it lets the versions in is left alone.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from packaging.version import Version

from detent.model.requirement import InvalidRequirement, Requirement, parse_requirement
from detent.model.specifiers import Clause, InvalidSpecifier, clause_contains, parse_clause, parse_clauses
from detent.named import NamedTuple
from detent.project import entries, placing
from detent.project.document import Document, parse_document
from detent.project.placing import Table
from detent.project.proof import proven, replaced

_CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>)(\s*)([^\s,;()]+)")

Bounds: TypeAlias = Callable[[Table, Requirement, str], str]
"""Gives the specifier of a requirement of a list anew, from the text of it as it stands there."""


class Raised(NamedTuple):
    """One requirement whose bounds were moved."""

    table: str
    """The list as messages name it."""
    line: int
    before: str
    """As it was written, and as it is now."""
    after: str


def with_bounds(
    text: str, bounds: Bounds, *, display: str = "pyproject.toml"
) -> tuple[str, tuple[Raised, ...]]:
    """Give the text with the bounds of its requirements written anew, and which of them are other ones."""
    document = parse_document(text, display)
    moved: list[Raised] = []
    for table in placing.tables(document):
        document, found = _with_bounds_in(document, table, bounds)
        moved += found
    return document.text, tuple(moved)


def loosened(specifier: str) -> str:
    """Give what is left of a specifier without its bounds above: where a search for newer versions begins."""
    kept: list[str] = []
    for clause in parse_clauses(specifier):
        if clause.operator in {">=", ">", "!="}:
            kept.append(str(clause))
        elif clause.version is not None and clause.operator in {"~=", "=="}:
            kept.append(f">={clause.version.public}")
    return ",".join(kept)


def raised(specifier: str, versions: Sequence[str]) -> str:
    """Give the text of a specifier with its bounds moved so that it allows these versions.

    It is the same text where it cannot be: `==1.*` for versions of two series.
    """
    ordered = sorted(map(Version, versions))
    if not ordered:
        return specifier

    def moved(found: re.Match[str]) -> str:
        operator, blanks, _ = found.groups()
        try:
            clause = parse_clause(f"{operator}{found[3]}")
        except InvalidSpecifier:
            return found[0]
        return f"{operator}{blanks}{_moved(clause, found[3], ordered[0], ordered[-1])}"

    result = _CLAUSE.sub(moved, specifier)
    return result if _fits(result, versions) else specifier


def _fits(specifier: str, versions: Sequence[str]) -> bool:
    try:
        clauses = parse_clauses(specifier.strip().removeprefix("(").removesuffix(")"))
    except InvalidSpecifier:
        return False
    return all(clause_contains(clause, version) for clause in clauses for version in versions)


def _moved(clause: Clause, written: str, oldest: Version, latest: Version) -> str:
    """Give the version of one clause anew, as it is written where nothing need be moved."""
    version = clause.version
    match clause.operator:
        case "==" if clause.wildcard and version is not None:
            coarse = _coarse(latest, len(version.release))
            return f"{coarse}.*" if Version(coarse) > version else written
        case "==" if version is not None and latest > version:
            return str(latest) if version.local else latest.public
        case "===" if latest > _version_of(clause.text, latest):
            return str(latest)
        case ">=" | "~=" if version is not None and oldest >= version:
            return _lower(version, written, oldest)
        case "<" | "<=" if version is not None and not clause_contains(clause, str(latest)):
            return latest.public if clause.operator == "<=" else _ceiling(version, latest)
        case _:
            return written


def _version_of(text: str, otherwise: Version) -> Version:
    try:
        return Version(text)
    except ValueError:
        return otherwise  # `===` takes any text


def _lower(bound: Version, written: str, oldest: Version) -> str:
    """Give a lower bound with as many numbers as it had; with all where that would shut out the version."""
    coarse = _coarse(oldest, len(bound.release))
    if Version(coarse) > oldest:  # a pre-release
        coarse = oldest.public
    return coarse if Version(coarse) > bound else written


def _ceiling(bound: Version, latest: Version) -> str:
    """Give the next bound above of the same step: `<2` means the next major release, `<1.5` a minor one."""
    place = max((place for place, number in enumerate(bound.release) if number), default=0)
    numbers = [*latest.release, *([0] * (place + 1))][: place + 1]
    numbers[place] += 1
    numbers += [0] * (len(bound.release) - len(numbers))
    pre = "".join(map(str, bound.pre)) if bound.pre is not None else ""
    dev = f".dev{bound.dev}" if bound.dev is not None else ""
    return f"{_epoch(latest)}{'.'.join(map(str, numbers))}{pre}{dev}"


def _coarse(version: Version, count: int) -> str:
    return _epoch(version) + ".".join(map(str, [*version.release, *([0] * count)][:count]))


def _epoch(version: Version) -> str:
    return f"{version.epoch}!" if version.epoch else ""


# ---- in a file -----------------------------------------------------------------------------------


def _with_bounds_in(document: Document, table: Table, bounds: Bounds) -> tuple[Document, list[Raised]]:
    path = (*table.parent, table.key)
    standing = _at(document, path)
    if not isinstance(standing, list) or document.outline.find(path) is None:
        return document, []
    moved: list[Raised] = []
    now: list[object] = list(standing)
    text = document.text
    _, array = placing.array(document, table)
    for index in reversed(range(len(standing))):
        before = standing[index]
        after = _entry(before, table, bounds) if isinstance(before, str) else None
        if after is None:
            continue
        value = array.items[index].value
        literal = _literal(text[value.start : value.end], str(before), after)
        text = text[: value.start] + literal + text[value.end :]
        now[index] = parse_document(f"literal = {literal}", "literal").data["literal"]
        line = document.text.count("\n", 0, value.start) + 1
        moved.append(Raised(table.label, line, str(before), after))
    if not moved:
        return document, []
    checked = proven(document, text, replaced(document.data, path, now), table.label)
    return parse_document(checked, document.display), moved[::-1]


def _literal(raw: str, before: str, after: str) -> str:
    quote = entries.quote_of(raw)
    if raw == f"{quote}{before}{quote}":  # as nearly all are: whatever quotes stand in a marker stay
        return f"{quote}{after}{quote}"
    return entries.literal(after, quote)


def _entry(text: str, table: Table, bounds: Bounds) -> str | None:
    """Give an entry with its bounds moved; ``None`` where nothing is to be."""
    try:
        requirement = parse_requirement(text)
    except InvalidRequirement:
        return None
    if requirement.url or not requirement.specifier:
        return None
    found = entries.specifier_of(text)
    after = bounds(table, requirement, found[1]) if found is not None else ""
    if found is None or after == found[1]:
        return None
    return f"{found[0]}{after}{found[2]}"


def _at(document: Document, path: Sequence[str]) -> object:
    node: object = document.data
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node
