"""Changes of a project on record: written before they are made, and never believed blindly."""

from pathlib import Path

import pytest

from detent.ops.history import (
    Remembered,
    WasEnvironment,
    WasInstalled,
    changed,
    is_kept,
    read_history,
    read_step,
)
from detent.store.layout import Layout

WAS = WasEnvironment(
    root="/somewhere/.venv",
    python="/usr/bin/python3",
    selection=b"--all-extras",
    packages=(
        WasInstalled("a", "1.0", "aa", "sha256:aa", is_requested=True, is_by_directory=False),
        WasInstalled("b", "2.0", "bb", "tree:bb", is_requested=False, is_by_directory=True, direct_url=b"{}"),
    ),
    overwriting=("a",),
    foreign=(("c", "3.0"),),
)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "cache")


def test_a_change_is_read_as_it_was_written(layout: Layout, tmp_path: Path) -> None:
    with Remembered(layout, tmp_path, "add a") as remembered:
        remembered.files(*changed("pyproject.toml", b"1", b"2"), *changed("same", b"3", b"3"))
        remembered.environment(WAS, *changed("pylock.toml", None, b"4"))

    ((_, step),) = read_history(layout, tmp_path)

    assert (step.command, step.root, step.is_undoing) == ("add a", str(tmp_path), False)
    assert step.files == (*changed("pyproject.toml", b"1", b"2"), *changed("pylock.toml", None, b"4"))
    assert step.environment == WAS


def test_nothing_is_written_where_nothing_changes(layout: Layout, tmp_path: Path) -> None:
    with Remembered(layout, tmp_path, "lock") as remembered:
        remembered.files(*changed("pylock.toml", b"1", b"1"))
    with Remembered(layout, tmp_path, "") as remembered:  # not to be undone
        remembered.files(*changed("pylock.toml", b"1", b"2"))
        remembered.environment(WAS)

    assert not layout.root.exists()


def test_what_fails_is_forgotten_unless_an_environment_was_touched(layout: Layout, tmp_path: Path) -> None:
    def fail(*, with_environment: bool) -> None:
        with Remembered(layout, tmp_path, "sync") as remembered:
            remembered.files(*changed("pylock.toml", b"1", b"2"))
            if with_environment:
                remembered.environment(WAS)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail(with_environment=False)
    assert read_history(layout, tmp_path) == []
    with pytest.raises(KeyboardInterrupt):
        fail(with_environment=True)
    assert len(read_history(layout, tmp_path)) == 1


def test_the_last_ones_are_kept_newest_first(layout: Layout, tmp_path: Path) -> None:
    for number in range(13):
        with Remembered(layout, tmp_path, f"version {number}") as remembered:
            remembered.files(*changed("pyproject.toml", b"%d" % number, b"%d" % (number + 1)))

    commands = [step.command for _, step in read_history(layout, tmp_path)]

    assert commands == [f"version {number}" for number in range(12, 2, -1)]


def test_what_may_only_be_read_keeps_nothing(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Remembered(layout, tmp_path, "lock") as remembered:
        remembered.files(*changed("pylock.toml", b"1", b"2"))
    assert is_kept(layout, tmp_path)

    # Whoever runs the tests may be allowed everything.
    monkeypatch.setattr("os.access", lambda _path, _mode: False)

    assert not is_kept(layout, tmp_path)


def test_a_damaged_record_and_one_of_another_project_are_none(layout: Layout, tmp_path: Path) -> None:
    with Remembered(layout, tmp_path, "lock") as remembered:
        remembered.files(*changed("pylock.toml", b"1", b"2"))
    ((place, _),) = read_history(layout, tmp_path)
    whole = place.read_bytes()

    place.write_bytes(whole[:-1] + b"x")
    assert read_step(place) is None
    assert read_history(layout, tmp_path) == []

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with Remembered(layout, elsewhere, "lock") as remembered:
        remembered.files(*changed("pylock.toml", b"1", b"2"))
    ((other, _),) = read_history(layout, elsewhere)
    place.write_bytes(other.read_bytes())
    assert read_history(layout, tmp_path) == []
