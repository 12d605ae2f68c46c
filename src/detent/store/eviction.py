"""The store bounds itself: what was not used for longest goes, at most once a day and a slice at a time.

A pass looks at every unit of the store once, folder by folder, and then takes out what is too old or too
much. It is cut into slices, each after a command's own work and for a fraction of a second; a ledger keeps
where the pass stands, and what is in each folder, so that no tree is measured twice without a reason. A slice
holds the store alone and does not wait for it: where somebody works in the store another command goes on.

What environments link, by folder or by file, is in use: it stays, and does not count, since removing it would
break them or free nothing. What was used within two days stays too, whatever it takes: this command may need
it.
"""

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from detent.errors.store import FileTrouble, StoreBusy
from detent.events import Detail, Report, ignore
from detent.fsio import FileLock, file_trouble
from detent.named import NamedTuple
from detent.store.cache import bounding_done
from detent.store.inventory import groups, last_use, measured, units
from detent.store.layout import Layout
from detent.store.records import read_record, write_record
from detent.store.removal import remove
from detent.store.users import dead_notes, forget, owners, see_users

SLICE_SECONDS = 0.05
_RECENT_SECONDS = 2 * 86_400
"""A use is noted at most once a day: what was noted yesterday may have been used a moment ago."""
_KIND, _VERSION = b"ledger", 1


class Bounds(NamedTuple):
    """What the store may hold; ``None`` is no bound."""

    max_size_bytes: int | None
    max_age_seconds: int | None


class Row(NamedTuple):
    """What the ledger says of a unit."""

    used: int
    """When it was last used, in seconds since the epoch."""
    size_bytes: int
    witness: str = ""
    """A file of it that every environment shares by link; empty for what is not linked."""
    is_linked: bool = False
    """Whether an environment shared that file when the unit was last looked at."""


class Ledger(NamedTuple):
    """Where a pass stands."""

    rows: dict[str, dict[str, Row]]
    """By group and name (:mod:`detent.store.inventory`)."""
    pending: tuple[str, ...] | None = None
    """Groups this pass has still to look at; ``None``: no pass is under way."""
    doomed: tuple[str, ...] = ()
    """What is chosen to go, in this order."""


def evict(layout: Layout, bounds: Bounds, *, report: Report = ignore, seconds: float = SLICE_SECONDS) -> bool:
    """Go on with the pass for so long; say whether it is done. What is refused ends it until another day."""
    if bounds == Bounds(None, None):
        bounding_done(layout)
        return True
    ends = time.monotonic() + seconds
    lock = FileLock(layout.lock("store"), wait_seconds=0, notice_seconds=0)
    try:
        with lock:
            # Without a lock nobody knows who is using what would go: `cache prune` is for a person to call.
            is_done = not lock.is_held or _go_on(layout, bounds, ends, report)
            if is_done:
                bounding_done(layout)
            return is_done
    except StoreBusy:
        return False
    except (FileTrouble, OSError) as refused:
        trouble = refused if isinstance(refused, FileTrouble) else file_trouble(refused, layout.root)
        report(Detail(f"the cache was not looked after: {trouble.what}: {trouble.why}"))
        bounding_done(layout)
        return True


def choose(
    rows: Mapping[str, Mapping[str, Row]], kept: frozenset[str], bounds: Bounds, now: float
) -> tuple[str, ...]:
    """Give what is to go, by path, what was not used for longest first. Pure.

    ``kept`` are names of units that must stay.
    """
    counting = [
        (row.used, f"{group}/{name}", row.size_bytes)
        for group, here in rows.items()
        for name, row in here.items()
        if name not in kept and not row.is_linked
    ]
    excess = 0
    if bounds.max_size_bytes is not None:
        excess = sum(size_bytes for _, _, size_bytes in counting) - bounds.max_size_bytes
    too_old = now - bounds.max_age_seconds if bounds.max_age_seconds is not None else float("-inf")
    doomed = []
    for used, path, size_bytes in sorted(counting):
        if used >= now - _RECENT_SECONDS or (used >= too_old and excess <= 0):
            break
        doomed.append(path)
        excess -= size_bytes
    return tuple(doomed)


