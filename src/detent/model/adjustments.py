"""What a project says about packages it does not ask for: bounds, replacements, exclusions, exclusive extras.

These are the tables of `[tool.detent]` that change an answer: `constraint-dependencies`,
`override-dependencies`, `exclude-dependencies`, `conflicts`, `environments`, `required-environments` and
`dependency-metadata`. All but the constraints act on requirements before anybody looks at them, so the lock
writes down what is left: whoever reads a lock need not know of them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from detent.model import markers
from detent.model.candidate import Dependency
from detent.model.markers import Marker
from detent.model.requirement import Origin, PackageName, Requirement
from detent.named import NamedTuple


class Override(NamedTuple):
    """A requirement that takes the place of every other one on its package."""

    requirement: Requirement
    """Its marker stands in for theirs; its extras are added to theirs."""
    parent: PackageName | None = None
    """Whose requirements are replaced; ``None``: everybody's, the project's own included."""
    parent_version: str = ""
    """Canonical; empty for every version of the parent."""


class Exclusion(NamedTuple):
    """Packages that the requirements of one parent are to leave out."""

    parent: PackageName
    names: tuple[PackageName, ...]
    """Sorted. None are left out of a version that is to have all its requirements."""
    parent_version: str = ""
    """Canonical; empty for every version of the parent that nothing else is said of."""


class StatedMetadata(NamedTuple):
    """What a package demands by the project's own word; nobody else is asked."""

    name: PackageName
    version: str = ""
    """Canonical; empty for every version."""
    requires_python: str = ""
    requires: tuple[str, ...] = ()
    """Lines as `Requires-Dist` has them, canonical, sorted."""
    extras: tuple[str, ...] = ()
    """Normalised, sorted."""


class Exclusive(NamedTuple):
    """Extras and groups of the project of which no two are ever on together."""

    sides: tuple[Marker, ...]
    """Where each of them is on: its own gate, and those of whatever brings it in."""
    names: tuple[str, ...]
    """The same as written, such as ``extra `cpu` ``, for messages."""
    origin: Origin | None = None


class Adjustments(NamedTuple):
    """Everything of this kind that a project says."""

    constraints: tuple[Requirement, ...] = ()
    """Bounds for packages that are needed anyway; no extras, no URLs."""
    overrides: tuple[Override, ...] = ()
    excludes: tuple[PackageName, ...] = ()
    """Packages nobody gets, whoever asks; sorted."""
    scoped_excludes: tuple[Exclusion, ...] = ()
    """One for each parent and each version of it."""
    conflicts: tuple[Exclusive, ...] = ()
    environments: tuple[Marker, ...] = ()
    """The lock is for these alone; empty: for all."""
    required_environments: tuple[Marker, ...] = ()
    """In these a version counts only with a wheel that fits or a source distribution to build."""
    metadata: tuple[StatedMetadata, ...] = ()

    def scope(self) -> Marker:
        """Where the lock is for: the environments, without any two exclusive extras or groups."""
        here = markers.NEVER if self.environments else markers.ALWAYS
        for environment in self.environments:
            here = markers.or_(here, environment)
        for exclusive in self.conflicts:
            for place, one in enumerate(exclusive.sides):
                for other in exclusive.sides[place + 1 :]:
                    here = markers.and_(here, markers.not_(markers.and_(one, other)))
        return here

    def overrides_for(self, name: PackageName, parent: PackageName, version: str) -> tuple[Override, ...]:
        """Give what replaces this parent's requirements on a package.

        One for this version alone counts before one for the parent, and that before one for everybody.
        """
        found = [override for override in self.overrides if override.requirement.name == name]
        of_parent = [override for override in found if override.parent == parent]
        of_version = [o for o in of_parent if o.parent_version and o.parent_version == version]
        of_all_versions = [override for override in of_parent if not override.parent_version]
        return tuple(of_version or of_all_versions or [o for o in found if o.parent is None])

    def spelling(self, parent: PackageName, is_meant: Callable[[str], bool]) -> str:
        """Give a version as what is said of it alone spells it (`2` for `2.0`); empty where nothing is."""
        said = {one.parent_version for one in self.overrides if one.parent == parent}
        said |= {one.parent_version for one in self.scoped_excludes if one.parent == parent}
        return next((version for version in sorted(said) if version and is_meant(version)), "")

    def is_excluded(self, name: PackageName, parent: PackageName, version: str) -> bool:
        """Whether this parent's requirements on a package are left out.

        What is said of one version takes the place of what is said of all of them.
        """
        of_parent = [exclusion for exclusion in self.scoped_excludes if exclusion.parent == parent]
        of_version = [e for e in of_parent if e.parent_version and e.parent_version == version]
        of_all_versions = [exclusion for exclusion in of_parent if not exclusion.parent_version]
        return name in self.excludes or any(name in e.names for e in of_version or of_all_versions)

    def of_project(self, requirement: Requirement) -> tuple[Requirement, ...]:
        """Give what a requirement of the project itself becomes: the override's, with the extras of both."""
        if requirement.name in self.excludes:
            return ()
        replacing = [
            o.requirement for o in self.overrides if not o.parent and o.requirement.name == requirement.name
        ]
        if not replacing:
            return (requirement,)
        return tuple(
            wanted._replace(extras=tuple(sorted({*requirement.extras, *wanted.extras})))
            for wanted in replacing
            if wanted.marker != markers.NEVER
        )

    def adjusted(
        self, dependencies: Sequence[Dependency], parent: PackageName, version: str
    ) -> tuple[Dependency, ...]:
        """Give the requirements of a release as they count here, in the same order."""
        if not (self.overrides or self.excludes or self.scoped_excludes):
            return tuple(dependencies)
        return tuple(dict.fromkeys(self._adjusted(dependencies, parent, version)))

    def _adjusted(
        self, dependencies: Iterable[Dependency], parent: PackageName, version: str
    ) -> Iterator[Dependency]:
        for dependency in dependencies:
            # Before the overrides: what is left out is not replaced either.
            if self.is_excluded(dependency.name, parent, version):
                continue
            overrides = self.overrides_for(dependency.name, parent, version)
            if not overrides:
                yield dependency
            for override in overrides:
                wanted = override.requirement
                if wanted.marker != markers.NEVER:
                    yield Dependency(
                        wanted.name,
                        tuple(sorted({*dependency.extras, *wanted.extras})),
                        wanted.specifier,
                        markers.render(wanted.marker),
                        wanted.url,
                    )


NO_ADJUSTMENTS = Adjustments()
