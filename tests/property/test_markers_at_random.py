"""The marker algebra against packaging in long runs: `DETENT_FUZZ_ROUNDS=100` is more than a million comparisons."""

import random
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import pytest
from packaging.markers import Marker as Judge
from packaging.markers import UndefinedComparison

from detent.model import markers
from detent.model.markers import ALWAYS, NEVER, Marker
from support.marker_words import combination, interpreter
from support.rounds import seeds

NAMES = ("a", "b", "c-d")
PER_SEED = 24
"""Markers, and interpreters, of one seed."""

Answers: TypeAlias = tuple[bool | None, ...]
"""Of one marker for each interpreter; ``None`` where packaging has no answer."""


class Place(NamedTuple):
    """An interpreter, and the extras and groups that are on."""

    here: dict[str, str]
    extras: frozenset[str]
    groups: frozenset[str]

    def judge(self, marker: Judge) -> bool | None:
        world: dict[str, str | AbstractSet[str]] = {
            **self.here,
            "extras": self.extras,
            "dependency_groups": self.groups,
        }
        try:
            return marker.evaluate(world, context="lock_file")
        except UndefinedComparison:  # `===` with a text that could never be a version
            return None

    def holds(self, marker: Marker) -> bool:
        return markers.evaluate(marker, self.here, extras=self.extras, groups=self.groups)


class Said(NamedTuple):
    """A marker, and where packaging says its text holds."""

    marker: Marker
    answers: Answers


class Run:
    """One seed: markers, places, and how many comparisons were made."""

    def __init__(self, seed: int, *, closed: bool) -> None:
        chance = random.Random(seed)

        def some() -> frozenset[str]:
            return frozenset(name for name in NAMES if chance.random() < 0.4)

        self.compared = 0
        self.places = [Place(interpreter(chance), some(), some()) for _ in range(PER_SEED)]
        self.said: list[Said] = []
        while len(self.said) < PER_SEED:
            text = combination(chance, closed=closed)
            try:
                marker = markers.parse(text)
            except markers.InvalidMarker:
                continue
            self.said.append(Said(marker, self.answers(text)))

    def answers(self, text: str) -> Answers:
        judge = Judge(text)
        return tuple(place.judge(judge) for place in self.places)

    def check(self, marker: Marker, expected: Sequence[bool | None], *, as_text: bool = False) -> None:
        """See that a marker holds where it should, and the text it is written as, too."""
        known = [
            (place, answer) for place, answer in zip(self.places, expected, strict=True) if answer is not None
        ]
        for place, answer in known:
            assert place.holds(marker) == answer
        self.compared += len(known)
        if as_text and marker not in {ALWAYS, NEVER}:
            judge = Judge(markers.render(marker))
            for place, answer in known:
                assert place.judge(judge) == answer
            self.compared += len(known)


def both(one: Answers, other: Answers, how: Callable[[bool, bool], bool | None]) -> Answers:
    return tuple(None if a is None or b is None else how(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("closed", [False, True])
def test_thousands_of_markers_hold_where_packaging_says_alone_and_put_together(
    closed: bool,  # noqa: FBT001
) -> None:
    compared = 0
    for seed in seeds(70 + closed, 4):
        run = Run(seed, closed=closed)
        try:
            for one in run.said:
                run.check(one.marker, one.answers, as_text=True)
            for one, other in pairwise((*run.said, *run.said[::3], *run.said[1::2], run.said[0])):
                either = markers.or_(one.marker, other.marker)
                expected = both(one.answers, other.answers, lambda a, b: a or b)
                run.check(either, expected, as_text=True)
                common = markers.and_(one.marker, other.marker)
                run.check(common, both(one.answers, other.answers, lambda a, b: a and b), as_text=True)
                simpler = markers.restrict(one.marker, other.marker)
                run.check(simpler, both(one.answers, other.answers, lambda a, b: a if b else None))
                if markers.disjoint(one.marker, other.marker):
                    run.check(NEVER, both(one.answers, other.answers, lambda a, b: a and b))
                if markers.implies(one.marker, other.marker):
                    run.check(ALWAYS, both(one.answers, other.answers, lambda a, b: b or not a))
                if closed:
                    opposite = tuple(None if a is None else not a for a in one.answers)
                    run.check(markers.not_(one.marker), opposite)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}") from error
        compared += run.compared
    print(f"{compared} comparisons")
    assert compared > 4 * PER_SEED * PER_SEED
