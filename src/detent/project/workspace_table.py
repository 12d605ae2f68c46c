"""`[tool.detent.workspace]`: which folders below a pyproject.toml are members of its workspace.

A project written for uv has it as `[tool.uv.workspace]`, which is read where `[tool.detent]` has none: the
keys are the same. Patterns are those of a shell: `*`, `?`, `[abc]` inside of a name, `**` for any folders.
Pure: which folders there are is for others to see.
"""

import re
from collections.abc import Mapping
from fnmatch import translate

from detent.errors import nearest
from detent.errors.project import ManifestInvalid
from detent.named import NamedTuple
from detent.project.document import Document, at, parse_document, type_name

_KEYS = ("members", "exclude")
_OWN = ("tool", "detent", "workspace")
_OF_UV = ("tool", "uv", "workspace")


class WorkspaceTable(NamedTuple):
    """What the table says."""

    members: tuple[str, ...] = ()
    """Patterns of folders, from the folder of the table, `/` between their parts."""
    exclude: tuple[str, ...] = ()
    note: str = ""
    """A sentence that says that it is uv's table; empty where it is detent's own."""


def declares_workspace(data: Mapping[str, object]) -> bool:
    """Whether a pyproject.toml is the root of a workspace."""
    return at(data, _OWN) is not None or at(data, _OF_UV) is not None


def workspace_path(data: Mapping[str, object]) -> tuple[str, ...]:
    """Give where a pyproject.toml has its workspace: in uv's table where detent's own has none."""
    return _OF_UV if at(data, _OWN) is None and at(data, _OF_UV) is not None else _OWN


def read_workspace(text: str, display: str) -> WorkspaceTable | None:
    """Read the table of a pyproject.toml; ``None`` where there is none. Raises :class:`ManifestInvalid`."""
    if "workspace" not in text:
        return None
    document = parse_document(text, display)
    path = workspace_path(document.data)
    table = at(document.data, path)
    if table is None:
        return None
    name = ".".join(path)
    if not isinstance(table, dict):
        raise ManifestInvalid(document.where(*path), f"`{name}` must be a table, found {type_name(table)}")
    for key in table:
        if key not in _KEYS:
            near = nearest(key, _KEYS)
            raise ManifestInvalid(
                document.where(*path, key),
                f"`{key}` is nothing that `{name}` can say",
                why="it would say what belongs to the workspace, so it is not left out",
                next_steps=(f"write `{near}`, or take it out",) if near is not None else ("take it out",),
            )
    note = (
        f"`[tool.uv.workspace]` in {display} says what belongs to the workspace, "
        "as there is no `[tool.detent.workspace]`"
    )
    return WorkspaceTable(
        _patterns(document, (*path, "members"), table.get("members", [])),
        _patterns(document, (*path, "exclude"), table.get("exclude", [])),
        note if path == _OF_UV else "",
    )


def _patterns(document: Document, path: tuple[str, ...], value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ManifestInvalid(document.where(*path), f"`{'.'.join(path)}` must be a list of strings")
    found = []
    for place, item in enumerate(value):
        parts = [part for part in item.split("/") if part not in {"", "."}]
        reason = ""
        if item.startswith("/") or re.match(r"[A-Za-z]:", item) or "\\" in item:
            reason = "it must be relative, with `/` between its parts"
        elif ".." in parts:
            reason = "a member lies below the folder of its workspace"
        if reason:
            raise ManifestInvalid(
                document.where(*path, place), f"`{item}` cannot be used in `{'.'.join(path)}`", why=reason
            )
        found.append("/".join(parts))
    return tuple(found)


def is_excluded(folder: str, table: WorkspaceTable) -> bool:
    """Whether a folder, or one it lies in, is left out."""
    parts = folder.split("/")
    above = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
    patterns = [pattern for pattern in table.exclude if pattern]
    return any(matches(pattern, place) for place in above for pattern in patterns)


def matches(pattern: str, folder: str) -> bool:
    """Whether a pattern names a folder; both are relative to the workspace."""
    parts = folder.split("/") if folder else []
    used = {0}  # how many parts of the folder the pattern may stand for, as far as it was read
    for part in pattern.split("/") if pattern else []:
        if part == "**":
            used = set(range(min(used), len(parts) + 1)) if used else used
        else:
            used = {n + 1 for n in used if n < len(parts) and part_matches(part, parts[n])}
    return len(parts) in used


def part_matches(pattern: str, name: str) -> bool:
    """Whether one part of a pattern fits the name of one folder."""
    return pattern == name or re.fullmatch(translate(pattern), name) is not None
