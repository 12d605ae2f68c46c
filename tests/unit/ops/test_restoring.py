"""Putting files back, whatever went wrong in between."""

import errno
import os
from pathlib import Path

import pytest

from detent import fsio
from detent.events import Event, Notice
from detent.ops.restoring import Restoring
from support.faults import failing


def change(path: Path, restoring: Restoring, new: bytes) -> None:
    restoring.remember(path, path.read_bytes() if path.exists() else None, new)
    fsio.write_atomic(path, new, durable=True)


def fail(restoring: Restoring) -> None:
    """Leave as an exception would."""
    restoring.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refuse(monkeypatch: pytest.MonkeyPatch, operation: str, code: int) -> None:
    monkeypatch.setattr(os, operation, lambda *_, **__: failing(code)())


def test_what_ends_well_stays(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"1")
    with Restoring(print) as restoring:
        change(tmp_path / "old", restoring, b"2")
        change(tmp_path / "new", restoring, b"3")

    assert contents(tmp_path) == {"old": b"2", "new": b"3"}


def test_what_fails_is_put_back_even_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, restoring = tmp_path / "old", Restoring(print)
    old.write_bytes(b"1")
    old.chmod(0o600)
    before = old.stat()
    change(old, restoring, b"2")
    change(tmp_path / "new", restoring, b"3")
    refuse(monkeypatch, "write", errno.ENOSPC)
    fail(restoring)
    monkeypatch.undo()

    assert contents(tmp_path) == {"old": b"1"}
    assert (old.stat().st_ino, old.stat().st_mode) == (before.st_ino, before.st_mode)


def test_an_interrupt_while_putting_back_does_not_stop_it(tmp_path: Path) -> None:
    restoring = Restoring(print)
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"1")
        change(tmp_path / name, restoring, b"2")
    real, calls = os.unlink, []

    def interrupted(path: str, **keywords: int) -> None:
        calls.append(path)
        if len(calls) == 1:
            raise KeyboardInterrupt
        real(path, **keywords)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "unlink", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fail(restoring)

    assert contents(tmp_path) == {"a": b"1", "b": b"1"}


def test_a_file_without_a_second_link_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "link", errno.EPERM)
    path, restoring = tmp_path / "old", Restoring(print)
    path.write_bytes(b"1")
    change(path, restoring, b"2")
    fail(restoring)

    assert contents(tmp_path) == {"old": b"1"}


def test_what_somebody_else_wrote_since_is_left_alone(tmp_path: Path) -> None:
    path, restoring = tmp_path / "old", Restoring(print)
    path.write_bytes(b"1")
    change(path, restoring, b"2")
    path.write_bytes(b"mine")
    fail(restoring)

    assert contents(tmp_path) == {"old": b"mine"}


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    restoring = Restoring(print)
    (tmp_path / "real").write_bytes(b"1")
    (tmp_path / "link").symlink_to("real")
    change(tmp_path / "link", restoring, b"2")
    assert (tmp_path / "real").read_bytes() == b"2"
    fail(restoring)

    assert (tmp_path / "link").is_symlink()
    assert contents(tmp_path) == {"real": b"1", "link": b"1"}


def test_what_cannot_be_put_back_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "link", errno.EPERM)
    told: list[Event] = []
    path, restoring = tmp_path / "old", Restoring(told.append)
    path.write_bytes(b"1")
    change(path, restoring, b"2")
    refuse(monkeypatch, "write", errno.ENOSPC)
    fail(restoring)
    monkeypatch.undo()

    assert [type(event) for event in told] == [Notice]
    assert "could not be put back" in str(told)
    assert path.read_bytes() == b"2"


def test_a_file_that_was_removed_comes_back(tmp_path: Path) -> None:
    path, restoring = tmp_path / "old", Restoring(print)
    path.write_bytes(b"1")
    restoring.remember(path, b"1", None)
    path.unlink()
    fail(restoring)

    assert contents(tmp_path) == {"old": b"1"}
