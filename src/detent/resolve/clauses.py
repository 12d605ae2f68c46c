"""What choosing a version demands, told to the solver as clauses.

Three things may come of asking: clauses on what is needed; a refusal, when nothing chosen elsewhere can help
the version; or the observation that one answer does not serve the whole environment, which ends the search
with :class:`Split`. A refusal is looked for in the next versions too, as far as their metadata is
on its way already: of a thousand releases with the same impossible requirement few are tried one by one.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TypeAlias

from detent.events import Report, Resolving
from detent.model import markers
from detent.model.markers import Marker
from detent.model.requirement import PackageName
from detent.model.versions import newest
from detent.named import NamedTuple
from detent.resolve.catalogue import FIRST_LOOK_AHEAD, Catalogue, Demand, Unusable
from detent.resolve.choices import Choices
from detent.resolve.coverage import Coverage
from detent.resolve.facts import Needs, Rejected, SameVersion, slot_of, split_slot
from detent.resolve.policy import ForkStrategy, Rules
from detent.resolve.preferences import Preferences
from detent.resolve.solver import ROOT, Clause, Slot


class Split(Exception):
    """The environment should be solved in two parts: where ``marker`` holds and where it does not."""

    def __init__(self, marker: Marker, reason: str, *, about: PackageName | None = None) -> None:
        super().__init__(reason)
        self.marker = marker
        self.reason = reason
        self.about = about
        """The package that has a better version in one of the parts, which is to have it."""


class PythonSplit(Split):
    """The version that would be chosen runs on a part of the environment's Pythons only."""


class _Asker(NamedTuple):
    """A version that asks for an extra of another package."""

    slot: Slot
    bit: int
    demand: Demand


_Refusal: TypeAlias = Demand | Unusable | PythonSplit


