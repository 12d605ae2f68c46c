"""`detent outdated` and `detent upgrade`: what could be newer, and moving it, bounds and all."""

import os
import pty
import subprocess
import sys
import tomllib
from typing import Any

import pytest

from support.answers import answer
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel

TAIL = """
[project.optional-dependencies]
net = ["low"] # with low

[dependency-groups]
dev = [
    "tool >=1.0, <2",  # keep me
]
"""


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    """Everything at its oldest but allowed: `web<2` holds `low`, `tool` has patch, minor and major releases."""
    index.cache_control = "no-cache"
    publish(index, wheel("low", "1.0"), wheel("web", "1.0", requires=["low<2"]), wheel("tool", "1.0.0"))
    sandbox.manifest("web<2", tail=TAIL)
    sandbox.detent("lock").ok()
    publish(index, *(wheel("low", version) for version in ("1.1", "2.0", "3.0rc1")))
    publish(index, wheel("web", "1.1", requires=["low<2"]), wheel("web", "2.0", requires=["low"]))
    publish(index, *(wheel("tool", version) for version in ("1.0.1", "1.2.0", "3.1.4")))
    return sandbox


def locked(sandbox: Sandbox) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for package in tomllib.loads(sandbox.read("pylock.toml"))["packages"]:
        found.setdefault(package["name"], []).append(package.get("version", ""))
    return found


def facts(sandbox: Sandbox, *words: str) -> dict[str, Any]:
    return answer(words[0], sandbox.detent(*words, "--output-format", "json").ok())


# ---- outdated ------------------------------------------------------------------------------------


def test_each_package_has_what_is_locked_allowed_and_newest_and_who_holds_it(project: Sandbox) -> None:
    before = project.snapshot()

    told = project.detent("outdated").ok()

    assert told.out.splitlines() == [
        "package  current  allowed  latest  held by",
        "low      1.0      1.1      2.0     low<2 of web v1.1",
        "tool     1.0.0    1.2.0    3.1.4   tool<2,>=1.0 of demo (group: dev, pyproject.toml:12)".replace(
            "tool<2,>=1.0", "tool>=1.0,<2"
        ),
        "web      1.0      1.1      2.0     web<2 of demo (pyproject.toml:5)",
    ]
    assert project.snapshot() == before


def test_a_group_or_what_is_asked_for_alone_may_be_shown_and_all_of_it(project: Sandbox) -> None:
    project.detent("lock", "-P", "low").ok()

    assert [row["name"] for row in facts(project, "outdated", "--group", "dev")["packages"]] == ["tool"]
    assert [row["name"] for row in facts(project, "outdated", "--direct")["packages"]] == [
        "low",
        "tool",
        "web",
    ]
    project.manifest("web", "tool")
    project.detent("lock", "-U").ok()
    assert project.detent("outdated").ok().out == ""
    rows = facts(project, "outdated", "--all")["packages"]
    assert [(row["name"], row["is_outdated"]) for row in rows] == [
        ("low", False),
        ("tool", False),
        ("web", False),
    ]
    unknown = project.detent("outdated", "--group", "test")
    assert (unknown.code, "group `test` is not defined" in unknown.err) == (2, True)


def test_an_exit_code_tells_scripts_when_they_ask_for_it(project: Sandbox) -> None:
    assert project.detent("outdated", "--exit-code").code == 1
    project.manifest("tool")
    project.detent("lock", "-U").ok()
    assert project.detent("outdated", "--exit-code").code == 0


def test_what_waits_until_it_is_old_enough_is_told_with_the_day(project: Sandbox, index: IndexServer) -> None:
    index.files["tool-1.2.0-py3-none-any.whl"].uploaded = "2097-03-01T00:00:00Z"
    index.files["tool-3.1.4-py3-none-any.whl"].uploaded = "2098-03-01T00:00:00Z"

    (row,) = facts(project, "outdated", "--group", "dev", "--exclude-newer", "7 days")["packages"]

    assert (row["allowed"], row["latest"]) == (["1.0.1"], "3.1.4")
    assert row["waiting"] == {"version": "3.1.4", "until": "2098-03-08"}
    (row,) = facts(project, "outdated", "--group", "dev", "--exclude-newer", "2030-01-01")["packages"]
    assert row["waiting"] == {"version": "3.1.4", "until": None}


