"""An unpacked wheel as a value, and as the two records that keep it (see :mod:`detent.store.wheels`).

``head`` is what every command reads: it is enough to lay a wheel out by folders. ``full`` has the files that
stand inside those folders; it is read where every file counts. No file is listed in both, so the two cannot
contradict each other. ``head`` is written last: without it there is no entry.
"""

from collections.abc import Iterable
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

from detent.fsio import file_trouble
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.store.naming import FILES
from detent.store.records import encode_record, read_record

HEAD, FULL = "head", "full"
BYTECODE = "bytecode-"
"""How records of byte code that was made beside the files begin."""

_HEAD_KIND, HEAD_VERSION = b"head", 1
_FULL_KIND, _FULL_VERSION = b"full", 1


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


class Climb(NamedTuple):
    """A library that looks for others above the folder it lies in, which may be reached by a link."""

    folder: str
    """Where the library lies, below ``files``."""
    target: str
    """Where it looks, normalised: ``.`` is ``files`` itself, and what lies above that begins with ``..``."""
    is_here: bool
    """Whether this wheel has such a folder: reached through the link, nothing else will stand in it."""


class Spots(NamedTuple):
    """Where links to folders may stand: what is below ``files``, cut at the folders that may be one link.

    The dist-info is left out: it is always a real folder (:mod:`detent.store.namespaces` has the rule).
    """

    real: tuple[str, ...]
    """Folders that have to be real, parents first."""
    links: tuple[str, ...]
    """The outermost folders that may be one link each, sorted."""
    files: tuple[WheelFile, ...]
    """The files that stand at the top or directly in a real folder, sorted by path."""
    climbs: tuple[Climb, ...]


class WheelContents(NamedTuple):
    """Everything that goes below site-packages."""

    files: tuple[WheelFile, ...]
    """Sorted by path, those of the dist-info at the end."""
    folders: tuple[str, ...]
    """Every folder that the files need, parents first."""


class WheelEntry(NamedTuple):
    """An unpacked wheel in the store, as far as its head says."""

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
    top_level: tuple[str, ...]
    """The first components of all paths below ``files``, sorted."""
    entry_points: tuple[tuple[str, str, str], ...]
    """Group (``console_scripts``, ``gui_scripts``), name and ``module:attribute`` of each script, sorted."""
    record_text: str
    """RECORD lines of all that is below ``files`` but RECORD and its signatures: ready for an installer."""
    data: tuple[tuple[str, tuple[WheelFile, ...]], ...]
    """Per scheme (``data``, ``headers``, ``scripts``), sorted."""
    dist_files: tuple[WheelFile, ...]
    """The files of the `.dist-info` folder, paths with it, sorted; RECORD as it was in the wheel."""
    spots: Spots
    file_count: int
    """How many files the wheel has, those of all schemes."""
    contents: WheelContents | None = None
    """The full list, where it was read already: :func:`read_contents` gives it."""

    def folder(self, scheme: str = FILES) -> str:
        """Give the folder that the paths of a scheme's files are relative to."""
        return f"{self.root}/{FILES}" if scheme == FILES else f"{self.root}/data/{scheme}"

    def by_scheme(self) -> tuple[tuple[str, tuple[WheelFile, ...]], ...]:
        """Give all files, those below site-packages as the scheme ``files``; as :func:`read_contents`."""
        return ((FILES, read_contents(self).files), *self.data)


_KEPT = WheelEntry._fields[2:-1]
"""What the head says; digest and root are told by where it lies."""


def read_metadata(entry: WheelEntry) -> bytes:
    """Read the METADATA of an entry; raises :class:`FileTrouble`."""
    path = Path(entry.folder(), entry.dist_info, "METADATA")
    try:
        return path.read_bytes()
    except OSError as error:
        raise file_trouble(error, path) from error


def read_head(digest: str, root: Path) -> WheelEntry | None:
    """Give the entry whose folder is ``root``; ``None`` where there is none that can be read."""
    value = read_record(root / HEAD, _HEAD_KIND, HEAD_VERSION)
    return head_of(digest, root, value) if isinstance(value, tuple) else None


