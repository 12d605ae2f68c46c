"""What a lock is asked for: apart from the answer, since asking for nothing needs no resolver."""

from collections.abc import Mapping
from pathlib import Path

from detent.lock.model import Lock
from detent.model.inputs import Inputs
from detent.model.requirement import PackageName, Requirement
from detent.named import NamedTuple
from detent.ops.discover import Project
from detent.ops.upgrade import Upgrade


class Question(NamedTuple):
    """What a lock is to be found for."""

    inputs: Inputs
    old: Lock | None = None
    """What was locked before; its versions stay where they can."""
    upgrade: Upgrade = Upgrade()
    imported: Mapping[PackageName, tuple[str, ...]] | None = None
    """Versions another tool had locked, kept where they can be."""
    constraints: tuple[Requirement, ...] = ()
    """Bounds that count this time and are not written down."""
    root: Path = Path()
    """The folder of the lock, which paths of sources begin at."""
    texts: Mapping[str, bytes] = {}
    """The pyproject.toml of members, by their folder: a command that edits one has not written it yet."""
    asks_publishers: bool = False
    """Whether to ask who published what is new: of a lock that is to be written."""
    project: Project | None = None
    """Where what builds need is locked, too: whose own builds count."""
