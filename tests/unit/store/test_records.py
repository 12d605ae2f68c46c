import errno
import os
from pathlib import Path

import pytest

from detent.errors.store import FileTrouble
from detent.store.records import decode_record, encode_record, read_record, write_record

VALUE = ("name", 3, None, (True, b"bytes", 2.5), {"key": ["list"]})


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "of" / "record"

    assert write_record(path, b"test", 1, VALUE)
    assert read_record(path, b"test", 1) == VALUE


def test_another_kind_or_version_is_a_miss(tmp_path: Path) -> None:
    write_record(tmp_path / "record", b"test", 1, VALUE)

    assert read_record(tmp_path / "record", b"other", 1) is None
    assert read_record(tmp_path / "record", b"test", 2) is None


def test_a_missing_file_and_a_folder_are_misses(tmp_path: Path) -> None:
    assert read_record(tmp_path / "record", b"test", 1) is None
    assert read_record(tmp_path, b"test", 1) is None


def test_every_cut_and_every_flipped_byte_is_a_miss() -> None:
    data = encode_record(b"test", 1, VALUE)

    assert decode_record(data, b"test", 1) == VALUE
    for at in range(len(data)):
        assert decode_record(data[:at], b"test", 1) is None
        flipped = bytearray(data)
        flipped[at] ^= 0x10
        assert decode_record(bytes(flipped), b"test", 1) is None


def test_bytes_after_the_end_are_a_miss() -> None:
    assert decode_record(encode_record(b"test", 1, VALUE) + b"\0", b"test", 1) is None


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EPERM])
@pytest.mark.parametrize("call", ["open", "mkdir"])
def test_a_read_only_store_keeps_nothing_and_that_is_no_error(
    call: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **keywords: object) -> int:
        raise OSError(code, "read-only")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        assert write_record(tmp_path / "new" / "record", b"test", 1, VALUE) is (False)


@pytest.mark.parametrize("call", ["write", "mkdir"])
def test_a_full_disk_is_an_error(call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **keywords: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(FileTrouble, match="could not be written"):
            write_record(tmp_path / "new" / "record", b"test", 1, VALUE)
