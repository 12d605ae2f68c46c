"""Which entries an excerpt takes, where, and who asks for them."""

import pytest

from detent.errors import Unsupported
from detent.errors.lock import LockInvalid
from detent.lock.excerpt import Taken, edges_within, excerpt
from detent.lock.model import Direct, Edge, Lock, LockedPackage
from detent.lock.select import Wanted
from detent.model import markers
from detent.model.requirement import ExtraName, GroupName, package_name
from support.locks import entry, foreign, inputs, lock

DEMO = package_name("demo")
BASE = Wanted()
DEV = Wanted(groups=frozenset((GroupName("dev"),)))
NET = Wanted(frozenset((ExtraName("net"),)))
ONLY_DEV = DEV._replace(base=False)


def taken(some: Lock, wanted: Wanted = BASE, *, pruned: tuple[str, ...] = ()) -> list[Taken]:
    return list(excerpt(some, DEMO, wanted, pruned=frozenset(map(package_name, pruned))))


def titles(found: list[Taken]) -> list[str]:
    return [
        f"{one.package.name} {one.package.version}"
        + (f"; {text}" if (text := markers.render(one.marker)) else "")
        for one in found
    ]


def owners(found: list[Taken]) -> dict[str, tuple[str, ...]]:
    return {one.package.name: one.needed_by for one in found}


WORLD = lock(
    entry("a", needs=["c; sys_platform == 'win32'"]),
    entry("b", marker="'dev' in dependency_groups", needs=["c"]),
    entry(
        "c",
        marker="sys_platform == 'win32' or 'dev' in dependency_groups or 'net' in extras",
        needs=["d; extra == 'x'"],
        extras={"x": ["d"]},
    ),
    entry("d", marker="'net' in extras"),
    made_from=inputs(["a", "demo[none]"], extras={"net": ["c[x]"], "none": []}, groups={"dev": ["b"]}),
)


def test_extras_and_groups_are_decided_and_the_platform_stays() -> None:
    assert titles(taken(WORLD)) == ["a 1.0", "c 1.0; sys_platform == 'win32'"]
    assert titles(taken(WORLD, DEV)) == ["a 1.0", "b 1.0", "c 1.0"]
    assert titles(taken(WORLD, NET)) == ["a 1.0", "c 1.0", "d 1.0"]
    assert titles(taken(WORLD, ONLY_DEV)) == ["b 1.0", "c 1.0"]


def test_everybody_who_asks_is_named() -> None:
    both = Wanted(NET.extras, DEV.groups)

    assert owners(taken(WORLD)) == {"a": ("demo",), "c": ("a",)}
    assert owners(taken(WORLD, both)) == {
        "a": ("demo",),
        "b": ("demo (group: dev)",),
        "c": ("a", "b", "demo (extra: net)"),
        "d": ("c",),
    }


def test_extras_that_packages_ask_for_are_walked_too() -> None:
    some = lock(
        entry("a", marker="'dev' in dependency_groups", needs=["b[x]"]),
        entry("b", extras={"x": ["c"]}),
        entry("c"),
        entry("d"),
        made_from=inputs(["b[x]", "d"], groups={"dev": ["a"]}),
    )

    assert owners(taken(some, ONLY_DEV)) == {"a": ("demo (group: dev)",), "b": ("a",), "c": ("b",)}


def test_references_of_the_project_to_itself_are_followed_once() -> None:
    ring = inputs(extras={"all": ["demo[net]", "demo[all]"], "net": ["a"]})
    some = lock(entry("a", marker="'all' in extras or 'net' in extras"), made_from=ring)

    found = taken(some, Wanted(frozenset((ExtraName("all"),))))

    assert owners(found) == {"a": ("demo (extra: all)",)}


def test_every_version_stands_under_its_own_marker_and_requires_python_in_none() -> None:
    some = lock(
        entry("a", "1.0", marker="python_version < '3.11'"),
        entry("a", "2.0", marker="python_version >= '3.11' and python_version < '3.14'"),
        made_from=inputs(["a"], requires_python=">=3.9,<3.14"),
    )

    assert titles(taken(some)) == [
        "a 1.0; python_version < '3.11'",
        "a 2.0; python_version >= '3.11'",
    ]


