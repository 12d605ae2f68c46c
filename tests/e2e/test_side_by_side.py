"""Several at once: processes on one project while something is built, and builds beside each other."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.backends import Sdist, tiny_sdist, tiny_tree, write_tree
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel

_WAITS = """
import time
def _wait_for(path):
    for _ in range(3000):
        if os.path.exists(path):
            return
        time.sleep(0.01)
    raise SystemExit("nobody came")
_build_wheel = build_wheel
def build_wheel(to, *_):
    Path({begun!r}).touch()
    _wait_for({awaited!r})
    return _build_wheel(to)
"""
LOCK_IS_FREE = """
import fcntl, os, sys
lock = open(os.path.join(sys.prefix, ".detent/lock"), "rb")
fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
"""


def waiting_sdist(name: str, begun: Path, awaited: Path) -> Sdist:
    """A source distribution whose build says that it has begun, and then waits for a file."""
    return tiny_sdist(name, more=_WAITS.format(begun=str(begun), awaited=str(awaited)))


def sources(index: IndexServer, *made: Sdist) -> None:
    for each in made:
        index.add(each.filename, each.data)


def until(path: Path) -> None:
    """Wait for a file."""
    for _ in range(3000):
        if path.exists():
            return
        time.sleep(0.01)
    raise AssertionError(f"{path.name} never came")


@contextmanager
def going_on(sandbox: Sandbox, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A command that goes on beside the test; at the end it must have ended well."""
    process = sandbox.start(*words, listen=True)
    try:
        yield process
        _, said = process.communicate(timeout=30)
        assert process.returncode == 0, said.decode()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    """A locked project of a package that is built for as long as the test likes, and one that is there."""
    folder = sandbox.root.parent
    sources(index, waiting_sdist("slow", folder / "begun", folder / "awaited"))
    publish(index, wheel("quick"))
    sandbox.manifest("slow", "quick")
    sandbox.detent("lock").ok()
    return sandbox


def test_a_build_that_takes_long_keeps_nobody_out_of_the_environment(project: Sandbox) -> None:
    folder = project.root.parent
    project.detent("sync", "--no-install-package", "slow").ok()
    impatient = {"DETENT_LOCK_TIMEOUT": "0.2"}

    with going_on(project, "sync"):
        until(folder / "begun")
        looked = project.detent("sync", "--check", env=impatient)
        removed = project.detent("sync", "--no-install-package", "slow", "--no-install-package", "quick")
        seen = project.installed()
        (folder / "awaited").touch()

    assert looked.code == 1
    assert "Would install 1 package" in looked.err
    assert removed.ok().err.splitlines()[-1] == " - quick==1.0"
    assert seen == {}
    # What the other has taken away meanwhile is brought again: the plan is made anew under the lock.
    assert project.installed() == {"quick": "1.0", "slow": "1.0"}


def test_no_environment_is_made_before_everything_is_there(project: Sandbox) -> None:
    folder = project.root.parent

    with going_on(project, "sync"):
        until(folder / "begun")
        was_there = (project.root / ".venv").exists()
        (folder / "awaited").touch()

    assert not was_there
    assert project.installed() == {"quick": "1.0", "slow": "1.0"}


def test_an_environment_that_somebody_replaces_meanwhile_is_filled_all_the_same(project: Sandbox) -> None:
    folder = project.root.parent
    project.detent("sync", "--no-install-package", "slow").ok()

    with going_on(project, "sync"):
        until(folder / "begun")
        project.detent("venv", "--clear").ok()
        (folder / "awaited").touch()

    assert project.installed() == {"quick": "1.0", "slow": "1.0"}


@pytest.mark.parametrize("flags", [[], ["--isolated"]])
def test_a_program_that_runs_in_the_environment_keeps_nobody_out(
    sandbox: Sandbox, index: IndexServer, flags: list[str]
) -> None:
    publish(index, wheel("quick"))
    sandbox.manifest("quick")
    sandbox.detent("sync").ok()
    locks = {path.name for path in (sandbox.cache / "locks").iterdir()}

    sandbox.detent("run", *flags, "python", "-c", LOCK_IS_FREE).ok()

    assert {path.name for path in (sandbox.cache / "locks").iterdir()} == locks


