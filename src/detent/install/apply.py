"""Carry out a plan: the store's files into an environment, what is not wanted out of it.

The order makes any moment a safe one to die in: everything is checked first; the journal says what will be
touched; then removals, links, and each package's dist-info last; the journal becomes the manifest by rename.
A journal that is found at the start is put right by :func:`recover`. Nothing here reaches the network.
"""

import contextlib
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from io import StringIO
from types import MappingProxyType

from detent.errors import FileTrouble
from detent.events import Detail, Linked, Notice, Report, ignore
from detent.fsio import CREATE, FileLock, file_trouble, read_limited, write_all
from detent.install.bytecode import ByteCode, link_bytecode
from detent.install.claims import check_ground, fold_at, launchers_to_write, settle_claims
from detent.install.directory import Spread
from detent.install.folders import Coming, settle_folders
from detent.install.foreign import MOST_RECORD_BYTES, read_paths, remove_metadata
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
from detent.install.marker import refuse_store_inside, set_marker
from detent.install.places import Places, places_of
from detent.install.plan import (
    AUTO,
    Changes,
    Foreign,
    Install,
    Installed,
    Keep,
    Linking,
    Plan,
    Remove,
    Replace,
)
from detent.install.record import record_line_of
from detent.install.removal import link_ends, remove_files, stray_links
from detent.install.wheel import Batch, Layout, PrivateFile, Wish, launcher_file, lay_out, wish_again, wish_of
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


class _Work(NamedTuple):
    """All that is going to happen, decided and checked."""

    layouts: tuple[Layout, ...]
    after: tuple[Installed, ...]
    removed: tuple[str, ...]
    removed_links: Mapping[str, Collection[str]]
    """Where those of them lead that are links to folders (:func:`detent.install.removal.link_ends`)."""
    foreign: tuple[Foreign, ...]
    launchers: tuple[tuple[str, str], ...]
    marked: tuple[Installed, ...]
    """Packages that stay and whose REQUESTED marker changes, as they will be."""
    touched: frozenset[PackageName]
    """Every package that is not to be believed until all is done."""


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
    remove_files(places, _owned(lost) - _owned(kept), link_ends(lost))
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
    report: Report = ignore,
) -> Applied:
    """Make the environment what the plan says, from checked ``entries`` of everything it installs.

    Packages that come or stay get their ``bytecode`` besides. To be called under the environment's lock.
    Raises :class:`FileConflict`, :class:`PathOccupied`, :class:`UnsafePath` and :class:`StoreInEnvironment`
    before anything is touched. After a :class:`FileTrouble` the touched packages are taken out again as far
    as the system allows, and the next run does the rest.
    """
    places = places_of(environment)
    if linking.mode == "directory":
        refuse_store_inside(places, store.layout)
    sweep_state_folder(places.root)
    work = _prepare(plan, places, entries, store, linking)
    if bytecode:
        work = work._replace(after=tuple([_with_bytecode(row, bytecode) for row in work.after]))
    for distribution in plan.stuck:
        name = f"{distribution.name} {distribution.version}".rstrip()
        report(Notice("warning", f"`{name}` has no RECORD to remove it by, so it stays"))
    links_by_digest = {row.digest for row in (*plan.found.packages, *work.after) if row.links}
    if links_by_digest:
        register(store.layout, environment.root, links_by_digest)
    write_journal(places.root, work.after, work.touched)
    linker = Linker(places.root, linking.mode, store, report)
    try:
        _remove(places, work)
        if links_by_digest:
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
    if links_by_digest:
        register(store.layout, environment.root, {row.digest for row in work.after if row.links})
    files = sum(len(b.files) for layout in work.layouts for b in (*layout.batches, layout.dist_batch))
    links = sum(len(layout.links) + len(layout.dist_links) for layout in work.layouts)
    if files:
        report(Detail(f"{files} files were brought in by {linker.method}, and {links} folders as links"))
    return Applied(plan.changes(), files, linker.method, links)


# ---- before anything is touched -----------------------------------------------------------------


