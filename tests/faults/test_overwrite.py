"""Die at every file operation of a sync in which one package's file takes the place of another's."""

import itertools
import shutil
from pathlib import Path

import pytest

from support.environments import Installation
from support.faults import dies_at
from support.wheels import Wheel, wheel

LOSER = wheel("a", files={"common/x.py": "a", "a.py": ""}, scripts={"tool": "a:main"})
WINNER = wheel("b", files={"common/x.py": "b"}, data={"scripts/tool": "#!/bin/sh\n"})


def sync(world: Installation, *wheels: Wheel) -> None:
    world.sync(*wheels, overwriting=["b"])


@pytest.mark.parametrize(
    ("before", "after"),
    [((LOSER,), (LOSER, WINNER)), ((LOSER, WINNER), (LOSER,)), ((LOSER, WINNER), (WINNER,))],
)
def test_a_sync_that_died_is_finished_by_the_next(
    tmp_path: Path, before: tuple[Wheel, ...], after: tuple[Wheel, ...]
) -> None:
    world = Installation(tmp_path)
    sync(world, *before)
    world.entries(LOSER, WINNER)
    shutil.copytree(tmp_path / "venv", tmp_path / "before", symlinks=True)
    sync(world, *after)
    right = world.tree()

    for number in itertools.count(1):
        shutil.rmtree(tmp_path / "venv")
        shutil.copytree(tmp_path / "before", tmp_path / "venv", symlinks=True)
        died = dies_at(number, lambda: sync(Installation(tmp_path), *after))
        world = Installation(tmp_path)
        for package in world.found().packages:  # what is believed is whole
            assert [p for p in package.paths() if not (world.environment.root / p).exists()] == [], number

        sync(world, *after)

        assert world.tree() == right, number
        if not died:
            break
    assert number > 15
