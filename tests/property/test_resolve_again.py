"""What must change nothing: locking again, the order things are told in, hash seeds, adding and taking back."""

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import TypeVar

import pytest

from detent.lock.model import Lock
from detent.lock.pylock import render_lock
from support.brute_force import Judge, selections
from support.dimensions import DIMENSIONS, wide
from support.locking import bytes_of, lock_of, selected
from support.rounds import seeds
from support.universes import Universe, grid, universe

T = TypeVar("T")


@pytest.mark.parametrize("part", range(4))
def test_locking_again_changes_nothing(part: int) -> None:
    compared = 0
    for seed in seeds(140 + part, 50):
        made = wide(seed)
        lock = lock_of(made)
        if lock is not None:
            compared += 1

            assert bytes_of(made, old=lock) == render_lock(lock), f"seed {seed}"
    assert compared > 15


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_whatever_a_project_says_locking_again_changes_nothing(dimension: str) -> None:
    compared = 0
    for seed in seeds(150 + DIMENSIONS.index(dimension), 25):
        made = wide(seed, dimension)
        lock = lock_of(made)
        if lock is not None:
            compared += 1

            assert bytes_of(made, old=lock) == render_lock(lock), f"wide({seed}, {dimension!r})"
    assert compared > 2


def test_the_seed_of_hashes_changes_no_byte_of_a_lock() -> None:
    program = (
        "import hashlib; from support.dimensions import DIMENSIONS, wide; from support.locking import bytes_of\n"
        "texts = [bytes_of(wide(s, *([] if s % 2 else DIMENSIONS[s % 7::4]))) for s in range(7000, 7060)]\n"
        "print(hashlib.sha256(repr(texts).encode()).hexdigest(), sum(map(bool, texts)))"
    )
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])

    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": path},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2", "3")
    }

    assert len(answers) == 1
    assert int(answers.pop().split()[1]) > 10


def shuffled_world(made: Universe, chance: random.Random) -> Universe:
    """Tell everything whose order says nothing in another order."""
    said = made.said

    def shuffled(texts: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(chance.sample(texts, len(texts)))

    return made._replace(
        packages={
            name: dict(chance.sample(list(made.packages[name].items()), len(made.packages[name])))
            for name in chance.sample(list(made.packages), len(made.packages))
        },
        said=said._replace(
            constraints=shuffled(said.constraints),
            excludes=shuffled(said.excludes),
            conflicts=shuffled(said.conflicts),
            environments=shuffled(said.environments),
            required=shuffled(said.required),
            metadata=shuffled(said.metadata),
        ),
    )


def test_the_order_of_listings_and_of_what_is_said_changes_nothing() -> None:
    compared = 0
    for seed in seeds(170, 120):
        chance = random.Random(f"order of {seed}")
        made = wide(seed, *chance.sample(DIMENSIONS, 2))
        text = bytes_of(made)
        compared += text != ""

        assert bytes_of(shuffled_world(made, chance)) == text, f"seed {seed}"
    assert compared > 20


def test_the_order_of_requirements_changes_nothing_without_conflicts() -> None:
    compared = 0
    for seed in seeds(171, 100):
        made = universe(seed, only_lower_bounds=True, mild=True)
        chance = random.Random(seed)
        other = made._replace(dependencies=tuple(chance.sample(made.dependencies, len(made.dependencies))))
        text = bytes_of(made)
        compared += text != ""

        assert bytes_of(other) == text, f"seed {seed}"
    assert compared > 20


def test_a_new_requirement_that_the_lock_meets_already_moves_nothing() -> None:
    compared = 0
    for seed in seeds(172, 80):
        made = wide(seed)
        lock = lock_of(made)
        if lock is None:
            continue
        everywhere = [package.name for package in lock.packages if not package.marker]
        for name in everywhere[:1]:
            more = lock_of(made._replace(dependencies=(*made.dependencies, name)), old=lock)
            assert more is not None
            assert more.packages == lock.packages, f"seed {seed}"
            compared += 1
    assert compared > 10


def chosen_everywhere(made: Universe, lock: Lock) -> list[dict[str, str]]:
    """Give what a lock comes to in each environment, for each selection."""
    return [selected(lock, here, selection) for here in grid(made) for selection in selections(made)]


def has_moved(before: list[dict[str, str]], after: list[dict[str, str]]) -> bool:
    """Say whether anything that was there has another version somewhere."""
    return any(
        new.get(name, version) != version
        for old, new in zip(before, after, strict=True)
        for name, version in old.items()
    )


def with_one_more(made: Universe, seed: int) -> Universe:
    added = wide(seed + 5_000_000).dependencies[0]
    return made._replace(dependencies=(*made.dependencies, added))


def test_a_new_requirement_moves_nothing_where_nothing_has_to_move() -> None:
    compared = 0
    for seed in seeds(174, 120):
        made = wide(seed)
        before = lock_of(made)
        if before is None:
            continue
        more = with_one_more(made, seed)
        pins = chosen_everywhere(made, before)
        places = [(Judge(more, here), selection) for here in grid(made) for selection in selections(made)]
        if all(
            judge.is_solvable(judge.wishes(selection), held)
            for (judge, selection), held in zip(places, pins, strict=True)
        ):
            compared += 1
            after = lock_of(more, old=before)
            assert after is not None

            assert not has_moved(pins, chosen_everywhere(more, after)), f"seed {seed}"
    assert compared > 20


def test_what_is_added_and_taken_back_leaves_the_bytes_there_were() -> None:
    compared = 0
    for seed in seeds(173, 120):
        made = wide(seed)
        before = lock_of(made)
        if before is None:
            continue
        more = with_one_more(made, seed)
        after = lock_of(more, old=before)
        if after is None or after.packages == before.packages:
            continue
        if not has_moved(chosen_everywhere(made, before), chosen_everywhere(more, after)):
            compared += 1

            assert bytes_of(made, old=after) == render_lock(before), f"seed {seed}"
    assert compared > 10
