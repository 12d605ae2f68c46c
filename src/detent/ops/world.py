"""What an operation may use of the outside: the :class:`World`, made by `ops.wiring`."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from detent.events import Report
from detent.named import NamedTuple

if TYPE_CHECKING:  # who has a world has what it is made of; importing all of it is half of a warm command
    from detent.build.frontend import Kind
    from detent.build.system import BuildSystem
    from detent.errors.resolve import ResolveError
    from detent.index.indexes import Indexes
    from detent.index.ports import Pending
    from detent.index.releases import IndexReleases
    from detent.index.repositories import Repositories
    from detent.lock.choice import Choice
    from detent.lock.model import BuildLock, Lock, Merge
    from detent.model.candidate import Artifact, Metadata
    from detent.model.limits import Limits
    from detent.model.names import PackageName
    from detent.model.repository import Tree
    from detent.model.target import Target
    from detent.ops.discover import Project
    from detent.ops.question import Question
    from detent.project.settings import Settings
    from detent.python.interpreter import Interpreter
    from detent.python.provision import Environments
    from detent.resolve.question import SearchFailed
    from detent.store.bytecode import ByteCodeStore
    from detent.store.entry import WheelEntry
    from detent.store.layout import Layout
    from detent.store.wheels import WheelStore

T = TypeVar("T")

Looking: TypeAlias = Callable[[], AbstractContextManager[object]]
"""Waits for the turn to ask an index, whose view of versions is nobody else's meanwhile."""


class Arrived(Protocol):
    """A file that was fetched, its hash and size right."""

    @property
    def source(self) -> bytes | Path:
        """Its bytes, or where they lie."""


class Network(Protocol):
    """What an operation fetches files with; made at first need."""

    def download(
        self, artifact: "Artifact", package: str, dest_folder: Path, *, memory_bytes: int | None = None
    ) -> Arrived:
        """Bring one file, in memory up to that size; raises :class:`FetchError`."""

    def submit(self, function: Callable[..., T], *arguments: object) -> "Pending[T]":
        """Do something beside other transfers."""

    def status_of(self, url: str) -> int:
        """Ask whether somebody answers; raises :class:`IndexUnavailable` where nobody does."""

    def head_of(self, url: str) -> tuple[int, Mapping[str, str]]:
        """Give the status and the headers of an answer; raises :class:`IndexUnavailable`."""

    def has_login(self, url: str) -> bool:
        """Whether there are credentials for whoever answers at a URL; they go with the first request then."""

    def user_at(self, url: str) -> str:
        """Give whom the server at a URL is told; empty: nobody."""

    def close(self) -> None:
        """Stop at once, whatever is still running."""


class Unpacking(Protocol):
    """What puts wheels into the store, several at a time."""

    @property
    def is_any(self) -> bool:
        """Whether other processes do it, so that wheels had better come as files."""

    def put(
        self, digest: str, source: bytes | Path, *, filename: str, name: "PackageName", version: str
    ) -> "WheelEntry":
        """Put a wheel there whose hash was right; raises :class:`ArchiveUnsafe` and :class:`FileTrouble`."""


class Ask(Protocol):
    """Asks the back end of one source what builds of some kinds need."""

    def __call__(self, lock: "BuildLock", kinds: "Sequence[Kind]", /) -> tuple[str, ...]:
        """Ask it, in an environment with what the lock has for that; raises :class:`BuildError`."""


