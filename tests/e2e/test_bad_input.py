"""What goes wrong outside of us ends in one clear error, the right exit code, and every file as it was."""

import resource
import subprocess
import sys

import pytest

from support.cli import Done, Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel, with_entry
from support.zips import Entry

FAST = {"DETENT_HTTP_TRIES": "1"}


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    """A project that is locked and synced, and a package that could be added."""
    publish(index, wheel("small", "1.0"), wheel("more", "2.0", requires=["small"]))
    sandbox.manifest("small>=1.0", tail="[dependency-groups]\ndocs = []\n")
    sandbox.detent("sync").ok()
    return sandbox


def refused(project: Sandbox, *words: str, code: int, says: str, env: dict[str, str] | None = None) -> Done:
    """Run what must fail, see that it says so, and that every file is as it was."""
    before = project.snapshot()
    done = project.detent(*words, env={**FAST, **(env or {})})
    assert done.code == code, done.err
    assert done.out == ""
    assert says in done.err, done.err
    assert done.err.startswith("error: ") or "\nerror: " in done.err
    assert "Traceback" not in done.err
    assert "detent itself failed" not in done.err
    assert project.snapshot() == before
    return done


# ---- the project's own files ------------------------------------------------------------------


def test_there_is_no_project(sandbox: Sandbox) -> None:
    for command in ("add", "remove", "lock", "sync", "tree", "version"):
        words = (command, "x") if command in {"add", "remove"} else (command,)
        done = refused(
            sandbox, *words, code=2, says="error: no `pyproject.toml` found in the current directory"
        )
        assert f"  why: the search started in `{sandbox.root}`\n next: run `detent init`" in done.err


UNUSABLE = [
    ('[project\nname = "x"\n', "`pyproject.toml:1:9`: not valid TOML [manifest-invalid]"),
    ("[tool.other]\n", "there is no `[project]` table"),
    ('[project]\nname = "x"\ndependencies = [\n  "ok",\n  "a b",\n]\n', "`pyproject.toml:5:3`: `a b` in"),
    (
        '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=9"\n',
        "no interpreter found for Python >=9",
    ),
    (
        '[project]\nname = "x"\nversion = "1"\n[dependency-groups]\na = [{include-group = "b"}]\n',
        "`pyproject.toml:5:6`: the included group `b` does not exist",
    ),
]


def test_a_pyproject_that_cannot_be_used(sandbox: Sandbox) -> None:
    for text, says in UNUSABLE:
        sandbox.write("pyproject.toml", text)
        refused(sandbox, "sync", code=2, says=says)


def test_a_pyproject_that_is_no_text(sandbox: Sandbox) -> None:
    (sandbox.root / "pyproject.toml").write_bytes(b"\n\xff\n")

    refused(sandbox, "lock", code=2, says="error: `pyproject.toml:2`: not UTF-8 text")


# ---- what was asked for -----------------------------------------------------------------------


COMPLAINTS = [
    (
        ("add", "a b"),
        2,
        "error: `a b` is not a valid requirement [invalid-requirement]\n  why: `b` cannot",
    ),
    (("add",), 2, "error: nothing to add"),
    (("add", "-r", "gone.txt"), 2, "error: there is no requirements file `gone.txt`"),
    (("add", "./more"), 2, "error: `./more` cannot be added [usage]\n  why: there is nothing at that path"),
    (
        ("add", "more @ https://me:x@example.com/more.whl"),
        2,
        "`more @ https://****@example.com/more.whl` cannot",
    ),
    (
        ("add", "git+https://example.com/more@--x"),
        2,
        "`--x` begins with `-`, which git would take for an option",
    ),
    (("add", "more", "--tag", "v1"), 2, "error: `--tag` needs a git repository"),
    (("add", "./more", "--tag", "v1", "--rev", "1"), 2, "`--rev` and `--tag` cannot be used together"),
    (("add", "Demo"), 2, "error: `demo` is this project, and cannot depend on itself [self-dependency]"),
    (
        ("add", "--dev", "demo[x]"),
        2,
        "error: extra `x` is not defined in `project.optional-dependencies`",
    ),
    (("add", "--dev", "--group", "x", "more"), 2, "`--dev` and `--group` cannot be used together"),
    (("add", "--group", "", "more"), 2, "error: `--group` cannot be ``"),
    (("add", "--optional", "b@d", "more"), 2, "error: `--optional` cannot be `b@d`"),
    (("add", "-m", "python_version <", "more"), 2, "error: `--marker` cannot be `python_version <`"),
    (("add", "more[loud]"), 2, "error: extra `loud` is not defined in `more` 2.0"),
    (("add", "gone"), 1, "error: there is no package named `gone` on the index [package-unknown]"),
    (("add", "more==3"), 1, "your project needs more==3 (command line); no version of it matches"),
    (
        ("add", "more", "small<1"),
        1,
        "your project needs small<1 (command line); no version of it matches",
    ),
    (("remove", "more"), 2, "error: the dependency `more` could not be found in `project.dependencies`"),
    (("remove", "a b"), 2, "error: `a b` is not a package name"),
    (("sync", "--extra", "nope"), 2, "error: extra `nope` is not defined in"),
    (
        ("sync", "--group", "nope"),
        2,
        "error: group `nope` is not defined in the `dependency-groups` table",
    ),
    (("sync", "--python", "2.7"), 2, "error: no interpreter found for Python 2.7"),
    (("tree", "--package", "nope"), 2, "`nope`"),
    (("lock", "--project", "gone"), 2, "error: the project `gone` does not exist"),
    (("--directory", "gone", "lock"), 2, "error: cannot change to the directory `gone`"),
    (("lokc",), 2, "error: unknown command `lokc` [usage]\n next: did you mean `detent lock`?"),
    (
        ("lock", "--dry-rum"),
        2,
        "error: unknown flag `--dry-rum` [usage]\n next: did you mean `--dry-run`?",
    ),
    (("add", "--group"), 2, "error: the flag `--group` needs a value"),
    (("cache", "claen"), 2, "did you mean `detent cache clean`?"),
]


