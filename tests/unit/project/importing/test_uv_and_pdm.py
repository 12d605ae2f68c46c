"""Projects of uv and PDM: what moves into the tables of the standard and of detent, and what is named."""

from detent.project.document import parse_document
from detent.project.importing import pdm, uv
from detent.project.importing.conversion import Conversion

PROJECT = """\
[project]
name = "x"
version = "1"
requires-python = ">=3.9"
dependencies = ["a>1"]
"""


def of_uv(text: str, public_host: str = "") -> Conversion:
    return uv.convert(parse_document(PROJECT + text, "pyproject.toml"), public_host=public_host)


def of_pdm(text: str, *, is_first: bool = True) -> Conversion:
    return pdm.convert(parse_document(PROJECT + text, "pyproject.toml"), is_first=is_first)


def test_what_uv_says_moves_and_what_only_uv_reads_stays() -> None:
    conversion = of_uv("""
[tool.uv]
dev-dependencies = [
  # runner
  "pytest",
]
package = true
default-groups = "all"
no-build = true
prerelease = "allow"
link-mode = "symlink"

[tool.uv.build-backend]
module-root = ""
""")

    assert (
        conversion.text
        == PROJECT
        + """
[dependency-groups]
dev = [
  # runner
  "pytest",
]

[tool.uv]
prerelease = "allow"
link-mode = "symlink"

[tool.uv.build-backend]
module-root = ""

[tool.detent]
package = true
default-groups = "all"
build = "deny"
"""
    )
    assert conversion.notes == ("not taken over from `[tool.uv]`: `prerelease`, `link-mode`",)


def test_dev_dependencies_join_a_group_that_is_there() -> None:
    conversion = of_uv(
        '\n[dependency-groups]\ndev = ["ruff"]\n\n[tool.uv]\ndev-dependencies = ["pytest>=8"]\n'
    )

    assert conversion.text == PROJECT + '\n[dependency-groups]\ndev = ["pytest>=8", "ruff"]\n'


def test_a_project_without_uv_s_own_tables_stays_as_it_is() -> None:
    assert of_uv("") == Conversion(PROJECT)


INDEX = '\n[[tool.uv.index]]\nname = "corp"\nurl = "https://pkgs.example.com/simple"\n'


def test_a_default_index_moves() -> None:
    assert of_uv(INDEX + "default = true\n").text == (
        PROJECT + '\n[[tool.detent.index]]\nname = "corp"\nurl = "https://pkgs.example.com/simple"\n'
    )


def test_an_index_beside_the_default_one_stays_and_is_named() -> None:
    conversion = of_uv(INDEX)

    assert conversion.text == PROJECT + INDEX
    assert conversion.notes == ("the index `corp` was not taken over: one index can be used so far",)


def test_the_public_index_needs_no_setting() -> None:
    text = '\n[tool.uv]\nindex-url = "https://Pkgs.example.com/simple"\n'

    assert "detent" not in of_uv(text, public_host="pkgs.example.com").text


def test_a_password_is_not_copied() -> None:
    conversion = of_uv('\n[tool.uv]\nindex-url = "https://me:secret@pkgs.example.com/simple"\n')

    assert "detent" not in conversion.text
    assert "secret" not in conversion.notes[0]
    assert "password" in conversion.notes[0]


def test_sources_of_uv_other_than_an_index_are_named() -> None:
    conversion = of_uv(
        '\n[tool.uv.sources]\na = { git = "https://example.com/a" }\nb = [{ index = "corp" }]\n'
        "c = { workspace = true }\nd = { path = '../d', editable = true }\n"
    )

    assert [(each.name, each.source) for each in conversion.direct] == [
        ("a", "`https://example.com/a`"),
        ("c", "the workspace"),
        ("d", "`../d`"),
    ]
    assert conversion.notes == ("`b` is no longer tied to the index `corp`",)


PDM = """
[build-system]
requires = ["pdm-backend"]
build-backend = "pdm.backend"

[dependency-groups]
lint = ["ruff"]

[tool.pdm]
distribution = false

[tool.pdm.dev-dependencies]
test = [
  "pytest",  # runner
  "x; python_version < '3.10'",
]
lint = ["mypy"]

[tool.pdm.build]
includes = ["src"]

[tool.pdm.scripts]
a = "b"

[[tool.pdm.source]]
name = "pypi"
url = "https://pkgs.example.com/simple"
"""


def test_what_pdm_says_moves_and_what_its_back_end_reads_stays() -> None:
    conversion = of_pdm(PDM)

    assert (
        conversion.text
        == PROJECT
        + """
[build-system]
requires = ["pdm-backend"]
build-backend = "pdm.backend"

[dependency-groups]
lint = ["mypy", "ruff"]
test = [
  "pytest",  # runner
  "x; python_version < '3.10'",
]

[tool.pdm.build]
includes = ["src"]

[tool.pdm.scripts]
a = "b"

[tool.detent]
package = false
default-groups = ["lint", "test"]

[[tool.detent.index]]
name = "pypi"
url = "https://pkgs.example.com/simple"
"""
    )
    assert conversion.notes == ("not taken over from `[tool.pdm]`: `scripts`",)
    assert of_pdm(conversion.text.removeprefix(PROJECT), is_first=False).text == conversion.text


def test_an_editable_requirement_of_pdm_is_named_and_its_neighbours_move() -> None:
    conversion = of_pdm(
        '\n[tool.pdm.dev-dependencies]\ndev = ["-e file:///${PROJECT_ROOT}/sub#egg=sub", "pytest"]\n'
    )

    assert conversion.text == PROJECT + '\n[dependency-groups]\ndev = [\n    "pytest",\n]\n'
    assert [(each.name, each.source) for each in conversion.direct] == [
        ("sub", "`file:///${PROJECT_ROOT}/sub#egg=sub`")
    ]


def test_an_index_beside_the_one_of_pdm_is_named() -> None:
    conversion = of_pdm('\n[[tool.pdm.source]]\nname = "corp"\nurl = "https://pkgs.example.com/simple"\n')

    assert "detent" not in conversion.text
    assert conversion.notes == ("the index `corp` was not taken over: one index can be used so far",)
