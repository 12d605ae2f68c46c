"""`detent sync`: exactly the selection, whatever stood there before, and nothing of the user's lost."""

import base64
import csv
import hashlib
import os
import re
import shutil
from pathlib import Path

import pytest

from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.interpreters import machine_pythons
from support.peers import Peers
from support.wheels import wheel

TABLES = """
[project.optional-dependencies]
net = ["netlib"]
cli = ["colours"]
all = ["demo[net,cli]"]

[dependency-groups]
dev = ["checker"]
docs = ["writer", {include-group = "typing"}]
typing = ["stubs"]
"""
PACKAGES = ("shout", "netlib", "colours", "checker", "writer", "stubs")


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    """Extras and groups, one package each; the index says that its pages change all the time."""
    index.cache_control = "no-cache"
    publish(index, *(wheel(name) for name in PACKAGES))
    sandbox.manifest("shout", tail=TABLES)
    return sandbox


def library(sandbox: Sandbox) -> Path:
    return next(sandbox.root.glob(".venv/lib/python*/site-packages"))


def record(sandbox: Sandbox, name: str) -> dict[str, tuple[str, str]]:
    """A package's RECORD: hash and size by path."""
    (path,) = library(sandbox).glob(f"{name}-*.dist-info/RECORD")
    with path.open(newline="") as file:
        return {row[0]: (row[1], row[2]) for row in csv.reader(file)}


# ---- what is chosen -------------------------------------------------------------------------


def test_every_way_to_choose_extras_and_groups(project: Sandbox) -> None:
    project.detent("lock").ok()
    for flags, expected in (
        ("", "shout checker"),
        ("--no-dev", "shout"),
        ("--no-default-groups", "shout"),
        ("--no-group dev --group docs", "shout writer stubs"),
        ("--group docs", "shout checker writer stubs"),
        ("--only-group docs", "writer stubs"),
        ("--only-group docs --only-dev --no-group typing", "writer stubs checker"),
        ("--only-dev", "checker"),
        ("--all-groups", "shout checker writer stubs"),
        ("--all-groups --no-group docs --no-dev", "shout stubs"),
        ("--no-dev --extra net", "shout netlib"),
        ("--no-dev --extra all", "shout netlib colours"),
        ("--no-dev --all-extras --no-extra all --no-extra net", "shout colours"),
    ):
        project.detent("sync", "--frozen", *flags.split()).ok()
        assert set(project.installed()) == set(expected.split()), flags


def test_default_groups_are_the_projects_to_choose_and_variables_count(project: Sandbox) -> None:
    project.manifest("shout", tail=TABLES + '\n[tool.detent]\ndefault-groups = ["dev", "typing"]\n')
    project.detent("sync").ok()
    assert set(project.installed()) == {"shout", "checker", "stubs"}

    project.detent("sync", env={"DETENT_NO_DEV": "1"}).ok()
    assert set(project.installed()) == {"shout", "stubs"}
    project.detent("sync", env={"DETENT_NO_GROUP": "dev typing"}).ok()
    assert set(project.installed()) == {"shout"}
    project.detent("sync", "--dev", env={"DETENT_NO_DEV": "1"}).ok()
    assert set(project.installed()) == {"shout", "checker", "stubs"}


def test_an_unknown_extra_or_group_is_named_and_nothing_changes(project: Sandbox) -> None:
    project.detent("sync").ok()
    before = project.snapshot()

    for flag, name in (
        ("--extra", "nett"),
        ("--no-extra", "x"),
        ("--group", "tests"),
        ("--only-group", "x"),
        ("--no-group", "x"),
    ):
        done = project.detent("sync", flag, name)
        assert done.code == 2
        assert f"`{name}` is not defined" in done.err
    assert project.snapshot() == before


