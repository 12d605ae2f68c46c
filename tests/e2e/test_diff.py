"""`detent diff`: against revisions, files and nothing, in every form, and as git's own text conversion."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.cli import SOURCE, Sandbox, publish
from support.index_server import IndexServer
from support.repositories import Repository
from support.wheels import wheel


class Project(Sandbox):
    """A project in a repository."""

    def git(self, *words: str, **variables: str) -> str:
        done = subprocess.run(
            ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", *words],
            cwd=self.root,
            env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, **variables},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "more")


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Project:
    made = Project(
        root=sandbox.root, cache=sandbox.cache, index_url=sandbox.index_url, variables=sandbox.variables
    )
    publish(index, wheel("a", "1.0", requires=["b"]), wheel("b", "1.0"), wheel("c", "2.0"))
    made.manifest("a")
    made.git("init", "--quiet", "--initial-branch=main")
    made.detent("lock").ok()
    made.commit()
    return made


def test_nothing_changed_is_silence_on_stdout(project: Project) -> None:
    done = project.detent("diff", "--exit-code").ok()

    assert done.out == ""
    assert done.err == "Nothing changed between pylock.toml at HEAD and pylock.toml\n"


def test_the_file_is_compared_with_the_commit_and_one_commit_with_another(project: Project) -> None:
    project.manifest("a", "c")
    project.detent("lock").ok()

    told = (
        f"1 added\n\n  `c` was added to [project.dependencies]\n\n+ c v2.0\n      from {project.index_url}\n"
    )
    assert project.detent("diff").ok().out == told
    done = project.detent("diff", "HEAD", "--exit-code")
    assert (done.code, done.out) == (1, told)
    project.commit()
    assert project.detent("diff").ok().out == ""
    assert project.detent("diff", "HEAD~1..HEAD").ok().out == told
    assert project.detent("diff", "HEAD~1..").ok().out == told
    assert "1 removed" in project.detent("diff", "HEAD..HEAD~1").ok().out


def test_three_dots_leave_out_what_the_other_branch_did(project: Project) -> None:
    project.git("checkout", "--quiet", "-b", "topic")
    project.manifest("a", "c")
    project.detent("lock").ok()
    project.commit()
    project.git("checkout", "--quiet", "main")
    project.manifest()
    project.detent("lock").ok()
    project.commit()

    assert "1 added\n" in project.detent("diff", "main...topic").ok().out
    assert "3 added\n" in project.detent("diff", "main..topic").ok().out


def test_it_works_below_the_project_and_with_project(project: Project, tmp_path: Path) -> None:
    (project.root / "src").mkdir()
    project.manifest("a", "c")
    project.detent("lock").ok()

    below = project.detent("diff", cwd=project.root / "src").ok()
    elsewhere = project.detent("diff", "--project", str(project.root), cwd=tmp_path).ok()

    assert below.out == elsewhere.out
    assert "1 added" in below.out


def test_the_first_lock_is_all_added(project: Project) -> None:
    project.git("rm", "--quiet", "--cached", "pylock.toml")
    project.git("commit", "--quiet", "--message", "none")

    assert project.detent("diff").ok().out.startswith("2 added\n")


def test_another_file_is_compared_without_any_repository(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("a"))
    sandbox.manifest("a")
    sandbox.detent("lock").ok()
    sandbox.write(
        "pylock.other.toml",
        'lock-version = "1.0"\ncreated-by = "pip"\n[[packages]]\nname = "z"\ndirectory = {path = "z"}\n',
    )

    done = sandbox.detent("diff", "--against", "pylock.other.toml").ok()
    refused = sandbox.detent("diff")

    assert done.out.startswith("1 added, 1 removed\n\n  the lock was written by `pip`, and is by `detent`\n")
    assert refused.code == 2
    assert "is in no git repository" in refused.err
    assert "--against FILE" in refused.err


def test_a_foreign_lock_without_a_project_is_compared_too(tmp_path: Path, sandbox: Sandbox) -> None:
    folder = tmp_path / "plain"
    repository = Repository(folder)
    repository.commit({"pylock.toml": 'lock-version = "1.0"\ncreated-by = "pip"\npackages = []\n'})
    (folder / "pylock.toml").write_text(
        'lock-version = "1.0"\ncreated-by = "pip"\n[[packages]]\nname = "z"\ndirectory = {path = "z"}\n'
    )
    (folder / "below").mkdir()

    done = sandbox.detent("diff", cwd=folder / "below").ok()

    assert done.out.startswith("1 added\n\n+ z\n      from z\n")


def test_what_cannot_be_compared_says_why(project: Project) -> None:
    unknown = project.detent("diff", "no-such")
    assert (unknown.code, "there is no revision `no-such`" in unknown.err) == (2, True)
    option = project.detent("diff", "--", "--output=x")
    assert option.code == 2
    both = project.detent("diff", "HEAD", "--against", "pylock.toml")
    assert (both.code, "cannot be used together" in both.err) == (2, True)
    missing = project.detent("diff", "--against", "none.toml")
    assert (missing.code, "`none.toml` does not exist" in missing.err) == (2, True)
    text = (project.root / "pylock.toml").read_text()
    project.write("pylock.toml", f"<<<<<<< ours\n{text}=======\n{text}>>>>>>> theirs\n")
    conflicted = project.detent("diff")
    assert conflicted.code == 2
    assert "detent lock" in conflicted.err
    project.git("rm", "--quiet", "--force", "pylock.toml")
    project.git("commit", "--quiet", "--message", "none")
    assert "there is no lock at `pylock.toml`" in project.detent("diff").err


def test_markdown_and_json_are_the_same_news(project: Project) -> None:
    project.manifest("c")
    project.detent("lock").ok()

    page = project.detent("diff", "--output-format", "markdown").ok().out
    facts = json.loads(project.detent("diff", "--output-format", "json").ok().out)

    assert page.startswith("### `pylock.toml`: 1 added, 2 removed\n")
    assert "| `+` | `c` |  | `2.0` |" in page
    assert facts["schema"] == {"version": 1}
    assert [(p["name"], p["change"]) for p in facts["packages"]] == [
        ("a", "removed"),
        ("b", "removed"),
        ("c", "added"),
    ]


def test_nothing_of_the_project_is_read_or_fetched(project: Project, index: IndexServer) -> None:
    project.manifest("a", "c")
    project.detent("lock").ok()
    text = (project.root / "pyproject.toml").read_text()
    project.write("pyproject.toml", text + '\n[tool.detent]\nindex-url = "https://nowhere.example/"\n')
    before = index.count()

    project.detent("diff", env={"DETENT_CACHE_DIR": str(project.root / "no-cache")}).ok()

    assert index.count() == before
    assert not (project.root / "no-cache").exists()


# ---- as git's text conversion ----------------------------------------------------------------


def test_git_shows_short_lines(project: Project, tmp_path: Path) -> None:
    detent = tmp_path / "bin/detent"
    detent.parent.mkdir()
    detent.write_text(f"#!/bin/sh\nexec env PYTHONPATH='{SOURCE}' '{sys.executable}' -m detent \"$@\"\n")
    detent.chmod(0o755)
    project.write(".gitattributes", "pylock.toml diff=detent\n")
    project.git("config", "diff.detent.textconv", "detent diff --textconv")
    project.manifest("a", "c")
    project.detent("lock").ok()

    shown = project.git("diff", "pylock.toml", PATH=f"{detent.parent}:{os.environ['PATH']}")
    changed = [
        line for line in shown.splitlines() if line[:1] in {"+", "-"} and line[:3] not in {"+++", "---"}
    ]

    assert changed[0] == "+asks for c"
    assert changed[1].startswith(f"+c 2.0, from {project.index_url}, 1 file ")
    assert len(changed) == 2


def test_a_damaged_lock_is_shown_as_it_stands(project: Project) -> None:
    (project.root / "broken").write_bytes(b"<<<<<<< ours\n[[packages\nname = \xff\n\nend")

    done = project.detent("diff", "--textconv", "broken").ok()

    assert done.out == "<<<<<<< ours\n[[packages\nname = \\udcff\n\nend\n"


def test_the_text_conversion_needs_no_project_and_reads_no_settings(project: Project, tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    (tmp_path / "away/pyproject.toml").write_text("[tool.detent\n")
    lock = project.root / "pylock.toml"

    done = project.detent("diff", "--textconv", str(lock), cwd=tmp_path / "away").ok()

    assert done.out.startswith("lock by detent\nrequires-python >=3.11\nasks for a\na 1.0, from ")
    assert done.err == ""


def test_a_file_that_is_not_there_is_an_error(project: Project) -> None:
    assert project.detent("diff", "--textconv", "none").code == 1
