"""What a plan comes to here: every path that goes or comes, decided and checked before any is touched.

A plan speaks of packages that come and go. Here those that stay are looked at too: one may have to be brought
again, in another mode or with other links. What cannot be is refused while the environment is as it was.
"""

from collections.abc import Collection, Iterable, Mapping

from detent.install.claims import check_ground, fold_at, launchers_to_write, settle_claims
from detent.install.directory import Spread
from detent.install.folders import Coming, settle_folders
from detent.install.foreign import read_paths
from detent.install.places import Places
from detent.install.plan import Foreign, Found, Install, Installed, Keep, Linking, Plan, Remove, Replace
from detent.install.record import after_line
from detent.install.removal import link_ends, stray_links
from detent.install.wheel import Batch, Layout, Wish, lay_out, wish_again, wish_of
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.store.entry import WheelEntry
from detent.store.shelf import Shelf


class Work(NamedTuple):
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
    opened: tuple[WheelEntry, ...] = ()
    """Of what comes, or comes again, the wheels whose byte code is asked for here for the first time: nobody
    knew before that a folder of theirs has to be real."""


def prepare(
    plan: Plan,
    places: Places,
    entries: Mapping[PackageName, WheelEntry],
    store: Shelf,
    linking: Linking,
) -> Work:
    """Decide it all. Raises :class:`FileConflict`, :class:`PathOccupied`, :class:`UnsafePath`."""
    kept: list[Installed] = []
    gone: list[Installed] = list(plan.leftovers)
    foreign: list[Foreign] = []
    coming: list[tuple[WheelEntry, Wish]] = []
    marks: dict[PackageName, bool] = {}
    opened: list[WheelEntry] = []
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
        if row.bytecode:
            opened.append(entry)

    def vanishing(rows: Collection[Installed]) -> set[str]:
        staying = [row for row in kept if row not in rows]
        return _removed(places, (*gone, *rows), foreign, staying, plan.found)

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
            vanishing=vanishing,
            fold=fold,
            store=store,
        )
        spreads = [*decided.coming, *(one.spread for one in decided.again)]
        opened += [e for (e, _), one in zip(coming, spreads, strict=False) if one and _is_opened(e, one)]
        for row, entry, _ in decided.again:
            bring_again(row, entry)
    marked = [_with_mark(row, is_requested=marks[row.name]) for row in kept if row.name in marks]
    kept = [*(row for row in kept if row.name not in marks), *marked]
    layouts = [lay_out(*one, places, spread) for one, spread in zip(coming, spreads, strict=True)]
    layouts.sort(key=lambda layout: layout.name)
    rows = [layout.installed() for layout in layouts]
    removed = _removed(places, gone, foreign, kept, plan.found)
    if removed:
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
        places, layouts, rows, plan.found, lambda: removed | owned(kept) | _metadata_replaced(rows, foreign)
    )
    standing = {
        layout.name: ground.adopted.union(
            claims.shared.get(layout.name, ()), claims.yielded.get(layout.name, ())
        )
        for layout in layouts
    }
    # What an incomplete package left stays known until it is removed.
    waiting = [row for row in plan.found.leftovers if row not in plan.leftovers]
    return Work(
        layouts=tuple(_without(layout, standing[layout.name]) for layout in layouts),
        after=(*kept, *rows, *waiting),
        removed=tuple(sorted(removed | ground.cleared)),
        removed_links=link_ends(gone),
        foreign=tuple(foreign),
        launchers=launchers_to_write((*before, *gone), (*kept, *rows), {row.name for row in rows}),
        marked=tuple(marked),
        touched=frozenset(row.name for row in (*gone, *rows, *marked, *yielding)),
        opened=tuple(opened),
    )


def _is_opened(entry: WheelEntry, spread: Spread) -> bool:
    """Whether a folder of a wheel that might be a link is none here: beside its dist-info more are real."""
    return len(spread.real) > len(entry.spots.real) + 1


def owned(rows: Iterable[Installed]) -> set[str]:
    """Give every path of these packages."""
    return {path for row in rows for path in row.paths()}


def _removed(
    places: Places,
    gone: Iterable[Installed],
    foreign: Collection[Foreign],
    kept: Iterable[Installed],
    found: Found,
) -> set[str]:
    """Give every path that goes: of packages and distributions, and of nobody who stays."""
    removed = owned(gone) | _owned_by_foreign(places, foreign)
    if removed:
        staying = [d for d in found.foreign if d.has_record and d not in foreign]
        removed -= owned(kept) | _owned_by_foreign(places, staying)
    return removed


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


def _owned_by_foreign(places: Places, distributions: Iterable[Foreign]) -> set[str]:
    return {path for distribution in distributions for path in read_paths(places, distribution)}


def _metadata_replaced(rows: Iterable[Installed], foreign: Iterable[Foreign]) -> set[str]:
    """Give the files of new packages in a `.dist-info` that is another installer's, and put aside before.

    With them come the folders they are in, in whose place links may stand.
    """
    folders = {distribution.metadata for distribution in foreign}
    found: set[str] = set()
    for row in rows:
        if row.dist_info in folders:
            for path in row.paths():
                above = path
                while above.startswith(f"{row.dist_info}/") and above not in found:
                    found.add(above)
                    above = above.rpartition("/")[0]
    return found


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


def _with_mark(old: Installed, *, is_requested: bool) -> Installed:
    marker = f"{old.dist_info}/REQUESTED"
    private = [path for path in old.private if path != marker]
    if is_requested:
        private.insert(after_line(private, f"{old.dist_info}/INSTALLER"), marker)
    return old._replace(is_requested=is_requested, private=tuple(private))
