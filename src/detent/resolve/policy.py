"""Which releases may be chosen, which come first, and why the others may not.

Five things hide a version, whatever the environment: it has no file that may be used (it may not be built,
or its wheels are refused), it was yanked (PEP 592) and nobody pins it, it is a pre-release and the mode in
force refuses those, it was uploaded too late, or nobody knows when. Each refusal is kept with its reason, so
that an explanation can name it. The Pythons a version is for and the project's constraints depend on the
environment and are judged in `choices`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import Enum
from types import MappingProxyType

from packaging.version import Version

from detent.model.adjustments import NO_ADJUSTMENTS, Adjustments
from detent.model.build_policy import DEFAULT_BUILD_POLICY, BuildPolicy
from detent.model.cutoffs import NO_CUTOFFS, Cutoffs
from detent.model.inputs import Root
from detent.model.requirement import PackageName, Requirement
from detent.model.versions import Listing
from detent.named import NamedTuple
from detent.resolve.preferences import Preferences

_MOST_NAMES = 5
_DAY_SECONDS = 24 * 60 * 60

PRERELEASE = "is a pre-release"
"""How every reason begins that hides a pre-release."""


class Prerelease(Enum):
    """When pre-releases may be chosen."""

    DISALLOW = "disallow"
    ALLOW = "allow"
    """Always; the newest of all versions is the best."""
    IF_NECESSARY = "if-necessary"
    """After every stable version that meets the demands."""
    EXPLICIT = "explicit"
    """The same, of packages of which the project names a pre-release; of others never."""


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

    prerelease: Prerelease = Prerelease.IF_NECESSARY
    build: BuildPolicy = DEFAULT_BUILD_POLICY
    prerelease_packages: Mapping[PackageName, Prerelease] = MappingProxyType({})
    """In place of `prerelease` for single packages."""
    order: Order = Order.HIGHEST
    fork_strategy: ForkStrategy = ForkStrategy.REQUIRES_PYTHON
    cutoffs: Cutoffs = NO_CUTOFFS


DEFAULT_POLICY = Policy()


class Cause(Enum):
    """What kind of thing hides a version, for whoever looks for a way out."""

    FILES = "files"
    YANKED = "yanked"
    PRERELEASE = "pre-release"
    TOO_NEW = "too new"
    UNDATED = "undated"
    CONSTRAINT = "constraint"


class Hidden(NamedTuple):
    """Versions that may not be chosen, and the reason in a phrase that follows the version."""

    mask: int
    reason: str
    cause: Cause = Cause.FILES


class Allowed(NamedTuple):
    """What the policy leaves of one listing."""

    mask: int
    hidden: tuple[Hidden, ...]
    """What is hidden for several reasons of the policy is named with the first; constraints name all."""
    wheels_only: int
    """Versions that serve no Python but those their wheels are for: nothing of them may be built."""
    first: int
    """Versions that come before all others, whatever the order: stable ones, or all."""


class Rules:
    """The policy applied to one project: what it pins and bounds, and where it names pre-releases."""

    def __init__(
        self,
        policy: Policy,
        *,
        naming_prereleases: frozenset[PackageName],
        pinned: Mapping[PackageName, tuple[str, ...]],
        locked: Mapping[PackageName, tuple[str, ...]],
        constraints: Mapping[PackageName, tuple[Requirement, ...]],
    ) -> None:
        """``pinned`` are specifiers with `==` of the project or the command line; ``locked``, versions."""
        self.policy = policy
        self.constraints = constraints
        self._naming_prereleases = naming_prereleases
        self._pinned = pinned
        self._locked = locked
        self._allowed: dict[PackageName, Allowed] = {}

    def allowed(self, listing: Listing) -> Allowed:
        """Judge every version of a listing; the answer is kept, for all environments alike."""
        allowed = self._allowed.get(listing.name)
        if allowed is None:
            allowed = self._allowed[listing.name] = self._judge(listing)
        return allowed

    def _judge(self, listing: Listing) -> Allowed:
        name = listing.name
        hidden: list[Hidden] = []
        left = listing.every
        for each in (
            *self.without_file(listing),
            Hidden(listing.yanked & ~self._named(listing), "was yanked", Cause.YANKED),
            self._prereleases(listing),
            *self._of_wrong_age(listing),
        ):
            if left & each.mask:
                hidden.append(each._replace(mask=left & each.mask))
                left &= ~each.mask
        may_build = self.policy.build.may_build(name)
        is_any_as_good = self.prerelease_mode(name) is Prerelease.ALLOW
        return Allowed(
            left,
            tuple(hidden),
            wheels_only=listing.every & ~listing.sdists if may_build else listing.every,
            first=listing.every if is_any_as_good else listing.stable,
        )

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

    def _named(self, listing: Listing) -> int:
        """Give the versions that the project pins or the old lock has.

        A pin names no yanked version as long as it has another: `==2` is 2, not a yanked `2+cpu`.
        """
        mask = 0
        for specifier in self._pinned.get(listing.name, ()):
            pinned = listing.mask(specifier)
            mask |= pinned if not pinned & ~listing.yanked else 0
        for version in self._locked.get(listing.name, ()):
            mask |= 1 << (listing.number(version) or 0)
        return mask

    def prerelease_mode(self, name: PackageName) -> Prerelease:
        """Say when pre-releases of a package may be chosen."""
        return self.policy.prerelease_packages.get(name, self.policy.prerelease)

    def _prereleases(self, listing: Listing) -> Hidden:
        name = listing.name
        mode = self.prerelease_mode(name)
        is_open = mode in {Prerelease.ALLOW, Prerelease.IF_NECESSARY} or (
            mode is Prerelease.EXPLICIT and name in self._naming_prereleases
        )
        setting = f'`prerelease = "{mode.value}"`'
        if name in self.policy.prerelease_packages:
            setting = f"`prerelease-package` ({name}={mode.value})"
        rule = (
            "takes those only where the project names one" if mode is Prerelease.EXPLICIT else "refuses those"
        )
        return Hidden(
            0 if is_open else listing.prerelease,
            f"{PRERELEASE}, and {setting} {rule}",
            Cause.PRERELEASE,
        )

    def _of_wrong_age(self, listing: Listing) -> tuple[Hidden, ...]:
        """Give the versions that were uploaded too late, and those of which nobody says when."""
        cutoffs = self.policy.cutoffs
        cutoff = cutoffs.cutoff(listing.name)
        if cutoff is None:
            return ()
        moment = cutoff.at(cutoffs.now)
        late = undated = 0
        days: set[int] = set()
        for number, release in enumerate(listing.releases, start=1):
            if release.uploaded_at is None:
                undated |= 1 << number
            elif release.uploaded_at >= moment:
                late |= 1 << number
                days.add(release.uploaded_at // _DAY_SECONDS)
        setting = self._cutoff_of(listing.name)
        found: list[Hidden] = []
        if late:
            # Of several days none is told: it would be read as that of the versions in question.
            when = f" on {date(1970, 1, 1) + timedelta(*days)}," if len(days) == 1 else ""
            reason = f"was uploaded{when} after what {setting} allows"
            found.append(Hidden(late, reason, Cause.TOO_NEW))
        if undated:
            reason = f"has no upload time on the index, and {setting} takes nothing of unknown age"
            found.append(Hidden(undated, reason, Cause.UNDATED))
        return tuple(found)

    def _cutoff_of(self, name: PackageName) -> str:
        cutoffs = self.policy.cutoffs
        cutoff = cutoffs.cutoff(name)
        return cutoffs.origin(name) + (f" ({cutoff.text})" if cutoff is not None else "")

    def warnings(self, asked: Iterable[Requirement]) -> Iterator[str]:
        """Say what the settings do that nobody may have wanted, once all was judged.

        ``asked`` are the project's own requirements.
        """
        if self.policy.cutoffs != NO_CUTOFFS:
            yield from self._undated()
        if self.policy.order is not Order.HIGHEST:
            yield from self._unbounded(asked)

    def _undated(self) -> Iterator[str]:
        names = sorted(
            name
            for name, allowed in self._allowed.items()
            if any(hidden.cause is Cause.UNDATED for hidden in allowed.hidden)
        )
        if names:
            shown = ", ".join(f"`{name}`" for name in names[:_MOST_NAMES])
            more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
            yield (
                f"{self._cutoff_of(names[0])} leaves out versions of {shown}{more}: "
                "the index does not say when they were uploaded"
            )

    def _unbounded(self, asked: Iterable[Requirement]) -> Iterator[str]:
        has_bound: dict[PackageName, bool] = {}
        for requirement in asked:
            bounds = [requirement, *self.constraints.get(requirement.name, ())]
            is_bound = any(_has_lower_bound(bound.specifier) for bound in bounds)
            has_bound[requirement.name] = has_bound.get(requirement.name, False) or is_bound
        for name, is_bound in has_bound.items():
            if not is_bound:
                yield (
                    f"`{name}` is asked for without a lower bound, and `resolution = "
                    f'"{self.policy.order.value}"` takes the oldest version there is: consider `{name}>=...`'
                )


def rules_for(
    policy: Policy,
    roots: Sequence[Root],
    preferences: Preferences,
    adjustments: Adjustments = NO_ADJUSTMENTS,
) -> Rules:
    """Read from the project's own words and the old lock which exceptions the policy makes."""
    said = [root.requirement for root in roots]
    said += adjustments.constraints
    said += (override.requirement for override in adjustments.overrides)
    specifiers = [(requirement.name, requirement.specifier) for requirement in said]
    specifiers += preferences.pins.items()
    pinned: dict[PackageName, dict[str, None]] = {}
    naming: set[PackageName] = set()
    for name, specifier in specifiers:
        for clause in specifier.split(","):
            version = _version_of(clause)
            if version is None:
                continue
            if version.is_prerelease and not clause.startswith("!="):
                naming.add(name)
            if clause.startswith("==") and not clause.endswith(".*"):
                pinned.setdefault(name, {})[clause] = None
    constraints: dict[PackageName, list[Requirement]] = {}
    for constraint in adjustments.constraints:
        constraints.setdefault(constraint.name, []).append(constraint)
    return Rules(
        policy,
        naming_prereleases=frozenset(naming),
        pinned={name: tuple(clauses) for name, clauses in pinned.items()},
        locked={name: tuple(version for version, _ in locked) for name, locked in preferences.locked.items()},
        constraints={name: tuple(bounds) for name, bounds in constraints.items()},
    )


def _has_lower_bound(specifier: str) -> bool:
    return any(clause.startswith((">", "==", "~=")) for clause in specifier.split(","))


def _version_of(clause: str) -> Version | None:
    """Give the version a specifier clause names; ``None`` for what names none (`===` takes any text)."""
    try:
        return Version(clause.lstrip("=<>!~ ").removesuffix(".*"))
    except ValueError:  # no version, or a number too long to read
        return None
