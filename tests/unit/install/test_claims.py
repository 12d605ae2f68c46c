from pathlib import Path

import pytest

from detent.errors import Failures
from detent.errors.install import FileConflict, PathOccupied, UnsafePath
from detent.install.claims import launchers_to_write
from detent.install.plan import Installed
from detent.model.requirement import PackageName
from support.environments import Installation
from support.wheels import wheel


def owners(world: Installation, path: str) -> list[str]:
    full = f"{world.environment.interpreter.scheme.purelib}/{path}"
    return [p.name for p in world.found().packages if full in p.paths()]


def test_two_packages_share_a_file_of_the_same_bytes(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    a, b = (
        wheel("a", files={"ns/__init__.py": "same", "ns/a.py": ""}),
        wheel("b", files={"ns/__init__.py": "same", "ns/b.py": ""}),
    )

    world.sync(a, b)

    assert owners(world, "ns/__init__.py") == ["a", "b"]
    world.sync(b)
    assert world.library() == {"ns/__init__.py": "same", "ns/b.py": ""}
    world.sync(a, b)
    assert world.library() == {"ns/__init__.py": "same", "ns/a.py": "", "ns/b.py": ""}
    world.sync()
    assert world.library() == {}


def test_a_shared_file_somebody_deleted_comes_with_the_next_owner(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    a, b = wheel("a", files={"ns/__init__.py": "same"}), wheel("b", files={"ns/__init__.py": "same"})
    world.sync(a)
    (world.site_packages / "ns/__init__.py").unlink()

    world.sync(a, b)

    assert world.library() == {"ns/__init__.py": "same"}


def test_different_bytes_are_refused_before_anything_is_touched(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    old = wheel("old")
    world.sync(old)
    before = world.tree()
    a, b = wheel("a", files={"x.py": "1", "y.py": "1"}), wheel("b", files={"x.py": "2", "y.py": "2"})

    with pytest.raises(FileConflict) as caught:
        world.sync(a, b)

    assert "`a` and `b` both contain" in caught.value.what
    assert world.tree() == before
    assert not (world.environment.root / ".detent/journal").exists()


def test_different_bytes_are_refused_against_what_stays_too(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    a, b = wheel("a", files={"x.py": "1"}), wheel("b", files={"x.py": "2"})
    world.sync(a)

    with pytest.raises(FileConflict):
        world.sync(a, b)

    assert world.library() == {"x.py": "1"}
    world.sync(b)  # but one may take the other's place
    assert world.library() == {"x.py": "2"}


def test_every_pair_that_conflicts_is_named(tmp_path: Path) -> None:
    world = Installation(tmp_path)

    with pytest.raises(Failures) as caught:
        world.sync(*(wheel(name, files={"x.py": name}) for name in "abc"))

    assert len(caught.value.failures) == 2


def test_a_folder_of_one_package_cannot_be_a_file_of_another(tmp_path: Path) -> None:
    world = Installation(tmp_path)

    with pytest.raises(FileConflict) as caught:
        world.sync(wheel("a", files={"x": ""}), wheel("b", files={"x/y.py": ""}))
    assert caught.value.what.endswith("site-packages/x` is a file of `a` and a folder of `b`")
    assert "allow-overwrite" not in str(caught.value.next_steps)

    world.sync(wheel("a", files={"x": ""}))
    with pytest.raises(FileConflict):
        world.sync(wheel("a", files={"x": ""}), wheel("b", files={"x/y.py": ""}))
    assert world.library() == {"x": ""}
    world.sync(wheel("b", files={"x/y.py": ""}))
    assert world.library() == {"x/y.py": ""}


def test_names_that_are_one_file_are_refused_where_case_is_ignored(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    # What a file system that ignores case would show.
    (world.environment.root / "PYVENV.CFG").symlink_to("pyvenv.cfg")

    with pytest.raises(FileConflict):
        world.sync(wheel("a", files={"X.py": ""}), wheel("b", files={"x.py": ""}))
    with pytest.raises(UnsafePath):
        world.sync(wheel("c", files={"Y.py": "", "y.py": ""}))
    world.sync(wheel("d", files={"d/Z.py": ""}), wheel("e", files={"e/z.py": ""}))


def test_names_that_differ_in_case_are_two_files_elsewhere(tmp_path: Path) -> None:
    world = Installation(tmp_path)

    world.sync(wheel("a", files={"X.py": "1"}), wheel("b", files={"x.py": "2"}))

    assert world.library() == {"X.py": "1", "x.py": "2"}


def test_what_somebody_put_there_is_never_overwritten(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    (world.site_packages / "a").mkdir()
    (world.site_packages / "a/__init__.py").write_text("mine")
    before = world.tree()

    with pytest.raises(PathOccupied):
        world.sync(wheel("a"))

    assert world.tree() == before


def test_what_somebody_put_there_is_not_read_if_its_size_is_another(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    with (world.site_packages / "a.py").open("wb") as file:
        file.truncate(2**40)  # a hole: more than any memory, and no blocks

    with pytest.raises(PathOccupied):
        world.sync(wheel("a", files={"a.py": "right"}))


def test_what_somebody_put_there_with_the_right_bytes_is_adopted(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    (world.site_packages / "a.py").write_text("right")

    world.sync(wheel("a", files={"a.py": "right", "b.py": ""}))

    assert world.library() == {"a.py": "right", "b.py": ""}
    world.sync()
    assert world.library() == {}


def test_a_link_in_place_of_a_folder_is_not_written_through(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    (tmp_path / "work").mkdir()
    (world.site_packages / "a").symlink_to(tmp_path / "work")

    with pytest.raises(PathOccupied) as occupied:
        world.sync(wheel("a", files={"a/deep/x.py": ""}))
    assert f"`{world.site_packages}/a` is taken" in occupied.value.what

    assert list((tmp_path / "work").iterdir()) == []


def test_a_program_somebody_put_there_is_not_overwritten(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    (world.scripts / "tool").write_text("mine")

    with pytest.raises(PathOccupied):
        world.sync(wheel("a", scripts={"tool": "a:b"}))

    assert (world.scripts / "tool").read_text() == "mine"


def test_byte_code_nobody_owns_makes_way(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    (world.site_packages / "a").mkdir()
    (world.site_packages / "a/x.pyc").write_text("stale")

    world.sync(wheel("a", files={"a/x.pyc": "shipped"}))

    assert world.library() == {"a/x.pyc": "shipped"}


def row(name: str, *launchers: tuple[str, str]) -> Installed:
    return Installed(PackageName(name), "1", "", "", is_requested=False, dist_info="", launchers=launchers)


def test_a_launcher_of_two_packages_belongs_to_the_one_called_like_it() -> None:
    a, tool = row("a", ("bin/tool", "a:x")), row("tool", ("bin/tool", "tool:x"))

    assert launchers_to_write((), (a, tool), {a.name, tool.name}) == (("bin/tool", "tool:x"),)
    assert launchers_to_write((a,), (a, tool), {tool.name}) == (("bin/tool", "tool:x"),)
    assert launchers_to_write((tool,), (a, tool), {a.name}) == ()


def test_else_it_belongs_to_the_first_by_name() -> None:
    a, b = row("a", ("bin/tool", "a:x")), row("b", ("bin/tool", "b:x"))

    assert launchers_to_write((), (b, a), {a.name, b.name}) == (("bin/tool", "a:x"),)
    assert launchers_to_write((a, b), (b,), ()) == (("bin/tool", "b:x"),)
    assert launchers_to_write((a, b), (a,), ()) == ()


def test_a_contested_launcher_comes_back_when_its_owner_goes(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    a, b = wheel("a", scripts={"tool": "a:x"}), wheel("b", scripts={"tool": "b:x"})

    world.sync(b)
    assert "from b import x" in (world.scripts / "tool").read_text()
    world.sync(a, b)
    assert "from a import x" in (world.scripts / "tool").read_text()
    world.sync(b)
    assert "from b import x" in (world.scripts / "tool").read_text()
    assert not world.plan(b).has_work
    world.sync()
    assert not (world.scripts / "tool").exists()


def test_a_launcher_and_another_packages_script_are_a_conflict(tmp_path: Path) -> None:
    world = Installation(tmp_path)

    with pytest.raises(FileConflict):
        world.sync(wheel("a", scripts={"tool": "a:x"}), wheel("b", data={"scripts/tool": "#!python\n"}))


def test_who_may_overwrite_takes_the_place_of_what_stays_or_comes(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    a = wheel("a", files={"x.py": "a", "a.py": ""})
    b = wheel("b", files={"x.py": "b", "same.py": "1"})
    c = wheel("c", files={"x.py": "c", "same.py": "1"})
    world.sync(a)

    world.sync(a, b, c, overwriting=["b"])

    assert world.library() == {"x.py": "b", "a.py": "", "same.py": "1"}
    assert owners(world, "x.py") == ["b"]
    assert [p.yielded for p in world.found().packages] == [
        (f"{world.environment.interpreter.scheme.purelib}/x.py",),
        (),
        (f"{world.environment.interpreter.scheme.purelib}/x.py",),
    ]
    with pytest.raises(FileConflict):  # without the third it is between the others, and nobody has decided
        world.sync(a, c, overwriting=["b"])
    world.sync(a, c, overwriting=["b", "c"])
    assert world.library() == {"x.py": "c", "a.py": "", "same.py": "1"}
    world.sync(a)
    assert world.library() == {"x.py": "a", "a.py": ""}


def test_names_that_are_one_file_are_no_matter_of_permission(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    (world.environment.root / "PYVENV.CFG").symlink_to("pyvenv.cfg")  # as where case does not count

    with pytest.raises(FileConflict):
        world.sync(wheel("a", files={"x.py": "a"}), wheel("b", files={"X.py": "b"}), overwriting=["a", "b"])