def _go_on(layout: Layout, bounds: Bounds, ends: float, report: Report) -> bool:
    ledger = _read(layout)
    if ledger.pending is None:
        see_users(layout)
        for note in dead_notes(layout):
            forget(note)
        present = tuple(groups(layout))
        rows = {group: ledger.rows[group] for group in present if group in ledger.rows}
        ledger = Ledger(rows, present)
    pending = list(ledger.pending or ())
    while pending:
        group = pending.pop(0)
        ledger.rows[group] = dict(_surveyed(layout, group, ledger.rows.get(group, {})))
        if not pending:
            kept = frozenset(owners(layout))
            ledger = ledger._replace(doomed=choose(ledger.rows, kept, bounds, time.time()))
        if time.monotonic() > ends:
            break
    doomed = list(ledger.doomed)
    removed = 0
    if not pending:
        kept = frozenset(owners(layout))
        while doomed and (not removed or time.monotonic() < ends):
            removed += _remove(layout, ledger, doomed.pop(0), kept)
    if removed:
        report(Detail(f"the cache is bounded: what was unused for longest went, {removed} in number"))
    is_done = not pending and not doomed
    _write(layout, ledger._replace(pending=None if is_done else tuple(pending), doomed=tuple(doomed)))
    return is_done


def _surveyed(layout: Layout, group: str, before: Mapping[str, Row]) -> Iterator[tuple[str, Row]]:
    """Give a row for each unit of a group; a folder that was not used since is not measured again."""
    can_be_linked = (layout.root / group).parent == layout.unpacked
    for unit in units(layout, group):
        place = f"{layout.root}/{group}/{unit.name}"
        row = before.get(unit.name)
        if unit.size_bytes is not None:
            row = Row(unit.used, unit.size_bytes)
        elif row is None or row.used != unit.used:
            witness = _witness(place) if can_be_linked else ""
            row = Row(unit.used, measured([place]).size_bytes, witness)
        yield (
            unit.name,
            row._replace(is_linked=_is_linked(f"{place}/{row.witness}") if row.witness else False),
        )


def _remove(layout: Layout, ledger: Ledger, path: str, kept: frozenset[str]) -> bool:
    """Remove a unit, unless it came into use since it was chosen."""
    group, _, name = path.rpartition("/")
    row = ledger.rows.get(group, {}).pop(name, None)
    if row is None or name in kept or last_use(layout, path) != row.used:
        return False
    if row.witness and _is_linked(f"{layout.root}/{path}/{row.witness}"):
        return False
    remove(layout, [layout.root / path])
    return True


def _witness(root: str) -> str:
    """Give the file of an unpacked wheel that tells whether environments share it: its metadata."""
    found = sorted(Path(root, "files").glob("*.dist-info/METADATA"))
    return str(found[0].relative_to(root)) if found else ""


def _is_linked(path: str) -> bool:
    try:
        return os.lstat(path).st_nlink > 1
    except OSError:
        return False


def _read(layout: Layout) -> Ledger:
    match read_record(layout.fact("ledger"), _KIND, _VERSION):
        case (dict(rows), tuple() | None as pending, tuple(doomed)):
            found: dict[str, dict[str, Row]] = {
                group: {name: Row(*row) for name, row in here.items()} for group, here in rows.items()
            }
            return Ledger(found, pending, doomed)
        case _:
            return Ledger({})


def _write(layout: Layout, ledger: Ledger) -> None:
    rows = {group: {name: tuple(row) for name, row in here.items()} for group, here in ledger.rows.items()}
    write_record(layout.fact("ledger"), _KIND, _VERSION, (rows, ledger.pending, ledger.doomed))