def test_what_cannot_be_done_is_said(project: Sandbox) -> None:
    for words, code, says in COMPLAINTS:
        refused(project, *words, code=code, says=says)


def test_requirements_that_contradict_name_their_lines(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("a", "1.0", requires=["b<2"]), wheel("b", "1.0"), wheel("b", "2.0"))
    sandbox.manifest("b>=2")
    before = sandbox.read("pyproject.toml")
    added = refused(sandbox, "add", "a", code=1, says="error: no versions satisfy everything [conflict]")
    sandbox.write("pyproject.toml", before.replace('"b>=2"', '\n  "a",\n  "b>=2",\n'))
    locked = refused(sandbox, "lock", code=1, says="error: no versions satisfy everything [conflict]")

    for line in (
        "your project needs a (command line)",
        "your project needs b>=2 (pyproject.toml:5)",
        "a 1.0 needs b<2",
    ):
        assert line in added.err
    for line in ("your project needs a (pyproject.toml:6)", "your project needs b>=2 (pyproject.toml:7)"):
        assert line in locked.err


# ---- the index --------------------------------------------------------------------------------


def test_the_index_is_down(project: Sandbox, index: IndexServer) -> None:
    for status, says in ((500, "500"), (503, "503"), (404, "there is no package named `more`")):
        index.fail("/simple/more", status=status, times=None)
        refused(project, "add", "more", code=1, says=says)
        index.heal()
    index.fail("more-2.0", status=404, times=None)
    refused(project, "add", "more", code=1, says="more")
    index.heal()
    index.stop()
    refused(project, "add", "more", code=1, says="[index-unavailable]")
    project.detent("sync").ok()  # what is locked and stored needs no index


def test_a_file_that_is_not_the_one_listed(project: Sandbox, index: IndexServer) -> None:
    index.files["more-2.0-py3-none-any.whl"].data = wheel("more", "2.0", files={"evil.py": ""}).data

    done = refused(
        project, "add", "more", code=1, says="`more-2.0-py3-none-any.whl` of `more` is not the file that"
    )
    assert "[hash-mismatch]" in done.err
    assert not list((project.cache / "wheels-v2").rglob("evil.py"))


def test_a_wheel_that_would_write_outside(project: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("escape", "1.0", change=with_entry(Entry("../../escaped.py", b"evil"))))

    done = refused(project, "add", "escape", code=1, says="error: `escape-1.0-py3-none-any.whl` was refused")
    assert "escaped.py" in done.err
    assert not list(project.root.parent.rglob("escaped.py"))


def test_a_disk_that_takes_no_more(project: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("heavy", "1.0", files={"heavy.py": "x" * 3_000_000}))
    project.detent("add", "--dry-run", "heavy").ok()
    before = project.snapshot()

    done = subprocess.run(
        [sys.executable, "-m", "detent", "add", "heavy"],
        cwd=project.root,
        env=project.variables,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)),
    )

    assert done.returncode == 1
    assert "could not be written or read [file-trouble]" in done.stderr
    assert project.snapshot() == before
    project.detent("add", "heavy").ok()


def test_a_working_folder_that_is_gone(project: Sandbox) -> None:
    gone = project.root / "gone"
    gone.mkdir()
    command = ["sh", "-c", 'rmdir ../gone && exec "$@"', "sh", sys.executable, "-m", "detent", "sync"]

    done = subprocess.run(
        command, cwd=gone, env=project.variables, capture_output=True, text=True, check=False
    )

    assert (done.returncode, "error: the working folder is gone [usage]" in done.stderr) == (2, True)
