"""The tree of a lock."""

from typing import Any

import pytest

from detent.errors import UsageError
from detent.lock.model import Direct, Lock, LockedPackage
from detent.lock.views import draw, edges, view
from detent.model.inputs import Inputs
from detent.model.requirement import extra_name, group_name, package_name
from support.locks import entry, foreign, inputs, lock, target

PROJECT = inputs(
    ["requests[socks]>=2", "fastapi; python_version >= '3.10'"],
    extras={"cli": ["click"], "all": ["demo[cli]"]},
    groups={"dev": ["pytest", "requests"], "lint": ["click"]},
)
LOCK = lock(
    entry("anyio", needs=["idna"]),
    entry(
        "click",
        needs=["colorama; sys_platform == 'win32'"],
        marker="'all' in extras or 'cli' in extras or 'lint' in dependency_groups",
    ),
    entry("colorama", marker="sys_platform == 'win32'"),
    entry("fastapi", needs=["anyio"], marker="python_version >= '3.10'"),
    entry("idna", "3.10", marker="python_version < '3.11'"),
    entry("idna", "3.11", marker="python_version >= '3.11'"),
    entry("pysocks"),
    entry("pytest", marker="'dev' in dependency_groups"),
    entry("requests", "2.34.2", needs=["idna<4", "anyio"], extras={"socks": ["pysocks"]}),
    made_from=PROJECT,
)


def tree(some: Lock, project: Inputs, *, depth: int | None = None, dedupe: bool = True, **asked: Any) -> str:
    """Draw what is asked for."""
    return draw(view(some, project, **asked), depth=depth, dedupe=dedupe)


def test_the_tree_shows_extras_groups_forks_and_repeats() -> None:
    assert (
        tree(LOCK, PROJECT, version="0.1.0")
        == """\
demo v0.1.0
├── fastapi v1.0
│   └── anyio v1.0
│       ├── idna v3.10
│       └── idna v3.11
├── requests[socks] v2.34.2
│   ├── anyio v1.0 (*)
│   ├── idna v3.10
│   ├── idna v3.11
│   └── pysocks v1.0 (extra: socks)
├── click v1.0 (extra: all)
│   └── colorama v1.0
├── click v1.0 (extra: cli) (*)
├── pytest v1.0 (group: dev)
├── requests v2.34.2 (group: dev)
│   ├── anyio v1.0 (*)
│   ├── idna v3.10
│   └── idna v3.11
└── click v1.0 (group: lint) (*)
(*) Package tree already displayed
"""
    )


def test_a_target_shows_only_what_it_gets() -> None:
    assert (
        tree(LOCK, PROJECT, target=target("3.9.2"), groups=frozenset())
        == """\
demo
├── requests[socks] v2.34.2
│   ├── anyio v1.0
│   │   └── idna v3.10
│   ├── idna v3.10
│   └── pysocks v1.0 (extra: socks)
├── click v1.0 (extra: all)
└── click v1.0 (extra: cli)
"""
    )


def test_groups_alone_leave_out_the_rest() -> None:
    assert (
        tree(LOCK, PROJECT, groups=frozenset({group_name("lint")}), base=False)
        == """\
demo
└── click v1.0 (group: lint)
    └── colorama v1.0
"""
    )


def test_depth_cuts_the_tree_and_a_cut_subtree_is_drawn_where_there_is_room() -> None:
    project = inputs(["a", "b", "c"])
    some = lock(
        entry("a", needs=["b"]),
        entry("b", needs=["c"]),
        entry("c", needs=["d"]),
        entry("d", needs=["e"]),
        entry("e"),
        made_from=project,
    )

    assert tree(some, project, depth=0) == "demo\n"
    assert (
        tree(some, project, depth=3)
        == """\
demo
├── a v1.0
│   └── b v1.0
│       └── c v1.0
├── b v1.0
│   └── c v1.0
│       └── d v1.0
└── c v1.0
    └── d v1.0
        └── e v1.0
"""
    )


def test_rings_end() -> None:
    project = inputs(["a"])
    ring = lock(entry("a", needs=["b"]), entry("b", needs=["a"]), made_from=project)

    assert (
        tree(ring, project)
        == """\
demo
└── a v1.0
    └── b v1.0
        └── a v1.0 (*)
(*) Package tree already displayed
"""
    )
    assert (
        tree(ring, project, invert=True)
        == """\
a v1.0
├── demo
└── b v1.0
    └── a v1.0 (*)
(*) Package tree already displayed
"""
    )


def test_packages_start_the_tree() -> None:
    assert (
        tree(LOCK, PROJECT, packages=[package_name("anyio"), package_name("idna")])
        == """\
anyio v1.0
├── idna v3.10
└── idna v3.11
idna v3.10
idna v3.11
"""
    )


def test_a_package_the_lock_does_not_have_is_an_error() -> None:
    with pytest.raises(UsageError) as caught:
        tree(LOCK, PROJECT, packages=[package_name("nope")])
    assert "no entry of that name" in caught.value.why

    with pytest.raises(UsageError) as caught:
        tree(LOCK, PROJECT, packages=[package_name("colorama")], target=target())
    assert "for other environments only" in caught.value.why


