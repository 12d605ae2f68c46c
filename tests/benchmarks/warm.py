"""Time the warm paths as whole processes: `python tests/benchmarks/warm.py [PACKAGES] [RUNS]`.

Not a test: nothing is asserted. Compare two checkouts on one quiet machine, and quote medians.
"""

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.cli import Sandbox, prime_cache
from support.index_server import serve
from support.wheels import Wheel, wheel

FILES_A_PACKAGE = 60
VERSIONS_A_PACKAGE = 20


def packages(count: int) -> list[Wheel]:
    """A chain of packages, each needing the next three, in many versions and with many files."""
    return [
        wheel(
            f"package-{number}",
            f"1.{version}",
            requires=[f"package-{n}>=1.{version // 2}" for n in range(number + 1, min(number + 4, count))],
            files={
                f"package_{number}/part_{part // 10}/module_{part}.py": f"VALUE = {part}\n"
                for part in range(FILES_A_PACKAGE if version == VERSIONS_A_PACKAGE - 1 else 1)
            },
        )
        for number in range(count)
        for version in range(VERSIONS_A_PACKAGE)
    ]


def timed(runs: int, act: Callable[[], object], before: Callable[[], object] = lambda: None) -> str:
    """Run and give the median and the fastest, in milliseconds."""
    seconds = []
    for _ in range(runs):
        before()
        started = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - started)
    return f"{1e3 * statistics.median(seconds):7.1f} ms   (fastest {1e3 * min(seconds):.1f} ms)"


def main(count: int, runs: int) -> None:
    """Make the project, then time each warm path."""
    with tempfile.TemporaryDirectory() as folder, serve(packages(count)) as index:
        place = Path(folder)
        (place / "primed").mkdir()
        sandbox = Sandbox.make(place, index.url, prime_cache(place / "primed", sys.executable))
        sandbox.manifest("package-0")
        sandbox.detent("sync").ok()

        def without(name: str) -> Callable[[], object]:
            path = sandbox.root / name
            return lambda: shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

        def detent(*words: str) -> Callable[[], object]:
            return lambda: sandbox.detent(*words).ok()

        print(f"{count} packages, {count * FILES_A_PACKAGE} files, {runs} runs each")
        print("sync, nothing to do   ", timed(runs, detent("sync")))
        print("lock --check          ", timed(runs, detent("lock", "--check")))
        print("run true              ", timed(runs, detent("run", "true")))
        print("lock, warm            ", timed(runs, detent("lock"), without("pylock.toml")))
        print("sync, warm            ", timed(runs, detent("sync"), without(".venv")))


if __name__ == "__main__":
    main(*(int(word) for word in (*sys.argv[1:], "100", "7")[:2]))
