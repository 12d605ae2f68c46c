"""Byte code made in the store and linked, killed or refused at every file operation: it is right or not there."""

import contextlib
import errno
import itertools
from pathlib import Path

import pytest

from detent.errors.store import FileTrouble
from support.environments import BYTECODE_KIND, Installation
from support.faults import dies_at, failing, fault_at
from support.wheels import wheel
from support.whole import cache_faults, environment_faults

KEPT = wheel("kept", files={"kept/__init__.py": "X = 1\n", "kept/in/ner.py": "Y = 1\n"})
NEW = wheel("new", files={"new/__init__.py": "Z = 1\n"})


def begun(folder: Path) -> Installation:
    world = Installation(folder)
    world.sync(KEPT)
    world.entries(NEW)
    return world


def sync(world: Installation) -> None:
    world.sync(KEPT, NEW, bytecode=world.bytecode(KEPT, NEW))


def check(world: Installation) -> None:
    """Whatever happened before, doing it again makes it right."""
    assert cache_faults(world.root / "store") == []
    sync(world)
    assert [row.bytecode for row in world.found().packages] == [BYTECODE_KIND] * 2
    assert len(list(world.site_packages.rglob("*.pyc"))) == 3
    assert cache_faults(world.root / "store") == []
    assert environment_faults(world.environment.root) == []


def test_a_run_that_is_killed_anywhere_is_finished_by_the_next(tmp_path: Path) -> None:
    for number in itertools.count(1):
        world = begun(tmp_path / str(number))
        if not dies_at(number, lambda world=world: sync(world)):  # type: ignore[misc]
            break
        check(world)
    assert number > 15


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EIO])
def test_what_the_system_refuses_is_made_good_by_the_next_run(tmp_path: Path, code: int) -> None:
    for number in itertools.count(1):
        world = begun(tmp_path / str(number))
        with fault_at(number, failing(code)) as fault, contextlib.suppress(FileTrouble):
            sync(world)
        if fault.count < number:
            break
        check(world)
    assert number > 15
