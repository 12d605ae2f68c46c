"""One line for coverage: what an environment by directory imports from the store is nobody's own code.

Coverage goes by real paths, and those of linked packages lie in the store. A `.pth` file that names the
folder of unpacked wheels, with the `pyvenv.cfg` above that folder, makes it leave them out as it leaves out
site-packages. No name in that folder can be imported. The file is there while any package has links.
"""

import os
from collections.abc import Iterable

from detent.errors.store import StoreInEnvironment
from detent.install.manifest import replace_file
from detent.install.places import Places
from detent.install.plan import Installed
from detent.install.removal import remove_files
from detent.store.layout import Layout

MARKER = "_detent_store.pth"


def set_marker(places: Places, rows: Iterable[Installed], store: Layout | None) -> None:
    """Write the file if one of the packages has links, else remove it.

    Without a store there is nothing to write. Raises :class:`FileTrouble`.
    """
    path = f"{places.purelib}/{MARKER}"
    if not any(row.links for row in rows):
        remove_files(places, (path,))
    elif store is not None:
        line = os.fsencode(store.unpacked)
        # A name that is no line of text cannot be said in such a file; only coverage would have read it.
        if _is_line(line) and _read(f"{places.root}/{path}") != line + b"\n":
            replace_file(places.root, f"{places.root}/{path}", line + b"\n")


def refuse_store_inside(places: Places, store: Layout) -> None:
    """Raise :class:`StoreInEnvironment` for a store that installers would take for the environment's own."""
    inside = os.path.realpath(store.root) + "/"
    if inside.startswith(os.path.realpath(places.root) + "/"):
        raise StoreInEnvironment(str(store.root), places.root)


def _is_line(name: bytes) -> bool:
    try:
        return len(name.decode().splitlines()) == 1
    except UnicodeDecodeError:  # Python would not even start
        return False


def _read(path: str) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            return file.read()
    except OSError:
        return None
