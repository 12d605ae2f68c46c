"""Reading ahead before the first decision."""

import random
from collections.abc import Iterable, Sequence

import pytest

from detent.errors.fetch import PackageUnknown
from detent.model.candidate import Metadata
from detent.model.requirement import PackageName, package_name
from detent.model.versions import Listing
from support.resolving import resolve
from support.worlds import World, project, release, ticking, world

A, B, C, D, E, F = map(package_name, "abcdef")

PACKAGES = {
    "a": {"1.0": ["c", "d"]},
    "b": {"1.0": ["e[x]"]},
    "c": ["1.0"],
    "d": ["1.0"],
    "e": {"1.0": ["f; extra == 'x'", "g; python_version < '3'"]},
    "f": ["1.0"],
}


class Announced(World):
    """A world that answers only what it was told to expect."""

    def listing(self, name: PackageName) -> Listing:
        assert any(name in listings for listings, _ in self.expected)
        return super().listing(name)

    def metadata(self, name: PackageName, number: int) -> Metadata | None:
        assert any((name, number) in metadata for _, metadata in self.expected)
        return super().metadata(name, number)


def flat(expected: Sequence[tuple[Sequence[PackageName], Sequence[tuple[PackageName, int]]]]) -> list[object]:
    return [thing for listings, metadata in expected for thing in (*listings, *metadata)]


def test_everything_in_reach_is_announced_once_and_breadth_first() -> None:
    releases = world(PACKAGES)

    resolve(project(["a", "b"]), releases, clock=ticking())

    assert flat(releases.expected) == [
        A, B, (A, 1), (B, 1), C, D, E, (C, 1), (D, 1), (E, 1), F, (F, 1),
    ]  # fmt: skip


def test_nothing_is_asked_for_that_was_not_announced() -> None:
    assert resolve(project(["a", "b"]), Announced(PACKAGES), clock=ticking())


def test_older_pythons_are_read_ahead_as_well_when_a_version_is_not_for_them() -> None:
    packages = {"a": {"1.0": ["c<2"], "2.0": release(["c"], python=">=3.12")}, "c": ["1.0", "2.0"]}
    releases = world(packages)

    resolve(project(["a"]), releases, clock=ticking())

    assert flat(releases.expected) == [A, (A, 2), C, (C, 2), (A, 1), (C, 1)]


def test_a_circle_of_packages_ends_the_walk() -> None:
    releases = world({"a": {"1.0": ["b"]}, "b": {"1.0": ["a"]}})

    resolve(project(["a"]), releases, clock=ticking())

    assert flat(releases.expected) == [A, (A, 1), B, (B, 1)]


class Untimely(World):
    """A world whose answers come in an order of their own."""

    dice = random.Random()

    def first(self, wanted: Iterable[tuple[PackageName, int]]) -> int:
        return self.dice.randrange(len(list(wanted)))


def test_what_is_found_does_not_depend_on_which_answer_comes_first() -> None:
    old = {f"{number}.0": [f"c=={number}.0", "e[x]"] for number in range(1, 9)}
    packages = {**PACKAGES, "a": old, "b": {**old, "9.0": ["c<4", "e"]}, "c": ["1.0", "2.0", "3.0"]}
    expected = resolve(project(["a", "b>1", "d"]), world(packages), clock=ticking())

    for seed in range(20):
        untimely = Untimely(packages)
        untimely.dice = random.Random(seed)
        assert resolve(project(["a", "b>1", "d"]), untimely, clock=ticking()) == expected


def test_nothing_more_is_read_ahead_once_the_project_needs_what_there_is_not() -> None:
    releases = world(PACKAGES)

    with pytest.raises(PackageUnknown):
        resolve(project(["gone", "a"]), releases, clock=ticking())

    assert flat(releases.expected) == [package_name("gone"), A]
