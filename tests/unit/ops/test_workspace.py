"""Which folders are members: patterns held against what is on disk."""

from pathlib import Path

import pytest

from detent.errors.project import ManifestInvalid
from detent.ops.workspace import member_folders
from detent.project.workspace_table import WorkspaceTable


def make(root: Path, *folders: str) -> Path:
    for folder in folders:
        (root / folder).mkdir(parents=True)
        (root / folder / "pyproject.toml").write_text("")
    return root


def found(root: Path, *members: str, exclude: tuple[str, ...] = ()) -> tuple[str, ...]:
    return member_folders(root, WorkspaceTable(members, exclude))


def test_patterns_find_folders_each_once_and_never_the_root(tmp_path: Path) -> None:
    make(tmp_path, "packages/b", "packages/a", "libs/deep/c", "libs/deep/node_modules/x", "libs/.hidden/y")
    (tmp_path / "pyproject.toml").write_text("")

    assert found(tmp_path, "packages/*", "packages/a", ".", "") == ("packages/a", "packages/b")
    assert found(tmp_path, "libs/**") == ("libs/deep/c",)
    assert found(tmp_path, "packages/*", exclude=("packages/b",)) == ("packages/a",)
    assert found(tmp_path, "nowhere/*", "nothing") == ()


def test_what_holds_nothing_of_a_project_is_passed_over(tmp_path: Path) -> None:
    make(tmp_path, "packages/a")
    for folder in ("packages/.git", "packages/empty", "packages/left/__pycache__"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "packages/README").write_text("")

    assert found(tmp_path, "packages/*") == ("packages/a",)


def test_a_folder_that_is_named_and_no_project_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "packages/loose").mkdir(parents=True)
    (tmp_path / "packages/loose/main.c").write_text("")

    with pytest.raises(ManifestInvalid, match="packages/loose"):
        found(tmp_path, "packages/*")
    assert found(tmp_path, "packages/*", exclude=("packages/loose",)) == ()


def test_a_link_is_where_it_leads(tmp_path: Path) -> None:
    root, outside = make(tmp_path / "root", "packages/a"), make(tmp_path, "outside")
    (root / "packages/again").symlink_to("a")

    assert found(root, "packages/*") == ("packages/a",)
    (root / "packages/away").symlink_to(outside / "outside")
    with pytest.raises(ManifestInvalid, match="lies outside of it"):
        found(root, "packages/*")
