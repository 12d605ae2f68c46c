"""Taking something out of the store so that nobody ever sees half of it.

What goes is renamed into the scratch folder first: killed at any moment, it is either whole or gone, and what
is left of it is swept another day. Only to be called by who holds the store alone.
"""

from collections.abc import Iterable
from pathlib import Path

from detent.errors.store import FileTrouble
from detent.fsio import file_trouble, remove_tree
from detent.store.cache import Scratch, note_removal
from detent.store.layout import Layout


def remove(layout: Layout, paths: Iterable[Path]) -> None:
    """Remove what stands at these paths; what is not there is removed already. Raises :class:`FileTrouble`.

    Where an unpacked wheel is among it, that is noted before it goes: who was killed in between was right.
    """
    is_noted = False
    for path in paths:
        if not is_noted and path.is_relative_to(layout.wheels_bucket):
            note_removal(layout)
            is_noted = True
        _remove(layout, path)


def _remove(layout: Layout, path: Path) -> None:
    if path == layout.tmp:
        remove_tree(path)
        return
    try:
        with Scratch(layout) as scratch:
            path.rename(scratch / "doomed")
            remove_tree(scratch / "doomed")
    except FileNotFoundError:
        return
    except FileTrouble:
        if path.exists():
            remove_tree(path)  # no room for another folder on a full disk: room is what this is for
    except OSError as error:
        raise file_trouble(error, path) from error
