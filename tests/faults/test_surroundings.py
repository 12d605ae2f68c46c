"""Odd surroundings: what a machine, a shell or a disk may be like. It works, or says in words why not."""

import errno
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from support.cli import Done, Sandbox, publish, run
from support.forked import command, detent
from support.index_server import IndexServer
from support.syscalls import CHANGES, can_watch, watched
from support.wheels import wheel
from support.whole import cache_faults, environment_faults

TOOL = wheel(
    "tool",
    "1.0",
    files={"tool/__init__.py": "def main():\n    print('done')\n", "tool/part.py": ""},
    scripts={"tool": "tool:main"},
    data={"scripts/greet": "#!python\nprint('hello')\n", "data/share/tool.txt": "x"},
)


@pytest.fixture
def project(sandbox: Sandbox, index: IndexServer) -> Sandbox:
    publish(index, TOOL, wheel("other", "1.0"))
    sandbox.manifest("tool")
    return sandbox


def powerless() -> list[str]:
    """Begin a command that root's power to pass over permissions is taken from."""
    if os.geteuid():
        return []
    if not shutil.which("setpriv"):
        pytest.skip("root may do everything here")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"]


def shell(
    project: Sandbox,
    line: str,
    *words: str,
    env: Mapping[str, str] | None = None,
    before: tuple[str, ...] = (),
) -> Done:
    """Run detent as ``"$@"`` in a line of the shell."""
    detent_words = [*before, sys.executable, "-m", "detent", *words]
    variables = {**project.variables, **(env or {})}
    return run(["sh", "-c", line, "sh", *detent_words], cwd=project.root, env=variables)


def whole(project: Sandbox, **expected: str) -> None:
    assert project.installed() == (expected or {"tool": "1.0"})
    assert environment_faults(project.root / ".venv") == []
    assert cache_faults(project.cache) == []


def told(done: Done) -> Done:
    assert done.code in (0, 1, 2), done.err
    assert ("error: " in done.err) == (done.code > 0), done.err
    assert "Traceback" not in done.err
    return done


# ---- the cache ---------------------------------------------------------------------------------


@pytest.fixture
def read_only(project: Sandbox) -> Iterator[list[str]]:
    """Once it was filled the cache may not be written any more; gives what commands begin with to mind that."""
    before = powerless()
    assert detent(project, "sync").code == 0
    shutil.rmtree(project.root / ".venv")
    folders = [project.cache, *(path for path in project.cache.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o500)
    yield before
    for folder in folders:
        folder.chmod(0o700)


@pytest.mark.parametrize("mode", ["auto", "copy", "directory"])
def test_a_cache_that_may_only_be_read_serves_what_is_in_it(
    project: Sandbox, read_only: list[str], mode: str
) -> None:
    project.variables["DETENT_LINK_MODE"] = mode

    shell(project, '"$@"', "sync", before=tuple(read_only)).ok()

    assert project.installed() == {"tool": "1.0"}
    assert shell(project, '"$@"', "sync", "--check", before=tuple(read_only)).ok()
    assert "Checked" in shell(project, '"$@"', "sync", before=tuple(read_only)).ok().err
    assert shell(project, '"$@"', "run", "tool", before=tuple(read_only)).ok().out == "done\n"


def test_nothing_is_undone_where_the_cache_may_not_know_the_last_change(
    project: Sandbox, read_only: list[str]
) -> None:
    before = project.snapshot()

    done = told(shell(project, '"$@"', "undo", before=tuple(read_only)))

    assert done.code == 2
    assert f"the cache `{project.cache}` can only be read" in done.err
    assert project.snapshot() == before


def test_what_is_not_in_a_cache_that_may_only_be_read_is_one_error(
    project: Sandbox, read_only: list[str]
) -> None:
    before = project.snapshot()

    done = told(shell(project, '"$@"', "add", "other", before=tuple(read_only)))

    assert done.code == 1
    assert str(project.cache) in done.err
    assert "permission is denied" in done.err
    assert project.snapshot() == before


def test_a_cache_on_another_device_is_copied_from_and_that_is_said(
    project: Sandbox, index: IndexServer
) -> None:
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent, prefix=".cache-") as elsewhere:
        cache = Path(elsewhere).resolve() / "cache"
        if Path(elsewhere).stat().st_dev == project.root.stat().st_dev:
            pytest.skip("there is one device only")
        env = {"DETENT_CACHE_DIR": str(cache)}

        done = detent(project, "sync", env=env)
        shutil.rmtree(project.root / ".venv")
        quiet = detent(project, "sync", "--link-mode", "copy", env=env)

        assert (done.code, done.said.count("so files are copied")) == (0, 1), done.said
        assert (quiet.code, quiet.said.count("copied")) == (0, 0), quiet.said
        assert environment_faults(project.root / ".venv") == []
        assert cache_faults(cache) == []
        files = [path for path in (project.root / ".venv").rglob("*.py") if path.is_file()]
        assert {path.stat().st_nlink for path in files} == {1}


