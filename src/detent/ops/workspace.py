"""Which folders are the members of a workspace: its patterns held against what is on disk.

As uv has it: a hidden folder, or one that holds nothing of a project, is passed over where it has no
pyproject.toml, and any other one is a fault. Where a link leads decides what a folder is: one that leads out
of the workspace is refused, and two that lead to one place are one member.
"""

# ruff: noqa: PTH112, PTH113, PTH114, PTH118, PTH208 (strings: folders are looked for by the hundred)

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from detent import fsio
from detent.errors import ManifestInvalid
from detent.ops.shown_paths import display
from detent.project.workspace_table import WorkspaceTable, is_excluded, part_matches

MANIFEST_NAME = "pyproject.toml"
_NEVER = frozenset(("__pycache__", "node_modules"))
"""Folders that `**` does not go into; nor does it into hidden ones."""


def member_folders(root: Path, table: WorkspaceTable) -> tuple[str, ...]:
    """Give the folder of each member, relative to the root, sorted; the root is none of them.

    Raises :class:`ManifestInvalid`.
    """
    real_root = os.path.realpath(root)
    found: dict[str, str] = {}
    for pattern in table.members:
        for folder in sorted(_matching(str(root), "", pattern.split("/"))):
            if not folder or is_excluded(folder, table):
                continue
            real = os.path.realpath(os.path.join(root, folder))
            if real == real_root:
                continue
            if not real.startswith(real_root.rstrip("/") + "/"):
                raise ManifestInvalid(
                    display(root / MANIFEST_NAME),
                    f"the member `{folder}` of the workspace lies outside of it",
                    why=f"it is a link to `{real}`",
                    next_steps=("name it in `exclude`",),
                )
            if _is_member(root / folder, folder, pattern, root):
                found.setdefault(real, folder)
    return tuple(sorted(found.values()))


def _is_member(path: Path, folder: str, pattern: str, root: Path) -> bool:
    if os.path.isfile(os.path.join(path, MANIFEST_NAME)):
        return True
    if path.name.startswith(".") or "**" in pattern:
        return False
    if all(
        name.startswith(".") or name in _NEVER or name.endswith(".egg-info") for name in _names(str(path))
    ):
        return False  # what another branch left behind
    raise ManifestInvalid(
        display(root / MANIFEST_NAME),
        f"the member `{folder}` of the workspace has no `{MANIFEST_NAME}`",
        why=f"`{pattern}` in `members` names it",
        next_steps=(f"start a project there with `detent init {folder}`", "or name it in `exclude`"),
    )


def _matching(root: str, folder: str, parts: Sequence[str]) -> Iterator[str]:
    """Give every folder below ``folder`` that the rest of a pattern names."""
    if not parts:
        yield folder
        return
    first, rest = parts[0], parts[1:]
    here = os.path.join(root, folder)
    if first == "**":
        yield from _matching(root, folder, rest)
        for name in _names(here):
            path = os.path.join(here, name)
            if name.startswith(".") or name in _NEVER or os.path.islink(path) or not os.path.isdir(path):
                continue
            yield from _matching(root, f"{folder}/{name}".lstrip("/"), parts)
        return
    names = _names(here) if any(character in first for character in "*?[") else [first]
    for name in names:
        if part_matches(first, name) and os.path.isdir(os.path.join(here, name)):
            yield from _matching(root, f"{folder}/{name}".lstrip("/"), rest)


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except NotADirectoryError:
        return []
    except OSError as error:
        raise fsio.file_trouble(error, Path(folder)) from error