def test_the_spellings_of_other_tools_are_understood(project: Sandbox) -> None:
    project.detent("lock").ok()
    for flags, expected in (
        ("--with docs,typing", "shout checker writer stubs"),
        ("--without dev", "shout"),
        ("--only docs", "writer stubs"),
        ("--only main", "shout"),
        ("--only main,dev", "shout checker"),
        ("--prod --group docs", "shout writer stubs"),
        ("--no-root", "shout checker"),
    ):
        project.detent("sync", "--frozen", *flags.split()).ok()
        assert set(project.installed()) == set(expected.split()), flags


def test_packages_can_be_left_out_and_nothing_else_taken(project: Sandbox) -> None:
    project.detent("lock").ok()
    for flags, expected in (
        ("--no-install-package Shout", "checker"),
        ("--only-install-package shout", "shout"),
        ("--only-install-package shout --only-install-package netlib", "shout"),
        ("--only-install-project", ""),
        ("--no-install-local", "shout checker"),
        ("--only-install-local", ""),
    ):
        project.detent("sync", *flags.split()).ok()
        assert set(project.installed()) == set(expected.split()), flags

    project.detent("sync", "--no-install-package", "shout").ok()
    project.detent("run", "--exact", "true").ok()
    assert set(project.installed()) == {"checker"}
    assert project.detent("sync", "--no-install-package", "no name").code == 2


def test_what_is_right_is_installed_again_when_asked(project: Sandbox) -> None:
    project.detent("sync").ok()
    file = library(project) / "shout/__init__.py"
    file.unlink()

    assert "Checked 2 packages" in project.detent("sync").ok().err
    one = project.detent("sync", "--reinstall-package", "Shout").ok().err
    assert "Uninstalled 1 package" in one
    assert one.endswith(" ~ shout==1.0\n")
    assert file.exists()
    assert project.detent("sync", "--reinstall").ok().err.endswith(" ~ checker==1.0\n ~ shout==1.0\n")
    assert " ~ shout==1.0\n" in project.detent("sync", "--reinstall", "--dry-run").ok().err


@pytest.mark.parametrize("flag", ["--reinstall-package", "--no-install-package", "--only-install-package"])
def test_a_misspelled_package_is_refused_and_nothing_removed(flag: str, project: Sandbox) -> None:
    project.detent("sync").ok()

    unknown = project.detent("sync", flag, "shuot")

    assert (unknown.code, f"there is no package `shuot` for `{flag}`" in unknown.err) == (2, True)
    assert set(project.installed()) == {"checker", "shout"}


def test_byte_code_is_made_of_what_is_installed(project: Sandbox) -> None:
    def compiled() -> set[str]:
        return {path.parts[-3] for path in library(project).glob("*/__pycache__/*.pyc")}

    project.detent("sync", "--no-dev", "--compile-bytecode").ok()
    assert compiled() == {"shout"}
    done = project.detent("sync", env={"DETENT_COMPILE_BYTECODE": "1"}).ok()
    assert re.search(r"\nInstalled 1 package in \S+\nBytecode compiled 1 file in \S+\n \+ checker", done.err)
    assert compiled() == {"shout", "checker"}
    assert "Bytecode" not in project.detent("sync", "--compile-bytecode").ok().err
    project.detent("sync", "--no-dev").ok()
    assert compiled() == {"shout"}
    assert not (library(project) / "checker").exists()


def test_byte_code_is_made_once_and_brought_to_what_is_there_already(project: Sandbox) -> None:
    project.detent("sync", "--compile-bytecode").ok()
    shutil.rmtree(project.root / ".venv")
    assert "Bytecode" not in project.detent("sync").ok().err
    assert not list(library(project).glob("*/__pycache__"))

    done = project.detent("sync", "--compile-bytecode").ok()

    assert re.search(r"\nChecked 2 packages in \S+\nBytecode of 2 files taken from the cache\n$", done.err)
    assert len(list(library(project).glob("*/__pycache__/*.pyc"))) == 2
    assert "Bytecode" not in project.detent("sync", "--compile-bytecode").ok().err
    project.detent("sync").ok()
    assert len(list(library(project).glob("*/__pycache__/*.pyc"))) == 2


