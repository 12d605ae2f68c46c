"""The versions of interpreters held against version clauses (PEP 440). Pure, and light to import."""

import re

from detent.model.specifiers import Span, clause_contains, clause_spans, parse_clauses


def version_fits(specifier: str, version: str) -> bool:
    """Say whether an interpreter's full version satisfies version clauses.

    Where the clauses name no pre-release, that of the interpreter is not counted: ``3.15.0b1`` is a 3.15.
    """
    if not specifier:
        return True
    compared = version if names_prerelease(specifier) else release_of(version)
    return all(clause_contains(clause, compared) for clause in parse_clauses(specifier))


def minor_may_fit(specifier: str, minor: int) -> bool:
    """Say whether any Python ``3.minor`` could satisfy the clauses: what cannot need not be started."""
    (room,) = parse_clauses(f"==3.{minor}.*")
    spans: list[Span] = list(clause_spans(room))
    for clause in parse_clauses(specifier):
        if clause.version is None:  # `===` compares texts, which have no order
            continue
        allowed = clause_spans(clause)
        spans = [
            (max(low, first), min(high, last))
            for low, high in spans
            for first, last in allowed
            if max(low, first) < min(high, last)
        ]
    return bool(spans)


def names_prerelease(specifier: str) -> bool:
    """Say whether one of the clauses names an alpha, a beta or a candidate."""
    return any(c.version is not None and c.version.is_prerelease for c in parse_clauses(specifier))


def release_of(version: str) -> str:
    """Take the pre-release off a full version: ``3.15.0b1`` is ``3.15.0``."""
    found = re.match(r"\d+(\.\d+)*", version)
    return found[0] if found else version


def is_prerelease(version: str) -> bool:
    """Say whether a full version is an alpha, a beta or a candidate."""
    return release_of(version) != version.partition("+")[0]
