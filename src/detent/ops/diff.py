"""Diff: the lock of one revision against that of another, the one in the working tree, or any other file.

Nothing is locked, fetched or written, and no setting is read: it works in a checkout one only looks at. As
the text conversion of git (:func:`short_text`) it does not even ask where the project is.
"""

from collections.abc import Mapping
from pathlib import Path

from detent import fsio
from detent.errors import DetentError, UsageError
from detent.errors.lock import LockInvalid, LockMissing
from detent.errors.project import ManifestMissing
from detent.errors.usage import NotCommitted
from detent.lock.comparison import Comparison, compare
from detent.lock.model import Lock
from detent.lock.pylock import parse_lock
from detent.lock.short_text import short_lines
from detent.named import NamedTuple
from detent.ops.discover import LOCK_NAME, find_project, starting_folder
from detent.ops.revision import committed, common_ancestor
from detent.ops.shown_paths import display

_HEAD = "HEAD"


class DiffOptions(NamedTuple):
    """What to compare."""

    project: str | None = None
    """Where to look for the project."""
    revisions: str | None = None
    """`REV`: from there to the working tree; `A..B`: from one to the other; `A...B`: since they parted."""
    against: str | None = None
    """A file to compare with instead."""


class DiffOutcome(NamedTuple):
    """What changed, and between what."""

    comparison: Comparison
    before: str
    """What the older lock is called, such as ``pylock.toml at HEAD``."""
    after: str
    is_new: bool
    """Whether there was no lock before."""


class _Side(NamedTuple):
    title: str
    lock: Lock | None


def diff(options: DiffOptions, variables: Mapping[str, str]) -> DiffOutcome:
    """Compare two locks; a side without one has no packages, but one of them must have one.

    Raises :class:`LockInvalid`, :class:`LockMissing`, :class:`NotCommitted` and :class:`UsageError`.
    """
    folder = _folder(options.project)
    if options.against is not None and options.revisions is not None:
        raise UsageError(
            "`--against` and a revision cannot be used together",
            why=f"`{options.revisions}` names what to compare with, and so does `{options.against}`",
            next_steps=("leave one of them out",),
        )
    if options.against is not None:
        old, new = _of_file(Path(options.against), must_be=True), _of_file(folder / LOCK_NAME)
    else:
        old, new = _of_revisions(folder, options.revisions or _HEAD, variables)
    if old.lock is None and new.lock is None:
        raise LockMissing(LOCK_NAME, "detent diff")
    return DiffOutcome(compare(old.lock, new.lock), old.title, new.title, old.lock is None)


def short_text(name: str) -> str:
    """Give a lock as short lines; one that cannot be read, as it stands."""
    path = Path(name)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise fsio.file_trouble(error, path) from error
    try:
        return "\n".join(short_lines(parse_lock(content.decode("utf-8"), name)))
    except (DetentError, ValueError):
        return content.decode("utf-8", "surrogateescape").removesuffix("\n")


def _folder(start: str | None) -> Path:
    """Give where the lock lies: with the project, else at or above the folder one stands in."""
    try:
        return find_project(start).root
    except ManifestMissing:
        folder = starting_folder(start)
        return next((f for f in (folder, *folder.parents) if (f / LOCK_NAME).is_file()), folder)


def _of_revisions(folder: Path, revisions: str, variables: Mapping[str, str]) -> tuple[_Side, _Side]:
    for dots in ("...", ".."):
        if dots in revisions:
            one, _, other = revisions.partition(dots)
            one, other = one or _HEAD, other or _HEAD
            since = common_ancestor(folder, one, other, variables) if dots == "..." else one
            return _of_revision(folder, since, variables), _of_revision(folder, other, variables)
    return _of_revision(folder, revisions, variables), _of_file(folder / LOCK_NAME)


def _of_revision(folder: Path, revision: str, variables: Mapping[str, str]) -> _Side:
    title = f"{LOCK_NAME} at {revision}"
    try:
        text = committed(folder, revision, LOCK_NAME, variables)
    except NotCommitted as missing:
        if missing.lacking != "file":
            raise
        return _Side(title, None)
    return _Side(title, parse_lock(text, title))


def _of_file(path: Path, *, must_be: bool = False) -> _Side:
    title = display(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        if must_be:
            raise UsageError(
                f"the file `{title}` does not exist", next_steps=("name a lock that is there",)
            ) from error
        return _Side(title, None)
    except OSError as error:
        raise fsio.file_trouble(error, path) from error
    try:
        return _Side(title, parse_lock(content.decode("utf-8"), title))
    except UnicodeDecodeError as error:
        raise LockInvalid(title, f"it is not UTF-8 text (byte {error.start})") from error