def test_builds_go_on_side_by_side(sandbox: Sandbox, index: IndexServer) -> None:
    one, other, tree = (sandbox.root.parent / name for name in ("one", "other", "tree"))
    sources(index, waiting_sdist("a", one, other), waiting_sdist("b", other, tree))
    more = _WAITS.format(begun=str(tree), awaited=str(one)) + "build_editable = build_wheel\n"
    write_tree(sandbox.root, tiny_tree("demo", "1.0", requires=["a", "b"], more=more))

    # Each waits for the one before to have begun, so one after the other would never end.
    sandbox.detent("sync", env={"DETENT_CONCURRENT_BUILDS": "3"}).ok()

    assert sandbox.installed() == {"a": "1.0", "b": "1.0", "demo": "1.0"}


def test_one_build_at_a_time_is_to_be_had(sandbox: Sandbox, index: IndexServer) -> None:
    calls = sandbox.root.parent / "calls"
    sources(index, *(tiny_sdist(name) for name in "abc"))
    sandbox.manifest("a", "b", "c")

    sandbox.detent("sync", env={"DETENT_CONCURRENT_BUILDS": "1", "TINY_CALLS": str(calls)}).ok()

    assert calls.read_text().split() == ["get_requires_for_build_wheel", "build_wheel"] * 3


def test_a_build_that_fails_ends_the_others(sandbox: Sandbox, index: IndexServer) -> None:
    begun, never = sandbox.root.parent / "begun", sandbox.root.parent / "never"
    waits = waiting_sdist("b", begun, never)
    fails = _WAITS.format(begun=str(never.with_name("a")), awaited=str(begun)) + (
        "_after = build_wheel\ndef build_wheel(to, *_):\n    _after(to)\n    raise SystemExit('no compiler')\n"
    )
    sources(index, tiny_sdist("a", more=fails), waits)
    sandbox.manifest("a", "b")
    sandbox.detent("lock").ok()

    done = sandbox.detent("sync", env={"DETENT_CONCURRENT_BUILDS": "2"})

    assert done.code == 1
    assert "`a==1.0` could not be built" in done.err
    assert "no compiler" in done.err
    assert "b==1.0" not in done.err.replace("Building b==1.0", "")
    assert [path.name for path in (sandbox.cache / "tmp").iterdir() if path.name != ".swept"] == []


def test_builds_that_need_each_other_are_refused_and_do_not_wait_for_ever(
    sandbox: Sandbox, index: IndexServer
) -> None:
    sources(index, tiny_sdist("a", build_requires=["b"]), tiny_sdist("b", build_requires=["a"]))
    sandbox.manifest("a", "b")
    sandbox.detent("lock").ok()

    done = sandbox.detent("sync", env={"DETENT_CONCURRENT_BUILDS": "2"})

    assert done.code == 1
    assert "it is needed to build itself" in done.err


def test_what_several_processes_build_at_once_is_built_once(sandbox: Sandbox, index: IndexServer) -> None:
    calls = sandbox.root.parent / "calls"
    sources(index, *(tiny_sdist(name) for name in "abc"))
    sandbox.manifest("a", "b", "c")
    sandbox.detent("lock").ok()
    sandbox.variables["TINY_CALLS"] = str(calls)
    projects = []
    for number in range(8):
        root = sandbox.root.parent / f"project-{number}"
        root.mkdir()
        projects.append(
            Sandbox(root=root, cache=sandbox.cache, index_url=sandbox.index_url, variables=sandbox.variables)
        )
        for name in ("pyproject.toml", "pylock.toml"):
            projects[-1].write(name, sandbox.read(name))

    processes = [each.start("sync", listen=True) for each in projects]
    for process in processes:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said.decode()

    assert sorted(calls.read_text().split()) == ["build_wheel"] * 3 + ["get_requires_for_build_wheel"] * 3
    assert [each.installed() for each in projects] == [{"a": "1.0", "b": "1.0", "c": "1.0"}] * 8