def test_a_cache_that_everybody_may_write_to_is_refused(project: Sandbox) -> None:
    project.cache.chmod(0o777)

    done = detent(project, "sync")

    assert done.code == 1
    assert "everybody may write to it" in done.said


# ---- home, umask -------------------------------------------------------------------------------


@pytest.mark.parametrize("cache_is_named", [True, False])
def test_without_a_home_it_works_or_says_what_it_misses(project: Sandbox, *, cache_is_named: bool) -> None:
    del project.variables["HOME"]
    if not cache_is_named:
        del project.variables["DETENT_CACHE_DIR"]
        project.variables["XDG_CACHE_HOME"] = str(project.cache.parent / "xdg")

    assert told(shell(project, '"$@"', "sync")).code == 0

    assert environment_faults(project.root / ".venv") == []


@pytest.mark.parametrize("home", ["unwritable", "missing", "a file"])
def test_a_home_that_takes_nothing_is_one_error_and_a_named_cache_does(project: Sandbox, home: str) -> None:
    folder = project.root.parent / "odd-home"
    if home == "unwritable":
        folder.mkdir(mode=0o500)
    elif home == "missing":
        folder = folder / "below" / "nothing"
        folder.parent.parent.mkdir(mode=0o500)
    else:
        folder.write_text("")
    env = {"HOME": str(folder)}
    named = shell(project, '"$@"', "sync", env=env, before=tuple(powerless()))
    shutil.rmtree(project.root / ".venv")
    del project.variables["DETENT_CACHE_DIR"]

    done = told(shell(project, '"$@"', "sync", env=env, before=tuple(powerless())))

    assert named.code == 0, named.err
    assert done.code == 1
    assert str(folder) in done.err


@pytest.mark.parametrize("umask", ["000", "022", "027", "077"])
@pytest.mark.parametrize("mode", ["auto", "copy"])
def test_modes_are_right_whatever_the_umask(project: Sandbox, umask: str, mode: str) -> None:
    shutil.rmtree(project.cache)

    shell(project, f'umask {umask}; exec "$@"', "sync", "--link-mode", mode).ok()

    whole(project)
    assert project.cache.stat().st_mode & 0o777 == 0o700
    environment = project.root / ".venv"
    for path in (path for path in environment.rglob("*") if not path.is_symlink()):
        allowed = path.stat().st_mode & 0o777
        assert not allowed & 0o022, path
        assert allowed & 0o600 == 0o600, path
    if mode == "copy":  # a hard link has the mode of the store
        assert (environment / "share/tool.txt").stat().st_mode & 0o777 == 0o644 & ~int(umask, 8)
    for program in ("tool", "greet"):
        assert (environment / "bin" / program).stat().st_mode & 0o777 == 0o755 & ~int(umask, 8)
    shell(project, f'umask {umask}; exec "$@"', "run", "tool").ok()


# ---- paths -------------------------------------------------------------------------------------

ODD = {
    "blanks": "a folder with  blanks",
    "quotes": 'it\'s "quoted"',
    "letters": "früher-日本-é",
    "decomposed": "e\u0301",
    "percent": "100%s%(x)s%%",
    "dash": "-rf",
    "shell": "$HOME `id` $(id) ;&|<>*?[x]{a,b}!#~",
    "backslash": "back\\slash\\n",
    "long": "x" * 200,
    "deep": "/".join(["d" * 60] * 10),
    "hash": "#!fragment#egg=x",
    "comma": "a,b=c@d+e",
    "dots": "..a..",
}


