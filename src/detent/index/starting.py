"""Programs that run beside us: none outlives us because a signal came while it was being started.

Git is started so, and the back ends of builds.
"""

import subprocess
import threading
from collections.abc import Callable

from detent.index.pool import Job


def started(
    start: Callable[[], "subprocess.Popen[bytes]"], end: Callable[["subprocess.Popen[bytes]"], None]
) -> "subprocess.Popen[bytes]":
    """Start a program; where a signal ends us meanwhile, it is ended too.

    Signals raise in the main thread alone, and between the start of a process and the moment its number is
    known there must be none.
    """
    job = Job(start)
    starting = threading.Thread(target=job.run, name="detent-start", daemon=True)
    is_known = False
    try:
        starting.start()
        process = job.result()
        is_known = True
    finally:
        if not is_known and starting.ident is not None:
            starting.join()
            if job.exception() is None:
                end(job.result())
    return process
