"""The lock as values (PEP 751), with detent's own record beside the standard part.

Equal locks render to equal bytes. Tuples with names, because a lock is read on every warm path.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from detent.model.candidate import Artifact
from detent.model.names import ExtraName, GroupName, PackageName
from detent.named import NamedTuple

if TYPE_CHECKING:  # installing reads entries alone
    from detent.model.inputs import RecordedInputs

LOCK_NAME = "pylock.toml"
"""What the file is called in a project (PEP 751 allows `pylock.NAME.toml` beside it)."""

SCHEMA = 1
"""Version of the `[tool.detent]` record; a reader refuses what it does not know."""


class Direct(NamedTuple):
    """A source other than an index, as other tools may write it.

    ``kind`` is ``vcs``, ``directory`` or ``archive``. The file of an archive stands in the entry as its one
    wheel or its source distribution, so a wheel locked by URL is chosen like any other.
    """

    kind: str
    location: str
    """URL or path (relative to the lock's folder), passwords removed."""
    vcs: str = ""
    """``git`` and the like."""
    revision: str = ""
    """The branch, tag or commit that was asked for."""
    commit: str = ""
    subdirectory: str = ""
    editable: bool = False
    submodules: bool = False
    """Of a repository: whether its submodules are fetched."""
    lfs: bool = False
    """Of a repository: whether its large files (Git LFS) are fetched."""
    is_package: bool = True
    """Off: what a folder needs is installed, and itself never."""


class Origin(NamedTuple):
    """Where a locked version comes from: an index, or a source of its own."""

    index: str  # type: ignore[assignment]  # as in an entry
    """The root of the index, without credentials; empty for what comes from no index."""
    direct: Direct | None = None


class Edge(NamedTuple):
    """A dependency of one entry on another: the shortest form that is unique in the lock."""

    name: PackageName
    version: str = ""
    """Empty where the lock has one entry of that name, and for entries that carry none."""
    index: str = ""  # type: ignore[assignment]  # as in an entry
    """Empty but where one version comes from several indexes."""
    direct: Direct | None = None
    """Of one of several entries of a name; ``None`` for one from an index."""


class LockedPackage(NamedTuple):
    """One `[[packages]]` entry."""

    name: PackageName
    version: str
    """Canonical; empty for entries that carry none."""
    marker: str = ""
    """Canonical text; empty for always."""
    dependencies: tuple[Edge, ...] = ()
    index: str = ""  # type: ignore[assignment]  # named as the key; nobody looks for an item in an entry
    sdist: Artifact | None = None
    wheels: tuple[Artifact, ...] = ()
    """Sorted by file name. A ``url`` without a scheme is a path, relative to the lock's folder."""
    direct: Direct | None = None
    requires: tuple[str, ...] = ()
    """The base requirements as canonical PEP 508 texts (`[packages.tool.detent] requires`), sorted."""
    extras: tuple[tuple[ExtraName, tuple[str, ...]], ...] = ()
    """Those of each extra that any entry or input asks for, sorted by extra."""
    requires_python: str = ""
    """Of an entry in a foreign lock; detent never writes it, the markers carry the truth."""
    is_built: bool = False
    """Whether a build back end had to be asked for its requirements."""
    held_version: str = ""
    """What a repository or folder held when it was locked; entries with a ``version`` have none."""
    attestations: tuple[str, ...] = ()
    """Who published its files, as the index said: texts of :mod:`detent.model.attestations`, sorted."""

    @property
    def known_version(self) -> str:
        """The version, or what was held when it was locked; empty where nobody wrote either down."""
        return self.version or self.held_version


class BuildPin(NamedTuple):
    """What a build gets, where its marker holds."""

    name: PackageName
    version: str
    marker: str = ""
    """Canonical text; empty for always."""


class LockedBuild(NamedTuple):
    """What the builds of some packages get, and nothing else (`lock-build-requirements`)."""

    members: tuple[tuple[PackageName, str], ...]
    """The packages that are built so, with their versions, sorted; folders and repositories have none."""
    requires: tuple[str, ...] = ()
    """What their `[build-system]` requires, as canonical texts, sorted."""
    asked: tuple[str, ...] = ()
    """What their back ends asked for besides."""
    pins: tuple[BuildPin, ...] = ()
    """Sorted; each is one of the lock's `build_packages`."""


class BuildLock(NamedTuple):
    """What a lock says of builds (:mod:`detent.lock.builds`)."""

    builds: tuple[LockedBuild, ...] = ()
    packages: tuple[LockedPackage, ...] = ()
    is_strict: bool = True
    """Whether a build gets nothing else. Off while a lock is made, which may not know yet what is needed."""


class Lock(NamedTuple):
    """A whole pylock.toml."""

    requires_python: str
    packages: tuple[LockedPackage, ...]
    """Sorted by name, then version (oldest first), then source."""
    environments: tuple[str, ...] = ()
    extras: tuple[ExtraName, ...] = ()
    groups: tuple[GroupName, ...] = ()
    default_groups: tuple[GroupName, ...] = ()
    """PEP 751 `default-groups` of a foreign lock; detent never writes it, its own stand in `inputs`."""
    created_by: str = "detent"
    forks: tuple[str, ...] = ()
    """The environments that were solved apart, as marker texts; empty when one solve served all."""
    builds: tuple[LockedBuild, ...] = ()
    """Sorted by their first member; none where builds are not locked."""
    build_packages: tuple[LockedPackage, ...] = ()
    """What builds get: name, version, index and files alone, sorted as packages are."""
    inputs: "RecordedInputs | None" = None
    """``None`` in a lock another tool wrote."""


class Contest(NamedTuple):
    """A name for which both sides chose other versions."""

    name: PackageName
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    chosen: tuple[str, ...]
    """Those of the lock that was resolved; empty where nothing asks for it any more."""


class Won(NamedTuple):
    """What of a merged lock came from where, by the versions that were chosen in the end."""

    ours: int = 0
    """Names that stand as ours has them, and as theirs has not."""
    theirs: int = 0
    contests: tuple[Contest, ...] = ()


class Merge(NamedTuple):
    """The two sides of a lock in conflict, read."""

    ours: Lock
    pins: Lock
    """What to prefer, of both sides."""
    told: Callable[[Lock], tuple[str, ...]]
    """Says what of the lock that was resolved came from which side."""
    won: Callable[[Lock], Won]
    """Gives the same as a value."""
