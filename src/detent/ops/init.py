"""Start a project: write the files of a template, and nothing that is there already is overwritten."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Literal, get_args

from detent import fsio
from detent.errors import UsageError
from detent.errors.project import ProjectExists
from detent.named import NamedTuple
from detent.ops.discover import MANIFEST_NAME, PIN_NAME, Project, decode, project_above
from detent.ops.python import interpreter_for
from detent.ops.registering import registered
from detent.ops.shown_paths import display
from detent.ops.workspace import member_folders
from detent.ops.world import World
from detent.project.templates import (
    Author,
    Backend,
    Kind,
    NewProject,
    license_expression,
    project_files,
    project_name,
)
from detent.project.workspace_table import read_workspace

Vcs = Literal["git", "none"]
AuthorSource = Literal["auto", "git", "none"]
AUTHOR_SOURCES: tuple[AuthorSource, ...] = get_args(AuthorSource)

_GIT_SECONDS = 10


class InitOptions(NamedTuple):
    """What kind of project to start, and where."""

    path: str | None = None
    kind: Kind = "app"
    bare: bool = False
    name: str | None = None
    description: str = ""
    license: str = ""
    author_from: AuthorSource = "auto"
    """``auto``: git's settings, if they name somebody and the project is a package; ``git``: always those."""
    backend: Backend = "hatchling"
    vcs: Vcs = "git"
    readme: bool = True
    pin_python: bool = True
    workspace: bool = True
    """Whether a project below a workspace joins it."""


class InitOutcome(NamedTuple):
    """The project that was started."""

    name: str
    shown_path: str
    """Empty for the current folder."""
    written: tuple[str, ...]
    """Relative paths, in the order they were written."""
    workspace: str = ""
    """The root of the workspace it is a member of, as a person would write it."""


def init(world: World, options: InitOptions) -> InitOutcome:
    """Write a new project; raises :class:`ProjectExists` rather than overwrite a pyproject.toml."""
    root = Path(os.path.abspath(options.path or "."))  # noqa: PTH100 -- links the user wrote stay as they are
    if (root / MANIFEST_NAME).exists():
        raise ProjectExists(display(root), MANIFEST_NAME)
    if root.exists() and not root.is_dir():
        raise ProjectExists(display(root), root.name)
    name = project_name(root.name, options.name)
    version = ".".join(interpreter_for(world, None, root / ".venv").version.split(".")[:2])
    project = NewProject(
        options.kind,
        name,
        version,
        description=options.description,
        license=license_expression(options.license) if options.license else "",
        author=_author(root, options),
        backend=options.backend,
        is_bare=options.bare,
        has_readme=options.readme,
    )
    above = _workspace_above(root) if options.workspace else None
    files = project_files(project)
    pins = options.pin_python and above is None  # members share the environment, so its Python too
    wanted = {path: text for path, text in files.items() if pins or path != PIN_NAME}
    for path in wanted:
        if path.endswith(".py") and (root / path).exists():
            raise ProjectExists(display(root), path)
    written = _write(root, wanted)
    if options.vcs == "git" and not options.bare:
        _start_git(root)
    joined = "" if above is None else _join(above, root)
    return InitOutcome(name, options.path or "", written, joined)


def _workspace_above(root: Path) -> Project | None:
    """Find the workspace that a new folder lies in, or the project that becomes one with it."""
    return project_above(str(next(folder for folder in root.parents if folder.is_dir())))


def _join(workspace: Project, root: Path) -> str:
    """Make the new project a member, where it is none by the patterns there are, nor left out by them."""
    folder = root.relative_to(workspace.root).as_posix()
    joined = registered(workspace, folder, is_meant=False)
    if joined is None or joined.workspace is None:
        return ""
    text, path = joined.workspace.registered, workspace.manifest_path
    table = read_workspace(decode(workspace.manifest_bytes, path), display(path))
    named = member_folders(workspace.root, table) if table is not None else ()
    if text is not None and folder not in named:
        fsio.write_atomic(path, text.encode(), durable=True)
    return display(workspace.root)


def _write(root: Path, files: dict[str, str]) -> tuple[str, ...]:
    """Write every file that is not there yet; the pyproject.toml, which makes it a project, last."""
    written = []
    for relative in sorted(files, key=lambda path: (path == MANIFEST_NAME, path)):
        path = root / relative
        if path.exists():
            continue  # a README or .gitignore somebody wrote already
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise fsio.file_trouble(error, path.parent) from error
        fsio.write_atomic(path, files[relative].encode())
        written.append(relative)
    return tuple(written)


def _start_git(root: Path) -> None:
    """Make a repository unless the folder lies in one; without git there is nothing to set up."""
    if any((folder / ".git").exists() for folder in (root, *root.parents)):
        return
    git = _git(root)
    if git is None:
        return
    done = _run([git, "init", "--quiet", str(root)])
    if done is None or done.returncode:
        raise UsageError(
            "`git init` failed",
            why=done.stderr.strip() if done is not None else f"it was not done after {_GIT_SECONDS} seconds",
            next_steps=("pass `--vcs none`, or set the repository up by hand",),
        )


def _author(root: Path, options: InitOptions) -> Author | None:
    """Give whom git's settings name; raises :class:`UsageError` where they were asked for and name nobody."""
    source = options.author_from
    if source == "none" or (source == "auto" and options.kind == "script"):
        return None
    git = _git(root)
    folder = next(folder for folder in (root, *root.parents) if folder.is_dir())
    if git is not None:
        name, email = (_setting([git, "-C", str(folder), "config", f"user.{key}"]) for key in Author._fields)
        if name or email:
            return Author(name, email)
    if source == "git":
        raise UsageError(
            "git names no author",
            why="there is no `git`" if git is None else "neither `user.name` nor `user.email` is set",
            next_steps=("run `git config --global user.name 'Your Name'`", "or pass `--author-from none`"),
        )
    return None


def _setting(command: list[str]) -> str:
    done = _run(command)
    return done.stdout.strip() if done is not None and done.returncode == 0 else ""


def _git(root: Path) -> str | None:
    """Find git by its whole path; one that lies in the project is none of ours to start."""
    git = shutil.which("git")
    if git is None or Path(git).resolve().is_relative_to(root.resolve()):
        return None
    return os.path.abspath(git)  # noqa: PTH100 -- a link may decide by its own name what it is


def _run(command: list[str]) -> "subprocess.CompletedProcess[str] | None":
    """Run git to its end; ``None`` where it did not come to one in time."""
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=_GIT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return None
