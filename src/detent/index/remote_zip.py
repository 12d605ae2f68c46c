"""METADATA out of a wheel, reading as little of the wheel as can be: its directory, then one member.

Works on anything that gives byte ranges, so a wheel on a server and one on disk are read alike. It reads the
plain single-disk zip that wheels are (no zip64 directory, no encryption, stored or deflated) and answers
:class:`NotReadable` to everything else; the strict reader of the store judges a wheel before it is installed.
"""

import re
import zlib
from collections.abc import Callable
from struct import Struct

from detent.named import NamedTuple

_END = Struct("<4s4H2LH")
_ENTRY = Struct("<4s6H3L5H2L")
_LOCAL = Struct("<4s5H3L2H")
_TAIL_BYTES = 32 * 1024
_DIRECTORY_BYTES = 64 * 2**20
_SEPARATORS = re.compile(r"[-_.]+")


class NotReadable(Exception):
    """The archive is not one this reader takes; the text says why."""


class Slice(NamedTuple):
    """The end of a file, and how long the file is."""

    data: bytes
    total_bytes: int


class Ranges(NamedTuple):
    """How to read parts of a file."""

    tail: Callable[[int], Slice]
    """The last so many bytes (fewer when the file is shorter)."""
    span: Callable[[int, int], bytes]
    """Bytes from ``first`` up to, not including, ``last``."""


def ranges_of(data: bytes) -> Ranges:
    """Ranges of a file that is in memory."""
    return Ranges(
        tail=lambda count: Slice(data[-count:], len(data)), span=lambda first, last: data[first:last]
    )


def wheel_metadata(ranges: Ranges, name: str, max_bytes: int) -> bytes:
    """Read `<name>-<version>.dist-info/METADATA`; exactly one such member at top level is required."""
    window = _Window(ranges)
    entry = _find(window.directory(), name)
    if entry.unpacked_bytes > max_bytes:
        raise NotReadable(f"its METADATA is larger than {max_bytes} bytes")
    return _member(window, entry, max_bytes)


class _Entry(NamedTuple):
    path: str
    method: int
    crc: int
    packed_bytes: int
    unpacked_bytes: int
    offset: int


class _Window:
    """The part of the file that was read so far: always its end."""

    def __init__(self, ranges: Ranges) -> None:
        self._ranges = ranges
        self._data, self._total = ranges.tail(_TAIL_BYTES)
        self._first = self._total - len(self._data)
        self.directory_offset = 0

    def read(self, first: int, last: int) -> bytes:
        if not 0 <= first <= last <= self._total:
            raise NotReadable("it is not a whole zip file")
        if first >= self._first:
            return self._data[first - self._first : last - self._first]
        return self._ranges.span(first, last)

    def directory(self) -> bytes:
        """The central directory; reading it takes some of what lies before along, often METADATA itself."""
        at = self._data.rfind(b"PK\x05\x06")
        if at < 0 or len(self._data) - at < _END.size:
            raise NotReadable("it does not end like a zip file")
        _, disk, first_disk, here, count, size, offset, comment = _END.unpack_from(self._data, at)
        end = self._first + at
        if disk or first_disk or here != count or end + _END.size + comment != self._total:
            raise NotReadable("its directory is not that of a plain zip file")
        if offset == 0xFFFFFFFF or count == 0xFFFF or offset + size != end or size > _DIRECTORY_BYTES:
            raise NotReadable("its directory is not that of a plain zip file")
        self.directory_offset = offset
        if offset < self._first:
            begin = max(0, offset - _TAIL_BYTES)
            more = self._ranges.span(begin, self._first)
            if len(more) != self._first - begin:
                raise NotReadable("the server sent another part than was asked for")
            self._data, self._first = more + self._data, begin
        return self.read(offset, end)


def _find(directory: bytes, name: str) -> _Entry:
    at, found = 0, []
    while at < len(directory):
        if len(directory) - at < _ENTRY.size:
            raise NotReadable("its directory is cut short")
        fields = _ENTRY.unpack_from(directory, at)
        signature, _, _, flags, method, _, _, crc, packed, unpacked, name_size, extra, comment = fields[:13]
        if signature != b"PK\x01\x02":
            raise NotReadable("its directory is damaged")
        raw = directory[at + _ENTRY.size : at + _ENTRY.size + name_size]
        if raw.endswith(b".dist-info/METADATA") and raw.count(b"/") == 1:
            if flags & 0x2041:
                raise NotReadable("it is encrypted")
            path = raw.decode("utf-8", "replace")
            found.append(_Entry(path, method, crc, packed, unpacked, fields[16]))
        at += _ENTRY.size + name_size + extra + comment
    if len(found) != 1:
        raise NotReadable("it has no METADATA" if not found else "it has more than one METADATA")
    folder_name = found[0].path.partition("-")[0]
    if _SEPARATORS.sub("-", folder_name).lower() != name:
        raise NotReadable(f"its metadata is in `{found[0].path!a}`, which belongs to another file name")
    return found[0]


def _member(window: _Window, entry: _Entry, max_bytes: int) -> bytes:
    # The local header may have a longer extra field than the directory told; take the likely rest along.
    guess = entry.offset + _LOCAL.size + len(entry.path.encode()) + entry.packed_bytes + 128
    block = window.read(entry.offset, max(entry.offset, min(guess, window.directory_offset)))
    if len(block) < _LOCAL.size or block[:4] != b"PK\x03\x04":
        raise NotReadable("its METADATA is not where its directory says")
    name_size, extra_size = _LOCAL.unpack_from(block)[9:11]
    first = _LOCAL.size + name_size + extra_size
    packed = block[first : first + entry.packed_bytes]
    if len(packed) < entry.packed_bytes:
        begin = entry.offset + first
        packed = window.read(begin, begin + entry.packed_bytes)
    if entry.method == 0:
        data = packed
    elif entry.method == 8:
        unpack = zlib.decompressobj(wbits=-15)
        try:
            data = unpack.decompress(packed, max_bytes + 1)
        except zlib.error as fault:
            raise NotReadable("its METADATA cannot be unpacked") from fault
    else:
        raise NotReadable("its METADATA is compressed in a way wheels do not use")
    if len(data) != entry.unpacked_bytes or zlib.crc32(data) != entry.crc:
        raise NotReadable("its METADATA is damaged")
    return data
