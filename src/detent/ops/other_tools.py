"""Locks that other tools leave beside a project: imported when that is asked for, never read otherwise."""

from collections.abc import Iterator
from typing import Literal, TypeAlias, get_args

from detent.ops.discover import Project

Tool: TypeAlias = Literal["poetry", "uv", "pdm", "pipenv", "requirements"]
TOOLS: tuple[Tool, ...] = get_args(Tool)
LOCKS: dict[Tool, str] = {
    "poetry": "poetry.lock",
    "uv": "uv.lock",
    "pdm": "pdm.lock",
    "pipenv": "Pipfile.lock",
}


def unread_locks(project: Project) -> Iterator[str]:
    """Say of each lock there is that its versions do not count, and how they would."""
    for name in LOCKS.values():
        if (project.root / name).is_file():
            yield f"the versions in `{name}` are not kept; `detent import` would keep them"
