"""Typed reading of tables."""

from datetime import UTC, datetime

import pytest

from detent.lock.tables import Fault, need, seconds, subtable, tables, take, text, texts


def test_what_is_missing_is_empty_or_a_fault() -> None:
    assert (take({}, "a", int), text({}, "a"), texts({}, "a"), tables({}, "a")) == (None, "", (), [])
    assert (subtable({}, "a", "b"), subtable({"a": {}}, "a", "b"), seconds({}, "a")) == (None, None, None)
    with pytest.raises(Fault, match="`a` is missing"):
        need({}, "a", str)


def test_values_of_the_asked_type_are_given() -> None:
    table = {
        "a": {"b": {"n": 1, "s": "x", "l": ["x"], "t": [{"y": 2}], "d": datetime(1970, 1, 2, tzinfo=UTC)}}
    }

    inner = subtable(table, "a", "b")

    assert inner is not None
    assert (take(inner, "n", int), text(inner, "s"), texts(inner, "l")) == (1, "x", ("x",))
    assert (tables(inner, "t"), seconds(inner, "d")) == ([{"y": 2}], 86400)


def test_other_types_are_faults_that_name_the_key() -> None:
    for wrong, sentence in (
        (lambda: take({"a": True}, "a", int), "`a` must be an integer, not true or false"),
        (lambda: text({"a": 1}, "a"), "`a` must be a string, not an integer"),
        (lambda: texts({"a": ["x", 1.5]}, "a"), "`a[1]` must be a string, not a float"),
        (lambda: tables({"a": "x"}, "a"), "`a` must be an array, not a string"),
        (lambda: tables({"a": [[]]}, "a"), "`a[0]` must be a table, not an array"),
        (lambda: subtable({"a": {"b": 1}}, "a", "b"), "`a.b` must be a table, not an integer"),
        (lambda: seconds({"a": "2020"}, "a"), "`a` must be a date and time, not a string"),
    ):
        with pytest.raises(Fault) as caught:
            wrong()
        assert str(caught.value) == sentence


def test_a_fault_is_told_from_above() -> None:
    fault = Fault("url", "is missing").below("wheels[2]")

    assert (fault.key, str(fault)) == ("wheels[2].url", "`wheels[2].url` is missing")
    assert Fault("", "is odd").below("a").key == "a"
