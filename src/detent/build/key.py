"""What a build of a local tree depends on, as short texts to look a built wheel up by.

An editable wheel holds names and paths, not the code: its key covers what a back end looks at to make one, so
that edits of code, groups and settings never rebuild. A wheel proper holds the code: its key covers every
file. Both are asked on every warm sync: a handful of small files is read, of a tree only sizes and times.

Not seen, and so never a reason to build an editable again: the README (its text is in METADATA alone),
sources of extension modules, uncommitted changes, what a `setup.py` reads beside the usual, and variables.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from detent.build.inputs import (
    REQUIREMENTS,
    Table,
    contents,
    files_seen,
    files_written,
    importable_folders,
    parts_built_from,
    requirements_are_copied,
    table,
    takes_version_from_git,
)
from detent.build.revision import revision
from detent.named import NamedTuple

ConfigSettings: TypeAlias = Mapping[str, str | Sequence[str]]

_FORMAT = "1"
"""Goes up with every change of what a key covers, or of how a wheel is built."""


class EditableKey(NamedTuple):
    """The two keys of an editable wheel."""

    build: str
    """Changes when a back end could give another wheel."""
    whole: str
    """Changes with it, and with dependencies and extras that are in METADATA alone."""


def editable_key(
    root: Path, manifest: Table, *, interpreter: str, config_settings: ConfigSettings
) -> EditableKey:
    """Give the keys of the editable wheel of the project at ``root``, an absolute path.

    ``manifest`` is its pyproject.toml as parsed, empty where there is none; ``interpreter`` a text that
    names the Python it is built with.
    """
    settings = _settled(config_settings)
    seen = _Digest("editable", str(root), interpreter, repr(settings), repr(parts_built_from(manifest)))
    folders = importable_folders(root, manifest)
    for folder in folders:
        seen.add("folder", *folder)
    written: frozenset[str] = frozenset()
    if takes_version_from_git(root, manifest):
        written = frozenset(files_written(manifest))
        seen.add("revision", revision(root) or "")
    for path in dict.fromkeys(files_seen(root, manifest, folders)):
        content = contents(root / path)
        if content and path not in written:
            seen.add("file", path, sha256(content).hexdigest())
    if "strict" in {*settings.get("editable_mode", ()), *settings.get("editable-mode", ())}:
        # Setuptools then links every file on its own, so a new file needs a new wheel.
        seen.add("tree", *(path for path, _ in _tree(root)))
    project = table(manifest, "project")
    requirements = repr([project.get(key) for key in REQUIREMENTS])
    if not requirements_are_copied(root, manifest):
        seen.add("requirements", requirements)
    build = seen.text()
    seen.add("requirements", requirements)
    return EditableKey(build, seen.text())


def tree_key(root: Path, manifest: Table, *, interpreter: str, config_settings: ConfigSettings) -> str:
    """Give the key of the wheel that is built from the tree at ``root``: every file of it counts.

    Left out are folders of version control, tools and earlier builds, environments, caches, the lock, and the
    files that a back end is told to write the version from git into.
    """
    seen = _Digest("tree", str(root), interpreter, repr(_settled(config_settings)))
    written: frozenset[str] = frozenset()
    if takes_version_from_git(root, manifest):
        written = frozenset(files_written(manifest))
        seen.add("revision", revision(root) or "")
    for path, facts in _tree(root):
        if path not in written:
            seen.add(path, facts)
    return seen.text()


class _Digest:
    """A hash over rows of texts; no two sequences of rows are one."""

    def __init__(self, *fields: str) -> None:
        self._hash = sha256()
        self.add(_FORMAT, *fields)

    def add(self, *fields: str) -> None:
        self._hash.update(repr(fields).encode("utf-8", "surrogatepass"))

    def text(self) -> str:
        return self._hash.hexdigest()


def _settled(settings: ConfigSettings) -> dict[str, tuple[str, ...]]:
    return {
        key: (value,) if isinstance(value, str) else tuple(value) for key, value in sorted(settings.items())
    }


# ---- every file of a tree -------------------------------------------------------------------

_LEFT_OUT = frozenset((
    ".git", ".hg", ".svn", ".bzr", ".jj", ".venv", "__pycache__", "node_modules", ".tox", ".nox",
    ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".idea", ".vscode", ".eggs",
))  # fmt: skip
_LEFT_OUT_AT_TOP = frozenset(("build", "dist", "pylock.toml"))
_OURS = ".detent-"
"""Begins the name of what detent has not finished yet, beside the files of a project."""
_NO_SOURCE = frozenset(("pyvenv.cfg", "CACHEDIR.TAG"))
"""Stand in environments and caches."""


def _tree(root: Path) -> Iterator[tuple[str, str]]:
    """Give path and facts of each file, in a fixed order; a link is a fact of its own and not followed."""
    folders = [""]
    while folders:
        prefix = folders.pop()
        try:
            with os.scandir(f"{root}/{prefix}") as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError:
            yield prefix, "unreadable"
            continue
        if prefix and any(entry.name in _NO_SOURCE for entry in entries):
            continue
        for entry in entries:
            if not prefix and (entry.name in _LEFT_OUT_AT_TOP or entry.name.startswith(_OURS)):
                continue
            if not entry.is_dir(follow_symlinks=False):
                yield prefix + entry.name, _facts(entry)
            elif entry.name not in _LEFT_OUT and not entry.name.endswith(".egg-info"):
                folders.append(f"{prefix}{entry.name}/")


def _facts(entry: os.DirEntry[str]) -> str:
    try:
        if entry.is_symlink():
            return f"-> {os.readlink(entry.path)}"  # noqa: PTH115 (by the thousand)
        facts = entry.stat(follow_symlinks=False)
    except OSError:
        return "unreadable"
    return f"{facts.st_size} {facts.st_mtime_ns} {facts.st_mode & 0o111}"
