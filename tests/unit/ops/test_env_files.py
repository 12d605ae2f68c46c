"""Files of variables for `detent run --env-file`."""

from pathlib import Path

import pytest

from detent.errors import UsageError
from detent.errors.store import FileTrouble
from detent.ops.env_files import variables_of


def write(folder: Path, text: str, name: str = ".env") -> str:
    path = folder / name
    path.write_text(text, "utf-8")
    return str(path)


def test_lines_quotes_comments_and_export(tmp_path: Path) -> None:
    file = write(tmp_path, "# talk\nA=1\nexport B='two words'\nC=\"with\\nline\" # more\nD=\n")

    assert variables_of([file], {}) == {"A": "1", "B": "two words", "C": "with\nline", "D": ""}


def test_what_is_set_already_stays(tmp_path: Path) -> None:
    assert variables_of([write(tmp_path, "A=file\nB=file\n")], {"A": "mine"}) == {"B": "file"}


def test_the_later_file_counts(tmp_path: Path) -> None:
    one, other = write(tmp_path, "A=1\nB=1\n", "one"), write(tmp_path, "A=2\n", "other")

    assert variables_of([one, other], {}) == {"A": "2", "B": "1"}


def test_a_variable_stands_for_what_is_set_or_was_read(tmp_path: Path) -> None:
    file = write(tmp_path, "A=1\nB=${A}-${HOME}-${NONE:-else}\n")

    assert variables_of([file], {"HOME": "/me"})["B"] == "1-/me-else"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no environment file"):
        variables_of([str(tmp_path / "none")], {})


def test_a_file_without_a_name() -> None:
    with pytest.raises(UsageError, match="no name"):
        variables_of([""], {})


def test_a_line_that_is_none_is_told_with_its_number(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.env:2: no variable can be read here"):
        variables_of([write(tmp_path, "A=1\n'unfinished\n")], {})


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"A=\xff\n")

    with pytest.raises(FileTrouble, match="could not be written or read"):
        variables_of([str(path)], {})


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileTrouble):
        variables_of([str(tmp_path)], {})
