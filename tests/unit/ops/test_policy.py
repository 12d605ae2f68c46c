from pathlib import Path

import pytest

from detent.model.build_policy import BuildPolicy
from detent.model.names import package_name
from detent.ops.policy import build_policy_of, policy_of
from detent.project.known import BY_NAME
from detent.project.settings import Settings, settings
from detent.project.sources import OF_PYPROJECT, ConfigFile, Sources
from detent.resolve.policy import DEFAULT_POLICY, ForkStrategy, Order, Prerelease

A = package_name("a")


def of_project(**table: object) -> Settings:
    keys = {key.replace("_", "-"): value for key, value in table.items()}
    return settings(Sources(cache_home=Path("/cache"), project=ConfigFile(OF_PYPROJECT, keys), now=1000))


def test_defaults_are_the_resolvers_own() -> None:
    assert policy_of(of_project()) == build_policy_of(of_project()) == DEFAULT_POLICY
    assert of_project().recorded.options() == ()


@pytest.mark.parametrize("choice", BY_NAME["resolution"].choices)
def test_every_order_is_known_to_the_resolver(choice: str) -> None:
    assert policy_of(of_project(resolution=choice)).order is Order(choice)


@pytest.mark.parametrize("choice", BY_NAME["fork-strategy"].choices)
def test_every_fork_strategy_is_known_to_the_resolver(choice: str) -> None:
    assert policy_of(of_project(fork_strategy=choice)).fork_strategy is ForkStrategy(choice)


@pytest.mark.parametrize("choice", BY_NAME["prerelease"].choices)
def test_every_mode_is_known_to_the_resolver(choice: str) -> None:
    policy = policy_of(of_project(prerelease=choice, prerelease_package={"a": choice}))

    assert policy.prerelease is policy.prerelease_packages[A]
    assert policy.prerelease is Prerelease(choice.removesuffix("-or-explicit"))


def test_a_build_gets_the_newest_that_everything_else_allows() -> None:
    policy = build_policy_of(
        of_project(resolution="lowest", exclude_newer="5 minutes", prerelease="allow", no_build_package=["a"])
    )

    assert policy.order is Order.HIGHEST
    assert policy.cutoffs.moment(A) == 700
    assert policy.prerelease is Prerelease.ALLOW
    assert policy.build == BuildPolicy(
        forbidden=frozenset((A,)), forbidden_by=f"`no-build-package` in {OF_PYPROJECT}"
    )
