"""Nobody but the user's own cache can say that there is nothing to do."""

import os
import shutil
from pathlib import Path

import pytest

from detent import stamp
from support.asking import ask, settle, stamp_of
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(index, wheel("a"))
    sandbox.manifest("a")
    sandbox.detent("lock").ok()
    sandbox.detent("sync").ok()
    settle(sandbox, "sync")
    settle(sandbox, "run", "true")
    return sandbox


def test_a_stamp_that_came_with_a_repository_is_not_looked_at(project: Sandbox) -> None:
    true_stamp = stamp_of(project)
    for place in (
        ".venv/.detent/stamp",
        f"{stamp.BUCKET}/{true_stamp.name}",
        f".cache/detent/{stamp.BUCKET}/{true_stamp.name}",
    ):
        (project.root / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(true_stamp, project.root / place)
    true_stamp.unlink()

    for cache in (".", ".cache/detent", "~/.cache/detent"):
        assert not ask(project, "run", "--no-sync", "true", env={"DETENT_CACHE_DIR": cache}).is_at_once
    assert not ask(project, "sync").is_at_once


def test_a_project_cannot_say_where_the_cache_is(project: Sandbox) -> None:
    shutil.copytree(project.cache, project.root / "prepared")
    project.write(
        "pyproject.toml", project.read("pyproject.toml") + '\n[tool.detent]\ncache-dir = "prepared"\n'
    )

    asked = ask(project, "sync")

    assert (asked.is_at_once, asked.code) == (False, 2)
    assert "cache-dir" in asked.said


def test_a_cache_that_everybody_may_write_to_answers_nothing(project: Sandbox) -> None:
    project.cache.chmod(0o777)

    asked = ask(project, "sync")

    assert (asked.is_at_once, asked.code) == (False, 1)
    assert "everybody may write" in asked.said


@pytest.mark.skipif(os.geteuid() != 0, reason="giving files away takes root")
def test_a_cache_of_another_user_answers_nothing(project: Sandbox) -> None:
    os.chown(stamp_of(project), 12345, 12345)
    assert ask(project, "run", "true").is_at_once is False
    os.chown(project.cache, 12345, 12345)

    asked = ask(project, "sync")

    assert (asked.is_at_once, asked.code) == (False, 1)
    assert "belongs to user 12345" in asked.said


def test_a_link_in_place_of_a_stamp_is_not_followed(project: Sandbox, tmp_path: Path) -> None:
    moved = stamp_of(project).rename(tmp_path / "moved")
    stamp_of(project).symlink_to(moved)

    assert not ask(project, "sync").is_at_once
    assert not stamp_of(project).is_symlink()


def test_a_damaged_stamp_stops_nobody(project: Sandbox) -> None:
    whole = stamp_of(project).read_bytes()
    flipped = whole[:200] + bytes([whole[200] ^ 1]) + whole[201:]
    for data in (flipped, whole[:-1], b"", bytes(len(whole))):
        stamp_of(project).write_bytes(data)

        asked = ask(project, "sync")

        assert asked[:2] == (False, 0)
        assert asked.said == "Resolved 1 package in TIME\nChecked 1 package in TIME\n"
