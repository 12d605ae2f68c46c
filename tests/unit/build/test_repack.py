import hashlib
from pathlib import Path

import pytest

from detent.build.repack import repacked
from detent.errors.store import ArchiveUnsafe, FileTrouble
from detent.model.limits import Limits
from detent.model.names import package_name
from detent.store.cache import open_store
from detent.store.wheels import WheelEntry, WheelStore
from support.wheels import Wheel, wheel

MADE = wheel(
    "a",
    "1.0",
    files={"a/__init__.py": "x = 1\n", "a/tool": "#!/bin/sh\n", 'odd, "name".txt': "", "ünï/x": "y"},
    executables=["a/tool", "a-1.0.data/scripts/run"],
    data={"scripts/run": "#!python\n", "data/share/doc.txt": "doc", "headers/a.h": "", "platlib/_a.so": "so"},
    scripts={"tool": "a:main"},
    entry_points={"pytest11": {"a": "a.plugin"}},
    root_is_purelib=False,
)
METADATA = MADE.metadata.replace(b"\n\n", b"\nRequires-Dist: b\n\n")


@pytest.fixture
def store(tmp_path: Path) -> WheelStore:
    return WheelStore(open_store(tmp_path / "store"), Limits())


def put(store: WheelStore, data: bytes, made: Wheel = MADE) -> WheelEntry:
    digest = hashlib.sha256(data).hexdigest()
    return store.put(digest, data, filename=made.filename, name=package_name("a"), version="1.0")


def facts(entry: WheelEntry) -> dict[tuple[str, str], tuple[int, bytes]]:
    return {
        (scheme, file.path): (file.mode, Path(f"{entry.folder(scheme)}/{file.path}").read_bytes())
        for scheme, files in entry.by_scheme()
        for file in files
        if not file.path.endswith(("/RECORD", "/METADATA"))
    }


def test_the_store_takes_a_repacked_wheel_and_finds_all_but_metadata_the_same(store: WheelStore) -> None:
    before = put(store, MADE.data)

    after = put(store, repacked(before, METADATA))

    assert after.digest != before.digest
    assert facts(after) == facts(before)
    assert (after.entry_points, after.root_is_purelib) == (before.entry_points, before.root_is_purelib)
    assert (after.root / "files/a-1.0.dist-info/METADATA").read_bytes() == METADATA


def test_the_same_entry_and_metadata_give_the_same_bytes(store: WheelStore) -> None:
    entry = put(store, MADE.data)

    assert repacked(entry, METADATA) == repacked(entry, METADATA)
    assert repacked(put(store, repacked(entry, METADATA)), METADATA) == repacked(entry, METADATA)


def test_signatures_of_the_old_record_are_left_out(store: WheelStore) -> None:
    signed = wheel(
        "a", "1.0", dist_info_files={"RECORD.jws": "{}"}, record=lambda lines: lines[:-2] + lines[-1:]
    )
    entry = put(store, signed.data, signed)
    assert any(file.path.endswith("RECORD.jws") for file in entry.dist_files)

    assert not any(
        file.path.endswith("RECORD.jws") for file in put(store, repacked(entry, METADATA)).dist_files
    )


def test_a_file_that_was_changed_in_the_store_makes_a_wheel_that_is_refused(store: WheelStore) -> None:
    entry = put(store, MADE.data)
    (entry.root / "files/a/__init__.py").write_text("x = 2\n")

    with pytest.raises(ArchiveUnsafe):
        put(store, repacked(entry, METADATA))


def test_a_file_that_is_gone_from_the_store_is_named(store: WheelStore) -> None:
    entry = put(store, MADE.data)
    (entry.root / "files/a/__init__.py").unlink()

    with pytest.raises(FileTrouble, match=r"a/__init__\.py"):
        repacked(entry, METADATA)
