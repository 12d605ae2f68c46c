"""Builds that are killed, interrupted or run into a full disk: nothing goes on, and the next run is right.

Of the file operations of an editable sync every few one is disturbed; ``FAULT_STEP=1`` takes every single one.
"""

import errno
import itertools
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from detent.cli import app
from support.backends import tiny_sdist, tiny_tree, write_tree
from support.cli import Sandbox, publish
from support.faults import OPERATIONS, failing, fault_at
from support.forked import detent, returning
from support.index_server import IndexServer
from support.syscalls import warm
from support.wheels import wheel
from support.whole import cache_faults, environment_faults

STEP = int(os.environ.get("FAULT_STEP", "29"))
KILLED = 9
KINDS: tuple[tuple[str, Callable[[], None]], ...] = (
    ("ENOSPC", failing(errno.ENOSPC)),
    ("killed", lambda: os._exit(KILLED)),
    ("EIO", failing(errno.EIO)),
)
SLOW = """
import subprocess, time

def _slowly(*_):
    if "SLOW" in os.environ:
        child = subprocess.Popen(["sleep", "60"])
        Path(os.environ["SLOW"]).write_text(f"{os.getpid()} {child.pid}\\n")
        time.sleep(60)

_build_wheel, _build_editable = build_wheel, build_editable

def build_wheel(*a):
    _slowly()
    return _build_wheel(*a)

def build_editable(*a):
    _slowly()
    return _build_editable(*a)
"""


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    """A project that needs a source distribution; the builds of both may be made to last."""
    made = tiny_sdist("a", more=SLOW)
    index.add(made.filename, made.data)
    publish(index, wheel("b"))
    tree = tiny_tree("demo", "0.1.0", requires=["b"], scripts={"demo": "demo:main"}, more=SLOW)
    tree["pyproject.toml"] = tree["pyproject.toml"].replace(
        "[project]", '[project]\nrequires-python = ">=3.11"'
    )
    write_tree(sandbox.root, tree)
    return sandbox


class Going(NamedTuple):
    """A build that has begun and will not end."""

    pids: Path

    @property
    def processes(self) -> list[int]:
        """The back end, and what it started."""
        return [int(pid) for pid in self.pids.read_text().split()] if self.pids.exists() else []

    def is_running(self) -> bool:
        return any(map(runs, self.processes))


@pytest.fixture
def slow(project: Sandbox) -> Iterator[Going]:
    """Let builds last, and end them with the test."""
    going = Going(project.root.parent / "pids")
    project.variables["SLOW"] = str(going.pids)
    yield going
    for pid in filter(runs, going.processes):
        os.kill(pid, signal.SIGKILL)


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.005)


def scratch(project: Sandbox) -> list[str]:
    return [path.name for path in (project.cache / "tmp").glob("*") if path.name != ".swept"]


def check(project: Sandbox, said: str = "") -> None:
    """One more run, and everything is as if nothing had happened."""
    project.variables.pop("SLOW", None)
    ended = detent(project, "sync")
    assert ended.code == 0, f"{said}then: {ended.said}"
    assert environment_faults(project.root / ".venv") == [], said
    assert cache_faults(project.cache) == [], said
    assert "Checked" in detent(project, "sync").said, said


# ---- ended from outside ----------------------------------------------------------------------


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("words", [("sync",), ("add", "a")])
def test_who_is_told_to_stop_in_a_build_ends_it_and_leaves_nothing(
    project: Sandbox, slow: Going, words: tuple[str, ...], number: signal.Signals, code: int
) -> None:
    project.detent("lock").ok()
    before = project.snapshot()

    with project.start(*words, listen=True) as process:
        until(lambda: len(slow.processes) == 2)
        process.send_signal(number)
        process.send_signal(number)
        _, said = process.communicate(timeout=10)  # long before the build ends

    assert process.returncode == code
    assert b"error" not in said
    until(lambda: not slow.is_running())
    assert scratch(project) == []
    assert not (project.cache / "logs-v1").exists()
    assert project.snapshot() == before
    check(project)


