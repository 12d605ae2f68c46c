"""Start a project: write the files of a template, and nothing that is there already is overwritten."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Literal, NamedTuple

from detent import fsio
from detent.errors import ProjectExists, UsageError
from detent.ops.discover import MANIFEST_NAME, PIN_NAME, display
from detent.ops.python import interpreter_for
from detent.ops.world import World
from detent.project.templates import Kind, NewProject, project_files, project_name

Vcs = Literal["git", "none"]


class InitOptions(NamedTuple):
    """What kind of project to start, and where."""

    path: str | None = None
    kind: Kind = "app"
    name: str | None = None
    vcs: Vcs = "git"
    readme: bool = True
    pin_python: bool = True


class InitOutcome(NamedTuple):
    """The project that was started."""

    name: str
    shown_path: str
    """Empty for the current folder."""
    written: tuple[str, ...]
    """Relative paths, in the order they were written."""


def init(world: World, options: InitOptions) -> InitOutcome:
    """Write a new project; raises :class:`ProjectExists` rather than overwrite a pyproject.toml."""
    root = Path(os.path.abspath(options.path or "."))  # noqa: PTH100 -- links the user wrote stay as they are
    if (root / MANIFEST_NAME).exists():
        raise ProjectExists(display(root), MANIFEST_NAME)
    if root.exists() and not root.is_dir():
        raise ProjectExists(display(root), root.name)
    name = project_name(root.name, options.name)
    version = ".".join(interpreter_for(world, None, root / ".venv").version.split(".")[:2])
    files = project_files(NewProject(options.kind, name, version))
    left_out = {
        *(() if options.readme else ("README.md",)),
        *(() if options.pin_python else (PIN_NAME,)),
    }
    wanted = {path: text for path, text in files.items() if path not in left_out}
    for path in wanted:
        if path.endswith(".py") and (root / path).exists():
            raise ProjectExists(display(root), path)
    written = _write(root, wanted)
    if options.vcs == "git" and options.kind != "bare":
        _start_git(root)
    return InitOutcome(name, options.path or "", written)


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
    git = shutil.which("git")
    if git is None or Path(git).resolve().is_relative_to(root.resolve()):
        return
    done = subprocess.run([git, "init", "--quiet", str(root)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise UsageError(
            "`git init` failed",
            why=done.stderr.strip(),
            next_steps=("pass `--vcs none`, or set the repository up by hand",),
        )
