"""The files of a folder by size, time and mode, without those that no wheel is made of."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

_LEFT_OUT = frozenset((
    ".git", ".hg", ".svn", ".bzr", ".jj", ".venv", "__pycache__", "node_modules", ".tox", ".nox",
    ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".idea", ".vscode", ".eggs",
))  # fmt: skip
_LEFT_OUT_AT_TOP = frozenset(("build", "dist", "pylock.toml"))
_OURS = ".detent-"
"""Begins the name of what detent has not finished yet, beside the files of a project."""
_NO_SOURCE = frozenset(("pyvenv.cfg", "CACHEDIR.TAG"))
"""Stand in environments and caches."""


def tree(root: Path, *, is_whole: bool = False) -> Iterator[tuple[str, str]]:
    """Give path and facts of each file, in a fixed order; a link is a fact of its own and not followed.

    What earlier builds and locks left at the top is left out, unless ``is_whole``.
    """
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
            if (
                not prefix
                and (entry.name in _LEFT_OUT_AT_TOP or entry.name.startswith(_OURS))
                and not is_whole
            ):
                continue
            if not entry.is_dir(follow_symlinks=False):
                yield prefix + entry.name, facts_of(entry.path)
            elif entry.name not in _LEFT_OUT and not entry.name.endswith(".egg-info"):
                folders.append(f"{prefix}{entry.name}/")


def facts_of(path: str) -> str:
    """Give a text that changes with the file at a path, there or not."""
    try:
        facts = os.lstat(path)
        if stat.S_ISLNK(facts.st_mode):
            return f"-> {os.readlink(path)}"  # noqa: PTH115 (as above)
    except (OSError, ValueError):
        return "unreadable"
    return f"{facts.st_size} {facts.st_mtime_ns} {facts.st_mode & 0o111}"
