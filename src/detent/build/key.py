"""What a build of a local tree depends on, as short texts to look a built wheel up by.

An editable wheel holds names and paths, not the code: its key covers what a back end looks at to make one, so
that edits of code, groups and settings never rebuild. A wheel proper holds the code: its key covers every
file. Both are asked on every warm sync: a handful of small files is read, of a tree only sizes and times.

Not seen, and so never a reason to build an editable again: the README (its text is in METADATA alone),
sources of extension modules, uncommitted changes, what a `setup.py` reads beside the usual, and variables.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from detent.build import cache_keys
from detent.build.inputs import (
    REQUIREMENTS,
    Table,
    contents,
    files_seen,
    files_written,
    importable_folders,
    parts_built_from,
    requirements_are_copied,
    table,
    takes_version_from_git,
)
from detent.build.revision import revision
from detent.build.trees import tree
from detent.named import NamedTuple
from detent.project.building import CacheKey, Facts, cache_keys_of

ConfigSettings: TypeAlias = Mapping[str, str | Sequence[str]]

_NOTHING: Mapping[str, str] = MappingProxyType({})
_FORMAT = "1"
"""Goes up with every change of what a key covers, or of how a wheel is built."""


class EditableKey(NamedTuple):
    """The two keys of an editable wheel."""

    build: str
    """Changes when a back end could give another wheel."""
    whole: str
    """Changes with it, and with dependencies and extras that are in METADATA alone."""


def editable_key(
    root: Path,
    manifest: Table,
    *,
    interpreter: str,
    config_settings: ConfigSettings,
    facts: Facts = (),
    variables: Mapping[str, str] = _NOTHING,
) -> EditableKey:
    """Give the keys of the editable wheel of the project at ``root``, an absolute path.

    ``manifest`` is its pyproject.toml as parsed, empty where there is none; ``interpreter`` a text that
    names the Python it is built with. ``facts`` are what else is said of the build, ``variables`` those
    that the project's `cache-keys` may name.
    """
    settings = _settled(config_settings)
    seen = _Digest("editable", str(root), interpreter, repr(settings), repr(parts_built_from(manifest)))
    if facts:
        seen.add("facts", repr(facts))
    keys = cache_keys_of(manifest)
    if keys is None:
        _add_usual(seen, root, manifest, settings)
    else:
        _add_named(seen, root, keys, variables)
    project = table(manifest, "project")
    requirements = repr([project.get(key) for key in REQUIREMENTS])
    if not requirements_are_copied(root, manifest):
        seen.add("requirements", requirements)
    build = seen.text()
    seen.add("requirements", requirements)
    return EditableKey(build, seen.text())


def _add_usual(seen: "_Digest", root: Path, manifest: Table, settings: Mapping[str, Sequence[str]]) -> None:
    """Add what back ends are known to look at for an editable wheel."""
    folders = importable_folders(root, manifest)
    for folder in folders:
        seen.add("folder", *folder)
    written: frozenset[str] = frozenset()
    if takes_version_from_git(root, manifest):
        written = frozenset(files_written(manifest))
        seen.add("revision", revision(root) or "")
    for path in dict.fromkeys(files_seen(root, manifest, folders)):
        content = contents(root / path)
        if content and path not in written:
            seen.add("file", path, sha256(content).hexdigest())
    if "strict" in {*settings.get("editable_mode", ()), *settings.get("editable-mode", ())}:
        # Setuptools then links every file on its own, so a new file needs a new wheel.
        seen.add("tree", *(path for path, _ in tree(root)))


def tree_key(
    root: Path,
    manifest: Table,
    *,
    interpreter: str,
    config_settings: ConfigSettings,
    facts: Facts = (),
    variables: Mapping[str, str] = _NOTHING,
) -> str:
    """Give the key of the wheel that is built from the tree at ``root``: every file of it counts.

    Left out are folders of version control, tools and earlier builds, environments, caches, the lock, and the
    files that a back end is told to write the version from git into. Where the tree names `cache-keys`, they
    alone count, and its pyproject.toml.
    """
    seen = _Digest("tree", str(root), interpreter, repr(_settled(config_settings)))
    if facts:
        seen.add("facts", repr(facts))
    keys = cache_keys_of(manifest)
    if keys is not None:
        project = table(manifest, "project")
        seen.add(
            "manifest", repr(parts_built_from(manifest)), repr([project.get(key) for key in REQUIREMENTS])
        )
        _add_named(seen, root, keys, variables)
        return seen.text()
    written: frozenset[str] = frozenset()
    if takes_version_from_git(root, manifest):
        written = frozenset(files_written(manifest))
        seen.add("revision", revision(root) or "")
    for path, state in tree(root):
        if path not in written:
            seen.add(path, state)
    return seen.text()


def _add_named(seen: "_Digest", root: Path, keys: Sequence[CacheKey], variables: Mapping[str, str]) -> None:
    """Add what the folder says to look at."""
    seen.add("cache-keys", *map(repr, keys))
    for row in cache_keys.rows(root, keys, variables):
        seen.add(*row)


class _Digest:
    """A hash over rows of texts; no two sequences of rows are one."""

    def __init__(self, *fields: str) -> None:
        self._hash = sha256()
        self.add(_FORMAT, *fields)

    def add(self, *fields: str) -> None:
        self._hash.update(repr(fields).encode("utf-8", "surrogatepass"))

    def text(self) -> str:
        return self._hash.hexdigest()


def _settled(settings: ConfigSettings) -> dict[str, tuple[str, ...]]:
    return {
        key: (value,) if isinstance(value, str) else tuple(value) for key, value in sorted(settings.items())
    }
