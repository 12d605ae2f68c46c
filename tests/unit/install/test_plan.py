from detent.install.plan import (
    Changes,
    Foreign,
    Found,
    Install,
    Installed,
    Keep,
    Linking,
    Remove,
    Replace,
    identity_of,
    plan,
)
from detent.lock.choice import Choice, Selection
from detent.lock.model import LockedPackage
from detent.model.candidate import Artifact, Digest
from detent.model.requirement import PackageName
from detent.model.target import Target

TARGET = Target("3.12.1", {}, ())


def artifact(digest: str = "aa", *, algorithm: str = "sha256") -> Artifact:
    return Artifact("a-1.0-py3-none-any.whl", "https://files.example.com/a", (Digest(algorithm, digest),))


def wanted(name: str = "a", version: str = "1.0", digest: str = "aa", *, requested: bool = False) -> Choice:
    return Choice(LockedPackage(PackageName(name), version), artifact(digest), requested)


def selection(*choices: Choice) -> Selection:
    return Selection(TARGET, choices)


def installed(
    name: str = "a", version: str = "1.0", digest: str = "aa", *, requested: bool = False
) -> Installed:
    return Installed(
        PackageName(name), version, digest, f"sha256:{digest}", requested, f"lib/{name}-{version}.dist-info"
    )


def foreign(name: str = "a", version: str = "1.0", *, has_record: bool = True) -> Foreign:
    return Foreign(PackageName(name), version, f"lib/{name}-{version}.dist-info", has_record)


def test_what_is_missing_is_installed() -> None:
    new = wanted()

    decided = plan(selection(new), Found(), exact=True)

    assert decided.actions == (Install(new),)
    assert decided.wanted == (new,)
    assert decided.changes() == Changes(installed=((PackageName("a"), "1.0"),))
    assert not decided.is_empty


def test_what_is_there_from_the_same_wheel_is_kept() -> None:
    old = installed()

    decided = plan(selection(wanted()), Found((old,)), exact=True)

    assert decided.actions == (Keep(old, is_requested=False),)
    assert decided.is_empty
    assert not decided.has_work
    assert decided.changes() == Changes(kept=1)


def test_another_version_is_replaced_and_both_are_named() -> None:
    old, new = installed(version="1.0"), wanted(version="2.0", digest="bb")

    decided = plan(selection(new), Found((old,)), exact=True)

    assert decided.actions == (Replace(old, (), new),)
    assert decided.changes() == Changes(
        installed=((PackageName("a"), "2.0"),), removed=((PackageName("a"), "1.0"),)
    )


def test_the_same_version_from_another_wheel_is_installed_again() -> None:
    old, new = installed(digest="aa"), wanted(digest="bb")

    decided = plan(selection(new), Found((old,)), exact=True)

    assert decided.actions == (Replace(old, (), new),)
    assert decided.changes() == Changes(reinstalled=((PackageName("a"), "1.0"),))


def test_a_package_is_installed_again_when_asked_for_by_name() -> None:
    old, new = installed(), wanted()

    decided = plan(selection(new), Found((old,)), exact=True, reinstall=frozenset((PackageName("a"),)))

    assert decided.actions == (Replace(old, (), new),)


def test_an_exact_plan_removes_the_rest_whoever_installed_it() -> None:
    ours, theirs = installed("b"), foreign("c")

    decided = plan(selection(), Found((ours,), foreign=(theirs,)), exact=True)

    assert decided.actions == (Remove(ours), Remove(theirs))
    assert decided.changes().removed == ((PackageName("b"), "1.0"), (PackageName("c"), "1.0"))


def test_an_inexact_plan_keeps_the_rest() -> None:
    ours, theirs = installed("b", requested=True), foreign("c")

    decided = plan(selection(), Found((ours,), foreign=(theirs,)), exact=False)

    assert decided.actions == (Keep(ours, is_requested=True),)
    assert not decided.has_work


def test_what_another_installer_put_there_is_replaced_even_at_the_same_version() -> None:
    theirs, new = foreign(), wanted()

    decided = plan(selection(new), Found(foreign=(theirs,)), exact=False)

    assert decided.actions == (Replace(None, (theirs,), new),)
    assert decided.changes() == Changes(reinstalled=((PackageName("a"), "1.0"),))


def test_a_distribution_without_record_stays_and_is_named() -> None:
    unknown, twin = foreign("b", has_record=False), foreign("a", has_record=False)

    decided = plan(selection(wanted()), Found(foreign=(unknown, twin)), exact=True)

    assert decided.actions == (Install(wanted()),)
    assert decided.stuck == (twin, unknown)


