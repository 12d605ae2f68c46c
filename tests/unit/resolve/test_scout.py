"""Reading ahead before the first decision."""

from collections.abc import Sequence

from detent.model.candidate import Metadata
from detent.model.requirement import PackageName, package_name
from detent.model.versions import Listing
from detent.resolve.forks import resolve
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
