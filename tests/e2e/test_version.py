"""`detent version`: what it says, the bytes it changes, and that a failure puts them back."""

import json

import pytest

from support.backends import tiny_tree, write_tree
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel

MANIFEST = """\
[project]
name = "My.Demo"
version = '1.2.3'  # keep
requires-python = ">=3.11"
dependencies = ["letters"]
"""


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(index, wheel("letters", "1.0"))
    sandbox.write("pyproject.toml", MANIFEST)
    return sandbox


def test_the_version_is_shown(project: Sandbox) -> None:
    assert project.detent("version").ok() == (0, "my-demo 1.2.3\n", "")
    assert project.detent("version", "--short").ok().out == "1.2.3\n"
    assert json.loads(project.detent("version", "--output-format", "json").ok().out) == {
        "schema": {"version": 1},
        "package_name": "my-demo",
        "version": "1.2.3",
        "previous_version": None,
    }
    assert sorted(p.name for p in project.root.iterdir()) == ["pyproject.toml"]


def test_setting_and_raising_change_the_version_alone_then_lock_and_sync(project: Sandbox) -> None:
    raised = project.detent("version", "--bump", "minor", "--bump", "beta").ok()
    after = project.read("pyproject.toml")
    installed = project.installed()
    set_back = project.detent("version", "v1.0", "--frozen", "--short").ok()
    only_locked = project.detent("version", "--bump", "patch", "--no-sync", "--output-format", "json").ok()

    assert raised.out == "my-demo 1.2.3 => 1.3.0b1\n"
    assert "Resolved 1 package in " in raised.err
    assert " + letters==1.0\n" in raised.err
    assert after == MANIFEST.replace("1.2.3", "1.3.0b1")
    assert installed["letters"] == "1.0"
    assert set_back == (0, "1.0\n", "")
    told = json.loads(only_locked.out)
    assert (told["package_name"], told["version"], told["previous_version"]) == ("my-demo", "1.0.1", "1.0")
    assert told["sync"] is None
    assert project.read("pyproject.toml") == MANIFEST.replace("1.2.3", "1.0.1")


def test_nothing_is_changed_by_looking_ahead_or_by_what_is_refused(project: Sandbox) -> None:
    ahead = project.detent("version", "--bump", "major", "--dry-run").ok()
    for words, said in (
        (("1.0", "--bump", "minor"), "`[VERSION]` and `--bump` cannot be used together"),
        (("--bump", "nope"), "`--bump` cannot be `nope`"),
        (("--bump", "dev"), "--bump minor --bump dev"),
        (("blah",), "`blah` is not a version"),
    ):
        done = project.detent("version", *words)
        assert (done.code, done.out) == (2, "")
        assert said in done.err
    locked = project.detent("version", "2.0", "--locked")

    assert ahead == (0, "my-demo 1.2.3 => 2.0.0\n", "")
    assert locked.code == 1
    assert [p.name for p in project.root.iterdir()] == ["pyproject.toml"]
    assert project.read("pyproject.toml") == MANIFEST


def test_the_installed_project_says_its_new_version(sandbox: Sandbox) -> None:
    write_tree(sandbox.root, tiny_tree("demo", "0.2.0"))
    sandbox.detent("sync").ok()

    done = sandbox.detent("version", "--bump", "minor").ok()

    assert done.out == "demo 0.2.0 => 0.3.0\n"
    assert " - demo==0.2.0" in done.err
    assert " + demo==0.3.0" in done.err
    assert sandbox.installed() == {"demo": "0.3.0"}


def test_a_sync_that_fails_puts_the_version_back(project: Sandbox, index: IndexServer) -> None:
    project.detent("lock").ok()
    before = project.snapshot()
    publish(index, wheel("letters", "1.0", files={"letters.py": "not what was locked"}))

    failed = project.detent("version", "--bump", "minor")

    assert failed.code == 1
    assert failed.out == ""
    assert {k: v for k, v in project.snapshot().items() if not k.startswith(".venv")} == before


def test_a_version_that_the_back_end_finds_out_is_neither_shown_nor_set(project: Sandbox) -> None:
    project.write("pyproject.toml", MANIFEST.replace("version = '1.2.3'", 'dynamic = ["version"]'))

    for words in ((), ("2.0",), ("--bump", "minor")):
        done = project.detent("version", *words)
        assert done.code == 2
        assert "`pyproject.toml:3:1`: the version is not in this file" in done.err
        assert "`project.dynamic`" in done.err