def head_of(digest: str, root: Path, value: tuple[Any, ...]) -> WheelEntry | None:
    """Make an entry of what its head says (:func:`head_value`); ``None`` for what is no such value."""
    if len(value) != len(_KEPT):
        return None
    *facts, data, dist_files, (real, links, files, climbs), file_count = value
    spots = Spots(real, links, _files(files), tuple([Climb(*climb) for climb in climbs]))
    data = tuple([(scheme, _files(rows)) for scheme, rows in data])
    return WheelEntry._make((digest, root, *facts, data, _files(dist_files), spots, file_count, None))


def head_value(entry: WheelEntry) -> tuple[Any, ...]:
    """Give what the head of an entry says, as plain values."""
    spots = entry.spots
    kept = entry._replace(
        data=tuple((scheme, _rows(files)) for scheme, files in entry.data),
        dist_files=_rows(entry.dist_files),
        spots=cast("Spots", (spots.real, spots.links, _rows(spots.files), _rows(spots.climbs))),
    )
    return tuple(kept)[2:-1]


def with_contents(entry: WheelEntry) -> WheelEntry | None:
    """Give the entry with its full list; ``None`` where that cannot be read, so that there is no entry."""
    if entry.contents is not None:
        return entry
    match read_record(entry.root / FULL, _FULL_KIND, _FULL_VERSION):
        case (tuple(rows), tuple(folders)):
            return entry._replace(contents=_together(entry, _files(rows), folders))
        case _:
            return None


def read_contents(entry: WheelEntry) -> WheelContents:
    """Give the full list of an entry. Raises :class:`FileTrouble` where it is damaged or gone.

    What :meth:`WheelStore.check` and :meth:`WheelStore.put` gave has it already, unless it was checked for
    links to folders alone: then it is read here.
    """
    found = with_contents(entry)
    if found is None or found.contents is None:
        raise file_trouble(OSError("the list of the files of a wheel is damaged"), entry.root / FULL)
    return found.contents


def _together(entry: WheelEntry, inner: tuple[WheelFile, ...], folders: tuple[str, ...]) -> WheelContents:
    payload = inner
    if entry.spots.files:
        payload = tuple(sorted((*entry.spots.files, *inner), key=itemgetter(0)))
    return WheelContents((*payload, *entry.dist_files), folders)


def replaced(
    entry: WheelEntry, files: Iterable[WheelFile], data: tuple[tuple[str, tuple[WheelFile, ...]], ...]
) -> WheelEntry:
    """Give the entry with other facts about the same files, in the order of :meth:`WheelEntry.by_scheme`."""
    contents = read_contents(entry)._replace(files=tuple(files))
    new = {file.path: file for file in contents.files}
    return entry._replace(
        data=data,
        dist_files=tuple([new[file.path] for file in entry.dist_files]),
        spots=entry.spots._replace(files=tuple([new[file.path] for file in entry.spots.files])),
        contents=contents,
    )


def encoded(entry: WheelEntry) -> tuple[bytes, bytes]:
    """Give the two records of an entry with its contents, as bytes: the full list, and the head."""
    return (
        encode_record(_FULL_KIND, _FULL_VERSION, _full_value(entry)),
        encode_record(_HEAD_KIND, HEAD_VERSION, head_value(entry)),
    )


def _full_value(entry: WheelEntry) -> tuple[Any, ...]:
    contents = read_contents(entry)
    in_head = {file.path for file in (*entry.spots.files, *entry.dist_files)}
    return (_rows(file for file in contents.files if file.path not in in_head), contents.folders)


def _rows(values: Iterable[tuple[Any, ...]]) -> Any:
    return tuple(map(tuple, values))


def _files(rows: Iterable[Any]) -> tuple[WheelFile, ...]:
    # By the thousand: the class's own constructor would be called from Python for each.
    return cast("tuple[WheelFile, ...]", tuple(map(partial(tuple.__new__, WheelFile), rows)))
