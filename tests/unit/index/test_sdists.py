"""What a source distribution says of itself is believed where a standard says it may be, and nowhere else."""

import pytest

from detent.errors.fetch import MetadataInvalid
from detent.index.sdists import MEMBERS, static_metadata
from detent.model.candidate import Metadata

FILENAME = "a_b-1.0.tar.gz"

PYPROJECT = """
[project]
name = "A.b"
version = "1.0"
requires-python = ">=3.9"
dependencies = ["c>=1", "d; python_version < '3.10'"]

[project.optional-dependencies]
Net_X = ["e", "a-b[empty]; sys_platform == 'linux'"]
empty = []
"""


def pkg_info(*lines: str, version: str = "2.2") -> bytes:
    head = (f"Metadata-Version: {version}", "Name: a-b", "Version: 1.0")
    return "\n".join((*head, *lines, "", "Requires-Dist: readme")).encode()


def from_pkg_info(*lines: str, version: str = "2.2") -> Metadata | None:
    return static_metadata(FILENAME, {"PKG-INFO": pkg_info(*lines, version=version)})


def from_pyproject(text: str, filename: str = FILENAME) -> Metadata | None:
    return static_metadata(filename, {"PKG-INFO": pkg_info(version="2.1"), "pyproject.toml": text.encode()})


def shown(metadata: Metadata | None) -> tuple[str, list[str], dict[str, list[str]]]:
    assert metadata is not None
    assert (metadata.name, metadata.version, metadata.is_built) == ("a-b", "1.0", False)
    extras = {str(extra): [str(d) for d in needs] for extra, needs in metadata.extras}
    return metadata.requires_python, [str(d) for d in metadata.base], extras


# ---- PKG-INFO (PEP 643) -----------------------------------------------------------------------


@pytest.mark.parametrize("version", ["2.2", "2.3", "2.4", "2.10"])
def test_a_recent_pkg_info_is_believed(version: str) -> None:
    found = from_pkg_info(
        "Requires-Python: >=3.9", "Requires-Dist: c", "Requires-Dist: e; extra == 'x'", "Provides-Extra: x",
        version=version,
    )  # fmt: skip

    assert shown(found) == (">=3.9", ["c"], {"x": ["e"]})


@pytest.mark.parametrize("version", ["1.0", "1.2", "2.0", "2.1", "3.0", "2", "", "latest"])
def test_an_older_or_unknown_pkg_info_is_not_whatever_it_lists(version: str) -> None:
    assert from_pkg_info("Requires-Dist: c", version=version) is None


@pytest.mark.parametrize("field", ["Requires-Dist", "provides-extra", "REQUIRES-PYTHON"])
def test_a_dynamic_field_that_counts_needs_a_build(field: str) -> None:
    assert from_pkg_info("Dynamic: License", f"Dynamic: {field}") is None


def test_other_dynamic_fields_do_not_matter() -> None:
    assert shown(from_pkg_info("Dynamic: License-File", "Dynamic: Description")) == ("", [], {})


def test_a_pkg_info_without_fields_declares_that_there_is_nothing() -> None:
    assert shown(from_pkg_info()) == ("", [], {})


def test_a_dynamic_pkg_info_leaves_the_word_to_pyproject() -> None:
    members = {"PKG-INFO": pkg_info("Dynamic: Requires-Dist"), "pyproject.toml": PYPROJECT.encode()}

    assert shown(static_metadata(FILENAME, members))[0] == ">=3.9"


def test_a_static_pkg_info_speaks_before_pyproject() -> None:
    members = {"PKG-INFO": pkg_info("Requires-Dist: told"), "pyproject.toml": PYPROJECT.encode()}

    assert shown(static_metadata(FILENAME, members))[1] == ["told"]


@pytest.mark.parametrize(
    ("filename", "line", "reason"),
    [
        ("b-1.0.tar.gz", "", "metadata of `a-b 1.0`"),
        ("a-b-2.0.tar.gz", "", "metadata of `a-b 1.0`"),
        (FILENAME, "Requires-Dist: !!", "is not valid"),
        (FILENAME, "Provides-Extra: !", "extra"),
    ],
)
def test_a_static_pkg_info_that_cannot_be_right_is_refused(filename: str, line: str, reason: str) -> None:
    with pytest.raises(MetadataInvalid) as caught:
        static_metadata(filename, {"PKG-INFO": pkg_info(line) if line else pkg_info()})

    assert reason in caught.value.why


@pytest.mark.parametrize(
    "filename", ["a-b-1.0.tar.gz", "a.b-1.0.zip", "A_B-1.tar.gz", "a--b-v1.0.0.tgz", "a-b-1.0.tar.bz2"]
)
def test_old_ways_to_write_a_file_name_are_understood(filename: str) -> None:
    shown(static_metadata(filename, {"PKG-INFO": pkg_info()}))


