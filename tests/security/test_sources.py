"""Hostile and broken source distributions are refused before a byte is written (docs/explanation/promises.md)."""

import os
import random
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detent.errors.store import ArchiveUnsafe
from detent.model.limits import Limits
from detent.store.source import read_source_member, unpack_source
from support.sdists import (
    Layout,
    Member,
    extension,
    folder,
    hardlink,
    member,
    pack,
    record,
    sdist,
    symlink,
    tar_bytes,
)
from support.zips import Entry, zip_bytes

FILE = member("a-1.0/f", b"text")


def refusal(
    data: bytes, tmp_path: Path, *, filename: str = "a-1.0.tar.gz", limits: Limits | None = None
) -> str:
    """Give why the archive is refused, having seen that nothing was written anywhere."""
    dest = tmp_path / "dest"
    dest.mkdir()
    with pytest.raises(ArchiveUnsafe) as refused:
        unpack_source(data, filename, dest, limits=limits or Limits())
    with pytest.raises(ArchiveUnsafe) as unread:
        read_source_member(data, filename, ["f"], limits=limits or Limits())
    assert unread.value.why == refused.value.why
    assert filename in refused.value.what
    assert refused.value.why.isprintable()
    assert [path.name for path in tmp_path.rglob("*")] == ["dest"]
    return refused.value.why


def hostile(*members: Member, tmp_path: Path, **packing: Any) -> str:
    return refusal(tar_bytes([FILE, *members], **packing), tmp_path)


# ---- names ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "a-1.0/../../outside",
        "a-1.0/..",
        "/etc/outside",
        "//host/share",
        "a-1.0//g",
        "a-1.0/./g",
        "a-1.0/g/.",
        "C:outside",
        "..\\outside",
        "a-1.0\\g",
        "a-1.0/g/",
        "",
        ".",
        "./",
        "./../outside",
    ],
)
@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_a_name_that_is_not_a_plain_relative_path_is_refused(name: str, kind: bytes, tmp_path: Path) -> None:
    assert "the name" in hostile(member(name, kind=kind, target="a-1.0/f"), tmp_path=tmp_path)


@pytest.mark.parametrize("name", ["..", "a-1.0/..", "/", "/tmp", "a-1.0/./b", "../a-1.0"])
def test_a_folder_is_held_to_the_same_names(name: str, tmp_path: Path) -> None:
    assert "the name" in hostile(folder(name), tmp_path=tmp_path)


@pytest.mark.parametrize("name", ["g\nb", "g\x1b[31mb", "g\x7f", "g\u202eb", "g\x85b"])
def test_a_name_with_control_characters_is_refused(name: str, tmp_path: Path) -> None:
    assert "control characters" in hostile(member(f"a-1.0/{name}"), tmp_path=tmp_path)


def test_a_name_with_a_zero_byte_is_refused(tmp_path: Path) -> None:
    raw = extension(b"x", record("path", "a-1.0/g\0b"))

    assert "control characters" in hostile(member("a-1.0/g", raw=raw), tmp_path=tmp_path)


@pytest.mark.parametrize("layout", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_names_that_no_system_takes_are_refused(layout: Layout, tmp_path: Path) -> None:
    component, path = f"a-1.0/{'b' * 256}", "a-1.0" + "/bb" * 1000

    assert "longer than 255" in hostile(member(component), tmp_path=tmp_path, layout=layout)
    (tmp_path / "dest").rmdir()
    assert "longer than 3000" in hostile(member(path), tmp_path=tmp_path, layout=layout)


# ---- one name, several members ---------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        member("a-1.0/f", b"TEXT"),
        member("a-1.0/f", b"longer text"),
        member("./a-1.0/f", b"TEXT"),
        member("a-1.0/f", b"text", mode=0o755),
        folder("a-1.0/f"),
        symlink("a-1.0/f", "g"),
        hardlink("a-1.0/f", "a-1.0/g"),
    ],
)
def test_two_different_members_of_one_name_are_refused(other: Member, tmp_path: Path) -> None:
    assert "two different entries named `a-1.0/f`" in hostile(other, tmp_path=tmp_path)


@pytest.mark.parametrize("target", ["g", "."])
def test_two_links_of_one_name_must_lead_to_one_place(target: str, tmp_path: Path) -> None:
    why = hostile(symlink("a-1.0/l", "f"), symlink("a-1.0/l", target), tmp_path=tmp_path)

    assert "two different entries" in why


