"""A proof that there is no answer, told as a short argument a person can follow.

The leaves of the proof are facts: requirements of the project and of releases. Equal ones are told once,
versions fold into ranges, and each says what hides newer versions where that matters. Nothing is guessed:
every line is a fact the proof uses.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from detent.model import markers
from detent.model.requirement import PackageName
from detent.model.versions import Listing, newest
from detent.resolve.catalogue import Demand, Unusable
from detent.resolve.clauses import Situation
from detent.resolve.facts import Fact, Needs, Rejected, facts_of, split_slot
from detent.resolve.policy import PRERELEASE
from detent.resolve.solver import ROOT, Clause, Slot

MOST_LINES = 12
MOST_RANGES = 3
_MOST_HINTS = 2
_MOST_EXTRAS = 4


class _Line(NamedTuple):
    """What is told in one line, for every version of the slot it is true of."""

    slot: Slot
    demand: Demand | None
    """``None`` for versions that cannot be used at all, for the ``reason``."""
    reason: str = ""


def reasons(proof: Clause, situation: Situation) -> tuple[Fact, ...]:
    """Give the facts of a proof; of a project's requirement that nothing meets, all such requirements.

    One of them is proof enough, and whoever mends it would run into the next.
    """
    facts = tuple(facts_of(proof))
    if any(not isinstance(fact, Needs) or fact.slot != ROOT for fact in facts) or len(facts) > 1:
        return facts
    roots = situation.live_demands(ROOT, 1)
    if isinstance(roots, Unusable):
        return facts
    return tuple(Needs(ROOT, 1 << 1, root) for root in roots if not situation.mask(root)) or facts


def explain(facts: Sequence[Fact], situation: Situation, *, order: Callable[[Slot], int]) -> tuple[str, ...]:
    """Give the facts of a proof as sentences without a final period; the project's own come first.

    ``order`` says in which place the search met a slot.
    """
    values: dict[_Line, int] = {}
    for fact in facts:
        match fact:
            case Needs(slot, mask, demand):
                line = _Line(slot, demand)
            case Rejected(slot, mask, reason):
                line = _Line(slot, None, reason)
            case _:
                continue
        values[line] = values.get(line, 0) | mask
    # Of one package the newest versions first: they are what a person hoped for.
    lines = sorted(
        values,
        key=lambda line: (line.slot != ROOT, _line_number(line), order(line.slot), -values[line]),
    )
    # A requirement that groups share is one fact.
    told = list(dict.fromkeys(_sentence(line, values[line], situation) for line in lines))
    if len(told) > MOST_LINES:
        told[MOST_LINES - 1 :] = [f"and {len(told) - MOST_LINES + 1} more facts of this kind"]
    return tuple(told)


def asker(demand: Demand) -> str:
    """Name the part of the project that asks, and the place: ``your project (pyproject.toml:7)``."""
    return _part(demand) + _place(demand)


def hints(facts: Sequence[Fact], situation: Situation) -> tuple[str, ...]:
    """Give edits that let in what the proof finds missing: a marker, a pre-release asked for, a build."""
    found: dict[str, None] = {}
    for fact in facts:
        if isinstance(fact, Needs) and not situation.mask(fact.demand):
            hint = _hint(fact.demand, situation)
            if hint:
                found[hint] = None
    return tuple(found)[:_MOST_HINTS]


def _hint(demand: Demand, situation: Situation) -> str:
    listing = situation.catalogue.listing(demand.name)
    named = situation.catalogue.matching(demand)
    allowed = named & situation.allowed(demand.name).mask
    if allowed:
        # Any of them will do: the widest range of Pythons is the smallest change.
        pythons = markers.NEVER
        for text, mask in listing.by_requires_python.items():
            if mask & allowed:
                pythons = markers.or_(pythons, situation.catalogue.python(text))
        where = markers.and_(demand.where, pythons)
        if demand.root is None or situation.runs_somewhere(pythons) or where == markers.NEVER:
            return ""
        return f"raise `requires-python`, or write `{wish(demand)}; {markers.render(where)}`"
    hidden = situation.allowed(demand.name).hidden
    prerelease = newest(named & sum(obstacle.mask for obstacle in hidden if obstacle.reason == PRERELEASE))
    if prerelease:
        asked = f"{demand.name}>={listing.release(prerelease).version}"
        return f"ask for `{asked}` in the project to allow pre-releases of `{demand.name}`"
    return situation.way_to_build(demand.name) if named & listing.sdists else ""


def wish(demand: Demand, *, extras: Sequence[str] | None = None) -> str:
    """Write a requirement without its marker, with all or these of its extras."""
    names = demand.extras if extras is None else extras
    bracket = f"[{','.join(names)}]" if names else ""
    return f"{demand.name}{bracket}{demand.specifier}"


def _line_number(line: _Line) -> int:
    origin = line.demand.root.requirement.origin if line.demand and line.demand.root else None
    return origin.line or 0 if origin is not None else 0


def _part(demand: Demand) -> str:
    origin = demand.root.requirement.origin if demand.root else None
    table = origin.table if origin is not None else ""
    for start, kind in (("dependency-groups.", "group"), ("project.optional-dependencies.", "extra")):
        if table.startswith(start):
            return f"your project's {kind} `{table.removeprefix(start)}`"
    return "your project"


def _place(demand: Demand) -> str:
    origin = demand.root.requirement.origin if demand.root else None
    if origin is None:
        return ""
    if origin.line is not None:
        return f" (pyproject.toml:{origin.line})"
    return f" ({origin.table})" if origin.table == "command line" else ""


def _sentence(line: _Line, values: int, situation: Situation) -> str:
    if line.demand is None:
        return f"{_versions(split_slot(line.slot)[0], values, situation)} {line.reason}"
    demand = line.demand
    shown = demand.extras[:_MOST_EXTRAS]
    wanted = f"needs {wish(demand, extras=shown if shown == demand.extras else (*shown, '...'))}"
    where = "" if situation.covers(demand.where) else f" where {markers.render(demand.where)}"
    if line.slot == ROOT:
        return f"{_part(demand)} {wanted}{where}{_place(demand)}{_obstacles(demand, situation)}"
    name, extra = split_slot(line.slot)
    versions = _versions(name, values, situation, extra=extra)
    return f"{versions} {wanted}{where}{_obstacles(demand, situation)}"


def _versions(name: PackageName, mask: int, situation: Situation, *, extra: str = "") -> str:
    listing = situation.catalogue.listing(name)
    return f"{name}{f'[{extra}]' if extra else ''} {ranges(listing, mask)}"


def ranges(listing: Listing, mask: int) -> str:
    """Write a set of versions as a few ranges: `1.0..1.4, 2.0 and 2 more ranges`."""
    parts = listing.ranges(mask).split(", ")
    if len(parts) <= MOST_RANGES:
        return ", ".join(parts)
    return f"{', '.join(parts[:MOST_RANGES])} and {len(parts) - MOST_RANGES} more ranges"


def _obstacles(demand: Demand, situation: Situation) -> str:
    """Say why there is nothing, or nothing newer, to meet a requirement with."""
    listing = situation.catalogue.listing(demand.name)
    if not listing.count:
        return f"; there is no package named {demand.name} on the index"
    named = situation.catalogue.matching(demand)
    if not named:
        there = listing.stable & ~listing.yanked or listing.every
        return f"; no version of it matches, the newest is {listing.release(newest(there)).version}"
    best = newest(situation.mask(demand))
    hidden = named >> best + 1 << best + 1
    # A pre-release is what is missing only where there is nothing else.
    hidden = hidden & listing.stable or (0 if best else hidden)
    if not hidden:
        return ""
    return "; " + " and ".join(_reasons(listing, hidden, situation))


def _reasons(listing: Listing, hidden: int, situation: Situation) -> list[str]:
    """Say what hides these versions, for the newest first."""
    reasons: dict[str, int] = {}
    pin = situation.pin(listing.name)
    if pin:
        reasons[f"is not {pin} as asked for on the command line"] = listing.every & ~listing.mask(pin)
    allowed = situation.allowed(listing.name)
    for obstacle in allowed.hidden:
        reasons[obstacle.reason] = obstacle.mask
    catalogue = situation.catalogue
    for requires_python, mask in listing.by_requires_python.items():
        if not situation.runs_somewhere(catalogue.python(requires_python)):
            reasons[f"needs Python {requires_python}"] = mask
    for pythons, mask in listing.by_wheel_pythons.items():
        if not situation.runs_somewhere(catalogue.wheels(pythons)):
            reasons[f"has wheels for Python {', '.join(pythons.split())} only"] = mask & allowed.wheels_only
    return told_apart(listing, hidden, reasons)


def told_apart(listing: Listing, hidden: int, reasons: Mapping[str, int]) -> list[str]:
    """Say of hidden versions why, each once with the first reason that holds, newest first."""
    found: list[tuple[int, str]] = []
    left = hidden
    for reason, mask in reasons.items():
        here = left & mask
        if here:
            left &= ~here
            found.append((newest(here), f"{listing.name} {ranges(listing, here)} {reason}"))
    found.sort(reverse=True)
    return [text for _, text in found[:MOST_RANGES]]
