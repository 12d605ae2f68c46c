"""Which commands a run is made of: the one that was named, or a task of the project and what that waits for.

A task's own command is a program and never another task. A task of the member that the command is about
comes before one of the workspace's root.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from detent.errors import UsageError
from detent.errors.python import CommandRefused
from detent.named import NamedTuple
from detent.ops.discover import Part, Project, about, decode
from detent.ops.shown_paths import display
from detent.project.tasks import Task, order, read_tasks


class Call(NamedTuple):
    """One command to start."""

    words: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()
    """What is set for it alone."""
    folder: Path | None = None
    """Where it runs; ``None``: here."""
    task: str = ""


class Run(NamedTuple):
    """What a command line comes to."""

    calls: tuple[Call, ...]
    """In order; each begins where the one before ended well."""
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    """What has to be installed for them."""
    owner: str = ""
    """The project whose task it is."""


class Found(NamedTuple):
    """The tasks of a project, and the folder they run in."""

    owner: str
    root: Path
    tasks: Mapping[str, Task]


def tasks_of(project: Project, packages: Sequence[str] = ()) -> tuple[Found, ...]:
    """Give the tasks that can be named: of the member a command is about, then of the root.

    That is the one member of ``packages``, else the one it stands in. Raises :class:`ManifestInvalid`, and
    :class:`UsageError` for one that is none of the workspace.
    """
    part = (about(project, packages[0]) if len(packages) == 1 else project).current
    root = project.as_root().current
    return tuple(_read(each) for each in ((part, root) if part.folder else (part,)))


def _read(part: Part) -> Found:
    text = decode(part.manifest_bytes, part.manifest_path)
    return Found(part.name, part.root, read_tasks(text, display(part.manifest_path)))


def planned(found: Sequence[Found], words: tuple[str, ...]) -> Run:
    """Give what a command line runs. Raises :class:`UsageError` for arguments that no command takes."""
    place = next((each for each in found if words and words[0] in each.tasks), None)
    if place is None:
        return Run((Call(words),))
    steps = [task.at(str(place.root)) for task in order(place.tasks, words[0])]
    if not steps[-1].command and len(words) > 1:
        raise UsageError(
            f"the task `{words[0]}` takes no arguments",
            why="it only has other tasks run",
            next_steps=(f"name one of these: {', '.join(f'`{name}`' for name in steps[-1].depends)}",),
        )
    calls = [
        Call(task.command, task.variables, place.root / task.folder, task.name)
        for task in steps
        if task.command
    ]
    if steps[-1].command:
        calls[-1] = calls[-1]._replace(words=(*calls[-1].words, *words[1:]))
    return Run(
        tuple(calls),
        tuple(sorted({extra for task in steps for extra in task.extras})),
        tuple(sorted({group for task in steps for group in task.groups})),
        place.owner,
    )


def enter(call: Call) -> None:
    """Change to the folder that a task runs in; raises :class:`CommandRefused`."""
    if call.folder is None:
        return
    try:
        os.chdir(call.folder)
    except OSError as error:
        raise CommandRefused(
            call.task,
            f"its folder `{display(call.folder)}`: {(error.strerror or '').lower()}",
            next_steps=("name a folder that is there as `cwd` of the task",),
        ) from error


def plain_tasks(project: Project, packages: Sequence[str], folder: Path) -> dict[str, tuple[str, ...] | None]:
    """Give the command of each task that is nothing but its command when started in ``folder``."""
    commands: dict[str, tuple[str, ...] | None] = {}
    for place in reversed(tasks_of(project, packages)):
        for name, task in place.tasks.items():
            is_plain = task.is_plain and place.root == folder
            commands[name] = task.at(str(place.root)).command if is_plain else None
    return commands
