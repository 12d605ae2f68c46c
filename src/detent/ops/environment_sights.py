"""What of an environment, and of an interpreter, an answer of a stamp rests on."""

# ruff: noqa: PTH112, PTH114, PTH117, PTH120, PTH208 (strings: every sync comes here)

import os
from collections.abc import Iterator

from detent import stamp
from detent.ops.evidence import Sight, Unseen
from detent.python.environment import STATE_NAME, UNFINISHED
from detent.python.pyvenv import CONFIG_NAME, base_of

_MOST_NAMESPACES = 64
"""Folders of namespace packages that are looked at."""


def environment_sights(root: str) -> Iterator[Sight]:
    """Give what tells that the environment at ``root`` is as it was, and its interpreter too."""
    yield Sight(root, stamp.LINK if os.path.islink(root) else stamp.PLACE)
    state, programs = f"{root}/{STATE_NAME}", f"{root}/bin"
    yield Sight(f"{root}/{CONFIG_NAME}", is_proved=True)
    yield Sight(state, stamp.PLACE)
    yield Sight(f"{state}/installed")
    yield Sight(f"{state}/selection", is_proved=True)
    yield Sight(f"{state}/journal", stamp.PRESENCE)
    yield Sight(f"{root}/{UNFINISHED}", stamp.PRESENCE)
    yield Sight(programs, stamp.LINK)
    python = f"{programs}/python"
    yield Sight(python, stamp.LINK)
    yield Sight(python)
    base = base_of(python)
    if base is not None:
        yield Sight(base)
        folder = os.path.dirname(base)
        yield Sight(f"{folder}/{CONFIG_NAME}", stamp.PRESENCE)
        yield Sight(f"{os.path.dirname(folder)}/{CONFIG_NAME}", stamp.PRESENCE)
    for name in ("include", "lib", "lib64"):
        library = f"{root}/{name}"
        if os.path.islink(library):
            yield Sight(library, stamp.LINK)
            continue
        yield Sight(library, stamp.PLACE)
        if name != "include" and os.path.isdir(library):
            for version in sorted(os.listdir(library)):
                yield Sight(f"{library}/{version}", stamp.PLACE)
                packages = f"{library}/{version}/site-packages"
                yield Sight(packages, stamp.LINK)
                yield from _namespaces(packages)


def _namespaces(packages: str) -> Iterator[Sight]:
    """Give the real folders that several packages may share, the outer ones first."""
    folders = [packages]
    for count, folder in enumerate(folders):
        if count:
            yield Sight(folder, stamp.LINK)
        try:
            with os.scandir(folder) as entries:
                names = [e.name for e in entries if e.name.isidentifier() and e.is_dir(follow_symlinks=False)]
        except OSError:
            return  # none, or gone meanwhile: the folder itself tells
        for name in sorted(names):
            if len(folders) > _MOST_NAMESPACES:
                return
            if name != "__pycache__" and not os.access(f"{folder}/{name}/__init__.py", os.F_OK):
                folders.append(f"{folder}/{name}")


def python_sights(asked: str) -> Iterator[Sight]:
    """Give what an interpreter asked for by its path rests on.

    Raises :class:`Unseen` for one of an environment, for a script that decides what to start (a shim), and
    for a path that depends on where one stands.
    """
    if "/" not in asked and not asked.startswith((".", "~")):
        return
    if not os.path.isabs(asked) or base_of(asked) != asked or _is_script(asked):
        raise Unseen
    for path in {asked, os.path.realpath(asked)}:
        folder = os.path.dirname(path)
        yield Sight(path, stamp.LINK)
        yield Sight(f"{folder}/{CONFIG_NAME}", stamp.PRESENCE)
        yield Sight(f"{os.path.dirname(folder)}/{CONFIG_NAME}", stamp.PRESENCE)


def _is_script(path: str) -> bool:
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            return file.read(2) == b"#!"
    except OSError:
        return True  # nothing to go by either
