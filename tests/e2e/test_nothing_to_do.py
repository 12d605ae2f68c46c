"""Nothing to do: answered from the stamp, in the words of the command itself, and only where that is certain."""

import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from detent import stamp
from support.asking import ask, is_at_once, outlast_a_tick, settle, stamp_of
from support.backends import tiny_tree, write_tree
from support.cli import SOURCE, Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel

SHOW = (
    "import os, sys; print(sorted((k, v) for k, v in os.environ.items() if 'IMPORTTIME' not in k), sys.argv)"
)
ECHO = "import sys\ndef main():\n    print(sys.argv[1:])\n    raise SystemExit(3)\n"


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    """A project that is locked and installed, with a group and a package in a shared folder."""
    publish(
        index,
        wheel("echo", scripts={"echo-words": "echo:main"}, files={"echo/__init__.py": ECHO}),
        wheel("shared", files={"space/inner/one.py": "", "space/deep/__init__.py": ""}),
        wheel("other"),
    )
    sandbox.manifest("echo", "shared", tail='\n[dependency-groups]\ndev = ["other"]\n')
    sandbox.detent("lock").ok()
    return sandbox


def site_packages(project: Sandbox) -> Path:
    return next(project.root.glob(".venv/lib/python*/site-packages"))


def with_times_of(path: Path, change: Callable[[], object]) -> None:
    """Change something below a path so that its own times do not tell."""
    facts = path.stat()
    change()
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


# ---- the same words --------------------------------------------------------------------------


def test_a_sync_that_installed_something_makes_the_next_one_answer_at_once(project: Sandbox) -> None:
    project.detent("sync").ok()
    outlast_a_tick()
    shutil.rmtree(site_packages(project) / "other-1.0.dist-info")
    first = project.detent("sync").ok()
    second = ask(project, "sync")
    shutil.rmtree(project.cache / stamp.BUCKET)
    third = ask(project, "sync")

    assert "Installed 1 package" in first.err
    assert second.is_at_once
    assert not third.is_at_once
    assert second[1:] == third[1:] == (0, "", "Resolved 3 packages in TIME\nChecked 3 packages in TIME\n")


def test_the_very_first_sync_makes_the_next_one_answer_at_once(project: Sandbox) -> None:
    outlast_a_tick()
    shutil.rmtree(project.cache)

    assert "Installed 3 packages" in project.detent("sync").ok().err
    assert is_at_once(project, "sync")

    removals = project.cache / "wheels-v2/removals"
    facts = removals.stat()
    project.detent("cache", "clean", "other").ok()
    os.utime(removals, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert not is_at_once(project, "sync")


@pytest.mark.parametrize("is_installed", [False, True])
def test_a_sync_that_wrote_a_new_lock_makes_the_next_one_answer_at_once(
    project: Sandbox, *, is_installed: bool
) -> None:
    project.detent("sync").ok()
    outlast_a_tick()
    if not is_installed:
        shutil.rmtree(project.root / ".venv")
    (project.root / "pylock.toml").unlink()
    first = ask(project, "sync")
    second = ask(project, "sync")
    stamp_of(project).unlink()
    third = ask(project, "sync")

    assert [asked.is_at_once for asked in (first, second, third)] == [False, True, False]
    assert second[1:] == third[1:] == (0, "", "Resolved 3 packages in TIME\nChecked 3 packages in TIME\n")
    project.write("pylock.toml", project.read("pylock.toml") + "# a remark\n")
    assert not is_at_once(project, "sync")


LINES = (
    "sync",
    "sync --frozen",
    "sync --check",
    "sync --dry-run --inexact",
    "-q sync",
    "sync --color always --offline",
    "lock",
    "lock --check",
    "lock --check-exists",
    "lock --dry-run",
    "run true",
    "run --no-sync true",
)


def test_the_stamp_says_what_the_command_says(project: Sandbox) -> None:
    project.detent("sync").ok()
    by_stamp = {line: settle(project, *line.split()) for line in LINES}
    for line in LINES:
        stamp_of(project).unlink()
        by_hand = ask(project, *line.split())

        assert not by_hand.is_at_once
        assert by_stamp[line][1:] == by_hand[1:], line
    silent = {line for line in LINES if not by_stamp[line].said}
    assert silent == {"-q sync", "run true", "run --no-sync true"}


def test_colour_and_terminal_decide_the_words_as_they_do_for_the_command(project: Sandbox) -> None:
    project.detent("sync").ok()
    plain = settle(project, "sync")
    coloured = settle(project, "sync", env={"FORCE_COLOR": "1"})

    def on_a_terminal() -> bytes:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "detent", "sync"]
        env = {**project.variables, "TERM": "xterm"}
        subprocess.run(
            command, cwd=project.root, env=env, stdin=theirs, stdout=theirs, stderr=theirs, check=True
        )
        os.close(theirs)
        said = b""
        while chunk := _read(ours):
            said += chunk
        os.close(ours)
        return said

    assert "\x1b" not in plain.said
    assert "\x1b" in coloured.said
    for _ in range(3):
        assert b"\x1b[1m3 packages" in on_a_terminal()
    assert settle(project, "sync").said == plain.said


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""


