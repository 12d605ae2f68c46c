"""A `.venv` that came with a repository, made by a stranger: nothing of it is started, and nothing outside is lost."""

import os
import shutil
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.cli import Sandbox, publish
from support.forked import detent
from support.index_server import IndexServer
from support.syscalls import Ended
from support.wheels import wheel
from support.whole import cache_faults, environment_faults

HUGE_BYTES = 1 << 40
"""More than any memory; a file with a hole that has no blocks."""


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(
        index, wheel("good", "1.0", scripts={"good": "good:x"}), wheel("bad", "1.0", scripts={"bad": "bad:x"})
    )
    sandbox.manifest("good", "bad")
    assert detent(sandbox, "sync").code == 0
    sandbox.manifest("good")  # so that there is something to remove
    return sandbox


@pytest.fixture
def victim(project: Sandbox) -> Iterator[Path]:
    """Somebody's own files, which a hostile environment leads to; they must be as they were."""
    folder = project.root.parent / "victim"
    (folder / "bad").mkdir(parents=True)
    mine = [folder / name for name in ("profile", "bad/__init__.py", "bad.py", "mine.pyc")]
    for path in mine:
        path.write_text("mine\n")
    before = [path.stat().st_ino for path in mine]
    yield folder
    assert [path.read_text() for path in mine] == ["mine\n"] * len(mine)
    assert [path.stat().st_ino for path in mine] == before


@pytest.fixture
def mark(project: Sandbox) -> Iterator[Path]:
    """What a program of the stranger would make if it were started."""
    path = project.root.parent / "mark"
    yield path
    assert not path.exists()


def sync(project: Sandbox) -> Ended:
    """What it says is an answer, and at once."""
    done = detent(project, "sync")
    assert done.code in (0, 1, 2), done.said
    assert ("error: " in done.said) == (done.code > 0), done.said
    assert cache_faults(project.cache) == []
    return done


def library(project: Sandbox) -> Path:
    return next(project.root.glob(".venv/lib/python*/site-packages"))


def whole(project: Sandbox) -> None:
    assert project.installed() == {"good": "1.0"}
    assert environment_faults(project.root / ".venv") == []


# ---- links -------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["lib", "lib/pythonX/site-packages", "lib/pythonX", "bin", ".detent"])
def test_a_folder_that_leads_out_is_refused_and_what_lies_there_stays(
    project: Sandbox, victim: Path, place: str
) -> None:
    python = library(project).parent.name
    folder = project.root / ".venv" / place.replace("pythonX", python)
    behind = victim / "behind"
    shutil.move(folder, behind)
    folder.symlink_to(behind)
    before = sorted(path for path in behind.rglob("*") if path.name != "__pycache__")

    done = sync(project)

    assert done.code == 2, done.said
    assert "is a link" in done.said or "is no folder" in done.said
    assert sorted(path for path in behind.rglob("*") if path.name != "__pycache__") == before


@pytest.mark.parametrize("home", ["/", "victim", "home"])
def test_an_environment_that_is_a_link_to_somebodys_folder_is_refused(
    project: Sandbox, victim: Path, home: str
) -> None:
    shutil.rmtree(project.root / ".venv")
    target = {"/": Path("/"), "victim": victim, "home": Path(project.variables["HOME"])}[home]
    (Path(project.variables["HOME"]) / "profile").write_text("mine\n")
    (project.root / ".venv").symlink_to(target)

    for words in (("sync",), ("venv",), ("venv", "--clear")):
        done = detent(project, *words)
        assert done.code == 2, done.said

    assert (Path(project.variables["HOME"]) / "profile").read_text() == "mine\n"


def test_a_package_whose_folder_leads_out_is_not_removed_or_written_there(
    project: Sandbox, victim: Path
) -> None:
    site = library(project)
    shutil.rmtree(site / "bad")
    (site / "bad").symlink_to(victim / "bad")
    shutil.rmtree(site / "good")
    (site / "good").symlink_to(victim)

    sync(project)

    assert sorted(path.name for path in victim.iterdir()) == ["bad", "bad.py", "mine.pyc", "profile"]


