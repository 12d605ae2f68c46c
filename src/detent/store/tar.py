"""A strict policy over the standard tar reader: one reading of a source distribution, or none.

`tarfile` takes headers apart; nothing of it is ever asked to extract. Every member is judged before a byte is
written: names, kinds, where links lead, sizes against what was packed. What honest writers do is accepted:
a leading ``./``, global headers, old GNU and V7 headers, hard links, links inside the archive, the same file
twice. Headers that other readers understand differently are refused (POSIX.1-2008, pax; PEP 706, 721;
docs/explanation/promises.md). Owners, times before 1980 and every mode bit but "executable" are ignored.

The bytes are those of a file whose hash was right already; this module protects against who published it.
"""

import io
import tarfile
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import IO

from detent.errors.store import ArchiveUnsafe
from detent.fsio import file_trouble
from detent.model.limits import Limits
from detent.named import NamedTuple
from detent.store.archive import folders_of, path_fault
from detent.store.naming import shown
from detent.store.tar_stream import FAULTS, Refused, TarStream, unpacker

_OLDEST, _NEWEST = 315_619_200, 4_102_444_800
"""1980-01-02 and 2100-01-01: times a zip can hold wherever on Earth a build makes one."""


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
                    for piece in stream.pieces(member.start, member.size_bytes):
                        yield member, piece

    # ---- reading --------------------------------------------------------------------------------

    @contextmanager
    def _unpacked(self) -> Iterator[TarStream]:
        """Give the archive unpacked; what goes wrong below becomes a refusal."""
        try:
            with _packed(self._source) as packed, closing(unpacker(packed, self._filename)) as unpacked:
                yield TarStream(unpacked, self._most_bytes)
        except Refused as fault:
            raise self.refuse(str(fault)) from None
        except FAULTS:
            raise self.refuse("it is damaged, cut short or no such archive") from None
        except OSError as error:
            if error.errno is None or isinstance(self._source, bytes):  # from an unpacker, not the system
                raise self.refuse("it is damaged, cut short or no such archive") from None
            raise file_trouble(error, self._source) from error

    def _listed(self, stream: TarStream) -> Iterator[SourceMember]:
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
                    raise Refused(f"it has more than {self._limits.archive_entries} entries")
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
        fault = path_fault(name, len(name.encode(errors="surrogateescape")), self._limits)
        if fault:
            raise Refused(fault)
        if name.endswith("/"):  # of a folder `tarfile` took it away
            raise Refused(f"the name `{shown(name)}` ends in an empty component")
        if kind is None:
            raise Refused(f"`{shown(name)}` is neither a file, a folder nor a link")
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
                for piece in stream.pieces(member.start, member.size_bytes):
                    digest.update(piece)
                if digests.setdefault(member.name, digest.digest()) != digest.digest():
                    raise Refused(f"it has two different entries named `{shown(member.name)}`")

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


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise file_trouble(error, path) from error


def _packed(source: bytes | Path) -> IO[bytes]:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