@pytest.mark.parametrize(
    "above", [member("a-1.0/g"), symlink("a-1.0/g", "."), hardlink("a-1.0/g", "a-1.0/f")]
)
@pytest.mark.parametrize("below", [member("a-1.0/g/x"), folder("a-1.0/g/x"), symlink("a-1.0/g/x/y", "z")])
@pytest.mark.parametrize("comes_first", [True, False])
def test_nothing_may_lie_below_a_link_or_a_file(
    *, above: Member, below: Member, comes_first: bool, tmp_path: Path
) -> None:
    members = [above, below] if comes_first else [below, above]

    assert "entries lie below `a-1.0/g`" in hostile(*members, tmp_path=tmp_path)


@pytest.mark.parametrize(
    "second",
    [
        folder("a-1.0/g"),
        member("a-1.0/g"),
        symlink("a-1.0/g", "f"),
        hardlink("a-1.0/g", "a-1.0/f"),
    ],
)
def test_a_name_that_the_system_takes_for_another_is_refused(
    second: Member, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A file system without case would have put `G` where `g` goes.
    really = os.mkdir

    def mkdir(path: str, mode: int) -> None:
        really(path, mode)
        Path(path, "g").touch()

    monkeypatch.setattr(os, "mkdir", mkdir)

    with pytest.raises(ArchiveUnsafe) as refused:
        unpack_source(tar_bytes([FILE, second]), "a-1.0.tar.gz", tmp_path, limits=Limits())

    assert "`a-1.0/g` and another of its files are one file" in refused.value.why


# ---- links ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "/etc/passwd",
        "..",
        "../f",
        "../../etc/passwd",
        "../a-1.0/f",
        "./../f",
        "sub/../f",
        "sub/../../../etc",
        "up/../..",
        "f\0g",
        "f\ng",
        "sub\\f",
        "C:f",
        "x" * 256,
        "x/" * 1600,
        "",
    ],
)
def test_a_link_that_could_lead_out_is_refused(target: str, tmp_path: Path) -> None:
    link = member("a-1.0/l", kind=tarfile.SYMTYPE, raw=extension(b"x", record("linkpath", target)))

    why = hostile(symlink("a-1.0/up", "."), folder("a-1.0/sub"), link, tmp_path=tmp_path)

    assert "`a-1.0/l` is a link to" in why
    assert "outside of its folder" in why


@pytest.mark.parametrize(
    "target",
    ["/etc/passwd", "../a-1.0/f", "f", "a-1.0/missing", "a-1.0", "a-1.0/s", "a-1.0/l", "a-1.0/m", ""],
)
def test_a_hard_link_to_anything_but_a_file_of_the_archive_is_refused(target: str, tmp_path: Path) -> None:
    why = hostile(
        symlink("a-1.0/s", "f"),
        hardlink("a-1.0/l", target),
        hardlink("a-1.0/m", "a-1.0/l"),
        tmp_path=tmp_path,
    )

    assert "which is no file of it" in why


# ---- kinds ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"D", b"V", b"M", b"Z", b"\x80"]
)
def test_anything_but_files_folders_and_links_is_refused(kind: bytes, tmp_path: Path) -> None:
    assert "neither a file, a folder nor a link" in hostile(member("a-1.0/d", kind=kind), tmp_path=tmp_path)


