"""An index as the project's own word changes it: other requirements, and metadata nobody has to fetch.

Overrides and exclusions act on what a release demands, stated metadata stands in for all of it. Everybody who
asks (the resolver, and whoever writes the lock) asks the same view, so a lock says what counts here and its
readers need no adjustments. Constraints change no requirement and are judged in `choices`.
"""

from collections.abc import Iterable, Sequence

from detent.lock.model import Origin
from detent.model.adjustments import Adjustments, StatedMetadata
from detent.model.candidate import Artifact, Dependency, Metadata
from detent.model.dependency import parse_dependency
from detent.model.requirement import ExtraName, PackageName
from detent.model.versions import Listing, Release
from detent.resolve.ports import Releases


def with_adjustments(releases: Releases, adjustments: Adjustments) -> Releases:
    """Give the index as these adjustments leave it; the same object where there is nothing to adjust."""
    changing = (
        adjustments.overrides,
        adjustments.excludes,
        adjustments.scoped_excludes,
        adjustments.metadata,
    )
    if any(changing):
        return _Adjusted(releases, adjustments)
    return releases


def readjusted(releases: Releases, adjustments: Adjustments) -> Releases:
    """Give the index as these adjustments leave it, in place of those it may have been adjusted by."""
    if isinstance(releases, _Adjusted):
        return (
            releases if releases.adjustments == adjustments else with_adjustments(releases.plain, adjustments)
        )
    return with_adjustments(releases, adjustments)


class _Adjusted:
    """The view; what nothing is said about goes straight through."""

    def __init__(self, releases: Releases, adjustments: Adjustments) -> None:
        self.plain = releases
        self.adjustments = adjustments
        self._stated: dict[PackageName, list[StatedMetadata]] = {}
        for stated in adjustments.metadata:
            self._stated.setdefault(stated.name, []).append(stated)
        self._listings: dict[PackageName, Listing] = {}
        self._metadata: dict[tuple[PackageName, int], Metadata | None] = {}

    @property
    def index_url(self) -> str:
        return self.plain.index_url

    def listing(self, name: PackageName) -> Listing:
        """Give the versions of a package, for the Pythons that are stated where any are."""
        if name not in self._stated:
            return self.plain.listing(name)
        listing = self._listings.get(name)
        if listing is None:
            releases = self.plain.listing(name).releases
            listing = self._listings[name] = Listing(
                name, (self._for_pythons(name, number, each) for number, each in enumerate(releases, start=1))
            )
        return listing

    def _for_pythons(self, name: PackageName, number: int, release: Release) -> Release:
        stated = self._stated_for(name, number)
        if stated is None or not stated.requires_python:
            return release
        return release._replace(requires_python=stated.requires_python)

    def metadata(self, name: PackageName, number: int) -> Metadata | None:
        """Give what a version demands here."""
        key = (name, number)
        if key not in self._metadata:
            self._metadata[key] = self._adjusted(name, number)
        return self._metadata[key]

    def _adjusted(self, name: PackageName, number: int) -> Metadata | None:
        stated = self._stated_for(name, number)
        if stated is not None:
            release = self.listing(name).release(number)
            plain: Metadata | None = _read(stated, release.version, release.requires_python)
        else:
            plain = self.plain.metadata(name, number)
        if plain is None:
            return None

        version = self._as_written(name, number) or plain.version

        def adjusted(needs: Sequence[Dependency]) -> tuple[Dependency, ...]:
            return self.adjustments.adjusted(needs, name, version)

        extras = tuple((extra, adjusted(needs)) for extra, needs in plain.extras)
        return plain._replace(base=adjusted(plain.base), extras=extras)

    def unreadable(self, name: PackageName, number: int) -> str:
        return self.plain.unreadable(name, number) if self._stated_for(name, number) is None else ""

    def artifacts(self, name: PackageName, number: int) -> tuple[Artifact, ...]:
        return self.plain.artifacts(name, number)

    def origin(self, name: PackageName, number: int) -> Origin:
        return self.plain.origin(name, number)

    def of_index(self, index: str) -> Releases:
        return with_adjustments(self.plain.of_index(index), self.adjustments)

    def expect(self, listings: Sequence[PackageName], metadata: Sequence[tuple[PackageName, int]]) -> None:
        """Pass on what will be asked, but for the metadata that is stated."""
        wanted = [(name, number) for name, number in metadata if self._stated_for(name, number) is None]
        if listings or wanted:
            self.plain.expect(listings, wanted)

    def first(self, wanted: Iterable[tuple[PackageName, int]]) -> int:
        return self.plain.first(wanted)

    def _stated_for(self, name: PackageName, number: int) -> StatedMetadata | None:
        """Give what is stated of a version; what is said of it alone comes before what is said of all."""
        if name not in self._stated:
            return None
        find = self.plain.listing(name).number
        of_all = None
        for stated in self._stated[name]:
            if stated.version and find(stated.version) == number:
                return stated
            if not stated.version:
                of_all = of_all or stated
        return of_all

    def _as_written(self, name: PackageName, number: int) -> str:
        """Give a version as what is said of it alone spells it (`2` for `2.0`); empty for none."""
        find = self.plain.listing(name).number
        return self.adjustments.spelling(name, lambda version: find(version) == number)


def _read(stated: StatedMetadata, version: str, requires_python: str) -> Metadata:
    """Give stated lines as metadata; only extras that are stated exist, as in a release's own."""
    names = [ExtraName(extra) for extra in stated.extras]
    base: list[Dependency] = []
    added: dict[ExtraName, list[Dependency]] = {extra: [] for extra in names}
    for line in stated.requires:
        for extra, dependency in parse_dependency(line, names):
            (base if extra is None else added[extra]).append(dependency)
    return Metadata(
        stated.name,
        version,
        requires_python,
        tuple(base),
        tuple((extra, tuple(needs)) for extra, needs in sorted(added.items())),
    )