def test_it_answers_in_every_folder_of_the_project_and_for_a_project_named(project: Sandbox) -> None:
    below = project.root / "docs" / "inner"
    below.mkdir(parents=True)
    project.detent("sync").ok()

    assert settle(project, "sync", cwd=below).said == settle(project, "sync").said
    assert settle(project, "lock", "--project", "../..", cwd=below).code == 0
    (below.parent / "pyproject.toml").write_text('[project]\nname = "nearer"\nversion = "1"\n')
    assert not ask(project, "sync", "--check", cwd=below).is_at_once
    assert not ask(project, "sync", cwd=below).is_at_once


# ---- run -------------------------------------------------------------------------------------


def test_a_command_runs_as_it_would_have_without_the_stamp(project: Sandbox) -> None:
    project.detent("sync").ok()
    project.write("jobs/show.py", SHOW)
    project.write("show.py", SHOW)
    settle(project, "run", "true")
    settle(project, "run", "-m", "this")
    settle(project, "run", "--", "true")
    lines = (
        ("run", "--", "python", "-c", SHOW, "-v", "--", "x"),
        ("run", "show.py", "-x"),
        ("run", "./jobs/show.py", "-x"),
        ("run", "-m", "show", "-x"),
        ("run", "echo-words", "a", "-q"),
        ("run", "sh", "-c", "exit 7"),
    )
    for words, env in (
        *((words, {}) for words in lines),
        (lines[1], {"PATH": "relative:/usr/bin:/bin:"}),
        (lines[1], {"PYTHONHOME": sys.base_prefix, "CI": "1"}),
    ):
        if env:
            settle(project, "run", "true", env=env)
        by_stamp = ask(project, *words, env=env)
        by_hand = ask(project, "run", "-v", *words[1:], env=env)

        assert by_stamp.is_at_once, (words, env)
        assert not by_hand.is_at_once
        assert by_stamp[1:3] == by_hand[1:3], (words, env)


def test_what_a_command_may_not_be_run_by_is_told_by_the_command_line(project: Sandbox) -> None:
    project.detent("sync").ok()
    settle(project, "run", "true")
    project.write("own.py", "# /// script\n# dependencies = []\n# ///\n")
    project.write("plain", "x")
    project.write("broken", "#!/no/such/program\n").chmod(0o755)

    for words, code, said in (
        (("own.py",), 2, "declares its own dependencies"),
        (("nonsense",), 127, "nonsense"),
        (("./plain",), 126, "not executable"),
        (("./broken",), 126, "does not exist"),
        (("--frobnicate", "true"), 2, "--frobnicate"),
    ):
        asked = ask(project, "run", *words)
        assert (asked.is_at_once, asked.code) == (False, code), asked
        assert said in asked.said
    assert "available in the environment" in ask(project, "run").out


