"""What changed between two locks: packages, versions by environment, sources, files, targets, markers."""

import pytest

from detent.lock.comparison import Move, PackageChange, compare
from detent.lock.model import BuildPin, Direct, Lock, LockedBuild, LockedPackage
from detent.lock.pylock import parse_lock, render_lock
from detent.lock.two_files import Fact
from detent.model.attestations import identity_text
from detent.model.candidate import Digest
from detent.model.names import PackageName
from support.locks import INDEX, entry, foreign, inputs, lock

GITHUB = identity_text({"kind": "GitHub", "repository": "a/a", "workflow": "r.yml"})
OTHER = identity_text({"kind": "GitHub", "repository": "b/a", "workflow": "r.yml"})
OLD_PYTHON, NEW_PYTHON = "python_version < '3.12'", "python_version >= '3.12'"


def only(old: Lock | None, new: Lock | None) -> PackageChange:
    (change,) = compare(old, new).packages
    return change


def facts(old: LockedPackage, new: LockedPackage) -> tuple[Fact, ...]:
    change = only(lock(old), lock(new))
    assert change.kind == "changed"
    return change.facts


def test_what_came_went_and_moved_is_told_by_name() -> None:
    old = lock(entry("a"), entry("b", "1.0"), entry("c", "2.0"), entry("d"))
    new = lock(entry("a"), entry("b", "1.5"), entry("c", "1.9"), entry("e", "3.0"))

    found = compare(old, new)

    assert [(change.name, change.kind, change.before, change.after) for change in found.packages] == [
        ("b", "updated", ("1.0",), ("1.5",)),
        ("c", "downgraded", ("2.0",), ("1.9",)),
        ("d", "removed", ("1.0",), ()),
        ("e", "added", (), ("3.0",)),
    ]
    assert all(not change.facts and change.origins == (INDEX,) for change in found.packages)
    assert not found.inputs


def test_a_lock_beside_itself_has_no_difference_whoever_wrote_it() -> None:
    one = lock(entry("a", needs=["b>=1"], sdist=True), entry("b", marker=NEW_PYTHON), forks=[NEW_PYTHON])

    assert compare(one, one).is_empty
    assert compare(foreign(entry("a")), foreign(entry("a"))).is_empty


def test_without_an_old_lock_everything_came_and_without_a_new_one_everything_went() -> None:
    one = lock(entry("a"), entry("b"))

    assert [change.kind for change in compare(None, one).packages] == ["added", "added"]
    assert [change.kind for change in compare(one, None).packages] == ["removed", "removed"]
    assert compare(None, one).new_indexes == ()


def test_of_several_versions_it_is_told_which_became_which_and_where() -> None:
    old = lock(entry("a", "1.4"))
    new = lock(entry("a", "1.4", marker=OLD_PYTHON), entry("a", "2.0", marker=NEW_PYTHON))

    assert only(old, new).moves == (Move("1.4", "2.0", NEW_PYTHON),)
    assert only(new, old).moves == (Move("2.0", "1.4", NEW_PYTHON),)
    both = lock(entry("a", "1.5", marker=OLD_PYTHON), entry("a", "2.1", marker=NEW_PYTHON))
    assert only(new, both).moves == (Move("1.4", "1.5", OLD_PYTHON), Move("2.0", "2.1", NEW_PYTHON))


def test_where_a_package_was_not_and_is_not_any_more_is_a_move_of_its_own() -> None:
    old = lock(entry("a", "1.0", marker="sys_platform == 'linux'"))
    new = lock(
        entry("a", "1.0", marker="sys_platform == 'darwin'"),
        entry("a", "2.0", marker="sys_platform == 'win32'"),
    )

    assert only(old, new).moves == (
        Move("", "1.0", "sys_platform == 'darwin'"),
        Move("", "2.0", "sys_platform == 'win32'"),
        Move("1.0", "", "sys_platform == 'linux'"),
    )


@pytest.mark.parametrize(
    ("was", "now", "kind"),
    [
        (NEW_PYTHON, "", "marker-widened"),
        ("", NEW_PYTHON, "marker-narrowed"),
        (OLD_PYTHON, NEW_PYTHON, "marker-changed"),
        ("'dev' in dependency_groups", "", "marker-widened"),
        ("", "'net' in extras", "marker-narrowed"),
    ],
)
def test_the_algebra_says_whether_a_marker_is_wider(was: str, now: str, kind: str) -> None:
    assert facts(entry("a", marker=was), entry("a", marker=now)) == (
        Fact(kind, (was or "always",), (now or "always",)),
    )


def test_a_marker_that_is_spelled_otherwise_is_no_difference() -> None:
    spelled = "not (sys_platform != 'linux')".replace(
        "not (sys_platform != 'linux')", "'linux' == sys_platform"
    )

    assert compare(
        lock(entry("a", marker="sys_platform == 'linux'")), lock(entry("a", marker=spelled))
    ).is_empty


def test_markers_are_compared_where_both_locks_are_for() -> None:
    old = lock(entry("a", "1.0", marker="python_version >= '3.10'"), requires_python=">=3.9")
    new = lock(entry("a", "1.0"), requires_python=">=3.10")

    assert compare(old, new).packages == ()
    assert compare(old, new).inputs == ("`requires-python` is `>=3.10` and was `>=3.9`",)


