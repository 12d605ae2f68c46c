"""What there is to import in a folder: which tool's project it is, read and converted; nothing is written.

Asked for nothing in particular, it takes the tool that describes the project, else the one with a lock, else
the one with settings, else requirements files; whatever it passes over is named.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import assert_never

from distlib.index import DEFAULT_INDEX

from detent import fsio
from detent.errors import UsageError
from detent.named import NamedTuple
from detent.ops.discover import LOCK_NAME, MANIFEST_NAME, decode, starting_folder
from detent.ops.other_tools import LOCKS, TOOLS, Tool
from detent.ops.requirement_files import read_texts
from detent.ops.shown_paths import display
from detent.project.document import Document, parse_document
from detent.project.importing import locked, pdm, pipfile, poetry, requirements, uv
from detent.project.importing.conversion import Conversion, checked
from detent.project.importing.locked import Locked
from detent.project.importing.requirement_texts import Given
from detent.project.templates import project_name

_OF_FILE: dict[str, Tool] = {**{name: tool for tool, name in LOCKS.items()}, "Pipfile": "pipenv"}
_READERS: dict[Tool, Callable[[str, str], Locked]] = {
    "poetry": locked.poetry_lock,
    "uv": locked.uv_lock,
    "pdm": locked.pdm_lock,
    "pipenv": locked.pipfile_lock,
}
_MAIN = ("requirements", "requirements/base", "requirements/main", "requirements/requirements")
_GROUPS = {name: name for name in ("dev", "test", "tests", "docs", "lint", "typing")} | {
    "development": "dev",
    "doc": "docs",
    "testing": "test",
}
_STEMS = ("{}-requirements", "{}_requirements", "requirements-{}", "requirements_{}", "requirements/{}")


class Asked(NamedTuple):
    """What to import."""

    project: str | None = None
    """The project's folder; ``None``: this one."""
    files: tuple[str, ...] = ()
    """As they were given; empty: guess."""
    tool: Tool | None = None
    group: str = ""
    """Where the requirements of the files go; empty: by their names."""


class Import(NamedTuple):
    """A project of another tool, converted."""

    root: Path
    before: bytes | None
    """The pyproject.toml as it is; ``None`` when there is none."""
    tool: Tool
    taken: tuple[str, ...]
    """The files it was made of, as messages show them."""
    passed_over: str
    """A sentence about what else could have been imported; empty for nothing."""
    conversion: Conversion
    locked: Locked | None
    """The versions that were locked; ``None`` when there is no such file."""
    is_done: bool
    """Whether detent has locked this project already, nothing of the tool is left in its pyproject.toml, and
    nothing in particular was asked for."""

    @property
    def is_changed(self) -> bool:
        """Whether the pyproject.toml becomes another."""
        return self.before is None or self.conversion.text.encode() != self.before


class _Folder(NamedTuple):
    root: Path
    document: Document
    """Of the pyproject.toml; an empty one when there is none."""
    has_own_lock: bool

    def has(self, name: str) -> bool:
        return (self.root / name).is_file()

    def table(self, tool: str) -> dict[str, object]:
        tools = self.document.data.get("tool")
        found = tools.get(tool) if isinstance(tools, dict) else None
        return found if isinstance(found, dict) else {}


def read_import(asked: Asked) -> Import:
    """Find, read and convert what is to be imported.

    Raises :class:`UsageError` when there is nothing, :class:`ManifestInvalid` for what cannot be read.
    """
    root = starting_folder(asked.project)
    before = _bytes(root / MANIFEST_NAME)
    text = "" if before is None else decode(before, root / MANIFEST_NAME)
    folder = _Folder(root, parse_document(text, display(root / MANIFEST_NAME)), _has_own_lock(root))
    given = _given_files(folder, asked)
    tool, others = _tool(folder, asked, given)
    files = given or (_guessed_files(folder) if tool == "requirements" else ())
    conversion, found, taken = _read(folder, tool, files, is_guess=not given)
    conversion = checked(folder.document, conversion, tool)
    return Import(
        root=root,
        before=before,
        tool=tool,
        taken=taken,
        passed_over=_passed_over(folder, tool, others, files),
        conversion=conversion,
        locked=found,
        is_done=folder.has_own_lock
        and not asked.files
        and asked.tool is None
        and "project" in folder.document.data
        and (tool == "requirements" or conversion.text == text),
    )


# ---- which tool ------------------------------------------------------------------------------


