import errno
import hashlib
import os
import threading
import time
from base64 import urlsafe_b64encode
from functools import partial
from pathlib import Path

import pytest

from detent.errors.store import ArchiveUnsafe, FileTrouble
from detent.events import Event, Notice, ignore
from detent.model.limits import Limits
from detent.model.names import package_name
from detent.store.cache import mark_wheels, note_removal, open_store
from detent.store.entry import read_contents, with_contents
from detent.store.layout import Layout
from detent.store.shelf import doubtful
from detent.store.wheels import WheelEntry, WheelStore
from support.faults import dies_at, failing, fault_at
from support.wheels import Wheel, wheel

MADE = wheel(
    "a",
    "1.0",
    files={"a/__init__.py": "x = 1\n", "a/inner/tool": "#!/bin/sh\n", "b.py": ""},
    executables=["a/inner/tool", "a-1.0.data/scripts/run"],
    data={"scripts/run": "#!python\n", "data/share/doc.txt": "doc", "headers/a.h": "", "platlib/_a.so": "so"},
    scripts={"zz": "a:main", "aa": "a:main"},
    gui_scripts={"win": "a:main"},
    entry_points={"pytest11": {"a": "a.plugin"}},
    root_is_purelib=False,
)


def put(store: WheelStore, made: Wheel = MADE, *, name: str = "a", version: str = "1.0") -> WheelEntry:
    return store.put(made.sha256, made.data, filename=made.filename, name=package_name(name), version=version)


def put_away(layout: Layout) -> None:
    put(new_store(layout))


def check_away(layout: Layout, entry: WheelEntry) -> None:
    new_store(layout).check(entry)


def found(store: WheelStore) -> WheelEntry | None:
    """Give the entry as it is on disk, with all its files; ``None`` where it is not there."""
    head = store.get(MADE.sha256)
    if head is None:
        return None
    whole = with_contents(head)
    assert whole
    return whole


def new_store(layout: Layout, heard: list[Event] | None = None) -> WheelStore:
    return WheelStore(layout, Limits(), ignore if heard is None else heard.append)


