"""Whole commands, with one of their file operations failing or the last: told in words, and the next is right.

Every few operations one is taken, with another kind of fault each time; ``FAULT_STEP=1`` takes every single one
with every kind, which is minutes of work. Below the commands, `test_apply.py`, `test_edit.py` and the tests of
the store do that always.
"""

import errno
import itertools
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

import pytest

from detent.cli import app
from support.cli import Sandbox, publish
from support.faults import failing, fault_at
from support.index_server import IndexServer
from support.wheels import wheel
from support.whole import cache_faults, environment_faults

STEP = int(os.environ.get("FAULT_STEP", "13"))
KILL = 0
KINDS = (KILL, errno.ENOSPC, errno.EIO, errno.EACCES, errno.EMFILE)
KILLED = 9
BUG = 70


class Command(NamedTuple):
    """A command to be disturbed, and the state it begins in."""

    words: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = ()
    """Commands that make that state."""
    dependencies: tuple[str, ...] = ()
    is_cold: bool = False
    """Whether it begins with nothing from the index in the cache."""


COMMANDS = {
    "add": Command(("add", "tool"), dependencies=("old",), before=(("sync",),), is_cold=True),
    "lock": Command(("lock",), dependencies=("tool",)),
    "sync": Command(("sync",), dependencies=("tool",), before=(("lock",),), is_cold=True),
    "remove": Command(("remove", "tool"), dependencies=("tool", "old"), before=(("sync",),)),
    "cache clean": Command(("cache", "clean"), dependencies=("tool",), before=(("sync",),)),
}


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    said: str
    came_so_far: bool = True
    """Whether it had as many file operations as were counted to."""


def run(project: Sandbox, words: tuple[str, ...], number: int = 0, kind: int = KILL) -> Ended:
    """Run a command in a child; with a number, its operation of this number fails or kills it."""
    told = project.root.parent / "told"
    child = os.fork()
    if not child:
        os.environ.clear()
        os.environ.update(project.variables)
        os.chdir(project.root)
        sys.stdout = sys.stderr = told.open("w")
        happen = failing(kind) if kind else _die
        with fault_at(number, happen) if number else nullcontext() as fault:
            code = app.main(words)
        sys.stderr.flush()
        os._exit(code if fault is None or fault.count >= number else 100 + code)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return Ended(code % 100, told.read_text(), came_so_far=code < 100)


def _die() -> None:
    os._exit(KILLED)


def own_files(project: Sandbox) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in project.root.iterdir() if path.is_file()}


def starting_point(project: Sandbox, index: IndexServer, command: Command, fresh: Path) -> Callable[[], None]:
    """Make the state the command begins in, and give what puts it back."""
    needs = {"requires": ["part"], "scripts": {"tool": "tool:main"}, "data": {"data/share/tool.txt": "x"}}
    publish(index, wheel("tool", "1.0", **needs), wheel("part", "1.0"), wheel("old", "1.0"))  # type: ignore[arg-type]
    project.manifest(*(f"{name}>=1.0" for name in command.dependencies))
    for words in command.before:
        assert run(project, words).code == 0
    if command.is_cold:
        shutil.rmtree(project.cache)
        shutil.copytree(fresh, project.cache)
    kept = project.root.parent / "kept"
    for folder in (project.root, project.cache):
        shutil.copytree(folder, kept / folder.name, symlinks=True)

    def put_back() -> None:
        for folder in (project.root, project.cache):
            shutil.rmtree(folder)
            shutil.copytree(kept / folder.name, folder, symlinks=True)
        project.cache.chmod(0o700)

    return put_back


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_is_disturbed_anywhere_is_made_good_by_the_next(
    name: str, sandbox: Sandbox, index: IndexServer, primed_cache: Path
) -> None:
    command = COMMANDS[name]
    put_back = starting_point(sandbox, index, command, primed_cache)
    before = own_files(sandbox)
    assert run(sandbox, command.words).code == 0
    after = own_files(sandbox)

    kinds = itertools.cycle(KINDS)
    is_over = False
    for number in itertools.count(1, STEP):
        for kind in KINDS if STEP == 1 else (next(kinds),):
            put_back()
            ended = run(sandbox, command.words, number, kind)

            where = f"{name}, operation {number}, {errno.errorcode.get(kind, 'killed')}: {ended.said}"
            now = own_files(sandbox)
            if kind == KILL:
                assert ended.code in (0, KILLED), where
                assert all(now[file] in (before[file], after[file]) for file in before), where
            else:
                assert ended.code in (0, 1), where
                assert ("error: " in ended.said) == (ended.code == 1), where
                assert now == (before if ended.code else after), where
            assert cache_faults(sandbox.cache) == [], where

            # Killed in the middle, an edit may have changed pyproject.toml or not: any sync must do.
            assert run(sandbox, ("sync",)).code == 0, where
            assert run(sandbox, ("sync", "--check")).code == 0, where
            assert environment_faults(sandbox.root / ".venv") == [], where
            assert cache_faults(sandbox.cache) == [], where
            assert set(own_files(sandbox)) == {"pyproject.toml", "pylock.toml"}, where
            is_over = not ended.came_so_far
        if is_over:
            break
    assert number > 3 * STEP
