"""A wheel file made of one that the store has unpacked, with other METADATA (binary distribution format).

Deterministic: the same entry and METADATA give the same bytes, so a wheel is made and kept once. RECORD is
written anew from what the store knows; a file that was changed meanwhile does not fit it, and the store
refuses the wheel. Signatures of the old RECORD are left out.
"""

import stat
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from detent.fsio import file_trouble
from detent.store.entry import WheelEntry
from detent.store.naming import FILES, record_line

_EARLIEST = (1980, 1, 1, 0, 0, 0)
_UNIX = 3


def repacked(entry: WheelEntry, metadata: bytes) -> bytes:
    """Give the wheel; raises :class:`FileTrouble` where a file of the entry cannot be read."""
    about = f"{entry.dist_info}/"
    left_out = {f"{about}{name}" for name in ("METADATA", "RECORD", "RECORD.jws", "RECORD.p7s")}
    kept = [row for row in _rows(entry) if row[0] not in left_out]
    lines = [record_line(path, digest, size_bytes) for path, _, _, digest, size_bytes in kept]
    lines.append(record_line(f"{about}METADATA", sha256(metadata).hexdigest(), len(metadata)))
    record = "".join((*sorted(lines), f"{about}RECORD,,\n"))
    held = BytesIO()
    with ZipFile(held, "w", ZIP_STORED) as archive:
        for path, place, mode, _, _ in sorted(kept):
            archive.writestr(_member(path, mode), _content(place))
        archive.writestr(_member(f"{about}METADATA"), metadata)
        archive.writestr(_member(f"{about}RECORD"), record)
    return held.getvalue()


def _rows(entry: WheelEntry) -> Iterator[tuple[str, str, int, str, int]]:
    """Give each file's path in the wheel, where it lies, its mode, hash and size."""
    stem = entry.dist_info.removesuffix(".dist-info")
    for scheme, files in entry.by_scheme():
        prefix = "" if scheme == FILES else f"{stem}.data/{scheme}/"
        for file in files:
            place = f"{entry.folder(scheme)}/{file.path}"
            yield f"{prefix}{file.path}", place, file.mode, file.sha256, file.size_bytes


def _member(path: str, mode: int = 0o644) -> ZipInfo:
    member = ZipInfo(path, _EARLIEST)
    member.create_system = _UNIX
    member.external_attr = (stat.S_IFREG | mode) << 16
    return member


def _content(place: str) -> bytes:
    try:
        return Path(place).read_bytes()
    except OSError as error:
        raise file_trouble(error, place) from error
