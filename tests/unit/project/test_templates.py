import tomllib

import pytest

from detent.errors import UsageError
from detent.project.templates import KINDS, Kind, NewProject, module_name, project_files, project_name


def new(kind: Kind, name: str = "my-app") -> dict[str, str]:
    return project_files(NewProject(kind=kind, name=name, python="3.12"))


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
    files = new("bare")

    assert list(files) == ["pyproject.toml"]
    assert "build-system" not in tomllib.loads(files["pyproject.toml"])
    assert "readme" not in files["pyproject.toml"]


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
    ("name", "reason"), [("3d", "start with a letter"), ("class", "keyword"), ("json", "belongs to Python")]
)
def test_a_package_python_could_not_import_is_refused(name: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        module_name(name)

    assert reason in caught.value.why
