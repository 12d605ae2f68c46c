"""`.venv/.detent/installed`: every package we put into an environment with all its paths; and the journal.

The journal is the next manifest, written before the first change, with the names of all packages that will be
touched; renaming it to `installed` ends a run. So a journal found at the start means that the last run died,
and the two files together know every path that may have been written or removed.

A text format, although records elsewhere are marshalled: an environment may come with a repository from a
stranger. A file that does not fit, or names a program that no package may bring or a wheel that cannot be, is
as good as none.

::

    detent-installed 2 <crc-32 of the rest>
    <packages> <touched>
    <touched name>...
    name version digest identity requested by-directory bytecode dist-info
        links linked private launchers yielded                 (how many of each, on the same line)
    <path>...                 of each kind in this order; launchers with a tab and module:attribute

The words of a package are separated by tabs.
"""

# ruff: noqa: PTH104, PTH108, PTH208 (strings: every sync comes here)

import contextlib
import errno
import os
import stat
import zlib
from collections.abc import Collection, Iterable
from pathlib import Path

from detent.errors.install import NotAnEnvironment, UnsafePath
from detent.fsio import CREATE, file_trouble, read_limited, remove_tree, write_all
from detent.install.plan import Installed
from detent.install.scripts import checked_entry_point
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.python.environment import STATE_NAME
from detent.store.naming import check_script_name

_HEAD = "detent-installed 2 "
_INSTALLED = "installed"
_JOURNAL = "journal"
_SCRATCH = "scratch-"
_MOST_BYTES = 256 * 2**20
_DIGEST_LENGTH = 64
_SCRIPTS = "Scripts" if os.name == "nt" else "bin"


class Manifest(NamedTuple):
    """What a manifest or a journal says."""

    packages: tuple[Installed, ...] = ()
    """Sorted by name."""
    touched: frozenset[PackageName] = frozenset()
    """In a journal: the packages that are not to be believed."""


def render_manifest(packages: Iterable[Installed], touched: Collection[PackageName] = ()) -> bytes:
    """Give the bytes of a manifest; the same packages give the same bytes."""
    rows = sorted(packages)
    lines = [f"{len(rows)} {len(touched)}", *sorted(touched)]
    for row in rows:
        flags = f"{row.is_requested:d}\t{row.is_by_directory:d}\t{row.bytecode}"
        counts = map(len, (row.links, row.linked, row.private, row.launchers, row.yielded))
        lines.append("\t".join((*row[:4], flags, row.dist_info, *map(str, counts))))
        lines += row.links
        lines += row.linked
        lines += row.private
        lines += [f"{path}\t{value}" for path, value in row.launchers]
        lines += row.yielded
    text = "\n".join(lines).encode()
    return f"{_HEAD}{zlib.crc32(text):08x}\n".encode() + text


def parse_manifest(data: bytes) -> Manifest | None:
    """Read a manifest's bytes; ``None`` for what is none, of another version, or damaged."""
    head, _, body = data.partition(b"\n")
    if head != f"{_HEAD}{zlib.crc32(body):08x}".encode() or b"\0" in body:
        return None
    try:
        lines = body.decode().split("\n")
        package_count, touched_count = map(_count, lines[0].split(" "))
        at = 1 + touched_count
        touched = frozenset(map(PackageName, lines[1:at]))
        packages = []
        for _ in range(package_count):
            words = lines[at].split("\t")
            name, version, digest, identity, requested, whole, bytecode, dist_info, *counts = words
            links, linked, private, launchers, yielded = map(_count, counts)
            start = at + 1 + links
            first = start + linked
            second = first + private
            third = second + launchers
            fourth = third + yielded
            packages.append(
                Installed(
                    name=PackageName(name),
                    version=version,
                    digest=_digest(digest),
                    identity=identity,
                    is_requested=requested == "1",
                    dist_info=dist_info,
                    linked=tuple(lines[start:first]),
                    private=tuple(lines[first:second]),
                    launchers=tuple(_launcher(line) for line in lines[second:third]),
                    links=tuple(lines[at + 1 : start]),
                    is_by_directory=whole == "1",
                    bytecode=bytecode,
                    yielded=tuple(lines[third:fourth]),
                )
            )
            at = fourth
    except (ValueError, IndexError, UnsafePath):
        return None
    return Manifest(tuple(packages), touched) if at == len(lines) else None


