"""Locks of two branches put together by real git: by text, by `detent lock`, and by the merge driver."""

import os
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.answers import answer
from support.cli import Done, Sandbox, publish, run
from support.index_server import IndexServer
from support.wheels import wheel

EXAMPLE = Path(__file__).parents[2] / "examples/merge-conflicts"
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.com"))
}
LISTS = """\
[project]
name = "demo"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = [
    "alpha",{ours}
    # what stands between
    # keeps two edits
    # apart from each other
    "omega",{theirs}
]
"""


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    """A repository with a lock in it, on the branch `main`."""
    publish(
        index,
        wheel("alpha", "1.0", requires=["shared"]),
        wheel("omega", "1.0"),
        wheel("bold", "1.0", requires=["shared>=1"]),
        wheel("tint", "1.0", requires=["shared", "warm; sys_platform == 'win32'"]),
        wheel("warm", "1.0"),
        *(wheel("shared", version) for version in ("1.0", "1.1", "1.2")),
    )
    git(sandbox, "init", "--quiet", "--initial-branch=main")
    write(sandbox)
    sandbox.detent("lock", "--upgrade-package", "shared==1.0").ok()
    (sandbox.root / ".gitignore").write_text(".venv\n")
    commit(sandbox)
    return sandbox


def git(project: Sandbox, *words: str, ok: bool = True, env: Mapping[str, str] | None = None) -> Done:
    done = run(
        ["git", *words],
        cwd=project.root,
        env={
            **project.variables,
            **IDENTITY,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_EDITOR": "true",
            **(env or {}),
        },
    )
    return done.ok() if ok else done


def commit(project: Sandbox) -> None:
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "more")


def write(project: Sandbox, *, ours: str = "", theirs: str = "") -> None:
    listed = {side: f'\n    "{text}",' if text else "" for side, text in (("ours", ours), ("theirs", theirs))}
    project.write("pyproject.toml", LISTS.format_map(listed))


def branches(project: Sandbox, *, ours: tuple[str, ...] = (), theirs: tuple[str, ...] = ()) -> None:
    """Two branches: each adds a package and locks with these words; `main` is checked out."""
    git(project, "checkout", "--quiet", "-b", "side")
    write(project, theirs="tint")
    project.detent("lock", *theirs).ok()
    commit(project)
    git(project, "checkout", "--quiet", "main")
    write(project, ours="bold")
    project.detent("lock", *ours).ok()
    commit(project)


def versions(project: Sandbox) -> dict[str, str]:
    lock = tomllib.loads(project.read("pylock.toml"))
    return {package["name"]: package["version"] for package in lock["packages"]}


BOTH = {"alpha": "1.0", "bold": "1.0", "omega": "1.0", "shared": "1.2", "tint": "1.0", "warm": "1.0"}
CONTEST = {
    "ours": ("--upgrade-package", "shared==1.1"),
    "theirs": ("--upgrade-package", "shared==1.2"),
}


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_lock_resolves_a_conflict_and_says_who_won(project: Sandbox, style: str) -> None:
    git(project, "config", "merge.conflictStyle", style)
    branches(project, **CONTEST)

    merged = git(project, "merge", "side", ok=False)

    assert merged.code == 1
    assert "pylock.toml" in merged.out
    assert "pyproject.toml" not in merged.out.replace("Auto-merging pyproject.toml", "")
    conflicted = project.read("pylock.toml")
    assert "<<<<<<< HEAD" in conflicted

    done = project.detent("lock").ok()

    assert versions(project) == BOTH
    assert "merged: shared 1.2 (theirs) over 1.1 (ours)\n" in done.err
    assert "of what differs, 0 packages as in ours (`HEAD`), 3 packages as in theirs (`side`)\n" in done.err
    project.detent("lock", "--check").ok()

    project.detent("undo").ok()
    assert project.read("pylock.toml") == conflicted
    project.detent("undo").ok()
    project.detent("sync", "--locked").ok()


def test_a_pin_that_one_side_alone_moved_is_not_contested(project: Sandbox) -> None:
    branches(project, theirs=("--upgrade-package", "shared==1.2"))
    git(project, "merge", "side", ok=False)

    done = project.detent("lock").ok()

    assert versions(project) == BOTH
    assert "merged: " not in done.err


def test_a_version_that_one_side_went_back_to_stays(project: Sandbox) -> None:
    project.detent("lock", "--upgrade-package", "shared==1.2").ok()
    commit(project)
    branches(project, ours=("--upgrade-package", "shared==1.1"))
    git(project, "merge", "side", ok=False)

    project.detent("lock").ok()

    assert versions(project) == BOTH | {"shared": "1.1"}


