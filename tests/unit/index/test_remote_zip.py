"""METADATA is read out of a wheel by ranges; what is not a plain wheel is not believed."""

import io
import os
import zipfile
from collections.abc import Callable

import pytest

from detent.index.remote_zip import NotReadable, Ranges, Slice, ranges_of, wheel_metadata

METADATA = b"Name: a\nVersion: 1.0\n"


def archive(
    *,
    before: int = 0,
    after: int = 0,
    method: int = zipfile.ZIP_DEFLATED,
    members: dict[str, bytes] | None = None,
) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for i in range(before):
            made.writestr(f"a/module_{i:05}_{'x' * 60}.py", os.urandom(64))
        for path, data in (members or {"a-1.0.dist-info/METADATA": METADATA}).items():
            made.writestr(path, data)
        made.writestr("a-1.0.dist-info/RECORD", os.urandom(after))
    return file.getvalue()


def counted(data: bytes, log: list[int]) -> Ranges:
    def note(part: bytes) -> bytes:
        log.append(len(part))
        return part

    return Ranges(
        tail=lambda n: Slice(note(data[-n:]), len(data)), span=lambda first, last: note(data[first:last])
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_small_wheel_takes_one_question(method: int) -> None:
    log: list[int] = []

    assert wheel_metadata(counted(archive(before=50, method=method), log), "a", 1000) == METADATA
    assert len(log) == 1


def test_a_wheel_with_a_long_directory_takes_two_and_far_metadata_three() -> None:
    long_directory, far = archive(before=1000), archive(before=1000, after=200_000)

    for data, questions in ((long_directory, 2), (far, 3)):
        log: list[int] = []
        assert wheel_metadata(counted(data, log), "a", 1000) == METADATA
        assert len(log) == questions
        assert sum(log) < len(data)


def test_the_folder_may_spell_the_name_otherwise() -> None:
    members = {"A.b-1.0.dist-info/METADATA": METADATA, "a/_vendor/x-1.0.dist-info/METADATA": b"no"}

    assert wheel_metadata(ranges_of(archive(members=members)), "a-b", 1000) == METADATA


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 0xFF,)) + data[at + 1 :]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: data + b"x",
        lambda data: b"x" + data,
        lambda data: b"not a zip" * 100,
        lambda data: flipped(data, data.index(b"PK\x01\x02")),
        lambda data: flipped(data, data.index(b"METADATA") + 8),
        lambda data: flipped(data, 0),
    ],
)
def test_a_damaged_wheel_is_not_read(spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(NotReadable):
        wheel_metadata(ranges_of(spoil(archive())), "a", 1000)


@pytest.mark.parametrize(
    "members",
    [
        {"a/x.py": b""},
        {"b-1.0.dist-info/METADATA": METADATA},
        {"a-1.0.dist-info/METADATA": METADATA, "a-2.0.dist-info/METADATA": METADATA},
        {"sub/a-1.0.dist-info/METADATA": METADATA},
    ],
)
def test_a_wheel_without_one_metadata_of_its_own_is_not_read(members: dict[str, bytes]) -> None:
    with pytest.raises(NotReadable):
        wheel_metadata(ranges_of(archive(members=members)), "a", 1000)


def test_metadata_over_the_bound_is_not_unpacked() -> None:
    bomb = archive(members={"a-1.0.dist-info/METADATA": bytes(10_000_000)})

    with pytest.raises(NotReadable, match="larger than 1000 bytes"):
        wheel_metadata(ranges_of(bomb), "a", 1000)


def test_metadata_that_unpacks_to_more_than_it_says_is_not_read() -> None:
    bomb = archive(members={"a-1.0.dist-info/METADATA": bytes(5000)})
    size = (5000).to_bytes(4, "little")

    with pytest.raises(NotReadable, match="damaged"):
        wheel_metadata(ranges_of(bomb.replace(size, (500).to_bytes(4, "little"))), "a", 1000)
