"""Emptying the store, as a whole, by package, or of what nobody needs any more.

All of it takes the store's lock alone, so it waits for every command that uses the store and no command sees
a half-removed one. Only what :mod:`detent.store.layout` names is touched: other files in the root are not
ours. What environments link by folder is never pruned, and cleaned only by who insists.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from detent.errors.store import CacheInUse
from detent.events import Notice, Report, ignore
from detent.model.limits import Limits
from detent.model.names import PackageName
from detent.store.builds import all_built
from detent.store.cache import hold_store, left_over
from detent.store.entry import read_head
from detent.store.inventory import Tree, groups, measured, old_buckets, units
from detent.store.layout import BUCKETS, Layout
from detent.store.removal import remove
from detent.store.usage import folders, links_of
from detent.store.users import UNSEEN_DAYS, User, dead_notes, owners, see_users, users

_FETCHED = ("index-v1", "metadata-v1", "archives-v1", "git-v1", "selections-v1", "settled-v1")
"""Buckets whose contents a download brings back, or which are made in no time."""


def clean(
    layout: Layout,
    limits: Limits,
    names: Sequence[PackageName] = (),
    *,
    is_forced: bool = False,
    report: Report = ignore,
) -> Tree:
    """Remove everything, or what is kept of the packages named; give what was removed.

    What one artifact declares stays when packages are named: it is kept by the artifact's hash alone. Raises
    :class:`CacheInUse` where environments link to what would go, unless that is forced.
    """
    if not layout.root.is_dir():
        return Tree()
    with hold_store(layout, limits, exclusive=True, report=report):
        doomed = _of_packages(layout, frozenset(names)) if names else _all(layout)
        if not is_forced:
            _refuse_to_break(layout, doomed)
        return _removed(layout, doomed)


def prune(
    layout: Layout,
    limits: Limits,
    max_age_seconds: int | None,
    *,
    is_ci: bool = False,
    report: Report = ignore,
) -> Tree:
    """Remove what nobody needs any more; give what was removed.

    That is what earlier releases left, what cannot be read or leads nowhere, what was not used for so long,
    and logs. ``is_ci`` keeps of what remains only what was made here: built wheels, and small records.
    """
    if not layout.root.is_dir():
        return Tree()
    with hold_store(layout, limits, exclusive=True, report=report):
        _tell_unseen(see_users(layout), report)
        doomed = dict.fromkeys(_stale(layout, max_age_seconds))
        if is_ci:
            doomed.update(dict.fromkeys(_fetched(layout)))
        # Last, what leads to wheels that went just now.
        removed = _removed(layout, list(doomed))
        return removed + _removed(layout, _dangling(layout))


def _removed(layout: Layout, doomed: Sequence[Path]) -> Tree:
    removed = measured(map(str, doomed))
    remove(layout, doomed)
    return removed


def _tell_unseen(noted: Iterable[User], report: Report) -> None:
    count = sum(user.is_alive and not user.is_there for user in noted)
    if count:
        some = "1 environment" if count == 1 else f"{count} environments"
        told = f"{some} not found, perhaps on a disk that is not mounted: what is linked there stays"
        report(Notice("note", f"{told} until nobody has seen it for {UNSEEN_DAYS} days"))


def _refuse_to_break(layout: Layout, doomed: Sequence[Path]) -> None:
    broken: set[str] = set()
    for digest, environments in owners(layout).items():
        place = layout.wheel(digest)
        if any(place.is_relative_to(path) for path in doomed):
            broken.update(map(str, environments))
    if broken:
        away = {str(user.root) for user in users(layout) if not user.is_there}
        raise CacheInUse(sorted(broken), away)


# ---- everything, or some packages ------------------------------------------------------------


def _all(layout: Layout) -> list[Path]:
    """Give every bucket; who uses the store is forgotten after all that is used."""
    names = [*old_buckets(layout), *BUCKETS]
    paths = [layout.root / name for name in names]
    last = (layout.users, layout.tmp)
    return sorted((path for path in paths if path.is_symlink() or path.exists()), key=last.__contains__)


def _of_packages(layout: Layout, names: frozenset[PackageName]) -> list[Path]:
    doomed = []
    for index in folders(layout.index_bucket):
        doomed += [
            path
            for path in sorted(index.iterdir())
            if path.name.partition(".")[0] in names and path.is_file()
        ]
    for shard in folders(layout.unpacked):
        for root in folders(shard):
            entry = read_head(root.name, root)
            if entry is None or entry.name in names:  # what cannot be read is of use to nobody
                doomed.append(root)
    return doomed


# ---- what nobody needs -----------------------------------------------------------------------


def _stale(layout: Layout, max_age_seconds: int | None) -> Iterator[Path]:
    yield from (layout.root / bucket for bucket in old_buckets(layout))
    yield from left_over(layout)
    if (layout.root / "logs-v1").exists():
        yield layout.root / "logs-v1"
    yield from dead_notes(layout)
    linked = owners(layout)
    oldest = time.time() - max_age_seconds if max_age_seconds is not None else 0
    for group in groups(layout):
        folder = layout.root / group
        for unit in units(layout, group):
            path = folder / unit.name
            if unit.name in linked:
                continue
            if folder.parent == layout.unpacked:
                entry = read_head(unit.name, path)
                if entry is None or (unit.used < oldest and not links_of(entry)):
                    yield path
            elif unit.used < oldest:
                yield path


def _fetched(layout: Layout) -> Iterator[Path]:
    yield from (path for bucket in _FETCHED if (path := layout.root / bucket).exists())
    kept = {*owners(layout), *(built.digest for built in all_built(layout).values() if built is not None)}
    for shard in folders(layout.unpacked):
        yield from (root for root in folders(shard) if root.name not in kept)


def _dangling(layout: Layout) -> list[Path]:
    """Give the records of builds that cannot be read, or whose wheel is not here any more."""
    return [
        path
        for path, built in all_built(layout).items()
        if built is None or not layout.wheel(built.digest).exists()
    ]
