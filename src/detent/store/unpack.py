"""Writing a wheel's files into a folder of the store: each byte once, hashed on the way."""

import hashlib
import mmap
import os
from pathlib import Path

from detent.errors import ArchiveUnsafe
from detent.fsio import CREATE, file_trouble, write_all
from detent.model.names import PackageName
from detent.store.archive import ZipReader, folders_of, shown
from detent.store.contents import FILES, Placed, WheelArchive, encoded_digest, record_line
from detent.store.entry import WheelEntry, WheelFile


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
    """Write the wheel's files below ``root``, which must not be there yet; its manifest is for the caller."""
    placed_by_scheme: dict[str, list[Placed]] = {FILES: []}
    for placed in sorted(archive.placed, key=lambda p: (p.scheme, p.path)):
        placed_by_scheme.setdefault(placed.scheme, []).append(placed)
    entry = WheelEntry(
        digest="",
        root=root,
        name=name,
        version=version,
        dist_info=archive.dist_info,
        root_is_purelib=archive.root_is_purelib,
        files=(),
        folders=tuple(sorted(folders_of(placed.path for placed in placed_by_scheme[FILES]))),
        top_level=tuple(sorted({placed.path.partition("/")[0] for placed in placed_by_scheme[FILES]})),
        data=(),
        entry_points=archive.entry_points,
        record_text="",
    )
    _make_folders(entry, placed_by_scheme)
    written = {
        scheme: tuple(_write(archive.zip, placed, entry.folder(scheme)) for placed in placed_here)
        for scheme, placed_here in placed_by_scheme.items()
    }
    files = written.pop(FILES)
    unlisted = {placed.path for placed in placed_by_scheme[FILES] if placed.row is None}
    lines = [record_line(f.path, f.sha256, f.size_bytes) for f in files if f.path not in unlisted]
    return entry._replace(files=files, data=tuple(sorted(written.items())), record_text="".join(lines))


def _make_folders(entry: WheelEntry, placed_by_scheme: dict[str, list[Placed]]) -> None:
    """Make every folder, parents first, each 0755 whatever the umask: entries are alike whoever made them."""
    folders = [str(entry.root), entry.folder(), *(f"{entry.folder()}/{folder}" for folder in entry.folders)]
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


def _write(archive: ZipReader, placed: Placed, root: str) -> WheelFile:
    """Write one file, hashing on the way, and hold it against its row of RECORD."""
    member, _, path, row = placed
    target = f"{root}/{path}"
    mode = 0o755 if member.is_executable else 0o644
    digest = hashlib.sha256()
    other = hashlib.new(row.algorithm) if row and row.algorithm != "sha256" else None
    try:
        descriptor = os.open(target, CREATE, mode)
    except FileExistsError:
        raise archive.refuse(
            f"`{shown(path)}` and another of its files are one file on this system"
        ) from None
    except OSError as error:
        raise file_trouble(error, target) from error
    try:
        for piece in archive.pieces(member):
            write_all(descriptor, piece)
            digest.update(piece)
            if other:
                other.update(piece)
        facts = os.fstat(descriptor)
        if facts.st_mode & 0o777 != mode:
            os.fchmod(descriptor, mode)
    except OSError as error:
        raise file_trouble(error, target) from error
    finally:
        os.close(descriptor)
    if row and encoded_digest((other or digest).digest()) != row.digest:
        raise archive.refuse(f"`{shown(member.name)}` does not have the hash that RECORD gives")
    return WheelFile(path, mode, member.size_bytes, digest.hexdigest(), facts.st_mtime_ns)
