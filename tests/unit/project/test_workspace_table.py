"""What belongs to a workspace: its table, and patterns of folders."""

import pytest

from detent.errors.project import ManifestInvalid
from detent.project.workspace_table import WorkspaceTable, is_excluded, matches, read_workspace


def table(text: str) -> WorkspaceTable | None:
    return read_workspace(text, "pyproject.toml")


def test_a_file_without_the_table_has_no_workspace() -> None:
    assert table('[project]\nname = "workspace"\n') is None


def test_patterns_are_read_without_what_says_nothing() -> None:
    text = '[tool.detent.workspace]\nmembers = ["./packages/*/", "libs//x"]\nexclude = ["packages/old"]\n'

    assert table(text) == WorkspaceTable(("packages/*", "libs/x"), ("packages/old",))


def test_the_table_of_uv_is_read_where_there_is_no_other_and_said_so() -> None:
    of_uv = '[tool.uv.workspace]\nmembers = ["a"]\n'

    found = table(of_uv)
    assert found is not None
    assert found.members == ("a",)
    assert "`[tool.uv.workspace]` in pyproject.toml" in found.note
    assert table(of_uv + '[tool.detent.workspace]\nmembers = ["b"]\n') == WorkspaceTable(("b",))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('members = "packages"', "must be a list of strings"),
        ("members = [1]", "must be a list of strings"),
        ('members = ["/srv/x"]', "it must be relative"),
        ('members = ["c:/x"]', "it must be relative"),
        ('members = ["../x"]', "a member lies below the folder of its workspace"),
        ('exclude = ["a/../../x"]', "a member lies below the folder of its workspace"),
        ('member = ["x"]', "`member` is nothing that `tool.detent.workspace` can say"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(line: str, says: str) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        table(f"[tool.detent.workspace]\n{line}\n")

    assert says in f"{caught.value.what} {caught.value.why}"
    assert "pyproject.toml:2:" in caught.value.what


@pytest.mark.parametrize(
    ("pattern", "folder", "is_meant"),
    [
        ("packages/*", "packages/a", True),
        ("packages/*", "packages", False),
        ("packages/*", "packages/a/b", False),
        ("packages/**", "packages/a/b", True),
        ("**/lib-[ab]", "x/y/lib-a", True),
        ("**/lib-[ab]", "lib-c", False),
        ("pack?ges", "packages", True),
        ("a.b", "axb", False),
    ],
)
def test_a_pattern_names_folders_as_a_shell_does(pattern: str, folder: str, *, is_meant: bool) -> None:
    assert matches(pattern, folder) is is_meant


def test_what_lies_in_a_folder_that_is_left_out_is_left_out() -> None:
    left_out = WorkspaceTable(("**",), ("attic",))

    assert is_excluded("attic/old/one", left_out)
    assert not is_excluded("packages/attic", left_out)