class Situation(Choices):
    """The :class:`~detent.resolve.solver.Problem` of one environment."""

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
        is_whole_only: bool = False,
        coverage: Coverage | None = None,
        avoided: frozenset[tuple[PackageName, int]] = frozenset(),
    ) -> None:
        """``avoided`` are versions that leave out a part of a required environment where they are needed."""
        super().__init__(
            catalogue,
            roots,
            environment,
            rules=rules,
            preferences=preferences,
            earlier=earlier,
            is_whole_only=is_whole_only,
        )
        self._forks_freely = rules.policy.fork_strategy is not ForkStrategy.FEWEST
        self._report = report
        self._coverage = coverage
        self._avoided = avoided
        self._tried: dict[PackageName, set[int]] = {}
        self._askers: dict[Slot, list[_Asker]] = {}
        self._lacking: dict[Slot, int] = {}
        self._passed_over: dict[PackageName, tuple[int, Demand]] = {}
        self._unbuilt: dict[PackageName, tuple[int, str]] = {}

    def tell(self, name: PackageName, solved: int) -> None:
        """Report what is looked at, and how many packages were before it."""
        self._report(Resolving(name, solved))

    def choose(self, slot: Slot, mask: int, decided: Mapping[Slot, int]) -> int:
        """Pick the version of the old lock, else that of an earlier environment, else the first in order."""
        name, extra = split_slot(slot)
        if extra:
            same = decided.get(name)
            if same is not None and mask >> same & 1:
                return same
        self.tell(name, len(decided))
        number = self.best(name, mask)
        tried = self._tried.setdefault(name, set())
        tried.add(number)
        if len(tried) >= FIRST_LOOK_AHEAD:
            # What is allowed at this moment may be little; behind it comes what other decisions will allow.
            behind = self.domain(name) & ~mask & self.after(name, number)
            coming = chain(self.in_order(name, mask), self.in_order(name, behind))
            self.catalogue.look_ahead(name, coming, tries=len(tried))
        if self.partly_usable(name) >> number & 1:
            constraint = self.bound_in_part(name, number)
            if constraint is not None:
                where = markers.environment_only(constraint.marker)
                raise Split(where, f"`{constraint}` bounds {name} in a part only", about=name)
            raise self._python_split(name, number)
        return number

    def is_costly(self, slot: Slot, value: int) -> bool:
        """Say whether a version may have to be built before it is known what it needs."""
        return slot != ROOT and not self.has_wheel(split_slot(slot)[0], value)

    def _python_split(self, name: PackageName, number: int) -> PythonSplit:
        release = self.catalogue.listing(name).release(number)
        pythons = self.catalogue.python(release.requires_python)
        if not self.fit(pythons)[1]:
            return PythonSplit(pythons, f"{name} {release.version} needs Python {release.requires_python}")
        return PythonSplit(
            self.catalogue.wheels(release.wheel_pythons),
            f"{name} {release.version} has wheels for Python {release.wheel_pythons}",
        )

    def clauses(self, slot: Slot, value: int) -> Iterator[Clause]:
        """Give what choosing this version of the slot demands."""
        demands = self.live_demands(slot, value)
        refusal = self._refusal(slot, value, demands)
        if isinstance(refusal, PythonSplit):
            raise refusal
        if refusal is not None:
            yield from self._refusals(slot, value, refusal)
        if refusal is not None or isinstance(demands, Unusable):
            return
        bit = 1 << value
        name, extra = split_slot(slot)
        if extra:
            others = self.domain(name) & ~bit
            yield Clause(((slot, bit), (name, others)), SameVersion(slot, bit))
            yield Clause(((name, bit), (slot, others & ~1)), SameVersion(slot, bit))
            yield from self._lacks(slot, value)
        by_name: dict[PackageName, list[Demand]] = {}
        for demand in demands:
            by_name.setdefault(demand.name, []).append(demand)
        self.read_ahead(by_name)
        for needed, alike in by_name.items():
            if len(alike) > 1:
                self._look_at_siblings(needed, alike)
            for demand in alike:
                yield from self._clauses_of(slot, bit, demand)

    # ---- refusals ------------------------------------------------------------------------

    def _refusal(self, slot: Slot, value: int, demands: Sequence[Demand] | Unusable) -> _Refusal | None:
        """Give what rules a version out, or out of a part of the environment, whatever else is chosen."""
        trouble = self._python_trouble(slot, value) or self._coverage_trouble(slot, value)
        if trouble is not None:
            return trouble
        if isinstance(demands, Unusable):
            return demands
        self.catalogue.expect_listings(demand.name for demand in demands)
        for demand in demands:
            mask = self.mask(demand)
            if not mask or (demand.name == slot and not mask >> value & 1):
                return demand
        return None

    def is_refused(self, slot: Slot, value: int, reason: str) -> bool:
        """Say whether a version is of no use here for this very reason, whoever asks for it."""
        if reason == _lacking(split_slot(slot)[1]):
            return True  # here as anywhere, and to see for oneself might take a build
        refusal = self._refusal(slot, value, self.live_demands(slot, value))
        return isinstance(refusal, Unusable) and refusal.reason == reason

    def _refusals(self, slot: Slot, value: int, refusal: _Refusal) -> Iterator[Clause]:
        """Give the clauses of a refusal, and of the refusals of the next versions that are known."""
        name, extra = split_slot(slot)
        if isinstance(refusal, Demand) and slot != ROOT:
            self._passed_over.setdefault(name, (value, refusal))
        if isinstance(refusal, Unusable) and not self.has_wheel(name, value):
            self._unbuilt.setdefault(name, (value, refusal.reason))
        found = {refusal: 1 << value}
        together = 1 << value
        for number in self._next_known(slot, value) if self._is_whole(refusal) else ():
            other = self._refusal(slot, number, self.live_demands(slot, number))
            if other is None or not self._is_whole(other):
                break
            found[other] = found.get(other, 0) | 1 << number
            together |= 1 << number
            self._tried[name].add(number)
        for cause, mask in found.items():
            if isinstance(cause, Demand):
                yield Clause(((slot, mask),), Needs(slot, mask, cause))
            elif isinstance(cause, Unusable):
                yield Clause(((slot, mask),), Rejected(slot, mask, cause.reason))
        if extra:
            left = self.domain(name) & ~together & ~1
            yield Clause(((slot, left), (name, together | 1)), SameVersion(slot, together))

    def _is_whole(self, refusal: _Refusal) -> bool:
        """Say whether a refusal is one in all of the environment, so that there is nothing to split."""
        return isinstance(refusal, Unusable) or (isinstance(refusal, Demand) and self.covers(refusal.where))

    def _next_known(self, slot: Slot, value: int) -> Iterator[int]:
        """Give the versions that would be tried after this one, while their metadata is on its way.

        It ends at one without a wheel: nothing is built that may not be chosen.
        """
        name = split_slot(slot)[0]
        if slot == ROOT or name not in self._tried:
            return
        first = self.allowed(name).first
        of_its_kind = first if first >> value & 1 else ~first
        for number in self.in_order(name, self.domain(name) & of_its_kind & self.after(name, value)):
            if not self.catalogue.is_expected(name, number) or not self.has_wheel(name, number):
                return
            yield number

    def _lacks(self, slot: Slot, value: int) -> Iterator[Clause]:
        """Refuse versions from before an extra to whoever could have a newer one that has it.

        Where the newest has none either, an extra that does not exist is a mistake to be warned of.
        """
        name, extra = split_slot(slot)
        if self.catalogue.has_extra(name, value, extra):
            return
        mask = 1 << value
        for number in self._next_known(slot, value):
            if self.catalogue.has_extra(name, number, extra):
                break
            mask |= 1 << number
        else:
            # Whether a release from before the extra has it all the same is not worth a build.
            before = self.domain(name) & ((1 << value) - 2)
            mask |= before & ~self.catalogue.listing(name).wheels
        self._lacking[slot] = self._lacking.get(slot, 0) | mask
        for asker in self._askers.get(slot, ()):
            yield from self._lacking_for(asker, slot)

    def _lacking_for(self, asker: _Asker, slot: Slot) -> Iterator[Clause]:
        extra = split_slot(slot)[1]
        mask = self._lacking.get(slot, 0)
        if mask and self._newest_has(asker.demand, extra):
            fact = Rejected(slot, mask, _lacking(extra))
            yield Clause(((asker.slot, asker.bit), (slot, mask)), fact)

    def _newest_has(self, demand: Demand, extra: str) -> bool:
        mask = self.mask(demand)
        number = newest(mask & self.allowed(demand.name).first or mask)
        return bool(number) and self.catalogue.has_extra(demand.name, number, extra)

    def _python_trouble(self, slot: Slot, value: int) -> Unusable | PythonSplit | None:
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
        pythons = self.catalogue.python(metadata.requires_python)
        somewhere, everywhere = self.fit(pythons)
        told = f"needs Python {metadata.requires_python}"
        if not somewhere:
            return Unusable(told)
        if not everywhere and self.is_whole_only:
            self.narrowed.add(name)
            return Unusable(told)
        if not everywhere:
            return PythonSplit(pythons, f"{name} {release.version} {told}")
        return None

    def uncovered(self, name: PackageName, number: int) -> Marker:
        """Give where a version has no file although the environment is required to have one."""
        if self._coverage is None or not self.allowed(name).wheels_only >> number & 1:
            return markers.NEVER
        return markers.and_(self.environment, self._coverage.left_out(name, number))

    def alike(self, name: PackageName, number: int) -> frozenset[tuple[PackageName, int]]:
        """Give the versions of a package that leave out the same as this one, which is among them.

        To avoid them one by one would take a search for each.
        """
        where, domain = self.uncovered(name, number), self.domain(name)
        count = self.catalogue.listing(name).count
        others = (other for other in range(1, count + 1) if domain >> other & 1)
        return frozenset((name, other) for other in others if self.uncovered(name, other) == where)

    def _coverage_trouble(self, slot: Slot, value: int) -> Unusable | None:
        """Refuse what has no file anywhere in a required environment, or in all that is to be solved.

        What has one in a part may be needed there alone: that is seen when there is an answer.
        """
        if self._coverage is None or slot == ROOT:
            return None
        name = split_slot(slot)[0]
        uncovered = self.uncovered(name, value)
        if (name, value) in self._avoided:
            self.narrowed.add(name)
        elif uncovered != self.environment:
            if self.allowed(name).wheels_only >> value & 1 and self._coverage.is_of_no_use(
                name, value, self.environment
            ):
                return Unusable(
                    self._without_wheel(name, value, self._coverage.name_of_scope(self.environment))
                )
            return None
        return Unusable(self.without_file(name, value, uncovered))

    def without_file(self, name: PackageName, number: int, where: Marker) -> str:
        """Say in a phrase that a version has no file that could be used in a required environment."""
        return self._without_wheel(name, number, self._coverage.name_of(where) if self._coverage else "")

    def _without_wheel(self, name: PackageName, number: int, where: str) -> str:
        lacks = f"has no wheel for {where}" if where else "has no wheel"
        if not self.catalogue.listing(name).sdists >> number & 1:
            return f"{lacks} and no source distribution"
        return f"{lacks}, and {self._rules.policy.build.forbidden_by} forbids building it"

    # ---- demands -------------------------------------------------------------------------

    def _clauses_of(self, slot: Slot, bit: int, demand: Demand) -> Iterator[Clause]:
        """Give the clauses of one demand: on the package, and on each extra it asks for."""
        name = demand.name
        domain = self.domain(name)
        mask = self.mask(demand)
        fact = Needs(slot, bit, demand)
        if name != slot:
            yield Clause(((slot, bit), (name, domain & ~mask)), fact)
        for extra in demand.extras:
            other = slot_of(name, extra)
            if other != slot:
                yield Clause(((slot, bit), (other, domain & ~mask)), fact)
                asker = _Asker(slot, bit, demand)
                self._askers.setdefault(other, []).append(asker)
                yield from self._lacking_for(asker, other)

    def _look_at_siblings(self, name: PackageName, alike: Sequence[Demand]) -> None:
        """Split where one version lists a package several times and the best picks differ.

        Where one version is best for all, a split would only make the lock longer. Nor is there one where the
        fewest versions are wanted: what one version cannot serve, the search finds out.
        """
        if not self._forks_freely:
            return
        picks = {self.best(name, self.mask(demand)) for demand in alike}
        if len(picks) > 1:
            self._split_on_first(alike, f"requirements on {name} differ by marker", name)

    def _split_on_first(self, demands: Sequence[Demand], reason: str, about: PackageName) -> None:
        for demand in demands:
            if not self.covers(demand.where):
                raise Split(demand.where, reason, about=about)

    def refused(self, slot: Slot, value: int, clause: Clause) -> None:
        """Split when the best candidate is refused by a requirement that holds in a part only.

        Otherwise the other part would get an older version for a reason it does not have.
        """
        if self._forks_freely and isinstance(clause.fact, Needs):
            name = split_slot(slot)[0]
            version = self.catalogue.listing(name).release(value).version
            self._split_on_first(
                [clause.fact.demand], f"{name} {version} would be refused for {clause.fact.demand.name}", name
            )

    def missed(self, name: PackageName, number: int) -> str:
        """Say which better version was not taken because it could not be built, or was not to be, if any.

        The second is told of what the project itself asks for.
        """
        listing = self.catalogue.listing(name)
        unbuilt, reason = self._unbuilt.get(name, (0, ""))
        if self.before(name, number) >> unbuilt & 1:
            return f"{listing.release(unbuilt).version} {reason}"
        if not self.is_direct(name):
            return ""
        better = self.before(name, number) & self.allowed(name).first & ~listing.yanked
        for demand in self._roots:
            if demand.name == name and self.holds(demand.where):
                better &= self.catalogue.matching(demand)
        for text, mask in listing.by_requires_python.items():
            if not self.runs_somewhere(self.catalogue.python(text)):
                better &= ~mask
        for mask, reason, _ in self._rules.without_file(listing):
            if better & mask:
                return f"{listing.release(self.first(name, better & mask)).version} {reason}"
        if name not in self._passed_over:
            return ""
        passed, demand = self._passed_over[name]
        version, named = listing.release(passed).version, self.catalogue.matching(demand)
        was_better = self.before(name, number) >> passed & 1
        for mask, reason, _ in self._rules.without_file(self.catalogue.listing(demand.name)):
            if was_better and named & mask:
                return f"{version} needs `{demand.name}{demand.specifier}`, which {reason}"
        return ""

    # ---- reading ahead -------------------------------------------------------------------

    def read_ahead(self, demands: Mapping[PackageName, Sequence[Demand]]) -> None:
        """Fetch listings and the likely metadata of what is demanded, side by side."""
        self.catalogue.expect_listings(demands)
        picks = [(name, self.likely(name, alike)) for name, alike in demands.items()]
        self.catalogue.expect_metadata([(name, number) for name, number in picks if number])


def _lacking(extra: str) -> str:
    """Say of a version that it has no such extra."""
    return f"has no extra `{extra}`"
