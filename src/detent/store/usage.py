"""How big the store is, and emptying it.

Emptying takes the store's lock alone, so it waits for every command that uses the store and no command sees
a half-removed one. What goes is renamed into the scratch folder first: killed at any moment, a folder is
either whole or gone. Only what :mod:`detent.store.layout` names is touched: other files in the root are not
ours.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from detent.errors import FileTrouble
from detent.events import Report, ignore
from detent.fsio import file_trouble, remove_tree
from detent.model.limits import Limits
from detent.model.names import PackageName
from detent.store.cache import Scratch, hold_store
from detent.store.entry import read_manifest
from detent.store.layout import BUCKETS, Layout


class Usage(NamedTuple):
    """What a bucket, or all of them, holds."""

    files: int
    size_bytes: int


def usage(layout: Layout) -> dict[str, Usage]:
    """Give what each bucket holds, without those that are empty."""
    found = {bucket: _sum([str(layout.root / bucket)]) for bucket in BUCKETS}
    return {bucket: used for bucket, used in found.items() if used.files}


def clean(
    layout: Layout, limits: Limits, names: Sequence[PackageName] = (), *, report: Report = ignore
) -> Usage:
    """Remove everything, or what is kept of the packages named; give what was removed.

    What one artifact declares stays when packages are named: it is kept by the artifact's hash alone.
    """
    if not layout.root.is_dir():
        return Usage(0, 0)
    with hold_store(layout, limits, exclusive=True, report=report):
        doomed = _of_packages(layout, frozenset(names)) if names else _all(layout)
        removed = _sum(map(str, doomed))
        for path in doomed:
            _remove(layout, path)
        return removed


def _remove(layout: Layout, path: Path) -> None:
    if path == layout.tmp:
        remove_tree(path)
        return
    try:
        with Scratch(layout) as scratch:
            path.rename(scratch / "doomed")
            remove_tree(scratch / "doomed")
    except FileNotFoundError:
        return
    except FileTrouble:
        if path.exists():
            remove_tree(path)  # no room for another folder on a full disk: room is what this is for
    except OSError as error:
        raise file_trouble(error, path) from error


def _all(layout: Layout) -> list[Path]:
    return [path for path in (layout.root / bucket for bucket in BUCKETS) if path.exists()]


def _of_packages(layout: Layout, names: frozenset[PackageName]) -> list[Path]:
    doomed = []
    for index in _folders(layout.index_bucket):
        doomed += [
            path
            for path in sorted(index.iterdir())
            if path.name.partition(".")[0] in names and path.is_file()
        ]
    for shard in _folders(layout.wheels_bucket):
        for root in _folders(shard):
            entry = read_manifest(root.name, root)
            if entry is None or entry.name in names:  # what cannot be read is of use to nobody
                doomed.append(root)
    return doomed


def _folders(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (inner for inner in sorted(path.iterdir()) if inner.is_dir())


def _sum(tops: Iterable[str]) -> Usage:
    files = 0
    size_bytes = 0
    pending = list(tops)
    while pending:
        top = pending.pop()
        try:
            if not os.path.isdir(top) or os.path.islink(top):  # noqa: PTH112, PTH114 (by the ten thousand)
                size_bytes += os.lstat(top).st_size
                files += 1
                continue
            for entry in os.scandir(top):
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                else:
                    files += 1
                    size_bytes += entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:
            continue  # somebody removed it meanwhile
        except OSError as error:
            raise file_trouble(error, top) from error
    return Usage(files, size_bytes)
