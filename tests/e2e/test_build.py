import tarfile
from pathlib import Path

import pytest

from support.backends import HATCHLING, repacked_installed, tiny_sdist, tiny_tree, write_tree
from support.cli import Sandbox, publish
from support.index_server import IndexServer

SDIST, WHEEL = "demo-0.2.0.tar.gz", "demo-0.2.0-py3-none-any.whl"


@pytest.fixture
def project(sandbox: Sandbox) -> Sandbox:
    """A project that is built by a back end of its own."""
    write_tree(sandbox.root, tiny_tree("demo", "0.2.0"))
    return sandbox


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_source_distribution_is_built_and_the_wheel_from_it(project: Sandbox) -> None:
    calls = project.root.parent / "calls"

    done = project.detent("build", env={"TINY_CALLS": str(calls)}).ok()

    assert done.out == ""
    assert done.err == (
        "Building source distribution...\n"
        "Building wheel from source distribution...\n"
        f"Successfully built dist/{SDIST}\n"
        f"Successfully built dist/{WHEEL}\n"
    )
    assert names(project.root / "dist") == [".gitignore", WHEEL, SDIST]
    assert calls.read_text().split() == ["build_sdist", "get_requires_for_build_wheel", "build_wheel"]


def test_the_wheel_is_built_in_the_folder_only_when_it_is_asked_for_alone(sandbox: Sandbox) -> None:
    more = (
        "_build = build_wheel\ndef build_wheel(*a):\n    Path('built_here').touch()\n    return _build(*a)\n"
    )
    write_tree(sandbox.root, tiny_tree("demo", "0.2.0", more=more))

    sandbox.detent("build").ok()
    assert not (sandbox.root / "built_here").exists()

    sandbox.detent("build", "--wheel").ok()
    assert (sandbox.root / "built_here").exists()


@pytest.mark.parametrize(
    ("flags", "said", "made"),
    [
        (["--sdist"], ["Building source distribution..."], [SDIST]),
        (["--wheel"], ["Building wheel..."], [WHEEL]),
        (["--wheel", "--sdist"], ["Building source distribution...", "Building wheel..."], [SDIST, WHEEL]),
    ],
)
def test_one_kind_is_built_from_the_tree(
    project: Sandbox, flags: list[str], said: list[str], made: list[str]
) -> None:
    done = project.detent("build", *flags).ok()

    assert done.err.splitlines() == [*said, *(f"Successfully built dist/{name}" for name in made)]
    assert names(project.root / "dist") == sorted([".gitignore", *made])


