"""A figure for each of G1 to G9: `python tests/faults/promises.py [G1 ...]`, and with `--small` what CI runs.

Not a test itself: it runs those that hold the promises, longer than they are run every day, and counts their
cases. Kills, faults and rotten bits are at random or one after the other; a case that is bad ends its test.
"""

import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

TESTS = Path(__file__).parents[1]


class Promise(NamedTuple):
    """What is promised, and the tests that hold it."""

    name: str
    words: str
    bar: str
    tests: tuple[str, ...]
    chosen: str = ""
    """Which of those tests, as an expression of pytest's."""
    longer: tuple[tuple[str, str], ...] = ()
    """Variables that make them longer than in CI."""


PROMISES = (
    Promise(
        "G1",
        "killed at any moment",
        "0 bad",
        ("faults/test_kill.py", "faults/test_operations.py", "faults/test_apply.py"),
        "killed or disturbed",
        (("KILL_ROUNDS", "20"), ("FAULT_STEP", "1")),
    ),
    Promise(
        "G2",
        "full disk, I/O error, no permission, too many files",
        "0 bad",
        ("faults/test_operations.py", "faults/test_apply.py", "faults/test_surroundings.py"),
        "disturbed or look or error or disk or open_files or read",
        (("FAULT_STEP", "1"),),
    ),
    Promise(
        "G3",
        "any number of processes",
        "0 failures, 1.0 fetches",
        ("faults/test_promises.py", "faults/test_kill.py", "faults/test_stress.py"),
        "g3 or six_projects or four_syncs or many",
        (("PROMISE_ROUNDS", "5"), ("STRESS_SECONDS", "60")),
    ),
    Promise(
        "G4",
        "what was locked",
        "all refused",
        ("faults/test_promises.py", "security/test_hostile_project.py"),
        "g4 or hash",
    ),
    Promise("G5", "an edit stays where it was made", "0 wrong bytes", ("faults/test_promises.py",), "g5"),
    Promise(
        "G6",
        "a rotten cache is found",
        "0 wrong bytes",
        ("faults/test_promises.py",),
        "g6",
        (("PROMISE_ROUNDS", "10"),),
    ),
    Promise(
        "G7",
        "an archive stays inside",
        "0 escapes",
        ("security/test_archives.py", "security/test_sources.py"),
    ),
    Promise("G8", "ambiguous archives", "all refused", ("security/test_archives.py",)),
    Promise(
        "G9",
        "only what was installed is removed",
        "0 lost",
        ("faults/test_promises.py", "security/test_hostile_environment.py"),
        "g9 or hostile",
    ),
)


class Tally:
    """Counts the cases of the tests as they end."""

    def __init__(self, promise: str) -> None:
        self._promise = promise
        self.cases = 0
        self.outcomes: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count what a test noted, or the test itself."""
        if report.failed or report.skipped:
            self.outcomes[report.outcome] += 1
        elif report.when == "call":
            self.outcomes["passed"] += 1
            noted = [cases for name, cases in report.user_properties if name == self._promise]
            self.cases += sum(cases for cases in noted if isinstance(cases, int)) or 1


def figure(promise: Promise, *, is_small: bool) -> str:
    """Run the tests of a promise and give its line."""
    for variable, value in () if is_small else promise.longer:
        os.environ[variable] = value
    tally = Tally(promise.name)
    options = [
        "-q",
        "--no-header",
        "--no-summary",
        "--tb=short",
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
    ]
    chosen = ["-k", promise.chosen] if promise.chosen else []
    started = time.monotonic()
    pytest.main([*options, *chosen, *(str(TESTS / test) for test in promise.tests)], plugins=[tally])
    seconds = time.monotonic() - started
    outcomes = ", ".join(f"{count} {name}" for name, count in sorted(tally.outcomes.items()))
    return f"{promise.name}  {promise.words:52} {tally.cases:6} cases  {tally.outcomes['failed']:3} bad  (bar: {promise.bar}; {outcomes}; {seconds:.0f} s)"


def main(words: list[str]) -> None:
    """Print the figures of the promises that are named, or of all."""
    wanted = {word for word in words if not word.startswith("-")}
    lines = [
        figure(promise, is_small="--small" in words)
        for promise in PROMISES
        if not wanted or promise.name in wanted
    ]
    print("\n".join(lines))


if __name__ == "__main__":
    main(sys.argv[1:])
