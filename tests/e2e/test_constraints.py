"""Files of constraints for `add`: they bound this resolution, and nothing else remembers them."""

import pytest

from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(
        index,
        wheel("shout", "1.0", requires=["letters"]),
        wheel("shout", "2.0", requires=["letters"]),
        *(wheel("letters", v) for v in ("1.0", "1.1", "2.0")),
        *(wheel("paint", v) for v in ("1.0", "2.0")),
    )
    sandbox.manifest()
    return sandbox


def test_they_are_respected_and_written_nowhere(project: Sandbox) -> None:
    project.write("bounds.txt", "# ours\nletters<2  # until later\nunused==7\n-c more/os.txt\n")
    project.write("more/os.txt", "shout!=2.0 --hash=sha256:00\npaint<2; sys_platform == 'nowhere'\n")

    said = project.detent("add", "shout", "paint", "-c", "bounds.txt").ok().err

    assert " + letters==1.1\n + paint==2.0\n + shout==1.0\n" in said
    assert '"shout>=1.0"' in project.read("pyproject.toml")
    for name in ("pyproject.toml", "pylock.toml"):
        assert "unused" not in project.read(name)
        assert "<2" not in project.read(name)
    project.detent("lock", "--check").ok()
    assert "Updated" not in project.detent("lock").ok().err


def test_a_requirements_file_may_read_some(project: Sandbox) -> None:
    project.write("all.txt", "shout\n-c bounds.txt\n")
    project.write("bounds.txt", "shout<2\n")

    assert " + shout==1.0\n" in project.detent("add", "-r", "all.txt").ok().err


def test_what_is_locked_moves_when_they_say_so(project: Sandbox) -> None:
    project.detent("add", "shout", "--no-sync").ok()
    project.write("bounds.txt", "letters==1.0\n")

    locked = project.detent("add", "paint", "-c", "bounds.txt", "--no-sync").ok().err
    assert "Updated letters v2.0 -> v1.0\n" in locked

    project.write("bounds.txt", "letters==1.1\n")
    done = project.detent("add", "paint", "-c", "bounds.txt", "--locked")
    assert (done.code, "[lock-would-change]" in done.err, "`letters` would move" in done.err) == (
        1,
        True,
        True,
    )
    assert "Updated letters v1.0 -> v1.1\n" in (
        project.detent("add", "paint", "-c", "bounds.txt", "--no-sync").ok().err
    )


def test_a_contradiction_names_the_line(project: Sandbox) -> None:
    project.write("bounds.txt", "\nshout<1\n")
    before = project.snapshot()

    done = project.detent("add", "shout", "-c", "bounds.txt")

    assert (done.code, "[conflict]" in done.err) == (1, True)
    assert "shout<1" in done.err
    assert "bounds.txt:2" in done.err
    assert project.snapshot() == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ok\na[x]<2\n", "`bounds.txt:2`: `a[x]<2` cannot be a constraint"),
        (
            "a @ https://me:secret@example.com/a.whl\n",
            "`bounds.txt:1`: `a @ https://****@example.com/a.whl` cannot be",
        ),
        ("./a\n", "`bounds.txt:1`: `./a` cannot be a constraint"),
        ("\na b\n", "`a b` is not a valid requirement (bounds.txt:2)"),
        ("-i https://example.com/\n", "`bounds.txt:1`: the option `-i` is not supported"),
        ("-c bounds.txt\n", "`bounds.txt` includes itself"),
    ],
)
def test_what_cannot_be_one_is_refused_with_its_place(project: Sandbox, text: str, words: str) -> None:
    project.write("bounds.txt", text)
    before = project.snapshot()

    done = project.detent("add", "shout", "--constraints", "bounds.txt")

    assert (done.code, words in done.err, "secret" in done.err) == (2, True, False), done.err
    assert project.snapshot() == before


def test_all_faults_are_named_at_once(project: Sandbox) -> None:
    project.write("bounds.txt", "a[x]\nb[y]\n")

    said = project.detent("add", "shout", "-c", "bounds.txt").err

    assert ("bounds.txt:1" in said, "bounds.txt:2" in said) == (True, True)


def test_options_of_the_resolver_count_for_what_is_added(project: Sandbox) -> None:
    said = project.detent("add", "shout>=1", "--resolution", "lowest-direct", "--no-sync").ok().err

    assert "Added letters v2.0\nAdded shout v1.0\n" in said


def test_without_locking_they_could_not_count(project: Sandbox) -> None:
    project.write("bounds.txt", "shout<2\n")

    done = project.detent("add", "shout", "-c", "bounds.txt", "--frozen")

    assert (done.code, "cannot be used" in done.err) == (2, True), done.err
