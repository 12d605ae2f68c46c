"""`sync --check --deep` finds what was changed in an environment, `sync --deep` puts it right."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from detent import stamp
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel
from support.whole import cache_faults, environment_faults

LIBRARY = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
FILES = {
    "shout/__init__.py": "def main():\n    print('HEY')\n",
    "shout/data.txt": "data " * 40,
    "shout/inner/deep.py": "x = 1\n",
    "shout/empty.py": "",
}


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(
        index,
        wheel("shout", files=FILES, scripts={"shout": "shout:main"}, data={"scripts/say": "#!python\n1\n"}),
        wheel("calm"),
    )
    sandbox.manifest("shout", "calm")
    sandbox.variables["DETENT_LINK_MODE"] = "hardlink"
    sandbox.detent("sync").ok()
    return sandbox


def library(project: Sandbox) -> Path:
    return next(project.root.glob(".venv/lib/python*/site-packages"))


def shown(project: Sandbox, path: Path) -> str:
    return str(path.relative_to(project.root / ".venv"))


def test_an_environment_as_it_was_installed_is_found_so(project: Sandbox) -> None:
    project.detent("run", "--no-sync", "python", "-c", "import shout, calm").ok()  # leaves byte code
    (library(project) / "shout/mine.py").write_text("mine = 1\n")

    assert project.detent("sync", "--check", "--deep").ok().err.endswith("\nWould make no changes\n")
    assert project.detent("sync", "--deep").ok().err.startswith("Resolved 2 packages")
    assert (library(project) / "shout/mine.py").exists()


def edited(path: Path) -> None:
    """Change bytes and nothing else that one could see."""
    facts = path.stat()
    text = path.read_bytes()
    path.chmod(0o755 if facts.st_mode & 0o100 else 0o644)
    path.write_bytes(text[:-1] + bytes([text[-1] ^ 1]))
    os.utime(path, ns=(facts.st_mtime_ns, facts.st_mtime_ns))


def truncated(path: Path) -> None:
    os.truncate(path, 3)


def zeroed(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def deleted(path: Path) -> None:
    path.unlink()


def linked(path: Path) -> None:
    shutil.copy(path, path.with_name("elsewhere"))
    path.unlink()
    path.symlink_to("elsewhere")


def unexecutable(path: Path) -> None:
    path.chmod(0o644)


WAYS = (
    (edited, "shout/data.txt", "was changed"),
    (truncated, "shout/data.txt", "was changed"),
    (zeroed, "shout/__init__.py", "was changed"),
    (deleted, "shout/inner/deep.py", "is missing"),
    (linked, "shout/__init__.py", "was replaced by a link"),
    (edited, "shout-1.0.dist-info/METADATA", "was changed"),
    (deleted, "shout-1.0.dist-info/RECORD", "is missing"),
    (truncated, "shout-1.0.dist-info/RECORD", "was changed"),
    (linked, "shout-1.0.dist-info/RECORD", "was replaced by a link"),
    (edited, "../../../bin/shout", "was changed"),
    (unexecutable, "../../../bin/shout", "cannot be executed any more"),
    (edited, "../../../bin/say", "was changed"),
    (deleted, "../../../bin/say", "is missing"),
)


def test_whatever_is_changed_is_named_and_put_right(project: Sandbox) -> None:
    for change, name, words in WAYS:
        path = library(project) / name
        path = Path(os.path.normpath(path))
        change(path)
        case = f"{change.__name__} {name}"

        found = project.detent("sync", "--check", "--deep")

        assert found.code == 1, case
        assert f"warning: `shout` 1.0: `{shown(project, path)}` {words}\n" in found.err, case
        assert "\nWould install 1 package\n ~ shout==1.0\n" in found.err, case
        assert "`calm`" not in found.err

        repaired = project.detent("sync", "--deep").ok()

        assert repaired.err.endswith("\n ~ shout==1.0\n"), case
        (path.with_name("elsewhere")).unlink(missing_ok=True)
        assert environment_faults(project.root / ".venv") == [], case
        assert cache_faults(project.cache) == [], case
    project.detent("sync", "--check", "--deep").ok()


def test_a_script_of_an_adopted_environment_that_was_moved_is_named_and_made_anew(
    sandbox: Sandbox, index: IndexServer
) -> None:
    publish(
        index, wheel("shout", data={"scripts/say": "#!python\nprint('HEY')\n", "scripts/sh": "#!/bin/sh\n"})
    )
    sandbox.manifest("shout")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", sandbox.root / ".venv"], check=True)
    sandbox.detent("sync").ok()
    moved = sandbox.root.rename(sandbox.root.with_name("moved"))
    assert "sync --deep" in sandbox.detent("run", "say", cwd=moved).err

    found = sandbox.detent("sync", "--deep", cwd=moved).ok()

    assert found.err.splitlines()[0] == "warning: `shout` 1.0: `bin/say` was changed"
    assert sandbox.detent("run", "say", cwd=moved).ok().out == "HEY\n"
    assert sandbox.detent("sync", "--check", "--deep", cwd=moved).ok().err.endswith("Would make no changes\n")


def test_a_folder_that_became_a_link_is_named_and_never_followed(project: Sandbox) -> None:
    folder = library(project) / "shout"
    elsewhere = project.root / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)

    found = project.detent("sync", "--check", "--deep")
    refused = project.detent("sync", "--deep")

    assert f"`{LIBRARY}/shout/__init__.py` was replaced by a link\n" in found.err
    assert refused.code == 1
    assert "[path-occupied]" in refused.err
    assert sorted(path.name for path in elsewhere.iterdir()) == [
        "__init__.py",
        "data.txt",
        "empty.py",
        "inner",
    ]


def test_many_damaged_files_are_counted(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("big", files={f"big/m{number:02d}.py": "1\n" for number in range(15)}))
    sandbox.manifest("big")
    sandbox.detent("sync").ok()
    for path in (library(sandbox) / "big").iterdir():
        path.unlink()

    found = sandbox.detent("sync", "--check", "--deep")

    assert found.err.count("is missing\n") == 10
    assert "warning: `big` 1.0: 5 more files\n" in found.err


def test_a_package_whose_folder_is_gone_comes_back_by_a_plain_sync(project: Sandbox) -> None:
    shutil.rmtree(library(project) / "calm")

    assert project.detent("sync", "--check").code == 1
    said = project.detent("sync").ok().err

    assert said.endswith("\n ~ calm==1.0\n")
    assert environment_faults(project.root / ".venv") == []


def test_folders_that_are_links_are_looked_behind(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("shout", files=FILES), wheel("calm"))
    sandbox.manifest("shout", "calm")
    sandbox.variables["DETENT_LINK_MODE"] = "directory"
    sandbox.detent("sync").ok()
    link = library(sandbox) / "shout"
    assert link.is_symlink()
    sandbox.detent("sync", "--check", "--deep").ok()

    edited(link / "data.txt")
    found = sandbox.detent("sync", "--check", "--deep")
    assert found.code == 1
    assert f"`shout` 1.0: `{LIBRARY}/shout/data.txt` was changed\n" in found.err
    sandbox.detent("sync", "--deep").ok()
    assert (link / "data.txt").read_text() == FILES["shout/data.txt"]
    assert cache_faults(sandbox.cache) == []

    link.unlink()
    link.symlink_to(library(sandbox) / "calm")
    found = sandbox.detent("sync", "--check", "--deep")
    assert f"warning: `shout` 1.0: `{LIBRARY}/shout` no longer leads to the cache\n" in found.err
    assert found.err.count("warning: ") == 1
    assert "[path-occupied]" in sandbox.detent("sync", "--deep").err  # it is somebody's link now
    link.unlink()
    sandbox.detent("sync", "--deep").ok()
    assert (link / "data.txt").read_text() == FILES["shout/data.txt"]
    sandbox.detent("sync", "--check", "--deep").ok()


@pytest.mark.parametrize("words", [("sync", "--reinstall"), ("sync", "--reinstall-package", "shout")])
def test_what_is_asked_for_anew_is_right_behind_its_links_too(
    sandbox: Sandbox, index: IndexServer, words: tuple[str, ...]
) -> None:
    publish(index, wheel("shout", files=FILES))
    sandbox.manifest("shout")
    sandbox.variables["DETENT_LINK_MODE"] = "directory"
    sandbox.detent("sync").ok()
    (library(sandbox) / "shout/data.txt").write_text("edited")

    said = sandbox.detent(*words).ok().err

    assert "`shout` 1.0 was changed: `shout/data.txt`" in said
    assert (library(sandbox) / "shout/data.txt").read_text() == FILES["shout/data.txt"]
    assert cache_faults(sandbox.cache) == []


def test_a_file_that_is_gone_from_behind_a_link_comes_back_when_it_is_needed(
    sandbox: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("shout", files=FILES), wheel("more", files={"shout/more.py": ""}))
    sandbox.manifest("shout")
    sandbox.variables["DETENT_LINK_MODE"] = "directory"
    sandbox.detent("sync").ok()
    (library(sandbox) / "shout/empty.py").unlink()
    sandbox.manifest("shout", "more")  # the link makes way for a folder with each file

    assert "shout/empty.py" in sandbox.detent("sync").ok().err

    assert environment_faults(sandbox.root / ".venv") == []


def test_a_folder_that_is_gone_from_behind_its_link_comes_back_as_soon_as_sync_looks(
    sandbox: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("shout", files=FILES))
    sandbox.manifest("shout")
    sandbox.variables["DETENT_LINK_MODE"] = "directory"
    sandbox.detent("sync").ok()
    shutil.rmtree((library(sandbox) / "shout").resolve())

    shutil.rmtree(sandbox.cache / stamp.BUCKET)  # which answers without a look behind the link
    sandbox.detent("sync").ok()

    assert environment_faults(sandbox.root / ".venv") == []


def test_what_was_put_behind_a_link_is_named_and_goes(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("shout", files=FILES))
    sandbox.manifest("shout")
    sandbox.detent("sync", "--link-mode", "directory").ok()
    sandbox.python("-c", "import shout").ok()
    folder = library(sandbox) / "shout"
    outside = sandbox.write("outside/file", "not ours")
    for path in (folder / "mine.py", folder / "cache/deep/table", folder / "inner/__pycache__/gone.pyc"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (folder / "out").symlink_to(outside.parent)

    found = sandbox.detent("sync", "--check", "--deep")

    assert found.code == 1
    assert re.findall(f"`{LIBRARY}/shout/(.*)` does not belong there\n", found.err) == [
        "cache/deep/table",
        "inner/__pycache__/gone.pyc",
        "mine.py",
        "out",
    ]
    assert found.err.count("warning: ") == 4
    sandbox.detent("sync", "--deep", "--offline").ok()
    assert sorted(path.name for path in folder.iterdir()) == [
        "__init__.py",
        "__pycache__",
        "data.txt",
        "empty.py",
        "inner",
    ]
    assert outside.exists()
    assert cache_faults(sandbox.cache) == []
    sandbox.detent("sync", "--check", "--deep").ok()


def test_without_a_network_a_damaged_package_goes_on_to_work_as_far_as_it_does(
    sandbox: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("shout", files=FILES))
    sandbox.manifest("shout")
    sandbox.detent("sync", "--link-mode", "directory").ok()
    (library(sandbox) / "shout/data.txt").write_text("edited")

    assert "without `--offline`" in sandbox.detent("sync", "--deep", "--offline").err

    sandbox.python("-c", "import shout, shout.inner.deep").ok()
    sandbox.detent("run", "--offline", "python", "-c", "import shout").ok()
    sandbox.detent("sync", "--deep").ok()
    assert (library(sandbox) / "shout/data.txt").read_text() == FILES["shout/data.txt"]
    assert cache_faults(sandbox.cache) == []


def test_a_damaged_package_is_fetched_where_another_one_needs_its_folder(
    sandbox: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("shout", files=FILES), wheel("more", files={"shout/more.py": "", "more.py": ""}))
    sandbox.manifest("shout")
    sandbox.detent("sync", "--link-mode", "directory").ok()
    (library(sandbox) / "shout/data.txt").write_text("edited")
    assert sandbox.detent("sync", "--deep", "--offline").code == 1

    sandbox.detent("add", "more").ok()

    assert (library(sandbox) / "shout/data.txt").read_text() == FILES["shout/data.txt"]
    sandbox.detent("sync", "--check", "--deep").ok()
    assert environment_faults(sandbox.root / ".venv") == []


def test_a_file_that_grew_is_not_read(project: Sandbox) -> None:
    os.truncate(library(project) / "shout/data.txt", 2**40)  # for minutes

    found = project.detent("sync", "--check", "--deep")

    assert f"`{LIBRARY}/shout/data.txt` was changed\n" in found.err
