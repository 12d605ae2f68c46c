"""Who owns which path: settled for all packages of a plan together, before anything is touched.

Two packages that bring the same bytes share a file. Different bytes are refused, unless one of the two may
overwrite what others bring, and so is standing on what nobody installed. Launchers of entry points are the
exception: `fastapi` and `fastapi-cli` both bring `fastapi`, and every installer lets one of them have it;
here it is the same one whatever came first.
"""

import os
import stat
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from unicodedata import normalize

from detent.errors import DetentError, Failures
from detent.errors.install import FileConflict, PathOccupied, UnsafePath
from detent.fsio import file_trouble
from detent.install.directory import Fold
from detent.install.foreign import read_hashes
from detent.install.places import Places
from detent.install.plan import AUTO, Found, Installed, Linking
from detent.install.real_folders import RealFolders
from detent.install.wheel import ARROW, Layout
from detent.model.names import PackageName, normalise
from detent.named import NamedTuple
from detent.store.fingerprint import small_sha256


class Ground(NamedTuple):
    """What stands where new files are to go."""

    adopted: frozenset[str] = frozenset()
    """Files nobody owned that have the right bytes already: ours from now on."""
    cleared: frozenset[str] = frozenset()
    """Byte code nobody owned, to be removed first."""


class Claims(NamedTuple):
    """What is not as each package alone would have it."""

    shared: Mapping[PackageName, Collection[str]]
    """Files of new packages that another one places: not to be brought again."""
    yielded: Mapping[PackageName, Collection[str]]
    """Files of new and kept packages in whose place those of another one stand."""


class _Claim(NamedTuple):
    path: str
    package: PackageName
    digest: str
    """Hash of the bytes; the word ``launcher`` for all launchers."""


def fold_at(places: Places) -> Fold:
    """Give how names are told apart where the environment lies."""
    # pyvenv.cfg is in every environment: found under another name too, the file system ignores case.
    ignores_case = os.path.lexists(f"{places.root}/PYVENV.CFG")
    return _without_case if ignores_case else str


def settle_claims(
    places: Places,
    layouts: Sequence[Layout],
    rows: Sequence[Installed],
    kept: Sequence[Installed],
    fold: Fold,
    *,
    linking: Linking = AUTO,
) -> Claims:
    """Find the files that several packages have, and whose are placed.

    ``rows`` are the layouts as they will be installed. Raises :class:`FileConflict` where two packages bring
    different bytes and neither may overwrite the other by ``linking``, and :class:`UnsafePath` where a
    package's own names are one file on this file system.
    """
    contested = _contested(rows, kept, fold)
    faults: dict[tuple[str, str], DetentError] = _folders_on_files(layouts, (*rows, *kept), fold)
    shared: dict[PackageName, set[str]] = {}
    yielded: dict[PackageName, set[str]] = {}
    claims: dict[str, list[_Claim]] = {}
    if contested:
        for package in kept:  # what stands already comes first
            for claim in _claims_of_kept(places, package, contested, fold):
                claims.setdefault(fold(claim.path), []).append(claim)
        for layout in layouts:
            for claim in _claims_of_new(layout, contested, fold):
                claims.setdefault(fold(claim.path), []).append(claim)
    new = {layout.name for layout in layouts}
    for rivals in claims.values():
        winner = min(rivals, key=lambda claim: linking.rank(claim.package))
        same = [c for c in rivals if (c.path, c.digest) == (winner.path, winner.digest)]
        for claim in same[1:]:
            if claim.package in new:
                shared.setdefault(claim.package, set()).add(claim.path)
        for claim in rivals:
            if claim in same or (claim.package not in new and winner.package not in new):
                continue
            if claim.path == winner.path and linking.rank(winner.package) < linking.rank(claim.package):
                yielded.setdefault(claim.package, set()).add(claim.path)
            else:
                pair = (winner.package, claim.package)
                faults.setdefault(pair, FileConflict(claim.path, *pair))
    _raise(faults.values())
    return Claims(shared, yielded)


def launchers_to_write(
    before: Iterable[Installed], after: Iterable[Installed], new: Collection[PackageName]
) -> tuple[tuple[str, str], ...]:
    """Give path and ``module:attribute`` of each launcher that is not what it has to be.

    Those of ``new`` packages are missing; another one is wrong where a package that came or went decides anew
    whose it is.
    """
    owner_before = launcher_owners(before)
    return tuple(
        (path, value)
        for path, (_, name, value) in sorted(launcher_owners(after).items())
        if name in new or (path in owner_before and owner_before[path][1] != name)
    )