def test_whoever_has_a_pre_release_is_told_of_newer_ones(project: Sandbox, index: IndexServer) -> None:
    project.manifest("low==3.0rc1")
    project.detent("lock", "-U").ok()
    publish(index, wheel("low", "3.0rc2"))

    (row,) = facts(project, "outdated")["packages"]

    assert (row["latest"], [held["requirement"] for held in row["held_by"]]) == ("3.0rc2", ["low==3.0rc1"])


def test_what_a_newer_version_needs_itself_holds_it_too(project: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("tool", "1.9", requires=["low>=2"]))
    project.manifest("web<2", "tool<2")
    project.detent("lock").ok()

    row = next(row for row in facts(project, "outdated")["packages"] if row["name"] == "tool")
    assert row["held_by"][0]["requirement"] == "tool<2"
    del index.files["tool-3.1.4-py3-none-any.whl"]
    row = next(row for row in facts(project, "outdated")["packages"] if row["name"] == "tool")
    assert row["held_by"] == [{"requirement": "", "asker": None, "reason": "needs low>=2"}]


def test_a_pin_to_what_was_yanked_is_not_outdated_and_stays(project: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("gone", "1.0"), wheel("gone", "2.0"))
    index.yank("gone-2.0-py3-none-any.whl")
    project.manifest("tool<2", "gone==2.0")
    project.detent("lock").ok()

    assert project.detent("outdated").ok().out.splitlines() == [
        "package  current  allowed  latest  held by",
        "tool     1.0.0    1.2.0    3.1.4   tool<2 of demo (pyproject.toml:5)",
    ]
    project.detent("upgrade", "--bounds", "--no-sync").ok()
    assert locked(project) == {"gone": ["2.0"], "tool": ["3.1.4"]}
    assert '"gone==2.0"' in project.read("pyproject.toml")


# ---- upgrade -------------------------------------------------------------------------------------


def test_everything_moves_as_far_as_the_bounds_allow_and_is_installed(project: Sandbox) -> None:
    manifest = project.read("pyproject.toml")

    told = project.detent("upgrade").ok()

    assert locked(project) == {"low": ["1.1"], "tool": ["1.2.0"], "web": ["1.1"]}
    assert project.installed()["tool"] == "1.2.0"
    assert "Updated tool v1.0.0 -> v1.2.0" in told.err
    assert project.read("pyproject.toml") == manifest
    project.detent("lock", "--check").ok()


def test_named_packages_move_alone_under_either_name_of_the_command(project: Sandbox) -> None:
    project.detent("update", "tool", "--no-sync").ok()
    assert locked(project) == {"low": ["1.0"], "tool": ["1.2.0"], "web": ["1.0"]}
    assert project.installed() == {}
    project.detent("upgrade", "--group", "dev", "web==1.1", "--no-sync").ok()
    assert locked(project)["web"] == ["1.1"]


@pytest.mark.parametrize(("step", "version"), [("patch", "1.0.1"), ("minor", "1.2.0"), ("major", "3.1.4")])
def test_how_far_each_may_move_can_be_limited(project: Sandbox, step: str, version: str) -> None:
    project.manifest("web", "tool")
    project.detent("lock").ok()

    project.detent("upgrade", "--to", step, "--no-sync").ok()

    assert locked(project)["tool"] == [version]
    assert locked(project)["web"] == [{"patch": "1.0", "minor": "1.1", "major": "2.0"}[step]]
    project.detent("lock", "--check").ok()
    project.detent("lock").ok()
    assert locked(project)["tool"] == [version], (
        "the limit is written nowhere, and nothing moves without need"
    )


def test_bounds_move_in_the_style_they_are_written_in(project: Sandbox) -> None:
    before = project.read("pyproject.toml")

    told = project.detent("upgrade", "--bounds").ok()

    assert project.read("pyproject.toml") == before.replace("web<2", "web<3").replace(
        '"tool >=1.0, <2",  # keep me', '"tool >=3.1, <4",  # keep me'
    )
    assert locked(project) == {"low": ["2.0"], "tool": ["3.1.4"], "web": ["2.0"]}
    assert "Raised `web<2` to `web<3` (pyproject.toml:5)" in told.err
    assert "Raised `tool >=1.0, <2` to `tool >=3.1, <4` (pyproject.toml:12)" in told.err
    project.detent("lock", "--check").ok()
    project.detent("undo").ok()
    assert project.read("pyproject.toml") == before
    assert locked(project)["web"] == ["1.0"]


def test_only_the_bounds_of_what_is_named_move_and_no_further_than_it_may(project: Sandbox) -> None:
    project.detent("upgrade", "--bounds", "tool", "--to", "minor", "--no-sync").ok()

    assert locked(project) == {"low": ["1.0"], "tool": ["1.2.0"], "web": ["1.0"]}
    assert '"tool >=1.2, <2",  # keep me' in project.read("pyproject.toml")
    assert '"web<2"' in project.read("pyproject.toml")


