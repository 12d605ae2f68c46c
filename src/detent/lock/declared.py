"""Is an entry what a source names? Held against each other without looking at what the source holds."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, assert_never
from urllib.parse import quote

from detent.lock.filename import is_url, local_path
from detent.lock.model import LockedPackage
from detent.model.candidate import Artifact
from detent.model.sources import GitSource, IndexSource, PathSource, Source, UrlSource, WorkspaceSource

_NO_INDEXES: Final[Mapping[str, str]] = MappingProxyType({})
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def is_of_index(package: LockedPackage) -> bool:
    """Say whether an entry comes from an index.

    A source distribution of an old form is from an index too, though the standard makes it an archive.
    """
    return package.direct is None or (package.index != "" and package.sdist is not None)


def is_of_source(package: LockedPackage, source: Source, indexes: Mapping[str, str] = _NO_INDEXES) -> bool:
    """Say whether an entry is one that this source could have given; ``indexes`` are addresses by name."""
    direct = package.direct
    match source:
        case IndexSource(index):
            url = indexes.get(index, "")
            is_known = is_url(url) and local_path(url) is None
            return is_of_index(package) and (not is_known or url.rstrip("/") == package.index.rstrip("/"))
        case GitSource(url, revision, _, subdirectory, lfs, submodules):
            if direct is None or (direct.kind, direct.vcs) != ("vcs", "git"):
                return False
            held = (direct.location, direct.subdirectory, direct.lfs, direct.submodules)
            is_there = held == (url, subdirectory, lfs, submodules)
            # A branch or a tag is what it was when it was locked; a commit is one for ever.
            return is_there and (not _COMMIT.fullmatch(revision) or direct.commit == revision)
        case UrlSource(url, subdirectory, hashes):
            if direct is None or (direct.kind, direct.location) != ("archive", url):
                return False
            digests = {tuple(digest) for file in files_of(package) for digest in file.digests}
            return direct.subdirectory == subdirectory and digests >= set(hashes)
        case PathSource(path, _, is_package):
            if direct is None or direct.kind == "vcs" or direct.location != path:
                return False
            # Where nobody said, the folder itself may have.
            return is_package is None or direct.is_package == is_package
        case WorkspaceSource():
            return direct is not None and direct.kind == "directory" and _is_inside(direct.location)
        case _:
            assert_never(source)


def strange_file(package: LockedPackage) -> str:
    """Give a file on this machine that an entry of an index elsewhere names; empty where there is none."""
    if not is_of_index(package) or not package.index or local_path(package.index) is not None:
        return ""
    return next((file.url for file in files_of(package) if local_path(file.url) is not None), "")


def files_of(package: LockedPackage) -> tuple[Artifact, ...]:
    """Give the files of an entry."""
    return (*package.wheels, *(() if package.sdist is None else (package.sdist,)))


def nominal(package: LockedPackage, filename: str) -> str:
    """Give the nominal address of a file of a package."""
    return f"{package.index.rstrip('/')}/{package.name}/{quote(filename)}"


def is_nominal(package: LockedPackage, artifact: Artifact) -> bool:
    """Whether a file's address says only whose it is, so that its index has to be asked where it lies."""
    return bool(package.index) and artifact.url == nominal(package, artifact.filename)


def _is_inside(path: str) -> bool:
    return not is_url(path) and not path.startswith(("/", "../")) and path != ".."
