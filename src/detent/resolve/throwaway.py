"""Versions for one interpreter, to be used and forgotten: what a build requires, what a tool needs.

One environment that is known to the last tag needs no masks of markers, no splits and no proof, so the
search is resolvelib's; what may be chosen and what a version demands come from the same places as for a lock.
The newest is always the best here: `lowest` tests what a project promises, not the tools that build it.
It refuses direct references, writes nothing down, and must never be imported on the way of a warm command.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from resolvelib import AbstractProvider, BaseReporter
from resolvelib.resolvers import RequirementInformation, Resolution, ResolutionImpossible, ResolutionTooDeep

from detent.errors import Unsupported
from detent.errors.resolve import Conflict, TooDeep
from detent.model import markers
from detent.model.candidate import Artifact
from detent.model.requirement import ExtraName, PackageName, Requirement
from detent.model.target import Target
from detent.named import NamedTuple
from detent.resolve.catalogue import Demand, Unusable
from detent.resolve.facts import slot_of, split_slot
from detent.resolve.fitting import Fitting
from detent.resolve.policy import DEFAULT_POLICY, Policy
from detent.resolve.ports import Releases
from detent.resolve.solver import Slot
from detent.resolve.wording import MOST_LINES, ranges, wish

_NOTHING: Final[Mapping[PackageName, str]] = MappingProxyType({})
_NOWHERE: Final = "!"
"""The slot that has no versions: who asks for it cannot be used."""
_MOST_ROUNDS = 20_000


class Pin(NamedTuple):
    """One package of the answer."""

    name: PackageName
    version: str
    number: int
    """Of the version in its listing."""
    extras: tuple[ExtraName, ...]
    """Those that are asked for, sorted."""
    artifact: Artifact
    """The file that fits: a wheel, or a source distribution to build one from."""


def resolve_once(
    requirements: Sequence[Requirement],
    releases: Releases,
    *,
    target: Target,
    policy: Policy = DEFAULT_POLICY,
    constraints: Sequence[Requirement] = (),
    installed: Mapping[PackageName, str] = _NOTHING,
) -> tuple[Pin, ...]:
    """Find versions for one target, sorted by name; those of ``installed`` are kept if they fit.

    ``constraints`` limit versions and ask for nothing. Raises :class:`~detent.errors.resolve.Conflict`,
    :class:`~detent.errors.fetch.PackageUnknown`, :class:`~detent.errors.resolve.TooDeep`, and
    :class:`~detent.errors.Unsupported` for a direct reference.
    """
    fitting = Fitting(
        releases,
        target,
        policy,
        requirements=_holding(requirements, target),
        constraints=_holding(constraints, target),
        installed=installed,
    )
    fitting.look_at_roots()
    provider = _Provider(fitting)
    reporter: BaseReporter[_Wish, _Pick, Slot] = BaseReporter()
    try:
        state = Resolution(provider, reporter).resolve(provider.wishes_of_roots(), max_rounds=_MOST_ROUNDS)
    except ResolutionImpossible as failure:
        raise Conflict(_explain(tuple(failure.causes), provider)) from None
    except ResolutionTooDeep:
        raise TooDeep(f"{_MOST_ROUNDS} rounds of search", *provider.last_quarrel()) from None
    return tuple(_pins(provider.reached(state.mapping), fitting))


def _pins(picks: Sequence["_Pick"], fitting: Fitting) -> Iterator[Pin]:
    extras: dict[tuple[PackageName, int], list[ExtraName]] = {}
    for slot, number in sorted(picks):
        name, extra = split_slot(slot)
        found = extras.setdefault((name, number), [])
        if extra:
            found.append(ExtraName(extra))
    for (name, number), names in extras.items():
        version = fitting.catalogue.listing(name).release(number).version
        yield Pin(name, version, number, tuple(names), fitting.file_of_pin(name, number))


def _holding(requirements: Sequence[Requirement], target: Target) -> tuple[Requirement, ...]:
    found = tuple(r for r in requirements if markers.evaluate(r.marker, target.environment))
    for requirement in found:
        if requirement.url:
            raise Unsupported(
                f"a requirement with a URL cannot be used here: `{requirement.name}`",
                why=f"`{requirement}` names a file or a repository, and this looks on the index only",
                next_steps=("name a version of it that the index has",),
            )
    return found


# ---- the search ------------------------------------------------------------------------------


class _Wish(NamedTuple):
    """What is asked of one slot, and by whose word."""

    slot: Slot
    mask: int
    """The versions that meet it."""
    demand: Demand | None = None
    reason: str = ""
    """Where nothing is asked for: why the version that has this wish cannot be used."""


class _Pick(NamedTuple):
    """A version chosen for a slot."""

    slot: Slot
    number: int


class _Provider(AbstractProvider[_Wish, _Pick, Slot]):
    """What resolvelib asks, answered for one target."""

    def __init__(self, fitting: Fitting) -> None:
        self.fitting = fitting
        self.asked_first: dict[PackageName, tuple[_Pick | None, _Wish]] = {}
        """Who was the first to need a package."""
        self._wishes: dict[_Pick, tuple[_Wish, ...]] = {}
        self._places: dict[Slot, int] = {}
        self._tried: dict[PackageName, set[int]] = {}
        self._direct = frozenset(root.name for root in fitting.roots)
        self._causes: Sequence[RequirementInformation[_Wish, _Pick]] = ()

    def wishes_of_roots(self) -> list[_Wish]:
        """Give what is asked for itself."""
        return list(self._wishes_of(self.fitting.roots, None))

    def reached(self, picks: Mapping[Slot, _Pick]) -> list[_Pick]:
        """Leave out what was chosen on the way and is needed no more.

        resolvelib has a walk of its own for this, which never ends where two such packages need each other.
        """
        waiting = [asked.slot for asked in self.wishes_of_roots()]
        found: dict[Slot, _Pick] = {}
        while waiting:
            slot = waiting.pop()
            if slot not in found:
                found[slot] = picks[slot]
                waiting += [asked.slot for asked in self.get_dependencies(picks[slot])]
        return list(found.values())

    def _wishes_of(self, demands: Sequence[Demand], parent: _Pick | None) -> Iterator[_Wish]:
        fitting = self.fitting
        live = [demand for demand in demands if fitting.holds(demand.where)]
        fitting.catalogue.expect_listings(demand.name for demand in live)
        ahead = []
        for demand in live:
            mask = fitting.catalogue.matching(demand)
            for slot in (demand.name, *(slot_of(demand.name, extra) for extra in demand.extras)):
                asked = _Wish(slot, mask, demand)
                self._places.setdefault(slot, len(self._places))
                self.asked_first.setdefault(demand.name, (parent, asked))
                yield asked
            usable = mask & fitting.usable(demand.name)
            best = next(fitting.newest_first(demand.name, usable), 0)
            ahead += [(demand.name, best)] if best else []
        fitting.catalogue.expect_metadata(ahead)

    def identify(self, requirement_or_candidate: _Wish | _Pick) -> Slot:
        return requirement_or_candidate.slot

    def find_matches(
        self,
        identifier: Slot,
        requirements: Mapping[Slot, Iterator[_Wish]],
        incompatibilities: Mapping[Slot, Iterator[_Pick]],
    ) -> Callable[[], Iterator[_Pick]] | Sequence[_Pick]:
        mask = -1
        for asked in requirements[identifier]:
            mask &= asked.mask
        for pick in incompatibilities[identifier]:
            mask &= ~(1 << pick.number)
        if not mask:
            return ()
        name = split_slot(identifier)[0]
        return lambda: (_Pick(identifier, number) for number in self.fitting.in_order(name, mask))

    def is_satisfied_by(self, requirement: _Wish, candidate: _Pick) -> bool:
        return requirement.mask >> candidate.number & 1 == 1

    def get_dependencies(self, candidate: _Pick) -> tuple[_Wish, ...]:
        wishes = self._wishes.get(candidate)
        if wishes is None:
            wishes = self._wishes[candidate] = tuple(self._demanded_by(candidate))
        return wishes

    def _demanded_by(self, candidate: _Pick) -> Iterator[_Wish]:
        name, extra = split_slot(candidate.slot)
        catalogue = self.fitting.catalogue
        tried = self._tried.setdefault(name, set())
        tried.add(candidate.number)
        older = self.fitting.usable(name) & (1 << candidate.number) - 2
        older = older & self.fitting.allowed(name).first or older
        catalogue.look_ahead(name, self.fitting.newest_first(name, older), tries=len(tried))
        demands = catalogue.demands(name, candidate.number, extra)
        if isinstance(demands, Unusable):
            yield _Wish(_NOWHERE, 0, reason=demands.reason)
            return
        metadata = catalogue.metadata(name, candidate.number)
        if metadata is not None and not self.fitting.runs(metadata.requires_python):
            yield _Wish(_NOWHERE, 0, reason=f"needs Python {metadata.requires_python}")
            return
        if extra:
            yield _Wish(name, 1 << candidate.number)
        yield from self._wishes_of(demands, candidate)

    def narrow_requirement_selection(
        self,
        identifiers: Iterable[Slot],
        resolutions: Mapping[Slot, _Pick],
        candidates: Mapping[Slot, Iterator[_Pick]],
        information: Mapping[Slot, Iterator[RequirementInformation[_Wish, _Pick]]],
        backtrack_causes: Sequence[RequirementInformation[_Wish, _Pick]],
    ) -> Iterable[Slot]:
        """Decide first what made the search go back last."""
        self._causes = backtrack_causes
        slots = set(self._quarrelling())
        return [slot for slot in identifiers if slot in slots] or identifiers

    def _quarrelling(self) -> Iterator[Slot]:
        for cause in self._causes:
            yield cause.requirement.slot
            if cause.parent is not None:
                yield cause.parent.slot

    def last_quarrel(self) -> tuple[PackageName, PackageName]:
        """Name two packages the search went back for last."""
        names = [*dict.fromkeys(split_slot(slot)[0] for slot in self._quarrelling() if slot != _NOWHERE)]
        return names[0], names[-1]

    def get_preference(
        self,
        identifier: Slot,
        resolutions: Mapping[Slot, _Pick],
        candidates: Mapping[Slot, Iterator[_Pick]],
        information: Mapping[Slot, Iterator[RequirementInformation[_Wish, _Pick]]],
        backtrack_causes: Sequence[RequirementInformation[_Wish, _Pick]],
    ) -> tuple[bool, int]:
        """Decide first what was asked for directly, then what was met first."""
        return (split_slot(identifier)[0] not in self._direct, self._places[identifier])


# ---- why not ---------------------------------------------------------------------------------


class _Line(NamedTuple):
    slot: Slot
    """Empty for what was asked for itself."""
    text: str


def _explain(causes: Sequence[RequirementInformation[_Wish, _Pick]], provider: _Provider) -> list[str]:
    """Say who asks for what cannot be had together, and who asked for those."""
    facts: dict[_Line, int] = {}
    waiting = [(cause.parent, cause.requirement) for cause in causes]
    while waiting:
        parent, asked = waiting.pop(0)
        text = asked.reason
        if asked.demand is not None:
            wanted = wish(asked.demand)
            text = f"`{wanted}` is asked for" if parent is None else f"needs {wanted}"
            text += provider.fitting.obstacles(asked.demand)
        if text:
            line = _Line("" if parent is None else parent.slot, text)
            facts[line] = facts.get(line, 0) | (0 if parent is None else 1 << parent.number)
        if parent is not None:
            name = split_slot(parent.slot)[0]
            above = provider.asked_first.pop(name, None)
            waiting += [above] if above is not None else []
    lines = sorted(facts, key=lambda line: (line.slot != "", line.slot, -facts[line], line.text))
    told = [_sentence(line, facts[line], provider.fitting) for line in lines]
    if len(told) > MOST_LINES:
        told[MOST_LINES - 1 :] = [f"and {len(told) - MOST_LINES + 1} more facts of this kind"]
    return told


def _sentence(line: _Line, mask: int, fitting: Fitting) -> str:
    if not line.slot:
        return line.text
    listing = fitting.catalogue.listing(split_slot(line.slot)[0])
    return f"{line.slot} {ranges(listing, mask)} {line.text}"
