"""What an old lock and the command line say about versions."""

from detent.lock.model import Direct, Lock, LockedPackage
from detent.model import markers
from detent.model.requirement import group_name, package_name
from detent.resolve.preferences import (
    NO_PREFERENCES,
    Preferences,
    names_of_group,
    preferences_from,
    seeds_from,
)
from support.worlds import project

A, B, C = map(package_name, "abc")


def lock(*packages: LockedPackage, forks: tuple[str, ...] = ()) -> Lock:
    return Lock(">=3.10", packages, forks=forks)


OLD = lock(
    LockedPackage(A, "1.0", marker="python_version < '3.12'"),
    LockedPackage(A, "2.0", marker="python_version >= '3.12'"),
    LockedPackage(B, "3.0"),
)


def test_every_version_of_the_lock_is_preferred_where_its_entry_holds() -> None:
    old, new = markers.parse("python_version < '3.12'"), markers.parse("python_version >= '3.12'")

    assert preferences_from(OLD) == Preferences(
        {A: (("1.0", old), ("2.0", new)), B: (("3.0", markers.ALWAYS),)}, {}
    )


def test_a_package_to_upgrade_is_free_and_the_others_are_not() -> None:
    found = preferences_from(OLD, upgrade={A: ""})

    assert found == Preferences({B: (("3.0", markers.ALWAYS),)}, {}, frozenset((A,)))


def test_a_package_to_upgrade_may_be_held_to_a_version() -> None:
    assert preferences_from(OLD, upgrade={A: "==1.5"}).pins == {A: "==1.5"}


def test_without_a_lock_there_is_nothing_to_prefer() -> None:
    assert preferences_from(None) == NO_PREFERENCES


def test_entries_without_a_version_prefer_nothing() -> None:
    other = lock(LockedPackage(A, "", direct=Direct("directory", "./a")))

    assert preferences_from(other) == NO_PREFERENCES


def test_versions_of_another_tools_lock_are_preferred_where_this_one_has_none() -> None:
    imported = {A: ("9.0",), C: ("2.0", "1.0")}
    everywhere = markers.ALWAYS

    assert preferences_from(None, imported=imported).locked == {
        A: (("9.0", everywhere),),
        C: (("2.0", everywhere), ("1.0", everywhere)),
    }
    assert preferences_from(OLD, imported=imported).locked == {
        **preferences_from(OLD).locked,
        C: (("2.0", everywhere), ("1.0", everywhere)),
    }


def test_what_is_to_be_upgraded_is_free_of_imported_versions_too() -> None:
    assert preferences_from(None, upgrade={A: ""}, imported={A: ("1.0",)}).locked == {}


def test_the_names_of_a_group_are_those_it_asks_for_itself() -> None:
    inputs = project(
        ["a"],
        extras={"net": ["c"]},
        groups={"dev": ["b>=1; python_version >= '3.12'", "project[net]"], "docs": ["a"], "none": []},
    )

    assert names_of_group(inputs, group_name("dev")) == {B, C}
    assert names_of_group(inputs, group_name("docs")) == {A}
    assert names_of_group(inputs, group_name("none")) == frozenset()


def test_the_environments_solved_apart_seed_the_next_lock() -> None:
    forks = ("python_version >= '3.12'", "python_version < '3.12'")

    assert seeds_from(lock(forks=forks)) == tuple(map(markers.parse, forks))
    assert seeds_from(None) == ()
