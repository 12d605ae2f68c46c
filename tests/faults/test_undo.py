"""`undo` that dies at any of its file operations: whoever runs it again gets all of it, and can still go back."""

import itertools
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from detent.cli import app
from detent.fsio import is_scratch
from detent.install.manifest import read_manifest
from support.cli import Sandbox, publish
from support.faults import dies_at
from support.forked import returning
from support.index_server import IndexServer
from support.syscalls import warm
from support.wheels import wheel
from support.whole import environment_faults

pytestmark = pytest.mark.slow


def in_project(project: Sandbox, *words: str) -> Callable[[], None]:
    """Give what runs a command, and fails unless it ends well."""

    def work() -> None:
        os.environ.clear()
        os.environ.update(project.variables)
        os.chdir(project.root)
        sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 -- the child only exits
        assert app.main(words) == 0

    return work


def state(project: Sandbox) -> dict[str, object]:
    root = project.root / ".venv"
    assert environment_faults(root) == []
    packages = {(row.name, row.version, row.digest) for row in read_manifest(str(root)).packages}
    return {**files(project), ".venv": packages}


def files(project: Sandbox) -> dict[str, bytes]:
    """What a person looks at; what the dead left there is swept away by whoever writes there later."""
    return {
        path.name: path.read_bytes()
        for path in project.root.iterdir()
        if path.is_file() and not is_scratch(path.name)
    }


def test_an_undo_that_died_is_finished_by_the_next(sandbox: Sandbox, index: IndexServer) -> None:
    publish(
        index, wheel("old"), wheel("tool", requires=["part"], scripts={"tool": "tool:main"}), wheel("part")
    )
    sandbox.manifest("old")
    sandbox.detent("sync").ok()
    before = state(sandbox)
    sandbox.detent("add", "tool").ok()
    added = state(sandbox)
    kept = sandbox.root.parent / "kept"
    kept.mkdir()
    subprocess.run(["cp", "-a", sandbox.root, sandbox.cache, kept], check=True)

    warm(returning(sandbox, "undo"))

    endings = []
    for number in itertools.count(1):
        for folder in (sandbox.root, sandbox.cache):
            shutil.rmtree(folder)
        subprocess.run(["cp", "-a", f"{kept}/.", sandbox.root.parent], check=True)
        died = dies_at(number, in_project(sandbox, "undo"))
        for name, text in files(sandbox).items():
            assert text in (before.get(name), added.get(name)), number

        if died:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                assert not dies_at(10**9, in_project(sandbox, "undo")), number
        ending = state(sandbox)
        endings.append(ending == before)
        assert ending in (before, added), number
        assert not dies_at(10**9, in_project(sandbox, "undo")), number
        assert state(sandbox) == (added if ending == before else before), number
        assert sorted(path.name for path in sandbox.root.iterdir()) == [
            ".venv",
            "pylock.toml",
            "pyproject.toml",
        ]
        if not died:
            break
    # Only what died after all was done is done again by the next.
    assert endings[:-6] == [True] * (len(endings) - 6)
    assert len(endings) > 30