def test_a_script_belongs_to_the_project_it_lies_in(project: Sandbox) -> None:
    project.detent("sync").ok()
    settle(project, "run", "true")
    project.write("mine.py", "print('mine')")
    project.write("part/theirs.py", "print('theirs')")
    project.write(
        "part/pyproject.toml", '[project]\nname = "part"\nversion = "1"\nrequires-python = ">=3.11"\n'
    )
    (project.root / "link.py").symlink_to("part/theirs.py")

    assert ask(project, "run", "mine.py")[:3] == (True, 0, "mine\n")
    assert not is_at_once(project, "run", "part/theirs.py")
    assert (project.root / "part/.venv").is_dir()
    assert not is_at_once(project, "run", "link.py")
    assert not is_at_once(project, "run", "part/../mine.py")


def test_runs_in_runs_do_not_take_each_others_stamp_away(project: Sandbox) -> None:
    project.detent("sync").ok()
    inside = {"VIRTUAL_ENV": str(project.root / ".venv")}
    settle(project, "run", "true")
    settle(project, "run", "true", env=inside)

    assert is_at_once(project, "run", "true")
    assert is_at_once(project, "run", "true", env=inside)


# ---- never when something is different -------------------------------------------------------


def test_an_edit_shows_though_size_and_time_are_as_they_were(project: Sandbox) -> None:
    project.detent("sync").ok()
    settle(project, "sync")
    manifest = project.root / "pyproject.toml"

    with_times_of(
        manifest,
        lambda: project.write("pyproject.toml", project.read("pyproject.toml").replace("echo", "axle")),
    )

    assert not is_at_once(project, "lock", "--check")
    assert ask(project, "sync")[:2] == (False, 1)


def test_a_copy_with_the_times_of_the_original_shows(project: Sandbox, tmp_path: Path) -> None:
    project.detent("sync").ok()
    settle(project, "sync")
    manifest, other = project.root / "pyproject.toml", tmp_path / "other.toml"
    other.write_text(project.read("pyproject.toml").replace('"echo", ', ""))
    shutil.copystat(manifest, other)
    shutil.copy2(other, manifest)

    assert not is_at_once(project, "sync")
    assert "echo" not in project.installed()


def test_one_byte_of_the_lock_shows(project: Sandbox) -> None:
    project.detent("sync").ok()
    for words in (("sync",), ("lock",), ("sync", "--frozen")):
        settle(project, *words)
        lock = project.root / "pylock.toml"
        text = lock.read_bytes()
        with_times_of(lock, partial(lock.write_bytes, text.replace(b"echo-1.0-", b"echo-1.1-")))

        assert not is_at_once(project, *words)
        lock.write_bytes(text)


def test_what_was_only_touched_is_answered_and_the_new_times_are_kept(project: Sandbox) -> None:
    project.detent("sync").ok()
    settle(project, "sync")
    manifest, lock = project.root / "pyproject.toml", project.root / "pylock.toml"
    text = lock.read_bytes()
    lock.unlink()
    lock.write_bytes(text)
    os.utime(manifest, (1, 1))
    before = stamp_of(project).read_bytes()

    assert is_at_once(project, "sync")
    assert stamp_of(project).read_bytes() != before
    lock.chmod(0o600)
    assert not is_at_once(project, "sync")


FILES_THAT_COUNT = {
    ".python-version": "3.11\n3.12\n3.13\n3.14\n",
    "detent.toml": "offline = true\n",
    "../home/.config/detent/detent.toml": "offline = true\n",
    "../home/.config/pip/pip.conf": "",
    "../home/.pip/pip.conf": "[global]\n",
    ".venv/.detent/journal": "",
    ".venv/.detent/unfinished": "",
    ".venv/.detent/selection": "",
    ".venv/lib64": "",
    "pip.conf": "",
}


def test_a_file_that_was_not_there_shows(project: Sandbox) -> None:
    env = {"PIP_CONFIG_FILE": str(project.root / "pip.conf")}
    project.detent("sync", env=env).ok()
    for name, text in FILES_THAT_COUNT.items():
        settle(project, "sync", env=env)
        path = project.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

        assert not is_at_once(project, "sync", env=env), name

        path.unlink(missing_ok=True)


