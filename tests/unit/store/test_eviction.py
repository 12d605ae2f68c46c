import os
import time
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detent.events import Event
from detent.model.limits import Limits
from detent.store import cache, eviction, inventory
from detent.store.cache import hold_store, open_store
from detent.store.eviction import Bounds, Row, choose
from detent.store.layout import Layout
from detent.store.users import register, users
from support.stores import DAY_SECONDS, INDEX, A, B, aged, filled, lived_in, put
from support.wheels import wheel

ALL = Bounds(None, 90 * DAY_SECONDS)
NOW = 1_000_000_000.0


evict = partial(eviction.evict, seconds=600)
"""A whole pass, however slow the machine is; tests about slices say how long one is."""


def days(number: float) -> int:
    return int(NOW - number * DAY_SECONDS)


def chosen(rows: dict[str, Row], bounds: Bounds, *kept: str) -> list[str]:
    return [path.rpartition("/")[2] for path in choose({"group": rows}, frozenset(kept), bounds, NOW)]


def due(root: Path) -> bool:
    """Whether a command that opens the store has to look after it."""
    found: list[Layout] = []
    open_store(root, when_due=found.append)
    return bool(found)


# ---- what is to go ---------------------------------------------------------------------------


def test_what_was_not_used_for_longest_goes_until_the_rest_fits() -> None:
    rows = {"a": Row(days(5), 10), "b": Row(days(9), 10), "c": Row(days(7), 10)}

    assert chosen(rows, Bounds(30, None)) == []
    assert chosen(rows, Bounds(29, None)) == ["b"]
    assert chosen(rows, Bounds(19, None)) == ["b", "c"]
    assert chosen(rows, Bounds(1, None)) == ["b", "c", "a"]


def test_what_is_too_old_goes_however_small_it_is() -> None:
    rows = {"a": Row(days(5), 10), "b": Row(days(91), 0)}

    assert chosen(rows, Bounds(100, 90 * DAY_SECONDS)) == ["b"]


def test_what_was_used_within_two_days_stays_however_big_it_is() -> None:
    rows = {"a": Row(days(1.9), 100), "b": Row(int(NOW) + 1000, 100), "c": Row(days(2.1), 1)}

    assert chosen(rows, Bounds(10, 60)) == ["c"]


def test_what_is_in_use_stays_and_does_not_count() -> None:
    rows = {"a": Row(days(99), 100, "x", is_linked=True), "b": Row(days(98), 100), "c": Row(days(97), 10)}

    assert chosen(rows, Bounds(10, 90 * DAY_SECONDS), "b") == ["c"]
    assert chosen(rows, Bounds(10, None), "b") == []


ROWS = st.dictionaries(
    st.text("abc", min_size=1, max_size=3),
    st.builds(Row, st.integers(days(200), days(0)), st.integers(0, 50), st.just(""), st.booleans()),
)


@given(ROWS, st.integers(0, 200))
def test_the_rest_fits_unless_it_was_used_lately_and_no_more_goes_than_must(
    rows: dict[str, Row], most: int
) -> None:
    gone = chosen(rows, Bounds(most, None))

    rest = {name: row for name, row in rows.items() if name not in gone and not row.is_linked}
    recent = sum(row.size_bytes for row in rest.values() if row.used >= days(2))
    kept = sum(row.size_bytes for row in rest.values())
    assert kept <= most or kept == recent
    assert not any(rows[name].is_linked for name in gone)
    if gone:
        assert kept + rows[gone[-1]].size_bytes > most
        assert max(rows[name].used for name in gone) <= min(
            (row.used for row in rest.values()), default=int(NOW)
        )


# ---- a pass ----------------------------------------------------------------------------------


