"""Merging two edits of a lock: a whole lock or a conflict, and never a change lost."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detent.lock.closure import closure_faults
from detent.lock.conflicted import read_side, take_apart
from detent.lock.merged_pins import merge_pins
from detent.lock.merging import Merged, merge_locks
from detent.lock.model import Lock
from detent.lock.pylock import parse_lock, render_lock
from detent.model.names import PackageName
from support.dimensions import wide
from support.locking import lock_of
from support.rounds import seeds
from support.universes import PROJECT, Universe

NAMES = [f"p{number}" for number in range(5)]


def edited(made: Universe, chance: random.Random) -> Universe:
    """A project somebody worked on: requirements come, go and change, in any list."""
    kind = chance.choice(("add", "add", "drop", "group", "bound", "nothing"))
    name = chance.choice(NAMES)
    match kind:
        case "add":
            return made._replace(dependencies=(*made.dependencies, f"{name}>=1.0"))
        case "drop" if len(made.dependencies) > 1:
            return made._replace(dependencies=made.dependencies[1:])
        case "group":
            return made._replace(groups=dict(sorted({**made.groups, f"g{name}": (name,)}.items())))
        case "bound":
            return made._replace(dependencies=(f"{name}<3", *made.dependencies))
        case _:
            return made


def older(made: Universe) -> Universe:
    """The same world before the newest release of each package came out."""
    packages = {
        name: dict(list(found.items())[:-1] or found.items()) for name, found in made.packages.items()
    }
    return made._replace(packages=packages)


def histories(start: int, number: int) -> Iterator[tuple[int, Universe, Lock, Lock, Lock]]:
    """Seeds of a base and two edits of it that each have a lock; half of them met newer releases meanwhile."""
    for seed in seeds(start, number):
        made, chance = wide(seed), random.Random(f"edits of {seed}")
        before = older(made)
        base = lock_of(before)
        if base is None:
            continue
        ours, theirs = edited(made, chance), edited(made, chance)
        locks = [
            lock_of(side if chance.random() < 0.5 else older(side), base if chance.random() < 0.7 else None)
            for side in (ours, theirs)
        ]
        if locks[0] is not None and locks[1] is not None:
            yield seed, made, base, locks[0], locks[1]


def merged(*locks: Lock) -> Merged:
    found = merge_locks(*map(render_lock, locks))
    assert found is not None
    return found


def names(lock: Lock) -> set[str]:
    return {package.name for package in lock.packages}


def lines(lock: Lock) -> set[tuple[str, str, str]]:
    return set(lock.inputs.lines()) if lock.inputs is not None else set()


def versions(lock: Lock, name: str) -> set[str]:
    return {package.version for package in lock.packages if package.name == name}


@pytest.mark.parametrize("part", range(3))
def test_what_is_merged_is_whole_and_has_every_change_and_the_rest_is_a_conflict(part: int) -> None:
    """Nearly always it is what the resolver keeps; where it splits environments otherwise both are whole."""
    whole = marked = kept = 0
    for seed, made, base, ours, theirs in histories(900 + part, 60):
        found, turned = merged(base, ours, theirs), merged(base, theirs, ours)
        assert bool(found.contested) == bool(turned.contested), seed
        assert bool(found.contested) == ("<<<<<<< ours\n" in found.text), seed
        if found.contested:
            marked += 1
            sides = take_apart(found.text)
            for text, side in ((sides.ours, ours), (sides.theirs, theirs)):
                assert names(side) <= names(read_side(text)) | names(base), seed
            continue
        whole += 1
        assert found.text == turned.text, seed
        lock = parse_lock(found.text, "")
        assert render_lock(lock) == found.text, seed
        assert lock.inputs is not None
        assert closure_faults(lock.inputs.as_inputs(PackageName(PROJECT), ""), lock) == (), seed
        was, mine, yours = map(lines, (base, ours, theirs))
        assert lines(lock) == (mine & yours) | ((mine ^ yours) - was), seed
        for name in NAMES:
            before, our, their, now = (versions(side, name) for side in (base, ours, theirs, lock))
            assert now <= our | their, seed
            if our and their and before in (our, their):
                assert now <= (their if before == our else our), seed
        asked = made._replace(
            dependencies=lock.inputs.dependencies,
            groups=dict(lock.inputs.groups),
            extras=dict(lock.inputs.extras),
        )
        again = lock_of(asked, lock)
        assert again is not None, seed
        kept += again.packages == lock.packages
    assert whole > 5
    assert kept >= whole - 1 - whole // 10
    assert marked > 0


def test_a_side_that_changed_nothing_leaves_the_other_as_it_is() -> None:
    compared = 0
    for _, _, base, ours, _ in histories(905, 40):
        before, after = render_lock(base), render_lock(ours)
        assert merge_locks(before, before, after) == Merged(after)
        assert merge_locks(before, after, before) == Merged(after)
        assert merge_locks(before, after, after) == Merged(after)
        compared += 1
    assert compared > 5


@pytest.mark.parametrize("part", range(2))
def test_pins_to_prefer_are_the_same_whichever_side_is_ours(part: int) -> None:
    compared = 0
    for seed, _, base, ours, theirs in histories(906 + part, 60):
        one, other = merge_pins(base, ours, theirs), merge_pins(base, theirs, ours)
        assert [versions(one, name) for name in NAMES] == [versions(other, name) for name in NAMES], seed
        assert names(one) == names(ours) | names(theirs), seed
        assert merge_pins(base, base, ours).packages == ours.packages or names(base) - names(ours), seed
        compared += 1
    assert compared > 10


MARKS = [
    "<<<<<<< a",
    "||||||| b",
    "=======",
    ">>>>>>> c",
    "<<<<<<<<< d",
    ">>>>>>>>> e",
    "%%%%%%% f",
    "+++++++",
    "x",
    " y",
    "",
]


@given(st.lists(st.sampled_from(MARKS), max_size=14), st.sampled_from(["\n", "\r\n"]))
def test_no_order_of_markers_is_too_strange(marks: list[str], end: str) -> None:
    sides = take_apart(end.join(marks))
    for text in (sides.ours, sides.theirs, sides.base or ""):
        assert not any(line.startswith(("<<<<<<<", ">>>>>>>", "=======")) for line in text.splitlines())
        assert read_side(text).packages == ()
