from collections.abc import Iterator

import pytest

from detent.errors.resolve import MarkersTooLarge
from detent.model import marker_nodes as nodes
from detent.model.limits import Limits
from detent.model.marker_nodes import ALWAYS, EXTRA, GATES, GROUP, MACHINE, NEVER, PYTHON


@pytest.fixture
def few_nodes() -> Iterator[None]:
    nodes.allow_nodes(len(nodes.NODES) + 1)
    yield
    nodes.allow_nodes(Limits().marker_nodes)


def test_a_test_whose_answer_does_not_matter_is_no_node() -> None:
    assert nodes.make((EXTRA, "x"), (), (ALWAYS, ALWAYS)) == ALWAYS
    assert nodes.make((PYTHON, ""), (5, 9), (NEVER, NEVER, NEVER)) == NEVER
    assert nodes.make((MACHINE, ""), ("a",), (ALWAYS, ALWAYS)) == ALWAYS


def test_neighbours_with_one_answer_are_one_cell() -> None:
    split = nodes.make((PYTHON, ""), (5, 9), (NEVER, ALWAYS, ALWAYS))

    assert nodes.NODES[split] == ((PYTHON, ""), (5,), (NEVER, ALWAYS))
    assert split == nodes.between(5, None)


def test_a_value_with_the_answer_of_the_rest_is_not_named() -> None:
    named = nodes.make((MACHINE, ""), ("a", "b"), (NEVER, ALWAYS, NEVER))

    assert named == nodes.one_of(MACHINE, ("b",))


def test_equal_sets_are_one_int_however_they_came_about() -> None:
    low, high = nodes.between(0, 5), nodes.between(9, None)

    assert nodes.or_(low, high) == nodes.not_(nodes.between(5, 9))
    assert nodes.and_(nodes.between(0, 9), nodes.between(5, None)) == nodes.between(5, 9)
    assert nodes.one_of(MACHINE, ("b", "a")) == nodes.or_(
        nodes.one_of(MACHINE, ("a",)), nodes.one_of(MACHINE, ("b",))
    )


def test_a_range_without_room_is_empty() -> None:
    assert nodes.between(5, 5) == NEVER
    assert nodes.between(0, None) == ALWAYS


def test_restricting_drops_what_is_known_already() -> None:
    marker = nodes.and_(nodes.between(10, 20), nodes.one_of(MACHINE, ("a",)))

    assert nodes.restrict(marker, nodes.between(10, 20)) == nodes.one_of(MACHINE, ("a",))
    assert nodes.restrict(nodes.between(10, 20), nodes.between(12, None)) == nodes.between(0, 20)
    assert nodes.restrict(marker, NEVER) == NEVER
    assert nodes.restrict(marker, nodes.flag(EXTRA, "x")) == marker


def test_forgetting_a_question_allows_any_answer_to_it() -> None:
    gated = nodes.and_(nodes.flag(EXTRA, "x"), nodes.between(5, None))
    either = nodes.or_(gated, nodes.and_(nodes.flag(GROUP, "g"), nodes.between(0, 3)))

    assert nodes.forget(gated, GATES) == nodes.between(5, None)
    assert nodes.forget(either, GATES) == nodes.not_(nodes.between(3, 5))


def test_extras_are_fixed_and_groups_are_not() -> None:
    both = nodes.and_(nodes.flag(EXTRA, "x"), nodes.flag(GROUP, "x"))

    assert nodes.with_extras(both, frozenset()) == NEVER
    assert nodes.with_extras(both, frozenset(("x",))) == nodes.flag(GROUP, "x")


def test_the_subjects_of_a_marker_are_told_by_rank() -> None:
    marker = nodes.or_(nodes.flag(EXTRA, "x"), nodes.and_(nodes.flag(EXTRA, "y"), nodes.flag(GROUP, "g")))

    assert nodes.subjects(marker) == {EXTRA: frozenset(("x", "y")), GROUP: frozenset(("g",))}
    assert nodes.subjects(ALWAYS) == {}


def test_hundreds_of_extras_fit_in_one_marker() -> None:
    names = [f"extra-{i:03}" for i in range(300)]
    either = NEVER
    for name in names:
        either = nodes.or_(either, nodes.and_(nodes.flag(EXTRA, name), nodes.between(5, None)))

    assert nodes.subjects(either)[EXTRA] == frozenset(names)
    assert nodes.forget(either, GATES) == nodes.between(5, None)
    assert nodes.implies(
        nodes.restrict(either, nodes.between(5, None)), nodes.not_(nodes.and_(NEVER, either))
    )


@pytest.mark.usefixtures("few_nodes")
def test_markers_without_end_are_stopped_with_a_way_out() -> None:
    nodes.flag(EXTRA, "the last that fits")

    with pytest.raises(MarkersTooLarge) as caught:
        nodes.flag(EXTRA, "one too many")

    assert caught.value.what == "the markers of the dependencies combine into too many cases"
    assert any("DETENT_MARKER_NODES" in step for step in caught.value.next_steps)


def test_gates_that_are_not_kept_are_answered_either_way() -> None:
    x, y, group = nodes.flag(EXTRA, "x"), nodes.flag(EXTRA, "y"), nodes.flag(GROUP, "x")
    new = nodes.between(9, None)
    marker = nodes.or_(nodes.and_(nodes.and_(x, group), new), nodes.and_(y, nodes.not_(new)))

    assert nodes.forget(marker, GATES, frozenset()) == ALWAYS
    assert nodes.forget(marker, GATES, frozenset({(EXTRA, "y")})) == nodes.or_(new, y)
    assert nodes.forget(new, GATES, frozenset()) == new


def test_of_two_exclusive_extras_one_is_enough_to_ask_for() -> None:
    x, y = nodes.flag(EXTRA, "x"), nodes.flag(EXTRA, "y")
    care = nodes.not_(nodes.and_(x, y))

    assert nodes.restrict(nodes.and_(nodes.not_(x), y), care) == y
    assert nodes.restrict(nodes.and_(x, nodes.not_(y)), care) == x
    neither = nodes.and_(nodes.not_(x), nodes.not_(y))
    assert nodes.restrict(neither, care) == neither
