import tomllib
from importlib import import_module

import pytest
from packaging.requirements import Requirement

from detent.cli.flags import BACKEND_ALIASES
from detent.cli.flags import BACKENDS as FLAG_BACKENDS
from detent.errors import UsageError
from detent.project.templates import (
    BACKENDS,
    KINDS,
    Author,
    Kind,
    NewProject,
    license_expression,
    module_name,
    project_files,
    project_name,
)


def new(kind: Kind, name: str = "my-app", **more: object) -> dict[str, str]:
    return project_files(NewProject(kind=kind, name=name, python="3.12")._replace(**more))  # type: ignore[arg-type]


def manifest(kind: Kind, **more: object) -> dict[str, dict[str, object]]:
    return tomllib.loads(new(kind, **more)["pyproject.toml"])  # type: ignore[arg-type]


def test_an_app_is_a_package_with_a_command() -> None:
    files = new("app")

    assert sorted(files) == [
        ".gitignore",
        ".python-version",
        "README.md",
        "pyproject.toml",
        "src/my_app/__init__.py",
    ]
    data = tomllib.loads(files["pyproject.toml"])
    assert data["project"]["scripts"] == {"my-app": "my_app:main"}
    assert data["build-system"] == {"requires": ["hatchling"], "build-backend": "hatchling.build"}
    assert data["project"]["requires-python"] == ">=3.12"
    assert data["project"]["dependencies"] == []
    assert files[".python-version"] == "3.12\n"
    assert ".venv/" in files[".gitignore"]


def test_the_main_of_an_app_greets(capsys: pytest.CaptureFixture[str]) -> None:
    namespace: dict[str, object] = {}
    exec(new("app")["src/my_app/__init__.py"], namespace)

    main = namespace["main"]
    assert callable(main)
    main()

    assert capsys.readouterr().out == "Hello from my-app!\n"


def test_a_library_is_typed_and_has_no_command() -> None:
    files = new("lib")

    assert files["src/my_app/py.typed"] == ""
    data = tomllib.loads(files["pyproject.toml"])
    assert "scripts" not in data["project"]
    assert "build-system" in data


def test_a_bare_project_is_one_file() -> None:
    files = new("app", is_bare=True)

    assert list(files) == ["pyproject.toml"]
    data = tomllib.loads(files["pyproject.toml"])
    assert data["project"].keys() == {"name", "version", "requires-python", "dependencies"}
    assert "build-system" in data
    assert "build-system" not in manifest("script", is_bare=True)


def test_a_readme_that_is_not_wanted_is_not_named_either() -> None:
    files = new("lib", has_readme=False)

    assert "README.md" not in files
    assert "readme" not in manifest("lib", has_readme=False)["project"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_back_end_knows_what_it_is_called(backend: str) -> None:
    system = manifest("lib", backend=backend)["build-system"]

    requires = system["requires"]
    assert isinstance(requires, list)
    assert [Requirement(text).name for text in requires] == [backend]
    module = str(system["build-backend"]).partition(":")[0]
    if backend != "pdm-backend":  # the one that is not among the tests' own packages
        assert hasattr(import_module(module), "build_wheel")


def test_the_flag_offers_every_back_end() -> None:
    assert FLAG_BACKENDS == BACKENDS
    assert set(BACKEND_ALIASES.values()) < set(BACKENDS)


def test_an_author_and_a_licence_are_written_as_the_standards_ask() -> None:
    found = manifest("lib", license="MIT", author=Author('A "B"', "ab@example.com"))["project"]

    assert found["license"] == "MIT"
    assert found["authors"] == [{"name": 'A "B"', "email": "ab@example.com"}]
    assert manifest("lib", author=Author("", "ab@example.com"))["project"]["authors"] == [
        {"email": "ab@example.com"}
    ]


def test_a_licence_is_an_spdx_expression() -> None:
    assert license_expression("mit or apache-2.0") == "MIT OR Apache-2.0"
    with pytest.raises(UsageError, match="`--license` cannot be `The Unlicense`"):
        license_expression("The Unlicense")


def test_without_a_package_there_is_a_main_file() -> None:
    files = new("script")

    assert "main.py" in files
    assert not [path for path in files if path.startswith("src/")]
    assert "build-system" not in tomllib.loads(files["pyproject.toml"])


@pytest.mark.parametrize("kind", KINDS)
def test_every_text_ends_its_last_line(kind: Kind) -> None:
    assert all(not text or text.endswith("\n") for text in new(kind).values())


def test_a_description_is_written_as_toml_can_hold_it() -> None:
    said = 'a "quoted" \\ line\nbreak \U0001f600 \x7f'

    files = project_files(NewProject(kind="lib", name="a", python="3.12", description=said))

    assert tomllib.loads(files["pyproject.toml"])["project"]["description"] == said


@pytest.mark.parametrize(
    ("directory", "name"),
    [("demo", "demo"), ("My App", "my-app"), ("snake_case", "snake-case"), ("_x_", "x"), ("été 2", "t-2")],
)
def test_a_name_is_made_from_the_folder(directory: str, name: str) -> None:
    assert project_name(directory) == name


def test_a_folder_without_a_letter_gives_no_name() -> None:
    with pytest.raises(UsageError, match="no project name can be made") as caught:
        project_name("---")

    assert caught.value.next_steps == ("pass one with `--name`",)


def test_a_name_that_was_asked_for_is_never_bent() -> None:
    assert project_name("folder", "My.App") == "my-app"
    with pytest.raises(UsageError, match="name cannot be used"):
        project_name("folder", "my app")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("3d", "start with a letter"),
        ("class", "keyword"),
        ("json", "belongs to Python"),
        ("test", "belongs to Python"),
    ],
)
def test_a_package_python_could_not_import_is_refused(name: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        module_name(name)

    assert reason in caught.value.why
