import contextlib
import os
import time
from pathlib import Path

import pytest

from detent.errors.store import FileTrouble, StoreBusy, StoreUnsafe
from detent.model.limits import Limits
from detent.store.cache import Scratch, hold_store, mark_wheels, open_store
from detent.store.records import write_record
from support.stores import unprivileged

DAY_SECONDS = 86_400


def aged(path: Path, seconds: float) -> Path:
    then = time.time() - seconds
    os.utime(path, (then, then))
    return path


def test_a_store_is_made_for_its_owner_alone_and_marked_as_a_cache(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        layout = open_store(tmp_path / "deep" / "store")
    finally:
        os.umask(before)

    assert layout.root.stat().st_mode & 0o777 == 0o700
    assert layout.cache_tag.read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55")
    assert layout.gitignore.read_bytes() == b"*\n"


def test_nobody_else_may_write_in_a_store_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        tmp_path.chmod(0o755)
        layout = open_store(tmp_path)
        mark_wheels(layout)
        write_record(layout.fact("some"), b"fact", 1, "")
        with hold_store(layout, Limits()), Scratch(layout):
            modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_dir()}
    finally:
        os.umask(before)

    assert modes.keys() >= {"wheels-v2", "unpacked", "locks", "tmp", "facts-v1"}
    assert set(modes.values()) == {0o700}


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    open_store(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}

    open_store(tmp_path)

    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_store_that_everybody_may_write_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "store"
    root.mkdir()
    root.chmod(0o777)

    with pytest.raises(StoreUnsafe) as unsafe:
        open_store(root)

    assert "0777" in unsafe.value.why
    assert list(root.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser can give a folder away")
def test_a_store_of_somebody_else_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "store"
    root.mkdir(mode=0o700)
    os.chown(root, 12345, 12345)

    with pytest.raises(StoreUnsafe) as unsafe:
        open_store(root)

    assert "12345" in unsafe.value.why


def test_a_store_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store").write_bytes(b"")

    with pytest.raises(StoreUnsafe):
        open_store(tmp_path / "store")


@pytest.mark.parametrize("name", ["tmp", "users", "pyproject.toml", ".bashrc", ".config", "wheels-v5"])
def test_a_folder_with_other_things_in_it_is_no_store_and_keeps_them(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()

    with pytest.raises(StoreUnsafe) as unsafe:
        open_store(tmp_path)

    assert f"`{name}`" in unsafe.value.why
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_cache_of_another_program_is_no_store_and_keeps_its_own(tmp_path: Path) -> None:
    (tmp_path / "CACHEDIR.TAG").write_bytes(b"Signature: 8a477f597d28d172789f06886806bc55")
    (tmp_path / "tmp").mkdir()

    with pytest.raises(StoreUnsafe):
        open_store(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["CACHEDIR.TAG", "tmp"]


@pytest.mark.parametrize("name", ["lost+found", ".nfs0001", ".gitkeep", "stamps-v0", "index-v1"])
def test_a_disk_of_its_own_and_a_store_that_lost_its_tag_are_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()

    assert open_store(tmp_path).cache_tag.exists()


def test_a_store_of_which_only_the_wheels_were_kept_is_opened(tmp_path: Path) -> None:
    layout = open_store(tmp_path)
    mark_wheels(layout)
    for path in (layout.cache_tag, layout.gitignore):
        path.unlink()
    assert [path.name for path in tmp_path.iterdir()] == ["wheels-v2"]

    assert open_store(tmp_path).cache_tag.exists()


def test_a_store_that_cannot_be_made_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(FileTrouble):
        open_store(tmp_path / "file" / "store")


def test_a_link_to_a_store_is_a_store(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("real")

    assert open_store(tmp_path / "link").root == tmp_path / "link"


def test_a_read_only_store_can_be_opened_and_held(tmp_path: Path) -> None:
    root = tmp_path / "store"
    root.mkdir(mode=0o700)
    (root / "index-v1").mkdir()

    with unprivileged(root):
        root.chmod(0o500)
        try:
            layout = open_store(root)
            with hold_store(layout, Limits()) as lock:
                assert not lock.is_held
            with pytest.raises(FileTrouble) as trouble, Scratch(layout._replace(root=root / "inner")):
                pass
        finally:
            root.chmod(0o700)

    assert "permission is denied" in trouble.value.why
    assert sorted(path.name for path in root.iterdir()) == ["index-v1"]


def test_scratch_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    layout = open_store(tmp_path)

    with Scratch(layout) as first, Scratch(layout) as second:
        (first / "file").write_bytes(b"x")
        assert first != second
        assert first.stat().st_mode & 0o777 == 0o700
        assert first.parent == second.parent == layout.tmp

    assert list(layout.tmp.iterdir()) == []


def test_scratch_is_gone_after_an_error_too(tmp_path: Path) -> None:
    layout = open_store(tmp_path)

    with contextlib.suppress(KeyboardInterrupt), Scratch(layout) as folder:
        (folder / "file").write_bytes(b"x")
        raise KeyboardInterrupt

    assert list(layout.tmp.iterdir()) == []


def test_what_killed_processes_left_is_removed_and_what_is_in_use_stays(tmp_path: Path) -> None:
    layout = open_store(tmp_path)
    dead = layout.tmp / "1-dead"
    (dead / "inner").mkdir(parents=True)
    (dead / "inner" / "file").write_bytes(b"x")
    young = layout.tmp / "2-young"
    young.mkdir()
    with Scratch(layout) as live:
        for path in (dead, live):
            aged(path, 2 * DAY_SECONDS)

        open_store(tmp_path)

        assert live.exists()
    assert not dead.exists()
    assert young.exists()


def test_scratch_is_swept_at_most_once_a_day(tmp_path: Path) -> None:
    layout = open_store(tmp_path)
    layout.tmp.mkdir()
    open_store(tmp_path)
    dead = layout.tmp / "1-dead"
    dead.mkdir()
    aged(dead, 2 * DAY_SECONDS)

    open_store(tmp_path)
    assert dead.exists()

    aged(layout.tmp / ".swept", 2 * DAY_SECONDS)
    open_store(tmp_path)
    assert not dead.exists()


def test_records_that_were_never_finished_are_swept_too(tmp_path: Path) -> None:
    layout = open_store(tmp_path)
    layout.tmp.mkdir()
    deep = layout.listing("https://index.example.com/simple/", "a")
    deep.parent.mkdir(parents=True)
    unfinished = [
        layout.pylock("0" * 64).with_name(f".detent-{'a' * 16}"),
        deep.with_name(f".detent-{'b' * 16}"),
    ]
    unfinished[0].parent.mkdir()
    for path in (*unfinished, deep):
        path.write_bytes(b"")
        aged(path, 2 * DAY_SECONDS)
    young = deep.with_name(f".detent-{'c' * 16}")
    young.write_bytes(b"")

    open_store(tmp_path)

    assert [path.exists() for path in (*unfinished, deep, young)] == [False, False, True, True]


def test_sweeping_follows_no_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "file").write_bytes(b"x")
    layout = open_store(tmp_path / "store")
    layout.tmp.mkdir()
    link = layout.tmp / "1-link"
    link.symlink_to(victim, target_is_directory=True)
    then = time.time() - 2 * DAY_SECONDS
    os.utime(link, (then, then), follow_symlinks=False)

    open_store(tmp_path / "store")

    assert not link.is_symlink()
    assert (victim / "file").exists()


def test_all_may_use_a_store_but_only_one_may_empty_it(tmp_path: Path) -> None:
    layout = open_store(tmp_path)
    limits = Limits(lock_wait_seconds=0.01)

    with hold_store(layout, limits), hold_store(layout, limits) as second:
        assert second.is_held
        with pytest.raises(StoreBusy), hold_store(layout, limits, exclusive=True):
            pass
    with hold_store(layout, limits, exclusive=True), pytest.raises(StoreBusy), hold_store(layout, limits):
        pass
