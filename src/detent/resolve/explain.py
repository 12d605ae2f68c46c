"""A proof that there is no answer, told as a short argument a person can follow.

The leaves of the proof are facts: requirements of the project and of releases. What the proof does not need
is left out, equal facts are told once, versions fold into ranges, and a release of a package whose versions
each have their own bound stands for all of them. The project's own lines come first, then what follows from
them, down to the clash. What hides a version is told where the version would have helped. Nothing is
guessed: every line is a fact, and together they are a proof.
"""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from functools import reduce
from itertools import groupby
from operator import or_
from typing import NamedTuple

from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.markers import Marker
from detent.model.requirement import PackageName
from detent.model.versions import newest
from detent.resolve.catalogue import Demand, Unusable
from detent.resolve.choices import Choices
from detent.resolve.facts import Needs, Rejected, SameVersion, slot_of, split_slot
from detent.resolve.obstacles import Kind, Obstacle, obstacles_to
from detent.resolve.proof import Leaf, is_proof, leaves_of, smallest
from detent.resolve.solver import ROOT, Clause, Slot
from detent.resolve.wording import (
    MOST_LINES,
    asking,
    in_brackets,
    origin_of,
    place,
    python_text,
    ranges,
    told_apart,
    wish,
)

_MOST_EXTRAS = 4
_MOST_TRIES = 40
"""Facts that are tried to be done without, one by one."""
_MOST_ALIKE = 2
"""Requirements of one package on another that are told one by one."""


class Argument(NamedTuple):
    """Why there is no answer."""

    lines: tuple[str, ...]
    where: Marker
    """Where the facts hold: it may be more than where the search was."""
    leaves: tuple[Leaf, ...]
    """The facts, no more than it takes."""
    obstacles: tuple[tuple[PackageName, Obstacle], ...]
    """What hides versions that would help."""


class _Line(NamedTuple):
    """What is told in one line, for every version of the slot it is true of."""

    slot: Slot
    values: int
    demands: tuple[Demand, ...]
    """One; several that are told together; or none, for versions that cannot be used for the ``reason``."""
    reason: str = ""
    is_each_for_itself: bool = False
    """Whether each version's own bound matters, not only what they have in common."""


def argue(
    proof: Clause,
    situation: Choices,
    *,
    inputs: Inputs,
    everywhere: Marker,
    elsewhere: Callable[[Marker], Choices],
    order: Callable[[Slot], int],
) -> Argument:
    """Make an argument of a proof.

    ``everywhere`` is all that is to be solved, ``elsewhere`` looks at another part of it than the one of
    this ``situation``, and ``order`` says in which place the search met a slot.
    """
    leaves = _with_all_impossible(tuple(leaves_of(proof)), situation)
    if any(leaf.terms for leaf in leaves):  # else each of them is a proof
        leaves = _needed((*leaves, *_alike(leaves, situation)), situation, order)
    obstacles = tuple(_that_matter(leaves, situation))
    teller = _Teller(situation, inputs, leaves, obstacles)
    lines = _in_order(_newest_first(_folded(_lines(leaves), leaves, situation)))
    told = list(dict.fromkeys(teller.sentence(line) for line in lines))
    if len(told) > MOST_LINES:
        told[MOST_LINES - 1 :] = [f"and {len(told) - MOST_LINES + 1} more facts of this kind"]
    where = _where(leaves, situation.environment, everywhere, elsewhere)
    return Argument(tuple(told), where, leaves, obstacles)


# ---- which facts -----------------------------------------------------------------------------


def _with_all_impossible(leaves: tuple[Leaf, ...], situation: Choices) -> tuple[Leaf, ...]:
    """Give, where one of the project's requirements is met by nothing, all such requirements.

    One of them is proof enough, and whoever mends it would run into the next.
    """
    roots = situation.live_demands(ROOT, 1)
    if len(leaves) != 1 or not isinstance(leaves[0].fact, Needs) or isinstance(roots, Unusable):
        return leaves
    if leaves[0].fact.slot != ROOT:
        return leaves
    impossible = [Needs(ROOT, 1 << 1, root) for root in roots if not situation.mask(root)]
    return tuple(Leaf(fact, ()) for fact in impossible) or leaves


