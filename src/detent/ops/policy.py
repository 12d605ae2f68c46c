"""What the settings say to the resolver."""

from collections.abc import Callable
from typing import TypeAlias

from detent.model.names import PackageName
from detent.project.settings import Settings
from detent.resolve.policy import ForkStrategy, Order, Policy, Prerelease

IndexOf: TypeAlias = Callable[[PackageName], str]
"""Tells the name of the index that serves a package."""


def policy_of(settings: Settings, index_of: IndexOf | None = None) -> Policy:
    """Give what is in force when versions are chosen for a lock."""
    choosing = settings.choosing
    return build_policy_of(settings, index_of)._replace(
        order=Order(choosing.resolution.value), fork_strategy=ForkStrategy(choosing.fork_strategy.value)
    )


def build_policy_of(settings: Settings, index_of: IndexOf | None = None) -> Policy:
    """Give what is in force when versions are chosen for a build: the newest that the rest allows."""
    choosing = settings.choosing
    return Policy(
        prerelease=Prerelease(choosing.prerelease.value),
        build=settings.build_policy,
        prerelease_packages={
            name: Prerelease(mode.value) for name, mode in choosing.prerelease_packages.items()
        },
        cutoffs=choosing.cutoffs._replace(index_of=index_of)
        if choosing.cutoffs.indexes
        else choosing.cutoffs,
    )
