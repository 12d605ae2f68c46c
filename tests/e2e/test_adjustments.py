"""What a project says beside its requirements: locked, installed, and a lock that is out of date without it."""

import tomllib

import pytest

from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel

EXCLUSIVE = """
[project.optional-dependencies]
cpu = ["torch==1.0"]
gpu = ["torch==2.0"]
all = ["demo[cpu]"]
[dependency-groups]
dev = ["b"]
"""


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(
        index,
        *(wheel("a", version, requires=["b<2", "c"]) for version in ("1.0", "2.0")),
        *(wheel("b", version) for version in ("1.0", "2.0")),
        wheel("c"),
        *(wheel("torch", version) for version in ("1.0", "2.0")),
    )
    return sandbox


def pins(sandbox: Sandbox) -> list[str]:
    return [f"{p['name']} {p['version']}" for p in tomllib.loads(sandbox.read("pylock.toml"))["packages"]]


def stale(sandbox: Sandbox) -> str:
    """Why the lock is out of date."""
    done = sandbox.detent("lock", "--check")
    assert done.code == 1
    assert "[lock-stale]" in done.err
    return done.err


@pytest.mark.parametrize(
    ("table", "text", "locked", "without"),
    [
        ("constraint-dependencies", '["a<2"]', ["a 1.0", "b 1.0", "c 1.0"], "`a<2` was removed from"),
        ("override-dependencies", '["b==2.0"]', ["a 2.0", "b 2.0", "c 1.0"], "`b==2.0` was removed from"),
        (
            "override-dependencies",
            '[{ package = "a", dependencies = ["b==2.0"] }]',
            ["a 2.0", "b 2.0", "c 1.0"],
            "`a: b==2.0` was removed from",
        ),
        ("exclude-dependencies", '["c"]', ["a 2.0", "b 1.0"], "`c` was removed from"),
        (
            "exclude-dependencies",
            '[{ package = { name = "a", version = "2" }, dependencies = ["c"] }]',
            ["a 2.0", "b 1.0"],
            "`a==2: c` was removed from",
        ),
        (
            "environments",
            "[\"sys_platform == 'linux'\"]",
            ["a 2.0", "b 1.0", "c 1.0"],
            "`sys_platform == 'linux'` was removed from",
        ),
        (
            "required-environments",
            "\"sys_platform == 'linux'\"",
            ["a 2.0", "b 1.0", "c 1.0"],
            "`sys_platform == 'linux'` was removed from",
        ),
        (
            "dependency-metadata",
            '[{ name = "a", version = "2.0", requires-dist = ["b>=2"] }]',
            ["a 2.0", "b 2.0"],
            "`a==2.0 | b>=2` was removed from",
        ),
    ],
)
def test_a_table_is_locked_installed_and_part_of_what_makes_a_lock_fresh(
    project: Sandbox, table: str, text: str, locked: list[str], without: str
) -> None:
    project.manifest("a", tail=f"[tool.detent]\n{table} = {text}\n")

    project.detent("sync").ok()

    assert pins(project) == locked
    assert [f"{name} {version}" for name, version in project.installed().items()] == locked
    project.detent("lock", "--check").ok()
    before = project.read("pylock.toml")
    assert table in before
    project.detent("lock").ok()
    assert project.read("pylock.toml") == before

    project.manifest("a")
    assert f"{without} [tool.detent] {table}" in stale(project)
    project.detent("lock").ok()
    assert table not in project.read("pylock.toml")


def test_extras_that_exclude_each_other_are_locked_apart_and_installed_one_at_a_time(
    project: Sandbox,
) -> None:
    conflicts = '[tool.detent]\nconflicts = [[{ extra = "cpu" }, { extra = "gpu" }]]\n'
    project.manifest("a", tail=EXCLUSIVE + conflicts)

    project.detent("lock").ok()

    assert pins(project) == ["a 2.0", "b 1.0", "c 1.0", "torch 1.0", "torch 2.0"]
    project.detent("lock", "--check").ok()
    project.detent("sync", "--extra", "gpu").ok()
    assert project.installed()["torch"] == "2.0"
    project.detent("sync", "--frozen", "--extra", "all").ok()
    assert project.installed()["torch"] == "1.0"
    for words in (["--extra", "cpu", "--extra", "gpu"], ["--all-extras"], ["--frozen", "--all-extras"]):
        done = project.detent("sync", *words)
        assert done.code == 2
        assert "extra `cpu` and extra `gpu` cannot be on together [exclusive-extras]" in done.err
    assert project.installed()["torch"] == "1.0"
    done = project.detent("export", "--extra", "gpu", "--extra", "all")
    assert done.code == 2

    project.manifest(
        "a", tail=f'{EXCLUSIVE}[tool.detent]\nconflicts = [[{{ extra = "cpu" }}, {{ group = "dev" }}]]\n'
    )
    assert "was added to [tool.detent] conflicts" in stale(project)