@pytest.mark.parametrize("name", ["installed", "journal", "lock", "selection", "stamp"])
def test_a_file_of_the_state_that_leads_out_is_not_read_or_written_through(
    project: Sandbox, victim: Path, name: str
) -> None:
    state = project.root / ".venv/.detent" / name
    state.unlink(missing_ok=True)
    state.symlink_to(victim / "profile")

    sync(project)


def test_byte_code_behind_a_link_stays(project: Sandbox, victim: Path) -> None:
    (victim / "__init__.cpython-311.pyc").write_bytes(b"mine")
    (victim / "__init__.py").write_bytes(b"mine")
    cache = library(project) / "bad/__pycache__"
    shutil.rmtree(cache, ignore_errors=True)
    cache.symlink_to(victim)

    sync(project)

    assert (victim / "__init__.cpython-311.pyc").read_bytes() == b"mine"


# ---- odd files ---------------------------------------------------------------------------------


def fifo(path: Path) -> None:
    os.mkfifo(path)


def huge(path: Path) -> None:
    with path.open("wb") as file:
        try:
            os.truncate(file.fileno(), HUGE_BYTES)
        except OSError:
            pytest.skip("the file system has no files of this size")


def folder(path: Path) -> None:
    (path / "inner").mkdir(parents=True)


def noise(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 64)


def empty(path: Path) -> None:
    path.write_bytes(b"")


ODD: dict[str, Callable[[Path], None]] = {f.__name__: f for f in (fifo, huge, folder, noise, empty)}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["installed", "journal", "lock", "selection", "stamp", "unfinished"])
def test_an_odd_file_in_the_state_is_got_over_or_refused_at_once(
    project: Sandbox, name: str, odd: str
) -> None:
    path = project.root / ".venv/.detent" / name
    path.unlink(missing_ok=True)
    ODD[odd](path)

    done = sync(project)

    if not done.code:
        assert project.installed()["good"] == "1.0"
        sync(project)


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["pyvenv.cfg", "bin/python", "bin/good", "bin/activate"])
def test_an_odd_file_of_the_environment_is_got_over_or_refused_at_once(
    project: Sandbox, name: str, odd: str
) -> None:
    path = project.root / ".venv" / name
    path.unlink()
    ODD[odd](path)

    sync(project)


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["INSTALLER", "RECORD", "METADATA", "direct_url.json", "REQUESTED"])
@pytest.mark.parametrize("package", ["good", "bad", "foreign"])
def test_an_odd_file_of_a_distribution_is_got_over_or_refused_at_once(
    project: Sandbox, package: str, name: str, odd: str
) -> None:
    path = library(project) / f"{package}-1.0.dist-info" / name
    path.parent.mkdir(exist_ok=True)
    if package == "foreign":
        (path.parent / "RECORD").write_text("foreign.py,,\n")
        (path.parent / "METADATA").write_text("Name: foreign\nVersion: 1.0\n")
        (path.parent / "INSTALLER").write_text("pip\n")
    path.unlink(missing_ok=True)
    ODD[odd](path)

    done = sync(project)

    if not done.code:
        assert project.installed().get("good") == "1.0"


# ---- what the state names ----------------------------------------------------------------------


def state(*rows: str, touched: tuple[str, ...] = (), version: int) -> bytes:
    text = "\n".join((f"{len(rows)} {len(touched)}", *touched, *rows)).encode()
    return f"detent-installed {version} {zlib.crc32(text):08x}\n".encode() + text


