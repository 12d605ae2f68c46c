"""Where a program or library for Linux looks for others: the run paths and needed names of an ELF file.

Follows the System V ABI (gABI chapters 4 and 5) as a loader does: program headers, never sections. What is
read is bounded, and a file that says anything odd says nothing: this reads what strangers made.
"""

from collections.abc import Callable
from struct import Struct
from typing import TypeAlias

from detent.named import NamedTuple

Read: TypeAlias = Callable[[int, int], bytes]
"""Gives so many bytes from an offset of the file, fewer at its end."""


class Needs(NamedTuple):
    """What a file needs that may lie outside of its own folder."""

    search: tuple[str, ...]
    """Folders that are looked through, relative to the one the file lies in."""
    names: tuple[str, ...]
    """Libraries that are looked for, by file name."""
    direct: tuple[str, ...] = ()
    """Libraries that are named by a path relative to the folder the file lies in."""


MAGIC = b"\x7fELF"

_MOST_SEGMENTS = 128
_MOST_DYNAMIC_BYTES = 2**16
_MOST_NAMES = 256
_MOST_RUN_PATHS = 8
"""A loader goes by one of each kind."""
_MOST_PATH_BYTES = 4096
_PT_LOAD, _PT_DYNAMIC = 1, 2
_DT_NULL, _DT_NEEDED, _DT_STRTAB, _DT_STRSZ, _DT_RPATH, _DT_RUNPATH = 0, 1, 5, 10, 15, 29
_ORIGINS = ("$ORIGIN", "${ORIGIN}")


class _Format(NamedTuple):
    header: Struct
    """From the type on: ..., offset of the program headers, ..., their size and number."""
    segment: Struct
    """Type, offset, address and size in the file, in the order :func:`_segments` sorts out."""
    dynamic: Struct
    is_wide: bool


def _formats(order: str) -> dict[int, _Format]:
    return {
        1: _Format(
            Struct(order + "16xHHIIIIIHHH"), Struct(order + "IIIIIIII"), Struct(order + "II"), is_wide=False
        ),
        2: _Format(
            Struct(order + "16xHHIQQQIHHH"), Struct(order + "IIQQQQQQ"), Struct(order + "QQ"), is_wide=True
        ),
    }


_FORMATS = {1: _formats("<"), 2: _formats(">")}


class _Segment(NamedTuple):
    kind: int
    offset: int
    address: int
    size_bytes: int


def read_elf(read: Read) -> Needs | None:
    """Give what the file needs; ``None`` where it is no ELF file, needs nothing, or is malformed."""
    start = read(0, 64)
    form = _FORMATS.get(start[5], {}).get(start[4]) if len(start) >= 16 and start[:4] == MAGIC else None
    if form is None or len(start) < form.header.size:
        return None
    segments = _segments(read, form, start)
    tags = _tags(read, form, segments)
    place = _strings_at(segments, tags)
    if place is None:
        return None
    strings, size_bytes = place
    run_paths = [value for tag, value in tags if tag in {_DT_RPATH, _DT_RUNPATH} and value < size_bytes]
    paths = [path for at in run_paths[:_MOST_RUN_PATHS] for path in _text(read, strings + at).split(":")]
    search = tuple(dict.fromkeys(filter(None, map(_below_origin, paths))))
    wanted = [value for tag, value in tags if tag == _DT_NEEDED and value < size_bytes][:_MOST_NAMES]
    names = _texts(read, strings, wanted)
    direct = tuple(filter(None, map(_below_origin, names)))
    if not (search or direct):
        return None
    return Needs(search, tuple([name for name in names if name and "/" not in name]), direct)


def _segments(read: Read, form: _Format, start: bytes) -> list[_Segment]:
    _, _, _, _, at, _, _, _, size, count = form.header.unpack_from(start)
    if size != form.segment.size or not 0 < count <= _MOST_SEGMENTS:
        return []
    raw = read(at, size * count) if _is_in_reach(at) else b""
    if len(raw) < size * count:
        return []
    found = []
    for fields in form.segment.iter_unpack(raw):
        if form.is_wide:
            kind, _, offset, address, _, size_bytes, _, _ = fields
        else:
            kind, offset, address, _, size_bytes, _, _, _ = fields
        found.append(_Segment(kind, offset, address, size_bytes))
    return found


def _tags(read: Read, form: _Format, segments: list[_Segment]) -> list[tuple[int, int]]:
    """Give the entries of the dynamic segment up to the one that ends them."""
    dynamic = next((segment for segment in segments if segment.kind == _PT_DYNAMIC), None)
    if dynamic is None or not _is_in_reach(dynamic.offset):
        return []
    raw = read(dynamic.offset, min(dynamic.size_bytes, _MOST_DYNAMIC_BYTES))
    raw = raw[: len(raw) // form.dynamic.size * form.dynamic.size]
    found = []
    for tag, value in form.dynamic.iter_unpack(raw):
        if tag == _DT_NULL:
            break
        found.append((tag, value))
    return found


def _strings_at(segments: list[_Segment], tags: list[tuple[int, int]]) -> tuple[int, int] | None:
    """Give where the strings of the dynamic segment lie in the file, and how many bytes they have."""
    facts = dict(reversed(tags))
    address, size_bytes = facts.get(_DT_STRTAB), facts.get(_DT_STRSZ)
    if address is None or size_bytes is None:
        return None
    for segment in segments:
        below = address - segment.address
        if segment.kind == _PT_LOAD and 0 <= below < segment.size_bytes:
            if not _is_in_reach(segment.offset):
                return None
            return segment.offset + below, min(size_bytes, segment.size_bytes - below)
    return None


def _is_in_reach(offset: int) -> bool:
    """Whether a file may be so long: offsets beyond cannot even be asked for."""
    return offset < 2**48


def _texts(read: Read, strings: int, offsets: list[int]) -> list[str]:
    """Give several strings; linkers put them side by side, so that one look is enough."""
    if not offsets:
        return []
    first = min(offsets)
    near = read(strings + first, _MOST_PATH_BYTES) if _is_in_reach(strings + first) else b""
    ends = [near.find(b"\0", offset - first) if offset - first < len(near) else -1 for offset in offsets]
    return [
        near[offset - first : end].decode("utf-8", "replace") if end >= 0 else _text(read, strings + offset)
        for offset, end in zip(offsets, ends, strict=True)
    ]


def _text(read: Read, at: int) -> str:
    """Give the string that begins there; empty where it does not end."""
    if not _is_in_reach(at):
        return ""
    raw = read(at, 256)
    end = raw.find(b"\0")
    if end < 0:
        raw = read(at, _MOST_PATH_BYTES)
        end = raw.find(b"\0")
    return raw[:end].decode("utf-8", "replace") if end >= 0 else ""


def _below_origin(path: str) -> str:
    """Give a path relative to the file's own folder; empty for any other, and for that folder itself."""
    for origin in _ORIGINS:
        if path.startswith(origin + "/"):
            return path[len(origin) :].strip("/")
    return ""