# ---- the lock, and only looking -------------------------------------------------------------


def test_locked_and_frozen_say_what_is_missing_or_stale(project: Sandbox, index: IndexServer) -> None:
    for flag in ("--locked", "--frozen", "--check"):
        done = project.detent("sync", flag)
        assert (done.code, "there is no lock at `pylock.toml`" in done.err) == (1, True)
        assert f"`{flag}` was given" in done.err
    assert not (project.root / ".venv").exists()
    project.detent("sync", "--no-dev").ok()
    project.manifest("shout", "netlib", tail=TABLES)
    before = project.snapshot()

    done = project.detent("sync", "--locked", "--no-dev")
    assert (done.code, "`netlib` was added to [project.dependencies]" in done.err) == (1, True)
    assert project.snapshot() == before
    assert project.detent("sync", "--frozen", "--no-dev").ok().err.startswith("Checked 1 package")
    assert project.snapshot() == before
    project.detent("sync", "--no-dev").ok()
    assert set(project.installed()) == {"shout", "netlib"}
    project.detent("sync", "--locked", "--no-dev").ok()


def test_check_and_dry_run_touch_nothing(project: Sandbox, index: IndexServer) -> None:
    fresh = project.snapshot()
    would = project.detent("sync", "--dry-run").ok().err
    assert "Would create project environment at: .venv\n" in would
    assert "Would install 2 packages\n + checker==1.0\n + shout==1.0\n" in would
    assert project.snapshot() == fresh

    project.detent("lock").ok()
    assert project.detent("sync", "--check").code == 1
    assert not (project.root / ".venv").exists()

    project.detent("sync", "--extra", "net").ok()
    before = project.snapshot()
    assert project.detent("sync", "--check", "--extra", "net").ok().err.endswith("Would make no changes\n")
    checked = project.detent("sync", "--check")
    assert checked.code == 1
    assert "Would uninstall 1 package\n - netlib==1.0\nerror: the environment is outdated" in checked.err
    publish(index, wheel("shout", "2.0"))
    assert "Update shout v1.0 -> v2.0" in project.detent("sync", "--dry-run", "-U").ok().err
    assert project.snapshot() == before


def test_upgrades_move_what_they_name(project: Sandbox, index: IndexServer) -> None:
    project.detent("sync").ok()
    publish(index, wheel("shout", "1.5"), wheel("shout", "2.0"), wheel("checker", "2.0"))

    project.detent("sync").ok()
    assert project.installed() == {"checker": "1.0", "shout": "1.0"}
    moved = project.detent("sync", "-P", "shout==1.5").ok().err
    assert "Updated shout v1.0 -> v1.5\n" in moved
    assert " - shout==1.0\n + shout==1.5\n" in moved
    project.detent("sync", "-U").ok()
    assert project.installed() == {"checker": "2.0", "shout": "2.0"}


# ---- what an installed wheel is ---------------------------------------------------------------