def everything(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return open_store(tmp_path / "store")


def test_an_entry_says_all_an_installer_needs(layout: Layout) -> None:
    entry = put(new_store(layout))

    assert (entry.name, entry.version, entry.dist_info) == ("a", "1.0", "a-1.0.dist-info")
    assert entry.root == layout.wheel(MADE.sha256)
    assert not entry.root_is_purelib
    dist_files = [
        ("a-1.0.dist-info/METADATA", 0o644),
        ("a-1.0.dist-info/RECORD", 0o644),
        ("a-1.0.dist-info/WHEEL", 0o644),
        ("a-1.0.dist-info/entry_points.txt", 0o644),
    ]
    contents = read_contents(entry)
    assert [(file.path, file.mode) for file in contents.files] == [
        ("_a.so", 0o644),
        ("a/__init__.py", 0o644),
        ("a/inner/tool", 0o755),
        ("b.py", 0o644),
        *dist_files,
    ]
    assert contents.folders == ("a", "a-1.0.dist-info", "a/inner")
    assert [(file.path, file.mode) for file in entry.dist_files] == dist_files
    assert (entry.spots.real, entry.spots.links) == ((), ("a",))
    assert [file.path for file in entry.spots.files] == ["_a.so", "b.py"]
    assert entry.file_count == 11
    assert entry.top_level == ("_a.so", "a", "a-1.0.dist-info", "b.py")
    assert [(scheme, [file.path for file in files]) for scheme, files in entry.data] == [
        ("data", ["share/doc.txt"]),
        ("headers", ["a.h"]),
        ("scripts", ["run"]),
    ]
    assert entry.entry_points == (
        ("console_scripts", "aa", "a:main"),
        ("console_scripts", "zz", "a:main"),
        ("gui_scripts", "win", "a:main"),
    )


def test_files_stand_below_their_scheme_with_contents_mode_and_time_as_the_entry_says(layout: Layout) -> None:
    before = os.umask(0o077)
    try:
        entry = put(new_store(layout))
    finally:
        os.umask(before)

    found = 0
    for scheme, files in entry.by_scheme():
        for file in files:
            path = Path(entry.folder(scheme), file.path)
            facts = path.stat()
            assert hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
            assert (facts.st_mode & 0o7777, facts.st_size, facts.st_mtime_ns) == file[1:3] + file[4:]
            found += 1
    assert found == sum(1 for path in entry.root.rglob("*") if path.is_file()) - 2
    assert {path.stat().st_mode & 0o777 for path in entry.root.rglob("*") if path.is_dir()} == {0o755}
    assert Path(entry.folder("scripts"), "run").stat().st_mode & 0o777 == 0o755


def test_the_ready_made_record_lists_every_file_below_site_packages_but_record(layout: Layout) -> None:
    entry = put(new_store(layout))

    recorded = [line.split(",")[0] for line in entry.record_text.splitlines()]
    listed = [file.path for file in read_contents(entry).files if not file.path.endswith("RECORD")]
    assert recorded == sorted(listed)
    digest = urlsafe_b64encode(hashlib.sha256(b"x = 1\n").digest()).rstrip(b"=").decode()
    assert f"\na/__init__.py,sha256={digest},6\n" in entry.record_text


def test_what_an_installer_writes_itself_is_not_taken_from_a_wheel(layout: Layout) -> None:
    made = wheel(dist_info_files={"INSTALLER": "evil", "REQUESTED": "", "direct_url.json": "{}"})

    entry = put(new_store(layout), made)

    assert [file.path.partition("/")[2] for file in entry.dist_files] == ["METADATA", "RECORD", "WHEEL"]


def test_folders_that_others_extend_are_told_by_what_their_packages_say(layout: Layout) -> None:
    made = wheel(
        files={
            "p/__init__.py": "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n",
            "p/a/__init__.py": "",
            "q/__init__.py": "#" * 2**20 + "\n",
            "q/a/__init__.py": "",
            "a/__init__.py": "",
        }
    )

    spots = put(new_store(layout), made).spots

    assert (spots.real, spots.links) == (("p", "q"), ("a", "p/a", "q/a"))
    assert [file.path for file in spots.files] == ["p/__init__.py", "q/__init__.py"]


def test_an_entry_is_found_again_by_another_process(layout: Layout) -> None:
    entry = put(new_store(layout))

    found = new_store(layout).get(MADE.sha256)

    assert found == entry._replace(contents=None)
    assert new_store(layout).check(found) == entry
    assert new_store(layout).get("0" * 64) is None


def test_a_wheel_on_disk_gives_the_same_entry(layout: Layout, tmp_path: Path) -> None:
    file = tmp_path / "download"
    file.write_bytes(MADE.data)

    entry = new_store(layout).put(
        MADE.sha256, file, filename=MADE.filename, name=package_name("a"), version="1.0"
    )

    assert everything(Path(entry.folder()))["a/__init__.py"] == b"x = 1\n"


@pytest.mark.parametrize("record", ["head", "full"])
@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_an_entry_whose_records_cannot_be_read_is_replaced(
    damage: bytes | None, record: str, layout: Layout
) -> None:
    store = new_store(layout)
    first = put(store)
    if damage is None:
        (first.root / record).unlink()
    else:
        (first.root / record).write_bytes(damage)
    Path(first.folder(), "b.py").unlink()

    assert (store.get(MADE.sha256) is None) == (record == "head")
    assert not list(doubtful(put(store)))
    assert list(layout.tmp.iterdir()) == []


def test_of_two_that_unpack_at_once_both_get_the_one_entry(layout: Layout) -> None:
    start = threading.Barrier(4)
    entries: list[WheelEntry] = []

    def work() -> None:
        start.wait()
        entries.append(put(new_store(layout)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(entries) == 4
    assert len(set(entries)) == 1
    assert not list(doubtful(entries[0]))
    assert list(layout.tmp.iterdir()) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_whatever_file_operation_fails_the_store_is_as_before_and_works_again(
    code: int, layout: Layout
) -> None:
    store = new_store(layout)
    number = 0
    while True:
        number += 1
        try:
            with fault_at(number, failing(code), lasts=False) as fault:
                put(store)
        except FileTrouble:
            assert not layout.wheel(MADE.sha256).exists()
        else:
            if fault.count < number:
                break
            entry = found(store)  # what failed was not needed: a look-aside, or tidying up
            assert entry
            assert not list(doubtful(entry))
            store._set_aside(entry, ["test"])
    assert number > 40

    entry = found(store)
    assert entry
    assert not list(doubtful(entry))


def test_whenever_a_process_is_killed_the_next_one_finds_no_entry_or_a_whole_one(tmp_path: Path) -> None:
    outcomes = set()
    number = 1
    while True:
        layout = open_store(tmp_path / str(number))

        if not dies_at(number, partial(put_away, layout)):
            break
        entry = found(new_store(layout))
        outcomes.add(entry is not None)
        assert not list(doubtful(entry or put(new_store(layout))))
        assert layout.removals.exists()
        assert layout.coverage_marker.exists()
        number += 1

    assert outcomes == {True, False}


def test_a_refused_wheel_leaves_nothing(layout: Layout) -> None:
    before = everything(layout.root)

    with pytest.raises(ArchiveUnsafe):
        put(new_store(layout), wheel(files={"a.py": "", "../x": ""}))

    assert everything(layout.root) == before


def test_a_claim_is_held_by_one_at_a_time_and_leaves_no_file(layout: Layout) -> None:
    store = WheelStore(layout, Limits(lock_wait_seconds=0.01))

    with store.claim(MADE.sha256) as lock:
        assert lock.is_held
        with store.claim("0" * 64):
            pass

    assert list((layout.root / "locks").iterdir()) == []


# ---- entries in doubt -----------------------------------------------------------------------


def without_times(entry: WheelEntry) -> list[tuple[str, list[tuple[object, ...]]]]:
    return [(scheme, [file[:4] for file in files]) for scheme, files in entry.by_scheme()]


def test_an_untouched_entry_passes_as_it_is(layout: Layout) -> None:
    store = new_store(layout)
    entry = put(store)

    assert store.check(entry) is entry


def test_files_with_other_times_but_their_own_contents_are_renewed_and_said_once(layout: Layout) -> None:
    heard: list[Event] = []
    store = new_store(layout, heard)
    entry = put(store)
    for scheme, files in entry.by_scheme():
        for file in files:
            os.utime(Path(entry.folder(scheme), file.path), ns=(1, 1_000_000_000))
    assert len(list(doubtful(entry))) == 11

    renewed = store.check(entry)

    assert renewed
    assert not list(doubtful(renewed))
    assert found(new_store(layout)) == renewed
    assert {file.mtime_ns for _, files in renewed.by_scheme() for file in files} == {1_000_000_000}
    assert renewed.spots.files[0].mtime_ns == renewed.dist_files[0].mtime_ns == 1_000_000_000
    assert without_times(renewed) == without_times(entry)
    assert [event.level for event in heard if isinstance(event, Notice)] == ["note"]


@pytest.mark.parametrize("harm", ["edit", "same size", "empty", "delete", "link", "folder", "pipe"])
@pytest.mark.parametrize(("scheme", "path"), [("files", "a/__init__.py"), ("scripts", "run")])
def test_a_file_with_other_contents_sets_the_entry_aside_and_is_named(
    scheme: str, path: str, harm: str, layout: Layout
) -> None:
    heard: list[Event] = []
    store = new_store(layout, heard)
    entry = put(store)
    victim = Path(entry.folder(scheme), path)
    if harm in {"edit", "same size", "empty"}:
        size = victim.stat().st_size
        victim.write_bytes({"edit": b"y = 2\n\n\n", "same size": b"y" * size, "empty": b""}[harm])
    else:
        victim.unlink()
        if harm == "link":
            victim.symlink_to("/dev/null")
        if harm == "folder":
            victim.mkdir()
        if harm == "pipe":
            os.mkfifo(victim)

    assert store.check(entry) is None
    assert store.get(MADE.sha256) is None
    assert [event.text.count(f"`{path}`") for event in heard if isinstance(event, Notice)] == [1]
    assert put(store)
    assert list(layout.tmp.iterdir()) == []


def test_whoever_doubts_late_gets_what_another_put_in_its_place(layout: Layout) -> None:
    store = new_store(layout)
    old = put(store)
    Path(old.folder(), "b.py").write_text("edited")
    assert store.check(old) is None
    fresh = put(store)

    assert store.heal(old) == fresh


def test_a_file_with_too_many_links_gets_a_successor_and_the_manifest_stays_true(layout: Layout) -> None:
    store = new_store(layout)
    entry = put(store)
    file = next(file for file in read_contents(entry).files if file.path == "a/inner/tool")
    path = Path(entry.folder(), file.path)
    elsewhere = layout.root / "elsewhere"
    os.link(path, elsewhere)

    assert store.unshare(entry, "files", file)

    assert not path.samefile(elsewhere)
    assert path.stat().st_mode & 0o777 == 0o755
    assert not list(doubtful(entry))


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_an_entry_without_the_list_of_its_files_is_set_aside(damage: bytes | None, layout: Layout) -> None:
    heard: list[Event] = []
    store = new_store(layout, heard)
    put(store)
    head = store.get(MADE.sha256)
    assert head
    if damage is None:
        (head.root / "full").unlink()
    else:
        (head.root / "full").write_bytes(damage)

    assert store.check(head, fully=False) == head
    with pytest.raises(FileTrouble, match="full"):
        read_contents(head)
    assert store.check(head) is None
    assert store.get(MADE.sha256) is None
    assert len(heard) == 1


def test_files_of_what_was_set_aside_stand_where_they_were_until_right_ones_come(layout: Layout) -> None:
    store = new_store(layout)
    path = Path(put(store).folder(), "a/__init__.py")
    right = path.read_bytes()
    path.write_bytes(b"edited")

    entry = store.get(MADE.sha256)
    assert entry
    assert store.check(entry) is None

    assert path.read_bytes() == b"edited"
    put(store)
    assert path.read_bytes() == right


def test_renewed_times_drop_what_is_known_of_byte_code(layout: Layout) -> None:
    store = new_store(layout)
    entry = put(store)
    (entry.root / "bytecode-x").write_bytes(b"")
    os.utime(Path(entry.folder(), "b.py"), ns=(1, 1))

    assert store.check(entry)

    assert {path.name for path in entry.root.iterdir()} == {"data", "files", "full", "head"}


def test_whenever_renewing_is_killed_the_entry_stays_and_holds_nothing_that_is_nobodys(
    layout: Layout,
) -> None:
    entry = put(new_store(layout))
    number = 1
    while True:
        for scheme, files in entry.by_scheme():
            for file in files:
                os.utime(Path(entry.folder(scheme), file.path), ns=(number, number))
        if not dies_at(number, partial(check_away, layout, entry)):
            break
        assert {path.name for path in entry.root.iterdir()} == {"data", "files", "full", "head"}
        assert found(new_store(layout))
        number += 1

    assert number > 5
    renewed = found(new_store(layout))
    assert renewed
    assert not list(doubtful(renewed))


def test_a_store_that_may_only_be_read_is_renewed_in_memory_alone(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = new_store(layout)
    entry = put(store)
    os.utime(Path(entry.folder(), "b.py"), ns=(1, 1))
    before = everything(layout.root)

    def refuse(*_arguments: object, **_keywords: object) -> None:
        raise OSError(errno.EROFS, "read-only")

    monkeypatch.setattr(os, "mkdir", refuse)
    renewed = store.check(entry)

    assert renewed
    assert not list(doubtful(renewed))
    assert everything(layout.root) == before


def test_what_takes_an_entry_away_notes_it_and_the_first_entry_makes_the_place_for_that(
    layout: Layout,
) -> None:
    assert not layout.removals.exists()
    store = new_store(layout)
    entry = put(store)
    assert layout.coverage_marker.read_bytes() == b""
    os.utime(layout.removals, ns=(1, 1))
    put(store, wheel("b"), name="b")
    assert layout.removals.stat().st_mtime_ns == 1

    Path(entry.folder(), "b.py").write_text("edited")
    assert store.check(entry) is None

    assert layout.removals.stat().st_mtime_ns > 1


def test_two_notes_of_one_tick_of_the_clock_differ(layout: Layout) -> None:
    store = new_store(layout)
    put(store)
    notes = [layout.removals.read_bytes()]

    for _ in range(3):
        note_removal(layout)
        notes.append(layout.removals.read_bytes())

    assert len(set(notes)) == 4
    assert len({len(note) for note in notes}) == 1


def test_a_note_that_cannot_be_written_is_taken_away(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    put(new_store(layout))

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", refuse)
        note_removal(layout)

    assert not layout.removals.exists()
    mark_wheels(layout)
    assert layout.removals.exists()


# ---- last use -------------------------------------------------------------------------------


@pytest.mark.parametrize("look", [{"fully": False}, {}])
@pytest.mark.parametrize(("days", "touched"), [(0.5, False), (2, True), (-2, True)])
def test_use_is_noted_at_most_once_a_day(
    days: float, touched: object, look: dict[str, bool], layout: Layout
) -> None:
    entry = put(new_store(layout))
    then = time.time() - days * 86_400
    os.utime(entry.root / "head", (then, then))

    assert new_store(layout).check(entry, **look) == entry

    assert (abs((entry.root / "head").stat().st_mtime - then) > 1) is touched


def test_files_are_looked_at_once_a_day_where_that_is_enough(layout: Layout) -> None:
    store = new_store(layout)
    put(store)
    entry = store.get(MADE.sha256)
    assert entry
    Path(entry.folder(), "b.py").write_text("edited")

    assert store.check(entry, fully=False) is entry

    os.utime(entry.root / "head", (1, 1))
    assert store.check(entry, fully=False) is None


def test_a_flipped_bit_is_found_by_who_hashes_always_and_by_nobody_else(layout: Layout) -> None:
    entry = put(new_store(layout))
    path = Path(entry.folder(), "a/__init__.py")
    facts = path.stat()
    path.write_bytes(b"x = 2\n")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert new_store(layout).check(entry) is not None
    heard: list[Event] = []

    always = WheelStore(layout, Limits(), heard.append, hashes_always=True)
    assert always.check(entry, fully=False) is None

    assert always.get(entry.digest) is None
    assert isinstance(heard[0], Notice)
    assert "`a/__init__.py`" in heard[0].text


def test_to_hash_always_changes_nothing_in_a_store_that_is_whole(layout: Layout) -> None:
    entry = put(new_store(layout))
    before = {path: path.stat() for path in entry.root.rglob("*") if path.is_file()}
    heard: list[Event] = []

    checked = WheelStore(layout, Limits(), heard.append, hashes_always=True).check(entry)

    assert checked is not None
    assert read_contents(checked) == read_contents(entry)
    assert heard == []
    after = {path: path.stat() for path in entry.root.rglob("*") if path.is_file()}
    assert {p: (s.st_ino, s.st_mtime_ns) for p, s in after.items()} == {
        p: (s.st_ino, s.st_mtime_ns) for p, s in before.items()
    }
