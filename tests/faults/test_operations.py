"""Whole commands, with one of their calls of the kernel refused or the last: told in words, and the next is right.

Each call that changes anything is taken once, with another kind of fault each time, and every few of those that
only look; ``FAULT_STEP=1`` takes every one with every kind, which is many minutes of work. Many faults leave the
very same behind, and what was made good once is not run again (`support.states`).
"""

import errno
import itertools
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import pytest

from support.cli import Sandbox, publish
from support.forked import command, returning
from support.index_server import IndexServer
from support.states import Prepared
from support.syscalls import CHANGES, KILL, LOOKS, Calls, Ended, Made, can_watch, run, warm, watched
from support.wheels import wheel
from support.whole import cache_faults, environment_faults

STEP = int(os.environ.get("FAULT_STEP", "0"))
LOOKS_STEP = STEP or 13
FULL = -2
"""Instead of an error number: from then on there is no space left."""
OWN_FILES = {"pyproject.toml", "pylock.toml"}
NEEDS_SPACE = {
    "open",
    "openat",
    "write",
    "pwrite64",
    "writev",
    "sendfile",
    "copy_file_range",
    "mkdir",
    "symlink",
}
"""What fails on a full disk again and again; a name can be changed or taken away there."""
REMOVES = {"unlink", "unlinkat", "rmdir"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not can_watch(), reason="this kernel lets nobody decide about the calls of another process"
    ),
]


class Command(NamedTuple):
    """A command to be disturbed, and the state it begins in."""

    words: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = ()
    """Commands that make that state."""
    dependencies: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    """What the project depends on after those commands, if that is something else."""
    is_cold: bool = False
    """Whether it begins with nothing from the index in the cache."""
    variables: Mapping[str, str] = MappingProxyType({})
    every: int = 1
    """Which calls are taken where nobody asks for all: some commands are much like another one."""


BY_DIRECTORY = {"DETENT_LINK_MODE": "directory"}
COMMANDS = {
    "add": Command(("add", "tool"), dependencies=("old",), before=(("sync",),), is_cold=True),
    "lock": Command(("lock",), dependencies=("tool",)),
    "sync": Command(("sync",), dependencies=("tool",), before=(("lock",),), is_cold=True),
    "sync in copies": Command(
        ("sync", "--link-mode", "copy"), dependencies=("tool",), before=(("lock",),), is_cold=True, every=3
    ),
    "sync of another selection": Command(
        ("sync",), dependencies=("tool==1.0", "old"), before=(("sync",),), then=("tool==2.0", "new")
    ),
    "sync by directory": Command(
        ("sync",), dependencies=("tool",), before=(("lock",),), is_cold=True, variables=BY_DIRECTORY, every=3
    ),
    "sync of another selection by directory": Command(
        ("sync",),
        dependencies=("tool==1.0", "old"),
        before=(("sync",),),
        then=("tool==2.0", "new"),
        variables=BY_DIRECTORY,
        every=3,
    ),
    "sync with byte code": Command(
        ("sync",),
        dependencies=("tool",),
        before=(("lock",),),
        variables={"DETENT_COMPILE_BYTECODE": "1"},
        every=3,
    ),
    "sync with nothing to do": Command(("sync",), dependencies=("tool",), before=(("sync",),)),
    "remove": Command(("remove", "tool"), dependencies=("tool", "old"), before=(("sync",),)),
    "undo": Command(("undo",), dependencies=("old",), before=(("sync",), ("add", "tool"))),
    "run": Command(("run", "true"), dependencies=("tool",), before=(("lock",),), every=3),
    "cache clean": Command(("cache", "clean"), dependencies=("tool",), before=(("sync",),)),
    "cache prune": Command(("cache", "prune", "--ci"), dependencies=("tool",), before=(("sync",),)),
}


