"""`import` as a user types it: other tools' projects become detent's, their locked versions stay."""

import tomllib

import pytest

from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel

POETRY = """\
[tool.poetry]
name = "demo"
version = "0.1.0"
description = "A demo"
authors = ["Ada <ada@example.com>"]

[tool.poetry.dependencies]
python = "^3.11"
shout = "^1.0"  # loud

[tool.poetry.group.dev.dependencies]
paint = "*"
"""
PROJECT = """\
[project]
name = "demo"
version = "0.1.0"
description = "A demo"
authors = [{ name = "Ada", email = "ada@example.com" }]
requires-python = ">=3.11,<4.0"
dependencies = [
    "shout>=1.0,<2.0",  # loud
]

[dependency-groups]
dev = ["paint"]
"""


def lock_text(**versions: str) -> str:
    return "".join(f'[[package]]\nname = "{n}"\nversion = "{v}"\n\n' for n, v in versions.items())


POETRY_LOCK = lock_text(shout="1.0", letters="1.0", paint="0.1")


@pytest.fixture
def folder(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(
        index,
        wheel("shout", "1.0", requires=["letters"]),
        wheel("shout", "1.5", requires=["letters>=1"]),
        wheel("shout", "2.0", requires=["letters>=2"]),
        wheel("letters", "1.0"),
        wheel("letters", "2.0"),
        wheel("paint", "0.1"),
        wheel("paint", "0.3"),
    )
    return sandbox


def locked(folder: Sandbox) -> dict[str, str]:
    packages = tomllib.loads(folder.read("pylock.toml"))["packages"]
    return {package["name"]: package["version"] for package in packages}


def test_a_poetry_project_keeps_its_versions(folder: Sandbox) -> None:
    folder.write("pyproject.toml", POETRY)
    folder.write("poetry.lock", POETRY_LOCK)

    done = folder.detent("import").ok()

    assert folder.read("pyproject.toml") == PROJECT
    assert folder.read("poetry.lock") == POETRY_LOCK
    assert locked(folder) == {"letters": "1.0", "paint": "0.1", "shout": "1.0"}
    said = done.err.splitlines()
    assert said[0] == "Importing from poetry: `pyproject.toml`, `poetry.lock`"
    assert said[2:4] == [
        "Imported 2 requirements and 3 locked versions from poetry.lock",
        "Kept all 3 locked versions",
    ]
    assert said[4].startswith("Resolved 3 packages in ")
    assert said[5:] == ["Run `detent sync` to install"]
    folder.detent("lock", "--check").ok()
    folder.detent("sync").ok()
    assert folder.installed() == {"letters": "1.0", "paint": "0.1", "shout": "1.0"}


def test_a_second_import_has_nothing_to_do(folder: Sandbox) -> None:
    folder.write("pyproject.toml", POETRY)
    folder.write("poetry.lock", POETRY_LOCK)
    folder.detent("import").ok()
    before = folder.snapshot()

    done = folder.detent("import").ok()

    assert done.err == (
        "Nothing to import: detent has locked this project already; `detent import --from poetry` imports it anew\n"
    )
    assert folder.snapshot() == before


def test_an_equal_version_is_the_same(folder: Sandbox) -> None:
    folder.write("requirements.txt", "shout==1\npaint==0.1.0\n")

    done = folder.detent("import").ok()

    assert "Kept all 2 locked versions\n" in done.err
    assert locked(folder) == {"letters": "2.0", "paint": "0.1", "shout": "1.0"}


def test_what_cannot_be_kept_is_named_with_its_reason(folder: Sandbox) -> None:
    folder.write("pyproject.toml", POETRY.replace("^1.0", ">=2"))
    folder.write("poetry.lock", lock_text(shout="1.0", letters="1.0", paint="0.2", idle="3.0"))

    done = folder.detent("import").ok()

    assert (
        "Kept 0 of 4 locked versions\n"
        " ~ idle 3.0 (nothing needs it)\n"
        " ~ letters 1.0 -> 2.0 (`shout` 2.0 asks for `letters>=2`)\n"
        " ~ paint 0.2 -> 0.3 (the index does not have it)\n"
        " ~ shout 1.0 -> 2.0 (`shout>=2` is asked for)\n"
    ) in done.err


def test_a_version_for_other_pythons_is_named_with_them(folder: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("late", "1.0"), wheel("late", "2.0", requires_python=">=4"))
    folder.write("pyproject.toml", POETRY + 'late = "*"\n')
    folder.write("poetry.lock", POETRY_LOCK + lock_text(late="2.0"))

    done = folder.detent("import").ok()

    assert " ~ late 2.0 -> 1.0 (it needs Python >=4, and the project is for >=3.11,<4.0)\n" in done.err


def test_a_dry_run_prints_the_new_text_and_changes_nothing(folder: Sandbox, index: IndexServer) -> None:
    folder.write("pyproject.toml", POETRY)
    folder.write("poetry.lock", POETRY_LOCK)
    before = folder.snapshot()

    done = folder.detent("import", "--dry-run").ok()

    assert done.out == PROJECT
    assert folder.snapshot() == before
    assert not index.requests


def test_a_failure_leaves_everything_as_it_was(folder: Sandbox) -> None:
    folder.write("pyproject.toml", POETRY.replace("^1.0", "^9"))
    folder.write("poetry.lock", POETRY_LOCK)
    before = folder.snapshot()

    done = folder.detent("import")

    assert done.code == 1
    assert "shout" in done.err
    assert folder.snapshot() == before


def test_what_is_not_on_an_index_stops_the_import_with_its_place(folder: Sandbox) -> None:
    folder.write(
        "pyproject.toml", POETRY + 'own = { path = "../own" }\nfork = { git = "https://example.com/f" }\n'
    )
    before = folder.snapshot()

    done = folder.detent("import")

    assert done.code == 2
    assert "`pyproject.toml:13:1`: `own` comes from the path `../own`" in done.err
    assert "`pyproject.toml:14:1`: `fork` comes from the repository `https://example.com/f`" in done.err
    assert folder.snapshot() == before


@pytest.mark.parametrize("flag", ["-v", "--dry-run"])
def test_a_password_in_an_address_is_never_repeated(folder: Sandbox, flag: str) -> None:
    secret = "https://me:SECRET@example.com"
    folder.write("requirements.txt", f"a @ git+{secret}/a.git\n-e git+{secret}/b#egg=b\n{secret}\n")

    done = folder.detent("import", flag)

    assert "`requirements.txt:1`: `a` comes from `git+https://****@example.com/a.git`" in done.err
    assert "SECRET" not in done.err + done.out


def test_a_uv_project_keeps_the_versions_of_every_fork(folder: Sandbox, index: IndexServer) -> None:
    publish(
        index,
        wheel("forked", "1.0"),
        wheel("forked", "2.0", requires_python=">=3.12"),
        wheel("forked", "3.0"),
    )
    folder.manifest("forked<3", "shout")
    before = folder.read("pyproject.toml")
    registry = '\nsource = { registry = "https://pkgs.example.com" }\n'
    folder.write(
        "uv.lock",
        "".join(
            f'[[package]]\nname = "{name}"\nversion = "{version}"{registry}'
            for name, version in (("forked", "1.0"), ("forked", "2.0"), ("shout", "1.0"), ("letters", "1.0"))
        ),
    )

    done = folder.detent("import").ok()

    assert "Imported 4 locked versions from uv.lock\nKept all 4 locked versions\n" in done.err
    assert folder.read("pyproject.toml") == before
    packages = tomllib.loads(folder.read("pylock.toml"))["packages"]
    assert [p["version"] for p in packages if p["name"] == "forked"] == ["1.0", "2.0"]


def test_what_another_tool_goes_by_is_named_when_versions_are_chosen_without_it(folder: Sandbox) -> None:
    folder.manifest("shout", tail='[tool.uv]\nconstraint-dependencies = ["letters<2"]\n')
    folder.write("uv.lock", lock_text(shout="1.0", letters="1.0"))

    first = folder.detent("sync").ok().err
    again = folder.detent("sync").ok().err
    later = folder.detent("add", "paint").ok().err

    note = "note: the versions in `uv.lock` are not kept; `detent import` would keep them\n"
    warning = "warning: only uv reads `tool.uv.constraint-dependencies` in pyproject.toml; "
    assert [(note in said, warning in said) for said in (first, again, later)] == [
        (True, True),
        (False, False),
        (False, True),
    ]


def test_the_lock_of_a_tool_counts_for_more_than_one_made_without_it(folder: Sandbox) -> None:
    folder.manifest("shout")
    folder.write("uv.lock", lock_text(shout="1.0", letters="1.0"))
    folder.detent("lock").ok()
    assert locked(folder) == {"letters": "2.0", "shout": "2.0"}

    done = folder.detent("import", "--from", "uv").ok()

    assert "Kept all 2 locked versions\n" in done.err
    assert "are not kept" not in done.err
    assert locked(folder) == {"letters": "1.0", "shout": "1.0"}


def test_what_was_locked_before_it_was_imported_can_still_be_imported(folder: Sandbox) -> None:
    folder.manifest("shout", tail='[tool.poetry.group.dev.dependencies]\npaint = "<1"\n')
    folder.write("poetry.lock", lock_text(shout="1.0", letters="1.0", paint="0.1"))

    warned = folder.detent("lock").ok().err
    assert "warning: only poetry reads `tool.poetry.group` in pyproject.toml; " in warned
    assert locked(folder) == {"letters": "2.0", "shout": "2.0"}
    folder.detent("import").ok()

    assert locked(folder) == {"letters": "1.0", "paint": "0.1", "shout": "1.0"}
    assert "Nothing to import" in folder.detent("import").ok().err


def test_a_pdm_project_that_locks_to_the_standard_has_nothing_to_import(folder: Sandbox) -> None:
    folder.manifest("shout", tail="[tool.pdm.resolution]\nrespect-source-order = true\n")
    folder.write("pylock.toml", 'lock-version = "1.0"\ncreated-by = "pdm"\npackages = []\n')

    done = folder.detent("import").ok()

    assert "Nothing to import: `pyproject.toml` says it all" in done.err


def test_what_cannot_be_taken_over_is_named_where_nothing_else_is_to_do(folder: Sandbox) -> None:
    shout = "-e file:///${PROJECT_ROOT}/shout#egg=shout"
    folder.manifest(tail=f'[tool.pdm.dev-dependencies]\ndev = ["{shout}"]\n')

    looked = folder.detent("import", "--dry-run").ok()
    done = folder.detent("import")

    assert "`shout` comes from `" in looked.err
    assert (done.code, "`shout` comes from `" in done.err) == (2, True)


def test_a_pipfile_in_an_empty_folder_becomes_a_project(folder: Sandbox) -> None:
    folder.write("Pipfile", '[packages]\nshout = "*"\n[dev-packages]\npaint = "<1"\n')
    folder.write(
        "Pipfile.lock",
        '{"default": {"shout": {"version": "==1.5"}}, "develop": {"paint": {"version": "==0.1"}}}',
    )

    done = folder.detent("import").ok()

    assert "nothing says which Python is needed; `requires-python = " in done.err
    project = tomllib.loads(folder.read("pyproject.toml"))
    assert project["project"]["name"] == "project"
    assert project["project"]["requires-python"].startswith(">=3.")
    assert project["project"]["dependencies"] == ["shout"]
    assert project["dependency-groups"] == {"dev": ["paint<1"]}
    assert locked(folder) == {"letters": "2.0", "paint": "0.1", "shout": "1.5"}


def test_requirements_files_are_found_with_their_groups(folder: Sandbox) -> None:
    folder.write("requirements.in", "# needed\nshout\n")
    folder.write(
        "requirements.txt", "shout==1.0\n    # via -r requirements.in\nletters==1.0\n    # via shout\n"
    )
    folder.write("requirements-dev.txt", "-r requirements.txt\npaint==0.1\n")
    folder.write("requirements-prod.txt", "shout\n")

    done = folder.detent("import").ok()

    assert "note: `requirements-prod.txt` was not imported" in done.err
    text = folder.read("pyproject.toml")
    assert 'dependencies = [\n    # needed\n    "shout",\n]\n' in text
    assert 'dev = ["paint==0.1"]\n' in text
    assert locked(folder) == {"letters": "1.0", "paint": "0.1", "shout": "1.0"}


def test_a_named_file_goes_into_the_group_that_is_asked_for(folder: Sandbox) -> None:
    folder.manifest("shout")
    folder.write("more/docs.txt", "paint==0.1\n")

    folder.detent("import", "--group", "docs", "more/docs.txt").ok()

    assert folder.read("pyproject.toml").endswith('\n[dependency-groups]\ndocs = [\n    "paint==0.1",\n]\n')
    assert locked(folder) == {"letters": "2.0", "paint": "0.1", "shout": "2.0"}


def test_a_project_with_dependencies_takes_only_the_versions_of_a_file_it_comes_across(
    folder: Sandbox,
) -> None:
    folder.manifest("shout")
    before = folder.read("pyproject.toml")
    folder.write("requirements.txt", "shout==1.0\nletters==1.0\n")

    done = folder.detent("import").ok()

    assert "only the versions were taken" in done.err
    assert folder.read("pyproject.toml") == before
    assert locked(folder) == {"letters": "1.0", "shout": "1.0"}


def test_of_several_tools_one_is_taken_and_the_others_are_named(folder: Sandbox) -> None:
    folder.write("pyproject.toml", POETRY)
    folder.write("poetry.lock", POETRY_LOCK)
    folder.write("Pipfile", "[packages]\nshout = '*'\n")
    folder.write("requirements.txt", "shout\n")

    done = folder.detent("import", "--dry-run").ok()

    assert (
        "note: there are traces of pipenv and requirements, too; `--from pipenv` or `--from requirements` "
        "imports from there\n"
    ) in done.err
    assert folder.detent("import", "--dry-run", "--from", "pipenv").ok().out.startswith("[project]\n")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "there is nothing to import in"),
        (("--from", "poetry"), "there is no project of poetry here"),
        (("missing.txt",), "there is no requirements file"),
        (("pylock.toml",), "`pylock.toml` needs no import"),
        (("poetry.lock", "Pipfile"), "these files do not belong together"),
        (("--from", "uv", "requirements.txt"), "these files do not belong together"),
        (("../other/poetry.lock",), "does not lie in the project's folder"),
        (("--group", "docs"), "`--group` goes with requirements files"),
        (("--group", "not a name", "a.txt"), "`--group` cannot be `not a name`"),
    ],
)
def test_what_cannot_be_meant_is_refused(folder: Sandbox, words: tuple[str, ...], expected: str) -> None:
    done = folder.detent("import", *words)

    assert done.code == 2
    assert expected in done.err


