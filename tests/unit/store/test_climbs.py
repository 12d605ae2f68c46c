import pytest

from detent.store.climbs import Ways
from detent.store.elf import Read
from detent.store.entry import Climb
from support.libraries import elf, macho


def reading(data: bytes) -> Read:
    return lambda offset, count: data[offset : offset + count]


def climbs(files: dict[str, bytes], links: set[str], folders: set[str] | None = None) -> tuple[Climb, ...]:
    ways = Ways(files)
    for path, data in files.items():
        if ways.may_lead(data):
            ways.add(path, reading(data))
    every = {path.rpartition("/")[0] for path in files}
    return ways.climbs(links, every | (folders or set()))


def test_a_library_that_looks_into_another_package_is_noted() -> None:
    torch = elf(
        run_path="$ORIGIN:$ORIGIN/../../nvidia/cublas/lib",
        needed=["libcublas.so.12", "libc10.so", "libc.so.6"],
    )

    found = climbs({"torch/lib/libtorch.so": torch, "torch/lib/libc10.so": b""}, {"torch"})

    assert found == (Climb("torch/lib", "nvidia/cublas/lib", is_here=False),)


@pytest.mark.parametrize(
    "needed",
    [
        ["libblas-1a2b.so", "libc.so.6", "ld-linux-x86-64.so.2", "libstdc++.so.6", "libpthread.so.0"],
        ["libpython3.12.so.1.0", "libc.musl-x86_64.so.1", "libgcc_s.so.1", "libz.so.1"],
        [],
    ],
)
def test_what_comes_with_the_wheel_or_the_system_is_no_reason(needed: list[str]) -> None:
    library = elf(run_path="$ORIGIN/../numpy.libs:$ORIGIN/../gone", needed=needed)

    files = {"numpy/core.so": library, "numpy.libs/libblas-1a2b.so": b""}

    assert climbs(files, {"numpy", "numpy.libs"}) == ()


def test_a_target_of_the_wheels_own_is_told_apart() -> None:
    library = elf(run_path="$ORIGIN/../../..", needed=["libboost.so"])
    folder = "cmeel.prefix/lib/python3.12/site-packages/eigenpy"

    found = climbs({f"{folder}/x.so": library, "cmeel.prefix/lib/libe.so": b""}, {folder})

    assert found == (Climb(folder, "cmeel.prefix/lib", is_here=True),)


def test_a_way_that_stays_in_the_linked_folder_counts_since_the_link_may_come_to_stand_in_it() -> None:
    library = elf(run_path="$ORIGIN/../lib:$ORIGIN/..", needed=["libx.so"])

    for link in ("a", "a/inner"):
        assert climbs({"a/inner/x.so": library}, {link}) == (
            Climb("a/inner", "a", is_here=False),
            Climb("a/inner", "a/lib", is_here=False),
        )


def test_a_way_that_comes_back_to_the_librarys_own_folder_is_none() -> None:
    library = elf(run_path="$ORIGIN/../inner:$ORIGIN/../inner/deep", needed=["libx.so"])

    assert climbs({"a/inner/x.so": library}, {"a"}) == ()


def test_a_library_in_a_real_folder_is_found_where_it_stands_in_the_environment() -> None:
    library = elf(run_path="$ORIGIN/../lib", needed=["libx.so"])

    assert climbs({"x.so": library, "a/x.so": library}, {"b"}) == ()


def test_a_way_out_of_site_packages_is_noted() -> None:
    library = elf(run_path="$ORIGIN/../../..", needed=["libmkl_rt.so"])

    assert climbs({"mkl/x.so": library}, {"mkl"}) == (Climb("mkl", "../..", is_here=False),)


def test_a_library_named_by_its_path_is_a_way_unless_it_comes_with_the_wheel() -> None:
    library = macho(loads=["@loader_path/../other/libx.dylib", "@loader_path/../a.libs/liby.dylib"])

    found = climbs({"a/x.so": library, "a.libs/liby.dylib": b""}, {"a", "a.libs"})

    assert found == (Climb("a", "other", is_here=False),)


def test_a_name_that_no_file_can_have_is_not_of_the_system() -> None:
    library = elf(run_path="$ORIGIN/../lib", needed=["libpython3" + ".so" * 100])

    assert climbs({"a/x.so": library}, {"a"}) == (Climb("a", "lib", is_here=False),)


def test_ways_without_end_become_one_that_keeps_the_folders_real() -> None:
    files = {
        f"a/d{number}/x.so": elf(
            run_path=":".join(f"$ORIGIN/../../{number}-{n}" for n in range(100)), needed=["libx.so"]
        )
        for number in range(40)
    }

    found = climbs(files, {"a"})

    assert len(found) <= 1100
    assert {climb.folder for climb in found} == {f"a/d{number}" for number in range(40)}
