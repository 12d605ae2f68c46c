import os
import shutil
import subprocess
from pathlib import Path

import pytest

from detent.build.revision import revision

FIRST, SECOND = "1" * 40, "2" * 40


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def git(tmp_path: Path) -> Path:
    """The folder `.git` of a repository on branch `main`."""
    write(tmp_path / ".git/HEAD", "ref: refs/heads/main\n")
    write(tmp_path / ".git/refs/heads/main", f"{FIRST}\n")
    return tmp_path / ".git"


def test_outside_of_a_repository_there_is_no_revision(tmp_path: Path) -> None:
    write(tmp_path / ".git/config", "a folder that is no repository")

    assert revision(tmp_path) is None


def test_a_commit_is_a_new_revision(git: Path) -> None:
    before = revision(git.parent)
    write(git / "refs/heads/main", SECOND)

    assert before
    assert revision(git.parent) not in {before, None}


def test_a_branch_that_is_packed_reads_as_one_that_is_not(git: Path) -> None:
    before = revision(git.parent)
    (git / "refs/heads/main").unlink()
    write(git / "packed-refs", f"# pack-refs with: peeled\n{FIRST} refs/heads/main\n")

    assert str(revision(git.parent)).split() == str(before).split()


def test_a_tag_is_a_new_revision_loose_or_packed(git: Path) -> None:
    seen = {revision(git.parent)}
    write(git / "refs/tags/v1", FIRST)
    seen.add(revision(git.parent))
    write(git / "refs/tags/releases/v2", FIRST)
    seen.add(revision(git.parent))
    write(git / "packed-refs", f"{FIRST} refs/tags/v3\n^{SECOND}\n")
    seen.add(revision(git.parent))

    assert len(seen) == 4


def test_branches_of_others_do_not_matter(git: Path) -> None:
    before = revision(git.parent)
    write(git / "packed-refs", f"{SECOND} refs/remotes/origin/main\n")

    assert revision(git.parent) == before


def test_the_repository_may_begin_above_the_project(git: Path) -> None:
    inner = git.parent / "packages/demo"
    inner.mkdir(parents=True)

    assert revision(inner) == revision(git.parent)


def test_a_worktree_names_its_repository_in_a_file(git: Path, tmp_path: Path) -> None:
    own = git / "worktrees/w"
    write(own / "HEAD", "ref: refs/heads/feature\n")
    write(own / "commondir", "../..\n")
    write(git / "refs/heads/feature", SECOND)
    write(git / "refs/tags/v1", FIRST)
    write(tmp_path / "w/.git", f"gitdir: {own}\n")

    found = revision(tmp_path / "w")

    assert found is not None
    assert SECOND in found
    assert "v1" in found


def test_references_in_tables_are_seen_to_change(git: Path) -> None:
    write(git / "reftable/tables.list", "0x1-0x2.ref\n")
    before = revision(git.parent)
    write(git / "reftable/tables.list", "0x1-0x3.ref\n")

    assert revision(git.parent) != before


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_real_repository_is_read(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        done = subprocess.run(
            ["git", *who, *words],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"},
        )
        return done.stdout.strip()

    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "one")
    git("tag", "v1")
    commit = git("rev-parse", "HEAD")
    loose = str(revision(tmp_path))
    git("pack-refs", "--all")
    packed = str(revision(tmp_path))

    assert commit in loose
    assert commit in packed
    assert "v1" in loose
    assert "v1" in packed
