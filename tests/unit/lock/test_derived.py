"""What follows from the rest of a lock is as it follows."""

from collections.abc import Mapping

from detent.lock.derived import derived_faults, extras_faults
from detent.lock.model import Edge, Lock
from detent.model.inputs import Inputs
from detent.model.names import ExtraName
from detent.model.requirement import package_name
from support.locks import entry, inputs, lock

PROJECT = inputs(["a[fast]"], extras={"net": ["b"]}, groups={"dev": ["c"]})


def whole(*, forks: tuple[str, ...] = ("python_version < '3.12'", "python_version >= '3.12'")) -> Lock:
    return lock(
        entry(
            "a",
            needs=["b; python_version < '3.12'"],
            extras={"fast": ["c"]},
            edges=["b", "c 1.0", "c 2.0"],
        ),
        entry("b", marker="'net' in extras or python_version < '3.12'"),
        entry("c", "1.0", marker="python_version < '3.12'"),
        entry("c", "2.0", marker="python_version >= '3.12'"),
        made_from=PROJECT,
        forks=forks,
    )


def faults(changed: Lock) -> list[str]:
    return list(derived_faults(PROJECT, changed))


def without_edge(changed: Lock, name: str, version: str = "") -> Lock:
    first, *rest = changed.packages
    gone = Edge(package_name(name), version)
    kept = tuple(edge for edge in first.dependencies if edge != gone)
    return changed._replace(packages=(first._replace(dependencies=kept), *rest))


def test_a_lock_that_was_made_so_has_no_faults() -> None:
    assert faults(whole()) == []


def test_an_edge_that_is_missing_or_that_nothing_asks_for_is_told() -> None:
    assert faults(without_edge(whole(), "b")) == [
        "`a 1.0` needs `b 1.0`, and its `dependencies` do not say so"
    ]
    assert faults(without_edge(whole(), "c", "2.0")) == [
        "`a 1.0` needs `c 2.0`, and its `dependencies` do not say so"
    ]
    first, second, *rest = whole().packages
    more = second._replace(dependencies=(Edge(package_name("a")),))
    assert faults(whole()._replace(packages=(first, more, *rest))) == [
        "`b 1.0` does not need `a 1.0`, which its `dependencies` name"
    ]


def test_splits_that_overlap_or_leave_something_out_are_told() -> None:
    overlapping = "`python_version < '3.13'` and `python_version >= '3.12'`"
    assert faults(whole(forks=("python_version < '3.13'", "python_version >= '3.12'"))) == [
        f"two of the environments that were solved apart overlap: {overlapping}"
    ]
    assert faults(whole(forks=("python_version < '3.11'", "python_version >= '3.12'"))) == [
        "the environments that were solved apart leave out `python_version == '3.11'`"
    ]


def test_two_versions_without_splits_are_told() -> None:
    assert faults(whole(forks=())) == [
        "there are 2 entries of `c`, and no environments that were solved apart"
    ]


def test_names_at_the_top_that_are_not_those_of_the_project_are_told() -> None:
    assert faults(whole()._replace(groups=())) == [
        "`dependency-groups` at the top of the lock names none, and the project has `dev`"
    ]


def extras(project: Inputs, changed: Lock, declared: Mapping[int, frozenset[str]]) -> list[str]:
    return list(extras_faults(project, whole(), changed, declared))


def test_extras_that_are_asked_for_are_recorded_and_no_others() -> None:
    first, *rest = whole().packages
    fast, slow = ExtraName("fast"), ExtraName("slow")
    declared = {0: frozenset({"fast", "slow"})}
    bare = whole()._replace(packages=(first._replace(extras=()), *rest))
    more = whole()._replace(packages=(first._replace(extras=((fast, ("c",)), (slow, ()))), *rest))

    assert extras(PROJECT, whole(), declared) == []
    assert extras(PROJECT, bare, declared) == ["`a 1.0`: the lock leaves out its extra `fast`"]
    assert extras(PROJECT, more, declared) == [
        "`a 1.0`: nothing asks for the extra `slow` that the lock has of it"
    ]
    assert extras(PROJECT, bare, {}) == []  # nobody knows which there are
