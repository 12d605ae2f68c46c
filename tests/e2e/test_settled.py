"""A sync that goes by what an earlier one settled: when it counts, when it does not, and that it does the same."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from support.asking import ask, is_at_once, settle, stamp_of
from support.backends import tiny_sdist, tiny_tree, write_tree
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.interpreters import base_python
from support.wheels import wheel

_IMPORT = re.compile(r"^import time:.*\n", re.MULTILINE)
_TIME = re.compile(r"\b\d[\d.]*(ms|s)\b")


class Synced(NamedTuple):
    """What came of a sync."""

    is_recalled: bool
    """Whether nothing was settled: no project, setting or lock was even looked at."""
    said: str


def sync(sandbox: Sandbox, *words: str, env: Mapping[str, str] | None = None) -> Synced:
    """Sync, and see what that takes."""
    done = sandbox.detent("sync", *words, env={"PYTHONPROFILEIMPORTTIME": "1", **(env or {})}).ok()
    modules = set(re.findall(r"^import time:.*\| +(\S+)$", done.err, re.MULTILINE))
    said = _TIME.sub("TIME", _IMPORT.sub("", done.err))
    return Synced("detent.ops.sync" not in modules and "detent.install.apply" in modules, said)


def without_environment(sandbox: Sandbox) -> Sandbox:
    shutil.rmtree(sandbox.root / ".venv")
    return sandbox


def sync_anew(sandbox: Sandbox, *words: str, env: Mapping[str, str] | None = None) -> Synced:
    """Remove the environment and sync."""
    return sync(without_environment(sandbox), *words, env=env)


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    """A project whose sync was settled before."""
    publish(index, wheel("a", requires=["b"], scripts={"run-a": "a:main"}), wheel("b"), wheel("c"))
    sandbox.manifest("a", tail='[dependency-groups]\ndev = ["c"]\n')
    sandbox.detent("sync").ok()
    return sandbox


@pytest.mark.parametrize("words", [[], ["--frozen"], ["--no-dev"], ["-q"], ["--link-mode", "directory"]])
def test_what_was_settled_once_is_not_settled_again(project: Sandbox, words: list[str]) -> None:
    first = sync_anew(project, *words)
    before = project.snapshot()

    second = sync_anew(project, *words)

    assert second == (True, first.said)
    assert project.snapshot() == before
    assert ("Resolved 3 packages" in second.said) is (words not in (["--frozen"], ["-q"]))
    again = project.detent("sync", *words).ok().err
    assert "Checked" in again or words == ["-q"]
    assert project.detent("sync", "--check", *words).code == 0
    project.python("-c", "import a, b").ok()


@pytest.mark.parametrize(
    "words", [["sync"], ["sync", "--frozen"], ["-q", "sync"], ["sync", "--link-mode", "directory"]]
)
def test_the_sync_after_a_recalled_one_is_answered_at_once(project: Sandbox, words: list[str]) -> None:
    project.detent(*words).ok()
    without_environment(project)
    recalled = ask(project, *words)
    at_once = ask(project, *words)
    stamp_of(project).unlink()
    by_hand = ask(project, *words)

    assert [asked.is_at_once for asked in (recalled, at_once, by_hand)] == [False, True, False]
    assert at_once[1:] == by_hand[1:]
    shutil.rmtree(next(project.root.glob(".venv/lib/python*/site-packages")) / "a-1.0.dist-info")
    assert not is_at_once(project, *words)


def test_so_is_one_with_an_interpreter_by_its_path(project: Sandbox, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.symlink_to(base_python())
    words = ("sync", "--python", str(python))
    sync_anew(project, *words[1:])
    assert sync_anew(project, *words[1:]).is_recalled

    assert is_at_once(project, *words)
    python.unlink()
    assert not is_at_once(project, *words)


@pytest.mark.parametrize("name", ["pyproject.toml", "pylock.toml", ".python-version", "detent.toml"])
def test_after_a_recalled_one_any_edit_shows(project: Sandbox, name: str) -> None:
    assert sync_anew(project).is_recalled
    before = project.read(name) if (project.root / name).exists() else ""
    project.write(name, f"{before}# a remark\n")

    assert not is_at_once(project, "sync")


def test_a_recalled_sync_leaves_other_answers_as_they_are(project: Sandbox) -> None:
    settle(project, "lock")
    assert sync_anew(project).is_recalled

    assert is_at_once(project, "sync")
    assert is_at_once(project, "lock")


def test_what_a_file_named_in_the_words_sets_is_not_settled(project: Sandbox) -> None:
    words = ("--config-file", "own.toml")
    project.write("own.toml", 'link-mode = "copy"\n')
    project.detent("sync", *words).ok()

    assert not sync_anew(project, *words).is_recalled


def test_it_counts_in_every_clone_of_a_project(project: Sandbox) -> None:
    root = project.root.parent / "clone"
    root.mkdir()
    clone = Sandbox(root=root, cache=project.cache, index_url=project.index_url, variables=project.variables)
    for name in ("pyproject.toml", "pylock.toml"):
        clone.write(name, project.read(name))

    assert sync(clone).is_recalled
    assert clone.installed() == {"a": "1.0", "b": "1.0", "c": "1.0"}


def _write(name: str, text: str) -> Callable[[Sandbox], object]:
    return lambda project: project.write(name, text)


def _append(name: str, text: str) -> Callable[[Sandbox], object]:
    return lambda project: project.write(name, project.read(name) + text)


def _set(name: str, value: str) -> Callable[[Sandbox], object]:
    return lambda project: project.variables.update({name: value})


def _configure(project: Sandbox) -> None:
    path = Path(project.variables["HOME"]) / ".config/detent/detent.toml"
    path.parent.mkdir(parents=True)
    path.write_text('link-mode = "copy"\n')


def _activate(project: Sandbox) -> None:
    project.variables["VIRTUAL_ENV"] = str(project.root / ".venv")


def _put_first_on_path(project: Sandbox) -> None:
    folder = project.root.parent / "bin"
    folder.mkdir()
    (folder / "python3").symlink_to(Path(sys.base_prefix) / "bin/python3")
    project.variables["PATH"] = os.pathsep.join((str(folder), project.variables["PATH"]))


def _harm_record(project: Sandbox) -> None:
    for path in (project.cache / "settled-v1").iterdir():
        path.write_bytes(path.read_bytes()[:-1])


def _remove_entry(project: Sandbox) -> None:
    shutil.rmtree(project.cache / "wheels-v2/unpacked")


def _edit_entry(project: Sandbox) -> None:
    for path in (project.cache / "wheels-v2/unpacked").glob("*/*/files/a/__init__.py"):
        path.write_text("edited = True\n")


def _remove_templates(project: Sandbox) -> None:
    shutil.rmtree(project.cache / "templates-v1")


@pytest.mark.parametrize(
    "change",
    [
        _append("pyproject.toml", "# a remark\n"),
        _append("pylock.toml", "# a remark\n"),
        _write(".python-version", "3\n"),
        _write("detent.toml", 'link-mode = "copy"\n'),
        _set("DETENT_LINK_MODE", "copy"),
        _set("DETENT_CONCURRENT_DOWNLOADS", "2"),
        _configure,
        _activate,
        _put_first_on_path,
        _harm_record,
        _remove_entry,
        _edit_entry,
        _remove_templates,
    ],
)
def test_it_does_not_count_where_anything_is_another(
    project: Sandbox, change: Callable[[Sandbox], object]
) -> None:
    assert sync_anew(project).is_recalled
    change(project)

    synced = sync_anew(project)

    assert not synced.is_recalled
    assert project.installed() == {"a": "1.0", "b": "1.0", "c": "1.0"}
    assert project.python("-c", "import a; print(hasattr(a, 'edited'))").ok().out == "False\n"


def test_an_environment_that_stands_is_looked_at(project: Sandbox) -> None:
    assert sync_anew(project).is_recalled
    shutil.rmtree(next(project.root.glob(".venv/lib/python*/site-packages")) / "a-1.0.dist-info")

    assert not sync(project).is_recalled
    assert project.installed() == {"a": "1.0", "b": "1.0", "c": "1.0"}


def test_an_edited_project_is_locked_anew(project: Sandbox) -> None:
    project.manifest("b")

    synced = sync_anew(project)

    assert not synced.is_recalled
    assert project.installed() == {"b": "1.0"}


def test_what_a_folder_holds_is_not_told_by_its_path(sandbox: Sandbox, index: IndexServer) -> None:
    sources = tiny_sdist("s")
    index.add(sources.filename, sources.data)
    write_tree(sandbox.root, tiny_tree("demo", "1.0"))
    sandbox.detent("sync").ok()
    assert not sync_anew(sandbox).is_recalled

    sandbox.manifest("s")
    sandbox.detent("sync").ok()
    assert not sync_anew(sandbox).is_recalled


def test_what_is_said_about_a_project_is_said_again(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("a"))
    sandbox.write("pyproject.toml", '[project]\nname = "demo"\nversion = "1"\ndependencies = ["a"]\n')
    sandbox.detent("sync").ok()

    synced = sync_anew(sandbox)

    assert not synced.is_recalled
    assert "warning: no `requires-python`" in synced.said


def test_old_ones_go(project: Sandbox) -> None:
    folder = project.cache / "settled-v1"
    known = set(folder.iterdir())
    for number in range(70):
        (folder / f"{number:064x}").touch()
        os.utime(folder / f"{number:064x}", (number, number))
    project.detent("sync", "--no-dev").ok()

    assert len(list(folder.iterdir())) == 64
    assert known < set(folder.iterdir())
