"""A strict zip reader: one reading of an archive, or none.

Zip lets one file mean different things to different readers: two directories, names and sizes that differ
between the directory and the entries, bytes that only some readers look at. Everything of that kind is
refused whole, before a byte is written (PKWARE APPNOTE 6.3; docs/explanation/promises.md). What honest
writers do is accepted: data descriptors, zip64, folders as entries, any order of the directory.

The bytes are those of a file whose hash was right already; this module protects against who published it.
"""

import re
import stat
from collections.abc import Iterable, Iterator
from struct import Struct

from detent.errors.store import ArchiveUnsafe
from detent.model.limits import Limits
from detent.named import NamedTuple
from detent.store import inflate
from detent.store.naming import shown

_END = Struct("<4sHHHHIIH")
_END64_LOCATOR = Struct("<4sIQI")
_END64 = Struct("<4sQHHIIQQQQ")
_CENTRAL = Struct("<4sHHHHHHIIIHHHHHII")
_LOCAL = Struct("<4sHHHHHIIIHH")
_FIELD = Struct("<HH")
_DESCRIPTORS = tuple(Struct(layout) for layout in ("<III", "<4xIII", "<IQQ", "<4xIQQ"))
_DESCRIPTOR_MARK = b"PK\x07\x08"

_IN_ZIP64_16 = 0xFFFF
_IN_ZIP64_32 = 0xFFFFFFFF
_STORED, _DEFLATED = 0, 8
_HAS_DESCRIPTOR, _NAME_IS_UTF8 = 0x0008, 0x0800
_LEVEL_FLAGS = 0x0006
_ALLOWED_FLAGS = _LEVEL_FLAGS | _HAS_DESCRIPTOR | _NAME_IS_UTF8
_ZIP64_FIELD, _OTHER_NAME_FIELD = 0x0001, 0x7075
_PIECE_BYTES = 2**18
"""What is fed to inflate at a time: what it has not taken is copied, each time it gives something."""

# Control characters, line and paragraph separators, marks that turn the direction of text.
_NEVER_IN_A_NAME = "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"


class Member(NamedTuple):
    """One entry, as the directory and its local header agree on it."""

    name: str
    """Checked, relative, with ``/``; a folder's has no slash at the end."""
    is_folder: bool
    is_executable: bool
    method: int
    packed_bytes: int
    size_bytes: int
    crc32: int
    start: int
    """Where the packed bytes begin."""


class _Listed(NamedTuple):
    """What the directory says of an entry, before its local header was held against it."""

    raw_name: bytes
    flags: int
    method: int
    crc32: int
    packed_bytes: int
    size_bytes: int
    offset: int
    unix_mode: int


