"""Find the project a command is about, and read its own files.

The nearest pyproject.toml with a `[project]` table, walking up, is the project; the lock, the environment and
`.python-version` stand beside it.
"""

import os
from pathlib import Path

from detent import fsio
from detent.errors import ManifestInvalid, ManifestMissing, UsageError
from detent.named import NamedTuple
from detent.ops.shown_paths import display
from detent.project.manifest import Manifest, declares_project, parse_manifest

MANIFEST_NAME = "pyproject.toml"
LOCK_NAME = "pylock.toml"
PIN_NAME = ".python-version"


class PythonPin(NamedTuple):
    """The contents of a `.python-version` file, and where it stands (as a person would write it)."""

    text: str
    display: str


class Project(NamedTuple):
    """A project on disk. Texts are kept as they were read, so that they can be put back."""

    root: Path
    manifest: Manifest
    manifest_bytes: bytes
    python_pin: PythonPin | None

    @property
    def manifest_path(self) -> Path:
        """Where the pyproject.toml stands."""
        return self.root / MANIFEST_NAME

    @property
    def lock_path(self) -> Path:
        """Where the lock stands, or will."""
        return self.root / LOCK_NAME


def find_project(start: str | None) -> Project:
    """Find the project at or above `start` (a folder or a pyproject.toml; default: the current folder).

    Raises :class:`UsageError` for a `start` that does not exist, :class:`ManifestMissing` when there is no
    project and :class:`ManifestInvalid` when there is one that cannot be used.
    """
    folder = starting_folder(start)
    candidates = [folder / MANIFEST_NAME for folder in (folder, *folder.parents)]
    existing = [path for path in candidates if path.is_file()]
    if not existing:
        raise ManifestMissing(str(folder))
    chosen = next((path for path in existing if declares_project(_text(path))), existing[0])
    return read_project(chosen.parent)


def project_above(start: str | None) -> Project | None:
    """Find the project at or above `start` for a command that can do without one.

    Raises :class:`UsageError` for a `start` that does not exist, :class:`ManifestInvalid` for a project that
    cannot be used.
    """
    folder = starting_folder(start)
    paths = (folder / MANIFEST_NAME for folder in (folder, *folder.parents))
    found = next((path for path in paths if path.is_file() and declares_project(_text(path))), None)
    return None if found is None else read_project(found.parent)


def read_project(root: Path) -> Project:
    """Read the project whose pyproject.toml stands in this folder."""
    path = root / MANIFEST_NAME
    content = _bytes(path)
    manifest = parse_manifest(decode(content, path), path, display=display(path))
    return Project(root, manifest, content, read_pin(root))


def decode(content: bytes, path: Path) -> str:
    """Decode a pyproject.toml; raises :class:`ManifestInvalid` when it is not UTF-8."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ManifestInvalid(
            f"{display(path)}:{line}", "not UTF-8 text", why=f"byte {error.start} cannot be decoded"
        ) from error


def starting_folder(start: str | None) -> Path:
    """Give the folder the search for a project starts in; raises :class:`UsageError` when there is none."""
    if start is None:
        return Path.cwd()
    path = Path(os.path.abspath(start))  # noqa: PTH100 -- resolve() would follow links the user wrote
    if path.is_dir():
        return path
    if path.is_file() and path.name == MANIFEST_NAME:
        return path.parent
    raise UsageError(
        f"the project `{start}` does not exist", why="it is neither a folder nor a `pyproject.toml`"
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise fsio.file_trouble(error, path) from error


def _text(path: Path) -> str:
    return _bytes(path).decode("utf-8", "replace")


def read_pin(root: Path) -> PythonPin | None:
    """Read the `.python-version` in this folder; `None` when there is none."""
    path = root / PIN_NAME
    try:
        return PythonPin(path.read_text("utf-8"), display(path))
    except (FileNotFoundError, IsADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"`{display(path)}` cannot be read", why=str(error)) from error
