"""Members of a workspace that a found package lies in, by what its pyproject.toml says."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from detent.model.names import package_name
from detent.model.requirement import PackageName
from detent.ops.discover import MANIFEST_NAME


def member_in(root: Path, name: PackageName) -> Path | None:
    """Give the folder of the member of this name in the workspace whose pyproject.toml stands in ``root``."""
    workspace = _workspace(root)
    patterns = workspace.get("members") if workspace is not None else None
    if workspace is None:
        return None
    folders = [root]
    for pattern in patterns if isinstance(patterns, list) else ():
        if isinstance(pattern, str) and not pattern.startswith("/") and ".." not in pattern.split("/"):
            folders += sorted(root.glob(pattern))
    return next((folder for folder in folders if _name_at(folder) == name), None)


def _workspace(root: Path) -> Mapping[str, object] | None:
    tool = _parsed(root).get("tool")
    for owner in ("detent", "uv"):
        table = tool.get(owner) if isinstance(tool, dict) else None
        found = table.get("workspace") if isinstance(table, dict) else None
        if isinstance(found, dict):
            return found
    return None


def _name_at(folder: Path) -> str:
    project = _parsed(folder).get("project")
    try:
        return package_name(str(project.get("name", ""))) if isinstance(project, dict) else ""
    except ValueError:
        return ""


def _parsed(folder: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads((folder / MANIFEST_NAME).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
