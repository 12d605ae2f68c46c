"""Metadata files nobody announced: asked for as long as it is worth it."""

from detent.index.sidecars import Sidecars

DAY = 86_400.0


def learned(*answers: bool, fact: object = None, now: float = 1000.0) -> Sidecars:
    sidecars = Sidecars(fact, lambda: now)
    for answer in answers:
        sidecars.learn(is_there=answer)
    return sidecars


def test_after_eight_misses_in_a_row_an_index_is_not_asked() -> None:
    assert learned(*[False] * 7).worth_asking()
    assert not learned(*[False] * 8).worth_asking()


def test_a_hit_begins_the_count_again() -> None:
    assert learned(*[False] * 7, True, *[False] * 7).worth_asking()


def test_misses_of_an_earlier_run_count() -> None:
    assert not learned(False, fact=learned(*[False] * 7).fact()).worth_asking()


def test_silence_lasts_a_day() -> None:
    fact = learned(*[False] * 8, now=1000).fact()

    assert not learned(fact=fact, now=1000 + DAY - 1).worth_asking()
    assert learned(fact=fact, now=1000 + DAY).worth_asking()


def test_a_fact_that_makes_no_sense_is_forgotten() -> None:
    far_in_the_future = (0, 1000 + 9 * DAY)

    assert all(learned(fact=fact).worth_asking() for fact in (far_in_the_future, "x", (1,), None))
