import random
import zipfile
from io import BytesIO

import pytest

from detent.errors.store import ArchiveUnsafe
from detent.model.limits import Limits
from detent.store.archive import ZipReader, folders_of
from detent.store.naming import shown
from support.zips import Entry, zip_bytes

BIG = random.Random(0).randbytes(3 * 2**20)


def reader(data: bytes) -> ZipReader:
    return ZipReader(data, "x.whl", Limits())


def test_what_the_standard_library_writes_is_read_alike() -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("stored.txt", "stored", zipfile.ZIP_STORED)
        archive.writestr("deflated.txt", "deflated" * 100, zipfile.ZIP_DEFLATED)
        archive.writestr("folder/", "")
        archive.writestr("folder/ünï.txt", "x", zipfile.ZIP_DEFLATED)
        archive.writestr("empty", "", zipfile.ZIP_DEFLATED)

    strict = reader(out.getvalue())

    with zipfile.ZipFile(out) as archive:
        expected = {i.filename.rstrip("/"): archive.read(i) for i in archive.infolist()}
    assert {m.name: strict.read(m, 10_000) for m in strict.members} == expected


def test_what_the_standard_library_writes_to_a_pipe_is_read_too() -> None:
    class Pipe(BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: object) -> int:
            raise OSError

        def tell(self) -> int:
            raise OSError

    out = Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", "a" * 100)
        with archive.open("b", "w", force_zip64=True) as file:
            file.write(b"b" * 100)

    strict = reader(out.getvalue())

    assert [strict.read(member, 100) for member in strict.members] == [b"a" * 100, b"b" * 100]


@pytest.mark.parametrize("method", [0, 8])
@pytest.mark.parametrize("data", [BIG, b"\0" * 5_000_000, b""], ids=["random", "zeros", "empty"])
def test_large_and_empty_members_come_whole_and_in_small_pieces(method: int, data: bytes) -> None:
    strict = reader(zip_bytes([Entry("big", data, method=method)]))

    pieces = [bytes(piece) for piece in strict.pieces(strict.members[0])]

    assert b"".join(pieces) == data
    assert max(map(len, pieces), default=0) <= 2**20 + 1


def test_an_archive_of_nothing_has_no_members() -> None:
    assert reader(zip_bytes([])).members == ()


def test_the_executable_bit_is_all_that_is_read_of_modes() -> None:
    modes = (0o100644, 0o100755, 0o104755, 0o100000, 0o777, 0)
    strict = reader(zip_bytes([Entry(f"f{mode:o}", mode=mode) for mode in modes]))

    assert [member.is_executable for member in strict.members] == [False, True, True, False, True, False]


def test_a_member_larger_than_asked_for_is_not_read() -> None:
    strict = reader(zip_bytes([Entry("a", b"12345")]))

    with pytest.raises(ArchiveUnsafe, match="refused"):
        strict.read(strict.members[0], 4)


def test_every_flipped_bit_is_found_or_changes_nothing_that_is_read() -> None:
    data = zip_bytes(
        [Entry("a.py", b"x = 1\n" * 20), Entry("b/", mode=0o040755), Entry("c", b"stored", method=0)]
    )
    honest = [(m.name, reader(data).read(m, 1000)) for m in reader(data).members]
    accepted = 0
    for at in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[at // 8] ^= 1 << at % 8
        try:
            strict = reader(bytes(flipped))
            seen = [(m.name, strict.read(m, 1000)) for m in strict.members]
        except ArchiveUnsafe:
            continue
        accepted += 1
        assert seen == honest
    assert accepted < len(data) * 4  # times, versions and attributes: what nobody reads


def test_every_folder_of_a_path_is_given_once() -> None:
    assert folders_of(["a/b/c.py", "a/d.py", "e.py", "a/b/f/g"]) == {"a", "a/b", "a/b/f"}


def test_foreign_names_are_escaped_and_shortened() -> None:
    assert shown("a\x1b[0m\n\u202e") == "a\\x1b[0m\\n\\u202e"
    assert len(shown("x" * 1000)) == 120
