"""Which folders of one environment become links: what :mod:`detent.install.directory` says, asked on the spot.

A folder that stands there already and keeps files of somebody else cannot become a link; it stays as it is,
and what is below it is linked where that is free. Nothing is written here, and no link is followed.
"""

import os
import stat
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from detent.fsio import file_trouble
from detent.install.directory import Fold, Member, Spread, spread

_BYTECODE = "__pycache__"


class Package(NamedTuple):
    """A package of the environment, whether it is there already or will be."""

    library: str
    """Where its folders go, relative to the environment's root."""
    member: Member
    standing: Collection[str] = ()
    """The links that are there already, relative to the root."""


def settle_folders(
    root: str,
    packages: Sequence[Package],
    *,
    top_level: Collection[str],
    vanishing: Callable[[], Collection[str]],
    fold: Fold,
) -> list[Spread]:
    """Decide for all packages of the environment at ``root``.

    ``top_level`` are the names that are in site-packages now; ``vanishing`` gives every path that is removed
    before anything is brought in. Raises :class:`FileTrouble`.
    """
    occupied: dict[str, set[str]] = {package.library: set() for package in packages}
    while True:
        found = _spread(packages, occupied, fold)
        taken = [
            (package.library, link)
            for package, one in zip(packages, found, strict=True)
            for link in one.links
            if link.partition("/")[0] in top_level
            and (path := f"{package.library}/{link}") not in package.standing
            and _is_kept(root, path, vanishing)
        ]
        if not taken:
            return found
        for library, folder in taken:
            occupied[library].add(folder)


def _spread(packages: Sequence[Package], occupied: dict[str, set[str]], fold: Fold) -> list[Spread]:
    by_package: dict[int, Spread] = {}
    for library, folders in occupied.items():
        here = [number for number, package in enumerate(packages) if package.library == library]
        members = [packages[number].member for number in here]
        by_package.update(zip(here, spread(members, occupied=folders, fold=fold), strict=True))
    return [by_package[number] for number in range(len(packages))]


def _is_kept(root: str, path: str, vanishing: Callable[[], Collection[str]]) -> bool:
    """Whether a real folder stands there and will go on to."""
    full = f"{root}/{path}"
    try:
        return stat.S_ISDIR(os.lstat(full).st_mode) and not _vanishes(root, path, vanishing())
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise file_trouble(error, full) from error


def _vanishes(root: str, folder: str, paths: Collection[str]) -> bool:
    """Whether all that is in a folder will be gone; an empty one was not made by an installer and stays."""
    with os.scandir(f"{root}/{folder}") as entries:
        inside = [(f"{folder}/{entry.name}", entry.is_dir(follow_symlinks=False)) for entry in entries]
    return bool(inside) and all(
        _vanishes(root, path, paths) if is_folder else path in paths or _is_byte_code_of(path, paths)
        for path, is_folder in inside
    )


def _is_byte_code_of(path: str, paths: Collection[str]) -> bool:
    """Whether a file goes with its source (:func:`detent.install.removal.remove_files`)."""
    cache, _, name = path.rpartition("/")
    above, _, leaf = cache.rpartition("/")
    if leaf != _BYTECODE or ".pyc" not in name:
        return False
    return any(f"{above}/{name[:at]}.py" in paths for at, c in enumerate(name) if c == ".")
