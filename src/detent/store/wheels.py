"""Unpacked wheels: one folder each, known by the sha256 of the wheel file.

An entry appears by one rename of a finished folder and is believed through its head, which is written last;
without a head there is no entry. Files of an entry are shared with environments by link, so an edit in one of
those may reach the entry: :meth:`WheelStore.check` finds it before the next environment is made.
"""

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from detent.errors.store import ArchiveUnsafe, FileTrouble
from detent.events import Notice, Report, ignore
from detent.fsio import CREATE, READ_ONLY, FileLock, file_trouble, make_private_folder, write_all
from detent.model.limits import Limits
from detent.model.names import PackageName
from detent.store.cache import Scratch, is_read_only, mark_wheels, note_removal
from detent.store.contents import WheelArchive, check_owner, colliding
from detent.store.entry import (
    BYTECODE,
    FULL,
    HEAD,
    WheelEntry,
    WheelFile,
    encoded,
    read_head,
    replaced,
    with_contents,
)
from detent.store.layout import Layout
from detent.store.naming import FILES, shown
from detent.store.shelf import Shelf, doubtful
from detent.store.unpack import readable, unpack

__all__ = ["WheelEntry", "WheelFile", "WheelStore"]


class WheelStore(Shelf):
    """The unpacked wheels of one store."""

    def __init__(
        self, layout: Layout, limits: Limits, report: Report = ignore, *, hashes_always: bool = False
    ) -> None:
        super().__init__(layout, limits, report)
        self._hashes_always = hashes_always
        self._said_renewed = False

    def see_owner(self, entry: WheelEntry, *, filename: str, name: PackageName, version: str) -> None:
        """Raise :class:`ArchiveUnsafe` for an entry of another package than its hash was to lead to."""
        try:
            check_owner(entry.name, entry.version, name, version, where="the wheel with its hash")
        except ValueError as error:
            raise ArchiveUnsafe(filename, str(error)) from None

    def claim(self, digest: str) -> FileLock:
        """Give the lock that whoever fetches this wheel holds, so that it is fetched once."""
        return FileLock(
            self._layout.lock(f"wheel-{digest}"),
            wait_seconds=self._limits.lock_wait_seconds,
            notice_seconds=self._limits.lock_notice_seconds,
            report=self._report,
            fleeting=True,
        )

    def put(
        self,
        digest: str,
        source: bytes | Path,
        *,
        filename: str,
        name: PackageName,
        version: str,
        scratch: Path | None = None,
    ) -> WheelEntry:
        """Unpack a wheel whose sha256 was found to be ``digest``; when it is here already, give that entry.

        ``scratch`` is an empty folder in the store, the caller's own; without it there is one for this alone.
        Raises :class:`ArchiveUnsafe` for a wheel that is refused, :class:`FileTrouble` for a full or broken
        disk; the store is as before then.
        """
        existing = self.find(digest, filename=filename, name=name, version=version)
        whole = with_contents(existing) if existing else None
        if whole:
            return whole
        archive = WheelArchive(
            readable(source, filename), filename, name=name, version=version, limits=self._limits
        )
        for path in colliding(placed.path for placed in archive.placed if placed.scheme == FILES):
            self._report(
                Notice(
                    "warning",
                    f"`{filename}`: `{shown(path)}` differs from another file only in capital letters",
                )
            )
        with contextlib.nullcontext(scratch) if scratch else Scratch(self._layout) as folder:
            entry = unpack(archive, folder / "entry", name=name, version=version)
            for place, record in _records(entry, entry.root):
                _write_new(place, record)
            return self._publish(entry._replace(digest=digest), folder)

    def check(self, entry: WheelEntry, *, fully: bool = True) -> WheelEntry | None:
        """Give the entry if its files are as they were unpacked; ``None``: it was damaged and is gone now.

        As on any :class:`Shelf`, and where sizes or times differ the contents decide: equal, and the records
        are renewed (the entry given has the new times); different, and the whole entry is set aside for the
        caller to fetch again. Not to be called under :meth:`claim` of the same wheel. A store that
        ``hashes_always`` looks at every file, and at its contents, every time.
        """
        return super().check(entry, fully=fully)

    def drop(self, entry: WheelEntry) -> None:
        """Let there be no such entry any more; its files stay until others come in their place."""
        self._unhead(entry)

    def heal(self, entry: WheelEntry) -> WheelEntry | None:
        """Decide about an entry in doubt by its contents; as :meth:`check` says."""
        with self.claim(entry.digest):
            # Somebody else may have healed or replaced it while this one waited.
            head = read_head(entry.digest, entry.root)
            if head is None:
                return None
            current = with_contents(head)
            if current is None:
                self._set_aside(head, [FULL])
                return None
            doubts = frozenset(_every_path(current) if self._hashes_always else doubtful(current))
            if not doubts:
                return current
            schemes, damaged = _rehashed(current, doubts)
            if damaged:
                self._set_aside(current, damaged)
                return None
            if schemes == current.by_scheme():
                return current
            current = replaced(current, schemes[0][1], schemes[1:])
            _forget_bytecode(current.root)
            self._renew(current)
        if not self._said_renewed:
            self._said_renewed = True
            self._report(
                Notice(
                    "note",
                    "files in the cache have new times, as after restoring it; their contents are right",
                )
            )
        return current

    def _is_enough(self, *, fully: bool) -> bool:
        return not fully and not self._hashes_always

    def _whole(self, entry: WheelEntry) -> WheelEntry | None:
        whole = None if self._hashes_always else super()._whole(entry)
        return self.heal(entry) if whole is None else whole

    def _renew(self, entry: WheelEntry) -> None:
        """Write the records of an entry again, each by one rename, unless the store may only be read."""
        try:
            with Scratch(self._layout) as scratch:
                for path, record in _records(entry, scratch):
                    _write_new(path, record)
                    path.rename(entry.root / path.name)
        except FileTrouble as trouble:
            if not is_read_only(trouble):
                raise
        except OSError as error:
            if error.errno not in READ_ONLY:
                raise file_trouble(error, entry.root) from error

    def _publish(self, entry: WheelEntry, scratch: Path) -> WheelEntry:
        root = self._layout.wheel(entry.digest)
        mark_wheels(self._layout)
        try:
            make_private_folder(root.parent)
            while True:
                try:
                    entry.root.rename(root)
                except OSError as error:
                    if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                        raise
                else:
                    return entry._replace(root=root)
                winner = self.get(entry.digest)
                whole = with_contents(winner) if winner else None
                if whole:
                    return whole
                # Its records cannot be read. Somebody else may find that out at the same moment.
                with contextlib.suppress(FileNotFoundError):
                    note_removal(self._layout)
                    root.rename(scratch / f"unreadable-{os.urandom(4).hex()}")
        except OSError as error:
            raise file_trouble(error, root) from error

    def _set_aside(self, entry: WheelEntry, damaged: list[str]) -> None:
        """Say what is damaged, and let there be no such entry any more.

        Its files stay where they are until others come in their place: environments may have links to their
        folders, and whether there will be others nobody knows.
        """
        more = f" and {len(damaged) - 3} more" if len(damaged) > 3 else ""
        names = ", ".join(f"`{shown(path)}`" for path in damaged[:3])
        self._report(
            Notice("warning", f"the cached copy of `{entry.name}` {entry.version} was changed: {names}{more}")
        )
        self._unhead(entry)

    def _unhead(self, entry: WheelEntry) -> None:
        head = entry.root / HEAD
        # Before, since it may be the last thing done; and after, for who looked in between.
        note_removal(self._layout)
        try:
            head.unlink(missing_ok=True)
        except OSError as error:
            raise file_trouble(error, head) from error
        note_removal(self._layout)


