"""A source tree copied for a build, which may write to it as it likes.

Links stay links, and nothing is followed. What git keeps for good is shared where it can be: no program of
git writes to an object again.
"""

import os
import stat
from pathlib import Path

from detent import fsio


def copy_tree(source: Path, target: Path) -> None:
    """Copy a tree for a build, which may write to all but the objects of its repository.

    Links stay links. Raises :class:`FileTrouble`.
    """
    folders = [("", False)]
    here = str(source)
    try:
        target.mkdir()
        for folder, is_of_objects in folders:  # grows while it is walked
            with os.scandir(f"{source}/{folder}") as found:
                entries = sorted(found, key=lambda entry: entry.name)
            for entry in entries:
                here, there = entry.path, f"{target}/{folder}{entry.name}"
                if entry.is_symlink():
                    os.symlink(os.readlink(here), there)  # noqa: PTH115, PTH211 (by the thousand)
                elif entry.is_dir(follow_symlinks=False):
                    os.mkdir(there, 0o755)  # noqa: PTH102
                    is_object = is_of_objects or (entry.name == "objects" and ".git" in folder.split("/"))
                    folders.append((f"{folder}{entry.name}/", is_object))
                elif not (is_of_objects and fsio.hardlink(here, there) == "done"):
                    mode = stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode)
                    if fsio.clone(here, there, mode=mode) != "done":
                        fsio.copy(here, there, mode=mode)
    except OSError as error:
        raise fsio.file_trouble(error, here) from error
