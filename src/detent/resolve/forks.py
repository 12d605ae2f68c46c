"""Which environments are solved, when one is split, and what one tells the next.

A lock serves every Python and platform in range. One solve serves all of them as long as one set of versions
does; where it does not, the environment is split in two and both halves are solved anew (a restart is
cheap, so no state of the solver is kept). Five things split an environment:

1. the version that would be chosen supports a part of its Pythons only;
2. a package lists a name several times under different markers, and the best picks differ;
3. the best candidate is refused by a requirement that holds in a part only;
4. there is no solution, and the proof uses a requirement that holds in a part only;
5. a version without sources has no wheel for a part in which the project requires one.

Newest Pythons come first, and what they came to is preferred by the rest. Requirements of extras and groups
that the project declares to be exclusive hold in a part only, too; all others are solved together.
"""

from collections.abc import Iterator, Mapping, Sequence

from detent.errors import DetentError, Failures, Unsupported
from detent.errors.fetch import PackageUnknown
from detent.events import Detail, Notice, Report, ignore
from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.limits import Limits
from detent.model.markers import Marker
from detent.model.requirement import ExtraName, PackageName
from detent.named import NamedTuple
from detent.resolve.adjusted import readjusted
from detent.resolve.budget import Budget
from detent.resolve.catalogue import Catalogue, Demand
from detent.resolve.clauses import PythonSplit, Situation, Split
from detent.resolve.coverage import Coverage, reach
from detent.resolve.facts import Needs, facts_of, split_slot
from detent.resolve.held_back import first_held_back, part_to_blame
from detent.resolve.parts import Part, Parts, whole_range
from detent.resolve.policy import DEFAULT_POLICY, ForkStrategy, Policy, Rules, rules_for
from detent.resolve.ports import Clock, Releases
from detent.resolve.preferences import NO_PREFERENCES, Preferences
from detent.resolve.question import Advice, Asked, SearchFailed, Setup, View
from detent.resolve.scout import scout
from detent.resolve.solver import Clause, NoAnswer, OutOfTime, Slot, Solver
from detent.resolve.sourced import Region, Sourced, Sources, called
from detent.resolve.wording import asker

DEFAULT_LIMITS = Limits()


class Resolution(NamedTuple):
    """The answer for one environment."""

    environment: Marker
    pins: Mapping[PackageName, int]
    """The number of each package's version in its listing; sorted by name."""
    extras: Mapping[PackageName, tuple[ExtraName, ...]]
    """Which extras of a package are asked for, sorted; packages without are left out."""

    def everywhere(self, region: Region) -> "Resolution":
        """Give the same in numbers that mean something outside of its region, too."""
        if not region.places:
            return self
        return self._replace(pins={name: region.number(name, n) for name, n in self.pins.items()})

    def within(self, region: Region) -> "Resolution":
        """Give, of an answer for another region, what comes from the same place in this one."""
        pins = {name: region.own(name, number) for name, number in self.pins.items()}
        return self._replace(pins={name: number for name, number in pins.items() if number})


