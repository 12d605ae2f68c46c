import pytest
from hypothesis import given
from hypothesis import strategies as st

from detent.store.elf import Needs, Read
from detent.store.macho import MAGICS, read_macho
from support.libraries import fat, macho

RUN_PATHS = ["@loader_path/../lib", "/usr/lib", "@loader_path/", "@executable_path/../x"]
LOADS = ["@rpath/libx.dylib", "/usr/lib/libSystem.dylib", "@loader_path/../y/liby.dylib"]
NEEDS = Needs(("../lib",), ("libx.dylib",), ("../y/liby.dylib",))


def reading(data: bytes) -> Read:
    return lambda offset, count: data[offset : offset + count]


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_run_paths_and_loads_below_the_file_are_read(wide: bool, order: str) -> None:  # noqa: FBT001
    made = macho(run_paths=RUN_PATHS, loads=LOADS, wide=wide, order=order)

    assert made[:4] in MAGICS
    assert read_macho(reading(made)) == NEEDS


@pytest.mark.parametrize("wide", [False, True])
def test_all_parts_of_a_file_for_several_processors_count(wide: bool) -> None:  # noqa: FBT001
    made = fat(macho(run_paths=RUN_PATHS), macho(loads=LOADS, wide=False), wide=wide)

    assert made[:4] in MAGICS
    assert read_macho(reading(made)) == NEEDS


@pytest.mark.parametrize("run_paths", [[], ["@loader_path/"], ["/opt/lib"], ["@loader_pathological/../x"]])
def test_a_file_that_looks_nowhere_else_by_its_own_place_needs_nothing(run_paths: list[str]) -> None:
    assert read_macho(reading(macho(run_paths=run_paths, loads=["@rpath/libx.dylib"]))) is None


def test_a_path_that_no_system_takes_is_none() -> None:
    assert read_macho(reading(macho(run_paths=["@loader_path/../" + "x" * 5000]))) is None


@pytest.mark.parametrize("data", [b"", b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(100), b"\xca\xfe\xba\xbe"])
def test_what_is_no_mach_o_file_needs_nothing(data: bytes) -> None:
    assert read_macho(reading(data)) is None


GOOD = fat(macho(run_paths=RUN_PATHS, loads=LOADS), macho(loads=LOADS))


@given(
    st.lists(
        st.tuples(
            st.one_of(st.integers(0, 60), st.integers(4096, len(GOOD) - 8)),
            st.sampled_from((b"\0" * 4, b"\xff" * 4, b"\1", b"\x80", b"\x7f\xff\xff\xff")),
        ),
        max_size=6,
    ),
    st.integers(0, len(GOOD)),
)
def test_no_file_makes_reading_fail(changes: list[tuple[int, bytes]], length: int) -> None:
    data = bytearray(GOOD)
    for at, new in changes:
        data[at : at + len(new)] = new

    def read(offset: int, count: int) -> bytes:
        assert 0 <= offset < 2**63
        assert 0 <= count <= 2**18
        return bytes(data[:length][offset : offset + count])

    read_macho(read)
