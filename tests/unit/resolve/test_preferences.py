"""What an old lock and the command line say about versions."""

from detent.lock.model import Direct, Lock, LockedPackage
from detent.model import markers
from detent.model.requirement import package_name
from detent.resolve.preferences import NO_PREFERENCES, Preferences, preferences_from, seeds_from

A, B = package_name("a"), package_name("b")


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
    assert preferences_from(OLD, upgrade={A: ""}) == Preferences({B: (("3.0", markers.ALWAYS),)}, {})


def test_a_package_to_upgrade_may_be_held_to_a_version() -> None:
    assert preferences_from(OLD, upgrade={A: "==1.5"}).pins == {A: "==1.5"}


def test_upgrading_all_leaves_no_preference() -> None:
    assert preferences_from(OLD, upgrade_all=True) == NO_PREFERENCES
    assert preferences_from(None) == NO_PREFERENCES


def test_entries_without_a_version_prefer_nothing() -> None:
    other = lock(LockedPackage(A, "", direct=Direct("directory", "./a")))

    assert preferences_from(other) == NO_PREFERENCES


def test_the_environments_solved_apart_seed_the_next_lock() -> None:
    forks = ("python_version >= '3.12'", "python_version < '3.12'")

    assert seeds_from(lock(forks=forks)) == tuple(map(markers.parse, forks))
    assert seeds_from(None) == ()