def test_a_group_that_is_on_by_default_is_named_as_one(project: Sandbox) -> None:
    conflicts = '[tool.detent]\nconflicts = [[{ extra = "cpu" }, { group = "dev" }]]\n'
    project.manifest("a", tail=EXCLUSIVE.replace('gpu = ["torch==2.0"]\n', "") + conflicts)
    project.detent("lock").ok()

    done = project.detent("sync", "--extra", "cpu")

    assert done.code == 2
    assert "extra `cpu` and group `dev` (on by default) cannot be on together" in done.err
    assert "pass `--no-group dev`" in done.err
    project.detent("sync", "--extra", "cpu", "--no-group", "dev").ok()


def test_adding_to_what_the_environment_excludes_says_what_can_be_done(project: Sandbox) -> None:
    conflicts = '[tool.detent]\nconflicts = [[{ extra = "cpu" }, { group = "dev" }]]\n'
    project.manifest("a", tail=EXCLUSIVE.replace('gpu = ["torch==2.0"]\n', "") + conflicts)
    project.detent("sync").ok()
    before = project.snapshot()

    done = project.detent("add", "--optional", "cpu", "c")

    assert done.code == 2
    assert "extra `cpu` and group `dev` (on by default) cannot be on together" in done.err
    assert done.err.endswith("next: pass `--no-sync`, and choose with `detent sync` afterwards\n")
    assert project.snapshot() == before
    project.detent("add", "--optional", "cpu", "c", "--no-sync").ok()


def test_a_lock_for_other_environments_says_how_it_can_be_for_this_one_too(project: Sandbox) -> None:
    line = "environments = [\"sys_platform == 'plan9'\"]\n"
    project.manifest("a", tail=f"[tool.detent]\n{line}")

    done = project.detent("sync")

    assert done.code == 1
    assert "next: add this one to `environments` in [tool.detent], and run `detent lock`" in done.err


def test_it_is_said_once_that_pip_would_ask_the_packages_themselves(project: Sandbox) -> None:
    said = "so pip installs `pylock.toml` with `--no-deps` only"
    project.manifest("a", tail='[tool.detent]\nconstraint-dependencies = ["a<2"]\n')
    assert said not in project.detent("lock").ok().err

    project.manifest("a", tail='[tool.detent]\noverride-dependencies = ["b==2.0"]\n')
    assert f"`override-dependencies` of [tool.detent] changes what packages ask for, {said}" in (
        project.detent("lock").ok().err
    )
    project.manifest("a", "c", tail='[tool.detent]\noverride-dependencies = ["b==2.0"]\n')
    assert said not in project.detent("lock").ok().err


def test_a_lock_with_a_line_that_says_nothing_is_refused(project: Sandbox) -> None:
    project.manifest("a", tail='[tool.detent]\nconstraint-dependencies = ["a<2"]\n')
    project.detent("lock").ok()
    project.write("pylock.toml", project.read("pylock.toml").replace('"a<2"', '"a <<2"'))

    done = project.detent("sync", "--frozen")

    assert done.code == 2
    assert "`tool.detent.inputs.constraint-dependencies[0]` cannot be read" in done.err


def test_a_lock_that_was_made_to_say_another_constraint_is_found(project: Sandbox) -> None:
    project.manifest("a", tail='[tool.detent]\nconstraint-dependencies = ["a<2"]\n')
    project.detent("lock").ok()
    for name in ("pyproject.toml", "pylock.toml"):
        project.write(name, project.read(name).replace('"a<2"', '"a>=2"'))

    said = "the lock has `a 1.0`, which `a>=2` in [tool.detent] constraint-dependencies rules out"
    assert said in stale(project)


def test_several_faults_of_the_tables_are_shown_with_their_lines(project: Sandbox) -> None:
    project.manifest("a", tail='[tool.detent]\nconstraint-dependencies = ["a[x]<2"]\nconflicts = [[]]\n')

    done = project.detent("lock")

    assert done.code == 2
    assert "pyproject.toml:7:28" in done.err
    assert "pyproject.toml:8:14" in done.err
