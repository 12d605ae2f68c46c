"""What is installed in an environment: our own manifest, held against what stands there.

A package of ours whose `.dist-info` is gone, or was written by another installer meanwhile, is not installed
any more, nor is one that lacks a program or a name in site-packages, or whose links lead nowhere; what it
left behind is still known.
Every other `.dist-info` and `.egg-info` is foreign. Nothing is started, nothing imported, nothing written.
"""

# ruff: noqa: PTH208 (strings: every sync comes here)

import os
import re
import stat
from bisect import bisect_left
from collections.abc import Iterator

from detent.errors.install import NotAnEnvironment
from detent.fsio import file_trouble, read_start
from detent.install.manifest import read_journal, read_manifest
from detent.install.places import Places, places_of
from detent.install.plan import Foreign, Found, Installed
from detent.model.names import PackageName, package_name
from detent.python.environment import Environment

_INSTALLER = b"detent\n"
_PYTHON_SUFFIX = re.compile(r"-py\d+(\.\d+)?$")


def read_installed(environment: Environment) -> Found:
    """Look at what is there. Raises :class:`NotAnEnvironment` where a link would lead out of it."""
    places = places_of(environment)
    refuse_links(places)
    names_by_library = {library: _names(places, library) for library in places.libraries}
    programs = _programs(places)
    rows, lost = _believed(places.root)
    packages: list[Installed] = []
    for row in rows:
        library, _, folder = row.dist_info.rpartition("/")
        names = names_by_library.get(library, frozenset())
        is_there = folder in names and _is_ours(places, row.dist_info) and _has_all(row, library, names)
        is_there = is_there and all(path in programs for path, _ in row.launchers)
        if is_there and row.links:
            is_there = not _dangles(places.root, row)
        (packages if is_there else lost).append(row)
    known = {row.dist_info for row in packages}
    foreign = [
        distribution
        for library, names in names_by_library.items()
        for name in names
        if f"{library}/{name}" not in known
        for distribution in _foreign(places, library, name)
    ]
    top_level = frozenset(name for names in names_by_library.values() for name in names)
    return Found(tuple(packages), tuple(lost), tuple(sorted(foreign)), top_level)


def _has_all(row: Installed, library: str, names: frozenset[str]) -> bool:
    """Whether each file or folder that a package has directly in site-packages is there.

    Paths are sorted as far as this goes, so all of one folder are passed over at one stroke.
    """
    below = library + "/"
    for paths in (row.linked, row.links):
        at = 0
        while at < len(paths) and paths[at].startswith(below):
            name = paths[at][len(below) :].partition("/")[0]
            if name not in names:
                return False
            at = bisect_left(paths, f"{below}{name}0", at + 1)  # "0" is what follows "/"
    return True


def dangling(environment: Environment) -> tuple[PackageName, ...]:
    """Give the packages whose links lead nowhere, because the store was cleaned or moved."""
    root = str(environment.root)
    return tuple(row.name for row in read_manifest(root).packages if row.links and _dangles(root, row))


def _dangles(root: str, row: Installed) -> bool:
    # An entry of the store comes and goes whole, so one of its folders speaks for all.
    return not os.path.exists(f"{root}/{row.links[0]}")  # noqa: PTH110


def _believed(root: str) -> tuple[tuple[Installed, ...], list[Installed]]:
    """Give the packages no dead run has touched, and what may be left of those it has."""
    rows = read_manifest(root).packages
    journal = read_journal(root)
    if journal is None:
        return rows, []
    touched = journal.touched
    lost = [row for row in (*rows, *journal.packages) if row.name in touched]
    return tuple(row for row in rows if row.name not in touched), lost


def refuse_links(places: Places) -> None:
    """See that the folders we write to and remove from are the environment's own.

    Raises :class:`NotAnEnvironment` where a link would lead out of it.
    """
    for folder in sorted(places.fixed):
        path = f"{places.root}/{folder}"
        try:
            is_link = folder != "" and stat.S_ISLNK(os.lstat(path).st_mode)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise file_trouble(error, path) from error
        if is_link:
            raise NotAnEnvironment(
                places.root, f"`{folder}` in it is a link, and what lies behind it may belong to others"
            )


def _names(places: Places, library: str) -> frozenset[str]:
    path = f"{places.root}/{library}"
    try:
        return frozenset(os.listdir(path))
    except OSError as error:
        raise file_trouble(error, path) from error


def _programs(places: Places) -> frozenset[str]:
    try:
        names = os.listdir(f"{places.root}/{places.scripts}")
    except OSError:  # whoever wants to write there says why that cannot be
        return frozenset()
    return frozenset([f"{places.scripts}/{name}" for name in names])


def _is_ours(places: Places, dist_info: str) -> bool:
    # One small read per package; the name of the folder is the same after `pip install --force-reinstall`.
    folder = f"{places.root}/{dist_info}"
    try:
        if not stat.S_ISDIR(os.lstat(folder).st_mode):
            return False
        return read_start(f"{folder}/INSTALLER", len(_INSTALLER) + 1) == _INSTALLER
    except OSError:
        return False


def _foreign(places: Places, library: str, folder: str) -> Iterator[Foreign]:
    stem, _, kind = folder.rpartition(".")
    if kind not in ("dist-info", "egg-info"):
        return
    name, _, version = _PYTHON_SUFFIX.sub("", stem).rpartition("-") if "-" in stem else (stem, "", "")
    try:
        normal_name = package_name(name)
    except ValueError:
        return  # `~ame-1.0.dist-info` and the like: what an installer that died had put aside
    record = f"{places.root}/{library}/{folder}/RECORD"
    has_record = kind == "dist-info" and os.path.lexists(record)
    yield Foreign(normal_name, version, f"{library}/{folder}", has_record)
