"""The best answer, against brute force: no direct requirement can be newer unless an earlier one gets older."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from detent.lock.model import Lock
from support.brute_force import Judge, largest, selections
from support.dimensions import wide
from support.locking import lock_of, selected
from support.rounds import seeds
from support.universes import Universe, environments, grid

GRID = tuple(environments())


class Deviation(NamedTuple):
    """A direct requirement that could have a better version in one environment."""

    name: str
    chosen: str
    best: str
    is_shared: bool
    """Whether another environment has the version that was chosen here, so that the lock has one the less."""


def deviations(made: Universe, lock: Lock) -> Iterator[Deviation]:
    """Compare each environment by itself with the best it could have, for all that may be on together."""
    wanted = largest(selections(made))
    judges = [Judge(made, here) for here in grid(made)]
    picks = [(judge, chosen, selected(lock, judge.here, chosen)) for judge in judges for chosen in wanted]
    for judge, selection, picked in picks:
        best = judge.best(judge.wishes(selection))
        assert best is not None
        for name, version in best.items():
            if picked[name] != version:
                others = {other[name] for j, _, other in picks if j is not judge and name in other}
                yield Deviation(name, picked[name], version, is_shared=picked[name] in others)
                break


@pytest.mark.parametrize("part", range(4))
def test_no_direct_requirement_can_be_newer_unless_an_earlier_one_gets_older(part: int) -> None:
    compared = 0
    for seed in seeds(110 + part, 60):
        made = wide(seed, with_markers=False)
        lock = lock_of(made)
        if lock is not None:
            compared += 1

            assert list(deviations(made, lock)) == [], f"seed {seed}"
    assert compared > 20


@pytest.mark.parametrize(
    "dimension", ["prereleases", "order", "cutoffs", "yanked", "constraints", "stated metadata"]
)
def test_whatever_a_project_says_its_one_environment_has_the_best_answer(dimension: str) -> None:
    compared = 0
    for seed in seeds(120, 40):
        made = wide(seed, dimension, with_markers=False)
        lock = lock_of(made)
        if lock is not None:
            compared += 1

            assert list(deviations(made, lock)) == [], f"wide({seed}, {dimension!r})"
    assert compared > 10


def test_with_markers_an_older_version_is_one_that_another_environment_has() -> None:
    seen: Counter[str] = Counter()
    for seed in seeds(130, 80):
        made = wide(seed)
        lock = lock_of(made)
        if lock is None:
            continue
        found = list(deviations(made, lock))
        seen["locks"] += 1
        seen["environments"] += len(GRID)
        seen["deviations"] += len(found)
        seen["shared"] += sum(deviation.is_shared for deviation in found)
        seen["locks with one"] += bool(found)
        if any(not deviation.is_shared for deviation in found):
            print(seed, found)
    print(dict(seen))
    assert seen["locks"] > 25
    assert seen["deviations"] == seen["shared"]