def _alike(leaves: Sequence[Leaf], situation: Choices) -> Iterator[Leaf]:
    """Give what other versions want of the same packages, as far as it is known.

    The search takes what comes first; with all of them the argument may do with fewer packages.
    """
    edges = dict.fromkeys(
        (leaf.fact.slot, leaf.fact.demand.name)
        for leaf in leaves
        if isinstance(leaf.fact, Needs) and leaf.fact.slot != ROOT
    )
    wanted: dict[Slot, set[PackageName]] = {}
    for slot, name in edges:
        wanted.setdefault(slot, set()).add(name)
    for slot, names in wanted.items():
        left = situation.domain(slot) & ~1
        while left:
            number = newest(left)
            left ^= 1 << number
            if situation.catalogue.has_read(split_slot(slot)[0], number):
                yield from _wishes(slot, number, names, situation)


def _wishes(slot: Slot, number: int, names: Container[PackageName], situation: Choices) -> Iterator[Leaf]:
    """Give what a version wants of these packages in all of the environment."""
    demands = situation.live_demands(slot, number)
    for demand in () if isinstance(demands, Unusable) else demands:
        if demand.name in names and situation.covers(demand.where):
            yield Leaf(Needs(slot, 1 << number, demand), ((slot, 1 << number),))


def _needed(leaves: tuple[Leaf, ...], situation: Choices, order: Callable[[Slot], int]) -> tuple[Leaf, ...]:
    """Leave out what the proof does not need: first what packages want of others, then single facts."""
    told = [leaf for leaf in leaves if not isinstance(leaf.fact, SameVersion)]
    always = [leaf for leaf in leaves if isinstance(leaf.fact, SameVersion)]
    told.sort(key=lambda leaf: (leaf.fact.slot != ROOT, order(leaf.fact.slot)))
    for key in (_edge, _statement):
        parts: dict[object, list[Leaf]] = {}
        for leaf in told:
            parts.setdefault(key(leaf), []).append(leaf)
        # The last part is never left out: versions of `name[x]` are those of `name`.
        if len(parts) > _MOST_TRIES:
            continue
        whole = [*parts.values(), always]
        kept = smallest(whole, situation.domain, situation.catalogue.matching)
        told = [leaf for number in kept if number < len(parts) for leaf in whole[number]]
    return (*told, *always)


def _edge(leaf: Leaf) -> object:
    fact = leaf.fact
    root = fact.demand.root if isinstance(fact, Needs) else None
    return (fact.slot, fact.demand.name if isinstance(fact, Needs) else "", root)


def _statement(leaf: Leaf) -> object:
    fact = leaf.fact
    return (fact.slot, fact.demand if isinstance(fact, Needs) else fact)


def _where(
    leaves: Sequence[Leaf],
    here: Marker,
    everywhere: Marker,
    elsewhere: Callable[[Marker], Choices],
) -> Marker:
    """Find where the facts are a proof: in more than the part the search looked at first, if that is easy."""
    where = everywhere
    for leaf in leaves:
        if isinstance(leaf.fact, Needs):
            where = markers.and_(where, leaf.fact.demand.where)
        elif isinstance(leaf.fact, Rejected):
            return here  # why a version is of no use may be another thing elsewhere
    if where == here:
        return here
    wider = elsewhere(where)
    return where if is_proof(leaves, wider.domain, wider.catalogue.matching) else here


