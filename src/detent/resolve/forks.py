"""Which environments are solved, when one is split, and what one tells the next.

A lock serves every Python and platform in range. One solve serves all of them as long as one set of versions
does; where it does not, the environment is split in two and both halves are solved anew (a restart is
cheap, so no state of the solver is kept). Four things split an environment:

1. the version that would be chosen supports a part of its Pythons only;
2. a package lists a name several times under different markers, and the best picks differ;
3. the best candidate is refused by a requirement that holds in a part only;
4. there is no solution, and the proof uses a requirement that holds in a part only.

Newest Pythons come first, and what they came to is preferred by the rest. Extras and groups of the project
never split: everything a project declares is solved together.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from detent.errors import Conflict, DetentError, Failures, PackageUnknown, TooDeep, Unsupported
from detent.events import Detail, Notice, Report, ignore
from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.limits import Limits
from detent.model.markers import Marker
from detent.model.requirement import ExtraName, PackageName
from detent.resolve.catalogue import Catalogue, Demand
from detent.resolve.clauses import PythonSplit, Situation, Split
from detent.resolve.explain import asker, explain, hints, reasons
from detent.resolve.facts import Needs, facts_of, split_slot
from detent.resolve.policy import DEFAULT_POLICY, ForkStrategy, Policy, Rules, rules_for
from detent.resolve.ports import Clock, Releases
from detent.resolve.preferences import NO_PREFERENCES, Preferences
from detent.resolve.scout import scout
from detent.resolve.solver import Clause, NoAnswer, OutOfTime, Solver

DEFAULT_LIMITS = Limits()


class Resolution(NamedTuple):
    """The answer for one environment."""

    environment: Marker
    pins: Mapping[PackageName, int]
    """The number of each package's version in its listing; sorted by name."""
    extras: Mapping[PackageName, tuple[ExtraName, ...]]
    """Which extras of a package are asked for, sorted; packages without are left out."""


def resolve(
    inputs: Inputs,
    releases: Releases,
    *,
    clock: Clock,
    preferences: Preferences = NO_PREFERENCES,
    policy: Policy = DEFAULT_POLICY,
    seeds: Sequence[Marker] = (),
    limits: Limits = DEFAULT_LIMITS,
    report: Report = ignore,
) -> tuple[Resolution, ...]:
    """Find versions for every environment in range, newest Python first.

    ``seeds`` are environments to begin with, such as those of the old lock. Raises
    :class:`~detent.errors.Conflict`, :class:`~detent.errors.PackageUnknown` or
    :class:`~detent.errors.TooDeep`.
    """
    driver = _Driver(
        inputs,
        releases,
        rules=rules_for(policy, inputs.roots(), preferences, inputs.adjustments),
        preferences=preferences,
        budget=_Budget(clock, limits.search_seconds),
        report=report,
    )
    return driver.run(seeds)