def test_a_rebase_and_a_cherry_pick_are_resolved_too(project: Sandbox) -> None:
    branches(project, **CONTEST)
    git(project, "branch", "picked")

    assert git(project, "rebase", "side", ok=False).code == 1
    done = project.detent("lock").ok()
    git(project, "add", "pylock.toml")
    git(project, "rebase", "--continue")
    assert versions(project) == BOTH
    assert "merged: shared 1.2 (ours) over 1.1 (theirs)\n" in done.err

    git(project, "checkout", "--quiet", "picked")
    assert git(project, "cherry-pick", "side", ok=False).code == 1
    project.detent("lock").ok()
    assert versions(project) == BOTH


def test_a_dry_run_says_the_same_and_writes_nothing(project: Sandbox) -> None:
    branches(project, **CONTEST)
    git(project, "merge", "side", ok=False)
    conflicted = project.read("pylock.toml")

    done = project.detent("lock", "--dry-run").ok()

    assert "merged: shared 1.2 (theirs) over 1.1 (ours)\n" in done.err
    assert project.read("pylock.toml") == conflicted


def test_programs_are_told_which_side_won(project: Sandbox) -> None:
    before = answer("lock", project.detent("lock", "--output-format", "json").ok())
    branches(project, **CONTEST)
    git(project, "merge", "side", ok=False)

    merged = answer("lock", project.detent("lock", "--output-format", "json").ok())
    after = answer("lock", project.detent("lock", "--output-format", "json").ok())

    assert before["lock"]["merge"] is None
    assert after["lock"]["merge"] is None
    contest = {"name": "shared", "won": "theirs", "ours": ["1.1"], "theirs": ["1.2"], "chosen": ["1.2"]}
    assert merged["lock"]["merge"] == {"ours": 0, "theirs": 3, "contests": [contest]}


@pytest.mark.parametrize(
    "words", [("sync",), ("add", "warm"), ("remove", "omega"), ("run", "true"), ("lock", "--upgrade")]
)
def test_whatever_locks_resolves_a_conflict(project: Sandbox, words: tuple[str, ...]) -> None:
    branches(project, **CONTEST)
    git(project, "merge", "side", ok=False)

    project.detent(*words).ok()

    project.detent("lock", "--check").ok()
    assert versions(project)["shared"] == "1.2"


@pytest.mark.parametrize(
    "words",
    [
        ("lock", "--check"),
        ("lock", "--check-exists"),
        ("sync", "--locked"),
        ("sync", "--frozen"),
        ("sync", "--check"),
        ("run", "--frozen", "true"),
        ("add", "--locked", "warm"),
        ("tree",),
        ("tree", "--frozen"),
        ("export", "--frozen"),
        ("export",),
    ],
)
def test_whatever_reads_a_lock_names_file_and_line_of_a_conflict(
    project: Sandbox, words: tuple[str, ...]
) -> None:
    branches(project, **CONTEST)
    git(project, "merge", "side", ok=False)
    conflicted = project.read("pylock.toml")
    line = conflicted[: conflicted.index("<<<<<<<")].count("\n") + 1

    done = project.detent(*words)

    assert done.code == 2
    assert f"error: `pylock.toml:{line}`: a merge conflict was left in the lock [lock-conflicted]" in done.err
    assert " next: run `detent lock`" in done.err
    assert project.read("pylock.toml") == conflicted


def test_a_conflict_in_pyproject_is_for_a_person_to_resolve(project: Sandbox) -> None:
    project.write(
        "pyproject.toml", LISTS.format(ours="", theirs='\n<<<<<<< HEAD\n=======\n    "tint",\n>>>>>>> x')
    )

    done = project.detent("lock")

    assert done.code == 2
    assert "error: `pyproject.toml:11`: a merge conflict was left in it [manifest-invalid]" in done.err


def test_a_merge_that_is_clean_as_text_and_false_is_found_and_repaired(project: Sandbox) -> None:
    """One side moves a package back, the other adds what needs the newer one."""
    project.detent("lock", "--upgrade-package", "shared==1.2").ok()
    commit(project)
    git(project, "checkout", "--quiet", "-b", "side")
    write(project, theirs="tint")
    project.detent("lock").ok()
    lock = project.read("pylock.toml").replace('    "shared",\n    "warm;', '    "shared>=1.2",\n    "warm;')
    project.write("pylock.toml", lock)
    commit(project)
    git(project, "checkout", "--quiet", "main")
    project.detent("lock", "--upgrade-package", "shared==1.1").ok()
    commit(project)

    git(project, "merge", "side")

    for words in (
        ("lock", "--check"),
        ("sync", "--locked"),
        ("sync", "--frozen"),
        ("run", "--frozen", "true"),
    ):
        done = project.detent(*words)
        assert done.code == 1
        assert "`tint 1.0` needs `shared>=1.2`, but the lock has `shared 1.1`" in done.err
    project.detent("lock").ok()
    assert versions(project)["shared"] == "1.1"
    project.detent("lock", "--check").ok()