def test_a_build_whose_detent_was_killed_is_done_anew_by_the_next(project: Sandbox, slow: Going) -> None:
    with project.start("sync") as process:
        until(lambda: len(slow.processes) == 2)
        process.kill()
        process.wait()

    check(project)  # while the back end of the first is still running

    then = time.time() - 2 * 86_400
    for path in (project.cache / "tmp").glob("*"):
        os.utime(path, (then, then))
    for pid in slow.processes:
        os.kill(pid, signal.SIGKILL)
    project.detent("sync", "-v").ok()  # a line that is never answered without opening the store
    assert scratch(project) == []


# ---- disturbed from inside -------------------------------------------------------------------


class Ended(NamedTuple):
    """How a command ended, and how many file operations it came to."""

    code: int
    said: str
    operations: int


def in_child(project: Sandbox, words: tuple[str, ...], disturbed: AbstractContextManager[Any]) -> Ended:
    """Run a command in a copy of this process."""
    told, counted = project.root.parent / "told", project.root.parent / "counted"
    counted.unlink(missing_ok=True)
    child = os.fork()
    if not child:
        os.environ.clear()
        os.environ.update(project.variables)
        os.chdir(project.root)
        sys.stdout = sys.stderr = told.open("w")
        with disturbed as fault:
            code = app.main(words)
        sys.stderr.flush()
        if fault is not None:
            counted.write_text(str(fault.count))
        os._exit(code)
    _, status = os.waitpid(child, 0)
    count = int(counted.read_text()) if counted.exists() else 0
    return Ended(os.waitstatus_to_exitcode(status), told.read_text(), count)


def put_back(project: Sandbox, kept: Path) -> None:
    for folder in (project.root, project.cache):
        shutil.rmtree(folder)
        shutil.copytree(kept / folder.name, folder, symlinks=True)
    project.cache.chmod(0o700)


def test_an_editable_sync_that_is_disturbed_anywhere_is_made_good_by_the_next(project: Sandbox) -> None:
    project.detent("lock").ok()
    kept = project.root.parent / "kept"
    for folder in (project.root, project.cache):
        shutil.copytree(folder, kept / folder.name, symlinks=True)
    locked = project.read("pylock.toml")
    warm(returning(project, "sync"))
    put_back(project, kept)
    kinds = itertools.cycle(KINDS)
    whole = in_child(project, ("sync",), fault_at(0, failing(0))).operations
    assert whole > 3 * STEP

    for number in range(1, whole + STEP, STEP):
        for name, happen in KINDS if STEP == 1 else (next(kinds),):
            put_back(project, kept)

            ended = in_child(project, ("sync",), fault_at(number, happen))

            where = f"operation {number}, {name}: {ended.said}"
            assert ended.code in ((0, KILLED) if name == "killed" else (0, 1)), where
            assert ("error: " in ended.said) == (ended.code == 1), where
            assert "[bug]" not in ended.said, where
            assert project.read("pylock.toml") == locked, where
            check(project, where)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Refuse whatever would change the folder, as a read-only file system does."""
    real = {name: getattr(os, name) for name in OPERATIONS}
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT

    def refusing(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            # The last path is what is changed; of `rename` the first one too.
            paths = [a for a in arguments if isinstance(a, str | os.PathLike)]
            changed = paths if name in ("rename", "replace") else paths[-1:]
            is_writing = name != "open" or arguments[1] & writing
            if is_writing and any(Path(path).is_relative_to(folder) for path in changed):
                raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(changed[-1]))
            return function(*arguments, **keywords)

        return call

    for name, function in real.items():
        setattr(os, name, refusing(name, function))
    try:
        yield
    finally:
        for name, function in real.items():
            setattr(os, name, function)


def test_a_cache_that_cannot_be_written_serves_what_was_built_before(project: Sandbox) -> None:
    project.detent("add", "a").ok()
    shutil.rmtree(project.root / ".venv")

    ended = in_child(project, ("sync",), read_only(project.cache))

    assert (ended.code, "Building" in ended.said) == (0, False), ended.said
    assert project.installed() == {"a": "1.0", "b": "1.0", "demo": "0.1.0"}
    assert in_child(project, ("sync", "--check"), read_only(project.cache)).code == 0


def test_what_would_have_to_be_built_in_a_cache_that_cannot_be_written_is_refused_in_words(
    project: Sandbox,
) -> None:
    project.detent("sync", "--no-install-project").ok()
    before = project.snapshot()

    ended = in_child(project, ("sync",), read_only(project.cache))

    assert ended.code == 1
    assert "why: the file system is read-only" in ended.said
    assert project.snapshot() == before
