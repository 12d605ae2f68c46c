"""What a witness keeps, and when it rather keeps nothing."""

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from detent import stamp
from detent.events import Event, Matched, Notice, Step
from detent.model.cutoffs import NO_CUTOFFS, Cutoffs, parse_cutoff
from detent.ops.discover import Project, find_project
from detent.ops.evidence import Sight, Unseen
from detent.ops.stamping import Looks, Witness
from detent.ops.world import World
from detent.store.layout import Layout

MANIFEST = '[project]\nname = "demo"\nversion = "1"\nrequires-python = ">=3.11"\n'


class Scene:
    """A project with an environment of one file, a cache, and what goes on between the two looks."""

    def __init__(self, root: Path) -> None:
        self.root = root / "work"
        self.cache = root / "cache"
        self.environment = self.root / "env"
        self.environment.mkdir(parents=True)
        (self.environment / "installed").write_text("one")
        self.cache.mkdir(mode=0o700)
        self.manifest = self.root / "pyproject.toml"
        self.manifest.write_text(MANIFEST)
        self.variables = {"DETENT_CACHE_DIR": str(self.cache)}
        self.events: list[Event] = []
        self.cutoffs = NO_CUTOFFS
        self.no_cache = False

    def world(self) -> World:
        settings = SimpleNamespace(
            no_cache=SimpleNamespace(value=self.no_cache),
            python=SimpleNamespace(value=None),
            choosing=SimpleNamespace(cutoffs=self.cutoffs),
        )
        return cast("World", SimpleNamespace(settings=settings, layout=Layout(self.cache)))

    def witness(self, *words: str, start: str | None = None, tree: Iterable[Sight] = ()) -> Witness:
        def tree_of(world: World, project: Project) -> Iterable[Sight]:
            return tree

        looks = Looks(lambda root: (Sight(f"{root}/installed"),), tree_of, lambda _asked: ())
        return Witness(words or ("sync",), self.variables, self.events.append, start=start, looks=looks)

    def see(self, witness: Witness) -> Project:
        project = find_project(None)
        witness.see_settings(project, (str(self.root / "detent.toml"),))
        witness.see_world(self.world(), project, str(self.environment))
        return project

    def kept(self) -> stamp.Answers:
        try:
            return stamp.read(stamp.place(self.variables))
        except FileNotFoundError:
            return {}

    def is_confirmed(self, words: tuple[str, ...] = ("sync",)) -> bool:
        for question, packed in self.kept().items():
            if question[0] == words:
                key, made_ns, _, rows, _ = stamp.unpack(packed)
                return stamp.confirmed(rows, key, made_ns, time.time_ns()) is not None
        raise AssertionError(words)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    scene = Scene(tmp_path)
    monkeypatch.chdir(scene.root)
    time.sleep(0.11)  # what was made just now is not believed by its times
    return scene


def test_what_was_seen_is_confirmed_until_something_changes(scene: Scene) -> None:
    witness = scene.witness()
    project = scene.see(witness)
    witness.keep(scene.world(), project, "text")
    assert scene.kept() == {}
    witness.leave()

    assert scene.is_confirmed()
    (scene.environment / "installed").write_text("two")
    assert not scene.is_confirmed()


@pytest.mark.parametrize("moment", ["before it was read", "after it was read"])
def test_an_edit_during_the_command_is_never_taken_for_what_was_read(scene: Scene, moment: str) -> None:
    witness = scene.witness()
    if moment == "before it was read":
        scene.manifest.write_text(MANIFEST + "# read\n")
    project = scene.see(witness)
    if moment == "after it was read":
        scene.manifest.write_text(MANIFEST + "# not read\n")
    witness.keep(scene.world(), project, "text")
    witness.leave()

    # The text that was read is the one that is answered for, whatever its times are.
    assert scene.is_confirmed() is (moment == "before it was read")
    scene.manifest.write_bytes(project.manifest_bytes)
    assert scene.is_confirmed()


def test_an_environment_that_changed_while_nobody_held_it_is_not_confirmed(scene: Scene) -> None:
    witness = scene.witness()
    project = scene.see(witness)
    (scene.environment / "installed").write_text("by somebody else")
    witness.keep(scene.world(), project, "text")
    witness.leave()

    assert not scene.is_confirmed()


@pytest.mark.parametrize("on_disk", ["new", "by somebody else"])
def test_a_lock_that_was_written_is_answered_for_unless_it_is_another_one_by_then(
    scene: Scene, on_disk: str
) -> None:
    witness = scene.witness()
    project = scene.see(witness)
    project.lock_path.write_text(on_disk)
    witness.see_written(project, b"new")
    witness.keep(scene.world(), project, "text", lock=b"new")
    witness.leave()

    assert bool(scene.kept()) is (on_disk == "new")
    if on_disk == "new":
        assert scene.is_confirmed()
        project.lock_path.write_text("old")
        assert not scene.is_confirmed()