def _tool(folder: _Folder, asked: Asked, given: Sequence[Given]) -> tuple[Tool, list[Tool]]:
    """Give the tool to import from, and the others there are traces of."""
    there = list(dict.fromkeys(_traces(folder)))
    if given:
        return "requirements", []
    named = {_OF_FILE[Path(file).name] for file in asked.files if Path(file).name in _OF_FILE}
    wanted = asked.tool or next(iter(named), None)
    if wanted is not None:
        if wanted not in there:
            raise _nothing(folder, f"there is no project of {wanted} here")
        return wanted, []
    if not there:
        raise _nothing(folder, "no file of poetry, uv, pdm or pipenv was found, and no requirements file")
    return there[0], there[1:]


def _traces(folder: _Folder) -> Iterator[Tool]:
    """Give every tool that could be meant, the likeliest first."""
    if "project" not in folder.document.data and {"name", "dependencies"} & folder.table("poetry").keys():
        yield "poetry"
    for tool, name in LOCKS.items():
        if folder.has(name):
            yield tool
    yield from (tool for tool in TOOLS if folder.table(tool))
    if folder.has("Pipfile"):
        yield "pipenv"
    if _guessed_files(folder):
        yield "requirements"


def _nothing(folder: _Folder, why: str) -> UsageError:
    return UsageError(
        f"there is nothing to import in `{display(folder.root)}`",
        why=why,
        next_steps=(
            "name a file, as in `detent import requirements.txt`",
            "or run `detent lock`: `pyproject.toml` has all it needs"
            if "project" in folder.document.data
            else "or start anew with `detent init`",
        ),
    )


def _passed_over(folder: _Folder, tool: Tool, others: Sequence[Tool], files: Sequence[Given]) -> str:
    if others:
        flags = " or ".join(f"`--from {other}`" for other in others)
        return f"there are traces of {' and '.join(others)}, too; {flags} imports from there"
    if tool != "requirements" or not files:
        return ""
    used = {each.path.rpartition(".")[0] for each in files}
    left = sorted(
        path.relative_to(folder.root).as_posix()
        for pattern in ("*requirements*", "requirements/*")
        for path in folder.root.glob(pattern)
        if path.suffix in {".in", ".txt"}
        and path.relative_to(folder.root).with_suffix("").as_posix() not in used
    )
    if not left:
        return ""
    names = ", ".join(f"`{name}`" for name in left)
    return f"{names} was not imported; `detent import --group NAME FILE` takes one"


# ---- requirements files ----------------------------------------------------------------------


def _given_files(folder: _Folder, asked: Asked) -> tuple[Given, ...]:
    """Give the requirements files among the files that were named; refuses a mixture."""
    names = [Path(file).name for file in asked.files]
    if LOCK_NAME in names:
        raise UsageError(
            f"`{LOCK_NAME}` needs no import",
            why="it is the lock detent reads and writes",
            next_steps=("run `detent lock`",),
        )
    others = [
        file
        for file, name in zip(asked.files, names, strict=True)
        if name in _OF_FILE or name == MANIFEST_NAME
    ]
    for file in others:
        if Path(os.path.abspath(file)).parent != folder.root:  # noqa: PTH100 -- links stay as they are
            raise UsageError(
                f"`{file}` does not lie in the project's folder",
                why=f"that is `{display(folder.root)}`",
                next_steps=(f"pass `--project {Path(file).parent}`",),
            )
    tools = {_OF_FILE.get(name, "requirements") for name in names if name != MANIFEST_NAME}
    tools |= {asked.tool} if asked.tool is not None else set()
    if (others and len(asked.files) > 1) or (asked.files and len(tools) > 1):
        raise UsageError(
            "these files do not belong together",
            why=", ".join(f"`{file}`" for file in asked.files)
            + (f", and `--from {asked.tool}` was given" if asked.tool else ""),
            next_steps=("import them one after the other",),
        )
    if others or not asked.files:
        if asked.group:
            raise UsageError(
                "`--group` goes with requirements files",
                why="other projects name their groups themselves",
                next_steps=("leave `--group` out",),
            )
        return ()
    paths = (Path(os.path.relpath(file, folder.root)).as_posix() for file in asked.files)
    return tuple(Given(path, asked.group or _group_of(path)) for path in paths)


