"""What is advised where there is no answer leads to one: in small random worlds, done by the letter.

And what is said to be in the way of a version that somebody wants is enough to keep it out.
"""

import re

import pytest

from detent.errors.resolve import Conflict
from detent.model.inputs import Inputs
from detent.model.requirement import Origin, PackageName, Requirement, parse_requirement
from detent.resolve import forks
from detent.resolve.adjusted import with_adjustments
from detent.resolve.hindrance import Hindrance, hindrance_of
from detent.resolve.policy import Policy
from detent.resolve.ports import Releases
from detent.resolve.preferences import Preferences
from detent.resolve.question import SearchFailed
from detent.resolve.solver import NoAnswer
from support.dimensions import inputs_of, policy_of, wide
from support.resolving import resolve
from support.universes import Universe, universe
from support.worlds import ticking, world

PER_ROUND = 60
FORCED_ROUNDS = 40


@pytest.mark.parametrize("dimension", ["", "constraints", "overrides", "prereleases", "conflicts"])
def test_an_edit_that_is_advised_leads_to_an_answer(dimension: str) -> None:
    done = 0
    for seed in range(3000, 3000 + PER_ROUND):
        made = wide(seed, dimension)
        inputs, releases, policy = inputs_of(made), world(made.packages), policy_of(made)
        failure = conflict_of(inputs, releases, policy)
        if failure is None:
            continue
        for step in failure.next_steps:
            edited = edit(inputs, step.removeprefix("or "))
            if edited is not None:
                done += 1

                assert conflict_of(edited, releases, policy) is None, f"seed {seed}: {step}"
    assert done > PER_ROUND // 10


@pytest.mark.parametrize("part", range(3))
def test_an_explanation_is_short_and_begins_with_the_project(part: int) -> None:
    for seed in range(1000 + part * PER_ROUND, 1000 + (part + 1) * PER_ROUND):
        made = universe(seed, packages=7, versions=6)
        failure = conflict_of(inputs_of(made), world(made.packages), policy_of(made))
        if failure is not None:
            told = failure.why.splitlines()

            assert told[0].startswith("your project"), f"seed {seed}"
            assert len(told) <= 12
            assert len(set(told)) == len(told)
            assert len(failure.next_steps) <= 3


def conflict_of(inputs: Inputs, releases: Releases, policy: Policy) -> Conflict | None:
    try:
        resolve(inputs, with_adjustments(releases, inputs.adjustments), clock=ticking(), policy=policy)
    except Conflict as failure:
        return failure
    return None


def edit(inputs: Inputs, step: str) -> Inputs | None:
    """Do what a step says; ``None`` for one that is no edit of a requirement or of the Pythons."""
    if found := re.fullmatch(r"write `(.+)` in pyproject\.toml:(\d+)", step):
        return rewritten(inputs, parse_requirement(found[1]), int(found[2]))
    if found := re.fullmatch(r"(?:raise|limit) `requires-python` to `(.+)`", step):
        return inputs._replace(requires_python=found[1])
    return None


def rewritten(inputs: Inputs, new: Requirement, line: int) -> Inputs:
    def swap(requirements: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
        return tuple(
            new._replace(origin=r.origin) if r.origin is not None and r.origin.line == line else r
            for r in requirements
        )

    adjustments = inputs.adjustments
    overrides = tuple(
        each._replace(requirement=swap((each.requirement,))[0]) for each in adjustments.overrides
    )
    return inputs._replace(
        adjustments=adjustments._replace(constraints=swap(adjustments.constraints), overrides=overrides),
        dependencies=swap(inputs.dependencies),
        extras=tuple((name, swap(requirements)) for name, requirements in inputs.extras),
        groups=tuple((name, swap(requirements)) for name, requirements in inputs.groups),
    )


# ---- a version that somebody wants ----------------------------------------------------------------


@pytest.mark.parametrize("dimension", ["", "constraints", "overrides", "prereleases"])
def test_the_lines_named_are_enough_to_keep_a_version_out_and_each_edit_lets_it_in(dimension: str) -> None:
    hindered = lifted = 0
    for seed in range(5000, 5000 + FORCED_ROUNDS):
        made = wide(seed, dimension)
        inputs, releases, policy = inputs_of(made), world(made.packages), policy_of(made)
        if hindrance(inputs, releases, policy, {}) is not None:
            continue
        for name, version in targets(made):
            pins = {name: f"=={version}"}
            found = hindrance(inputs, releases, policy, pins)
            if found is None:
                continue
            hindered += 1

            alone = only(inputs, found.own)
            assert hindrance(alone, releases, policy, pins) is not None, f"seed {seed}: {name} {version}"
            for step in found.steps:
                edited = edit(inputs, step.removeprefix("or "))
                if edited is not None:
                    lifted += 1
                    assert hindrance(edited, releases, policy, pins) is None, f"seed {seed}: {step}"
    assert hindered > FORCED_ROUNDS // 4
    assert lifted > FORCED_ROUNDS // 8


def targets(made: Universe) -> list[tuple[PackageName, str]]:
    """Every version of two packages, whether anybody asks for them or not."""
    return [
        (PackageName(name), version)
        for name, versions in sorted(made.packages.items())[:2]
        for version in versions
    ]


def hindrance(
    inputs: Inputs, releases: Releases, policy: Policy, pins: dict[PackageName, str]
) -> Hindrance | None:
    try:
        forks.resolve(
            inputs,
            with_adjustments(releases, inputs.adjustments),
            clock=ticking(),
            policy=policy,
            preferences=Preferences(pins=pins, first=frozenset(pins)),
        )
    except SearchFailed as failure:
        if not isinstance(failure.cause, NoAnswer):
            raise
        return hindrance_of(failure, failure.cause)
    return None


def only(inputs: Inputs, own: tuple[Requirement, ...]) -> Inputs:
    """Leave out what is not among these lines, nor replaced by one; what asks for nothing stays."""
    lines = {_line(each.origin) for each in own}
    replaced = {each.requirement.name for each in inputs.adjustments.overrides if each.requirement in own}

    def kept(needs: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
        return tuple(need for need in needs if _line(need.origin) in lines or need.name in replaced)

    return inputs._replace(
        dependencies=kept(inputs.dependencies),
        extras=tuple((extra, kept(needs)) for extra, needs in inputs.extras),
        groups=tuple((group, kept(needs)) for group, needs in inputs.groups),
    )


def _line(origin: Origin | None) -> tuple[str, int | None]:
    return (origin.file, origin.line) if origin is not None else ("", None)
