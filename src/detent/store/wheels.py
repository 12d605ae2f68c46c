"""Unpacked wheels: one folder each, known by the sha256 of the wheel file.

An entry appears by one rename of a finished folder and is believed through its manifest, which is written
last; without a manifest there is no entry. Files of an entry are shared with environments by link, so an edit
in one of those may reach the entry: :meth:`WheelStore.check` finds it before the next environment is made.
"""

import errno
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from detent.errors import ArchiveUnsafe
from detent.events import Notice, Report, ignore
from detent.fsio import FileLock, copy, file_trouble
from detent.model.limits import Limits
from detent.model.names import PackageName
from detent.store.archive import shown
from detent.store.cache import Scratch
from detent.store.contents import FILES, WheelArchive, check_owner, colliding
from detent.store.entry import MANIFEST, WheelEntry, WheelFile, read_manifest, write_manifest
from detent.store.layout import Layout
from detent.store.unpack import readable, unpack

__all__ = ["WheelEntry", "WheelFile", "WheelStore", "doubtful"]

_DAY_SECONDS = 86_400


class WheelStore:
    """The unpacked wheels of one store."""

    def __init__(self, layout: Layout, limits: Limits, report: Report = ignore) -> None:
        self._layout = layout
        self._limits = limits
        self._report = report
        self._said_renewed = False

    def get(self, digest: str) -> WheelEntry | None:
        """Give the entry of the wheel with this sha256, if it is here, and note that it is used."""
        root = self._layout.wheel(digest)
        entry = read_manifest(digest, root)
        if entry:
            _touch(root / MANIFEST)
        return entry

    def find(self, digest: str, *, filename: str, name: PackageName, version: str) -> WheelEntry | None:
        """Do as :meth:`get` for who expects a certain package behind the hash.

        Raises :class:`ArchiveUnsafe` when it is another one's: a hash in a lock may have been exchanged.
        """
        entry = self.get(digest)
        if entry is not None:
            try:
                check_owner(entry.name, entry.version, name, version, where="the wheel with its hash")
            except ValueError as error:
                raise ArchiveUnsafe(filename, str(error)) from None
        return entry

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
        self, digest: str, source: bytes | Path, *, filename: str, name: PackageName, version: str
    ) -> WheelEntry:
        """Unpack a wheel whose sha256 was found to be ``digest``; when it is here already, give that entry.

        Raises :class:`ArchiveUnsafe` for a wheel that is refused, :class:`FileTrouble` for a full or broken
        disk; the store is as before then.
        """
        existing = self.find(digest, filename=filename, name=name, version=version)
        if existing:
            return existing
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
        with Scratch(self._layout) as scratch:
            new = scratch / "entry"
            if not write_manifest(unpack(archive, new, name=name, version=version)):
                raise file_trouble(OSError(errno.EACCES, "refused"), new / MANIFEST)
            return self._publish(digest, new, scratch)

    def check(self, entry: WheelEntry) -> WheelEntry | None:
        """Give the entry if its files are as they were unpacked; ``None``: it was damaged and is gone now.

        Sizes and times are looked at first. Where they differ the contents decide: equal, and the manifest is
        renewed (the entry given has the new times); different, and the whole entry is set aside for the
        caller to fetch again. Not to be called under :meth:`claim` of the same wheel.
        """
        return self.heal(entry) if any(doubtful(entry)) else entry

    def heal(self, entry: WheelEntry) -> WheelEntry | None:
        """Decide about an entry in doubt by its contents; as :meth:`check` says."""
        with self.claim(entry.digest):
            # Somebody else may have healed or replaced it while this one waited.
            current = read_manifest(entry.digest, entry.root)
            if current is None:
                return None
            doubts = frozenset(doubtful(current))
            if not doubts:
                return current
            schemes, damaged = _rehashed(current, doubts)
            if damaged:
                self._set_aside(current, damaged)
                return None
            current = current._replace(files=schemes[0][1], data=schemes[1:])
            write_manifest(current)
        if not self._said_renewed:
            self._said_renewed = True
            self._report(
                Notice(
                    "note",
                    "files in the cache have new times, as after restoring it; their contents are right",
                )
            )
        return current

    def unshare(self, entry: WheelEntry, scheme: str, file: WheelFile) -> None:
        """Put a copy in the place of a file that can have no more links; the manifest stays true."""
        path = f"{entry.folder(scheme)}/{file.path}"
        with Scratch(self._layout) as scratch:
            fresh = f"{scratch}/file"
            try:
                copy(path, fresh, mode=file.mode)
                os.chmod(fresh, file.mode)  # noqa: PTH101
                os.utime(fresh, ns=(file.mtime_ns, file.mtime_ns))
                os.rename(fresh, path)  # noqa: PTH104
            except OSError as error:
                raise file_trouble(error, path) from error

    def _publish(self, digest: str, new: Path, scratch: Path) -> WheelEntry:
        root = self._layout.wheel(digest)
        try:
            root.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                new.rename(root)
            except OSError as error:
                if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                    raise
                winner = self.get(digest)
                if winner:
                    return winner
                root.rename(scratch / "unreadable")  # it has no manifest that can be read
                new.rename(root)
        except OSError as error:
            raise file_trouble(error, root) from error
        entry = self.get(digest)
        if entry is None:
            raise file_trouble(FileNotFoundError(errno.ENOENT, "removed while it was used"), root)
        return entry

    def _set_aside(self, entry: WheelEntry, damaged: list[str]) -> None:
        more = f" and {len(damaged) - 3} more" if len(damaged) > 3 else ""
        names = ", ".join(f"`{shown(path)}`" for path in damaged[:3])
        self._report(
            Notice("warning", f"the cached copy of `{entry.name}` {entry.version} was changed: {names}{more}")
        )
        with Scratch(self._layout) as scratch:
            try:
                entry.root.rename(scratch / "damaged")
            except FileNotFoundError:
                return
            except OSError as error:
                raise file_trouble(error, entry.root) from error


def doubtful(entry: WheelEntry) -> Iterator[str]:
    """Give the full path of each file whose size or time is not what the manifest says."""
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
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb", buffering=0) as opened:
            before = os.fstat(descriptor).st_mtime_ns
            if hashlib.file_digest(opened, "sha256").hexdigest() == file.sha256:
                return before
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:  # a link stands there
            return None
        raise file_trouble(error, path) from error
    return None


def _touch(manifest: Path) -> None:
    """Note the use, at most once a day."""
    try:
        if abs(time.time() - os.stat(manifest).st_mtime) > _DAY_SECONDS:  # noqa: PTH116
            os.utime(manifest)
    except OSError:
        return  # a store that may only be read
