"""What folders that a lock names say of themselves now, against what they said when it was made.

Read from the `[project]` table alone, where nothing that counts is dynamic: no network, no build, and next to
nothing is imported, since every check of a lock with such a folder comes by.
"""

import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from detent.lock.filename import canonical_version, is_url
from detent.lock.model import Lock, LockedPackage
from detent.model import markers
from detent.model.candidate import Dependency
from detent.model.dependency import parse_dependency
from detent.model.inputs import Inputs
from detent.model.names import ExtraName, extra_name
from detent.model.requirement import parse_requirement
from detent.model.specifiers import canonical_specifier
from detent.named import NamedTuple
from detent.ops.discover import MANIFEST_NAME

_COUNTS = frozenset(("name", "version", "dependencies", "optional-dependencies", "requires-python"))


class _Said(NamedTuple):
    """What a folder says."""

    version: str
    requires_python: str
    base: tuple[Dependency, ...]
    extras: Mapping[ExtraName, tuple[Dependency, ...]]


def changed_folders(root: Path, inputs: Inputs, lock: Lock) -> tuple[str, ...]:
    """Say in words which folders of the lock differ from it; paths begin at ``root``."""
    if lock.inputs is None:
        return ()
    return tuple(
        difference
        for package in lock.packages
        if package.direct is not None and package.direct.kind == "directory"
        for difference in _differences(root, inputs, package)
    )


def _differences(root: Path, inputs: Inputs, package: LockedPackage) -> Iterator[str]:
    location = package.direct.location if package.direct is not None else ""
    if is_url(location) or any(stated.name == package.name for stated in inputs.adjustments.metadata):
        return
    said = _read(root / location)
    if said is None:
        return  # only a build can tell
    if said.version != package.held_version:
        was = package.held_version or "another"
        yield f"`{package.name}` in `{location}` is {said.version} and was {was}"

    def texts(rows: Sequence[Dependency]) -> tuple[str, ...]:
        return tuple(
            sorted({str(row) for row in inputs.adjustments.adjusted(rows, package.name, said.version)})
        )

    where = f"the dependencies of `{package.name}` in `{location}`"
    yield from _moved(package.requires, texts(said.base), where)
    for extra, requires in package.extras:
        rows = said.extras.get(extra)
        if rows is None:
            yield f"`{package.name}` in `{location}` does not have the extra `{extra}` any more"
        else:
            yield from _moved(
                requires, texts(rows), f"the extra `{extra}` of `{package.name}` in `{location}`"
            )
    wanted = markers.and_(markers.requires_python(inputs.requires_python), markers.parse(package.marker))
    if said.requires_python and markers.disjoint(wanted, markers.requires_python(said.requires_python)):
        yield f"`{package.name}` in `{location}` needs Python {said.requires_python}"


def _moved(was: Iterable[str], now: Iterable[str], where: str) -> Iterator[str]:
    """Compare two lists of requirements.

    A lock has more to say of what comes from a place: which one it is as seen from the lock, and that of what
    the folder's own sources name. A line with a URL is as it was when there is one of the package in both.
    """
    before, after = _by_place(was), _by_place(now)
    yield from (f"`{text}` was added to {where}" for key, text in after.items() if key not in before)
    names = {name for name, _ in after}
    for (name, line), text in before.items():
        if (name, line) not in after and (line or name not in names):
            yield f"`{text}` was removed from {where}"


def _by_place(texts: Iterable[str]) -> dict[tuple[str, str], str]:
    """Give lines by their package and all they say; of one with a URL by the package alone."""
    found: dict[tuple[str, str], str] = {}
    for text in texts:
        requirement = parse_requirement(text)
        found[requirement.name, "" if requirement.url else text] = text
    return found


def _read(folder: Path) -> _Said | None:
    """Read the `[project]` table; ``None`` where only a build can tell, or nothing is there."""
    try:
        with open(os.path.join(folder, MANIFEST_NAME), "rb") as file:  # noqa: PTH118, PTH123 (every check asks)
            data = tomllib.load(file)
        project = data["project"]
        is_of_poetry = "dependencies" not in project and "poetry" in data.get("tool", {})
        if is_of_poetry or not _COUNTS.isdisjoint(project.get("dynamic", ())):
            return None
        extras = {
            extra_name(key): _rows(texts) for key, texts in project.get("optional-dependencies", {}).items()
        }
        return _Said(
            canonical_version(project["version"]),
            canonical_specifier(project.get("requires-python", "")),
            _rows(project.get("dependencies", [])),
            extras,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _rows(texts: Sequence[str]) -> tuple[Dependency, ...]:
    return tuple(dependency for text in texts for _, dependency in parse_dependency(text, ()))
