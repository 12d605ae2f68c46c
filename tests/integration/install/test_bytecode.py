"""Byte code out of the store in an environment: used by the interpreter, gone with its package."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from detent.install import apply
from detent.install.manifest import read_manifest
from support.environments import BYTECODE_KIND, Installation
from support.wheels import Wheel, wheel
from support.whole import environment_faults

TAG = sys.implementation.cache_tag or ""
PACKAGE = wheel("a", files={"a/__init__.py": "X = 1\n", "a/b/c.py": "def f(): 1 / 0\n", "a/data.txt": ""})


def sync(world: Installation, *wheels: Wheel, link_mode: str = "auto") -> None:
    found = world.bytecode(*wheels, by_directory=link_mode == "directory")
    world.sync(*wheels, link_mode=link_mode, bytecode=found)


def caches(world: Installation) -> list[str]:
    folder = world.site_packages
    return sorted(str(p.relative_to(folder)).replace(f".{TAG}", "") for p in folder.rglob("__pycache__/*"))


def imported(world: Installation, *modules: str) -> str:
    """Import with the environment's own interpreter, which may write byte code, and give all it says."""
    command = [str(world.environment.python), "-v", "-c", f"import {', '.join(modules)}"]
    variables = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=variables).stderr


@pytest.mark.parametrize("link_mode", ["auto", "hardlink", "copy", "directory"])
def test_python_takes_it_as_it_is_in_every_mode(tmp_path: Path, link_mode: str) -> None:
    world = Installation(tmp_path)
    sync(world, PACKAGE, wheel("one", files={"one.py": "Y = 1\n"}), link_mode=link_mode)
    source = {"a": "a/__init__.py", "a.b.c": "a/b/c.py", "one": "one.py"}
    files = [world.site_packages / p / "__pycache__" for p in ("", "a", "a/b")]
    before = {p: (p.stat().st_ino, p.stat().st_mtime_ns) for f in files for p in f.iterdir()}

    said = imported(world, *source)

    for path in source.values():
        assert f"matches {world.site_packages / path}" in said
    assert "wrote" not in said
    assert before == {p: (p.stat().st_ino, p.stat().st_mtime_ns) for f in files for p in f.iterdir()}
    assert len(before) == 3
    assert world.store.check(world.stored(PACKAGE)) is not None


