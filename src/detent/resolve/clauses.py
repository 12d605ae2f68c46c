"""One environment as the solver sees it: which versions there are, which is best, and what a choice demands.

Everything that depends on the environment happens here: Python requirements, markers, preferences, and the
observation that one answer does not serve the whole environment, which ends the search with :class:`Split`.
"""

from collections.abc import Iterator, Mapping, Sequence

from detent.events import Report, Resolving
from detent.model import markers
from detent.model.markers import Marker
from detent.model.requirement import PackageName
from detent.resolve.catalogue import Catalogue, Demand, Unusable
from detent.resolve.facts import Needs, Rejected, SameVersion, slot_of, split_slot
from detent.resolve.policy import Allowed, Rules
from detent.resolve.preferences import Preferences
from detent.resolve.solver import ROOT, Clause, Slot


class Split(Exception):
    """The environment should be solved in two parts: where ``marker`` holds and where it does not."""

    def __init__(self, marker: Marker, reason: str) -> None:
        super().__init__(reason)
        self.marker = marker
        self.reason = reason


class PythonSplit(Split):
    """The version that would be chosen runs on a part of the environment's Pythons only."""

    def __init__(self, marker: Marker, name: PackageName, version: str, requires_python: str) -> None:
        super().__init__(marker, f"{name} {version} needs Python {requires_python}")


