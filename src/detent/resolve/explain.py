"""An argument why there is no answer, told in lines a person can follow.

Equal facts are told once, versions fold into ranges, and where the versions of a package each have a bound
of their own, what these have in common stands for all of them. The project's own lines come first, in file
order, then what follows from each of them, down to the clash.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import groupby
from operator import or_

from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.requirement import PackageName
from detent.model.versions import newest
from detent.named import NamedTuple
from detent.resolve.argument import Argument
from detent.resolve.catalogue import Demand
from detent.resolve.choices import Choices
from detent.resolve.facts import Needs, Rejected, slot_of, split_slot
from detent.resolve.obstacles import Kind, Obstacle
from detent.resolve.policy import Cause
from detent.resolve.proof import Leaf, is_proof
from detent.resolve.solver import ROOT, Slot
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
_MOST_ALIKE = 2
"""Requirements of one package on another that are told one by one."""


def explain(argument: Argument, situation: Choices, inputs: Inputs) -> tuple[str, ...]:
    """Give the facts as sentences without a final period, at most twelve."""
    teller = _Teller(situation, inputs, argument)
    lines = _in_order(_newest_first(_folded(_lines(argument.leaves), argument.leaves, situation)))
    told = list(dict.fromkeys(teller.sentence(line) for line in lines))
    if len(told) > MOST_LINES:
        told[MOST_LINES - 1 :] = [f"and {len(told) - MOST_LINES + 1} more facts of this kind"]
    return tuple(told)


class _Line(NamedTuple):
    """What is told in one line, for every version of the slot it is true of."""

    slot: Slot
    values: int
    demands: tuple[Demand, ...]
    """One; several that are told together; or none, for versions that cannot be used for the ``reason``."""
    reason: str = ""
    is_each_for_itself: bool = False
    """Whether each version's own bound matters, not only what they have in common."""


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
        argument: Argument,
    ) -> None:
        self._situation = situation
        self._inputs = inputs
        self._obstacles = {
            name: [obstacle for _, obstacle in group]
            for name, group in groupby(argument.obstacles, key=lambda item: item[0])
        }
        self._wanted: dict[PackageName, int] = {}
        for leaf in argument.leaves:
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
        """Say that it is the project itself that speaks: by an override, or as it states metadata."""
        name = split_slot(line.slot)[0]
        listing, number = self._situation.catalogue.listing(name), newest(line.values)
        adjustments = self._inputs.adjustments
        for override in adjustments.overrides_for(demand.name, name, listing.release(number).version):
            return f" by your override{in_brackets(place(override.requirement.origin))}"
        for stated in adjustments.metadata:
            if stated.name == name and (not stated.version or listing.number(stated.version) == number):
                return " by your `dependency-metadata`"
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
        # Pre-releases at the ends would only make it harder to read.
        there = situation.domain(name) & (listing.stable if wanted & listing.stable else -2)
        wanted &= there
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
        source = situation.catalogue.source(demand.name)
        if not named and source:
            return f"; {demand.name} comes from {source} at {listing.release(1).version}"
        if not named:
            there = listing.stable & ~listing.yanked or listing.every
            return f"; no version of it matches, the newest is {listing.release(newest(there)).version}"
        wanted = named & self._wanted.get(demand.name, -1) & ~situation.domain(demand.name)
        told = [o for o in self._obstacles.get(demand.name, ()) if o.mask & wanted]
        texts = told_apart(listing, wanted, _reasons(told))
        if situation.mask(demand):  # there is something to choose, so once is enough
            left = [o for o in self._obstacles.get(demand.name, ()) if o not in told]
            self._obstacles[demand.name] = left
        return "; " + " and ".join(texts) if texts else ""


def _reasons(obstacles: Sequence[Obstacle]) -> dict[str, int]:
    """Give the versions each reason hides; of many Pythons that are needed the lowest says enough.

    A constraint stands beside what hides the same versions: neither is enough to lift.
    """
    reasons: dict[str, int] = {}
    for constraint in obstacles:
        for other in obstacles if constraint.kind is Cause.CONSTRAINT else ():
            both = constraint.mask & other.mask if isinstance(other.kind, Cause) else 0
            if both and other.kind is not Cause.CONSTRAINT:
                reasons[f"{other.reason} and {constraint.reason}"] = both
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
