"""A first guess of everything an environment needs, so that it can be fetched side by side.

The solver decides one package at a time and would wait for one listing after the other. This walk goes
breadth first and takes the best version of everything in reach, whether it will stand or not. It announces
every listing and every metadata file as soon as it knows of them, and goes on with whatever comes first: a
cold cache fills in about the time of the longest chain of requirements. Whatever it reads is kept for the
solver, which asks for the same things; no decision is taken here.
"""

from collections.abc import Container, Iterator, Sequence

from detent.model.requirement import ExtraName, PackageName
from detent.resolve.catalogue import Demand, Unusable
from detent.resolve.clauses import Situation
from detent.resolve.facts import slot_of
from detent.resolve.solver import ROOT


def scout(situation: Situation, needed: Container[PackageName] = ()) -> None:
    """Walk from the project along the likely picks until nothing new comes.

    It ends as soon as the index turns out not to have one of those that are ``needed``.
    """
    walk = _Walk(situation, needed)
    demands = situation.live_demands(ROOT, 1)
    if isinstance(demands, Unusable):
        return
    situation.catalogue.is_guessing = True
    try:
        walk.hear(demands)
        walk.run()
    finally:
        situation.catalogue.is_guessing = False


class _Walk:
    def __init__(self, situation: Situation, needed: Container[PackageName]) -> None:
        self._situation = situation
        self._needed = needed
        self._demands: dict[PackageName, list[Demand]] = {}
        self._numbers: dict[PackageName, int] = {}
        self._seen: set[tuple[PackageName, str]] = set()
        # First what waits for a listing, then the same again waiting for metadata.
        self._waiting: list[tuple[PackageName, str]] = []

    def hear(self, demands: Sequence[Demand]) -> None:
        """Take in what something needs, and announce the listings that are new."""
        new = [demand.name for demand in demands if demand.name not in self._demands]
        for demand in demands:
            self._demands.setdefault(demand.name, []).append(demand)
            for extra in ("", *demand.extras):
                if (demand.name, extra) not in self._seen:
                    self._seen.add((demand.name, extra))
                    self._waiting.append((demand.name, extra))
        self._situation.catalogue.expect_listings(new)

    def run(self) -> None:
        while self._waiting:
            # Whatever is there first: one slow answer holds up nothing but what it alone leads to.
            name, extra = self._waiting.pop(self._situation.catalogue.first(self._wanted()))
            number = self._numbers.get(name)
            if number is None:
                if name in self._needed and not self._situation.catalogue.listing(name).count:
                    return
                self._guess(name)
                self._waiting.append((name, extra))
            elif number:
                demands = self._situation.live_demands(
                    slot_of(name, ExtraName(extra)) if extra else name, number
                )
                if not isinstance(demands, Unusable):
                    self.hear(demands)

    def _wanted(self) -> Iterator[tuple[PackageName, int]]:
        return ((name, self._numbers.get(name, 0)) for name, _ in self._waiting)

    def _guess(self, name: PackageName) -> None:
        likely = self._situation.likely(name, self._demands[name])
        self._situation.tell(name, len(self._numbers))
        # Of a version without a wheel, only a choice is reason enough to build for its requirements.
        self._numbers[name] = likely if likely and self._situation.has_wheel(name, likely) else 0
        if likely:
            self._situation.catalogue.expect_metadata([(name, likely)])
