"""The key of a state, on which it rests that what was made good once is not run again: all that counts is in it."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from detent import stamp
from detent.store.records import decode_record, encode_record
from support.cli import Sandbox, publish
from support.forked import command
from support.index_server import IndexServer
from support.states import Prepared
from support.syscalls import run
from support.wheels import wheel


class State(NamedTuple):
    """Where a sync has just been, and what stood there before."""

    project: Path
    cache: Path
    before: Prepared

    @property
    def site(self) -> Path:
        return next(self.project.glob(".venv/lib/python*/site-packages"))

    @property
    def entry(self) -> Path:
        return next(self.cache.glob("wheels-v2/unpacked/*/*"))

    @property
    def stamp(self) -> Path:
        return next((self.cache / stamp.BUCKET).iterdir())


@pytest.fixture
def sync(sandbox: Sandbox, index: IndexServer) -> Callable[[], State]:
    """Give what makes the same state anew, each time a little later."""
    publish(index, wheel("tool", "1.0", files={"tool/__init__.py": "x = 1\n", "tool/two.py": ""}))
    sandbox.manifest("tool")
    kept = sandbox.root.parent / "kept"
    assert run(command(sandbox, "lock")).code == 0
    shutil.rmtree(sandbox.root / ".venv", ignore_errors=True)
    kept.mkdir()
    subprocess.run(["cp", "-a", sandbox.root, sandbox.cache, kept], check=True)
    before = Prepared(sandbox.root, sandbox.cache)

    def done() -> State:
        for folder in (sandbox.root, sandbox.cache):
            shutil.rmtree(folder)
        subprocess.run(["cp", "-a", f"{kept}/.", sandbox.root.parent], check=True)
        for _ in range(2):  # the second one answers from what the first one kept
            ended = run(command(sandbox, "sync"))
            assert ended.code == 0, ended.said
        return State(sandbox.root, sandbox.cache, before)

    return done


def as_it_was(path: Path, change: Callable[[Path], object]) -> None:
    """Change a file, and nothing of its times."""
    facts = path.stat()
    change(path)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def flip(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def of_record(change: Callable[[object], object], path: Path) -> None:
    """Write a record anew with another value, and a right checksum."""
    data = path.read_bytes()
    kind, version = data[4:12], int.from_bytes(data[12:14], "little")
    value = decode_record(data, kind, version)
    assert value is not None
    made = encode_record(kind, version, change(value))
    assert made != data
    path.write_bytes(made)


def later(value: object) -> object:
    """Let every time in a record be another one."""
    if isinstance(value, dict):
        return {key: later(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return tuple(map(later, value))
    return value + 1 if isinstance(value, int) and value > 10**18 else value


def unlinked(path: Path) -> None:
    """Give a file a copy of its own in place of a link."""
    data, facts = path.read_bytes(), path.stat()
    path.unlink()
    path.write_bytes(data)
    path.chmod(facts.st_mode)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def relinked(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def put_again(path: Path) -> None:
    """Put another folder with the same in it in place of a folder."""
    subprocess.run(["cp", "-a", path, f"{path}-again"], check=True)
    shutil.rmtree(path)
    Path(f"{path}-again").rename(path)


CHANGES: dict[str, Callable[[State], object]] = {
    "a file is gone": lambda s: (s.site / "tool/two.py").unlink(),
    "a file is there": lambda s: (s.site / "mine.py").write_text(""),
    "a folder is there": lambda s: (s.site / "mine").mkdir(),
    "an empty file has a line": lambda s: as_it_was(s.site / "tool/two.py", lambda p: p.write_text("\n")),
    "a bit flipped": lambda s: as_it_was(s.project / ".venv/bin/activate", flip),
    "a bit flipped in the cache": lambda s: as_it_was(s.entry / "files/tool/__init__.py", flip),
    "a file may be started": lambda s: (s.site / "tool/two.py").chmod(0o755),
    "a folder is for others": lambda s: s.cache.chmod(0o755),
    "a file has another name": lambda s: (s.site / "tool/two.py").rename(s.site / "tool/too.py"),
    "two files changed places": lambda s: (
        (s.site / "tool/two.py").rename(s.site / "tool/x"),
        (s.site / "tool/__init__.py").rename(s.site / "tool/two.py"),
        (s.site / "tool/x").rename(s.site / "tool/__init__.py"),
    ),
    "a link leads elsewhere": lambda s: relinked(s.project / ".venv/bin/python3"),
    "a file became a link": lambda s: relinked(s.site / "tool/two.py"),
    "a file is shared no longer": lambda s: unlinked(s.site / "tool/__init__.py"),
    "an entry's file is from another time": lambda s: os.utime(s.entry / "files/tool/__init__.py", (1, 1)),
    "a record tells other times": lambda s: as_it_was(s.entry / "full", lambda p: of_record(later, p)),
    "a record is damaged": lambda s: as_it_was(s.entry / "head", flip),
    "a record is cut": lambda s: os.truncate(s.entry / "head", 20),
    "a record is of another kind": lambda s: (s.entry / "full").write_bytes(
        (s.entry / "full").read_bytes().replace(b"full", b"fuli", 1)
    ),
    "a lock file is empty": lambda s: os.truncate(s.project / ".venv/.detent/lock", 0),
    "what is not finished lies about": lambda s: (s.project / f".detent-{'0' * 16}").write_text(""),
    "it has something in it": lambda s: (s.project / f".detent-{'0' * 16}").write_text("x"),
    "there are two of it": lambda s: [(s.project / f".detent-{digit * 16}").write_text("") for digit in "01"],
    "a stamp is damaged": lambda s: as_it_was(s.stamp, flip),
    "a stamp is of another folder": lambda s: s.stamp.rename(s.stamp.with_name("1-1")),
    "what a stamp rests on was touched": lambda s: os.utime(s.project / "pylock.toml"),
    "what a stamp rests on is another file": lambda s: unlinked(s.project / "pyproject.toml"),
    "the project is another folder": lambda s: put_again(s.project),
    "the lock says something else": lambda s: (s.project / "pylock.toml").write_text("x"),
}


def test_the_same_done_twice_gives_the_same_key(sync: Callable[[], State]) -> None:
    first, second = (without_stamps(sync()).before.rows() for _ in range(2))
    assert first == second


def without_stamps(state: State) -> State:
    """Leave out what says how old something was when it was looked at: that differs with the machine's load."""
    shutil.rmtree(state.stamp.parent)
    return state


def test_no_two_states_that_a_command_can_tell_apart_share_a_key(sync: Callable[[], State]) -> None:
    keys = {}
    for what, change in {"nothing": lambda _: None, **CHANGES}.items():
        state = sync()
        change(state)
        keys[what] = state.before.key()
    assert {what for what, key in keys.items() if list(keys.values()).count(key) > 1} == set()


def test_the_numbers_and_names_that_are_drawn_anew_are_in_no_key(sync: Callable[[], State]) -> None:
    state = sync()
    before = state.before.key()
    (state.project / ".venv/.detent/lock").write_text("1")  # another process held it

    assert state.before.key() == before

    (state.project / f".detent-{'0' * 16}").write_text("x")
    left = state.before.key()
    (state.project / f".detent-{'0' * 16}").rename(state.project / f".detent-{'1' * 16}")
    assert state.before.key() == left
