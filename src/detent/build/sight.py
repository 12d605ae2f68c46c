"""Where one has to look to know that the key of an editable wheel is what it was, without making it anew.

As careful as :mod:`detent.build.key`: what it reads is named here, and what cannot be told by a few files
and the names in a few folders has no answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from detent.build.cache_keys import plain_files
from detent.build.inputs import (
    Table,
    files_seen,
    importable_folders,
    importable_paths,
    table,
    takes_version_from_git,
    texts,
)
from detent.named import NamedTuple
from detent.project.building import cache_keys_of

_GLOB = frozenset("*?[")
_USUAL_LICENCES = ("LICEN", "COPYING", "NOTICE", "AUTHORS")
"""What begins with these is noticed among the names of the project's folder."""


class Sight(NamedTuple):
    """Paths relative to the project; not all of them are there."""

    files: tuple[str, ...]
    """What is in them counts."""
    folders: tuple[str, ...]
    """The names that can be imported from there count, and those of licences."""
    packages: tuple[str, ...]
    """Whether they are there counts."""
    listed: tuple[str, ...]
    """Folders of which every name counts."""


def editable_sight(
    root: Path, manifest: Table, *, config_settings: Mapping[str, str | Sequence[str]]
) -> Sight | None:
    """Give what the key of the editable wheel of ``root`` is made of; ``None`` where looking is not enough.

    That is where the version comes from commits, where every file of the tree counts, where a `setup.py` may
    read what it likes, and where `cache-keys` name more than files one by one.
    """
    keys = cache_keys_of(manifest)
    if keys is not None:
        named = plain_files(keys)
        return None if named is None else Sight(named, (), (), ())
    is_whole = any(key.replace("-", "_") == "editable_mode" for key in config_settings)
    if is_whole or takes_version_from_git(root, manifest) or (root / "setup.py").exists():
        return None
    listed = _folders_of_licences(table(manifest, "project").get("license-files"))
    if listed is None:
        return None
    folders = importable_folders(root, manifest)
    files = dict.fromkeys(files_seen(root, manifest, folders))
    paths = importable_paths(manifest)
    return Sight(tuple(files), paths, tuple(_packages(root, paths)), tuple(sorted(listed)))


def _packages(root: Path, folders: Sequence[str]) -> Iterator[str]:
    """Give what makes a package of a folder, for whatever could be one."""
    for folder in folders:
        place = root / folder
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            if path.name.isidentifier():
                yield f"{folder}/{path.name}/__init__.py".lstrip("/")


def _folders_of_licences(written: object) -> set[str] | None:
    """Give the folders in which patterns for licences look; ``None`` where that is not so simple."""
    patterns = written if isinstance(written, list) else [] if written is None else None
    if patterns is None:
        return None
    folders: set[str] = set()
    for pattern in texts(patterns):
        folder, _, name = pattern.rpartition("/")
        if not _GLOB.intersection(pattern) or (not folder and name.startswith(_USUAL_LICENCES)):
            continue
        if not folder or _GLOB.intersection(folder):
            return None
        folders.add(folder)
    return folders
