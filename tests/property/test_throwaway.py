"""Resolving for one interpreter against brute force, on small random worlds."""

import random
from collections.abc import Mapping, Sequence

import pytest
from packaging.utils import parse_wheel_filename

from detent.errors.fetch import PackageUnknown
from detent.errors.resolve import Conflict
from detent.model.requirement import PackageName, package_name, parse_requirement
from detent.model.target import Target
from detent.resolve.policy import Policy
from detent.resolve.throwaway import Pin, resolve_once
from support.brute_force import Judge, Usable, matches
from support.locks import target
from support.rounds import seeds
from support.universes import PLATFORMS, PYTHONS, Universe, universe
from support.worlds import world

TARGETS = tuple(target(python, platform=platform) for python in PYTHONS for platform, *_ in PLATFORMS)
PARTS = 6
PER_PART = 60


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
            policy=Policy(build=made.build),
            constraints=[parse_requirement(text) for text in constraints],
            installed=installed or {},
        )
    except (Conflict, PackageUnknown):
        return None


def installable(made: Universe, here: Target) -> Usable:
    """Judge for one interpreter: a wheel must fit its tags, what is no wheel may have to be built."""

    def is_usable(name: str, version: str) -> bool:
        files = made.packages[name][version].files
        if made.build.may_build(package_name(name)) and any(file.endswith(".tar.gz") for file in files):
            return True
        return made.build.may_use_wheels(package_name(name)) and any(
            not here_tags.isdisjoint(map(str, parse_wheel_filename(file)[3]))
            for file in files
            if file.endswith(".whl")
        )

    here_tags = set(here.tags)
    return is_usable


@pytest.mark.parametrize("part", range(PARTS))
def test_there_is_an_answer_exactly_where_trying_everything_finds_one(part: int) -> None:
    seen = set()
    for seed in seeds(90 + part, PER_PART):
        plain = universe(seed)
        constraints = (f"p{seed % 5}<=2.0; sys_platform == 'linux'",) if seed % 3 == 0 else ()
        made = plain._replace(said=plain.said._replace(constraints=constraints))
        here = TARGETS[seed % len(TARGETS)]
        judge = Judge(made, here.environment, is_usable=installable(made, here))
        has_answer = judge.is_solvable(judge.wishes())
        pins = answer(made, here, constraints=constraints)
        seen.add(has_answer)

        assert (pins is not None) == has_answer, f"seed {seed}"
        for pin in pins or ():
            assert pin.artifact.filename in made.packages[pin.name][pin.version].files, f"seed {seed}"
        if pins is not None:
            asked = {(str(pin.name), extra) for pin in pins for extra in ("", *pin.extras)}
            chosen = {str(pin.name): pin.version for pin in pins}
            assert judge.reached(judge.wishes(), chosen) == asked, f"seed {seed}"
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
        judge = Judge(only_newest, here.environment, is_usable=is_usable)
        if judge.is_solvable(judge.wishes()):
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