def test_another_share_of_the_environments_is_told_by_version() -> None:
    old = lock(entry("a", "1.0", marker=OLD_PYTHON), entry("a", "2.0", marker=NEW_PYTHON))
    new = lock(
        entry("a", "1.0", marker="python_version < '3.13'"),
        entry("a", "2.0", marker="python_version >= '3.13'"),
    )

    assert only(old, new).facts == (
        Fact("marker-widened", (OLD_PYTHON,), ("python_version < '3.13'",), of="1.0"),
        Fact("marker-narrowed", (NEW_PYTHON,), ("python_version >= '3.13'",), of="2.0"),
    )


def test_another_index_is_loud_and_one_that_is_new_is_named() -> None:
    mine = "https://mine.example.com/simple/"
    old, new = lock(entry("a"), entry("b")), lock(entry("a", index=mine), entry("b"))

    assert only(old, new).facts == (Fact("source", (INDEX,), (mine,), is_loud=True),)
    assert compare(old, new).new_indexes == (mine,)
    assert only(lock(entry("a", "1")), lock(entry("a", "2", index=mine))).facts == (
        Fact("source", (INDEX,), (mine,), is_loud=True),
    )


def test_a_source_of_its_own_is_told_with_what_is_asked_of_it() -> None:
    git = LockedPackage(
        entry("a").name,
        "",
        direct=Direct(
            "vcs", "https://git.example.com/a.git", "git", "main", "84b3a3ac7f92", "python", lfs=True
        ),
        held_version="1.1",
    )
    folder = git._replace(direct=Direct("directory", "libs/a", editable=True))

    assert only(lock(entry("a")), lock(git)).after == ("1.1 (84b3a3ac7f92)",)
    (source, *_) = only(lock(git), lock(folder)).facts
    assert source.before == ("git+https://git.example.com/a.git@main#subdirectory=python with lfs",)
    assert source.after == ("libs/a (editable)",)
    moved = git._replace(direct=git.direct and git.direct._replace(commit="0000a3ac7f92"))
    assert only(lock(git), lock(moved)).kind == "updated"
    assert only(lock(git), lock(moved)).facts == ()


def test_a_file_that_is_another_under_its_name_is_loud() -> None:
    old = entry("a")
    new = old._replace(wheels=(old.wheels[0]._replace(digests=(Digest("sha256", "0" * 64),)),))

    (fact,) = facts(old, new)

    assert (fact.kind, fact.of, fact.is_loud) == ("hash", "a-1.0-py3-none-any.whl", True)
    assert fact.after == (f"sha256:{'0' * 64}",)


def test_no_common_kind_of_hash_proves_nothing_and_one_more_is_no_alarm() -> None:
    old = entry("a")
    file, more = old.wheels[0], Digest("sha512", "0" * 128)

    (other,) = facts(old, old._replace(wheels=(file._replace(digests=(more,)),)))
    (added,) = facts(old, old._replace(wheels=(file._replace(digests=(*file.digests, more)),)))

    assert (other.kind, other.is_loud) == ("hash", True)
    assert (added.kind, added.is_loud) == ("hashes", False)


def test_a_file_at_another_host_is_loud_and_at_another_place_of_it_is_not() -> None:
    old = entry("a")
    file = old.wheels[0]

    (elsewhere,) = facts(old, old._replace(wheels=(file._replace(url=file.url.replace("files", "fi1es")),)))
    (moved,) = facts(old, old._replace(wheels=(file._replace(url=file.url.replace(".com/", ".com/x/")),)))

    assert (elsewhere.kind, elsewhere.is_loud, moved.kind, moved.is_loud) == (
        "address",
        True,
        "address",
        False,
    )


def test_files_that_came_and_went_under_one_version_are_named() -> None:
    old, new = entry("a", wheels=["cp312-cp312-win_amd64"], sdist=True), entry("a", wheels=["py3-none-any"])

    found = {fact.kind: fact for fact in facts(old, new)}

    assert found["files-lost"].before == ("a-1.0-cp312-cp312-win_amd64.whl", "a-1.0.tar.gz")
    assert found["files-gained"].after == ("a-1.0-py3-none-any.whl",)


def test_what_needs_a_build_newly_is_told_by_target() -> None:
    made_from = inputs(requires_python=">=3.12,<3.13")
    linux, windows = "cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-win_amd64"
    old = lock(entry("a", "1", wheels=[linux, windows], sdist=True), made_from=made_from)
    new = lock(entry("a", "2", wheels=[linux], sdist=True), made_from=made_from)

    assert Fact("needs-build", where=("windows AMD64",)) in only(old, new).facts
    assert Fact("needs-no-build", where=("windows AMD64",)) in only(new, old).facts
    nothing = lock(entry("a", "2", wheels=[linux]), made_from=made_from)
    (gone,) = only(old, nothing).facts
    assert (gone.kind, gone.is_loud) == ("no-file", True)
    assert "windows AMD64" in gone.where
    assert "linux x86_64" not in gone.where


