"""`detent venv`: an environment in a project or anywhere, and nobody's things lost."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.interpreters import machine_pythons
from support.wheels import wheel

PIP = "import sys\ndef main():\n    print('pip', *sys.argv[1:])\n"


def config(sandbox: Sandbox, folder: str = ".venv") -> dict[str, str]:
    lines = sandbox.read(f"{folder}/pyvenv.cfg").splitlines()
    return {key: value.strip('"') for key, _, value in (line.partition(" = ") for line in lines)}


def test_it_says_what_it_does_in_four_lines_at_most(sandbox: Sandbox, index: IndexServer) -> None:
    done = sandbox.detent("venv").ok()

    using, creating, activate = done.err.splitlines()
    assert re.fullmatch(r"Using CPython 3\.\d+\.\d+ interpreter at: /.*", using)
    assert (creating, activate) == (
        "Creating virtual environment at: .venv",
        "Activate with: source .venv/bin/activate",
    )
    assert done.out == ""
    assert index.paths() == []
    assert config(sandbox)["prompt"] == sandbox.root.name  # `.venv` says nothing
    assert sandbox.python("-c", "import sys; print(sys.prefix)").out == f"{sandbox.root / '.venv'}\n"
    assert {".gitignore", "CACHEDIR.TAG", ".detent"} <= {p.name for p in (sandbox.root / ".venv").iterdir()}


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("/bin/zsh", "source 'my env/bin/activate'"),
        ("/usr/bin/fish", "source 'my env/bin/activate.fish'"),
        ("/bin/tcsh", "source 'my env/bin/activate.csh'"),
        ("/usr/bin/nu", "overlay use 'my env/bin/activate.nu'"),
    ],
)
def test_each_shell_is_told_its_own_way_to_activate(sandbox: Sandbox, shell: str, line: str) -> None:
    done = sandbox.detent("venv", "my env/", env={"SHELL": shell}).ok()

    assert done.err.splitlines()[-1] == f"Activate with: {line}"
    assert (sandbox.root / line.split("'")[1]).is_file()


def test_a_sync_goes_on_in_the_environment_that_was_made(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("shout"))
    sandbox.manifest("shout")
    sandbox.detent("venv", "--prompt", "it's mine").ok()
    (sandbox.root / ".venv/mine").touch()

    assert "virtual environment" not in sandbox.detent("sync").ok().err
    assert sandbox.installed() == {"shout": "1.0"}
    assert config(sandbox)["prompt"] == "it's mine"
    assert (sandbox.root / ".venv/mine").exists()


def test_what_stands_there_is_kept_unless_somebody_says_otherwise(sandbox: Sandbox) -> None:
    sandbox.manifest()
    sandbox.detent("venv").ok()
    before = sandbox.write(".venv/mine", "x").stat().st_ino

    refused = sandbox.detent("venv")
    assert (refused.code, "[environment-exists]" in refused.err, "`--clear`" in refused.err) == (
        2,
        True,
        True,
    )
    assert "Creating" not in refused.err
    sandbox.detent("venv", "--allow-existing").ok()
    sandbox.detent("venv", "--allow-existing", env={"DETENT_VENV_CLEAR": "1"}).ok()
    assert (sandbox.root / ".venv/mine").stat().st_ino == before
    sandbox.detent("venv", "--clear").ok()
    assert not (sandbox.root / ".venv/mine").exists()
    sandbox.detent("venv", env={"DETENT_VENV_CLEAR": "1"}).ok()


def test_what_is_no_environment_is_never_removed(sandbox: Sandbox) -> None:
    sandbox.write("folder/mine", "x")
    sandbox.write("file", "x")
    sandbox.manifest()
    before = sandbox.snapshot()

    for words in (("folder",), ("folder", "--clear"), ("file", "--clear"), (".", "--clear"), (".",)):
        done = sandbox.detent("venv", *words)
        assert (done.code, "[not-an-environment]" in done.err) == (2, True), words
    for words in ((".", "--allow-existing"), ("file", "--allow-existing")):
        assert sandbox.detent("venv", *words).code == 2, words
    assert sandbox.snapshot() == before

    sandbox.detent("venv", "folder", "--allow-existing").ok()
    assert sandbox.read("folder/mine") == "x"
    assert config(sandbox, "folder")["prompt"] == "folder"


def test_the_place_is_the_projects_at_its_root_and_here_elsewhere(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.manifest()
    (sandbox.root / "src").mkdir()
    named = {"DETENT_PROJECT_ENVIRONMENT": "named"}

    for words, cwd, made in (
        ((), sandbox.root, sandbox.root / "named"),
        ((), sandbox.root / "src", sandbox.root / "src/.venv"),
        (("--project", str(sandbox.root), "--clear"), tmp_path, sandbox.root / "named"),
        (("--no-project",), sandbox.root, sandbox.root / ".venv"),
        (("../there",), sandbox.root, tmp_path / "there"),
    ):
        done = sandbox.detent("venv", *words, cwd=cwd, env=named).ok()
        assert (made / "pyvenv.cfg").exists(), words
        assert done.err.count("\n") == 3
    assert config(sandbox, "named")["prompt"] == "demo"


def test_no_project_is_needed_and_a_file_of_settings_is_none(sandbox: Sandbox) -> None:
    sandbox.write("pyproject.toml", "[tool.ruff]\nline-length = 100\n")
    sandbox.detent("venv").ok()

    sandbox.write("pyproject.toml", "[project\n")
    assert sandbox.detent("venv", "--clear").code == 2
    sandbox.detent("venv", "--clear", "--no-project").ok()


def test_the_python_is_the_projects_unless_another_is_asked_for(sandbox: Sandbox) -> None:
    others = [p for p in machine_pythons() if re.fullmatch(r"python3\.\d+", Path(p).resolve().name)]
    mine = f"python3.{sys.version_info.minor}"
    other = next((p for p in others if Path(p).resolve().name != mine), None)
    if other is None:
        pytest.skip("there is one CPython on this machine")
    name = Path(other).resolve().name.removeprefix("python")
    env = {"PATH": os.pathsep.join([sandbox.variables["PATH"], str(Path(other).parent)])}
    sandbox.write(
        "pyproject.toml",
        f'[project]\nname = "demo"\nversion = "1"\nrequires-python = "==3.{sys.version_info.minor}.*"\n',
    )

    assert "warning" not in sandbox.detent("venv", "a", env=env).ok().err
    asked = sandbox.detent("venv", "b", "-p", other, env=env).ok()
    assert "does not satisfy the project's `requires-python" in asked.err
    outside = sandbox.root.parent / "outside"
    outside.mkdir()
    (outside / ".python-version").write_text(f"{name}\n")
    sandbox.detent("venv", cwd=outside, env=env).ok()

    assert config(sandbox, "a")["version_info"].startswith(f"3.{sys.version_info.minor}.")
    assert config(sandbox, "b")["version_info"].startswith(f"{name}.")
    assert f"version_info = {name}." in (outside / ".venv/pyvenv.cfg").read_text()


def test_seeds_are_planted_and_no_sync_takes_them_away(sandbox: Sandbox, index: IndexServer) -> None:
    publish(
        index,
        wheel("pip", "26.3", files={"pip/__init__.py": PIP}, scripts={"pip": "pip:main"}),
        wheel("shout"),
    )
    sandbox.manifest("shout")

    done = sandbox.detent("venv", "--seed").ok()

    assert "Creating virtual environment with seed packages at: .venv\n + pip==26.3\nActivate" in done.err
    assert sandbox.detent("run", "--no-sync", "pip", "list").out == "pip list\n"
    sandbox.detent("sync").ok()
    assert sandbox.installed() == {"pip": "26.3", "shout": "1.0"}
    sandbox.detent("sync", "--check").ok()
    (sandbox.root / ".venv/mine").touch()
    sandbox.detent("venv", "--seed", "--allow-existing").ok()
    assert sandbox.installed() == {"pip": "26.3", "shout": "1.0"}
    assert (sandbox.root / ".venv/mine").exists()
    sandbox.detent("venv", "--clear").ok()
    assert sandbox.installed() == {}


def test_without_seeds_the_environment_is_the_locks_alone(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("pip", "26.3"))
    sandbox.manifest("pip")
    sandbox.detent("sync").ok()
    sandbox.manifest()

    assert " - pip==26.3\n" in sandbox.detent("sync").ok().err


def test_the_interpreters_own_packages_can_be_let_in(sandbox: Sandbox) -> None:
    sandbox.detent("venv", "--system-site-packages").ok()

    assert config(sandbox)["include-system-site-packages"] == "true"
    done = subprocess.run([sandbox.root / ".venv/bin/python", "-c", "import sys"], check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("prompt", ["", "  ", "a\nb", "\x1b[31m"])
def test_a_prompt_is_a_text_that_can_be_shown(sandbox: Sandbox, prompt: str) -> None:
    done = sandbox.detent("venv", f"--prompt={prompt}")

    assert (done.code, "`--prompt` takes a text" in done.err) == (2, True)
    assert not (sandbox.root / ".venv").exists()
