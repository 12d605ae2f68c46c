"""Many processes on one cache and on the same projects, each with another command: all is whole in the end.

Five seconds of it; ``STRESS_SECONDS=600`` makes it ten minutes, and ``STRESS_SEED`` another order of things.
"""

import os
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.cli import Done, Sandbox, publish
from support.index_server import IndexServer
from support.wheels import Wheel, wheel
from support.whole import cache_faults, environment_faults

SECONDS = float(os.environ.get("STRESS_SECONDS", "5"))
SEED = int(os.environ.get("STRESS_SEED", "1"))
WORKERS = 8
NAMES = ("one", "two", "three", "four")
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("sync",),
    ("sync",),
    ("sync", "--frozen"),
    ("sync", "--link-mode", "copy"),
    ("sync", "--link-mode", "directory"),
    ("sync", "--reinstall"),
    ("sync", "--check"),
    ("lock",),
    ("lock", "--upgrade"),
    ("lock", "--check"),
    ("run", "true"),
    *(("add", f"{name}{bound}") for name in NAMES for bound in ("", "==1.0")),
    *(("remove", name) for name in NAMES),
    ("tree",),
    ("cache", "size"),
    ("cache", "clean"),
    ("cache", "clean", "one"),
    ("cache", "prune"),
    ("cache", "verify", "--repair"),
    ("undo",),
)
EXPECTED = {
    "manifest-changed",  # somebody else's edit came first
    "lock-stale",
    "lock-missing",
    "environment-outdated",  # it was asked for
    "dependency-missing",
    "nothing-to-undo",
    "edited-since",
    "store-busy",
    "cache-in-use",  # environments link into it, and nobody forced it
}


def package(name: str, version: str) -> Wheel:
    files = {f"{name}/m{number}.py": f"{version} {number}\n" * 50 for number in range(20)}
    return wheel(
        name,
        version,
        files={f"{name}/__init__.py": f"v = {version!r}\n", "shared/__init__.py": "", **files},
        scripts={f"{name}-run": f"{name}:main"},
        data={f"data/share/{name}.txt": version},
    )


def code_of(done: Done) -> str:
    found = re.search(r"^error: .*\[([a-z-]+)\]$", done.err, re.MULTILINE)
    return found[1] if found else "said nothing"


@pytest.mark.slow
def test_whatever_many_do_at_once_all_is_whole_in_the_end(
    index: IndexServer, tmp_path: Path, primed_cache: Path, figure: Callable[[str, int], None]
) -> None:
    publish(index, *(package(name, version) for name in NAMES for version in ("1.0", "2.0")))
    projects = []
    for number in range(2):
        folder = tmp_path / f"place{number}"
        folder.mkdir()
        project = Sandbox.make(folder, index.url, primed_cache if not number else None)
        project.variables["DETENT_CACHE_DIR"] = str(tmp_path / "place0/cache")
        project.variables["DETENT_LOCK_TIMEOUT"] = "60"
        project.manifest("one", "two")
        projects.append(project)
    cache = projects[0].cache
    end = time.monotonic() + SECONDS
    ends: Counter[str] = Counter()

    def work(number: int) -> list[str]:
        chance = random.Random(SEED * 1000 + number)
        faults = []
        while time.monotonic() < end:
            project, words = chance.choice(projects), chance.choice(COMMANDS)
            done = project.detent(*words, timeout=120)
            code = code_of(done) if done.code else "ok"
            ends[code] += 1
            if done.code not in (0, 1, 2) or code not in {"ok", *EXPECTED}:
                faults.append(f"{' '.join(words)}: exit {done.code}\n{done.err}")
        return faults

    with ThreadPoolExecutor(WORKERS) as workers:
        faults = [fault for faults in workers.map(work, range(WORKERS)) for fault in faults]

    assert faults == [], f"{len(faults)} of {ends.total()}: " + "\n".join(faults[:5])
    assert ends["ok"] > WORKERS
    figure("G3", ends.total())
    for project in projects:
        done = project.detent("sync").ok()
        assert "interrupted" not in done.err
        assert environment_faults(project.root / ".venv") == []
        project.detent("sync", "--check").ok()
        assert sorted(path.name for path in project.root.iterdir()) == [
            ".venv",
            "pylock.toml",
            "pyproject.toml",
        ]
    assert cache_faults(cache) == []
    assert [path.name for path in (cache / "tmp").iterdir() if path.name != ".swept"] == []
    assert list(cache.rglob(".detent-*")) == []