def test_an_interpreter_asked_for_by_its_path_is_looked_at(project: Sandbox) -> None:
    base = Path(sys._base_executable).resolve()  # type: ignore[attr-defined]
    python = project.root.parent / "python-by-path"
    python.symlink_to(base)
    env = {"DETENT_PYTHON": str(python)}
    project.detent("sync", env=env).ok()
    settle(project, "sync", env=env)

    relink(python, "/bin/true")

    assert not is_at_once(project, "sync", env=env)


def test_an_interpreter_of_an_environment_or_a_script_is_asked_every_time(project: Sandbox) -> None:
    base = Path(sys._base_executable).resolve()  # type: ignore[attr-defined]
    subprocess.run([base, "-m", "venv", "--without-pip", project.root.parent / "other"], check=True)
    script = project.root.parent / "shim"
    script.write_text(f'#!/bin/sh\nexec "{base}" "$@"\n')
    script.chmod(0o755)
    for python in (project.root.parent / "other/bin/python", script):
        env = {"DETENT_PYTHON": str(python)}
        project.detent("sync", env=env)
        project.detent("sync", env=env)

        assert not is_at_once(project, "sync", env=env), python


CHANGES: dict[str, Callable[[Sandbox, Path], object]] = {
    "another installer at work": lambda _, site: (site / "new-1.0.dist-info").mkdir(),
    "a package gone": lambda _, site: shutil.rmtree(site / "other-1.0.dist-info"),
    "a module in a shared folder": lambda _, site: (site / "space/inner/two.py").touch(),
    "no module in a shared folder": lambda _, site: (site / "space/inner/one.py").unlink(),
    "a program gone": lambda p, _: (p.root / ".venv/bin/echo-words").unlink(),
    "another manifest": lambda p, _: (p.root / ".venv/.detent/installed").write_text("x"),
    "no configuration": lambda p, _: (p.root / ".venv/pyvenv.cfg").unlink(),
    "no environment": lambda p, _: shutil.rmtree(p.root / ".venv"),
    "another interpreter": lambda p, _: relink(p.root / ".venv/bin/python", "/bin/true"),
    "libraries somewhere else": lambda p, _: behind_a_link(p.root / ".venv/lib"),
    "programs somewhere else": lambda p, _: behind_a_link(p.root / ".venv/bin"),
    "the environment somewhere else": lambda p, _: behind_a_link(p.root / ".venv"),
    "the environment copied": lambda p, _: copied(p.root / ".venv"),
    "the project copied": lambda p, _: copied(p.root),
}


def relink(path: Path, target: str) -> None:
    path.unlink()
    path.symlink_to(target)


def behind_a_link(path: Path) -> None:
    away = path.rename(path.with_name(f"{path.name}-away"))
    path.symlink_to(away)


def copied(path: Path) -> None:
    away = path.rename(path.with_name(f"{path.name}-away"))
    shutil.copytree(away, path, symlinks=True)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_the_environment_shows(project: Sandbox, change: str) -> None:
    project.detent("sync").ok()
    settle(project, "run", "true")

    CHANGES[change](project, site_packages(project))

    assert not is_at_once(project, "run", "true")
    assert not is_at_once(project, "sync")


def test_an_environment_behind_a_link_is_answered_until_the_link_leads_elsewhere(project: Sandbox) -> None:
    project.detent("sync").ok()
    behind_a_link(project.root / ".venv")
    settle(project, "sync")
    shutil.copytree(project.root / ".venv-away", project.root / "other", symlinks=True)

    relink(project.root / ".venv", "other")

    assert not is_at_once(project, "sync")


def test_a_project_that_moved_is_another_one(project: Sandbox, tmp_path: Path) -> None:
    project.detent("sync").ok()
    settle(project, "lock")
    moved = project.root.rename(tmp_path / "moved")

    assert not ask(project, "lock", cwd=moved).is_at_once


VARIABLES = {
    "DETENT_LINK_MODE": "copy",
    "DETENT_ANYTHING": "1",
    "PIP_INDEX_URL": "https://index.example.com/simple/",
    "VIRTUAL_ENV": "/somewhere",
    "HOME": "/nowhere",
    "XDG_CONFIG_HOME": "/nowhere",
    "XDG_CONFIG_DIRS": "/nowhere",
    "CI": "true",
    "TERM": "dumb",
    "NO_COLOR": "1",
    "SSL_CERT_FILE": "/nowhere.pem",
}


