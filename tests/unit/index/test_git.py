"""Starting git: which one, with which variables, and what is shown of what it says."""

import os
from pathlib import Path

import pytest

from detent.errors.fetch import GitMissing
from detent.index.git import Git, GitTrouble, find_git, git_variables, redacted
from detent.model.limits import Limits


def program(path: Path, text: str = "exit 0") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def path_of(*folders: Path | str) -> dict[str, str]:
    return {"PATH": os.pathsep.join(map(str, folders))}


def test_the_first_git_of_path_is_taken(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    first, second = program(tmp_path / "a/git"), program(tmp_path / "b/git")

    assert find_git(path_of(tmp_path / "empty", first.parent, second.parent), ()) == str(first)


def test_what_is_no_program_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/git").write_text("")
    (tmp_path / "b/git").mkdir(parents=True)

    with pytest.raises(GitMissing, match="there is no `git`"):
        find_git(path_of(tmp_path / "a", tmp_path / "b"), ())


@pytest.mark.parametrize("folder", ["", ".", "bin", "./bin"])
def test_a_relative_folder_is_no_place_for_programs(
    tmp_path: Path, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "git")
    program(tmp_path / "bin/git")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(GitMissing):
        find_git(path_of(folder), ())


def test_a_git_of_the_project_is_named_and_not_taken(tmp_path: Path) -> None:
    inside = program(tmp_path / "project/bin/git")

    with pytest.raises(GitMissing) as refused:
        find_git(path_of(inside.parent), (str(tmp_path / "project"),))

    assert str(inside) in refused.value.why


def test_a_folder_beside_the_project_with_a_longer_name_is_outside(tmp_path: Path) -> None:
    beside = program(tmp_path / "project-tools/git")

    assert find_git(path_of(beside.parent), (str(tmp_path / "project"),)) == str(beside)


def test_variables_that_lead_to_a_repository_are_dropped_and_configuration_stays() -> None:
    given = {
        "GIT_DIR": "/x",
        "GIT_WORK_TREE": "/x",
        "GIT_INDEX_FILE": "/x",
        "GIT_ASKPASS": "/usr/bin/ask",
        "GIT_SSH_COMMAND": "ssh -F mine",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "credential.helper",
        "GIT_CONFIG_VALUE_0": "store",
        "GIT_ALLOW_PROTOCOL": "ext:https:fd",
    }

    found = git_variables(given)

    assert {name for name in given if name not in found} == {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}
    assert found["GIT_ALLOW_PROTOCOL"] == "https"
    assert found["GIT_TERMINAL_PROMPT"] == "0"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at https://ada:secret@x.example/a", "at https://****@x.example/a"),
        ("at https://token@x.example/a", "at https://****@x.example/a"),
        ("at ssh://git@x.example/a", "at ssh://git@x.example/a"),
        ("at ssh://git:secret@x.example/a", "at ssh://****@x.example/a"),
        ("https://a:b@x https://c:d@y", "https://****@x https://****@y"),
        ("https://x.example/a@v1", "https://x.example/a@v1"),
    ],
)
def test_passwords_are_taken_out_of_urls(text: str, shown: str) -> None:
    assert redacted(text) == shown


def test_progress_is_no_message(tmp_path: Path) -> None:
    text = r"printf 'Receiving objects:  10%% (1/10)\rReceiving objects: 100%% (10/10), done.\nfatal: no\n' >&2; exit 3"
    git = Git(str(program(tmp_path / "git", text)), {}, Limits())

    with pytest.raises(GitTrouble) as failed:
        git.run("fetch")

    assert failed.value.reason == "`git fetch` exited with code 3"
    assert failed.value.lines[-1] == "fatal: no"
    assert not any("10%" in line.replace("100%", "") for line in failed.value.lines)


def test_a_program_that_does_not_start_is_one_trouble(tmp_path: Path) -> None:
    with pytest.raises(GitTrouble, match="could not be started"):
        Git(str(tmp_path / "gone"), {}, Limits()).run("fetch")


def test_a_closed_git_starts_nothing_more(tmp_path: Path) -> None:
    git = Git(str(program(tmp_path / "git", "exec sleep 60")), {}, Limits())
    git.close()

    with pytest.raises(GitTrouble):
        git.run("fetch")