@pytest.mark.parametrize("words", [(), ("--bounds",), ("--bounds", "--to", "minor", "tool")])
def test_a_dry_run_shows_it_and_writes_nothing(project: Sandbox, words: tuple[str, ...]) -> None:
    before = project.snapshot()

    told = project.detent("upgrade", "--dry-run", *words).ok()

    assert "Update tool v1.0.0 -> " in told.err
    assert ("Would raise `tool >=1.0, <2`" in told.err) == ("--bounds" in words)
    assert project.snapshot() == before


def test_facts_for_programs(project: Sandbox) -> None:
    found = facts(project, "upgrade", "--bounds", "tool", "--no-sync")

    assert found["bounds"] == [
        {
            "file": "pyproject.toml",
            "line": 12,
            "table": "dependency-groups.dev",
            "before": "tool >=1.0, <2",
            "after": "tool >=3.1, <4",
        }
    ]
    assert found["lock"]["changes"] == [{"name": "tool", "before": ["1.0.0"], "after": ["3.1.4"]}]
    assert (found["sync"], found["dry_run"]) == (None, False)


def test_on_failure_nothing_is_changed(project: Sandbox, index: IndexServer) -> None:
    before = project.snapshot()
    index.fail("/files/", status=404, times=None)

    failed = project.detent("upgrade", "--bounds")

    assert failed.code == 1
    assert project.snapshot() == before
    index.heal()
    unknown = project.detent("upgrade", "toll")
    assert (unknown.code, "did you mean `tool`?" in unknown.err) == (2, True)
    assert project.snapshot() == before


def test_on_failure_the_line_is_named_that_stands_in_the_file(project: Sandbox) -> None:
    failed = project.detent("upgrade", "--bounds", "tool", "--exclude-newer", "2020-01-01")

    assert (failed.code, "(pyproject.toml:12)" in failed.err, "command line" in failed.err) == (
        1,
        True,
        False,
    )


def test_a_version_that_cannot_be_says_why(project: Sandbox) -> None:
    before = project.snapshot()
    failed = project.detent("upgrade", "low==2.0")

    assert failed.code == 1
    assert "web<2 (pyproject.toml:5)" in failed.err
    assert project.snapshot() == before


def test_a_step_that_is_too_small_says_which_flag_to_do_without(project: Sandbox) -> None:
    project.manifest("tool>=3", "web")
    failed = project.detent("upgrade", "--to", "minor")

    assert failed.code == 1
    assert "is ruled out by `tool<2` (the flag `--to minor`)" in failed.err
    assert "do without the flag `--to minor`" in failed.err


def test_every_member_keeps_its_own_bounds_and_each_extra_its_own_version(
    sandbox: Sandbox, index: IndexServer
) -> None:
    index.cache_control = "no-cache"
    publish(index, wheel("tool", "1.0"), wheel("lib", "1.0"), wheel("lib", "2.0"))
    sandbox.write(
        "pyproject.toml",
        '[project]\nname = "mono"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["tool~=1.0"]\n'
        '[project.optional-dependencies]\none = ["lib<2"]\ntwo = ["lib>=2,<3"]\n'
        '[tool.detent]\nconflicts = [[{extra = "one"}, {extra = "two"}]]\n'
        '[tool.detent.workspace]\nmembers = ["packages/*"]\n',
    )
    member = '[project]\nname = "beta"\nversion = "1"\ndependencies = []\n'
    member += '[dependency-groups]\ndev = ["tool==1.0"] # pinned\n[tool.detent]\npackage = false\n'
    path = sandbox.write("packages/beta/pyproject.toml", member)
    sandbox.detent("lock").ok()
    publish(index, wheel("tool", "2.3"), wheel("lib", "1.5"), wheel("lib", "2.5"), wheel("lib", "3.1"))
    root = sandbox.read("pyproject.toml")

    sandbox.detent("upgrade", "--to", "minor", "lib", "--bounds", "--no-sync").ok()
    assert locked(sandbox)["lib"] == ["1.5", "2.5"]
    assert sandbox.read("pyproject.toml") == root
    told = sandbox.detent("upgrade", "--bounds", "tool", "--no-sync", cwd=path.parent).ok()

    assert locked(sandbox)["tool"] == ["2.3"]
    assert path.read_text() == member.replace("tool==1.0", "tool==2.3")
    assert sandbox.read("pyproject.toml") == root.replace("tool~=1.0", "tool~=2.3")
    assert "(packages/beta/pyproject.toml:6)" in told.err
    sandbox.detent("lock", "--check").ok()
    sandbox.detent("upgrade", "--bounds", "--no-sync").ok()
    assert locked(sandbox)["lib"] == ["1.5", "2.5"], "extras that exclude each other differ on purpose"
    assert 'one = ["lib<2"]' in sandbox.read("pyproject.toml")
    sandbox.detent("undo").ok()
    assert (path.read_text(), sandbox.read("pyproject.toml")) == (member, root)


