import os
import shutil
from pathlib import Path

import pytest

from detent.errors.install import NotAnEnvironment
from detent.python.environment import (
    UNFINISHED,
    BrokenEnvironment,
    Environment,
    matches,
    read_environment,
    remove_environment,
)
from support.interpreters import Machine, names, program


def test_a_live_environment_is_read_with_the_interpreter_behind_it(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    base = machine.python("opt/bin/python3.12", "3.12.1")
    root = machine.environment("project/.venv", base)

    found = read_environment(root, machine.interpreters())

    assert isinstance(found, Environment)
    assert found.root == root
    assert found.interpreter.executable == str(base)
    assert found.site_packages == root / "lib/python3.12/site-packages"
    assert found.scripts == root / "bin"
    assert found.python == root / "bin/python"
    assert not found.is_ours
    assert machine.started == [str(base)]


def test_an_environment_with_our_state_in_it_is_ours(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    root = machine.environment(".venv", machine.python("opt/bin/python3"))
    (root / ".detent").mkdir()

    found = read_environment(root, machine.interpreters())

    assert isinstance(found, Environment)
    assert found.is_ours


@pytest.mark.parametrize("made", ["nothing", "empty folder"])
def test_a_free_place_is_no_environment(tmp_path: Path, made: str) -> None:
    root = tmp_path / "project/.venv"
    if made == "empty folder":
        root.mkdir(parents=True)

    assert read_environment(root, Machine(tmp_path).interpreters()) is None


def test_a_link_to_an_environment_is_used_as_it_is(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    real = machine.environment("elsewhere", machine.python("opt/bin/python3"))
    link = tmp_path / "project/.venv"
    link.parent.mkdir()
    link.symlink_to(real)

    found = read_environment(link, machine.interpreters())

    assert isinstance(found, Environment)
    assert found.root == link


def break_interpreter(root: Path) -> None:
    (root / "bin/python").unlink()
    (root / "bin/python").symlink_to("/nowhere/python3")


def break_minor(root: Path) -> None:
    config = root / "pyvenv.cfg"
    config.write_text(config.read_text().replace("3.12", "3.11"))


def break_library(root: Path) -> None:
    (root / "lib/python3.12/site-packages").rmdir()


def empty(root: Path) -> None:
    shutil.rmtree(root)
    (root / ".detent").mkdir(parents=True)
    (root / ".gitignore").touch()


def break_off(root: Path) -> None:
    (root / UNFINISHED).parent.mkdir()
    (root / UNFINISHED).touch()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (break_interpreter, "its interpreter `/nowhere/python3` is gone"),
        (break_minor, "it was made with Python 3.11"),
        (break_library, "it has no `lib/python3.12/site-packages`"),
        (break_off, "it was never finished"),
        (empty, "nothing is left in it"),
    ],
)
def test_a_broken_environment_says_why(tmp_path: Path, damage: object, reason: str) -> None:
    machine = Machine(tmp_path)
    root = machine.environment("project/.venv", machine.python("opt/bin/python3.12"))
    assert callable(damage)
    damage(root)

    found = read_environment(root, machine.interpreters())

    assert isinstance(found, BrokenEnvironment)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("made_at", "moved_from"),
    [("<here>", ""), ("<link>", ""), ("/nowhere/.venv", "/nowhere/.venv"), ("<other>", "<other>")],
)
def test_an_environment_knows_whether_it_stands_where_it_was_made(
    tmp_path: Path, made_at: str, moved_from: str
) -> None:
    machine = Machine(tmp_path)
    root = machine.environment("project/.venv", machine.python("opt/bin/python3"))
    (tmp_path / "link").symlink_to("project")
    other = tmp_path / "other"
    other.mkdir()
    places = {"<here>": str(root), "<link>": f"{tmp_path}/link/.venv", "<other>": str(other)}
    with (root / "pyvenv.cfg").open("a") as config:
        config.write(f"detent-place = {places.get(made_at, made_at)}\n")

    found = read_environment(root, machine.interpreters())

    assert isinstance(found, Environment)
    assert found.moved_from == places.get(moved_from, moved_from)


