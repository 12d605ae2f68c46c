"""Writing TOML."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from detent.lock.toml import array, inline_array
from detent.model.toml_text import key, quoted

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS, TEXTS)
def test_any_key_and_text_is_read_back(name: str, value: str) -> None:
    assert tomllib.loads(f"{key(name)} = {quoted(value)}") == {name: value}


@given(TEXTS)
def test_nothing_that_does_not_print_is_written(value: str) -> None:
    assert quoted(value).isprintable()


def test_keys_are_bare_where_they_can_be() -> None:
    assert (key("a-b_1"), key("a.b"), key("")) == ("a-b_1", '"a.b"', '""')


def test_arrays_have_one_value_on_a_line_unless_they_are_empty() -> None:
    assert array("a", ["1", "2"]) == ["a = [", "    1,", "    2,", "]"]
    assert array("a", []) == ["a = []"]
    assert inline_array("a", ["x", "y"]) == 'a = ["x", "y"]'