def _that_matter(leaves: Sequence[Leaf], situation: Choices) -> Iterator[tuple[PackageName, Obstacle]]:
    """Give what hides versions the proof would fall with."""
    names = dict.fromkeys(leaf.fact.demand.name for leaf in leaves if isinstance(leaf.fact, Needs))
    for name in names:
        found = [obstacle for obstacle in obstacles_to(name, situation) if obstacle.mask]
        every = reduce(or_, (obstacle.mask for obstacle in found), 0)
        if not every or _stands(leaves, situation, name, every):
            continue
        # What several things hide does not come back when one of them goes.
        alone = [o for o in found if not _stands(leaves, situation, name, o.mask & ~_by_others(o, found))]
        for obstacle in alone or found:
            if not _newest_helps_not(leaves, situation, name, obstacle):
                yield name, obstacle


def _by_others(obstacle: Obstacle, found: Sequence[Obstacle]) -> int:
    return reduce(or_, (other.mask for other in found if other.kind is not obstacle.kind), 0)


def _newest_helps_not(
    leaves: Sequence[Leaf], situation: Choices, name: PackageName, obstacle: Obstacle
) -> bool:
    """Say whether the newest version that is hidden is refused just as well, as far as can be read at once."""
    listing = situation.catalogue.listing(name)
    matching = situation.catalogue.matching
    wanted = obstacle.mask & listing.every
    for leaf in leaves:
        if isinstance(leaf.fact, Needs) and leaf.fact.slot == ROOT and leaf.fact.demand.name == name:
            wanted &= matching(leaf.fact.demand)
    number = newest(wanted & listing.stable or wanted)
    if not leaves[0].terms or not number or not situation.has_wheel(name, number):
        return False
    slots = {leaf.fact.slot for leaf in leaves if split_slot(leaf.fact.slot)[0] == name}
    names = {leaf.fact.demand.name for leaf in leaves if isinstance(leaf.fact, Needs)}
    more = [leaf for slot in slots for leaf in _wishes(slot, number, names, situation)]
    return bool(more) and _stands([*leaves, *more], situation, name, 1 << number)


def _stands(leaves: Sequence[Leaf], situation: Choices, name: PackageName, more: int) -> bool:
    """Say whether the facts are still a proof with more versions of a package to choose from."""

    def domain(other: PackageName) -> int:
        return situation.domain(other) | (more if other == name else 0)

    if not any(leaf.terms for leaf in leaves):  # each of them is a proof
        return all(
            leaf.fact.demand.name != name or not situation.catalogue.matching(leaf.fact.demand) & more
            for leaf in leaves
            if isinstance(leaf.fact, Needs)
        )
    return is_proof(leaves, domain, situation.catalogue.matching)


# ---- in which order, and how many at once ------------------------------------------------------


def _lines(leaves: Sequence[Leaf]) -> list[_Line]:
    """Say the same thing of several versions once."""
    values: dict[_Line, int] = {}
    for leaf in leaves:
        match leaf.fact:
            case Needs(slot, mask, demand):
                line = _Line(slot, 0, (demand,))
            case Rejected(slot, mask, reason):
                line = _Line(slot, 0, (), reason)
            case _:
                continue
        values[line] = values.get(line, 0) | mask
    return _newest_first([line._replace(values=mask) for line, mask in values.items()])


def _newest_first(lines: Sequence[_Line]) -> list[_Line]:
    """Of one package the newest versions first: they are what a person hoped for."""
    return sorted(lines, key=lambda line: (line.slot, -line.values))


def _folded(lines: list[_Line], leaves: Sequence[Leaf], situation: Choices) -> list[_Line]:
    """Put together what the versions of one package want of another, where that is still a proof."""
    groups: dict[tuple[Slot, PackageName], list[_Line]] = {}
    single: list[_Line] = []
    for line in lines:
        if line.slot == ROOT or not line.demands:
            single.append(line)
        else:
            groups.setdefault((line.slot, line.demands[0].name), []).append(line)
    several = {key for key, group in groups.items() if len(group) > _MOST_ALIKE}
    sound = several
    if not _is_proof_with(several, groups, leaves, situation):
        sound = set()
        for key in several:
            if _is_proof_with({*sound, key}, groups, leaves, situation):
                sound.add(key)
    count = len(single) + sum(1 if key in sound else len(group) for key, group in groups.items())
    for key, group in groups.items():
        if key in sound or (count > MOST_LINES and len(group) > 1):
            values = reduce(or_, (line.values for line in group))
            demands = tuple(line.demands[0] for line in group)
            single.append(_Line(key[0], values, demands, is_each_for_itself=key not in sound))
        else:
            single += group
    return single