def _prepare(
    plan: Plan,
    places: Places,
    entries: Mapping[PackageName, WheelEntry],
    store: Shelf,
    linking: Linking,
) -> _Work:
    kept: list[Installed] = []
    gone: list[Installed] = list(plan.leftovers)
    foreign: list[Foreign] = []
    coming: list[tuple[WheelEntry, Wish]] = []
    marks: dict[PackageName, bool] = {}
    for action in plan.actions:
        match action:
            case Keep(old, is_requested):
                if is_requested != old.is_requested:
                    marks[old.name] = is_requested
                kept.append(old)
            case Remove(old):
                if isinstance(old, Installed):
                    gone.append(old)
                else:
                    foreign.append(old)
            case Install(choice):
                coming.append((entries[action.name], wish_of(choice)))
            case Replace(old, others, choice):
                gone += [old] if old else []
                foreign += others
                coming.append((entries[action.name], wish_of(choice)))

    def bring_again(row: Installed, entry: WheelEntry) -> None:
        wish = wish_again(places, row)
        coming.append((entry, wish._replace(is_requested=marks.pop(row.name, row.is_requested))))
        kept.remove(row)
        gone.append(row)

    for row, entry in _in_another_mode(kept, store, linking):
        bring_again(row, entry)
    fold = fold_at(places)
    spreads: list[Spread | None] = [None] * len(coming)
    if linking.mode == "directory":
        decided = settle_folders(
            places,
            [Coming(entry, linking.is_by_directory(wish.name)) for entry, wish in coming],
            kept,
            gone,
            top_level=plan.found.top_level,
            vanishing=lambda rows: _owned((*gone, *rows)) | _owned_by_foreign(places, foreign),
            fold=fold,
            store=store,
        )
        spreads = [*decided.coming, *(one.spread for one in decided.again)]
        for row, entry, _ in decided.again:
            bring_again(row, entry)
    marked = [_with_mark(row, is_requested=marks[row.name]) for row in kept if row.name in marks]
    kept = [*(row for row in kept if row.name not in marks), *marked]
    layouts = [lay_out(*one, places, spread) for one, spread in zip(coming, spreads, strict=True)]
    layouts.sort(key=lambda layout: layout.name)
    rows = [layout.installed() for layout in layouts]
    removed = _owned(gone) | _owned_by_foreign(places, foreign)
    if removed:
        staying = [d for d in plan.found.foreign if d.has_record and d not in foreign]
        removed -= _owned(kept) | _owned_by_foreign(places, staying)
        removed -= stray_links(places, link_ends(gone))
    claims = settle_claims(places, layouts, rows, kept, fold, linking=linking)
    yielding = [row for row in kept if row.name in claims.yielded]
    if claims.yielded:
        removed |= {path for row in yielding for path in claims.yielded[row.name]}
        before, kept = kept, [_without_yielded(row, claims.yielded) for row in kept]
        rows = [_without_yielded(row, claims.yielded) for row in rows]
    else:
        before = kept
    ground = check_ground(
        places, layouts, rows, plan.found, lambda: removed | _owned(kept) | _metadata_replaced(rows, foreign)
    )
    standing = {
        layout.name: ground.adopted.union(
            claims.shared.get(layout.name, ()), claims.yielded.get(layout.name, ())
        )
        for layout in layouts
    }
    # What an incomplete package left stays known until it is removed.
    waiting = [row for row in plan.found.leftovers if row not in plan.leftovers]
    return _Work(
        layouts=tuple(_without(layout, standing[layout.name]) for layout in layouts),
        after=(*kept, *rows, *waiting),
        removed=tuple(sorted(removed | ground.cleared)),
        removed_links=link_ends(gone),
        foreign=tuple(foreign),
        launchers=launchers_to_write((*before, *gone), (*kept, *rows), {row.name for row in rows}),
        marked=tuple(marked),
        touched=frozenset(row.name for row in (*gone, *rows, *marked, *yielding)),
    )


