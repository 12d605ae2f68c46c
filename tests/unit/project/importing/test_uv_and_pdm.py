"""Projects of uv and PDM: what moves into the tables of the standard and of detent, and what is named."""

from pathlib import Path

import pytest

from detent.project.document import parse_document
from detent.project.importing import pdm, uv
from detent.project.importing.conversion import Conversion
from detent.project.manifest import parse_manifest
from detent.project.tasks import Task, read_tasks

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
keyring-provider = "subprocess"

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
link-mode = "symlink"
keyring-provider = "subprocess"

[tool.uv.build-backend]
module-root = ""

[tool.detent]
package = true
default-groups = "all"
build = "deny"
prerelease = "allow"
"""
    )
    left, refused = conversion.notes
    assert left == "not taken over from `[tool.uv]`: `keyring-provider`"
    assert refused.startswith("`link-mode` of `[tool.uv]` was not taken over: `symlink` is none of ")


RESOLVING = """
[dependency-groups]
new = []

[tool.uv]
# held back
constraint-dependencies = [
  "b<2",  # until 2.1
]  # see above
override-dependencies = [
  "c==1",
  { package = "b", dependencies = ["c>=2"] },
  { package = { name = "b", version = "1.0" }, dependencies = ["c>=3"] },
]
exclude-dependencies = ["d", { package = { name = "b" }, dependencies = ["h"] }]
dev-dependencies = ["e"]
conflicts = [[{ group = "dev" }, { group = "new" }]]
environments = "sys_platform == 'linux'"
required-environments = ["sys_platform == 'linux' and platform_machine == 'aarch64'"]
resolution = "lowest-direct"
prerelease = "if-necessary-or-explicit"
fork-strategy = "fewest"
exclude-newer = "1 week"
exclude-newer-package = { b = "2024-05-01", c = false }

[[tool.uv.dependency-metadata]]
name = "f"
version = "1.0"
requires-dist = ["g>=1"]
requires-python = ">=3.9"

[tool.ruff]
line-length = 100
"""


def test_what_decides_over_versions_moves_with_its_comments_and_means_the_same() -> None:
    conversion = of_uv(RESOLVING)

    assert conversion.notes == ()
    assert "tool.uv" not in conversion.text
    assert (
        """
