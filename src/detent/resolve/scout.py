"""A first guess of everything an environment needs, so that it can be fetched side by side.

The solver decides one package at a time and would wait for one listing after the other. This walk goes level
by level and takes the best version of everything in reach, whether it will stand or not: for a cold cache two
rounds of fetching per level of the dependency graph instead of two per package. Whatever it reads is kept for
the solver, which asks for the same things; no decision is taken here.
"""

from detent.model.requirement import ExtraName, PackageName
from detent.resolve.catalogue import Demand, Unusable
from detent.resolve.clauses import Situation
from detent.resolve.facts import slot_of
from detent.resolve.solver import ROOT


def scout(situation: Situation) -> None:
    """Walk from the project along the likely picks until nothing new comes."""
    level = situation.live_demands(ROOT, 1)
    seen: set[tuple[PackageName, int, str]] = set()
    while isinstance(level, list) and level:
        likely = dict(situation.read_ahead(level))
        wanted: dict[tuple[PackageName, int, str], None] = {}
        for demand in level:
            number = likely.get(demand.name)
            if number is not None:
                for extra in ("", *demand.extras):
                    wanted[demand.name, number, extra] = None
        found: list[Demand] = []
        for name, number, extra in wanted:
            if (name, number, extra) not in seen:
                seen.add((name, number, extra))
                slot = slot_of(name, ExtraName(extra)) if extra else name
                demands = situation.live_demands(slot, number)
                if not isinstance(demands, Unusable):
                    found += demands
        level = found
