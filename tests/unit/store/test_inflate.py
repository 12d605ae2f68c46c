"""Whatever inflates, the same streams are read and the same ones refused."""

import subprocess
import sys
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detent.store import inflate

zlib_ng: Any = pytest.importorskip("zlib_ng.zlib_ng")

TEXTS = st.one_of(st.binary(max_size=2000), st.binary(min_size=1, max_size=40).map(lambda part: part * 300))


def packed(data: bytes, level: int) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, inflate.RAW)
    return packer.compress(data) + packer.flush()


def outcome(module: Any, stream: bytes, most: int) -> tuple[object, ...]:
    """What reading a stream comes to, as :class:`detent.store.archive.ZipReader` reads it."""
    reader = module.decompressobj(inflate.RAW)
    found = b""
    fed = stream
    try:
        while not reader.eof:
            piece = reader.decompress(fed, most)
            found += piece
            if not piece and not fed:
                return ("cut short", found)
            fed = reader.unconsumed_tail
    except module.error:
        return ("broken",)
    return ("whole", found, reader.unused_data)


@given(TEXTS, st.integers(0, 9), st.integers(1, 5000), st.binary(max_size=3))
def test_sound_streams_are_read_alike(data: bytes, level: int, most: int, after: bytes) -> None:
    stream = packed(data, level) + after

    assert outcome(zlib_ng, stream, most) == ("whole", data, after) == outcome(zlib, stream, most)


@given(TEXTS, st.integers(0, 9), st.data())
def test_damaged_streams_are_refused_alike(data: bytes, level: int, draw: st.DataObject) -> None:
    stream = bytearray(packed(data, level))
    for _ in range(draw.draw(st.integers(0, 3))):
        stream[draw.draw(st.integers(0, len(stream) - 1))] ^= draw.draw(st.integers(1, 255))
    del stream[draw.draw(st.integers(0, len(stream))) :]

    ours, theirs = (outcome(module, bytes(stream), 1000) for module in (zlib_ng, zlib))

    assert ours[0] == theirs[0]
    assert ours[0] != "whole" or ours == theirs


@given(TEXTS, st.integers(0, 2**32 - 1))
def test_the_check_sums_are_the_same(data: bytes, start: int) -> None:
    assert inflate.crc32(data, start) == zlib.crc32(data, start)


def test_without_zlib_ng_the_standard_library_inflates() -> None:
    program = (
        "import sys, zlib\n"
        "sys.modules['zlib_ng'] = None\n"
        "from detent.store import inflate\n"
        "assert inflate.decompressobj is zlib.decompressobj and inflate.error is zlib.error\n"
        "assert inflate.crc32 is zlib.crc32\n"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
