"""An index as the project's own sources change it: what comes from a repository, URL or path has one version.

Where a source holds in a part of the environments only, that part is resolved with a view of its own. The
numbers of versions mean something within one view; :class:`Sources` gives numbers that mean one version of
one source everywhere, and answers for all of them. What a repository or a folder holds is found out before,
by others.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from packaging.version import Version

from detent.errors import Bug
from detent.lock.model import Direct, Origin
from detent.model import markers
from detent.model.adjustments import NO_ADJUSTMENTS, Adjustments
from detent.model.candidate import Artifact, Dependency, Metadata
from detent.model.markers import Marker
from detent.model.references import reference_text
from detent.model.requirement import PackageName
from detent.model.sources import IndexSource, SourceRule, WorkspaceSource
from detent.model.versions import Listing, Release, version_key
from detent.model.wheel_tags import pythons_of_wheels
from detent.named import NamedTuple
from detent.resolve.adjusted import with_adjustments
from detent.resolve.parts import gates_of, place_of
from detent.resolve.ports import Releases

_PLACES = 1 << 32
"""More than any listing has versions: what is above says which source a number is of, none for the index."""


class Sourced(NamedTuple):
    """What a rule for a package came to: the one version its source holds, or one index to look at."""

    name: PackageName
    marker: Marker = markers.ALWAYS
    """Where it holds; never together with another one of the name."""
    metadata: Metadata | None = None
    """What the source holds demands; ``None`` for an index, and where nobody has looked yet."""
    artifacts: tuple[Artifact, ...] = ()
    """The one file of an archive, its hashes right; none for a repository or a folder."""
    direct: Direct | None = None
    """As the lock writes the source; ``None`` for an index."""
    index: str = ""  # type: ignore[assignment]  # as in a rule
    """The name of the index; empty for every other source."""
    where: str = ""
    """The line that says so: ``pyproject.toml:12``; empty where there is none."""


class SourceAsked(Exception):
    """Somebody asks for a package whose source nobody has looked at yet."""

    def __init__(self, name: PackageName) -> None:
        super().__init__(f"the source of `{name}` is not settled")
        self.name = name


def unsettled(rule: SourceRule) -> Sourced:
    """Give a rule of which it is not known what it comes to; who asks for its package gets SourceAsked."""
    return Sourced(rule.name, rule.marker, where=rule.where)


class Region(NamedTuple):
    """A part of the environments in which the same sources hold everywhere."""

    where: Marker
    places: Mapping[PackageName, int]
    """By name the source that holds, as its place among all of them, counted from 1."""
    releases: Releases
    """The index with these sources in it."""
    fixed: Mapping[PackageName, Sourced]
    """Those that hold one version."""
    pinned: Mapping[PackageName, Releases]
    """The index of each package that is pinned to one."""

    def number(self, name: PackageName, number: int) -> int:
        """Give the number that means this version in every region."""
        return self.places.get(name, 0) * _PLACES + number

    def own(self, name: PackageName, number: int) -> int:
        """Give the number a version of every region has in this one; 0 for one from another source."""
        place, own = divmod(number, _PLACES)
        return own if place == self.places.get(name, 0) else 0

    def index_url(self, name: PackageName) -> str:
        """Give the index that a package is pinned to; empty for none."""
        return self.pinned[name].index_url if name in self.pinned else ""


class Sources:
    """All sources of a project over its index: what there is in each region, and to each number."""

    def __init__(
        self, releases: Releases, sourced: Iterable[Sourced], adjustments: Adjustments = NO_ADJUSTMENTS
    ) -> None:
        """``releases`` are the index as the adjustments leave it; what sources demand is adjusted here."""
        self._releases = releases
        self._sourced = _merged(sourced)
        self._views = tuple(self._view_of(each, adjustments) for each in self._sourced)

    def _view_of(self, sourced: Sourced, adjustments: Adjustments) -> Releases:
        if sourced.index:
            return self._releases.of_index(sourced.index)
        if sourced.metadata is None:
            return _Unsettled(self._releases, sourced.name)
        return with_adjustments(_One(sourced), adjustments)

    def regions(self, whole: Marker) -> tuple[Region, ...]:
        """Divide environments as the sources do; one region where these hold everywhere or nowhere.

        What all have in common comes first, which is no extras; then the newest Python.
        """
        found: dict[tuple[int, ...], Marker] = {(): whole}
        for place, each in enumerate(self._sourced, start=1):
            divided: dict[tuple[int, ...], Marker] = {}
            for places, where in found.items():
                inside = markers.and_(where, each.marker)
                outside = markers.and_(where, markers.not_(each.marker))
                if outside != markers.NEVER:
                    divided[places] = outside
                if inside != markers.NEVER:
                    divided[*places, place] = inside
            found = divided
        gates = gates_of(*found.values())
        in_order = sorted(found.items(), key=lambda item: place_of(item[1], gates))
        return tuple(self._region(where, places) for places, where in in_order)

    def _region(self, where: Marker, places: Sequence[int]) -> Region:
        if not places:
            return Region(where, {}, self._releases, {}, {})
        sourced = {place: self._sourced[place - 1] for place in places}
        views = {each.name: self._views[place - 1] for place, each in sourced.items()}
        return Region(
            where,
            {each.name: place for place, each in sourced.items()},
            _View(self._releases, views),
            {each.name: each for each in sourced.values() if not each.index},
            {each.name: views[each.name] for each in sourced.values() if each.index},
        )

    # ---- what whoever writes the lock asks -----------------------------------------------------

    def listing(self, name: PackageName) -> "_Everywhere":
        """Give the versions of a package, from every source."""
        return _Everywhere(self, name)

    def release(self, name: PackageName, number: int) -> Release:
        """Give the row of a version."""
        releases, own = self._split(number)
        return releases.listing(name).release(own)

    def metadata(self, name: PackageName, number: int) -> Metadata | None:
        """Give what a version demands."""
        releases, own = self._split(number)
        return releases.metadata(name, own)

    def artifacts(self, name: PackageName, number: int) -> tuple[Artifact, ...]:
        """Give the files of a version."""
        releases, own = self._split(number)
        return releases.artifacts(name, own)

    def origin(self, name: PackageName, number: int) -> Origin:
        """Say where a version comes from."""
        releases, own = self._split(number)
        return releases.origin(name, own)

    def _split(self, number: int) -> tuple[Releases, int]:
        place, own = divmod(number, _PLACES)
        return (self._views[place - 1] if place else self._releases), own


def referring(metadata: Metadata, rules: Sequence[SourceRule]) -> Metadata:
    """Write into what a package demands where it says its dependencies come from, as direct references.

    So whoever reads the lock knows that this was said, and by whom. Bounds on the versions stay beside them.
    """

    def with_references(rows: Iterable[Dependency]) -> Iterator[Dependency]:
        for row in rows:
            marker = markers.parse(row.marker)
            here = [
                (rule.source, where)
                for rule in rules
                if rule.name == row.name and not isinstance(rule.source, IndexSource | WorkspaceSource)
                if (where := markers.and_(marker, rule.marker)) != markers.NEVER
            ]
            if not row.url or not here:
                yield row
            for source, where in here:
                yield row._replace(specifier="", marker=markers.render(where), url=reference_text(source))

    extras = tuple((extra, tuple(with_references(rows))) for extra, rows in metadata.extras)
    return metadata._replace(base=tuple(with_references(metadata.base)), extras=extras)


class _Everywhere(NamedTuple):
    """The versions of one package, from every source."""

    sources: Sources
    name: PackageName

    def release(self, number: int) -> Release:
        return self.sources.release(self.name, number)


def called(sourced: Sourced) -> str:
    """Name the source of a package, and the line that says so."""
    direct = sourced.direct
    place = direct.location if direct is not None else ""
    if direct is not None and direct.kind == "vcs":
        place = f"{direct.vcs}+{place}" + (f"@{direct.revision}" if direct.revision else "")
    return f"{place} ({sourced.where})" if sourced.where else place


def _merged(sourced: Iterable[Sourced]) -> tuple[Sourced, ...]:
    """Make one of rules that came to the same, wherever each of them holds."""
    found: dict[Sourced, Sourced] = {}
    for each in sourced:
        source = each._replace(marker=markers.ALWAYS, metadata=None, where="")
        before = found.get(source)
        found[source] = each if before is None else _joined(before, each)
    return tuple(found.values())


def _joined(one: Sourced, other: Sourced) -> Sourced:
    """Join what is known of one source; where its dependencies come from may be known in parts only."""
    metadata = one.metadata
    if metadata is not None and other.metadata is not None and metadata != other.metadata:
        extras = tuple(
            (extra, tuple(dict.fromkeys((*rows, *(other.metadata.for_extra(extra) or ())))))
            for extra, rows in metadata.extras
        )
        base = tuple(dict.fromkeys((*metadata.base, *other.metadata.base)))
        metadata = metadata._replace(base=base, extras=extras)
    return one._replace(marker=markers.or_(one.marker, other.marker), metadata=metadata)


class _View:
    """The index with some packages from elsewhere."""

    def __init__(self, plain: Releases, by_name: Mapping[PackageName, Releases]) -> None:
        self._plain = plain
        self._by_name = by_name
        self.index_url = plain.index_url
        self.of_index = plain.of_index

    def _of(self, name: PackageName) -> Releases:
        return self._by_name.get(name, self._plain)

    def listing(self, name: PackageName) -> Listing:
        return self._of(name).listing(name)

    def metadata(self, name: PackageName, number: int) -> Metadata | None:
        return self._of(name).metadata(name, number)

    def unreadable(self, name: PackageName, number: int) -> str:
        return self._of(name).unreadable(name, number)

    def artifacts(self, name: PackageName, number: int) -> tuple[Artifact, ...]:
        return self._of(name).artifacts(name, number)

    def origin(self, name: PackageName, number: int) -> Origin:
        return self._of(name).origin(name, number)

    def expect(self, listings: Sequence[PackageName], metadata: Sequence[tuple[PackageName, int]]) -> None:
        """Pass on to each what it will be asked."""
        names = [name for name in listings if name not in self._by_name]
        wanted = [key for key in metadata if key[0] not in self._by_name]
        if names or wanted:
            self._plain.expect(names, wanted)
        for name in dict.fromkeys((*listings, *(key[0] for key in metadata))):
            if name in self._by_name:
                of_name = [key for key in metadata if key[0] == name]
                self._by_name[name].expect([name] if name in listings else [], of_name)

    def first(self, wanted: Iterable[tuple[PackageName, int]]) -> int:
        """Ask the index, or where nothing is wanted of it the source of the first."""
        rows = list(wanted)
        for of_plain in (True, False):
            places = [place for place, (name, _) in enumerate(rows) if of_plain != (name in self._by_name)]
            if places:
                name = rows[places[0]][0]
                places = places if of_plain else [place for place in places if rows[place][0] == name]
                return places[self._of(name).first([rows[place] for place in places])]
        return 0


class _Unsettled:
    """What nobody has looked at; nothing else is asked of a package before its listing."""

    index_url = ""

    def __init__(self, releases: Releases, name: PackageName) -> None:
        self._name = name
        self.metadata = releases.metadata
        self.unreadable = releases.unreadable
        self.artifacts = releases.artifacts
        self.origin = releases.origin
        self.of_index = releases.of_index

    def listing(self, _: PackageName) -> Listing:
        raise SourceAsked(self._name)

    def expect(self, listings: Sequence[PackageName], metadata: Sequence[tuple[PackageName, int]]) -> None:
        """Hear what may be asked; nothing is looked at for that."""

    def first(self, _: Iterable[tuple[PackageName, int]]) -> int:
        return 0


class _One:
    """The one version a source holds."""

    index_url = ""

    def __init__(self, sourced: Sourced) -> None:
        if sourced.metadata is None:
            raise Bug(f"nothing is known of what the source of `{sourced.name}` holds")
        self._sourced = sourced
        self._metadata = sourced.metadata
        wheels = [file.filename for file in sourced.artifacts if file.is_wheel]
        version = self._metadata.version
        release = Release(
            version=version,
            key=version_key(Version(version)),
            requires_python=self._metadata.requires_python,
            has_wheel=True,  # to whoever asks whether reading its metadata would take a build
            has_sdist=not wheels,
            yanked=False,
            uploaded_at=None,
            wheel_pythons=pythons_of_wheels(wheels) if wheels else "",
        )
        self._listing = Listing(sourced.name, (release,))

    def listing(self, _: PackageName) -> Listing:
        return self._listing

    def metadata(self, _: PackageName, __: int) -> Metadata | None:
        return self._metadata

    def unreadable(self, _: PackageName, __: int) -> str:
        return ""

    def artifacts(self, _: PackageName, __: int) -> tuple[Artifact, ...]:
        return self._sourced.artifacts

    def origin(self, _: PackageName, __: int) -> Origin:
        return Origin("", self._sourced.direct)

    def of_index(self, index: str) -> Releases:
        raise Bug(f"a source was asked for the index `{index}`")

    def expect(self, listings: Sequence[PackageName], metadata: Sequence[tuple[PackageName, int]]) -> None:
        """Hear what will be asked: it is at hand."""

    def first(self, _: Iterable[tuple[PackageName, int]]) -> int:
        return 0
