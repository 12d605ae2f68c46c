"""The resolver against brute force, on small random worlds: solvability, best answers, markers, order."""

import os
import random
import subprocess
import sys
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import pytest

from detent.errors import ResolveError
from detent.lock.assemble import assemble
from detent.lock.closure import closure_faults
from detent.lock.model import Lock
from detent.lock.pylock import parse_lock, render_lock
from detent.model import markers
from detent.model.inputs import Inputs
from detent.resolve.forks import resolve
from detent.resolve.policy import Policy
from detent.resolve.preferences import NO_PREFERENCES, preferences_from, seeds_from
from support.universes import (
    Environment,
    Universe,
    Wish,
    demands,
    environments,
    is_solvable,
    matches,
    parsed,
    serves,
    universe,
    wishes,
)
from support.worlds import project, ticking, world

GRID = tuple(environments())
ROUNDS = 6
PER_ROUND = 50


def inputs_of(made: Universe) -> Inputs:
    return project(made.dependencies, extras=made.extras, groups=made.groups, python=">=3.11")


def lock_of(made: Universe, old: Lock | None = None, inputs: Inputs | None = None) -> Lock | None:
    releases = world(made.packages)
    inputs = inputs or inputs_of(made)
    preferences = preferences_from(old) if old else NO_PREFERENCES
    try:
        solved = resolve(
            inputs,
            releases,
            clock=ticking(),
            preferences=preferences,
            policy=Policy(build=made.policy),
            seeds=seeds_from(old),
        )
    except ResolveError:
        return None
    return assemble(inputs, solved, releases)


def all_roots(made: Universe, environment: Environment) -> list[Wish]:
    texts = [*made.dependencies, *(t for ts in made.extras.values() for t in ts)]
    return wishes([*texts, *(t for ts in made.groups.values() for t in ts)], environment)


@pytest.mark.parametrize("part", range(ROUNDS))
def test_a_lock_is_found_exactly_where_every_environment_has_an_answer(part: int) -> None:
    seen = set()
    for seed in range(part * PER_ROUND, (part + 1) * PER_ROUND):
        made = universe(seed)
        has_answer = all(is_solvable(made, all_roots(made, here), here) for here in GRID)
        seen.add(has_answer)

        assert (lock_of(made) is not None) == has_answer, f"seed {seed}"
    assert seen == {True, False}


@pytest.mark.parametrize("part", range(ROUNDS))
def test_in_every_environment_nothing_is_missing_and_nothing_superfluous(part: int) -> None:
    for seed in range(1000 + part * PER_ROUND, 1000 + (part + 1) * PER_ROUND):
        made = universe(seed)
        lock = lock_of(made)
        if lock is None:
            continue
        for here, extra, group in product(GRID, (False, True), (False, True)):
            roots = wishes(made.dependencies, here)
            roots += wishes(made.extras.get("e", ()), here) if extra else []
            roots += wishes(made.groups.get("g", ()), here) if group else []
            chosen = selected(lock, here, extras={"e"} if extra else set(), groups={"g"} if group else set())

            assert reached(made, roots, here, chosen) == set(chosen), f"seed {seed}"


@pytest.mark.parametrize("part", range(2))
def test_every_lock_is_whole_and_reads_back_as_it_was_written(part: int) -> None:
    whole = 0
    for seed in range(6000 + part * PER_ROUND, 6000 + (part + 1) * PER_ROUND):
        made = universe(seed)
        lock = lock_of(made)
        if lock is not None:
            whole += 1

            assert closure_faults(inputs_of(made), lock) == (), f"seed {seed}"
            assert parse_lock(render_lock(lock), "pylock.toml") == lock, f"seed {seed}"
    assert whole > PER_ROUND // 20


def test_the_seed_of_hashes_changes_no_byte_of_a_lock() -> None:
    program = (
        "import hashlib, sys; from test_resolve import lock_of, universe\n"
        "print(hashlib.sha256(repr([lock_of(universe(seed)) for seed in range(7000, 7060)]).encode()).hexdigest())"
    )
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])

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


def selected(lock: Lock, here: Environment, *, extras: set[str], groups: set[str]) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for package in lock.packages:
        if markers.evaluate(markers.parse(package.marker), here, extras=extras, groups=groups):
            assert package.name not in chosen
            chosen[package.name] = package.version
    return chosen


def reached(made: Universe, roots: list[Wish], here: Environment, chosen: Mapping[str, str]) -> set[str]:
    """Walk from the roots over what was chosen, asserting that each requirement is met."""
    done: set[tuple[str, str]] = set()
    agenda = list(roots)
    while agenda:
        wish = agenda.pop()
        assert matches(wish.specifier, chosen[wish.name])
        assert matches(made.packages[wish.name][chosen[wish.name]].python, here["python_full_version"])
        assert serves(made, here)(wish.name, chosen[wish.name])
        for extra in ("", *wish.extras):
            if (wish.name, extra) not in done:
                done.add((wish.name, extra))
                agenda += demands(made.packages, here, wish.name, chosen[wish.name], extra)
    return {name for name, _ in done}


@pytest.mark.parametrize("part", range(ROUNDS))
def test_no_direct_requirement_can_be_newer_unless_an_earlier_one_gets_older(part: int) -> None:
    here = GRID[0]
    compared = 0
    for seed in range(2000 + part * PER_ROUND, 2000 + (part + 1) * PER_ROUND):
        made = universe(seed, with_markers=False)
        lock = lock_of(made)
        if lock is None:
            continue
        picked = {str(package.name): package.version for package in lock.packages}
        roots = wishes(made.dependencies, here)
        held: dict[str, str] = {}
        for wish in roots:
            newest_first = reversed(list(made.packages[wish.name]))
            best = next(
                version
                for version in newest_first
                if is_solvable(made, roots, here, {**held, wish.name: version})
            )
            held.setdefault(wish.name, best)
        compared += 1

        assert {name: picked[name] for name in held} == held, f"seed {seed}"
    assert compared > PER_ROUND // 4


@pytest.mark.parametrize("part", range(ROUNDS))
def test_locking_again_changes_nothing(part: int) -> None:
    for seed in range(3000 + part * PER_ROUND, 3000 + (part + 1) * PER_ROUND):
        made = universe(seed)
        lock = lock_of(made)
        if lock is not None:
            assert lock_of(made, old=lock) == lock, f"seed {seed}"


def test_the_order_of_requirements_and_of_listings_changes_nothing_without_conflicts() -> None:
    compared = 0
    for seed in range(4000, 4500):
        made = universe(seed, only_lower_bounds=True)
        chance = random.Random(seed)
        shuffled = made._replace(
            dependencies=tuple(chance.sample(made.dependencies, len(made.dependencies))),
            packages={
                name: dict(chance.sample(list(made.packages[name].items()), len(made.packages[name])))
                for name in chance.sample(list(made.packages), len(made.packages))
            },
        )
        lock = lock_of(made)
        compared += lock is not None

        assert lock_of(shuffled) == lock, f"seed {seed}"
    assert compared > 30


def test_a_new_requirement_that_the_lock_meets_already_moves_nothing() -> None:
    compared = 0
    for seed in range(5000, 5200):
        made = universe(seed)
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


def test_the_judge_reads_requirements_with_packaging() -> None:
    assert parsed("p1[x]>=1.0; sys_platform == 'win32'").extras == {"x"}
