"""Which wheel a build gave: one record per build, named by the key of what went in.

A record knows the wheel by its sha256 alone. That wheel stands in the store like any other, and may be gone.
"""

import os
from pathlib import Path

from detent.fsio import file_trouble
from detent.named import NamedTuple
from detent.store.layout import Layout
from detent.store.records import read_record, write_record

_KIND, _VERSION = b"built", 1


class Built(NamedTuple):
    """What came out of a build."""

    digest: str
    version: str


def read_built(layout: Layout, key: str) -> Built | None:
    """Give what was built under this key; ``None`` where nobody knows."""
    return _read(layout.built(key))


def write_built(layout: Layout, key: str, built: Built) -> bool:
    """Keep what was built under this key; says whether it was kept."""
    return write_record(layout.built(key), _KIND, _VERSION, tuple(built))


def all_built(layout: Layout) -> dict[Path, Built | None]:
    """Give what every build gave, by the file of its record; ``None`` for one that cannot be read."""
    folder = layout.built("any").parent
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise file_trouble(error, folder) from error
    return {folder / name: _read(folder / name) for name in names if not name.startswith(".")}


def _read(path: Path) -> Built | None:
    match read_record(path, _KIND, _VERSION):
        case (str(digest), str(version)):
            return Built(digest, version)
        case _:
            return None
