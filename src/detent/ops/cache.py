"""The cache as its owner sees it: where it is, what it holds, whether it is whole; pruned and emptied."""

from collections.abc import Sequence

from detent.errors import UsageError
from detent.model.requirement import PackageName, package_name
from detent.named import NamedTuple
from detent.ops.world import World
from detent.store.cache import hold_store
from detent.store.inventory import Tree
from detent.store.pruning import clean, prune
from detent.store.usage import Held, Usage, held, together, usage
from detent.store.verify import Verdict, repair, verify

_MOST_WORKERS = 8


class CacheSize(NamedTuple):
    """How much the cache holds."""

    path: str
    buckets: dict[str, Usage]

    @property
    def total(self) -> Usage:
        """All buckets together."""
        return together(list(self.buckets.values()))


class CacheCheck(NamedTuple):
    """What verifying came to."""

    verdict: Verdict
    removed: tuple[str, ...]
    """What a repair took out."""
    seconds: float


def cache_dir(world: World) -> str:
    """Give the folder of the cache."""
    return str(world.layout.root)


def cache_size(world: World) -> CacheSize:
    """Add up what the cache holds."""
    return CacheSize(str(world.layout.root), usage(world.layout))


def cache_list(world: World, names: tuple[str, ...]) -> list[Held]:
    """Give the packages in the cache; raises :class:`UsageError` for a name that is none."""
    return list(held(world.layout, _packages(names)))


def cache_prune(world: World, *, is_ci: bool) -> Tree:
    """Drop what nobody needs any more."""
    age = world.settings.cache_max_age.value
    return prune(world.layout, world.limits, age, is_ci=is_ci, report=world.report)


def cache_verify(world: World, names: tuple[str, ...], *, repairs: bool) -> CacheCheck:
    """Read everything again; raises :class:`UsageError` for a name that is none.

    Whoever empties the store waits meanwhile; a repair waits for whoever uses it.
    """
    begun = world.clock()
    packages = _packages(names)
    workers = min(world.limits.processors, _MOST_WORKERS)
    with hold_store(world.layout, world.limits, report=world.report):
        verdict = verify(world.layout, packages, report=world.report, workers=workers)
    removed: tuple[str, ...] = ()
    if repairs and verdict.faults:
        removed = repair(world.layout, world.limits, verdict, report=world.report)
    return CacheCheck(verdict, removed, world.clock() - begun)


def cache_clean(world: World, names: tuple[str, ...], *, is_forced: bool) -> Tree:
    """Empty the cache, or drop the named packages.

    Raises :class:`UsageError` for a name that is none, :class:`CacheInUse` where environments would break.
    """
    wanted = _packages(names)
    return clean(world.layout, world.limits, wanted, is_forced=is_forced, report=world.report)


def _packages(names: Sequence[str]) -> list[PackageName]:
    wanted = []
    for name in names:
        try:
            wanted.append(package_name(name))
        except ValueError as error:
            raise UsageError(
                f"`{name}` is not a package name",
                why=str(error),
                next_steps=("see what there is with `detent cache list`",),
            ) from error
    return wanted
