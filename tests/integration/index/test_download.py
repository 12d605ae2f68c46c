"""Files come whole and proven, or not at all."""

import random
import stat
from pathlib import Path
from typing import Any

import pytest

from detent.errors.fetch import FileGone, HashMismatch, IndexUnavailable
from detent.events import DownloadFinished, DownloadProgress, DownloadStarted, Event
from detent.index.client import Client
from detent.index.download import Downloaded
from detent.model.candidate import Artifact, Digest
from detent.model.limits import Limits
from support.index_server import IndexServer, serve
from support.wheels import wheel

BIG = wheel("big", files={"big.bin": random.Random(1).randbytes(3_000_000)})
QUICK = Limits()._replace(read_seconds=10, connect_seconds=5, tries=3, memory_download_bytes=1_000_000)


def locked(index: IndexServer, **changes: Any) -> Artifact:
    artifact = Artifact(
        filename=BIG.filename,
        url=f"{index.origin}/files/big/{BIG.filename}",
        digests=(Digest("sha256", BIG.sha256),),
        size_bytes=len(BIG.data),
    )
    return artifact._replace(**changes)


def download(artifact: Artifact, index: IndexServer, folder: Path, **more: Any) -> Downloaded:
    limits = more.pop("limits", QUICK)
    with Client(limits=limits, dice=lambda: -0.49, **more) as client:
        return client.download(artifact, "big", folder)


def contents(arrived: Downloaded) -> bytes:
    return arrived.data if arrived.data is not None else arrived.path.read_bytes()  # type: ignore[union-attr]


def test_a_small_file_stays_in_memory_and_a_big_one_goes_to_a_private_file(tmp_path: Path) -> None:
    with serve([BIG]) as index:
        big = download(locked(index), index, tmp_path)
        small = download(locked(index), index, tmp_path, limits=QUICK._replace(memory_download_bytes=2**25))

    assert big.path is not None
    assert big.path.parent == tmp_path
    assert stat.S_IMODE(big.path.stat().st_mode) == 0o600
    assert small.path is None
    assert contents(big) == contents(small) == BIG.data
    assert (big.sha256, big.size_bytes) == (small.sha256, small.size_bytes) == (BIG.sha256, len(BIG.data))


@pytest.mark.parametrize("etag", [True, False])
@pytest.mark.parametrize(
    "fault",
    [
        {"truncate": 2_000_000},
        {"truncate": 900_000, "reset": True},
        {"truncate": 2_000_000, "stall_seconds": 5},
    ],
)
def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(
    *, tmp_path: Path, etag: bool, fault: dict[str, Any]
) -> None:
    with serve([BIG], etag=etag) as index:
        index.fail(BIG.filename, **fault)
        limits = QUICK._replace(read_seconds=1) if "stall_seconds" in fault else QUICK

        assert contents(download(locked(index), index, tmp_path, limits=limits)) == BIG.data

        again = index.requests[1].headers
        assert len(index.requests) == 2
        assert 0 < int(again["range"].removeprefix("bytes=").removesuffix("-")) <= fault["truncate"]
        assert ("if-range" in again) == etag


def test_a_server_without_ranges_begins_anew(tmp_path: Path) -> None:
    with serve([BIG], ranges=False) as index:
        index.fail(BIG.filename, truncate=2_000_000)

        assert contents(download(locked(index), index, tmp_path)) == BIG.data
        assert [p.name for p in tmp_path.iterdir()] != []


def test_a_file_that_breaks_off_many_times_arrives_as_long_as_it_gets_on(tmp_path: Path) -> None:
    with serve([BIG]) as index:
        index.fail(BIG.filename, truncate=1_100_000, times=2)

        limits = QUICK._replace(tries=2)
        assert contents(download(locked(index), index, tmp_path, limits=limits)) == BIG.data
        assert index.count() == 3


def test_a_damaged_transfer_is_repeated_once(tmp_path: Path) -> None:
    with serve([BIG]) as index:
        index.fail(BIG.filename, flip=True)

        assert contents(download(locked(index), index, tmp_path)) == BIG.data
        assert index.count() == 2


def test_a_replaced_file_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with serve([BIG]) as index:
        index.fail(BIG.filename, flip=True, times=None)

        with pytest.raises(HashMismatch) as caught:
            download(locked(index), index, tmp_path)

        assert index.count() == 2
    assert BIG.filename in caught.value.what
    assert f"expected sha256 `{BIG.sha256}`, got sha256 `" in caught.value.why
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [5, 10_000_000])
def test_a_file_of_another_size_is_refused(tmp_path: Path, size: int) -> None:
    with serve([BIG]) as index, pytest.raises(HashMismatch) as caught:
        download(locked(index, size_bytes=size), index, tmp_path)

    assert f"expected {size} bytes" in caught.value.why
    assert list(tmp_path.iterdir()) == []


def test_every_strong_digest_must_be_right(tmp_path: Path) -> None:
    wrong = (Digest("sha256", BIG.sha256), Digest("sha512", "0" * 128))
    with serve([BIG]) as index, pytest.raises(HashMismatch) as caught:
        download(locked(index, digests=wrong), index, tmp_path)

    assert "sha512" in caught.value.why


def test_a_file_that_is_gone_is_said_to_be_gone(tmp_path: Path) -> None:
    with serve([BIG]) as index:
        artifact = locked(index)
        index.remove(BIG.filename)

        with pytest.raises(FileGone):
            download(artifact, index, tmp_path)
        assert index.count() == 1


def test_a_server_that_never_gets_on_is_given_up_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with serve([BIG]) as index:
        index.fail(BIG.filename, times=None, status=503)

        with pytest.raises(IndexUnavailable, match="could not be fetched"):
            download(locked(index), index, tmp_path)
        assert index.count() == 3
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told_as_values(tmp_path: Path) -> None:
    events: list[Event] = []
    with serve([BIG]) as index:
        download(locked(index), index, tmp_path, report=events.append)

    received = [e.received_bytes for e in events if isinstance(e, DownloadProgress)]
    assert events[0] == DownloadStarted(BIG.filename, len(BIG.data))
    assert events[-1] == DownloadFinished(BIG.filename)
    assert received == sorted(received)
    assert 1 < len(received) < 20


def test_a_missing_folder_is_a_file_trouble_and_not_a_traceback(tmp_path: Path) -> None:
    from detent.errors.store import FileTrouble

    with serve([BIG]) as index, pytest.raises(FileTrouble):
        download(locked(index), index, tmp_path / "missing")
