"""Files that a command writes its answer to, and what they must not be."""

import os
from pathlib import Path

from detent.errors import UsageError
from detent.ops.discover import LOCK_NAME, MANIFEST_NAME, Project
from detent.ops.shown_paths import display


def refuse_own(project: Project, path: Path, *, instead: str) -> None:
    """Raise :class:`UsageError` for a path that leads to the project's own lock or manifest."""
    own = {os.path.realpath(project.lock_path), os.path.realpath(project.manifest_path)}
    if os.path.realpath(path) in own:
        raise UsageError(
            f"`{display(path)}` cannot be the output file",
            why="it is the project's own lock"
            if path.name == LOCK_NAME
            else f"it is the project's own `{MANIFEST_NAME}`",
            next_steps=(f"write to another file, such as `-o {instead}`",),
        )