class ZipReader:
    """The members of one archive. Making it checks everything but the contents; reading checks those."""

    def __init__(self, data: bytes | memoryview, filename: str, limits: Limits) -> None:
        self._data = memoryview(data)
        self._filename = filename
        self._limits = limits
        count, start, end = self._directory()
        listed = self._listed(count, start, end)
        self._check_size(listed)
        starts = self._data_starts(listed, start)
        self.members = tuple(self._member(entry, at) for entry, at in zip(listed, starts, strict=True))
        self._check_names_together()

    def refuse(self, reason: str) -> ArchiveUnsafe:
        """Give the error that names this archive."""
        return ArchiveUnsafe(self._filename, reason)

    # ---- contents -------------------------------------------------------------------------------

    def read(self, member: Member, at_most: int) -> bytes:
        """Give a member's bytes; a member larger than ``at_most`` is refused."""
        if member.size_bytes > at_most:
            raise self.refuse(f"`{shown(member.name)}` has {member.size_bytes} bytes, more than {at_most}")
        return b"".join(self.pieces(member))

    def pieces(self, member: Member) -> Iterable[bytes | memoryview]:
        """Give a member's bytes in pieces; refuses when size or CRC turn out to be wrong."""
        packed = self._data[member.start : member.start + member.packed_bytes]
        whole = self._whole(packed, member)
        if whole is None:
            return self._in_pieces(packed, member)
        return (whole,) if whole else ()

    def _whole(self, packed: memoryview, member: Member) -> bytes | memoryview | None:
        """Give a small member at once, as nearly all are; ``None`` for others, and where anything is odd."""
        if max(member.size_bytes, member.packed_bytes) > _PIECE_BYTES:
            return None
        whole: bytes | memoryview = packed
        if member.method != _STORED:
            stream = inflate.decompressobj(inflate.RAW)
            try:
                whole = stream.decompress(packed, member.size_bytes + 1)
            except inflate.error:
                return None
            if not stream.eof or stream.unused_data or len(whole) != member.size_bytes:
                return None
        return whole if inflate.crc32(whole) == member.crc32 else None

    def _in_pieces(self, packed: memoryview, member: Member) -> Iterator[bytes | memoryview]:
        stored = member.method == _STORED
        seen = 0
        for piece in _slices(packed) if stored else self._inflated(packed, member):
            seen = inflate.crc32(piece, seen)
            yield piece
        if seen != member.crc32:
            raise self.refuse(f"the CRC of `{shown(member.name)}` is wrong")

    def _inflated(self, packed: memoryview, member: Member) -> Iterator[bytes]:
        stream = inflate.decompressobj(inflate.RAW)
        left = member.size_bytes
        position = 0
        while not stream.eof:
            fed: bytes | memoryview = stream.unconsumed_tail
            if not fed:
                fed = packed[position : position + _PIECE_BYTES]
                position += len(fed)
            try:
                # One byte more than may come shows that more would come.
                piece = stream.decompress(fed, min(left, _PIECE_BYTES) + 1)
            except inflate.error:
                raise self.refuse(f"`{shown(member.name)}` cannot be inflated") from None
            left -= len(piece)
            if left < 0:
                raise self.refuse(
                    f"`{shown(member.name)}` holds more than the {member.size_bytes} bytes it declares"
                )
            if piece:
                yield piece
            elif not fed:
                raise self.refuse(f"`{shown(member.name)}` is cut short")
        if left:
            raise self.refuse(
                f"`{shown(member.name)}` holds less than the {member.size_bytes} bytes it declares"
            )
        if stream.unused_data or position < len(packed):
            raise self.refuse(f"`{shown(member.name)}` is followed by bytes that belong to nothing")

    # ---- the directory --------------------------------------------------------------------------

    def _directory(self) -> tuple[int, int, int]:
        """Find the one directory: number of entries, where it starts, where it ends."""
        data = self._data
        # The record is at most a comment away from the end; the last one is what every reader finds first.
        tail = bytes(data[-(_END.size + _IN_ZIP64_16) :])
        found = tail.rfind(b"PK\x05\x06")
        if found < 0 or found + _END.size > len(tail):
            raise self.refuse("it is not a zip archive, or cut short: the end record is missing")
        at = len(data) - len(tail) + found
        _, disk, first_disk, here, count, size, start, comment = _END.unpack_from(data, at)
        if at + _END.size + comment != len(data):
            raise self.refuse("bytes follow the end of the archive")
        if disk or first_disk or here != count:
            raise self.refuse("it is one part of several")
        end = at
        if at >= _END64_LOCATOR.size and bytes(data[at - _END64_LOCATOR.size :][:4]) == b"PK\x06\x07":
            end, wide = self._end64(at - _END64_LOCATOR.size)
            for narrow, limit, value in zip(
                (count, size, start), (_IN_ZIP64_16, _IN_ZIP64_32, _IN_ZIP64_32), wide, strict=True
            ):
                if narrow not in {limit, value}:
                    raise self.refuse("its two end records contradict each other")
            count, size, start = wide
        if start + size != end:
            raise self.refuse("its directory does not end where the end record begins")
        if count > self._limits.archive_entries:
            raise self.refuse(f"it has {count} entries, more than {self._limits.archive_entries}")
        return count, start, end

    def _end64(self, locator: int) -> tuple[int, tuple[int, int, int]]:
        _, disk, at, disks = _END64_LOCATOR.unpack_from(self._data, locator)
        if disk or disks > 1 or at != locator - _END64.size:
            raise self.refuse("its zip64 end record is not where it has to be")
        mark, length, _, _, disk, first_disk, here, count, size, start = _END64.unpack_from(self._data, at)
        if mark != b"PK\x06\x06" or length != _END64.size - 12 or disk or first_disk or here != count:
            raise self.refuse("its zip64 end record is malformed")
        return at, (count, size, start)

    def _listed(self, count: int, at: int, end: int) -> list[_Listed]:
        listed = []
        for _ in range(count):
            if at + _CENTRAL.size > end:
                raise self.refuse("its directory is cut short")
            (mark, _, _, flags, method, _, _, crc32, packed, size, name_length, extra_length,
             comment_length, disk, _, attributes, offset) = _CENTRAL.unpack_from(self._data, at)  # fmt: skip
            names = at + _CENTRAL.size
            extras = names + name_length
            at = extras + extra_length + comment_length
            if mark != b"PK\x01\x02" or at > end or disk:
                raise self.refuse("its directory is malformed")
            raw_name = bytes(self._data[names:extras])
            self._check_kind(raw_name, flags, method)
            if extra_length:
                extra = bytes(self._data[extras : extras + extra_length])
                size, packed, offset = self._widened((size, packed, offset), extra, raw_name)
            listed.append(_Listed(raw_name, flags, method, crc32, packed, size, offset, attributes >> 16))
        if at != end:
            raise self.refuse("its directory holds more than the entries it counts")
        return listed

    def _check_kind(self, raw_name: bytes, flags: int, method: int) -> None:
        if flags & 0x2041:
            raise self.refuse(f"`{_shown_raw(raw_name)}` is encrypted")
        if flags & ~_ALLOWED_FLAGS:
            raise self.refuse(f"`{_shown_raw(raw_name)}` has unknown flags ({flags:#06x})")
        if method not in {_STORED, _DEFLATED}:
            raise self.refuse(f"`{_shown_raw(raw_name)}` is packed by method {method}; only 0 and 8 may be")

    def _widened(self, narrow: tuple[int, ...], extra: bytes, raw_name: bytes) -> tuple[int, ...]:
        """Give the numbers, those that did not fit taken from the zip64 field; it may hold no others."""
        wide = None
        at = 0
        while at < len(extra):
            if at + _FIELD.size > len(extra):
                raise self.refuse(f"the extra fields of `{_shown_raw(raw_name)}` are malformed")
            kind, length = _FIELD.unpack_from(extra, at)
            at += _FIELD.size
            body = extra[at : at + length]
            at += length
            if at > len(extra) or (kind == _ZIP64_FIELD and (wide is not None or length % 8)):
                raise self.refuse(f"the extra fields of `{_shown_raw(raw_name)}` are malformed")
            if kind == _OTHER_NAME_FIELD:
                raise self.refuse(f"`{_shown_raw(raw_name)}` has a second name")
            if kind == _ZIP64_FIELD:
                wide = [int.from_bytes(body[i : i + 8], "little") for i in range(0, length, 8)]
        missing = [i for i, value in enumerate(narrow) if value == _IN_ZIP64_32]
        if wide is None:
            return narrow
        if len(wide) == len(missing):
            result = list(narrow)
            for index, value in zip(missing, wide, strict=True):
                result[index] = value
            return tuple(result)
        if not missing and tuple(wide) == narrow[: len(wide)]:
            return narrow  # said twice, and the same
        raise self.refuse(f"the zip64 sizes of `{_shown_raw(raw_name)}` are malformed")

    def _check_size(self, listed: Iterable[_Listed]) -> None:
        unpacked = sum(entry.size_bytes for entry in listed)
        ratio = self._limits.archive_ratio
        if unpacked > self._limits.archive_ratio_floor_bytes and unpacked > ratio * len(self._data):
            raise self.refuse(f"it would unpack to {unpacked} bytes, more than {ratio} times its own size")

    # ---- the entries ----------------------------------------------------------------------------

    def _data_starts(self, listed: list[_Listed], directory: int) -> list[int]:
        """Hold every local header against the directory; entries must fill the archive without a gap."""
        starts = [0] * len(listed)
        order = sorted(range(len(listed)), key=lambda i: listed[i].offset)
        ends = [*(listed[index].offset for index in order), directory]
        if ends[0]:
            raise self.refuse("bytes that belong to no entry stand before the first one")
        for index, end in zip(order, ends[1:], strict=True):
            starts[index] = self._data_start(listed[index], end)
        return starts

    def _data_start(self, entry: _Listed, after: int) -> int:
        """Give where an entry's bytes begin, if its local header agrees and it ends at ``after``."""
        if entry.offset + _LOCAL.size > after:
            raise self.refuse(f"`{_shown_raw(entry.raw_name)}` overlaps what follows it")
        mark, _, flags, method, _, _, crc32, packed, size, name_length, extra_length = _LOCAL.unpack_from(
            self._data, entry.offset
        )
        name_at = entry.offset + _LOCAL.size
        start: int = name_at + name_length + extra_length
        end = start + entry.packed_bytes
        if mark != b"PK\x03\x04" or end > after:
            raise self.refuse(
                f"`{_shown_raw(entry.raw_name)}` overlaps what follows it, or is not where the directory says"
            )
        if bytes(self._data[name_at : name_at + name_length]) != entry.raw_name:
            raise self.refuse(f"`{_shown_raw(entry.raw_name)}` has another name in its own header")
        if (flags ^ entry.flags) & ~_LEVEL_FLAGS or method != entry.method:
            raise self.refuse(f"`{_shown_raw(entry.raw_name)}` is described differently in its own header")
        has_descriptor = bool(flags & _HAS_DESCRIPTOR)
        if extra_length:
            extra = bytes(self._data[name_at + name_length : start])
            size, packed = self._widened((size, packed), extra, entry.raw_name)
        said = (crc32, packed, size)
        if said != (entry.crc32, entry.packed_bytes, entry.size_bytes) and (any(said) or not has_descriptor):
            raise self.refuse(f"`{_shown_raw(entry.raw_name)}` has another size or CRC in its own header")
        if has_descriptor:
            self._check_descriptor(entry, end, after)
        elif end != after:
            raise self.refuse(f"`{_shown_raw(entry.raw_name)}` is followed by bytes of no entry")
        return start

    def _check_descriptor(self, entry: _Listed, at: int, after: int) -> None:
        expected = (entry.crc32, entry.packed_bytes, entry.size_bytes)
        for layout in _DESCRIPTORS:
            if layout.size == after - at and layout.unpack_from(self._data, at) == expected:
                marked = layout.format.startswith("<4x")
                if not marked or bytes(self._data[at : at + 4]) == _DESCRIPTOR_MARK:
                    return
        raise self.refuse(f"what follows `{_shown_raw(entry.raw_name)}` contradicts the directory")

    # ---- names ----------------------------------------------------------------------------------

    def _member(self, entry: _Listed, start: int) -> Member:
        name, is_folder = self._checked_name(entry)
        kind = stat.S_IFMT(entry.unix_mode)
        if kind == stat.S_IFLNK:
            raise self.refuse(f"`{shown(name)}` is a symbolic link")
        if kind not in {0, stat.S_IFDIR if is_folder else stat.S_IFREG}:
            raise self.refuse(f"`{shown(name)}` is neither a plain file nor a folder")
        if is_folder and entry.size_bytes:
            raise self.refuse(f"the folder `{shown(name)}` has contents of its own")
        if entry.method == _STORED and entry.packed_bytes != entry.size_bytes:
            raise self.refuse(f"`{shown(name)}` is stored, yet its two sizes differ")
        return Member(
            name,
            is_folder,
            not is_folder and bool(entry.unix_mode & 0o111),
            entry.method,
            entry.packed_bytes,
            entry.size_bytes,
            entry.crc32,
            start,
        )

    def _checked_name(self, entry: _Listed) -> tuple[str, bool]:
        raw = entry.raw_name
        try:
            name = raw.decode("utf-8" if entry.flags & _NAME_IS_UTF8 else "ascii")
        except UnicodeDecodeError:
            raise self.refuse(f"the name `{_shown_raw(raw)}` is neither ASCII nor marked as UTF-8") from None
        fault = path_fault(name, len(raw), self._limits)
        if fault:
            raise self.refuse(fault)
        return name.removesuffix("/"), name.endswith("/")

    def _check_names_together(self) -> None:
        seen: set[str] = set()
        for member in self.members:
            if member.name in seen:
                raise self.refuse(f"it has two entries named `{shown(member.name)}`")
            seen.add(member.name)
        folders = folders_of(seen)
        for member in self.members:
            if not member.is_folder and member.name in folders:
                raise self.refuse(f"`{shown(member.name)}` is both a file and a folder")


