import os
from functools import partial
from pathlib import Path

import pytest

from detent.errors.store import CacheInUse, FileTrouble, StoreBusy
from detent.events import Notice
from detent.model.limits import Limits
from detent.model.names import package_name
from detent.store.builds import Built, read_built, write_built
from detent.store.cache import Scratch, hold_store, open_store
from detent.store.eviction import Bounds, evict
from detent.store.inventory import Tree
from detent.store.layout import Layout
from detent.store.pruning import clean, prune
from detent.store.usage import usage
from detent.store.users import register, users
from detent.store.verify import verify
from support.stores import DAY_SECONDS, INDEX, A, B, aged, away, filled, lived_in, put, unprivileged

AGE_SECONDS = 90 * DAY_SECONDS


def counted(paths: list[Path]) -> Tree:
    files = [path for top in paths for path in (top, *top.rglob("*")) if path.is_file()]
    return Tree(len(files), sum(path.stat().st_size for path in files))


def share(layout: Layout, target: Path) -> None:
    """Link the metadata of `a` as an environment does."""
    (source,) = layout.wheel(A.sha256).glob("files/*.dist-info/METADATA")
    os.link(source, target)


# ---- clean -----------------------------------------------------------------------------------


def test_cleaning_removes_all_that_is_ours_and_says_how_much(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    (tmp_path / "wheels-v1" / "0-ab").mkdir(parents=True)
    (tmp_path / "wheels-v1" / "0-ab" / "file").write_bytes(b"old")
    tops = [layout.index_bucket, layout.wheels_bucket, tmp_path / "pylock-v1", tmp_path / "wheels-v1"]
    expected = counted(tops)

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
    assert clean(filled(tmp_path), Limits(), [package_name("c")]) == Tree()


def test_cleaning_a_store_that_is_not_there_makes_none(tmp_path: Path) -> None:
    assert clean(Layout(tmp_path / "store"), Limits()) == Tree()
    assert prune(Layout(tmp_path / "store"), Limits(), None) == Tree()
    assert list(tmp_path.iterdir()) == []


def test_cleaning_and_pruning_wait_for_those_who_use_the_store(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    aged(layout.wheel(A.sha256), 100)
    limits = Limits(lock_wait_seconds=0.01)

    with hold_store(layout, limits):
        with pytest.raises(StoreBusy):
            clean(layout, limits)
        with pytest.raises(StoreBusy):
            prune(layout, limits, AGE_SECONDS)

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

    removed = clean(layout, Limits(), is_forced=True)

    assert removed.files == 1
    assert (victim / "file").exists()


def test_cleaning_stops_where_an_environment_would_break_and_names_it(tmp_path: Path) -> None:
    layout = filled(tmp_path / "store")
    environment = lived_in(tmp_path / ".venv")
    register(layout, environment, [A.sha256])

    for names in ([], [package_name("a")]):
        with pytest.raises(CacheInUse) as stopped:
            clean(layout, Limits(), names)
        assert str(environment) in stopped.value.why

    assert layout.wheel(A.sha256).exists()
    assert clean(layout, Limits(), [package_name("b")]).files


def test_cleaning_by_force_takes_what_is_linked_and_forgets_who_linked_it(tmp_path: Path) -> None:
    layout = filled(tmp_path / "store")
    register(layout, lived_in(tmp_path / ".venv"), [A.sha256])

    clean(layout, Limits(), [package_name("a")], is_forced=True)
    assert not layout.wheel(A.sha256).exists()
    assert len(users(layout)) == 1

    clean(layout, Limits(), is_forced=True)
    assert users(layout) == []


def test_an_environment_that_is_gone_stops_nobody(tmp_path: Path) -> None:
    layout = filled(tmp_path / "store")
    register(layout, tmp_path / ".venv", [A.sha256])

    assert clean(layout, Limits()).files


def test_one_whose_disk_may_not_be_mounted_keeps_what_it_links_until_somebody_insists(tmp_path: Path) -> None:
    layout = filled(tmp_path / "store")
    environment = tmp_path / "disk" / ".venv"
    note = away(layout, environment, [A.sha256])
    aged(layout.wheel(A.sha256), 100)
    said: list[object] = []

    prune(layout, Limits(), AGE_SECONDS, report=said.append)
    evict(layout, Bounds(0, AGE_SECONDS), seconds=600)
    with pytest.raises(CacheInUse, match=r"an environment") as stopped:
        clean(layout, Limits())

    assert layout.wheel(A.sha256).exists()
    assert stopped.value.why.endswith(f"`{environment}` (not there now)")
    assert stopped.value.next_steps[0] == "bring its disk back and remove it first"
    assert said == [
        Notice(
            "note",
            "1 environment not found, perhaps on a disk that is not mounted: what is linked there stays until"
            " nobody has seen it for 30 days",
        )
    ]
    aged(note, 31)
    prune(layout, Limits(), AGE_SECONDS, report=said.append)
    assert not layout.wheel(A.sha256).exists()
    assert len(said) == 1


def test_whoever_removes_wheels_says_so_to_those_who_look_at_the_time(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    aged(layout.removals, 1)
    before = layout.removals.stat().st_mtime_ns

    clean(layout, Limits(), [package_name("c")])
    assert layout.removals.stat().st_mtime_ns == before
    clean(layout, Limits(), [package_name("a")])

    assert layout.removals.stat().st_mtime_ns != before


def test_a_store_that_may_only_be_read_says_so_and_stays_as_it_is(tmp_path: Path) -> None:
    root = tmp_path / "store"
    layout = filled(root)
    aged(layout.wheel(A.sha256), 100)
    os.utime(layout.removals, (1, 1))
    environment = lived_in(tmp_path / ".venv")
    folders = [path for path in (root, *root.rglob("*")) if path.is_dir()]

    with unprivileged(root):
        modes = {path: path.stat().st_mode for path in folders}
        for path in folders:
            path.chmod(0o500)
        try:
            assert usage(layout)
            assert verify(layout).faults == ()
            assert evict(layout, Bounds(0, AGE_SECONDS), seconds=600)
            assert not register(layout, environment, [A.sha256])
            for work in (clean, partial(prune, max_age_seconds=AGE_SECONDS)):
                with pytest.raises(FileTrouble) as trouble:
                    work(layout, Limits())
                assert "permission is denied" in trouble.value.why
        finally:
            for path, mode in modes.items():
                path.chmod(mode)

    assert verify(layout).wheels == 2


# ---- prune -----------------------------------------------------------------------------------


def test_pruning_removes_what_was_unused_for_long_and_nothing_else(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    doomed = [aged(layout.wheel(A.sha256), 91), aged(layout.listing(INDEX, "a"), 91)]
    kept = [aged(layout.wheel(B.sha256), 89), aged(layout.listing(INDEX, "b"), 89)]
    expected = counted(doomed)

    assert prune(layout, Limits(), AGE_SECONDS) == expected

    assert not any(path.exists() for path in doomed)
    assert all(path.exists() for path in kept)
    assert (tmp_path / "foreign").exists()


def test_without_a_bound_nothing_is_too_old(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    aged(layout.wheel(A.sha256), 5000)

    assert prune(layout, Limits(), None) == Tree()
    assert layout.wheel(A.sha256).exists()


def test_what_environments_link_or_share_is_not_pruned_however_old(tmp_path: Path) -> None:
    layout = filled(tmp_path / "store")
    register(layout, lived_in(tmp_path / ".venv"), [B.sha256])
    share(layout, tmp_path / "METADATA")
    for made in (A, B):
        aged(layout.wheel(made.sha256), 100)

    prune(layout, Limits(), AGE_SECONDS)
    assert layout.wheel(A.sha256).exists()
    assert layout.wheel(B.sha256).exists()

    (tmp_path / "METADATA").unlink()
    prune(layout, Limits(), AGE_SECONDS)
    assert not layout.wheel(A.sha256).exists()
    assert layout.wheel(B.sha256).exists()


def test_pruning_removes_buckets_of_earlier_releases_logs_and_notes_of_dead_environments(
    tmp_path: Path,
) -> None:
    layout = filled(tmp_path / "store")
    (layout.root / "wheels-v1").mkdir()
    (layout.root / "wheels-v99").mkdir()
    (layout.root / "logs-v1").mkdir()
    layout.log("a").write_bytes(b"log")
    register(layout, tmp_path / "gone", [A.sha256])

    prune(layout, Limits(), AGE_SECONDS)

    assert not (layout.root / "wheels-v1").exists()
    assert (layout.root / "wheels-v99").exists()
    assert not layout.log("a").exists()
    assert users(layout) == []
    assert layout.wheel(A.sha256).exists()


def test_a_wheel_whose_head_cannot_be_read_is_pruned(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    (layout.wheel(A.sha256) / "head").write_bytes(b"damaged")

    prune(layout, Limits(), None)

    assert not layout.wheel(A.sha256).exists()
    assert layout.wheel(B.sha256).exists()


def test_records_of_builds_whose_wheel_is_gone_are_pruned(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    aged(layout.wheel(B.sha256), 100)
    for key, digest in (("lives", A.sha256), ("goes", B.sha256), ("gone", "f" * 64)):
        write_built(layout, key, Built(digest, "1.0"))
    layout.built("odd").write_bytes(b"odd")

    prune(layout, Limits(), AGE_SECONDS)

    assert [path.name for path in layout.built("x").parent.iterdir()] == ["lives"]
    assert read_built(layout, "lives") == Built(A.sha256, "1.0")


def test_for_continuous_integration_only_what_was_made_here_is_kept(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    write_built(layout, "key", Built(A.sha256, "1.0"))
    layout.archive("c" * 64).parent.mkdir(parents=True)
    layout.archive("c" * 64).write_bytes(b"archive")

    prune(layout, Limits(), AGE_SECONDS, is_ci=True)

    assert set(usage(layout)) == {"wheels-v2", "built-v1", "pylock-v1"}
    assert layout.wheel(A.sha256).exists()
    assert not layout.wheel(B.sha256).exists()


def test_for_continuous_integration_too_no_environment_breaks(tmp_path: Path) -> None:
    layout = filled(tmp_path / "store")
    register(layout, lived_in(tmp_path / ".venv"), [B.sha256])

    prune(layout, Limits(), AGE_SECONDS, is_ci=True)

    assert layout.wheel(B.sha256).exists()
    assert not layout.wheel(A.sha256).exists()


def test_pruning_again_finds_nothing(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    aged(layout.wheel(A.sha256), 100)
    prune(layout, Limits(), AGE_SECONDS)

    assert prune(layout, Limits(), AGE_SECONDS) == Tree()
