"""The commit and the tags a tree stands at, read from git's own files; git is never started.

For versions that a back end takes from version control: what is given here changes when such a version may.
Uncommitted changes are not looked at, and no other version control is known.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

_HASHES = 200
"""Bytes enough for any hash, `ref:` line or list of tables that is followed here."""


def revision(root: Path, *, commit: bool = True, tags: bool = True) -> str | None:
    """Give a text that changes with the commit, the tags or both; ``None`` outside of a repository."""
    for folder in (root, *root.parents):
        found = _git_folder(folder / ".git")
        if found is not None:
            return "\n".join(_facts(found, commit=commit, tags=tags))
    return None


def _git_folder(path: Path) -> Path | None:
    """Give the folder with HEAD; `.git` is a file in worktrees and submodules, and names it."""
    try:
        kind = os.stat(path).st_mode  # noqa: PTH116
    except OSError:
        return None
    if stat.S_ISDIR(kind):
        return path if (path / "HEAD").exists() else None
    text = _text(path)
    named = text.removeprefix("gitdir:").strip()
    return path.parent / named if text.startswith("gitdir:") and named else None


def _facts(git: Path, *, commit: bool, tags: bool) -> Iterator[str]:
    head = _text(git / "HEAD").strip()
    shared = _text(git / "commondir").strip()
    common = git / shared if shared else git
    packed = _packed(common / "packed-refs")
    if commit:
        yield head
        if head.startswith("ref:"):
            name = head.removeprefix("ref:").strip()
            yield _text(git / name) or _text(common / name) or packed.get(name, "")
    if tags:
        yield from (f"{named} {name}" for name, named in packed.items() if name.startswith("refs/tags/"))
        yield from _loose_tags(common / "refs" / "tags", "")
    # Where references are kept in tables, a list of them is replaced with every change.
    yield _text(common / "reftable" / "tables.list", limit=-1)


def _packed(path: Path) -> dict[str, str]:
    rows = (line.partition(" ") for line in _text(path, limit=-1).splitlines())
    return {name: commit for commit, _, name in rows if name and not commit.startswith(("#", "^"))}


def _loose_tags(folder: Path, prefix: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _loose_tags(folder / entry.name, f"{prefix}{entry.name}/")
            else:
                yield f"{_text(folder / entry.name).strip()} {prefix}{entry.name}"
    except OSError:
        return  # there are none, or they may not be read: then git cannot read them either


def _text(path: Path, *, limit: int = _HASHES) -> str:
    try:
        with path.open("rb") as file:
            return file.read(limit).decode("utf-8", "replace")
    except OSError:
        return ""
