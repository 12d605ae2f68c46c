"""What the indexes say of the entries of a lock, asked side by side and held against them.

Whom to ask is not the lock's to say: a package comes from the first declared index that has it. Where this
machine has a mirror in the place of an index, that is asked; what it says of addresses is not theirs.
"""

from collections.abc import Mapping, Sequence

from detent.errors.fetch import FetchError
from detent.index.ports import Pending
from detent.index.releases import IndexReleases
from detent.index.urls import index_root, shown
from detent.lock.addresses import prevailing, with_written_paths
from detent.lock.assemble import requirement_texts
from detent.lock.claims import Notes, Pair, Told, compare, odd_addresses
from detent.lock.declared import files_of, is_nominal, is_of_index
from detent.lock.graph import scope
from detent.lock.model import Lock, LockedPackage
from detent.lock.wheels_in_range import WheelRange
from detent.model import markers
from detent.model.adjustment_texts import UnreadableAdjustment
from detent.model.candidate import Artifact
from detent.model.inputs import Inputs
from detent.model.names import PackageName
from detent.model.sources import IndexSource
from detent.named import NamedTuple
from detent.ops.policy import policy_of
from detent.ops.provenance import is_offered
from detent.ops.world import World
from detent.resolve.adjusted import with_adjustments
from detent.resolve.policy import Cause, Rules, rules_for
from detent.resolve.ports import Releases
from detent.resolve.preferences import preferences_from

_PUBLISHERS = "attestation-identities"
_IN_PLACE = "another index was asked in its place"
_OF_RULES = (Cause.PRERELEASE, Cause.TOO_NEW, Cause.UNDATED)


class _Place(NamedTuple):
    """Where an entry is asked for."""

    releases: IndexReleases
    says_addresses: bool = True


