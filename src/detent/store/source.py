"""Source distributions: unpacked for a build, or a few of their files read.

Both kinds of archive come to the same: exactly one top folder, files before links, modes from our own table
(0644, 0755). What an archive says is judged by :mod:`detent.store.tar` and :mod:`detent.store.archive` before
the first byte is written.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Protocol

from detent.errors.store import ArchiveUnsafe
from detent.fsio import CREATE, copy, file_trouble, write_all
from detent.model.candidate import SDIST_ENDINGS
from detent.model.limits import Limits
from detent.store.archive import ZipReader, folders_of
from detent.store.naming import shown
from detent.store.tar import Kind, SourceMember, TarReader
from detent.store.unpack import readable


def unpack_source(archive: bytes | Path, filename: str, dest: Path, *, limits: Limits) -> Path:
    """Unpack a source distribution below ``dest``, an empty folder, and give its one top folder.

    Raises :class:`ArchiveUnsafe` for one that is refused and :class:`FileTrouble` for a full or broken disk;
    what was written by then is for the caller to remove.
    """
    source = _open(archive, filename, limits)
    members = _members(source)
    _make_folders(source, members, dest)
    names = {member.name for member in members if member.kind is Kind.FILE}
    for member, pieces in groupby(source.contents(names), itemgetter(0)):
        _write_file(source, member, (piece for _, piece in pieces), dest)
    for member in members:
        if member.kind is Kind.HARDLINK:
            _write_copy(source, member, dest)
    for member in members:
        if member.kind is Kind.SYMLINK:
            _write_link(source, member, dest)
    return dest / members[0].name.partition("/")[0]


def read_source_member(
    archive: bytes | Path, filename: str, member_names: Sequence[str], *, limits: Limits
) -> dict[str, bytes]:
    """Give the files of these names in the top folder, those that are there; nothing is written.

    The whole archive is judged as it is before unpacking. Raises :class:`ArchiveUnsafe`.
    """
    source = _open(archive, filename, limits)
    members = _members(source)
    top = members[0].name.partition("/")[0]
    by_name = {member.name: member for member in members}
    wanted: dict[str, str] = {}
    for name in member_names:
        member = by_name.get(f"{top}/{name}")
        if member is not None and member.kind is Kind.HARDLINK:
            member = by_name[member.target]
        if member is not None and member.kind is Kind.FILE:
            if member.size_bytes > limits.metadata_bytes:
                raise source.refuse(f"its `{name}` has more than {limits.metadata_bytes} bytes")
            wanted[name] = member.name
    contents = {
        member.name: b"".join(piece for _, piece in pieces)
        for member, pieces in groupby(source.contents(set(wanted.values())), itemgetter(0))
    }
    return {name: contents[path] for name, path in wanted.items()}


# ---- two kinds of archive, seen alike --------------------------------------------------------


class _Source(Protocol):
    """An archive whose members were judged."""

    members: tuple[SourceMember, ...]

    def refuse(self, reason: str) -> ArchiveUnsafe:
        """Give the error that names this archive."""

    def contents(self, names: Collection[str]) -> Iterator[tuple[SourceMember, bytes]]:
        """Give the bytes of these files in pieces; each begins with no bytes."""


class _ZipSource:
    """A zip, seen like a tar."""

    def __init__(self, archive: bytes | Path, filename: str, limits: Limits) -> None:
        self._zip = ZipReader(readable(archive, filename), filename, limits)
        self.refuse = self._zip.refuse
        self.members = tuple(
            SourceMember(m.name, Kind.FOLDER if m.is_folder else Kind.FILE, m.is_executable, m.size_bytes)
            for m in self._zip.members
        )

    def contents(self, names: Collection[str]) -> Iterator[tuple[SourceMember, bytes]]:
        for member, entry in zip(self.members, self._zip.members, strict=True):
            if member.kind is Kind.FILE and member.name in names:
                yield member, b""
                for piece in self._zip.pieces(entry):
                    yield member, bytes(piece)


def _open(archive: bytes | Path, filename: str, limits: Limits) -> _Source:
    if filename.endswith(".zip"):
        return _ZipSource(archive, filename, limits)
    if filename.endswith(SDIST_ENDINGS):
        return TarReader(archive, filename, limits)
    raise ArchiveUnsafe(filename, f"it is no archive of a known kind ({', '.join(SDIST_ENDINGS)})")


def _members(source: _Source) -> list[SourceMember]:
    """Give the members that belong to the source, having seen that they lie in one folder."""
    members = [member for member in source.members if not _is_stray(member)]
    tops = sorted({member.name.partition("/")[0] for member in members})
    if not tops:
        raise source.refuse("it is empty")
    loose = sorted(m.name for m in members if "/" not in m.name and m.kind is not Kind.FOLDER)
    if loose:
        raise source.refuse(f"`{shown(loose[0])}` lies beside its top folder, not in it")
    if len(tops) > 1:
        raise source.refuse(f"it has several top folders, `{shown(tops[0])}` and `{shown(tops[1])}`")
    return members


def _is_stray(member: SourceMember) -> bool:
    """Whether this is what archivers of some systems leave beside the top folder; nothing of the source."""
    top, _, below = member.name.partition("/")
    if top == "__MACOSX":
        return True
    return not below and member.kind is Kind.FILE and (top == "pax_global_header" or top.startswith("._"))


# ---- writing ---------------------------------------------------------------------------------


def _make_folders(source: _Source, members: Sequence[SourceMember], dest: Path) -> None:
    """Make every folder, parents first."""
    folders = folders_of(member.name for member in members)
    folders.update(member.name for member in members if member.kind is Kind.FOLDER)
    here = str(dest)
    try:
        for folder in sorted(folders):
            here = f"{dest}/{folder}"
            os.mkdir(here, 0o755)  # noqa: PTH102
            os.chmod(here, 0o755)  # noqa: PTH101, S103 (whatever the umask; the caller's folder is private)
    except FileExistsError:
        raise _twice(source, here.removeprefix(f"{dest}/")) from None
    except OSError as error:
        raise file_trouble(error, here) from error


def _write_file(source: _Source, member: SourceMember, pieces: Iterable[bytes], dest: Path) -> None:
    target = f"{dest}/{member.name}"
    try:
        descriptor = os.open(target, CREATE, _mode(member))
        try:
            for piece in pieces:
                write_all(descriptor, piece)
            os.fchmod(descriptor, _mode(member))
            _set_time(descriptor, member)
        finally:
            os.close(descriptor)
    except FileExistsError:
        raise _twice(source, member.name) from None
    except OSError as error:
        raise file_trouble(error, target) from error


def _write_copy(source: _Source, member: SourceMember, dest: Path) -> None:
    """Write a file of its own for a hard link: a build may change one of the two."""
    target = f"{dest}/{member.name}"
    try:
        copy(f"{dest}/{member.target}", target)
        os.chmod(target, _mode(member))  # noqa: PTH101
        _set_time(target, member)
    except FileExistsError:
        raise _twice(source, member.name) from None
    except OSError as error:
        raise file_trouble(error, target) from error


def _write_link(source: _Source, member: SourceMember, dest: Path) -> None:
    target = f"{dest}/{member.name}"
    try:
        os.symlink(member.target, target)  # noqa: PTH211
    except FileExistsError:
        raise _twice(source, member.name) from None
    except OSError as error:
        raise file_trouble(error, target) from error


def _mode(member: SourceMember) -> int:
    return 0o755 if member.is_executable else 0o644


def _set_time(file: int | str, member: SourceMember) -> None:
    """Keep the time: a build may compare the times of generated files with those of their sources."""
    if member.mtime is not None:
        os.utime(file, (member.mtime, member.mtime))


def _twice(source: _Source, name: str) -> ArchiveUnsafe:
    return source.refuse(f"`{shown(name)}` and another of its files are one file on this system")
