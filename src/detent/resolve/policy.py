"""Which releases may be chosen, and why the others may not.

Three things hide a version, whatever the environment: it has no file that may be used (it may not be built,
or its wheels are refused), it was yanked (PEP 592) and nobody pins it, or it is a pre-release nobody asked
for. Each refusal is kept with its reason, so that an explanation can name it. The Pythons a version is for
depend on the environment and are judged in `choices`.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from packaging.version import Version

from detent.model.build_policy import DEFAULT_BUILD_POLICY, BuildPolicy
from detent.model.cutoffs import NO_CUTOFFS, Cutoffs
from detent.model.inputs import Root
from detent.model.requirement import PackageName
from detent.model.versions import Listing
from detent.resolve.preferences import Preferences

PRERELEASE = "is a pre-release"


class Prerelease(Enum):
    """When pre-releases may be chosen."""

    NEVER = "disallow"
    ALWAYS = "allow"
    ASKED_OR_ONLY = "if-necessary-or-explicit"
    """Where a requirement of the project names one, or the package has nothing else."""


class Order(Enum):
    """Which of the versions that may be chosen is best."""

    HIGHEST = "highest"
    LOWEST = "lowest"
    LOWEST_DIRECT = "lowest-direct"
    """The oldest of what the project itself asks for, the newest of everything else."""


class ForkStrategy(Enum):
    """Whether a version that serves more environments is better than a newer one."""

    REQUIRES_PYTHON = "requires-python"
    """The newest for each Python."""
    FEWEST = "fewest"
    """One version for all where there is one."""


class Policy(NamedTuple):
    """What the settings say about releases."""

    prerelease: Prerelease = Prerelease.ASKED_OR_ONLY
    build: BuildPolicy = DEFAULT_BUILD_POLICY
    prerelease_packages: Mapping[PackageName, Prerelease] = MappingProxyType({})
    """In place of `prerelease` for single packages."""
    order: Order = Order.HIGHEST
    fork_strategy: ForkStrategy = ForkStrategy.REQUIRES_PYTHON
    cutoffs: Cutoffs = NO_CUTOFFS


DEFAULT_POLICY = Policy()


class Hidden(NamedTuple):
    """Versions that may not be chosen, and the reason in a phrase that follows the version."""

    mask: int
    reason: str


class Allowed(NamedTuple):
    """What the policy leaves of one listing."""

    mask: int
    hidden: tuple[Hidden, ...]
    """Disjoint masks; what is hidden for several reasons is named with the first."""
    wheels_only: int
    """Versions that serve no Python but those their wheels are for: nothing of them may be built."""


class Rules(NamedTuple):
    """The policy applied to one project: who asked for pre-releases and which versions are pinned."""

    policy: Policy
    naming_prereleases: frozenset[PackageName]
    pinned: Mapping[PackageName, tuple[str, ...]]
    """Versions named with `==` by the project or the command line, and those of the old lock."""

    def allowed(self, listing: Listing) -> Allowed:
        """Judge every version of a listing."""
        hidden: list[Hidden] = []
        left = listing.every
        for mask, reason in (
            *self.without_file(listing),
            (listing.yanked & ~self._pinned(listing), "was yanked"),
            (self._hidden_prereleases(listing), PRERELEASE),
        ):
            if left & mask:
                hidden.append(Hidden(left & mask, reason))
                left &= ~mask
        may_build = self.policy.build.may_build(listing.name)
        return Allowed(left, tuple(hidden), listing.every & ~listing.sdists if may_build else listing.every)

    def without_file(self, listing: Listing) -> tuple[Hidden, ...]:
        """Give the versions that have no file that may be used; the masks are disjoint."""
        build = self.policy.build
        may_build, may_use_wheels = build.may_build(listing.name), build.may_use_wheels(listing.name)
        if may_use_wheels:
            sources = 0 if may_build else listing.every & ~listing.wheels
            reason = f"has only source distributions, and {build.forbidden_by} forbids building them"
            return (Hidden(sources, reason),) if sources else ()
        refused = f"{build.wheels_refused_by} refuses its wheels"
        wheels = Hidden(listing.every & ~listing.sdists, f"has no source distribution, and {refused}")
        if may_build:
            return (wheels,) if wheels.mask else ()
        both = f"cannot be used: {refused}, and {build.forbidden_by} forbids building it"
        return (Hidden(listing.every, both),)

    def _pinned(self, listing: Listing) -> int:
        mask = 0
        for version in self.pinned.get(listing.name, ()):
            number = listing.number(version)
            if number is not None:
                mask |= 1 << number
        return mask

    def _hidden_prereleases(self, listing: Listing) -> int:
        match self.policy.prerelease:
            case Prerelease.ALWAYS:
                return 0
            case Prerelease.NEVER:
                return listing.prerelease
            case Prerelease.ASKED_OR_ONLY:
                has_only_prereleases = not listing.stable & ~listing.yanked
                is_asked_for = listing.name in self.naming_prereleases
                return 0 if has_only_prereleases or is_asked_for else listing.prerelease


def rules_for(policy: Policy, roots: Sequence[Root], preferences: Preferences) -> Rules:
    """Read from the project's requirements and the old lock which exceptions the policy makes."""
    specifiers = [(root.requirement.name, root.requirement.specifier) for root in roots]
    specifiers += preferences.pins.items()
    pinned: dict[PackageName, dict[str, None]] = {}
    naming: set[PackageName] = set()
    for name, specifier in specifiers:
        for clause in specifier.split(","):
            version = _version_of(clause)
            if version is None:
                continue
            if version.is_prerelease:
                naming.add(name)
            if clause.startswith("==") and not clause.endswith(".*"):
                pinned.setdefault(name, {})[clause.lstrip("=").strip()] = None
    for name, locked in preferences.locked.items():
        pinned.setdefault(name, {}).update((version, None) for version, _ in locked)
    return Rules(policy, frozenset(naming), {name: tuple(versions) for name, versions in pinned.items()})


def _version_of(clause: str) -> Version | None:
    """Give the version a specifier clause names; ``None`` for what names none (`===` takes any text)."""
    try:
        return Version(clause.lstrip("=<>!~ ").removesuffix(".*"))
    except ValueError:  # no version, or a number too long to read
        return None
