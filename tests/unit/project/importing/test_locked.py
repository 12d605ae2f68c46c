"""Versions from the lock files of other tools."""

import pytest

from detent.errors.project import ManifestInvalid
from detent.project.importing import locked

POETRY = """\
[[package]]
name = "Numpy"
version = "2.0.0"
[[package]]
name = "numpy"
version = "1.26.4"
[[package]]
name = "mirrored"
version = "1.0.post1"
[package.source]
type = "legacy"
url = "https://pkgs.example.com/simple"
[[package]]
name = "repo"
version = "1"
[package.source]
type = "git"
[[package]]
name = "odd"
version = "not a version"
"""


def test_poetry_locks_several_versions_and_other_sources() -> None:
    found = locked.poetry_lock(POETRY, "poetry.lock")

    assert found.versions == {"mirrored": ("1.0.post1",), "numpy": ("1.26.4", "2.0.0")}
    assert found.total == 3


def test_uv_locks_the_project_itself_which_is_no_version_to_keep() -> None:
    found = locked.uv_lock(
        '[[package]]\nname = "a"\nversion = "1.0"\nsource = { registry = "https://pkgs.example.com" }\n'
        '[[package]]\nname = "me"\nversion = "0.1.0"\nsource = { editable = "." }\n',
        "uv.lock",
    )

    assert found.versions == {"a": ("1.0",)}


def test_pdm_locks_a_package_once_for_each_set_of_extras() -> None:
    found = locked.pdm_lock(
        '[[package]]\nname = "a"\nversion = "1.0"\n[[package]]\nname = "a"\nversion = "1.0"\nextras = ["x"]\n'
        '[[package]]\nname = "b"\nversion = "2"\npath = "./b"\n',
        "pdm.lock",
    )

    assert found.versions == {"a": ("1.0",)}


def test_pipenv_locks_every_category() -> None:
    found = locked.pipfile_lock(
        '{"_meta": {"requires": {}}, "default": {"a": {"version": "==1.0"}, "g": {"git": "https://example.com/g"}},'
        ' "develop": {"b": {"version": "==2", "markers": "os_name == \'nt\'"}}, "docs": {"c": {"version": "==3"}}}',
        "Pipfile.lock",
    )

    assert found.versions == {"a": ("1.0",), "b": ("2",), "c": ("3",)}


def test_a_damaged_lock_is_refused_by_name() -> None:
    with pytest.raises(ManifestInvalid, match=r"`Pipfile\.lock`: not valid JSON"):
        locked.pipfile_lock("{", "Pipfile.lock")
    with pytest.raises(ManifestInvalid, match=r"`poetry\.lock:1:\d+`: not valid TOML"):
        locked.poetry_lock("[[package", "poetry.lock")


@pytest.mark.parametrize("text", ["", "package = 1\n", 'package = [1, { name = 2 }, { version = "1" }]\n'])
def test_a_lock_without_packages_has_no_versions(text: str) -> None:
    assert locked.uv_lock(text, "uv.lock").versions == {}