@pytest.mark.parametrize("kind", ["installed", "journal"])
@pytest.mark.parametrize(
    "path",
    [
        "../../victim/profile",
        "/victim/profile",
        "lib/../../../victim/profile",
        "bin/python",
        "pyvenv.cfg",
        ".detent/../../../victim/profile",
        "lib/link/profile",
        "../pyproject.toml",
        "lib/\0/profile",
        "lib/" + "x" * 300 + "/profile",
    ],
    ids=repr,
)
def test_a_state_that_names_what_is_not_its_own_takes_nothing_away(
    project: Sandbox, victim: Path, path: str, kind: str
) -> None:
    (project.root / ".venv/lib/link").symlink_to(victim)
    place = project.root / ".venv/.detent"
    text = (place / "installed").read_text()
    row = next(line for line in text.split("\n") if line.endswith("bad/__init__.py"))
    body = text.partition("\n")[2].replace(
        row, path.replace("/victim", f"{victim}") if path[0] == "/" else path
    )
    if kind == "journal":
        head, _, rest = body.partition("\n")
        body = f"{head.split(' ')[0]} 2\nbad\ngood\n{rest}"
    version = int(text.split(" ")[1])
    data = body.encode()
    (place / kind).write_bytes(f"detent-installed {version} {zlib.crc32(data):08x}\n".encode() + data)
    before = (project.root / "pyproject.toml").read_bytes()

    sync(project)

    assert (project.root / "pyproject.toml").read_bytes() == before
    assert os.path.lexists(project.root / ".venv/bin/python")
    assert (project.root / ".venv/pyvenv.cfg").is_file()


@pytest.mark.parametrize(
    "line",
    [
        "../../../../../victim/profile",
        "VICTIM/profile",
        "../../link/profile",
        "../../../bin/python",
        "a\0b",
        "x" * 300 + "/y",
    ],
    ids=repr,
)
def test_a_foreign_record_that_leads_out_takes_nothing_away(
    project: Sandbox, victim: Path, line: str
) -> None:
    (project.root / ".venv/lib/link").symlink_to(victim)
    info = library(project) / "foreign-1.0.dist-info"
    info.mkdir()
    (info / "INSTALLER").write_text("pip\n")
    (info / "METADATA").write_text("Name: foreign\nVersion: 1.0\n")
    text = line.replace("VICTIM", str(victim))
    (info / "RECORD").write_text(f"{text},,\nforeign-1.0.dist-info/RECORD,,\n")

    assert sync(project).code == 0

    assert not info.exists()
    assert os.path.lexists(project.root / ".venv/bin/python")
    whole(project)


# ---- programs ----------------------------------------------------------------------------------


def test_no_program_of_the_environment_is_started(project: Sandbox, mark: Path) -> None:
    script = f"#!/bin/sh\ntouch '{mark}'\n"
    for name in ("python", "python3", "pip", "good", "sh", "git", "cc"):
        path = project.root / ".venv/bin" / name
        path.unlink(missing_ok=True)
        path.write_text(script)
        path.chmod(0o755)
    evil = f"open({str(mark)!r}, 'w')\n"
    (library(project) / "evil.pth").write_text(f"import sys; {evil}")
    (library(project) / "sitecustomize.py").write_text(evil)
    (library(project) / "usercustomize.py").write_text(evil)

    for words in (("sync",), ("lock",), ("sync", "--check"), ("sync", "--compile-bytecode"), ("tree",)):
        done = detent(project, *words, env={"PATH": f"{project.root}/.venv/bin:{project.variables['PATH']}"})
        assert done.code in (0, 1), done.said
        assert "Traceback" not in done.said


@pytest.mark.parametrize("key", ["home", "executable", "base-executable", "base-prefix"])
def test_a_configuration_that_names_a_program_of_the_checkout_starts_nothing(
    project: Sandbox, mark: Path, key: str
) -> None:
    (project.root / ".git").mkdir()
    evil = project.root / "tools/bin/python3.11"
    evil.parent.mkdir(parents=True)
    evil.write_text(f"#!/bin/sh\ntouch '{mark}'\n")
    evil.chmod(0o755)
    for name in ("python", "python3"):
        (evil.parent / name).symlink_to(evil.name)
    value = {"home": evil.parent, "base-prefix": evil.parent.parent}.get(key, evil)
    config = project.root / ".venv/pyvenv.cfg"
    lines = [line for line in config.read_text().split("\n") if not line.startswith(f"{key} ")]
    config.write_text("\n".join([f"{key} = {value}", *lines]))
    python = project.root / ".venv/bin/python"
    python.unlink()
    python.symlink_to(evil)

    sync(project)
    detent(project, "run", "--no-sync", "true")