class Builder(Protocol):
    """What makes wheels of sources; made at first need."""

    def side_by_side(self, builds: "Sequence[Callable[[], WheelEntry]]") -> "list[WheelEntry]":
        """Do several builds at once; raises what the first that fails raises."""

    def metadata(
        self, name: "PackageName", version: str, artifact: "Artifact", archive: Path, *, below: str = ""
    ) -> "Metadata":
        """Ask a source distribution what it demands; raises :class:`BuildError`.

        An empty ``version`` takes what it says; ``below`` is a folder in it.
        """

    def metadata_of_git(self, name: "PackageName", tree: "Tree", below: str) -> "Metadata":
        """Ask a folder of a repository what it demands; raises :class:`BuildError`, :class:`FetchError`."""

    def metadata_of_folder(self, name: "PackageName", root: Path, *, is_editable: bool) -> "Metadata":
        """Ask a folder what it demands; raises :class:`BuildError`."""

    def declared(self, project: "Project") -> "Metadata":
        """Ask the project's own back end what it demands; raises :class:`BuildError`."""

    def opened(
        self, choice: "Choice", archive: Path | None, interpreter: "Interpreter"
    ) -> "AbstractContextManager[tuple[BuildSystem, Ask]]":
        """Open a source, to be asked what its builds need; an ``archive`` is one whose hash was right."""

    def from_archive(self, choice: "Choice", archive: Path, interpreter: "Interpreter") -> "WheelEntry":
        """Build a source distribution whose hash was right; raises :class:`BuildError`."""

    def from_tree(self, choice: "Choice", interpreter: "Interpreter") -> "WheelEntry":
        """Build the folder a choice names; raises :class:`BuildError`."""

    def from_git(self, choice: "Choice", interpreter: "Interpreter") -> "WheelEntry":
        """Build what a choice names in a repository; raises :class:`BuildError`, :class:`FetchError`."""

    def looking(self) -> "AbstractContextManager[object]":
        """Wait for the turn to ask an index, as :data:`Looking` says."""


class Promised(Protocol):
    """What holds things that arrive against what a lock says of them; imported at first need.

    Each of these raises :class:`EntryMismatch`.
    """

    def see_wheel(self, choice: "Choice", entry: "WheelEntry") -> None:
        """Look at a wheel that was just put into the store; it is not in it any more where it is refused."""

    def see_stored(self, choice: "Choice", entry: "WheelEntry") -> None:
        """Look at what comes from no index and is in the store, as far as that takes no network."""

    def see_all_git(self, choices: "Sequence[Choice]") -> None:
        """Look at the commits among these, which are fetched for it."""

    def see_archive(self, choice: "Choice", archive: Path) -> None:
        """Look at a source distribution, before it is built."""


class Resolver(Protocol):
    """What finds the lock that answers a question; imported at first need."""

    def __call__(
        self,
        world: "World",
        question: "Question",
        /,
        *,
        error_of: "Callable[[SearchFailed], ResolveError]" = ...,
    ) -> "Lock":
        """Find it; raises :class:`ResolveError`, :class:`PackageUnknown` or :class:`Failures`.

        ``error_of`` makes the error where there is no answer; mostly one that explains why.
        """


class World(NamedTuple):
    """Everything outside that an operation may use; only `ops` may take it whole."""

    settings: "Settings"
    layout: "Layout"
    limits: "Limits"
    releases: "IndexReleases | Indexes"
    wheels: Callable[[], "WheelStore"]
    unpackers: "Callable[[Path, Collection[int | None]], AbstractContextManager[Unpacking]]"
    """What puts wheels of these sizes into the store, with a scratch folder of the caller's."""
    bytecode: Callable[[], "ByteCodeStore"]
    network: Callable[[], Network]
    repositories: Callable[[], "Repositories"]
    """What is fetched with git."""
    environments: Callable[[], "Environments"]
    interpreter: Callable[["Project | None"], "Interpreter"]
    """The Python a project gets, or a command outside of one; looked for when it is called."""
    builder: Callable[[], Builder]
    promises: Callable[["Lock", "Target"], Promised]
    """What holds things that arrive against what a lock says of them, on one machine."""
    resolver: Callable[[], "Resolver"]
    merger: Callable[[str, Path], "Merge"]
    """What reads a lock with conflict markers in it, in that folder; imported when it is called."""
    report: Report

    def clock(self) -> float:
        """Seconds since some fixed moment."""
        return time.perf_counter()


def mirrors(world: World) -> dict[str, str]:
    """Give the mirrors that are asked on this machine, by what a lock calls the index of each."""
    members = world.releases.members()
    return {m.locked_as: m.index_url for m in members if m.locked_as not in ("", m.index_url)}
