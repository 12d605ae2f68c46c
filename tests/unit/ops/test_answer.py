"""Splits that a lock does not need are left out, and never at the cost of the lock."""

from detent.lock.model import Lock
from detent.ops.answer import without_needless_forks
from detent.resolve.forks import resolve
from detent.resolve.preferences import Preferences
from support.locks import entry, lock
from support.worlds import project, ticking, world

SPLIT = lock(entry("a", "1.0"), forks=["python_version >= '3.12'", "python_version < '3.12'"])


def test_splits_that_nothing_needs_are_left_out() -> None:
    asked: list[Preferences] = []

    def again(preferences: Preferences) -> Lock:
        asked.append(preferences)
        return SPLIT._replace(forks=())

    assert without_needless_forks(SPLIT, again).forks == ()
    assert [[version for version, _ in asked[0].locked[name]] for name in asked[0].locked] == [["1.0"]]


def test_splits_stay_where_versions_would_move_without_them() -> None:
    assert without_needless_forks(SPLIT, lambda _: lock(entry("a", "2.0"))) == SPLIT


def test_a_second_search_that_ends_without_an_answer_takes_none_away() -> None:
    def again(_: Preferences) -> Lock:
        resolve(project(["a>=2"]), world({"a": ["1.0"]}), clock=ticking())
        raise AssertionError

    assert without_needless_forks(SPLIT, again) == SPLIT
