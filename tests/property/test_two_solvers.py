"""The own solver and resolvelib on the same worlds, one environment each; brute force says who is right.

resolvelib forgets why it refused a version, so it may miss an answer, take older versions, and now and then give
versions that do not go together. The own solver may not. `DETENT_FUZZ_ROUNDS=40` is ten thousand worlds.
"""

import random
from collections import Counter

import pytest

from detent.errors import Failures
from detent.errors.fetch import PackageUnknown
from detent.errors.resolve import ResolveError
from detent.model.build_policy import BuildPolicy
from detent.model.requirement import parse_requirement
from detent.resolve.throwaway import resolve_once
from support.brute_force import Judge, Pins, Selection
from support.dimensions import policy_of, wide
from support.locking import lock_of, selected
from support.locks import target
from support.rounds import seeds
from support.universes import Universe, environments, in_one_environment, universe
from support.worlds import files_of, world

GRID = tuple(environments())
DIMENSIONS = ("recursive extras", "prereleases", "yanked", "siblings", "order")


def one_environment(seed: int) -> Universe:
    """Make a world without markers, extras and groups, with whatever else a single environment can have."""
    here = GRID[seed % len(GRID)]
    chance = random.Random(f"two solvers, {seed}")
    kind = chance.random()
    if kind < 0.4:
        made = wide(seed, *chance.sample(DIMENSIONS, chance.choice((1, 2, 3))))
    elif kind < 0.7:
        made = universe(seed, packages=7, versions=4, with_markers=False)
    else:
        made = universe(seed, packages=6, versions=4)
    is_usable = Judge(made, here).is_usable
    packages = {
        name: {
            version: published._replace(files=files_of(f"{name}-{version}"))
            for version, published in versions.items()
            if is_usable(name, version)
        }
        for name, versions in made.packages.items()
    }
    made = made._replace(packages=packages, extras={}, groups={}, build=BuildPolicy())
    return in_one_environment(made, here)


def of_resolvelib(made: Universe) -> Pins | None:
    try:
        pins = resolve_once(
            [parse_requirement(text) for text in made.dependencies],
            world(made.packages),
            target=target(GRID[0]["python_full_version"]),
            policy=policy_of(made),
        )
    except (ResolveError, PackageUnknown, Failures):
        return None
    return {str(pin.name): pin.version for pin in pins}


def of_own_solver(made: Universe) -> Pins | None:
    lock = lock_of(made)
    return selected(lock, GRID[0], Selection()) if lock is not None else None


@pytest.mark.parametrize("part", range(5))
def test_where_the_solvers_disagree_the_own_one_is_right(part: int) -> None:
    seen: Counter[str] = Counter()
    for seed in seeds(100 + part, 50):
        made = one_environment(seed)
        judge = Judge(made, GRID[0])
        roots = judge.wishes()
        own, other = of_own_solver(made), of_resolvelib(made)
        best = judge.best(roots)
        seen["worlds"] += 1
        seen["with an answer"] += best is not None

        assert (own is None) == (best is None), f"seed {seed}"
        if own is not None and best is not None:
            assert is_right(judge, own), f"seed {seed}"
            if other is None:
                seen["that resolvelib finds none for"] += 1
            else:
                seen["with a wrong one of resolvelib"] += not is_right(judge, other)
                seen["with a worse one of resolvelib"] += is_worse(other, best)
                seen["with a worse one of the own"] += is_worse(own, best)
        elif other is not None:
            seen["with a wrong one of resolvelib"] += 1
        seen["of one mind"] += own == other
    print(dict(seen))
    assert seen["with an answer"] > 10
    assert seen["with a worse one of the own"] == 0


def is_right(judge: Judge, pins: Pins) -> bool:
    try:
        return {name for name, _ in judge.reached(judge.wishes(), pins)} == set(pins)
    except AssertionError:
        return False


def is_worse(pins: Pins, best: Pins) -> bool:
    return any(pins[name] != version for name, version in best.items())
