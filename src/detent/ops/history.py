"""The last changes of a project, written down before they are made, so that `detent undo` takes them back.

The records lie in the cache and never in the project, which may come from a stranger. Each says what the
files were and what they were about to become, and what was installed. So whether a change was really made is
seen from the files themselves: a command that was killed after writing its record, or has put everything
back, leaves one that describes nothing, and the record before it still stands.
"""

# ruff: noqa: PTH208 (strings: every edit comes here)

import contextlib
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from detent.fsio import file_trouble
from detent.named import NamedTuple
from detent.store.fingerprint import fingerprint
from detent.store.layout import Layout
from detent.store.records import read_record, write_record

_KIND = b"undo"
_VERSION = 1
_NAME = re.compile(r"\d{6}-[0-9a-f]{8}")
_KEPT = 10
"""How many changes of a project are remembered."""
TURNED = ".turned"
"""Ends the name of the record of an undoing that is going on."""
ABSENT = ""
"""Stands for the fingerprint of a file that is not there."""


class FileChange(NamedTuple):
    """One file of the project: what it was, and what it became."""

    name: str
    before: bytes | None
    """``None`` for a file that was not there."""
    after: str
    """The fingerprint of the new contents."""


class WasInstalled(NamedTuple):
    """A package as it was installed before."""

    name: str
    version: str
    digest: str
    """The sha256 of the wheel."""
    identity: str
    """The hash the lock named it by."""
    is_requested: bool
    is_by_directory: bool
    """Whether folders of it were to be links into the store."""
    direct_url: bytes = b""
    """Its `direct_url.json`; empty for one of an index."""


class WasEnvironment(NamedTuple):
    """An environment as it was before."""

    root: str
    python: str
    """The interpreter behind it; empty where there was no environment."""
    selection: bytes
    """What the last sync selected, as it is kept."""
    packages: tuple[WasInstalled, ...]
    overwriting: tuple[str, ...] = ()
    """Packages whose files stood in the place of others'."""
    foreign: tuple[tuple[str, str], ...] = ()
    """Name and version of what other installers had put there, and was about to be removed."""


class Step(NamedTuple):
    """One change: everything that putting it back needs."""

    root: str
    """The project's folder, links followed."""
    command: str
    """As a person would have typed it."""
    made_at: int
    """Seconds since the epoch."""
    files: tuple[FileChange, ...] = ()
    """Only those that changed."""
    environment: WasEnvironment | None = None
    """``None`` where it was not touched."""
    is_undoing: bool = False
    """Whether the change was itself an undoing of ``command``."""


def changed(name: str, before: bytes | None, after: bytes | None) -> tuple[FileChange, ...]:
    """Describe a change of a file; nothing for one that stays as it is."""
    return () if before == after else (FileChange(name, before, fingerprint_of(after)),)


def current_bytes(path: Path) -> bytes | None:
    """Read a file of the project; ``None`` where there is none. Raises :class:`FileTrouble`."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise file_trouble(error, path) from error


def fingerprint_of(content: bytes | None) -> str:
    """Give what stands for the contents of a file, or for its absence."""
    return ABSENT if content is None else fingerprint(content)


class Remembered:
    """Writes one change down before it is made; one that fails before anything was installed is forgotten."""

    def __init__(self, layout: Layout, root: Path, command: str) -> None:
        """``command`` is empty for what is not to be undone."""
        self._layout = layout
        self._step = Step(str(root), command, 0)
        self._place: Path | None = None

    @property
    def has_environment(self) -> bool:
        """Whether an environment is written down already."""
        return self._step.environment is not None

    def files(self, *changes: FileChange) -> None:
        """Write down files that are about to be written; raises :class:`FileTrouble`."""
        added = self._added(changes)
        if added:
            self._step = self._step._replace(files=(*self._step.files, *added))
            self._write()

    def environment(self, was: WasEnvironment, *changes: FileChange) -> None:
        """Write down an environment that is about to be changed, with files if they are too."""
        files = (*self._step.files, *self._added(changes))
        self._step = self._step._replace(files=files, environment=was)
        self._write()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and self._place is not None and not self.has_environment:
            with contextlib.suppress(OSError):
                self._place.unlink(missing_ok=True)

    def _added(self, changes: Iterable[FileChange]) -> tuple[FileChange, ...]:
        known = {change.name for change in self._step.files}
        return tuple(change for change in changes if change.name not in known)

    def _write(self) -> None:
        if not self._step.command:
            return
        if self._place is None:
            real = os.path.realpath(self._step.root)
            self._step = self._step._replace(root=real, made_at=int(time.time()))
            self._place = _next_place(_folder(self._layout, real))
        write_step(self._place, self._step)


def read_history(layout: Layout, root: Path) -> list[tuple[Path, Step]]:
    """Give the changes of a project and where each is written down, the last one first."""
    real = os.path.realpath(root)
    folder = _folder(layout, real)
    found = ((folder / name, read_step(folder / name)) for name in reversed(_names(folder)))
    return [(place, step) for place, step in found if step is not None and step.root == real]


def is_kept(layout: Layout, root: Path) -> bool:
    """Whether changes of a project can be written down; a cache that may only be read takes none."""
    return os.access(_folder(layout, os.path.realpath(root)), os.W_OK)


def read_step(place: Path) -> Step | None:
    """Read one record; ``None`` for what is none, of another release, or damaged."""
    value = read_record(place, _KIND, _VERSION)
    if not isinstance(value, tuple) or len(value) != len(Step._fields):
        return None
    step = Step(*value)
    files = tuple(FileChange(*row) for row in step.files)
    if step.environment is None:
        return step._replace(files=files)
    was = WasEnvironment(*step.environment)
    packages = tuple(WasInstalled(*row) for row in was.packages)
    return step._replace(files=files, environment=was._replace(packages=packages))


def write_step(place: Path, step: Step) -> None:
    """Write one record, at one stroke; raises :class:`FileTrouble`."""
    write_record(place, _KIND, _VERSION, _plain(step))


def _plain(value: object) -> object:
    """Give plain tuples: a record knows no classes."""
    return tuple(map(_plain, cast("Iterable[object]", value))) if isinstance(value, tuple) else value


def _folder(layout: Layout, real: str) -> Path:
    return layout.undo(fingerprint(os.fsencode(real)))


def _names(folder: Path) -> list[str]:
    """Give the names of the records, oldest first."""
    return sorted(name for name in _listed(folder) if _NAME.fullmatch(name))


def _listed(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _next_place(folder: Path) -> Path:
    """Give a name after all others, and drop the oldest records, and what undoings that died left."""
    names = _names(folder)
    unfinished = [name for name in _listed(folder) if name.endswith(TURNED)]
    for name in (*names[: 1 - _KEPT], *unfinished):
        with contextlib.suppress(OSError):
            (folder / name).unlink()
    number = int(names[-1][:6]) + 1 if names else 1
    return folder / f"{number:06d}-{os.urandom(4).hex()}"