def test_what_the_command_itself_changed_is_seen_while_it_is_held(scene: Scene) -> None:
    witness = scene.witness()
    project = scene.see(witness)
    (scene.environment / "installed").write_text("by the command")
    witness.report(Matched(str(scene.environment)))
    assert witness.has_changes
    witness.keep(scene.world(), project, "text")
    witness.leave()

    assert scene.is_confirmed()  # young as it is: nobody else could have changed it
    (scene.environment / "installed").write_text("by the comman!")
    assert not scene.is_confirmed()


def test_a_warning_keeps_nothing_and_a_step_only_what_was_taken_once(scene: Scene) -> None:
    for event, has_told_all, is_kept in (
        (Notice("note", "x"), True, False),
        (Step("x"), False, False),
        (Step("x", is_lasting=True), True, False),
        (Step("x"), True, True),
    ):
        witness = scene.witness()
        project = scene.see(witness)
        witness.report(event)
        witness.keep(scene.world(), project, "text", has_told_all=has_told_all)
        witness.leave()
        assert bool(scene.kept()) is is_kept
        assert scene.events[-1] == event


def test_the_last_stamp_is_gone_while_a_command_works_and_back_when_it_ended_well(scene: Scene) -> None:
    first = scene.witness("lock")
    first.keep(scene.world(), scene.see(first), "text")
    first.leave()
    other = scene.witness("sync", "--frozen")
    assert scene.kept() == {}

    other.leave()

    assert [question[0] for question in scene.kept()] == [("lock",)]


def test_answers_of_others_that_came_meanwhile_stay(scene: Scene) -> None:
    one, other = scene.witness("lock"), scene.witness("sync")
    for witness in (one, other):
        witness.keep(scene.world(), scene.see(witness), "text")
        witness.leave()

    assert {question[0] for question in scene.kept()} == {("lock",), ("sync",)}


def test_only_so_many_answers_are_kept_the_newest(scene: Scene) -> None:
    for number in range(40):
        witness = scene.witness("sync", str(number))
        witness.keep(scene.world(), scene.see(witness), "text")
        witness.leave()

    assert [question[0][1] for question in scene.kept()] == [str(number) for number in range(24, 40)]


def test_stamps_of_folders_that_nobody_works_in_any_more_go(scene: Scene) -> None:
    bucket = scene.cache / stamp.BUCKET
    bucket.mkdir()
    for number in range(512):
        (bucket / f"{number:03}").touch()
        os.utime(bucket / f"{number:03}", (number, number))
    witness = scene.witness()
    witness.keep(scene.world(), scene.see(witness), "text")
    witness.leave()

    names = {path.name for path in bucket.iterdir()}
    assert len(names) == 257
    assert "256" in names
    assert "255" not in names
    assert scene.is_confirmed()


@pytest.mark.parametrize("what", ["no cache", "pin", "dynamic", "cache", "nearer", "tree"])
def test_what_is_not_certain_is_not_kept(scene: Scene, tmp_path: Path, what: str) -> None:
    start, tree = None, ()
    if what == "pin":
        (scene.root / ".python-version").write_text("./python\n")
    elif what == "dynamic":
        scene.manifest.write_text(MANIFEST + 'dynamic = ["dependencies"]\n')
    elif what == "cache":
        scene.variables["DETENT_CACHE_DIR"] = str(tmp_path / "other")
        (tmp_path / "other").mkdir(mode=0o700)
    elif what == "nearer":
        start = str(scene.environment)
        (scene.environment / "pyproject.toml").write_text("[tool.other]\n")
    elif what == "no cache":
        scene.no_cache = True
    witness = scene.witness(start=start, tree=_Unseen() if what == "tree" else tree)
    witness.keep(scene.world(), scene.see(witness), "text")
    witness.leave()

    assert scene.kept() == {}


class _Unseen(tuple[Sight, ...]):
    """What a tree that cannot be told by looking gives."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Sight]:
        raise Unseen


@pytest.mark.parametrize(("age", "hours"), [("7 days", 1), ("2024-05-01", 24)])
def test_where_an_age_counts_the_answer_is_for_an_hour(scene: Scene, age: str, hours: int) -> None:
    scene.cutoffs = Cutoffs(everybody=parse_cutoff(age))
    witness = scene.witness()
    witness.keep(scene.world(), scene.see(witness), "text")
    witness.leave()

    (packed,) = scene.kept().values()
    _, made_ns, expires_ns, _, _ = stamp.unpack(packed)
    assert expires_ns - made_ns == hours * 3600 * 10**9
