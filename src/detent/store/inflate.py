"""Inflating: zlib-ng where it is installed, which takes half the time; else the standard library's zlib.

Both read the same streams and refuse the same ones (docs/contributing/decisions/0012-a-faster-inflate.md).
Only what opens archives imports this.
"""

from typing import cast

try:
    from zlib_ng.zlib_ng import crc32, decompressobj
    from zlib_ng.zlib_ng import error as _error
except ImportError:  # there is no wheel of it for this machine
    from zlib import crc32, decompressobj  # type: ignore[assignment]
    from zlib import error as _error  # type: ignore[assignment]

__all__ = ["RAW", "crc32", "decompressobj", "error"]

RAW = -15
"""The window of a bare deflate stream (RFC 1951), as zip has them."""

error = cast("type[Exception]", _error)
