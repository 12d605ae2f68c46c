"""Carry out a plan: the store's files into an environment, what is not wanted out of it.

The order makes any moment a safe one to die in: everything is checked first; the journal says what will be
touched; then removals, links, and each package's dist-info last; the journal becomes the manifest by rename.
A journal that is found at the start is put right by :func:`recover`. Nothing here reaches the network.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping
from io import StringIO
from types import MappingProxyType

from detent.errors.store import FileTrouble
from detent.events import Detail, Linked, Notice, Report, ignore
from detent.fsio import CREATE, FileLock, file_trouble, read_limited, write_all
from detent.install.bytecode import ByteCode, link_bytecode
from detent.install.claims import launchers_to_write
from detent.install.foreign import MOST_RECORD_BYTES, remove_metadata
from detent.install.installed import refuse_links
from detent.install.link import Linker
from detent.install.manifest import (
    drop_journal,
    finish_journal,
    make_state_folder,
    read_journal,
    read_manifest,
    replace_file,
    sweep_state_folder,
    write_journal,
)
from detent.install.marker import MARKER, refuse_store_inside, set_marker
from detent.install.places import Places, places_of
from detent.install.plan import AUTO, Changes, Installed, Linking, Plan
from detent.install.preparing import Work, owned, prepare
from detent.install.record import after_line, record_line_of
from detent.install.removal import link_ends, remove_files
from detent.install.wheel import PrivateFile, launcher_file
from detent.model.limits import Limits
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.python.environment import STATE_NAME, Environment
from detent.store.entry import WheelEntry
from detent.store.shelf import Shelf
from detent.store.users import register


class Applied(NamedTuple):
    """What was done."""

    changes: Changes
    files: int
    """How many files were brought in."""
    method: str
    """``clone``, ``hardlink`` or ``copy``: how the last of them was."""
    links: int = 0
    """How many folders are links now that were brought in."""


def environment_lock(environment: Environment, *, limits: Limits, report: Report = ignore) -> FileLock:
    """Give the lock that is held while an environment is looked at, planned for and changed."""
    make_state_folder(str(environment.root))
    return FileLock(
        environment.root / STATE_NAME / "lock",
        wait_seconds=limits.lock_wait_seconds,
        notice_seconds=limits.lock_notice_seconds,
        report=report,
    )


def recover(environment: Environment, *, report: Report = ignore) -> tuple[PackageName, ...]:
    """Put right what a run that died left behind, and give the packages it had touched.

    Each of them is gone afterwards, whole. To be called under the environment's lock, before looking at it.
    """
    places = places_of(environment)
    journal = read_journal(places.root)
    if journal is None:
        return ()
    refuse_links(places)
    rows = read_manifest(places.root).packages
    touched = journal.touched
    lost = [row for row in (*rows, *journal.packages) if row.name in touched]
    kept = tuple(row for row in rows if row.name not in touched)
    remove_files(places, owned(lost) - owned(kept), link_ends(lost))
    if any(row.links for row in lost):
        set_marker(places, kept, None)
    contested = {path for row in lost for path, _ in row.launchers}
    for path, value in launchers_to_write((), kept, {row.name for row in kept}):
        if path in contested:
            _write_launcher(places, path, value)
    sweep_state_folder(places.root)
    drop_journal(places.root, kept)
    names = tuple(sorted(touched))
    if names:
        report(
            Notice(
                "note", f"the last run was interrupted; what it left of {_counted(len(names))} was removed"
            )
        )
    return names


def apply(
    plan: Plan,
    environment: Environment,
    entries: Mapping[PackageName, WheelEntry],
    *,
    store: Shelf,
    linking: Linking = AUTO,
    bytecode: Mapping[PackageName, ByteCode] = MappingProxyType({}),
    more_bytecode: Callable[[WheelEntry], ByteCode | None] = lambda _entry: None,
    report: Report = ignore,
) -> Applied:
    """Make the environment what the plan says, from checked ``entries`` of everything it installs.

    Packages that come or stay get their ``bytecode`` besides; ``more_bytecode`` gives all that there is of
    one whose folders turn out to be no links. To be called under the environment's lock.
    Raises :class:`FileConflict`, :class:`PathOccupied`, :class:`UnsafePath` and :class:`StoreInEnvironment`
    before anything is touched. After a :class:`FileTrouble` the touched packages are taken out again as far
    as the system allows, and the next run does the rest.
    """
    places = places_of(environment)
    if linking.mode == "directory":
        refuse_store_inside(places, store.layout)
    sweep_state_folder(places.root)
    work = prepare(plan, places, entries, store, linking)
    if work.opened:
        found = {entry.name: more_bytecode(entry) for entry in work.opened}
        bytecode = {**bytecode, **{name: more for name, more in found.items() if more is not None}}
    if bytecode:
        work = work._replace(after=tuple([_with_bytecode(row, bytecode) for row in work.after]))
    for distribution in plan.stuck:
        name = f"{distribution.name} {distribution.version}".rstrip()
        report(Notice("warning", f"`{name}` has no RECORD to remove it by, so it stays"))
    linked_wheels = {row.digest for row in (*plan.found.packages, *work.after) if row.links}
    if linked_wheels:
        register(store.layout, environment.root, linked_wheels)
    linker = Linker(places.root, linking.mode, store, report)
    write_journal(places.root, work.after, work.touched)
    try:
        _remove(places, work)
        if linked_wheels or MARKER in plan.found.top_level:
            set_marker(places, work.after, store.layout)
        _bring_in(places, work, linker, report)
        if bytecode:
            link_bytecode(places, linker, [bytecode[row.name] for row in work.after if row.name in bytecode])
        _mark(places, work.marked)
        finish_journal(places.root)
    except FileTrouble:
        with contextlib.suppress(FileTrouble):
            recover(environment)
        raise
    if linked_wheels:
        register(store.layout, environment.root, {row.digest for row in work.after if row.links})
    files = sum(len(b.files) for layout in work.layouts for b in (*layout.batches, layout.dist_batch))
    links = sum(len(layout.links) + len(layout.dist_links) for layout in work.layouts)
    if files:
        report(Detail(f"{files} files were brought in by {linker.method}, and {links} folders as links"))
    return Applied(plan.changes(), files, linker.method, links)


def _with_bytecode(row: Installed, bytecode: Mapping[PackageName, ByteCode]) -> Installed:
    return row._replace(bytecode=bytecode[row.name].kind) if row.name in bytecode else row


# ---- the changes themselves ---------------------------------------------------------------------


def _remove(places: Places, work: Work) -> None:
    remove_files(places, work.removed, work.removed_links)
    for distribution in work.foreign:
        remove_metadata(places, distribution)
    if work.foreign:
        sweep_state_folder(places.root)


def _bring_in(places: Places, work: Work, linker: Linker, report: Report) -> None:
    linker.make_folders(folder for layout in work.layouts for folder in layout.folders)
    linker.link_folders(link for layout in work.layouts for link in layout.links)
    linker.link([batch for layout in work.layouts for batch in layout.batches])
    for layout in work.layouts:
        for file in layout.scripts:
            _write(places, file)
    if work.launchers:
        linker.make_folders((places.scripts,))
    for path, value in work.launchers:
        _write_launcher(places, path, value)
    for done, layout in enumerate(work.layouts, start=1):
        linker.make_folders(layout.dist_folders)
        linker.link_folders(layout.dist_links)
        linker.link([layout.dist_batch])
        for file in layout.dist_files:
            _write(places, file)
        report(Linked(layout.name, layout.version, done, len(work.layouts)))


def _write(places: Places, file: PrivateFile) -> None:
    path = f"{places.root}/{file.path}"
    try:
        descriptor = os.open(path, CREATE, file.mode)
        try:
            write_all(descriptor, file.content)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise file_trouble(error, path) from error


def _write_launcher(places: Places, path: str, value: str) -> None:
    """Write the program of an entry point, at one stroke where one of another package may stand."""
    file = launcher_file(places, path, value)
    full = f"{places.root}/{path}"
    if os.path.lexists(full):
        replace_file(places.root, full, file.content, file.mode)
    else:
        _write(places, file)


def _mark(places: Places, rows: Iterable[Installed]) -> None:
    """Write or remove the REQUESTED marker of packages that stay, and its line in RECORD."""
    for row in rows:
        folder = row.dist_info.rpartition("/")[2]
        marker = f"{row.dist_info}/REQUESTED"
        record = f"{places.root}/{row.dist_info}/RECORD"
        try:
            text = read_limited(record, MOST_RECORD_BYTES).decode("utf-8", "surrogateescape")
            lines = StringIO(text, newline="").readlines()
        except FileNotFoundError:
            lines = []
        except OSError as error:
            raise file_trouble(error, record) from error
        lines = [line for line in lines if not line.startswith(f"{folder}/REQUESTED,")]
        if row.is_requested:
            line = record_line_of(f"{folder}/REQUESTED", b"")
            lines.insert(after_line(lines, f"{folder}/INSTALLER,"), line)
            replace_file(places.root, f"{places.root}/{marker}", b"")
        else:
            remove_files(places, (marker,))
        replace_file(places.root, record, "".join(lines).encode("utf-8", "surrogateescape"))


def _counted(count: int) -> str:
    return "1 package" if count == 1 else f"{count} packages"
