"""The steps of a build, and what becomes of a back end that does not keep to its part."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from detent.build.frontend import (
    Job,
    build_editable,
    build_metadata,
    build_sdist,
    build_wheel,
    check_built,
)
from detent.build.hooks import hook_variables
from detent.errors.build import BuildFailed, BuildSystemInvalid
from detent.events import Detail, Event
from detent.model.limits import Limits
from detent.model.names import package_name
from support.backends import tiny_tree, write_tree

Build = Callable[["Job", "Environment"], object]


class Environment:
    """The interpreter of the tests, which the tiny back end needs nothing besides of; notes what is installed."""

    def __init__(self, root: Path) -> None:
        self.python = Path(sys.executable)
        self.scripts = root / "environment/bin"
        self.installed: list[tuple[str, ...]] = []

    def install(self, requirements: Sequence[str]) -> None:
        self.installed.append(tuple(requirements))


class Bench:
    """A tree, a job for it, and what was called."""

    def __init__(self, root: Path, files: Mapping[str, str]) -> None:
        self.root = root
        for name in ("out", "tmp"):
            (root / name).mkdir()
        self.calls = root / "calls"
        self.job = Job(
            subject="a==1.0",
            source=write_tree(root / "source", files),
            out=root / "out",
            tmp=root / "tmp",
            log=root / "logs/a",
            config_settings={},
            variables={"PATH": os.environ["PATH"], "TINY_CALLS": str(self.calls)},
        )
        self.environment = Environment(root)

    def called(self) -> list[str]:
        return self.calls.read_text("utf-8").splitlines() if self.calls.exists() else []

    def made(self) -> list[str]:
        return sorted(path.name for path in self.job.out.iterdir())

    def failure(self, build: Build = build_wheel) -> BuildFailed:
        with pytest.raises(BuildFailed) as caught:
            build(self.job, self.environment)
        return caught.value


def bench(root: Path, more: str = "", **facts: Sequence[str]) -> Bench:
    return Bench(root, tiny_tree(more=more, **facts))  # type: ignore[arg-type]


def hook(name: str, body: str) -> str:
    """Text that replaces a hook."""
    return f"def {name}(directory, config_settings=None, metadata_directory=None):\n    {body}\n"


# ---- the steps ------------------------------------------------------------------------------


def test_a_wheel_is_built_where_it_is_wanted_and_nothing_is_kept_besides(tmp_path: Path) -> None:
    it = bench(tmp_path)

    made = build_wheel(it.job, it.environment)

    assert made == it.job.out / "a-1.0-py3-none-any.whl"
    assert it.made() == [made.name]
    assert it.called() == ["get_requires_for_build_wheel", "build_wheel"]
    assert not it.job.log.exists()


def test_a_source_distribution_and_an_editable_wheel_are_built_alike(tmp_path: Path) -> None:
    it = bench(tmp_path)

    assert build_sdist(it.job, it.environment).name == "a-1.0.tar.gz"
    assert build_editable(it.job, it.environment).name == "a-1.0-py3-none-any.whl"
    assert it.called() == ["build_sdist", "build_editable"]


def test_what_a_hook_asks_for_is_installed_before_the_build(tmp_path: Path) -> None:
    asks = "def get_requires_for_build_{}(config_settings=None):\n    return ['{} > 1', 'more']\n"
    kinds = ("wheel", "sdist", "editable")
    it = bench(tmp_path, "".join(asks.format(kind, kind) for kind in kinds), build_requires=["b", "c == 2"])

    for build, kind in zip((build_wheel, build_sdist, build_editable), kinds, strict=True):
        it.environment.installed.clear()
        build(it.job, it.environment)
        assert it.environment.installed == [("b", "c == 2"), (f"{kind} > 1", "more")]


def test_metadata_is_prepared_without_a_build(tmp_path: Path) -> None:
    it = bench(tmp_path, requires=["b >= 2"])

    told = build_metadata(it.job, it.environment)

    assert told.wheel is None
    assert b"\nRequires-Dist: b >= 2\n" in told.metadata
    assert it.made() == []
    assert it.called() == ["get_requires_for_build_wheel", "prepare_metadata_for_build_wheel"]


def test_metadata_comes_from_the_wheel_where_the_back_end_cannot_prepare_it(tmp_path: Path) -> None:
    it = bench(tmp_path, "del prepare_metadata_for_build_wheel", requires=["b >= 2"])

    told = build_metadata(it.job, it.environment)

    assert told.wheel == it.job.out / "a-1.0-py3-none-any.whl"
    assert told.wheel.is_file()
    assert b"\nRequires-Dist: b >= 2\n" in told.metadata
    assert it.called() == ["get_requires_for_build_wheel", "build_wheel"]


def test_a_back_end_needs_no_hook_but_the_one_that_builds(tmp_path: Path) -> None:
    optional = ("get_requires_for_build_wheel", "prepare_metadata_for_build_wheel", "build_editable")
    it = bench(tmp_path, "".join(f"del {name}\n" for name in optional))

    build_wheel(it.job, it.environment)

    assert it.environment.installed == [()]


def test_config_settings_reach_every_hook(tmp_path: Path) -> None:
    it = bench(tmp_path)
    job = it.job._replace(config_settings={"--flag": "1", "many": ["a", "b"]})

    build_wheel(job, it.environment)
    build_metadata(job, it.environment)
    build_editable(job, it.environment)
    build_sdist(job, it.environment)

    assert len(it.called()) == 6
    assert {line.partition(" ")[2] for line in it.called()} == {'{"--flag": "1", "many": ["a", "b"]}'}


def test_a_hook_runs_in_the_source_with_the_environment_in_front(tmp_path: Path) -> None:
    tell = "import sys, tempfile; print(os.getcwd(), tempfile.gettempdir(), os.environ['PATH'],"
    tell += " os.environ['VIRTUAL_ENV'], repr(sys.stdin.read()), os.getsid(0) == os.getpid(), sep='\\n')"
    it = bench(tmp_path, tell)
    events: list[Event] = []

    build_wheel(it.job, it.environment, report=events.append)

    scripts = it.environment.scripts
    expected = [it.job.source, it.job.tmp, f"{scripts}:{os.environ['PATH']}", scripts.parent, "''", True]
    said = [event for event in events if isinstance(event, Detail)]
    assert said == [Detail(str(text)) for text in expected * 2]


def test_everything_temporary_stays_in_the_folder_of_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
    it = bench(tmp_path, f"import sys; assert sys.argv[2].startswith({str(tmp_path / 'tmp')!r})")

    build_metadata(it.job, it.environment)

    assert list(elsewhere.iterdir()) == []


def test_warnings_of_a_back_end_are_part_of_what_it_said(tmp_path: Path) -> None:
    it = bench(tmp_path, "import warnings; warnings.warn('this is old')")
    events: list[Event] = []

    build_wheel(it.job, it.environment, report=events.append)

    assert [e.text.rpartition(": ")[2] for e in events if isinstance(e, Detail)] == ["this is old"] * 2


def test_variables_that_lead_out_of_the_environment_are_taken_away() -> None:
    given = {
        "HOME": "/home/a",
        "SOURCE_DATE_EPOCH": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": "/evil",
        "PYTHONHOME": "/evil",
        "PYTHONSTARTUP": "/evil.py",
        "PYTHONWARNINGS": "error",
        "VIRTUAL_ENV": "/other",
        "TMPDIR": "/tmp",
        "PIP_INDEX_URL": "https://user:secret@example.com/simple/",
        "DETENT_INDEX_CORP_USERNAME": "user",
        "DETENT_INDEX_CORP_PASSWORD": "secret",
        "DETENT_TOKEN": "secret",
        "FORCE_COLOR": "1",
        "_PYPROJECT_HOOKS_BACKEND_PATH_JSON": '["/evil"]',
    }

    assert hook_variables(given, scripts=Path("/env/bin"), tmp=Path("/scratch")) == {
        "HOME": "/home/a",
        "SOURCE_DATE_EPOCH": "1",
        "PYTHONHASHSEED": "0",
        "PATH": f"/env/bin:{os.defpath}",
        "VIRTUAL_ENV": "/env",
        "TMPDIR": "/scratch",
        "TEMP": "/scratch",
        "TMP": "/scratch",
        "NO_COLOR": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8:backslashreplace",
    }


def test_an_empty_path_names_no_folder_besides_the_environment() -> None:
    assert hook_variables({"PATH": ""}, scripts=Path("/env/bin"), tmp=Path("/s"))["PATH"] == "/env/bin"


# ---- the end of a hook ----------------------------------------------------------------------


def test_a_failure_shows_the_last_lines_and_keeps_all_of_them(tmp_path: Path) -> None:
    say = "[print(f'line {n}\\n') for n in range(50)]; os.write(2, b'caf\\xe9\\n'); raise SystemExit(3)"
    it = bench(tmp_path, hook("build_wheel", say))

    error = it.failure()

    assert error.what == "`a==1.0` could not be built"
    shown = [f"| line {n}" for n in range(21, 50)]
    assert error.why.split("\n") == ["`build_wheel` exited with code 3", *shown, "| caf�"]
    assert error.next_steps == (f"read all of what the build said in `{it.job.log}`",)
    log = it.job.log.read_bytes()
    assert log.startswith(b"line 0\n\nline 1\n")
    assert log.endswith(b"line 49\n\ncaf\xe9\n")
    assert stat.S_IMODE(it.job.log.stat().st_mode) == 0o600
    assert stat.S_IMODE(it.job.log.parent.stat().st_mode) == 0o700


def test_a_failure_is_reported_even_where_its_log_cannot_be_kept(tmp_path: Path) -> None:
    it = bench(tmp_path, hook("build_wheel", "print('why'); raise SystemExit(3)"))
    (tmp_path / "logs").write_text("a file where a folder should be")

    error = it.failure()

    assert error.why == "`build_wheel` exited with code 3\n| why"
    assert error.next_steps == ()


def test_output_without_end_is_neither_read_whole_nor_shown_whole(tmp_path: Path) -> None:
    flood = "[os.write(1, b'x' * 2**20) for _ in range(8)]; os.write(1, b'\\nlast\\n'); raise SystemExit(1)"
    it = bench(tmp_path, hook("build_wheel", flood))
    events: list[Event] = []

    with pytest.raises(BuildFailed) as caught:
        build_wheel(it.job, it.environment, report=events.append)

    assert caught.value.why == "`build_wheel` exited with code 1\n| last"
    assert it.job.log.stat().st_size > 8 * 2**20
    assert {len(event.text) for event in events if isinstance(event, Detail)} <= {1000, 8 * 2**20 % 1000, 4}


def test_a_long_last_line_is_cut(tmp_path: Path) -> None:
    it = bench(tmp_path, hook("build_wheel", "os.write(1, b'x' * 100_000); raise SystemExit(1)"))

    assert it.failure().why == "`build_wheel` exited with code 1\n| " + "x" * 1000


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("print('so far', end=''); os._exit(3)", "`build_wheel` exited with code 3\n| so far"),
        ("os._exit(0)", "`build_wheel` ended without a result"),
        ("raise SystemExit", "`build_wheel` ended without a result"),
        ("os.kill(os.getpid(), 11)", "`build_wheel` was ended by SIGSEGV"),
        ("os.kill(os.getpid(), 40)", "`build_wheel` was ended by signal 40"),
    ],
)
def test_every_way_a_hook_may_end_is_told(tmp_path: Path, body: str, reason: str) -> None:
    assert bench(tmp_path, hook("build_wheel", body)).failure().why == reason


@pytest.mark.parametrize("answer", ["[]", "{", "[" * 100_000, "{" + " " * 17 * 2**20 + "}", "\\udcff"])
def test_an_answer_that_is_none_is_a_failure(tmp_path: Path, answer: str) -> None:
    write = "import sys; from pathlib import Path\n"
    write += "    Path(sys.argv[2], 'output.json').write_text({}, 'utf-8', 'surrogateescape'); os._exit(0)"
    body = write.format(
        repr(answer) if len(answer) < 10 else f"{answer[0]!r} + {answer[1]!r} * {len(answer) - 1}"
    )

    assert "result that cannot be read" in bench(tmp_path, hook("build_wheel", body)).failure().why


def test_an_error_in_a_hook_is_shown_with_its_trace(tmp_path: Path) -> None:
    it = bench(tmp_path, hook("build_wheel", "raise RuntimeError('no compiler')"))

    reason, *lines = it.failure().why.split("\n")

    assert reason == "`build_wheel` exited with code 1"
    assert lines[-1] == "| RuntimeError: no compiler"


def test_only_the_hook_that_failed_is_shown_but_the_log_has_all(tmp_path: Path) -> None:
    it = bench(tmp_path, "print('imported')\n" + hook("build_wheel", "raise SystemExit('at the end')"))

    assert it.failure().why == "`build_wheel` exited with code 1\n| imported\n| at the end"
    assert it.job.log.read_text() == "imported\nimported\nat the end\n"


def test_a_back_end_that_is_not_there_is_named(tmp_path: Path) -> None:
    tree = {"pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "no.such"\n'}
    reason, *lines = Bench(tmp_path, tree).failure().why.split("\n")

    assert reason == (
        "its back end `no.such` cannot be imported: `requires` in `[build-system]` has to name what brings it"
    )
    assert lines[-1] == "| ModuleNotFoundError: No module named 'no'"


def test_a_back_end_of_the_tree_is_taken_from_there_and_from_nowhere_else(tmp_path: Path) -> None:
    tree = tiny_tree()
    tree["pyproject.toml"] = tree["pyproject.toml"].replace('"tiny"', '"pip"')

    assert "its back end `pip` cannot be imported" in Bench(tmp_path, tree).failure().why


def test_a_back_end_without_editable_wheels_says_what_to_do(tmp_path: Path) -> None:
    error = bench(tmp_path, "del build_editable").failure(build_editable)

    assert error.why == "its back end `tiny` has no `build_editable`"
    assert error.next_steps == (
        "install it as an ordinary wheel with `--no-editable`",
        "or, if it need not be installed, set `package = false` in `[tool.detent]`",
        "or build it with a back end that has this hook (PEP 660)",
    )


def test_a_back_end_may_refuse_a_source_distribution(tmp_path: Path) -> None:
    refuse = "class UnsupportedOperation(Exception): pass\n"
    refuse += hook("build_sdist", "raise UnsupportedOperation('not from a checkout')")

    reason, *lines = bench(tmp_path, refuse).failure(build_sdist).why.split("\n")

    assert reason == "its back end `tiny` says that it cannot do `build_sdist` here"
    assert lines[-1] == "| tiny.UnsupportedOperation: not from a checkout"


def test_an_interpreter_that_does_not_start_is_a_failure(tmp_path: Path) -> None:
    it = bench(tmp_path)
    it.environment.python = tmp_path / "no-python"

    assert it.failure().why == (
        "`get_requires_for_build_wheel` could not be started: No such file or directory"
    )


def test_a_tree_without_a_usable_build_system_is_refused_before_anything_is_installed(tmp_path: Path) -> None:
    it = Bench(tmp_path, {"pyproject.toml": "[build-system]\n"})

    with pytest.raises(BuildSystemInvalid) as caught:
        build_wheel(it.job, it.environment)

    assert caught.value.what == "`a==1.0/pyproject.toml:1:1` does not say how to build it"
    assert it.environment.installed == []


def test_what_a_failed_environment_says_is_left_as_it_is(tmp_path: Path) -> None:
    class Broken(Environment):
        def install(self, requirements: Sequence[str]) -> None:
            raise BuildFailed("b==1", "it does not compile")

    with pytest.raises(BuildFailed, match="`b==1` could not be built"):
        build_wheel(bench(tmp_path).job, Broken(tmp_path))


# ---- what is left running -------------------------------------------------------------------

_LEAVE = "import subprocess, sys\n    p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
_LEAVE += "    open('pid', 'w').write(str(p.pid)); "


def is_over(root: Path) -> bool:
    """Whether the process that the back end started is no more than a name in a list; soon is enough."""
    stat_file = Path(f"/proc/{(root / 'source/pid').read_text()}/stat")
    for _ in range(500):
        try:
            if stat_file.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False


def test_what_a_hook_leaves_running_is_ended_and_not_waited_for(tmp_path: Path) -> None:
    it = bench(tmp_path, hook("build_wheel", _LEAVE + "return _write_wheel(directory, {})"))

    assert build_wheel(it.job, it.environment).is_file()
    assert is_over(tmp_path)


_DRIVER = """
import signal, sys
from pathlib import Path
from detent.build.frontend import Job, build_wheel
root = Path(sys.argv[1])

