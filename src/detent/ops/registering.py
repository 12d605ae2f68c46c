"""What becomes of `add` in a workspace: what is added of it comes from it, and a folder in it joins it."""

import os
from collections.abc import Sequence
from pathlib import Path

from detent.model.references import ARCHIVE_ENDINGS
from detent.model.sources import PathSource, WorkspaceSource
from detent.ops.discover import MANIFEST_NAME, Project, Workspace, decode, read_part
from detent.ops.shown_paths import display
from detent.ops.wishes import Wish
from detent.project.workspace_edit import add_member
from detent.project.workspace_table import is_excluded, read_workspace


def in_workspace(
    project: Project, wishes: Sequence[Wish], *, registers: bool | None
) -> tuple[Project, tuple[Wish, ...]]:
    """Let members come from the workspace, and folders become members.

    ``registers``: whether they do; ``None``: where there is a workspace, and they lie in it.
    """
    if project.workspace is None and not registers:
        return project, tuple(wishes)
    found = []
    for wish in wishes:
        source, name = wish.source, wish.requirement.name
        folder = _folder_in(project, source) if isinstance(source, PathSource) else ""
        if folder and registers is not False:
            joined = registered(project, folder, is_meant=bool(registers))
            project, is_member = joined or project, joined is not None
        else:
            is_member = not wish.is_placed and name != project.current.name and _is_member(project, name)
        is_copy = isinstance(source, PathSource) and source.editable is False
        of_workspace = WorkspaceSource(editable=False if is_copy else None)
        found.append(wish._replace(source=of_workspace) if is_member else wish)
    return project, tuple(found)


def text_of(project: Project) -> str:
    """Give the text of what a command edits, with the members that it adds."""
    part, workspace = project.current, project.workspace
    if workspace is not None and workspace.registered is not None and not part.folder:
        return workspace.registered
    return decode(part.manifest_bytes, part.manifest_path)


def registered(project: Project, folder: str, *, is_meant: bool) -> Project | None:
    """Give the project with a folder as a member; ``None`` for one that is left out on purpose."""
    workspace = project.workspace or Workspace(())
    real = os.path.realpath(project.root / folder)
    if any(os.path.realpath(part.root) == real for part in workspace.parts):
        return project
    text = workspace.registered or decode(project.manifest_bytes, project.manifest_path)
    table = read_workspace(text, display(project.manifest_path))
    if table is not None and is_excluded(folder, table) and not is_meant:
        return None
    after = add_member(text, folder, display=display(project.manifest_path))
    part = read_part(project.root, folder)
    parts = (*workspace.parts, part)
    return project._replace(
        workspace=workspace._replace(parts=tuple(sorted(parts, key=lambda each: each.name)), registered=after)
    )


def _folder_in(project: Project, source: PathSource) -> str:
    """Give a folder with a project below the root of the workspace, relative to that; empty for others."""
    if source.path.lower().endswith(ARCHIVE_ENDINGS) or source.package is False:
        return ""
    folder = Path(os.path.normpath(project.current.root / source.path))
    if folder == project.root or not (folder / MANIFEST_NAME).is_file():
        return ""
    return folder.relative_to(project.root).as_posix() if folder.is_relative_to(project.root) else ""


def _is_member(project: Project, name: str) -> bool:
    return project.workspace is not None and project.workspace.part(name) is not None
