"""Starting a project: what is written, and that nothing is overwritten."""

import tomllib
import zipfile

import pytest

from support.backends import HATCHLING, repacked_installed
from support.cli import Sandbox, publish
from support.index_server import IndexServer


def listed(sandbox: Sandbox) -> list[str]:
    return sorted(str(p.relative_to(sandbox.root)) for p in sandbox.root.rglob("*") if p.is_file())


def test_an_application_is_a_package_with_a_command(sandbox: Sandbox) -> None:
    done = sandbox.detent("init", "--name", "My.App", "--vcs", "none").ok()

    assert done.err == "Initialized project `my-app`\n"
    assert done.out == ""
    assert listed(sandbox) == [
        ".gitignore",
        ".python-version",
        "README.md",
        "pyproject.toml",
        "src/my_app/__init__.py",
    ]
    manifest = tomllib.loads(sandbox.read("pyproject.toml"))
    assert manifest["project"]["scripts"] == {"my-app": "my_app:main"}
    assert manifest["project"]["dependencies"] == []
    assert manifest["build-system"]["build-backend"] == "hatchling.build"
    assert manifest["project"]["requires-python"] == f">={sandbox.read('.python-version').strip()}"
    assert sandbox.detent("version").ok().out == "my-app 0.1.0\n"
    assert sandbox.detent("version", "--short").ok().out == "0.1.0\n"


@pytest.mark.parametrize(
    ("flags", "files"),
    [
        (("--lib",), ["README.md", "pyproject.toml", "src/lib/__init__.py", "src/lib/py.typed"]),
        (("--no-package",), ["README.md", "main.py", "pyproject.toml"]),
        (("--bare",), ["pyproject.toml"]),
        (("--no-package", "--no-readme"), ["main.py", "pyproject.toml"]),
        (("--lib", "--bare"), ["pyproject.toml"]),
    ],
)
def test_other_kinds_of_project(sandbox: Sandbox, flags: tuple[str, ...], files: list[str]) -> None:
    done = sandbox.detent("init", "lib", *flags, "--vcs", "none", "--no-pin-python").ok()

    assert done.err == "Initialized project `lib` at `lib`\n"
    folder = sandbox.root / "lib"
    found = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    assert [name for name in found if name != ".gitignore"] == files


def test_nothing_is_overwritten(sandbox: Sandbox) -> None:
    sandbox.write("README.md", "mine\n")
    sandbox.detent("init", "--no-package", "--vcs", "none").ok()
    before = sandbox.snapshot()
    again = sandbox.detent("init", "--bare")
    (sandbox.root / "src/demo").mkdir(parents=True)
    (sandbox.root / "other/src/other").mkdir(parents=True)
    (sandbox.root / "other/src/other/__init__.py").write_text("mine = 1\n")
    beside = sandbox.detent("init", "other", "--vcs", "none")

    assert sandbox.read("README.md") == "mine\n"
    assert again.code == 2
    assert "error: cannot initialize a project in `.` [project-exists]" in again.err
    assert "  why: `pyproject.toml` already exists" in again.err
    assert {name: data for name, data in sandbox.snapshot().items() if "other" not in name} == before
    assert beside.code == 2
    assert "`src/other/__init__.py` already exists" in beside.err
    assert not (sandbox.root / "other/pyproject.toml").exists()


def test_what_cannot_be_meant_is_refused_before_anything_is_written(sandbox: Sandbox) -> None:
    for words, said in (
        (("init", "--name", "a b"), "the project's name cannot be used"),
        (("init", "--app", "--lib"), "`--app` and `--lib` cannot be used together"),
        (("init", "--name", "json"), "a module of that name belongs to Python itself"),
        (("init", "a", "b"), "unexpected argument `b`"),
        (("init", "--vcs", "svn"), "the flag `--vcs` cannot be `svn`"),
        (("init", "--package", "--no-package"), "`--package` and `--no-package` cannot be used together"),
        (("init", "--no-package", "--build-backend", "flit"), "cannot be used together"),
        (("init", "--build-backend", "make"), "the flag `--build-backend` cannot be `make`"),
        (("new", "--license", "free"), "`--license` cannot be `free`"),
        (("init", "--author-from", "git"), "git names no author"),
    ):
        done = sandbox.detent(*words)
        assert done.code == 2
        assert said in done.err
    assert listed(sandbox) == []


def test_what_flags_say_stands_in_the_manifest(sandbox: Sandbox) -> None:
    settings = '[user]\nname = Ada "A" B\nemail = ada@example.com\n'
    (sandbox.root.parent / "home/.gitconfig").write_text(settings)

    flags = ("--description", "It adds", "--license", "mit", "--build-backend", "flit", "--vcs", "none")
    sandbox.detent("new", "adder", "--lib", *flags, "--no-readme").ok()
    sandbox.detent("init", "loose", "--no-package", "--vcs", "none").ok()
    sandbox.detent("init", "nobody", "--author-from", "none", "--vcs", "none").ok()

    project = tomllib.loads(sandbox.read("adder/pyproject.toml"))["project"]
    assert project["description"] == "It adds"
    assert project["license"] == "MIT"
    assert project["authors"] == [{"name": "Ada A B", "email": "ada@example.com"}]
    assert "readme" not in project
    assert 'build-backend = "flit_core.buildapi"' in sandbox.read("adder/pyproject.toml")
    assert "authors" not in sandbox.read("loose/pyproject.toml")
    assert "authors" not in sandbox.read("nobody/pyproject.toml")


@pytest.mark.parametrize(
    ("backend", "needs"),
    [
        ("hatchling", HATCHLING),
        ("setuptools", ("setuptools",)),
        ("flit-core", ("flit_core",)),
        ("poetry-core", ("poetry-core",)),
    ],
)
def test_a_new_package_is_built_installed_and_run(
    sandbox: Sandbox, index: IndexServer, backend: str, needs: tuple[str, ...]
) -> None:
    publish(index, *map(repacked_installed, needs))
    flags = ("--build-backend", backend, "--license", "MIT", "--description", "Greets", "--vcs", "none")
    sandbox.detent("init", "--name", "my-app", *flags).ok()
    sandbox.detent("init", "--lib", "--name", "my-lib", *flags, "lib").ok()

    assert sandbox.detent("run", "my-app").ok().out == "Hello from my-app!\n"
    sandbox.detent("build", cwd=sandbox.root / "lib").ok()
    names = zipfile.ZipFile(sandbox.root / "lib/dist/my_lib-0.1.0-py3-none-any.whl").namelist()
    assert {"my_lib/__init__.py", "my_lib/py.typed"} <= set(names)
