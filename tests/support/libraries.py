"""Shared libraries made by hand: small ELF and Mach-O files that say where they look for others, and no more."""

from collections.abc import Sequence
from struct import pack

_BASE = 0x10000


def elf(
    *,
    run_path: str = "",
    needed: Sequence[str] = (),
    wide: bool = True,
    order: str = "<",
    tag: int = 29,
    times: int = 1,
) -> bytes:
    """Make an ELF library with so many DT_RUNPATH (29; DT_RPATH is 15) and a DT_NEEDED for each name."""
    strings = b"\0"
    entries: list[tuple[int, int]] = []
    for kind, text in (*((1, name) for name in needed), *(((tag, run_path),) * times if run_path else ())):
        entries.append((kind, len(strings)))
        strings += text.encode() + b"\0"
    header_size, segment_size, entry_size = (64, 56, 16) if wide else (52, 32, 8)
    dynamic_at = header_size + 2 * segment_size
    strings_at = dynamic_at + (len(entries) + 3) * entry_size
    entries += [(5, _BASE + strings_at), (10, len(strings)), (0, 0)]
    word = "Q" if wide else "I"
    dynamic = b"".join(pack(f"{order}{word}{word}", *entry) for entry in entries)
    size = strings_at + len(strings)

    def segment(kind: int, at: int, length: int) -> bytes:
        if wide:
            return pack(f"{order}IIQQQQQQ", kind, 4, at, _BASE + at, _BASE + at, length, length, 8)
        return pack(f"{order}IIIIIIII", kind, at, _BASE + at, _BASE + at, length, length, 4, 4)

    ident = b"\x7fELF" + bytes((2 if wide else 1, 1 if order == "<" else 2, 1)) + bytes(9)
    head = pack(
        f"{order}HHI{word}{word}{word}IHHHHHH",
        *(3, 62, 1, 0, header_size, 0, 0, header_size, segment_size, 2, 0, 0, 0),
    )
    return ident + head + segment(1, 0, size) + segment(2, dynamic_at, len(dynamic)) + dynamic + strings


def macho(
    *, run_paths: Sequence[str] = (), loads: Sequence[str] = (), wide: bool = True, order: str = "<"
) -> bytes:
    """Make a Mach-O library with an LC_RPATH for each run path and an LC_LOAD_DYLIB for each library."""
    commands = [_command(0x8000001C, path, 12, order) for path in run_paths]
    commands += [_command(0xC, path, 24, order) for path in loads]
    body = b"".join(commands)
    magic = 0xFEEDFACF if wide else 0xFEEDFACE
    head = pack(f"{order}IIIIIII", magic, 0x100000C, 0, 6, len(commands), len(body), 0)
    return head + (bytes(4) if wide else b"") + body


def fat(*parts: bytes, wide: bool = False) -> bytes:
    """Put Mach-O files for several processors into one."""
    at = 4096
    head = pack(">II", 0xCAFEBABF if wide else 0xCAFEBABE, len(parts))
    body = b""
    for part in parts:
        where = at + len(body)
        head += pack(">IIQQII" if wide else ">IIIII", 7, 3, where, len(part), 12, *((0,) if wide else ()))
        body += part
    return head.ljust(at, b"\0") + body


def _command(kind: int, path: str, path_at: int, order: str) -> bytes:
    text = path.encode() + b"\0"
    text += bytes(-(path_at + len(text)) % 8)
    head = pack(f"{order}III", kind, path_at + len(text), path_at)
    return head + bytes(path_at - len(head)) + text
