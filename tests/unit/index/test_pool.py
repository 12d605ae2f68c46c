"""Jobs side by side, in threads that never hold up the end of the process."""

import subprocess
import sys
import threading

import pytest

from detent.index.pool import NeverRun, Pool


def test_jobs_give_their_results_and_their_errors() -> None:
    pool = Pool(2)

    assert pool.submit(divmod, 7, 2).result(5) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        pool.submit(divmod, 7, 0).result(5)


def test_jobs_run_side_by_side_up_to_the_number_of_workers() -> None:
    pool = Pool(3)
    meeting = threading.Barrier(3, timeout=5)

    # A barrier of three opens only when three jobs run at once.
    assert sorted(f.result(5) for f in [pool.submit(meeting.wait) for _ in range(3)]) == [0, 1, 2]

    running, most, guard = [0], [0], threading.Lock()

    def job() -> None:
        with guard:
            running[0] += 1
            most[0] = max(most[0], running[0])
        threading.Event().wait(0.002)
        with guard:
            running[0] -= 1

    for future in [pool.submit(job) for _ in range(30)]:
        future.result(5)
    assert most[0] <= 3


def test_what_runs_while_a_pool_is_closed_gets_a_moment_to_tidy_up_and_no_more() -> None:
    pool = Pool(2)
    begun, gate, tidied = threading.Event(), threading.Event(), threading.Event()

    def job() -> None:
        begun.set()
        gate.wait(5)
        tidied.set()

    pool.submit(job)
    assert begun.wait(5)
    pool.close()
    pool.settle(0.01)
    assert not tidied.is_set()

    gate.set()
    pool.settle(5)
    assert tidied.is_set()


def test_a_closed_pool_begins_nothing_more() -> None:
    pool = Pool(1)
    gate, begun = threading.Event(), threading.Event()

    def block() -> None:
        begun.set()
        gate.wait(5)

    first = pool.submit(block)
    second = pool.submit(int)
    assert begun.wait(5)
    pool.close()
    gate.set()

    assert first.result(5) is None
    with pytest.raises(NeverRun):
        second.result(5)


def test_a_job_that_hangs_does_not_keep_the_process_alive() -> None:
    program = (
        f"import sys\nsys.path[:] = {sys.path!r}\nimport threading\nfrom detent.index.pool import Pool\n"
        "started = threading.Event()\n"
        "Pool(1).submit(lambda: (started.set(), threading.Event().wait(60)))\n"
        "started.wait()\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], timeout=20, check=False)

    assert ended.returncode == 0
