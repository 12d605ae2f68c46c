"""`[tool.detent.tasks]`: commands of a project by name, for `detent run NAME`.

A command is a list of words and goes to no shell, so it means the same on every system. Of variables only
`${PROJECT_ROOT}` is expanded. Read when something is run and at no other time. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence

from detent.errors import nearest
from detent.errors.project import ManifestInvalid
from detent.model.names import ExtraName, GroupName, extra_name, group_name
from detent.named import NamedTuple
from detent.project.document import Document, at, parse_document, type_name

_PATH = ("tool", "detent", "tasks")
_KEYS = ("run", "help", "env", "cwd", "groups", "extras", "depends")
_ROOT = "${PROJECT_ROOT}"


class Task(NamedTuple):
    """One command of a project."""

    name: str
    command: tuple[str, ...] = ()
    """Program and arguments; empty for a task that only has others run."""
    help: str = ""
    variables: tuple[tuple[str, str], ...] = ()
    """What is set for it, whatever was set before."""
    folder: str = ""
    """Where it runs, relative to the project; empty: there."""
    groups: tuple[GroupName, ...] = ()
    extras: tuple[ExtraName, ...] = ()
    """What has to be installed for it, beside what is."""
    depends: tuple[str, ...] = ()
    """The tasks that run before it, in this order."""

    def at(self, root: str) -> "Task":
        """Give it with the project's folder in place of `${PROJECT_ROOT}`."""
        return self._replace(
            command=tuple(word.replace(_ROOT, root) for word in self.command),
            variables=tuple((name, value.replace(_ROOT, root)) for name, value in self.variables),
            folder=self.folder.replace(_ROOT, root),
        )

    @property
    def is_plain(self) -> bool:
        """Whether running it is running its command in the project's folder, and no more."""
        return bool(self.command) and self == Task(self.name, self.command, self.help)


def read_tasks(text: str, display: str) -> dict[str, Task]:
    """Read the tasks of a pyproject.toml, by name. Raises :class:`ManifestInvalid`."""
    if "tasks" not in text:
        return {}
    document = parse_document(text, display)
    table = at(document.data, _PATH)
    if table is None:
        return {}
    if not isinstance(table, dict):
        raise ManifestInvalid(
            document.where(*_PATH), f"`tool.detent.tasks` must be a table, found {type_name(table)}"
        )
    tasks = {name: _task(document, name, value) for name, value in table.items()}
    for task in tasks.values():
        for place, needed in enumerate(task.depends):
            if needed not in tasks:
                raise _unknown(document, task.name, place, needed, tasks)
        order(tasks, task.name, document)
    return tasks


def order(tasks: Mapping[str, Task], name: str, document: Document | None = None) -> tuple[Task, ...]:
    """Give the tasks to run for one, each once, itself last; raises :class:`ManifestInvalid` for a circle."""
    done: dict[str, Task] = {}

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            circle = (*above[above.index(name) :], name)
            where = document.where(*_PATH, name) if document is not None else "pyproject.toml"
            raise ManifestInvalid(
                where,
                f"the task `{name}` waits for itself",
                why=" needs ".join(f"`{each}`" for each in circle),
                next_steps=("take one of them out of `depends`",),
            )
        if name not in done:
            for needed in tasks[name].depends:
                visit(needed, (*above, name))
            done[name] = tasks[name]

    visit(name, ())
    return tuple(done.values())


def _task(document: Document, name: str, value: object) -> Task:
    path = (*_PATH, name)
    if not name or name.startswith("-") or not name.isprintable() or any(map(str.isspace, name)):
        raise ManifestInvalid(
            document.where(*path), f"`{name}` cannot be the name of a task", why="it is one word, and no flag"
        )
    if not isinstance(value, dict):
        return Task(name, _command(document, path, value))
    for key in value:
        if key not in _KEYS:
            near = nearest(key, _KEYS)
            raise ManifestInvalid(
                document.where(*path, key),
                f"`{key}` is nothing that a task can say",
                why="a task has " + ", ".join(f"`{known}`" for known in _KEYS),
                next_steps=(f"write `{near}`, or take it out",) if near else ("take it out",),
            )
    depends = _texts(document, (*path, "depends"), value.get("depends", []))
    if "run" not in value and not depends:
        raise ManifestInvalid(
            document.where(*path),
            f"the task `{name}` runs nothing",
            next_steps=('give it a `run = ["program", "argument"]`, or `depends` on other tasks',),
        )
    return Task(
        name,
        _command(document, (*path, "run"), value["run"]) if "run" in value else (),
        _text(document, (*path, "help"), value.get("help", "")),
        tuple(_variables(document, (*path, "env"), value.get("env", {}))),
        _text(document, (*path, "cwd"), value.get("cwd", "")),
        tuple(map(GroupName, _names(document, (*path, "groups"), value.get("groups", []), "group"))),
        tuple(map(ExtraName, _names(document, (*path, "extras"), value.get("extras", []), "extra"))),
        depends,
    )


def _command(document: Document, path: Sequence[str], value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        raise ManifestInvalid(
            document.where(*path),
            "the command of a task is a list of words, found a string",
            why="it goes to no shell, so that it means the same on every system",
            next_steps=(f"write it like `{_as_list(value)}`",),
        )
    words = _texts(document, path, value)
    if not words or not words[0]:
        raise ManifestInvalid(document.where(*path), "the command of a task names no program")
    return words


def _as_list(command: str) -> str:
    is_simple = command.split() and not set(command) & set("\"'\\")
    words = command.split() if is_simple else ["program", "argument"]
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"


def _texts(document: Document, path: Sequence[str], value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ManifestInvalid(document.where(*path), f"`{'.'.join(path)}` must be a list of strings")
    for place, item in enumerate(value):
        _refuse_null(document, (*path, place), item)
    return tuple(value)


def _text(document: Document, path: Sequence[str], value: object) -> str:
    if not isinstance(value, str):
        raise ManifestInvalid(
            document.where(*path), f"`{'.'.join(path)}` must be a string, found {type_name(value)}"
        )
    _refuse_null(document, path, value)
    return value


def _refuse_null(document: Document, path: Sequence[str | int], text: str) -> None:
    if "\0" in text:
        raise ManifestInvalid(document.where(*path), "no program can be given a null character")


def _names(document: Document, path: Sequence[str], value: object, kind: str) -> Iterator[str]:
    for place, text in enumerate(_texts(document, path, value)):
        try:
            yield group_name(text) if kind == "group" else extra_name(text)
        except ValueError as error:
            raise ManifestInvalid(document.where(*path, place), str(error)) from error


def _variables(document: Document, path: Sequence[str], value: object) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        raise ManifestInvalid(
            document.where(*path), f"`{'.'.join(path)}` must be a table, found {type_name(value)}"
        )
    for name, text in value.items():
        if not name or "=" in name or "\0" in name:
            raise ManifestInvalid(document.where(*path, name), f"`{name}` cannot be the name of a variable")
        yield name, _text(document, (*path, name), text)


def _unknown(
    document: Document, name: str, place: int, needed: str, tasks: Mapping[str, Task]
) -> ManifestInvalid:
    near = nearest(needed, tasks)
    return ManifestInvalid(
        document.where(*_PATH, name, "depends", place),
        f"the task `{name}` depends on `{needed}`, which is no task",
        next_steps=(f"did you mean `{near}`?",) if near is not None else ("take it out, or add it",),
    )