def test_the_example_goes_as_it_says(sandbox: Sandbox, index: IndexServer) -> None:
    publish(
        index,
        *(wheel("rich", version) for version in ("14.0.0", "14.1.0", "14.2.0")),
        wheel("httpx", "0.28.1"),
        wheel("iniconfig", "2.3.0"),
        wheel("pluggy", "1.6.0"),
    )

    done = sandbox.shell(str(EXAMPLE / "two-branches.sh")).ok()

    assert done.out == (EXAMPLE / "expected.txt").read_text("utf-8")


# ---- the merge driver --------------------------------------------------------------------------


@pytest.fixture
def driven(project: Sandbox) -> Sandbox:
    """The same repository, with the driver set up."""
    project.detent("merge-driver", "--install").ok()
    commit(project)
    return project


def test_the_driver_merges_what_does_not_touch(driven: Sandbox, index: IndexServer) -> None:
    branches(driven, theirs=CONTEST["theirs"])
    index.requests.clear()

    git(driven, "merge", "side")

    assert index.requests == []
    assert versions(driven) == BOTH
    driven.detent("lock", "--check").ok()
    merged = driven.read("pylock.toml")
    driven.detent("lock", "--refresh").ok()
    assert driven.read("pylock.toml") == merged


def test_the_driver_imports_nothing_of_the_repository(driven: Sandbox) -> None:
    branches(driven, theirs=CONTEST["theirs"])
    for name in ("detent/__init__.py", "tempfile.py", "shlex.py"):
        driven.write(name, "raise SystemExit('of the repository')\n")

    git(driven, "merge", "side")

    assert versions(driven) == BOTH
    assert "of the repository" not in git(driven, "diff", "side", "--", "pylock.toml").err


def test_a_percent_sign_in_a_path_is_none_of_git(project: Sandbox, tmp_path: Path) -> None:
    python = tmp_path / "a%Ab" / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    words = [str(python), "-m", "detent", "merge-driver", "--install"]
    run(words, cwd=project.root, env=project.variables).ok()
    commit(project)
    branches(project, theirs=CONTEST["theirs"])

    git(project, "merge", "side")

    assert versions(project) == BOTH


def test_the_driver_leaves_what_is_contested_to_lock(driven: Sandbox) -> None:
    branches(driven, **CONTEST)

    merged = git(driven, "merge", "side", ok=False)

    assert merged.code == 1
    assert "`pylock.toml` has conflicts:\n  `shared`\n" in merged.err
    conflicted = driven.read("pylock.toml")
    assert conflicted.count("<<<<<<< ours\n") == 1
    assert 'name = "bold"' in conflicted
    assert 'name = "tint"' in conflicted
    done = driven.detent("lock").ok()
    assert versions(driven) == BOTH
    assert "merged: shared 1.2 (theirs) over 1.1 (ours)\n" in done.err


def test_the_driver_serves_rebase_cherry_pick_and_a_folder_below(driven: Sandbox) -> None:
    branches(driven, theirs=CONTEST["theirs"])
    git(driven, "branch", "picked")

    git(driven, "rebase", "side")
    assert versions(driven) == BOTH
    driven.detent("lock", "--check").ok()

    git(driven, "checkout", "--quiet", "picked")
    git(driven, "cherry-pick", "side")
    assert versions(driven) == BOTH
    driven.detent("lock", "--check").ok()


def test_a_lock_below_the_top_of_the_repository_is_merged(sandbox: Sandbox, project: Sandbox) -> None:
    below = "sub/folder"
    (project.root / below).mkdir(parents=True)
    for name in ("pyproject.toml", "pylock.toml"):
        git(project, "mv", name, f"{below}/{name}")
    lower = Sandbox(
        root=project.root / below,
        cache=project.cache,
        index_url=project.index_url,
        variables=project.variables,
    )
    lower.detent("merge-driver", "--install").ok()
    assert lower.read(".gitattributes") == "pylock.toml merge=detent diff=detent\n"
    commit(lower)
    branches(lower, theirs=CONTEST["theirs"])

    git(lower, "merge", "side")

    assert versions(lower) == BOTH
    lower.detent("lock", "--check").ok()