def test_a_pass_takes_out_what_is_too_old(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    doomed = [aged(layout.wheel(A.sha256), 91), aged(layout.listing(INDEX, "a"), 91)]
    heard: list[Event] = []

    assert evict(layout, ALL, report=heard.append)

    assert not any(path.exists() for path in doomed)
    assert layout.wheel(B.sha256).exists()
    assert layout.listing(INDEX, "b").exists()
    assert [type(event).__name__ for event in heard] == ["Detail"]


def test_a_pass_keeps_the_store_within_its_size(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    big = wheel("big", files={"big.py": "x" * 100_000})
    put(layout, big, "big")
    for age, made in ((5, A), (4, big), (3, B)):
        aged(layout.wheel(made.sha256), age)

    evict(layout, Bounds(100_000, None))

    assert [layout.wheel(made.sha256).exists() for made in (A, big, B)] == [False, False, True]


def test_without_bounds_nothing_is_looked_at(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    aged(layout.wheel(A.sha256), 5000)

    assert evict(layout, Bounds(None, None))

    assert layout.wheel(A.sha256).exists()
    assert not layout.fact("ledger").exists()


def test_what_environments_link_by_folder_or_by_file_stays(tmp_path: Path) -> None:
    layout = filled(tmp_path / "store")
    register(layout, lived_in(tmp_path / ".venv"), [B.sha256])
    (metadata,) = layout.wheel(A.sha256).glob("files/*.dist-info/METADATA")
    os.link(metadata, tmp_path / "METADATA")
    for made in (A, B):
        aged(layout.wheel(made.sha256), 100)

    assert evict(layout, Bounds(0, 90 * DAY_SECONDS))
    assert layout.wheel(A.sha256).exists()
    assert layout.wheel(B.sha256).exists()

    (tmp_path / "METADATA").unlink()
    (tmp_path / ".venv" / ".detent").rmdir()
    assert evict(layout, Bounds(0, 90 * DAY_SECONDS))
    assert not layout.wheel(A.sha256).exists()
    assert not layout.wheel(B.sha256).exists()
    assert users(layout) == []


def test_nothing_happens_while_somebody_works_in_the_store(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    aged(layout.wheel(A.sha256), 100)

    with hold_store(layout, Limits()):
        assert not evict(layout, ALL)
        assert layout.wheel(A.sha256).exists()

    assert evict(layout, ALL)
    assert not layout.wheel(A.sha256).exists()


def test_a_pass_in_the_smallest_slices_comes_to_the_same(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    for made in (A, B):
        aged(layout.wheel(made.sha256), 100)

    slices = 1
    while not evict(layout, ALL, seconds=0):
        slices += 1
        assert slices < 50

    assert slices > 3
    assert not layout.wheel(A.sha256).exists()
    assert not layout.wheel(B.sha256).exists()


@pytest.mark.parametrize("way", ["looked at", "linked by file", "linked by folder"])
def test_what_comes_into_use_between_two_slices_stays(tmp_path: Path, way: str) -> None:
    layout = filled(tmp_path / "store")
    for made in (A, B):
        aged(layout.wheel(made.sha256), 100)
    while layout.wheel(A.sha256).exists() and layout.wheel(B.sha256).exists():
        evict(layout, ALL, seconds=0)
    (left,) = [made for made in (A, B) if layout.wheel(made.sha256).exists()]
    place = layout.wheel(left.sha256)
    if way == "looked at":
        aged(place, 0)
    elif way == "linked by file":
        (metadata,) = place.glob("files/*.dist-info/METADATA")
        os.link(metadata, tmp_path / "METADATA")
    else:
        register(layout, lived_in(tmp_path / ".venv"), [left.sha256])

    while not evict(layout, ALL, seconds=0):
        pass

    assert place.exists()


def test_a_folder_that_was_not_used_since_is_not_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = filled(tmp_path)
    evict(layout, ALL)
    measured: list[str] = []

    def counting(tops: list[str]) -> inventory.Tree:
        measured.extend(tops)
        return inventory.measured(tops)

    monkeypatch.setattr(eviction, "measured", counting)
    evict(layout, ALL)
    assert measured == []

    aged(layout.wheel(A.sha256), 1)
    evict(layout, ALL)
    assert measured == [str(layout.wheel(A.sha256))]


def test_a_ledger_that_is_damaged_is_made_anew(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    evict(layout, ALL)
    layout.fact("ledger").write_bytes(layout.fact("ledger").read_bytes()[:-1])
    aged(layout.wheel(A.sha256), 100)

    assert evict(layout, ALL)

    assert not layout.wheel(A.sha256).exists()


def test_buckets_of_earlier_releases_grow_old_too(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    shards = [tmp_path / "wheels-v1" / name for name in ("0-aa", "0-bb")]
    for shard, age in zip(shards, (100, 1), strict=True):
        shard.mkdir(parents=True)
        (shard / "file").write_bytes(b"x")
        aged(shard, age)

    evict(layout, ALL)

    assert [shard.exists() for shard in shards] == [False, True]


# ---- when ------------------------------------------------------------------------------------


def test_the_store_is_looked_after_once_a_day(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    assert due(tmp_path)
    evict(layout, ALL)
    assert not due(tmp_path)

    aged(layout.tmp / ".swept", 1.1)

    assert due(tmp_path)


def test_what_is_not_done_yet_goes_on_a_moment_later(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    assert due(tmp_path)
    assert not evict(layout, ALL, seconds=0)

    assert not due(tmp_path)
    then = time.time() - 2 * cache._PAUSE_SECONDS
    os.utime(layout.tmp / ".swept", (then, then))
    assert due(tmp_path)

    while not evict(layout, ALL, seconds=0):
        pass
    os.utime(layout.tmp / ".swept", (then, then))
    assert not due(tmp_path)


def test_a_new_store_is_not_due(tmp_path: Path) -> None:
    assert not due(tmp_path / "store")
    assert not due(tmp_path / "store")


def test_what_the_system_refuses_ends_the_pass_and_no_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = filled(tmp_path)
    due(tmp_path)
    aged(layout.wheel(A.sha256), 100)

    def refused(*_: object) -> None:
        raise PermissionError(13, "refused")

    monkeypatch.setattr(os, "listdir", refused)
    assert evict(layout, ALL)
    monkeypatch.undo()

    assert not due(tmp_path)
    assert layout.wheel(A.sha256).exists()