def test_sparse_files_are_refused_however_they_are_written(tmp_path: Path) -> None:
    old = member("a-1.0/s", kind=tarfile.GNUTYPE_SPARSE)
    for sparse in (
        old,
        member("a-1.0/s", pax={"GNU.sparse.map": "0,1", "GNU.sparse.size": "9"}),
        member(
            "a-1.0/s", pax={"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "99"}
        ),
        member("a-1.0/s", pax={"GNU.sparse.name": "../outside"}),
    ):
        assert "sparse files" in hostile(sparse, tmp_path=tmp_path)
        (tmp_path / "dest").rmdir()


# ---- headers that readers understand differently ----------------------------------------------


def test_a_size_that_an_extension_changes_is_refused(tmp_path: Path) -> None:
    # CVE-2025-62518: a reader that goes by the plain header takes the contents for members.
    inner = tar_bytes([member("a-1.0/setup.py", b"evil")], form=".tar")
    hidden = member("a-1.0/g", inner, size=0, raw=extension(b"x", record("size", str(len(inner)))))

    assert "changes the size" in hostile(hidden, tmp_path=tmp_path)


@pytest.mark.parametrize("key", ["path", "linkpath", "size"])
def test_a_global_header_may_not_rename_what_follows(key: str, tmp_path: Path) -> None:
    raw = extension(b"g", record(key, "9"))

    assert f"changes the {key} of what follows" in hostile(member("a-1.0/g", raw=raw), tmp_path=tmp_path)


@pytest.mark.parametrize("kinds", ["xx", "xL", "Lx", "LL", "KK", "xX", "LKL", "xgx"])
def test_several_extensions_of_one_member_are_refused(kinds: str, tmp_path: Path) -> None:
    contents = {
        "x": record("path", "a-1.0/x"),
        "X": record("path", "a-1.0/y"),
        "g": record("comment", "c"),
        "L": b"a-1.0/l\0",
        "K": b"a-1.0/k\0",
    }
    raw = b"".join(extension(kind.encode(), contents[kind]) for kind in kinds)

    assert "several extension headers" in hostile(member("a-1.0/g", raw=raw), tmp_path=tmp_path)


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense",
        b"9 path=x",
        b"999 path=x\n",
        b"0 path=x\n",
        b"-5 a=b\n",
        b"7 path\n",
        b"6 =ab\n",
        b"6 a=bc\n",
        b"99999999999 path=x\n",
        record("path", "a-1.0/g") + b"\0" + record("path", "a-1.0/h"),
        record("comment", "1" * 300),
    ],
)
def test_an_extension_that_is_no_list_of_records_is_refused(data: bytes, tmp_path: Path) -> None:
    raw = extension(b"x", data)

    assert "extension headers is malformed" in hostile(member("a-1.0/g", raw=raw), tmp_path=tmp_path)


@pytest.mark.parametrize("kind", ["x", "g", "L", "K"])
def test_an_extension_of_more_than_names_need_is_refused(kind: str, tmp_path: Path) -> None:
    raw = extension(kind.encode(), record("comment", "c" * 70_000))

    assert "one of its headers has 7" in hostile(member("a-1.0/g", raw=raw), tmp_path=tmp_path)


def test_global_headers_may_not_pile_up(tmp_path: Path) -> None:
    raw = b"".join(extension(b"g", record(f"key{i}", "c" * 400)) for i in range(9))

    assert "bytes of global headers" in hostile(member("a-1.0/g", raw=raw), tmp_path=tmp_path)


def test_thousands_of_headers_in_each_other_are_refused(tmp_path: Path) -> None:
    raw = extension(b"g", b"") * 5000

    assert "damaged" in hostile(member("a-1.0/g", raw=raw), tmp_path=tmp_path)


@pytest.mark.parametrize("size", [-1, -1024, 2**63])
def test_a_size_beyond_all_measure_is_refused(size: int, tmp_path: Path) -> None:
    # CVE-2025-8194: a negative size sends the reader back, for ever.
    why = hostile(member("a-1.0/g", size=size), tmp_path=tmp_path, layout=tarfile.GNU_FORMAT)

    assert "a size that no source distribution has" in why


def test_a_negative_size_in_digits_is_refused(tmp_path: Path) -> None:
    header = bytearray(member("a-1.0/g").header.tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"-0000002000\0"
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header)

    why = refusal(pack(bytes(header) * 2 + bytes(1024), ".tar.gz"), tmp_path)

    assert "backwards" in why or "damaged" in why


def test_bytes_after_the_end_are_refused(tmp_path: Path) -> None:
    second = tar_bytes([member("a-1.0/setup.py", b"evil")], form=".tar")

    assert "bytes follow the end" in hostile(tmp_path=tmp_path, end=bytes(1024) + second)


def test_a_header_whose_sum_is_wrong_does_not_end_the_archive_quietly(tmp_path: Path) -> None:
    broken = b"x" + member("a-1.0/g").header.tobuf()[1:]

    assert "no header" in hostile(tmp_path=tmp_path, end=broken + bytes(1024))