class Environment:
    python, scripts = Path(sys.executable), root / "bin"
    def install(self, requirements): pass

def stop(number, frame):
    raise SystemExit(number)

signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
build_wheel(Job("a==1.0", root / "source", root / "out", root / "tmp", root / "log", {}, {}), Environment())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_when_we_are_ended_so_is_the_hook_and_all_it_started(tmp_path: Path, number: signal.Signals) -> None:
    # The hook itself sends the signal to the process that waits for it, and would never end. Nor would its
    # standard input, were it ours.
    send = f"sys.stdin.read(); os.kill(os.getppid(), {number:d}); p.wait()"
    it = bench(tmp_path, hook("build_wheel", _LEAVE + send))
    reading, writing = os.pipe()

    try:
        ended = subprocess.run(
            [sys.executable, "-c", _DRIVER, tmp_path], stdin=reading, check=False, timeout=30
        )
    finally:
        os.close(reading)
        os.close(writing)

    assert ended.returncode == number
    assert is_over(tmp_path)
    assert it.made() == []
    assert not (tmp_path / "log").exists()


def test_a_hook_that_does_not_listen_is_ended_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detent.build.hooks._GRACE_SECONDS", 0.05)
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); open('pid', 'w').write(str(os.getpid()))"
    it = bench(tmp_path, hook("build_wheel", f"{deaf}; os.kill(os.getppid(), 10); time.sleep(60)"))

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGUSR1, stop)
    try:
        with pytest.raises(KeyboardInterrupt):
            build_wheel(it.job, it.environment)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert is_over(tmp_path)


