"""Poetry projects rewritten: what becomes of each kind of entry, and that nothing is lost in silence."""

from pathlib import Path

import pytest

from detent.errors.project import ManifestInvalid
from detent.project.document import parse_document
from detent.project.importing.conversion import Conversion
from detent.project.importing.poetry import convert
from detent.project.manifest import Manifest, parse_manifest

CLASSIC = """\
# About us

[build-system]
requires = ["poetry>=0.12"]
build-backend = "poetry.masonry.api"

# the package
[tool.poetry]
name = "My_Shop"  # registered
version = "1.0.0-alpha.1"
authors = ["Ada Lovelace <ada@example.com>", "Bob"]
maintainers = ["<m@example.com>"]
license = "Proprietary"
readme = ["README.md", "CHANGES.md"]
repository = "https://example.com/repo"
packages = [
    { include = "shop" },  # ours
]
requires-poetry = ">=1.8"
classifiers = [
    # status
    "Development Status :: 4 - Beta",
]

[tool.poetry.urls]
"Bug Tracker" = "https://example.com/bugs"

# runtime
[tool.poetry.dependencies]
python = "~3.9 || ^3.11"  # not 3.10
# two lines
a-b = "^1 || ^3"
c = [
    { version = "^1", python = "<3.11" },
    { version = "^2", python = ">=3.11", markers = "sys_platform == 'linux'", extras = ["x", "y"] },
]
d = { version = "*", platform = "linux || darwin" }
e = { version = "^2.0", allow-prereleases = true }
f = { version = "1.4", optional = true }
g = { version = ">=1", optional = true }
h = { version = "1", source = "corp" }
# i = "^9"

# dev
[tool.poetry.dev-dependencies]
pytest = "*"  # tests

[tool.poetry.group.docs]
optional = true

[tool.poetry.group.docs.dependencies]
mkdocs = "~1.5"

[tool.poetry.group.all]
include-groups = ["docs", "dev"]

[tool.poetry.extras]
fast = ["f"]

[tool.poetry.scripts]
shop = "shop:main"
old = { reference = "shop:old", type = "console" }
tool = { reference = "bin/tool.sh", type = "file" }

[tool.poetry.plugins."shop.plugins"]
one = "shop.plugins:one"

[[tool.poetry.source]]
name = "corp"
url = "https://pkgs.example.com/simple/"
priority = "supplemental"

[[tool.poetry.source]]
name = "main"
url = "https://main.example.com/simple/"
priority = "primary"

[tool.black]
line-length = 99  # long
"""

REWRITTEN = """\
# About us

[build-system]
requires = ["poetry-core>=2.0.0"]
build-backend = "poetry.core.masonry.api"

# the package
[project]
name = "My_Shop"  # registered
version = "1.0.0-alpha.1"
authors = [
    { name = "Ada Lovelace", email = "ada@example.com" },
    { name = "Bob" },
]
maintainers = [{ email = "m@example.com" }]
license = { text = "Proprietary" }
classifiers = [
    # status
    "Development Status :: 4 - Beta",
]
requires-python = ">=3.9,<4.0,!=3.10.*"  # not 3.10
dynamic = ["readme"]
# runtime
dependencies = [
    # two lines
    "a-b>=1,<4,!=2.*",
    "c>=1,<2; python_version < '3.11'",
    "c[x,y]>=2,<3; python_version >= '3.11' and sys_platform == 'linux'",
    "d; sys_platform == 'darwin' or sys_platform == 'linux'",
    "e>=2.0,<3.0",
    "h==1",
    # i = "^9"
]

[project.optional-dependencies]
fast = ["f==1.4"]

[project.urls]
Repository = "https://example.com/repo"
"Bug Tracker" = "https://example.com/bugs"

[project.scripts]
shop = "shop:main"
old = "shop:old"

[project.entry-points."shop.plugins"]
one = "shop.plugins:one"

[dependency-groups]
docs = ["mkdocs>=1.5,<1.6"]
all = [{ include-group = "docs" }, { include-group = "dev" }]
# dev
dev = [
    "pytest",  # tests
]

[tool.detent]
default-groups = ["all", "dev"]
prerelease-package = { e = "allow" }

[[tool.detent.index]]
name = "corp"
url = "https://pkgs.example.com/simple/"

[[tool.detent.index]]
name = "main"
url = "https://main.example.com/simple/"
default = true

[tool.poetry]
readme = ["README.md", "CHANGES.md"]
packages = [
    { include = "shop" },  # ours
]
scripts = { tool = { reference = "bin/tool.sh", type = "file" } }

[tool.black]
line-length = 99  # long
"""

