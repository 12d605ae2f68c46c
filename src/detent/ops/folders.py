"""What folders that a lock names say of themselves now, against what they said when it was made.

Commits and files, which stay as they are, are held to the same by whoever doubts a lock. Read from the
`[project]` table alone, where nothing that counts is dynamic: no network, no build, and next to nothing is
imported, since every check of a lock with such a folder comes by.
"""

import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from detent.lock.builds import OPTION, changed_builds
from detent.lock.filename import canonical_version, is_url
from detent.lock.model import Direct, Lock, LockedPackage
from detent.model import markers
from detent.model.candidate import Dependency, Metadata
from detent.model.dependency import parse_dependency
from detent.model.inputs import Inputs
from detent.model.markers import Marker
from detent.model.names import ExtraName, extra_name
from detent.model.references import DirectSource, normalised_path, read_reference, reference_text
from detent.model.requirement import PackageName, parse_requirement
from detent.model.sources import GitSource, IndexSource, PathSource, Source, SourceRule, WorkspaceSource
from detent.model.specifiers import canonical_specifier
from detent.named import NamedTuple
from detent.ops.discover import MANIFEST_NAME
from detent.project.conflicts import Declared
from detent.project.document import parse_document
from detent.project.source_tables import read_sources

_COUNTS = frozenset(("name", "version", "dependencies", "optional-dependencies", "requires-python"))


class _Said(NamedTuple):
    """What a folder says."""

    version: str
    requires_python: str
    base: tuple[Dependency, ...]
    extras: Mapping[ExtraName, tuple[Dependency, ...]]
    rules: tuple[SourceRule, ...]
    """Where it has its dependencies from, paths as seen from the lock."""
    is_package: bool


def changed_folders(
    root: Path, inputs: Inputs, lock: Lock, manifests: Mapping[str, bytes] | None = None
) -> tuple[str, ...]:
    """Say in words which folders of the lock differ from it; paths begin at ``root``.

    ``manifests`` count in place of those on disk, by their folder.
    """
    if lock.inputs is None:
        return ()
    found = tuple(
        difference
        for package in lock.packages
        if package.direct is not None and package.direct.kind == "directory"
        for difference in _differences(root, inputs, package, lock, manifests or {})
    )
    if OPTION not in dict(inputs.options):
        return found
    return (*found, *changed_builds(lock, _built_here(root, inputs, lock, manifests or {})))


def _built_here(
    root: Path, inputs: Inputs, lock: Lock, manifests: Mapping[str, bytes]
) -> Iterator[tuple[PackageName, object]]:
    """Give the pyproject.toml of every folder that is built: of the project, its members, and others."""
    places = {member.name: member.path for member in inputs.members}
    if inputs.name:
        places[inputs.name] = ""
    own = frozenset(places)
    for package in lock.packages:
        direct = package.direct
        if direct is not None and direct.kind == "directory" and not is_url(direct.location):
            places.setdefault(package.name, os.path.join(direct.location, direct.subdirectory))  # noqa: PTH118
    for name, location in places.items():
        try:
            content = manifests.get(location) or (root / location / MANIFEST_NAME).read_bytes()
            data = tomllib.loads(content.decode())
        except (OSError, ValueError, RecursionError):
            continue  # for the build to complain of
        tool = data.get("tool", {}).get("detent", {})
        if is_package(data) and ("build-system" in data or tool.get("package") or name not in own):
            yield name, data


def _differences(
    root: Path, inputs: Inputs, package: LockedPackage, lock: Lock, manifests: Mapping[str, bytes]
) -> Iterator[str]:
    location = package.direct.location if package.direct is not None else ""
    if is_url(location) or _is_stated(inputs, package):
        return
    said = _read(root, location, manifests.get(location))
    if said is not None:  # else only a build can tell
        yield from _compared(said, inputs, package, lock, location)


def is_unread(root: Path, inputs: Inputs, package: LockedPackage, manifests: Mapping[str, bytes]) -> bool:
    """Whether a folder does not say itself what a lock has of it: :func:`changed_folders` is silent then."""
    location = package.direct.location if package.direct is not None else ""
    return (
        is_url(location)
        or _is_stated(inputs, package)
        or _read(root, location, manifests.get(location)) is None
    )


def changed_commit(
    manifest: bytes, inputs: Inputs, package: LockedPackage, lock: Lock
) -> tuple[str, ...] | None:
    """Say how an entry differs from the pyproject.toml at its commit; ``None`` where that does not tell."""
    direct = package.direct
    said = _read(Path(), "", manifest)
    if direct is None or said is None or _is_stated(inputs, package):
        return None
    return tuple(_compared(said, inputs, package, lock, direct.location))


def changed_file(
    metadata: Metadata, inputs: Inputs, package: LockedPackage, lock: Lock, location: str
) -> tuple[str, ...] | None:
    """Say how an entry differs from what its file says of itself; ``None`` where that is not what counts."""
    if _is_stated(inputs, package):
        return None
    extras = dict(metadata.extras)
    said = _Said(metadata.version, metadata.requires_python, metadata.base, extras, (), is_package=True)
    return tuple(_compared(said, inputs, package, lock, location))


def _is_stated(inputs: Inputs, package: LockedPackage) -> bool:
    """Whether the project says in the place of the package what it demands."""
    return any(stated.name == package.name for stated in inputs.adjustments.metadata)


def _compared(
    said: _Said, inputs: Inputs, package: LockedPackage, lock: Lock, location: str
) -> Iterator[str]:
    if said.version != package.known_version:
        was = package.known_version or "another"
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
    was_package = package.direct is None or package.direct.is_package
    if was_package != said.is_package and _decides_itself(inputs, package.name):
        yield f"`{package.name}` in `{location}` is {'a' if said.is_package else 'no'} package now"
    yield from _moved_sources(inputs, package, said, lock)


