import os
import shutil
from pathlib import Path

from detent.store.cache import open_store
from detent.store.users import dead_notes, forget, owners, register, see_users, users
from support.stores import aged, away, lived_in

ONE, TWO = "1" * 64, "2" * 64


def test_an_environment_is_known_with_the_wheels_it_links(tmp_path: Path) -> None:
    layout = open_store(tmp_path / "store")
    environment = lived_in(tmp_path / "a" / ".venv")

    assert register(layout, environment, [TWO, ONE, ONE])

    (user,) = users(layout)
    assert (user.root, sorted(user.digests), user.is_alive) == (environment, [ONE, TWO], True)
    assert owners(layout) == {ONE: (environment,), TWO: (environment,)}


def test_it_is_one_note_however_often_it_says_so(tmp_path: Path) -> None:
    layout = open_store(tmp_path / "store")
    environment = lived_in(tmp_path / ".venv")
    register(layout, environment, [ONE])
    (note,) = layout.users.iterdir()
    before = note.stat()

    register(layout, environment, [ONE])
    assert note.stat() == before
    register(layout, environment, [TWO])

    assert [path.name for path in layout.users.iterdir()] == [note.name]
    assert owners(layout) == {TWO: (environment,)}


def test_a_relative_path_and_its_absolute_one_are_one_environment(tmp_path: Path) -> None:
    layout = open_store(tmp_path / "store")
    lived_in(tmp_path / ".venv")
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        register(layout, Path(".venv"), [ONE])
        register(layout, tmp_path / ".venv", [ONE])
    finally:
        os.chdir(here)

    assert [user.root for user in users(layout)] == [tmp_path / ".venv"]


def test_a_path_that_is_no_text_is_known_too(tmp_path: Path) -> None:
    layout = open_store(tmp_path / "store")
    environment = lived_in(tmp_path / os.fsdecode(b"caf\xe9 \n") / ".venv")

    register(layout, environment, [ONE])

    assert owners(layout) == {ONE: (environment,)}


def test_an_environment_without_links_is_forgotten(tmp_path: Path) -> None:
    layout = open_store(tmp_path / "store")
    environment = lived_in(tmp_path / ".venv")
    register(layout, environment, [ONE])

    assert register(layout, environment, [])
    assert register(layout, environment, [])

    assert users(layout) == []
    assert list(layout.users.iterdir()) == []


def test_environments_of_one_wheel_are_all_named(tmp_path: Path) -> None:
    layout = open_store(tmp_path / "store")
    places = [lived_in(tmp_path / name / ".venv") for name in "ab"]
    for place in places:
        register(layout, place, [ONE])

    assert sorted(owners(layout)[ONE]) == places


def test_what_another_tool_made_in_its_place_is_no_user(tmp_path: Path) -> None:
    layout = open_store(tmp_path / "store")
    environment = lived_in(tmp_path / ".venv")
    register(layout, environment, [ONE])
    shutil.rmtree(environment)
    environment.mkdir()
    (environment / "pyvenv.cfg").touch()

    assert not users(layout)[0].is_alive
    assert owners(layout) == {}
    (note,) = dead_notes(layout)
    assert forget(note)
    assert users(layout) == []


def test_an_environment_that_moves_away_is_dead_and_comes_alive_again(tmp_path: Path) -> None:
    layout = open_store(tmp_path / "store")
    environment = lived_in(tmp_path / ".venv")
    register(layout, environment, [ONE])
    environment.rename(tmp_path / "away")
    assert owners(layout) == {}

    (tmp_path / "away").rename(environment)

    assert owners(layout) == {ONE: (environment,)}


def test_a_damaged_note_is_none_and_counts_as_dead(tmp_path: Path) -> None:
    layout = open_store(tmp_path / "store")
    environment = lived_in(tmp_path / ".venv")
    register(layout, environment, [ONE])
    (note,) = layout.users.iterdir()
    note.write_bytes(note.read_bytes()[:-1])

    assert users(layout) == []
    assert dead_notes(layout) == [note]
    assert register(layout, environment, [ONE])
    assert owners(layout) == {ONE: (environment,)}


def test_a_store_nobody_uses_by_folder_has_no_users(tmp_path: Path) -> None:
    layout = open_store(tmp_path / "store")

    assert users(layout) == []
    assert dead_notes(layout) == []
    assert not layout.users.exists()


def test_an_environment_on_a_disk_that_is_not_mounted_lives_for_a_month(tmp_path: Path) -> None:
    layout = open_store(tmp_path / "store")
    environment = tmp_path / "disk" / "demo" / ".venv"
    note = away(layout, environment, [ONE])

    aged(note, 29)
    (user,) = users(layout)
    assert (user.is_there, user.is_alive, dead_notes(layout)) == (False, True, [])
    assert owners(layout) == {ONE: (environment,)}

    aged(note, 31)
    assert dead_notes(layout) == [note]
    assert owners(layout) == {}


def test_one_whose_disk_is_there_without_it_is_gone_at_once(tmp_path: Path) -> None:
    layout = open_store(tmp_path / "store")
    environment = lived_in(tmp_path / "demo" / ".venv")
    register(layout, environment, [ONE])

    shutil.rmtree(environment.parent)

    assert owners(layout) == {}


def test_it_is_noted_once_a_day_that_one_was_seen(tmp_path: Path) -> None:
    layout = open_store(tmp_path / "store")
    environment = lived_in(tmp_path / "demo" / ".venv")
    register(layout, environment, [ONE])
    (note,) = layout.users.iterdir()
    for see in (see_users, lambda layout: register(layout, environment, [ONE])):
        before = aged(note, 40).stat().st_mtime
        see(layout)
        seen = note.stat().st_mtime_ns
        see(layout)

        assert seen > (before + 39 * 86_400) * 10**9
        assert note.stat().st_mtime_ns == seen

    note = away(layout, tmp_path / "disk" / ".venv", [ONE])
    before = aged(note, 10).stat().st_mtime
    see_users(layout)
    assert note.stat().st_mtime == before
