"""Our named tuples beside those of `typing`, which are the judge."""

import copy
import pickle
import typing
from collections.abc import Callable
from typing import Any

import pytest

from detent import named


class Ours(named.NamedTuple):
    """A point."""

    x: int
    y: "int" = 2
    name: str = "p"

    @property
    def total(self) -> int:
        """Both."""
        return self.x + self.y

    def moved(self, by: int) -> "Ours":
        """Go on."""
        return self._replace(x=self.x + by)


class Judge(typing.NamedTuple):
    """A point."""

    x: int
    y: "int" = 2
    name: str = "p"

    @property
    def total(self) -> int:
        """Both."""
        return self.x + self.y

    def moved(self, by: int) -> "Judge":
        """Go on."""
        return self._replace(x=self.x + by)


class Single(named.NamedTuple):
    """One field."""

    only: str


class Child(Ours):
    """Made of another."""

    __slots__ = ()


def matched(point: object) -> object:
    match point:
        case Ours(x, y) | Judge(x, y):
            return x, y
    return None


def result(call: Callable[[Any], object], kind: object) -> object:
    try:
        return call(kind)
    except Exception as error:  # noqa: BLE001
        return type(error)


@pytest.mark.parametrize(
    "call",
    [
        lambda kind: tuple(kind(1)),
        lambda kind: tuple(kind(1, 5, name="q")),
        lambda kind: tuple(kind(x=1, y=3)),
        lambda kind: kind(),
        lambda kind: kind(1, 2, "n", 4),
        lambda kind: kind(1, x=1),
        lambda kind: kind(1, z=1),
        lambda kind: tuple(kind._make([1, 2, "n"])),
        lambda kind: kind._make([1, 2]),
        lambda kind: tuple(kind(1)._replace(y=9)),
        lambda kind: kind(1)._replace(z=9),
        lambda kind: kind(1)._asdict(),
        lambda kind: repr(kind(1)).partition("(")[2],
        lambda kind: kind._fields,
        lambda kind: kind._field_defaults,
        lambda kind: kind.__match_args__,
        typing.get_type_hints,
        lambda kind: kind.__doc__,
        lambda kind: kind(1).total,
        lambda kind: tuple(kind(1).moved(2)),
        lambda kind: kind(1) == (1, 2, "p"),
        lambda kind: hash(kind(1)) == hash((1, 2, "p")),
        lambda kind: kind(1) < kind(2),
        lambda kind: min(kind(2), kind(1)).x,
        lambda kind: matched(kind(1)),
        lambda kind: tuple(pickle.loads(pickle.dumps(kind(1)))),
        lambda kind: type(copy.deepcopy(kind(1))) is kind,
        lambda kind: kind(1).__dict__,
        lambda kind: setattr(kind(1), "x", 2),
        lambda kind: tuple(tuple.__new__(kind, (1, 2, "n"))),
        lambda kind: (kind.__bases__, kind.__module__, kind.__slots__),
        lambda kind: isinstance(kind(1), tuple),
    ],
)
def test_they_do_what_those_of_the_standard_library_do(call: Callable[[Any], object]) -> None:
    assert result(call, Ours) == result(call, Judge)


def test_each_class_has_a_constructor_of_its_own() -> None:
    assert Child(1, name="c") == (1, 2, "c")
    assert type(Child(1)._replace(x=2)) is Child
    assert Single("a") == ("a",)
    assert Ours(3) == (3, 2, "p")
    assert type(Ours(3)) is Ours