def test_a_caller_that_ignores_its_children_can_still_build(tmp_path: Path) -> None:
    it = bench(tmp_path)
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert build_wheel(it.job, it.environment).is_file()
    finally:
        signal.signal(signal.SIGCHLD, before)


# ---- what a back end says it made -----------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return None", "its back end gave no name of what it made, but NoneType"),
        ("return ['a-1.0-py3-none-any.whl']", "its back end gave no name of what it made, but list"),
        (
            "return 'a-1.0-py3-none-any.whl'",
            "its back end did not make the file `a-1.0-py3-none-any.whl` it speaks of",
        ),
        (
            "os.mkdir(directory + '/a-1.0-py3-none-any.whl'); return 'a-1.0-py3-none-any.whl'",
            "its back end did not make the file `a-1.0-py3-none-any.whl` it speaks of",
        ),
        (
            "return '../out/' + _write_wheel(directory, {})",
            "its back end says that it made `../out/a-1.0-py3-none-any.whl`, which is no name ending in `.whl`",
        ),
        ("return '..'", "its back end says that it made `..`, which is no name ending in `.whl`"),
        (
            "return 'a\\x00.whl'",
            "its back end says that it made `a\\x00.whl`, which is no name ending in `.whl`",
        ),
        (
            "return 'a-1.0.zip'",
            "its back end says that it made `a-1.0.zip`, which is no name ending in `.whl`",
        ),
        (
            "open(directory + '/a.whl', 'w'); return 'a.whl'",
            "its back end gave what it made a wrong name: `a.whl` is not a wheel's file name",
        ),
        (
            "open(directory + '/a-x-py3-none-any.whl', 'w'); return 'a-x-py3-none-any.whl'",
            "its back end gave what it made a wrong name: `x` is not a valid version",
        ),
        (
            "_write_wheel(directory, {}, 'py2-none-any'); return _write_wheel(directory, {})",
            "its back end made `a-1.0-py2-none-any.whl` besides `a-1.0-py3-none-any.whl`",
        ),
    ],
)
def test_a_wheel_has_to_be_what_the_back_end_says(tmp_path: Path, body: str, reason: str) -> None:
    assert bench(tmp_path, hook("build_wheel", body)).failure().why == reason