def _in_another_mode(
    kept: Iterable[Installed], store: Shelf, linking: Linking
) -> list[tuple[Installed, WheelEntry]]:
    """Give the packages that stay although nobody chose them, and stand in the way of another mode.

    What the store has no more stays as it is.
    """
    found = []
    for row in kept:
        if row.is_by_directory != linking.is_by_directory(row.name):
            entry = store.get(row.digest)
            checked = store.check(entry) if entry is not None else None
            if checked is not None:
                found.append((row, checked))
    return found


def _owned(rows: Iterable[Installed]) -> set[str]:
    return {path for row in rows for path in row.paths()}


def _owned_by_foreign(places: Places, distributions: Iterable[Foreign]) -> set[str]:
    return {path for distribution in distributions for path in read_paths(places, distribution)}


def _metadata_replaced(rows: Iterable[Installed], foreign: Iterable[Foreign]) -> set[str]:
    """Give the files of new packages in a `.dist-info` that is another installer's, and put aside before."""
    folders = {distribution.metadata for distribution in foreign}
    return {
        path
        for row in rows
        if row.dist_info in folders
        for path in row.paths()
        if path.startswith(f"{row.dist_info}/")
    }


def _without(layout: Layout, standing: Collection[str]) -> Layout:
    """Leave out the files that stand already; the package owns them all the same."""
    if not standing:
        return layout

    def rest(batch: Batch) -> Batch:
        return batch._replace(files=[f for f in batch.files if batch.target + f.path not in standing])

    return layout._replace(
        links=tuple(link for link in layout.links if link[0] not in standing),
        dist_links=tuple(link for link in layout.dist_links if link[0] not in standing),
        batches=tuple(rest(batch) for batch in layout.batches),
        scripts=tuple(file for file in layout.scripts if file.path not in standing),
        dist_batch=rest(layout.dist_batch),
        dist_files=tuple(file for file in layout.dist_files if file.path not in standing),
    )


def _without_yielded(row: Installed, yielded: Mapping[PackageName, Collection[str]]) -> Installed:
    """Give a package without the files that another one's stand in the place of; it knows them still."""
    lost = yielded.get(row.name)
    if not lost:
        return row
    return row._replace(
        linked=tuple(path for path in row.linked if path not in lost),
        private=tuple(path for path in row.private if path not in lost),
        launchers=tuple(launcher for launcher in row.launchers if launcher[0] not in lost),
        yielded=tuple(sorted({*row.yielded, *lost})),
    )


def _with_bytecode(row: Installed, bytecode: Mapping[PackageName, ByteCode]) -> Installed:
    return row._replace(bytecode=bytecode[row.name].kind) if row.name in bytecode else row


def _with_mark(old: Installed, *, is_requested: bool) -> Installed:
    marker = f"{old.dist_info}/REQUESTED"
    private = [path for path in old.private if path != marker]
    if is_requested:
        private.insert(_after(private, f"{old.dist_info}/INSTALLER"), marker)
    return old._replace(is_requested=is_requested, private=tuple(private))


def _after(lines: Sequence[str], start: str) -> int:
    """Give the place behind the line that starts like this, so that markers come back where they were."""
    return next((at for at, line in enumerate(lines, start=1) if line.startswith(start)), len(lines))


# ---- the changes themselves ---------------------------------------------------------------------


def _remove(places: Places, work: _Work) -> None:
    remove_files(places, work.removed, work.removed_links)
    for distribution in work.foreign:
        remove_metadata(places, distribution)
    if work.foreign:
        sweep_state_folder(places.root)


def _bring_in(places: Places, work: _Work, linker: Linker, report: Report) -> None:
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
            lines.insert(_after(lines, f"{folder}/INSTALLER,"), record_line_of(f"{folder}/REQUESTED", b""))
            replace_file(places.root, f"{places.root}/{marker}", b"")
        else:
            remove_files(places, (marker,))
        replace_file(places.root, record, "".join(lines).encode("utf-8", "surrogateescape"))


def _counted(count: int) -> str:
    return "1 package" if count == 1 else f"{count} packages"