def test_environments_share_one_file(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    sync(world, PACKAGE, link_mode="hardlink")

    cache = f"a/__pycache__/__init__.{TAG}.pyc"
    assert (world.site_packages / cache).samefile(f"{world.stored(PACKAGE).folder()}/{cache}")
    assert environment_faults(world.environment.root) == []


def test_no_record_and_no_list_names_it_and_it_goes_with_its_package(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    sync(world, PACKAGE, wheel("one", files={"one.py": ""}))

    rows = read_manifest(str(world.environment.root)).packages
    assert [(row.name, row.bytecode) for row in rows] == [("a", BYTECODE_KIND), ("one", BYTECODE_KIND)]
    assert not [path for row in rows for path in row.paths() if path.endswith(".pyc")]
    assert ".pyc" not in (world.site_packages / "a-1.0.dist-info/RECORD").read_text()
    world.sync()

    assert [path.name for path in world.site_packages.iterdir()] == []


def test_a_package_that_stays_gets_it_and_is_not_installed_again(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(PACKAGE)
    before = (world.site_packages / "a-1.0.dist-info/RECORD").stat()

    sync(world, PACKAGE)

    assert caches(world) == ["a/__pycache__/__init__.pyc", "a/b/__pycache__/c.pyc"]
    assert (world.site_packages / "a-1.0.dist-info/RECORD").stat() == before
    world.sync(PACKAGE)
    assert [row.bytecode for row in world.found().packages] == [BYTECODE_KIND]


def test_it_takes_the_place_of_what_stands_there(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(PACKAGE)
    imported(world, "a")
    folder = world.site_packages / "a/b/__pycache__"
    (folder / f"c.{TAG}.pyc").mkdir(parents=True)
    (folder / f"c.{TAG}.opt-1.pyc").write_text("mine")

    sync(world, PACKAGE)

    cache = world.site_packages / f"a/__pycache__/__init__.{TAG}.pyc"
    assert (
        cache.read_bytes() == Path(world.stored(PACKAGE).folder(), f"a/__pycache__/{cache.name}").read_bytes()
    )
    assert (folder / f"c.{TAG}.opt-1.pyc").read_text() == "mine"
    assert (folder / f"c.{TAG}.pyc").is_dir()


def test_nothing_is_written_behind_a_link(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(PACKAGE, wheel("d", files={"d/__init__.py": ""}))
    outside, empty = tmp_path / "outside", tmp_path / "empty"
    (outside / "__pycache__").mkdir(parents=True)
    empty.mkdir()
    (world.site_packages / "a/b/__pycache__").symlink_to(empty)
    (world.site_packages / "d/__init__.py").unlink()
    (world.site_packages / "d").rmdir()
    (world.site_packages / "d").symlink_to(outside)

    sync(world, PACKAGE, wheel("d", files={"d/__init__.py": ""}))

    assert caches(world) == ["a/__pycache__/__init__.pyc"]
    assert [path.name for path in (*outside.rglob("*"), *empty.rglob("*"))] == ["__pycache__"]


def test_packages_that_share_a_module_share_its_byte_code(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    first = wheel("a", files={"a/__init__.py": "", "shared.py": "X = 1\n"})
    second = wheel("b", files={"b/__init__.py": "", "shared.py": "X = 1\n"})

    sync(world, first, second)

    assert caches(world) == [
        "__pycache__/shared.pyc",
        "a/__pycache__/__init__.pyc",
        "b/__pycache__/__init__.pyc",
    ]
    assert f"matches {world.site_packages / 'shared.py'}" in imported(world, "shared")
    sync(world, second)
    assert "shared" in imported(world, "shared")


def test_a_run_that_died_before_it_is_done_leaves_what_the_next_one_finishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = Installation(tmp_path)
    world.sync(PACKAGE)

    def die(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(apply, "finish_journal", die)
        with pytest.raises(KeyboardInterrupt):
            sync(world, PACKAGE)
    assert len(caches(world)) == 2

    sync(world, PACKAGE)

    assert [row.bytecode for row in world.found().packages] == [BYTECODE_KIND]
    assert environment_faults(world.environment.root) == []


def test_folders_that_are_links_have_it_behind_them(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    one = wheel("one", files={"one.py": "Y = 1\n"})
    sync(world, PACKAGE, one, link_mode="directory")

    assert (world.site_packages / "a").is_symlink()
    assert (world.site_packages / f"a/b/__pycache__/c.{TAG}.pyc").exists()
    cache = world.site_packages / f"__pycache__/one.{TAG}.pyc"
    assert cache.samefile(f"{world.stored(one).folder()}/__pycache__/{cache.name}")
    world.sync(link_mode="directory")
    assert Path(world.stored(PACKAGE).folder(), f"a/b/__pycache__/c.{TAG}.pyc").exists()


def test_without_it_whoever_imports_first_writes_for_all(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    modules = {f"many/m{number}.py": f"X = {number}\n" for number in range(20)}
    many = wheel("many", files={"many/__init__.py": "", **modules})
    world.sync(many, link_mode="directory")
    script = f"import {', '.join(f'many.m{number}' for number in range(20))}"
    variables = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}

    racing = [
        subprocess.Popen([str(world.environment.python), "-c", script], env=variables) for _ in range(4)
    ]

    assert [process.wait() for process in racing] == [0] * 4
    entry = world.stored(many)
    assert len(list(Path(entry.folder(), "many/__pycache__").iterdir())) == 21
    assert world.store.check(entry) is not None
    assert "wrote" not in imported(world, *(f"many.m{number}" for number in range(20)))


def test_what_a_program_wrote_into_the_store_reaches_no_other_environment(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(PACKAGE, link_mode="directory")
    imported(world, "a.b.c")
    world.sync(PACKAGE, link_mode="hardlink")

    assert not (world.site_packages / "a").is_symlink()
    assert caches(world) == []
