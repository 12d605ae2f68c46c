"""Ctrl-C ends a command that waits for a dead server, at once and without a trace."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from support.index_server import serve
from support.wheels import wheel

PROGRAM = """
import sys
sys.path[:] = {path!r}
from pathlib import Path
from detent.index.client import Client
from detent.model.candidate import Artifact
from detent.model.limits import Limits
with Client(limits=Limits()) as client:
    jobs = [
        client.submit(client.download, Artifact("a", {url!r} + f"hang/{{n}}", ()), "a", Path({folder!r})) for n in range(3)
    ]
    try:
        jobs[0].result()
    except KeyboardInterrupt:
        sys.exit(130)
"""


def test_an_interrupted_command_ends_while_its_transfers_still_hang(tmp_path: Path) -> None:
    with serve([wheel("a")]) as index:
        index.fail("/hang/", times=None, stall_seconds=60)
        program = PROGRAM.format(path=sys.path, url=index.url, folder=str(tmp_path))
        running = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE)
        while index.count() < 3 and running.poll() is None:
            time.sleep(0.01)

        os.kill(running.pid, signal.SIGINT)

        # The reads would hang for thirty seconds.
        _, said = running.communicate(timeout=10)
        assert (running.returncode, said) == (130, b"")
    assert list(tmp_path.iterdir()) == []