class IndexClaims:
    """The entries of a lock that are of an index."""

    def __init__(self, world: World, lock: Lock, inputs: Inputs, notes: Notes) -> None:
        self._world = world
        self._lock = lock
        self._inputs = inputs
        self._notes = notes
        self._is_own = lock.inputs is not None
        self._settings = {index.key: index for index in world.settings.indexes}
        self._members = {member.name: member for member in world.releases.members()}
        self._pairs: list[Pair] = []
        self.asked: set[str] = set()
        """The addresses of the indexes that were."""
        self.in_place: dict[tuple[str, str], None] = {}
        """Which index was asked in place of which of the lock's."""

    def compare(
        self, whole: Sequence[LockedPackage], of_builds: Sequence[LockedPackage]
    ) -> dict[LockedPackage, Told]:
        """Ask for every entry, all side by side, and compare; give what was told of the ``whole`` ones.

        Those ``of_builds`` have nothing but files.
        """
        entries = (*whole, *of_builds)
        self._world.releases.expect(sorted({package.name for package in entries}), ())
        default = self._default_of_lock()
        places = {package: self._place(package, default) for package in dict.fromkeys(entries)}
        views: dict[str, Releases] = {}
        wanted: dict[str, list[tuple[PackageName, int]]] = {}
        numbers: dict[LockedPackage, int] = {}
        for package, place in places.items():
            if place is None:
                continue
            releases = place.releases
            self.asked.add(releases.index_url)
            views.setdefault(releases.name, with_adjustments(releases, self._inputs.adjustments))
            number = releases.listing(package.name).number(package.version)
            if number is None:
                has = "version" if releases.has(package.name) else "package"
                words = f"the index has no {has} `{package.name} {package.version}`"
                self._notes.find(package, "version", package.version, "", words)
            else:
                numbers[package] = number
                wanted.setdefault(releases.name, []).append((package.name, number))
        for name, asked in wanted.items():
            views[name].expect((), asked)
        publishers = self._asked_publishers(numbers, places)
        rules = self._rules()
        range_ = self._range()
        told: dict[LockedPackage, Told] = {}
        for package, number in numbers.items():
            place = places[package]
            assert place is not None  # noqa: S101 -- it has a number there
            view = views[place.releases.name]
            is_whole = package not in of_builds
            its = told[package] = self._told(package, place, view, number, is_whole=is_whole)
            self._published(package, publishers.get(package), is_own_index=place.says_addresses)
            self._notes.add(compare(package, its, *range_, is_own=self._is_own and is_whole))
            if not place.says_addresses:
                self._pair(package, its)
            if is_whole:
                self._allowed(package, rules, view, number)
        self._notes.add(odd_addresses(self._pairs))
        return {package: told[package] for package in whole if package in told}

    def _default_of_lock(self) -> str:
        """Give the index that stands for the default one in this lock, where a machine has another.

        Its entries are of it; one that is of yet another is by nobody's word but its own.
        """
        undeclared = [
            index_root(package.index)
            for package in self._lock.packages
            if is_of_index(package)
            and package.index
            and not self._is_of_project(self._world.releases.serving(package))
        ]
        return prevailing(undeclared) or ""

    def _is_of_project(self, serving: IndexReleases | None) -> bool:
        setting = self._settings.get(serving.name) if serving is not None else None
        return setting is not None and setting.is_of_project

    def _place(self, package: LockedPackage, default: str) -> _Place | None:
        """Find whom to ask for an entry, and see that it may be from there; ``None``: nobody has it."""
        releases = self._world.releases
        own = releases.serving(package)
        ruled = {
            rule.source.index
            for rule in self._inputs.all_sources()
            if rule.name == package.name and isinstance(rule.source, IndexSource)
        }
        if own is not None and own.name in ruled:
            return self._mirrored(package, own)
        first = self._members.get(releases.index_of(package.name))
        if first is None:
            self._notes.find(
                package, "index", package.index, "", "no index that is declared has this package"
            )
            return None
        if own is first:
            return self._mirrored(package, own)
        setting = self._settings.get(first.name)
        url = setting.url if setting is not None else first.index_url
        if not package.index:
            is_local = setting is not None and setting.is_local
            if self._is_own and not is_local:
                self._notes.find(package, "index", "", shown(url))
            return _Place(first)
        stands_in = setting is not None and setting.default and not setting.is_of_project
        if own is None and stands_in and index_root(package.index) == default:
            self._notes.doubt(package, "index", _IN_PLACE)
            self.in_place[package.index, shown(first.index_url)] = None
        else:
            where = "the first index that has it" if own is not None else "the index that the project asks"
            words = f"the lock has it from `{package.index}`, and {where} is `{shown(url)}`"
            self._notes.find(package, "index", package.index, shown(url), words)
        return _Place(first, says_addresses=False)

    def _mirrored(self, package: LockedPackage, own: IndexReleases) -> _Place:
        if own.locked_as in ("", own.index_url):
            return _Place(own)
        self.in_place[package.index, shown(own.index_url)] = None
        return _Place(own, says_addresses=False)

    def _told(
        self, package: LockedPackage, place: _Place, view: Releases, number: int, *, is_whole: bool
    ) -> Told:
        name, own = package.name, place.releases
        files = tuple(map(self._as_written, own.files(name, number)))
        moment = self._world.settings.choosing.cutoffs.moment_on(own.name, name)
        facts = Told(files, says_addresses=place.says_addresses, late_from=moment)
        if not is_whole or not self._is_own:
            return facts
        metadata = view.metadata(name, number)
        pythons = view.listing(name).release(number).requires_python
        if metadata is None:
            reason = view.unreadable(name, number)
            return facts._replace(requires_python=(pythons,), unknown=reason)
        return facts._replace(
            requires_python=(pythons, metadata.requires_python),
            requires=requirement_texts(metadata.base),
            extras={extra: requirement_texts(needs) for extra, needs in metadata.extras},
            is_built=metadata.is_built,
        )

    def _asked_publishers(
        self, numbers: Mapping[LockedPackage, int], places: Mapping[LockedPackage, _Place | None]
    ) -> dict[LockedPackage, Pending[tuple[str, ...]]]:
        """Begin to ask who published what the lock says that somebody did."""
        asked = {}
        for package, number in numbers.items():
            place = places[package]
            if place is None or not package.attestations:
                continue
            releases = place.releases
            first = next((file.filename for file in files_of(package)), "")
            for its in releases.files(package.name, number):
                if its.filename == first and is_offered(its, releases):
                    asked[package] = releases.publishers(its)
        return asked

    def _published(
        self, package: LockedPackage, asked: Pending[tuple[str, ...]] | None, *, is_own_index: bool
    ) -> None:
        locked = ", ".join(package.attestations)
        if not locked:
            return
        if asked is None:
            if is_own_index:
                words = f"the lock says that it was published by {locked}, and the index says nothing of it"
                self._notes.find(package, _PUBLISHERS, locked, "", words, level="warning")
            else:
                self._notes.doubt(package, _PUBLISHERS, _IN_PLACE)
            return
        try:
            told = asked.result()
        except FetchError as error:
            self._notes.doubt(package, _PUBLISHERS, error.why or error.what)
            return
        if told != package.attestations:
            self._notes.find(package, _PUBLISHERS, locked, ", ".join(told))

    def _as_written(self, file: Artifact) -> Artifact:
        """Give a file as a lock names it: one in a folder of the project by its path in there."""
        folders = {i.url: i.written for i in self._world.settings.indexes if i.written}
        if not folders or not file.url.startswith("file:"):
            return file
        entry = LockedPackage(PackageName(""), "", sdist=file)
        written = with_written_paths(Lock("", (entry,)), folders).packages[0].sdist
        return written or file

    def _pair(self, package: LockedPackage, told: Told) -> None:
        there = {file.filename: file.url for file in told.files}
        self._pairs += (
            Pair(package, file.filename, file.url, there[file.filename])
            for file in files_of(package)
            if file.filename in there and not is_nominal(package, file)
        )

    def _range(self) -> tuple[markers.Marker, WheelRange]:
        try:
            here = scope(self._lock)
        except (UnreadableAdjustment, ValueError):
            here = markers.ALWAYS
        return here, WheelRange(here)

    # ---- what may be chosen -----------------------------------------------------------------

    def _rules(self) -> Rules:
        return rules_for(
            policy_of(self._world.settings, self._world.releases.index_of),
            self._inputs.roots(),
            preferences_from(self._lock),
            self._inputs.adjustments,
        )

    def _allowed(self, package: LockedPackage, rules: Rules, view: Releases, number: int) -> None:
        for hidden in rules.allowed(view.listing(package.name)).hidden:
            if hidden.cause in _OF_RULES and hidden.mask >> number & 1:
                self._notes.find(
                    package, "version", package.version, "", f"{package.version} {hidden.reason}"
                )
