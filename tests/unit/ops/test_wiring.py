"""What the parts of a world are given."""

import os

import pytest

from detent.ops.wiring import _processors


def test_processors_count_that_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {3, 5}, raising=False)

    assert _processors() == 2


@pytest.mark.parametrize(("found", "expected"), [(4, 4), (None, 1)])
def test_where_no_system_tells_which_all_count(
    monkeypatch: pytest.MonkeyPatch, found: int | None, expected: int
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: found)

    assert _processors() == expected
