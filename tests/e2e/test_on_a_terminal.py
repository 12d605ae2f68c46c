"""Progress of real commands on a real pty: whatever was drawn is gone, and the lines are those of a pipe."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from support.backends import tiny_tree, write_tree
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.screens import Terminal
from support.wheels import wheel

DRAWN = re.compile("[\u2800-\u28ff]")
SLOW = "import time\ntime.sleep(0.5)\n"


def start(sandbox: Sandbox, screen: Terminal, *words: str, **variables: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "detent", *words],
        cwd=sandbox.root,
        env={**sandbox.variables, "TERM": "xterm", "NO_COLOR": "1", **variables},
        stdin=subprocess.DEVNULL,
        stdout=screen.stream.fileno(),
        stderr=screen.stream.fileno(),
        process_group=0,
    )


def run(sandbox: Sandbox, screen: Terminal, *words: str, **variables: str) -> list[str]:
    """Run detent to its end and give what stands on the screen then."""
    process = start(sandbox, screen, *words, **variables)
    try:
        while process.poll() is None:
            screen.lines()
            time.sleep(0.01)
    finally:
        process.kill()
        process.wait()
    return screen.lines()


@pytest.fixture
def slow(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    """A project whose build takes longer than nothing is drawn."""
    publish(index, wheel("letters", "1.0"))
    write_tree(sandbox.root, tiny_tree("demo", "0.2.0", requires=["letters"], more=SLOW))
    return sandbox


def shape(lines: list[str]) -> list[str]:
    return [re.sub(r" in [0-9.]+m?s$", "", line) for line in lines]


def test_what_was_drawn_is_gone_at_the_end(slow: Sandbox) -> None:
    screen = Terminal(100, 24, "utf-8")
    shown = run(slow, screen, "sync")
    screen.close()

    assert DRAWN.search(screen.written.decode())
    told = [line for line in shape(shown) if line.startswith(("Resolved", "Prepared", "Installed"))]
    assert told == ["Resolved 1 package", "Prepared 2 packages", "Installed 2 packages"]
    assert " + letters==1.0" in shown
    assert not DRAWN.search("".join(shown))
    assert "   Building" not in "".join(shown)  # the line is drawn, and goes


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {"CI": "true"}, {"DETENT_NO_PROGRESS": "1"}])
def test_where_nothing_is_to_be_drawn_builds_have_a_line(slow: Sandbox, variables: dict[str, str]) -> None:
    screen = Terminal(100, 24, "utf-8")
    shown = run(slow, screen, "sync", **variables)
    screen.close()

    assert not DRAWN.search(screen.written.decode())
    assert b"\x1b[" not in screen.written
    assert any(line.startswith("   Building demo") for line in shown)


def test_an_interrupt_wipes_it_first(slow: Sandbox) -> None:
    screen = Terminal(100, 24, "utf-8")
    process = start(slow, screen, "sync")
    try:
        until = time.monotonic() + 30
        while not any(DRAWN.search(line) for line in screen.lines()):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=30) == 130
    finally:
        process.kill()
        process.wait()

    assert not DRAWN.search("".join(screen.lines()))
    screen.close()


def test_a_command_that_is_run_begins_on_a_clean_line(slow: Sandbox) -> None:
    screen = Terminal(100, 24, "utf-8")
    shown = run(slow, screen, "run", "python", "-c", "print('mine')")
    screen.close()

    assert DRAWN.search(screen.written.decode())
    assert shown[-1] == "mine"
    assert not DRAWN.search("".join(shown))
