"""`[tool.detent.tasks]` and `--env-file`: commands of a project by name."""

from pathlib import Path

import pytest

from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel

ECHO = "import os, sys\ndef main():\n    print(os.path.basename(os.getcwd()), os.environ.get('WHO', '-'), sys.argv[1:])\n"


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(
        index,
        wheel("echo", scripts={"echo": "echo:main"}, files={"echo/__init__.py": ECHO}),
        wheel("checker", scripts={"check-it": "echo:main"}),
    )
    return sandbox


def declare(project: Sandbox, tasks: str) -> None:
    project.manifest(
        "echo", tail=f'\n[dependency-groups]\nchecks = ["checker"]\n\n[tool.detent.tasks]\n{tasks}\n'
    )


def test_a_task_is_run_by_its_name_with_more_arguments(project: Sandbox) -> None:
    declare(project, 'say = ["echo", "a", "b"]')

    for _ in range(3):  # also once it is answered at once
        assert (
            project.detent("run", "say", "-v", "c").ok().out
            == f"{project.root.name} - ['a', 'b', '-v', 'c']\n"
        )
    (project.root / "below").mkdir()
    assert (
        project.detent("run", "say", cwd=project.root / "below").ok().out
        == f"{project.root.name} - ['a', 'b']\n"
    )


def test_a_task_that_was_changed_is_seen(project: Sandbox) -> None:
    declare(project, 'say = ["echo", "old"]')
    project.detent("run", "say").ok()
    project.detent("run", "say").ok()

    declare(project, 'say = ["echo", "new"]')

    assert project.detent("run", "say").ok().out.endswith("['new']\n")


def test_the_task_of_a_package_that_is_named_is_run_once_it_is_answered_at_once_too(project: Sandbox) -> None:
    project.manifest(
        tail='\n[tool.detent.workspace]\nmembers = ["member"]\n\n'
        '[tool.detent.tasks]\nsay = ["python", "-c", "print(\'root\')"]\n'
    )
    project.write(
        "member/pyproject.toml",
        '[project]\nname = "member"\nversion = "1.0"\n\n'
        '[tool.detent.tasks]\nsay = ["python", "-c", "print(\'member\')"]\n',
    )

    for _ in range(3):
        assert project.detent("run", "--package", "member", "say").ok().out == "member\n"
        assert project.detent("run", "say").ok().out == "root\n"


def test_groups_are_those_of_the_project_whose_task_it_is(project: Sandbox) -> None:
    project.manifest(
        tail='\n[dependency-groups]\nchecks = ["checker"]\n\n[tool.detent.workspace]\nmembers = ["member"]\n\n'
        '[tool.detent.tasks]\nof-root = { run = ["check-it"], groups = ["checks"] }\n'
    )
    project.write(
        "member/pyproject.toml",
        '[project]\nname = "member"\nversion = "1.0"\n\n[dependency-groups]\nmore = ["echo"]\n\n'
        '[tool.detent.tasks]\nof-member = { run = ["echo"], groups = ["more"] }\n',
    )

    member = project.root / "member"

    assert project.detent("run", "of-member", cwd=member).ok().out == "member - []\n"
    assert project.installed() == {"echo": "1.0"}
    assert project.detent("run", "of-root", cwd=member).ok().out == f"{project.root.name} - []\n"
    assert project.installed() == {"checker": "1.0", "echo": "1.0"}


def test_what_is_misspelt_or_no_program_leads_to_the_task(project: Sandbox) -> None:
    declare(project, 'speak = ["echo"]\nother = ["speak"]')

    assert "did you mean `speak`?" in project.detent("run", "speek").err
    assert "name it in `depends` of `other`" in project.detent("run", "other").err


def test_variables_folder_and_groups(project: Sandbox) -> None:
    declare(
        project,
        'all = { run = ["check-it"], env = { WHO = "task" }, cwd = "site", groups = ["checks"] }',
    )
    (project.root / "site").mkdir()

    assert project.detent("run", "all", env={"WHO": "me"}).ok().out == "site task []\n"
    assert project.installed() == {"checker": "1.0", "echo": "1.0"}
    assert project.detent("run", "echo").ok().err == ""  # it was no choice of what is to be there


def test_what_a_task_waits_for_runs_first_and_ends_it_where_it_fails(project: Sandbox) -> None:
    declare(
        project,
        'one = ["echo", "1"]\nbad = ["python", "-c", "raise SystemExit(3)"]\n'
        'good = { run = ["echo", "2"], depends = ["one"] }\nwrong = { run = ["echo", "2"], depends = ["bad", "one"] }\n'
        'both = { depends = ["one", "good"] }',
    )
    name = project.root.name

    done = project.detent("run", "good", "x").ok()
    assert done.out == f"{name} - ['1']\n{name} - ['2', 'x']\n"
    assert "one: echo 1" in done.err
    assert "good: echo 2 x" in done.err
    failed = project.detent("run", "wrong")
    assert (failed.code, failed.out) == (3, "")
    assert project.detent("run", "both").ok().out == f"{name} - ['1']\n{name} - ['2']\n"
    refused = project.detent("run", "both", "x")
    assert refused.code == 2
    assert "the task `both` takes no arguments" in refused.err


def test_a_task_goes_before_a_program_of_its_name_and_runs_it(project: Sandbox) -> None:
    declare(project, 'echo = ["echo", "mine"]')

    assert project.detent("run", "echo").ok().out.endswith("['mine']\n")
    assert project.detent("run", "-m", "echo").code != 0  # a module is no task


def test_without_a_command_the_tasks_are_named(project: Sandbox) -> None:
    declare(project, 'say = { run = ["echo"], help = "Say it" }\nlonger = ["echo"]')

    done = project.detent("run")

    assert done.code == 2
    assert "The project has these tasks:\n\n- longer\n- say     Say it\n" in done.out


def test_a_folder_that_is_not_there(project: Sandbox) -> None:
    declare(project, 'say = { run = ["echo"], cwd = "none" }')

    done = project.detent("run", "say")

    assert done.code == 126
    assert "its folder `none`" in done.err


def test_a_wrong_task_stops_what_is_run_and_nothing_else(project: Sandbox) -> None:
    declare(project, 'say = "echo"')

    assert "is a list of words, found a string" in project.detent("run", "echo").err
    project.detent("sync").ok()


def test_a_task_in_an_isolated_run(project: Sandbox) -> None:
    declare(
        project, 'one = ["echo", "1"]\nsay = { run = ["check-it"], groups = ["checks"], depends = ["one"] }'
    )

    done = project.detent("run", "--isolated", "say").ok()

    assert [line.split(maxsplit=2)[2] for line in done.out.splitlines()] == ["['1']", "[]"]


def test_a_file_of_variables(project: Sandbox, tmp_path: Path) -> None:
    declare(project, 'say = ["echo"]\nset = { run = ["echo"], env = { WHO = "task" } }')
    file = tmp_path / "my.env"
    file.write_text("WHO=file\n", "utf-8")

    for _ in range(2):
        assert " file " in project.detent("run", "--env-file", str(file), "say").ok().out
    assert " file " in project.detent("run", "say", env={"DETENT_ENV_FILE": str(file)}).ok().out
    assert " - " in project.detent("run", "--no-env-file", "say", env={"DETENT_ENV_FILE": str(file)}).ok().out
    assert " me " in project.detent("run", "--env-file", str(file), "say", env={"WHO": "me"}).ok().out
    assert " task " in project.detent("run", "--env-file", str(file), "set").ok().out
    missing = project.detent("run", "--env-file", "none.env", "say")
    assert missing.code == 2
    assert "there is no environment file `none.env`" in missing.err