def test_a_link_is_no_wheel(tmp_path: Path) -> None:
    body = "os.symlink(__file__, directory + '/a-1.0-py3-none-any.whl'); return 'a-1.0-py3-none-any.whl'"

    for build, name in ((build_wheel, "build_wheel"), (build_editable, "build_editable")):
        folder = tmp_path / name
        folder.mkdir()
        assert "did not make the file" in bench(folder, hook(name, body)).failure(build).why


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return _write_wheel(directory, {})", "which is no name ending in `.tar.gz`"),
        ("return 'a-1.0.tar.gz'", "its back end did not make the file `a-1.0.tar.gz` it speaks of"),
        (
            "open(directory + '/a.tar.gz', 'w'); return 'a.tar.gz'",
            "wrong name: `a.tar.gz` is not a source distribution's file name",
        ),
    ],
)
def test_a_source_distribution_has_to_be_what_the_back_end_says(
    tmp_path: Path, body: str, reason: str
) -> None:
    assert bench(tmp_path, hook("build_sdist", body)).failure(build_sdist).why.endswith(reason)


@pytest.mark.parametrize("answer", ["None", "'b'", "['b', 1]", "{'b': 1}"])
def test_requirements_have_to_be_a_list_of_texts(tmp_path: Path, answer: str) -> None:
    it = bench(tmp_path, f"def get_requires_for_build_wheel(config_settings=None): return {answer}")

    assert it.failure().why == "its back end `tiny` gave requirements that are not a list of strings"
    assert it.environment.installed == [()]