def path_fault(name: str, size_bytes: int, limits: Limits) -> str:
    """Say why a member may not have this name, which has so many bytes; empty when it may."""
    if not (name.isascii() and name.isprintable()) and re.search(_NEVER_IN_A_NAME, name):
        return f"the name `{shown(name)}` holds control characters"
    if "\\" in name or name.startswith("/") or (name[1:2] == ":" and name[0].isalpha()):
        return f"the name `{shown(name)}` is not a relative path with `/`"
    if size_bytes > limits.path_bytes:
        return f"the name `{shown(name)}` is longer than {limits.path_bytes} bytes"
    parts = name.removesuffix("/").split("/")
    if not {"", ".", ".."}.isdisjoint(parts):
        return f"the name `{shown(name)}` has an empty, `.` or `..` component"
    limit = limits.component_bytes
    if size_bytes > limit and max(len(part.encode(errors="surrogateescape")) for part in parts) > limit:
        return f"the name `{shown(name)}` has a component longer than {limit} bytes"
    return ""


def folders_of(paths: Iterable[str]) -> set[str]:
    """Give every folder that some path lies in."""
    folders: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    return folders


def _shown_raw(raw_name: bytes) -> str:
    return shown(raw_name.decode("utf-8", "backslashreplace"))


def _slices(data: memoryview) -> Iterator[memoryview]:
    for at in range(0, len(data), _PIECE_BYTES):
        yield data[at : at + _PIECE_BYTES]
