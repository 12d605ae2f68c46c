import pytest

from detent.errors.project import ManifestInvalid
from detent.project.document import parse_document, type_name


def fault(text: str) -> ManifestInvalid:
    with pytest.raises(ManifestInvalid) as caught:
        parse_document(text, "pyproject.toml")
    return caught.value


def test_a_syntax_error_is_named_with_line_and_column() -> None:
    error = fault("[project]\nname = me\n")

    assert error.where == "pyproject.toml:2:8"
    assert error.what == "`pyproject.toml:2:8`: not valid TOML"
    assert error.why == "invalid value"


def test_a_text_that_breaks_off_is_named_by_its_end() -> None:
    assert fault("[project]\nname = [").where == "pyproject.toml:2:9"


def test_merge_conflict_markers_are_called_so_with_their_line() -> None:
    error = fault("[project]\n<<<<<<< ours\n")

    assert error.where == "pyproject.toml:2"
    assert error.what == "`pyproject.toml:2`: a merge conflict was left in it"
    assert "`detent lock`" in error.next_steps[1]


def test_an_endless_number_is_an_error_and_not_a_crash() -> None:
    assert fault(f"a = {'1' * 5000}\n").where == "pyproject.toml"


def test_endless_nesting_is_an_error_and_not_a_crash() -> None:
    assert "nested too deeply" in fault("a = " + "[" * 5000 + "]" * 5000).why


def test_a_byte_order_mark_and_windows_line_ends_are_read() -> None:
    document = parse_document("\ufeff[a]\r\nb = ['c']\r\n", "x.toml")

    assert document.data == {"a": {"b": ["c"]}}
    assert document.where("a", "b", 0) == "x.toml:2:6"
    assert document.line("a") == 1
    assert document.where("other") == "x.toml"
    assert document.line("other") is None


def test_types_have_names_a_person_knows() -> None:
    data = parse_document("a = true\nb = 1\nc = 'x'\nd = []\ne = {}\nf = 2020-01-01\ng = 1.5\n", "x").data

    assert [type_name(value) for value in data.values()] == [
        "a boolean",
        "a number",
        "a string",
        "a list",
        "a table",
        "a date or time",
        "a number",
    ]
