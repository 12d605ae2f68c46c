"""Pipfiles: packages, categories, the Python they are for; a pyproject.toml that may not be there."""

import pytest

from detent.errors.project import ManifestInvalid
from detent.project.document import parse_document
from detent.project.importing.conversion import Conversion
from detent.project.importing.pipfile import convert

PIPFILE = """\
[[source]]
url = "https://pkgs.example.com/simple"
verify_ssl = true
name = "corp"

[packages]
# web
requests = "*"  # http
flask = ">=2.0, <4"
old = "1.2"
u = {version = "==1.0", extras = ["a"], markers = "python_version > '3.8'", sys_platform = "== 'linux'"}
me = {path = ".", editable = true}

[dev-packages]
pytest = "*"

[lint]
ruff = {version = "*", index = "corp"}

[requires]
python_version = "3.11"

[scripts]
a = "b"
"""


def converted(pipfile: str, pyproject: str = "", public_host: str = "") -> Conversion:
    return convert(
        parse_document(pyproject, "pyproject.toml"),
        parse_document(pipfile, "Pipfile"),
        folder_name="the-folder",
        public_host=public_host,
    )


def test_a_pipfile_becomes_a_project() -> None:
    conversion = converted(PIPFILE)

    assert (
        conversion.text
        == """\
[project]
name = "the-folder"
version = "0.1.0"
requires-python = "==3.11.*"
dependencies = [
    # web
    "requests",  # http
    "flask>=2.0,<4",
    "old==1.2",
    "u[a]==1.0; (sys_platform == 'linux') and (python_version > '3.8')",
]

[dependency-groups]
dev = ["pytest"]
lint = ["ruff"]

[[tool.detent.index]]
name = "corp"
url = "https://pkgs.example.com/simple"
default = true
"""
    )
    assert conversion.direct == ()
    assert conversion.notes == (
        "`ruff` is no longer tied to the index `corp`",
        "`[scripts]` of `Pipfile` was not taken over",
    )


def test_the_public_index_is_not_written_down() -> None:
    assert "detent" not in converted(PIPFILE, public_host="pkgs.example.com").text


def test_a_pyproject_of_other_tools_gets_the_project_in_front() -> None:
    text = "# lint\n[tool.black]\nline-length = 99\n"

    assert converted("[packages]\na = '*'\n", text).text == (
        '[project]\nname = "the-folder"\nversion = "0.1.0"\ndependencies = [\n    "a",\n]\n\n' + text
    )


def test_a_project_that_is_there_gets_the_requirements() -> None:
    project = '[project]\nname = "x"\nversion = "1"\ndependencies = ["a"]\n'
    found = converted("[packages]\na = '>=2'\nb = '*'\n[requires]\npython_full_version = '3.11.7'\n", project)

    assert found.text == (
        '[project]\nname = "x"\nversion = "1"\nrequires-python = "==3.11.7"\ndependencies = ["a>=2", "b"]\n'
    )


def test_what_is_built_in_another_way_is_not_installed_in_silence() -> None:
    conversion = converted("[packages]\n", '[build-system]\nrequires = ["setuptools"]\n')

    assert conversion.text.endswith("\n[tool.detent]\npackage = false\n")
    assert conversion.notes[0].startswith("the project itself will not be installed")


@pytest.mark.parametrize(
    "entry", ['git = "https://example.com/a"', 'path = "./a"', 'file = "https://example.com/a.whl"']
)
def test_what_is_not_on_an_index_is_named(entry: str) -> None:
    (direct,) = converted(f"[packages]\na = {{ {entry} }}\n").direct

    assert (direct.name, direct.where, direct.source) == ("a", "Pipfile:2:1", f"`{entry.split(chr(34))[1]}`")


@pytest.mark.parametrize(
    "text", ["packages = 1\n", "[packages]\na = 1\n", "[packages]\na = '>>1'\n", "['a b']\nc = '*'\n"]
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(ManifestInvalid, match="`Pipfile:"):
        converted(text)


def test_pre_releases_are_a_setting_and_other_options_are_named() -> None:
    conversion = converted("[pipenv]\nallow_prereleases = true\nsort_pipfile = true\n")

    assert conversion.text.endswith('[tool.detent]\nprerelease = "allow"\n')
    assert conversion.notes == ("not taken over from `[pipenv]` of `Pipfile`: `sort_pipfile`",)