def test_a_wheel_is_installed_by_the_book(sandbox: Sandbox, index: IndexServer) -> None:
    publish(
        index,
        wheel(
            "tool",
            requires=["helper"],
            scripts={"tool-go": "tool:main"},
            gui_scripts={"tool-win": "tool:win"},
            files={
                "tool/__init__.py": "import sys\ndef main():\n    print('go', *sys.argv[1:])\n    return 3\ndef win():\n    print('win')\n"
            },
        ),
        wheel(
            "helper",
            files={"helper.py": "", "run.sh": "#!/bin/sh\n"},
            executables=["run.sh"],
            root_is_purelib=False,
            data={
                "scripts/greet": "#!python -u\nprint('hello')\n",
                "scripts/plain": "#!/bin/sh\necho plain\n",
                "scripts/gui": "#!pythonw\nprint('gui')\n",
                "data/share/helper/words.txt": "words",
                "headers/helper.h": "/* h */",
                "purelib/pure_part.py": "P = 1\n",
                "platlib/plat_part.py": "P = 2\n",
            },
        ),
    )
    sandbox.manifest("tool")
    sandbox.detent("sync").ok()

    where, env = library(sandbox), sandbox.root / ".venv"
    for name in ("tool", "helper"):
        rows = record(sandbox, name)
        own = f"{name}-1.0.dist-info/"
        assert rows[f"{own}RECORD"] == ("", "")
        for path, (digest, size) in rows.items():
            if path != f"{own}RECORD":
                content = (where / path).read_bytes()
                right = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
                assert (digest, size) == (f"sha256={right}", str(len(content))), path
        assert (where / own / "INSTALLER").read_text() == "detent\n"
        assert ((where / own / "REQUESTED").exists(), f"{own}REQUESTED" in rows) == ((name == "tool",) * 2)
        assert not (where / own / "direct_url.json").exists()
    assert {"../../../bin/tool-go", "../../../bin/tool-win"} <= set(record(sandbox, "tool"))
    assert {"pure_part.py", "plat_part.py", "../../../bin/greet", "../../../share/helper/words.txt"} <= set(
        record(sandbox, "helper")
    )
    assert (env / "share/helper/words.txt").read_text() == "words"
    assert [p.read_text() for p in env.glob("include/site/python*/helper/helper.h")] == ["/* h */"]
    assert os.access(where / "run.sh", os.X_OK)
    for command, out, code in (
        ("tool-go a b", "go a b\n", 3),
        ("tool-win", "win\n", 0),
        ("greet", "hello\n", 0),
        ("plain", "plain\n", 0),
        ("gui", "gui\n", 0),
    ):
        done = sandbox.detent("run", "--no-sync", *command.split())
        assert (done.out, done.code) == (out, code), command


def test_programs_run_from_a_folder_with_blanks_and_letters_of_all_kinds(
    tmp_path: Path, index: IndexServer, primed_cache: Path
) -> None:
    odd = tmp_path / "mein Ordner é"
    odd.mkdir()
    sandbox = Sandbox.make(odd, index.url, primed_cache)
    publish(
        index,
        wheel(
            "tool",
            scripts={"go": "tool:main"},
            data={"scripts/greet": "#!python\nprint('hello')\n"},
            files={"tool.py": "def main():\n    print('gone')\n"},
        ),
    )
    sandbox.manifest("tool")

    sandbox.detent("sync").ok()

    for program, out in (("go", "gone\n"), ("greet", "hello\n")):
        assert sandbox.detent("run", "--no-sync", program).out == out


@pytest.mark.parametrize("mode", ["hardlink", "copy", "auto", "directory"])
def test_link_modes_bring_the_same_files(project: Sandbox, mode: str) -> None:
    project.detent("sync", "--link-mode", mode).ok()

    file = library(project) / "shout/__init__.py"
    assert file.read_text() == '__version__ = "1.0"\n'
    assert file.parent.is_symlink() == (mode == "directory")
    if mode in ("hardlink", "copy"):
        assert (file.stat().st_nlink > 1) == (mode == "hardlink")


# ---- what stood there before -----------------------------------------------------------------