def test_a_standard_project_with_nothing_to_import_is_pointed_to_its_lock(folder: Sandbox) -> None:
    assert "or start anew with `detent init`" in folder.detent("import").err

    folder.write("pyproject.toml", '[project]\nname = "a"\nversion = "1"\n')

    assert "or run `detent lock`: `pyproject.toml` has all it needs\n" in folder.detent("import").err


def test_commands_that_find_no_project_point_to_import(folder: Sandbox) -> None:
    assert "detent import" in folder.detent("sync").err

    folder.write("pyproject.toml", POETRY)
    done = folder.detent("sync")

    assert done.code == 2
    assert " next: run `detent import` to take the project over, its locked versions included\n" in done.err


# ---- what decides over versions -------------------------------------------------------------------


def own(folder: Sandbox) -> dict[str, object]:
    table: dict[str, object] = tomllib.loads(folder.read("pyproject.toml"))["tool"]["detent"]
    return table


def test_what_uv_was_told_of_versions_counts_from_the_first_lock_on(folder: Sandbox) -> None:
    folder.manifest(
        "shout",
        tail="""
[project.optional-dependencies]
one = ["paint==0.1"]
two = ["paint==0.3"]

[tool.uv]
constraint-dependencies = ["shout<2"]  # not yet
override-dependencies = ["letters==1.0"]
conflicts = [[{ extra = "one" }, { extra = "two" }]]
environments = ["sys_platform == 'linux'"]
exclude-newer = "2024-05-01"
cache-keys = []
""",
    )

    said = folder.detent("import").ok().err

    assert "not taken over" not in said
    assert 'constraint-dependencies = ["shout<2"]  # not yet\n' in folder.read("pyproject.toml")
    assert "[tool.uv]\ncache-keys = []\n" in folder.read("pyproject.toml")
    assert own(folder)["exclude-newer"] == "2024-05-01"
    packages = tomllib.loads(folder.read("pylock.toml"))["packages"]
    assert sorted((p["name"], p["version"]) for p in packages) == [
        ("letters", "1.0"),
        ("paint", "0.1"),
        ("paint", "0.3"),
        ("shout", "1.5"),
    ]
    folder.detent("lock", "--check").ok()


