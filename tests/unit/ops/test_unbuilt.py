from types import SimpleNamespace
from typing import cast

import pytest

from detent.errors import DetentError, Failures
from detent.errors.build import BuildError, BuildFailed
from detent.errors.resolve import Conflict
from detent.events import Event, Notice
from detent.ops.unbuilt import take_unbuilt, tell_unbuilt, with_unbuilt
from detent.ops.world import World

CONFLICT = Conflict(["a needs b"])


def failed(name: str, *, log: str = "") -> BuildFailed:
    return BuildFailed(f"{name}==1.0", "it broke", output=["gcc: not found"], log=log)


class FakeWorld:
    """What builds that failed are told with."""

    def __init__(self, *unbuilt: BuildError) -> None:
        self.told: list[Event] = []
        self.unbuilt = list(unbuilt)

    @property
    def world(self) -> World:
        releases = SimpleNamespace(unbuilt=self.unbuilt)
        return cast("World", SimpleNamespace(releases=releases, report=self.told.append))


def test_a_failure_is_told_once_and_by_whom_it_concerns() -> None:
    others, ours = failed("a"), failed("b")
    fake = FakeWorld(others, ours)

    assert take_unbuilt(fake.world, 1) == (ours,)
    assert fake.unbuilt == [others]


def test_an_error_without_failed_builds_stays_what_it_is() -> None:
    assert with_unbuilt(FakeWorld(failed("a")).world, 1, CONFLICT) is CONFLICT


@pytest.mark.parametrize("error", [CONFLICT, Failures([CONFLICT])])
def test_failed_builds_come_before_what_they_led_to(error: DetentError) -> None:
    first = failed("a")

    together = with_unbuilt(FakeWorld(first).world, 0, error)

    assert isinstance(together, Failures)
    assert together.failures == (first, CONFLICT)


def test_a_build_that_is_shown_already_is_not_shown_twice() -> None:
    first, second = failed("a"), failed("b")
    both = Failures([first, second])

    assert with_unbuilt(FakeWorld(first).world, 0, both) is both


def test_a_version_that_was_passed_over_is_a_warning_of_one_line() -> None:
    fake = FakeWorld(failed("a", log="/logs/a.log"))

    tell_unbuilt(fake.world, 0)
    tell_unbuilt(fake.world, 0)

    assert fake.told == [
        Notice(
            "warning",
            "`a==1.0` could not be built, so it was passed over: it broke; "
            "read all of what the build said in `/logs/a.log`",
        )
    ]
