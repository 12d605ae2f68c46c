"""An index as it was before some moment: releases without what was uploaded then or later (PEP 700).

Only the few releases with files on both sides of the moment have to be looked at file by file. One without a
file of before stays in the listing, as the index has it: whoever chooses versions refuses it with its
reason. Nothing kept on disk depends on a cutoff. Pure.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from detent.index.grouping import release_of
from detent.index.listings import KeptListing
from detent.model.candidate import Artifact
from detent.model.versions import Release


class View(NamedTuple):
    """A project as a cutoff lets it be seen."""

    releases: tuple[Release, ...]
    visible: Mapping[str, tuple[Artifact, ...]]
    """By version, what is left of the releases that lost a file; maybe nothing."""


def view(listing: KeptListing, moment: int, files: Callable[[str], tuple[Artifact, ...]]) -> View:
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
            visible[version] = () if is_over else tuple(_before(files(version), moment))
            if visible[version]:
                shown = release_of(version, release.key, visible[version])
        releases.append(shown)
    return View(tuple(releases), visible)


def _before(files: Iterable[Artifact], moment: int) -> Iterable[Artifact]:
    return (file for file in files if file.uploaded_at is not None and file.uploaded_at < moment)
