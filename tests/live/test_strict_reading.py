"""The strict readers accept what real projects publish: every archive of some folders, read as for installing.

Not run in CI, and it asks no index: it reads what lies in the folders that `ARCHIVES` names (separated as in
`PATH`), however it came there: `ARCHIVES=FOLDER pytest tests/live/test_strict_reading.py -m live -s`. The
packages and versions stand in `strict_reading.txt`, what came of it in `docs/explanation/strict-reading.md`.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from detent.errors.store import ArchiveUnsafe
from detent.lock.filename import canonical_version, split_wheel
from detent.model.candidate import SDIST_ENDINGS
from detent.model.limits import Limits
from detent.model.names import package_name
from detent.store.cache import open_store
from detent.store.source import unpack_source
from detent.store.wheels import WheelStore

pytestmark = pytest.mark.live


def archives() -> Iterator[Path]:
    """Give one file of each name."""
    seen: dict[str, Path] = {}
    for folder in os.environ.get("ARCHIVES", "").split(os.pathsep):
        for path in Path(folder).rglob("*") if folder else ():
            if path.name.endswith((".whl", *SDIST_ENDINGS)) and path.is_file():
                seen.setdefault(path.name, path)
    yield from (seen[name] for name in sorted(seen))


def read(path: Path, scratch: Path) -> None:
    """Do with the archive what installing does before it links a file."""
    if not path.name.endswith(".whl"):
        unpack_source(path, path.name, scratch, limits=Limits())
        return
    named = split_wheel(path.name)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    WheelStore(open_store(scratch), Limits()).put(
        digest,
        path,
        filename=path.name,
        name=package_name(named.name),
        version=canonical_version(named.version),
    )


def test_what_real_projects_publish_is_accepted(tmp_path: Path) -> None:
    accepted, refused = 0, {}
    for path in archives():
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        try:
            read(path, scratch)
        except (ArchiveUnsafe, ValueError) as error:
            refused[path.name] = error.why if isinstance(error, ArchiveUnsafe) else str(error)
        else:
            accepted += 1
        shutil.rmtree(scratch)
    if not accepted and not refused:
        pytest.skip("set ARCHIVES to folders with archives")

    print(f"\n{accepted} accepted, {len(refused)} refused")
    assert refused == {}, "\n".join(f"{name}: {why}" for name, why in refused.items())