HEAD = '[tool.poetry]\nname = "x"\nversion = "1"\n[tool.poetry.dependencies]\n'


def converted(text: str, *, is_first: bool = True) -> Conversion:
    return convert(parse_document(text, "pyproject.toml"), folder_name="the-folder", is_first=is_first)


def manifest(text: str) -> Manifest:
    return parse_manifest(converted(text).text, Path("pyproject.toml"), display="pyproject.toml")


def dependencies(table: str) -> list[str]:
    return [str(requirement) for requirement in manifest(HEAD + table).dependencies]


def test_a_classic_project_is_rewritten_with_its_comments() -> None:
    conversion = converted(CLASSIC)

    assert conversion.text == REWRITTEN
    assert conversion.direct == ()
    assert conversion.notes == (
        "`h` is no longer tied to the index `corp`",
        "`g` is optional and in no extra: it was left out",
        "the index `corp` is asked before the default one, and the first that has a package serves it",
    )


def test_what_was_rewritten_is_a_project_and_is_rewritten_once() -> None:
    found = manifest(CLASSIC)

    assert (found.name, found.version, found.default_groups) == ("my-shop", "1.0.0a1", ("all", "dev"))
    assert converted(REWRITTEN, is_first=False).text == REWRITTEN


def test_line_endings_of_windows_stay() -> None:
    assert converted(CLASSIC.replace("\n", "\r\n")).text == REWRITTEN.replace("\n", "\r\n")


def test_a_byte_order_mark_stays() -> None:
    for text in (CLASSIC, HEAD):
        assert converted("\ufeff" + text).text == "\ufeff" + converted(text).text


def test_what_leads_on_to_another_table_stays_with_it() -> None:
    text = HEAD + 'a = "*"\n# b = "*"\n\n# ---- tools ----\n\n[tool.black]\n'

    assert converted(text).text.endswith(
        'dependencies = [\n    "a",\n    # b = "*"\n]\n\n# ---- tools ----\n\n[tool.black]\n'
    )


def test_a_project_without_package_and_name_gets_the_name_of_its_folder() -> None:
    text = '[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\npython = "^3.11"\n'

    assert converted(text).text == (
        '[project]\nname = "the-folder"\nversion = "0.1.0"\nrequires-python = ">=3.11,<4.0"\ndependencies = []\n'
    )


def test_a_project_that_is_not_built_stays_so() -> None:
    text = (
        '[tool.poetry]\npackage-mode = false\n\n[build-system]\nrequires = ["poetry-core"]\n'
        'build-backend = "poetry.core.masonry.api"\n'
    )

    assert "[tool.detent]\npackage = false\n" in converted(text).text
    assert not manifest(text).is_package


def test_a_version_that_a_plugin_finds_out_stays_dynamic() -> None:
    text = (
        '[tool.poetry]\nname = "x"\nversion = "0.0.0"\n[tool.poetry-dynamic-versioning]\nenable = true\n'
        '[build-system]\nrequires = ["poetry-core>=1"]\nbuild-backend = "poetry_dynamic_versioning.backend"\n'
    )

    assert manifest(text).dynamic == ("version",)
    assert '[tool.poetry]\nversion = "0.0.0"\n' in converted(text).text


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        ('["poetry-core>=1.0.0"]', '["poetry-core>=1.0.0"]'),
        ('["poetry-core>=1,<2", "cython"]', '["poetry-core>=2.0.0", "cython"]'),
        ('["poetry-core==1.9.*"]', '["poetry-core>=2.0.0"]'),
    ],
)
def test_a_back_end_too_old_for_a_project_table_is_renewed(requires: str, expected: str) -> None:
    text = f'{HEAD}[build-system]\nrequires = {requires}\nbuild-backend = "poetry.core.masonry.api"\n'

    assert f"requires = {expected}\n" in converted(text).text


def test_without_a_build_system_it_is_said_that_the_project_is_not_installed() -> None:
    (note,) = converted(HEAD).notes

    assert note.startswith("there is no `[build-system]`")


