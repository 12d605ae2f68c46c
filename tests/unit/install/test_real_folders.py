import os
from pathlib import Path

import pytest

from detent.errors.store import FileTrouble
from detent.install.real_folders import RealFolders


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/file").touch()
    (tmp_path / "a/link").symlink_to("b")
    (tmp_path / "a/made").symlink_to("b")
    (tmp_path / "away").symlink_to("a")
    (tmp_path / "a/b/c").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("folder", "state"),
    [
        ("", "real"),
        ("a/b/c", "real"),
        ("a/x/y", "absent"),
        ("a/file", "taken"),
        ("a/file/x", "taken"),
        ("a/link", "taken"),
        ("a/link/c", "taken"),
        ("a/made", "real"),
        ("a/made/c", "real"),
        ("away/made", "taken"),
        ("..", "taken"),
        ("a/../a", "taken"),
        ("a//b", "taken"),
        (".", "taken"),
    ],
)
def test_a_folder_counts_where_no_link_is_on_the_way(root: Path, folder: str, state: str) -> None:
    folders = RealFolders(str(root), {"a/made", "away/made"})

    assert folders.state(folder) == state
    assert folders.is_real(folder) is (state == "real")


def test_each_is_looked_at_once(root: Path) -> None:
    folders = RealFolders(str(root))
    assert folders.is_real("a/b")
    (root / "a").rename(root / "moved")

    assert folders.is_real("a/b")
    assert sorted(folders.met()) == ["", "a", "a/b"]


def test_what_stands_in_the_way_is_named(root: Path) -> None:
    folders = RealFolders(str(root))

    assert folders.obstacle("a/link/c/file.py") == "a/link"
    assert folders.obstacle("a/file/x/y/z.py") == "a/file"


def test_of_a_name_that_is_too_long_there_is_no_folder(root: Path) -> None:
    folders = RealFolders(os.fspath(root))

    assert not folders.is_real("x" * 300)
    with pytest.raises(FileTrouble):
        folders.state("x" * 300)