class World(NamedTuple):
    """A project in the state a command begins in."""

    command: Command
    project: Sandbox
    kept: Path
    prepared: Prepared
    right: set[str]
    """Keys of the states that a next run made good."""

    def work(self, *words: str) -> Callable[[], int]:
        return command(self.project, *words)

    def put_back(self) -> None:
        for folder in (self.project.root, self.project.cache):
            shutil.rmtree(folder)
        subprocess.run(["cp", "-a", f"{self.kept}/.", self.project.root.parent], check=True)

    def own_files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.project.root.iterdir() if path.is_file()}

    def environment(self) -> dict[str, object]:
        """Everything in the environment but byte code and detent's own state."""
        root = self.project.root / ".venv"
        return {
            str(path.relative_to(root)): str(path.readlink()) if path.is_symlink() else contents(path)
            for path in root.rglob("*")
            if ".detent" not in path.parts and "__pycache__" not in path.parts
        }

    def scratch(self) -> list[str]:
        return [
            *(path.name for path in (self.project.cache / "tmp").glob("*") if path.name != ".swept"),
            *(str(path) for path in self.project.cache.rglob(".detent-*")),
        ]


def contents(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


@pytest.fixture
def world(request: pytest.FixtureRequest, sandbox: Sandbox, index: IndexServer, primed_cache: Path) -> World:
    begun = COMMANDS[request.param]
    needs = {"requires": ["part"], "scripts": {"tool": "tool:main"}, "data": {"data/share/tool.txt": "x"}}
    shared = {"shared/__init__.py": "", "tool/__init__.py": "", "tool/fresh/more.py": "2"}
    publish(
        index,
        wheel("tool", "1.0", **needs),  # type: ignore[arg-type]
        wheel("tool", "2.0", files=shared, scripts={"tool": "tool:other"}),
        wheel("part", "1.0"),
        wheel("old", "1.0", files={"old/__init__.py": "", "shared/__init__.py": ""}),
        wheel(
            "new", "1.0", files={"new.py": "", "shared/__init__.py": ""}, data={"scripts/new": "#!python\n"}
        ),
    )
    sandbox.manifest(*begun.dependencies)
    sandbox.variables.update(begun.variables)
    for words in begun.before:
        assert run(command(sandbox, *words)).code == 0
    if begun.then:
        sandbox.manifest(*begun.then)
    if begun.is_cold:
        shutil.rmtree(sandbox.cache)
        shutil.copytree(primed_cache, sandbox.cache)
        sandbox.cache.chmod(0o700)
    kept = sandbox.root.parent / "kept"
    kept.mkdir()
    subprocess.run(["cp", "-a", sandbox.root, sandbox.cache, kept], check=True)
    return World(begun, sandbox, kept, Prepared(sandbox.root, sandbox.cache), set())


class Disturbed(NamedTuple):
    """One run with a fault in it."""

    ended: Ended
    kind: int
    call: Made
    where: str


class Fault:
    """Chooses what happens to a call: of the kinds that are possible there the one with this number."""

    def __init__(self, which: int, *, is_changing: bool) -> None:
        self.kind = 0
        self.possible = 0
        """How many kinds there are for the first call it was asked about."""
        self._which = which
        self._is_changing = is_changing

    def __call__(self, name: str, errors: tuple[int, ...]) -> int:
        """Give the error, and after the first call only what a full disk goes on to say."""
        if not self.possible:
            kinds = (KILL, *errors, FULL) if self._is_changing else errors
            self.possible = len(kinds)
            self.kind = kinds[self._which % self.possible]
            if self.kind != FULL:
                return self.kind
        return errno.ENOSPC if self.kind == FULL and name in NEEDS_SPACE else 0

    def __str__(self) -> str:
        return {KILL: "killed", FULL: "full"}.get(self.kind) or errno.errorcode[self.kind]


def disturbed(world: World, words: tuple[str, ...], calls: Calls, step: int) -> Iterator[Disturbed]:
    """Run a command with one fault after the other: another kind for each call, or all of them."""
    for number in itertools.count(1, step):
        which = 0 if STEP else number // step + number // 12  # calls come in patterns of their own
        while True:
            world.put_back()
            fault = Fault(which, is_changing=calls is CHANGES)
            below = world.project.root.parent
            ended = watched(world.work(*words), calls, below, at=number, choose=fault, lasts=True)
            if len(ended.made) < number:
                return
            call = ended.made[number - 1]
            yield Disturbed(ended, fault.kind, call, f"{fault} at {number}, {call}: {ended.said}")
            which += 1
            if not STEP or which >= fault.possible:
                break


Figure: TypeAlias = Callable[[str, int], None]
Files: TypeAlias = dict[str, bytes]
States: TypeAlias = tuple[Files, Files]


def references(world: World, words: tuple[str, ...]) -> tuple[dict[bytes, dict[str, object]], States]:
    """Give the environment that belongs to each pyproject.toml, and the project's files before and after."""
    right = {}
    states = []
    for begins in ((), (words,)):
        world.put_back()
        for one in begins:
            ended = run(world.work(*one))
            assert ended.code == 0, ended.said
        states.append(world.own_files())
        ended = run(world.work("sync"))
        assert ended.code == 0, ended.said
        right[world.own_files()["pyproject.toml"]] = world.environment()
    return right, (states[0], states[1])


def check_told(ended: Ended, where: str) -> None:
    """It came through, or said in words why not."""
    assert ended.code in (0, 1, 2), where
    assert ("error: " in ended.said) == (ended.code > 0), where
    assert "Traceback" not in ended.said, where


def check_own_files(world: World, states: States, ended: Ended, where: str) -> None:
    """All or nothing; a lock that is right may stand where what follows failed."""
    now = world.own_files()
    before, after = states
    if not ended.code:
        assert now == after, where
    elif before["pyproject.toml"] != after["pyproject.toml"]:
        assert now == before, where
    else:
        assert now in states, where


def check_each_file(world: World, states: States, where: str) -> None:
    now = world.own_files()
    assert all(now[name] in {state.get(name) for state in states} for name in states[0]), where


def check_next(world: World, right: dict[bytes, dict[str, object]], where: str) -> None:
    """One more run, and everything is as if nothing had happened; once for each state that is met."""
    key = world.prepared.key()
    if key in world.right:
        return
    ended = run(world.work("sync"))
    assert ended.code == 0, f"{where}then: {ended.said}"
    assert set(world.own_files()) == OWN_FILES, where
    assert environment_faults(world.project.root / ".venv") == [], where
    assert world.environment() == right[world.own_files()["pyproject.toml"]], where
    assert cache_faults(world.project.cache) == [], where
    world.right.add(key)


@pytest.mark.parametrize("world", COMMANDS, indirect=True)
def test_a_command_that_is_disturbed_anywhere_is_made_good_by_the_next(world: World, figure: Figure) -> None:
    words = world.command.words
    warm(returning(world.project, *(words if words[0] != "run" else ("sync",))))
    right, states = references(world, words)

    for ended, kind, call, where in disturbed(world, words, CHANGES, STEP or world.command.every):
        figure("G1" if kind == KILL else "G2", 1)
        if kind == KILL:
            assert ended.code == -9, where
            check_each_file(world, states, where)
        else:
            check_told(ended, where)
            check_own_files(world, states, ended, where)
            assert world.scratch() == [] or call.name in REMOVES, where
        assert cache_faults(world.project.cache) == [], where
        check_next(world, right, where)


@pytest.mark.parametrize("world", COMMANDS, indirect=True)
def test_a_command_that_cannot_look_somewhere_says_so_or_does_what_it_should(
    world: World, figure: Figure
) -> None:
    words = world.command.words
    warm(returning(world.project, *(words if words[0] != "run" else ("sync",))))
    right, states = references(world, words)

    for ended, _, _, where in disturbed(world, words, LOOKS, LOOKS_STEP):
        figure("G2", 1)
        check_told(ended, where)
        check_own_files(world, states, ended, where)
        check_next(world, right, where)
