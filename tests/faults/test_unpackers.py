"""Wheels unpacked by processes, in whole commands: those killed, and their owner disturbed while they work.

What a worker does for itself is disturbed call by call in `unit/store/test_unpackers.py`; here it counts that the
command goes on, or ends in words, that no worker outlives it, and that the next run is right.
"""

import contextlib
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import NamedTuple, Self

import pytest

from detent.store.unpackers import Unpackers
from support.cli import Sandbox, publish
from support.faults import fault_at
from support.forked import command, returning
from support.index_server import IndexServer
from support.syscalls import CHANGES, KILL, Ended, can_watch, run, warm, watched
from support.wheels import wheel
from support.whole import cache_faults, environment_faults

NAMES = tuple(f"part{number}" for number in range(6))
BYTES_EACH = 2**19
"""So that all of them are worth workers (`count_of_workers`)."""
Figure = Callable[[str, int], None]


class World(NamedTuple):
    """A project with a lock and nothing else, on a machine with two processors."""

    project: Sandbox
    cold: Path
    workers: Path
    """Has a file for each worker that was given a wheel, named by its process."""

    def put_back(self) -> None:
        shutil.rmtree(self.project.root / ".venv", ignore_errors=True)
        shutil.rmtree(self.project.cache)
        shutil.copytree(self.cold, self.project.cache)
        self.project.cache.chmod(0o700)
        for one in self.workers.iterdir():
            one.unlink()

    def work(self, happen: Callable[[], None] = lambda: None, at: int = 0) -> Callable[[], int]:
        """Give a sync; instead of its file operation with the number ``at``, this happens to each worker."""
        sync = command(self.project, "sync")

        def noted(own: Unpackers, *request: str) -> None:
            (self.workers / str(os.getpid())).touch()
            with fault_at(at, happen):
                real(own, *request)

        def work() -> int:
            os.sched_getaffinity = lambda _: {0, 1}  # in a child of its own
            Unpackers._put_below = noted  # type: ignore[method-assign,assignment]
            return sync()

        real = Unpackers._put_below
        return work

    def seen(self) -> list[int]:
        return [int(path.name) for path in self.workers.iterdir()]


@pytest.fixture
def world(sandbox: Sandbox, index: IndexServer, tmp_path: Path) -> World:
    chance = random.Random(5)
    for name in NAMES:
        content = chance.randbytes(BYTES_EACH)
        publish(index, wheel(name, "1.0", files={f"{name}/__init__.py": "", f"{name}/big.bin": content}))
    sandbox.manifest(*NAMES)
    assert run(command(sandbox, "lock")).code == 0
    cold, workers = tmp_path / "cold", tmp_path / "workers"
    workers.mkdir()
    shutil.copytree(sandbox.cache, cold)
    warm(returning(sandbox, "sync"))
    return World(sandbox, cold, workers)


def works(process: int) -> bool:
    """Whether a process does anything any more: who has to bury it may take its time."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def check_ended(world: World) -> None:
    """No worker goes on; one that was orphaned ends by itself, with the wheel it is at."""
    for _ in range(500):
        if not any(map(works, world.seen())):
            return
        time.sleep(0.01)
    pytest.fail("a worker goes on")


def check_right(world: World, ended: Ended, where: str) -> None:
    """The next run, if one is needed, finds or makes what the lock says."""
    check_ended(world)
    assert cache_faults(world.project.cache) == [], where
    if ended.code:
        ended = run(command(world.project, "sync"))
    assert ended.code == 0, f"{where}then: {ended.said}"
    assert world.project.installed() == dict.fromkeys(NAMES, "1.0"), where
    assert environment_faults(world.project.root / ".venv") == [], where
    assert cache_faults(world.project.cache) == [], where


def scratch(world: World) -> list[str]:
    return [path.name for path in (world.project.cache / "tmp").glob("*") if path.name != ".swept"]


def kill_self() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_command_whose_workers_are_all_killed_does_it_itself(world: World, figure: Figure) -> None:
    for number in (0, 1, 5, 9, 14):
        world.put_back()

        ended = run(world.work(kill_self, number))

        figure("G1", 1)
        assert ended.code == 0, ended.said
        assert len(world.seen()) == 2
        assert scratch(world) == []
        check_right(world, ended, f"killed at {number}: ")


def children(process: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(word) for word in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return []


class Killer(Thread):
    """Kills what this process's child has started, one after the other, at random moments."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.killed = 0
        self._chance = chance
        self._own = os.getpid()
        self._is_over = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self.join()

    def run(self) -> None:
        while not self._is_over:
            for child in children(self._own):
                for worker in children(child):
                    time.sleep(self._chance.uniform(0, 0.02))
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(worker, signal.SIGKILL)
                        self.killed += 1
            time.sleep(0.001)


def test_workers_may_be_killed_at_any_moment(world: World, figure: Figure) -> None:
    killed = 0
    for seed in range(4):
        world.put_back()
        with Killer(random.Random(seed)) as killer:
            ended = run(world.work())

        killed += killer.killed
        assert ended.code == 0, ended.said
        assert scratch(world) == []
        check_right(world, ended, "")
    figure("G1", killed)
    assert killed


def moments(world: World) -> Iterator[int]:
    """Give some of the calls of a command, as many as it makes where nothing disturbs it."""
    world.put_back()
    ended = watched(world.work(), CHANGES, world.project.cache)
    assert ended.code == 0, ended.said
    assert world.seen()
    return iter(range(3, len(ended.made), max(1, len(ended.made) // 5)))


@pytest.mark.skipif(
    not can_watch(), reason="this kernel lets nobody decide about the calls of another process"
)
@pytest.mark.parametrize("fault", ["killed", "refused"])
def test_what_happens_to_their_owner_meanwhile_is_made_good_by_the_next_run(
    world: World, fault: str, figure: Figure
) -> None:
    for number in moments(world):
        world.put_back()

        def choose(_: str, errors: tuple[int, ...], number: int = number) -> int:
            return KILL if fault == "killed" else errors[number % len(errors)]

        ended = watched(world.work(), CHANGES, world.project.cache, at=number, choose=choose)

        call = ended.made[number - 1] if len(ended.made) >= number else "nothing"
        where = f"at {number}, {call}: {ended.said}"
        figure("G1" if fault == "killed" else "G2", 1)
        assert ended.code in ((-signal.SIGKILL,) if fault == "killed" else (0, 1)), where
        assert "Traceback" not in ended.said, where
        check_right(world, ended, where)
