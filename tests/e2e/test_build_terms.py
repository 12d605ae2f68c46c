"""What is said of builds beside `[build-system]`: bounds, more requirements, variables, and when to build again."""

import subprocess
from collections.abc import Iterator

import pytest

from support.backends import tiny_sdist
from support.cli import Sandbox, publish
from support.index_server import IndexServer, serve
from support.seen_builds import SEES
from support.seen_builds import SeenBuilds as Builds
from support.wheels import wheel


@pytest.fixture
def builds(sandbox: Sandbox, index: IndexServer) -> Iterator[Builds]:
    yield Builds(sandbox, index)
    assert [path.name for path in (sandbox.cache / "tmp").iterdir() if path.name != ".swept"] == []


# ---- bounds ----------------------------------------------------------------------------------


def test_what_builds_require_is_bounded_and_what_is_installed_is_not(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", build_requires=["tool"], more=SEES))
    publish(builds.index, wheel("tool", "1.0"), wheel("tool", "2.0"), wheel("other", "1.0"))
    bounds = '[tool.detent]\nbuild-constraint-dependencies = ["tool<2", "other>=1"]\n'
    builds.sandbox.manifest("a", "tool", tail=bounds)

    builds.sync()

    assert builds.packages() == [{"tool": "1.0"}]
    assert builds.sandbox.installed() == {"a": "1.0", "tool": "2.0"}


def test_another_bound_is_another_build(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", build_requires=["tool"], more=SEES))
    publish(builds.index, wheel("tool", "1.0"), wheel("tool", "2.0"))
    builds.sandbox.manifest("a")
    builds.sync()
    builds.sandbox.manifest("a", tail='[tool.detent]\nbuild-constraint-dependencies = ["tool<2"]\n')

    assert builds.sync().endswith(" ~ a==1.0\n")
    assert "Checked 1 package" in builds.sync()

    assert builds.packages() == [{"tool": "2.0"}, {"tool": "1.0"}]


def test_bounds_hold_for_what_builds_require_at_second_hand_and_for_their_metadata(builds: Builds) -> None:
    builds.sources(
        tiny_sdist("a", build_requires=["b"], is_open=True, more="import b"),
        tiny_sdist("b", build_requires=["tool"], more=SEES),
    )
    publish(builds.index, wheel("tool", "1.0"), wheel("tool", "2.0"))
    builds.sandbox.manifest("a", tail='[tool.detent]\nbuild-constraint-dependencies = ["tool<2"]\n')

    builds.sandbox.detent("lock").ok()

    assert builds.packages() == [{"tool": "1.0"}]


def test_a_bound_that_nothing_meets_is_named(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", build_requires=["tool"]))
    publish(builds.index, wheel("tool", "1.0"))
    builds.sandbox.manifest("a", tail='[tool.detent]\nbuild-constraint-dependencies = ["tool>=2"]\n')

    done = builds.sandbox.detent("sync")

    assert "[build-requirements]" in done.err
    assert "is not in the constraint `tool>=2`" in done.err


def test_files_bound_what_a_build_for_others_requires(builds: Builds) -> None:
    builds.tree()
    manifest = builds.sandbox.read("pyproject.toml").replace("requires = []", 'requires = ["tool"]')
    builds.sandbox.write("pyproject.toml", manifest)
    builds.sandbox.write("bounds.txt", "tool<3  # too new\n-c more.txt\n")
    builds.sandbox.write("more.txt", "tool!=2.0\n")
    publish(builds.index, wheel("tool", "1.0"), wheel("tool", "2.0"), wheel("tool", "3.0"))

    builds.sandbox.detent("build", "--sdist", "-b", "bounds.txt").ok()
    builds.sandbox.detent("build", "--sdist", env={"DETENT_BUILD_CONSTRAINT": "bounds.txt more.txt"}).ok()
    builds.sandbox.detent("build", "--sdist").ok()

    assert builds.packages() == [{"tool": "1.0"}, {"tool": "1.0"}, {"tool": "3.0"}]


@pytest.mark.parametrize("line", ["tool[extra]<2", "tool @ https://example.com/tool-1.0.tar.gz", "-i x"])
def test_a_file_with_what_is_no_bound_is_refused_with_its_line(builds: Builds, line: str) -> None:
    builds.tree()
    builds.sandbox.write("bounds.txt", f"\n{line}\n")

    done = builds.sandbox.detent("build", "-b", "bounds.txt")

    assert done.code == 2
    assert "`bounds.txt:2`" in done.err


def test_what_a_build_requires_is_no_newer_than_what_is_installed_may_be(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", build_requires=["tool"], more=SEES))
    for version, day in (("1.0", "2024-01-01"), ("2.0", "2024-06-01")):
        made = wheel("tool", version)
        builds.index.add(made.filename, made.data).uploaded = f"{day}T00:00:00Z"
    builds.sandbox.manifest("a", tail='[tool.detent]\nexclude-newer-package = { tool = "2024-03-01" }\n')

    builds.sync()

    assert builds.packages() == [{"tool": "1.0"}]


def test_what_a_build_requires_has_to_have_the_hash_that_the_index_gives(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", build_requires=["tool"]))
    made = wheel("tool", "1.0")
    builds.index.add(made.filename, made.data).digests = {"sha256": "0" * 64}
    builds.sandbox.manifest("a")

    done = builds.sandbox.detent("sync")

    assert done.code == 1
    assert "hash" in done.err
    assert builds.sandbox.installed() == {}


def test_the_first_index_that_has_it_serves_what_a_build_requires(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", build_requires=["tool", "pinned"], more=SEES))
    publish(builds.index, wheel("tool", "2.0"), wheel("pinned", "2.0"))
    with (
        serve([wheel("tool", "1.0")]) as ours,
        serve([wheel("pinned", "1.0"), wheel("tool", "9.0")]) as named,
    ):
        tail = (
            f'[[tool.detent.index]]\nname = "ours"\nurl = "{ours.url}"\n'
            f'[[tool.detent.index]]\nname = "named"\nurl = "{named.url}"\nexplicit = true\n'
            '[tool.detent.sources]\npinned = { index = "named" }\n'
        )
        builds.sandbox.manifest("a", tail=tail)

        builds.sync()

    assert builds.packages() == [{"pinned": "1.0", "tool": "1.0"}]


def test_what_a_build_requires_is_as_old_as_its_index_says(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", build_requires=["tool"], more=SEES))
    with serve([wheel("tool", "1.0")]) as ours:
        late = wheel("tool", "2.0")
        ours.add(late.filename, late.data).uploaded = "2024-06-01T00:00:00Z"
        more = f'[[tool.detent.index]]\nname = "ours"\nurl = "{ours.url}"\nexclude-newer = "2024-03-01"\n'
        builds.sandbox.manifest("a", tail=more)

        builds.sync()

    assert builds.packages() == [{"tool": "1.0"}]


# ---- more requirements, and variables --------------------------------------------------------


def test_the_build_of_one_package_gets_more_than_it_asks_for(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", more=SEES), tiny_sdist("b", more=SEES))
    publish(builds.index, wheel("tool", "1.0"), wheel("tool", "2.0"), wheel("of_tool"))
    builds.sandbox.manifest("a")
    builds.sync()
    said = (
        '[tool.detent]\nextra-build-dependencies = { A = ["tool<2", "nothing; python_version < \'3\'"] }\n'
        'extra-build-variables = { A = { JOBS = "4" } }\n'
    )
    builds.sandbox.manifest("a", "b", tail=said)

    assert builds.sync().endswith(" ~ a==1.0\n + b==1.0\n")
    builds.sync()

    plain: tuple[dict[str, str], dict[str, str | None]] = ({}, {"JOBS": None, "CFLAGS": None})
    first, *others = builds.seen()
    assert first == plain
    assert sorted(others, key=str) == [({"tool": "1.0"}, {"JOBS": "4", "CFLAGS": None}), plain]


def test_the_projects_own_builds_get_theirs(builds: Builds) -> None:
    publish(builds.index, wheel("tool", "1.0"))
    builds.tree()
    builds.sync()
    said = (
        '[tool.detent]\nextra-build-dependencies = { demo = ["tool"] }\n'
        'extra-build-variables = { demo = { JOBS = "4" } }\n'
    )
    builds.tree(tables=said)

    builds.sync()
    builds.sync("--no-editable")
    builds.sandbox.detent("build").ok()

    plain: tuple[dict[str, str], dict[str, str | None]] = ({}, {"JOBS": None, "CFLAGS": None})
    assert builds.seen() == [plain, *4 * [({"tool": "1.0"}, {"JOBS": "4", "CFLAGS": None})]]


MATCHED = '[tool.detent]\nextra-build-dependencies = {{ {} = [{{ requirement = "tool", match-runtime = true }}] }}\n'


def test_a_build_gets_the_version_that_is_installed(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", more=SEES))
    publish(builds.index, wheel("tool", "1.0"), wheel("tool", "2.0"))
    builds.sandbox.manifest("a", "tool==1.0", tail=MATCHED.format("a"))

    builds.sync()
    builds.sandbox.manifest("a", "tool", tail=MATCHED.format("a"))
    builds.sync("-U")
    assert "Checked 2 packages" in builds.sync()

    assert builds.packages() == [{"tool": "1.0"}, {"tool": "2.0"}]


def test_the_project_is_built_with_the_version_that_is_installed(builds: Builds) -> None:
    publish(builds.index, wheel("tool", "1.0"), wheel("tool", "2.0"))
    builds.tree(tables=MATCHED.format("demo"))
    manifest = builds.sandbox.read("pyproject.toml")
    builds.sandbox.write("pyproject.toml", manifest.replace("dependencies = []", 'dependencies = ["tool<2"]'))

    builds.sync()

    assert builds.packages() == [{"tool": "1.0"}]


def test_a_build_that_needs_what_is_not_installed_says_so(builds: Builds) -> None:
    builds.sources(tiny_sdist("a"))
    publish(builds.index, wheel("tool", "1.0"))
    builds.sandbox.manifest("a", tail=MATCHED.format("a"))

    done = builds.sandbox.detent("sync")

    assert done.code == 1
    assert "what is needed to build `a==1.0` cannot be had [build-requirements]" in done.err
    assert "`extra-build-dependencies` has `tool` with `match-runtime`" in done.err
    assert "next: require `tool` in the project" in done.err


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("build-constraint-dependencies = ['a[b]<2']", "names extras"),
        ("build-constraint-dependencies = 'a<2'", "must be a list"),
        ("build-constraint-dependencies = ['a @ https://example.com/a.zip']", "names a file"),
        ("extra-build-dependencies = ['a']", "must be a table by names of packages"),
        ("extra-build-dependencies = { a = 'b' }", "must be a list of requirements"),
        ("extra-build-dependencies = { a = [{ name = 'b' }] }", "must hold requirements, or tables"),
        (
            "extra-build-dependencies = { a = [{ requirement = 'b>1', match-runtime = true }] }",
            "names versions",
        ),
        ("extra-build-dependencies = { a = ['b'], A = ['b'] }", "stands here twice"),
        ("extra-build-variables = { a = { B = 1 } }", "must be a table of strings"),
        ("extra-build-variables = { a = { 'B=' = '' } }", "no variable can have"),
        ("cache-keys = 'x'", "must be a list of tables"),
        ("cache-keys = [{ file = '/x' }]", "with a relative path"),
        ("cache-keys = [{ file = 'x', dir = 'y' }]", "with one key"),
        ("cache-keys = [{ git = { branch = true } }]", "`commit` and `tags`"),
        ("cache-keys = [{ git = { tags = 1 } }]", "`commit` and `tags`"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(builds: Builds, said: str, why: str) -> None:
    builds.sandbox.manifest(tail=f"[tool.detent]\n{said}\n")

    done = builds.sandbox.detent("lock")

    assert done.code == 2
    assert f"`tool.detent.{said.partition(' ')[0]}` cannot be used" in done.err
    assert why in done.err


# ---- when a folder is built again ------------------------------------------------------------


def test_a_folder_that_names_what_counts_is_built_again_for_that_alone(builds: Builds) -> None:
    builds.tree(tables='[tool.detent]\ncache-keys = [{ file = "native/**/*.c" }, { env = "CFLAGS" }]\n')
    builds.sandbox.write("native/deep/a.c", "1")
    builds.sync()
    assert len(builds.seen()) == 1

    builds.sandbox.write("setup.py", "")
    builds.sandbox.write("new/__init__.py", "")
    builds.sandbox.write("native/a.h", "")
    builds.sync()
    assert builds.seen() == []

    builds.sandbox.write("native/deep/a.c", "22")
    builds.sync()
    assert len(builds.seen()) == 1

    builds.sandbox.write("native/b.c", "")
    builds.sync()
    assert len(builds.seen()) == 1

    builds.sandbox.variables["CFLAGS"] = "-O2"
    builds.sync()
    builds.sync()
    assert [variables["CFLAGS"] for _, variables in builds.seen()] == ["-O2"]


def test_files_named_one_by_one_are_noticed_by_the_run_that_only_looks(builds: Builds) -> None:
    builds.tree(tables='[tool.uv]\ncache-keys = ["pyproject.toml", { file = "Cargo.lock" }]\n')
    for _ in range(3):
        builds.sync()
    assert len(builds.seen()) == 1

    builds.sandbox.write("Cargo.lock", "1")
    builds.sync()
    assert len(builds.seen()) == 1


def test_an_ordinary_wheel_of_a_folder_goes_by_its_keys_too(builds: Builds) -> None:
    builds.tree(tables='[tool.detent]\ncache-keys = [{ dir = "there" }]\n[tool.uv]\ncache-keys = ["x"]\n')
    builds.sync("--no-editable")
    assert len(builds.seen()) == 1

    builds.sandbox.write("src/demo/more.py", "")
    builds.sandbox.write("x", "")
    builds.sync("--no-editable")
    assert builds.seen() == []

    (builds.sandbox.root / "there").mkdir()
    builds.sync("--no-editable")
    assert len(builds.seen()) == 1


def test_keys_of_a_folder_that_a_project_requires_are_its_own(builds: Builds) -> None:
    part = builds.sandbox.root.parent / "part"
    builds.tree(part, name="part", tables='[tool.detent]\ncache-keys = [{ file = "counts" }]\n')
    builds.sandbox.manifest(
        "part", tail='[tool.detent.sources]\npart = { path = "../part", editable = true }\n'
    )
    builds.sync()
    builds.seen()

    (part / "setup.cfg").touch()
    builds.sync()
    assert builds.seen() == []

    (part / "counts").touch()
    builds.sync()
    assert len(builds.seen()) == 1


def test_the_commit_and_the_tags_count_where_they_are_named(builds: Builds) -> None:
    def git(*words: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "tag.gpgsign=false")
        subprocess.run(
            ["git", *who, *words],
            cwd=builds.sandbox.root,
            env=builds.sandbox.variables,
            check=True,
            capture_output=True,
        )

    builds.tree(tables="[tool.detent]\ncache-keys = [{ git = { tags = true } }]\n")
    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "one")
    builds.sync()
    assert len(builds.seen()) == 1

    git("commit", "-q", "--allow-empty", "-m", "two")
    builds.sync()
    assert builds.seen() == []

    git("tag", "v1")
    builds.sync()
    assert len(builds.seen()) == 1


# ---- without isolation -----------------------------------------------------------------------

HERE = "[tool.detent]\nno-build-isolation-package = ['a']\n"


def test_a_build_without_isolation_goes_on_where_everything_else_is_installed_by_then(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", build_requires=["tool>=1"], more=SEES + "import tool"))
    publish(builds.index, wheel("tool", "1.0"), wheel("other", "1.0"))
    builds.sandbox.manifest("a", "other", "tool", tail=HERE)

    told = builds.sync()
    assert "Checked 3 packages" in builds.sync()

    assert "Installed 3 packages" in told
    assert told.endswith(" + a==1.0\n + other==1.0\n + tool==1.0\n")
    assert builds.packages() == [{"other": "1.0", "tool": "1.0"}]
    assert builds.sandbox.installed() == {"a": "1.0", "other": "1.0", "tool": "1.0"}


def test_what_was_built_without_isolation_is_for_that_environment_alone(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", more=SEES))
    builds.sandbox.manifest("a", tail=HERE)
    builds.sync()
    builds.sandbox.manifest("a")
    assert builds.sync().endswith(" ~ a==1.0\n")
    builds.sandbox.manifest("a", tail=HERE)
    assert builds.sync().endswith(" ~ a==1.0\n")
    assert len(builds.seen()) == 3

    (builds.sandbox.root / ".venv").rename(builds.sandbox.root.parent / "aside")
    builds.sync()

    assert len(builds.seen()) == 1


def test_the_project_itself_is_built_where_it_is_installed(builds: Builds) -> None:
    publish(builds.index, wheel("tool", "1.0"), wheel("tool", "2.0"))
    builds.tree()
    manifest = builds.sandbox.read("pyproject.toml").replace("requires = []", 'requires = ["tool"]')
    builds.sandbox.write("pyproject.toml", manifest + '\n[dependency-groups]\ndev = ["tool<2"]\n')

    builds.sync("--no-build-isolation")
    builds.sandbox.detent("build", env={"DETENT_NO_BUILD_ISOLATION": "1"}).ok()

    assert [seen["tool"] for seen in builds.packages()] == ["1.0"] * 3
    assert "demo" in builds.sandbox.installed()


def test_what_is_there_for_builds_alone_stays_where_everything_is_built_so(builds: Builds) -> None:
    publish(builds.index, wheel("tool", "1.0"))
    builds.sandbox.manifest("tool")
    builds.sync()
    builds.sandbox.manifest()

    builds.sync("--no-build-isolation")
    builds.sandbox.detent("sync", "--check", "--no-build-isolation").ok()
    assert builds.sandbox.installed() == {"tool": "1.0"}

    builds.sync()
    assert builds.sandbox.installed() == {}


def test_what_a_build_without_isolation_lacks_is_named_and_what_was_installed_stays(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", build_requires=["tool>=2", "nothing; python_version < '3'", "more"]))
    publish(builds.index, wheel("tool", "1.0"), wheel("other", "1.0"))
    builds.sandbox.manifest("a", "other", "tool", tail=HERE)

    done = builds.sandbox.detent("sync")

    assert done.code == 1
    assert "what is needed to build `a==1.0` cannot be had [build-requirements]" in done.err
    assert "it is built without isolation, and `.venv` does not have `tool>=2` and `more`" in done.err
    assert " next: require `tool>=2` and `more` in the project" in done.err
    assert builds.sandbox.installed() == {"other": "1.0", "tool": "1.0"}


def test_metadata_is_asked_without_isolation_where_there_is_an_environment(builds: Builds) -> None:
    more = SEES + "del prepare_metadata_for_build_wheel"
    builds.sources(tiny_sdist("a", build_requires=["tool"], is_open=True, more=more))
    publish(builds.index, wheel("tool", "1.0"))
    builds.sandbox.manifest("a", "tool", tail=HERE)

    done = builds.sandbox.detent("lock")
    assert done.code == 1
    assert "it is built without isolation, and there is no environment of CPython" in done.err

    builds.sandbox.manifest("tool", tail=HERE)
    builds.sync()
    builds.sandbox.manifest("a", "tool", tail=HERE)
    builds.sync()

    assert builds.packages() == [{"tool": "1.0"}] * 2


def test_a_package_built_without_isolation_is_built_again_for_the_version_it_is_to_match(
    builds: Builds,
) -> None:
    builds.sources(tiny_sdist("a", more=SEES))
    publish(builds.index, wheel("tool", "1.0"), wheel("tool", "2.0"), wheel("other", "1.0"))
    tail = HERE + MATCHED.format("a").removeprefix("[tool.detent]\n")
    builds.sandbox.manifest("a", "tool<2", tail=tail)
    builds.sync()
    builds.sandbox.manifest("a", "tool<2", "other", tail=tail)
    builds.sync()
    builds.sandbox.manifest("a", "tool", "other", tail=tail)

    told = builds.sync("-U")

    assert told.endswith(" ~ a==1.0\n - tool==1.0\n + tool==2.0\n")
    assert [seen["tool"] for seen in builds.packages()] == ["1.0", "2.0"]


def test_an_install_in_two_turns_is_undone_at_once(builds: Builds) -> None:
    builds.sources(tiny_sdist("a", more=SEES))
    publish(builds.index, wheel("tool", "1.0"), wheel("old", "1.0"))
    builds.sandbox.manifest("old", tail=HERE)
    builds.sync()
    builds.sandbox.manifest("a", "tool", tail=HERE)
    builds.sync()
    assert builds.sandbox.installed() == {"a": "1.0", "tool": "1.0"}

    builds.sandbox.detent("undo").ok()

    assert builds.sandbox.installed() == {"old": "1.0"}
