"""Small shared libraries in ELF that can be loaded: no code, only what they need and where they look for it."""

import platform
import struct

_NULL, _NEEDED, _HASH, _STRTAB, _SYMTAB, _STRSZ, _SYMENT, _SONAME, _RUNPATH = 0, 1, 4, 5, 6, 10, 11, 14, 29
_MACHINES = {"x86_64": 62, "aarch64": 183}
_HEADERS_BYTES = 64 + 2 * 56


def library(name: str, *, needs: tuple[str, ...] = (), runpath: str = "") -> bytes:
    """Give a library for 64-bit Linux that needs others, and looks for them in ``runpath``."""
    symbols = bytes(24)
    buckets = struct.pack("<4I", 1, 1, 0, 0)
    texts = b"\0"
    rows = []
    wanted = [(_SONAME, name), *((_NEEDED, need) for need in needs), (_RUNPATH, runpath)]
    for tag, text in wanted:
        if text:
            rows.append((tag, len(texts)))
            texts += text.encode() + b"\0"
    symbols_at = _HEADERS_BYTES
    buckets_at = symbols_at + len(symbols)
    texts_at = buckets_at + len(buckets)
    dynamic_at = texts_at + len(texts) + -(texts_at + len(texts)) % 8
    rows += [(_HASH, buckets_at), (_SYMTAB, symbols_at), (_SYMENT, 24)]
    rows += [(_STRTAB, texts_at), (_STRSZ, len(texts)), (_NULL, 0)]
    dynamic = b"".join(struct.pack("<QQ", *row) for row in rows)
    size = dynamic_at + len(dynamic)
    machine = _MACHINES.get(platform.machine(), 62)
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header = ident + struct.pack("<HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 6, 0, 0, 0, size, size, 2**16)
    point = struct.pack("<IIQQQQQQ", 2, 6, dynamic_at, dynamic_at, dynamic_at, len(dynamic), len(dynamic), 8)
    return (header + load + point + symbols + buckets + texts).ljust(dynamic_at, b"\0") + dynamic


def can_be_loaded() -> bool:
    """Whether this machine's loader takes them."""
    return platform.system() == "Linux" and platform.machine() in _MACHINES
