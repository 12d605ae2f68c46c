"""Files out of an environment: exactly the named ones, their byte code, and the folders that leaves empty.

A path is only ever taken apart, never resolved: where a folder on the way is a link, what lies behind it is
somebody else's and stays. A link to a folder of the store goes only if it is still the one that was made.
What the environment itself consists of cannot be named.
"""

# ruff: noqa: PTH106, PTH108, PTH115, PTH208 (strings: an environment has files by the thousand)

import contextlib
import errno
import os
import stat
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from detent.errors.store import FileTrouble
from detent.fsio import file_trouble
from detent.install.places import Places, protection
from detent.install.plan import Installed
from detent.install.real_folders import RealFolders

_BYTECODE = "__pycache__"
_NOT_THERE = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG))
_NO_LINKS: Mapping[str, Collection[str]] = MappingProxyType({})


def link_ends(rows: Iterable[Installed]) -> dict[str, list[str]]:
    """Give what each link of these packages leads to, as far as it is the same wherever the store is."""
    found: dict[str, list[str]] = {}
    for row in rows:
        library = row.dist_info.rpartition("/")[0]
        for path in row.links:
            found.setdefault(path, []).append(f"/{row.digest}/files{path.removeprefix(library)}")
    return found


def stray_links(places: Places, links: Mapping[str, Collection[str]]) -> set[str]:
    """Give the paths of such links where something else stands by now, which stays."""
    return {
        path
        for path, ends in links.items()
        if os.path.lexists(f"{places.root}/{path}") and not _leads_to(f"{places.root}/{path}", ends)
    }


def remove_files(
    places: Places, paths: Iterable[str], links: Mapping[str, Collection[str]] = _NO_LINKS
) -> None:
    """Remove the files at these paths, relative to the environment; what is not there is removed already.

    Those among ``links`` only if they lead where it says (:func:`link_ends`). Raises :class:`FileTrouble` at
    the first that the system will not give up.
    """
    names_by_folder: dict[str, list[str]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        names_by_folder.setdefault(folder, []).append(name)
    folders = RealFolders(places.root)
    for folder in sorted(names_by_folder):
        if folders.is_real(folder):
            names = names_by_folder[folder]
            _remove_names(places, folder, names, links)
            _remove_bytecode(places, folders, folder, names)
    _remove_empty(places, folders)


def _remove_names(
    places: Places, folder: str, names: list[str], links: Mapping[str, Collection[str]]
) -> None:
    prefix = f"{places.root}/{folder}/" if folder else f"{places.root}/"
    # Only the environment's root and its scripts folder hold what is not to be named.
    is_guarded = folder in ("", places.scripts) or "/" not in folder
    for name in names:
        path = f"{folder}/{name}" if folder else name
        if is_guarded and protection(places, path):
            continue
        ends = links.get(path)
        if ends is None or _leads_to(prefix + name, ends):
            _unlink(prefix + name)


def _leads_to(path: str, ends: Collection[str]) -> bool:
    """Whether this is a link to a folder of the store as one of ours was."""
    try:
        return os.readlink(path).endswith(tuple(ends))
    except OSError as error:
        if error.errno == errno.EINVAL or error.errno in _NOT_THERE:  # no link, or nothing at all
            return False
        raise file_trouble(error, path) from error


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        pass
    except OSError as error:
        if _is_folder(path):  # some systems say "not permitted" then
            return
        raise file_trouble(error, path) from error


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def _remove_bytecode(places: Places, folders: RealFolders, folder: str, names: list[str]) -> None:
    """Remove the byte code of removed sources: a `__pycache__` left alone imports as a namespace package."""
    stems = {name[:-3] for name in names if name.endswith(".py")}
    if not stems:
        return
    cache = f"{folder}/{_BYTECODE}" if folder else _BYTECODE
    if not folders.is_real(cache):
        return
    try:
        found = os.listdir(f"{places.root}/{cache}")
    except OSError as error:
        raise file_trouble(error, f"{places.root}/{cache}") from error
    for name in found:
        # `module.cpython-312.opt-1.pyc`, or the same with a number at the end while it is being written.
        if ".pyc" in name and any(name[:at] in stems for at, c in enumerate(name) if c == "."):
            _unlink(f"{places.root}/{cache}/{name}")


def _remove_empty(places: Places, folders: RealFolders) -> None:
    fixed = places.fixed
    for folder in sorted(folders.met(), key=lambda f: (-f.count("/"), f)):
        if folder not in fixed:
            try:
                os.rmdir(f"{places.root}/{folder}")
            except FileNotFoundError:
                pass
            except OSError as error:
                names = _names(f"{places.root}/{folder}")
                if not names:
                    raise file_trouble(error, f"{places.root}/{folder}") from error
                if names == [_BYTECODE] and folders.is_real(f"{folder}/{_BYTECODE}"):
                    _remove_stray_bytecode(f"{places.root}/{folder}")


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _remove_stray_bytecode(folder: str) -> None:
    """Remove a folder with nothing but byte code in it, of sources that were gone before: nobody can use it.

    As far as that goes: it is no fault of this run if something stays.
    """
    cache = f"{folder}/{_BYTECODE}"
    names = _names(cache)
    if all(name.endswith(".pyc") or ".pyc." in name for name in names):
        with contextlib.suppress(OSError, FileTrouble):
            for name in names:
                _unlink(f"{cache}/{name}")
            os.rmdir(cache)
            os.rmdir(folder)
