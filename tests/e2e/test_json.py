"""`--output-format json`: what each command says fits its published schema, alone on stdout."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from detent.cli.schemas import ANSWERS, every_schema
from detent.store.layout import Layout
from support.answers import answer
from support.backends import tiny_tree, write_tree
from support.cli import Done, Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel

Ask = Callable[..., dict[str, Any]]
PAINT = wheel("paint", "0.3.1", files={"paint/__init__.py": "VALUE = 1\n"})
MEMBER = '[project]\nname = "leaf"\nversion = "1"\n[build-system]\nrequires = []\nbuild-backend = "x"\n'


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(
        index,
        wheel("shout", "1.2.0", requires=["letters"], scripts={"shout": "shout:main"}),
        wheel("letters", "2.1"),
        wheel("letters", "1.0"),
        PAINT,
    )
    sandbox.manifest("paint")
    return sandbox


@pytest.fixture
def ask(project: Sandbox) -> Ask:
    """Ask a command for JSON: its answer, checked against the schema."""

    def asked(command: str, *words: str, code: int = 0, **more: Any) -> dict[str, Any]:
        done = project.detent(*command.split(), *words, "--output-format", "json", **more)
        assert done.code == code, done
        return answer(command, done)

    return asked


def test_lock_and_sync_say_what_they_did_and_that_there_was_nothing_to_do(project: Sandbox, ask: Ask) -> None:
    looked = ask("lock", "--dry-run")
    first, again = ask("lock", "--coverage"), ask("lock", "--check")
    would = ask("sync", "--dry-run")
    synced, kept = ask("sync"), ask("sync")
    project.detent("sync").ok()  # kept for `quick`, which must not answer the next one
    project.detent("sync").ok()
    after = ask("sync")

    assert looked["lock"]["action"] == first["lock"]["action"] == "create"
    assert looked["lock"]["is_changed"]
    assert (looked["dry_run"], first["dry_run"]) == (True, False)
    assert first["lock"]["changes"] == [{"name": "paint", "before": [], "after": ["0.3.1"]}]
    assert {row["has"] for row in first["coverage"]} == {"wheel"}
    assert (again["lock"]["action"], again["lock"]["is_changed"]) == ("check", False)
    assert would["sync"]["action"] == synced["sync"]["action"] == "create"
    assert (would["dry_run"], synced["dry_run"]) == (True, False)
    assert synced["sync"]["changes"] == [{"name": "paint", "version": "0.3.1", "action": "installed"}]
    assert synced["project"] == {"path": str(project.root), "workspace": {"path": str(project.root)}}
    assert synced["sync"]["environment"]["python"]["implementation"] == "cpython"
    assert not synced["sync"]["is_in_step"]
    for found in (kept, after):
        assert (found["sync"]["action"], found["sync"]["kept"], found["sync"]["changes"]) == ("check", 1, [])
        assert found["sync"]["is_in_step"]


def test_a_check_that_fails_gives_its_facts_its_error_and_its_exit_code(project: Sandbox, ask: Ask) -> None:
    missing = ask("lock", "--check", code=1)
    project.detent("lock").ok()
    differs = ask("sync", "--check", code=1)
    project.manifest("paint", "letters")
    stale = ask("lock", "--check", code=1)

    assert missing["error"]["code"] == "lock-missing"
    assert differs["error"]["code"] == "environment-outdated"
    assert [change["name"] for change in differs["sync"]["changes"]] == ["paint"]
    assert stale["error"]["code"] == "lock-stale"
    assert "letters" in stale["error"]["why"]
    assert stale["error"]["next"] == ["run `detent lock` to bring it up to date"]


def test_edits_say_what_they_changed_and_undo_what_it_put_back(project: Sandbox, ask: Ask) -> None:
    would = ask("add", "shout", "--dry-run")
    added = ask("add", "shout")
    removed = ask("remove", "shout", "--no-sync")
    alone = ask("add", "shout", "--frozen")
    undone, redone = ask("undo", "--dry-run"), ask("undo")

    assert would["manifest"] == added["manifest"]
    assert would["sync"] is None
    assert added["manifest"]["changes"] == [
        {"table": "project.dependencies", "before": None, "after": "shout>=1.2.0"}
    ]
    assert [change["name"] for change in added["lock"]["changes"]] == ["letters", "paint", "shout"]
    assert {change["action"] for change in added["sync"]["changes"]} == {"installed"}
    assert removed["manifest"]["changes"][0]["after"] is None
    assert removed["sync"] is None
    assert alone["lock"] is alone["sync"] is None
    assert (undone["command"], undone["dry_run"], redone["dry_run"]) == ("add shout", True, False)
    assert redone["files"] == [{"path": "pyproject.toml", "is_there": True}]


def test_a_version_is_asked_for_and_raised(project: Sandbox, ask: Ask) -> None:
    assert ask("version") == {
        "schema": {"version": 1},
        "package_name": "demo",
        "version": "0.1.0",
        "previous_version": None,
    }
    raised = ask("version", "--bump", "minor", "--no-sync")
    assert (raised["previous_version"], raised["version"]) == ("0.1.0", "0.2.0")
    assert raised["lock"]["action"] == "create"
    assert raised["sync"] is None


def test_a_project_and_an_environment_are_made(project: Sandbox, ask: Ask) -> None:
    made = ask("init", "fresh", "--vcs", "none")
    venv = ask("venv", "elsewhere")

    assert (made["name"], made["path"]) == ("fresh", str(project.root / "fresh"))
    assert {"pyproject.toml", "README.md"} <= set(made["files"])
    assert venv["environment"]["path"] == str(project.root / "elsewhere")
    assert Path(venv["environment"]["python"]["path"]).exists()
    assert venv["seeds"] == []


def test_a_workspace_says_its_members(project: Sandbox, ask: Ask) -> None:
    project.manifest(tail='[tool.detent.workspace]\nmembers = ["leaf"]\n')
    project.write("leaf/pyproject.toml", MEMBER)
    member = {"name": "leaf", "path": str(project.root / "leaf")}

    assert member in ask("workspace list")["members"]
    assert ask("workspace dir", "--package", "leaf")["path"] == member["path"]
    about = ask("workspace metadata")
    assert about == answer("workspace metadata", project.detent("workspace", "metadata").ok())
    assert (about["workspace_root"], len(about["members"])) == (str(project.root), 2)


def test_what_looks_at_the_lock_gives_its_facts(project: Sandbox, ask: Ask) -> None:
    project.manifest("shout", "paint", "letters<2")
    project.detent("lock").ok()
    project.write("pylock.old.toml", project.read("pylock.toml"))
    project.manifest("shout", "letters")
    project.detent("lock", "--upgrade").ok()

    assert ask("tree")
    assert ask("graph", "-o", "graph.html")
    assert ask("why", "letters")
    assert ask("why-not", "letters==1.0")
    assert ask("outdated")
    assert ask("upgrade", "--dry-run")
    assert ask("verify")
    assert ask("diff", "--against", "pylock.old.toml")


def test_an_export_is_text_in_a_field(project: Sandbox, ask: Ask) -> None:
    shown = ask("export", "--no-header")
    written = ask("export", "-o", "constraints.txt")

    assert shown["format"] == "requirements.txt"
    assert shown["output_file"] is None
    assert "paint==0.3.1" in shown["text"]
    assert (written["format"], written["output_file"]) == (
        "constraints.txt",
        str(project.root / "constraints.txt"),
    )
    assert project.read("constraints.txt") == written["text"]


def test_another_tools_project_is_imported(project: Sandbox, ask: Ask) -> None:
    project.write("pyproject.toml", '[tool.poetry]\nname = "demo"\nversion = "1"\n[tool.poetry.dependencies]\n'
        'python = "^3.11"\npaint = "*"\n')  # fmt: skip
    project.write("poetry.lock", '[[package]]\nname = "paint"\nversion = "0.2"\n')

    would, done = ask("import", "--dry-run"), ask("import")

    assert (would["tool"], would["lock"], would["dry_run"]) == ("poetry", None, True)
    assert would["manifest"]["text"] == done["manifest"]["text"] == project.read("pyproject.toml")
    assert tomllib.loads(done["manifest"]["text"])["project"]["dependencies"] == ["paint"]
    assert done["moved"][0]["now"] == ["0.3.1"]
    assert ask("import")["is_done"]


def test_what_is_built_is_named(project: Sandbox, ask: Ask) -> None:
    write_tree(project.root, tiny_tree("demo", "0.2.0"))

    assert [(one["package"], one["kind"]) for one in ask("build")["built"]] == [
        ("demo", "sdist"),
        ("demo", "wheel"),
    ]


def test_a_command_that_is_run_has_stdout_to_itself(project: Sandbox, ask: Ask) -> None:
    project.manifest("shout")
    python = ("python", "-c", "print('mine')")
    done = project.detent("run", "--output-format", "json", *python)
    again = project.detent("--output-format", "json", "run", *python)
    lost = project.detent("run", "--output-format", "json", "nowhere")
    foreign = project.detent("run", *python, "--output-format", "json")

    assert done.ok().out == again.ok().out == foreign.ok().out == "mine\n"
    assert answer("run", lost)["error"]["code"] == "command-missing"
    assert "shout" in ask("run", code=2)["commands"]


def test_indexes_and_logins_are_listed_and_changed(project: Sandbox, ask: Ask, index: IndexServer) -> None:
    added = ask("index add", "other=https://other.example/simple/")
    listed = ask("index list")
    removed = ask("index remove", "other")
    kept = ask("auth login", "index.example.com", "--username", "me", "--password", "s3cret")
    told = ask("auth token", "index.example.com", "--username", "me")
    gone = ask("auth logout", "index.example.com")

    assert added == removed
    assert listed["indexes"][0]["name"] == "other"
    assert (kept["service"], kept["username"]) == ("https://index.example.com", "me")
    assert told["password"] == "s3cret"
    assert [one["username"] for one in gone["forgotten"]] == ["me"]
    assert ask("auth check")["indexes"] == [{"name": "default", "url": index.url, "username": ""}]
    assert Path(ask("auth dir")["path"]).is_absolute()


def test_the_cache_is_measured_checked_and_emptied(project: Sandbox, ask: Ask) -> None:
    project.detent("sync").ok()

    size, listed = ask("cache size"), ask("cache list")
    good = ask("cache verify")
    file = Layout(project.cache).wheel(PAINT.sha256) / "files/paint/__init__.py"
    file.write_bytes(b"x" + file.read_bytes()[1:])
    bad = ask("cache verify", code=1)
    repaired = ask("cache verify", "--repair")
    pruned, cleaned = ask("cache prune"), ask("cache clean", "--force")

    assert ask("cache dir")["path"] == size["path"] == pruned["path"] == str(project.cache)
    assert size["files"] == sum(bucket["files"] for bucket in size["buckets"])
    assert [one["name"] for one in listed["packages"]] == ["paint"]
    assert (good["packages"], good["faults"]) == (1, [])
    assert bad["error"]["code"] == "cache-damaged"
    assert bad["faults"][0]["kind"] == "changed"
    assert repaired["removed"]
    assert cleaned["files"] > 0


def test_detent_says_its_version_and_its_schemas(project: Sandbox, ask: Ask) -> None:
    assert ask("self version")["package_name"] == "detent"
    assert json.loads(project.detent("self", "schema").ok().out) == every_schema()
    assert json.loads(project.detent("self", "schema", "cache", "size").ok().out)["title"]


@pytest.mark.parametrize(
    "words",
    [
        ("snyc", "--output-format", "json"),
        ("--output-format=json", "sync", "--nonsense"),
        ("sync", "--locked", "--frozen", "--output-format", "json"),
        ("--output-format", "json"),
        ("cache", "--output-format", "json"),
        ("run", "--nonsense", "--output-format", "json", "x"),
        ("sync", "-q", "-v", "--output-format", "json"),
        ("sync", "--directory", "nowhere", "--output-format", "json"),
    ],
)
def test_a_line_that_is_not_understood_is_told_as_json_too(sandbox: Sandbox, words: tuple[str, ...]) -> None:
    done = sandbox.detent(*words)

    said = answer("sync", done)
    assert done.code == 2
    assert said["error"]["code"] == "usage"
    assert said["error"]["what"] in done.err


def test_text_is_what_a_line_with_the_form_behind_its_command_or_dashes_gets(sandbox: Sandbox) -> None:
    for words in (("run", "nowhere", "--output-format", "json"), ("add", "--", "--output-format", "json")):
        done: Done = sandbox.detent(*words)
        assert done.out == ""
        assert done.code != 0


def test_silence_asked_for_twice_is_silence(project: Sandbox) -> None:
    assert project.detent("sync", "-qq", "--locked", "--output-format", "json") == (1, "", "")
    quiet = project.detent("sync", "-q", "--output-format", "json").ok()
    assert quiet.err == ""
    assert answer("sync", quiet)["sync"]["action"] == "create"


def test_every_schema_is_held_against_a_real_answer() -> None:
    told = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))

    assert [name for name in ANSWERS if f'ask("{name}"' not in told and f'answer("{name}"' not in told] == []
