"""Zip archives byte by byte, so that every lie a zip can tell can be told on purpose."""

import zlib
from collections.abc import Sequence
from struct import pack
from typing import NamedTuple

_DATE = 0x0021  # 1 January 1980: equal contents give equal bytes
_FULL_16, _FULL_32 = 0xFFFF, 0xFFFFFFFF


class Entry(NamedTuple):
    """One entry. ``None`` means the truth; ``local_*`` is what its own header says instead of the directory."""

    name: str | bytes
    data: bytes = b""
    mode: int = 0o100644
    method: int = 8
    flags: int | None = None
    crc32: int | None = None
    size: int | None = None
    packed: bytes | None = None
    packed_size: int | None = None
    extra: bytes = b""
    local_name: bytes | None = None
    local_crc32: int | None = None
    local_size: int | None = None
    local_flags: int | None = None
    local_method: int | None = None
    local_extra: bytes = b""
    descriptor: str = ""
    """``plain``, ``marked``, ``plain64`` or ``marked64``: sizes follow the data."""
    descriptor_crc32: int | None = None
    zip64: bool = False
    """Sizes are written as zip64 fields though they would fit."""
    gap: bytes = b""
    """Bytes that belong to nothing, before the entry."""
    at_offset_of: int | None = None
    """The directory points to the entry of this number instead."""
    listed: bool = True
    """Whether the directory knows of it."""

    @property
    def raw_name(self) -> bytes:
        return self.name if isinstance(self.name, bytes) else self.name.encode()


class _Facts(NamedTuple):
    flags: int
    crc32: int
    packed: bytes
    packed_size: int
    size: int


def _facts(entry: Entry) -> _Facts:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    deflated = deflater.compress(entry.data) + deflater.flush()
    packed = entry.packed if entry.packed is not None else (deflated if entry.method == 8 else entry.data)
    flags = entry.flags
    if flags is None:
        flags = (0 if entry.raw_name.isascii() else 0x0800) | (0x0008 if entry.descriptor else 0)
    return _Facts(
        flags=flags,
        crc32=zlib.crc32(entry.data) if entry.crc32 is None else entry.crc32,
        packed=packed,
        packed_size=len(packed) if entry.packed_size is None else entry.packed_size,
        size=len(entry.data) if entry.size is None else entry.size,
    )


def _local(entry: Entry, facts: _Facts) -> bytes:
    name = entry.raw_name if entry.local_name is None else entry.local_name
    crc32 = facts.crc32 if entry.local_crc32 is None else entry.local_crc32
    size = facts.size if entry.local_size is None else entry.local_size
    packed_size = facts.packed_size
    extra = entry.local_extra
    if entry.descriptor:
        crc32 = size = packed_size = 0
    if entry.zip64:
        extra += pack("<HHQQ", 1, 16, size, packed_size)
        size = packed_size = _FULL_32
    flags = facts.flags if entry.local_flags is None else entry.local_flags
    method = entry.method if entry.local_method is None else entry.local_method
    header = pack(
        "<4sHHHHHIIIHH",
        b"PK\3\4",
        20,
        flags,
        method,
        0,
        _DATE,
        crc32,
        packed_size,
        size,
        len(name),
        len(extra),
    )
    return header + name + extra + facts.packed + _descriptor(entry, facts)


def _descriptor(entry: Entry, facts: _Facts) -> bytes:
    if not entry.descriptor:
        return b""
    crc32 = facts.crc32 if entry.descriptor_crc32 is None else entry.descriptor_crc32
    sizes = pack("<QQ" if entry.descriptor.endswith("64") else "<II", facts.packed_size, facts.size)
    return (b"PK\7\x08" if entry.descriptor.startswith("marked") else b"") + pack("<I", crc32) + sizes


def _central(entry: Entry, facts: _Facts, offset: int) -> bytes:
    size, packed_size, extra = facts.size, facts.packed_size, entry.extra
    if entry.zip64:
        extra += pack("<HHQQ", 1, 16, size, packed_size)
        size = packed_size = _FULL_32
    header = pack(
        "<4sHHHHHHIIIHHHHHII",
        b"PK\1\2",
        0x0314,
        20,
        facts.flags,
        entry.method,
        0,
        _DATE,
        facts.crc32,
        packed_size,
        size,
        len(entry.raw_name),
        len(extra),
        0,
        0,
        0,
        entry.mode << 16,
        offset,
    )
    return header + entry.raw_name + extra


def zip_bytes(
    entries: Sequence[Entry],
    *,
    prefix: bytes = b"",
    before_directory: bytes = b"",
    before_end: bytes = b"",
    comment: bytes = b"",
    suffix: bytes = b"",
    count: int | None = None,
    directory_order: Sequence[int] | None = None,
    zip64_end: bool = False,
    directory_shift: int = 0,
    end_twice: bool = False,
) -> bytes:
    """Give the archive; the keywords put bytes where none belong, or make the end record say something else."""
    body = bytearray(prefix)
    offsets = []
    all_facts = [_facts(entry) for entry in entries]
    for entry, facts in zip(entries, all_facts, strict=True):
        body += entry.gap
        offsets.append(len(body))
        body += _local(entry, facts)
    body += before_directory
    start = len(body)
    order = directory_order if directory_order is not None else range(len(entries))
    listed = [i for i in order if entries[i].listed]
    for i in listed:
        target = entries[i].at_offset_of
        body += _central(entries[i], all_facts[i], offsets[i if target is None else target])
    size = len(body) - start
    body += before_end
    number = len(listed) if count is None else count
    where = start + directory_shift
    narrow_count, narrow_size, narrow_where = number, size, where
    if zip64_end:
        at = len(body)
        body += pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, number, number, size, where)
        body += pack("<4sIQI", b"PK\6\7", 0, at, 1)
        narrow_count, narrow_size, narrow_where = _FULL_16, _FULL_32, _FULL_32
    end = pack(
        "<4sHHHHIIH",
        b"PK\5\6",
        0,
        0,
        narrow_count,
        narrow_count,
        narrow_size,
        narrow_where,
        len(comment),
    )
    return bytes(body) + end + comment + (end if end_twice else b"") + suffix