@pytest.mark.parametrize(
    ("odd", "what"),
    [
        *((odd, "project") for odd in ODD),
        *((odd, "cache") for odd in ("blanks", "letters", "shell", "long", "deep")),
    ],
)
def test_a_path_may_look_like_anything(
    odd: str, what: str, tmp_path: Path, index: IndexServer, primed_cache: Path
) -> None:
    folder = tmp_path / ODD[odd]
    folder.mkdir(parents=True)
    publish(index, TOOL)
    sandbox = Sandbox.make(tmp_path if what == "cache" else folder, index.url, primed_cache)
    if what == "cache":
        sandbox.variables["DETENT_CACHE_DIR"] = str(folder / "cache")
    sandbox.manifest("tool")

    done = detent(sandbox, "sync")

    assert done.code == 0, done.said
    assert environment_faults(sandbox.root / ".venv") == []
    assert cache_faults(folder / "cache" if what == "cache" else sandbox.cache) == []
    for program, out in (("tool", "done\n"), ("greet", "hello\n")):
        assert (
            run([str(sandbox.root / ".venv/bin" / program)], cwd=tmp_path, env=sandbox.variables).out == out
        )
        assert detent(sandbox, "run", program).said == out
    assert detent(sandbox, "sync", "--check").code == 0
    assert detent(sandbox, "remove", "tool").code == 0
    assert sandbox.installed() == {}


@pytest.mark.parametrize("odd", ["new\nline", "a:colon", "tab\there", "escape\x1b[31m"])
def test_a_path_that_no_environment_can_have_is_refused_in_words(
    odd: str, tmp_path: Path, index: IndexServer, primed_cache: Path
) -> None:
    (tmp_path / odd).mkdir()
    sandbox = Sandbox.make(tmp_path / odd, index.url, primed_cache)
    sandbox.manifest()

    done = detent(sandbox, "sync")

    assert done.code == 2, done.said
    assert "cannot be used as a virtual environment" in done.said
    assert "\x1b" not in done.said
    assert not (sandbox.root / ".venv").exists()


