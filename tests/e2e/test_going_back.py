"""Add and then remove: the same bytes again, or a word about what could go back."""

import pytest

from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(
        index,
        wheel("web", "1.0", requires=["core"]),
        *(wheel("core", v) for v in ("1.0", "1.1", "2.0")),
        wheel("core", "3.0", requires_python=">=3.13"),
        wheel("old", "1.0", requires=["core<2", "leaf"], extras={"more": ["side<2"]}),
        wheel("leaf", "1.0"),
        wheel("plain", "1.0", requires=["core>=1", "leaf"]),
        *(wheel("side", v) for v in ("1.0", "2.0")),
    )
    sandbox.manifest("web", "side")
    return sandbox


def edit(sandbox: Sandbox, *words: str) -> str:
    return sandbox.detent(*words, "--no-sync").ok().err


@pytest.mark.parametrize("wish", ["plain", "leaf", "plain>=0.1", "core"])
def test_what_moved_nothing_leaves_nothing(project: Sandbox, wish: str) -> None:
    project.detent("lock").ok()
    before = project.snapshot()

    edit(project, "add", wish)
    said = edit(project, "remove", wish.partition(">")[0])

    assert "could go back" not in said
    assert project.snapshot() == before


def test_what_a_departed_package_held_back_is_named_and_stays(project: Sandbox) -> None:
    project.detent("lock").ok()
    assert "Updated core v2.0, v3.0 -> v1.1\n" in edit(project, "add", "old")

    said = edit(project, "remove", "old")

    assert (
        "note: `core` is kept at 1.1 and could go back to 2.0, 3.0, which `old` did not allow; "
        "run `detent lock -P core`\n"
    ) in said
    assert "Updated" not in said
    assert "Updated core v1.1 -> v2.0, v3.0\n" in project.detent("lock", "-P", "core").ok().err


def test_several_are_named_in_one_note(project: Sandbox) -> None:
    project.detent("lock").ok()
    edit(project, "add", "old[more]")

    notes = [line for line in edit(project, "remove", "old").splitlines() if line.startswith("note: ")]

    (note,) = notes
    assert note == (
        "note: `core` is kept at 1.1 and could go back to 2.0, 3.0, which `old` did not allow; "
        "`side` is kept at 1.0 and could go back to 2.0, which `old` did not allow; "
        "run `detent lock -P core -P side`"
    )


def test_a_bound_of_the_project_itself_is_named_as_it_was_written(project: Sandbox) -> None:
    edit(project, "add", "core<2")

    said = edit(project, "remove", "core", "--dry-run")

    assert "could go back to 2.0, 3.0, which `core<2` did not allow" in said


def test_what_moves_on_for_another_reason_is_not_named(project: Sandbox, index: IndexServer) -> None:
    index.cache_control = "no-cache"
    edit(project, "add", "plain")
    publish(index, wheel("core", "2.5"), wheel("leaf", "1.5"))

    assert "could go back" not in edit(project, "remove", "plain")


def test_a_hint_that_cannot_be_found_is_left_out(project: Sandbox, index: IndexServer) -> None:
    project.manifest("web", "side", "core<2")
    project.detent("lock").ok()
    index.fail("core-", times=None, status=500)

    said = edit(project, "remove", "core")

    assert "Removed `core<2`" in said
    assert "could go back" not in said


def test_what_is_held_back_in_a_part_is_named_with_the_part(project: Sandbox) -> None:
    project.manifest("web", "side", "core")
    project.detent("lock").ok()
    edit(project, "add", "core!=3.0; sys_platform == 'win32'")

    said = edit(project, "remove", "core")

    assert "`core` is kept at 2.0, 3.0 and could go back to 3.0 (where " in said
    assert "sys_platform == 'win32'" in said
    moved = project.detent("lock", "-P", "core").ok().err
    assert "Updated" not in moved  # the versions are the same, and where they are is not
    assert "win32" not in project.read("pylock.toml")
