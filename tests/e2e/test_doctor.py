"""`detent doctor`: what of this machine may make trouble, wherever it is asked and whatever is broken."""

import shutil
from pathlib import Path

import pytest

from support.answers import answer
from support.cli import Done, Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(index, wheel("leaf", "1.0"))
    sandbox.manifest("leaf")
    sandbox.detent("sync").ok()
    return sandbox


def rows(done: Done) -> dict[str, list[str]]:
    """Give the lines by what they are about."""
    found: dict[str, list[str]] = {}
    for line in done.out.splitlines():
        if line[0] != " ":
            level, _, name = line.partition(": ")[0].partition(" ")
            found.setdefault(name.strip(), []).append(level)
    return found


def test_a_machine_in_order(project: Sandbox, index: IndexServer) -> None:
    index.forget()
    before = project.snapshot()

    done = project.detent("doctor").ok()

    found = rows(done)
    assert {
        "cache",
        "cache size",
        "links",
        "python",
        "git",
        "certificates",
        "proxy",
        "index",
        "clock",
    } <= set(found)
    assert "problem" not in [level for levels in found.values() for level in levels]
    assert "Found no problems" in done.err
    assert index.paths() == ["/simple/"]
    assert project.snapshot() == before
    assert list(project.cache.glob(".detent-*")) == []


def test_offline_nobody_is_asked(project: Sandbox, index: IndexServer) -> None:
    index.forget()

    done = project.detent("doctor", "--offline").ok()

    assert "not asked, as the flag `--offline` says" in done.out
    assert index.count() == 0


def test_it_works_outside_of_a_project(sandbox: Sandbox) -> None:
    done = sandbox.detent("doctor").ok()

    assert "project: there is none here" in done.out


def test_a_broken_pyproject_is_one_of_its_rows(project: Sandbox) -> None:
    project.write("pyproject.toml", "[project\n")

    done = project.detent("doctor")

    assert done.code == 1
    assert "problem  project: `pyproject.toml:1:9`: not valid TOML" in done.out
    assert rows(done)["index"] == ["ok"]


def test_a_cache_that_cannot_be_used_is_one_of_its_rows(project: Sandbox) -> None:
    project.cache.chmod(0o777)

    done = project.detent("doctor")

    assert done.code == 1
    assert rows(done)["cache"] == ["problem"]
    assert "everybody may write to it" in done.out
    assert rows(done)["python"] == ["ok"]


def test_settings_that_cannot_be_used_are_one_of_its_rows(project: Sandbox) -> None:
    done = project.detent("doctor", env={"DETENT_LINK_MODE": "fast"})

    assert done.code == 1
    assert rows(done)["settings"] == ["problem"]
    assert rows(done)["python"] == ["ok"]


def test_an_index_that_does_not_answer_is_a_problem_and_no_password_is_told(project: Sandbox) -> None:
    url = "http://me:pass@127.0.0.1:9/simple/"

    done = project.detent(
        "doctor", env={"DETENT_DEFAULT_INDEX": url, "HTTPS_PROXY": "http://you:word@127.0.0.1:9"}
    )

    assert done.code == 1
    assert rows(done)["index"] == ["problem"]
    assert "https by `127.0.0.1:9` with a login" in done.out
    assert "pass@" not in done.out + done.err
    assert "you:" not in done.out + done.err


def test_variables_that_nobody_reads_are_named_with_the_one_that_was_meant(project: Sandbox) -> None:
    env = {"DETENT_CACHEDIR": "/x", "UV_INDEX_URL": "https://a.example", "DETENT_INDEX_OURS_PASSWORD": "pass"}

    done = project.detent("doctor", "--offline", env=env).ok()

    assert "`DETENT_CACHEDIR` is none that detent reads" in done.out
    assert "next: did you mean `DETENT_CACHE_DIR`?" in done.out
    assert "set for other tools, and not read: `UV_INDEX_URL`" in done.out
    assert "`DETENT_INDEX_OURS_PASSWORD`" in done.out
    assert "a.example" not in done.out


def test_entries_of_the_cache_that_cannot_be_read_are_counted(project: Sandbox) -> None:
    head = next(project.cache.glob("wheels-v2/unpacked/*/*/head"))
    head.write_bytes(b"damaged")

    done = project.detent("doctor", "--offline")

    assert done.code == 1
    assert "1 of 1 unpacked wheels cannot be read" in done.out
    assert "next: run `detent cache verify --repair`" in done.out


def test_an_environment_that_was_moved_is_a_problem(project: Sandbox, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    shutil.copytree(project.root, other, symlinks=True)

    done = project.detent("doctor", "--offline", cwd=other)

    assert done.code == 1
    assert "`.venv` has to be made again" in done.out


def test_links_that_lead_nowhere_and_a_change_that_was_not_finished(project: Sandbox) -> None:
    site = next((project.root / ".venv/lib").glob("python*/site-packages"))
    (site / "lost").symlink_to(project.root / "gone")
    (project.root / ".venv/.detent/journal").write_bytes(b"")

    done = project.detent("doctor", "--offline")

    assert done.code == 1
    assert (
        f"links in `.venv` lead nowhere: `{(site / 'lost').relative_to(project.root / '.venv')}`" in done.out
    )
    assert "the last change of `.venv` was not finished" in done.out


def test_json_says_the_same(project: Sandbox) -> None:
    done = project.detent("doctor", "--offline", "--output-format", "json").ok()

    found = answer("doctor", done)

    assert found["is_ok"]
    assert {row["level"] for row in found["findings"]} <= {"ok", "note"}
