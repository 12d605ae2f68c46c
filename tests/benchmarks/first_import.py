"""Time a fresh clone up to the first line of its program: `python tests/benchmarks/first_import.py [RUNS] [PYTHON]`.

A project with pandas, scikit-learn and matplotlib and its lock is copied, synced and run, in a second
environment of this machine: the cache is warm, the program imports the three and ends. Real packages come
from the configured index; uv is timed beside where it stands on PATH, interleaved, with a lock of its own.
Not a test: nothing is asserted. Quote medians of one quiet run, on the file system of TMPDIR.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

MANIFEST = """\
[project]
name = "demo"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["pandas", "scikit-learn", "matplotlib"]
"""
PROGRAM = "import pandas, sklearn, matplotlib"
VARIABLES_LEFT_OUT = ("DETENT_", "UV_", "PYTHON", "VIRTUAL_ENV", "MPL", "COVERAGE")


class Way(NamedTuple):
    """One way to get there."""

    label: str
    lock: Sequence[str]
    sync: Sequence[str]


class Took(NamedTuple):
    """What one process took, in seconds."""

    wall: float
    processor: float


class Times(NamedTuple):
    """What one run took."""

    sync: Took
    first_import: Took


def ways(python: str) -> list[Way]:
    """Give detent's ways, and uv's where it is there."""
    detent = [sys.executable, "-m", "detent"]
    lock = [*detent, "lock", "--python", python]
    sync = [*detent, "sync", "--python", python]
    found = [
        Way("detent", lock, sync),
        Way("detent --compile-bytecode", lock, [*sync, "--compile-bytecode"]),
        Way("detent --link-mode directory", lock, [*sync, "--link-mode", "directory"]),
        Way(
            "detent --link-mode directory --compile-bytecode",
            lock,
            [*sync, "--link-mode", "directory", "--compile-bytecode"],
        ),
    ]
    if uv := shutil.which("uv"):
        lock = [uv, "lock", "--python", python]
        found += [
            Way("uv", lock, [uv, "sync", "--frozen", "--python", python]),
            Way(
                "uv --compile-bytecode",
                lock,
                [uv, "sync", "--frozen", "--python", python, "--compile-bytecode"],
            ),
        ]
    return found


def run(words: Sequence[str], folder: Path, variables: dict[str, str]) -> Took:
    """Run to the end and give what it took; what it says is shown where it fails."""
    before, started = os.times(), time.perf_counter()
    done = subprocess.run(words, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - started, os.times()
    took = Took(wall, after.children_user + after.children_system - before[2] - before[3])
    if done.returncode:
        sys.exit(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
    return took


def fresh(way: Way, source: Path, place: Path, variables: dict[str, str]) -> Times:
    """Sync a copy of the project that nobody has seen yet, run its program, and remove it."""
    clone = Path(tempfile.mkdtemp(prefix="clone-", dir=place))
    for path in source.iterdir():
        shutil.copy(path, clone)
    times = Times(run(way.sync, clone, variables), run([".venv/bin/python", "-c", PROGRAM], clone, variables))
    shutil.rmtree(clone)
    return times


def main(runs: int, python: str) -> None:
    """Lock and sync once each way, so that all is warm; then time them in turn."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        variables = {n: v for n, v in os.environ.items() if not n.startswith(VARIABLES_LEFT_OUT)}
        variables.update(
            DETENT_CACHE_DIR=str(place / "detent-cache"),
            UV_CACHE_DIR=str(place / "uv-cache"),
            UV_PYTHON_DOWNLOADS="never",
            MPLCONFIGDIR=str(place / "matplotlib"),
        )
        found = ways(python)
        sources = []
        for number, way in enumerate(found):
            source = place / f"project-{number}"
            source.mkdir()
            (source / "pyproject.toml").write_text(MANIFEST)
            run(way.lock, source, variables)
            fresh(way, source, place, variables)
            sources.append(source)
        times: list[list[Times]] = [[] for _ in found]
        for _ in range(runs):
            for way, source, taken in zip(found, sources, times, strict=True):
                taken.append(fresh(way, source, place, variables))
    print(f"{PROGRAM}: {runs} runs each, medians in milliseconds")
    print(f"{'':50}{'sync':>8}{'import':>8}{'both':>8}{'CPU':>8}")
    for way, taken in zip(found, times, strict=True):
        columns = (
            [one.sync.wall for one in taken],
            [one.first_import.wall for one in taken],
            [one.sync.wall + one.first_import.wall for one in taken],
            [one.sync.processor + one.first_import.processor for one in taken],
        )
        print(f"{way.label:50}", *(f"{1e3 * statistics.median(column):7.0f}" for column in columns))


if __name__ == "__main__":
    words = sys.argv[1:]
    main(int(words[0]) if words else 5, words[1] if len(words) > 1 else sys.executable)
