"""`--fork-strategy fewest` against brute force: one version for all, wherever there is one."""

from collections import Counter
from collections.abc import Sequence

from detent.lock.model import Lock
from support.brute_force import Judge, Pins, Wish, matches
from support.locking import lock_of
from support.rounds import seeds
from support.universes import Universe, grid, universe


def with_fewest(made: Universe) -> Universe:
    return made._replace(said=made.said._replace(fork_strategy="fewest"))


def one_for_all(made: Universe) -> Pins | None:
    """Find versions that serve every environment, everything of the project on; ``None`` where none do."""
    judges = [Judge(made, here) for here in grid(made)]
    return _extended({}, [(judge, judge.everything()) for judge in judges])


def _extended(chosen: Pins, wanted: Sequence[tuple[Judge, list[Wish]]]) -> Pins | None:
    for judge, roots in wanted:
        done: set[tuple[str, str]] = set()
        agenda = list(roots)
        while agenda:
            wish = agenda.pop(0)
            if wish.name not in chosen:
                fitting = (v for v in judge.versions(wish.name) if matches(wish.specifier, v))
                tries = (_extended({**chosen, wish.name: version}, wanted) for version in fitting)
                return next((found for found in tries if found is not None), None)
            version = chosen[wish.name]
            if not matches(wish.specifier, version) or version not in judge.versions(wish.name):
                return None
            for extra in ("", *wish.extras):
                if (wish.name, extra) not in done:
                    done.add((wish.name, extra))
                    agenda += judge.demands(wish.name, version, extra)
    return chosen


def doubles(lock: Lock) -> int:
    """Count the versions beyond one for each name."""
    return len(lock.packages) - len({package.name for package in lock.packages})


def test_fewest_finds_a_lock_exactly_where_there_is_one() -> None:
    locks = 0
    for seed in seeds(150, 100):
        made = universe(seed, mild=True)
        lock = lock_of(with_fewest(made))

        assert (lock_of(made) is None) == (lock is None), f"seed {seed}"
        locks += lock is not None
    assert locks > 30


def test_fewest_finds_one_version_of_nearly_everything_that_can_do_with_one() -> None:
    # Not of all: where a package is needed in a part alone, all of the environment counts for it all the same.
    seen: Counter[str] = Counter()
    for seed in seeds(151, 100):
        made = universe(seed, mild=True)
        lock = lock_of(with_fewest(made))
        if lock is None or one_for_all(made) is None:
            continue
        seen["possible"] += 1
        seen["found"] += not doubles(lock)
        seen["other"] += doubles(lock_of(made) or lock) > 0
    assert seen["possible"] > 30
    assert seen["found"] > 0.9 * seen["possible"]
    assert seen["other"] > 0.3 * seen["possible"], "the other strategy would have done"