def test_inverted_shows_who_needs_a_package_and_through_what() -> None:
    assert (
        tree(
            LOCK,
            PROJECT,
            version="1",
            invert=True,
            packages=[package_name("pysocks"), package_name("idna")],
            target=target(),
        )
        == """\
pysocks v1.0
└── requests v2.34.2 (extra: socks)
    ├── demo v1
    └── demo v1 (group: dev)
idna v3.11
├── anyio v1.0
│   ├── fastapi v1.0
│   │   └── demo v1
│   └── requests v2.34.2 (*)
└── requests v2.34.2 (*)
(*) Package tree already displayed
"""
    )


def test_inverted_as_a_whole_starts_from_what_needs_nothing() -> None:
    assert (
        tree(LOCK, PROJECT, invert=True, depth=0, target=target())
        == "click v1.0\nidna v3.11\npysocks v1.0\npytest v1.0\n"
    )


def test_a_foreign_lock_is_drawn_by_its_edges() -> None:
    project = inputs(["a"])
    other = foreign(
        entry("a", edges=["b 2.0"]), entry("b", "1.0", marker="python_version < '3.12'"), entry("b", "2.0")
    )

    assert (
        tree(other, project)
        == """\
demo
└── a v1.0
    └── b v2.0
"""
    )
    assert (
        tree(other, project, invert=True, depth=1)
        == """\
b v1.0
b v2.0
└── a v1.0
"""
    )


def test_a_lock_that_is_not_up_to_date_still_shows_what_it_has() -> None:
    assert tree(lock(entry("a", "1.0")), inputs(["a>=2"])) == "demo\n└── a v1.0\n"


def test_an_entry_without_a_version_is_drawn_without() -> None:
    assert tree(lock(LockedPackage(package_name("a"), "")), inputs(["a>=2"])) == "demo\n└── a\n"


def test_what_comes_from_elsewhere_is_drawn_with_its_place() -> None:
    commit = "84b3a3ac7f9252fba5dedcc666febd3b387b2b50"
    repository = Direct("vcs", "https://git.example.com/a.git", "git", "main", commit)
    folder = Direct("directory", "libs/b", editable=True)
    some = lock(
        LockedPackage(package_name("a"), "", direct=repository, held_version="1.2", requires=("b",)),
        LockedPackage(package_name("b"), "", direct=folder, held_version="0.3"),
    )

    assert tree(some, inputs(["a"])) == (
        "demo\n└── a v1.2 (git+https://git.example.com/a.git@84b3a3ac7f92)\n    └── b v0.3 (libs/b)\n"
    )


def test_a_pruned_package_is_not_shown_nor_what_stands_below_it() -> None:
    pruned = frozenset((package_name("requests"), package_name("click")))

    assert tree(LOCK, PROJECT, pruned=pruned, target=target("3.10.1")) == (
        "demo\n├── fastapi v1.0\n│   └── anyio v1.0\n│       └── idna v3.10\n└── pytest v1.0 (group: dev)\n"
    )


def test_a_subtree_can_be_drawn_wherever_it_comes_and_a_ring_still_ends() -> None:
    ring = lock(
        entry("a", needs=["c"]),
        entry("b", needs=["c"]),
        entry("c", needs=["a"]),
        made_from=inputs(["a", "b"]),
    )

    assert (
        tree(ring, inputs(["a", "b"]), dedupe=False)
        == """\
demo
├── a v1.0
│   └── c v1.0
│       └── a v1.0 (*)
└── b v1.0
    └── c v1.0
        └── a v1.0
            └── c v1.0 (*)
(*) Package tree already displayed
"""
    )


def test_extras_and_groups_can_be_chosen() -> None:
    cli = frozenset((extra_name("cli"),))

    text = tree(LOCK, PROJECT, groups=frozenset(), extras=cli, depth=1)

    assert text == "demo\n├── fastapi v1.0\n├── requests[socks] v2.34.2\n└── click v1.0 (extra: cli)\n"


def test_the_tree_shows_what_overrides_and_exclusions_leave() -> None:
    project = inputs(
        ["a>=9", "gone", "only-here; sys_platform == 'win32'"],
        adjustments={"exclude-dependencies": ["gone"], "override-dependencies": ["a==1"]},
    )
    some = lock(entry("a"), entry("only-here", marker="sys_platform == 'win32'"), made_from=project)

    assert tree(some, project) == "demo\n├── a v1.0\n└── only-here v1.0\n"


def test_notes_stand_behind_what_brings_a_package_in() -> None:
    some = lock(entry("a", "1.0"), made_from=inputs([], groups={"dev": ["a"]}))
    project = inputs([], groups={"dev": ["a"]})

    assert draw(view(some, project), notes={0: " (1.0KiB)"}) == "demo\n└── a v1.0 (group: dev) (1.0KiB)\n"


def test_edges_come_once_each_nearer_ones_first_and_say_what_is_wanted() -> None:
    project = inputs(["a>=1", "b; sys_platform == 'linux'"])
    some = lock(entry("a", needs=["b<2"]), entry("b", needs=["a"]), made_from=project)

    found = list(edges(view(some, project)))

    assert [(node.entry, link.node.entry, link.wanted) for node, link in found] == [
        (-1, 0, (">=1",)),
        (-1, 1, ("; sys_platform == 'linux'",)),
        (0, 1, ("<2",)),
        (1, 0, ()),
    ]
    assert [node.entry for node, _ in edges(view(some, project), 1)] == [-1, -1]