def test_a_variable_that_counts_asks_anew(project: Sandbox) -> None:
    project.detent("sync").ok()
    settle(project, "lock")
    for name, value in VARIABLES.items():
        assert not is_at_once(project, "lock", env={name: value}), name
        assert is_at_once(project, "lock", env={"UNRELATED": value})


def test_how_a_server_is_reached_and_who_logs_in_asks_nothing_anew(project: Sandbox) -> None:
    project.detent("sync").ok()
    index = project.variables["DETENT_DEFAULT_INDEX"]
    settle(project, "lock")

    for name, value in {
        "HTTPS_PROXY": "http://me:s3cret@proxy.example",
        "DETENT_PROXY": "me:s3cret@proxy.example",
        "DETENT_INDEX_OURS_PASSWORD": "s3cret",
        "DETENT_DEFAULT_INDEX": index.replace("//", "//me:s3cret@"),
    }.items():
        assert is_at_once(project, "lock", env={name: value}), name


@pytest.mark.parametrize("clock", ["set back", "a day later"])
def test_a_stamp_of_another_time_is_none(
    project: Sandbox, monkeypatch: pytest.MonkeyPatch, clock: str
) -> None:
    project.detent("sync").ok()
    settle(project, "sync")
    monkeypatch.chdir(project.root)
    path = str(stamp_of(project))
    move_ns = 3600 * 10**9 if clock == "set back" else -25 * 3600 * 10**9
    answers = {}
    with_writer_of(monkeypatch)
    for question, packed in stamp.read(path).items():
        key, made_ns, expires_ns, rows, what = stamp.unpack(packed)
        answers[question] = stamp.pack((key, made_ns + move_ns, expires_ns + move_ns, rows, what))
    assert answers

    assert stamp.write(path, answers)

    assert not is_at_once(project, "sync")


