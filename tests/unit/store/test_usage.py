from pathlib import Path

import pytest

from detent.errors import StoreBusy
from detent.model.limits import Limits
from detent.model.names import package_name
from detent.store.cache import Scratch, hold_store, open_store
from detent.store.layout import Layout
from detent.store.records import write_record
from detent.store.usage import Usage, clean, usage
from detent.store.wheels import WheelStore
from support.wheels import Wheel, wheel

INDEX = "https://index.example.com/simple/"
A = wheel("a", files={"a.py": "1234"})
B = wheel("b", files={"b.py": "12345678"})


def put(layout: Layout, made: Wheel, name: str) -> None:
    WheelStore(layout, Limits()).put(
        made.sha256, made.data, filename=made.filename, name=package_name(name), version="1.0"
    )


def filled(root: Path) -> Layout:
    layout = open_store(root)
    put(layout, A, "a")
    put(layout, B, "b")
    for name in ("a", "ab", "b"):
        for path in (layout.listing(INDEX, name), layout.listing_files(INDEX, name)):
            write_record(path, b"listing", 1, name)
    write_record(layout.pylock("0" * 64), b"lock", 1, ())
    (root / "foreign").write_bytes(b"not ours")
    return layout


def counted(paths: list[Path]) -> Usage:
    files = [path for top in paths for path in (top, *top.rglob("*")) if path.is_file()]
    return Usage(len(files), sum(path.stat().st_size for path in files))


def test_usage_is_counted_by_bucket(tmp_path: Path) -> None:
    layout = filled(tmp_path)

    found = usage(layout)

    assert set(found) == {"index-v1", "wheels-v2", "pylock-v1"}
    assert found["wheels-v2"] == counted([layout.wheels_bucket])
    assert found["wheels-v2"].files == 14
    assert found["index-v1"].files == 6


def test_an_empty_store_uses_nothing(tmp_path: Path) -> None:
    assert usage(open_store(tmp_path)) == {}


def test_cleaning_removes_all_that_is_ours_and_says_how_much(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    expected = counted([layout.index_bucket, layout.wheels_bucket, tmp_path / "pylock-v1"])

    assert clean(layout, Limits()) == expected

    assert usage(layout) == {}
    assert (tmp_path / "foreign").exists()
    assert layout.cache_tag.exists()
    put(layout, A, "a")


def test_cleaning_one_package_leaves_the_others(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    doomed = [layout.wheel(A.sha256), layout.listing(INDEX, "a"), layout.listing_files(INDEX, "a")]
    expected = counted(doomed)

    assert clean(layout, Limits(), [package_name("a")]) == expected

    assert not any(path.exists() for path in doomed)
    assert layout.wheel(B.sha256).exists()
    assert layout.listing(INDEX, "ab").exists()
    assert layout.pylock("0" * 64).exists()


def test_cleaning_a_package_that_is_not_there_removes_nothing(tmp_path: Path) -> None:
    assert clean(filled(tmp_path), Limits(), [package_name("c")]) == Usage(0, 0)


def test_cleaning_a_store_that_is_not_there_makes_none(tmp_path: Path) -> None:
    assert clean(Layout(tmp_path / "store"), Limits()) == Usage(0, 0)
    assert list(tmp_path.iterdir()) == []


def test_cleaning_waits_for_those_who_use_the_store(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    limits = Limits(lock_wait_seconds=0.01)

    with hold_store(layout, limits), pytest.raises(StoreBusy):
        clean(layout, limits)

    assert layout.wheel(A.sha256).exists()


def test_cleaning_removes_what_killed_processes_left(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    with Scratch(layout) as left:
        (left / "file").write_bytes(b"123")

        removed = clean(layout, Limits())

        assert not left.exists()
    assert removed.files > 10


def test_links_are_counted_and_removed_as_links(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "file").write_bytes(b"x" * 1000)
    layout = open_store(tmp_path / "store")
    (layout.root / "users").symlink_to(victim, target_is_directory=True)

    removed = clean(layout, Limits())

    assert removed.files == 1
    assert (victim / "file").exists()
