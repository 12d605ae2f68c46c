import os
from pathlib import Path

import pytest

from detent.model.limits import Limits
from detent.model.names import package_name
from detent.store.cache import open_store
from detent.store.entry import read_head, with_contents
from detent.store.layout import Layout
from detent.store.wheels import WheelEntry, WheelStore
from support.libraries import elf
from support.wheels import Wheel, wheel

A = wheel(
    "a",
    files={
        "a/__init__.py": "",
        "a/x.so": elf(run_path="$ORIGIN/../b", needed=["libb.so"]),
        "n/m/p/__init__.py": "__path__ = extend_path(__path__, __name__)",
    },
    data={"scripts/run": "#!python\n"},
)
B = wheel("b")
BOTH = (A.sha256, B.sha256)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return open_store(tmp_path / "store")


@pytest.fixture
def store(layout: Layout) -> WheelStore:
    store = WheelStore(layout, Limits())
    put(store, A, "a")
    put(store, B, "b")
    return store


def put(store: WheelStore, made: Wheel, name: str) -> WheelEntry:
    return store.put(made.sha256, made.data, filename=made.filename, name=package_name(name), version="1.0")


def packs(layout: Layout) -> list[Path]:
    return sorted((layout.root / "selections-v1").glob("*"))


def read_singly(layout: Layout) -> dict[str, WheelEntry | None]:
    return {digest: read_head(digest, layout.wheel(digest)) for digest in BOTH}


def test_packed_heads_are_those_that_stand_in_the_entries(store: WheelStore, layout: Layout) -> None:
    first = store.heads(BOTH)
    (pack,) = packs(layout)
    before = pack.stat()

    assert first == store.heads(reversed(BOTH)) == read_singly(layout)
    assert pack.stat().st_mtime_ns == before.st_mtime_ns
    assert first[A.sha256].spots.climbs


def test_a_head_that_was_written_again_is_read_again(store: WheelStore, layout: Layout) -> None:
    entry = store.heads(BOTH)[A.sha256]
    before = with_contents(entry)
    os.utime(f"{entry.folder()}/a/__init__.py", ns=(1, 1))
    renewed = store.check(entry)
    assert renewed
    assert renewed != before

    assert store.heads(BOTH) == read_singly(layout)
    assert store.heads(BOTH) == read_singly(layout)


def test_an_entry_that_is_gone_is_left_out_whatever_was_packed(store: WheelStore, layout: Layout) -> None:
    store.heads(BOTH)
    (layout.wheel(B.sha256) / "head").unlink()

    assert set(store.heads(BOTH)) == {A.sha256}

    fresh = put(store, B, "b")
    assert store.heads(BOTH)[B.sha256] == fresh._replace(contents=None)


@pytest.mark.parametrize("damage", [b"", b"garbage"])
def test_a_damaged_pack_is_none(store: WheelStore, layout: Layout, damage: bytes) -> None:
    store.heads(BOTH)
    packs(layout)[0].write_bytes(damage)

    assert store.heads(BOTH) == read_singly(layout)
    assert packs(layout)[0].stat().st_size > 100


def test_a_damaged_head_is_no_entry(store: WheelStore, layout: Layout) -> None:
    (layout.wheel(B.sha256) / "head").write_bytes(b"garbage")

    assert set(store.heads(BOTH)) == {A.sha256}
    assert packs(layout) == []


def test_packs_of_old_selections_go(store: WheelStore, layout: Layout) -> None:
    folder = layout.root / "selections-v1"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:064}").write_bytes(b"")
        os.utime(folder / f"{number:064}", ns=(number, number))

    store.heads(BOTH)

    assert len(packs(layout)) == 32
    assert f"{39:064}" in {path.name for path in packs(layout)}
    assert any(path.stat().st_size for path in packs(layout))