_FOLDER = "Path(directory, 'a-1.0.dist-info').mkdir(); "
_RETURN = "; return 'a-1.0.dist-info'"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return 1", "its back end gave no name of what it made, but int"),
        ("return '../a.dist-info'", "which is no name ending in `.dist-info`"),
        (
            "return 'a-1.0.dist-info'",
            "its back end did not make the one folder `a-1.0.dist-info` it speaks of",
        ),
        (
            f"{_FOLDER}Path(directory, 'b.dist-info').mkdir(){_RETURN}",
            "its back end did not make the one folder `a-1.0.dist-info` it speaks of",
        ),
        (
            f"os.symlink('/', directory + '/a-1.0.dist-info'){_RETURN}",
            "its back end did not make the one folder `a-1.0.dist-info` it speaks of",
        ),
        (f"{_FOLDER[:-2]}{_RETURN}", "its back end made `a-1.0.dist-info` without a file `METADATA`"),
        (
            f"{_FOLDER}os.mkfifo(directory + '/a-1.0.dist-info/METADATA'){_RETURN}",
            "its back end made `a-1.0.dist-info` without a file `METADATA`",
        ),
        (
            f"{_FOLDER}Path(directory, 'a-1.0.dist-info/METADATA').write_text('x' * 11){_RETURN}",
            "its METADATA is larger than 10 bytes",
        ),
    ],
)
def test_metadata_has_to_be_what_the_back_end_says(tmp_path: Path, body: str, reason: str) -> None:
    it = bench(tmp_path, hook("prepare_metadata_for_build_wheel", body))

    def build(job: Job, environment: Environment) -> None:
        build_metadata(job, environment, limits=Limits(metadata_bytes=10))

    assert it.failure(build).why.endswith(reason)


