"""All the resolver may ask the world: what an index offers, and what time it is.

The resolver never fetches, waits or reads a clock of its own; what it is handed here decides whether an
answer comes from the network, a cache or a test. Nothing else of the outside is visible to it.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeAlias

from detent.lock.model import Origin
from detent.model.candidate import Artifact, Metadata
from detent.model.requirement import PackageName
from detent.model.versions import Listing

Clock: TypeAlias = Callable[[], float]
"""Seconds since some fixed moment; only differences are looked at."""


class Releases(Protocol):
    """What the index offers. Answers do not change while one resolution runs."""

    @property
    def index_url(self) -> str:
        """The root of the index, without credentials."""

    def listing(self, name: PackageName) -> Listing:
        """Give the versions of a package; a listing without releases when the index has no such project."""

    def metadata(self, name: PackageName, number: int) -> Metadata | None:
        """Give what a version demands; ``None`` when that cannot be read (see :meth:`unreadable`)."""

    def unreadable(self, name: PackageName, number: int) -> str:
        """Say in a phrase why the metadata of this version cannot be read."""

    def artifacts(self, name: PackageName, number: int) -> tuple[Artifact, ...]:
        """Give the files of a version."""

    def origin(self, name: PackageName, number: int) -> Origin:
        """Say where a version comes from."""

    def of_index(self, index: str) -> "Releases":
        """Give what the index of this name offers, and no other; for packages the project pins to it.

        Raises :class:`~detent.errors.DetentError` where the project declares no such index.
        """

    def expect(self, listings: Sequence[PackageName], metadata: Sequence[tuple[PackageName, int]]) -> None:
        """Hear what will be asked next, to fetch it side by side; a hint, cheap where all is at hand."""

    def first(self, wanted: Iterable[tuple[PackageName, int]]) -> int:
        """Wait until one of these can be told at once, and give its place.

        Each is the metadata of a version, or with the number 0 the listing of a package. No more of them is
        looked at than is needed; which it is may differ from run to run, so no answer may depend on it.
        """
