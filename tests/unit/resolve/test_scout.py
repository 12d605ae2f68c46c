"""Reading ahead before the first decision."""

from detent.model.requirement import package_name
from detent.resolve.forks import resolve
from support.worlds import project, ticking, world

NAMES = tuple(map(package_name, "abcdefg"))
A, B, C, D, E, F, G = NAMES


def test_what_the_first_guess_needs_is_fetched_level_by_level() -> None:
    releases = world({"a": {"1.0": ["c", "d"]}, "b": {"1.0": ["e[x]"]}, "c": ["1.0"], "d": ["1.0"]} | {
        "e": {"1.0": ["f; extra == 'x'", "g; python_version < '3'"]}, "f": ["1.0"], "g": ["1.0"]
    })  # fmt: skip

    resolve(project(["a", "b"]), releases, clock=ticking())

    assert releases.expected == [
        ((A, B), ()),
        ((), ((A, 1), (B, 1))),
        ((C, D, E), ()),
        ((), ((C, 1), (D, 1), (E, 1))),
        ((F,), ()),
        ((), ((F, 1),)),
    ]


def test_a_circle_of_packages_ends_the_walk() -> None:
    releases = world({"a": {"1.0": ["b"]}, "b": {"1.0": ["a"]}})

    resolve(project(["a"]), releases, clock=ticking())

    assert len(releases.expected) == 4
