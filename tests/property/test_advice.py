"""What is advised where there is no answer leads to one: in small random worlds, done by the letter."""

import re

import pytest

from detent.errors import Conflict
from detent.model.inputs import Inputs
from detent.model.requirement import Requirement, parse_requirement
from detent.resolve.adjusted import with_adjustments
from detent.resolve.policy import Policy
from detent.resolve.ports import Releases
from support.dimensions import inputs_of, policy_of, wide
from support.resolving import resolve
from support.universes import universe
from support.worlds import ticking, world

PER_ROUND = 60


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