def test_a_merge_in_another_work_tree_is_driven_too(driven: Sandbox) -> None:
    branches(driven, theirs=CONTEST["theirs"])
    tree = driven.root.parent / "tree"
    git(driven, "worktree", "add", "--quiet", "--detach", str(tree), "main")

    git(driven, "-C", str(tree), "merge", "--quiet", "side")

    lock = tomllib.loads((tree / "pylock.toml").read_text())
    assert {package["name"]: package["version"] for package in lock["packages"]} == BOTH


def test_the_driver_reads_no_configuration_and_writes_no_cache(driven: Sandbox) -> None:
    branches(driven, theirs=CONTEST["theirs"])
    driven.write("detent.toml", "this is = no TOML [")
    sides = {
        name: git(driven, "show", f"{rev}:pylock.toml").out
        for name, rev in (("O", "main~"), ("A", "main"), ("B", "side"))
    }
    for name, text in sides.items():
        driven.write(name, text)
    missing = driven.root.parent / "never"

    driven.detent("merge-driver", "O", "A", "B", "pylock.toml", env={"DETENT_CACHE_DIR": str(missing)}).ok()

    assert not missing.exists()
    merged = tomllib.loads(driven.read("A"))
    assert {package["name"]: package["version"] for package in merged["packages"]} == BOTH


def test_a_lock_of_another_tool_is_merged_as_text(driven: Sandbox) -> None:
    foreign = (
        'lock-version = "1.0"\ncreated-by = "other"\npackages = []\n\n[tool.other]\n{}x = 1\n\n\n\ny = 1\n{}'
    )
    for name, text in (
        ("O", foreign.format("", "")),
        ("A", foreign.format("a = 1\n", "")),
        ("B", foreign.format("", "b = 1\n")),
    ):
        driven.write(name, text)

    # What git sets for its drivers leads to no other repository.
    leading = dict.fromkeys(("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX"), "/nowhere")
    driven.detent("merge-driver", "O", "A", "B", "pylock.toml", env=leading).ok()

    assert driven.read("A") == foreign.format("a = 1\n", "b = 1\n")


def test_setting_up_twice_changes_nothing_and_taking_out_leaves_the_rest(project: Sandbox) -> None:
    project.write(".gitattributes", "*.png binary\npylock.toml linguist-generated")
    config = project.read(".git/config")

    first = project.detent("merge-driver", "--install").ok()
    written = {name: project.read(name) for name in (".git/config", ".gitattributes")}
    second = project.detent("merge-driver", "--install").ok()

    assert written[".gitattributes"] == (
        "*.png binary\npylock.toml linguist-generated\npylock.toml merge=detent diff=detent\n"
    )
    assert "Changed `.gitattributes`: commit it" in first.err
    assert "Changed" not in second.err
    assert written == {name: project.read(name) for name in written}

    project.detent("merge-driver", "--uninstall").ok()
    project.detent("merge-driver", "--uninstall").ok()

    assert project.read(".git/config") == config
    assert project.read(".gitattributes") == "*.png binary\npylock.toml linguist-generated\n"


def test_the_driver_is_set_up_with_a_new_project_or_for_a_user(project: Sandbox) -> None:
    project.detent("init", "--merge-driver", "--no-workspace", "fresh", cwd=project.root.parent).ok()
    fresh = project.root.parent / "fresh"
    assert "merge-driver %O %A %B %P" in (fresh / ".git/config").read_text()
    assert (fresh / ".gitattributes").read_text() == "pylock.toml merge=detent diff=detent\n"

    project.detent("merge-driver", "--install", "--global").ok()
    assert '[merge "detent"]' in (project.root.parent / "home/.gitconfig").read_text()
    assert '[merge "detent"]' not in project.read(".git/config")


def test_outside_of_a_repository_nothing_is_set_up(sandbox: Sandbox) -> None:
    sandbox.manifest("alpha")

    done = sandbox.detent("merge-driver", "--install")

    assert done.code == 2
    assert "git cannot be told of the merge driver" in done.err
    assert not (sandbox.root / ".gitattributes").exists()


@pytest.mark.parametrize("words", [(), ("a", "b"), ("--install", "a"), ("--install", "--uninstall")])
def test_words_that_mean_nothing_are_refused(sandbox: Sandbox, words: tuple[str, ...]) -> None:
    done = sandbox.detent("merge-driver", *words)

    assert done.code == 2
    assert "[usage]" in done.err