def test_foreign_packages_go_in_an_exact_sync_alone_and_files_never(
    project: Sandbox, index: IndexServer, tmp_path: Path
) -> None:
    project.detent("sync").ok()
    foreign = wheel(
        "foreign",
        files={"foreign/__init__.py": "", "shout_plugin.py": ""},
        scripts={"foreign-tool": "foreign:x"},
    )
    archive = tmp_path / foreign.filename
    archive.write_bytes(foreign.data)
    environment = project.root / ".venv"
    Peers(tmp_path / "home").pip(
        "--python", str(environment), "install", "--no-index", str(archive), cwd=tmp_path
    )
    where = library(project)
    mine = [
        environment / "notes.txt",
        where / "mine.py",
        where / "shout/notes.txt",
        where / "foreign/data.bin",
        environment / "bin/mine",
    ]
    for path in mine:
        path.write_text("mine")

    project.detent("sync", "--inexact").ok()
    assert set(project.installed()) == {"shout", "checker", "foreign"}
    project.detent("run", "true").ok()
    assert (environment / "bin/foreign-tool").exists()
    assert " - foreign==1.0\n" in project.detent("sync", "--no-dev").ok().err
    assert set(project.installed()) == {"shout"}
    assert not (environment / "bin/foreign-tool").exists()
    assert not (where / "shout_plugin.py").exists()
    project.manifest(tail=TABLES)
    project.detent("sync", "--no-dev").ok()
    assert [path.read_text() for path in mine] == ["mine"] * len(mine)
    assert not (where / "shout/__init__.py").exists()


def test_what_pip_did_to_our_packages_is_undone(project: Sandbox, index: IndexServer, tmp_path: Path) -> None:
    project.detent("sync").ok()
    other = wheel("shout", "9.0", files={"shout/__init__.py": "pip's", "shout/more.py": ""})
    archive = tmp_path / other.filename
    archive.write_bytes(other.data)
    peers = Peers(tmp_path / "home")
    environment = str(project.root / ".venv")

    peers.pip("--python", environment, "install", "--no-index", str(archive), cwd=tmp_path)
    project.detent("sync").ok()
    assert project.installed() == {"checker": "1.0", "shout": "1.0"}
    assert not (library(project) / "shout/more.py").exists()
    assert (library(project) / "shout/__init__.py").read_text() == '__version__ = "1.0"\n'

    peers.pip("--python", environment, "uninstall", "-y", "shout", cwd=tmp_path)
    assert " + shout==1.0\n" in project.detent("sync").ok().err
    project.detent("sync", "--check").ok()


def test_another_python_replaces_the_environment(project: Sandbox, index: IndexServer) -> None:
    others = [p for p in machine_pythons() if re.search(r"3\.1[1-9]", str(Path(p).resolve().name))]
    minors = {Path(p).resolve().name: p for p in others}
    if len(minors) < 2:
        pytest.skip("there is one CPython on this machine")
    (first_name, first), (second_name, second) = sorted(minors.items())[:2]
    env = {"PATH": os.pathsep.join([str(Path(first).parent), str(Path(second).parent), "/usr/bin", "/bin"])}

    project.detent("sync", "-p", first, env=env).ok()
    assert library(project).parent.name == first_name
    kept = project.detent("sync", env=env).ok()
    assert "environment" not in kept.err
    project.write(".python-version", second_name.removeprefix("python") + "\n")
    would = project.detent("sync", "--dry-run", env=env).ok()
    assert "Would replace project environment at: .venv\n" in would.err
    assert library(project).parent.name == first_name
    moved = project.detent("sync", env=env).ok()
    assert "Replacing virtual environment at: .venv" in moved.err
    assert library(project).parent.name == second_name
    assert set(project.installed()) == {"shout", "checker"}
    assert sorted(p.name for p in (project.root / ".venv/lib").iterdir()) == [second_name]
    project.detent("sync", "-p", first_name.removeprefix("python"), env=env).ok()
    assert library(project).parent.name == first_name

    project.write("pyproject.toml", project.read("pyproject.toml").replace(">=3.11", ">=3.98"))
    before = project.snapshot()
    refused = project.detent("sync", env=env)
    assert refused.code == 2
    assert project.snapshot() == before


PREFIX = "import sys\n\ndef main():\n    print(sys.prefix)\n"


