"""The facts of a proof put to the question again, against a search among all answers there are."""

import random
from itertools import product

from detent.model import markers
from detent.model.requirement import PackageName, package_name
from detent.resolve.catalogue import Demand
from detent.resolve.facts import Fact, Needs, Rejected, SameVersion
from detent.resolve.proof import Leaf, is_proof, smallest
from detent.resolve.solver import ROOT

A, B, C = map(package_name, "abc")
THREE = 0b1111
"""Absent, and versions 1, 2 and 3."""


def demand(name: PackageName, *numbers: int) -> Demand:
    return Demand(name, (), ",".join(map(str, numbers)), markers.ALWAYS)


def matching(wanted: Demand) -> int:
    return sum(1 << int(number) for number in wanted.specifier.split(","))


def needs(slot: str, numbers: tuple[int, ...], wanted: Demand) -> Leaf:
    return leaf(Needs(slot, sum(1 << number for number in numbers), wanted))


def leaf(fact: Fact) -> Leaf:
    return Leaf(fact, ((fact.slot, fact.values),))


def proves(*leaves: Leaf, domain: int = THREE) -> bool:
    return is_proof(leaves, lambda _: domain, matching)


def test_facts_that_contradict_each_other_are_a_proof() -> None:
    leaves = (needs(ROOT, (1,), demand(A, 1, 2, 3)), needs("a", (1, 2, 3), demand(B, 3)))

    assert not proves(*leaves)
    assert proves(*leaves, needs(ROOT, (1,), demand(B, 1, 2)))


def test_a_version_nothing_is_said_of_is_a_way_out() -> None:
    leaves = (
        needs(ROOT, (1,), demand(A, 1, 2, 3)),
        needs(ROOT, (1,), demand(B, 1)),
        needs("a", (1, 2), demand(B, 3)),
    )

    assert not proves(*leaves)
    assert proves(*leaves, domain=0b111)
    assert proves(*leaves, leaf(Rejected("a", 0b1000, "is out")))


def test_an_extra_has_the_version_of_its_package() -> None:
    extra = Demand(A, ("x",), "1,2,3", markers.ALWAYS)  # type: ignore[arg-type]
    leaves = (
        needs(ROOT, (1,), extra),
        needs(ROOT, (1,), demand(A, 1)),
        needs("a[x]", (1,), demand(B, 9)),
    )

    assert not proves(*leaves)
    assert proves(*leaves, *(leaf(SameVersion("a[x]", 1 << number)) for number in (1, 2, 3)))


def test_only_what_is_needed_is_left() -> None:
    parts = [
        [needs(ROOT, (1,), demand(A, 1))],
        [needs(ROOT, (1,), demand(C, 1, 2))],
        [needs(ROOT, (1,), demand(B, 2, 3))],
        [needs("a", (1,), demand(B, 1)), needs("a", (2,), demand(B, 3))],
    ]

    assert smallest(parts, lambda _: THREE, matching) == [0, 2, 3]


def test_a_proof_is_one_exactly_where_no_choice_meets_all_facts() -> None:
    chance = random.Random(4)
    seen = set()
    for _ in range(300):
        leaves = []
        for _ in range(chance.randint(1, 7)):
            slot = chance.choice((ROOT, "a", "b", "c"))
            name = chance.choice([name for name in (A, B, C) if name != slot])
            numbers = (1,) if slot == ROOT else tuple(chance.sample((1, 2, 3), chance.randint(1, 3)))
            leaves.append(needs(slot, numbers, demand(name, *chance.sample((1, 2, 3), chance.randint(1, 2)))))
        has_answer = any(
            all(_is_met(leaf.fact, dict(zip("abc", choice, strict=True))) for leaf in leaves)
            for choice in product(range(4), repeat=3)
        )
        seen.add(has_answer)

        assert proves(*leaves) == (not has_answer)
    assert seen == {True, False}


def _is_met(fact: Fact, choice: dict[str, int]) -> bool:
    assert isinstance(fact, Needs)
    value = 1 if fact.slot == ROOT else choice[fact.slot]
    is_asked = value and fact.values >> value & 1
    return not is_asked or matching(fact.demand) >> choice[fact.demand.name] & 1 == 1
