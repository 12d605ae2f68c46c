"""The search alone, on problems that are nothing but masks."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

import pytest

from detent.resolve.solver import ROOT, Clause, NoAnswer, OutOfTime, Slot, Solver

Demands = Mapping[str, int]
"""What a value needs: the allowed versions of others, as masks."""


class Masks:
    """A problem given as masks: per slot and version, what it needs of others."""

    def __init__(self, packages: Mapping[str, Sequence[Demands]], roots: Demands) -> None:
        self.packages = packages
        self.roots = roots
        self.costly: set[tuple[Slot, int]] = set()
        self.refusals: list[tuple[Slot, int]] = []
        self.chosen: list[Slot] = []

    def domain(self, slot: Slot) -> int:
        return (1 << (len(self.packages[slot]) + 1)) - 1

    def is_direct(self, slot: Slot) -> bool:
        return slot in self.roots

    def is_costly(self, slot: Slot, value: int) -> bool:
        return (slot, value) in self.costly

    def choose(self, slot: Slot, mask: int, decided: Mapping[Slot, int]) -> int:
        self.chosen.append(slot)
        return mask.bit_length() - 1

    def clauses(self, slot: Slot, value: int) -> Iterator[Clause]:
        needs = self.roots if slot == ROOT else self.packages[slot][value - 1]
        for other, mask in needs.items():
            terms = ((slot, 1 << value), (other, self.domain(other) & ~mask))
            yield Clause(terms if mask else terms[:1], f"{slot} {value} needs {other} {mask:b}")

    def refused(self, slot: Slot, value: int, clause: Clause) -> None:
        self.refusals.append((slot, value))


def facts(proof: Clause) -> set[object]:
    if proof.left is None or proof.right is None:
        return {proof.fact}
    return facts(proof.left) | facts(proof.right)


def test_what_comes_first_is_taken_back_before_what_is_costly_is_looked_at() -> None:
    # The newest of a takes a c that all but the oldest b refuse.
    count = 9
    newest = 1 << count
    packages: dict[str, list[Demands]] = {
        "a": [{} for _ in range(count - 1)] + [{"c": newest}],
        "b": [{}] + [{"c": (1 << count) - 2} for _ in range(count - 1)],
        "c": [{} for _ in range(count)],
    }
    every = (1 << (count + 1)) - 2
    cheap, dear = Masks(packages, {"a": every, "b": every}), Masks(packages, {"a": every, "b": every})
    dear.costly = {("b", 1)}

    assert Solver(cheap).solve() == {"a": count, "b": 1, "c": count}
    assert Solver(dear).solve() == {"a": count - 1, "b": count, "c": count - 1}


def test_the_newest_of_everything_is_taken_and_nothing_else() -> None:
    problem = Masks({"a": [{}, {"b": 0b110}], "b": [{}, {}], "c": [{}]}, {"a": 0b110})

    assert Solver(problem).solve() == {"a": 2, "b": 2}


def test_an_older_version_is_taken_when_the_newest_is_refused() -> None:
    problem = Masks({"a": [{}, {"b": 0b010}], "b": [{}, {}]}, {"b": 0b100, "a": 0b110})

    assert Solver(problem).solve() == {"a": 1, "b": 2}
    assert problem.refusals == [("a", 2)]


def test_the_proof_goes_back_to_the_project_itself() -> None:
    problem = Masks({"a": [{"c": 0b010}], "b": [{"c": 0b100}], "c": [{}, {}]}, {"a": 0b10, "b": 0b10})

    with pytest.raises(NoAnswer) as failure:
        Solver(problem).solve()

    assert facts(failure.value.proof) == {
        ". 1 needs a 10",
        ". 1 needs b 10",
        "a 1 needs c 10",
        "b 1 needs c 100",
    }


def test_a_requirement_of_the_project_nothing_meets_is_the_whole_proof() -> None:
    with pytest.raises(NoAnswer) as failure:
        Solver(Masks({"a": [{}]}, {"a": 0})).solve()

    assert facts(failure.value.proof) == {". 1 needs a 0"}


def test_direct_requirements_are_decided_in_order_before_anything_they_bring() -> None:
    needs_x = [{"x": 0b110}]
    problem = Masks({"a": needs_x * 2, "b": [{}, {}], "x": [{}, {}]}, {"a": 0b110, "b": 0b110})

    Solver(problem).solve()

    assert problem.chosen == ["a", "b", "x"]


def test_what_has_one_version_left_is_decided_first() -> None:
    problem = Masks({"a": [{}, {}], "b": [{}]}, {"a": 0b110, "b": 0b10})

    Solver(problem).solve()

    assert problem.chosen == ["b", "a"]


def test_a_package_refused_again_and_again_goes_before_the_one_that_refuses_it() -> None:
    """`new` came out with a version hundreds of releases of `big` do not know; it is not worth all of them."""
    count = 300
    everything = (1 << (count + 1)) - 2
    problem = Masks(
        {
            "app": [{"new": 0b110, "big": everything}, {"new": 0b110, "big": everything}],
            "new": [{}, {}],
            "big": [{"new": 0b010} for _ in range(count)],
        },
        {"app": 0b110},
    )
    solver = Solver(problem)

    assert solver.solve() == {"app": 2, "new": 1, "big": count}
    assert solver.rounds < 20


def test_a_direct_requirement_keeps_its_place_though_it_refuses_many_versions_of_a_later_one() -> None:
    refused = [{"first": 0b010} for _ in range(20)]
    problem = Masks({"first": [{}, {}], "later": [{}, *refused]}, {"first": 0b110, "later": (1 << 22) - 2})

    assert Solver(problem).solve() == {"first": 2, "later": 1}


def test_even_a_direct_requirement_gives_way_in_the_end() -> None:
    count = 600
    problem = Masks(
        {"new": [{}, {}], "big": [{}, *({"new": 0b010} for _ in range(count))]},
        {"new": 0b110, "big": (1 << (count + 2)) - 2},
    )
    solver = Solver(problem)

    assert solver.solve() == {"new": 1, "big": count + 1}
    assert solver.rounds < 120


def test_a_search_that_is_late_names_the_two_that_refuse_each_other_most() -> None:
    count = 40
    everything = (1 << (count + 1)) - 2
    problem = Masks(
        {"a": [{}, {}], "b": [{"a": 0b010} for _ in range(count)], "c": [{}, {}]},
        {"a": 0b100, "b": everything, "c": 0b110},
    )

    with pytest.raises(OutOfTime) as failure:
        Solver(problem, is_late=lambda _: True).solve()

    assert {failure.value.first, failure.value.second} == {"a", "b"}


@pytest.mark.parametrize("part", range(4))
def test_random_problems_are_answered_as_brute_force_does(part: int) -> None:
    chance = random.Random(part)
    answers = set()
    for _ in range(100):
        packages, roots = random_problem(chance)
        expected = brute_force(packages, roots)
        try:
            found = Solver(Masks(packages, roots)).solve()
        except NoAnswer:
            found = None
        answers.add(expected)

        assert (found is not None) == expected
        if found is not None:
            assert is_valid(packages, roots, found)
    assert answers == {True, False}


def random_problem(chance: random.Random) -> tuple[Mapping[str, Sequence[Demands]], Demands]:
    names = [f"p{i}" for i in range(5)]
    sizes = {name: chance.randint(1, 3) for name in names}

    def some_of(name: str) -> int:
        return sum(1 << version for version in range(1, sizes[name] + 1) if chance.random() < 0.5)

    packages = {
        name: [
            {other: some_of(other) for other in chance.sample(names, chance.randint(0, 3)) if other != name}
            for _ in range(sizes[name])
        ]
        for name in names
    }
    return packages, {name: (1 << (sizes[name] + 1)) - 2 for name in chance.sample(names, 2)}


def is_valid(packages: Mapping[str, Sequence[Demands]], roots: Demands, pins: Mapping[str, int]) -> bool:
    needs: Iterable[Demands] = [roots, *(packages[name][version - 1] for name, version in pins.items())]
    return all(mask >> pins.get(name, 0) & 1 for demands in needs for name, mask in demands.items())


def brute_force(packages: Mapping[str, Sequence[Demands]], roots: Demands) -> bool:
    names = list(packages)
    return any(
        is_valid(
            packages, roots, {name: version for name, version in zip(names, versions, strict=True) if version}
        )
        for versions in product(*(range(len(packages[name]) + 1) for name in names))
    )


def test_a_clause_about_other_values_of_a_slot_refuses_nothing() -> None:
    class Extra(Masks):
        def clauses(self, slot: Slot, value: int) -> Iterator[Clause]:
            yield from super().clauses(slot, value)
            if slot == "a[x]":
                # When the package has this version, the extra has no other.
                yield Clause((("a", 1 << value), (slot, 0b110 & ~(1 << value))), "one version")

    problem = Extra({"a": [{}, {}], "a[x]": [{}, {}]}, {"a": 0b110, "a[x]": 0b110})

    assert Solver(problem).solve() == {"a": 2, "a[x]": 2}
    assert problem.refusals == []