@pytest.mark.parametrize("locale", [{"LC_ALL": "C"}, {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0"}])
@pytest.mark.parametrize("utf8", ["", "0"])
def test_a_locale_of_ascii_alone_in_a_folder_with_other_letters(
    locale: dict[str, str], utf8: str, tmp_path: Path, index: IndexServer
) -> None:
    folder = tmp_path / "früher-日本"
    folder.mkdir()
    publish(
        index,
        wheel("tool", "1.0", scripts={"tool": "tool:main"}, files={"tool.py": TOOL_TEXT, "é.py": "x = 1\n"}),
    )
    sandbox = Sandbox.make(folder, index.url)
    sandbox.variables.update(locale, **({"PYTHONUTF8": utf8} if utf8 else {}))
    sandbox.manifest("tool")
    shell(sandbox, '"$@"', "lock").ok()

    for words in (("sync",), ("sync", "--check"), ("run", "tool"), ("tree",), ("remove", "tool")):
        assert told(shell(sandbox, '"$@"', *words)).ok(), words
    assert told(shell(sandbox, '"$@"', "sync", "-p", "3.99")).code == 2


TOOL_TEXT = "def main():\n    print('done')\n"


# ---- limits ------------------------------------------------------------------------------------


def test_few_open_files_are_enough_or_it_is_said(sandbox: Sandbox, index: IndexServer) -> None:
    names = [f"package{number}" for number in range(30)]
    publish(index, *(wheel(name, "1.0") for name in names))
    sandbox.manifest(*names)
    answers = {}
    for limit in (8, 12, 16, 24, 32, 64):
        shutil.rmtree(sandbox.root / ".venv", ignore_errors=True)
        done = told(shell(sandbox, f'ulimit -n {limit}; exec "$@"', "sync"))
        answers[limit] = done.code
        if done.code:
            assert "too many files are open" in done.err, (limit, done.err)
        assert cache_faults(sandbox.cache) == []

    assert answers[64] == 0, answers
    sandbox.detent("sync").ok()
    assert environment_faults(sandbox.root / ".venv") == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 6 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(["mount", *options], capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_is_too_small_is_one_error_and_with_room_it_goes_on(
    small_disk: Path, index: IndexServer, primed_cache: Path
) -> None:
    heavy = {f"heavy/m{number}.py": os.urandom(500_000).hex() for number in range(8)}
    publish(index, TOOL, wheel("heavy", "1.0", files=heavy))
    sandbox = Sandbox.make(small_disk, index.url, primed_cache)
    sandbox.manifest("tool")
    assert detent(sandbox, "sync").code == 0
    before = sandbox.snapshot()

    done = detent(sandbox, "add", "heavy")

    assert done.code == 1, done.said
    assert "no space is left: " in done.said
    assert "make room" in done.said
    assert sandbox.snapshot() == before
    assert [path for path in (sandbox.cache / "tmp").iterdir() if path.name != ".swept"] == []
    assert detent(sandbox, "sync").code == 0  # as full as it is
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    assert detent(sandbox, "add", "heavy").code == 0
    whole(sandbox, heavy="1.0", tool="1.0")


# ---- other processes ---------------------------------------------------------------------------


def test_locks_of_dead_processes_hold_nobody(project: Sandbox) -> None:
    assert detent(project, "sync").code == 0
    (project.cache / "locks").mkdir(exist_ok=True)
    for path in (project.root / ".venv/.detent/lock", *project.cache.joinpath("locks").iterdir()):
        path.write_text("4194303")
    shutil.rmtree(project.root / ".venv/lib")

    done = detent(project, "sync", "--reinstall")

    assert done.code == 0, done.said
    assert "aiting" not in done.said


@pytest.mark.parametrize("place", ["environment", "cache"])
def test_who_waits_says_for_whom_and_gives_up_in_the_end(project: Sandbox, place: str) -> None:
    assert detent(project, "sync").code == 0
    if place == "environment":
        shutil.rmtree(next(project.root.glob(".venv/lib/python*/site-packages/tool")))
    path = project.root / ".venv/.detent/lock" if place == "environment" else project.cache / "locks/store"
    words = ("sync",) if place == "environment" else ("cache", "clean")
    patience = {"DETENT_LOCK_TIMEOUT": "0.3", "DETENT_LOCK_NOTICE_SECONDS": "0.05"}
    with path.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = detent(project, *words, env=patience)

    assert done.code == 1, done.said
    assert f"Waiting for process {os.getpid()} to release" in done.said
    assert "error: " in done.said
    assert detent(project, "sync").code == 0


# ---- streams -----------------------------------------------------------------------------------


CLOSED = (">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-", ">/dev/full", "2>/dev/full")
COMMANDS = ("add other", "tree", "run tool", "cache clean", "sync -p 3.99", "nonsense")


@pytest.mark.parametrize(
    ("closed", "words"),
    [
        *((closed, "sync") for closed in CLOSED),
        *((">&- 2>&-", words) for words in COMMANDS),
        (CLOSED[-2], "tree"),
    ],
)
def test_streams_that_are_closed_or_full_harm_nothing(project: Sandbox, closed: str, words: str) -> None:
    assert detent(project, "lock").code == 0

    done = shell(project, f'"$@" {closed}', *words.split())

    assert "Traceback" not in done.err
    assert "[bug]" not in done.err
    assert done.code in ((2,) if words in {"sync -p 3.99", "nonsense"} else (0, 1, 120))
    if ">/dev/full" not in closed:
        assert done.code in (0, 2), done.err
    assert detent(project, "sync").code == 0
    assert environment_faults(project.root / ".venv") == []
    assert cache_faults(project.cache) == []


def test_a_reader_that_goes_away_is_no_fault(project: Sandbox) -> None:
    done = shell(project, '"$@" | true', "tree")

    assert (done.code, done.err.count("error")) == (0, 0), done.err


# ---- what is left over -------------------------------------------------------------------------


def test_byte_code_that_is_left_over_makes_no_removed_package_importable(project: Sandbox) -> None:
    project.manifest("tool", "other")
    assert detent(project, "sync").code == 0
    python = project.root / ".venv/bin/python"
    run([str(python), "-c", "import tool, tool.part, other"], cwd=project.root, env=project.variables)
    site = next(project.root.glob(".venv/lib/python*/site-packages"))
    assert (site / "tool/__pycache__").is_dir()
    (site / "tool/__pycache__/gone.cpython-399.pyc").write_bytes(b"")  # of a module nobody knows

    assert detent(project, "remove", "tool").code == 0

    for name in ("tool", "tool.part"):
        done = run([str(python), "-c", f"import {name}"], cwd=project.root, env=project.variables)
        assert "ModuleNotFoundError" in done.err, name
    assert run([str(python), "-c", "import other"], cwd=project.root, env=project.variables).code == 0


@pytest.mark.skipif(
    not can_watch(), reason="this kernel lets nobody decide about the calls of another process"
)
@pytest.mark.parametrize("lasts", [False, True])
def test_a_file_that_has_all_the_links_it_may_have_is_copied(project: Sandbox, *, lasts: bool) -> None:
    assert detent(project, "lock").code == 0

    def choose(name: str, errors: tuple[int, ...]) -> int:
        return errno.EMLINK if errno.EMLINK in errors else 0

    made = watched(command(project, "sync"), CHANGES, project.root.parent).made
    first = next(number for number, call in enumerate(made, 1) if call.name in ("link", "linkat"))
    shutil.rmtree(project.root / ".venv")

    ended = watched(
        command(project, "sync"), CHANGES, project.root.parent, at=first, choose=choose, lasts=lasts
    )

    assert ended.code == 0, ended.said
    whole(project)
