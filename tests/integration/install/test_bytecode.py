"""Byte code of what was installed: used by the interpreter, removed with its package, never a failure."""

import os
import subprocess
from pathlib import Path

import pytest

from detent.events import Notice
from detent.install import bytecode
from detent.install.bytecode import compile_packages
from detent.model.names import PackageName
from support.environments import Installation
from support.wheels import wheel


def compiled(world: Installation, *names: str) -> int:
    world.events.clear()
    return compile_packages(
        world.environment,
        {PackageName(name) for name in names},
        variables=os.environ,
        report=world.events.append,
    )


def caches(world: Installation) -> list[str]:
    return sorted(
        f"{p.parent.parent.name}/{p.name.split('.')[0]}" for p in world.root.rglob("__pycache__/*.pyc")
    )


def test_what_was_installed_is_compiled_and_nothing_else(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(
        wheel(
            "a", files={"a/__init__.py": "X = 1\n", "a/b/c.py": "", "a/data.txt": ""}, scripts={"t": "a:b"}
        ),
        wheel("b"),
    )
    (world.site_packages / "mine.py").touch()

    assert compiled(world, "a") == 2
    assert caches(world) == ["a/__init__", "b/c"]
    assert world.events == []


def test_the_interpreter_takes_it_for_its_own(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(wheel("a", files={"a.py": "X = 1\n"}))
    compiled(world, "a")

    script = "import a, os; print(os.path.exists(a.__cached__))"
    command = [str(world.environment.python), "-B", "-v", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert done.stdout == "True\n"
    assert f"matches {world.site_packages / 'a.py'}" in done.stderr


def test_what_is_compiled_already_is_left_alone_until_its_source_changes(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(wheel("a", files={"a.py": "X = 1\n", "b.py": "Y = 1\n"}))

    assert [compiled(world, "a"), compiled(world, "a")] == [2, 0]
    (world.site_packages / "a.py").unlink()
    (world.site_packages / "a.py").write_text("X = 12\n")
    assert compiled(world, "a") == 1


def test_files_for_other_pythons_are_passed_over(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(wheel("a", files={"a/__init__.py": "", "a/old.py": "print 'x'\n", "a/nul.py": "\0"}))

    assert compiled(world, "a") == 1
    assert caches(world) == ["a/__init__"]
    assert world.events == []


def test_nothing_of_the_environment_runs_and_nothing_is_written_outside(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(wheel("a", files={"a/__init__.py": "", "a/inner/__init__.py": ""}))
    ran = tmp_path / "ran"
    (world.site_packages / "evil.pth").write_text(f"import os; open({str(ran)!r}, 'w')\n")
    (world.site_packages / "py_compile.py").write_text(f"open({str(ran)!r}, 'w')\n")
    outside = tmp_path / "outside"
    outside.mkdir()
    (world.site_packages / "a/inner/__pycache__").symlink_to(outside)

    compiled(world, "a")

    assert not ran.exists()
    assert list(outside.iterdir()) == []
    assert caches(world) == ["a/__init__"]


def test_many_files_are_shared_out_and_each_is_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = Installation(tmp_path)
    files = {f"a/m{number}.py": "" for number in range(100)}
    world.sync(wheel("a", files=files))
    monkeypatch.setattr(os, "cpu_count", lambda: 3)

    assert compiled(world, "a") == 100
    assert len(caches(world)) == 100
    assert [p.name for p in (world.environment.root / ".detent").iterdir() if "scratch" in p.name] == []


@pytest.mark.parametrize("program", ["/no/such/python3", "/bin/false"])
def test_an_interpreter_that_fails_is_a_warning(tmp_path: Path, program: str) -> None:
    world = Installation(tmp_path)
    world.sync(wheel("a"))
    broken = world.environment.interpreter._replace(executable=program)
    world.environment = world.environment._replace(interpreter=broken)

    assert compiled(world, "a") == 0
    (notice,) = world.events
    assert isinstance(notice, Notice)
    assert "byte code could not be compiled" in notice.text
    assert program in notice.text


def test_an_interrupt_ends_the_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = Installation(tmp_path)
    world.sync(wheel("a"))
    monkeypatch.setattr(bytecode, "_WORKER", "import time; time.sleep(60)")
    started = []
    spawn, wait = os.posix_spawn, os.waitpid

    def posix_spawn(*arguments: object, **more: object) -> int:
        started.append(spawn(*arguments, **more))  # type: ignore[arg-type]
        return started[-1]

    def waitpid(process: int, options: int) -> tuple[int, int]:
        monkeypatch.setattr(os, "waitpid", wait)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "posix_spawn", posix_spawn)
    monkeypatch.setattr(os, "waitpid", waitpid)

    with pytest.raises(KeyboardInterrupt):
        compiled(world, "a")

    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_it_goes_with_its_package(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(wheel("a", files={"a/__init__.py": "", "a/b/c.py": ""}))
    compiled(world, "a")

    world.sync()

    assert caches(world) == []
    assert not (world.site_packages / "a").exists()