def _decides_itself(inputs: Inputs, name: PackageName) -> bool:
    """Whether the project leaves it to a folder to say whether it is to be installed."""
    own = [rule.source for rule in inputs.all_sources() if rule.name == name]
    return bool(own) and all(
        isinstance(source, WorkspaceSource) or (isinstance(source, PathSource) and source.package is None)
        for source in own
    )


def _moved_sources(inputs: Inputs, package: LockedPackage, said: _Said, lock: Lock) -> Iterator[str]:
    """Compare where a folder has its dependencies from, as far as the project leaves that to it."""
    extras = [said.extras.get(extra, ()) for extra, _ in package.extras]
    rows = inputs.adjustments.adjusted(
        [row for needs in (said.base, *extras) for row in needs], package.name, said.version
    )
    texts = (package.requires, *(texts for _, texts in package.extras))
    before = [requirement for part in texts for requirement in map(parse_requirement, part)]
    where = markers.and_(markers.requires_python(inputs.requires_python), markers.parse(package.marker))
    decided = {inputs.name, *(rule.name for rule in inputs.all_sources())}
    for name in dict.fromkeys(row.name for row in rows if row.name not in decided):
        needs = [row for row in rows if row.name == name]
        rules = [rule for rule in said.rules if rule.name == name]
        # What holds nowhere in the lock, or takes looking at a workspace, is for the search to settle.
        if not all(_counts(rule, needs, where) for rule in rules):
            continue
        was = {r.url for r in before if r.name == name and r.url and not markers.disjoint(r.marker, where)}
        now = {_as_meant(rule.source, package.direct) for rule in rules} or {
            _referred(row.url, package.direct)
            for row in needs
            if row.url and not markers.disjoint(markers.parse(row.marker), where)
        }
        if now != was and (rules or was):
            yield f"`{package.name}` has `{name}` from {_places(now)} and had it from {_places(was)}"
        for rule in rules:
            if isinstance(rule.source, PathSource):
                yield from _installed_otherwise(rule.name, rule.source, rule.where, lock)


def _referred(url: str, holder: Direct | None) -> str:
    """Give a direct reference in a pyproject.toml as a lock writes it."""
    is_folder = holder is not None and holder.kind == "directory"
    try:
        # Paths in a folder are as seen from the lock, those in a commit begin in its repository.
        source = read_reference(url, base=holder.location if holder is not None and is_folder else "")
    except ValueError:
        return url  # for the search to complain of
    return _as_meant(source, holder)


def _as_meant(source: Source, holder: Direct | None) -> str:
    """Give a source as a lock writes it: a path in a commit is of its repository."""
    if isinstance(source, PathSource) and holder is not None and holder.kind == "vcs":
        below = normalised_path(source.path, holder.subdirectory)
        source = GitSource(
            holder.location,
            holder.revision,
            subdirectory="" if below == "." else below,
            lfs=holder.lfs,
            submodules=holder.submodules,
        )
    return reference_text(source) if isinstance(source, DirectSource) else ""


def _counts(rule: SourceRule, needs: Iterable[Dependency], where: Marker) -> bool:
    here = markers.and_(markers.with_extras(rule.marker, markers.mentions(rule.marker)[0]), where)
    holds = any(not markers.disjoint(here, markers.parse(need.marker)) for need in needs)
    return holds and not isinstance(rule.source, WorkspaceSource)


def _installed_otherwise(name: PackageName, source: PathSource, by: str, lock: Lock) -> Iterator[str]:
    for package in lock.packages:
        direct = package.direct
        if package.name != name or direct is None or direct.kind != "directory":
            continue
        if direct.location == source.path and direct.editable != bool(source.editable):
            yield f"`{name}` is {'editable' if source.editable else 'not editable any more'} ({by})"


def _places(urls: Iterable[str]) -> str:
    return " and ".join(f"`{url}`" for url in sorted(urls)) or "an index"


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


def _read(root: Path, location: str, manifest: bytes | None) -> _Said | None:
    """Read the `[project]` table; ``None`` where only a build can tell, or nothing is there."""
    try:
        if manifest is None:
            with open(os.path.join(root / location, MANIFEST_NAME), "rb") as file:  # noqa: PTH118, PTH123 (every check asks)
                manifest = file.read()
        text = manifest.decode()
        data = tomllib.loads(text)
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
            source_rules(text, location) if "sources" in text else (),
            is_package(data),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _rows(texts: Sequence[str]) -> tuple[Dependency, ...]:
    return tuple(dependency for text in texts for _, dependency in parse_dependency(text, ()))


def source_rules(text: str, location: str) -> tuple[SourceRule, ...]:
    """Read where the pyproject.toml of a folder has its dependencies from, paths as seen from the lock."""
    document = parse_document(text, f"{location}/{MANIFEST_NAME}", location)
    rules = read_sources(document, Declared(PackageName(""), (), (), (), has_all_extras=False), []).rules
    # Groups of a dependency are never on, and the indexes it names are left out.
    return tuple(
        rule
        for rule in rules
        if not markers.mentions(rule.marker)[1] and not isinstance(rule.source, IndexSource)
    )


def is_package(data: Mapping[str, Any]) -> bool:
    """Say whether a folder is to be installed, by the word of its pyproject.toml."""
    tool = data.get("tool", {})
    said = [tool[owner]["package"] for owner in ("detent", "uv") if "package" in tool.get(owner, {})]
    return said[:1] != [False]
