"""How an environment is linked: it stays so until a flag or a setting names another mode."""

import shutil

import pytest

from support.asking import is_at_once, settle
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    """A project whose environment was made with links to folders."""
    publish(index, wheel("a"), wheel("b"))
    sandbox.manifest("a")
    sandbox.detent("sync", "--link-mode", "directory").ok()
    return sandbox


def mode(project: Sandbox) -> str:
    (package,) = project.root.glob(".venv/lib/python*/site-packages/a")
    return "directory" if package.is_symlink() else "files"


@pytest.mark.parametrize("line", ["run true", "sync", "add b", "lock", "run --no-sync true", "sync --no-dev"])
def test_a_command_that_names_no_mode_keeps_the_one_there_is(project: Sandbox, line: str) -> None:
    project.detent(*line.split()).ok()

    assert mode(project) == "directory"
    project.detent("sync", "--reinstall").ok()
    assert mode(project) == "directory"
    assert project.detent("sync", "--check").ok().err.endswith("\nWould make no changes\n")


def test_a_test_on_ci_keeps_it_too(project: Sandbox) -> None:
    project.detent("run", "true", env={"CI": "true"}).ok()

    assert mode(project) == "directory"


@pytest.mark.parametrize(
    ("words", "variables", "setting"),
    [
        (["--link-mode", "auto"], {}, ""),
        ([], {"DETENT_LINK_MODE": "hardlink"}, ""),
        ([], {}, 'link-mode = "copy"\n'),
    ],
)
def test_one_that_is_named_wins(
    project: Sandbox, words: list[str], variables: dict[str, str], setting: str
) -> None:
    project.write("detent.toml", setting)
    project.detent("sync", *words, env=variables).ok()
    assert mode(project) == "files"
    (project.root / "detent.toml").unlink()

    project.detent("sync", "--reinstall").ok()

    assert mode(project) == "files"


def test_what_a_file_says_counts_as_long_as_it_does(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("a"))
    sandbox.manifest("a")
    sandbox.write("detent.toml", 'link-mode = "directory"\n')
    sandbox.detent("sync").ok()
    assert mode(sandbox) == "directory"
    (sandbox.root / "detent.toml").unlink()

    sandbox.detent("sync").ok()

    assert mode(sandbox) == "files"


@pytest.mark.parametrize("line", ["sync", "run true"])
def test_the_next_answer_at_once_knows_the_mode(project: Sandbox, line: str) -> None:
    settle(project, *line.split())
    project.detent("sync", "--link-mode", "hardlink").ok()

    assert not is_at_once(project, *line.split())
    assert mode(project) == "files"


def test_what_a_killed_command_left_goes_with_the_next_that_has_nothing_to_do(project: Sandbox) -> None:
    left = project.root / ".venv/.detent/scratch-0123456789abcdef"
    left.write_text("half of the mode")

    project.detent("sync", "--inexact").ok()

    assert not left.exists()


def test_an_environment_that_is_made_anew_has_no_mode_yet(project: Sandbox) -> None:
    project.detent("sync").ok()
    shutil.rmtree(project.root / ".venv")

    project.detent("sync").ok()

    assert mode(project) == "files"


def test_byte_code_comes_at_once_where_a_link_makes_way(sandbox: Sandbox, index: IndexServer) -> None:
    first = wheel("a", files={"a/__init__.py": "", "a/one.py": "", "a/in/__init__.py": ""})
    publish(index, first, wheel("b", files={"a/two.py": "", "b.py": ""}))
    sandbox.manifest("a")
    sandbox.variables.update(DETENT_LINK_MODE="directory", DETENT_COMPILE_BYTECODE="1")
    sandbox.detent("sync").ok()
    assert mode(sandbox) == "directory"

    sandbox.detent("add", "b").ok()

    assert mode(sandbox) == "files"
    folder = next(sandbox.root.glob(".venv/lib/python*/site-packages/a"))
    assert {path.name.partition(".")[0] for path in folder.glob("__pycache__/*.pyc")} == {
        "__init__",
        "one",
        "two",
    }
    assert len(list(folder.glob("in/__pycache__/*.pyc"))) == 1
    before = sandbox.snapshot()
    sandbox.detent("sync").ok()
    assert sandbox.snapshot() == before
    sandbox.detent("sync", "--check", "--deep").ok()


def test_undoing_goes_back_to_the_mode_before(project: Sandbox) -> None:
    project.detent("sync", "--link-mode", "copy").ok()
    assert mode(project) == "files"

    project.detent("undo").ok()
    assert mode(project) == "directory"
    project.detent("run", "true").ok()

    assert mode(project) == "directory"