def check_ground(
    places: Places,
    layouts: Sequence[Layout],
    rows: Sequence[Installed],
    found: Found,
    ours: Callable[[], Collection[str]],
) -> Ground:
    """Look at what stands where files are to go; ``ours`` gives every path some package owns or gives up.

    Raises :class:`PathOccupied` where somebody else put a file, or a link in place of a folder.
    """
    adopted: set[str] = set()
    cleared: set[str] = set()
    faults: list[DetentError] = []
    folders = RealFolders(places.root)
    known: Collection[str] | None = None
    for layout, row in zip(layouts, rows, strict=True):
        # What has no name in common with site-packages can meet nothing there.
        paths = layout.outside() if layout.top_level.isdisjoint(found.top_level) else row.paths()
        facts: dict[str, tuple[str, int]] = {}
        for path in paths:
            folder = folders.state(path.rpartition("/")[0])
            if folder == "absent":
                continue
            known = ours() if known is None else known
            obstacle = path if folder == "real" else folders.obstacle(path)
            if obstacle in known:
                continue
            state = "taken"
            if folder == "real":
                facts = facts or layout.facts()
                state = _file_state(f"{places.root}/{path}", *facts[path])
            if state == "same":
                adopted.add(path)
            elif state == "taken" and path.endswith(".pyc"):
                cleared.add(path)
            elif state == "taken":
                faults.append(PathOccupied(f"{places.root}/{obstacle}", layout.name))
                break
    _raise(faults)
    return Ground(frozenset(adopted), frozenset(cleared))


def _file_state(path: str, digest: str, size_bytes: int) -> str:
    """Say ``absent``, ``same`` for a file with these bytes or such a link, or ``taken`` for anything else."""
    try:
        there = os.lstat(path)
        mode = there.st_mode
        if digest.startswith(ARROW):
            is_same = stat.S_ISLNK(mode) and ARROW + os.readlink(path) == digest  # noqa: PTH115
            # A folder all of whose files are removed first; any other would not have become a link.
            return "same" if is_same else "absent" if stat.S_ISDIR(mode) else "taken"
        if not stat.S_ISREG(mode) or there.st_size != size_bytes:
            return "taken"
        with open(path, "rb") as file:  # noqa: PTH123
            return "same" if small_sha256(file.read()).hex() == digest else "taken"
    except FileNotFoundError:
        return "absent"
    except OSError as error:
        raise file_trouble(error, path) from error


def _contested(rows: Sequence[Installed], kept: Sequence[Installed], fold: Fold) -> set[str]:
    """Give the paths of new packages that another package has too: mostly none, so this has to be quick."""
    new: set[str] = set()
    contested: set[str] = set()
    for row in rows:
        paths = row.paths()
        mine = _folded(paths, fold)
        if len(mine) < len(paths):
            twin = next(p for p in paths if sum(fold(other) == fold(p) for other in paths) > 1)
            raise UnsafePath(row.name, twin, "another name in the package is the same file here")
        if not new.isdisjoint(mine):
            contested |= new & mine
        new |= mine
    for package in kept:
        contested |= new & _folded(package.paths(), fold)
    return contested


def _folded(paths: list[str], fold: Fold) -> set[str]:
    return set(paths) if fold is str else {fold(path) for path in paths}


def _folders_on_files(
    layouts: Sequence[Layout], rows: Sequence[Installed], fold: Fold
) -> dict[tuple[str, str], DetentError]:
    """Find the folders of new packages that are files of another, new or not."""
    faults: dict[tuple[str, str], DetentError] = {}
    folders = {fold(folder): layout.name for layout in layouts for folder in layout.folders}
    for row in rows if folders else ():
        for path in folders.keys() & _folded(row.paths(), fold):
            pair = (row.name, folders[path])
            faults[pair] = FileConflict(path, *pair, is_folder=True)
    return faults


def _claims_of_kept(places: Places, package: Installed, contested: set[str], fold: Fold) -> list[_Claim]:
    paths = [p for p in package.paths() if fold(p) in contested and os.path.lexists(f"{places.root}/{p}")]
    if not paths:
        return []
    hashes = read_hashes(places, package.dist_info)
    hashes.update(dict.fromkeys((path for path, _ in package.launchers), "launcher"))
    return [_Claim(path, package.name, hashes.get(path, "")) for path in paths]


def _claims_of_new(layout: Layout, contested: set[str], fold: Fold) -> list[_Claim]:
    hashes = {path: digest for path, (digest, _) in layout.facts().items()}
    hashes.update(dict.fromkeys((path for path, _ in layout.launchers), "launcher"))
    return [_Claim(p, layout.name, digest) for p, digest in hashes.items() if fold(p) in contested]


def _without_case(path: str) -> str:
    return normalize("NFC", path).casefold()


def launcher_owners(rows: Iterable[Installed]) -> dict[str, tuple[bool, PackageName, str]]:
    """Say whose each launcher is: the package that is called like it, else the first by name.

    With the owner comes its ``module:attribute``, last, and first whether it is called otherwise.
    """
    owners: dict[str, tuple[bool, PackageName, str]] = {}
    for row in rows:
        for path, value in row.launchers:
            claim = (normalise(path.rpartition("/")[2]) != row.name, row.name, value)
            owners[path] = min(claim, owners.get(path, claim))
    return owners


def _raise(faults: Iterable[DetentError]) -> None:
    found = tuple(faults)
    if len(found) == 1:
        raise found[0]
    if found:
        raise Failures(found)
