"""An unpacked tar file as `tarfile` reads it: forward only, bounded, its headers looked at on the way.

`tarfile` believes more than is good for it: extensions that overrule each other, sizes that point backwards,
headers as large as memory, numbers that take it hours to find. All that is refused here, before it sees it;
what the members are and may be called is judged in :mod:`detent.store.tar`.
"""

import bz2
import gzip
import lzma
import re
import tarfile
import zlib
from collections.abc import Iterator
from typing import IO, Protocol

_BLOCK = tarfile.BLOCKSIZE
_PIECE_BYTES = 2**20
_EXTENSION_BYTES = 2**16
"""More than names and attributes of one member ever need."""
_GLOBAL_BYTES = 2**12
"""Global extensions are copied to every member by `tarfile`; honest ones hold a comment."""
_LONGEST_NUMBER = re.compile(rb"[0-9]{300}")
"""`tarfile` looks for numbers in a way that takes the square of their length."""

_LONG_NAME, _LONG_LINK, _PAX, _SOLARIS, _GLOBAL, _SPARSE = b"L", b"K", b"x", b"X", b"g", b"S"
_EXTENSIONS = frozenset((_LONG_NAME, _LONG_LINK, _PAX, _SOLARIS, _GLOBAL))
_OF_ONE = frozenset((b"path", b"linkpath"))
"""What one member has and not all that follow."""

FAULTS = (
    tarfile.TarError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    ValueError,
    OverflowError,
    RecursionError,
    IndexError,
)
"""What `tarfile` and the unpackers below it raise for bytes that are not theirs."""


class Refused(Exception):
    """The archive will not be taken; the text says why."""


class Unpacker(Protocol):
    """What gives the archive as it was before it was packed."""

    def read(self, size: int, /) -> bytes:
        """Give at most so many bytes; none at the end."""

    def close(self) -> None:
        """Be done."""


class TarStream:
    """The unpacked archive as `tarfile` reads it: forward only, bounded, its extension headers looked at."""

    def __init__(self, unpacker: Unpacker, most_bytes: int) -> None:
        self._unpacker = unpacker
        self._most_bytes = most_bytes
        self._at = 0
        self._header = b""
        """The block read last, where it was a header."""
        self._extensions: list[bytes] = []
        """Kinds of the extensions that the next member has."""
        self._global_bytes = 0

    # What `tarfile` calls.

    def tell(self) -> int:
        """Give how far it was read."""
        return self._at

    def seek(self, to: int) -> int:
        """Go forward."""
        self._skip_to(to)
        return self._at

    def read(self, size: int) -> bytes:
        """Read a header, what follows the header of an extension, or the byte before the next header."""
        if not 0 <= size <= _EXTENSION_BYTES:
            raise Refused(f"one of its headers has {size} bytes")
        data = self._read(size)
        extension = self._header[156:157]
        if extension in _EXTENSIONS:
            self._header = b""
            self._check_extension(extension, data)
        elif size == _BLOCK:
            self._header = data
            self._check_header(data[156:157], data[124:125])
        return data

    def _check_header(self, kind: bytes, size_mark: bytes) -> None:
        if kind == _SPARSE:
            raise Refused("it has sparse files")
        if size_mark >= b"\x80":
            raise Refused("one of its files has a size that no source distribution has")
        if kind not in _EXTENSIONS:
            self._extensions.clear()
        elif kind != _GLOBAL:
            # Of several that say one thing each reader believes another one.
            is_pax = kind in {_PAX, _SOLARIS}
            if self._extensions and (is_pax or kind in self._extensions or _PAX in self._extensions):
                raise Refused("one of its entries has several extension headers")
            self._extensions.append(_PAX if is_pax else kind)

    def _check_extension(self, kind: bytes, data: bytes) -> None:
        if kind == _GLOBAL:
            self._global_bytes += len(data)
            if self._global_bytes > _GLOBAL_BYTES:
                raise Refused(f"it has more than {_GLOBAL_BYTES} bytes of global headers")
        if kind not in {_LONG_NAME, _LONG_LINK}:
            _check_records(data, is_global=kind == _GLOBAL)

    # What the policy calls.

    def pieces(self, start: int, size_bytes: int) -> Iterator[bytes]:
        """Give the bytes of a file that begins there; files are asked for in the order of the archive."""
        self._skip_to(start)
        left = size_bytes
        while left:
            piece = self._some(left)
            left -= len(piece)
            yield piece

    def expect_end(self) -> None:
        """See that nothing but zeros follows what was read, which checks the packing to its end too."""
        if self._header.strip(b"\0"):
            raise Refused("it is damaged: something that is no header stands where one is expected")
        while piece := self._read(_PIECE_BYTES):
            if piece.count(0) != len(piece):
                raise Refused("bytes follow the end of the archive")

    def _skip_to(self, to: int) -> None:
        if to < self._at:
            raise Refused("one of its headers points backwards")
        while self._at < to:
            self._some(to - self._at)

    def _some(self, most: int) -> bytes:
        data = self._read(min(most, _PIECE_BYTES))
        if not data:
            raise EOFError
        return data

    def _read(self, size: int) -> bytes:
        data = self._unpacker.read(size)
        self._at += len(data)
        if self._at > self._most_bytes:
            raise Refused(f"it would unpack to more than {self._most_bytes} bytes")
        return data


def _check_records(data: bytes, *, is_global: bool) -> None:
    """Refuse an extension header that is not a plain list of records, or says what must not be said (pax)."""
    if _LONGEST_NUMBER.search(data):
        raise Refused("one of its extension headers is malformed")
    at = 0
    while at < len(data) and data[at]:
        blank = data.find(b" ", at, at + 8)
        digits = data[at:blank] if blank > 0 else b""
        end = at + int(digits) if digits.isdigit() else at
        key, equals, _ = data[blank + 1 : end].partition(b"=")
        if not at < end <= len(data) or not equals or not key or data[end - 1 : end] != b"\n":
            raise Refused("one of its extension headers is malformed")
        if key.startswith(b"GNU.sparse"):
            raise Refused("it has sparse files")
        if key == b"size" or (is_global and key in _OF_ONE):
            raise Refused(f"one of its extension headers changes the {key.decode()} of what follows")
        at = end
    if data[at:].strip(b"\0"):
        raise Refused("one of its extension headers is malformed")


def unpacker(packed: IO[bytes], filename: str) -> Unpacker:
    """Give what unpacks; the name alone decides, for other readers go by it too."""
    if filename.endswith((".tar.gz", ".tgz")):
        return gzip.GzipFile(fileobj=packed, mode="rb")
    if filename.endswith(".tar.bz2"):
        return bz2.BZ2File(packed)
    if filename.endswith(".tar.xz"):
        return lzma.LZMAFile(packed)
    return packed
