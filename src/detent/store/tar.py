"""A strict policy over the standard tar reader: one reading of a source distribution, or none.

`tarfile` takes headers apart; nothing of it is ever asked to extract. Every member is judged before a byte is
written: names, kinds, where links lead, sizes against what was packed. What honest writers do is accepted:
a leading ``./``, global headers, old GNU and V7 headers, hard links, links inside the archive, the same file
twice. Headers that other readers understand differently are refused (POSIX.1-2008, pax; PEP 706, 721;
docs/explanation/promises.md). Owners, times before 1980 and every mode bit but "executable" are ignored.

The bytes are those of a file whose hash was right already; this module protects against who published it.
"""

import bz2
import gzip
import io
import lzma
import re
import tarfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from detent.errors import ArchiveUnsafe
from detent.fsio import file_trouble
from detent.model.limits import Limits
from detent.store.archive import folders_of, path_fault, shown

_BLOCK = tarfile.BLOCKSIZE
_PIECE_BYTES = 2**20
_EXTENSION_BYTES = 2**16
"""More than names and attributes of one member ever need."""
_GLOBAL_BYTES = 2**12
"""Global extensions are copied to every member by `tarfile`; honest ones hold a comment."""
_LONGEST_NUMBER = re.compile(rb"[0-9]{300}")
"""`tarfile` looks for numbers in a way that takes the square of their length."""
_OLDEST, _NEWEST = 315_619_200, 4_102_444_800
"""1980-01-02 and 2100-01-01: times a zip can hold wherever on Earth a build makes one."""

_LONG_NAME, _LONG_LINK, _PAX, _SOLARIS, _GLOBAL, _SPARSE = b"L", b"K", b"x", b"X", b"g", b"S"
_EXTENSIONS = frozenset((_LONG_NAME, _LONG_LINK, _PAX, _SOLARIS, _GLOBAL))
_OF_ONE = frozenset((b"path", b"linkpath"))
"""What one member has and not all that follow."""

