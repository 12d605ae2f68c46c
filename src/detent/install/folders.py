"""Which folders of one environment become links: :mod:`detent.install.directory`, asked on the spot.

A folder that stands there already and keeps files of somebody else cannot become a link; it stays as it is,
and what is below it is linked where that is free. Packages that stay are asked for only where they have a
name in common with what comes or goes: only then can a link of theirs change. Nothing is written here, and no
link is followed.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache, partial

from detent.errors.store import FileTrouble
from detent.fsio import file_trouble
from detent.install.directory import Fold, Member, Spread, file_by_file, folder_by_folder, spread
from detent.install.places import Places
from detent.install.plan import Installed
from detent.install.real_folders import RealFolders
from detent.named import NamedTuple
from detent.store.entry import WheelContents, WheelEntry, read_contents
from detent.store.shelf import Shelf

_BYTECODE = "__pycache__"


class Coming(NamedTuple):
    """A package that is brought in."""

    entry: WheelEntry
    is_by_directory: bool
    """Whether its folders may be links."""


class Relinked(NamedTuple):
    """A package that stays, with other links than it has now."""

    row: Installed
    entry: WheelEntry
    spread: Spread


class Folders(NamedTuple):
    """What becomes of all packages."""

    coming: tuple[Spread | None, ...]
    """``None`` for a package that is installed file by file."""
    again: tuple[Relinked, ...]


class _Package(NamedTuple):
    library: str
    """Where its folders go, relative to the environment's root."""
    member: Member
    standing: frozenset[str] = frozenset()
    """The links that are there already, relative to the root."""


def settle_folders(
    places: Places,
    coming: Sequence[Coming],
    kept: Sequence[Installed],
    gone: Iterable[Installed],
    *,
    top_level: Collection[str],
    vanishing: Callable[[Collection[Installed]], Collection[str]],
    fold: Fold,
    store: Shelf,
) -> Folders:
    """Decide for an environment by directory, of what comes into it, stays and goes.

    ``top_level`` are the names that are in site-packages now; ``vanishing`` gives every path that is removed
    before anything is brought in, when the given packages are replaced. Raises :class:`FileTrouble`.
    """
    packages = [_package(places, one, store) for one in coming]
    names = {fold(path.partition("/")[0]) for package in packages for path in _claimed(package.member)}
    names |= _names(gone, fold)
    stays: list[tuple[Installed, WheelEntry]] = []
    for row in _related(kept, names, fold):
        entry = store.get(row.digest)
        # Without its entry a package stays as it is: what it has is then taken, for whoever needs it.
        if entry is not None:
            stays.append((row, entry))
            one = Coming(entry, is_by_directory=True)
            packages.append(_package(places, one, store, frozenset(row.links)))
    replaceable = [row for row, _ in stays]
    going = cache(lambda: frozenset(map(fold, vanishing(replaceable))))
    spreads = _settled(places.root, packages, top_level, going, fold)
    again = [
        Relinked(row, entry, one)
        for (row, entry), one in zip(stays, spreads[len(coming) :], strict=True)
        if {f"{_library(row)}/{link}" for link in one.links} != set(row.links)
    ]
    return Folders(
        tuple(s if c.is_by_directory else None for c, s in zip(coming, spreads, strict=False)), tuple(again)
    )


def _package(
    places: Places, coming: Coming, store: Shelf, standing: frozenset[str] = frozenset()
) -> _Package:
    entry = coming.entry
    library = places.library(is_pure=entry.root_is_purelib)
    contents = partial(_contents, store, entry)
    spots = folder_by_folder(entry) if coming.is_by_directory else file_by_file(contents(), entry.dist_info)
    data = tuple(_folders_by_data(entry, library + "/"))
    if data:
        spots = spots._replace(real=tuple(sorted({*spots.real, *data})))
    return _Package(library, Member(spots, contents), standing)


def _folders_by_data(entry: WheelEntry, library: str) -> Iterator[str]:
    """Give the folders of site-packages that a wheel fills by the way of its data files."""
    for scheme, files in entry.data:
        for file in files if scheme == "data" else ():
            if file.path.startswith(library):
                folder = file.path[len(library) :].rpartition("/")[0]
                while folder:
                    yield folder
                    folder = folder.rpartition("/")[0]


