"""Libraries that look for others by going up from where they lie (`$ORIGIN/..`, `@loader_path/..`).

Behind a link to a folder the way up leads through the store, not through the environment, so what another
package installs is not found there. Such ways are noted when a wheel is unpacked; whoever makes links keeps
the folders real where it matters. A way up is of no matter where everything needed comes with the wheel
itself or with the system, or where it does not leave the library's own folder.
"""

import re
from collections.abc import Collection, Iterable
from posixpath import normpath

from detent.store.elf import MAGIC, Needs, Read, read_elf
from detent.store.entry import Climb
from detent.store.macho import MAGICS, read_macho

# The libraries that every Linux has (PEP 513 to PEP 656), by the names their files begin with; and Python's.
_SYSTEM = (
    r"(?:ld-[\w.-]+|libc\.musl-\w+|lib(?:c|m|mvec|anl|dl|rt|pthread|util|resolv|nsl|crypt|stdc\+\+|gcc_s|atomic|z"
    r"|expat|X11|Xext|Xrender|ICE|SM|GL|glib-2\.0|gobject-2\.0|gthread-2\.0|python3[\w.]*))\.so[\w.]*"
)
_LONGEST_NAME = 255
"""In a file system."""
_MOST_WAYS = 1024
_ANYWHERE = ".."


class Ways:
    """The ways up that the libraries of one wheel go, collected while they are written."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = frozenset(paths)
        self._names = frozenset(path.rpartition("/")[2] for path in self._paths)
        self._targets: dict[str, set[str]] = {}
        self._count = 0

    @staticmethod
    def may_lead(first_bytes: bytes) -> bool:
        """Whether a file that begins so is one to look at."""
        return first_bytes[:4] == MAGIC or first_bytes[:4] in MAGICS

    def add(self, path: str, read: Read) -> None:
        """Look at a program or library."""
        needs = read_elf(read) or read_macho(read)
        if needs is None:
            return
        folder = path.rpartition("/")[0]
        targets = self._targets_of(folder, needs)
        if targets:
            known = self._targets.setdefault(folder, set())
            self._count += len(targets - known)
            # Somebody is playing: one way that is a reason for real folders stands for all of them.
            known.update(targets if self._count <= _MOST_WAYS else {_ANYWHERE})

    def _targets_of(self, folder: str, needs: Needs) -> set[str]:
        targets = {_joined(folder, path) for path in needs.search if ".." in path}
        if targets and all(name in self._names or _is_of_system(name) for name in needs.names):
            targets.clear()
        for path in needs.direct:
            whole = _joined(folder, path)
            if ".." in path and whole not in self._paths:
                targets.add(whole.rpartition("/")[0] or ".")
        return targets

    def climbs(self, links: Collection[str], folders: Collection[str]) -> tuple[Climb, ...]:
        """Give the ways of libraries that may be reached by a link, sorted.

        Also those that stay in the folder that would be linked: where two packages fill it, it will be real,
        and the link stands further down.
        """
        return tuple(
            Climb(folder, target, target in folders)
            for folder, targets in sorted(self._targets.items())
            if _link_above(folder, links)
            for target in sorted(targets)
            if target != folder and not target.startswith(folder + "/")
        )


def _is_of_system(name: str) -> bool:
    return len(name) <= _LONGEST_NAME and re.fullmatch(_SYSTEM, name) is not None


def _joined(folder: str, path: str) -> str:
    return normpath(f"{folder}/{path}" if folder else path)


def _link_above(folder: str, links: Collection[str]) -> str:
    while folder and folder not in links:
        folder = folder.rpartition("/")[0]
    return folder
