"""The resolver against brute force, on small random worlds: is there an answer, and is it one everywhere?"""

import random

import pytest

from detent.lock.closure import closure_faults
from detent.lock.model import Lock
from detent.lock.pylock import parse_lock, render_lock
from support.brute_force import Judge, largest, parsed, selections
from support.dimensions import DIMENSIONS, inputs_of, wide
from support.locking import lock_of, selected
from support.rounds import seeds
from support.universes import Universe, grid, universe


def has_answer(made: Universe) -> bool:
    """Say whether every environment has an answer for every selection."""
    wanted = largest(selections(made))
    return all(judge.is_solvable(judge.wishes(chosen)) for judge in judges(made) for chosen in wanted)


def judges(made: Universe) -> list[Judge]:
    return [Judge(made, here) for here in grid(made)]


def is_locked_where_it_can_be(made: Universe) -> bool:
    """Say whether there is a lock, having seen that there is one exactly where there should be."""
    is_locked = lock_of(made) is not None
    assert is_locked == has_answer(made)
    return is_locked


def is_whole(made: Universe) -> bool:
    """Say whether there is a lock, having seen that nothing is missing and nothing superfluous in it."""
    lock = lock_of(made)
    return lock is not None and has_all_it_needs(made, lock)


def has_all_it_needs(made: Universe, lock: Lock) -> bool:
    for judge in judges(made):
        for selection in selections(made):
            chosen = selected(lock, judge.here, selection)
            reached = judge.reached(judge.wishes(selection), chosen)
            assert {name for name, _ in reached} == set(chosen)
    assert closure_faults(inputs_of(made), lock) == ()
    assert parse_lock(render_lock(lock), "pylock.toml") == lock
    return True


@pytest.mark.parametrize("part", range(4))
def test_a_lock_is_found_exactly_where_every_environment_has_an_answer(part: int) -> None:
    seen = set()
    for seed in seeds(part, 75):
        try:
            seen.add(is_locked_where_it_can_be(universe(seed)))
        except AssertionError as error:
            raise AssertionError(f"seed {seed}") from error
    assert seen == {True, False}


@pytest.mark.parametrize("part", range(4))
def test_in_every_environment_nothing_is_missing_and_nothing_superfluous(part: int) -> None:
    whole = 0
    for seed in seeds(10 + part, 75):
        try:
            whole += is_whole(universe(seed))
        except AssertionError as error:
            raise AssertionError(f"seed {seed}") from error
    assert whole > 5


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_whatever_a_project_says_a_lock_is_found_exactly_where_there_is_one(dimension: str) -> None:
    seen = set()
    for seed in seeds(20 + DIMENSIONS.index(dimension), 40):
        try:
            seen.add(is_locked_where_it_can_be(wide(seed, dimension)))
        except AssertionError as error:
            raise AssertionError(f"wide({seed}, {dimension!r})") from error
    assert seen == {True, False}


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_whatever_a_project_says_nothing_is_missing_and_nothing_superfluous(dimension: str) -> None:
    whole = 0
    for seed in seeds(40 + DIMENSIONS.index(dimension), 30):
        try:
            whole += is_whole(wide(seed, dimension))
        except AssertionError as error:
            raise AssertionError(f"wide({seed}, {dimension!r})") from error
    assert whole > 2


def test_a_project_that_says_many_things_at_once_has_the_lock_it_should_have() -> None:
    whole = 0
    for seed in seeds(60, 100):
        dimensions = random.Random(f"many of {seed}").sample(DIMENSIONS, 4)
        try:
            made = wide(seed, *dimensions)
            whole += is_locked_where_it_can_be(made) and is_whole(made)
        except AssertionError as error:
            raise AssertionError(f"wide({seed}, *{dimensions})") from error
    assert whole > 5


def test_an_old_lock_decides_nothing_but_which_answer_is_taken() -> None:
    found = 0
    for seed in seeds(61, 80):
        made = wide(seed, "siblings" if seed % 2 else "constraints")
        chance = random.Random(f"old lock of {seed}")
        older = made._replace(
            packages={
                name: dict(list(versions.items())[: chance.randint(1, 3)])
                for name, versions in made.packages.items()
            },
            dependencies=chance.choice(
                (made.dependencies[1:], made.dependencies, universe(seed + 1).dependencies)
            ),
        )
        old = lock_of(older)
        if old is not None:
            lock = lock_of(made, old)
            found += lock is not None

            assert (lock is not None) == has_answer(made), f"seed {seed}"
            assert lock is None or has_all_it_needs(made, lock), f"seed {seed}"
    assert found > 5


def test_whoever_wants_the_fewest_versions_has_no_more_of_them_than_others() -> None:
    fewer = compared = 0
    for seed in seeds(62, 80):
        made = wide(seed, "siblings") if seed % 2 else wide(seed)
        plain, fewest = lock_of(made), lock_of(made._replace(said=made.said._replace(fork_strategy="fewest")))
        if plain is not None and fewest is not None:
            compared += 1
            fewer += doubles(fewest) < doubles(plain)

            assert doubles(fewest) <= doubles(plain), f"seed {seed}"
    assert compared > 20
    assert fewer > 5


def doubles(lock: Lock) -> int:
    """Count versions beyond the one of each package."""
    return len(lock.packages) - len({package.name for package in lock.packages})


def test_the_judge_reads_requirements_with_packaging() -> None:
    assert parsed("p1[x]>=1.0; sys_platform == 'win32'").extras == {"x"}
