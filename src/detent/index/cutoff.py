"""An index as it was before some moment: releases without what was uploaded then or later (PEP 700).

Only the few releases with files on both sides of the moment have to be looked at file by file. One without a
file of before stays in the listing, as the index has it: whoever chooses versions refuses it with its
reason. Nothing kept on disk depends on a cutoff. Pure.
"""

from collections.abc import Callable, Iterable, Mapping

from detent.index.grouping import release_of, uploads
from detent.index.listings import KeptListing
from detent.index.rows import UPLOADED, Row, artifact_of, uploaded_at
from detent.model.candidate import Artifact
from detent.model.versions import Release
from detent.named import NamedTuple


class View(NamedTuple):
    """A project as a cutoff lets it be seen."""

    releases: tuple[Release, ...]
    visible: Mapping[str, tuple[Artifact, ...]]
    """By version, what is left of the releases that lost a file; maybe nothing."""


def view(listing: KeptListing, moment: int, files: Callable[[str], Iterable[Row]]) -> View:
    """Leave out what was uploaded at the moment or later, or nobody knows when.

    ``files`` gives those of a release.
    """
    releases: list[Release] = []
    visible: dict[str, tuple[Artifact, ...]] = {}
    for release, latest in zip(listing.releases(), listing.latest, strict=True):
        shown = release
        if latest is None or latest >= moment:
            version = release.version
            is_over = release.uploaded_at is None or release.uploaded_at >= moment
            rows = [] if is_over else [row for row in files(version) if _is_before(row, moment)]
            visible[version] = tuple(map(artifact_of, rows))
            if rows:
                shown = release_of(version, release.key, rows, uploads(rows).first)
        releases.append(shown)
    return View(tuple(releases), visible)


def _is_before(row: Row, moment: int) -> bool:
    uploaded = uploaded_at(row[UPLOADED])
    return uploaded is not None and uploaded < moment
