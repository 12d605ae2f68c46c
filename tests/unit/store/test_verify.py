import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from detent.errors.store import StoreBusy
from detent.events import Event, Verifying
from detent.model.limits import Limits
from detent.model.names import package_name
from detent.store.archives import Archives
from detent.store.cache import hold_store, open_store
from detent.store.layout import Layout
from detent.store.users import register
from detent.store.verify import Verdict, repair, verify
from support.stores import INDEX, A, B, filled, lived_in, put
from support.wheels import wheel

SDIST = b"source"


def flip(path: Path) -> None:
    """Change one bit, and nothing that a look at the file would show."""
    facts = path.stat()
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def found(verdict: Verdict) -> list[tuple[str, str, str]]:
    return [(fault.subject, fault.path, fault.kind) for fault in verdict.faults]


def a_file(layout: Layout) -> Path:
    return layout.wheel(A.sha256) / "files" / "a.py"


def test_a_store_that_is_whole_has_no_faults(tmp_path: Path) -> None:
    layout = filled(tmp_path)

    verdict = verify(layout)

    assert verdict.faults == ()
    assert verdict.wheels == 2
    assert verdict.files > 10
    assert verdict.size_bytes > 500


def test_an_empty_store_is_whole(tmp_path: Path) -> None:
    assert verify(open_store(tmp_path)) == Verdict()


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a flipped bit": (flip, "changed"),
    "an edit": (lambda path: path.write_bytes(b"12345"), "changed"),
    "zeroes": (lambda path: path.write_bytes(bytes(4)), "changed"),
    "cut short": (lambda path: os.truncate(path, 1), "changed"),
    "deleted": (Path.unlink, "missing"),
    "another mode": (lambda path: path.chmod(0o777), "mode"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_is_not_as_it_was_unpacked_is_named(tmp_path: Path, change: str) -> None:
    layout = filled(tmp_path)
    work, kind = CHANGES[change]
    work(a_file(layout))

    assert found(verify(layout)) == [("`a` 1.0", "a.py", kind)]


def test_a_link_in_the_place_of_a_file_is_found_and_not_followed(tmp_path: Path) -> None:
    layout = filled(tmp_path / "store")
    same = tmp_path / "same"
    shutil.copy2(a_file(layout), same)
    a_file(layout).unlink()
    a_file(layout).symlink_to(same)

    assert found(verify(layout)) == [("`a` 1.0", "a.py", "changed")]


def test_what_was_put_there_is_found(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    (layout.wheel(A.sha256) / "files" / "b.py").write_bytes(b"")
    (layout.wheel(A.sha256) / "notes").write_bytes(b"")
    (layout.wheel(A.sha256) / "files" / "__pycache__").mkdir()
    (layout.wheel(A.sha256) / "files" / "__pycache__" / "c.cpython-311.pyc").write_bytes(b"")

    assert found(verify(layout)) == [
        ("`a` 1.0", "__pycache__/c.cpython-311.pyc", "foreign"),
        ("`a` 1.0", "b.py", "foreign"),
        ("`a` 1.0", "notes", "foreign"),
    ]


def test_byte_code_that_programs_made_of_what_is_there_is_no_fault(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    cache = layout.wheel(A.sha256) / "files" / "__pycache__"
    cache.mkdir()
    for name in ("a.cpython-311.pyc", "a.cpython-311-pytest-9.0.0.pyc", "a.cpython-312.pyc.140123"):
        (cache / name).write_bytes(b"")

    assert verify(layout).faults == ()


@pytest.mark.parametrize("name", ["head", "full"])
def test_a_record_of_a_wheel_that_is_damaged_is_found(tmp_path: Path, name: str) -> None:
    layout = filled(tmp_path)
    flip(layout.wheel(A.sha256) / name)

    (fault,) = verify(layout).faults

    assert (fault.path, fault.kind, fault.unit) == (name, "changed", layout.wheel(A.sha256))


def test_records_and_archives_are_verified_too(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    digest = hashlib.sha256(SDIST).hexdigest()
    Archives(layout).put(digest, SDIST)
    register(layout, lived_in(tmp_path / ".venv"), [A.sha256])
    assert verify(layout).faults == ()

    flip(layout.archive(digest))
    flip(layout.listing(INDEX, "a"))
    flip(next(layout.users.iterdir()))

    subjects = [subject.partition(" ")[0] for subject, _, _ in found(verify(layout))]
    assert subjects == ["archive", "record", "record"]


def test_only_the_packages_that_are_named_are_read(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    flip(a_file(layout))
    flip(layout.listing(INDEX, "a"))

    assert verify(layout, [package_name("b")]).faults == ()
    assert verify(layout, [package_name("b")]).wheels == 1
    assert found(verify(layout, [package_name("a")])) == [("`a` 1.0", "a.py", "changed")]


def test_environments_that_use_what_is_damaged_are_named(tmp_path: Path) -> None:
    layout = filled(tmp_path / "store")
    environment = lived_in(tmp_path / ".venv")
    register(layout, environment, [A.sha256, B.sha256])
    (metadata,) = layout.wheel(B.sha256).glob("files/*.dist-info/METADATA")
    os.link(metadata, tmp_path / "METADATA")

    flip(a_file(layout))
    assert (verify(layout).environments, verify(layout).sharing) == ((environment,), ())

    register(layout, environment, [])
    flip(layout.wheel(B.sha256) / "files" / "b.py")
    assert (verify(layout).environments, verify(layout).sharing) == ((), (("`b` 1.0", 1),))


def test_progress_is_told_for_every_package(tmp_path: Path) -> None:
    heard: list[Event] = []

    verify(filled(tmp_path), [package_name("a"), package_name("b")], report=heard.append)

    told = [event for event in heard if isinstance(event, Verifying)]
    assert [(event.done, event.total) for event in told] == [(1, 2), (2, 2)]
    assert {event.subject for event in told} == {"a==1.0", "b==1.0"}


# ---- repair ----------------------------------------------------------------------------------


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_repair_nothing_is_wrong(tmp_path: Path, change: str) -> None:
    layout = filled(tmp_path)
    work, kind = CHANGES[change]
    work(a_file(layout))

    removed = repair(layout, Limits(), verify(layout))

    assert removed == (() if kind == "mode" else ("`a` 1.0",))
    assert layout.wheel(A.sha256).exists() == (kind == "mode")
    assert verify(layout).faults == ()
    assert layout.wheel(B.sha256).exists()


def test_a_repair_takes_out_files_that_do_not_belong_there_and_damaged_records(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    (layout.wheel(A.sha256) / "files" / "b.py").write_bytes(b"")
    flip(layout.listing(INDEX, "a"))

    repair(layout, Limits(), verify(layout))

    assert verify(layout).faults == ()
    assert layout.wheel(A.sha256).exists()
    assert not layout.listing(INDEX, "a").exists()
    assert layout.listing(INDEX, "b").exists()


def test_what_was_put_right_meanwhile_stays(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    flip(a_file(layout))
    verdict = verify(layout)
    flip(a_file(layout))

    assert repair(layout, Limits(), verdict) == ()

    assert layout.wheel(A.sha256).exists()


def test_a_repair_says_to_those_who_link_folders_that_something_went(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    os.utime(layout.removals, (1, 1))
    flip(a_file(layout))

    repair(layout, Limits(), verify(layout))

    assert layout.removals.stat().st_mtime > 1


def test_a_repair_waits_for_those_who_use_the_store(tmp_path: Path) -> None:
    layout = filled(tmp_path)
    flip(a_file(layout))
    verdict = verify(layout)
    limits = Limits(lock_wait_seconds=0.01)

    with hold_store(layout, limits), pytest.raises(StoreBusy):
        repair(layout, limits, verdict)

    assert layout.wheel(A.sha256).exists()


def test_data_files_of_a_wheel_are_verified(tmp_path: Path) -> None:
    layout = open_store(tmp_path)
    made = wheel("c", data={"data/share/c.txt": "abc", "scripts/tool": "#!python\n"})
    put(layout, made, "c")
    flip(layout.wheel(made.sha256) / "data" / "data" / "share" / "c.txt")

    assert found(verify(layout)) == [("`c` 1.0", "data/data/share/c.txt", "changed")]
