from pathlib import Path

import pytest

from detent.errors.project import ManifestInvalid
from detent.project.manifest import declares_project, parse_manifest
from support.manifests import fault, faults, manifest, pyproject


def test_a_project_is_read_with_everything_in_its_normal_form() -> None:
    text = """\
[project]
name = "My.Project"
version = "1.0.0-rc1"
requires-python = ">= 3.11, <4"
dependencies = ["Requests >= 2"]
dynamic = ["description"]
scripts = {me = "me:main"}
gui-scripts = {me-gui = "me:gui"}

[build-system]
requires = ["hatchling"]
"""
    found = manifest(text)

    assert found.path == Path("pyproject.toml")
    assert found.text == text
    assert (found.name, found.raw_name) == ("my-project", "My.Project")
    assert found.version == "1.0.0rc1"
    assert found.requires_python == ">=3.11,<4"
    assert [str(r) for r in found.dependencies] == ["requests>=2"]
    assert found.dynamic == ("description",)
    assert found.scripts == (("me", "me:main"), ("me-gui", "me:gui"))
    assert found.is_package
    assert found.warnings == ()


def test_a_project_that_depends_on_its_own_name_hears_of_it() -> None:
    head = '[project]\nname = "Some.Thing"\nversion = "1"\ndependencies = '

    (warning,) = manifest(head + '["some-thing>=2"]\n').warnings

    assert warning.startswith("`some-thing` in [project.dependencies] is this project itself")
    extras = '[project.optional-dependencies]\nnet = ["x"]\n[dependency-groups]\ndev = ["some-thing"]\n'
    assert manifest(head + '["some-thing[net]"]\n' + extras).warnings == ()


def test_what_only_another_tool_reads_is_named() -> None:
    uv = '[tool.uv]\nexclude-newer = "7 days"\nconstraint-dependencies = ["a<2"]\n'
    sources = f'{uv}[tool.uv.sources]\na = {{ path = "../a" }}\n'

    (warning,) = manifest(pyproject(sources)).unread

    named = "`tool.uv.constraint-dependencies`, `tool.uv.exclude-newer` in pyproject.toml"
    assert f"only uv reads {named}; " in warning
    for text in ("[tool.uv]\npackage = true\nsources = {}\n", "[tool]\nuv = 3\n"):
        assert manifest(pyproject(text)).unread == ()


def test_what_is_said_to_detent_as_well_is_not_named() -> None:
    both = 'constraint-dependencies = ["a<2"]\n'

    assert manifest(pyproject(f"[tool.uv]\n{both}[tool.detent]\n{both}")).unread == ()
    (warning,) = manifest(pyproject('[tool.pdm.resolution]\nexcludes = ["a"]\n')).unread
    assert "only pdm reads `tool.pdm.resolution`" in warning


def test_the_inputs_of_a_lock_carry_the_lists_and_the_index() -> None:
    text = pyproject(
        '[project.optional-dependencies]\nb = ["y"]\na = ["x"]\n[dependency-groups]\ndev = ["z"]\n',
        project='dependencies = ["w"]',
    )

    inputs = manifest(text).inputs("https://index.example/simple/")

    assert inputs.name == "me"
    assert inputs.requires_python == ">=3.11"
    assert [extra for extra, _ in inputs.extras] == ["a", "b"]
    assert inputs.default_groups == ("dev",)
    assert inputs.index_url == "https://index.example/simple/"
    assert sorted(str(root.requirement) for root in inputs.roots()) == ["w", "x", "y", "z"]


def test_without_requires_python_it_is_empty() -> None:
    assert manifest('[project]\nname = "me"\nversion = "1"\n').requires_python == ""


def test_a_version_may_be_dynamic() -> None:
    assert manifest('[project]\nname = "me"\ndynamic = ["version"]\n').version is None


