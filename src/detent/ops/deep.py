"""A deep look at an environment: is every file of it what was installed? And what that says of the store."""

# ruff: noqa: PTH106, PTH108, PTH120 (strings, as they come)

import contextlib
import os
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from detent.events import Notice
from detent.fsio import file_trouble
from detent.install.damage import Damage, Fault, find_damage, stored_path
from detent.install.installed import read_installed
from detent.install.places import places_of
from detent.model.names import PackageName
from detent.ops.world import World
from detent.python.interpreter import Interpreter
from detent.store.wheels import WheelStore

_SHOWN = 10
"""How many files of one package are named."""
_WORDS: dict[Fault, str] = {
    "missing": "is missing",
    "changed": "was changed",
    "linked": "was replaced by a link",
    "not a file": "was replaced by something that is no file",
    "not executable": "cannot be executed any more",
    "astray": "no longer leads to the cache",
    "foreign": "does not belong there",
}


def damaged_packages(
    world: World, root: Path, interpreter: Interpreter, *, repairs: bool
) -> frozenset[PackageName]:
    """Find the packages that are not as they were installed, and tell what is wrong with each.

    With ``repairs`` the wheels of these are read too: one that is damaged is set aside, to be fetched again,
    and what does not belong into one is removed. Raises :class:`FileTrouble`.
    """
    environment = world.environments().look(root, interpreter).environment
    if environment is None:
        return frozenset()
    packages = read_installed(environment).packages
    found = find_damage(places_of(environment), packages, world.layout)
    _tell(world, found)
    names = frozenset(damage.package for damage in found)
    if repairs and names:
        # What size and time do not show may have come from the store, or gone there by a shared file.
        store = WheelStore(world.layout, world.limits, world.report, hashes_always=True)
        for package in packages:
            entry = store.get(package.digest) if package.name in names else None
            if entry is not None:
                store.check(entry)
        by_name = {package.name: package for package in packages}
        for damage in found:
            if damage.fault == "foreign":
                _take_out(stored_path(by_name[damage.package], damage.path, world.layout))
    return names


def _take_out(path: str) -> None:
    """Remove a file from the store, and the folders that leaves empty: those of a wheel are not."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return  # by somebody else meanwhile
    except OSError as error:
        raise file_trouble(error, path) from error
    with contextlib.suppress(OSError):
        while True:
            path = os.path.dirname(path)
            os.rmdir(path)


def _tell(world: World, found: Iterable[Damage]) -> None:
    for (name, version), group in groupby(found, key=lambda damage: (damage.package, damage.version)):
        damages = list(group)
        for damage in damages[:_SHOWN]:
            world.report(Notice("warning", f"`{name}` {version}: `{damage.path}` {_WORDS[damage.fault]}"))
        if len(damages) > _SHOWN:
            world.report(Notice("warning", f"`{name}` {version}: {len(damages) - _SHOWN} more files"))
