"""What the view of an index asks of others: the network, back ends of builds, and who bounds upload times.

What is handed in here decides whether an answer comes from a server, a build or a test.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar

from detent.index.listings import Asked, Fetched, KeptListing
from detent.model.candidate import Artifact, Metadata
from detent.model.requirement import PackageName

_T_co = TypeVar("_T_co", covariant=True)

BuildMetadata: TypeAlias = Callable[[PackageName, str, Artifact, Path], Metadata]
"""Ask a build back end what a release declares: name, version, its source distribution and where that lies.

Raises :class:`BuildError`. It may ask the same index for what the build needs, but not
revalidate it.
"""

Cutoff: TypeAlias = Callable[[PackageName], int | None]
"""From which moment on uploads of a package do not count (seconds since the epoch); ``None``: all count."""


def no_cutoff(_: PackageName) -> int | None:
    """Let every upload count."""
    return None


class Pending(Protocol[_T_co]):
    """An answer on its way."""

    def result(self, timeout_seconds: float | None = None) -> _T_co:
        """Wait for it; raises what the job raised, or :class:`TimeoutError`."""
        ...

    def done(self) -> bool:
        """Whether it is there."""
        ...

    def exception(self) -> BaseException | None:
        """What the job raised, once it is done."""
        ...


class Remote(Protocol):
    """What is asked of the network; every question is a job beside others."""

    def listing(self, name: PackageName, kept: KeptListing | None) -> Pending[Fetched]:
        """Ask for a project's page, on the condition that it is another than the kept one."""
        ...

    def metadata(
        self, name: PackageName, version: str, files: tuple[Artifact, ...], without_sidecar: frozenset[str]
    ) -> Pending[Asked]:
        """Ask what a release declares."""
        ...

    def text(self, name: PackageName, file: Artifact) -> Pending[bytes]:
        """Ask for the METADATA or PKG-INFO of a file, as it stands."""
        ...

    def publishers(self, file: Artifact) -> Pending[tuple[str, ...]]:
        """Ask who published a file that has an address for that."""
        ...

    def wait(self) -> None:
        """Wait until one more question is answered."""
        ...

    def save(self) -> None:
        """Keep what was learned of the index itself."""
        ...
