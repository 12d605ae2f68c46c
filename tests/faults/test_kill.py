"""SIGKILL at any moment, and many at once: the next run finds, or makes, what the lock says."""

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest

from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.interpreters import machine_pythons
from support.wheels import Wheel, wheel
from support.whole import cache_faults, environment_faults

ROUNDS = int(os.environ.get("KILL_ROUNDS", "4"))
"""How often each of the two kinds of sync below is killed."""


def package(name: str, version: str) -> Wheel:
    """A package of some size: modules, a program, data, and a file shared with the others."""
    modules = {
        f"{name}/part_{n}/m{k}.py": f"{name} {version} {n} {k}\n" * 30 for n in range(6) for k in range(8)
    }
    only = {f"{name}/only_{version.replace('.', '_')}.py": version, "shared/__init__.py": ""}
    said = {f"{name}/__init__.py": f"def main():\n    print('{name} {version}')\n"}
    return wheel(
        name,
        version,
        files={**modules, **only, **said},
        scripts={f"{name}-run": f"{name}:main"},
        data={f"data/share/{name}.txt": version},
    )


NAMES = [f"package{n}" for n in range(8)]
Figure = Callable[[str, int], None]


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    """A project with two locks, old and new; the first package is in the old one alone, the last in the new."""
    publish(index, *(package(name, version) for name in NAMES for version in ("1.0", "2.0")))
    for version, names in (("1.0", NAMES[:-1]), ("2.0", NAMES[1:])):
        sandbox.manifest(*(f"{name}=={version}" for name in names))
        sandbox.detent("lock").ok()
        shutil.copy(sandbox.root / "pylock.toml", sandbox.root.parent / f"lock-{version}")
        shutil.copy(sandbox.root / "pyproject.toml", sandbox.root.parent / f"manifest-{version}")
    (sandbox.root / "pylock.toml").unlink()
    shutil.copytree(sandbox.cache, sandbox.root.parent / "cold")
    return sandbox


def take(project: Sandbox, version: str, *, with_lock: bool = True) -> dict[str, str]:
    """Make the project the old or the new one; give what it should have."""
    shutil.copy(project.root.parent / f"manifest-{version}", project.root / "pyproject.toml")
    if with_lock:
        shutil.copy(project.root.parent / f"lock-{version}", project.root / "pylock.toml")
    return dict.fromkeys(NAMES[:-1] if version == "1.0" else NAMES[1:], version)


def make_cold(project: Sandbox) -> None:
    """No environment, no lock, and a cache that has seen no package."""
    for name in (".venv", "pylock.toml"):
        path = project.root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    shutil.rmtree(project.cache)
    shutil.copytree(project.root.parent / "cold", project.cache)
    project.cache.chmod(0o700)


class Killer:
    """Kills syncs at random moments; one that ended before teaches it how long a sync takes now."""

    def __init__(self, project: Sandbox, *, seed: int, earliest: float, seconds: float) -> None:
        self.chance = random.Random(seed)
        self.killed = 0
        self._project = project
        self._earliest = earliest
        self._seconds = seconds

    def strike(self) -> None:
        """Start a sync, and kill all of it at some moment, or a little after its end."""
        process = self._project.start("sync")
        started = time.monotonic()
        try:
            process.wait(self.chance.uniform(self._earliest, 1.1) * self._seconds)
        except subprocess.TimeoutExpired:
            self.killed += 1
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        else:
            # The machine was busy when the time was taken: a kill must not come too late for ever.
            self._seconds = time.monotonic() - started


