"""The lock a command looks at, and what it was made from: as it should be, or as it is under `--frozen`."""

from collections.abc import Collection, Iterable

from detent.errors import UsageError, nearest
from detent.errors.lock import LockInvalid
from detent.errors.usage import NotLocked
from detent.lock.model import Lock
from detent.model.inputs import Inputs
from detent.model.names import PackageName, package_name
from detent.model.requirement import InvalidRequirement
from detent.named import NamedTuple
from detent.ops.discover import LOCK_NAME, Project
from detent.ops.lock import project_inputs, settled_lock
from detent.ops.world import World


class ShownLock(NamedTuple):
    """A lock with the wishes it answers."""

    lock: Lock
    inputs: Inputs


def shown_lock(world: World, project: Project, *, locked: bool, frozen: bool) -> ShownLock:
    """Lock if needed, and give the lock; a frozen one as it is, whatever the project says by now."""
    written = project.inputs(world.releases.index_url)
    inputs = written if frozen else project_inputs(world, project)
    lock, _ = settled_lock(world, project, inputs, locked=locked, frozen=frozen)
    if frozen and lock.inputs is not None:
        try:
            inputs = lock.inputs.as_inputs(written.name, written.index_url)
        except InvalidRequirement as error:
            raise LockInvalid(LOCK_NAME, str(error)) from error
    return ShownLock(lock, inputs)


def locked_names(texts: Iterable[str], flag: str, known: Collection[PackageName]) -> tuple[PackageName, ...]:
    """Read names that a flag was given; one that is not ``known`` would do nothing, and is refused.

    Raises :class:`UsageError` and :class:`NotLocked`.
    """
    found = []
    for text in texts:
        try:
            name = package_name(text)
        except ValueError as error:
            raise UsageError(
                f"`{flag}` takes the name of a package",
                why=str(error),
                next_steps=("write a name such as `httpx`",),
            ) from error
        if name not in known:
            raise NotLocked(name, near=tuple(filter(None, (nearest(name, known),))))
        found.append(name)
    return tuple(found)
