"""Wheels that stand in the store, to be read and linked from; nothing is put there and nothing is hashed.

All that installing needs. :class:`~detent.store.wheels.WheelStore` is the one that can do something about
what is missing or damaged.
"""

import contextlib
import os
import time
from collections.abc import Iterable, Iterator

from detent.errors.store import ArchiveUnsafe, FileTrouble
from detent.events import Report, ignore
from detent.fsio import copy, file_trouble
from detent.model.limits import Limits
from detent.model.names import PackageName
from detent.store.cache import Scratch, is_read_only
from detent.store.entry import HEAD, WheelEntry, WheelFile, read_head, with_contents
from detent.store.heads import read_heads
from detent.store.layout import Layout

_DAY_SECONDS = 86_400


class Shelf:
    """The unpacked wheels of one store, for whoever only takes."""

    def __init__(self, layout: Layout, limits: Limits, report: Report = ignore) -> None:
        self._layout = layout
        self._limits = limits
        self._report = report

    @property
    def layout(self) -> Layout:
        """Where everything of the store lies."""
        return self._layout

    @property
    def limits(self) -> Limits:
        """The limits in force."""
        return self._limits

    def get(self, digest: str) -> WheelEntry | None:
        """Give the entry of the wheel with this sha256, if it is here; its use is noted by :meth:`check`."""
        return read_head(digest, self._layout.wheel(digest))

    def heads(self, digests: Iterable[str]) -> dict[str, WheelEntry]:
        """Do as :meth:`get` for all wheels of a selection, for less; what is not here is left out."""
        return read_heads(self._layout, digests)

    def find(self, digest: str, *, filename: str, name: PackageName, version: str) -> WheelEntry | None:
        """Do as :meth:`get` for who expects a certain package behind the hash.

        Raises :class:`ArchiveUnsafe` when it is another one's: a hash in a lock may have been exchanged.
        """
        entry = self.get(digest)
        if entry is not None:
            self.see_owner(entry, filename=filename, name=name, version=version)
        return entry

    def see_owner(self, entry: WheelEntry, *, filename: str, name: PackageName, version: str) -> None:
        """Raise :class:`ArchiveUnsafe` for an entry of another package than the one its hash was to lead to.

        Here another spelling of the version is another one.
        """
        if (entry.name, entry.version) != (name, version):
            raise ArchiveUnsafe(filename, f"the wheel with its hash is not written as `{name}` {version}")

    def check(self, entry: WheelEntry, *, fully: bool = True) -> WheelEntry | None:
        """Give the entry if its files are as they were unpacked, by their sizes and times.

        The entry given has its full list, unless it was not to be looked at ``fully``: then the files are
        looked at once a day only. The use is noted, also once a day.
        """
        head = f"{entry.root}/{HEAD}"
        is_recent = _is_recent(head)
        if is_recent and self._is_enough(fully=fully):
            return entry
        whole = self._whole(entry)
        if whole is not None and not is_recent:
            with contextlib.suppress(OSError):  # a store that may only be read
                os.utime(head)
        return whole

    def distrust(self, digest: str) -> None:
        """Have the next :meth:`check` of an entry look at its files, however lately one did."""
        with contextlib.suppress(OSError):  # a store that may only be read, or no such entry
            os.utime(f"{self._layout.wheel(digest)}/{HEAD}", (0, 0))

    def unshare(self, entry: WheelEntry, scheme: str, file: WheelFile) -> bool:
        """Put a copy in the place of a file that can have no more links; the records stay true.

        Says whether that was done, which a store that may only be read refuses.
        """
        path = f"{entry.folder(scheme)}/{file.path}"
        try:
            with Scratch(self._layout) as scratch:
                fresh = f"{scratch}/file"
                try:
                    copy(path, fresh, mode=file.mode)
                    os.chmod(fresh, file.mode)  # noqa: PTH101
                    os.utime(fresh, ns=(file.mtime_ns, file.mtime_ns))
                    os.rename(fresh, path)  # noqa: PTH104
                except OSError as error:
                    raise file_trouble(error, path) from error
        except FileTrouble as trouble:
            if not is_read_only(trouble):
                raise
            return False
        return True

    def _is_enough(self, *, fully: bool) -> bool:
        """Whether an entry that was looked at today need not be so again."""
        return not fully

    def _whole(self, entry: WheelEntry) -> WheelEntry | None:
        """Give the entry with its full list if its files are as they were unpacked."""
        whole = with_contents(entry)
        return None if whole is None or any(doubtful(whole)) else whole


def doubtful(entry: WheelEntry) -> Iterator[str]:
    """Give the full path of each file whose size or time is not what the entry says."""
    lstat = os.lstat
    for scheme, files in entry.by_scheme():
        prefix = entry.folder(scheme) + "/"
        for path, _, size_bytes, _, mtime_ns in files:
            try:
                facts = lstat(prefix + path)
            except OSError:
                yield prefix + path
                continue
            if facts.st_mtime_ns != mtime_ns or facts.st_size != size_bytes:
                yield prefix + path


def _is_recent(head: str) -> bool:
    """Whether the use of an entry was noted within a day."""
    try:
        return abs(time.time() - os.stat(head).st_mtime) <= _DAY_SECONDS  # noqa: PTH116
    except OSError:
        return False