def read_manifest(root: str) -> Manifest:
    """Read what we installed in the environment at ``root``; nothing where there is no readable manifest."""
    data = _read(f"{root}/{STATE_NAME}/{_INSTALLED}")
    return (data is not None and parse_manifest(data)) or Manifest()


def read_journal(root: str) -> Manifest | None:
    """Read the journal of a run that died; ``None`` where there is none.

    One that cannot be read touches everything that was installed.
    """
    data = _read(f"{root}/{STATE_NAME}/{_JOURNAL}")
    if data is None:
        return None
    return parse_manifest(data) or Manifest((), frozenset(p.name for p in read_manifest(root).packages))


def write_journal(root: str, packages: Iterable[Installed], touched: Collection[PackageName]) -> None:
    """Say what is about to be done. Raises :class:`FileTrouble`."""
    _replace(root, _JOURNAL, render_manifest(packages, touched))


def finish_journal(root: str) -> None:
    """Make the journal the manifest: all that it says is done."""
    folder = f"{root}/{STATE_NAME}"
    try:
        os.rename(f"{folder}/{_JOURNAL}", f"{folder}/{_INSTALLED}")
    except OSError as error:
        raise file_trouble(error, f"{folder}/{_INSTALLED}") from error


def drop_journal(root: str, packages: Iterable[Installed]) -> None:
    """Say what is left after putting right what a run that died left behind."""
    _replace(root, _INSTALLED, render_manifest(packages))
    path = f"{root}/{STATE_NAME}/{_JOURNAL}"
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise file_trouble(error, path) from error


def make_state_folder(root: str) -> None:
    """Make our folder in the environment; raises :class:`NotAnEnvironment` where a link stands."""
    path = f"{root}/{STATE_NAME}"
    try:
        try:
            os.mkdir(path, 0o755)  # noqa: PTH102
        except FileExistsError:
            if not stat.S_ISDIR(os.lstat(path).st_mode):
                raise NotAnEnvironment(root, f"`{STATE_NAME}` in it is no folder") from None
    except OSError as error:
        raise file_trouble(error, path) from error


def replace_file(root: str, path: str, data: bytes, mode: int = 0o644) -> None:
    """Put a file in the place of another at one stroke; a link is replaced, not written through."""
    scratch = scratch_name(root)
    try:
        descriptor = os.open(scratch, CREATE, mode)
        try:
            try:
                write_all(descriptor, data)
            finally:
                os.close(descriptor)
            os.rename(scratch, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(scratch)
            raise
    except OSError as error:
        raise file_trouble(error, path) from error


def scratch_name(root: str) -> str:
    """Give a free name in our folder of the environment, for what is about to be somewhere else or gone."""
    return f"{root}/{STATE_NAME}/{_SCRATCH}{os.urandom(8).hex()}"


def sweep_state_folder(root: str) -> None:
    """Remove what runs that died left under such names."""
    make_state_folder(root)
    for path in _left_behind(root):
        remove_tree(path)


def has_left_behind(root: str) -> bool:
    """Whether there is anything to sweep, or somebody is writing just now."""
    return bool(_left_behind(root))


def _left_behind(root: str) -> list[Path]:
    folder = Path(root, STATE_NAME)
    try:
        return [folder / name for name in os.listdir(folder) if name.startswith(_SCRATCH)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise file_trouble(error, folder) from error


def _replace(root: str, name: str, data: bytes) -> None:
    make_state_folder(root)
    replace_file(root, f"{root}/{STATE_NAME}/{name}", data)


def _read(path: str) -> bytes | None:
    try:
        return read_limited(path, _MOST_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in {errno.EINVAL, errno.EOVERFLOW}:  # nothing that we have written
            return b""
        raise file_trouble(error, path) from error


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(text)
    return int(text)


def _digest(text: str) -> str:
    """Read the sha256 of a wheel: it leads to a folder of the store."""
    if len(text) != _DIGEST_LENGTH or text.strip("0123456789abcdef"):
        raise ValueError(text)
    return text


def _launcher(line: str) -> tuple[str, str]:
    """Read a launcher: it may be written anew, so it must be a program in `bin` that calls an object."""
    path, value = line.split("\t")
    folder, _, name = path.rpartition("/")
    if folder != _SCRIPTS:
        raise ValueError(path)
    check_script_name(name)
    return path, checked_entry_point("", name, value)