def _every_path(entry: WheelEntry) -> Iterator[str]:
    for scheme, files in entry.by_scheme():
        prefix = entry.folder(scheme) + "/"
        yield from (prefix + file.path for file in files)


def _rehashed(
    entry: WheelEntry, doubts: frozenset[str]
) -> tuple[tuple[tuple[str, tuple[WheelFile, ...]], ...], list[str]]:
    """Give the files with their present times, and the paths of those whose contents are not theirs."""
    damaged = []
    schemes = []
    for scheme, files in entry.by_scheme():
        kept = []
        for file in files:
            path = f"{entry.folder(scheme)}/{file.path}"
            mtime_ns = _mtime_if_intact(path, file) if path in doubts else file.mtime_ns
            if mtime_ns is None:
                damaged.append(file.path)
            else:
                kept.append(file._replace(mtime_ns=mtime_ns))
        schemes.append((scheme, tuple(kept)))
    return tuple(schemes), damaged


def _mtime_if_intact(path: str, file: WheelFile) -> int | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb", buffering=0) as opened:
            before = os.fstat(descriptor)
            is_same_size = stat.S_ISREG(before.st_mode) and before.st_size == file.size_bytes
            if is_same_size and hashlib.file_digest(opened, "sha256").hexdigest() == file.sha256:
                return before.st_mtime_ns
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:  # a link stands there
            return None
        raise file_trouble(error, path) from error
    return None


def _forget_bytecode(root: Path) -> None:
    """Drop what is known of byte code: it goes by the times of its sources."""
    with contextlib.suppress(OSError):
        for name in os.listdir(root):  # noqa: PTH208
            if name.startswith(BYTECODE):
                os.unlink(f"{root}/{name}")  # noqa: PTH108


def _records(entry: WheelEntry, folder: Path) -> tuple[tuple[Path, bytes], ...]:
    """Give both records of an entry and where they go in a folder; the head last."""
    full, head = encoded(entry)
    return (folder / FULL, full), (folder / HEAD, head)


def _write_new(path: Path, data: bytes) -> None:
    try:
        descriptor = os.open(path, CREATE, 0o644)
        try:
            write_all(descriptor, data)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise file_trouble(error, path) from error
