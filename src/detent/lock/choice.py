"""What was taken from a lock, as values: made by `lock.select`, and enough to install from. Pure."""

from detent.lock.model import BuildLock, LockedPackage
from detent.model.candidate import Artifact
from detent.model.target import Target
from detent.named import NamedTuple


class Choice(NamedTuple):
    """One entry and the file of it that fits."""

    package: LockedPackage
    artifact: Artifact
    """A wheel, or a source distribution to build one from. Of a folder, which has no file: its location as
    ``url``, and no file name."""
    requested: bool
    """Whether the project itself names it, rather than another package."""
    build_with: tuple[str, ...] = ()
    """What its build takes in the version that is installed beside it, as requirements."""
    build_in: str = ""
    """The environment it is built in, without isolation; usually empty: in one of its own."""
    build_lock: BuildLock | None = None
    """What the lock holds its build to, and those of what that needs; ``None``: nothing does."""


class Selection(NamedTuple):
    """What a target should have."""

    target: Target
    choices: tuple[Choice, ...]
    """Sorted by name."""
