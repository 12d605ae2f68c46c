"""Ctrl-C and SIGTERM at any moment: out at once, nothing said that is no use, and every file as it was."""

import fcntl
import os
import shutil
import signal
import time
from collections.abc import Callable

import pytest

from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel

OURS = {"big/__init__.py": "x = 1\n" * 1000}


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.005)


def goods(project: Sandbox) -> set[str]:
    """Every wheel file and every temporary one in the cache."""
    paths = [path for name in ("wheels-v2", "tmp") for path in (project.cache / name).rglob("*")]
    return {str(path.relative_to(project.cache)) for path in paths}


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    """A project with one package installed, and another one on the index."""
    publish(index, wheel("small", "1.0"), wheel("big", "1.0", files=OURS))
    sandbox.manifest("small")
    sandbox.detent("sync").ok()
    return sandbox


@pytest.mark.parametrize(
    ("words", "hangs_at", "number", "code"),
    [
        (("add", "big"), "/simple/big", signal.SIGINT, 130),
        (("add", "big"), "big-1.0-py3-none-any.whl.metadata", signal.SIGTERM, 143),
        (("add", "big"), "big-1.0-py3-none-any.whl.metadata", signal.SIGHUP, 129),
        (("sync", "-U"), "/simple/small", signal.SIGINT, 130),
    ],
)
def test_a_hanging_index_holds_nobody(
    project: Sandbox,
    index: IndexServer,
    words: tuple[str, ...],
    hangs_at: str,
    number: signal.Signals,
    code: int,
) -> None:
    before = project.snapshot()
    index.fail(hangs_at, stall_seconds=60, times=None)
    index.forget()
    shutil.rmtree(project.cache / "index-v1")
    with project.start(*words, listen=True) as process:
        until(lambda: index.count(hangs_at) > 0)
        process.send_signal(number)
        process.send_signal(number)
        _, said = process.communicate(timeout=10)  # long before the index answers

    assert process.returncode == code
    assert said == b""
    assert project.snapshot() == before
    index.heal()
    project.detent("add", "big").ok()
    assert project.installed() == {"big": "1.0", "small": "1.0"}


def test_ctrl_c_in_a_download_leaves_nothing_behind(project: Sandbox, index: IndexServer) -> None:
    project.detent("add", "--dry-run", "big").ok()  # from here on only the wheel itself is missing
    before, cache = project.snapshot(), goods(project)
    index.fail("big-1.0-py3-none-any.whl", truncate=100, stall_seconds=60, times=None)
    with project.start("add", "big", listen=True) as process:
        until(lambda: index.count("big-1.0-py3-none-any.whl") > 1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)

    assert (process.returncode, said) == (130, b"")
    assert project.snapshot() == before
    assert goods(project) == cache


def test_ctrl_c_leaves_no_process_behind_that_unpacks(sandbox: Sandbox, index: IndexServer) -> None:
    names = [f"much{number}" for number in range(6)]
    bulk = os.urandom(2**19)  # enough for workers to be started
    publish(
        index, *(wheel(name, "1.0", files={f"{name}/__init__.py": "", f"{name}/x": bulk}) for name in names)
    )
    sandbox.manifest(*names)
    sandbox.detent("lock").ok()
    index.fail("much0-1.0-py3-none-any.whl", truncate=100, stall_seconds=60, times=None)
    with sandbox.start("sync", "--frozen", listen=True) as process:
        until(lambda: len(list(sandbox.cache.glob("wheels-v2/unpacked/*/*/head"))) == len(names) - 1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)

    assert (process.returncode, said) == (130, b"")
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    assert not [path for path in (sandbox.cache / "tmp").iterdir() if path.is_dir()]
    index.heal()
    sandbox.detent("sync", "--frozen").ok()
    assert sandbox.installed() == dict.fromkeys(names, "1.0")


def test_ctrl_c_at_the_last_moment_puts_pyproject_and_lock_back(project: Sandbox) -> None:
    before = project.snapshot()
    with (project.root / ".venv/.detent/lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with project.start("add", "big", listen=True) as process:
            until(lambda: "big" in project.read("pylock.toml"))
            assert '"big>=1.0"' in project.read("pyproject.toml")
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=10)

    assert (process.returncode, said) == (130, b"")
    assert project.snapshot() == before


def test_an_ignored_interrupt_stays_ignored(project: Sandbox) -> None:
    """`nohup`, and a shell's background jobs, start us with signals ignored."""
    with (project.root / ".venv/.detent/lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            process = project.start("add", "big")
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        until(lambda: "big" in project.read("pylock.toml"))
        process.send_signal(signal.SIGINT)

    assert process.wait(timeout=20) == 0
