"""`add` with every single file operation failing in turn: done whole, or pyproject and lock as before."""

import errno
import itertools
import os
import sys
from pathlib import Path

from detent.cli import app
from support.cli import Sandbox, publish
from support.faults import failing, fault_at
from support.index_server import IndexServer
from support.wheels import wheel


def add_with_fault(project: Sandbox, number: int) -> tuple[int, bool]:
    """Add in a child whose file operation with this number fails: its exit code, and whether it came that far."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.environ.clear()
        os.environ.update(project.variables)
        os.chdir(project.root)
        sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 -- the child only exits
        with fault_at(number, failing(errno.ENOSPC)) as fault:
            code = app.main(["add", "more", "--default-index", project.index_url])
        os.write(writing, b"\1" if fault.count >= number else b"\0")
        os._exit(code)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    came_so_far = os.read(reading, 1) == b"\1"
    os.close(reading)
    return os.waitstatus_to_exitcode(status), came_so_far


def test_a_disk_that_is_full_for_one_operation(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("small", "1.0"), wheel("more", "2.0", requires=["small"]))
    sandbox.manifest("small>=1.0")
    sandbox.detent("sync").ok()
    sandbox.detent("add", "more").ok()
    sandbox.detent("remove", "more").ok()  # its wheel is in the cache: what is left to do is ours
    files = ("pyproject.toml", "pylock.toml")
    before = [sandbox.read(name) for name in files]
    failed = 0
    for number in itertools.count(1):
        code, came_so_far = add_with_fault(sandbox, number)
        assert code in (0, 1), number
        assert sorted(p.name for p in sandbox.root.iterdir()) == [".venv", "pylock.toml", "pyproject.toml"], (
            number
        )
        if code:
            failed += 1
            assert [sandbox.read(name) for name in files] == before, number
        else:
            assert "more" in sandbox.read("pylock.toml"), number
            sandbox.detent("sync", "--locked").ok()
            assert sandbox.installed() == {"more": "2.0", "small": "1.0"}, number
            sandbox.detent("remove", "more").ok()
        if not came_so_far:
            break
    assert failed > 10
    sandbox.detent("sync", "--locked").ok()
    assert sandbox.installed() == {"small": "1.0"}
