"""A lock as a graph."""

import pytest

from detent.lock.graph import Graph, scope
from detent.model import markers
from detent.model.requirement import parse_requirement
from support.locks import entry, lock

FORKED = Graph(
    lock(
        entry("a", needs=["b<2", "c[y]; python_version < '3.11'"], extras={"x": ["b>=2"]}),
        entry("b", "1.0"),
        entry("b", "2.0rc1"),
        entry("b", "2.0"),
    )
)


def test_entries_answer_by_version() -> None:
    below, missing = FORKED.needs(0)
    (above,) = FORKED.needs(0, "x")

    assert list(map(FORKED.title, below.answers)) == ["b 1.0"]
    assert list(map(FORKED.title, below.others)) == ["b 2.0", "b 2.0rc1"]
    assert list(map(FORKED.title, above.answers)) == ["b 2.0"]
    assert (missing.answers, missing.others, missing.extras) == ((), (), ("y",))
    assert missing.marker == markers.parse("python_version < '3.11'")
    assert FORKED.needs(0, "unknown") == ()


def test_an_entry_without_a_version_answers_any() -> None:
    graph = Graph(lock(entry("a")._replace(version="")))

    assert graph.need(parse_requirement("a>=5")).answers == (0,)


def test_a_line_that_does_not_parse_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="`a b` is not a valid requirement"):
        Graph(lock(entry("a", needs=["a b"]))).needs(0)


def test_the_scope_is_requires_python_and_any_of_the_environments() -> None:
    limited = lock(
        requires_python=">=3.11", environments=["sys_platform == 'linux'", "sys_platform == 'darwin'"]
    )

    assert scope(limited) == markers.parse(
        "python_version >= '3.11' and (sys_platform == 'linux' or sys_platform == 'darwin')"
    )
    assert scope(lock(requires_python="")) == markers.ALWAYS


def test_entries_are_named_with_extra_and_version() -> None:
    assert (FORKED.title(0), FORKED.title(0, "x")) == ("a 1.0", "a[x] 1.0")
