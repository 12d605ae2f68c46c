"""Source distributions are kept by their hash and never handed out damaged."""

from hashlib import sha256
from pathlib import Path

import pytest

from detent.errors.store import FileTrouble
from detent.model.limits import Limits
from detent.store.archives import Archives
from detent.store.cache import open_store

DATA = b"an archive"
DIGEST = sha256(DATA).hexdigest()


def archives(tmp_path: Path) -> Archives:
    return Archives(open_store(tmp_path / "store"))


@pytest.mark.parametrize("is_on_disk", [False, True])
def test_what_is_put_in_comes_out_by_its_hash(*, is_on_disk: bool, tmp_path: Path) -> None:
    source: bytes | Path = DATA
    if is_on_disk:
        source = tmp_path / "downloaded"
        source.write_bytes(DATA)
    kept = archives(tmp_path)

    assert kept.get(DIGEST) is None
    path = kept.put(DIGEST, source)

    assert path == kept.get(DIGEST)
    assert path.read_bytes() == DATA
    assert kept.put(DIGEST, DATA) == path
    assert isinstance(source, bytes) or source.read_bytes() == DATA


@pytest.mark.parametrize("spoilt", [b"", DATA[:-1], b"An archive", DATA + b"."])
def test_a_damaged_file_is_gone(spoilt: bytes, tmp_path: Path) -> None:
    kept = archives(tmp_path)
    path = kept.put(DIGEST, DATA)
    path.write_bytes(spoilt)

    assert kept.get(DIGEST) is None
    assert not path.exists()
    assert kept.put(DIGEST, DATA).read_bytes() == DATA


def test_something_else_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    kept = archives(tmp_path)
    kept.put(DIGEST, DATA).unlink()
    open_store(tmp_path / "store").archive(DIGEST).mkdir()

    with pytest.raises(FileTrouble):
        kept.get(DIGEST)


def test_who_fetches_a_file_can_keep_others_from_it(tmp_path: Path) -> None:
    kept = archives(tmp_path)
    with kept.claim(DIGEST, Limits()) as lock:
        assert lock.is_held

    assert not any((tmp_path / "store" / "locks").iterdir())
