import tomllib

import pytest

from detent.model.requirement import parse_requirement
from detent.project.entries import literal, merged, quote_of


@pytest.mark.parametrize(
    ("text", "quote", "expected"),
    [
        ("a", '"', '"a"'),
        ("a", "'", "'a'"),
        ('a; b == "c"', '"', "\"a; b == 'c'\""),
        ("a; b == 'c'", "'", "'a; b == \"c\"'"),
        ("a; b == 'c' or b == \"d\"", '"', '"a; b == \'c\' or b == \\"d\\""'),
        ("a\\b\n\x1f", "'", '"a\\\\b\\n\\u001f"'),
    ],
)
def test_a_literal_keeps_the_quotes_asked_for_where_it_can(text: str, quote: str, expected: str) -> None:
    assert literal(text, quote) == expected


def test_a_literal_means_its_text() -> None:
    text = "a; b == 'c' or b == \"d\" \\ \t \x00"

    assert tomllib.loads(f"x = {literal(text)}")["x"] == text


def test_the_kind_of_quote_is_seen() -> None:
    assert [quote_of(raw) for raw in ('"a"', "'a'", '"""a"""', "'''a'''")] == ['"', "'", '"', "'"]


@pytest.mark.parametrize(
    ("old", "wish", "new"),
    [
        ("a", "a[x,y]", "a[x,y]"),
        ("a >=1", "a[x]", "a[x] >=1"),
        ("a [x] >=1", "a[y]>=2", "a [x,y] >=2"),
        ("a[x]", "a[X]", "a[x]"),
        ("a[]", "a[x]", "a[x]"),
        ("a~=1.0", "a==2.*", "a==2.*"),
    ],
)
def test_a_wish_is_merged_into_the_spelling_of_the_entry(old: str, wish: str, new: str) -> None:
    assert merged(old, parse_requirement(old), wish, parse_requirement(wish)) == new
