"""Where a program or library for macOS looks for others: the load commands of a Mach-O file.

Follows the headers `mach-o/loader.h` and `mach-o/fat.h`. What is read is bounded, and a file that says
anything odd says nothing: this reads what strangers made.
"""

from collections.abc import Iterator
from struct import Struct

from detent.store.elf import Needs, Read

_THIN = {
    b"\xce\xfa\xed\xfe": ("<", 28),
    b"\xcf\xfa\xed\xfe": ("<", 32),
    b"\xfe\xed\xfa\xce": (">", 28),
    b"\xfe\xed\xfa\xcf": (">", 32),
}
"""Byte order and size of the header."""
_FAT = {b"\xca\xfe\xba\xbe": Struct(">8xI8x"), b"\xca\xfe\xba\xbf": Struct(">8xQ16x")}
"""Where a part of a file for several processors begins."""
MAGICS = frozenset((*_THIN, *_FAT))

_MOST_PARTS = 16
"""A class file of Java begins as one for at least 45 processors."""
_MOST_COMMAND_BYTES = 2**18
_MOST_COMMANDS = 4096
_MOST_PATH_BYTES = 4096
_LC_RPATH = 0x8000001C
_LC_LOADS = frozenset((0xC, 0x80000018, 0x8000001F, 0x20, 0x80000023))
"""LOAD, WEAK, REEXPORT, LAZY and UPWARD."""
_HERE, _SEARCHED = "@loader_path/", "@rpath/"


def read_macho(read: Read) -> Needs | None:
    """Give what the file needs, all its parts together; ``None`` where that is nothing outside its folder."""
    search: dict[str, None] = {}
    names: dict[str, None] = {}
    direct: dict[str, None] = {}
    for start in _parts(read):
        for command, path in _paths(read, start):
            if command == _LC_RPATH:
                if path.startswith(_HERE):
                    search[path.removeprefix(_HERE).strip("/")] = None
            elif path.startswith(_HERE):
                direct[path.removeprefix(_HERE)] = None
            elif path.startswith(_SEARCHED):
                names[path.rpartition("/")[2]] = None
    search.pop("", None)
    return Needs(tuple(search), tuple(names), tuple(direct)) if search or direct else None


def _parts(read: Read) -> Iterator[int]:
    """Give where each part of a file begins; a file for one processor is its only part."""
    form = _FAT.get(read(0, 4))
    if form is None:
        yield 0
        return
    count = int.from_bytes(read(4, 4), "big")
    raw = read(8, form.size * count) if count <= _MOST_PARTS else b""
    if len(raw) == form.size * count:
        yield from (start for (start,) in form.iter_unpack(raw) if start < 2**48)


def _paths(read: Read, start: int) -> Iterator[tuple[int, str]]:
    """Give the load commands that name a path, with it."""
    header = read(start, 32)
    order, size = _THIN.get(header[:4], ("", 0))
    if not order or len(header) < size:
        return
    count, size_bytes = Struct(order + "16xII").unpack_from(header)
    if count > _MOST_COMMANDS or size_bytes > _MOST_COMMAND_BYTES:
        return
    commands = read(start + size, size_bytes)
    head = Struct(order + "III")
    at = 0
    for _ in range(count):
        if at + head.size > len(commands):
            return
        command, length, path_at = head.unpack_from(commands, at)
        if length < 8 or at + length > len(commands):
            return
        if (command == _LC_RPATH or command in _LC_LOADS) and head.size <= path_at < length:
            raw = commands[at + path_at : at + length].partition(b"\0")[0]
            if len(raw) <= _MOST_PATH_BYTES:
                yield command, raw.decode("utf-8", "replace")
        at += length
