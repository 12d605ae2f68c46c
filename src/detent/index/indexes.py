"""Several indexes as one: the first of them, in order, that has a package is the one that serves it.

A name that a private index should have never comes from a later one: only an index that says that it has no
such project (404, 410, and what its `ignore-error-codes` name) is passed over; where one refuses, breaks or
does not answer, all stops. An explicit index serves nothing but what is pinned to it. Names are asked of a
later index only when the earlier ones have answered, so private names are not told to others.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from detent.errors import UsageError, did_you_mean
from detent.errors.build import BuildError
from detent.errors.fetch import FetchError, IndexInTheWay, IndexUnavailable, PageInvalid
from detent.index.releases import IndexReleases
from detent.lock.model import LockedPackage, Origin
from detent.model.candidate import Artifact, Metadata
from detent.model.requirement import PackageName
from detent.model.versions import Listing
from detent.named import NamedTuple


class Member(NamedTuple):
    """One index among several."""

    releases: IndexReleases
    label: str
    """What messages call it."""
    is_explicit: bool = False


class Indexes:
    """All indexes for one command; structurally a `resolve.ports.Releases`."""

    def __init__(
        self,
        members: Sequence[Member],
        *,
        index_url: str,
        unbuilt: list[BuildError],
        wait: Callable[[], None],
        pins: Mapping[PackageName, str],
    ) -> None:
        """``members`` stand in the order they are asked; ``pins`` name the one index of a package.

        ``wait`` waits until one more question to any of them is answered.
        """
        self.index_url = index_url
        """The default one's."""
        self.unbuilt = unbuilt
        """Failures of builds, of all of them; whoever tells them takes them away."""
        self._members = tuple(members)
        self._order = tuple(member for member in members if not member.is_explicit)
        self._wait = wait
        self._pins = dict(pins)
        self._serving: dict[PackageName, IndexReleases | None] = {}

    # ---- what the resolver asks --------------------------------------------------------------

    def listing(self, name: PackageName) -> Listing:
        """The project's releases on the index that serves it; none where no index has such a project."""
        serving = self._served(name)
        return Listing(name, ()) if serving is None else serving.listing(name)

    def metadata(self, name: PackageName, number: int) -> Metadata | None:
        """What a release declares; ``None`` when it cannot be read, see :meth:`unreadable`."""
        return self._one(name).metadata(name, number)

    def unreadable(self, name: PackageName, number: int) -> str:
        """Why a release's metadata cannot be read; empty when it can."""
        return self._one(name).unreadable(name, number)

    def artifacts(self, name: PackageName, number: int) -> tuple[Artifact, ...]:
        """The files of a release, sorted by file name."""
        return self._one(name).artifacts(name, number)

    def origin(self, name: PackageName, number: int) -> Origin:
        """Where a release comes from: the index that serves it."""
        return self._one(name).origin(name, number)

    def of_index(self, index: str) -> IndexReleases:
        """Give the index of this name alone; raises :class:`UsageError` where there is none."""
        for member in self._members:
            if member.releases.name == index:
                return member.releases
        names = ", ".join(f"`{member.releases.name}`" for member in self._members)
        why = f"the indexes are {names}" if names else "no index is asked"
        raise UsageError(
            f"there is no index named `{index}`",
            why=why,
            next_steps=(
                *did_you_mean(index, (m.releases.name for m in self._members)),
                "see `detent index list`",
            ),
        )

    def index_of(self, name: PackageName) -> str:
        """Give the name of the index that serves a package."""
        serving = self._served(name)
        return "" if serving is None else serving.name

    def expect(self, listings: Sequence[PackageName], metadata: Sequence[tuple[PackageName, int]]) -> None:
        """Begin to fetch what is not at hand, side by side; nothing is waited for."""
        # What goes wrong with a guess is told when the answer is really wanted.
        for name in listings:
            with suppress(FetchError):
                self._look(name)
        wanted: dict[str, list[tuple[PackageName, int]]] = {}
        for name, number in metadata:
            serving = self._serving.get(name)
            if serving is not None:
                wanted.setdefault(serving.name, []).append((name, number))
        for member in self._members:
            pairs = wanted.get(member.releases.name)
            if pairs:
                member.releases.expect((), pairs)

    def first(self, wanted: Iterable[tuple[PackageName, int]]) -> int:
        """Wait until one of these is at hand, and give its place; number 0 stands for the listing."""
        waiting = tuple(wanted)
        while True:
            for place, (name, number) in enumerate(waiting):
                if self._is_at_hand(name, number):
                    return place
            self._wait()

    # ---- what operations ask -----------------------------------------------------------------

    def revalidate(self, names: Iterable[PackageName] | None = None) -> bool:
        """Ask again for every listing that was used and is older than this command; true when one changed."""
        chosen = None if names is None else tuple(names)
        changed = [member.releases.revalidate(chosen) for member in self._members]
        self._serving.clear()  # an index may have got a package meanwhile
        return any(changed)

    def save(self) -> None:
        """Keep what was learned."""
        for member in self._members:
            member.releases.save()

    def serving(self, package: LockedPackage) -> IndexReleases | None:
        """Give the index that a locked package is from; ``None`` where it is none of these."""
        return next((m.releases for m in self._members if m.releases.serves(package)), None)

    def members(self) -> Sequence[IndexReleases]:
        """Give all of them, in order."""
        return [member.releases for member in self._members]

    def asked(self, name: PackageName) -> Sequence[str]:
        """Give the addresses of those that are asked for a package, in order, without credentials."""
        return [member.releases.index_url for member in self._candidates(name)]

    # ---- who serves what ---------------------------------------------------------------------

    def _one(self, name: PackageName) -> IndexReleases:
        serving = self._served(name)
        assert serving is not None, f"no index has {name}, and one of its versions was asked for"  # noqa: S101
        return serving

    def _served(self, name: PackageName) -> IndexReleases | None:
        """Give the index that serves a package, waiting for as many answers as that takes."""
        while not self._look(name):
            self._wait()
        return self._serving[name]

    def _look(self, name: PackageName) -> bool:
        """Ask on as far as there are answers; whether it is known now who serves the package."""
        if name in self._serving:
            return True
        candidates = self._candidates(name)
        for member in candidates:
            has_it = self._has(member, name, is_last=member is candidates[-1])
            if has_it is None:
                return False
            if has_it:
                self._serving[name] = member.releases
                return True
        self._serving[name] = candidates[-1].releases if candidates else None
        return True

    def _candidates(self, name: PackageName) -> Sequence[Member]:
        pin = self._pins.get(name)
        if pin is None:
            return self._order
        return tuple(member for member in self._members if member.releases.name == pin)

    def _has(self, member: Member, name: PackageName, *, is_last: bool) -> bool | None:
        """Say whether an index has a package; ``None`` while nobody knows."""
        releases = member.releases
        try:
            if not releases.is_begun(name):
                releases.expect((name,), ())
            return releases.has(name) if releases.is_at_hand(name, 0) else None
        except (IndexUnavailable, PageInvalid) as fault:
            raise IndexInTheWay(name, member.label, fault, is_last=is_last) from fault

    def _is_at_hand(self, name: PackageName, number: int) -> bool:
        try:
            if not self._look(name):
                return False
        except FetchError:
            return True  # who asks hears of it
        serving = self._serving[name]
        return serving is None or serving.is_at_hand(name, number)
