"""Which folders are the members of a workspace: its patterns held against what is on disk.

As uv has it: a hidden folder, or one that holds nothing of a project, is passed over where it has no
pyproject.toml, and any other one is a fault. Where a link leads decides what a folder is: one that leads out
of the workspace is refused, and two that lead to one place are one member.
"""

# ruff: noqa: PTH112, PTH113, PTH114, PTH118, PTH120, PTH208 (strings: folders are looked for by the hundred)

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from detent import fsio
from detent.errors.project import ManifestInvalid
from detent.named import NamedTuple
from detent.ops.shown_paths import display
from detent.project.workspace_table import WorkspaceTable, is_excluded, part_matches

MANIFEST_NAME = "pyproject.toml"
_NEVER = frozenset(("__pycache__", "node_modules"))
"""Folders that `**` does not go into; nor does it into hidden ones."""


class Disk:
    """The folders on disk."""

    def names(self, folder: str) -> list[str]:
        """Give what lies in a folder, sorted."""
        try:
            return sorted(os.listdir(folder))
        except NotADirectoryError:
            return []
        except OSError as error:
            raise fsio.file_trouble(error, Path(folder)) from error

    def is_folder(self, path: str) -> bool:
        """Whether a folder stands there."""
        return os.path.isdir(path)

    def has_manifest(self, folder: str) -> bool:
        """Whether a folder is a project."""
        return os.path.isfile(os.path.join(folder, MANIFEST_NAME))


class LookedAt(NamedTuple):
    """What decides which folders are members, beside the table."""

    members: tuple[str, ...]
    listed: tuple[str, ...]
    """Folders whose names were read."""
    places: tuple[str, ...]
    """Paths that are there or are not."""


class _Noting(Disk):
    """Notes what is looked at."""

    def __init__(self) -> None:
        self.listed: dict[str, None] = {}
        self.places: dict[str, None] = {}

    def names(self, folder: str) -> list[str]:
        self.listed[folder] = None
        return super().names(folder)

    def is_folder(self, path: str) -> bool:
        # Of what was found by a name in a folder, the folder tells, unless a link leads elsewhere.
        if os.path.dirname(path) not in self.listed or os.path.islink(path):
            self.places[path] = None
        return super().is_folder(path)

    def has_manifest(self, folder: str) -> bool:
        self.places[os.path.join(folder, MANIFEST_NAME)] = None
        return super().has_manifest(folder)


def looked_at(root: Path, table: WorkspaceTable) -> LookedAt:
    """Look for the members once more, and give all that was looked at; raises as :func:`member_folders`."""
    disk = _Noting()
    members = member_folders(root, table, disk)
    return LookedAt(members, tuple(disk.listed), tuple(disk.places))


_DISK = Disk()


def member_folders(root: Path, table: WorkspaceTable, disk: Disk = _DISK) -> tuple[str, ...]:
    """Give the folder of each member, relative to the root, sorted; the root is none of them.

    Raises :class:`ManifestInvalid`.
    """
    real_root = os.path.realpath(root)
    found: dict[str, str] = {}
    for pattern in table.members:
        for folder in sorted(_matching(str(root), pattern.split("/"), disk)):
            if not folder or is_excluded(folder, table):
                continue
            real = os.path.realpath(os.path.join(root, folder))
            if real == real_root:
                continue
            if not real.startswith(real_root.rstrip(os.sep) + os.sep):
                raise ManifestInvalid(
                    display(root / MANIFEST_NAME),
                    f"the member `{folder}` of the workspace lies outside of it",
                    why=f"it is a link to `{real}`",
                    next_steps=("name it in `exclude`",),
                )
            if _is_member(root / folder, folder, pattern, root, disk):
                found.setdefault(real, folder)
    return tuple(sorted(found.values()))


def _is_member(path: Path, folder: str, pattern: str, root: Path, disk: Disk) -> bool:
    if disk.has_manifest(str(path)):
        return True
    if path.name.startswith(".") or "**" in pattern:
        return False
    if all(
        name.startswith(".") or name in _NEVER or name.endswith(".egg-info") for name in disk.names(str(path))
    ):
        return False  # what another branch left behind
    raise ManifestInvalid(
        display(root / MANIFEST_NAME),
        f"the member `{folder}` of the workspace has no `{MANIFEST_NAME}`",
        why=f"`{pattern}` in `members` names it",
        next_steps=(f"start a project there with `detent init {folder}`", "or name it in `exclude`"),
    )


def _matching(root: str, parts: Sequence[str], disk: Disk) -> set[str]:
    """Give every folder that the parts of a pattern name; each is looked into once for each part."""
    found = {""}
    for part in parts:
        found = set(_below(root, found, disk) if part == "**" else _named(root, found, part, disk))
    return found


def _below(root: str, folders: Iterable[str], disk: Disk) -> Iterator[str]:
    """Give these folders and all that lie in them."""
    seen, ahead = set(folders), list(folders)
    while ahead:
        folder = ahead.pop()
        yield folder
        here = os.path.join(root, folder)
        for name in disk.names(here):
            path, inner = os.path.join(here, name), f"{folder}/{name}".lstrip("/")
            if name.startswith(".") or name in _NEVER or os.path.islink(path) or not disk.is_folder(path):
                continue
            if inner not in seen:
                seen.add(inner)
                ahead.append(inner)


def _named(root: str, folders: Iterable[str], part: str, disk: Disk) -> Iterator[str]:
    """Give the folders in these whose names fit one part of a pattern."""
    for folder in folders:
        here = os.path.join(root, folder)
        for name in disk.names(here) if any(character in part for character in "*?[") else [part]:
            if part_matches(part, name) and disk.is_folder(os.path.join(here, name)):
                yield f"{folder}/{name}".lstrip("/")
