"""A figure for each of G1 to G9: `python tests/faults/promises.py`; with `--small` as long as CI runs, no longer.

Not a test itself: it runs those that hold the promises, longer than they are run every day, and adds up the cases
they note. A case that is bad fails its test, and is seen as such.
"""

import os
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PROMISES = {
    "G1": ("killed at any moment", "0 bad"),
    "G2": ("full disk, I/O error, no permission, too many open files", "0 bad"),
    "G3": ("any number of processes", "0 failures, 1.0 fetches for each file"),
    "G4": ("what was locked is what is installed", "all refused"),
    "G5": ("an edit stays where it was made", "0 wrong bytes"),
    "G6": ("a rotten cache is found and repaired", "0 wrong bytes"),
    "G7": ("an archive stays inside", "0 escapes"),
    "G8": ("an ambiguous archive is refused", "all refused"),
    "G9": ("only what was installed is removed", "0 lost files"),
}
NOTED = ("test_kill.py", "test_operations.py", "test_promises.py", "test_stress.py", "test_surroundings.py")
"""In these each test notes its cases."""
COUNTED = {
    "test_archives.py": ("G7", "G8"),
    "test_sources.py": ("G7",),
    "test_hostile_project.py": ("G4",),
    "test_hostile_environment.py": ("G9",),
    "test_surroundings.py": ("G2",),
}
"""In these a test that notes nothing is a case of these promises."""
LONGER = {"KILL_ROUNDS": "20", "FAULT_STEP": "1", "PROMISE_ROUNDS": "10", "STRESS_SECONDS": "120"}


class Tally:
    """Adds up the cases of the tests as they end."""

    def __init__(self) -> None:
        self.cases: Counter[str] = Counter()
        self.bad: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of what one test has noted; of a failure for every promise it may be about."""
        file = Path(report.nodeid.partition("::")[0]).name
        noted = [(name, cases) for name, cases in report.user_properties if isinstance(cases, int)]
        promises = {name for name, _ in noted} or set(COUNTED.get(file, ()))
        if report.failed:
            self.bad.update(tuple(promises or PROMISES))
            print(f"\n{report.nodeid}\n{report.longreprtext[-3000:]}", flush=True)
        elif report.when == "call" and report.passed:
            for name, cases in noted or [(name, 1) for name in promises]:
                self.cases[name] += cases


def main(words: list[str]) -> None:
    """Run the tests and print a table."""
    if "--small" not in words:
        for variable, value in LONGER.items():
            os.environ.setdefault(variable, value)
    tally = Tally()
    files = [*(TESTS / "faults" / name for name in NOTED), *(TESTS / "security" / name for name in COUNTED)]
    options = ["-q", "--tb=short", "-p", "no:cacheprovider", "-n", str(os.cpu_count() or 1)]
    started = time.monotonic()
    pytest.main([*options, *(str(file) for file in files if file.exists())], plugins=[tally])
    print(f"\n| promise | cases | bad | bar |\n|---|---|---|---|   ({time.monotonic() - started:.0f} s)")
    for name, (what, bar) in PROMISES.items():
        print(f"| {name} {what} | {tally.cases[name]:,} | {tally.bad[name]} | {bar} |")


if __name__ == "__main__":
    main(sys.argv[1:])