def test_leftovers_go_in_an_exact_plan_and_with_their_package() -> None:
    left = installed("a")

    assert plan(selection(), Found(leftovers=(left,)), exact=True).leftovers == (left,)
    assert plan(selection(), Found(leftovers=(left,)), exact=True).has_work
    assert plan(selection(), Found(leftovers=(left,)), exact=False).leftovers == ()
    assert plan(selection(wanted("a")), Found(leftovers=(left,)), exact=False).leftovers == (left,)


def test_a_marker_that_changes_is_work_but_no_difference() -> None:
    old = installed(requested=False)

    decided = plan(selection(wanted(requested=True)), Found((old,)), exact=True)

    assert decided.is_empty
    assert decided.has_work


def test_a_lock_without_sha256_is_compared_by_the_hash_it_has() -> None:
    new = Choice(LockedPackage(PackageName("a"), "1.0"), artifact("dd", algorithm="sha512"), requested=False)
    old = installed(digest="aa")._replace(identity="sha512:dd")

    assert identity_of(new.artifact) == "sha512:dd"
    assert plan(selection(new), Found((old,)), exact=True).is_empty
    assert not plan(selection(new), Found((installed(digest="aa"),)), exact=True).is_empty


def test_two_files_without_any_hash_are_not_the_same() -> None:
    new = Choice(LockedPackage(PackageName("a"), "1.0"), Artifact("a.whl", "", ()), requested=False)

    assert not plan(selection(new), Found((installed()._replace(identity=""),)), exact=True).is_empty


def test_actions_are_sorted_by_name() -> None:
    found = Found((installed("b"), installed("d")), foreign=(foreign("c"),))

    decided = plan(selection(wanted("a"), wanted("d")), found, exact=True)

    assert [action.name for action in decided.actions] == ["a", "b", "c", "d"]


def test_what_is_spared_stays_in_an_exact_plan_whoever_put_it_there() -> None:
    ours, theirs = installed("pip"), foreign("setuptools")
    spared = frozenset((PackageName("pip"), PackageName("setuptools")))
    found = Found((installed("a"), ours), (), (foreign("b"), theirs))

    decided = plan(selection(), found, exact=True, spared=spared)

    assert decided.actions == (Remove(installed("a")), Remove(foreign("b")), Keep(ours, is_requested=False))
    assert decided.stuck == ()


def test_what_is_spared_and_wanted_is_installed_like_any_other() -> None:
    new = wanted("pip", "2.0", "bb")

    decided = plan(
        selection(new), Found((), (), (foreign("pip"),)), exact=True, spared=frozenset((PackageName("pip"),))
    )

    assert decided.actions == (Replace(None, (foreign("pip"),), new),)


def yielding(name: str, *yielded: str, linked: tuple[str, ...] = ()) -> Installed:
    return installed(name)._replace(linked=linked, yielded=yielded)


def test_a_package_whose_file_was_overwritten_is_replaced_when_the_other_one_goes() -> None:
    loser, winner = yielding("a", "lib/x.py"), yielding("b", linked=("lib/x.py",))
    found = Found((loser, winner))

    kept = plan(selection(wanted("a"), wanted("b")), found, exact=True)
    alone = plan(selection(wanted("a")), found, exact=True)
    other = plan(selection(wanted("a"), wanted("b", "2.0", "bb")), found, exact=True)

    assert kept.is_empty
    assert alone.actions == (Replace(loser, (), wanted("a")), Remove(winner))
    assert [type(action) for action in other.actions] == [Replace, Replace]


def test_a_package_that_may_overwrite_now_is_replaced() -> None:
    loser, winner = yielding("a", "lib/x.py"), yielding("b", linked=("lib/x.py",))
    both = selection(wanted("a"), wanted("b"))

    def decided(*names: str) -> list[type]:
        linking = Linking(overwriting=tuple(map(PackageName, names)))
        return [
            type(action) for action in plan(both, Found((loser, winner)), exact=True, linking=linking).actions
        ]

    assert decided("b") == decided("b", "a") == decided() == [Keep, Keep]
    assert decided("a") == decided("a", "b") == [Replace, Keep]


def test_what_is_replaced_gives_way_to_those_it_had_overwritten_in_turn() -> None:
    first = yielding("a", "lib/x.py", linked=("lib/y.py",))
    second = yielding("b", linked=("lib/x.py",))
    third = yielding("c", "lib/y.py")

    decided = plan(selection(wanted("a"), wanted("c")), Found((first, second, third)), exact=True)

    assert [type(action) for action in decided.actions] == [Replace, Remove, Replace]


def test_who_is_not_selected_cannot_be_given_its_file_back() -> None:
    loser = yielding("a", "lib/x.py")

    assert plan(selection(), Found((loser,)), exact=False).actions == (Keep(loser, is_requested=False),)
