"""Whether what the project asks for got an older version for a reason that holds in a part only.

One set of versions may serve an environment and still not be the best one: a requirement for Windows, or of
one of two exclusive extras, can hold a package back for everybody. Such a requirement is found behind the
answer, in the clauses that stand against the better version; without it, the other part may have that one.
"""

from collections.abc import Iterable, Mapping, Sequence

from detent.model import markers
from detent.model.markers import Marker
from detent.model.requirement import PackageName
from detent.named import NamedTuple
from detent.resolve.catalogue import Demand, Unusable
from detent.resolve.clauses import Situation
from detent.resolve.facts import Needs, facts_of
from detent.resolve.solver import ROOT, Clause, Solver


class HeldBack(NamedTuple):
    """A package, the better version, and where the requirement holds that stands against it."""

    name: PackageName
    number: int
    where: Marker


def first_held_back(situation: Situation, solver: Solver, pins: Mapping[PackageName, int]) -> HeldBack | None:
    """Look through what the project asks for, in its order; ``solver`` has found these pins."""
    roots = situation.live_demands(ROOT, 1)
    by_name: dict[PackageName, list[Demand]] = {}
    for root in () if isinstance(roots, Unusable) else roots:
        by_name.setdefault(root.name, []).append(root)
    for name, alike in by_name.items():
        found = _held_back(situation, solver, alike, pins[name])
        if found is not None:
            return found
    return None


def _held_back(situation: Situation, solver: Solver, alike: Sequence[Demand], pin: int) -> HeldBack | None:
    """Go through the versions that would come before the one that was chosen."""
    name = alike[0].name
    left = situation.domain(name)
    for demand in alike:
        if situation.covers(demand.where):
            left &= situation.mask(demand)
    while (number := situation.best(name, left)) not in {0, pin}:
        out = 0
        partial: Marker | None = None
        for refused, clauses in solver.against(name, number):
            where = part_to_blame(clauses, situation)
            if where is None or not _is_wanted_outside(situation, where, alike, number):
                out = refused
                break
            partial = where if partial is None else partial
        if not out and partial is not None:
            return HeldBack(name, number, partial)
        left &= ~(out | 1 << number)
    return None


def _is_wanted_outside(situation: Situation, where: Marker, alike: Sequence[Demand], number: int) -> bool:
    """Say whether the project asks for the package, and for this version too, where the marker is not."""
    outside = markers.and_(situation.environment, markers.not_(where))
    asking = [demand for demand in alike if not markers.disjoint(outside, demand.where)]
    return bool(asking) and all(
        situation.mask(demand) >> number & 1 for demand in asking if markers.implies(outside, demand.where)
    )


def part_to_blame(clauses: Iterable[Clause], situation: Situation) -> Marker | None:
    """Give the marker of a requirement behind some clauses that holds in a part only.

    Where it does not hold there may be an answer.
    """
    found: set[tuple[str, str, Marker]] = set()
    for clause in clauses:
        for fact in facts_of(clause):
            if isinstance(fact, Needs) and not situation.covers(fact.demand.where):
                where = fact.demand.where
                found.add((fact.demand.name, markers.render(where), where))
    return min(found)[2] if found else None
