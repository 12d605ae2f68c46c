"""The store's root: made and opened safely, its scratch folders, and the hold everyone takes on it.

Refuses a root that somebody else could have prepared, and one that holds other things, which would go when
the store is cleaned. All of it works on a read-only store too: what cannot be written is left undone, since a
cache is never the only place of anything.
"""

import contextlib
import os
import re
import stat
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from detent.errors.store import FileTrouble, StoreBusy, StoreUnsafe
from detent.events import Report, ignore
from detent.fsio import (
    READ_ONLY,
    FileLock,
    file_trouble,
    is_scratch,
    make_private_folder,
    remove_tree,
    write_atomic,
)
from detent.model.limits import Limits
from detent.store.layout import BUCKETS, CACHE_TAG, Layout

_DAY_SECONDS = 86_400
_UNTOUCHED_SECONDS = 3_600
"""Scratch younger than this is left alone: it may be somebody's who has not locked it yet."""

_PAUSE_SECONDS = 60
"""Between two slices of bounding the store (:mod:`detent.store.eviction`)."""

_NOBODYS = (
    r"lost\+found|CACHEDIR\.TAG|\.git(ignore|keep)|\.keep|\.DS_Store|\.(nfs|fuse_hidden|Trash|snapshot).*"
)
"""What file systems, desktops and version control put into any folder, an empty one too."""

_HELD = ".held"
_SWEPT = ".swept"
"""Its time says when the store was last looked after; while anything is in it there is more to do."""


def open_store(root: Path, *, when_due: Callable[[Layout], object] = lambda _: None) -> Layout:
    """Make the store at ``root`` if need be, and see that it is ours alone.

    ``when_due`` is called where the store is to be bounded once this command has done its work. Raises
    :class:`StoreUnsafe` for a root that is no folder, belongs to another user, that everybody may write, or
    that holds other things; :class:`FileTrouble` where it cannot be made.
    """
    layout = Layout(Path(os.path.abspath(root)))  # noqa: PTH100 (a link to the store is kept as it is)
    try:
        try:
            facts = os.stat(layout.root)  # noqa: PTH116 (warm path)
        except FileNotFoundError:
            layout.root.parent.mkdir(parents=True, exist_ok=True)
            layout.root.mkdir(mode=0o700, exist_ok=True)
            facts = os.stat(layout.root)  # noqa: PTH116
    except OSError as error:
        raise file_trouble(error, layout.root) from error
    if not stat.S_ISDIR(facts.st_mode):
        raise StoreUnsafe(str(root), "it is not a folder")
    if facts.st_uid != os.geteuid():
        raise StoreUnsafe(str(root), f"it belongs to user {facts.st_uid}, and this is user {os.geteuid()}")
    if facts.st_mode & stat.S_IWOTH:
        raise StoreUnsafe(str(root), f"everybody may write to it (mode {stat.S_IMODE(facts.st_mode):04o})")
    _mark(layout)
    if _sweep(layout):
        when_due(layout)
    return layout


def bounding_done(layout: Layout) -> None:
    """Note that the store was bounded: for a day there is nothing to do."""
    with contextlib.suppress(FileTrouble):  # another day, then
        write_atomic(layout.tmp / _SWEPT, b"")


def hold_store(
    layout: Layout, limits: Limits, *, exclusive: bool = False, report: Report = ignore
) -> FileLock:
    """Give the lock on the whole store: shared by all who use it, exclusive for who empties it."""
    return FileLock(
        layout.lock("store"),
        wait_seconds=limits.lock_wait_seconds,
        notice_seconds=limits.lock_notice_seconds,
        report=report,
        shared=not exclusive,
    )


class Scratch:
    """A private folder in the store for the length of a ``with``: on the same file system, then removed.

    It is locked while it is used, so that what a killed process left can be told from what is in use.
    """

    def __init__(self, layout: Layout) -> None:
        self._tmp = layout.tmp
        self._folder = layout.tmp / f"{os.getpid()}-{os.urandom(8).hex()}"
        self._lock = FileLock(self._folder / _HELD, wait_seconds=0, notice_seconds=0)

    def __enter__(self) -> Path:
        try:
            try:
                self._folder.mkdir(mode=0o700)
            except FileNotFoundError:
                make_private_folder(self._tmp)
                self._folder.mkdir(mode=0o700)
        except OSError as error:
            raise file_trouble(error, self._tmp) from error
        try:
            self._lock.__enter__()
        except BaseException:
            remove_tree(self._folder)
            raise
        return self._folder

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(FileTrouble):  # what is left is swept another day
            remove_tree(self._folder)
        self._lock.__exit__(kind, error, trace)


def left_over(layout: Layout) -> list[Path]:
    """Give what is in the scratch folder: for who holds the store alone, all of it is nobody's."""
    if not layout.tmp.is_dir():
        return []
    return sorted(path for path in layout.tmp.iterdir() if path.name != _SWEPT)


