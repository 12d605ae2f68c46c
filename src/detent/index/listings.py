"""What is kept of an index between runs: three records per project, as plain values.

A warm lock opens two of them for each project it meets, so they are made for loading: a *listing* holds
columns (no version is parsed), *files* holds the file rows as one undecoded blob per version, and *packed*
holds what was asked of single versions so far (their metadata and files), again one blob each. The last two
carry the stamp of the listing they were made with. Pure: where and when they are written is not decided here.
"""

import marshal
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from detent.model.candidate import Artifact, Dependency, Metadata
from detent.model.requirement import ExtraName, PackageName
from detent.model.versions import Columns, Release, Sets
from detent.named import NamedTuple

LISTING = (b"listing", 5)
FILES = (b"files", 4)
PACKED = (b"packed", 5)
FACTS = (b"facts", 1)
PUBLISHERS = (b"publishers", 1)


class KeptListing(NamedTuple):
    """One project's releases and how long they may be believed."""

    fetched_at: float
    """Seconds since the epoch when the index last said so."""
    fresh_seconds: float
    """From then on; 0: ask again every time."""
    etag: str
    last_modified: str
    stamp: str
    """Equal for equal pages; ``MISSING`` where the index has no such project."""
    columns: Columns
    sets: Sets
    latest: tuple[int | None, ...]
    """The last upload of each release, see :class:`~detent.index.grouping.Uploads`."""

    def is_fresh(self, now: float) -> bool:
        """Whether no question need be asked; a clock that was set back makes it stale."""
        return 0 <= now - self.fetched_at < self.fresh_seconds

    def releases(self) -> list[Release]:
        """The rows, oldest first."""
        return list(map(Release, *self.columns))


MISSING = "missing"


def listing_record(kept: KeptListing) -> tuple[object, ...]:
    """Turn it into the value that is kept."""
    # Marshal writes plain tuples only.
    return (*kept[:-2], tuple(kept.sets), kept.latest)


def listing_from_record(value: object) -> KeptListing | None:
    """Read a listing record; anything of another shape is no record."""
    if not isinstance(value, tuple) or len(value) != len(KeptListing._fields):
        return None
    kept = KeptListing._make(value)
    return kept._replace(sets=Sets._make(kept.sets))


# ---- the files of a project ------------------------------------------------------------------


class KeptFiles(NamedTuple):
    """The file rows of one project, undecoded."""

    stamp: str
    by_version: Mapping[str, bytes]


class Fetched(NamedTuple):
    """What asking the network for a project's page gave."""

    listing: KeptListing
    files: Mapping[str, bytes] | None
    """File rows by version; ``None`` when the kept ones still hold."""


def files_from_record(value: object) -> KeptFiles | None:
    """Read a files record."""
    match value:
        case (str(stamp), dict(by_version)):
            return KeptFiles(stamp, by_version)
        case _:
            return None


def identity(artifact: Artifact) -> str:
    """What facts about a file are remembered by: its sha256, else where it was found."""
    return artifact.sha256 or artifact.url


def publishers_from_record(value: object) -> tuple[str, ...] | None:
    """Read who published a file, as texts of :mod:`detent.model.attestations`; true of it for ever."""
    match value:
        case tuple() if all(isinstance(text, str) for text in value):
            return value
        case _:
            return None


# ---- what was asked of single versions -------------------------------------------------------


class Told(NamedTuple):
    """What one release's metadata came to: a blob of :func:`encode_metadata`, or why there is none."""

    source: str
    """Identity of the file it was read from."""
    answer: bytes | str
    """A text is the reason why the release cannot be used."""


class Buildable(NamedTuple):
    """A source distribution that has to be built before anything is known of it."""

    sdist: Artifact
    archive: Path
    """Where it lies, its hash and size right."""


class Asked(NamedTuple):
    """What asking the network for one release's metadata gave."""

    told: Told
    metadata: Metadata | None
    without_sidecar: tuple[str, ...]
    """Identities of its files that turned out to have no unannounced metadata file."""
    is_lasting: bool = True
    """Whether the answer is a fact about the file, true tomorrow; not so where the file was not to be had."""
    buildable: Buildable | None = None
    """What has to be built to know: then nothing was told yet."""


class Packed(NamedTuple):
    """Everything asked of one project's versions so far."""

    stamp: str
    files: Mapping[str, bytes]
    """Artifacts of the versions whose files were asked for."""
    told: Mapping[str, Told]
    without_sidecar: frozenset[str]
    """Identities of files that were asked for a metadata file nobody announced, and have none."""


NOTHING_PACKED = Packed("", {}, {}, frozenset())


def packed_from_record(value: object) -> Packed | None:
    """Read a packed record."""
    match value:
        case (str(stamp), dict(files), dict(told), tuple(without)):
            return Packed(
                stamp, files, {version: Told(*pair) for version, pair in told.items()}, frozenset(without)
            )
        case _:
            return None


def packed_record(packed: Packed) -> tuple[object, ...]:
    """Turn it into the value that is kept: sorted, and equal blobs stored once."""
    shared: dict[bytes | str, bytes | str] = {}
    told = {
        version: (packed.told[version].source, shared.setdefault(answer, answer))
        for version in sorted(packed.told)
        for answer in (packed.told[version].answer,)
    }
    return (packed.stamp, dict(sorted(packed.files.items())), told, tuple(sorted(packed.without_sidecar)))


def encode_metadata(metadata: Metadata) -> bytes:
    """Pack what a release declares; its name and version are known by where it is kept."""
    base = _rows(metadata.base)
    extras = tuple((str(name), _rows(needs)) for name, needs in metadata.extras)
    return marshal.dumps((metadata.requires_python, base, extras, metadata.is_built), 4)


def decode_metadata(blob: bytes, name: PackageName, version: str) -> Metadata:
    """Unpack what a release declares."""
    requires_python, base, extras, is_built = marshal.loads(blob)  # noqa: S302 (checksummed, own folder)
    return Metadata(name, version, requires_python, _dependencies(base), _extras(extras), is_built)


Row: TypeAlias = tuple[str, tuple[str, ...], str, str, str]
Rows: TypeAlias = tuple[Row, ...]


def _rows(dependencies: tuple[Dependency, ...]) -> Rows:
    # Marshal writes plain tuples only.
    return tuple((d.name, tuple(d.extras), d.specifier, d.marker, d.url) for d in dependencies)


def _dependencies(rows: Rows) -> tuple[Dependency, ...]:
    return tuple(map(Dependency._make, rows))


def _extras(rows: tuple[tuple[ExtraName, Rows], ...]) -> tuple[tuple[ExtraName, tuple[Dependency, ...]], ...]:
    return tuple((name, _dependencies(needs)) for name, needs in rows)
