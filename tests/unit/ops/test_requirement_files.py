from pathlib import Path

import pytest

from detent.errors import Unsupported, UsageError
from detent.ops.requirement_files import read_requirements


def test_comments_continuations_hashes_and_nested_files(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.txt").write_text(
        "\ufeff# all\n\nhttpx >= 1  # why\nrich \\\n  --hash=sha256:00 \\\n  --hash sha256:11\n-r deep/b.txt\nx#y\n"
    )
    (tmp_path / "deep/b.txt").write_text("idna\r\n--requirement=c.txt")
    (tmp_path / "deep/c.txt").write_text("click; python_version > '3'")

    assert [line.text for line in read_requirements(str(tmp_path / "a.txt"))] == [
        "httpx >= 1",
        "rich",
        "idna",
        "click; python_version > '3'",
        "x#y",
    ]
    assert read_requirements(str(tmp_path / "a.txt"))[1].where == f"{tmp_path}/a.txt:4"


def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with pytest.raises(UsageError, match="there is no requirements file"):
        read_requirements(str(path))
    path.write_text("-r a.txt\n")
    with pytest.raises(UsageError, match="includes itself"):
        read_requirements(str(path))
    path.write_text("ok\n--index-url https://example.com\n")
    with pytest.raises(Unsupported, match=r"a\.txt:2`: the option `--index-url`"):
        read_requirements(str(path))
    path.write_bytes(b"\xff")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_requirements(str(path))
