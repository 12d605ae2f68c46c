"""A program that is being started when a signal comes is ended like any other."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from detent.index.starting import started


def test_a_program_whose_number_nobody_knew_yet_is_ended() -> None:
    ended: list[int] = []
    is_running, may_go_on = threading.Event(), threading.Event()

    def start() -> "subprocess.Popen[bytes]":
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        is_running.set()
        may_go_on.wait(5)  # as long as this, whoever asked has no number of it
        return process

    def end(process: "subprocess.Popen[bytes]") -> None:
        process.kill()
        ended.append(process.wait())

    def interrupt() -> None:
        is_running.wait(5)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.05)
        may_go_on.set()

    helper = threading.Thread(target=interrupt)
    helper.start()
    with pytest.raises(KeyboardInterrupt):
        started(start, end)
    helper.join()

    assert ended == [-signal.SIGKILL]


def test_what_could_not_be_started_is_said_and_nothing_is_ended() -> None:
    def start() -> "subprocess.Popen[bytes]":
        raise FileNotFoundError("no such program")

    with pytest.raises(FileNotFoundError, match="no such program"):
        started(start, lambda _: pytest.fail("there is nothing to end"))