def test_what_pdm_was_told_of_versions_counts_too(folder: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("paint", "0.4rc1"))
    folder.manifest(
        "shout",
        "paint",
        tail='[tool.pdm.resolution]\nexcludes = ["letters"]\nallow-prereleases = true\n'
        "[tool.pdm.resolution.overrides]\nshout = '>=1.2,<2'\n",
    )
    folder.write(
        "pdm.lock", '[metadata]\nstrategy = ["direct_minimal_versions"]\n' + lock_text(paint="0.4rc1")
    )

    folder.detent("import").ok()

    assert own(folder) == {
        "resolution": "lowest-direct",
        "exclude-dependencies": ["letters"],
        "prerelease": "allow",
        "override-dependencies": ["shout>=1.2,<2"],
    }
    assert locked(folder) == {"paint": "0.4rc1", "shout": "1.5"}


def test_a_dependency_of_poetry_that_comes_with_pre_releases_still_does(
    folder: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("shout", "1.6rc1", requires=["letters"]), wheel("letters", "3.0rc1"))
    folder.write("pyproject.toml", POETRY.replace('"^1.0"', '{ version = "^1.0", allow-prereleases = true }'))

    folder.detent("import").ok()

    assert own(folder) == {"prerelease-package": {"shout": "allow"}}
    assert locked(folder) == {"letters": "2.0", "paint": "0.3", "shout": "1.6rc1"}


def test_options_of_requirements_files_become_settings(folder: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("paint", "0.4rc1"))
    index.files["shout-2.0-py3-none-any.whl"].uploaded = "2025-01-01T00:00:00Z"
    folder.write("requirements.in", "--pre\n--uploaded-prior-to 2024-06-01\n-c bounds.txt\nshout\npaint\n")
    folder.write("bounds.txt", "letters<2\n")

    folder.detent("import").ok()

    assert own(folder) == {
        "prerelease": "allow",
        "exclude-newer": "2024-06-01T00:00:00Z",
        "constraint-dependencies": ["letters<2"],
    }
    assert locked(folder) == {"letters": "1.0", "paint": "0.4rc1", "shout": "1.5"}


def test_a_locked_version_that_a_constraint_leaves_out_is_named_with_it(folder: Sandbox) -> None:
    folder.manifest("shout", tail='[tool.uv]\nconstraint-dependencies = ["letters<2"]\n')
    folder.write("uv.lock", lock_text(shout="1.5", letters="2.0"))

    said = folder.detent("import").ok().err

    assert "letters 2.0 -> 1.0 (the constraint `letters<2` leaves it out)" in said