def test_what_came_says_where_it_has_no_wheel_and_nothing_where_it_has() -> None:
    made_from = inputs(requires_python=">=3.12,<3.13")
    empty = lock(made_from=made_from)

    assert only(empty, lock(entry("a", wheels=[], sdist=True), made_from=made_from)).facts == (
        Fact("needs-build"),
    )
    assert only(empty, lock(entry("a", sdist=True), made_from=made_from)).facts == ()


def test_a_python_among_several_is_named() -> None:
    made_from = inputs(requires_python=">=3.11,<3.13")
    old = lock(entry("a", "1"), made_from=made_from)
    new = lock(entry("a", "2", wheels=["cp312-abi3-win_amd64"], sdist=True), made_from=made_from)

    (fact,) = only(old, new).facts

    assert "windows AMD64 (3.11)" in fact.where
    assert "linux x86_64" in fact.where


def test_a_python_that_is_the_same_on_all_platforms_is_named_alone() -> None:
    made_from = inputs(requires_python=">=3.11,<3.13")
    old = lock(entry("a", "1"), made_from=made_from)
    new = lock(entry("a", "2", wheels=["cp312-none-any"], sdist=True), made_from=made_from)

    assert only(old, new).facts == (Fact("needs-build", where=("Python 3.11",)),)


def test_a_publisher_that_is_lost_or_another_is_loud_and_one_that_came_is_not() -> None:
    plain = entry("a")
    github, other = plain._replace(attestations=(GITHUB,)), plain._replace(attestations=(OTHER,))

    assert facts(github, plain) == (Fact("attestations-lost", (GITHUB,), is_loud=True),)
    assert facts(github, other) == (Fact("attestations-changed", (GITHUB,), (OTHER,), is_loud=True),)
    assert facts(plain, github) == (Fact("attestations-gained", after=(GITHUB,)),)
    moved = only(lock(github), lock(entry("a", "2.0")))
    assert moved.facts == (Fact("attestations-lost", (GITHUB,), is_loud=True),)


def test_other_requirements_of_the_same_version_are_told() -> None:
    old = entry("a", needs=["b>=1", "c"], extras={"x": ["d"]})
    new = entry("a", needs=["b>=2", "c"])._replace(is_built=True)

    assert facts(old, new) == (
        Fact("requires-changed", ("b>=1", "d (extra x)"), ("b>=2",)),
        Fact("told-by-build"),
    )


def test_what_of_the_project_changed_is_told_in_words() -> None:
    old, new = lock(made_from=inputs(["a>=1"])), lock(made_from=inputs(["a>=2"]))

    assert compare(old, new).inputs == ("`a>=2` in [project.dependencies] was `a>=1`",)


def test_what_builds_get_otherwise_is_told_and_what_moved_for_all_of_them_is_not() -> None:
    def held(requires: str, version: str, *pool: str, asked: tuple[str, ...] = ()) -> Lock:
        pins = (BuildPin(PackageName("x"), version), BuildPin(PackageName("y"), "1.0"))
        build = LockedBuild(((PackageName("a"), "1.0"), (PackageName("b"), "")), (requires,), asked, pins)
        packages = (*(entry("x", each) for each in pool), entry("y"))
        return lock(entry("a"))._replace(builds=(build,), build_packages=packages)

    old = held("x>=1", "1.0", "1.0", "2.0")

    assert compare(old, held("x>=2", "1.0", "1.0", "2.0", asked=("y",))).inputs == (
        "`[build-system]` of `a==1.0` requires `x>=2` and required `x>=1`",
        "the back end of `a==1.0` asks for `y` and asked for nothing",
        "`[build-system]` of `b` requires `x>=2` and required `x>=1`",
        "the back end of `b` asks for `y` and asked for nothing",
    )
    assert compare(old, held("x>=1", "2.0", "1.0", "2.0")).inputs == (
        "the build of `a==1.0` gets `x==2.0`, `y==1.0` and got `x==1.0`, `y==1.0`",
        "the build of `b` gets `x==2.0`, `y==1.0` and got `x==1.0`, `y==1.0`",
    )
    moved = compare(old, held("x>=1", "3.0", "2.0", "3.0"))
    assert (moved.inputs, [change.name for change in moved.builds]) == ((), ["x"])


def test_locks_of_other_tools_are_compared_by_what_the_standard_has() -> None:
    old = foreign(entry("a"), default_groups=["dev"])
    new = lock(entry("a", "2.0"), made_from=inputs(requires_python=">=3.12"))

    found = compare(old, new)

    assert found.inputs == (
        "the lock was written by `other`, and is by `detent`",
        "`requires-python` is `>=3.12` and was not set",
        "the default group `dev` was removed",
    )
    assert [change.kind for change in found.packages] == ["updated"]


def test_what_a_lock_says_is_compared_as_it_is_read_back() -> None:
    one = lock(entry("a", sdist=True)._replace(attestations=(GITHUB,)), entry("b", marker=OLD_PYTHON))

    assert compare(one, parse_lock(render_lock(one), "pylock.toml")).is_empty
