"""`detent run`: sync, then become the command; its exit code, signals and streams are the caller's."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel

ECHO = "import sys\ndef main():\n    print(sys.argv[1:])\n"


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(
        index,
        wheel(
            "echo",
            scripts={"echo-words": "echo:main"},
            files={"echo/__init__.py": ECHO, "echo/__main__.py": "from echo import main\nmain()\n"},
        ),
        wheel("checker"),
        wheel("extra"),
    )
    sandbox.manifest(
        "echo",
        tail='\n[dependency-groups]\ndev = ["checker"]\n\n[project.optional-dependencies]\nmore = ["extra"]\n',
    )
    return sandbox


def test_everything_after_the_command_belongs_to_it(project: Sandbox) -> None:
    for words in (
        ("echo-words", "-v", "--no-sync", "--", "-x"),
        ("--", "echo-words", "-v", "--no-sync", "--", "-x"),
        ("-q", "--", "echo-words", "-v", "--no-sync", "--", "-x"),
        ("-m", "echo", "-v", "--no-sync", "--", "-x"),
        ("--module", "--", "echo", "-v", "--no-sync", "--", "-x"),
        ("python", "-m", "echo", "-v", "--no-sync", "--", "-x"),
    ):
        done = project.detent("run", *words).ok()
        assert done.out == "['-v', '--no-sync', '--', '-x']\n", words
    assert project.installed() == {"checker": "1.0", "echo": "1.0"}


def test_exit_codes_and_deaths_are_the_childs_own(project: Sandbox) -> None:
    project.detent("sync").ok()

    assert project.detent("run", "python", "-c", "raise SystemExit(42)").code == 42
    assert project.detent("run", "sh", "-c", "kill -9 $$").code == -signal.SIGKILL
    assert (
        project.detent("run", "python", "-c", "import os; os.kill(os.getpid(), 15)").code == -signal.SIGTERM
    )
    through_a_shell = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m detent run sh -c 'kill -15 $$'; echo $?"],
        cwd=project.root,
        env=project.variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert through_a_shell.stdout == "143\n"


def test_the_command_is_our_process_and_hears_signals_as_if_started_by_hand(project: Sandbox) -> None:
    project.detent("sync").ok()
    code = "import os, signal, sys; print(os.getpid(), [int(s) for s in (2, 13, 15) if signal.getsignal(s) not in (0, signal.SIG_DFL, signal.default_int_handler, signal.SIG_IGN)]); print(sorted(os.listdir('/proc/self/fd'))[3:]) "

    with subprocess.Popen(
        [sys.executable, "-m", "detent", "run", "python", "-c", code],
        cwd=project.root,
        env=project.variables,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        out, _ = process.communicate()
    first, second = out.splitlines()
    assert first == f"{process.pid} []"
    assert second in ("[]", "['3']")  # the listing itself

    done = project.detent(
        "run",
        "python",
        "-c",
        "import signal; print(signal.getsignal(signal.SIGPIPE) is signal.SIG_IGN, signal.pthread_sigmask(0, []))",
    )
    assert done.out == "True set()\n"  # as Python itself has it, nothing blocked


def test_what_is_not_there_is_127_and_what_cannot_run_is_named(project: Sandbox) -> None:
    (project.root / "src").mkdir()
    project.write("data.txt", "x")
    project.write("bad", "#!/no/such/interpreter\n").chmod(0o755)
    for command, code, why in (
        ("no-such-command", 127, "neither in the project's environment nor on PATH"),
        ("./no-such-file", 127, "there is no such file"),
        ("no_such_script.py", 127, "there is no such file here, nor such a command"),
        ("src", 127, "neither in the project's environment nor on PATH"),
        ("./src", 126, "it is no file"),
        ("./data.txt", 126, "it is not executable"),
        ("./bad", 126, "the interpreter in its first line does not exist"),
    ):
        done = project.detent("run", command)
        assert (done.code, f"the command `{command}` " in done.err, why in done.err) == (code, True, True)


def test_a_program_whose_interpreter_is_gone_is_installed_again_by_a_deep_sync(project: Sandbox) -> None:
    project.detent("sync").ok()
    program = project.root / ".venv/bin/echo-words"
    program.write_text(program.read_text().replace("#!", "#!/moved/away", 1))

    done = project.detent("run", "echo-words")
    project.detent("sync", "--deep").ok()

    assert done.code == 126
    assert "next: run `detent sync --deep`" in done.err
    assert project.detent("run", "echo-words", "x").ok().out == "['x']\n"


def test_the_environment_is_as_if_it_were_activated(project: Sandbox) -> None:
    code = "import os, sys; print(sys.prefix); print(os.environ['VIRTUAL_ENV']); print(os.environ['PATH'].split(os.pathsep)[0]); print('PYTHONHOME' in os.environ)"

    done = project.detent("run", "python", "-c", code, env={"PYTHONHOME": ""}).ok()

    env = str(project.root / ".venv")
    assert done.out.splitlines() == [env, env, f"{env}/bin", "False"]


def test_a_python_file_is_run_by_the_environments_python(project: Sandbox) -> None:
    project.write("tools/show.py", "import sys, echo\nprint(sys.argv[1:], echo.__name__)\n")

    assert project.detent("run", "tools/show.py", "--x").ok().out == "['--x'] echo\n"
    elsewhere = project.detent("run", str(project.root / "tools/show.py"), cwd=project.root.parent).ok()
    assert elsewhere.out == "[] echo\n"


def test_a_script_with_its_own_dependencies_is_not_run_without_them(project: Sandbox) -> None:
    project.write("script.py", '# /// script\n# dependencies = ["requests"]\n# ///\nprint("ran")\n')

    for cwd in (project.root, project.root.parent):
        done = project.detent("run", str(project.root / "script.py"), cwd=cwd)
        assert (done.code, done.out) == (2, "")
        assert "[not-supported]" in done.err
        assert "PEP 723" in done.err
    assert project.detent("run", "python", "script.py").ok().out == "ran\n"


def test_outside_a_project_a_command_is_run_as_it_is(sandbox: Sandbox, tmp_path: Path) -> None:
    done = sandbox.detent("run", "sh", "-c", "echo $VIRTUAL_ENV.; exit 5")
    assert (done.code, done.out) == (5, ".\n")
    assert sandbox.detent("run", "no-such-command").code == 127
    assert sandbox.detent("run", "--project", str(sandbox.root), "true").code == 2
    assert list(sandbox.root.iterdir()) == []


def test_in_a_subfolder_and_from_outside_the_project_is_found(project: Sandbox) -> None:
    below = project.root / "a/b"
    below.mkdir(parents=True)
    code = "import os, sys; print(sys.prefix, os.getcwd())"
    env = str(project.root / ".venv")

    assert project.detent("run", "python", "-c", code, cwd=below).ok().out == f"{env} {below}\n"
    outside = project.root.parent
    ran = project.detent("run", "--project", "project", "python", "-c", code, cwd=outside).ok()
    assert ran.out == f"{env} {outside}\n"
    ran = project.detent("--directory", "project/a", "run", "python", "-c", code, cwd=outside).ok()
    assert ran.out == f"{env} {project.root / 'a'}\n"
    by_variable = project.detent(
        "run", "python", "-c", code, cwd=outside, env={"DETENT_PROJECT": str(project.root)}
    )
    assert by_variable.ok().out == f"{env} {outside}\n"


def test_what_is_synced_before_is_chosen_by_the_flags(project: Sandbox) -> None:
    first = project.detent("run", "--no-sync", "python", "-c", "import echo")
    assert first.code == 1  # the environment was made, and nothing put into it
    assert "ModuleNotFoundError" in first.err
    assert not (project.root / "pylock.toml").exists()
    assert project.detent("run", "--locked", "true").code == 1
    assert project.detent("run", "--frozen", "true").code == 1

    project.detent("run", "--extra", "more", "true").ok()
    assert set(project.installed()) == {"checker", "echo", "extra"}
    again = project.detent("run", "true").ok()  # nothing is taken away without being asked
    assert again.err == ""
    assert set(project.installed()) == {"checker", "echo", "extra"}
    project.detent("run", "--exact", "--no-dev", "true").ok()
    assert set(project.installed()) == {"echo"}
    project.manifest("echo", "checker")
    assert project.detent("run", "--locked", "true").code == 1
    project.detent("run", "--frozen", "true").ok()
    assert set(project.installed()) == {"checker", "echo"}  # the group of the old lock
    assert project.detent("run", "--no-sync", "true", env={"DETENT_FROZEN": "1"}).ok().err == ""


# ---- without a command, from stdin, and without a project ---------------------------------------


def test_run_without_a_command_lists_what_there_is(project: Sandbox) -> None:
    for words in ((), ("--no-sync",)):
        done = project.detent("run", *words)

        assert done.code == 2
        assert done.out.startswith("Provide a command or script to invoke with `detent run <command>`")
        listed = [line for line in done.out.splitlines() if line.startswith("- ")]
        assert {"- echo-words", "- python"} <= set(listed)
        assert listed == sorted(listed)
        assert not [line for line in listed if "activate" in line]


def test_run_without_a_command_and_an_environment_says_how_to_use_it(sandbox: Sandbox) -> None:
    for words in ((), ("--no-project",)):
        done = sandbox.detent("run", *words)
        assert (done.code, done.out, "`run` needs a command" in done.err) == (2, "", True)
    isolated = sandbox.detent("run", "--isolated", "true")
    assert (isolated.code, "`--isolated` needs a project" in isolated.err) == (2, True)


def test_a_script_can_come_from_stdin(project: Sandbox) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "detent", "run", "-", "--x", "y"],
        cwd=project.root,
        env=project.variables,
        input="import sys, echo; print(sys.argv)",
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout == "['-', '--x', 'y']\n"


def test_outside_a_project_the_environment_that_is_there_is_used(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.detent("venv").ok()
    sandbox.detent("venv", "../active").ok()
    below = sandbox.root / "a/b"
    below.mkdir(parents=True)
    words = ("run", "python", "-c", "import sys; print(sys.prefix)")

    assert sandbox.detent(*words).out == f"{sandbox.root / '.venv'}\n"
    assert sandbox.detent(*words, cwd=below).out == f"{sandbox.root / '.venv'}\n"
    active = str(tmp_path / "active")
    assert sandbox.detent(*words, cwd=below, env={"VIRTUAL_ENV": active}).out == f"{active}\n"


def test_a_project_can_be_left_alone(project: Sandbox) -> None:
    done = project.detent("run", "--no-project", "sh", "-c", "echo $VIRTUAL_ENV.").ok()

    assert (done.out, done.err) == (".\n", "")
    assert [path.name for path in project.root.iterdir()] == ["pyproject.toml"]


# ---- an environment for one run ------------------------------------------------------------------


def test_an_isolated_run_has_its_own_environment_and_leaves_nothing(project: Sandbox) -> None:
    project.detent("sync", "--extra", "more").ok()
    before = project.snapshot()
    code = "import sys, echo, checker; print(sys.prefix)"

    done = project.detent("run", "--isolated", "python", "-c", code).ok()

    assert done.out.startswith(str(project.cache))
    assert not Path(done.out.strip()).exists()
    assert "virtual environment" not in done.err
    assert project.detent("run", "--isolated", "python", "-c", "import extra").code == 1
    project.detent("run", "--isolated", "--extra", "more", "python", "-c", "import extra").ok()
    assert project.snapshot() == before
    assert [path for path in (project.cache / "tmp").iterdir() if path.is_dir()] == []


def test_an_isolated_run_gives_the_childs_code_as_a_shell_would(project: Sandbox) -> None:
    for command, code in (
        (("sh", "-c", "exit 7"), 7),
        (("sh", "-c", "kill -9 $$"), 137),
        (("no-such",), 127),
    ):
        assert project.detent("run", "--isolated", *command).code == code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_isolated_run_passes_a_signal_on(number: int, project: Sandbox) -> None:
    hears = f"signal.signal({int(number)}, lambda *_: os._exit(3))"
    code = f"import os, signal, time; {hears}; print('on', flush=True); time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-m", "detent", "run", "--isolated", "python", "-c", code],
        cwd=project.root,
        env=project.variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # no terminal sends it to the child too
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "on\n"
        process.send_signal(number)

    assert process.returncode == 3
    assert [path for path in (project.cache / "tmp").iterdir() if path.is_dir()] == []


# ---- what the last sync selected -----------------------------------------------------------------


def test_run_keeps_what_the_last_sync_selected_and_says_so(project: Sandbox) -> None:
    project.detent("sync", "--extra", "more", "--no-dev").ok()
    told = "Using the extras and groups of the last sync: --extra more --no-dev\n"

    assert project.detent("run", "true").ok().err == told
    assert project.detent("run", "-q", "true").ok().err == ""
    assert set(project.installed()) == {"echo", "extra"}
    assert set(project.detent("run", "--exact", "true").ok().err.splitlines()) == {told.strip()}
    assert set(project.installed()) == {"echo", "extra"}
    # A flag wins for its run, and the next goes on as before.
    assert told not in project.detent("run", "--group", "dev", "true").ok().err
    assert set(project.installed()) == {"checker", "echo", "extra"}
    assert project.detent("run", "true").ok().err == told
    project.detent("sync").ok()
    assert set(project.installed()) == {"checker", "echo"}
    assert project.detent("run", "true").ok().err == ""


def test_on_ci_the_last_sync_selects_nothing(project: Sandbox) -> None:
    project.detent("sync", "--no-dev").ok()

    assert project.detent("run", "true", env={"CI": "false"}).ok().err.startswith("Using the extras")
    project.detent("run", "true", env={"CI": "true"}).ok()
    assert set(project.installed()) == {"checker", "echo"}


def test_what_the_last_sync_selected_survives_another_environment_in_its_place(project: Sandbox) -> None:
    project.detent("sync", "--no-dev").ok()
    (project.root / ".venv/bin/python").unlink()

    assert "Replacing virtual environment" in project.detent("run", "true").ok().err
    assert set(project.installed()) == {"echo"}
    assert project.detent("run", "true").ok().err.startswith("Using the extras")


def test_a_selection_that_is_damaged_or_not_the_projects_is_passed_over(project: Sandbox) -> None:
    project.detent("sync", "--extra", "more").ok()
    kept = project.root / ".venv/.detent/selection"
    project.manifest("echo", tail='\n[dependency-groups]\ndev = ["checker"]\n')

    assert project.detent("run", "true").ok().err == ""  # the extra is gone
    project.detent("sync", "--no-dev").ok()
    kept.write_bytes(kept.read_bytes() + b"\n--all-extras")
    assert "Using" not in project.detent("run", "true").ok().err
    assert set(project.installed()) == {"checker", "echo"}


def test_adding_and_removing_keep_what_the_last_sync_selected(project: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("more-of-it"), wheel("writer"))
    project.detent("sync", "--extra", "more", "--no-dev").ok()

    project.detent("add", "more-of-it").ok()
    assert set(project.installed()) == {"echo", "extra", "more-of-it"}
    project.detent("add", "--group", "docs", "writer").ok()
    project.detent("remove", "more-of-it").ok()
    assert set(project.installed()) == {"echo", "extra", "writer"}
    project.detent("add", "--dev", "more-of-it").ok()
    assert project.detent("run", "true").ok().err == (
        "Using the extras and groups of the last sync: --extra more --group docs --group dev\n"
    )
    project.detent("sync").ok()
    project.detent("add", "--dev", "writer").ok()  # a default group: nothing to remember
    assert project.detent("run", "true").ok().err == ""


def test_a_failed_sync_runs_nothing(project: Sandbox, index: IndexServer) -> None:
    project.manifest("echo", "no-such-package")

    done = project.detent("run", "sh", "-c", "echo ran")

    assert (done.code, done.out) == (1, "")
    assert not (project.root / "pylock.toml").exists()
    assert [path.name for path in project.root.iterdir()] == ["pyproject.toml"]


def test_a_run_without_a_sync_says_which_packages_the_cache_has_lost(
    sandbox: Sandbox, index: IndexServer
) -> None:
    publish(index, wheel("tool", files={"tool/__init__.py": ""}))
    sandbox.manifest("tool")
    sandbox.detent("sync", "--link-mode", "directory").ok()
    shutil.rmtree(sandbox.cache / "wheels-v2")

    done = sandbox.detent("run", "--no-sync", "true").ok()

    assert "the cache no longer holds what the environment links to: tool; run `detent sync`" in done.err
