"""When a search has to end."""

from collections.abc import Callable

from detent.model.limits import Limits
from detent.resolve.budget import Budget


def at(*moments: float) -> Callable[[], float]:
    """Give a clock that shows these moments, one each time it is read."""
    left = iter(moments)
    return lambda: next(left)


def still() -> float:
    return 0


def test_more_decided_than_ever_before_is_progress() -> None:
    budget = Budget(at(0, 9, 18, 28, 29), Limits(search_seconds=10), wall=still)

    assert [budget.is_used_up(decided) for decided in (3, 5, 5, 4)] == [False, False, False, True]


def test_a_solved_environment_is_progress_and_the_next_one_begins_anew() -> None:
    budget = Budget(at(0, 1, 15, 24, 34), Limits(search_seconds=10), wall=still)

    assert not budget.is_used_up(7)
    budget.progressed()
    budget.begin()
    assert not budget.is_used_up(2)
    assert not budget.is_used_up(2)


def test_all_of_it_can_be_bounded() -> None:
    budget = Budget(still, Limits(search_seconds=10, max_seconds=2.5), wall=at(0, 1, 2, 3))

    assert [budget.is_used_up(decided) for decided in (1, 2, 3)] == [False, False, True]


def test_it_says_what_was_used_up() -> None:
    patient = Budget(at(0, 11), Limits(search_seconds=10), wall=still)
    bounded = Budget(still, Limits(max_seconds=2.5), wall=at(0, 3, 3))

    assert patient.is_used_up(0)
    assert patient.spent() == "10 seconds of search without progress"
    assert bounded.is_used_up(0)
    assert bounded.spent() == "the 2.5 seconds of `--max-seconds`"
