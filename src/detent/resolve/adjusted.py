"""An index as the project's own word changes it: other requirements, and metadata nobody has to fetch.

Overrides and exclusions act on what a release demands, stated metadata stands in for all of it. Everybody who
asks (the resolver, and whoever writes the lock) asks the same view, so a lock says what counts here and its
readers need no adjustments. Constraints change no requirement and are judged in `choices`.
"""

from collections.abc import Sequence
from itertools import chain

from detent.model.adjustments import Adjustments, StatedMetadata
from detent.model.candidate import Artifact, Dependency, Metadata
from detent.model.dependency import parse_dependency
from detent.model.requirement import ExtraName, PackageName
from detent.model.versions import Listing
from detent.resolve.ports import Releases


def with_adjustments(releases: Releases, adjustments: Adjustments) -> Releases:
    """Give the index as these adjustments leave it; the same object where there is nothing to adjust."""
    if adjustments.overrides or adjustments.excludes or adjustments.metadata:
        return _Adjusted(releases, adjustments)
    return releases


class _Adjusted:
    """The view; what nothing is said about goes straight through."""

    def __init__(self, releases: Releases, adjustments: Adjustments) -> None:
        self._releases = releases
        self._adjustments = adjustments
        self._stated: dict[PackageName, list[StatedMetadata]] = {}
        for stated in adjustments.metadata:
            self._stated.setdefault(stated.name, []).append(stated)
        self._listings: dict[PackageName, Listing] = {}
        self._metadata: dict[tuple[PackageName, int], Metadata | None] = {}

    @property
    def index_url(self) -> str:
        return self._releases.index_url

    def listing(self, name: PackageName) -> Listing:
        """Give the versions of a package, for the Pythons that are stated where any are."""
        if name not in self._stated:
            return self._releases.listing(name)
        listing = self._listings.get(name)
        if listing is None:
            plain = self._releases.listing(name)
            pythons = {release.version: self._python(name, release.version) for release in plain.releases}
            listing = self._listings[name] = Listing(
                name,
                (
                    release._replace(requires_python=pythons[release.version] or release.requires_python)
                    for release in plain.releases
                ),
            )
        return listing

    def _python(self, name: PackageName, version: str) -> str:
        stated = self._stated_for(name, version)
        return "" if stated is None else stated.requires_python

    def metadata(self, name: PackageName, number: int) -> Metadata | None:
        """Give what a version demands here."""
        key = (name, number)
        if key not in self._metadata:
            self._metadata[key] = self._adjusted(name, number)
        return self._metadata[key]

    def _adjusted(self, name: PackageName, number: int) -> Metadata | None:
        stated = self._stated_at(name, number)
        if stated is not None:
            release = self.listing(name).release(number)
            plain: Metadata | None = _read(stated, release.version, release.requires_python)
        else:
            plain = self._releases.metadata(name, number)
        if plain is None:
            return None

        def adjusted(needs: Sequence[Dependency]) -> tuple[Dependency, ...]:
            return self._adjustments.adjusted(needs, name, plain.version)

        extras = tuple((extra, adjusted(needs)) for extra, needs in plain.extras)
        return plain._replace(base=adjusted(plain.base), extras=extras)

    def unreadable(self, name: PackageName, number: int) -> str:
        return self._releases.unreadable(name, number) if self._stated_at(name, number) is None else ""

    def artifacts(self, name: PackageName, number: int) -> tuple[Artifact, ...]:
        return self._releases.artifacts(name, number)

    def expect(self, listings: Sequence[PackageName], metadata: Sequence[tuple[PackageName, int]]) -> None:
        """Pass on what will be asked, but for the metadata that is stated."""
        wanted = [(name, number) for name, number in metadata if self._stated_at(name, number) is None]
        if listings or wanted:
            self._releases.expect(listings, wanted)

    def _stated_at(self, name: PackageName, number: int) -> StatedMetadata | None:
        if name not in self._stated:
            return None
        return self._stated_for(name, self._releases.listing(name).release(number).version)

    def _stated_for(self, name: PackageName, version: str) -> StatedMetadata | None:
        """Give what is stated of a version; what is said of it alone comes before what is said of all."""
        found = self._stated.get(name, ())
        return next(
            chain(
                (stated for stated in found if stated.version == version),
                (stated for stated in found if not stated.version),
            ),
            None,
        )


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
