"""Small files of plain values (str, bytes, int, tuple, dict, ...), read fast and never believed blindly.

A record is a header (magic, kind, version of the kind, CRC-32 of the rest) and the value in marshal's
format 4, which every Python since 3.4 reads. What does not fit (another kind or version, cut short, flipped
bits) is a miss, never an error: the cache can always be filled again. Marshal is no format for foreign data;
these files lie in a folder that only its owner can write (:func:`detent.store.cache.open_store`).
"""

import marshal
import zlib
from pathlib import Path
from struct import Struct
from typing import Any

from detent.errors.store import FileTrouble
from detent.fsio import READ_ONLY, file_trouble, make_private_folder, write_atomic

_MAGIC = b"\x89DTR"
_HEADER = Struct("<4s8sHI")
_FORMAT = 4


def read_record(path: Path, kind: bytes, version: int) -> object | None:
    """Give the value kept at ``path``, or ``None`` where there is none of this kind and version."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 (opened by the thousand; Path.open is slower)
            data = file.read()
    except OSError:
        return None
    return decode_record(data, kind, version)


def write_record(path: Path, kind: bytes, version: int, value: Any) -> bool:
    """Keep ``value`` at ``path``; say whether it was kept, which a read-only store does not.

    Folders are made as needed. Raises :class:`FileTrouble` when the disk is full or broken.
    """
    data = encode_record(kind, version, value)
    try:
        make_private_folder(path.parent)
        write_atomic(path, data)
    except FileTrouble as trouble:
        cause = trouble.__cause__
        if isinstance(cause, OSError) and cause.errno in READ_ONLY:
            return False
        raise
    except OSError as error:  # from making the folder
        if error.errno in READ_ONLY:
            return False
        raise file_trouble(error, path) from error
    return True


def encode_record(kind: bytes, version: int, value: Any) -> bytes:
    """Give the bytes of a record; ``kind`` has at most 8 bytes."""
    payload = marshal.dumps(value, _FORMAT)
    return _HEADER.pack(_MAGIC, kind, version, zlib.crc32(payload)) + payload


def decode_record(data: bytes, kind: bytes, version: int) -> object | None:
    """Give the value of a record's bytes, or ``None`` when they are not one of this kind and version."""
    if len(data) <= _HEADER.size:
        return None
    payload = memoryview(data)[_HEADER.size :]
    if data[: _HEADER.size] != _HEADER.pack(_MAGIC, kind, version, zlib.crc32(payload)):
        return None
    try:
        return marshal.loads(payload)  # type: ignore[no-any-return]  # noqa: S302 (checked above, own folder)
    except (ValueError, EOFError, TypeError):
        return None


def is_whole(data: bytes) -> bool:
    """Whether these are the bytes of a record, of whatever kind, with the right checksum."""
    if len(data) <= _HEADER.size:
        return False
    magic, _, _, checksum = _HEADER.unpack_from(data)
    return bool(magic == _MAGIC and checksum == zlib.crc32(memoryview(data)[_HEADER.size :]))
