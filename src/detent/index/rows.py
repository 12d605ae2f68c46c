"""One file of an index as a plain tuple, and an :class:`Artifact` only when one is asked for.

A page of a big project lists thousands of files, of which a lock names a few. Rows are what marshal can
write; those of one release are kept as one blob. Light to import, and pure.
"""

import marshal
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, TypeAlias

from detent.model.candidate import Artifact, Digest

Pairs: TypeAlias = tuple[tuple[str, str], ...]
"""Digests: algorithm and lowercase hex, sorted."""

Said: TypeAlias = tuple[str, str | None, Pairs | None, str]
"""What an index says of a file besides where it is: the last four of an Artifact, from requires-python on.

Files of one release often share it."""

Row: TypeAlias = tuple[str, str | tuple[str], str | Pairs, int | None, str | int | None, Said]
"""One file.

Its name; its folder without the slash, or its whole address as a tuple; its sha256, or all digests; its size;
its upload time in seconds or in the usual form; what is said of it.
"""

FILENAME: Final = 0
UPLOADED: Final = 4
SAID: Final = 5

USUAL_TIME: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z"
"""A moment as most indexes write it, a pattern: down to the second these texts sort as their moments do."""


def encode_rows(rows: Sequence[Row]) -> bytes:
    """Pack the rows of one release."""
    return marshal.dumps(tuple(rows), 4)


def decode_rows(blob: bytes) -> tuple[Row, ...]:
    """Unpack the rows of one release."""
    return marshal.loads(blob)  # type: ignore[no-any-return]  # noqa: S302 (checksummed, own folder)


def row_of(artifact: Artifact) -> Row:
    """Make an artifact a row."""
    metadata = artifact.metadata
    return (
        artifact.filename,
        where_of(artifact.url, artifact.filename),
        artifact.digests[0].value if _is_sha256(artifact.digests) else _pairs(artifact.digests),
        artifact.size_bytes,
        artifact.uploaded_at,
        (
            artifact.requires_python,
            artifact.yanked,
            None if metadata is None else _pairs(metadata),
            artifact.provenance,
        ),
    )


def where_of(url: str, filename: str) -> str | tuple[str]:
    """Give where a file lies; what its name already says is not said twice."""
    folder, _, last = url.rpartition("/")
    return folder if last == filename else (url,)


def _is_sha256(digests: Sequence[Digest]) -> bool:
    return len(digests) == 1 and digests[0].algorithm == "sha256"


def _pairs(digests: Sequence[Digest]) -> Pairs:
    # Marshal writes plain tuples only.
    return tuple((digest.algorithm, digest.value) for digest in digests)


def artifact_of(row: Row) -> Artifact:
    """Make a row the artifact it stands for."""
    filename, where, digests, size, uploaded, (requires_python, yanked, metadata, provenance) = row
    return Artifact(
        filename,
        f"{where}/{filename}" if isinstance(where, str) else where[0],
        (Digest("sha256", digests),) if isinstance(digests, str) else tuple(map(Digest._make, digests)),
        size,
        uploaded_at(uploaded),
        requires_python,
        yanked,
        None if metadata is None else tuple(map(Digest._make, metadata)),
        provenance,
    )


def uploaded_at(told: str | int | None) -> int | None:
    """When a file was uploaded, in seconds since the epoch."""
    return seconds_of(told) if isinstance(told, str) else told


def seconds_of(text: str) -> int | None:
    """Seconds since the epoch of a moment in ISO 8601; without an offset it is meant in UTC."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return int(moment.timestamp())
    except (ValueError, OverflowError):
        return None


def encode_artifacts(artifacts: Iterable[Artifact]) -> bytes:
    """Pack the files of one release."""
    return encode_rows([row_of(artifact) for artifact in artifacts])


def decode_artifacts(blob: bytes) -> tuple[Artifact, ...]:
    """Unpack the files of one release."""
    return tuple(map(artifact_of, decode_rows(blob)))