def test_an_environment_whose_interpreter_was_upgraded_in_place_lives_on(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    root = machine.environment("project/.venv", machine.python("opt/bin/python3.12", "3.12.1"), "3.12.1")
    machine.python("opt/bin/python3.12", "3.12.9")

    found = read_environment(root, machine.interpreters())

    assert isinstance(found, Environment)
    assert found.interpreter.version == "3.12.9"


def test_an_environment_cannot_have_a_program_of_the_project_started(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    evil = machine.python("project/tools/python3")
    root = machine.environment("project/.venv", evil)

    found = read_environment(root, machine.interpreters(project=str(tmp_path / "project")))

    assert isinstance(found, BrokenEnvironment)
    assert machine.started == []


@pytest.mark.parametrize("hops", [["../../../tools/python3"], ["python3", "../../../tools/python3"]])
def test_a_link_that_a_repository_can_bring_leads_to_no_interpreter(tmp_path: Path, hops: list[str]) -> None:
    machine = Machine(tmp_path)
    machine.python("checkout/tools/python3")
    root = machine.environment("checkout/part/.venv", machine.python("opt/bin/python3.12"))
    (root / "bin/python").unlink()
    for name, target in zip(("python", "python3"), hops, strict=False):
        (root / "bin" / name).symlink_to(target)

    found = read_environment(root, machine.interpreters(project=str(tmp_path / "checkout/part")))

    assert isinstance(found, BrokenEnvironment)
    assert "relative link" in found.reason
    assert machine.started == []


def test_programs_behind_a_link_are_not_started(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.python("checkout/tools/python")
    root = machine.environment("checkout/part/.venv", machine.python("opt/bin/python3.12"))
    (root / "bin").rename(tmp_path / "moved")
    (root / "bin").symlink_to("../../tools")

    with pytest.raises(NotAnEnvironment, match="cannot be used"):
        read_environment(root, machine.interpreters())

    assert machine.started == []


def test_an_environment_whose_own_program_is_a_copy_stands_for_its_base(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    base = machine.python("opt/bin/python3.12")
    root = machine.environment("project/.venv", base)
    (root / "bin/python").unlink()
    program(root / "bin/python")

    found = read_environment(root, machine.interpreters())

    assert isinstance(found, Environment)
    assert machine.started == [str(base)]


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".venv").write_text("../other\n")

    with pytest.raises(NotAnEnvironment) as caught:
        read_environment(tmp_path / ".venv", Machine(tmp_path).interpreters())
    assert "it is a file" in caught.value.why


@pytest.mark.parametrize(
    ("name", "words"),
    [("notes.txt", "other things"), ("conda-meta", "conda"), (".gitignore", "other things")],
)
def test_a_folder_with_other_things_in_it_is_refused(tmp_path: Path, name: str, words: str) -> None:
    root = tmp_path / ".venv"
    root.mkdir()
    (root / name).write_text("")

    with pytest.raises(NotAnEnvironment) as caught:
        read_environment(root, Machine(tmp_path).interpreters())
    assert words in caught.value.why


@pytest.mark.parametrize("target", ["nowhere", "folder", "empty", "file"])
def test_a_link_to_anything_but_an_environment_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/notes.txt").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / ".venv").symlink_to(tmp_path / target)

    with pytest.raises(NotAnEnvironment) as caught:
        read_environment(tmp_path / ".venv", Machine(tmp_path).interpreters())
    assert target in caught.value.why
    assert "remove the link" in caught.value.next_steps[0]


def test_an_environment_matches_the_interpreter_it_was_made_with_under_any_name(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    base = machine.python("opt/bin/python3.12")
    (tmp_path / "opt/bin/python").symlink_to(base)
    interpreters = machine.interpreters()
    found = read_environment(machine.environment(".venv", base), interpreters)

    assert isinstance(found, Environment)
    assert matches(found, interpreters.read(str(tmp_path / "opt/bin/python")))
    assert not matches(found, interpreters.read(str(machine.python("other/python3"))))


def test_an_environment_is_removed_whole_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    root = machine.environment("project/.venv", machine.python("opt/bin/python3"))

    remove_environment(root)

    assert names(root.parent) == []
    assert (tmp_path / "opt/bin/python3").exists()


def test_a_broken_environment_is_removed_too(tmp_path: Path) -> None:
    root = tmp_path / ".venv"
    (root / UNFINISHED).parent.mkdir(parents=True)
    (root / UNFINISHED).touch()
    (root / "half").touch()

    remove_environment(root)

    assert not root.exists()


def test_a_link_is_removed_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    real = machine.environment("elsewhere", machine.python("opt/bin/python3"))
    link = tmp_path / ".venv"
    link.symlink_to(real)

    remove_environment(link)

    assert not os.path.lexists(link)
    assert (real / "pyvenv.cfg").exists()


@pytest.mark.parametrize("holds", ["pyproject.toml", ".git"])
def test_a_folder_that_is_more_than_an_environment_is_not_removed(tmp_path: Path, holds: str) -> None:
    machine = Machine(tmp_path)
    root = machine.environment("project", machine.python("opt/bin/python3"))
    (root / holds).touch()

    with pytest.raises(NotAnEnvironment) as caught:
        remove_environment(root)
    assert holds in caught.value.why
    assert (root / "pyvenv.cfg").exists()


def test_what_is_no_environment_is_not_removed(tmp_path: Path) -> None:
    folder = tmp_path / ".venv"
    folder.mkdir()
    (folder / "thesis.tex").touch()

    with pytest.raises(NotAnEnvironment):
        remove_environment(folder)
    assert (folder / "thesis.tex").exists()


def test_removing_what_is_not_there_does_nothing(tmp_path: Path) -> None:
    remove_environment(tmp_path / ".venv")

    assert names(tmp_path) == []
