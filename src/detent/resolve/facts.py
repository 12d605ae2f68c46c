"""Why a clause holds: the leaves of every proof, as values an explanation can read."""

from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias

from detent.model.requirement import ExtraName, PackageName
from detent.named import NamedTuple
from detent.resolve.catalogue import Demand
from detent.resolve.solver import Clause, Slot


class Needs(NamedTuple):
    """Versions of a slot (or the project) have a requirement."""

    slot: Slot
    values: int
    """A mask, as in the two others."""
    demand: Demand


class SameVersion(NamedTuple):
    """`name[extra]` and `name` are one package and have one version."""

    slot: Slot
    values: int


class Rejected(NamedTuple):
    """Versions that cannot be used, at all or by who asks."""

    slot: Slot
    values: int
    reason: str


Fact: TypeAlias = Needs | SameVersion | Rejected


def slot_of(name: PackageName, extra: ExtraName) -> Slot:
    """Give the slot that stands for what an extra adds."""
    return f"{name}[{extra}]"


@lru_cache(maxsize=4096)
def split_slot(slot: Slot) -> tuple[PackageName, str]:
    """Give the package of a slot and its extra (empty for the package itself)."""
    name, _, extra = slot.partition("[")
    return PackageName(name), extra.removesuffix("]")


def leaves_of(proof: Clause) -> Iterator[Clause]:
    """Give the clauses a proof was learned from, each once, in the order they were put together."""
    seen: set[int] = set()
    waiting = [proof]
    while waiting:
        clause = waiting.pop()
        if id(clause) in seen:
            continue
        seen.add(id(clause))
        if clause.left is not None and clause.right is not None:
            waiting += [clause.right, clause.left]
        else:
            yield clause


def facts_of(proof: Clause) -> Iterator[Fact]:
    """Give the facts a proof rests on, one for each clause."""
    for clause in leaves_of(proof):
        if isinstance(clause.fact, Needs | SameVersion | Rejected):
            yield clause.fact
