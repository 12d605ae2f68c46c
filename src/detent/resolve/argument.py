"""A proof that there is no answer, cut down to what it rests on.

The leaves of the proof are facts: requirements of the project and of releases. What is not needed is left
out; where it holds is found out, which may be more than the environment the search was in; and what hides
versions is kept where they would have helped. Nothing is guessed: what is left is a proof.
"""

from collections.abc import Callable, Container, Iterator, Sequence
from functools import reduce
from operator import or_

from detent.model import markers
from detent.model.markers import Marker
from detent.model.requirement import PackageName
from detent.model.versions import newest
from detent.named import NamedTuple
from detent.resolve.catalogue import Unusable
from detent.resolve.choices import Choices
from detent.resolve.clauses import Situation
from detent.resolve.facts import Needs, Rejected, SameVersion, split_slot
from detent.resolve.obstacles import Obstacle, obstacles_to
from detent.resolve.policy import Cause
from detent.resolve.proof import Leaf, facts_in, is_proof, smallest
from detent.resolve.solver import ROOT, Clause, Slot

_MOST_TRIES = 40
"""Facts that are tried to be done without, one by one."""


class Argument(NamedTuple):
    """Why there is no answer."""

    leaves: tuple[Leaf, ...]
    """The facts, no more than it takes."""
    where: Marker
    """Where they hold: it may be more than where the search was."""
    obstacles: tuple[tuple[PackageName, Obstacle], ...]
    """What hides versions that would help."""


def argue(
    proof: Clause,
    situation: Choices,
    *,
    everywhere: Marker,
    elsewhere: Callable[[Marker], Situation],
    order: Callable[[Slot], int],
) -> Argument:
    """Make an argument of a proof.

    ``everywhere`` is all that is to be solved, ``elsewhere`` looks at another part of it than the one of
    this ``situation``, and ``order`` says in which place the search met a slot.
    """
    leaves = _with_all_impossible(facts_in(proof), situation)
    if any(leaf.terms for leaf in leaves):  # else each of them is a proof
        leaves = _needed((*leaves, *_alike(leaves, situation)), situation, order)
    obstacles = tuple(_that_matter(leaves, situation))
    where = _where(leaves, obstacles, situation, everywhere, elsewhere)
    return Argument(leaves, where, obstacles)


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
    obstacles: Sequence[tuple[PackageName, Obstacle]],
    situation: Choices,
    everywhere: Marker,
    elsewhere: Callable[[Marker], Situation],
) -> Marker:
    """Find where the facts are a proof: in more than the part the search looked at first, if that is easy."""
    where = everywhere
    for leaf in leaves:
        if isinstance(leaf.fact, Needs):
            where = markers.and_(where, leaf.fact.demand.where)
    # Versions that need a newer Python are missed on every older one, whatever part was searched.
    pythons = [obstacle.pythons for _, obstacle in obstacles if obstacle.pythons != markers.ALWAYS]
    pythons += _pythons_refused(leaves, situation)
    without = reduce(markers.and_, map(markers.not_, pythons), where)
    here = situation.environment
    for wider in dict.fromkeys((where, without)):
        # Facts that are each a proof may hold in parts that have nothing in common.
        if wider != here and markers.implies(here, wider) and _is_proof_in(elsewhere(wider), leaves):
            return wider
    return here


def _pythons_refused(leaves: Sequence[Leaf], situation: Choices) -> Iterator[Marker]:
    """Give the Pythons that versions are for by their metadata, as far as they are none of those here."""
    for leaf in leaves:
        if isinstance(leaf.fact, Rejected):
            name, number = split_slot(leaf.fact.slot)[0], newest(leaf.fact.values)
            catalogue = situation.catalogue
            metadata = catalogue.metadata(name, number) if catalogue.has_read(name, number) else None
            pythons = catalogue.python(metadata.requires_python) if metadata is not None else markers.ALWAYS
            if not situation.runs_somewhere(pythons):
                yield pythons


def _is_proof_in(wider: Situation, leaves: Sequence[Leaf]) -> bool:
    return _are_refused_as_well(leaves, wider) and is_proof(leaves, wider.domain, wider.catalogue.matching)


def _are_refused_as_well(leaves: Sequence[Leaf], wider: Situation) -> bool:
    """Say whether versions that are of no use are of none elsewhere, for the same reasons."""
    return all(
        wider.is_refused(leaf.fact.slot, number, leaf.fact.reason)
        for leaf in leaves
        if isinstance(leaf.fact, Rejected)
        for number in range(1, leaf.fact.values.bit_length())
        if leaf.fact.values >> number & 1
    )


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
        causes = [o for o in found if isinstance(o.kind, Cause)]
        alone = [o._replace(mask=o.mask & ~_by_others(o, causes)) for o in alone]
        for obstacle in alone or found:
            if not _newest_helps_not(leaves, situation, name, obstacle):
                yield name, obstacle


def _by_others(obstacle: Obstacle, found: Sequence[Obstacle]) -> int:
    return reduce(or_, (other.mask for other in found if other.kind is not obstacle.kind), 0)


def _newest_helps_not(
    leaves: Sequence[Leaf], situation: Choices, name: PackageName, obstacle: Obstacle
) -> bool:
    """Say whether the newest version that is hidden is refused just as well, by what the proof is about."""
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
