"""The versions other tools have locked, read from their lock files; nothing else of these files is believed.

Hashes, markers and addresses are found anew when detent locks. An entry that did not come from an index (a
repository, a folder, a URL, the project itself) has no version to keep.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from packaging.version import InvalidVersion, Version

from detent.errors.project import ManifestInvalid
from detent.model.requirement import PackageName, package_name
from detent.named import NamedTuple
from detent.project.document import parse_document

_OTHER_SOURCES = ("git", "hg", "svn", "path", "file", "url", "editable", "virtual", "directory")


class Locked(NamedTuple):
    """What a lock file says."""

    display: str
    """The file's name as messages show it."""
    versions: Mapping[PackageName, tuple[str, ...]]
    """Canonical, oldest first; several where environments differ. Sorted by name."""

    @property
    def total(self) -> int:
        """How many versions there are in all."""
        return sum(map(len, self.versions.values()))


class _Entry(NamedTuple):
    name: str
    version: object
    is_from_index: bool


def locked(found: Iterable[tuple[str, str]], display: str) -> Locked:
    """Collect names and versions; what is no version is left out."""
    return _locked((_Entry(name, version, is_from_index=True) for name, version in found), display)


def poetry_lock(text: str, display: str) -> Locked:
    """Read a poetry.lock."""
    return _locked(_packages(text, display, _is_from_index_for_poetry), display)


def uv_lock(text: str, display: str) -> Locked:
    """Read a uv.lock."""
    return _locked(_packages(text, display, _is_from_index_for_uv), display)


def pdm_lock(text: str, display: str) -> Locked:
    """Read a pdm.lock."""
    return _locked(_packages(text, display, _is_from_index_for_pdm), display)


def pipfile_lock(text: str, display: str) -> Locked:
    """Read a Pipfile.lock."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ManifestInvalid(display, "not valid JSON", why=str(error)) from error
    return _locked(_pipfile_entries(data), display)


def _pipfile_entries(data: object) -> Iterator[_Entry]:
    categories = data if isinstance(data, dict) else {}
    for category, packages in categories.items():
        if category == "_meta" or not isinstance(packages, dict):
            continue
        for name, entry in packages.items():
            found = entry if isinstance(entry, dict) else {"version": entry}
            version = found.get("version")
            text = version.removeprefix("==") if isinstance(version, str) else None
            yield _Entry(name, text, not any(key in found for key in _OTHER_SOURCES))


def _packages(
    text: str, display: str, is_from_index: Callable[[Mapping[str, object]], bool]
) -> Iterator[_Entry]:
    packages = parse_document(text, display).data.get("package", [])
    for entry in packages if isinstance(packages, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("name"), str):
            yield _Entry(entry["name"], entry.get("version"), is_from_index(entry))


def _is_from_index_for_poetry(entry: Mapping[str, object]) -> bool:
    source = entry.get("source")
    return not isinstance(source, dict) or source.get("type") in {None, "legacy", "pypi"}


def _is_from_index_for_uv(entry: Mapping[str, object]) -> bool:
    source = entry.get("source")
    return not isinstance(source, dict) or "registry" in source


def _is_from_index_for_pdm(entry: Mapping[str, object]) -> bool:
    return not any(key in entry for key in _OTHER_SOURCES)


def _locked(entries: Iterable[_Entry], display: str) -> Locked:
    versions: dict[PackageName, set[Version]] = {}
    for entry in entries:
        try:
            name = package_name(entry.name)
            version = Version(entry.version) if isinstance(entry.version, str) else None
        except (ValueError, InvalidVersion):
            continue
        if entry.is_from_index and version is not None:
            versions.setdefault(name, set()).add(version)
    by_name = {name: tuple(map(str, sorted(found))) for name, found in sorted(versions.items())}
    return Locked(display, by_name)
