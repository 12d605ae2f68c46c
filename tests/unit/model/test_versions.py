import pytest
from packaging.version import Version

from detent.model.names import package_name
from detent.model.versions import (
    InvalidSpecifier,
    Kept,
    Listing,
    Release,
    columns,
    newest,
    sets,
    version_key,
)


def release(
    version: str,
    *,
    requires_python: str = "",
    has_wheel: bool = True,
    has_sdist: bool = False,
    yanked: bool = False,
) -> Release:
    return Release(
        version, version_key(Version(version)), requires_python, has_wheel, has_sdist, yanked, None
    )


def listing(*releases: Release | str) -> Listing:
    return Listing(package_name("a"), [release(r) if isinstance(r, str) else r for r in releases])


def versions(world: Listing, mask: int) -> list[str]:
    return [r.version for i, r in enumerate(world.releases, start=1) if mask >> i & 1]


def test_versions_are_numbered_from_one_oldest_first() -> None:
    world = listing("2.0", "1.0rc1", "1.0")

    assert [r.version for r in world.releases] == ["1.0rc1", "1.0", "2.0"]
    assert (world.number("1.0rc1"), world.number("2.0"), world.count) == (1, 3, 3)
    assert world.release(2).version == "1.0"
    assert world.every == 0b1110


def test_a_version_is_found_by_any_equal_spelling() -> None:
    world = listing("1.0", "2.0rc1")

    assert world.number("1.0.0") == 1
    assert world.number("v2.0-RC.1") == 2
    assert world.number("3") is None
    assert world.number("no version") is None


def test_number_zero_is_no_release() -> None:
    with pytest.raises(IndexError):
        listing("1.0").release(0)


def test_a_listing_of_what_was_kept_is_the_same() -> None:
    world = listing(
        release("1.0", requires_python=">=3.8"),
        release("2.0rc1", has_wheel=False, has_sdist=True),
        release("2.0", yanked=True),
    )

    again = Listing(world.name, Kept(columns(world.releases), sets(world.releases)))

    assert again.releases == world.releases
    for number in (1, 2, 3):
        assert again.release(number) == world.releases[number - 1]
    for name in ("every", "stable", "prerelease", "wheels", "sdists", "yanked", "by_requires_python"):
        assert getattr(again, name) == getattr(world, name)
    assert again.mask(">=2") == world.mask(">=2") == 0b1000


def test_the_sets_a_policy_asks_for_are_at_hand() -> None:
    world = listing(
        release("1.0", requires_python=">=3.8"),
        release("1.1", requires_python=">=3.8", yanked=True),
        release("2.0", has_wheel=False, has_sdist=True),
        release("3.0.dev1"),
    )

    assert versions(world, world.yanked) == ["1.1"]
    assert versions(world, world.wheels) == ["1.0", "1.1", "3.0.dev1"]
    assert versions(world, world.prerelease) == ["3.0.dev1"]
    assert versions(world, world.stable) == ["1.0", "1.1", "2.0"]
    assert {text: versions(world, mask) for text, mask in world.by_requires_python.items()} == {
        ">=3.8": ["1.0", "1.1"],
        "": ["2.0", "3.0.dev1"],
    }


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [
        ("", ["1.0", "1.5", "2.0rc1", "2.0", "2.0+cpu", "2.0.post1", "2.1"]),
        (">=1.5,<2", ["1.5"]),
        ("==2", ["2.0", "2.0+cpu"]),
        ("==2.0+cpu", ["2.0+cpu"]),
        (">2", ["2.1"]),
        ("<=2", ["1.0", "1.5", "2.0rc1", "2.0", "2.0+cpu"]),
        ("==2.0.*", ["2.0rc1", "2.0", "2.0+cpu", "2.0.post1"]),
        ("!=2.0.*", ["1.0", "1.5", "2.1"]),
        ("~=1.0", ["1.0", "1.5"]),
        ("===2.0+CPU", ["2.0+cpu"]),
        (">=9", []),
    ],
)
def test_a_specifier_becomes_the_set_of_its_versions(specifier: str, expected: list[str]) -> None:
    world = listing("1.0", "1.5", "2.0rc1", "2.0", "2.0+cpu", "2.0.post1", "2.1")

    assert versions(world, world.mask(specifier)) == expected
    assert versions(world, world.mask(specifier)) == expected  # and from the cache


def test_a_specifier_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidSpecifier, match="is not a valid version"):
        listing("1.0").mask(">=1.0,<x")


def test_sets_are_told_as_ranges() -> None:
    world = listing("1.0", "1.1", "1.2", "2.0", "3.0")

    assert world.ranges(world.mask("!=1.1")) == "1.0, 1.2..3.0"
    assert world.ranges(world.mask("<2")) == "1.0..1.2"
    assert world.ranges(0b1) == ""


def test_the_newest_of_a_set_is_its_highest_number() -> None:
    world = listing("1.0", "2.0", "3.0")

    assert newest(world.mask("<3")) == 2
    assert newest(0b1) == 0
    assert newest(0) == 0


def test_a_project_without_releases_has_empty_sets() -> None:
    world = listing()

    assert (world.count, world.every, world.mask(">=1"), world.number("1")) == (0, 0, 0, None)
