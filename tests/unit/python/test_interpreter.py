import os
from pathlib import Path

import pytest

from detent.errors.python import InterpreterBroken
from support.interpreters import Machine


def test_an_interpreter_is_asked_once_and_then_remembered_in_the_store(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    python = str(machine.python("bin/python3", "3.11.4"))

    first = machine.interpreters().read(python)
    again = machine.interpreters().read(python)

    assert again == first
    assert again.version == "3.11.4"
    assert again.target == first.target
    assert machine.started == [python]


def test_two_names_of_one_file_are_asked_once_and_each_keeps_its_name(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    python = machine.python("bin/python3.11", "3.11.4")
    link = python.with_name("python3")
    link.symlink_to("python3.11")
    interpreters = machine.interpreters()

    by_name, by_link = interpreters.read(str(python)), interpreters.read(str(link))

    assert by_link.executable == str(link)
    assert by_link.digest == by_name.digest
    assert len(machine.started) == 1


def test_another_file_at_the_same_path_is_asked_again(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    python = machine.python("bin/python3", "3.11.4")
    before = machine.interpreters().read(str(python))
    machine.python("bin/python3", "3.11.5")
    os.utime(python, ns=(1, 1))

    after = machine.interpreters().read(str(python))

    assert after.version == "3.11.5"
    assert after.digest != before.digest


def test_a_damaged_record_is_asked_again(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    python = str(machine.python("bin/python3"))
    expected = machine.interpreters().read(python)
    for record in (tmp_path / "store/interpreters-v1").iterdir():
        record.write_bytes(record.read_bytes()[:-3])

    assert machine.interpreters().read(python) == expected
    assert len(machine.started) == 2


def test_a_python_too_old_for_environments_is_refused(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    python = str(machine.python("bin/python3", "3.7.16"))

    for _ in range(2):
        with pytest.raises(InterpreterBroken) as caught:
            machine.interpreters().read(python)
        assert "3.7.16" in caught.value.why
    assert len(machine.started) == 1


def test_a_path_with_nothing_there_is_broken(tmp_path: Path) -> None:
    with pytest.raises(InterpreterBroken):
        Machine(tmp_path).interpreters().read(str(tmp_path / "nothing"))


def test_what_came_with_the_project_is_started_only_when_it_was_asked_for(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    python = str(machine.python("home/project/evil/python3"))
    trust = {"project": str(tmp_path / "home/project"), "home": str(tmp_path / "home")}

    with pytest.raises(InterpreterBroken) as caught:
        machine.interpreters(**trust).read_unasked(python)
    assert "project" in caught.value.why
    assert machine.started == []

    machine.interpreters(**trust).read(python)
    assert machine.interpreters(**trust).read_unasked(python).executable == python
    assert machine.started == [python]


def test_a_link_that_leads_into_the_project_is_held_back_too(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    inner = machine.python("project/evil/python3")
    link = tmp_path / "bin/python3"
    link.parent.mkdir()
    link.symlink_to(inner)

    with pytest.raises(InterpreterBroken):
        machine.interpreters(project=str(tmp_path / "project")).read_unasked(str(link))
    assert machine.started == []


@pytest.mark.parametrize("project", ["/", "home"])
def test_a_project_that_holds_the_home_folder_holds_nothing_back(tmp_path: Path, project: str) -> None:
    machine = Machine(tmp_path)
    python = str(machine.python("home/.local/bin/python3"))
    trust = {"project": str(tmp_path / project), "home": str(tmp_path / "home")}

    assert machine.interpreters(**trust).read_unasked(python).executable == python


def test_the_interpreter_detent_runs_on_is_never_held_back(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    python = str(machine.python("project/python/bin/python3"))
    interpreters = machine.interpreters(project=str(tmp_path / "project"), own=python)

    assert interpreters.read_unasked(python).executable == python


def test_an_interpreter_describes_itself_as_people_write_it(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    python = machine.python("bin/pypy3", "3.10.14", implementation="pypy")

    assert machine.interpreters().read(str(python)).description == "PyPy 3.10.14"
