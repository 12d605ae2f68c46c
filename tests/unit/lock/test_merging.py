"""Locks merged without an index: what is proven, and what is left between markers."""

import pytest

from detent.lock.conflicted import take_apart
from detent.lock.merging import is_proven, marked_text, merge_locks
from detent.lock.model import BuildPin, Lock, LockedBuild, LockedPackage
from detent.lock.pylock import parse_lock, render_lock
from support.locks import entry, foreign, inputs, lock

A = entry("a", needs=["c"], edges=["c"])
C = entry("c")
WIN = "sys_platform == 'win32'"


def text(*packages: LockedPackage, needs: tuple[str, ...] = ("a",), **more: object) -> str:
    return render_lock(lock(*packages, made_from=inputs(needs, **more)))  # type: ignore[arg-type]


BASE = text(A, C)


def whole(base: str, ours: str, theirs: str) -> Lock:
    found = merge_locks(base, ours, theirs)
    assert found is not None
    assert found.contested == ()
    return parse_lock(found.text, "")


def contested(base: str, ours: str, theirs: str) -> tuple[str, ...]:
    found = merge_locks(base, ours, theirs)
    assert found is not None
    assert "<<<<<<< ours" in found.text
    return found.contested


def test_what_both_sides_together_change_of_a_third_package_is_found_anew() -> None:
    """`c` is for windows alone on one side, for one group on the other, and for both together."""
    base = text(entry("d"), needs=("d",))
    ours = text(
        entry("a", needs=["c"], edges=["c"], marker=WIN),
        entry("c", marker=WIN),
        entry("d"),
        needs=(f"a; {WIN}", "d"),
    )
    dev = "'dev' in dependency_groups"
    theirs = text(entry("c", marker=dev), entry("d"), needs=("d",), groups={"dev": ["c"]})

    merged = whole(base, ours, theirs)

    assert [(p.name, p.marker) for p in merged.packages] == [
        ("a", WIN),
        ("c", f"'dev' in dependency_groups or {WIN}"),
        ("d", ""),
    ]
    assert merged.groups == ("dev",)


def test_what_nothing_needs_any_more_goes() -> None:
    base = text(A, entry("b", needs=["c"], edges=["c"]), C, entry("d"), needs=("a", "b", "d"))
    ours = text(entry("b", needs=["c"], edges=["c"]), C, entry("d"), needs=("b", "d"))
    theirs = text(A, C, entry("d"), needs=("a", "d"))

    assert [package.name for package in whole(base, ours, theirs).packages] == ["d"]


def test_a_lock_that_both_made_is_merged_without_a_base() -> None:
    assert [p.name for p in whole("", text(A, C), text(A, entry("b"), C, needs=("a", "b"))).packages] == [
        "a",
        "b",
        "c",
    ]


def test_a_pin_of_one_side_that_the_other_does_not_allow_is_no_merge() -> None:
    base = text(C, needs=("c",))
    ours = text(entry("c", "2.0"), needs=("c",))
    theirs = text(entry("b", needs=["c<2"], edges=["c"]), C, needs=("b", "c"))

    assert contested(base, ours, theirs) == (
        "all that changed: `b 1.0` needs `c<2`, but the lock has `c 2.0`",
    )


def test_versions_beside_each_other_that_neither_side_had_are_no_merge() -> None:
    """One side has a newer version for windows, the other needs the old one everywhere."""
    base = text(entry("a", marker=WIN), needs=(f"a; {WIN}",))
    ours = text(
        entry("a", "2.0", needs=["c"], edges=["c"], marker=WIN), entry("c", marker=WIN), needs=(f"a; {WIN}",)
    )
    theirs = text(entry("a"), entry("b", needs=["a"], edges=["a"]), needs=(f"a; {WIN}", "b"))

    assert contested(base, ours, theirs) == ("`a`",)


def test_versions_of_environments_that_one_side_no_longer_solved_apart_are_no_merge() -> None:
    elsewhere = "sys_platform != 'win32'"
    first, second = (
        entry("c", marker=WIN),
        entry("c", "2.0", marker=f"'dev' in dependency_groups and {elsewhere}"),
    )
    groups = {"dev": [f"c; {elsewhere}", f"c<2; {WIN}"]}

    def forked(*packages: LockedPackage, **more: object) -> str:
        found = parse_lock(text(*packages, needs=(f"c<2; {WIN}",), **more), "")
        return render_lock(found._replace(forks=(WIN, elsewhere)))

    base, theirs = forked(first), forked(first, second, groups=groups)

    assert contested(base, text(needs=()), theirs)[0].startswith(
        "all that changed: there are 2 entries of `c`"
    )
    clean = render_lock(parse_lock(theirs, "")._replace(forks=()))
    assert (is_proven(theirs), is_proven(clean)) == (True, False)