class _Budget:
    """The time a search may take, over all environments."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self.seconds = seconds
        self._clock = clock
        self._deadline = clock() + seconds

    def is_used_up(self) -> bool:
        return self._clock() > self._deadline


class _Driver:
    """One resolution: the work list of environments and what is shared between them."""

    def __init__(
        self,
        inputs: Inputs,
        releases: Releases,
        *,
        rules: Rules,
        preferences: Preferences,
        budget: _Budget,
        report: Report,
    ) -> None:
        self._inputs = inputs
        self._range = markers.requires_python(inputs.requires_python)
        self._roots = tuple(
            Demand(
                root.requirement.name,
                root.requirement.extras,
                root.requirement.specifier,
                markers.environment_only(root.gate),
                root.requirement.url,
                root,
            )
            for root in sorted(inputs.roots(), key=lambda root: root.requirement.name not in preferences.first)
        )
        self._releases = releases
        self._catalogue = Catalogue(releases, project=inputs.name, pythons=self._range)
        self._rules = rules
        self._wants_fewest = rules.policy.fork_strategy is ForkStrategy.FEWEST
        self._preferences = preferences
        self._earlier: dict[PackageName, list[int]] = {}
        self._missed: dict[str, Marker] = {}
        self._budget = budget
        self._report = report

    def run(self, seeds: Sequence[Marker]) -> tuple[Resolution, ...]:
        self._look_at_roots()
        waiting = self._environments(seeds)
        for environment in waiting:
            # Fetch level by level what every first guess needs, before single decisions wait for it.
            scout(self._situation(environment))
        solved: list[Resolution] = []
        while waiting:
            waiting.sort(key=markers.sort_key)
            environment = waiting.pop(0)
            try:
                # Where few versions are wanted, one that makes a split comes after all that make none.
                resolution = self._solve(environment, is_whole_only=self._wants_fewest)
            except Split as split:
                self._report(Detail(f"resolving in two parts: {split.reason}"))
                inside = markers.and_(environment, split.marker)
                outside = markers.and_(environment, markers.not_(split.marker))
                waiting += [inside, outside]
                if isinstance(split, PythonSplit):
                    # Older Pythons mean older versions of many packages: fetch those side by side, too.
                    scout(self._situation(outside))
                continue
            for name, number in resolution.pins.items():
                numbers = self._earlier.setdefault(name, [])
                if number not in numbers:
                    numbers.append(number)
            solved.append(resolution)
        answer = _join_equal(solved)
        for text in dict.fromkeys((*self._warnings(answer), *self._missed_newer())):
            self._report(Notice("warning", text))
        return answer

    def _look_at_roots(self) -> None:
        """Refuse at once what no choice of versions can mend: URLs, and names the index does not have."""
        live = [root for root in self._roots if not markers.disjoint(self._range, root.where)]
        for root in live:
            if root.url:
                raise Unsupported(
                    f"requirements with a URL cannot be locked yet: `{root.name}`",
                    why=f"{asker(root)} asks for `{root.url}`",
                )
        self._catalogue.expect_listings(root.name for root in live)
        unknown: dict[PackageName, DetentError] = {}
        for root in live:
            if not self._catalogue.listing(root.name).count and root.name not in unknown:
                unknown[root.name] = PackageUnknown(
                    root.name, self._inputs.index_url, required_by=asker(root)
                )
        if len(unknown) > 1:
            raise Failures(list(unknown.values()))
        for failure in unknown.values():
            raise failure

    def _environments(self, seeds: Sequence[Marker]) -> list[Marker]:
        """Give the seeds within range, and whatever they leave of it."""
        found: list[Marker] = []
        rest = self._range
        for seed in seeds:
            part = markers.and_(markers.environment_only(seed), rest)
            if part != markers.NEVER:
                found.append(part)
                rest = markers.and_(rest, markers.not_(part))
        return [*found, rest] if rest != markers.NEVER else found

    def _situation(self, environment: Marker, *, is_whole_only: bool = False) -> Situation:
        return Situation(
            self._catalogue,
            self._roots,
            environment,
            rules=self._rules,
            preferences=self._preferences,
            earlier=self._earlier,
            report=self._report,
            is_whole_only=is_whole_only,
        )

    def _solve(self, environment: Marker, *, is_whole_only: bool) -> Resolution:
        situation = self._situation(environment, is_whole_only=is_whole_only)
        solver = Solver(situation, is_late=self._budget.is_used_up)
        try:
            decided = solver.solve()
        except NoAnswer as failure:
            if not situation.narrowed.isdisjoint(_names_in(failure.proof)):
                return self._solve(environment, is_whole_only=False)
            part = _part_to_blame(failure.proof, situation)
            if part is not None:
                raise Split(part, "the requirements contradict each other in a part only") from None
            raise self._conflict(failure.proof, situation, solver) from None
        except OutOfTime as failure:
            first, second = (split_slot(slot)[0] for slot in (failure.first, failure.second))
            raise TooDeep(f"{self._budget.seconds:.0f} seconds of search", first, second) from None
        pins: dict[PackageName, int] = {}
        extras: dict[PackageName, list[ExtraName]] = {}
        for slot in sorted(decided):
            name, extra = split_slot(slot)
            if extra:
                extras.setdefault(name, []).append(ExtraName(extra))
            else:
                pins[name] = decided[slot]
        for name, number in pins.items():
            missed = situation.missed(name, number)
            if missed:
                version = self._catalogue.listing(name).release(number).version
                text = f"`{name}` {version} is locked, because {missed}"
                self._missed[text] = markers.or_(self._missed.get(text, markers.NEVER), environment)
        return Resolution(environment, pins, {name: tuple(found) for name, found in extras.items()})

    def _conflict(self, proof: Clause, situation: Situation, solver: Solver) -> Conflict:
        where = markers.restrict(situation.environment, self._range)
        facts = reasons(proof, situation)
        return Conflict(
            explain(facts, situation, order=solver.met),
            environment="" if where == markers.ALWAYS else markers.render(where),
            next_steps=hints(facts, situation),
        )

    def _missed_newer(self) -> Iterator[str]:
        for text, environment in self._missed.items():
            where = markers.restrict(environment, self._range)
            yield text if where == markers.ALWAYS else f"{text} (where {markers.render(where)})"

    def _warnings(self, answer: Sequence[Resolution]) -> Iterator[str]:
        """Name what was chosen although it was yanked, extras that do not exist, and what a setting does."""
        yield from self._rules.warnings(self._roots_here())
        for resolution in answer:
            for name, number in resolution.pins.items():
                metadata = self._catalogue.metadata(name, number)
                listing = self._catalogue.listing(name)
                if listing.yanked >> number & 1:
                    files = self._releases.artifacts(name, number)
                    reason = next((file.yanked for file in files if file.yanked), "")
                    yield f"`{name}` {listing.release(number).version} was yanked" + (
                        f": {reason}" if reason else ""
                    )
                for extra in resolution.extras.get(name, ()):
                    if metadata is not None and metadata.for_extra(extra) is None:
                        there = ", ".join(f"`{known}`" for known, _ in metadata.extras)
                        yield f"`{name}` {metadata.version} has no extra `{extra}`; it has {there or 'none'}"


def _names_in(proof: Clause) -> Iterator[PackageName]:
    """Give the packages a proof speaks of, some of them twice."""
    for fact in facts_of(proof):
        yield split_slot(fact.slot)[0]
        if isinstance(fact, Needs):
            yield fact.demand.name


def _part_to_blame(proof: Clause, situation: Situation) -> Marker | None:
    """Give the marker of a requirement in the proof that holds in a part only.

    Where it does not hold there may be an answer.
    """
    found: list[tuple[str, str, Marker]] = []
    for fact in facts_of(proof):
        if isinstance(fact, Needs) and not situation.covers(fact.demand.where):
            where = fact.demand.where
            found.append((fact.demand.name, markers.render(where), where))
    return min(found)[2] if found else None


def _join_equal(solved: Sequence[Resolution]) -> tuple[Resolution, ...]:
    """Make one of environments that came to the same answer."""
    joined: list[Resolution] = []
    for resolution in solved:
        for i, other in enumerate(joined):
            if other.pins == resolution.pins and other.extras == resolution.extras:
                environment = markers.or_(other.environment, resolution.environment)
                joined[i] = other._replace(environment=environment)
                break
        else:
            joined.append(resolution)
    return tuple(sorted(joined, key=lambda resolution: markers.sort_key(resolution.environment)))
