"""Builds side by side: none waits for itself over others, and none for another that waits for it."""

import threading
from collections.abc import Callable

import pytest

from detent.errors.build import BuildCycle
from detent.model.names import PackageName
from detent.ops.crew import Crew

A, B, C = map(PackageName, "abc")


def crew(workers: int = 3) -> Crew:
    return Crew(lambda: workers)


def meeting(parties: int) -> Callable[[], object]:
    """What is left only when so many are there at once."""
    barrier = threading.Barrier(parties)
    return lambda: barrier.wait(timeout=20)


def test_as_many_builds_as_allowed_go_on_at_once_and_each_gives_its_own() -> None:
    meet = meeting(3)

    def build(number: int) -> int:
        meet()
        return number

    tasks = [lambda number=number: build(number) for number in range(6)]

    assert crew().side_by_side(tasks) == [0, 1, 2, 3, 4, 5]


def test_what_a_build_needs_built_it_builds_itself_one_after_the_other() -> None:
    made = crew()
    threads: list[int] = []

    def needed() -> None:
        threads.append(threading.get_ident())

    def build() -> int:
        with made.building(A, "a"):
            made.side_by_side([needed, needed])
        return threading.get_ident()

    first, _ = made.side_by_side([build, lambda: 0])

    assert threads == [first, first]


def test_the_first_failure_is_raised_and_no_more_is_begun() -> None:
    made, begun = crew(2), []
    meet = meeting(2)

    def fail() -> None:
        meet()
        raise BuildCycle("a", (A, A))

    def wait_for_the_end() -> None:
        begun.append(True)
        meet()
        while not made.halt.is_pulled:
            threading.Event().wait(0.01)

    with pytest.raises(BuildCycle):
        made.side_by_side([fail, wait_for_the_end, wait_for_the_end])
    assert len(begun) == 1


def test_a_circle_over_several_threads_is_refused_where_it_closes() -> None:
    made = crew()
    meet = meeting(2)
    refused: list[tuple[str, ...]] = []

    def build(name: PackageName, need: PackageName) -> None:
        with made.building(name, name):
            meet()
            try:
                with made.building(need, need):
                    meet()
            except BuildCycle as error:
                refused.append(tuple(error.why.replace("`", "").split()))
                meet()

    made.side_by_side([lambda: build(A, B), lambda: build(B, A)])

    assert len(refused) == 1
    assert {"a", "b"} <= set(refused[0])


def test_needing_what_another_builds_is_no_circle() -> None:
    made = crew()

    with made.building(A, "a"), made.building(B, "b"), made.building(C, "c"):
        assert made.chain() == [A, B, C]
        with pytest.raises(BuildCycle):
            made.building(A, "a").__enter__()
    with made.building(C, "c"), made.building(A, "a"):
        pass
    assert made.chain() == []


def test_who_has_the_turn_to_look_for_versions_waits_for_no_other_build_of_ours() -> None:
    made = crew()
    meet = meeting(2)
    answers: dict[str, bool] = {}

    def build() -> None:
        with made.claimed("key") as is_waited_for:
            answers["builds"] = is_waited_for
            meet()
            meet()

    def look() -> None:
        meet()
        with made.looking(), made.claimed("key") as is_waited_for:
            answers["looks"] = is_waited_for
        with made.claimed("key") as is_waited_for:
            answers["does not look"] = is_waited_for
        meet()

    made.side_by_side([build, look])

    assert answers == {"builds": True, "looks": False, "does not look": True}
