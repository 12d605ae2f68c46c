"""The files of a project, put together as releases: what a release says is what its files say together.

Light to import, since a warm lock under an upload cutoff puts some releases together anew from fewer files
(:mod:`detent.index.cutoff`). Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from packaging.version import Version

from detent.model.candidate import SDIST_ENDINGS, Artifact
from detent.model.versions import Release, VersionKey, version_key
from detent.model.wheel_tags import pythons_of_wheels

ANY_TIME: Final = 2**62
"""In place of the last upload where the index says it of some files of a release only."""

_LOCKABLE_ENDINGS = (".tar.gz", ".zip")


class Project(NamedTuple):
    """A page, put in order: the same for any order of its entries."""

    releases: tuple[Release, ...]
    """Oldest first."""
    artifacts: Mapping[str, tuple[Artifact, ...]]
    """By the version text of the release, each sorted by file name."""
    latest: tuple[int | None, ...]
    """The last upload of each release, see :func:`last_upload`."""


def group(found: Iterable[tuple[Version, Artifact]]) -> Project:
    """Put the files of a page together as releases, oldest first."""
    by_version: dict[Version, list[tuple[Version, Artifact]]] = {}
    for pair in found:
        by_version.setdefault(pair[0], []).append(pair)
    by_key = {version_key(version): pairs for version, pairs in by_version.items()}
    releases: list[Release] = []
    artifacts: dict[str, tuple[Artifact, ...]] = {}
    for key in sorted(by_key):
        # 1.0 and 1.0.0 are one version; the text is that of the first file by name, on every machine.
        pairs = sorted(by_key[key], key=lambda pair: pair[1].filename)
        best = min(_form(artifact) for _, artifact in pairs)
        files = tuple(artifact for _, artifact in pairs if _form(artifact) == best)
        text = str(pairs[0][0])
        artifacts[text] = files
        releases.append(release_of(text, key, files))
    return Project(tuple(releases), artifacts, tuple(map(last_upload, artifacts.values())))


def _form(artifact: Artifact) -> int:
    """Say how usable the form of a file is; what a release has of a worse form than its best is left out.

    0: wheels and what a lock may name as a source distribution (PEP 625, 751); 1: what can be unpacked;
    2: the rest, kept where there is nothing else, so that it can be said why the release cannot be used.
    """
    if artifact.filename.endswith((".whl", *_LOCKABLE_ENDINGS)):
        return 0
    return 1 if artifact.filename.endswith(SDIST_ENDINGS) else 2


def release_of(version: str, key: VersionKey, files: Sequence[Artifact]) -> Release:
    """Say of a release what its files, sorted by name, say together."""
    wheels = [f for f in files if f.is_wheel]
    kept = [f.filename for f in wheels if f.yanked is None]
    return Release(
        version=version,
        key=key,
        # The wheels speak before the source distribution.
        requires_python=next((f.requires_python for f in (*wheels, *files) if f.requires_python), ""),
        has_wheel=bool(wheels),
        has_sdist=len(wheels) < len(files),
        yanked=all(f.yanked is not None for f in files),
        uploaded_at=min((f.uploaded_at for f in files if f.uploaded_at is not None), default=None),
        # Yanked wheels are only looked at where there are no others.
        wheel_pythons=pythons_of_wheels(kept or [f.filename for f in wheels]),
    )


def last_upload(files: Sequence[Artifact]) -> int | None:
    """When the last of these files was uploaded; ``None`` where the index says it of none of them."""
    moments = [f.uploaded_at for f in files if f.uploaded_at is not None]
    if not moments:
        return None
    return max(moments) if len(moments) == len(files) else ANY_TIME


def speaking(files: Sequence[Artifact]) -> Sequence[Artifact]:
    """The files of a release that may tell its metadata: its wheels, where it has some."""
    return [file for file in files if file.is_wheel] or files
