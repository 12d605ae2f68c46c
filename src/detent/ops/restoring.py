"""Files that change together: when what follows fails or is interrupted, each gets its old self back.

A file's old self stays beside it as a second link until all is done, so that putting it back is one rename
and needs no space: a full disk is one of the reasons to put it back.
"""

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from detent import fsio
from detent.errors.store import FileTrouble
from detent.events import Notice, Report
from detent.named import NamedTuple
from detent.ops.world import World
from detent.store.fingerprint import fingerprint


def one_at_a_time(world: World, manifest: Path) -> fsio.FileLock:
    """Give the lock that is held from the last look at a pyproject.toml until the change of it is settled."""
    key = fingerprint(os.fsencode(os.path.realpath(manifest)))
    return fsio.FileLock(
        world.layout.lock(f"manifest-{key}"),
        wait_seconds=world.limits.lock_wait_seconds,
        notice_seconds=world.limits.lock_notice_seconds,
        report=world.report,
        fleeting=True,
    )


class _Change(NamedTuple):
    path: Path
    before: bytes | None
    """``None`` for a file that was not there."""
    after: bytes | None
    backup: Path
    """Where the old self is kept, on a file system that knows second links."""


class Restoring:
    """Remembers files that are about to change; leaving it with an exception puts them back."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._changes: list[_Change] = []
        self._held: list[int] = []
        """Descriptors that keep the second links from being swept as somebody's remains."""

    def remember(self, path: Path, before: bytes | None, after: bytes | None) -> None:
        """Take note of a file before it is replaced; ``None`` for one that is not there, or will not be."""
        if before == after:
            return
        real = path.resolve()
        change = _Change(real, before, after, real.with_name(f".detent-{os.urandom(8).hex()}"))
        self._changes.append(change)  # first, so that an interrupt leaves no link that nobody knows of
        if before is not None:
            with contextlib.suppress(OSError):
                self._held.append(fsio.link_held(real, change.backup.name))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._settle(put_back=kind is not None)
        except BaseException:
            self._settle(put_back=kind is not None)  # Ctrl-C just now: finish first
            raise

    def _settle(self, *, put_back: bool) -> None:
        left: set[Path] = set()
        while self._changes:
            change = self._changes[-1]
            if put_back:
                self._put_back(change)
            try:
                change.backup.unlink(missing_ok=True)
            except OSError:
                left.add(change.backup.parent)
            self._changes.pop()
        while self._held:
            os.close(self._held.pop())
        for folder in left:
            fsio.sweep_scratch(folder)

    def _put_back(self, change: _Change) -> None:
        """Take one change back, unless somebody else has written the file since."""
        try:
            current = change.path.read_bytes() if change.path.exists() else None
            if current != change.after:
                return
            if change.before is None:
                change.path.unlink(missing_ok=True)
            elif change.backup.exists():
                change.backup.replace(change.path)
            else:
                fsio.write_atomic(change.path, change.before, durable=True)
        except (OSError, FileTrouble) as error:
            reason = error.why if isinstance(error, FileTrouble) else error.strerror
            self._report(Notice("warning", f"`{change.path}` could not be put back: {reason}"))
