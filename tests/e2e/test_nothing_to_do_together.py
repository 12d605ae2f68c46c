"""Nothing to do in a workspace, or with folders, files and repositories: at once too, and every change shows."""

import shutil
from pathlib import Path

import pytest

from support.asking import ask, is_at_once, outlast_a_tick, settle
from support.backends import tiny_sdist, tiny_tree, write_tree
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.repositories import Repository
from support.wheels import wheel

ROOT = """
[project]
name = "root"
version = "0"
requires-python = ">=3.11"
dependencies = ["one", "two"]

[tool.detent.workspace]
members = ["packages/*", "tools/helper"]
exclude = ["packages/left-out"]

[tool.detent.sources]
one = {workspace = true}
two = {workspace = true}
"""


def member(sandbox: Sandbox, folder: str, *requires: str, tables: str = "") -> None:
    name = folder.rpartition("/")[2]
    write_tree(
        sandbox.root / folder,
        tiny_tree(name, requires=requires, files={f"{name}/__init__.py": ""}, tables=tables),
    )
    text = sandbox.read(f"{folder}/pyproject.toml")
    text = text.replace("[project]\n", '[project]\nrequires-python = ">=3.11"\n')
    sandbox.write(f"{folder}/pyproject.toml", text)


@pytest.fixture
def workspace(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    """A workspace of four members and its root, locked and installed."""
    publish(index, wheel("b"), wheel("c"))
    sandbox.write("pyproject.toml", ROOT)
    member(sandbox, "packages/one", "two", "b", tables="[tool.detent.sources]\ntwo = {workspace = true}\n")
    member(sandbox, "packages/two")
    member(sandbox, "packages/three")
    member(sandbox, "tools/helper")
    sandbox.write("packages/left-out/notes.txt", "")
    sandbox.write("packages/.hidden/notes.txt", "")
    sandbox.detent("sync").ok()
    outlast_a_tick()
    return sandbox


@pytest.mark.parametrize("words", [("lock",), ("sync",), ("sync", "--all-packages"), ("run", "python", "-V")])
def test_a_workspace_is_answered_at_once_and_in_the_same_words(
    workspace: Sandbox, words: tuple[str, ...]
) -> None:
    workspace.detent(*words).ok()
    outlast_a_tick()
    before = ask(workspace, *words)
    for _ in range(3):
        before = ask(workspace, *words) if not before.is_at_once else before
    shutil.rmtree(workspace.cache / "stamps-v1")

    assert before.is_at_once, before
    assert "last sync" not in before.said
    assert ask(workspace, *words)[1:] == before[1:]


def test_a_run_after_a_sync_of_more_is_answered_at_once_and_says_so_again(workspace: Sandbox) -> None:
    workspace.detent("sync", "--all-packages").ok()
    outlast_a_tick()
    first, second = ask(workspace, "run", "python", "-V"), ask(workspace, "run", "python", "-V")
    quiet = settle(workspace, "-q", "run", "python", "-V")

    assert [asked.is_at_once for asked in (first, second, quiet)] == [False, True, True]
    assert first[1:] == second[1:]
    assert second.said == "Using the extras and groups of the last sync: --all-packages\n"
    assert quiet.said == ""
    workspace.detent("sync").ok()
    outlast_a_tick()
    assert settle(workspace, "run", "python", "-V").said == ""


def test_it_answers_in_a_member_and_for_a_member(workspace: Sandbox) -> None:
    inside = workspace.root / "packages/one"
    workspace.detent("sync", cwd=inside).ok()
    assert (
        settle(workspace, "sync", cwd=inside).said
        == "Resolved 3 packages in TIME\nChecked 3 packages in TIME\n"
    )

    workspace.detent("sync", "--package", "three").ok()
    assert settle(workspace, "sync", "--package", "three").code == 0
    assert ask(workspace, "sync", cwd=inside).is_at_once is False


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", None),
        ("packages/one/pyproject.toml", None),
        ("packages/three/pyproject.toml", None),
        ("tools/helper/pyproject.toml", None),
        (".python-version", ">=3.11"),
        ("detent.toml", "# nothing yet\n"),
        ("packages/left-out/pyproject.toml", ""),
        ("packages/new/pyproject.toml", '[project]\nname = "new"\nversion = "1"\n'),
        ("packages/.hidden/pyproject.toml", '[project]\nname = "hidden"\nversion = "1"\n'),
    ],
)
@pytest.mark.parametrize("words", [("lock",), ("sync",)])
def test_what_decides_about_a_workspace_shows(
    workspace: Sandbox, words: tuple[str, ...], name: str, text: str | None
) -> None:
    settle(workspace, *words)

    workspace.write(name, workspace.read(name) + "# more\n" if text is None else text)

    # What is left out by name decides nothing, and its manifest is not looked for.
    assert is_at_once(workspace, *words) is (name == "packages/left-out/pyproject.toml")
    settle(workspace, *words)


