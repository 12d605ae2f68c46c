"""Die, or fail, at every single file operation of a sync: the next one makes it right."""

import errno
import itertools
import shutil
from pathlib import Path

import pytest

from detent.errors.store import FileTrouble
from support.environments import Installation, empty_folders
from support.faults import dies_at, failing, fault_at
from support.wheels import wheel

OLD_A = wheel(
    "a",
    "1.0",
    files={"a/__init__.py": "old = 1\n", "a/gone.py": "", "shared/__init__.py": ""},
    scripts={"tool": "a:old"},
)
NEW_A = wheel(
    "a", "2.0", files={"a/__init__.py": "new = 2\n", "a/fresh/more.py": ""}, scripts={"tool": "a:new"}
)
GONE = wheel(
    "b",
    "1.0",
    files={"b/__init__.py": "", "b/sub/x.py": "", "shared/__init__.py": ""},
    scripts={"tool": "b:run"},
)
STAYS = wheel("c", "1.0", files={"c.py": "stays = 1\n", "shared/__init__.py": ""}, scripts={"tool": "c:run"})
COMES = wheel(
    "d",
    "1.0",
    files={"d/__init__.py": "", "shared/__init__.py": ""},
    data={"scripts/old": "#!python\n", "data/share/d/x.txt": "x", "headers/d.h": ""},
)
FOREIGN = "pip-1.0.dist-info"


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """An environment with two packages too many, one too old, one that stays, and a file of the user's."""
    world = Installation(tmp_path)
    world.sync(OLD_A, GONE, STAYS, requested={"c"})
    world.entries(NEW_A, COMES)
    site = world.site_packages
    (site / FOREIGN).mkdir()
    (site / "pip").mkdir()
    (site / "pip/__init__.py").write_text("")
    (site / FOREIGN / "METADATA").write_text("")
    (site / FOREIGN / "INSTALLER").write_text("pip\n")
    (site / FOREIGN / "RECORD").write_text(
        f"pip/__init__.py,,\n{FOREIGN}/METADATA,,\n{FOREIGN}/RECORD,,\n../../../bin/python,,\n"
    )
    (site / "a/notes.txt").write_text("mine")
    (site / "b/__pycache__").mkdir()
    (site / "b/__pycache__/__init__.cpython-311.pyc").write_bytes(b"")
    shutil.copytree(tmp_path / "venv", tmp_path / "before", symlinks=True)
    return tmp_path


def put_back(root: Path) -> Installation:
    shutil.rmtree(root / "venv")
    shutil.copytree(root / "before", root / "venv", symlinks=True)
    return Installation(root)


def sync(world: Installation) -> None:
    world.sync(NEW_A, STAYS, COMES, requested={"a"})


def expected(root: Path) -> dict[str, str]:
    world = put_back(root)
    sync(world)
    return world.tree()


def trouble(world: Installation) -> FileTrouble | None:
    """What a sync has to say; nothing where it came through, as when only a lock could not be signed."""
    try:
        sync(world)
    except FileTrouble as said:
        return said
    return None


def check_second_run(world: Installation, right: dict[str, str]) -> None:
    for package in world.found().packages:  # what is believed is whole
        assert [p for p in package.paths() if not (world.environment.root / p).exists()] == []
    sync(world)
    assert world.tree() == right
    assert not world.plan(NEW_A, STAYS, COMES, requested={"a"}).has_work
    assert sorted(p.name for p in (world.environment.root / ".detent").iterdir()) == ["installed", "lock"]
    assert empty_folders(world.environment.root) == []
    for entry in world.entries(NEW_A, STAYS, COMES).values():
        assert world.store.check(entry) is entry


def test_the_whole_sync_does_what_it_should(before: Path) -> None:
    right = expected(before)

    world = Installation(before)
    assert world.library() == {
        "a/__init__.py": "new = 2\n",
        "a/fresh/more.py": "",
        "a/notes.txt": "mine",
        "c.py": "stays = 1\n",
        "d/__init__.py": "",
        "shared/__init__.py": "",
    }
    assert "from a import new" in right["bin/tool"]
    assert right["bin/python"].startswith("-> ")


@pytest.mark.slow
def test_a_sync_killed_at_any_operation_is_finished_by_the_next_one(before: Path) -> None:
    right = expected(before)
    for number in itertools.count(1):
        world = put_back(before)
        died = dies_at(number, lambda world=world: sync(world))  # type: ignore[misc]
        check_second_run(world, right)
        if not died:
            break
    assert number > 50


def test_a_sync_killed_twice_is_finished_by_the_third_one(before: Path) -> None:
    right = expected(before)
    for first, second in ((12, 3), (20, 8), (30, 14), (44, 20), (60, 30)):
        world = put_back(before)
        assert dies_at(first, lambda world=world: sync(world))  # type: ignore[misc]
        assert dies_at(second, lambda world=world: sync(world))  # type: ignore[misc]
        check_second_run(world, right)


@pytest.mark.slow
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EIO], ids=errno.errorcode.get)
def test_an_error_at_any_operation_is_one_sentence_and_the_next_run_is_right(before: Path, code: int) -> None:
    right = expected(before)
    troubles = []
    for number in itertools.count(1):
        world = put_back(before)
        with fault_at(number, failing(code)) as fault:
            troubles.append(trouble(world))
        check_second_run(world, right)
        if fault.count < number:
            break
    told = [one for one in troubles if one]
    assert len(told) > 40
    assert all(str(before) in one.what and one.why for one in told)


@pytest.mark.slow
def test_a_disk_that_stays_full_at_any_operation_is_one_sentence_too(before: Path) -> None:
    right = expected(before)
    troubles = []
    for number in itertools.count(1):
        world = put_back(before)
        with fault_at(number, failing(errno.ENOSPC), lasts=True) as fault:
            troubles.append(trouble(world))
        check_second_run(world, right)
        if fault.count < number:
            break
    assert all("no space is left" in one.why for one in troubles if one)
    assert troubles[5] is not None
