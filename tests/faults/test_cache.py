"""Looking after the cache, killed or refused at every file operation: an entry is whole or gone, and no lie left."""

import contextlib
import errno
import itertools
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from detent.errors.store import FileTrouble
from detent.model.limits import Limits
from detent.store.builds import Built, write_built
from detent.store.eviction import Bounds, evict
from detent.store.inventory import Tree
from detent.store.layout import Layout
from detent.store.pruning import clean, prune
from detent.store.users import register, users
from detent.store.verify import repair, verify
from support.faults import dies_at, failing, fault_at
from support.stores import DAY_SECONDS, INDEX, A, B, aged, filled, lived_in
from support.whole import cache_faults

AGE_SECONDS = 90 * DAY_SECONDS


def damaged(layout: Layout) -> Layout:
    """Damage one wheel and one record, and let another wheel be old."""
    (layout.wheel(A.sha256) / "files" / "a.py").write_bytes(b"12345")
    path = layout.listing(INDEX, "a")
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    return layout


def old(layout: Layout) -> Layout:
    """Let a wheel be old, with a build that gave it and an environment that is gone."""
    aged(layout.wheel(A.sha256), 100)
    write_built(layout, "key", Built(A.sha256, "1.0"))
    register(layout, layout.root / "gone", [A.sha256])
    return layout


def do_repair(layout: Layout) -> object:
    return repair(layout, Limits(), verify(layout))


def do_prune(layout: Layout) -> object:
    return prune(layout, Limits(), AGE_SECONDS)


def do_clean(layout: Layout) -> object:
    return clean(layout, Limits())


def do_evict(layout: Layout) -> object:
    return evict(layout, Bounds(0, AGE_SECONDS), seconds=600)


WORKS: dict[str, tuple[Callable[[Layout], Layout], Callable[[Layout], object]]] = {
    "repair": (damaged, do_repair),
    "prune": (old, do_prune),
    "clean": (old, do_clean),
    "evict": (old, do_evict),
}


def doing(work: Callable[[Layout], object], layout: Layout) -> Callable[[], None]:
    def do() -> None:
        work(layout)

    return do


def begun(root: Path, kept: Path) -> Layout:
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(kept, root, copy_function=shutil.copy2)
    root.chmod(0o700)
    return Layout(root)


def check(layout: Layout, work: Callable[[Layout], object]) -> None:
    """What is there is whole, and doing the same again leaves nothing to do."""
    if work is not do_repair:
        assert cache_faults(layout.root) == []
    work(layout)
    assert verify(layout).faults == ()
    assert not layout.wheel(A.sha256).exists()
    assert users(layout) == []
    assert layout.wheel(B.sha256).exists() == (work is not do_clean)
    if work is do_prune:
        assert prune(layout, Limits(), AGE_SECONDS) == Tree()


@pytest.mark.parametrize("name", WORKS)
def test_a_process_that_is_killed_anywhere_leaves_whole_entries(tmp_path: Path, name: str) -> None:
    prepare, work = WORKS[name]
    prepare(filled(tmp_path / "kept"))

    for number in itertools.count(1):
        layout = begun(tmp_path / "store", tmp_path / "kept")
        if not dies_at(number, doing(work, layout)):
            break
        check(layout, work)
    assert number > 5


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EIO, errno.EMFILE])
@pytest.mark.parametrize("name", WORKS)
def test_what_the_system_refuses_is_told_and_made_good_by_the_next_run(
    tmp_path: Path, name: str, code: int
) -> None:
    prepare, work = WORKS[name]
    prepare(filled(tmp_path / "kept"))

    for number in itertools.count(1):
        layout = begun(tmp_path / "store", tmp_path / "kept")
        with fault_at(number, failing(code)) as fault, contextlib.suppress(FileTrouble):
            work(layout)
        if fault.count < number:
            break
        check(layout, work)
    assert number > 5


def test_wheels_are_not_forgotten_as_linked_before_they_are_gone(tmp_path: Path) -> None:
    layout = old(filled(tmp_path / "kept"))
    register(layout, lived_in(tmp_path / ".venv"), [B.sha256])

    for number in itertools.count(1):
        layout = begun(tmp_path / "store", tmp_path / "kept")

        def forced(layout: Layout = layout) -> None:
            clean(layout, Limits(), is_forced=True)

        if not dies_at(number, forced):
            break
        assert users(layout) or not layout.wheel(B.sha256).exists()
