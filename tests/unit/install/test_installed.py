import shutil
from pathlib import Path

import pytest

from detent.errors.install import NotAnEnvironment
from detent.install.installed import read_installed
from detent.install.manifest import write_journal
from detent.install.plan import Found
from support.environments import Installation
from support.wheels import wheel


def names(found: Found) -> tuple[list[str], list[str], list[str]]:
    return (
        [p.name for p in found.packages],
        [p.name for p in found.leftovers],
        [f"{f.name} {f.version}".strip() for f in found.foreign],
    )


def foreign(world: Installation, folder: str, *, record: bool = True) -> Path:
    made = world.site_packages / folder
    made.mkdir()
    if record:
        (made / "RECORD").write_text("")
    return made


def test_an_empty_environment_has_nothing(tmp_path: Path) -> None:
    assert Installation(tmp_path).found() == Found()


def test_our_packages_are_known_with_their_files(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(wheel("a"), wheel("b"), requested={"a"})

    found = world.found()

    assert names(found) == (["a", "b"], [], [])
    assert [p.is_requested for p in found.packages] == [True, False]
    for package in found.packages:
        assert all((world.environment.root / path).is_file() for path in package.paths())
    assert found.top_level == {"a", "b", "a-1.0.dist-info", "b-1.0.dist-info"}


def test_a_package_without_its_dist_info_is_left_over(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(wheel("a"), wheel("b"))
    shutil.rmtree(world.site_packages / "a-1.0.dist-info")

    assert names(world.found()) == (["b"], ["a"], [])


def test_a_package_that_lacks_a_program_is_left_over(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(
        wheel("a", scripts={"a-one": "a:main", "a-two": "a:main"}), wheel("b", scripts={"b": "b:main"})
    )
    assert names(world.found()) == (["a", "b"], [], [])

    (world.environment.scripts / "a-two").unlink()

    assert names(world.found()) == (["b"], ["a"], ["a 1.0"])


def test_a_package_another_installer_wrote_over_is_no_longer_ours(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(wheel("a"))
    (world.site_packages / "a-1.0.dist-info/INSTALLER").unlink()
    (world.site_packages / "a-1.0.dist-info/INSTALLER").write_text("pip\n")

    assert names(world.found()) == ([], ["a"], ["a 1.0"])


def test_our_package_without_a_manifest_is_foreign(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(wheel("a"))
    (world.environment.root / ".detent/installed").write_bytes(b"rubbish")

    assert names(world.found()) == ([], [], ["a 1.0"])


def test_what_a_dead_run_touched_is_left_over_old_and_new(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    world.sync(wheel("a"), wheel("b"))
    a, b = world.found().packages
    write_journal(str(world.environment.root), (a._replace(version="2.0"), b), {a.name})

    assert [(p.name, p.version) for p in world.found().leftovers] == [("a", "1.0"), ("a", "2.0")]
    assert [p.name for p in world.found().packages] == ["b"]


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("Foo_Bar-1.0.dist-info", ["foo-bar 1.0"]),
        ("foo-bar-1.0.post1.dist-info", ["foo-bar 1.0.post1"]),
        ("foo-1.0-py3.11.egg-info", ["foo 1.0"]),
        ("foo.egg-info", ["foo"]),
        ("~oo-1.0.dist-info", []),
        ("foo.txt", []),
        (".dist-info", []),
    ],
)
def test_the_folder_says_name_and_version(tmp_path: Path, folder: str, expected: list[str]) -> None:
    world = Installation(tmp_path)
    foreign(world, folder)

    assert names(world.found())[2] == expected


def test_only_a_dist_info_with_record_can_be_removed(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    foreign(world, "a-1.dist-info")
    foreign(world, "b-1.dist-info", record=False)
    foreign(world, "c-1.egg-info")

    assert [(f.name, f.has_record) for f in world.found().foreign] == [
        ("a", True),
        ("b", False),
        ("c", False),
    ]


@pytest.mark.parametrize("folder", ["lib", "bin"])
def test_an_environment_whose_folders_lead_elsewhere_is_refused(tmp_path: Path, folder: str) -> None:
    world = Installation(tmp_path)
    (world.environment.root / folder).rename(tmp_path / "elsewhere")
    (world.environment.root / folder).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(NotAnEnvironment):
        read_installed(world.environment)