@pytest.mark.parametrize("name", ["LICENSE", "setup.cfg", "src/second/__init__.py", "third.py"])
def test_what_a_build_of_a_member_sees_shows(workspace: Sandbox, name: str) -> None:
    settle(workspace, "sync")
    workspace.write("packages/two/src/two/code.py", "x = 1\n")
    workspace.write("packages/three/setup.py", "")  # it is not installed
    assert is_at_once(workspace, "sync")

    workspace.write(f"packages/two/{name}", "\n")

    assert not is_at_once(workspace, "sync")
    settle(workspace, "sync")


def test_a_member_that_goes_shows(workspace: Sandbox) -> None:
    settle(workspace, "lock")
    settle(workspace, "sync")
    shutil.rmtree(workspace.root / "packages/three")

    assert not is_at_once(workspace, "lock")
    assert not is_at_once(workspace, "sync")
    assert "three" not in workspace.read("pylock.toml")


def test_a_member_behind_a_link_shows_when_the_link_leads_elsewhere(workspace: Sandbox) -> None:
    member(workspace, "elsewhere/four")
    member(workspace, "other/four", "c")
    link = workspace.root / "packages/four"
    link.symlink_to("../elsewhere/four")
    workspace.detent("lock").ok()
    outlast_a_tick()
    settle(workspace, "lock")

    link.unlink()
    link.symlink_to("../other/four")

    assert not is_at_once(workspace, "lock")
    assert 'name = "c"' in workspace.read("pylock.toml")


def test_a_member_that_only_a_build_can_tell_of_is_asked_every_time(workspace: Sandbox) -> None:
    workspace.write("packages/two/setup.py", "")
    for _ in range(4):
        asked = ask(workspace, "sync")
        assert (asked.is_at_once, asked.code) == (False, 0), asked.said
    settle(workspace, "lock")


# ---- what a lock names beside the project ------------------------------------------------------


def test_folders_files_and_repositories_are_answered_until_they_change(
    sandbox: Sandbox, index: IndexServer, tmp_path: Path
) -> None:
    publish(index, wheel("b"), wheel("c"))
    upstream = Repository(tmp_path / "upstream")
    upstream.commit(tiny_tree("git-one"))
    member(sandbox, "libs/folder", "b")
    made, sdist = wheel("w"), tiny_sdist("s")
    (sandbox.root / made.filename).write_bytes(made.data)
    (sandbox.root / sdist.filename).write_bytes(sdist.data)
    sources = [
        f'git-one = {{git = "{upstream.url}"}}',
        'folder = {path = "libs/folder", editable = true}',
        f'w = {{path = "{made.filename}"}}',
        f's = {{path = "{sdist.filename}"}}',
    ]
    tail = "\n[tool.detent.sources]\n" + "\n".join(sources) + "\n"
    sandbox.manifest("git-one", "folder", "w", "s", tail=tail)
    sandbox.detent("sync").ok()
    outlast_a_tick()
    for words in (("lock",), ("sync",), ("run", "python", "-V")):
        settle(sandbox, *words)

    sandbox.write("libs/folder/src/folder/code.py", "")
    assert is_at_once(sandbox, "sync")
    sandbox.write("libs/folder/setup.cfg", "")
    assert is_at_once(sandbox, "lock")
    assert not is_at_once(sandbox, "sync")
    settle(sandbox, "sync")
    path = "libs/folder/pyproject.toml"
    sandbox.write(path, sandbox.read(path).replace('["b"]', '["b", "c"]'))
    assert not is_at_once(sandbox, "run", "python", "-V")
    assert sandbox.installed()["c"] == "1.0"
    sandbox.write(path, sandbox.read(path).replace('["b", "c"]', '["b"]'))
    assert not is_at_once(sandbox, "lock")
    settle(sandbox, "lock")


def test_a_folder_of_which_every_file_counts_is_looked_at_every_time(sandbox: Sandbox) -> None:
    member(sandbox, "libs/folder")
    sandbox.manifest(
        "folder", tail='\n[tool.detent.sources]\nfolder = {path = "libs/folder", editable = false}\n'
    )
    sandbox.detent("sync").ok()
    outlast_a_tick()
    for _ in range(3):
        assert not is_at_once(sandbox, "sync")
    settle(sandbox, "lock")