def with_writer_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read and write stamps in this process as `detent` does in its own."""
    monkeypatch.setattr(stamp, "__file__", str(SOURCE / "detent/stamp.py"))


# ---- never when something was said, or more has to be done -----------------------------------


def test_what_warns_is_asked_every_time(project: Sandbox) -> None:
    text = project.read("pyproject.toml")
    project.write("pyproject.toml", text.replace('requires-python = ">=3.11"\n', ""))
    for _ in range(3):
        asked = ask(project, "sync")
        assert not asked.is_at_once
        assert "warning:" in asked.said


def test_what_does_or_looks_for_more_is_asked_every_time(project: Sandbox) -> None:
    project.detent("sync").ok()
    for line in (
        "sync --reinstall",
        "sync -U",
        "sync --refresh",
        "sync -n",
        "sync -v",
        "sync --no-editable",
        "lock --regenerate",
        "lock --coverage",
        "run --isolated true",
    ):
        for _ in range(2):
            assert ask(project, *line.split())[:2] == (False, 0), line


def test_a_selection_of_the_last_sync_that_is_told_is_told_every_time(project: Sandbox) -> None:
    project.detent("sync", "--no-dev").ok()
    outlast_a_tick()
    for number in range(3):
        asked = ask(project, "run", "true")
        assert asked.is_at_once is bool(number)
        assert asked.said == "Using the extras and groups of the last sync: --no-dev\n"


def test_two_selections_in_turn_are_two_answers(project: Sandbox) -> None:
    for _ in range(2):
        assert not is_at_once(project, "sync", "--no-dev")
        assert "other" not in project.installed()
        assert not is_at_once(project, "sync")
        assert "other" in project.installed()
    assert is_at_once(project, "sync")


def test_an_empty_cache_has_no_stamps(project: Sandbox) -> None:
    project.detent("sync").ok()
    settle(project, "sync")
    project.detent("cache", "clean").ok()

    assert not is_at_once(project, "sync")


def test_a_cache_that_only_configuration_names_is_never_guessed(project: Sandbox, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(project.cache, elsewhere).chmod(0o700)
    shutil.rmtree(elsewhere / stamp.BUCKET)
    config = tmp_path / "home/.config/detent/detent.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'cache-dir = "{elsewhere}"\n')
    without = {**project.variables}
    del without["DETENT_CACHE_DIR"]
    apart = Sandbox(root=project.root, cache=elsewhere, index_url=project.index_url, variables=without)
    apart.detent("sync").ok()
    for _ in range(3):
        assert not is_at_once(apart, "sync")
    assert not (elsewhere / stamp.BUCKET).exists()

    config.unlink()
    apart.detent("sync").ok()
    settle(apart, "sync")
    config.write_text(f'cache-dir = "{elsewhere}"\n')

    assert not is_at_once(apart, "sync")


def test_where_nothing_can_be_written_the_command_answers(project: Sandbox) -> None:
    project.detent("sync").ok()
    (project.cache / stamp.BUCKET).unlink(missing_ok=True) if not (
        project.cache / stamp.BUCKET
    ).is_dir() else shutil.rmtree(project.cache / stamp.BUCKET)
    (project.cache / stamp.BUCKET).write_text("no folder")

    for _ in range(2):
        assert ask(project, "sync")[:2] == (False, 0)


# ---- the project itself ----------------------------------------------------------------------


@pytest.fixture
def package(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    """A project that is installed as a link to its folder."""
    publish(index, wheel("b"))
    tree = tiny_tree("demo", "0.1.0", requires=["b"], files={"demo/__init__.py": "", "demo/code.py": ""})
    write_tree(sandbox.root, tree)
    text = sandbox.read("pyproject.toml")
    sandbox.write(
        "pyproject.toml", text.replace('version = "0.1.0"', 'version = "0.1.0"\nrequires-python = ">=3.11"')
    )
    sandbox.detent("lock").ok()
    sandbox.detent("sync").ok()
    return sandbox


def test_edits_of_code_are_no_reason_to_ask_and_what_a_build_sees_is(package: Sandbox) -> None:
    settle(package, "sync")
    package.write("src/demo/code.py", "x = 1\n")
    package.write("src/demo/more.py", "")
    package.write(".coverage", "")
    package.write("notes.txt", "")
    assert is_at_once(package, "sync")

    for name in ("LICENSE", "setup.cfg", "src/second/__init__.py", "third.py", "MANIFEST.in"):
        package.write(name, "\n")
        assert not is_at_once(package, "sync"), name
        settle(package, "sync")
    (package.root / "src/second/__init__.py").unlink()
    assert not is_at_once(package, "sync")


@pytest.mark.parametrize("reason", ["setup.py", "strict"])
def test_a_project_whose_wheel_rests_on_more_is_asked_every_time(package: Sandbox, reason: str) -> None:
    if reason == "setup.py":
        package.write("setup.py", "")
    else:
        settings = '[tool.detent]\nconfig-settings = { editable_mode = "strict" }\n'
        package.write("pyproject.toml", package.read("pyproject.toml") + settings)
    for _ in range(3):
        asked = ask(package, "sync")
        assert (asked.is_at_once, asked.code) == (False, 0), asked.said


# ---- the budget ------------------------------------------------------------------------------


def test_nothing_is_imported_that_a_bare_interpreter_has_not() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); before = set(sys.modules);"
        "import detent.quick; print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout == "detent detent.quick detent.stamp\n"


def test_what_is_answered_at_once_imports_no_more(project: Sandbox) -> None:
    project.detent("sync").ok()
    script = project.root.parent / "detent"
    script.write_text("import sys\nfrom detent.quick import main\nsys.exit(main())\n")
    for words in (("sync",), ("lock",), ("lock", "--check"), ("run", "true")):
        settle(project, *words)
        done = subprocess.run(
            [sys.executable, "-X", "importtime", str(script), *words],
            cwd=project.root,
            env=project.variables,
            capture_output=True,
            text=True,
            check=True,
        )
        bare = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", "import sys"],
            env=project.variables,
            capture_output=True,
            text=True,
            check=True,
        )
        assert imported(done.stderr) - imported(bare.stderr) == {"detent", "detent.quick", "detent.stamp"}


def imported(said: str) -> set[str]:
    return {line.rpartition("|")[2].strip() for line in said.splitlines() if line.startswith("import time:")}
