"""Source distributions of every form come to the same files, whatever wrote them."""

import gzip
import os
import stat
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from detent.errors.store import ArchiveUnsafe, FileTrouble
from detent.model.candidate import SDIST_ENDINGS
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

FILENAME = "a-1.0.tar.gz"


def unpacked(data: bytes | Path, dest: Path, filename: str = FILENAME) -> Path:
    dest.mkdir()
    return unpack_source(data, filename, dest, limits=Limits())


def tree(root: Path) -> dict[str, str]:
    """Give every file below a folder and its text; a link with where it leads."""
    return {
        path.relative_to(root).as_posix(): f"-> {os.readlink(path)}"  # noqa: PTH115 (as it was written)
        if path.is_symlink()
        else path.read_text()
        for path in sorted(root.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def written(members: list[Member], tmp_path: Path, **packing: Any) -> dict[str, str]:
    top = unpacked(tar_bytes(members, **packing), tmp_path / "out")
    assert top == tmp_path / "out" / "a-1.0"
    return tree(top)


@pytest.mark.parametrize("is_on_disk", [False, True])
@pytest.mark.parametrize("form", SDIST_ENDINGS)
def test_every_form_unpacks_to_the_same_files(*, form: str, is_on_disk: bool, tmp_path: Path) -> None:
    made = sdist(
        files={"a/__init__.py": "a = 1\n", "a/ünï": "x", "run": "#!/bin/sh\n"}, executables=["run"], form=form
    )
    source: bytes | Path = made.data
    if is_on_disk:
        source = tmp_path / made.filename
        source.write_bytes(made.data)

    old_umask = os.umask(0o077)
    try:
        top = unpacked(source, tmp_path / "out", made.filename)
    finally:
        os.umask(old_umask)

    assert top == tmp_path / "out" / "a-1.0"
    assert sorted(tree(top)) == ["PKG-INFO", "a/__init__.py", "a/ünï", "run", "setup.py"]
    assert tree(top)["a/__init__.py"] == "a = 1\n"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in top.rglob("*")}
    assert (modes["run"], modes["setup.py"], modes["a"]) == (0o755, 0o644, 0o755)


@pytest.mark.parametrize("form", [".tar.gz", ".zip"])
def test_a_few_files_are_read_without_unpacking(form: str) -> None:
    made = sdist(pyproject="[project]\n", files={"docs/PKG-INFO": "another"}, form=form)

    found = read_source_member(
        made.data, made.filename, ["pyproject.toml", "absent", "PKG-INFO"], limits=Limits()
    )

    assert list(found) == ["pyproject.toml", "PKG-INFO"]
    assert found["pyproject.toml"] == b"[project]\n"
    assert b"Name: a\n" in found["PKG-INFO"]


def test_a_file_that_is_a_hard_link_can_be_read_and_a_symbolic_link_counts_as_absent() -> None:
    data = tar_bytes(
        [
            member("a-1.0/real", b"text"),
            hardlink("a-1.0/PKG-INFO", "a-1.0/real"),
            symlink("a-1.0/pyproject.toml", "real"),
        ]
    )

    found = read_source_member(data, FILENAME, ["PKG-INFO", "pyproject.toml"], limits=Limits())

    assert found == {"PKG-INFO": b"text"}


def test_a_huge_file_is_not_read() -> None:
    made = sdist(pkg_info="x" * 1000)

    with pytest.raises(ArchiveUnsafe) as refused:
        read_source_member(
            made.data, made.filename, ["PKG-INFO"], limits=Limits()._replace(metadata_bytes=999)
        )

    assert "more than 999 bytes" in refused.value.why


# ---- what honest tar programs write -----------------------------------------------------------


@pytest.mark.parametrize("layout", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_and_targets_are_read_in_both_ways_of_writing_them(layout: Layout, tmp_path: Path) -> None:
    deep = "/".join(["d" * 90] * 4)

    found = written(
        [
            member(f"a-1.0/{deep}/file", b"1"),
            hardlink(f"a-1.0/{deep}/hard", f"a-1.0/{deep}/file"),
            symlink("a-1.0/soft", f"{deep}/file"),
        ],
        tmp_path,
        layout=layout,
    )

    assert found == {f"{deep}/file": "1", f"{deep}/hard": "1", "soft": f"-> {deep}/file"}


def test_a_leading_dot_and_repeated_folders_mean_nothing(tmp_path: Path) -> None:
    found = written(
        [
            folder("."),
            folder("./a-1.0"),
            folder("./a-1.0/"),
            member("./a-1.0/f", b"1"),
            folder("a-1.0"),
            hardlink("./a-1.0/g", "./a-1.0/f"),
        ],
        tmp_path,
    )

    assert found == {"f": "1", "g": "1"}


def test_global_headers_and_what_archivers_leave_beside_the_folder_are_passed_over(tmp_path: Path) -> None:
    comment = extension(b"g", record("comment", "0123456789abcdef0123456789abcdef01234567"))

    found = written(
        [
            member("pax_global_header", b"52 comment=..."),
            member("._a-1.0", b"\0\5\x16\7"),
            member("a-1.0/f", b"1", raw=comment),
        ],
        tmp_path,
    )

    assert found == {"f": "1"}


def test_a_zip_made_on_a_mac_has_one_top_folder(tmp_path: Path) -> None:
    data = zip_bytes([Entry("a-1.0/f", b"1"), Entry("__MACOSX/a-1.0/._f", b"2")])

    assert tree(unpacked(data, tmp_path / "out", "a-1.0.zip")) == {"f": "1"}
    assert not (tmp_path / "out" / "__MACOSX").exists()


def test_a_hard_link_becomes_a_file_of_its_own(tmp_path: Path) -> None:
    top = unpacked(
        tar_bytes(
            [
                hardlink("a-1.0/early", "a-1.0/f"),
                member("a-1.0/f", b"1", mode=0o755),
                hardlink("a-1.0/late", "a-1.0/early"),
            ]
        ),
        tmp_path / "out",
    )

    assert tree(top) == {"early": "1", "f": "1", "late": "1"}
    facts = [(top / name).stat() for name in ("early", "f", "late")]
    assert len({f.st_ino for f in facts}) == 3
    assert {stat.S_IMODE(f.st_mode) for f in facts} == {0o755}


@pytest.mark.parametrize("target", ["f", "./f", "sub/deep", "sub", "missing", "sub//deep", ".", "sub/up/f"])
def test_a_link_that_stays_inside_is_kept(target: str, tmp_path: Path) -> None:
    found = written(
        [
            symlink("a-1.0/l", target),
            member("a-1.0/f", b"1"),
            folder("a-1.0/sub"),
            symlink("a-1.0/sub/up", ".."),
        ],
        tmp_path,
    )

    assert found["l"] == f"-> {target}"


def test_the_same_file_twice_is_one_file(tmp_path: Path) -> None:
    found = written(
        [member("a-1.0/f", b"1"), member("a-1.0/g", b"2"), member("./a-1.0/f", b"1", mtime=1)], tmp_path
    )

    assert found == {"f": "1", "g": "2"}


def test_times_are_kept_where_a_zip_could_hold_them(tmp_path: Path) -> None:
    top = unpacked(
        tar_bytes(
            [
                member("a-1.0/now", mtime=1_700_000_000),
                member("a-1.0/epoch", mtime=0),
                member("a-1.0/strange", pax={"mtime": "nan"}),
                hardlink("a-1.0/link", "a-1.0/now"),
            ]
        ),
        tmp_path / "out",
    )

    years = {path.name: 1970 + int(path.stat().st_mtime / 31_556_952) for path in top.iterdir()}
    assert years == {"now": 2023, "epoch": 1980, "strange": 1980, "link": 2023}


def test_bits_beyond_executable_are_ignored(tmp_path: Path) -> None:
    top = unpacked(
        tar_bytes([member("a-1.0/f", mode=0o6777), member("a-1.0/g", mode=0o000)]), tmp_path / "out"
    )

    assert [stat.S_IMODE((top / name).stat().st_mode) for name in "fg"] == [0o755, 0o644]


@pytest.mark.parametrize("end", [b"", bytes(512), bytes(100), bytes(10240)])
def test_an_archive_may_end_in_any_number_of_zeros(end: bytes, tmp_path: Path) -> None:
    assert written([member("a-1.0/f", b"1")], tmp_path, end=end) == {"f": "1"}


def test_a_name_that_is_not_utf8_is_written_as_it_is(tmp_path: Path) -> None:
    top = unpacked(tar_bytes([member("a-1.0/caf\udce9", b"1")], layout=tarfile.GNU_FORMAT), tmp_path / "out")

    assert [os.fsencode(path.name) for path in top.iterdir()] == [b"caf\xe9"]


def test_an_archive_of_two_gzip_members_is_read_to_its_end(tmp_path: Path) -> None:
    whole = tar_bytes([member("a-1.0/f", b"1")], form=".tar")
    data = gzip.compress(whole[:300]) + gzip.compress(whole[300:])

    assert tree(unpacked(data, tmp_path / "out")) == {"f": "1"}


def test_what_the_standard_library_writes_is_read_alike(tmp_path: Path) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "f").write_text("1")
    (tmp_path / "in" / "same").hardlink_to(tmp_path / "in" / "f")
    (tmp_path / "in" / "sub" / "l").symlink_to("../f")
    for layout in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        out = BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz", format=layout) as archive:
            archive.add(tmp_path / "in", "a-1.0")

        top = unpacked(out.getvalue(), tmp_path / f"out{layout}")

        assert tree(top) == tree(tmp_path / "in")


# ---- the top folder ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["setup.py", "a/b.py"], "`setup.py` lies beside its top folder"),
        (["a-1.0/setup.py", "b-1.0/setup.py"], "several top folders, `a-1.0` and `b-1.0`"),
        ([], "it is empty"),
    ],
)
@pytest.mark.parametrize("form", [".tar.gz", ".zip"])
def test_an_archive_without_exactly_one_top_folder_is_refused(
    names: list[str], reason: str, form: str, tmp_path: Path
) -> None:
    data = (
        zip_bytes([Entry(name) for name in names])
        if form == ".zip"
        else tar_bytes([member(n) for n in names])
    )

    with pytest.raises(ArchiveUnsafe) as refused:
        unpacked(data, tmp_path / "out", f"a-1.0{form}")

    assert reason in refused.value.why
    assert tree(tmp_path / "out") == {}


@pytest.mark.parametrize("filename", ["a-1.0.tar.Z", "a-1.0.tar.zst", "a-1.0.egg", "a-1.0"])
def test_an_archive_of_another_kind_is_refused_by_its_name(filename: str, tmp_path: Path) -> None:
    with pytest.raises(ArchiveUnsafe, match="was refused") as refused:
        unpacked(sdist().data, tmp_path / "out", filename)

    assert "known kind" in refused.value.why


@pytest.mark.parametrize("form", [".tar.gz", ".tar.bz2", ".tar.xz", ".tar", ".zip"])
def test_bytes_of_another_kind_than_the_name_says_are_refused(form: str, tmp_path: Path) -> None:
    data = pack(b"hello" * 1000, ".tar.xz" if form == ".tar.gz" else ".tar.gz")

    with pytest.raises(ArchiveUnsafe):
        unpacked(data, tmp_path / "out", f"a-1.0{form}")


def test_an_archive_that_is_not_there_is_a_trouble_of_files(tmp_path: Path) -> None:
    with pytest.raises(FileTrouble):
        unpacked(tmp_path / "absent", tmp_path / "out")