@pytest.mark.parametrize("mode", ["hardlink", "directory"])
@pytest.mark.parametrize("is_copied", [False, True])
def test_an_environment_that_was_moved_or_copied_is_made_anew_and_runs_its_own_programs(
    sandbox: Sandbox, index: IndexServer, mode: str, *, is_copied: bool
) -> None:
    publish(index, wheel("told", scripts={"tell": "told:main"}, files={"told/__init__.py": PREFIX}))
    sandbox.manifest("told")
    sandbox.variables["DETENT_LINK_MODE"] = mode
    sandbox.detent("sync").ok()
    here = sandbox.root.with_name("here")
    if is_copied:
        shutil.copytree(sandbox.root, here, symlinks=True)
    else:
        sandbox.root.rename(here)

    as_it_is = sandbox.detent("run", "--no-sync", "python", "-c", "import told; told.main()", cwd=here).ok()
    synced = sandbox.detent("run", "tell", cwd=here).ok()

    assert as_it_is.out == f"{here}/.venv\n"
    assert f"warning: the environment was made at `{sandbox.root}/.venv`" in as_it_is.err
    assert synced.out == f"{here}/.venv\n"
    assert f"Replacing virtual environment at: .venv (it was made at `{sandbox.root}/.venv`" in synced.err
    assert sandbox.detent("run", "tell", cwd=here).ok().err == ""
    if is_copied:
        assert sandbox.detent("run", "tell").ok() == (0, f"{sandbox.root}/.venv\n", "")


def test_an_environment_is_not_removed_where_none_can_be_made(project: Sandbox) -> None:
    project.detent("sync").ok()
    here = project.root.with_name("co:lon")
    project.root.rename(here)

    done = project.detent("sync", cwd=here)

    assert done.code == 2
    assert "there is `:` in its path" in done.err
    assert (here / ".venv/pyvenv.cfg").exists()


def test_a_folder_that_is_no_environment_is_left_alone(project: Sandbox) -> None:
    project.write(".venv/precious.txt", "mine")

    done = project.detent("sync")

    assert done.code == 2
    assert "[not-an-environment]" in done.err
    assert project.read(".venv/precious.txt") == "mine"


def test_an_environment_of_another_tool_is_adopted_and_that_is_said_once(
    project: Sandbox, tmp_path: Path
) -> None:
    made = Peers(tmp_path / "home").environment("theirs")
    shutil.move(made, project.root / ".venv")
    project.write(".venv/notes.txt", "mine")

    assert "Adopting" not in project.detent("sync", "--dry-run").ok().err
    first = project.detent("sync").ok()
    second = project.detent("sync", "--reinstall").ok()

    assert first.err.splitlines()[0] == "Adopting the environment at: .venv (made by venv)"
    assert "Adopting" not in second.err
    assert set(project.installed()) == {"shout", "checker"}
    assert project.read(".venv/notes.txt") == "mine"


def test_pip_stays_in_an_environment_that_came_with_it(project: Sandbox, tmp_path: Path) -> None:
    made = Peers(tmp_path / "home").environment("theirs")
    shutil.move(made, project.root / ".venv")
    for name in ("pip", "other"):
        folder = library(project) / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "RECORD").touch()
        (folder / "INSTALLER").write_text("pip\n")

    project.detent("sync").ok()

    assert set(project.installed()) == {"shout", "checker", "pip"}


# ---- another environment --------------------------------------------------------------------------


def test_the_active_environment_is_used_only_when_that_is_said(project: Sandbox, tmp_path: Path) -> None:
    active = tmp_path / "active"
    env = {"VIRTUAL_ENV": str(active)}
    warning = (
        f"warning: `VIRTUAL_ENV={active}` does not match the project environment path `.venv` and will be "
        "ignored; use `--active` to target the active environment instead\n"
    )

    assert project.detent("sync", env=env).ok().err.startswith(warning)
    assert warning in project.detent("run", "true", env=env).ok().err
    assert "VIRTUAL_ENV" not in project.detent("lock", env=env).ok().err
    assert not active.exists()
    for same in (".venv", f"{project.root}/.venv/", ""):
        assert "VIRTUAL_ENV" not in project.detent("sync", env={"VIRTUAL_ENV": same}).ok().err

    assert "Creating virtual environment at: " in project.detent("sync", "--active", env=env).ok().err
    assert [p.name for p in active.glob("lib/python*/site-packages/shout")] == ["shout"]
    code = "import sys; print(sys.prefix)"
    done = project.detent("run", "--active", "python", "-c", code, env=env).ok()
    assert (done.out, done.err) == (f"{active}\n", "")
    project.detent("remove", "--active", "shout", env=env).ok()
    assert list(active.glob("lib/python*/site-packages/shout")) == []
    assert set(project.installed()) == {"shout", "checker"}


