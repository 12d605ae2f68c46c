"""What the index has told so far: asked once, kept for every environment, and read ahead.

A stored answer costs a dictionary look-up here; splitting demands into markers and names is done once per
version and extra, however many environments are solved.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from types import MappingProxyType

from detent.model import markers
from detent.model.candidate import Dependency, Metadata
from detent.model.inputs import Root
from detent.model.markers import Marker
from detent.model.requirement import ExtraName, PackageName
from detent.model.versions import Listing
from detent.model.wheel_tags import lowest_served
from detent.named import NamedTuple
from detent.resolve.ports import Releases

FIRST_LOOK_AHEAD = 3
"""Tries of one package after which its next versions are fetched in one go."""
_LOOK_AHEAD = 24
"""How many of them; doubled each time they were not enough."""


class Demand(NamedTuple):
    """One requirement of the project or of a release, ready to be held against an environment."""

    name: PackageName
    extras: tuple[ExtraName, ...]
    specifier: str
    where: Marker
    """The environments it counts in; extras and groups of the project do not narrow it."""
    url: str = ""
    root: Root | None = None
    """The project's own requirement; ``None`` for one of a release."""


class Unusable(NamedTuple):
    """A version that cannot be chosen, and why, as a phrase after its name and version."""

    reason: str


class Catalogue:
    """Listings and demands, each asked for once."""

    def __init__(
        self,
        releases: Releases,
        *,
        project: PackageName,
        pythons: Marker = markers.ALWAYS,
        sources: Mapping[PackageName, str] = MappingProxyType({}),
        within: Marker = markers.ALWAYS,
    ) -> None:
        """``pythons`` are those the project is for; requirements that do not hold ``within`` are passed over.

        ``sources`` are the packages that the project has from a source of its own, each with what that is
        called (empty for an index): they have no other version, whoever asks for them from elsewhere.
        """
        self._releases = releases
        self.sources = sources
        self._within = within
        self._project = project
        self.pythons = pythons
        self._listings: dict[PackageName, Listing] = {}
        self._metadata: dict[tuple[PackageName, int], Metadata | None] = {}
        self._demands: dict[tuple[PackageName, int, str], tuple[Demand, ...] | Unusable] = {}
        self._python: dict[str, Marker] = {}
        self._wheels: dict[str, Marker] = {}
        self._nothing = Listing(project, ())
        self._specifiers: set[str] = set()
        self._expected: set[PackageName] = set()
        self._announced: set[tuple[PackageName, int]] = set()
        self._wanted: set[tuple[PackageName, int]] = set()
        self.is_guessing = False
        """Whether whoever asks only guesses, in an order that may differ from run to run."""

    def listing(self, name: PackageName) -> Listing:
        """Give the versions of a package."""
        listing = self._listings.get(name)
        if listing is None:
            listing = self._listings[name] = self._releases.listing(name)
        return listing

    def metadata(self, name: PackageName, number: int) -> Metadata | None:
        """Give what a version demands, as the index tells it."""
        key = (name, number)
        if key not in self._metadata:
            self._metadata[key] = self._releases.metadata(name, number)
        return self._metadata[key]

    def source(self, name: PackageName) -> str:
        """Name the source that has the one version of a package; empty for one from an index."""
        return self.sources.get(name, "")

    def has_read(self, name: PackageName, number: int) -> bool:
        """Say whether what a version demands is at hand, and can be read."""
        return self._metadata.get((name, number)) is not None

    def has_extra(self, name: PackageName, number: int, extra: str) -> bool:
        """Say whether a version has such an extra; not so when its metadata cannot be read."""
        metadata = self.metadata(name, number)
        return metadata is not None and metadata.for_extra(extra) is not None

    def demands(self, name: PackageName, number: int, extra: str) -> tuple[Demand, ...] | Unusable:
        """Give what a version needs, or what one of its extras adds (none when it has no such extra)."""
        key = (name, number, extra)
        known = self._demands.get(key)
        if not self.is_guessing:
            self._wanted.add((name, number))
        if known is None:
            known = self._demands[key] = self._read_demands(name, number, extra)
        return known

    def _read_demands(self, name: PackageName, number: int, extra: str) -> tuple[Demand, ...] | Unusable:
        metadata = self.metadata(name, number)
        if metadata is None:
            return Unusable(f"has metadata that cannot be read: {self._releases.unreadable(name, number)}")
        rows = metadata.for_extra(extra) if extra else metadata.base
        demands: list[Demand] = []
        for row in rows or ():
            if row.name == self._project:
                # The project meets this itself; an index may have something else of that name.
                continue
            if row.url and row.name not in self.sources:
                if row.marker and markers.disjoint(self._within, markers.parse(row.marker)):
                    continue
                return Unusable(f"needs `{row.name}` from a URL, which only a project's own sources may say")
            demand = self._demand(row)
            if isinstance(demand, Unusable):
                return demand
            demands.append(demand)
        return tuple(demands)

    def _demand(self, row: Dependency) -> Demand | Unusable:
        try:
            where = markers.parse(row.marker)
            self._check_specifier(row.specifier)
        except ValueError as error:
            return Unusable(f"has a requirement that cannot be read: `{row}`: {error}")
        return Demand(row.name, row.extras, row.specifier, where)

    def _check_specifier(self, specifier: str) -> None:
        if specifier not in self._specifiers:
            self._nothing.mask(specifier)
            self._specifiers.add(specifier)

    def matching(self, demand: Demand) -> int:
        """Give every version the demand's specifier names, whether it may be chosen or not."""
        return self.listing(demand.name).mask(demand.specifier)

    def python(self, requires_python: str) -> Marker:
        """Give a release's Python requirement as a marker; only its lower bounds count.

        An upper bound says what was known when the release was made; taking it at its word would hand
        newer Pythons ever older releases that forgot to set one.
        """
        marker = self._python.get(requires_python)
        if marker is None:
            marker = self._python[requires_python] = markers.python_lower_bounds(requires_python)
        return marker

    def wheels(self, pythons: str) -> Marker:
        """Give what the wheels of a release ask of Python, as a marker; NEVER when they serve none in range.

        Only the lowest counts, for the same reason: wheels for Pythons newer than the release come later.
        """
        marker = self._wheels.get(pythons)
        if marker is None:
            marker = self._wheels[pythons] = lowest_served(pythons, self.pythons)
        return marker

    # ---- reading ahead ---------------------------------------------------------------------

    def expect_listings(self, names: Iterable[PackageName]) -> None:
        """Tell the index which listings come next, what was told before left out."""
        new = [name for name in dict.fromkeys(names) if name not in self._expected]
        if new:
            self._expected.update(new)
            self._releases.expect(new, ())

    def expect_metadata(self, wanted: Sequence[tuple[PackageName, int]]) -> None:
        """Tell the index whose metadata comes next, what was told before left out."""
        if not self.is_guessing:
            self._wanted.update(wanted)
        new = [key for key in dict.fromkeys(wanted) if key not in self._announced]
        if new:
            self._announced.update(new)
            self._releases.expect((), new)

    def first(self, wanted: Iterable[tuple[PackageName, int]]) -> int:
        """Wait until one of these is told at once, and give its place; number 0 stands for the listing."""
        return self._releases.first(wanted)

    def is_expected(self, name: PackageName, number: int) -> bool:
        """Say whether the metadata of a version was asked for, so that reading it costs no round trip.

        What was but guessed at does not count: what is found shall not depend on which answer came first.
        """
        return (name, number) in self._wanted

    def look_ahead(self, name: PackageName, numbers: Iterable[int], *, tries: int) -> None:
        """Fetch the next versions of a package that is being tried one by one, from the third on.

        ``numbers`` are those that will be tried, in order. Nothing is done while the first is on its way.
        """
        if tries < FIRST_LOOK_AHEAD:
            return
        coming = iter(numbers)
        first = next(coming, 0)
        if first and not self.is_expected(name, first):
            unseen = (number for number in coming if not self.is_expected(name, number))
            ahead = islice(unseen, max(_LOOK_AHEAD, 2 * tries) - 1)
            self.expect_metadata([(name, number) for number in (first, *ahead)])