_FAULTS = (
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


class Kind(Enum):
    """What a member is."""

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symbolic link"
    HARDLINK = "hard link"


class SourceMember(NamedTuple):
    """One member of a source distribution, judged."""

    name: str
    """Checked, relative, with ``/``."""
    kind: Kind
    is_executable: bool = False
    size_bytes: int = 0
    mtime: int | None = None
    """``None`` for one that says nothing worth keeping."""
    target: str = ""
    """Of a symbolic link: as it will be written. Of a hard link: the name of the file it is."""
    start: int = 0
    """Where its bytes begin in the unpacked archive."""


class TarReader:
    """The members of one archive, each name once. Making it judges all of it; reading gives bytes."""

    def __init__(self, source: bytes | Path, filename: str, limits: Limits) -> None:
        """``filename`` tells how the archive is packed; raises :class:`ArchiveUnsafe`."""
        self._source = source
        self._filename = filename
        self._limits = limits
        packed_bytes = len(source) if isinstance(source, bytes) else _size(source)
        self._most_bytes = max(limits.archive_ratio_floor_bytes, limits.archive_ratio * packed_bytes)
        with self._unpacked() as stream:
            listed = list(self._listed(stream))
        self.members = self._judged(listed)

    def refuse(self, reason: str) -> ArchiveUnsafe:
        """Give the error that names this archive."""
        return ArchiveUnsafe(self._filename, reason)

    def contents(self, names: Collection[str]) -> Iterator[tuple[SourceMember, bytes]]:
        """Give the bytes of these files in pieces, in the order of the archive; each begins with no bytes."""
        wanted = [m for m in self.members if m.kind is Kind.FILE and m.name in names]
        if wanted:
            with self._unpacked() as stream:
                for member in wanted:
                    yield member, b""
                    for piece in stream.pieces(member):
                        yield member, piece

    # ---- reading --------------------------------------------------------------------------------

    @contextmanager
    def _unpacked(self) -> Iterator["_Stream"]:
        """Give the archive unpacked; what goes wrong below becomes a refusal."""
        try:
            with _packed(self._source) as packed, closing(_unpacker(packed, self._filename)) as unpacker:
                yield _Stream(unpacker, self._most_bytes)
        except _Refused as fault:
            raise self.refuse(str(fault)) from None
        except _FAULTS:
            raise self.refuse("it is damaged, cut short or no such archive") from None
        except OSError as error:
            if error.errno is None or isinstance(self._source, bytes):  # from an unpacker, not the system
                raise self.refuse("it is damaged, cut short or no such archive") from None
            raise file_trouble(error, self._source) from error

    def _listed(self, stream: "_Stream") -> Iterator[SourceMember]:
        """Give every member as it is found, its name and kind judged."""
        count = 0
        with tarfile.TarFile(
            fileobj=stream,  # type: ignore[arg-type]  # it has what reading needs
            encoding="utf-8",
            errors="surrogateescape",
        ) as archive:
            while (header := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # by the thousand; nobody asks for them
                count += 1
                if count > self._limits.archive_entries:
                    raise _Refused(f"it has more than {self._limits.archive_entries} entries")
                member = self._member(header)
                if member is not None:
                    yield member
            stream.expect_end()

    # ---- one member -----------------------------------------------------------------------------

    def _member(self, header: tarfile.TarInfo) -> SourceMember | None:
        """Judge one member by itself; ``None`` for one that stands for nothing."""
        name = _plain(header.name)
        kind = _kind(header)
        if kind is Kind.FOLDER and name == ".":
            return None
        fault = path_fault(name + "/", len(name.encode(errors="surrogateescape")), self._limits)
        if fault:
            raise _Refused(fault)
        if kind is None:
            raise _Refused(f"`{shown(name)}` is neither a file, a folder nor a link")
        return SourceMember(
            name=name,
            kind=kind,
            is_executable=bool(header.mode & 0o111),
            size_bytes=header.size if kind is Kind.FILE else 0,
            mtime=_time(header.mtime),
            target=header.linkname if kind in {Kind.SYMLINK, Kind.HARDLINK} else "",
            start=header.offset_data,
        )

    # ---- all members ----------------------------------------------------------------------------

    def _judged(self, listed: list[SourceMember]) -> tuple[SourceMember, ...]:
        """Judge the members together; give each name once, links with where they lead."""
        by_name: dict[str, SourceMember] = {}
        twins: list[SourceMember] = []
        for member in listed:
            first = by_name.setdefault(member.name, member)
            if first is member or first.kind is member.kind is Kind.FOLDER:
                continue
            if first != member._replace(mtime=first.mtime, start=first.start):
                raise self.refuse(f"it has two different entries named `{shown(member.name)}`")
            if member.kind is Kind.FILE:
                twins += (first, member)
        folders = folders_of(by_name)
        for name, member in by_name.items():
            if member.kind is not Kind.FOLDER and name in folders:
                raise self.refuse(f"entries lie below `{shown(name)}`, which is a {member.kind.value}")
        self._check_twins(twins)
        judged = [self._resolved(member, by_name) for member in by_name.values()]
        sizes = sum(by_name[m.target].size_bytes if m.kind is Kind.HARDLINK else m.size_bytes for m in judged)
        if sizes > self._most_bytes:
            raise self.refuse(f"it would unpack to {sizes} bytes, more than {self._most_bytes}")
        return tuple(judged)

    def _check_twins(self, twins: list[SourceMember]) -> None:
        """Refuse two files of one name unless their bytes are equal: which one counts is read differently."""
        digests: dict[str, bytes] = {}
        if not twins:
            return
        with self._unpacked() as stream:
            for member in sorted(set(twins), key=lambda m: m.start):
                digest = sha256()
                for piece in stream.pieces(member):
                    digest.update(piece)
                if digests.setdefault(member.name, digest.digest()) != digest.digest():
                    raise _Refused(f"it has two different entries named `{shown(member.name)}`")

    def _resolved(self, member: SourceMember, by_name: dict[str, SourceMember]) -> SourceMember:
        """Give the member, a link with where it leads."""
        if member.kind is Kind.SYMLINK:
            self._check_symlink(member)
        if member.kind is not Kind.HARDLINK:
            return member
        seen: set[str] = set()
        found: SourceMember | None = member
        while found is not None and found.kind is Kind.HARDLINK and found.name not in seen:
            seen.add(found.name)
            found = by_name.get(_plain(found.target))
        if found is None or found.kind is not Kind.FILE:
            raise self.refuse(
                f"`{shown(member.name)}` is a link to `{shown(member.target)}`, which is no file of it"
            )
        return member._replace(target=found.name, is_executable=found.is_executable)

    def _check_symlink(self, member: SourceMember) -> None:
        """Refuse a link that leads out of the top folder.

        Upward steps may only stand first: nothing lies below a link, so up from here is up for the system
        too. Downward steps may lead over links, each of which stays inside by itself.
        """
        steps = [step for step in member.target.split("/") if step not in {"", "."}]
        down = [*steps]
        while down and down[0] == "..":
            del down[0]
        plain = "/".join(down)
        fault = path_fault(plain, len(plain.encode(errors="surrogateescape")), self._limits) if plain else ""
        up = len(steps) - len(down)
        if fault or not member.target or member.target.startswith("/") or up >= member.name.count("/"):
            raise self.refuse(
                f"`{shown(member.name)}` is a link to `{shown(member.target)}`, outside of its folder"
            )


def _plain(name: str) -> str:
    """Give a name without the ``./`` it may begin with."""
    while name.startswith("./"):
        name = name[2:].lstrip("/")
    return name


def _kind(header: tarfile.TarInfo) -> Kind | None:
    match header.type:
        case tarfile.REGTYPE | tarfile.AREGTYPE | tarfile.CONTTYPE:
            return Kind.FILE
        case tarfile.DIRTYPE:
            return Kind.FOLDER
        case tarfile.SYMTYPE:
            return Kind.SYMLINK
        case tarfile.LNKTYPE:
            return Kind.HARDLINK
        case _:
            return None


def _time(found: float) -> int:
    # A pax header may say `nan`: every comparison with it is false.
    return int(found) if _OLDEST <= found <= _NEWEST else _OLDEST


# ---- the archive, unpacked -------------------------------------------------------------------


class _Refused(Exception):
    """The archive will not be taken; the text says why."""


class _Unpacker(Protocol):
    """What gives the archive as it was before it was packed."""

    def read(self, size: int, /) -> bytes:
        """Give at most so many bytes; none at the end."""

    def close(self) -> None:
        """Be done."""


class _Stream:
    """The unpacked archive as `tarfile` reads it: forward only, bounded, its extension headers looked at."""

    def __init__(self, unpacker: _Unpacker, most_bytes: int) -> None:
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
            raise _Refused(f"one of its headers has {size} bytes")
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
            raise _Refused("it has sparse files")
        if size_mark >= b"\x80":
            raise _Refused("one of its files has a size that no source distribution has")
        if kind not in _EXTENSIONS:
            self._extensions.clear()
        elif kind != _GLOBAL:
            # Of several that say one thing each reader believes another one.
            is_pax = kind in {_PAX, _SOLARIS}
            if self._extensions and (is_pax or kind in self._extensions or _PAX in self._extensions):
                raise _Refused("one of its entries has several extension headers")
            self._extensions.append(_PAX if is_pax else kind)

    def _check_extension(self, kind: bytes, data: bytes) -> None:
        if kind == _GLOBAL:
            self._global_bytes += len(data)
            if self._global_bytes > _GLOBAL_BYTES:
                raise _Refused(f"it has more than {_GLOBAL_BYTES} bytes of global headers")
        if kind not in {_LONG_NAME, _LONG_LINK}:
            _check_records(data, is_global=kind == _GLOBAL)

    # What the policy calls.

    def pieces(self, member: SourceMember) -> Iterator[bytes]:
        """Give a file's bytes; files are asked for in the order of the archive."""
        self._skip_to(member.start)
        left = member.size_bytes
        while left:
            piece = self._some(left)
            left -= len(piece)
            yield piece

    def expect_end(self) -> None:
        """See that nothing but zeros follows what was read, which checks the packing to its end too."""
        if self._header.strip(b"\0"):
            raise _Refused("it is damaged: something that is no header stands where one is expected")
        while piece := self._read(_PIECE_BYTES):
            if piece.count(0) != len(piece):
                raise _Refused("bytes follow the end of the archive")

    def _skip_to(self, to: int) -> None:
        if to < self._at:
            raise _Refused("one of its headers points backwards")
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
            raise _Refused(f"it would unpack to more than {self._most_bytes} bytes")
        return data


def _check_records(data: bytes, *, is_global: bool) -> None:
    """Refuse an extension header that is not a plain list of records, or says what must not be said (pax)."""
    if _LONGEST_NUMBER.search(data):
        raise _Refused("one of its extension headers is malformed")
    at = 0
    while at < len(data) and data[at]:
        blank = data.find(b" ", at, at + 8)
        digits = data[at:blank] if blank > 0 else b""
        end = at + int(digits) if digits.isdigit() else at
        key, equals, _ = data[blank + 1 : end].partition(b"=")
        if not at < end <= len(data) or not equals or not key or data[end - 1 : end] != b"\n":
            raise _Refused("one of its extension headers is malformed")
        if key.startswith(b"GNU.sparse"):
            raise _Refused("it has sparse files")
        if key == b"size" or (is_global and key in _OF_ONE):
            raise _Refused(f"one of its extension headers changes the {key.decode()} of what follows")
        at = end
    if data[at:].strip(b"\0"):
        raise _Refused("one of its extension headers is malformed")


# ---- packing ---------------------------------------------------------------------------------


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise file_trouble(error, path) from error


def _packed(source: bytes | Path) -> IO[bytes]:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def _unpacker(packed: IO[bytes], filename: str) -> _Unpacker:
    """Give what unpacks; the name alone decides, for other readers go by it too."""
    if filename.endswith((".tar.gz", ".tgz")):
        return gzip.GzipFile(fileobj=packed, mode="rb")
    if filename.endswith(".tar.bz2"):
        return bz2.BZ2File(packed)
    if filename.endswith(".tar.xz"):
        return lzma.LZMAFile(packed)
    return packed