@pytest.mark.parametrize("place", ["envs/mine", "absolute"])
def test_the_projects_environment_can_stand_elsewhere(project: Sandbox, tmp_path: Path, place: str) -> None:
    root = tmp_path / "absolute" if place == "absolute" else project.root / place
    env = {"DETENT_PROJECT_ENVIRONMENT": str(root) if place == "absolute" else place}

    project.detent("sync", env=env).ok()

    assert [p.name for p in root.glob("lib/python*/site-packages/shout")] == ["shout"]
    assert not (project.root / ".venv").exists()
    assert project.detent("run", "python", "-c", "import sys; print(sys.prefix)", env=env).out == f"{root}\n"


# ---- the cache ---------------------------------------------------------------------------------


@pytest.mark.parametrize("harm", ["edit", "truncate", "delete", "link"])
def test_a_damaged_cached_file_never_reaches_the_next_environment(
    project: Sandbox, tmp_path: Path, index: IndexServer, harm: str
) -> None:
    project.detent("sync", "--link-mode", "hardlink").ok()
    cached = next(project.cache.glob("wheels-v2/unpacked/*/*/files/shout/__init__.py"))
    if harm == "edit":  # through the environment, as a person debugging would
        (library(project) / "shout/__init__.py").write_text('__version__ = "6.6"\n')
    elif harm == "truncate":
        cached.write_bytes(b"")
    else:
        cached.unlink()
        if harm == "link":
            cached.symlink_to("/etc/passwd")
    folder = tmp_path / "second"
    folder.mkdir()
    second = Sandbox.make(folder, index.url)
    shutil.copy(project.root / "pyproject.toml", second.root)
    index.forget()

    done = second.detent("sync", "--link-mode", "hardlink", env={"DETENT_CACHE_DIR": str(project.cache)}).ok()

    assert (library(second) / "shout/__init__.py").read_text() == '__version__ = "1.0"\n'
    assert "`shout`" in done.err
    fetched = [path for path in index.paths() if path.endswith(".whl")]
    assert fetched == ["/files/shout/shout-1.0-py3-none-any.whl"]


@pytest.mark.parametrize("harm", ["delete", "folder"])
def test_a_file_that_the_cache_lost_is_fetched_again_where_folders_are_links(
    sandbox: Sandbox, index: IndexServer, harm: str
) -> None:
    publish(index, wheel("lone", files={"lone.py": "x = 1\n"}))
    sandbox.manifest("lone")
    sandbox.detent("sync", "--link-mode", "copy").ok()
    cached = next(sandbox.cache.glob("wheels-v2/unpacked/*/*/files/lone.py"))
    cached.unlink()
    if harm == "folder":
        cached.mkdir()
    shutil.rmtree(sandbox.root / ".venv")

    done = sandbox.detent("sync", "--link-mode", "directory").ok()

    assert "warning: the cached copy of `lone` 1.0 was changed: `lone.py`" in done.err
    assert (library(sandbox) / "lone.py").read_text() == "x = 1\n"
    assert cached.is_file()


def test_a_package_without_a_file_for_this_machine_can_be_left_out(
    sandbox: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("a"), wheel("b", tag="py3-none-win_amd64"))
    sandbox.manifest("a", "b")

    assert sandbox.detent("sync").code == 1
    sandbox.detent("sync", "--no-install-package", "b").ok()

    assert sandbox.installed() == {"a": "1.0"}