def test_bounds_move_in_members_that_others_need(sandbox: Sandbox, index: IndexServer) -> None:
    index.cache_control = "no-cache"
    publish(index, wheel("tool", "1.0"), wheel("lib", "1.0"))
    tail = '[tool.detent]\npackage = false\nworkspace = {members = ["beta"]}\nsources = {beta = {workspace = true}}\n'
    sandbox.manifest("beta", tail=tail)
    member = '[project]\nname = "beta"\nversion = "1"\ndependencies = ["tool<2"]\n'
    member += '[dependency-groups]\ndev = ["lib"]\n[tool.detent]\npackage = false\n'
    path = sandbox.write("beta/pyproject.toml", member)
    sandbox.detent("lock").ok()
    publish(index, wheel("tool", "2.3"), wheel("lib", "2.0"))

    assert sandbox.detent("outdated", "--all").ok().out.splitlines()[2].split(maxsplit=4)[4:] == [
        "tool<2 of beta (beta/pyproject.toml:4)"
    ]
    refused = sandbox.detent("why-not", "tool==2.3").ok()
    assert "next: write `tool>=2.3` in beta/pyproject.toml:4" in refused.out
    told = sandbox.detent("outdated", "--group", "dev", cwd=path.parent).ok()
    assert [line.split()[0] for line in told.out.splitlines()] == ["package", "lib"]
    sandbox.detent("lock", "--upgrade-group", "dev", cwd=path.parent).ok()
    assert locked(sandbox) == {"beta": [""], "lib": ["2.0"], "tool": ["1.0"]}
    sandbox.detent("upgrade", "--bounds", "--no-sync").ok()

    assert locked(sandbox)["tool"] == ["2.3"]
    assert path.read_text() == member.replace("tool<2", "tool<3")
    sandbox.detent("lock", "--check").ok()
    sandbox.detent("undo").ok()
    assert path.read_text() == member


def test_what_moves_because_of_others_goes_no_further_than_it_may(
    project: Sandbox, index: IndexServer
) -> None:
    project.manifest("web", tail=TAIL)
    publish(index, wheel("web", "1.2", requires=["low>=2"]))

    project.detent("upgrade", "web", "--to", "minor", "--no-sync").ok()
    assert locked(project) == {"low": ["1.0"], "tool": ["1.0.0"], "web": ["1.1"]}
    project.manifest("web", "low>=2", "tool")
    project.detent("upgrade", "web", "--to", "minor", "--no-sync").ok()
    assert locked(project) == {"low": ["2.0"], "tool": ["1.0.0"], "web": ["1.2"]}


# ---- asked on a terminal -------------------------------------------------------------------------


def test_without_a_terminal_nobody_is_asked(project: Sandbox) -> None:
    before = project.snapshot()
    refused = project.detent("upgrade", "--interactive")

    assert (refused.code, "needs a terminal" in refused.err) == (2, True)
    assert "detent outdated" in refused.err
    assert project.snapshot() == before


@pytest.mark.parametrize(
    ("answer", "moved"),
    [(b"2\n", {"tool"}), (b"1-2, 3\n", {"low", "tool", "web"}), (b"\n", set())],
)
def test_what_is_chosen_on_a_terminal_moves(project: Sandbox, answer: bytes, moved: set[str]) -> None:
    before = locked(project)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "detent", "upgrade", "--interactive", "--no-sync"]
    with subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=project.root,
        env=project.variables,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        seen = b""
        while b"for none:" not in seen:
            seen += os.read(ours, 1000)
        os.write(ours, answer)
        try:
            while more := os.read(ours, 1000):
                seen += more
        except OSError:  # the other side has ended
            pass
    os.close(ours)

    assert process.returncode == 0
    assert b"2  tool v1.0.0 -> v1.2.0" in seen
    after = locked(project)
    assert {name for name in after if after[name] != before[name]} == moved
