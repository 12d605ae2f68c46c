"""A workspace of four members of which two exclude each other: one lock, one environment, every command."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from support.backends import tiny_tree, write_tree
from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.peers import Peers
from support.wheels import wheel
from support.whole import environment_faults

ROOT = """\
[project]
name = "mono"
version = "0.1.0"
requires-python = ">=3.10"
dependencies = ["common"]

[tool.detent]
conflicts = [[{package = "api"}, {package = "legacy"}]]

[tool.detent.workspace]
members = ["packages/*"]
exclude = ["packages/draft"]
"""


def member(
    sandbox: Sandbox,
    name: str,
    requires: list[str],
    *,
    tables: str = "",
    where: str = "packages",
    python: str = "",
) -> Path:
    """Write a member that is a package, with a group `dev` and an extra `net`."""
    root = sandbox.root / where / name
    root.mkdir(parents=True, exist_ok=True)
    more = '[project.optional-dependencies]\nnet = ["net"]\n[dependency-groups]\ndev = ["tool"]\n'
    module = name.replace("-", "_")
    tree = tiny_tree(
        name, "0.1.0", requires=requires, files={f"{module}/__init__.py": ""}, tables=more + tables
    )
    write_tree(root, tree)
    text = (root / "pyproject.toml").read_text()
    said = f'version = "0.1.0"\nrequires-python = "{python}"' if python else 'version = "0.1.0"'
    (root / "pyproject.toml").write_text(text.replace('version = "0.1.0"', said))
    return root


@pytest.fixture
def mono(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    """`web` needs `core`, `api` and `legacy` want different versions of `lib`."""
    publish(index, *(wheel("lib", version) for version in ("1.0", "2.0")))
    publish(index, *map(wheel, ("common", "net", "tool", "small", "more")))
    sandbox.write("pyproject.toml", ROOT)
    member(sandbox, "core", ["small"])
    member(
        sandbox,
        "web",
        ["core[net]"],
        tables="[tool.detent.sources]\ncore = { workspace = true }\n",
        python=">=3.11",
    )
    member(sandbox, "api", ["lib>=2"])
    member(sandbox, "legacy", ["lib<2"])
    return sandbox


def lock_of(sandbox: Sandbox) -> dict[str, object]:
    return tomllib.loads(sandbox.read("pylock.toml"))


def test_every_member_is_a_root_of_its_own_in_one_lock(mono: Sandbox) -> None:
    mono.detent("lock", cwd=mono.root / "packages" / "web").ok()

    lock = lock_of(mono)
    inputs = lock["tool"]["detent"]["inputs"]  # type: ignore[index]
    assert lock["requires-python"] == ">=3.11"
    assert inputs["dependencies"] == ["common"]
    assert inputs["groups"]["web"] == ["core[net]"]
    assert inputs["groups"]["core-extra-net"] == ["net"]
    assert inputs["groups"]["core-group-dev"] == ["tool"]
    assert inputs["sources"] == {"core": {"path": "packages/core", "editable": True}}
    assert inputs["members"]["web"] == {
        "path": "packages/web",
        "requires-python": ">=3.11",
        "extras": ["net"],
        "groups": ["dev"],
        "default-groups": ["dev"],
    }
    folders = [package for package in lock["packages"] if "directory" in package]  # type: ignore[attr-defined]
    assert [package["name"] for package in folders] == ["core"]
    assert folders[0]["marker"] == "'web' in dependency_groups"
    assert not list(mono.root.glob("packages/*/pylock.toml"))
    mono.detent("lock", "--check").ok()


@pytest.mark.parametrize(
    ("words", "folder", "expected"),
    [
        ((), "", {"common"}),
        ((), "packages/web", {"web", "core", "small", "net", "tool"}),
        (("--package", "web", "--no-dev"), "", {"web", "core", "small", "net"}),
        (("--package", "core", "--extra", "net"), "packages/api", {"core", "small", "net", "tool"}),
        (("--package", "mono", "--package", "legacy"), "packages/api", {"common", "legacy", "lib", "tool"}),
        (("--package", "web", "--only-group", "dev"), "", {"tool"}),
        (("--no-install-workspace", "--package", "web"), "", {"small", "net", "tool"}),
        (("--no-install-local",), "packages/web", {"small", "net", "tool"}),
        (("--no-install-project",), "packages/web", {"core", "small", "net", "tool"}),
        (("--no-install-package", "core"), "packages/web", {"web", "small", "net", "tool"}),
    ],
)
def test_a_sync_installs_what_it_is_about(
    mono: Sandbox, words: tuple[str, ...], folder: str, expected: set[str]
) -> None:
    mono.detent("sync", *words, cwd=mono.root / folder).ok()

    assert set(mono.installed()) == expected
    assert environment_faults(mono.root / ".venv") == []


def test_members_that_exclude_each_other_are_not_installed_together(mono: Sandbox) -> None:
    refused = mono.detent("sync", "--all-packages")

    assert refused.code == 2
    assert "`api` and `legacy` cannot be on together" in refused.err
    for name, version in (("api", "2.0"), ("legacy", "1.0")):
        mono.detent("sync", "--package", name).ok()
        assert mono.installed()["lib"] == version


def test_running_in_a_member_keeps_what_the_environment_has(mono: Sandbox) -> None:
    mono.detent("sync", "--package", "web").ok()

    mono.detent("run", "python", "-c", "import api", cwd=mono.root / "packages" / "api").ok()
    assert {"web", "core", "api", "lib"} <= set(mono.installed())

    said = mono.detent("run", "-v", "python", "-c", "import web", cwd=mono.root / "packages" / "web").ok().err
    assert "nstalled" not in said


def test_what_a_member_asks_for_stands_in_its_own_file(mono: Sandbox) -> None:
    web = mono.root / "packages" / "web"
    before = mono.read("pyproject.toml")

    mono.detent("add", "more", cwd=web).ok()
    mono.detent("add", "--package", "api", "--group", "dev", "small").ok()
    assert '"more>=1.0"' in (web / "pyproject.toml").read_text()
    assert '"small>=1.0"' in mono.read("packages/api/pyproject.toml")
    assert mono.installed()["more"] == "1.0"

    mono.detent("remove", "--package", "web", "more").ok()
    assert "more" not in (web / "pyproject.toml").read_text()
    assert "more" not in mono.read("pylock.toml")
    assert mono.read("pyproject.toml") == before
    mono.detent("lock", "--check").ok()


def test_what_cannot_be_locked_leaves_every_file_as_it_was(mono: Sandbox) -> None:
    mono.detent("sync", "--package", "web").ok()
    before = mono.snapshot()

    refused = mono.detent("add", "--package", "web", "lib>=3")

    assert refused.code == 1
    assert mono.snapshot() == before


def test_a_folder_that_is_added_joins_the_workspace_and_undo_takes_it_back(mono: Sandbox) -> None:
    member(mono, "extra-lib", ["more"], where="libs")
    mono.detent("lock").ok()
    before = mono.snapshot()

    mono.detent("add", "--package", "web", "--no-sync", "./libs/extra-lib").ok()

    assert 'members = ["packages/*", "libs/extra-lib"]' in mono.read("pyproject.toml")
    assert "extra-lib = { workspace = true }" in mono.read("packages/web/pyproject.toml")
    assert "extra-lib" in mono.detent("workspace", "list").ok().out.split()
    mono.detent("lock", "--check").ok()

    mono.detent("undo").ok()
    assert mono.snapshot() == before


def test_a_folder_stays_outside_where_that_is_asked_for(mono: Sandbox) -> None:
    member(mono, "extra-lib", ["more"], where="libs")
    before = mono.read("pyproject.toml")

    mono.detent("add", "--package", "web", "--no-sync", "--no-workspace", "./libs/extra-lib").ok()

    assert mono.read("pyproject.toml") == before
    assert 'extra-lib = { path = "../../libs/extra-lib" }' in mono.read("packages/web/pyproject.toml")
    assert 'path = "libs/extra-lib"' in mono.read("pylock.toml")


def test_a_member_is_added_by_its_name(mono: Sandbox) -> None:
    mono.detent("add", "--package", "api", "--no-sync", "core").ok()

    assert "core = { workspace = true }" in mono.read("packages/api/pyproject.toml")


def test_a_new_project_joins_the_workspace_it_lies_in(mono: Sandbox) -> None:
    mono.detent("init", "--bare", "packages/fresh").ok()
    assert 'members = ["packages/*"]' in mono.read("pyproject.toml")

    mono.detent("init", "--bare", "apps/other").ok()
    assert 'members = ["packages/*", "apps/other"]' in mono.read("pyproject.toml")

    mono.detent("init", "--bare", "--no-workspace", "apps/alone").ok()
    assert {"fresh", "other"} <= set(mono.detent("workspace", "list").ok().out.split())
    assert "alone" not in mono.detent("workspace", "list").ok().out


def test_a_project_becomes_the_root_of_a_workspace_with_the_first_that_is_started_below_it(
    sandbox: Sandbox,
) -> None:
    sandbox.manifest()
    (sandbox.root / "packages").mkdir()

    sandbox.detent("init", "--bare", "alone", "--no-workspace", cwd=sandbox.root / "packages").ok()
    assert "workspace" not in sandbox.read("pyproject.toml")
    sandbox.detent("init", "--bare", "fresh", cwd=sandbox.root / "packages").ok()

    assert sandbox.read("pyproject.toml").endswith('[tool.detent.workspace]\nmembers = ["packages/fresh"]\n')
    assert "fresh" in sandbox.detent("workspace", "list").ok().out.split()


def test_a_root_without_a_project_stands_for_all_members(mono: Sandbox) -> None:
    mono.write("pyproject.toml", '[tool.uv.workspace]\nmembers = ["packages/[cw]*"]\n')

    said = mono.detent("sync").ok().err

    assert "`[tool.uv.workspace]` in pyproject.toml says what belongs to the workspace" in said
    assert set(mono.installed()) == {"core", "web", "small", "net", "tool"}
    refused = mono.detent("add", "more")
    assert refused.code == 2
    assert "the root of the workspace is no project" in refused.err


def test_the_lock_of_a_root_without_a_project_is_proved_whole(mono: Sandbox) -> None:
    mono.write("pyproject.toml", '[tool.detent.workspace]\nmembers = ["packages/[cw]*"]\n')
    mono.detent("lock").ok()
    mono.detent("lock", "--check").ok()
    text = mono.read("pylock.toml")

    mono.write("pylock.toml", text.replace("'web' in dependency_groups", "'core' in dependency_groups"))

    assert mono.detent("lock", "--check").code == 1


def test_the_same_answers_from_the_views(mono: Sandbox) -> None:
    mono.detent("lock").ok()

    tree = mono.detent("tree", "--package", "web").ok().out
    assert tree.splitlines()[:2] == ["web v0.1.0", "├── core[net] v0.1.0 (packages/core)"]
    assert "mono v0.1.0\n└── common v1.0\n" in mono.detent("tree").ok().out
    export = mono.detent("export", "--package", "web", "--no-hashes", "--no-header", "--no-dev").ok().out
    assert [line for line in export.splitlines() if not line.startswith(" ")] == [
        "-e ./packages/web",
        "-e ./packages/core",
        "net==1.0",
        "small==1.0",
    ]
    assert mono.detent("workspace", "dir", cwd=mono.root / "packages" / "web").ok().out.strip() == str(
        mono.root
    )
    facts = json.loads(mono.detent("workspace", "metadata").ok().out)
    assert [row["name"] for row in facts["members"]] == ["api", "core", "legacy", "mono", "web"]


def test_versions_and_builds_are_of_the_member(mono: Sandbox) -> None:
    said = mono.detent("version", "--package", "web", "--bump", "minor", "--no-sync").ok().out
    assert said == "web 0.1.0 => 0.2.0\n"

    mono.detent("build", "--package", "web", "--wheel").ok()
    assert [path.name for path in (mono.root / "dist").glob("*.whl")] == ["web-0.2.0-py3-none-any.whl"]


def test_nothing_to_do_is_never_said_of_a_member_that_was_edited(mono: Sandbox) -> None:
    mono.detent("sync", "--package", "web").ok()
    mono.detent("sync", "--package", "web").ok()
    text = mono.read("packages/core/pyproject.toml")
    mono.write("packages/core/pyproject.toml", text.replace('"small"', '"small", "more"'))

    mono.detent("sync", "--package", "web").ok()

    assert "more" in mono.installed()


def test_nothing_to_do_is_not_said_once_a_project_is_in_a_workspace(mono: Sandbox) -> None:
    """A file above that was not there when the answer was kept makes the project a member."""
    inner = mono.root / "packages" / "core"
    (mono.root / "pyproject.toml").rename(mono.root / "kept")
    for _ in range(3):
        mono.detent("sync", cwd=inner).ok()
    assert (inner / ".venv").is_dir()

    (mono.root / "kept").rename(mono.root / "pyproject.toml")
    mono.detent("sync", cwd=inner).ok()

    assert set(mono.installed()) == {"core", "small", "tool"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda m: m.write("packages/dup/pyproject.toml", '[project]\nname = "Core"\nversion = "1"\n'),
            "two packages of the workspace are called `core`",
        ),
        (
            lambda m: m.write(
                "packages/nest/pyproject.toml",
                '[project]\nname = "nest"\nversion = "1"\n[tool.detent.workspace]\nmembers = []\n',
            ),
            "a member of a workspace has a workspace of its own",
        ),
        (
            lambda m: m.write("packages/loose/main.c", ""),
            "the member `packages/loose` of the workspace has no",
        ),
        (
            lambda m: m.write("pyproject.toml", ROOT.replace("packages/*", "../*")),
            "`../*` cannot be used in `tool.detent.workspace.members`",
        ),
        (
            lambda m: (m.root / "packages" / "away").symlink_to(m.root.parent),
            "the member `packages/away` of the workspace lies outside of it",
        ),
        (
            lambda m: m.write("pyproject.toml", ROOT + '[dependency-groups]\nweb = ["small"]\n'),
            "two things would be the group `web` of the lock",
        ),
    ],
)
def test_what_cannot_be_a_workspace_is_refused(
    mono: Sandbox, change: Callable[[Sandbox], object], says: str
) -> None:
    change(mono)

    refused = mono.detent("lock")

    assert refused.code == 2, refused.err
    assert says in refused.err


def test_a_member_that_is_meant_is_said_to_be(mono: Sandbox) -> None:
    text = mono.read("packages/web/pyproject.toml")
    mono.write("packages/web/pyproject.toml", text.partition("[tool.detent.sources]")[0])

    refused = mono.detent("lock")

    assert refused.code == 2
    assert "`core` is a member of the workspace, and this does not say that it is meant" in refused.err
    assert "packages/web/pyproject.toml:" in refused.err


def test_a_failure_names_the_line_of_the_root_and_of_the_member(mono: Sandbox) -> None:
    mono.write(
        "pyproject.toml",
        ROOT.replace("[tool.detent]\n", '[tool.detent]\nconstraint-dependencies = ["lib<2"]\n'),
    )

    refused = mono.detent("lock")

    assert refused.code == 1
    assert "packages/api/pyproject.toml:" in refused.err
    assert "pyproject.toml:8)" in refused.err


def test_what_only_the_root_decides_is_said_of_a_member(mono: Sandbox) -> None:
    text = mono.read("packages/api/pyproject.toml")
    mono.write("packages/api/pyproject.toml", text + '[tool.detent]\nconstraint-dependencies = ["lib<1"]\n')

    said = mono.detent("lock").ok().err

    assert said.count("`packages/api/pyproject.toml` sets `constraint-dependencies` in [tool.detent]") == 1


def test_pip_and_uv_install_the_root_and_a_member_from_the_lock(mono: Sandbox, tmp_path: Path) -> None:
    mono.detent("lock").ok()
    peers = Peers(tmp_path / "home")
    dead = "http://127.0.0.1:9/simple/"
    ours = {}
    for name in ("", "api"):
        mono.detent("sync", *(("--package", name, "--no-dev", "--no-install-project") if name else ())).ok()
        ours[name] = set(mono.installed()) - {name}

        by_pip, by_uv = peers.environment(f"pip-{name}"), peers.environment(f"uv-{name}")
        what = ["--group", f"pylock.toml:{name}"] if name else ["-r", "pylock.toml"]
        peers.pip("--python", str(by_pip), "install", "--no-index", *what, cwd=mono.root)
        group = ["--group", name] if name else []
        peers.uv(
            "pip",
            "sync",
            "--python",
            str(by_uv),
            "--default-index",
            dead,
            "pylock.toml",
            *group,
            cwd=mono.root,
        )
        for environment in (by_pip, by_uv):
            found = environment.glob("lib/python*/site-packages/*.dist-info")
            assert {path.name.partition("-")[0] for path in found} >= ours[name]
    assert ours == {"": {"common"}, "api": {"lib"}}