def _is_proof_with(
    folded: set[tuple[Slot, PackageName]],
    groups: Mapping[tuple[Slot, PackageName], Sequence[_Line]],
    leaves: Sequence[Leaf],
    situation: Choices,
) -> bool:
    """Say whether it is enough that all versions of a package want any of what one of them wants."""
    rest = [
        leaf
        for leaf in leaves
        if not isinstance(leaf.fact, Needs) or (leaf.fact.slot, leaf.fact.demand.name) not in folded
    ]
    for slot, name in folded:
        group = groups[slot, name]
        values = reduce(or_, (line.values for line in group))
        wanted = reduce(or_, (situation.mask(line.demands[0]) for line in group))
        fact = Rejected(slot, values, "")
        others = set.intersection(*(set(line.demands[0].extras) for line in group))
        refused = situation.domain(name) & ~wanted
        slots = (name, *(slot_of(name, extra) for extra in sorted(others)))
        rest += [Leaf(fact, ((slot, values), (needed, refused))) for needed in slots if needed != slot]
    return is_proof(rest, situation.domain, situation.catalogue.matching)


def _in_order(lines: Sequence[_Line]) -> list[_Line]:
    """Put the project's lines first, in file order, then what each of them leads to, step by step."""
    roots = sorted((line for line in lines if line.slot == ROOT), key=_line_number)
    by_name: dict[PackageName, list[_Line]] = {}
    for line in lines:
        if line.slot != ROOT:
            by_name.setdefault(split_slot(line.slot)[0], []).append(line)
    found = list(roots)
    waiting = [demand.name for line in reversed(roots) for demand in reversed(line.demands)]
    while waiting:
        below = by_name.pop(waiting.pop(), [])
        found += below
        waiting += [demand.name for line in reversed(below) for demand in reversed(line.demands)]
    return [*found, *(line for rest in by_name.values() for line in rest)]


def _line_number(line: _Line) -> int:
    origin = origin_of(line.demands[0])
    return (origin.line or 0) if origin is not None else 0


# ---- in words ----------------------------------------------------------------------------------


