"""What the next run of a command may go by: how it is started, and what the project calls its own."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from detent import stamp
from detent.events import Event
from detent.ops.active import environment_path
from detent.ops.discover import Project
from detent.ops.matching import SyncOutcome
from detent.ops.stamped_environment import keep_synced
from detent.ops.stamping import Witness
from detent.ops.tasks import plain_tasks
from detent.ops.world import World


class RunWitness:
    """Keeps how a command is run, once all that goes before it has ended well."""

    def __init__(
        self,
        witness: Witness | None,
        packages: Sequence[str],
        said: Callable[[Sequence[Event]], str],
        *,
        is_module: bool,
        goes_by_script: bool,
    ) -> None:
        """``said`` gives what is said of what happens, to be said again."""
        self._witness = witness
        self._said = said
        self._packages = packages
        self._is_module = is_module
        self._goes_by_script = goes_by_script
        self._outcome: SyncOutcome | None = None

    def synced(self, outcome: SyncOutcome) -> SyncOutcome:
        """Take note of the sync that went before."""
        self._outcome = outcome
        return outcome

    @contextmanager
    def during(self, project: Project, opened: AbstractContextManager[World]) -> Iterator[World]:
        """Keep it while the world is still open."""
        with opened as world:
            yield world
            if self._witness is None:
                return
            environment = str(environment_path(world, project))
            tasks = {} if self._is_module else plain_tasks(project, self._packages, Path.cwd())
            said = self._said(self._witness.lasting)
            how: stamp.Running = (environment, self._is_module, self._goes_by_script, tasks, said)
            if self._outcome is not None:
                keep_synced(self._witness, world, project, self._outcome, how)
            elif not self._witness.has_changes:
                self._witness.keep(world, project, how)