def note_removal(layout: Layout) -> None:
    """Note that an entry of the unpacked wheels is about to go: environments may have links to its folders.

    Where there is no such folder the note is not needed: it is made with the first entry, or by who looks for
    it, not before. It never says the same twice, and is written where it stands: that asks for no room.
    """
    try:
        descriptor = os.open(layout.removals, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.write(descriptor, _new_note())
        finally:
            os.close(descriptor)
    except OSError:
        with contextlib.suppress(OSError):
            layout.removals.unlink()  # says it too


def mark_wheels(layout: Layout) -> None:
    """Make the folder of unpacked wheels and what has to stand in it, unless that is there."""
    if os.path.lexists(layout.coverage_marker) and os.path.lexists(layout.removals):
        return
    try:
        make_private_folder(layout.unpacked)
    except OSError as error:
        raise file_trouble(error, layout.unpacked) from error
    write_atomic(layout.removals, _new_note())
    write_atomic(layout.coverage_marker, b"")


def _new_note() -> bytes:
    return os.urandom(8).hex().encode()


def _mark(layout: Layout) -> None:
    """Say to backup programs and version control what this folder is.

    Raises :class:`StoreUnsafe` for a folder that is something else, the cache of another program too.
    """
    if not _has_tag(layout):
        _refuse_other_things(layout)
    for path, text in ((layout.cache_tag, CACHE_TAG), (layout.gitignore, b"*\n")):
        if not os.path.lexists(path):
            try:
                write_atomic(path, text)
            except FileTrouble as trouble:
                if not is_read_only(trouble):
                    raise


def _has_tag(layout: Layout) -> bool:
    """Whether our own tag stands there. Its size tells: others' are shorter, or say more."""
    try:
        return os.lstat(layout.cache_tag).st_size == len(CACHE_TAG)
    except OSError:
        return False


def _refuse_other_things(layout: Layout) -> None:
    """Raise for a folder that holds other things: what is called `tmp` or `users` there is not ours.

    A store that lost its tag has a bucket that nobody else would call so. uv has a `wheels-v5`: what stands
    in ours tells it from that, where nothing else was kept.
    """
    try:
        names = sorted(os.listdir(layout.root))  # noqa: PTH208
    except OSError as error:
        raise file_trouble(error, layout.root) from error
    kinds = {bucket.rpartition("-v")[0] for bucket in BUCKETS} - {"", "wheels"}
    others = [name for name in names if not re.fullmatch(_NOBODYS, name) and not is_scratch(name)]
    is_ours = any(name.rpartition("-v")[0] in kinds for name in others) or os.path.lexists(
        layout.coverage_marker
    )
    if others and not is_ours and not _has_tag(layout):  # another process made it just now
        raise StoreUnsafe(
            str(layout.root),
            f"`{others[0]}` is in it, which detent has not put there, and a cache is cleaned as a whole",
            next_step="choose a folder of its own with `--cache-dir`, such as `detent` in that one",
        )


def _sweep(layout: Layout) -> bool:
    """Remove what killed processes left in the scratch folder, at most once a day.

    Says whether the store is to be bounded: once a day too, until that is done.
    """
    now = time.time()
    swept = layout.tmp / _SWEPT
    try:
        facts = os.stat(swept)  # noqa: PTH116 (warm path)
        untouched_seconds = abs(now - facts.st_mtime)
        if untouched_seconds < _DAY_SECONDS:
            return facts.st_size > 0 and untouched_seconds > _PAUSE_SECONDS
    except OSError:
        if not layout.tmp.is_dir():
            return False
    try:
        write_atomic(swept, b"unbounded\n")
        for entry in tuple(os.scandir(layout.tmp)):
            untouched_seconds = now - entry.stat(follow_symlinks=False).st_mtime
            if entry.name != _SWEPT and untouched_seconds > _UNTOUCHED_SECONDS:
                _sweep_one(Path(entry.path), untouched_seconds)
        for folder in (layout.root / bucket for bucket in BUCKETS):
            _sweep_unfinished(folder, now)
    except (OSError, FileTrouble):
        return False  # a later day will do
    return True


def _sweep_one(path: Path, untouched_seconds: float) -> None:
    if path.is_symlink() or not path.is_dir():
        if untouched_seconds > _DAY_SECONDS:
            remove_tree(path)
        return
    with contextlib.suppress(StoreBusy), FileLock(path / _HELD, wait_seconds=0, notice_seconds=0) as lock:
        if lock.is_held or untouched_seconds > _DAY_SECONDS:
            remove_tree(path)


def _sweep_unfinished(folder: Path, now: float) -> None:
    """Remove records that were never finished, in a bucket and in the folders of it."""
    for entry in tuple(os.scandir(folder)) if folder.is_dir() else ():
        if entry.is_dir(follow_symlinks=False):
            names = [f"{entry.name}/{name}" for name in filter(is_scratch, os.listdir(entry))]  # noqa: PTH208
        else:
            names = [entry.name] if is_scratch(entry.name) else []
        for path in (folder / name for name in names):
            if now - path.lstat().st_mtime > _DAY_SECONDS:
                path.unlink(missing_ok=True)


def is_read_only(trouble: FileTrouble) -> bool:
    """Whether this was refused since one may only look, not write."""
    cause = trouble.__cause__
    return isinstance(cause, OSError) and cause.errno in READ_ONLY