def test_what_is_built_can_go_elsewhere(project: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()

    done = project.detent("build", "project", "-o", "out", cwd=tmp_path).ok()

    assert f"Successfully built out/{WHEEL}\n" in done.err
    assert names(tmp_path / "out") == [WHEEL, SDIST]
    assert not (project.root / "dist").exists()


def test_clear_removes_older_builds_and_nothing_else(project: Sandbox) -> None:
    others = ["backup.tar.gz", "folder.whl", "notes.txt", "other-1.0.tar.gz"]
    for name in (
        "demo-0.1.0.tar.gz",
        "demo-0.1.0-py3-none-any.whl",
        *others[:1],
        "folder.whl/x",
        *others[2:],
    ):
        project.write(f"dist/{name}", "old")

    project.detent("build", "--clear").ok()

    assert names(project.root / "dist") == sorted([WHEEL, SDIST, *others])


def test_a_failed_build_leaves_the_output_folder_alone(project: Sandbox) -> None:
    project.write(f"dist/{WHEEL}", "old")
    project.write(
        "backend/tiny.py",
        project.read("backend/tiny.py")
        + "\ndef build_wheel(*_):\n    raise SystemExit('no compiler here')\n",
    )

    done = project.detent("build", "--clear")

    assert done.code == 1
    assert "[build-failed]" in done.err
    assert "no compiler here" in done.err
    assert names(project.root / "dist") == [WHEEL]
    assert project.read(f"dist/{WHEEL}") == "old"


def test_a_source_distribution_is_built_where_it_lies(sandbox: Sandbox) -> None:
    made = tiny_sdist("demo", "0.2.0")
    (sandbox.root / made.filename).write_bytes(made.data)

    done = sandbox.detent("build", made.filename, "--clear").ok()

    assert done.err == (f"Building wheel from source distribution...\nSuccessfully built {WHEEL}\n")
    assert names(sandbox.root) == [WHEEL, SDIST]


def test_no_source_distribution_is_built_from_one(sandbox: Sandbox) -> None:
    made = tiny_sdist("demo", "0.2.0")
    (sandbox.root / made.filename).write_bytes(made.data)

    done = sandbox.detent("build", made.filename, "--sdist")

    assert done.code == 2
    assert "is a source distribution already" in done.err


@pytest.mark.parametrize("given", ["nowhere", "pyproject.toml", "a-1.0-py3-none-any.whl", "a-x.tar.gz"])
def test_what_cannot_be_built_is_a_fault_of_the_command_line(project: Sandbox, given: str) -> None:
    if given != "nowhere":
        (project.root / given).touch()

    done = project.detent("build", given)

    assert done.code == 2
    assert f"`{given}`" in done.err


def test_a_folder_that_nothing_builds_is_named(sandbox: Sandbox) -> None:
    done = sandbox.detent("build", ".")

    assert done.code == 1
    assert "[build-system-invalid]" in done.err


def test_where_there_is_nothing_to_build_that_is_said_before_anything_is_done(sandbox: Sandbox) -> None:
    done = sandbox.detent("build")

    assert done.code == 2
    assert done.err.startswith("error: no `pyproject.toml` found")
    assert "[manifest-missing]" in done.err


def test_the_project_above_is_built(project: Sandbox) -> None:
    done = project.detent("build", "--sdist", cwd=project.root / "src/demo").ok()

    assert (project.root / "dist" / SDIST).exists()
    assert str(project.root / "dist" / SDIST) in done.err


def test_settings_for_the_back_end_reach_every_hook(project: Sandbox) -> None:
    calls = project.root.parent / "calls"

    project.detent("build", "-C", "a=1", "-C", "b=x=y", "-C", "a=2", env={"TINY_CALLS": str(calls)}).ok()

    lines = calls.read_text().splitlines()
    assert lines
    assert all(line.endswith(' {"a": ["1", "2"], "b": "x=y"}') for line in lines)


def test_a_setting_without_a_value_is_refused(project: Sandbox) -> None:
    done = project.detent("build", "-C", "a")

    assert done.code == 2
    assert "KEY=VALUE" in done.err


def test_a_back_end_comes_from_the_index(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, *map(repacked_installed, HATCHLING))
    write_tree(
        sandbox.root,
        {
            "pyproject.toml": '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
            '[project]\nname = "demo"\nversion = "0.2.0"\n',
            "src/demo/__init__.py": "",
        },
    )

    sandbox.detent("build").ok()

    assert names(sandbox.root / "dist")[-1] == SDIST
    with tarfile.open(sandbox.root / "dist" / SDIST) as archive:
        assert "demo-0.2.0/src/demo/__init__.py" in archive.getnames()


def test_a_folder_with_nothing_but_a_setup_py_is_built(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, repacked_installed("setuptools"))
    write_tree(
        sandbox.root,
        {
            "setup.py": "from setuptools import setup\nsetup(name='demo', version='0.2.0', py_modules=['demo'])\n",
            "demo.py": "",
        },
    )

    sandbox.detent("build").ok()

    assert names(sandbox.root / "dist") == [".gitignore", WHEEL, SDIST]


def test_a_back_end_that_builds_another_project_is_found_out(project: Sandbox) -> None:
    project.write(
        "backend/tiny.py",
        project.read("backend/tiny.py").replace('return "{}-{}".format(', 'return "other-{1}".format('),
    )

    done = project.detent("build")

    assert done.code == 1
    assert "other-0.2.0.tar.gz" in done.err
    assert not (project.root / "dist").exists()