def test_a_dash_may_stand_in_the_version_too() -> None:
    raw = pkg_info().replace(b"Version: 1.0", b"Version: 1.0.post2")

    found = static_metadata("a-b-1.0-2.tar.gz", {"PKG-INFO": raw})

    assert found is not None
    assert found.version == "1.0.post2"


# ---- pyproject.toml (PEP 621) -------------------------------------------------------------------


def test_a_static_project_table_is_believed() -> None:
    assert shown(from_pyproject(PYPROJECT)) == (
        ">=3.9",
        ["c>=1", "d; python_version < '3.10'"],
        {"empty": [], "net-x": ["e", "a-b[empty]; sys_platform == 'linux'"]},
    )


def test_the_project_table_says_the_same_as_pkg_info_would() -> None:
    lines = (
        "Requires-Python: >=3.9", "Requires-Dist: c>=1", "Requires-Dist: d; python_version < '3.10'",
        "Provides-Extra: net-x", "Provides-Extra: empty", "Requires-Dist: e; extra == 'net-x'",
        "Requires-Dist: a-b[empty]; sys_platform == 'linux' and extra == 'net-x'",
    )  # fmt: skip

    assert from_pyproject(PYPROJECT) == from_pkg_info(*lines)


def test_what_the_project_table_leaves_out_is_not_there() -> None:
    assert shown(from_pyproject('[project]\nname = "a-b"\nversion = "1"\n'.replace('"1"', '"1.0"'))) == (
        "",
        [],
        {},
    )


@pytest.mark.parametrize("key", ["dependencies", "optional-dependencies", "requires-python"])
def test_a_dynamic_key_that_counts_needs_a_build(key: str) -> None:
    text = f'[project]\nname = "a-b"\nversion = "1.0"\ndynamic = ["readme", "{key}"]\n'

    assert from_pyproject(text) is None


def test_a_dynamic_version_is_the_one_of_pkg_info() -> None:
    text = PYPROJECT.replace('version = "1.0"', 'dynamic = ["version"]')

    assert shown(from_pyproject(text)) == shown(from_pyproject(PYPROJECT))
    assert static_metadata(FILENAME, {"pyproject.toml": text.encode()}) is None


def test_other_dynamic_keys_do_not_matter() -> None:
    assert from_pyproject(PYPROJECT.replace('version = "1.0"', 'version = "1.0"\ndynamic = ["readme"]'))


@pytest.mark.parametrize(
    ("text", "filename"),
    [
        (PYPROJECT, "b-1.0.tar.gz"),
        (PYPROJECT, "a-b-2.0.tar.gz"),
        ("", FILENAME),
        ("not toml", FILENAME),
        ("[project]\n", FILENAME),
        ('[project]\nname = "a-b"\n', FILENAME),
        ("project = 1\n", FILENAME),
        ('[tool.poetry]\nname = "a-b"\nversion = "1.0"\n', FILENAME),
        ('[project]\nname = "a-b"\nversion = "1.0"\n[tool.poetry.dependencies]\nc = "*"\n', FILENAME),
        (PYPROJECT.replace("c>=1", "!!"), FILENAME),
        (PYPROJECT.replace('"c>=1"', "1"), FILENAME),
        (PYPROJECT.replace("empty = []", "net-x = []"), FILENAME),
        (PYPROJECT.replace("empty = []", 'empty = "c"'), FILENAME),
        (PYPROJECT.replace('">=3.9"', "3.9"), FILENAME),
        (PYPROJECT.replace('"1.0"', "1.0"), FILENAME),
        (PYPROJECT.replace('"1.0"', '"1.0"\ndynamic = 1'), FILENAME),
        (PYPROJECT.replace('"1.0"', '"latest"'), FILENAME),
        ("a = " + "[" * 5000, FILENAME),
    ],
)
def test_a_table_that_is_missing_or_wrong_leaves_the_word_to_a_build(text: str, filename: str) -> None:
    assert from_pyproject(text, filename) is None


def test_poetry_users_who_write_the_standard_table_are_believed() -> None:
    assert from_pyproject(PYPROJECT + "\n[tool.poetry]\npackages = []\n")


@pytest.mark.parametrize(
    "members", [{}, {"PKG-INFO": b""}, {"pyproject.toml": b"\xff"}, {"PKG-INFO": b"\xff\0"}]
)
def test_without_either_file_only_a_build_can_tell(members: dict[str, bytes]) -> None:
    assert set(members) <= set(MEMBERS)
    assert static_metadata(FILENAME, members) is None