def resolve(
    inputs: Inputs,
    releases: Releases,
    *,
    sourced: Sequence[Sourced] = (),
    clock: Clock,
    wall: Clock | None = None,
    preferences: Preferences = NO_PREFERENCES,
    policy: Policy = DEFAULT_POLICY,
    seeds: Sequence[Marker] = (),
    limits: Limits = DEFAULT_LIMITS,
    advice: Advice = "always",
    report: Report = ignore,
) -> tuple[Resolution, ...]:
    """Find versions for every environment in range, newest Python first.

    ``sourced`` are the packages that do not come from the index as any other. Where they differ from one part
    of the environments to another, a number means a version as
    :class:`~detent.resolve.sourced.Sources` of the same arguments has it.
    ``clock`` counts computing and ``wall`` all time (``None``: the same clock); see
    :class:`~detent.resolve.budget.Budget`. ``seeds`` are environments to begin with, such as those of the old
    lock; ``advice`` says whether edits are tried out where there is no answer. Raises
    :class:`~detent.errors.fetch.PackageUnknown`, and :class:`~detent.resolve.question.SearchFailed`, of which
    :func:`detent.resolve.failure.error_of` makes the error: whoever gets an answer does not pay for what
    explains that there is none.
    """
    budget = Budget(clock, limits, wall=wall or clock)
    whole = whole_range(inputs)
    sources = Sources(releases, sourced, inputs.adjustments)

    def again(setup: Setup, bounds: Limits, view: View) -> list[Mapping[PackageName, str]]:
        index = view(readjusted(releases, setup.inputs.adjustments))
        answer = resolve(
            setup.inputs,
            index,
            sourced=sourced,
            clock=clock,
            wall=wall,
            preferences=setup.preferences,
            policy=setup.policy,
            seeds=seeds,
            limits=bounds,
            advice="never",
        )
        shelf = Sources(index, sourced, setup.inputs.adjustments)
        return [
            {name: shelf.release(name, number).version for name, number in resolution.pins.items()}
            for resolution in answer
        ]

    solved: list[Resolution] = []
    told = _Told()
    for region in sources.regions(whole):
        driver = _Driver(
            inputs,
            region,
            rules=rules_for(policy, inputs.roots(), preferences, inputs.adjustments),
            preferences=preferences,
            before=[resolution.within(region) for resolution in solved],
            budget=budget,
            told=told,
            report=report,
        )
        try:
            answer = driver.run(seeds)
        except SearchFailed as failure:
            setup = Setup(inputs, policy, preferences)
            failure.asked = Asked(setup, limits, advice, budget, region.where, driver.elsewhere, whole, again)
            raise
        solved += [resolution.everywhere(region) for resolution in answer]
    for text in told.in_order(whole):
        report(Notice("warning", text))
    return _join_equal(solved)


class _Told:
    """What is to be warned of in the end, each once."""

    def __init__(self) -> None:
        self.warnings: dict[str, None] = {}
        self.missed: dict[str, Marker] = {}
        """What was not chosen although it is better, and where."""

    def in_order(self, whole: Marker) -> Iterator[str]:
        yield from self.warnings
        for text, environment in self.missed.items():
            where = markers.restrict(environment, whole)
            told = text if where == markers.ALWAYS else f"{text} (where {markers.render(where)})"
            if told not in self.warnings:
                yield told