def test_an_extra_that_nobody_looked_at_is_no_merge() -> None:
    base = text(C, needs=("c",))
    ours = text(entry("c", "2.0"), needs=("c",))
    theirs = text(entry("c", extras={"x": []}), needs=("c", "c[x]"))

    assert contested(base, ours, theirs)


@pytest.mark.parametrize(
    "more",
    [
        {"requires_python": ">=3.8"},
        {"options": {"resolution": "lowest"}},
        {"adjustments": {"constraint-dependencies": ["c<2"]}},
    ],
)
def test_pins_chosen_on_other_terms_are_not_mixed(more: dict[str, object]) -> None:
    ours = text(A, C, **more)  # type: ignore[arg-type]
    theirs = text(A, entry("b"), C, needs=("a", "b"))

    assert "the terms that versions are chosen on" in contested(BASE, ours, theirs)


def test_a_project_that_asks_for_its_own_extra_is_known_by_it() -> None:
    extras = {"all": ["demo[x]"], "x": ["a"]}
    gate = "'all' in extras or 'x' in extras"
    own = [entry("a", needs=["c"], edges=["c"], marker=gate), entry("c", marker=gate)]
    base = text(*own, needs=(), extras=extras)
    ours = text(*own, entry("d"), needs=("d",), extras=extras)
    theirs = text(*own, entry("e"), needs=("e",), extras=extras)

    assert [p.name for p in whole(base, ours, theirs).packages] == ["a", "c", "d", "e"]


def test_what_is_contested_stands_between_markers_and_the_rest_is_merged() -> None:
    ours = text(A, entry("b"), entry("c", "1.1"), needs=("a", "b"))
    theirs = text(A, entry("c", "1.2"), entry("d"), needs=("a", "d"))

    found = merge_locks(BASE, ours, theirs)

    assert found is not None
    assert found.contested == ("`c`",)
    assert found.text.count("<<<<<<< ours") == 1
    sides = take_apart(found.text)
    for side, version in ((sides.base, "1.0"), (sides.ours, "1.1"), (sides.theirs, "1.2")):
        read = parse_lock(side or "", "")
        assert [(p.name, p.version) for p in read.packages] == [
            ("a", "1.0"),
            ("b", "1.0"),
            ("c", version),
            ("d", "1.0"),
        ]
        assert read.inputs is not None
        assert read.inputs.dependencies == ("a", "b", "d")


def test_a_requirement_that_both_changed_is_contested() -> None:
    found = contested(BASE, text(A, C, needs=("a>=1",)), text(A, C, needs=("a>=0.5",)))
    assert found == ("what [project.dependencies] says of `a`",)


def test_a_group_that_is_taken_away_while_it_changes_is_contested() -> None:
    dev = "'dev' in dependency_groups"
    base = text(A, C, entry("d", marker=dev), groups={"dev": ["d"]})
    theirs = text(A, C, entry("d", marker=dev), entry("e", marker=dev), groups={"dev": ["d", "e"]})

    assert "the group `dev`" in contested(base, text(A, C), theirs)


@pytest.mark.parametrize("strange", ["no lock", render_lock(foreign()), BASE + "\n# a remark\n"])
def test_what_is_not_written_by_this_release_is_merged_as_text_alone(strange: str) -> None:
    ours, theirs = text(A, C, needs=("a>=1",)), text(A, entry("b"), C, needs=("a", "b"))
    assert merge_locks(BASE, strange, theirs) is None
    assert merge_locks(BASE, ours, strange) is None


def test_a_text_is_proven_if_it_is_whole_or_of_another_tool() -> None:
    assert is_proven(BASE)
    assert is_proven(render_lock(foreign()))
    assert not is_proven(text(A, C, needs=("a", "c>=2")))
    assert not is_proven("no lock")
    built = LockedBuild(((A.name, A.version),), pins=(BuildPin(C.name, C.version),))
    assert not is_proven(render_lock(parse_lock(BASE, "")._replace(builds=(built,), build_packages=(C,))))


def test_three_texts_between_markers_come_apart_again() -> None:
    sides = take_apart(marked_text("a\nb\nz\n", "a\nc\nz\n", "a\nz\n"))
    assert (sides.base, sides.ours, sides.theirs) == ("a\nb\nz\n", "a\nc\nz\n", "a\nz\n")