@pytest.mark.parametrize(
    ("rest", "is_package"),
    [
        ("", False),
        ("[build-system]\nrequires = []\n", True),
        ("[build-system]\nrequires = []\n[tool.detent]\npackage = false\n", False),
        ("[build-system]\nrequires = []\n[tool.detent]\npackage = true\n", True),
    ],
)
def test_a_project_is_a_package_when_it_can_be_built(rest: str, *, is_package: bool) -> None:
    assert manifest(pyproject(rest)).is_package is is_package


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ('[project]\nversion = "1"\n', "1:1", "`project.name` is missing"),
        ('[project]\nname = 3\nversion = "1"\n', "2:1", "`project.name` must be a string, found a number"),
        ('[project]\nname = "a b"\nversion = "1"\n', "2:1", "`project.name` cannot be used"),
        ('[project]\nname = "a"\n', "1:1", "`project.version` is missing"),
        ('[project]\nname = "a"\nversion = "x"\n', "3:1", "`project.version`: `x` is not a valid version"),
        ('[project]\nname = "a"\nversion = []\n', "3:1", "`project.version` must be a string, found a list"),
        (
            '[project]\nname = "a"\nversion = "1"\nrequires-python = "3.11"\n',
            "4:1",
            "`project.requires-python`: `3.11` is not a valid version specifier",
        ),
        (
            '[project]\nname = "a"\nversion = "1"\nrequires-python = ">=3.12,<3.11"\n',
            "4:1",
            "`project.requires-python`: no Python can be `>=3.12,<3.11`",
        ),
        (
            '[project]\nname = "a"\nversion = "1"\nrequires-python = 3.11\n',
            "4:1",
            "`project.requires-python` must be a string, found a number",
        ),
        (
            '[project]\nname = "a"\nversion = "1"\ndynamic = ["version"]\n',
            "4:12",
            "`project.version` is both written down and said to be dynamic",
        ),
        (
            '[project]\ndynamic = ["name"]\nversion = "1"\nname = "a"\n',
            "2:12",
            "`project.name` cannot be dynamic",
        ),
        ('[project]\nname = "a"\nversion = "1"\ndynamic = "x"\n', "4:1", "`project.dynamic` must be a list"),
        (
            '[project]\nname = "a"\nversion = "1"\nscripts = {a = 1}\n',
            "4:1",
            "`project.scripts` must be a table",
        ),
        ("project = 3\n", "1:1", "`project` must be a table, found a number"),
        ("[[project]]\n", "1:1", "`project` must be a table, found a list"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, where: str, what: str) -> None:
    error = fault(text)

    assert isinstance(error, ManifestInvalid)
    assert error.where == f"pyproject.toml:{where}"
    assert what in error.what


def test_a_file_without_a_project_says_what_is_missing() -> None:
    error = fault("[tool.ruff]\nline-length = 100\n")

    assert error.what == "`pyproject.toml`: there is no `[project]` table"
    assert error.next_steps


def test_a_poetry_project_is_recognised() -> None:
    error = fault('[tool.poetry]\nname = "a"\n')

    assert error.what == "`pyproject.toml:1:1`: there is no `[project]` table"
    assert "only Poetry reads" in error.why


def test_independent_faults_are_shown_together() -> None:
    found = faults('[project]\nname = ""\nversion = "x"\ndependencies = ["a b", 3]\n')

    assert [f.where for f in found if isinstance(f, ManifestInvalid)] == [
        "pyproject.toml:2:1",
        "pyproject.toml:3:1",
        "pyproject.toml:4:17",
        "pyproject.toml:4:24",
    ]


def test_the_project_may_refer_to_its_own_extras() -> None:
    text = pyproject('[project.optional-dependencies]\nall = ["me[a]"]\na = ["x"]\n')

    (_, (own,)) = manifest(text).extras[1]

    assert (own.name, own.extras) == ("me", ("a",))


def test_an_extra_of_its_own_that_a_back_end_tells_is_taken_at_its_word() -> None:
    text = pyproject('[dependency-groups]\ndev = ["me[a]"]\n', project='dynamic = ["optional-dependencies"]')

    ((_, (own,)),) = manifest(text).groups

    assert (own.name, own.extras) == ("me", ("a",))


def test_an_extra_of_its_own_that_does_not_exist_is_an_error() -> None:
    error = fault(
        pyproject('[dependency-groups]\ndev = [\n  "x",\n  "Me[nope]",\n]\nall = [{include-group = "dev"}]\n')
    )

    assert error.what == "`pyproject.toml:9`: `me[nope]` refers to an extra the project does not have"
    assert error.why == "it has no extras"


def test_a_project_table_is_what_makes_a_project() -> None:
    assert declares_project(pyproject())
    assert declares_project("\ufeff" + pyproject())
    assert not declares_project("[tool.ruff]\n")
    assert declares_project("not toml at all")


def test_the_name_shown_is_the_one_given() -> None:
    with pytest.raises(ManifestInvalid) as caught:
        parse_manifest("a = ", Path("/x/pyproject.toml"), display="../pyproject.toml")

    assert caught.value.where == "../pyproject.toml:1:5"
