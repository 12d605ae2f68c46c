"""The cache as its owner sees it: where it is, how big, and emptied."""

from typing import NamedTuple

from detent.errors import UsageError
from detent.model.requirement import PackageName, package_name
from detent.ops.world import World
from detent.store.usage import Usage, clean, usage


class CacheSize(NamedTuple):
    """How much the cache holds."""

    path: str
    size_bytes: int
    files: int


def cache_dir(world: World) -> str:
    """Give the folder of the cache."""
    return str(world.layout.root)


def cache_size(world: World) -> CacheSize:
    """Add up what the cache holds."""
    buckets = usage(world.layout).values()
    return CacheSize(
        str(world.layout.root), sum(b.size_bytes for b in buckets), sum(b.files for b in buckets)
    )


def cache_clean(world: World, names: tuple[str, ...]) -> Usage:
    """Empty the cache, or drop the named packages; raises :class:`UsageError` for a name that is none."""
    wanted: list[PackageName] = []
    for name in names:
        try:
            wanted.append(package_name(name))
        except ValueError as error:
            raise UsageError(f"`{name}` is not a package name", why=str(error)) from error
    return clean(world.layout, world.limits, wanted, report=world.report)
