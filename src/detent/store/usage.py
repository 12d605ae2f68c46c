"""How big the store is, and what it holds of which package.

Bytes are told apart by what removing them would come to. *Registered* ones an environment links by folder: it
would break. *Shared* ones are in files with further links, in environments: nothing would be freed. All
others are *reclaimable*.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from detent.fsio import file_trouble
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.store.entry import WheelEntry, read_head
from detent.store.inventory import Tree, measured, old_buckets, units
from detent.store.layout import BUCKETS, Layout
from detent.store.users import owners


class Usage(NamedTuple):
    """What a bucket, or all of them, holds."""

    files: int = 0
    size_bytes: int = 0
    registered_bytes: int = 0
    shared_bytes: int = 0

    @property
    def reclaimable_bytes(self) -> int:
        """What removing it would free, and break nothing."""
        return self.size_bytes - self.registered_bytes - self.shared_bytes


class Held(NamedTuple):
    """An unpacked wheel, and who uses it."""

    entry: WheelEntry
    used: int
    """When it was last used, in seconds since the epoch."""
    tree: Tree
    links: int
    """How many environments share its files by link."""
    owners: tuple[Path, ...]
    """Environments that link its folders."""

    @property
    def environments(self) -> int:
        """How many environments use it for certain; copies are not counted."""
        return max(self.links, len(self.owners))


def usage(layout: Layout) -> dict[str, Usage]:
    """Give what each bucket holds, without those that are empty; buckets of earlier releases come last."""
    found = {}
    for bucket in (*BUCKETS, *old_buckets(layout)):
        if layout.root / bucket != layout.wheels_bucket:
            tree = measured([f"{layout.root}/{bucket}"])
            found[bucket] = Usage(tree.files, tree.size_bytes)
            continue
        total, registered = measured([str(layout.wheels_bucket)]), Tree()
        for digest in owners(layout):
            registered += measured([str(layout.wheel(digest))])
        found[bucket] = Usage(
            total.files,
            total.size_bytes,
            registered.size_bytes,
            total.shared_bytes - registered.shared_bytes,
        )
    return {bucket: used for bucket, used in found.items() if used.size_bytes}


def together(rows: Sequence[Usage]) -> Usage:
    """Add up several."""
    return Usage(*map(sum, zip(*rows, strict=True))) if rows else Usage()


def held(layout: Layout, names: Sequence[PackageName] = ()) -> Iterator[Held]:
    """Give every unpacked wheel, or those of these packages, by name and version."""
    users = owners(layout)
    found = []
    for shard in folders(layout.unpacked):
        for unit in units(layout, f"{layout.unpacked.relative_to(layout.root)}/{shard.name}"):
            entry = read_head(unit.name, shard / unit.name)
            if entry is not None and (not names or entry.name in names):
                found.append((entry, unit.used))
    for entry, used in sorted(found, key=lambda row: (row[0].name, row[0].version, row[0].digest)):
        yield Held(entry, used, measured([str(entry.root)]), links_of(entry), users.get(entry.digest, ()))


def links_of(entry: WheelEntry) -> int:
    """Count the environments that share files of an entry by link; its metadata is linked by each of them."""
    found = 0
    for file in entry.dist_files:
        try:
            found = max(found, Path(entry.folder(), file.path).lstat().st_nlink - 1)
        except OSError:
            continue  # damaged: for others to find
    return found


def folders(path: Path) -> Iterator[Path]:
    """Give the folders in a folder, sorted; links are none. Raises :class:`FileTrouble`."""
    try:
        inner = sorted(path.iterdir()) if path.is_dir() else []
    except OSError as error:
        raise file_trouble(error, path) from error
    yield from (place for place in inner if place.is_dir() and not place.is_symlink())