def _guessed_files(folder: _Folder) -> tuple[Given, ...]:
    found = [Given(path) for stem in _MAIN for path in _existing(folder, stem)][:1]
    taken = set()
    for word, group in _GROUPS.items():
        for stem in _STEMS:
            for path in _existing(folder, stem.format(word)):
                if path not in taken:
                    taken.add(path)
                    found.append(Given(path, group))
    return tuple(found)


def _existing(folder: _Folder, stem: str) -> tuple[str, ...]:
    return tuple(f"{stem}{suffix}" for suffix in (".in", ".txt") if folder.has(f"{stem}{suffix}"))[:1]


def _group_of(path: str) -> str:
    stem = path.rpartition(".")[0]
    return next(
        (
            group
            for word, group in _GROUPS.items()
            for pattern in _STEMS
            if f"/{stem}".endswith(f"/{pattern.format(word)}")
        ),
        "",
    )


# ---- reading ---------------------------------------------------------------------------------


def _read(
    folder: _Folder, tool: Tool, files: Sequence[Given], *, is_guess: bool
) -> tuple[Conversion, Locked | None, tuple[str, ...]]:
    """Give the conversion, what was locked, and the names of the files both are from."""
    name, host = _folder_name(folder.root), _public_host()
    document, is_first = folder.document, not folder.has_own_lock
    taken = [display(folder.root / MANIFEST_NAME)] if folder.table(tool) else []
    match tool:
        case "poetry":
            if not folder.table("poetry") and "project" not in document.data:
                raise _nothing(folder, "there is a `poetry.lock` without the project it is for")
            found = poetry.convert(document, folder_name=name, is_first=is_first, public_host=host)
        case "uv":
            found = uv.convert(document, public_host=host)
        case "pdm":
            strategy = _strategy_of(folder.root / LOCKS[tool])
            found = pdm.convert(document, is_first=is_first, public_host=host, strategy=strategy)
        case "pipenv":
            path = folder.root / "Pipfile"
            content = _bytes(path)
            if content is None:
                raise _nothing(folder, "there is a `Pipfile.lock` without its `Pipfile`")
            asked = parse_document(decode(content, path), display(path))
            found = pipfile.convert(document, asked, folder_name=name, public_host=host)
            taken = [display(path)]
        case "requirements":
            return _read_requirements(folder, files, is_guess=is_guess)
        case _:
            assert_never(tool)
    lock_path = folder.root / LOCKS[tool]
    content = _bytes(lock_path)
    if content is None:
        return found, None, tuple(taken)
    shown = display(lock_path)
    return found, _READERS[tool](decode(content, lock_path), shown), (*taken, shown)


def _strategy_of(path: Path) -> tuple[str, ...]:
    """Give what a pdm.lock was made with."""
    content = _bytes(path)
    if content is None:
        return ()
    metadata = parse_document(decode(content, path), display(path)).data.get("metadata")
    found = metadata.get("strategy") if isinstance(metadata, dict) else None
    return tuple(map(str, found)) if isinstance(found, list) else ()


def _read_requirements(
    folder: _Folder, files: Sequence[Given], *, is_guess: bool
) -> tuple[Conversion, Locked | None, tuple[str, ...]]:
    texts = read_texts(folder.root, [each.path for each in files])
    project = folder.document.data.get("project")
    is_declared = isinstance(project, dict) and bool(project.get("dependencies"))
    conversion = requirements.convert(
        folder.document,
        files,
        texts,
        folder_name=_folder_name(folder.root),
        public_host=_public_host(),
        adds=not (is_guess and is_declared),
    )
    if is_guess and is_declared:
        names = " ".join(each.path for each in files)
        note = (
            "`[project] dependencies` is there, so only the versions were taken; "
            f"`detent import {names}` also adds what the files list"
        )
        conversion = conversion._replace(notes=(*conversion.notes, note))
    found = requirements.pins(files, texts)
    taken = dict.fromkeys(
        display(folder.root / path)
        for path in (*(each.path for each in files), *found.display.split(", "))
        if path
    )
    return conversion, found if found.versions else None, tuple(taken)


def _folder_name(root: Path) -> str:
    try:
        return project_name(root.name)
    except UsageError:
        return "project"


def _public_host() -> str:
    return str(DEFAULT_INDEX).partition("://")[2].partition("/")[0].lower()


def _has_own_lock(root: Path) -> bool:
    content = _bytes(root / LOCK_NAME)
    return content is not None and b'\ncreated-by = "detent"' in content


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise fsio.file_trouble(error, path) from error
