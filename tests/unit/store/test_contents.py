import csv
import io

import pytest

from detent.store.contents import RecordRow, colliding, parse_record, parse_scripts
from detent.store.naming import check_script_name, encoded_digest, record_line


def test_record_is_read_as_csv() -> None:
    text = 'a.py,sha256=abc_-,12\r\n\n"b, ""c"".py",sha512=x=,\nd/RECORD,,\n'

    assert parse_record(text) == {
        "a.py": RecordRow("sha256", "abc_-", 12),
        'b, "c".py': RecordRow("sha512", "x", None),
        "d/RECORD": RecordRow("", "", None),
    }


def test_one_file_listed_twice_with_the_same_facts_is_one() -> None:
    assert len(parse_record("a,sha256=x,1\na,sha256=x,1\n")) == 1


@pytest.mark.parametrize(
    "line",
    [
        "a",
        "a,b",
        "a,b,c,d",
        '"a,b,c',
        'a"b,c,1',
        '"a"b,sha256=x,1',
        "a,sha256=x,-1",
        "a,sha256=x,1.5",
        "a,x=y,²",
    ],
)
def test_a_line_that_is_no_row_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="its RECORD has"):
        parse_record(f"{line}\n")


@pytest.mark.parametrize("path", ["a.py", "a b.py", "a,b.py", 'a"b.py', '"', "é.py"])
def test_a_line_that_was_written_is_read_back_here_and_by_the_csv_module(path: str) -> None:
    line = record_line(path, "00" * 32, 5)

    assert list(parse_record(line)) == [path]
    assert next(csv.reader(io.StringIO(line))) == [path, f"sha256={'A' * 43}", "5"]


def test_digests_are_url_safe_and_without_padding() -> None:
    assert encoded_digest(b"\xfb\xff\xfe\xff") == "-__-_w"


def test_scripts_are_read_from_their_two_groups_alone() -> None:
    text = """
        # a comment
        [console_scripts]
        b = pkg.cli:main
        a=pkg:App.run [extra1, extra2]
        ; another

        [gui_scripts]
        win = pkg:gui
        [other]
        anything goes = here, even (this)
        no equals sign
    """

    assert parse_scripts(text) == (
        ("console_scripts", "a", "pkg:App.run"),
        ("console_scripts", "b", "pkg.cli:main"),
        ("gui_scripts", "win", "pkg:gui"),
    )


def test_one_script_in_both_groups_is_one_program() -> None:
    text = "[console_scripts]\na = pkg:main\n[gui_scripts]\na = pkg:main\n"

    assert parse_scripts(text) == (("console_scripts", "a", "pkg:main"),)


def test_a_script_without_an_equals_sign_is_refused() -> None:
    with pytest.raises(ValueError, match="the line `tool`"):
        parse_scripts("[console_scripts]\ntool\n")


@pytest.mark.parametrize(
    "name", ["a", "A.b-c_d", "2to3", "pythonic", "python-x", "activated", "x.exe", ".hidden"]
)
def test_a_plain_name_is_a_scripts_name(name: str) -> None:
    check_script_name(name)


@pytest.mark.parametrize(
    "name", ["python", "PYTHON3.exe", "...", "activate", "deactivate", "-x", "a/b", "a\n"]
)
def test_other_names_are_not(name: str) -> None:
    with pytest.raises(ValueError, match="script"):
        check_script_name(name)


def test_paths_that_differ_in_case_are_found() -> None:
    assert colliding(["a/B", "c", "A/b", "straße", "STRASSE"]) == ("A/b", "STRASSE", "a/B", "straße")
    assert colliding(["a", "b"]) == ()
