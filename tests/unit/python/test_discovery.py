from pathlib import Path

import pytest

from detent.errors.python import InterpreterBroken, NoInterpreter, PythonMismatch
from detent.events import Detail, Event
from detent.python.discovery import Places, Sought, find_interpreter, places, suits
from detent.python.interpreter import Interpreter
from detent.python.request import parse_request
from support.interpreters import Machine, program


def sought(*requests: str, requires: str = "", wanted_by: str = "`--python`") -> Sought:
    return Sought(tuple(parse_request(text) for text in requests or ("",)), wanted_by, requires)


def find(machine: Machine, wanted: Sought, where: Places, events: list[Event] | None = None) -> Interpreter:
    report = (lambda _: None) if events is None else events.append
    return find_interpreter(wanted, interpreters=machine.interpreters(), places=where, report=report)


def test_the_first_interpreter_on_path_that_fits_is_taken(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.python("a/python3", "3.9.1")
    expected = machine.python("b/python3", "3.11.4")
    machine.python("c/python3", "3.13.0")

    found = find(machine, sought(requires=">=3.10"), Places(machine.path("a", "b", "c")))

    assert found.executable == str(expected)


def test_a_request_for_a_minor_version_takes_the_program_of_that_name_first(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.python("a/python3", "3.13.0")
    expected = machine.python("a/python3.11", "3.11.4")

    assert find(machine, sought("3.11"), Places(machine.path("a"))).executable == str(expected)
    assert machine.started == [str(expected)]


def test_in_one_folder_the_newest_named_version_that_may_fit_is_tried_first(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    for minor in (9, 10, 11, 12, 13):
        machine.python(f"a/python3.{minor}", f"3.{minor}.0")

    found = find(machine, sought(">=3.10,<3.13"), Places(machine.path("a")))

    assert found.version == "3.12.0"
    assert machine.started == [str(tmp_path / "a/python3.12")]


def test_a_name_that_cannot_fit_is_not_started(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.python("a/python3.9", "3.9.1")

    with pytest.raises(NoInterpreter):
        find(machine, sought(requires=">=3.11"), Places(machine.path("a")))
    assert machine.started == []


def test_one_file_under_several_names_is_started_once(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    python = machine.python("a/python3.9", "3.9.1")
    for name in ("python3", "python"):
        (tmp_path / "a" / name).symlink_to(python)

    with pytest.raises(NoInterpreter):
        find(machine, sought("3.11"), Places(machine.path("a", "a")))
    assert len(machine.started) == 1


def test_an_environment_on_path_stands_for_the_interpreter_behind_it(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    base = machine.python("opt/bin/python3.12", "3.12.1")
    machine.environment("active", base)

    found = find(machine, sought(), Places(machine.path("active/bin")))

    assert found.executable == str(base)
    assert machine.started == [str(base)]


def test_a_candidate_that_does_not_answer_is_passed_over_and_named(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    dead = program(tmp_path / "a/python3")
    expected = machine.python("b/python3")
    events: list[Event] = []

    found = find(machine, sought(), Places(machine.path("a", "b")), events)

    assert found.executable == str(expected)
    assert events == [Detail(f"skipped `{dead}`: it does not start")]


def test_a_folder_of_shims_is_never_started(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.python("tool/shims/python3")

    with pytest.raises(NoInterpreter):
        find(machine, sought(), Places(machine.path("tool/shims")))
    assert machine.started == []


@pytest.mark.parametrize(
    ("variable", "file", "expected"),
    [
        ("", "3.10.13\n", "3.10.13"),
        ("", "3.11\n3.10.13\n", "3.11.9"),
        ("3.10.13:3.11.7", "3.11.7\n", "3.10.13"),
        ("", "system\n", "3.13.0"),
        ("", "", "3.13.0"),
    ],
)
def test_shims_of_pyenv_stand_for_what_it_has_selected(
    tmp_path: Path, variable: str, file: str, expected: str
) -> None:
    machine = Machine(tmp_path)
    program(tmp_path / "pyenv/shims/python3", "#!/bin/sh\nexit 1\n")
    (tmp_path / "pyenv/version").write_text(file)
    machine.python("usr/bin/python3", "3.13.0")
    for version in ("3.11.7", "3.11.9", "3.10.13"):
        machine.python(f"pyenv/versions/{version}/bin/python", version)

    where = Places(machine.path("pyenv/shims", "usr/bin"), pyenv_version=variable)

    assert find(machine, sought(), where).version == expected


def test_versions_of_pyenv_come_after_path_newest_first_and_unfit_ones_are_not_started(
    tmp_path: Path,
) -> None:
    machine = Machine(tmp_path)
    machine.python("bin/python3", "3.9.1")
    for version in ("3.9.18", "3.11.7", "3.10.13", "3.12.0", "3.13.0rc1"):
        machine.python(f"pyenv/versions/{version}/bin/python", version)
    program(tmp_path / "pyenv/versions/my-project/bin/python")

    where = Places(machine.path("bin"), pyenv_root=str(tmp_path / "pyenv"))
    found = find(machine, sought(requires=">=3.10,<3.12"), where)

    assert found.version == "3.11.7"
    assert machine.started == [
        str(tmp_path / "bin/python3"),
        str(tmp_path / "pyenv/versions/3.11.7/bin/python"),
    ]


def test_the_interpreter_detent_runs_on_is_the_last_resort(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    base = machine.python("opt/bin/python3.12", "3.12.1")
    own = machine.environment("detent", base) / "bin/python"
    machine.python("bin/python3", "3.9.1")

    where = Places(machine.path("bin"), own=str(own))

    assert find(machine, sought(requires=">=3.8"), where).version == "3.9.1"
    assert find(machine, sought(requires=">=3.10"), where).executable == str(base)


@pytest.mark.parametrize(("version", "threads"), [("3.14.0rc1", False), ("3.13.0", True)])
def test_an_unusual_build_is_taken_only_when_there_is_no_other(
    tmp_path: Path, version: str, *, threads: bool
) -> None:
    machine = Machine(tmp_path)
    machine.python("a/python3", version, is_free_threaded=threads)
    machine.python("b/python3", "3.11.4")
    where = Places(machine.path("a", "b"))

    assert find(machine, sought(), where).version == "3.11.4"
    assert find(machine, sought(">=3.12"), where).version == version


def test_an_unusual_build_that_was_asked_for_is_taken(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.python("a/python3", "3.13.1")
    machine.python("a/python3.13t", "3.13.0", is_free_threaded=True)
    machine.python("b/python3", "3.14.0rc1")
    where = Places(machine.path("a", "b"))

    assert find(machine, sought("3.13t"), where).version == "3.13.0"
    assert find(machine, sought("3.14.0rc1"), where).version == "3.14.0rc1"


def test_relative_entries_of_path_are_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(tmp_path)
    machine.python("python3")
    machine.python("bin/python3")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(NoInterpreter):
        find(machine, sought(), Places(path=":.:bin:"))
    assert machine.started == []


def test_the_first_line_of_a_version_file_that_can_be_met_decides(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.python("a/python3", "3.12.1")
    machine.python("a/python3.11", "3.11.4")

    found = find(machine, sought("3.13", "3.11", "3.12"), Places(machine.path("a")))

    assert found.version == "3.11.4"


def test_other_implementations_are_found_by_their_names(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.python("a/python3", "3.12.1")
    expected = machine.python("a/pypy3", "3.10.14", implementation="pypy")

    assert find(machine, sought("pypy"), Places(machine.path("a"))).executable == str(expected)


@pytest.mark.parametrize("asked", ["opt/bin/python3.12", "opt", "project/.venv", "project/.venv/bin/python"])
def test_a_path_may_be_a_program_an_installation_or_an_environment(tmp_path: Path, asked: str) -> None:
    machine = Machine(tmp_path)
    base = machine.python("opt/bin/python3.12", "3.12.1")
    (tmp_path / "opt/bin/python3").symlink_to(base)
    machine.environment("project/.venv", base)

    found = find(machine, sought(str(tmp_path / asked)), Places())

    assert found.version == "3.12.1"
    assert machine.started == [found.executable]


def test_a_tilde_stands_for_the_home_folder(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    expected = machine.python("home/opt/bin/python3")

    assert find(machine, sought("~/opt"), Places(home=str(tmp_path / "home"))).executable == str(expected)


def test_a_path_without_an_interpreter_is_an_error_of_its_own(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.python("bin/python3")

    with pytest.raises(InterpreterBroken) as caught:
        find(machine, sought(str(tmp_path / "nothing")), Places(machine.path("bin")))
    assert str(tmp_path / "nothing") in caught.value.what


def test_a_request_that_contradicts_the_project_says_so(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    python = machine.python("bin/python3", "3.9.1")

    for wanted in ("3.9", str(python)):
        with pytest.raises(PythonMismatch) as caught:
            find(
                machine,
                sought(wanted, requires=">=3.11", wanted_by="`.python-version`"),
                Places(machine.path("bin")),
            )
        assert "3.9.1" in caught.value.what
        assert ">=3.11" in caught.value.what
        assert "`.python-version`" in caught.value.why


def test_a_version_of_pyenv_that_contradicts_the_project_is_named_too(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.python("pyenv/versions/3.9.18/bin/python", "3.9.18")

    with pytest.raises(PythonMismatch):
        find(machine, sought("3.9", requires=">=3.11"), Places(pyenv_root=str(tmp_path / "pyenv")))


def test_the_error_names_what_was_asked_by_whom_and_what_there_is(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    python = machine.python("a/python3", "3.9.1")
    dead = program(tmp_path / "b/python3")

    with pytest.raises(NoInterpreter) as caught:
        find(machine, sought("3.14", wanted_by="`.python-version`"), Places(machine.path("a", "b")))

    assert caught.value.what == "no interpreter found for Python 3.14"
    assert caught.value.why == (
        f"`.python-version` asks for it; found: 3.9.1 (`{python}`), `{dead}` (it does not start)"
    )


def test_the_error_names_what_was_not_asked_since_its_name_does_not_fit(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    found = machine.python("pyenv/versions/3.12.1/bin/python", "3.12.1")
    minor = machine.python("a/python3.11", "3.11.4")

    with pytest.raises(NoInterpreter) as caught:
        find(machine, sought("3.14"), Places(machine.path("a"), pyenv_root=str(tmp_path / "pyenv")))

    assert caught.value.why.endswith(f"found: python3.11 (`{minor}`), 3.12.1 (`{found}`)")


def test_an_interpreter_at_hand_is_held_against_what_is_sought(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    python = machine.python("bin/python3", "3.12.1")
    found = machine.interpreters().read(str(python))

    assert suits(found, sought(requires=">=3.11"))
    assert suits(found, sought("3.11", "3.12"))
    assert suits(found, sought(str(python)))
    assert not suits(found, sought("3.11"))
    assert not suits(found, sought("3.12", requires="<3.12"))
    assert not suits(found, sought(str(machine.python("other/python3"))))


def test_places_are_read_from_variables() -> None:
    variables = {"PATH": "/usr/bin", "PYENV_ROOT": "/p", "PYENV_VERSION": "3.12", "HOME": "/h"}

    assert places(variables, own="/o") == Places("/usr/bin", "/p", "3.12", "/o", "/h")
