"""Sources at random in random worlds: in each environment the lock is what a project with just its sources has."""

import random
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from packaging.markers import Marker as PublishedMarker

from detent.lock.closure import closure_faults
from detent.lock.model import Lock
from detent.lock.pylock import parse_lock, render_lock
from detent.model import markers
from detent.resolve.sourced import Sourced
from support.brute_force import Judge, Selection, selections, served
from support.dimensions import inputs_of, wide
from support.locking import entries_in, lock_of
from support.rounds import seeds
from support.sourced import sourced, with_rules
from support.universes import MARKERS, Environment, Packages, Universe, grid
from support.worlds import Published, files_of, release

OTHER = "other"
VERSION = "1.5"
DIMENSIONS = ("siblings", "overrides", "excludes", "conflicts", "constraints", "environments", "fewest")


class World(NamedTuple):
    """A random world and what of it comes from elsewhere."""

    made: Universe
    elsewhere: tuple[Sourced, ...]
    published: tuple[Published, ...]
    """What each of those holds."""
    other: Packages


def world_of(seed: int) -> World:
    chance = random.Random(f"sources of {seed}")
    made = wide(seed, *chance.sample(DIMENSIONS, chance.choice((0, 1, 2))))
    found: list[Sourced] = []
    published: list[Published] = []
    other: Packages = {}
    for name in chance.sample(sorted(made.packages), chance.choice((1, 1, 2, 3))):
        for marker in conditions(chance, made):
            kind = chance.choice(("git", "git", "path", "url", "index"))
            requires = requirements(chance, made, name)
            if kind == "index":
                other[name] = {
                    VERSION: release(requires, extras=["x"], files=files_of(f"{name}-{VERSION}")),
                    "2.5": release(extras=["x"], files=files_of(f"{name}-2.5")),
                }
                found.append(sourced(name, index=OTHER, marker=marker))
            else:
                stem = f"{name}-{VERSION}-py3-none-any.whl"
                places = {
                    "git": f"https://git.example/{name}-{len(found)}.git",
                    "path": f"libs/{name}-{len(found)}",
                    "url": f"https://files.example/{len(found)}/{stem}",
                }
                place = {kind: places[kind]}
                found.append(sourced(name, VERSION, requires=requires, extras=["x"], marker=marker, **place))
            published.append(release(requires, extras=["x"], uploaded="2020-01-01"))
    return World(made, tuple(found), tuple(published), other)


def conditions(chance: random.Random, made: Universe) -> Sequence[str]:
    """Give where the sources of one package hold: never two of them together."""
    gates = [f"'{name}' in extras" for name in made.extras]
    gates += [f"'{name}' in dependency_groups" for name in made.groups]
    first = chance.choice(("", "", *MARKERS, *gates, *gates))
    if not first or chance.random() < 0.5:
        return (first,)
    rest = markers.not_(markers.parse(first))
    if chance.random() < 0.5:
        rest = markers.and_(rest, markers.parse(chance.choice(MARKERS)))
    return (first,) if rest == markers.NEVER else (first, markers.render(rest))


def requirements(chance: random.Random, made: Universe, name: str) -> list[str]:
    """Take the requirements of some release, those on the package itself left out."""
    versions = list(made.packages[chance.choice(sorted(made.packages))].values())
    texts = chance.choice(versions).requires
    return [text for text in texts if not text.startswith(name)]


def here_alone(world: World, here: Environment, selection: Selection) -> tuple[Universe, dict[str, Sourced]]:
    """Give the world as one environment has it, and what comes from elsewhere there."""
    variables = {**here, "extras": selection.extras, "dependency_groups": selection.groups}
    packages, holding = dict(world.made.packages), dict[str, Sourced]()
    for one, published in zip(world.elsewhere, world.published, strict=True):
        text = markers.render(one.marker)
        if text and not PublishedMarker(text).evaluate(variables, context="lock_file"):  # type: ignore[arg-type]
            continue
        assert one.name not in holding
        holding[one.name] = one
        packages[one.name] = world.other[one.name] if one.index else {VERSION: published}
    return world.made._replace(packages=packages), holding


def judge_of(made: Universe, holding: dict[str, Sourced], here: Environment) -> Judge:
    by_files = served(made, here)

    def is_usable(name: str, version: str) -> bool:
        is_held = name in holding and holding[name].direct is not None
        return is_held or by_files(name, version)

    return Judge(made, here, is_usable=is_usable)


def has_answer(world: World) -> bool:
    for here in grid(world.made):
        for selection in selections(world.made):
            made, holding = here_alone(world, here, selection)
            judge = judge_of(made, holding, here)
            if not judge.is_solvable(judge.wishes(selection)):
                return False
    return True


def is_whole(world: World, lock: Lock) -> None:
    for here in grid(world.made):
        for selection in selections(world.made):
            made, holding = here_alone(world, here, selection)
            judge = judge_of(made, holding, here)
            entries = entries_in(lock, here, selection)
            chosen = {name: entry.known_version for name, entry in entries.items()}
            reached = judge.reached(judge.wishes(selection), chosen)
            assert {name for name, _ in reached} == set(chosen)
            for name, entry in entries.items():
                one = holding.get(name)
                assert entry.direct == (one.direct if one is not None else None)
                is_of_other = one is not None and one.index == OTHER
                assert (entry.index == f"https://{OTHER}.example/simple/") == is_of_other
    assert closure_faults(with_rules(inputs_of(world.made), world.elsewhere), lock) == ()
    text = render_lock(lock)
    assert parse_lock(text, "pylock.toml") == lock
    assert render_lock(parse_lock(text, "pylock.toml")) == text


@pytest.mark.parametrize("part", range(3))
def test_each_environment_has_the_answer_that_its_own_sources_have(part: int) -> None:
    seen = {True: 0, False: 0}
    for seed in seeds(70 + part, 60):
        world = world_of(seed)
        lock = lock_of(world.made, elsewhere=world.elsewhere, others={OTHER: world.other})
        try:
            assert (lock is not None) == has_answer(world)
            if lock is not None:
                is_whole(world, lock)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}") from error
        seen[lock is not None] += 1
    assert min(seen.values()) > 5


def test_locking_again_changes_nothing() -> None:
    again = 0
    for seed in seeds(75, 60):
        world = world_of(seed)
        lock = lock_of(world.made, elsewhere=world.elsewhere, others={OTHER: world.other})
        if lock is not None and lock.forks:
            again += 1
            anew = lock_of(world.made, lock, elsewhere=world.elsewhere, others={OTHER: world.other})
            assert anew is not None, f"seed {seed}"
            assert render_lock(anew) == render_lock(lock), f"seed {seed}"
    assert again > 5
