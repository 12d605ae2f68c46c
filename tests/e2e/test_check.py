"""`detent check`: is the project in order? Nothing is changed, and nobody is asked."""

import pytest

from support.answers import answer
from support.cli import Done, Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel

BUILD = '\n[build-system]\nrequires = []\nbuild-backend = "backend"\n'


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(index, wheel("leaf", "1.0"), wheel("leaf", "2.0"))
    sandbox.manifest("leaf")
    sandbox.detent("sync").ok()
    return sandbox


def levels(done: Done) -> dict[str, str]:
    """How each check ended, by its name."""
    rows = [line.split(maxsplit=2) for line in done.out.splitlines() if line[0] != " "]
    return {name.rstrip(":"): level for level, name, _ in rows}


def test_a_project_in_order_has_a_line_for_each_check_and_nobody_is_asked(
    project: Sandbox, index: IndexServer
) -> None:
    index.forget()
    before = project.snapshot()

    done = project.detent("check").ok()

    names = ("project", "metadata", "tasks", "python", "lock", "environment")
    assert levels(done) == dict.fromkeys(names, "ok")
    assert "Everything is in order" in done.err
    assert index.count() == 0
    assert project.snapshot() == before


def test_what_is_wrong_is_told_together_with_what_helps(project: Sandbox) -> None:
    project.write(".python-version", "3.9\n")
    project.manifest(
        "leaf<2",
        tail='readme = "READ.md"\nlicense-files = ["LICENSE*", "pyproject.toml"]\n\n[project.scripts]\n'
        f'go = "gone.far:main"\n{BUILD}\n[tool.detent.tasks]\nt = {{ run = ["x"], groups = ["g"], cwd = "no" }}\n',
    )

    done = project.detent("check")

    assert done.code == 1
    for text in (
        "the readme `READ.md` does not exist",
        "no file matches `LICENSE*` in `license-files`",
        "there is no module `gone` for `go`",
        "the task `t` asks for the group `g`, which does not exist",
        "the folder `no` of the task `t` does not exist",
        "`.python-version` asks for Python `3.9`, which the project does not allow",
        "no longer matches `pyproject.toml`",
        "next: run `detent lock` to bring it up to date",
    ):
        assert text in done.out, text
    assert "Found 7 problems" in done.err


@pytest.mark.parametrize(
    "place", ["src/far/near.py", "far/near/__init__.py", "python/far/near.cpython-311.so", "far/near.pyx"]
)
def test_a_module_is_found_wherever_sources_lie(sandbox: Sandbox, place: str) -> None:
    sandbox.manifest(tail=f'\n[project.scripts]\ngo = "far.near:main"\n{BUILD}')
    missing = sandbox.detent("check")
    sandbox.write(place.replace("near", "other"), "")
    half = sandbox.detent("check")

    sandbox.write(place, "")

    assert "there is no module `far` for `go`" in missing.out
    assert "there is no module `far.near` for `go`" in half.out
    assert levels(sandbox.detent("check"))["metadata"] == "ok"


@pytest.mark.parametrize(
    "told",
    [
        'setuptools.packages.find.where = ["code/python"]',
        'poetry.packages = [{ include = "far", from = "code/python" }]',
        'hatch.build.targets.wheel.packages = ["code/python/far"]',
        'setuptools.package-dir = { "" = "code/python" }',
    ],
)
def test_a_module_is_found_where_a_back_end_is_told_of_it(sandbox: Sandbox, told: str) -> None:
    sandbox.manifest(tail=f'\n[project.scripts]\ngo = "far:main"\n{BUILD}\n[tool]\n{told}\n')
    sandbox.write("code/python/far/__init__.py", "")

    assert levels(sandbox.detent("check"))["metadata"] == "ok"


def test_a_missing_lock_leaves_the_environment_aside(sandbox: Sandbox) -> None:
    sandbox.manifest()

    done = sandbox.detent("check")

    assert done.code == 1
    assert (levels(done)["lock"], levels(done)["environment"]) == ("problem", "skipped")
    assert "`detent check` reads it and makes none" in done.out


def test_an_environment_with_other_packages_is_told_apart_from_a_stale_lock(project: Sandbox) -> None:
    project.detent("run", "python", "-c", "pass").ok()
    lock = project.read("pylock.toml")
    project.manifest("leaf<2")
    project.detent("lock").ok()

    other = project.detent("check")
    project.manifest("leaf")
    project.write("pylock.toml", lock)

    assert levels(other)["lock"] == "ok"
    assert "next: run `detent sync`" in other.out
    assert project.detent("check").code == 0


def test_a_pyproject_that_cannot_be_read_tells_all_its_faults_and_ends_there(project: Sandbox) -> None:
    project.write("pyproject.toml", '[project]\nname = "demo"\nversion = "x"\nrequires-python = "?"\n')

    done = project.detent("check")

    assert done.code == 2
    assert set(levels(done)) == {"project"}
    assert "`pyproject.toml:3" in done.out
    assert "`pyproject.toml:4" in done.out
    assert done.out.count("problem  project:") == 2


def test_a_lock_that_is_not_whole_is_found(project: Sandbox) -> None:
    project.write("pylock.toml", project.read("pylock.toml").replace('name = "leaf"', 'name = "other"'))

    done = project.detent("check")

    assert done.code in {1, 2}
    assert levels(done)["lock"] == "problem"


def test_json_says_the_same(project: Sandbox) -> None:
    fine = answer("check", project.detent("check", "--output-format", "json").ok())
    project.manifest("leaf<2")

    stale = project.detent("check", "--output-format", "json")

    assert fine["is_ok"]
    found = answer("check", stale)
    assert (stale.code, found["is_ok"]) == (1, False)
    lock = next(each for each in found["checks"] if each["name"] == "lock")
    assert lock["findings"][0]["code"] == "lock-stale"
