"""Writing a wheel's files into a folder of the store: each byte once, hashed on the way."""

import hashlib
import mmap
import os
from collections.abc import Iterable
from pathlib import Path

from detent.errors.store import ArchiveUnsafe
from detent.fsio import CREATE, file_trouble, write_all
from detent.model.names import PackageName
from detent.store.archive import ZipReader, folders_of
from detent.store.climbs import Ways
from detent.store.contents import Placed, WheelArchive
from detent.store.entry import Spots, WheelContents, WheelEntry, WheelFile
from detent.store.namespaces import INIT, LARGEST_INIT_BYTES, declares_namespace, find_spots
from detent.store.naming import FILES, encoded_digest, record_line, shown

_CREATE = CREATE & ~os.O_WRONLY | os.O_RDWR
"""What is written is looked into afterwards."""


def readable(source: bytes | Path, filename: str) -> memoryview:
    """Give the bytes of a wheel that is in memory or in a file; a file is mapped, not read."""
    if isinstance(source, bytes):
        return memoryview(source)
    try:
        with source.open("rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except ValueError:  # an empty file cannot be mapped
        raise ArchiveUnsafe(filename, "it is empty") from None
    except OSError as error:
        raise file_trouble(error, source) from error


def unpack(archive: WheelArchive, root: Path, *, name: PackageName, version: str) -> WheelEntry:
    """Write the wheel's files below ``root``, which must not be there yet; its records are for the caller."""
    placed_by_scheme: dict[str, list[Placed]] = {FILES: []}
    for placed in sorted(archive.placed, key=lambda p: (p.scheme, p.path)):
        placed_by_scheme.setdefault(placed.scheme, []).append(placed)
    folders = tuple(sorted(folders_of(placed.path for placed in placed_by_scheme[FILES])))
    entry = WheelEntry(
        digest="",
        root=root,
        name=name,
        version=version,
        dist_info=archive.dist_info,
        root_is_purelib=archive.root_is_purelib,
        top_level=tuple(sorted({placed.path.partition("/")[0] for placed in placed_by_scheme[FILES]})),
        entry_points=archive.entry_points,
        record_text="",
        data=(),
        dist_files=(),
        spots=Spots((), (), (), ()),
        file_count=len(archive.placed),
        contents=WheelContents((), folders),
    )
    _make_folders(entry, folders, placed_by_scheme)
    seen = _Seen([placed.path for placed in placed_by_scheme[FILES]])
    written = {
        scheme: tuple([_write(archive.zip, placed, entry.folder(scheme), seen) for placed in placed_here])
        for scheme, placed_here in placed_by_scheme.items()
    }
    files = written.pop(FILES)
    unlisted = {placed.path for placed in placed_by_scheme[FILES] if placed.row is None}
    lines = [record_line(f.path, f.sha256, f.size_bytes) for f in files if f.path not in unlisted]
    below = archive.dist_info + "/"
    payload = tuple([file for file in files if not file.path.startswith(below)])
    dist_files = tuple([file for file in files if file.path.startswith(below)])
    own = [f for f in folders if f != archive.dist_info and not f.startswith(below)]
    spots = find_spots(payload, own, seen.namespaces, name)
    return entry._replace(
        data=tuple(sorted(written.items())),
        record_text="".join(lines),
        dist_files=dist_files,
        spots=spots._replace(climbs=seen.ways.climbs(set(spots.links), set(own))),
        contents=WheelContents((*payload, *dist_files), folders),
    )


class _Seen:
    """What was learned of the contents of files while they were written."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.namespaces: set[str] = set()
        self.ways = Ways(paths)

    def look(self, path: str, first: bytes | memoryview, size_bytes: int, descriptor: int) -> None:
        """Look into a file below ``files`` that was just written and begins so, where that matters."""
        if Ways.may_lead(bytes(first[:4])):
            self.ways.add(path, lambda offset, count: os.pread(descriptor, count, offset))
        folder, _, leaf = path.rpartition("/")
        if leaf == INIT:
            if len(first) < size_bytes <= LARGEST_INIT_BYTES:
                first = os.pread(descriptor, size_bytes, 0)
            if size_bytes > LARGEST_INIT_BYTES or declares_namespace(bytes(first)):
                self.namespaces.add(folder)


def _make_folders(entry: WheelEntry, own: tuple[str, ...], placed_by_scheme: dict[str, list[Placed]]) -> None:
    """Make every folder, parents first, each 0755 whatever the umask: entries are alike whoever made them."""
    folders = [str(entry.root), entry.folder(), *(f"{entry.folder()}/{folder}" for folder in own)]
    for scheme, placed_here in placed_by_scheme.items():
        if scheme != FILES:
            top = entry.folder(scheme)
            inner = sorted(folders_of(placed.path for placed in placed_here))
            folders += [top, *(f"{top}/{folder}" for folder in inner)]
    here = folders[0]
    try:
        if len(placed_by_scheme) > 1:
            folders.insert(1, os.path.dirname(entry.folder("data")))  # noqa: PTH120
        for here in folders:
            os.mkdir(here, 0o755)  # noqa: PTH102
        if os.stat(here).st_mode & 0o777 != 0o755:  # noqa: PTH116
            for here in folders:
                os.chmod(here, 0o755)  # noqa: PTH101, S103 (the store's root is private)
    except OSError as error:
        raise file_trouble(error, here) from error


def _write(archive: ZipReader, placed: Placed, root: str, seen: _Seen) -> WheelFile:
    """Write one file, hashing on the way, and hold it against its row of RECORD."""
    member, scheme, path, row = placed
    target = f"{root}/{path}"
    mode = 0o755 if member.is_executable else 0o644
    try:
        descriptor = os.open(target, _CREATE, mode)
    except FileExistsError:
        raise archive.refuse(
            f"`{shown(path)}` and another of its files are one file on this system"
        ) from None
    except OSError as error:
        raise file_trouble(error, target) from error
    try:
        first: bytes | memoryview = b""
        digest = hashlib.sha256()
        other = hashlib.new(row.algorithm) if row and row.algorithm != "sha256" else None
        for piece in archive.pieces(member):
            first = first or piece
            write_all(descriptor, piece)
            digest.update(piece)
            if other:
                other.update(piece)
        if scheme == FILES:
            seen.look(path, first, member.size_bytes, descriptor)
        facts = os.fstat(descriptor)
        if facts.st_mode & 0o777 != mode:
            os.fchmod(descriptor, mode)
    except OSError as error:
        raise file_trouble(error, target) from error
    finally:
        os.close(descriptor)
    hashed = other or digest
    # Some tools write hexadecimal digits, whose number is that of no other spelling of the same kind of hash.
    if row and encoded_digest(hashed.digest()) != row.digest and hashed.hexdigest() != row.digest:
        raise archive.refuse(f"`{shown(member.name)}` does not have the hash that RECORD gives")
    return WheelFile(path, mode, member.size_bytes, digest.hexdigest(), facts.st_mtime_ns)
