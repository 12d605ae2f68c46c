"""Generated source distributions: right by default, of every form, and tar archives member by member."""

import bz2
import gzip
import lzma
import tarfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from io import BytesIO
from typing import Literal, NamedTuple

from support.wheels import metadata_text
from support.zips import Entry, zip_bytes


class Sdist(NamedTuple):
    """A source distribution: its name and bytes."""

    filename: str
    data: bytes

    @property
    def sha256(self) -> str:
        return sha256(self.data).hexdigest()


def sdist(
    name: str = "a",
    version: str = "1.0",
    *,
    requires: Iterable[str] = (),
    extras: Mapping[str, Iterable[str]] | None = None,
    requires_python: str = "",
    metadata_version: str = "2.2",
    dynamic: Sequence[str] = (),
    pkg_info: str | None = None,
    pyproject: str | None = None,
    files: Mapping[str, str | bytes] | None = None,
    omit: Collection[str] = (),
    executables: Collection[str] = (),
    form: str = ".tar.gz",
    top: str = "",
    stem: str = "",
) -> Sdist:
    """Make a source distribution that says what it needs in its PKG-INFO.

    An older ``metadata_version`` or ``dynamic`` fields leave that to a build; ``pkg_info`` and ``pyproject``
    are whole files. ``form`` is how its name ends, ``stem`` how it begins, ``top`` its folder.
    """
    text = metadata_text(name, version, requires, extras, requires_python)
    head = f"Metadata-Version: {metadata_version}\n" + "".join(f"Dynamic: {field}\n" for field in dynamic)
    contents: dict[str, str | bytes] = {
        "PKG-INFO": text.replace("Metadata-Version: 2.1\n", head) if pkg_info is None else pkg_info,
        "setup.py": "raise SystemExit('this is never run')\n",
        **({} if pyproject is None else {"pyproject.toml": pyproject}),
        **(files or {}),
    }
    stem = stem or f"{name.replace('-', '_').replace('.', '_').lower()}-{version}"
    folder = top or stem
    packed = {
        f"{folder}/{path}": body if isinstance(body, bytes) else body.encode()
        for path, body in contents.items()
        if path not in omit
    }
    modes = {path: 0o755 if path.removeprefix(f"{folder}/") in executables else 0o644 for path in packed}
    if form == ".zip":
        entries = [Entry(path, body, mode=0o100000 | modes[path]) for path, body in packed.items()]
        return Sdist(f"{stem}.zip", zip_bytes(entries))
    members = [member(path, body, mode=modes[path]) for path, body in packed.items()]
    return Sdist(f"{stem}{form}", tar_bytes(members, form=form))


# ---- tar archives, member by member ----------------------------------------------------------

Layout = Literal[0, 1, 2]
"""``tarfile.USTAR_FORMAT``, ``GNU_FORMAT``, ``PAX_FORMAT``."""


class Member(NamedTuple):
    """One member; ``raw`` are bytes that stand before its header."""

    header: tarfile.TarInfo
    data: bytes = b""
    raw: bytes = b""


def member(
    name: str,
    data: bytes = b"",
    *,
    kind: bytes = tarfile.REGTYPE,
    target: str = "",
    mode: int = 0o644,
    mtime: int = 1_700_000_000,
    pax: Mapping[str, str] | None = None,
    size: int | None = None,
    raw: bytes = b"",
) -> Member:
    """Make a member; ``size`` is what its header says instead of the truth."""
    header = tarfile.TarInfo(name)
    header.type, header.linkname, header.mode, header.mtime = kind, target, mode, mtime
    header.size = len(data) if size is None else size
    header.pax_headers = dict(pax or {})
    return Member(header, data, raw)


def folder(name: str) -> Member:
    """Make a folder."""
    return member(name, kind=tarfile.DIRTYPE, mode=0o755)


def symlink(name: str, target: str) -> Member:
    """Make a symbolic link."""
    return member(name, kind=tarfile.SYMTYPE, target=target)


def hardlink(name: str, target: str) -> Member:
    """Make a hard link; its target is a name in the archive."""
    return member(name, kind=tarfile.LNKTYPE, target=target)


def extension(kind: bytes, data: bytes) -> bytes:
    """Give an extension header (``x``, ``g``, ``L``, ``K``) with these bytes behind it."""
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = kind, len(data)
    return header.tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % 512)


def record(key: str, value: str) -> bytes:
    """Give a record of a pax extension."""
    rest = f" {key}={value}\n".encode()
    length = len(rest)
    while length != len(rest) + len(str(length)):
        length = len(rest) + len(str(length))
    return str(length).encode() + rest


def tar_bytes(
    members: Sequence[Member],
    *,
    form: str = ".tar.gz",
    layout: Layout = tarfile.PAX_FORMAT,
    end: bytes = bytes(1024),
) -> bytes:
    """Give the archive, packed as ``form`` says; ``end`` stands behind the last member."""
    out = bytearray()
    for one in members:
        out += one.raw
        out += one.header.tobuf(layout, "utf-8", "surrogateescape")
        out += one.data + bytes(-len(one.data) % 512)
    return pack(bytes(out) + end, form)


def pack(data: bytes, form: str) -> bytes:
    """Pack a tar file; equal bytes give equal bytes."""
    if form in {".tar.gz", ".tgz"}:
        out = BytesIO()
        with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as file:
            file.write(data)
        return out.getvalue()
    if form == ".tar.bz2":
        return bz2.compress(data)
    return lzma.compress(data) if form == ".tar.xz" else data
