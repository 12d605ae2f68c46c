"""The facts of a proof, as clauses of their own, to be asked what really matters.

The search proves that there is no answer with whatever clauses came its way. Here the same facts are put
together again, and small questions are answered with the same search on nothing but them: would it still be
proof without this fact, in another environment, with these versions let in? Nothing new is asked of the
index, so a question costs well under a millisecond and the answer is certain as far as the facts go.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from detent.model.requirement import PackageName
from detent.named import NamedTuple
from detent.resolve.catalogue import Demand
from detent.resolve.facts import Fact, Needs, Rejected, SameVersion, leaves_of, slot_of, split_slot
from detent.resolve.solver import ROOT, Clause, NoAnswer, Slot, Solver

Domains: TypeAlias = Callable[[PackageName], int]
"""The versions of each package that may be chosen, and bit 0, absent."""
_ROOT_DOMAIN = 0b11


class Leaf(NamedTuple):
    """A fact of a proof, with the terms it was used in."""

    fact: Fact
    terms: tuple[tuple[Slot, int], ...]
    """None for one that is a proof by itself."""


def facts_in(proof: Clause) -> tuple[Leaf, ...]:
    """Give the facts a proof rests on."""
    return tuple(
        Leaf(clause.fact, clause.terms)
        for clause in leaves_of(proof)
        if isinstance(clause.fact, Needs | SameVersion | Rejected)
    )


def is_proof(leaves: Iterable[Leaf], domain: Domains, matching: Callable[[Demand], int]) -> bool:
    """Say whether these facts cannot all be met with these versions.

    ``matching`` gives every version a demand's specifier names.
    """
    system = _System(leaves, domain, matching)
    try:
        Solver(system).solve()
    except NoAnswer:
        return True
    return False


def smallest(
    parts: Sequence[Sequence[Leaf]], domain: Domains, matching: Callable[[Demand], int]
) -> list[int]:
    """Give the places of parts that are proof together; without any one of them the rest is none.

    The last parts are tried to be left out first.
    """
    kept = list(range(len(parts)))
    for place in reversed(range(len(parts))):
        rest = [leaf for other in kept if other != place for leaf in parts[other]]
        if is_proof(rest, domain, matching):
            kept.remove(place)
    return kept


class _System:
    """The :class:`~detent.resolve.solver.Problem` of facts alone."""

    def __init__(self, leaves: Iterable[Leaf], domain: Domains, matching: Callable[[Demand], int]) -> None:
        self._domain = domain
        self._matching = matching
        self._clauses = [clause for leaf in leaves for clause in self._clauses_of(leaf)]

    def domain(self, slot: Slot) -> int:
        return _ROOT_DOMAIN if slot == ROOT else self._domain(split_slot(slot)[0])

    def is_direct(self, slot: Slot) -> bool:  # noqa: ARG002 (which goes first does not matter)
        return False

    def is_costly(self, slot: Slot, value: int) -> bool:  # noqa: ARG002 (all is known)
        return False

    def choose(self, slot: Slot, mask: int, decided: Mapping[Slot, int]) -> int:
        name = split_slot(slot)[0]
        if name != slot and name in decided and mask >> decided[name] & 1:
            return decided[name]
        return mask.bit_length() - 1

    def clauses(self, slot: Slot, value: int) -> Iterable[Clause]:  # noqa: ARG002 (all come at once)
        return self._clauses if slot == ROOT else ()

    def refused(self, slot: Slot, value: int, clause: Clause) -> None:
        pass

    def _clauses_of(self, leaf: Leaf) -> Iterator[Clause]:
        fact = leaf.fact
        match fact:
            case Needs(slot, values, demand):
                matching = self._matching(demand)
                if demand.name == slot:
                    yield Clause(((slot, values & ~matching),), fact)
                    return
                for needed in (demand.name, *(slot_of(demand.name, extra) for extra in demand.extras)):
                    if needed != slot:
                        yield self._clause(fact, (slot, values), (needed, self.domain(needed) & ~matching))
            case SameVersion(slot, values):
                name = split_slot(slot)[0]
                every = self.domain(slot)
                left = values
                while left:
                    bit = left & -left
                    left ^= bit
                    yield self._clause(fact, (slot, bit), (name, every & ~bit))
                    yield self._clause(fact, (name, bit), (slot, every & ~bit & ~1))
                yield self._clause(fact, (slot, every & ~values & ~1), (name, values | 1))
            case _:
                yield self._clause(fact, *leaf.terms)

    def _clause(self, fact: Fact, *terms: tuple[Slot, int]) -> Clause:
        # A term that always holds adds nothing, and the search would look for when it came about.
        return Clause(tuple((slot, mask) for slot, mask in terms if self.domain(slot) & ~mask), fact)
