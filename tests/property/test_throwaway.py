"""Resolving for one interpreter against brute force, on small random worlds."""

import random
from collections.abc import Mapping, Sequence

import pytest
from packaging.utils import parse_wheel_filename

from detent.errors import Conflict, PackageUnknown
from detent.model.requirement import PackageName, package_name, parse_requirement
from detent.model.target import Target
from detent.resolve.policy import Policy
from detent.resolve.throwaway import Pin, resolve_once
from support.locks import target
from support.universes import (
    PLATFORMS,
    PYTHONS,
    Environment,
    Universe,
    Usable,
    demands,
    is_solvable,
    matches,
    universe,
    wishes,
)
from support.worlds import world

TARGETS = tuple(target(python, platform=platform) for python in PYTHONS for platform, *_ in PLATFORMS)
ROUNDS = 6
PER_ROUND = 60


def answer(
    made: Universe,
    here: Target,
    *,
    constraints: Sequence[str] = (),
    installed: Mapping[PackageName, str] | None = None,
) -> tuple[Pin, ...] | None:
    try:
        return resolve_once(
            [parse_requirement(text) for text in made.dependencies],
            world(made.packages),
            target=here,
            policy=Policy(build=made.policy),
            constraints=[parse_requirement(text) for text in constraints],
            installed=installed or {},
        )
    except (Conflict, PackageUnknown):
        return None


def installable(made: Universe, here: Target, constraints: Sequence[str] = ()) -> Usable:
    """Judge for one interpreter: a wheel must fit its tags, what is no wheel may have to be built."""
    limits = wishes(constraints, here.environment)

    def is_usable(name: str, version: str) -> bool:
        if not all(matches(w.specifier, version) for w in limits if w.name == name):
            return False
        files = made.packages[name][version].files
        if made.policy.may_build(package_name(name)) and any(file.endswith(".tar.gz") for file in files):
            return True
        return made.policy.may_use_wheels(package_name(name)) and any(
            not here_tags.isdisjoint(map(str, parse_wheel_filename(file)[3]))
            for file in files
            if file.endswith(".whl")
        )

    here_tags = set(here.tags)
    return is_usable


def whole(made: Universe, here: Environment, pins: Sequence[Pin]) -> set[tuple[str, str]]:
    """Walk from the roots over what was chosen, asserting that each requirement is met."""
    chosen = {str(pin.name): pin.version for pin in pins}
    done: set[tuple[str, str]] = set()
    agenda = wishes(made.dependencies, here)
    while agenda:
        wish = agenda.pop()
        assert matches(wish.specifier, chosen[wish.name])
        for extra in ("", *wish.extras):
            if (wish.name, extra) not in done:
                done.add((wish.name, extra))
                agenda += demands(made.packages, here, wish.name, chosen[wish.name], extra)
    return done


@pytest.mark.parametrize("part", range(ROUNDS))
def test_there_is_an_answer_exactly_where_trying_everything_finds_one(part: int) -> None:
    seen = set()
    for seed in range(part * PER_ROUND, (part + 1) * PER_ROUND):
        made = universe(seed)
        here = TARGETS[seed % len(TARGETS)]
        constraints = (f"p{seed % 5}<=2.0; sys_platform == 'linux'",) if seed % 3 == 0 else ()
        roots = wishes(made.dependencies, here.environment)
        is_usable = installable(made, here, constraints)
        has_answer = is_solvable(made, roots, here.environment, is_usable=is_usable)
        pins = answer(made, here, constraints=constraints)
        seen.add(has_answer)

        assert (pins is not None) == has_answer, f"seed {seed}"
        for pin in pins or ():
            published = made.packages[pin.name][pin.version]
            assert is_usable(pin.name, pin.version), f"seed {seed}"
            assert matches(published.python, here.version), f"seed {seed}"
            assert pin.artifact.filename in published.files, f"seed {seed}"
        if pins is not None:
            asked = {(str(pin.name), extra) for pin in pins for extra in ("", *pin.extras)}
            assert whole(made, here.environment, pins) == asked, f"seed {seed}"
    assert seen == {True, False}


def test_without_conflicts_everything_is_the_newest_that_can_be_installed() -> None:
    compared = 0
    for seed in range(7000, 7200):
        made = universe(seed, only_lower_bounds=True)
        here = TARGETS[seed % len(TARGETS)]
        is_usable = installable(made, here)
        best = {
            name: [v for v, p in versions.items() if is_usable(name, v) and matches(p.python, here.version)]
            for name, versions in made.packages.items()
        }
        pins = answer(made, here)
        newest = {pin.name: best[pin.name][-1] for pin in pins or ()}
        only_newest = made._replace(
            packages={name: {v: made.packages[name][v] for v in found[-1:]} for name, found in best.items()}
        )
        roots = wishes(made.dependencies, here.environment)
        if is_solvable(only_newest, roots, here.environment, is_usable=is_usable):
            compared += 1

            assert {pin.name: pin.version for pin in pins or ()} == newest, f"seed {seed}"
    assert compared > 30


def test_what_an_answer_was_is_kept_when_it_is_installed() -> None:
    compared = 0
    for seed in range(8000, 8100):
        made = universe(seed)
        here = TARGETS[seed % len(TARGETS)]
        older = {
            name: dict(list(versions.items())[: random.Random(seed).randint(1, 3)])
            for name, versions in made.packages.items()
        }
        before = answer(made._replace(packages=older), here)
        if before:
            after = answer(made, here, installed={pin.name: pin.version for pin in before})
            compared += 1

            assert after is not None
            assert [pin[:2] for pin in after] == [pin[:2] for pin in before], f"seed {seed}"
    assert compared > 20