class _Driver:
    """One resolution: the work list of environments and what is shared between them."""

    def __init__(
        self,
        inputs: Inputs,
        region: Region,
        *,
        rules: Rules,
        preferences: Preferences,
        before: Sequence[Resolution],
        budget: Budget,
        told: "_Told",
        report: Report,
    ) -> None:
        """``before`` are answers for other regions, as far as they mean something in this one."""
        self._inputs = inputs
        self._region = region
        self._range = region.where
        releases = region.releases
        self._roots = tuple(
            Demand(
                root.requirement.name,
                root.requirement.extras,
                root.requirement.specifier,
                markers.gated_as(root.gate, self._range),
                root.requirement.url,
                root,
            )
            for root in sorted(
                inputs.roots(), key=lambda root: root.requirement.name not in preferences.first
            )
        )
        self._releases = releases
        pythons = markers.python_only(self._range)
        named = {name: called(region.fixed[name]) if name in region.fixed else "" for name in region.places}
        self._catalogue = Catalogue(
            releases, project=inputs.name, pythons=pythons, sources=named, within=region.where
        )
        required, environments = inputs.adjustments.required_environments, inputs.adjustments.environments
        self._coverage = (
            Coverage(required, releases, pythons=pythons, environments=environments)
            if required or environments
            else None
        )
        self._rules = rules
        self._wants_fewest = rules.policy.fork_strategy is ForkStrategy.FEWEST
        self._preferences = preferences
        self._solved: list[Resolution] = []
        self._before = tuple(before)
        self._earlier: dict[PackageName, list[int]] = {}
        for resolution in before:
            self._remember(resolution)
        self._told = told
        self._budget = budget
        self._report = report

    def run(self, seeds: Sequence[Marker]) -> tuple[Resolution, ...]:
        wanted = self._wanted()
        self._catalogue.expect_listings(wanted)
        parts = Parts(self._range, seeds)
        for part in parts.waiting():
            # Fetch what every first guess needs, side by side, before single decisions wait for it.
            scout(self._situation(part), wanted)
        self._refuse_unknown(wanted)
        while parts:
            part = parts.take()
            try:
                # Where few versions are wanted, one that makes a split comes after all that make none.
                resolution = self._solve(part, is_whole_only=self._wants_fewest)
            except Split as split:
                self._report(Detail(f"resolving in two parts: {split.reason}"))
                outside = parts.split(part, split.marker, split.about)
                if isinstance(split, PythonSplit):
                    # Older Pythons mean older versions of many packages: fetch those side by side, too.
                    scout(self._situation(outside))
                continue
            self._remember(resolution)
            self._solved.append(resolution)
        answer = _join_equal(self._solved)
        self._told.warnings.update(dict.fromkeys(self._warnings(answer)))
        return answer

    def _remember(self, resolution: Resolution) -> None:
        for name, number in resolution.pins.items():
            numbers = self._earlier.setdefault(name, [])
            if number not in numbers:
                numbers.append(number)

    def _wanted(self) -> dict[PackageName, Demand]:
        """Give what the project asks for somewhere in range; a URL is refused."""
        live = [root for root in self._roots if not markers.disjoint(self._range, root.where)]
        for root in live:
            if root.url and root.name not in self._region.places:
                raise Unsupported(
                    f"a requirement with a URL cannot be used here: `{root.name}`",
                    why=f"{asker(root)} asks for `{root.url}`",
                )
        wanted: dict[PackageName, Demand] = {}
        for root in live:
            wanted.setdefault(root.name, root)
        return wanted

    def _refuse_unknown(self, wanted: Mapping[PackageName, Demand]) -> None:
        """Refuse names the index does not have, which no choice of versions can mend."""
        unknown: list[DetentError] = [
            PackageUnknown(name, self._index_of(name), required_by=asker(root))
            for name, root in wanted.items()
            if not self._catalogue.listing(name).count
        ]
        if len(unknown) > 1:
            raise Failures(unknown)
        for failure in unknown:
            raise failure

    def _index_of(self, name: PackageName) -> str:
        """Say where a package was looked for."""
        return self._region.index_url(name) or self._inputs.index_url

    def _situation(
        self,
        part: Part,
        *,
        is_whole_only: bool = False,
        avoided: frozenset[tuple[PackageName, int]] = frozenset(),
    ) -> Situation:
        return Situation(
            self._catalogue,
            self._roots,
            part.environment,
            rules=self._rules,
            preferences=self._preferences,
            earlier=self._earlier_for(part),
            report=self._report,
            is_whole_only=is_whole_only,
            coverage=self._coverage,
            avoided=avoided,
        )

    def _earlier_for(self, part: Part) -> Mapping[PackageName, Sequence[int]]:
        """Give the versions other environments came to, the first of them first.

        What the project asks for under exclusive extras is as new as it can be with each of them.
        """
        gates = markers.gates_only(part.environment)
        if not part.fresh and gates == markers.ALWAYS:
            return self._earlier
        asked = {root.name for root in self._roots if not markers.disjoint(part.environment, root.where)}
        found: dict[PackageName, list[int]] = {}
        for resolution in (*self._before, *self._solved):
            is_apart = markers.disjoint(gates, markers.gates_only(resolution.environment))
            for name, number in resolution.pins.items():
                if name not in part.fresh and not (is_apart and name in asked):
                    found.setdefault(name, []).append(number)
        return found

    def _solve(
        self,
        part: Part,
        *,
        is_whole_only: bool,
        avoided: frozenset[tuple[PackageName, int]] = frozenset(),
    ) -> Resolution:
        situation = self._situation(part, is_whole_only=is_whole_only, avoided=avoided)
        self._budget.begin()
        solver = Solver(situation, is_late=self._budget.is_used_up)
        try:
            decided = solver.solve()
        except NoAnswer as failure:
            if not situation.narrowed.isdisjoint(_names_in(failure.proof)):
                return self._solve(part, is_whole_only=False)
            where = part_to_blame([failure.proof], situation)
            if where is not None:
                raise Split(where, "the requirements contradict each other in a part only") from None
            raise SearchFailed(failure, situation, solver) from None
        except OutOfTime as failure:
            raise SearchFailed(failure, situation, solver) from None
        self._budget.progressed()
        pins: dict[PackageName, int] = {}
        extras: dict[PackageName, list[ExtraName]] = {}
        for slot in sorted(decided):
            name, extra = split_slot(slot)
            if extra:
                extras.setdefault(name, []).append(ExtraName(extra))
            else:
                pins[name] = decided[slot]
        held_back = None if self._wants_fewest else first_held_back(situation, solver, pins)
        if held_back is not None:
            name, number, where = held_back
            version = self._catalogue.listing(name).release(number).version
            raise Split(where, f"{name} {version} is held back in a part only", about=name)
        if self._coverage is not None:
            gap = _first_gap(situation, decided, pins)
            if gap is not None and is_whole_only:
                return self._solve(part, is_whole_only=True, avoided=avoided | situation.alike(*gap))
            if gap is not None:
                raise self._coverage_split(situation, *gap)
        for name, number in pins.items():
            reason = situation.missed(name, number)
            if reason:
                version = self._catalogue.listing(name).release(number).version
                text = f"`{name}` {version} is locked, because {reason}"
                missed = self._told.missed
                missed[text] = markers.or_(missed.get(text, markers.NEVER), part.environment)
        return Resolution(part.environment, pins, {name: tuple(found) for name, found in extras.items()})

    def _coverage_split(self, situation: Situation, name: PackageName, number: int) -> Split:
        where = situation.uncovered(name, number)
        version = self._catalogue.listing(name).release(number).version
        reason = f"{name} {version} {situation.without_file(name, number, where)}"
        return Split(where, reason, about=name)

    def elsewhere(self, environment: Marker) -> Situation:
        """Look at one environment."""
        return self._situation(Part(environment))

    def _warnings(self, answer: Sequence[Resolution]) -> Iterator[str]:
        """Name what was chosen although it was yanked, extras that do not exist, and what a setting does."""
        live = [root for root in self._roots if not markers.disjoint(self._range, root.where)]
        yield from self._rules.warnings([root.root.requirement for root in live if root.root is not None])
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


def _first_gap(
    situation: Situation, decided: Mapping[Slot, int], pins: Mapping[PackageName, int]
) -> tuple[PackageName, int] | None:
    """Give a version that is needed where it has no file although it is required to have one."""
    gaps = [(name, situation.uncovered(name, number)) for name, number in pins.items()]
    gaps = [(name, where) for name, where in gaps if where != markers.NEVER]
    needed = reach(situation, decided) if gaps else {}
    for name, where in gaps:
        if not markers.disjoint(needed.get(name, markers.NEVER), where):
            return name, pins[name]
    return None


def _names_in(proof: Clause) -> Iterator[PackageName]:
    """Give the packages a proof speaks of, some of them twice."""
    for fact in facts_of(proof):
        yield split_slot(fact.slot)[0]
        if isinstance(fact, Needs):
            yield fact.demand.name


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
