import json
import os
import platform
import subprocess
import sys
import sysconfig
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.tags import sys_tags

from detent.errors.python import InterpreterBroken
from detent.python.interpreter import Interpreter
from detent.python.probe import _tags_from_here, clean_variables, probe_interpreter
from support.interpreters import base_python, machine_pythons, program


def probe(executable: str, **variables: str) -> Interpreter:
    return probe_interpreter(executable, variables={**os.environ, **variables}, timeout_seconds=30)


def test_our_own_interpreter_says_what_packaging_says_here() -> None:
    found = probe(base_python())

    assert found.version == ".".join(map(str, sys.version_info[:3]))
    assert dict(found.target.environment) == dict(default_environment())
    assert found.target.tags == tuple(map(str, sys_tags()))
    assert found.base_prefix == sys.base_prefix
    assert found.bytecode_kind == f"{sys.implementation.cache_tag}-{MAGIC_NUMBER.hex()}"


@pytest.mark.parametrize("executable", machine_pythons())
def test_each_interpreter_of_the_machine_describes_itself(executable: str) -> None:
    found = probe(executable)

    short = f"{found.minor[0]}{found.minor[1]}"
    assert found.target.environment["python_version"] == f"{found.minor[0]}.{found.minor[1]}"
    assert found.target.tags[-1] == "py30-none-any"
    assert f"py{short}-none-any" in found.target.tags
    if found.implementation == "cpython" and not found.is_free_threaded:
        assert f"cp{short}-abi3-{found.target.tags[0].rpartition('-')[2]}" in found.target.tags
    assert (
        f"python{found.minor[0]}.{found.minor[1]}" in found.scheme.purelib
        or found.implementation != "cpython"
    )
    assert found.scheme.scripts == "bin"
    assert found.extension_suffix.endswith(".so")


@pytest.mark.parametrize("executable", machine_pythons())
def test_no_tag_is_missing_that_the_interpreters_own_pip_takes(executable: str) -> None:
    script = "import json; from pip._vendor.packaging.tags import sys_tags; print(json.dumps([str(t) for t in sys_tags()]))"
    done = subprocess.run(
        [executable, "-I", "-W", "ignore", "-c", script], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("this interpreter has no pip")

    assert set(json.loads(done.stdout)) <= set(probe(executable).target.tags)


def test_tags_computed_for_an_old_python_are_those_it_would_give_itself() -> None:
    answer = {
        "version": ".".join(map(str, sys.version_info[:3])),
        "implementation": "cpython",
        "debug": False,
        "platform": sysconfig.get_platform(),
        "libc": list(platform.libc_ver()),
    }

    assert _tags_from_here("python3", answer) == list(map(str, sys_tags()))  # type: ignore[arg-type]


def test_tags_of_another_platform_are_not_guessed() -> None:
    answer = {
        "version": "3.8.1",
        "implementation": "cpython",
        "debug": False,
        "platform": "plan9",
        "libc": ["", ""],
    }

    with pytest.raises(InterpreterBroken):
        _tags_from_here("python3", answer)  # type: ignore[arg-type]


def test_nothing_of_the_surroundings_takes_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("json.py", "packaging.py", "sitecustomize.py", "usercustomize.py"):
        (tmp_path / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write({name!r})\n")
    monkeypatch.chdir(tmp_path)

    found = probe(
        base_python(), PYTHONPATH=str(tmp_path), PYTHONSTARTUP=str(tmp_path / "json.py"), PYTHONHOME="/no"
    )

    assert found.version
    assert not (tmp_path / "ran").exists()


def test_the_variables_of_a_python_are_taken_out() -> None:
    variables = {
        "PYTHONPATH": "x",
        "PYTHONHOME": "x",
        "VIRTUAL_ENV": "x",
        "PATH": "/bin",
        "LD_LIBRARY_PATH": "/lib",
    }

    assert clean_variables(variables) == {"PATH": "/bin", "LD_LIBRARY_PATH": "/lib"}


def test_an_interpreter_that_talks_before_it_answers_is_understood(tmp_path: Path) -> None:
    chatty = program(tmp_path / "python3", f'#!/bin/sh\necho hello\nexec "{base_python()}" "$@"\n')

    assert probe(str(chatty)).version == probe(base_python()).version


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#!/bin/sh\necho out of order >&2\nexit 3\n", "it ended with code 3 and no answer: out of order"),
        ("#!/bin/sh\nexit 0\n", "it ended with code 0 and no answer"),
        ("#!/nowhere/sh\n", "it does not start"),
        ("no program at all", "it does not start"),
    ],
)
def test_a_program_that_is_no_interpreter_is_broken(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InterpreterBroken) as caught:
        probe(str(program(tmp_path / "python3", text)))

    assert words in caught.value.why


def test_a_program_that_hangs_is_given_up(tmp_path: Path) -> None:
    hanging = program(tmp_path / "python3", "#!/bin/sh\nexec sleep 60\n")

    with pytest.raises(InterpreterBroken) as caught:
        probe_interpreter(str(hanging), variables=os.environ, timeout_seconds=0.2)
    assert "0.2 seconds" in caught.value.why


def test_an_answer_that_was_cut_short_is_no_answer(tmp_path: Path) -> None:
    liar = program(tmp_path / "python3", "#!/bin/sh\necho 'detent-probe:{\"version\": '\n")

    with pytest.raises(InterpreterBroken):
        probe(str(liar))


def test_a_script_stands_for_the_interpreter_that_it_starts(tmp_path: Path) -> None:
    script = program(tmp_path / "shim", f'#!/bin/sh\nexec "{base_python()}" "$@"\n')

    assert os.path.realpath(probe(str(script)).executable) == os.path.realpath(base_python())