def duration(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def check(project: Sandbox, expected: dict[str, str]) -> None:
    """One more run, and everything is as if nothing had happened."""
    project.detent("sync").ok()
    assert project.installed() == expected
    assert environment_faults(project.root / ".venv") == []
    assert cache_faults(project.cache) == []
    assert sorted(path.name for path in project.root.iterdir()) == [".venv", "pylock.toml", "pyproject.toml"]
    for name, version in expected.items():
        program = (project.root / f".venv/bin/{name}-run").read_text("utf-8")
        assert f"from {name} import main" in program, version
    project.detent("sync", "--check").ok()


def scratch(project: Sandbox) -> list[str]:
    """What lies in the cache and belongs to no entry."""
    tmp = [path.name for path in (project.cache / "tmp").glob("*") if path.name != ".swept"]
    return [*tmp, *(str(path) for path in project.cache.rglob(".detent-*"))]


def check_scratch_goes(project: Sandbox) -> None:
    """A day later all that the killed ones left is gone."""
    then = time.time() - 2 * 86_400
    for path in (*(project.cache / "tmp").glob("*"), *project.cache.rglob(".detent-*")):
        os.utime(path, (then, then))
    project.detent("sync").ok()
    assert scratch(project) == []


@pytest.mark.slow
def test_a_cold_sync_killed_at_any_moment_is_finished_by_the_next(project: Sandbox, figure: Figure) -> None:
    expected = take(project, "1.0", with_lock=False)
    whole = duration(lambda: project.detent("sync").ok())
    killer = Killer(project, seed=2, earliest=0.1, seconds=whole)
    for _ in range(ROUNDS):
        make_cold(project)
        killer.strike()
        before = scratch(project)
        check(project, expected)
        assert set(scratch(project)) <= set(before)
    check_scratch_goes(project)
    assert killer.killed
    figure("G1", killer.killed)


@pytest.mark.slow
def test_a_switch_between_two_locks_killed_at_any_moment_is_finished_by_the_next(
    project: Sandbox, figure: Figure
) -> None:
    for version in ("1.0", "2.0"):
        take(project, version)
        project.detent("sync").ok()
    expected = take(project, "1.0")
    killer = Killer(project, seed=1, earliest=0.3, seconds=duration(lambda: project.detent("sync").ok()))
    for number in range(ROUNDS):
        expected = take(project, ("2.0", "1.0")[number % 2])
        killer.strike()
        if killer.chance.random() < 0.3:
            killer.strike()
        before = scratch(project)
        check(project, expected)
        assert set(scratch(project)) <= set(before)
    check_scratch_goes(project)
    assert killer.killed
    figure("G1", killer.killed)


# ---- many at once ------------------------------------------------------------------------------------


def all_of(processes: list["Popen[bytes]"]) -> list[int]:
    return [process.wait(60) for process in processes]


def downloads(index: IndexServer) -> Counter[str]:
    return Counter(path for path in index.paths() if path.endswith(".whl"))


def test_four_syncs_of_one_project_do_its_work_once(
    project: Sandbox, index: IndexServer, figure: Figure
) -> None:
    expected = take(project, "1.0", with_lock=False)
    index.forget()

    assert all_of([project.start("sync") for _ in range(4)]) == [0, 0, 0, 0]

    check(project, expected)
    assert set(downloads(index).values()) == {1}
    assert len(downloads(index)) == len(expected)
    assert scratch(project) == []
    figure("G3", 4)


def test_six_projects_fill_one_cold_cache_and_fetch_each_file_once(
    project: Sandbox, index: IndexServer, tmp_path: Path, figure: Figure
) -> None:
    expected = take(project, "1.0", with_lock=False)
    others = []
    for number in range(6):
        folder = tmp_path / f"other-{number}"
        folder.mkdir()
        other = Sandbox.make(folder, index.url)
        other.variables["DETENT_CACHE_DIR"] = str(project.cache)
        shutil.copy(project.root / "pyproject.toml", other.root)
        others.append(
            Sandbox(root=other.root, cache=project.cache, index_url=index.url, variables=other.variables)
        )
    index.forget()

    assert all_of([other.start("sync") for other in others]) == [0] * 6

    for other in others:
        assert other.installed() == expected
        assert environment_faults(other.root / ".venv") == []
    assert cache_faults(project.cache) == []
    assert set(downloads(index).values()) == {1}
    assert len(downloads(index)) == len(expected)
    assert len({other.read("pylock.toml") for other in others}) == 1
    figure("G3", 6)


def test_an_empty_cache_is_made_by_many_at_once(index: IndexServer, tmp_path: Path) -> None:
    """Nothing is there at all: no folder, no probe, no template."""
    publish(index, package("alone", "1.0"))
    others = []
    for number in range(4):
        folder = tmp_path / f"other-{number}"
        folder.mkdir()
        other = Sandbox.make(folder, index.url)
        other.variables["DETENT_CACHE_DIR"] = str(tmp_path / "cache")
        other.manifest("alone")
        others.append(other)

    assert all_of([other.start("sync") for other in others]) == [0] * 4

    for other in others:
        assert other.installed() == {"alone": "1.0"}
        assert environment_faults(other.root / ".venv") == []
    assert set(downloads(index).values()) == {1}


def test_two_who_want_two_locks_take_turns(project: Sandbox) -> None:
    """Different groups of one lock: whoever comes last decides, and all of it is theirs."""
    group = '\n[dependency-groups]\ndev = ["package5==1.0"]\n'
    project.manifest("package1==1.0", "package2==1.0", tail=group)
    project.detent("sync").ok()

    words: tuple[list[str], ...] = (["--no-dev"], ["--only-dev"], [], ["--no-dev"], ["--only-dev"])
    assert all_of([project.start("sync", "--frozen", *flags) for flags in words]) == [0] * 5

    assert environment_faults(project.root / ".venv") == []
    assert project.installed() in (
        {"package1": "1.0", "package2": "1.0"},
        {"package5": "1.0"},
        {"package1": "1.0", "package2": "1.0", "package5": "1.0"},
    )
    project.detent("sync").ok()
    assert environment_faults(project.root / ".venv") == []


def test_two_who_want_two_pythons_take_turns(project: Sandbox) -> None:
    minors = {Path(path).resolve().name: path for path in machine_pythons()}
    pythons = [path for name, path in sorted(minors.items()) if re.fullmatch(r"python3\.1[1-9]", name)]
    if len(pythons) < 2:
        pytest.skip("there is one CPython on this machine")
    expected = take(project, "1.0")

    for _ in range(3):
        assert all_of([project.start("sync", "-p", path) for path in (*pythons[:2], *pythons[:2])]) == [0] * 4
        assert len(list(project.root.glob(".venv/lib/python3.*"))) == 1
        check(project, expected)