def test_what_only_the_pruned_needs_goes_with_it() -> None:
    some = lock(
        entry("a", needs=["c", "d"]),
        entry("b", needs=["d; sys_platform == 'win32'"]),
        entry("c"),
        entry("d"),
        made_from=inputs(["a", "b"]),
    )

    assert titles(taken(some, pruned=("a",))) == ["b 1.0", "d 1.0; sys_platform == 'win32'"]


def test_a_ring_that_only_the_pruned_holds_up_goes_too() -> None:
    some = lock(
        entry("a", needs=["b"]), entry("b", needs=["c"]), entry("c", needs=["b"]), made_from=inputs(["a"])
    )

    assert taken(some, pruned=("a",)) == []


def test_a_lock_of_another_tool_is_taken_by_its_markers_and_edges() -> None:
    some = foreign(
        entry("a", edges=["c"]),
        entry("b", marker="'dev' in dependency_groups", edges=["c", "d"]),
        entry("c"),
        entry("d", marker="'dev' in dependency_groups"),
    )

    assert titles(taken(some)) == ["a 1.0", "c 1.0"]
    assert owners(taken(some, DEV)) == {"a": (), "b": (), "c": ("a", "b"), "d": ("b",)}
    assert titles(taken(some, ONLY_DEV)) == ["b 1.0", "c 1.0", "d 1.0"]
    with pytest.raises(Unsupported, match="no package can be pruned"):
        taken(some, pruned=("a",))


def test_a_requirement_nobody_can_read_makes_the_lock_invalid() -> None:
    with pytest.raises(LockInvalid) as caught:
        taken(lock(entry("a", needs=["c >< 1"]), made_from=inputs(["a"])))

    assert "`c >< 1` is not a valid requirement" in caught.value.why


def test_edges_stay_within_the_excerpt_in_their_shortest_form() -> None:
    some = lock(
        entry("a", edges=["b 1.0", "b 2.0", "c"]),
        entry("b", "1.0", marker="python_version < '3.11'"),
        entry("b", "2.0", marker="'dev' in dependency_groups and python_version >= '3.11'"),
        entry("c", marker="'dev' in dependency_groups"),
    )

    (a, _) = edges_within(taken(some))
    (whole, *_) = edges_within(taken(some, DEV))

    assert a.dependencies == (Edge(package_name("b")),)
    assert whole.dependencies == some.packages[0].dependencies


def test_an_excerpt_is_for_the_environments_of_the_lock_alone() -> None:
    linux = "sys_platform == 'linux'"
    some = lock(
        entry("a"), made_from=inputs(["a"], adjustments={"environments": [linux]}), environments=[linux]
    )

    assert titles(taken(some)) == [f"a 1.0; {linux}"]


def test_what_extras_exclude_is_left_out_where_they_meet() -> None:
    side = "'cpu' in extras or ('all' in extras and sys_platform == 'darwin')"
    some = lock(
        entry("t", "1", marker=side),
        entry("t", "2", marker="'gpu' in extras"),
        made_from=inputs(
            extras={"cpu": ["t==1"], "gpu": ["t==2"], "all": ["demo[cpu]; sys_platform == 'darwin'"]},
            adjustments={"conflicts": [f"extra cpu ({side}) | extra gpu"]},
        ),
    )
    both = Wanted(frozenset(map(ExtraName, ("gpu", "all"))))

    assert titles(taken(some, both)) == ["t 2; sys_platform != 'darwin'"]


def test_an_excerpt_goes_by_what_overrides_and_exclusions_leave() -> None:
    some = lock(
        entry("a", extras={"x": ["b"]}, marker="sys_platform == 'win32'"),
        entry("b", marker="sys_platform == 'win32'"),
        made_from=inputs(
            ["a[x]>=9", "gone"],
            adjustments={
                "exclude-dependencies": ["gone"],
                "override-dependencies": ["a==1; sys_platform == 'win32'"],
            },
        ),
    )

    found = taken(some, pruned=("other",))
    assert titles(found) == ["a 1.0; sys_platform == 'win32'", "b 1.0; sys_platform == 'win32'"]
    assert owners(found) == {"a": ("demo",), "b": ("a",)}


def test_a_folder_that_is_no_package_is_none_of_an_excerpt() -> None:
    alone = LockedPackage(
        package_name("a"), "", direct=Direct("directory", "libs/a", is_package=False), requires=("b",)
    )
    some = lock(alone, entry("b"), made_from=inputs(["a"]))

    assert titles(taken(some)) == ["b 1.0"]
    assert [one.needed_by for one in taken(some)] == [("a",)]
