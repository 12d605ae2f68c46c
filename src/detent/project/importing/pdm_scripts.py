"""`[tool.pdm.scripts]` as `[tool.detent.tasks]`: those that are a program with words, and lists of such.

What PDM gives to a shell or to Python, and what it puts into a command, is no list of words. Such a script
stays where it is and is named, and so does one that needs it.
"""

import re
import shlex
from collections.abc import Mapping

from detent.named import NamedTuple
from detent.project.document import Document
from detent.project.importing.conversion import Findings
from detent.project.importing.tables import Row, literal
from detent.project.importing.taken import noted_at

_PATH = ("tool", "pdm", "scripts")
_TASKS = ("tool", "detent", "tasks")
_KINDS = {"shell": "it is for a shell", "call": "it is a function of Python"}
_PLACEHOLDER = re.compile(r"\{(args|pdm|run_cwd)\b")
_OPTIONS = {"help": "help", "env": "env", "working_dir": "cwd"}


class Scripts(NamedTuple):
    """What of the table moves."""

    rows: tuple[Row, ...]
    """The tasks."""
    paths: tuple[tuple[str, ...], ...]
    """What goes with them."""

    def has(self, path: tuple[str, ...]) -> bool:
        """Whether a key is part of what moves."""
        return any(path[: len(gone)] == gone for gone in self.paths)


class _Unfit(Exception):
    """A script that cannot be a task, and why."""


def read_scripts(document: Document, findings: Findings) -> Scripts:
    """Read the table; what cannot be a task stays where it is, and is named."""
    scripts = _at(document, _PATH)
    own = _at(document, _TASKS)
    tasks: dict[str, object] = {}
    reasons: dict[str, str] = {}
    for name in scripts:
        try:
            if name in own:
                raise _Unfit("there is a task of that name")
            tasks[name] = _task(scripts, name)
        except _Unfit as unfit:
            reasons[name] = str(unfit)
    _without_lacking(tasks, reasons)
    for name, reason in reasons.items():
        findings.note(f"the script `{name}` of `[tool.pdm]` was not taken over: {reason}")
    noted = noted_at(document)
    rows = []
    for name, task in tasks.items():
        here = noted.get((*_PATH, name))
        comments = (here.above, here.behind) if here is not None else ((), "")
        rows.append(Row(name, literal(task), *comments))
    if not reasons:
        return Scripts(tuple(rows), (_PATH,) if scripts else ())
    # An inline table goes as a whole or stays as a whole; what was taken over stands in both then.
    return Scripts(tuple(rows), () if _PATH in noted else tuple((*_PATH, name) for name in tasks))


def _at(document: Document, path: tuple[str, ...]) -> Mapping[str, object]:
    data: object = document.data
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _without_lacking(tasks: dict[str, object], reasons: dict[str, str]) -> None:
    """Take out what depends on something that is no task, until all hold."""
    while True:
        lacking = {
            name: needed
            for name, task in tasks.items()
            for needed in (task.get("depends", ()) if isinstance(task, dict) else ())
            if needed not in tasks
        }
        if not lacking:
            return
        for name, needed in lacking.items():
            del tasks[name]
            reasons[name] = f"`{needed}` is no task"


def _task(scripts: Mapping[str, object], name: str) -> object:
    script = scripts[name]
    if name == "_":
        raise _Unfit("a task takes nothing from others")
    if "_" in scripts:
        raise _Unfit("what `_` says would be lost")
    if name.startswith(("pre_", "post_")):
        raise _Unfit("a task starts others with `depends`")
    if f"pre_{name}" in scripts or f"post_{name}" in scripts:
        raise _Unfit("something runs before or after it")
    if not name or name.startswith("-") or not name.isprintable() or any(map(str.isspace, name)):
        raise _Unfit("a task is called by one word")
    if not isinstance(script, dict):
        return _words(script)
    kind = next((kind for kind in ("cmd", "shell", "call", "composite") if kind in script), "")
    if kind in _KINDS:
        raise _Unfit(_KINDS[kind])
    task = _composite(script["composite"]) if kind == "composite" else {"run": _words(script.get("cmd"))}
    for key, value in script.items():
        if key == kind:
            continue
        if key not in _OPTIONS or (kind == "composite" and key != "help"):
            raise _Unfit(f"a task has nothing like its `{key}`")
        values = value.values() if isinstance(value, dict) else (value,)
        is_fine = all(isinstance(text, str) if key == "help" else _is_plain(text) for text in values)
        if isinstance(value, dict) is not (key == "env") or not is_fine:
            raise _Unfit(f"its `{key}` is no plain text")
        task[_OPTIONS[key]] = value
    return task if len(task) > 1 or "depends" in task else task["run"]


def _composite(value: object) -> dict[str, object]:
    names = _texts(value) if isinstance(value, list) else []
    if not names or not all(map(_is_plain, names)) or any(len(name.split()) != 1 for name in names):
        raise _Unfit("it does more than running other scripts")
    if len(set(names)) < len(names):
        raise _Unfit("it runs one script twice")
    return {"depends": names}


def _words(value: object) -> list[str]:
    texts = _texts(value)
    if not all(map(_is_plain, texts)):
        raise _Unfit("PDM puts something into it")
    try:
        words = texts if isinstance(value, list) else shlex.split(texts[0])
    except ValueError:
        words = []
    if not words or not words[0]:
        raise _Unfit("it is no command")
    if words[0].startswith("~"):
        raise _Unfit("PDM puts something into it")
    return ["python", *words] if words[0].endswith(".py") else words


def _texts(value: object) -> list[str]:
    texts = [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
    if len(texts) != (len(value) if isinstance(value, list) else 1):
        raise _Unfit("it is no command")
    return texts


def _is_plain(text: object) -> bool:
    """Whether nothing of a text is put in by PDM: a variable, or one of its own words in braces."""
    return isinstance(text, str) and "$" not in text and "\0" not in text and not _PLACEHOLDER.search(text)
