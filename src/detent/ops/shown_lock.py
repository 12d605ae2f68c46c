"""The lock a command looks at, and what it was made from: as it should be, or as it is under `--frozen`."""

from detent.errors.lock import LockInvalid
from detent.lock.model import Lock
from detent.model.inputs import Inputs
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
