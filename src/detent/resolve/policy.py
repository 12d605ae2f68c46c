"""Which releases may be chosen, and why the others may not.

Three things hide a version, whatever the environment: it was yanked (PEP 592) and nobody pins it, it is a
pre-release nobody asked for, or it comes as a source distribution only. Each refusal is kept with its reason,
so that an explanation can name it. Python requirements depend on the environment and are judged in `clauses`.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from packaging.version import InvalidVersion, Version

from detent.model.inputs import Root
from detent.model.requirement import PackageName
from detent.model.versions import Listing
from detent.resolve.preferences import Preferences

SDIST_ONLY = "has only source distributions; building them is not supported yet"


class Prerelease(Enum):
    """When pre-releases may be chosen."""

    NEVER = "disallow"
    ALWAYS = "allow"
    ASKED_OR_ONLY = "if-necessary-or-explicit"
    """Where a requirement of the project names one, or the package has nothing else."""


class Policy(NamedTuple):
    """What the settings say about releases."""

    prerelease: Prerelease = Prerelease.ASKED_OR_ONLY


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
            (listing.every & ~listing.wheels, SDIST_ONLY),
            (listing.yanked & ~self._pinned(listing), "was yanked"),
            (self._hidden_prereleases(listing), "is a pre-release"),
        ):
            if left & mask:
                hidden.append(Hidden(left & mask, reason))
                left &= ~mask
        return Allowed(left, tuple(hidden))

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
    except InvalidVersion:
        return None