def test_metadata_is_not_taken_from_a_wheel_that_contradicts_itself(tmp_path: Path) -> None:
    liar = "del prepare_metadata_for_build_wheel\n"
    liar += "_metadata = lambda: 'Metadata-Version: 2.1\\nName: b\\nVersion: 1.0\\n'"

    assert bench(tmp_path, liar).failure(build_metadata).why == (
        "the wheel that its back end made was refused: its METADATA is of `b` 1.0, not `a` 1.0"
    )


def test_what_was_built_is_held_against_what_was_wanted() -> None:
    wheel, sdist = Path("A_b-1.0.0-py3-none-any.whl"), Path("a-b-1.0.tar.gz")
    wanted = package_name("a-b")
    for path in (wheel, sdist):
        check_built(path, subject="a-b==1.0", name=wanted, version="1.0")
        check_built(path, subject="a-b", name=wanted)

        with pytest.raises(BuildFailed) as caught:
            check_built(path, subject="a-b==1.1", name=wanted, version="1.1")
        assert caught.value.why == f"its back end made `{path}`, which is not `a-b` 1.1"
        with pytest.raises(BuildFailed) as caught:
            check_built(path, subject="c", name=package_name("c"))
        assert caught.value.why == f"its back end made `{path}`, which is not `c`"
