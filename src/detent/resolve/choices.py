"""One environment: which versions there are, which is best, which demands count.

Everything that depends on the environment alone is answered here: Python requirements, the Pythons wheels are
for, the project's constraints, markers and preferences. What follows from choosing a version is told by
`clauses`.
"""

from collections.abc import Iterator, Mapping, Sequence

from detent.model import markers
from detent.model.markers import Marker
from detent.model.requirement import PackageName, Requirement
from detent.model.versions import Listing
from detent.resolve.catalogue import Catalogue, Demand, Unusable
from detent.resolve.facts import split_slot
from detent.resolve.policy import Allowed, Cause, ForkStrategy, Hidden, Order, Rules
from detent.resolve.preferences import Preferences
from detent.resolve.solver import ROOT, Slot


class Choices:
    """What there is to choose from in one environment.

    ``earlier`` are the versions environments solved before this one came to. With ``is_whole_only`` a version
    that serves a part of the environment only counts as none.
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
        is_whole_only: bool = False,
    ) -> None:
        self.environment = environment
        self.is_whole_only = is_whole_only
        self.narrowed: set[PackageName] = set()
        """Packages of which a version was left out because it serves a part only."""
        self.catalogue = catalogue
        self._roots = roots
        self._direct = frozenset(root.name for root in roots)
        self._rules = rules
        self._preferences = preferences
        self._earlier = earlier
        self._python = markers.python_only(environment)
        self._holds: dict[Marker, bool] = {}
        self._fits: dict[Marker, tuple[bool, bool]] = {}
        self._allowed: dict[PackageName, Allowed] = {}
        self._domains: dict[PackageName, int] = {}
        self._partly: dict[PackageName, int] = {}
        self._narrow: dict[PackageName, int] = {}
        self._bounded: dict[PackageName, list[tuple[Requirement, int]]] = {}
        self._order = rules.policy.order
        self._is_fewest = rules.policy.fork_strategy is ForkStrategy.FEWEST
        self._direct_here: frozenset[PackageName] | None = None
        self._favoured: dict[PackageName, tuple[tuple[int, ...], tuple[int, ...]]] = {}

    # ---- versions ------------------------------------------------------------------------

    def has_wheel(self, name: PackageName, number: int) -> bool:
        """Say whether a version has a wheel, so that reading its metadata never takes a build."""
        return self.catalogue.listing(name).wheels >> number & 1 == 1

    def way_to_build(self, name: PackageName) -> str:
        """Say what would let a package be built that may not be; empty for one that may."""
        build = self._rules.policy.build
        return "" if build.may_build(name) else build.way_to_build(name)

    def is_direct(self, slot: Slot) -> bool:
        """Say whether the project itself asks for the package."""
        return split_slot(slot)[0] in self._direct

    def domain(self, slot: Slot) -> int:
        """Give the versions that may be chosen somewhere in this environment, and "absent"."""
        name = split_slot(slot)[0]
        domain = self._domains.get(name)
        if domain is None:
            domain = self._domains[name] = self._usable(name) | 1
            if self.is_whole_only and domain & self._partly[name]:
                domain = self._domains[name] = domain & ~self._partly[name]
                self.narrowed.add(name)
        return domain

    def _usable(self, name: PackageName) -> int:
        listing = self.catalogue.listing(name)
        catalogue = self.catalogue
        allowed = self.allowed(name)
        needs = [(catalogue.python(text), mask) for text, mask in listing.by_requires_python.items()]
        if allowed.wheels_only:
            needs += [
                (catalogue.wheels(text), mask & allowed.wheels_only)
                for text, mask in listing.by_wheel_pythons.items()
                if mask & allowed.wheels_only
            ]
        unfit = partly = 0
        for pythons, mask in needs:
            somewhere, everywhere = self.fit(pythons)
            if not somewhere:
                unfit |= mask
            elif not everywhere:
                partly |= mask
        for _, mask in self._bounded.get(name, ()):
            partly |= mask
        self._partly[name] = partly
        if self._is_fewest:
            self._narrow[name] = partly | self._narrow_in_range(name, needs)
        pin = self._preferences.pins.get(name)
        return allowed.mask & ~unfit & (listing.mask(pin) if pin else listing.every)

    def _narrow_in_range(self, name: PackageName, needs: Sequence[tuple[Marker, int]]) -> int:
        """Give the versions that would serve a part only of all the project is for."""
        narrow = 0
        for pythons, mask in needs:
            if not markers.implies(self.catalogue.pythons, pythons):
                narrow |= mask
        listing = self.catalogue.listing(name)
        for constraint in self._rules.constraints.get(name, ()):
            narrow |= listing.every & ~listing.mask(constraint.specifier)
        return narrow

    def partly_usable(self, name: PackageName) -> int:
        """Give the versions that serve a part of this environment only, by their Pythons or a constraint."""
        self.domain(name)
        return self._partly[name]

    def allowed(self, name: PackageName) -> Allowed:
        """Give what the policy and the constraints leave of a package's versions here, with the reasons."""
        allowed = self._allowed.get(name)
        if allowed is None:
            listing = self.catalogue.listing(name)
            allowed = _all(listing) if self.catalogue.source(name) else self._rules.allowed(listing)
            if name in self._rules.constraints:
                allowed = self._constrained(name, allowed)
            self._allowed[name] = allowed
        return allowed

    def _constrained(self, name: PackageName, allowed: Allowed) -> Allowed:
        """Hide what constraints rule out in all of this environment, and note what they do in a part."""
        listing = self.catalogue.listing(name)
        bounded = self._bounded[name] = []
        for constraint in self._rules.constraints[name]:
            where = markers.environment_only(constraint.marker)
            outside = listing.every & ~listing.mask(constraint.specifier)
            if not outside or not self.holds(where):
                continue
            if self.covers(where):
                # What is hidden already is named here, too: to lift the other reason alone would not help.
                hidden = Hidden(outside, _ruled_out_by(constraint), Cause.CONSTRAINT)
                allowed = allowed._replace(mask=allowed.mask & ~outside, hidden=(*allowed.hidden, hidden))
            elif allowed.mask & outside:
                bounded.append((constraint, allowed.mask & outside))
        return allowed

    def bound_in_part(self, name: PackageName, number: int) -> Requirement | None:
        """Give a constraint that rules a version out in a part of this environment, if any does."""
        self.allowed(name)
        bounded = self._bounded.get(name, ())
        return next((constraint for constraint, mask in bounded if mask >> number & 1), None)

    def pin(self, name: PackageName) -> str:
        """Give the specifier the command line holds the package to; empty for none."""
        return self._preferences.pins.get(name, "")

    def fit(self, pythons: Marker) -> tuple[bool, bool]:
        """Say whether Pythons are met somewhere in this environment, and whether everywhere."""
        fit = self._fits.get(pythons)
        if fit is None:
            everywhere = markers.implies(self._python, pythons)
            fit = (everywhere or not markers.disjoint(self._python, pythons), everywhere)
            self._fits[pythons] = fit
        return fit

    def runs_somewhere(self, pythons: Marker) -> bool:
        """Say whether Pythons are met anywhere in this environment."""
        return self.fit(pythons)[0]

    def best(self, name: PackageName, mask: int) -> int:
        """Give the version of a mask that would be chosen; 0 when it is empty."""
        mask &= ~1
        locked, earlier = self._favourites(name)
        for number in locked:
            if mask >> number & 1:
                return number
        first = self.first(name, mask)
        if first not in self._earlier.get(name, ()):
            for number in earlier:
                if mask >> number & 1:
                    return number
        return first

    def first(self, name: PackageName, mask: int) -> int:
        """Give the version of a mask that comes first in the order in force; 0 when it is empty."""
        mask &= ~1
        if self._is_fewest:
            mask = mask & ~self.partly_usable(name) or mask
        mask = mask & self.allowed(name).first or mask
        if self._is_fewest:
            mask = mask & ~self._narrow[name] or mask
        if self._order is not Order.HIGHEST and self._is_oldest_first(name):
            mask &= -mask
        return max(mask.bit_length() - 1, 0)

    def in_order(self, name: PackageName, mask: int) -> Iterator[int]:
        """Give the versions of a mask that are tried first, one by one: no pre-releases beside others."""
        mask = mask & self.allowed(name).first & ~1 or mask & ~1
        while mask:
            number = self.first(name, mask)
            yield number
            mask &= ~(1 << number)

    def before(self, name: PackageName, number: int) -> int:
        """Give the versions of a package that are better than this one by their number alone."""
        return self._older(number) if self._is_oldest_first(name) else self._newer(name, number)

    def after(self, name: PackageName, number: int) -> int:
        """Give the versions of a package that are worse than this one by their number alone."""
        return self._newer(name, number) if self._is_oldest_first(name) else self._older(number)

    def _older(self, number: int) -> int:
        return (1 << number) - 2

    def _newer(self, name: PackageName, number: int) -> int:
        return self.catalogue.listing(name).every & -2 << number

    def _is_oldest_first(self, name: PackageName) -> bool:
        if self._order is Order.HIGHEST:
            return False
        if self._order is Order.LOWEST:
            return True
        if self._direct_here is None:
            self._direct_here = frozenset(root.name for root in self._roots if self.holds(root.where))
        return name in self._direct_here

    def _favourites(self, name: PackageName) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Give the versions of the old lock and those of environments solved before, best first."""
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
            # A version that serves a part only is worth a split when it was locked, or comes first anyway.
            partly = self.partly_usable(name)
            earlier = (number for number in self._earlier.get(name, ()) if not partly >> number & 1)
            favourites = self._favoured[name] = (tuple(locked), tuple(earlier))
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

    def mask(self, demand: Demand) -> int:
        """Give the versions that may be chosen here and meet the demand."""
        return self.catalogue.matching(demand) & self.domain(demand.name)

    def likely(self, name: PackageName, demands: Sequence[Demand]) -> int:
        """Give the version these demands would come to if there were no others; 0 for none."""
        both = 0
        for demand in demands:
            mask = self.mask(demand)
            both = both & mask or mask
        return self.best(name, both)


def _all(listing: Listing) -> Allowed:
    """Give what the policy leaves of a source: what somebody named is as new and as old as it may be."""
    every = listing.every
    return Allowed(every, (), wheels_only=every & ~listing.sdists, first=every)


def _ruled_out_by(constraint: Requirement) -> str:
    origin, table = constraint.origin, "constraint-dependencies"
    place = f"`{table}`"
    if origin is not None and origin.line is not None:
        place += f", {origin.file}:{origin.line}"
    elif origin is not None and not origin.table.endswith(table):
        place = origin.table  # a line of a file for this command alone
    return f"is ruled out by `{constraint.name}{constraint.specifier}` ({place})"