[tool.detent]
# held back
constraint-dependencies = [
  "b<2",  # until 2.1
]  # see above
override-dependencies = [
"""
        in conversion.text
    )
    assert conversion.text.endswith(
        """
exclude-newer-package = { b = "2024-05-01", c = false }

[[tool.detent.dependency-metadata]]
name = "f"
version = "1.0"
requires-dist = ["g>=1"]
requires-python = ">=3.9"
"""
    )
    was = parse_document(PROJECT + RESOLVING, "pyproject.toml").data["tool"]
    now = parse_document(conversion.text, "pyproject.toml").data["tool"]
    assert isinstance(was, dict)
    assert isinstance(now, dict)
    del was["uv"]["dev-dependencies"]
    assert now == {"ruff": was["ruff"], "detent": was["uv"]}
    manifest = parse_manifest(conversion.text, Path("pyproject.toml"), display="pyproject.toml")
    assert len(manifest.adjustments.overrides) == 3


def test_what_detent_would_refuse_stays_and_the_reason_is_told() -> None:
    left = (
        '\n[tool.uv]\noverride-dependencies = ["c @ https://example.com/c.exe"]\n'
        'conflicts = [[{ extra = "no" }, { extra = "nope" }]]\nexclude-newer = "yesterday"\n'
    )
    conversion = of_uv(left)

    assert conversion.text == PROJECT + left
    override, conflicts, newer = conversion.notes
    assert override.startswith(
        "`override-dependencies` of `[tool.uv]` was not taken over: `c` cannot come from"
    )
    assert conflicts == "`conflicts` of `[tool.uv]` was not taken over: the extra `no` does not exist"
    assert newer.startswith("`exclude-newer` of `[tool.uv]` was not taken over: `yesterday` is no date")


def test_what_the_project_says_to_detent_already_is_not_said_twice() -> None:
    conversion = of_uv(
        '\n[tool.uv]\nresolution = "lowest"\nprerelease = "allow"\n[tool.detent]\nresolution = "highest"\n'
    )

    assert conversion.text.endswith('[tool.detent]\nresolution = "highest"\nprerelease = "allow"\n')


def test_the_bound_of_an_index_moves_with_it() -> None:
    assert of_uv(INDEX + 'default = true\nexclude-newer = "3 days"\n').text.endswith(
        'url = "https://pkgs.example.com/simple"\ndefault = true\nexclude-newer = "3 days"\n'
    )


def test_dev_dependencies_join_a_group_that_is_there() -> None:
    conversion = of_uv(
        '\n[dependency-groups]\ndev = ["ruff"]\n\n[tool.uv]\ndev-dependencies = ["pytest>=8"]\n'
    )

    assert conversion.text == PROJECT + '\n[dependency-groups]\ndev = ["pytest>=8", "ruff"]\n'


def test_a_project_without_uv_s_own_tables_stays_as_it_is() -> None:
    assert of_uv("") == Conversion(PROJECT)


INDEX = '\n[[tool.uv.index]]\nname = "corp"\nurl = "https://pkgs.example.com/simple"\n'


def test_an_index_for_pinned_packages_alone_is_not_said_to_be_asked_first() -> None:
    conversion = of_uv(INDEX + "explicit = true\n")

    assert conversion.text == PROJECT + INDEX.replace("uv", "detent") + "explicit = true\n"
    assert conversion.notes == ()


def test_a_default_index_moves() -> None:
    assert of_uv(INDEX + "default = true\n").text == (
        PROJECT
        + '\n[[tool.detent.index]]\nname = "corp"\nurl = "https://pkgs.example.com/simple"\ndefault = true\n'
    )


def test_an_index_beside_the_default_one_moves_and_is_named() -> None:
    conversion = of_uv(INDEX)

    assert conversion.text == PROJECT + INDEX.replace("uv", "detent")
    assert conversion.notes == (
        "the index `corp` is asked before the default one, and the first that has a package serves it",
    )


def test_the_public_index_needs_no_setting() -> None:
    text = '\n[tool.uv]\nindex-url = "https://Pkgs.example.com/simple"\n'

    assert "detent" not in of_uv(text, public_host="pkgs.example.com").text


def test_the_public_index_moves_where_something_is_pinned_to_it() -> None:
    table = '\n[[tool.uv.index]]\nname = "all"\nurl = "https://pkgs.example.com/simple"\nexplicit = true\n'
    pin = '\n[tool.uv.sources]\na = { index = "all" }\n'

    assert "detent" not in of_uv(table, public_host="pkgs.example.com").text
    moved = of_uv(pin + table, public_host="pkgs.example.com").text
    assert '[[tool.detent.index]]\nname = "all"\n' in moved
    assert pin in moved


def test_a_password_is_not_copied() -> None:
    conversion = of_uv('\n[tool.uv]\nindex-url = "https://me:secret@pkgs.example.com/simple"\n')

    assert "detent" not in conversion.text
    assert "secret" not in conversion.notes[0]
    assert "password" in conversion.notes[0]


def test_sources_of_uv_are_read_where_they_stand_but_for_a_workspace() -> None:
    conversion = of_uv(
        '\n[tool.uv.sources]\na = { git = "https://example.com/a" }\nb = [{ index = "corp" }]\n'
        "c = { workspace = true }\nd = { path = '../d', editable = true }\n"
    )

    assert [(each.name, each.source) for each in conversion.direct] == [("c", "the workspace")]
    assert conversion.notes == ()


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
default = true
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

[tool.detent]
package = false
default-groups = ["lint", "test"]

[[tool.detent.index]]
name = "pypi"
url = "https://pkgs.example.com/simple"
default = true

[tool.detent.tasks]
a = ["b"]
"""
    )
    assert conversion.notes == ()
    assert of_pdm(conversion.text.removeprefix(PROJECT), is_first=False).text == conversion.text


def tasks_of(scripts: str) -> tuple[dict[str, Task], str, tuple[str, ...]]:
    """Give the tasks that PDM's scripts become, what stays of the scripts, and what is said."""
    text, direct, notes = of_pdm(f"\n[tool.pdm.scripts]\n{scripts}")
    assert not direct
    _, _, left = text.partition("[tool.pdm.scripts]\n")
    return read_tasks(text, "pyproject.toml"), left.partition("\n[tool.detent")[0], notes


