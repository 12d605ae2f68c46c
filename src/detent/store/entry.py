"""An unpacked wheel as a value, and as the manifest that keeps it (see :mod:`detent.store.wheels`)."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

from detent.fsio import file_trouble
from detent.model.names import PackageName
from detent.store.contents import FILES
from detent.store.records import read_record, write_record

_KIND = b"wheel"
_VERSION = 1
MANIFEST = "manifest"


class WheelFile(NamedTuple):
    """One file of an unpacked wheel."""

    path: str
    """Relative, with ``/``: below ``files`` or below the folder of its scheme."""
    mode: int
    """``0o644`` or ``0o755``."""
    size_bytes: int
    sha256: str
    """Lowercase hex."""
    mtime_ns: int
    """As the file system gave it when the file was written: a file that differs was touched."""


class WheelEntry(NamedTuple):
    """An unpacked wheel in the store."""

    digest: str
    """The sha256 of the wheel file."""
    root: Path
    """Its folder: ``files/`` and ``data/<scheme>/`` lie below."""
    name: PackageName
    version: str
    """Canonical."""
    dist_info: str
    """Name of the `.dist-info` folder."""
    root_is_purelib: bool
    files: tuple[WheelFile, ...]
    """What goes below site-packages (purelib and platlib), sorted by path; RECORD as it was in the wheel."""
    folders: tuple[str, ...]
    """Every folder that ``files`` needs, parents first."""
    top_level: tuple[str, ...]
    """The first components of all ``files``, sorted."""
    data: tuple[tuple[str, tuple[WheelFile, ...]], ...]
    """Per scheme (``data``, ``headers``, ``scripts``), sorted."""
    entry_points: tuple[tuple[str, str, str], ...]
    """Group (``console_scripts``, ``gui_scripts``), name and ``module:attribute`` of each script, sorted."""
    record_text: str
    """RECORD lines of all ``files`` but RECORD and its signatures, in order: ready for an installer."""

    def folder(self, scheme: str = FILES) -> str:
        """Give the folder that the paths of a scheme's files are relative to."""
        return f"{self.root}/{FILES}" if scheme == FILES else f"{self.root}/data/{scheme}"

    def by_scheme(self) -> tuple[tuple[str, tuple[WheelFile, ...]], ...]:
        """Give all files, those below site-packages as the scheme ``files``."""
        return ((FILES, self.files), *self.data)


def read_metadata(entry: WheelEntry) -> bytes:
    """Read the METADATA of an entry; raises :class:`FileTrouble`."""
    path = Path(entry.folder(), entry.dist_info, "METADATA")
    try:
        return path.read_bytes()
    except OSError as error:
        raise file_trouble(error, path) from error


def read_manifest(digest: str, root: Path) -> WheelEntry | None:
    """Give the entry whose folder is ``root``; ``None`` where there is none that can be read."""
    value = read_record(root / MANIFEST, _KIND, _VERSION)
    if not isinstance(value, tuple) or len(value) != len(WheelEntry._fields) - 2:
        return None
    made = WheelEntry(digest, root, *value)
    data = tuple((scheme, _files(rows)) for scheme, rows in made.data)
    return made._replace(files=_files(made.files), data=data)


def write_manifest(entry: WheelEntry) -> bool:
    """Keep the entry in its folder, all but its place; says whether it could be kept there."""
    data = tuple((scheme, _rows(files)) for scheme, files in entry.data)
    kept = entry._replace(files=_rows(entry.files), data=data)
    return write_record(entry.root / MANIFEST, _KIND, _VERSION, tuple(kept)[2:])


def _rows(files: Iterable[WheelFile]) -> Any:
    return tuple(map(tuple, files))


def _files(rows: Iterable[Any]) -> tuple[WheelFile, ...]:
    # By the thousand: the class's own constructor would be called from Python for each.
    return cast("tuple[WheelFile, ...]", tuple(map(partial(tuple.__new__, WheelFile), rows)))
