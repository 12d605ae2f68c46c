"""A store with something in it, aged as a test needs it."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from detent.model.limits import Limits
from detent.model.names import package_name
from detent.store.cache import open_store
from detent.store.entry import HEAD, WheelEntry
from detent.store.layout import Layout
from detent.store.records import read_record, write_record
from detent.store.users import register
from detent.store.wheels import WheelStore
from support.wheels import Wheel, wheel

INDEX = "https://index.example.com/simple/"
DAY_SECONDS = 86_400
A = wheel("a", files={"a.py": "1234"})
B = wheel("b", files={"b.py": "12345678"})


def put(layout: Layout, made: Wheel, name: str) -> WheelEntry:
    """Put a wheel of version 1.0 into the store."""
    return WheelStore(layout, Limits()).put(
        made.sha256, made.data, filename=made.filename, name=package_name(name), version="1.0"
    )


def filled(root: Path) -> Layout:
    """Make a store with two wheels, some records of each, and a file that is not detent's."""
    layout = open_store(root)
    put(layout, A, "a")
    put(layout, B, "b")
    for name in ("a", "ab", "b"):
        for path in (layout.listing(INDEX, name), layout.listing_files(INDEX, name)):
            write_record(path, b"listing", 1, name)
    write_record(layout.pylock("0" * 64), b"lock", 1, ())
    (root / "foreign").write_bytes(b"not ours")
    return layout


def aged(path: Path, days: float) -> Path:
    """Make it look as if a file, or the wheel in a folder, had not been used for so long."""
    then = time.time() - days * DAY_SECONDS
    os.utime(path / HEAD if (path / HEAD).exists() else path, (then, then))
    return path


def lived_in(root: Path) -> Path:
    """Make what counts as an environment of detent's."""
    (root / ".detent").mkdir(parents=True)
    return root


def away(layout: Layout, root: Path, digests: Sequence[str]) -> Path:
    """Note an environment as one that stands on a disk which is not mounted now; give the note."""
    before = set(layout.users.iterdir()) if layout.users.exists() else set()
    register(layout, root, digests)
    (note,) = set(layout.users.iterdir()) - before
    match read_record(note, b"user", 2):
        case (path, wheels, int(device)):
            write_record(note, b"user", 2, (path, wheels, device + 1))
    return note


@contextmanager
def unprivileged(folder: Path) -> Iterator[None]:
    """Be somebody whom permissions stop; the superuser is not."""
    if os.geteuid():
        yield
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 65534, 65534)
    for parent in folder.parents:  # the folders pytest makes for itself alone
        if not parent.stat().st_mode & 0o001:
            parent.chmod(0o711)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