def test_scripts_of_pdm_that_are_words_become_tasks() -> None:
    tasks, left, notes = tasks_of("""\
# Runs what there is
test = "pytest -q 'a b'"  # fast
serve = { cmd = ["flask", "run"], help = "Serve {args}", env = { FLASK_ENV = "dev" }, working_dir = "site" }
load = "scripts/load.py --all"
all = { composite = ["test", "load"], help = "All" }

[tool.pdm.scripts.lint]
cmd = "ruff check"
""")

    assert tasks == {
        "test": Task("test", ("pytest", "-q", "a b")),
        "serve": Task("serve", ("flask", "run"), "Serve {args}", (("FLASK_ENV", "dev"),), "site"),
        "load": Task("load", ("python", "scripts/load.py", "--all")),
        "all": Task("all", (), "All", depends=("test", "load")),
        "lint": Task("lint", ("ruff", "check")),
    }
    assert (left, notes) == ("", ())
    written = of_pdm('\n[tool.pdm.scripts]\n# Runs what there is\ntest = "pytest -q"  # fast\n').text
    assert written == PROJECT + (
        '\n[tool.detent.tasks]\n# Runs what there is\ntest = ["pytest", "-q"]  # fast\n'
    )


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ('{ shell = "a | b" }', "it is for a shell"),
        ('{ call = "a:b" }', "it is a function of Python"),
        ('"run {args}"', "PDM puts something into it"),
        ('["run", "$PORT"]', "PDM puts something into it"),
        ('"~/bin/run"', "PDM puts something into it"),
        ('"run \'"', "it is no command"),
        ('{ cmd = "a", env_file = ".env" }', "a task has nothing like its `env_file`"),
        ('{ cmd = "a", env = { A = "${B}" } }', "its `env` is no plain text"),
        ('{ composite = ["ok -q"] }', "it does more than running other scripts"),
        ('{ composite = ["ok", "ok"] }', "it runs one script twice"),
        ('{ composite = ["ok"], keep_going = true }', "a task has nothing like its `keep_going`"),
        ('{ composite = ["pytest"] }', "`pytest` is no task"),
        ("{ help = 'nothing' }", "it is no command"),
    ],
)
def test_a_script_of_pdm_that_is_more_stays_and_is_named(script: str, reason: str) -> None:
    tasks, left, notes = tasks_of(f'ok = "ok"\nx = {script}\n')

    assert set(tasks) == {"ok"}
    assert left == f"x = {script}\n"
    assert notes == (f"the script `x` of `[tool.pdm]` was not taken over: {reason}",)


def test_scripts_of_pdm_around_others_keep_those_where_they_are() -> None:
    for scripts, names in (
        ('pre_a = "x"\na = "y"\nb = "z"\n', {"b"}),
        ('_ = { env_file = ".env" }\na = "y"\n', set()),
        ('"two words" = "x"\na = "y"\n', {"a"}),
        ('a = { composite = ["b"] }\nb = { composite = ["c"] }\nc = { shell = "x" }\n', set()),
    ):
        tasks, left, notes = tasks_of(scripts)
        assert set(tasks) == names
        assert len(left.splitlines()) == len(notes) == scripts.count("\n") - len(names)


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

    assert '[[tool.detent.index]]\nname = "corp"\n' in conversion.text
    assert conversion.notes == (
        "the index `corp` is asked before the default one, and the first that has a package serves it",
    )


PDM_RESOLUTION = """
[tool.pdm.resolution]
# pinned by us
overrides = { a = "3.2.10", b = ">=1.26.2" }
excludes = ["D_d"]
allow-prereleases = true
exclude-newer = "2024-05-01"
respect-source-order = true

[tool.pdm.resolution.exclude-newer-override]
e = "7d"
f = false
g = "2024-05-01T12:00:00"
"""


def test_the_resolution_of_pdm_moves_and_what_detent_cannot_say_is_named() -> None:
    conversion = of_pdm(PDM_RESOLUTION)

    assert conversion.text == PROJECT + (
        """
[tool.pdm.resolution]
respect-source-order = true

[tool.detent]
# pinned by us
override-dependencies = ["a==3.2.10", "b>=1.26.2"]
exclude-dependencies = ["D_d"]
prerelease = "allow"
exclude-newer = "2024-05-01T00:00:00Z"
exclude-newer-package = { e = "7d", f = false, g = "2024-05-01T12:00:00Z" }
"""
    )
    assert conversion.notes == ("`resolution.respect-source-order` of `[tool.pdm]` was not taken over",)


def test_an_inline_resolution_of_pdm_goes_as_a_whole() -> None:
    text = "\n[tool.pdm]\nresolution = { allow-prereleases = false }\n"
    assert of_pdm(text).text == PROJECT + '\n[tool.detent]\nprerelease = "disallow"\n'

    left = of_pdm(text.replace("false", "false, odd = 1"))
    assert "odd = 1" in left.text
    assert left.text.endswith('[tool.detent]\nprerelease = "disallow"\n')
    assert left.notes == ("`resolution.odd` of `[tool.pdm]` was not taken over",)


def test_an_override_of_pdm_that_is_a_url_stays() -> None:
    text = '\n[tool.pdm.resolution.overrides]\na = "ftp://example.com/a.whl"\n'
    conversion = of_pdm(text)

    assert conversion.text == PROJECT + text
    assert conversion.notes[0].startswith(
        "`resolution.overrides` of `[tool.pdm]` was not taken over: `a` cannot "
    )


def test_a_lock_of_pdm_with_the_oldest_versions_says_so_for_good() -> None:
    document = parse_document(PROJECT, "pyproject.toml")
    conversion = pdm.convert(document, strategy=("direct_minimal_versions", "inherit_metadata"))

    assert conversion.text == PROJECT + '\n[tool.detent]\nresolution = "lowest-direct"\n'
