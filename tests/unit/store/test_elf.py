import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detent.store.elf import Needs, Read, read_elf
from support.libraries import elf


def reading(data: bytes) -> Read:
    return lambda offset, count: data[offset : offset + count]


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("tag", [15, 29])
def test_run_paths_below_the_file_and_needed_names_are_read(wide: bool, order: str, tag: int) -> None:  # noqa: FBT001
    made = elf(
        run_path="$ORIGIN/../lib:/usr/lib:${ORIGIN}/inner/:$ORIGIN:lib",
        needed=["libx.so.1", "libc.so.6", "/opt/liby.so", "$ORIGIN/../z/libz.so"],
        wide=wide,
        order=order,
        tag=tag,
    )

    assert read_elf(reading(made)) == Needs(
        ("../lib", "inner"), ("libx.so.1", "libc.so.6"), ("../z/libz.so",)
    )


@pytest.mark.parametrize("run_path", ["", "$ORIGIN", "/usr/lib", "$ORIGINAL/../x", "../lib"])
def test_a_file_that_looks_nowhere_else_by_its_own_place_needs_nothing(run_path: str) -> None:
    assert read_elf(reading(elf(run_path=run_path, needed=["libx.so"]))) is None


def test_names_far_from_each_other_are_read_one_by_one() -> None:
    made = elf(run_path="$ORIGIN/../lib", needed=["liba.so", "x" * 4090, "y" * 300, "libb.so"])

    needs = read_elf(reading(made))

    assert needs
    assert needs.names == ("liba.so", "x" * 4090, "y" * 300, "libb.so")


def test_a_name_without_an_end_is_none() -> None:
    made = elf(run_path="$ORIGIN/../lib", needed=["liba.so"])

    assert read_elf(reading(made.rstrip(b"\0"))) is None
    assert read_elf(reading(elf(run_path="$ORIGIN/../" + "x" * 5000))) is None


@pytest.mark.parametrize("data", [b"", b"\x7fELF", b"\x7fELF\x03\x01".ljust(64, b"\0"), b"MZ" * 100])
def test_what_is_no_elf_file_needs_nothing(data: bytes) -> None:
    assert read_elf(reading(data)) is None


GOOD = elf(run_path="$ORIGIN/../lib", needed=["libx.so.1", "liby.so"])


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(GOOD) - 8),
            st.sampled_from((b"\0" * 8, b"\xff" * 8, b"\xff" * 4, b"\x7f" + b"\xff" * 7, b"\1", b"\x80")),
        ),
        max_size=6,
    ),
    st.integers(0, len(GOOD)),
)
def test_no_file_makes_reading_fail(changes: list[tuple[int, bytes]], length: int) -> None:
    data = bytearray(GOOD)
    for at, new in changes:
        data[at : at + len(new)] = new
    asked = 0

    def read(offset: int, count: int) -> bytes:
        nonlocal asked
        asked += 1
        assert 0 <= offset < 2**63
        assert 0 <= count <= 2**16
        return bytes(data[:length][offset : offset + count])

    read_elf(read)
    assert asked < 600


def test_a_dynamic_segment_full_of_names_is_read_to_a_limit() -> None:
    made = elf(run_path="$ORIGIN/../lib", needed=["x"] * 5000)

    needs = read_elf(reading(made))

    assert needs is None or len(needs.names) <= 256


def test_a_dynamic_segment_full_of_run_paths_is_read_to_a_limit() -> None:
    made = elf(run_path=":".join(f"$ORIGIN/../{n}" for n in range(200)), needed=["libx.so"], times=1000)
    asked = []

    def read(offset: int, count: int) -> bytes:
        asked.append(offset)
        return made[offset : offset + count]

    needs = read_elf(read)

    assert needs
    assert len(needs.search) == 200
    assert len(asked) < 50


@pytest.mark.skipif(sys.platform != "linux", reason="ELF files are what Linux has")
def test_the_libraries_of_this_machine_are_read_without_a_fault() -> None:
    read = 0
    for path in _libraries():
        descriptor = os.open(path, os.O_RDONLY)
        try:
            needs = read_elf(partial(_read_at, descriptor))
        finally:
            os.close(descriptor)
        read += 1
        assert needs is None or all(not path.startswith("/") for path in needs.search)
    assert read


def _read_at(descriptor: int, offset: int, count: int) -> bytes:
    return os.pread(descriptor, count, offset)


def _libraries() -> Iterator[Path]:
    for path in sys.path:
        yield from list(Path(path).glob("**/*.so"))[:50]
