"""What is said to be in the way of a version is: in small random worlds, and with nothing else of the project."""

import pytest

from detent.model.inputs import Inputs
from detent.model.requirement import Origin, PackageName, Requirement
from detent.resolve import forks
from detent.resolve.adjusted import with_adjustments
from detent.resolve.hindrance import Hindrance, hindrance_of
from detent.resolve.policy import Policy
from detent.resolve.ports import Releases
from detent.resolve.preferences import Preferences
from detent.resolve.question import SearchFailed
from detent.resolve.solver import NoAnswer
from support.dimensions import inputs_of, policy_of, wide
from support.universes import Universe
from support.worlds import ticking, world
from test_advice import edit

PER_ROUND = 40


@pytest.mark.parametrize("dimension", ["", "constraints", "overrides", "prereleases"])
def test_the_lines_named_are_enough_to_keep_a_version_out_and_each_edit_lets_it_in(dimension: str) -> None:
    hindered = lifted = 0
    for seed in range(5000, 5000 + PER_ROUND):
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
    assert hindered > PER_ROUND // 4
    assert lifted > PER_ROUND // 8


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
        assert isinstance(failure.cause, NoAnswer)
        return hindrance_of(failure, failure.cause)
    return None


def only(inputs: Inputs, own: tuple[Requirement, ...]) -> Inputs:
    """Leave out what is not among these lines; overrides and constraints stay, they ask for nothing."""
    lines = {_line(each.origin) for each in own}

    def kept(needs: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
        return tuple(need for need in needs if _line(need.origin) in lines)

    return inputs._replace(
        dependencies=kept(inputs.dependencies),
        extras=tuple((extra, kept(needs)) for extra, needs in inputs.extras),
        groups=tuple((group, kept(needs)) for group, needs in inputs.groups),
    )


def _line(origin: Origin | None) -> tuple[str, int | None]:
    return (origin.file, origin.line) if origin is not None else ("", None)