def test_an_archive_that_is_cut_short_is_refused_wherever_that_is(tmp_path: Path) -> None:
    data = tar_bytes([FILE, member("a-1.0/g", random.Random(1).randbytes(5000))])
    for length in [0, 1, 5, 12, 100, len(data) // 2, len(data) - 9, len(data) - 1]:
        assert "damaged" in refusal(data[:length], tmp_path)
        (tmp_path / "dest").rmdir()


@pytest.mark.parametrize("form", [".tar.gz", ".tar.bz2", ".tar.xz"])
def test_one_wrong_bit_at_the_end_of_the_packing_is_seen(form: str, tmp_path: Path) -> None:
    data = bytearray(tar_bytes([FILE], form=form))
    data[-6] ^= 1

    assert "damaged" in refusal(bytes(data), tmp_path, filename=f"a-1.0{form}")


# ---- limits -----------------------------------------------------------------------------------

SMALL = Limits()._replace(archive_ratio_floor_bytes=2**20, archive_ratio=10)


@pytest.mark.parametrize("form", [".tar.gz", ".tar.bz2", ".tar.xz"])
def test_a_bomb_is_refused_before_it_is_unpacked(form: str, tmp_path: Path) -> None:
    data = tar_bytes([FILE, member("a-1.0/zeros", bytes(3 * 2**20))], form=form)

    assert "would unpack to" in refusal(data, tmp_path, filename=f"a-1.0{form}", limits=SMALL)


def test_a_bomb_of_hard_links_is_refused(tmp_path: Path) -> None:
    links = [hardlink(f"a-1.0/{i}", "a-1.0/big") for i in range(40)]
    data = tar_bytes([member("a-1.0/big", random.Random(1).randbytes(2**17)), *links])

    assert "would unpack to" in refusal(data, tmp_path, limits=SMALL)


@pytest.mark.parametrize("size", [513, 1000, 2**20, 2**33 - 1])
def test_a_size_that_is_claimed_and_not_there_is_refused(size: int, tmp_path: Path) -> None:
    assert "damaged" in hostile(member("a-1.0/g", b"x", size=size), tmp_path=tmp_path, end=b"")


def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    data = tar_bytes([member(f"a-1.0/{i}") for i in range(11)])

    assert "more than 10 entries" in refusal(data, tmp_path, limits=Limits()._replace(archive_entries=10))


# ---- zips and noise ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entry",
    [
        Entry("a-1.0/../../outside"),
        Entry("/outside"),
        Entry("a-1.0/l", b"/etc/passwd", mode=0o120777),
        Entry("a-1.0/f", b"twice"),
    ],
)
def test_a_zip_is_held_to_the_strict_reader(entry: Entry, tmp_path: Path) -> None:
    data = zip_bytes([Entry("a-1.0/f", b"text"), entry])

    refusal(data, tmp_path, filename="a-1.0.zip")


NOISE = tar_bytes(
    [
        folder("a-1.0"),
        FILE,
        member("a-1.0/" + "n" * 120, b"long"),
        member("a-1.0/f", b"text"),
        symlink("a-1.0/s", "f"),
        hardlink("a-1.0/h", "a-1.0/f"),
        member("a-1.0/g", b"t" * 600, raw=extension(b"g", record("comment", "c"))),
    ],
    form=".tar",
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(0, len(NOISE) - 1), st.integers(0, 255)), min_size=1, max_size=6),
    mends_sums=st.booleans(),
)
def test_noise_is_refused_or_unpacked_and_nothing_else(
    *, changes: list[tuple[int, int]], mends_sums: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = bytearray(NOISE)
    for place, value in changes:
        data[place] = value
        if mends_sums and place % 512 < 500:
            block = place - place % 512
            data[block + 148 : block + 156] = b" " * 8
            data[block + 148 : block + 156] = b"%06o\0 " % sum(data[block : block + 512])
    root = tmp_path_factory.mktemp("noise")
    (root / "dest").mkdir()
    reason = ""
    try:
        unpack_source(bytes(data), "a-1.0.tar", root / "dest", limits=SMALL)
    except ArchiveUnsafe as refused:
        reason = refused.why
    assert reason.isprintable()
    assert all(path.resolve().is_relative_to(root / "dest") for path in root.rglob("dest/*/**"))
    assert [path.name for path in root.iterdir()] == ["dest"]


def test_a_whole_one_is_not_refused(tmp_path: Path) -> None:
    for made in (sdist(), sdist(form=".zip")):
        dest = tmp_path / made.filename
        dest.mkdir()
        assert (unpack_source(made.data, made.filename, dest, limits=SMALL) / "PKG-INFO").is_file()