class Situation:
    """The :class:`~detent.resolve.solver.Problem` of one environment.

    ``earlier`` are the versions environments solved before this one came to.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        roots: Sequence[Demand],
        environment: Marker,
        *,
        rules: Rules,
        preferences: Preferences,
        earlier: Mapping[PackageName, Sequence[int]],
        report: Report,
    ) -> None:
        self.environment = environment
        self.catalogue = catalogue
        self._roots = roots
        self._direct = frozenset(root.name for root in roots)
        self._rules = rules
        self._preferences = preferences
        self._earlier = earlier
        self._report = report
        self._python = markers.python_only(environment)
        self._holds: dict[Marker, bool] = {}
        self._python_fit: dict[str, tuple[bool, bool]] = {}
        self._allowed: dict[PackageName, Allowed] = {}
        self._domains: dict[PackageName, int] = {}
        self._partly: dict[PackageName, int] = {}
        self._favoured: dict[PackageName, tuple[int, ...]] = {}
        self._tried: dict[PackageName, set[int]] = {}

    def tell(self, name: PackageName, solved: int) -> None:
        """Report what is looked at, and how many packages were before it."""
        self._report(Resolving(name, solved))

    # ---- versions ------------------------------------------------------------------------

    def is_direct(self, slot: Slot) -> bool:
        """Say whether the project itself asks for the package."""
        return split_slot(slot)[0] in self._direct

    def domain(self, slot: Slot) -> int:
        """Give the versions that may be chosen somewhere in this environment, and "absent"."""
        name = split_slot(slot)[0]
        domain = self._domains.get(name)
        if domain is None:
            domain = self._domains[name] = self._usable(name) | 1
        return domain

    def _usable(self, name: PackageName) -> int:
        listing = self.catalogue.listing(name)
        fits = partly = 0
        for requires_python, mask in listing.by_requires_python.items():
            somewhere, everywhere = self._fit(requires_python)
            if somewhere:
                fits |= mask
                if not everywhere:
                    partly |= mask
        self._partly[name] = partly
        pin = self._preferences.pins.get(name)
        return fits & self.allowed(name).mask & (listing.mask(pin) if pin else listing.every)

    def _partly_usable(self, name: PackageName) -> int:
        """Give the versions that run on a part of this environment's Pythons only."""
        self.domain(name)
        return self._partly[name]

    def allowed(self, name: PackageName) -> Allowed:
        """Give what the policy says about a package's versions, with its reasons."""
        allowed = self._allowed.get(name)
        if allowed is None:
            allowed = self._allowed[name] = self._rules.allowed(self.catalogue.listing(name))
        return allowed

    def pin(self, name: PackageName) -> str:
        """Give the specifier the command line holds the package to; empty for none."""
        return self._preferences.pins.get(name, "")

    def _fit(self, requires_python: str) -> tuple[bool, bool]:
        """Say whether a Python requirement is met somewhere in this environment, and whether everywhere."""
        fit = self._python_fit.get(requires_python)
        if fit is None:
            needs = self.catalogue.python(requires_python)
            everywhere = markers.implies(self._python, needs)
            fit = (everywhere or not markers.disjoint(self._python, needs), everywhere)
            self._python_fit[requires_python] = fit
        return fit

    def runs_somewhere(self, requires_python: str) -> bool:
        """Say whether a Python requirement is met anywhere in this environment."""
        return self._fit(requires_python)[0]

    def choose(self, slot: Slot, mask: int, decided: Mapping[Slot, int]) -> int:
        """Pick the version of the old lock, else that of an earlier environment, else the newest."""
        name, extra = split_slot(slot)
        if extra:
            same = decided.get(name)
            if same is not None and mask >> same & 1:
                return same
        self.tell(name, len(decided))
        number = self.best(name, mask)
        tried = self._tried.setdefault(name, set())
        tried.add(number)
        self.catalogue.look_ahead(name, mask, tries=len(tried))
        if self._partly_usable(name) >> number & 1:
            release = self.catalogue.listing(name).release(number)
            raise self._python_split(name, release.version, release.requires_python)
        return number

    def _python_split(self, name: PackageName, version: str, requires_python: str) -> PythonSplit:
        return PythonSplit(self.catalogue.python(requires_python), name, version, requires_python)

    def best(self, name: PackageName, mask: int) -> int:
        """Give the version of a mask that would be chosen; 0 when it is empty."""
        mask &= ~1
        for number in self._favourites(name):
            if mask >> number & 1:
                return number
        stable = mask & self.catalogue.listing(name).stable or mask
        return max(stable.bit_length() - 1, 0)

    def _favourites(self, name: PackageName) -> tuple[int, ...]:
        favourites = self._favoured.get(name)
        if favourites is None:
            listing = self.catalogue.listing(name)
            locked = sorted(
                {
                    number
                    for version, where in self._preferences.locked.get(name, ())
                    if (number := listing.number(version)) is not None and self.holds(where)
                },
                reverse=True,
            )
            # A version that serves a part only is worth a split when it was locked, not otherwise.
            partly = self._partly_usable(name)
            earlier = (number for number in self._earlier.get(name, ()) if not partly >> number & 1)
            favourites = self._favoured[name] = (*locked, *earlier)
        return favourites

    # ---- demands -------------------------------------------------------------------------

    def holds(self, where: Marker) -> bool:
        """Say whether a marker holds anywhere in this environment."""
        holds = self._holds.get(where)
        if holds is None:
            holds = self._holds[where] = not markers.disjoint(self.environment, where)
        return holds

    def covers(self, where: Marker) -> bool:
        """Say whether a marker holds everywhere in this environment."""
        return where == markers.ALWAYS or markers.implies(self.environment, where)

    def live_demands(self, slot: Slot, value: int) -> list[Demand] | Unusable:
        """Give the demands of a version that count in this environment."""
        if slot == ROOT:
            return [demand for demand in self._roots if self.holds(demand.where)]
        name, extra = split_slot(slot)
        demands = self.catalogue.demands(name, value, extra)
        if isinstance(demands, Unusable):
            return demands
        return [demand for demand in demands if self.holds(demand.where)]

    def clauses(self, slot: Slot, value: int) -> Iterator[Clause]:
        """Give what choosing this version of the slot demands."""
        bit = 1 << value
        reason = self._why_unusable(slot, value)
        demands = self.live_demands(slot, value) if reason is None else Unusable(reason)
        if isinstance(demands, Unusable):
            yield Clause(((slot, bit),), Rejected(slot, value, demands.reason))
            return
        name, extra = split_slot(slot)
        if extra:
            others = self.domain(name) & ~bit
            yield Clause(((slot, bit), (name, others)), SameVersion(slot, value))
            yield Clause(((name, bit), (slot, others & ~1)), SameVersion(slot, value))
        by_name: dict[PackageName, list[Demand]] = {}
        for demand in demands:
            by_name.setdefault(demand.name, []).append(demand)
        self.read_ahead(by_name)
        for needed, alike in by_name.items():
            if len(alike) > 1:
                self._look_at_siblings(needed, alike)
            for demand in alike:
                yield from self._clauses_of(slot, bit, demand, Needs(slot, value, demand))

    def _why_unusable(self, slot: Slot, value: int) -> str | None:
        """Compare the Python requirement of the metadata with the index's, which may not tell it."""
        if slot == ROOT:
            return None
        name = split_slot(slot)[0]
        metadata = self.catalogue.metadata(name, value)
        if metadata is None:
            return None
        release = self.catalogue.listing(name).release(value)
        if metadata.requires_python == release.requires_python:
            return None
        somewhere, everywhere = self._fit(metadata.requires_python)
        if not somewhere:
            return f"needs Python {metadata.requires_python}"
        if not everywhere:
            raise self._python_split(name, release.version, metadata.requires_python)
        return None

    def _clauses_of(self, slot: Slot, bit: int, demand: Demand, fact: Needs) -> Iterator[Clause]:
        """Give the clauses of one demand: on the package, and on each extra it asks for."""
        name = demand.name
        domain = self.domain(name)
        mask = self.mask(demand)
        if not mask or (name == slot and not mask & bit):
            yield Clause(((slot, bit),), fact)
            return
        if name != slot:
            yield Clause(((slot, bit), (name, domain & ~mask)), fact)
        for extra in demand.extras:
            other = slot_of(name, extra)
            if other != slot:
                yield Clause(((slot, bit), (other, domain & ~mask)), fact)

    def mask(self, demand: Demand) -> int:
        """Give the versions that may be chosen here and meet the demand."""
        return self.catalogue.matching(demand) & self.domain(demand.name)

    def _look_at_siblings(self, name: PackageName, alike: Sequence[Demand]) -> None:
        """Split where one version lists a package several times and the best picks differ.

        Where one version is best for all, a split would only make the lock longer.
        """
        picks = {self.best(name, self.mask(demand)) for demand in alike}
        if len(picks) > 1:
            self._split_on_first(alike, f"requirements on {name} differ by marker")

    def _split_on_first(self, demands: Sequence[Demand], reason: str) -> None:
        for demand in demands:
            if not self.covers(demand.where):
                raise Split(demand.where, reason)

    def refused(self, slot: Slot, value: int, clause: Clause) -> None:
        """Split when the best candidate is refused by a requirement that holds in a part only.

        Otherwise the other part would get an older version for a reason it does not have.
        """
        if isinstance(clause.fact, Needs):
            name = split_slot(slot)[0]
            version = self.catalogue.listing(name).release(value).version
            self._split_on_first(
                [clause.fact.demand], f"{name} {version} would be refused for {clause.fact.demand.name}"
            )

    # ---- reading ahead -------------------------------------------------------------------

    def read_ahead(self, demands: Mapping[PackageName, Sequence[Demand]]) -> None:
        """Fetch listings and the likely metadata of what is demanded, side by side."""
        self.catalogue.expect_listings(demands)
        picks = [(name, self.likely(name, alike)) for name, alike in demands.items()]
        self.catalogue.expect_metadata([(name, number) for name, number in picks if number])

    def likely(self, name: PackageName, demands: Sequence[Demand]) -> int:
        """Give the version these demands would come to if there were no others; 0 for none."""
        both = 0
        for demand in demands:
            mask = self.mask(demand)
            both = both & mask or mask
        return self.best(name, both)
