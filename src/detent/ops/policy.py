"""What the settings say to the resolver."""

from detent.project.settings import Settings
from detent.resolve.policy import ForkStrategy, Order, Policy, Prerelease


def policy_of(settings: Settings) -> Policy:
    """Give what is in force when versions are chosen for a lock."""
    choosing = settings.choosing
    return build_policy_of(settings)._replace(
        order=Order(choosing.resolution.value), fork_strategy=ForkStrategy(choosing.fork_strategy.value)
    )


def build_policy_of(settings: Settings) -> Policy:
    """Give what is in force when versions are chosen for a build: the newest that the rest allows."""
    choosing = settings.choosing
    return Policy(
        prerelease=Prerelease(choosing.prerelease.value),
        build=settings.build_policy,
        prerelease_packages={
            name: Prerelease(mode.value) for name, mode in choosing.prerelease_packages.items()
        },
        cutoffs=choosing.cutoffs,
    )