def _contents(store: Shelf, entry: WheelEntry) -> WheelContents:
    try:
        return read_contents(entry)
    except FileTrouble:
        store.check(entry)  # so that the next run fetches it again
        raise


# ---- which packages matter ----------------------------------------------------------------------


def _related(kept: Iterable[Installed], names: set[str], fold: Fold) -> list[Installed]:
    """Give the packages by directory that share a name in site-packages, or a neighbour of theirs does."""
    rest = [(row, _names((row,), fold)) for row in kept if row.is_by_directory]
    found: list[Installed] = []
    while near := [(row, own) for row, own in rest if not own.isdisjoint(names)]:
        found += [row for row, _ in near]
        rest = [(row, own) for row, own in rest if own.isdisjoint(names)]
        names = names.union(*(own for _, own in near))
    return found


def _names(rows: Iterable[Installed], fold: Fold) -> set[str]:
    found: set[str] = set()
    for row in rows:
        library = _library(row) + "/"
        paths = (*row.links, *row.linked)
        found |= {fold(p[len(library) :].partition("/")[0]) for p in paths if p.startswith(library)}
    return found


def _claimed(member: Member) -> Iterator[str]:
    yield from member.spots.real
    yield from member.spots.links
    yield from (file.path for file in member.spots.files)


def _library(row: Installed) -> str:
    return row.dist_info.rpartition("/")[0]


# ---- what stands there --------------------------------------------------------------------------


def _settled(
    root: str,
    packages: Sequence[_Package],
    top_level: Collection[str],
    vanishing: Callable[[], Collection[str]],
    fold: Fold,
) -> list[Spread]:
    occupied: dict[str, set[str]] = {package.library: set() for package in packages}
    folders = RealFolders(root)
    names = {fold(name) for name in top_level}

    def is_kept(folder: str) -> bool:
        # A real one that will go on to stand there; one behind a link is not of this environment.
        return folders.is_real(folder) and not _vanishes(root, folder, vanishing(), fold)

    while True:
        found = _spread(packages, occupied, fold)
        taken = [
            (package.library, link)
            for package, one in zip(packages, found, strict=True)
            for link in one.links
            if fold(link.partition("/")[0]) in names
            and f"{package.library}/{link}" not in package.standing
            and is_kept(f"{package.library}/{link}")
        ]
        if not taken:
            return found
        for library, folder in taken:
            occupied[library].add(folder)


def _spread(packages: Sequence[_Package], occupied: dict[str, set[str]], fold: Fold) -> list[Spread]:
    by_package: dict[int, Spread] = {}
    for library, folders in occupied.items():
        here = [number for number, package in enumerate(packages) if package.library == library]
        members = [packages[number].member for number in here]
        by_package.update(zip(here, spread(members, occupied=folders, fold=fold), strict=True))
    return [by_package[number] for number in range(len(packages))]


def _vanishes(root: str, folder: str, paths: Collection[str], fold: Fold) -> bool:
    """Whether all that is in a folder will be gone; an empty one was not made by an installer and stays.

    ``paths`` are folded. Raises :class:`FileTrouble`.
    """
    try:
        with os.scandir(f"{root}/{folder}") as entries:
            inside = [(f"{folder}/{entry.name}", entry.is_dir(follow_symlinks=False)) for entry in entries]
    except OSError as error:
        raise file_trouble(error, f"{root}/{folder}") from error
    return bool(inside) and all(
        _vanishes(root, path, paths, fold) if is_folder else _is_among(fold(path), paths)
        for path, is_folder in inside
    )


def _is_among(path: str, paths: Collection[str]) -> bool:
    """Whether a file goes, or goes with its source (:func:`detent.install.removal.remove_files`)."""
    if path in paths:
        return True
    cache, _, name = path.rpartition("/")
    above, _, leaf = cache.rpartition("/")
    if leaf != _BYTECODE or ".pyc" not in name:
        return False
    return any(f"{above}/{name[:at]}.py" in paths for at, c in enumerate(name) if c == ".")
