"""What one interpreter can use of each package: the versions, in which order, and the file of each.

A version counts only if a file of it fits: a wheel by its tags, or a source distribution that may be built.
Files are looked at one by one, newest version first, and kept: of most versions nobody ever asks.
"""

from collections.abc import Iterator, Mapping, Sequence

from detent.errors import Bug, DetentError, Failures
from detent.errors.fetch import PackageUnknown
from detent.lock.assemble import sdist_of
from detent.lock.select import best_file, described
from detent.model import markers
from detent.model.candidate import Artifact
from detent.model.inputs import Root
from detent.model.markers import Marker
from detent.model.requirement import PackageName, Requirement
from detent.model.target import Target
from detent.model.versions import newest
from detent.resolve.catalogue import Catalogue, Demand
from detent.resolve.policy import Allowed, Policy, rules_for
from detent.resolve.ports import Releases
from detent.resolve.preferences import Preferences
from detent.resolve.wording import told_apart, wish

_NO_PROJECT = PackageName("")


class Fitting:
    """Which versions of a package one target can use."""

    def __init__(
        self,
        releases: Releases,
        target: Target,
        policy: Policy,
        *,
        requirements: Sequence[Requirement],
        constraints: Sequence[Requirement],
        installed: Mapping[PackageName, str],
    ) -> None:
        self.catalogue = Catalogue(releases, project=_NO_PROJECT)
        self.roots = tuple(map(_demand_of, requirements))
        self._releases = releases
        self._target = target
        self._policy = policy
        self._constraints = tuple(map(_demand_of, constraints))
        self._installed = installed
        locked = {name: ((version, markers.ALWAYS),) for name, version in installed.items()}
        roots = [Root(requirement, requirement.marker) for requirement in (*requirements, *constraints)]
        self._rules = rules_for(policy, roots, Preferences(locked))
        self._holds: dict[Marker, bool] = {}
        self._allowed: dict[PackageName, Allowed] = {}
        self._usable: dict[PackageName, int] = {}
        self._files: dict[tuple[PackageName, int], Artifact | None] = {}

    def look_at_roots(self) -> None:
        """Refuse at once the names the index does not have."""
        self.catalogue.expect_listings(root.name for root in self.roots)
        unknown: dict[PackageName, DetentError] = {
            root.name: PackageUnknown(root.name, self._releases.index_url)
            for root in self.roots
            if not self.catalogue.listing(root.name).count
        }
        if unknown:
            raise Failures(list(unknown.values())) if len(unknown) > 1 else unknown.popitem()[1]

    def holds(self, marker: Marker) -> bool:
        """Say whether a marker holds on the target."""
        holds = self._holds.get(marker)
        if holds is None:
            holds = self._holds[marker] = markers.evaluate(marker, self._target.environment)
        return holds

    def runs(self, requires_python: str) -> bool:
        """Say whether a Python requirement is met; one that cannot be read asks for nothing."""
        try:
            return self.holds(markers.requires_python(requires_python))
        except ValueError:
            return True

    def allowed(self, name: PackageName) -> Allowed:
        """Give what the policy says about a package's versions, with its reasons."""
        allowed = self._allowed.get(name)
        if allowed is None:
            allowed = self._allowed[name] = self._rules.allowed(self.catalogue.listing(name))
        return allowed

    def usable(self, name: PackageName) -> int:
        """Give the versions that may be chosen, their files not looked at."""
        usable = self._usable.get(name)
        if usable is None:
            usable = self.allowed(name).mask
            for mask in self._unfit(name).values():
                usable &= ~mask
            self._usable[name] = usable
        return usable

    def _unfit(self, name: PackageName) -> dict[str, int]:
        """Give the versions that Python or a constraint rules out, by the reason."""
        listing = self.catalogue.listing(name)
        unfit = {
            f"needs Python {text}": mask
            for text, mask in listing.by_requires_python.items()
            if not self.runs(text)
        }
        for constraint in self._constraints:
            if constraint.name == name:
                unfit[f"is not in the constraint `{wish(constraint)}`"] = (
                    listing.every & ~self.catalogue.matching(constraint)
                )
        return unfit

    def in_order(self, name: PackageName, mask: int) -> Iterator[int]:
        """Give the versions of a mask that have a file that fits, best first."""
        listing = self.catalogue.listing(name)
        mask &= self.usable(name)
        kept = listing.number(self._installed[name]) if name in self._installed else None
        if kept is not None and mask >> kept & 1 and self.file(name, kept) is not None:
            yield kept
            mask &= ~(1 << kept)
        for number in self.newest_first(name, mask):
            if self.file(name, number) is not None:
                yield number

    def newest_first(self, name: PackageName, mask: int) -> Iterator[int]:
        """Give the versions of a mask in order, pre-releases last where they are a last resort."""
        first = self.allowed(name).first
        for part in (mask & first, mask & ~first):
            left = part
            while left:
                number = newest(left)
                left &= ~(1 << number)
                yield number

    def file(self, name: PackageName, number: int) -> Artifact | None:
        """Give the file of a version that fits the target."""
        key = (name, number)
        if key not in self._files:
            files = self._releases.artifacts(name, number)
            files = tuple(file for file in files if file.yanked is None) or files
            wheels = [file for file in files if file.is_wheel]
            self._files[key] = best_file(
                wheels, sdist_of(files), self._target, policy=self._policy.build, name=name
            )
        return self._files[key]

    def file_of_pin(self, name: PackageName, number: int) -> Artifact:
        """Give the file of a version that was chosen."""
        artifact = self.file(name, number)
        if artifact is None:
            raise Bug(f"a version of `{name}` was chosen that has no file that fits")
        return artifact

    def obstacles(self, demand: Demand) -> str:
        """Say why there is nothing to meet a demand with; empty where there is something."""
        name = demand.name
        listing = self.catalogue.listing(name)
        if not listing.count:
            return f"; there is no package named {name} on the index"
        named = self.catalogue.matching(demand)
        if not named:
            there = listing.stable & ~listing.yanked or listing.every
            return f"; no version of it matches, the newest is {listing.release(newest(there)).version}"
        if next(self.in_order(name, named), 0):
            return ""
        reasons = {obstacle.reason: obstacle.mask for obstacle in self.allowed(name).hidden}
        reasons.update(self._unfit(name))
        unfit = f"has no wheel for {described(self._target)}"
        build = self._policy.build
        if not build.may_build(name):
            reasons[f"{unfit}, and {build.forbidden_by} forbids building it"] = listing.sdists
        reasons[f"{unfit} and no source distribution"] = listing.every
        return "; " + " and ".join(told_apart(listing, named, reasons))


def _demand_of(requirement: Requirement) -> Demand:
    return Demand(requirement.name, requirement.extras, requirement.specifier, requirement.marker)
