"""A file as it was at a revision: what is given, what is refused, and that a hostile repository runs nothing."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from detent.errors.fetch import GitMissing
from detent.errors.usage import NotCommitted
from detent.ops.revision import committed
from support.repositories import Repository

PLAIN = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


def text(repository: Repository, revision: str, name: str = "pylock.toml", below: str = "") -> str:
    return committed(repository.folder / below, revision, name, PLAIN)


def lacking(
    repository: Repository, revision: str, name: str = "pylock.toml", below: str = ""
) -> NotCommitted:
    with pytest.raises(NotCommitted) as refused:
        text(repository, revision, name, below)
    return refused.value


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "work")
    made.commit({"pylock.toml": "old\n", "libs/b/pylock.toml": "below\n"}, tag="v1")
    made.commit({"pylock.toml": "nëw\r\n"})
    made.write({"pylock.toml": "uncommitted\n"})
    return made


def test_the_text_is_that_of_the_revision_to_the_last_byte(repository: Repository) -> None:
    assert text(repository, "HEAD") == "nëw\r\n"
    assert text(repository, "HEAD~1") == text(repository, "v1") == "old\n"
    assert text(repository, repository.git("rev-parse", "v1")[:10]) == "old\n"


def test_the_name_counts_from_the_folder(repository: Repository) -> None:
    assert text(repository, "HEAD", below="libs/b") == "below\n"
    assert text(repository, "HEAD", "libs/b/pylock.toml") == "below\n"


def test_a_worktree_and_a_folder_reached_by_a_link_will_do(repository: Repository, tmp_path: Path) -> None:
    repository.git("worktree", "add", "--quiet", str(tmp_path / "tree"), "v1")
    (tmp_path / "link").symlink_to(repository.folder)

    assert committed(tmp_path / "tree", "HEAD", "pylock.toml", PLAIN) == "old\n"
    assert committed(tmp_path / "link", "v1", "pylock.toml", PLAIN) == "old\n"


def test_what_is_missing_is_said(repository: Repository, tmp_path: Path) -> None:
    assert lacking(repository, "HEAD", "other.toml").lacking == "file"
    nowhere = lacking(repository, "origin/main")
    assert nowhere.lacking == "revision"
    assert nowhere.exit_code == 2
    (tmp_path / "plain").mkdir()
    with pytest.raises(NotCommitted, match="is in no git repository") as refused:
        committed(tmp_path / "plain", "HEAD", "pylock.toml", PLAIN)
    assert refused.value.lacking == "repository"


def test_a_repository_without_a_commit_has_no_head(tmp_path: Path) -> None:
    error = lacking(Repository(tmp_path / "new"), "HEAD")

    assert error.lacking == "revision"
    assert error.next_steps == ("commit something first",)


def test_text_that_is_not_utf_8_is_refused(repository: Repository) -> None:
    (repository.folder / "pylock.toml").write_bytes(b"\xff")
    repository.commit()

    assert lacking(repository, "HEAD").lacking == "text"


@pytest.mark.parametrize(
    "revision", ["", "-", "--help", "--output=/tmp/x", "-c", "HEAD\nHEAD", "HEAD\0", "v1..HEAD", "HEAD:libs"]
)
def test_what_is_no_name_of_one_commit_is_refused(repository: Repository, revision: str) -> None:
    assert lacking(repository, revision).lacking == "revision"


def test_the_repository_a_hook_names_is_not_the_one_that_is_read(
    repository: Repository, tmp_path: Path
) -> None:
    other = Repository(tmp_path / "other")
    other.commit({"pylock.toml": "of another\n"})
    variables = {**PLAIN, "GIT_DIR": str(other.folder / ".git"), "GIT_WORK_TREE": str(other.folder)}

    assert committed(repository.folder, "v1", "pylock.toml", variables) == "old\n"


# ---- repositories of strangers ----------------------------------------------------------------


def hostile(repository: Repository, ran: Path) -> None:
    """Configure all that a repository can have git run."""
    trap = repository.folder / "trap.sh"
    trap.write_text(f"#!/bin/sh\necho ran >> '{ran}'\ncat\n")
    trap.chmod(0o755)
    for name in (
        "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass", "pager.cat-file",
        "pager.rev-parse", "diff.detent.textconv", "diff.external", "filter.trap.smudge", "filter.trap.clean",
        "filter.trap.process", "credential.helper", "core.alternateRefsCommand", "gpg.program",
    ):  # fmt: skip
        repository.git("config", name, str(trap))
    repository.git("config", "alias.cat-file", f"!{trap}")
    repository.git("config", "alias.rev-parse", f"!{trap}")
    hooks = repository.folder / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "reference-transaction", "post-index-change", "fsmonitor-watchman"):
        (hooks / name).write_text(trap.read_text())
        (hooks / name).chmod(0o755)
    (repository.folder / ".git/info").mkdir(exist_ok=True)
    (repository.folder / ".git/info/attributes").write_text(
        "* filter=trap diff=detent working-tree-encoding=UTF-16\n"
    )


def test_the_configuration_of_a_repository_runs_nothing(repository: Repository, tmp_path: Path) -> None:
    repository.commit({".gitattributes": "* filter=trap diff=detent text eol=crlf\n", "pylock.toml": "new\n"})
    hostile(repository, tmp_path / "ran")

    assert text(repository, "HEAD") == "new\n"
    assert text(repository, "v1") == "old\n"
    assert lacking(repository, "HEAD", "nothing").lacking == "file"
    assert not (tmp_path / "ran").exists()


def test_what_a_partial_clone_lacks_is_not_fetched(repository: Repository, tmp_path: Path) -> None:
    clone = Repository(tmp_path / "clone")
    clone.git("remote", "add", "origin", repository.url)
    clone.git("fetch", "--quiet", "--filter=blob:none", "origin", "main")
    clone.git("update-ref", "HEAD", "FETCH_HEAD")
    ran = tmp_path / "ran"
    (clone.folder / "pack.sh").write_text(f"#!/bin/sh\necho ran >> '{ran}'\nexec git-upload-pack \"$@\"\n")
    (clone.folder / "pack.sh").chmod(0o755)
    clone.git("config", "remote.origin.uploadpack", str(clone.folder / "pack.sh"))

    assert lacking(clone, "HEAD").lacking == "file"
    assert not ran.exists()
    # The trap works: whoever lets git fetch what is missing starts it.
    assert clone.git("cat-file", "blob", "HEAD:pylock.toml") == "nëw"
    assert ran.exists()


def test_a_folder_that_looks_like_a_repository_is_none(repository: Repository, tmp_path: Path) -> None:
    inner = repository.folder / "libs/b"
    for name in ("objects", "refs"):
        (inner / name).mkdir()
    (inner / "HEAD").write_text("ref: refs/heads/main\n")
    (inner / "config").write_text(
        f"[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tfsmonitor = touch {tmp_path}/ran\n"
    )

    assert lacking(repository, "HEAD", below="libs/b").lacking == "repository"
    assert not (tmp_path / "ran").exists()


def test_a_git_that_lies_in_the_checkout_is_not_started(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = repository.folder / "bin/git"
    own.parent.mkdir()
    own.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
    own.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    variables: Mapping[str, str] = {**PLAIN, "PATH": str(own.parent)}

    with pytest.raises(GitMissing, match="a revision is read with `git`"):
        committed(repository.folder / "libs", "v1", "pylock.toml", variables)

    assert not (tmp_path / "ran").exists()