class _Teller:
    """Puts lines into words: sentences without a final period."""

    def __init__(
        self,
        situation: Choices,
        inputs: Inputs,
        leaves: Sequence[Leaf],
        obstacles: Sequence[tuple[PackageName, Obstacle]],
    ) -> None:
        self._situation = situation
        self._inputs = inputs
        self._obstacles = {
            name: [obstacle for _, obstacle in group]
            for name, group in groupby(obstacles, key=lambda item: item[0])
        }
        self._wanted: dict[PackageName, int] = {}
        for leaf in leaves:
            if isinstance(leaf.fact, Needs) and leaf.fact.slot == ROOT and leaf.terms:
                name, matching = leaf.fact.demand.name, situation.catalogue.matching(leaf.fact.demand)
                self._wanted[name] = self._wanted.get(name, -1) & matching

    def sentence(self, line: _Line) -> str:
        if line.slot == ROOT:
            return self._of_project(line.demands[0])
        name, extra = split_slot(line.slot)
        if not line.demands:
            return f"{self._versions(name, line.values)} {line.reason}"
        versions = self._versions(name, line.values, extra)
        if len(line.demands) > 1:
            return f"{versions} {self._folded(line)}"
        demand = line.demands[0]
        return f"{versions} needs {self._wish(demand)}{self._override(line, demand)}{self._why_not(demand)}"

    def _of_project(self, demand: Demand) -> str:
        origin = origin_of(demand)
        where = in_brackets(place(origin))
        return f"{asking(origin)} {self._wish(demand)}{where}{self._why_not(demand)}"

    def _wish(self, demand: Demand) -> str:
        shown = demand.extras[:_MOST_EXTRAS]
        text = wish(demand, extras=shown if shown == demand.extras else (*shown, "..."))
        if self._situation.covers(demand.where):
            return text
        return f"{text} where {markers.render(demand.where)}"

    def _override(self, line: _Line, demand: Demand) -> str:
        """Say that it is the project's own override that speaks."""
        name = split_slot(line.slot)[0]
        version = self._situation.catalogue.listing(name).release(newest(line.values)).version
        for override in self._inputs.adjustments.overrides_for(demand.name, name, version):
            return f" by your override{in_brackets(place(override.requirement.origin))}"
        return ""

    def _folded(self, line: _Line) -> str:
        """Say what many versions want of one package."""
        situation, first = self._situation, line.demands[0]
        name = first.name
        listing = situation.catalogue.listing(name)
        theirs = situation.catalogue.listing(split_slot(line.slot)[0])
        such = f"({theirs.release(newest(line.values)).version}: {wish(first)})"
        wanted = reduce(or_, map(situation.mask, line.demands))
        why_not = self._why_not(first)
        if not wanted:
            return f"needs versions of {name} that cannot be had {such}{why_not}"
        there = situation.domain(name) & ~1
        low, high = (wanted & -wanted).bit_length() - 1, newest(wanted)
        above, below = there >> high + 1, there & (1 << low) - 1
        if line.is_each_for_itself or not (above or below):
            return f"needs another {name} each {such}{why_not}"
        oldest, latest = listing.release(low).version, listing.release(high).version
        if not above:
            return f"needs {name} {oldest} or newer {such}{why_not}"
        if not below:
            return f"needs {name} {latest} or older {such}{why_not}"
        return f"needs one of {name} {oldest}..{latest} {such}{why_not}"

    def _versions(self, name: PackageName, mask: int, extra: str = "") -> str:
        listing = self._situation.catalogue.listing(name)
        told = ranges(listing, mask, of=self._situation.domain(name))
        return f"{name}{f'[{extra}]' if extra else ''} {told}"

    def _why_not(self, demand: Demand) -> str:
        """Say why there is nothing to meet a requirement with, or what hides versions that would help."""
        situation = self._situation
        listing = situation.catalogue.listing(demand.name)
        if not listing.count:
            return f"; there is no package named {demand.name} on the index"
        named = situation.catalogue.matching(demand)
        if not named:
            there = listing.stable & ~listing.yanked or listing.every
            return f"; no version of it matches, the newest is {listing.release(newest(there)).version}"
        wanted = named & self._wanted.get(demand.name, -1) & ~situation.domain(demand.name)
        there = [o for o in self._obstacles.get(demand.name, ()) if o.mask & wanted]
        reasons = _reasons(there)
        told = told_apart(listing, wanted, reasons)
        if situation.mask(demand):  # there is something to choose, so once is enough
            self._obstacles[demand.name] = [o for o in self._obstacles.get(demand.name, ()) if o not in there]
        return "; " + " and ".join(told) if told else ""


def _reasons(obstacles: Sequence[Obstacle]) -> dict[str, int]:
    """Give the versions each reason hides; of many Pythons that are needed the lowest says enough."""
    reasons: dict[str, int] = {}
    pythons = [obstacle for obstacle in obstacles if obstacle.kind is Kind.PYTHON]
    if len(pythons) > 1:
        lowest = min(pythons, key=lambda obstacle: markers.lowest_python(obstacle.pythons))
        reasons[f"needs Python {python_text(lowest.pythons)} or newer"] = reduce(
            or_, (obstacle.mask for obstacle in pythons)
        )
    for obstacle in obstacles:
        if obstacle.kind is not Kind.PYTHON or len(pythons) == 1:
            reasons[obstacle.reason] = reasons.get(obstacle.reason, 0) | obstacle.mask
    return reasons
