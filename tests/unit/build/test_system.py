"""Which back end a source tree asks for."""

from pathlib import Path

import pytest

from detent.build.system import BuildSystem, read_build_system
from detent.errors.build import BuildSystemInvalid

LEGACY = BuildSystem(("setuptools >= 40.8.0",), "setuptools.build_meta:__legacy__", ())


def read(root: Path, text: str | None, *beside: str) -> BuildSystem:
    if text is not None:
        (root / "pyproject.toml").write_text(text, "utf-8")
    for name in beside:
        (root / name).write_text("")
    return read_build_system(root, display="a/pyproject.toml")


def refusal(root: Path, text: str | None) -> str:
    with pytest.raises(BuildSystemInvalid) as caught:
        read(root, text)
    return f"{caught.value.what.split('`')[1]}: {caught.value.why}"


def test_the_table_is_taken_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "backend").mkdir()
    text = (
        '[build-system]\nrequires = ["hatchling >= 1", "b; python_version < \'3\'"]\n'
        'build-backend = "pkg.mod:obj.attr"\nbackend-path = ["backend", "."]\nunknown = 1\n'
    )

    found = read(tmp_path, text)

    assert found == BuildSystem(
        ("hatchling >= 1", "b; python_version < '3'"), "pkg.mod:obj.attr", ("backend", ".")
    )


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    text = '\ufeff[build-system]\nrequires = []\nbuild-backend = "b"\n'

    assert read(tmp_path, text) == BuildSystem((), "b")


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        (None, "setup.py"),
        (None, "setup.cfg"),
        ("[tool.black]\n", "setup.py"),
        ("[tool.black]\n", "setup.cfg"),
        ('[project]\nname = "a"\n', "a.py"),
    ],
)
def test_a_tree_that_does_not_say_is_built_by_setuptools(
    tmp_path: Path, text: str | None, beside: str
) -> None:
    assert read(tmp_path, text, beside) == LEGACY


def test_without_a_back_end_setuptools_is_meant_with_the_requirements_that_are_named(tmp_path: Path) -> None:
    text = '[build-system]\nrequires = ["setuptools", "numpy"]\n'

    assert read(tmp_path, text) == BuildSystem(("setuptools", "numpy"), LEGACY.backend)


def test_a_folder_with_nothing_to_build_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, None) == (
        "a/pyproject.toml: there is no such file, and neither a `setup.py` nor a `setup.cfg` beside it"
    )
    assert refusal(tmp_path, "[tool.black]\n") == (
        "a/pyproject.toml: it has neither `[build-system]` nor `[project]`, and there is no `setup.py`"
    )


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("build-system = 1\n", ":1:1", "`build-system` is a number, not a table"),
        ("[build-system]\n", ":1:1", "`[build-system]` has no `requires`"),
        ('[build-system]\nrequires = "a"\n', ":2:1", "`requires` is not a list of strings"),
        ("[build-system]\nrequires = [1]\n", ":2:1", "`requires` is not a list of strings"),
        (
            '[build-system]\nrequires = ["a", "b >= "]\n',
            ":2:18",
            "`b >= ` is not a valid requirement: `>=` has no version after `>=`",
        ),
        (
            "[build-system]\nrequires = []\nbuild-backend = []\n",
            ":3:1",
            "`build-backend` is a list, not a string",
        ),
        (
            '[build-system]\nrequires = []\nbuild-backend = "a:b:c"\n',
            ":3:1",
            "`a:b:c` is not `module` or `module:object`",
        ),
        (
            '[build-system]\nrequires = []\nbuild-backend = "a.py"\nbackend-path = "."\n',
            ":4:1",
            "`backend-path` is not a list of strings",
        ),
        (
            '[build-system]\nrequires = []\nbackend-path = ["."]\n',
            ":3:1",
            "`backend-path` says nothing without `build-backend`",
        ),
        ("[build-system\n", ":1:14", "it is not valid TOML: "),
        ("a = " + "[" * 5000, "", "it is not valid TOML: it is nested too deeply"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused_with_its_place(
    tmp_path: Path, text: str, place: str, reason: str
) -> None:
    assert refusal(tmp_path, text).startswith(f"a/pyproject.toml{place}: {reason}")


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("/usr/lib", "`/usr/lib` is not a relative path"),
        ("a\\u0000b", "`a\0b` is not a relative path"),
        ("..", "`..` lies outside the source"),
        ("../source-of-another", "`../source-of-another` lies outside the source"),
        ("backend/../../b", "`backend/../../b` lies outside the source"),
        ("../alias", "`../alias` lies outside the source"),
        ("link", "`link` lies outside the source"),
        ("link/below", "`link/below` lies outside the source"),
    ],
)
def test_a_back_end_of_the_tree_has_to_lie_in_it(tmp_path: Path, folder: str, reason: str) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (source / "link").symlink_to("../elsewhere")
    (tmp_path / "alias").symlink_to("source")
    text = f'[build-system]\nrequires = []\nbuild-backend = "b"\nbackend-path = [".", "{folder}"]\n'

    assert refusal(source, text) == f"a/pyproject.toml:4:22: {reason}"


def test_a_link_that_stays_in_the_tree_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "through").symlink_to(tmp_path)
    text = '[build-system]\nrequires = []\nbuild-backend = "b"\nbackend-path = ["link", "x/.."]\n'

    assert read(tmp_path / "through", text).backend_path == ("link", "x/..")


def test_a_file_that_is_no_text_or_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"\xff")
    assert refusal(tmp_path, None).startswith("a/pyproject.toml: it is not UTF-8: ")

    (tmp_path / "pyproject.toml").unlink()
    (tmp_path / "pyproject.toml").mkdir()
    assert refusal(tmp_path, None) == "a/pyproject.toml: it is not a file"