def test_sources_other_than_an_index_are_references_and_are_named() -> None:
    conversion = converted(
        HEAD
        + 'a = { git = "https://example.com/a.git", rev = "12ab", subdirectory = "sub" }\n'
        + 'b = { url = "https://example.com/b.whl", markers = "os_name == \'nt\'" }\n'
        + 'c = { path = "../c", develop = true }\n'
        + 'd = { git = "git@example.com:me/d.git" }\n'
    )

    assert '"a @ git+https://example.com/a.git@12ab#subdirectory=sub",' in conversion.text
    assert "\"b @ https://example.com/b.whl ; os_name == 'nt'\"," in conversion.text
    assert '"d @ git+ssh://git@example.com/me/d.git",' in conversion.text
    assert [(each.name, each.where, each.source) for each in conversion.direct] == [
        ("a", "pyproject.toml:5:1", "the repository `https://example.com/a.git`"),
        ("b", "pyproject.toml:6:1", "the URL `https://example.com/b.whl`"),
        ("c", "pyproject.toml:7:1", "the path `../c`"),
        ("d", "pyproject.toml:8:1", "the repository `git@example.com:me/d.git`"),
    ]


def test_a_union_that_no_specifier_says_is_named() -> None:
    conversion = converted(HEAD + 'a = "1.2 || 1.4"\n')

    assert '"a>=1.2,<=1.4",' in conversion.text
    assert conversion.notes[0] == (
        "`a`: no specifier says `1.2 || 1.4`; `>=1.2,<=1.4` also allows the versions between"
    )


def test_a_marker_is_kept_as_it_was_written_unless_something_joins_it() -> None:
    assert dependencies("""a = { version = "*", markers = "python_version>'3.9'" }\n""") == [
        "a; python_version >= '3.10'"
    ]
    assert (
        "a; python_version>'3.9'"
        in converted(HEAD + """a = { version = "*", markers = "python_version>'3.9'" }\n""").text
    )


def test_what_never_holds_is_not_asked_for() -> None:
    found = converted(HEAD + 'a = { version = "1", python = "<3", markers = "python_version > \'3\'" }\n')

    assert "a==1; python_version < '0'" in found.text


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ('a = "^one"\n', "`one` is not a version"),
        ("a = 1\n", None),
        ("a = { version = '1', markers = 'nonsense' }\n", None),
        ("'a b' = '1'\n", None),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(table: str, why: str | None) -> None:
    with pytest.raises(ManifestInvalid, match=r"`pyproject\.toml:5:1`") as caught:
        converted(HEAD + table)

    assert why is None or caught.value.why == why


MODERN = """\
[project]
name = "x"
version = "1"
dynamic = ["readme", "dependencies", "requires-python"]

[tool.poetry]
readme = ["a", "b"]

[tool.poetry.dependencies]
python = "^3.11"
b = "^1"
c = { version = "2", optional = true }

[tool.poetry.extras]
more = ["c"]

[tool.poetry.group.dev.dependencies]
# tests
pytest = "^8"  # new
[tool.poetry.group.docs]
optional = true
[tool.poetry.group.docs.dependencies]
mkdocs = "*"

[build-system]
requires = ["poetry-core>=2"]
build-backend = "poetry.core.masonry.api"
"""


def test_a_project_with_a_project_table_gives_up_groups_and_dynamic_dependencies() -> None:
    assert (
        converted(MODERN).text
        == """\
[project]
name = "x"
version = "1"
requires-python = ">=3.11,<4.0"
dependencies = [
    "b>=1,<2",
]
dynamic = ["readme"]

[project.optional-dependencies]
more = [
    "c==2",
]

[dependency-groups]
dev = [
    # tests
    "pytest>=8,<9",  # new
]
docs = [
    "mkdocs",
]

[tool.poetry]
readme = ["a", "b"]

[build-system]
requires = ["poetry-core>=2"]
build-backend = "poetry.core.masonry.api"
"""
    )


def test_what_enriches_declared_dependencies_is_named_where_it_counts() -> None:
    conversion = converted(
        '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["a>1", "b"]\n'
        '[tool.poetry.dependencies]\npython = ">=3.10"\na = { path = "../a" }\n'
        'b = { allow-prereleases = true }\n[dependency-groups]\ntest = ["t"]\n'
    )

    assert 'dependencies = ["a>1", "b"]\n' in conversion.text
    assert [each.name for each in conversion.direct] == ["a"]
    (python,) = conversion.notes
    assert python.startswith('`python = ">=3.10"` of `[tool.poetry.dependencies]` was not taken over')
    assert 'prerelease-package = { b = "allow" }' in conversion.text


def test_groups_of_a_project_are_default_ones_as_with_poetry_but_only_once() -> None:
    text = '[project]\nname = "x"\nversion = "1"\n[dependency-groups]\ntest = ["t"]\n'

    assert converted(text).text == text + '\n[tool.detent]\ndefault-groups = ["test"]\n'
    assert converted(text, is_first=False).text == text
