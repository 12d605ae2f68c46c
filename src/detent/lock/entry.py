"""One `[[packages]]` entry of a pylock.toml (PEP 751), read and written.

Reading refuses what could install something else than was locked: files without a strong hash, file names
that do not parse or belong to another project or version, several sources at once. Keys it does not know
are left alone. Writing follows the layout in docs/reference/lock.md: one file,
one requirement, one dependency per line.
"""

import re
from collections.abc import Iterable
from datetime import timedelta

from detent.lock.filename import (
    canonical_version,
    is_url,
    name_in_location,
    same_version,
    split_sdist,
    split_wheel,
    without_secrets,
)
from detent.lock.model import Direct, Edge, LockedPackage
from detent.lock.tables import EPOCH, Fault, Table, need, seconds, subtable, tables, take, text, texts
from detent.lock.toml import array
from detent.model.attestations import KEY as ATTESTATIONS
from detent.model.attestations import identity_text
from detent.model.candidate import STRONG_HASHES, Artifact, Digest
from detent.model.requirement import ExtraName, PackageName, extra_name, package_name
from detent.model.toml_text import key, quoted

_STRONG = {algorithm: re.compile(f"[0-9a-f]{{{digits}}}") for algorithm, digits in STRONG_HASHES.items()}

_BUILT = "built"
_KINDS = ("vcs", "directory", "archive")
_WITH_TREE = ("submodules", "lfs")
"""What else of a repository is fetched."""
_COMMIT = re.compile(r"[0-9A-Fa-f]{4,64}")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\]")


# ---- reading ---------------------------------------------------------------------------------


def read_entry(table: Table) -> LockedPackage:
    """Read one entry; raises :class:`Fault` for the first thing it may not say."""
    name = _named(table)
    version = _version(table)
    sdist, wheels, direct = _sources(table, name, version)
    if direct is not None and direct.kind != "archive":
        version = ""  # what they hold may change, so the standard forbids one
    elif not version and wheels:
        version = canonical_version(split_wheel(wheels[0].filename).version)
    elif not version and sdist and direct is None:
        version = canonical_version(split_sdist(sdist.filename)[1])
    try:
        own = subtable(table, "tool", "detent") or {}
        is_built = text(own, "metadata") == _BUILT
        requires, extras = texts(own, "requires"), _extras(own)
        held_version = _version(own) if direct is not None and direct.kind != "archive" else ""
        if direct is not None and direct.kind == "vcs":
            direct = direct._replace(
                submodules=take(own, "submodules", bool) or False, lfs=take(own, "lfs", bool) or False
            )
        elif direct is not None and direct.kind == "directory":
            direct = direct._replace(is_package=take(own, "package", bool) is not False)
    except Fault as fault:
        raise fault.below("tool.detent") if not fault.key.startswith("tool") else fault from None
    return LockedPackage(
        name=name,
        version=version,
        marker=text(table, "marker"),
        dependencies=_edges(table),
        index=_index(table),
        sdist=sdist,
        wheels=wheels,
        direct=direct,
        requires=requires,
        extras=extras,
        requires_python=text(table, "requires-python"),
        is_built=is_built,
        held_version=held_version,
        attestations=_attestations(table) if ATTESTATIONS in table else (),
    )


def _attestations(table: Table) -> tuple[str, ...]:
    found = set()
    for number, row in enumerate(tables(table, ATTESTATIONS)):
        try:
            found.add(identity_text(row))
        except ValueError as error:
            raise Fault(f"{ATTESTATIONS}[{number}]", f"is no identity: {error}") from None
    return tuple(sorted(found))


def _version(table: Table) -> str:
    version = text(table, "version")
    try:
        return canonical_version(version) if version else ""
    except ValueError as error:
        raise Fault("version", f"is not valid: {error}") from None


def _named(table: Table) -> PackageName:
    try:
        return package_name(need(table, "name", str))
    except Fault:
        raise
    except ValueError as error:
        raise Fault("name", f"is not valid: {error}") from None


def _index(table: Table) -> str:
    """Read the address of an index, of which other tools may have written down a password."""
    url = text(table, "index")
    return without_secrets(url) if "@" in url else url


def _edges(table: Table) -> tuple[Edge, ...]:
    found = []
    for number, row in enumerate(tables(table, "dependencies")):
        try:
            if "name" in row:
                found.append(Edge(_named(row), text(row, "version"), _index(row), _end(row)))
        except Fault as fault:
            raise fault.below(f"dependencies[{number}]") from None
    return tuple(found)


def _end(row: Table) -> Direct | None:
    """Read which source an edge leads to; nobody need say all of it."""
    kind = next((kind for kind in _KINDS if kind in row), "")
    if not kind:
        return None
    source = need(row, kind, dict)
    try:
        return Direct(
            kind,
            without_secrets(text(source, "url") or text(source, "path")),
            text(source, "type"),
            commit=text(source, "commit-id"),
            subdirectory=text(source, "subdirectory"),
        )
    except Fault as fault:
        raise fault.below(kind) from None


def _extras(own: Table) -> tuple[tuple[ExtraName, tuple[str, ...]], ...]:
    by_extra = subtable(own, "extras") or {}
    try:
        return tuple(sorted((extra_name(extra), texts(by_extra, extra)) for extra in by_extra))
    except Fault as fault:
        raise fault.below("extras") from None
    except ValueError as error:
        raise Fault("extras", f"is not valid: {error}") from None


def _sources(
    table: Table, name: PackageName, version: str
) -> tuple[Artifact | None, tuple[Artifact, ...], Direct | None]:
    wheel_rows = tables(table, "wheels")
    given = [kind for kind in _KINDS if subtable(table, kind) is not None]
    if wheel_rows or subtable(table, "sdist") is not None:
        given.append("wheels or sdist")
    if len(given) != 1:
        words = " and ".join(f"`{kind}`" for kind in given)
        raise Fault(
            "", f"has several sources, {words}" if given else "has no source: no file, vcs or directory"
        )
    if given[0] == "wheels or sdist":
        check = _Names(name, version)
        wheels = [check.wheel(row, f"wheels[{number}]") for number, row in enumerate(wheel_rows)]
        row = subtable(table, "sdist")
        sdist = None if row is None else check.sdist(row)
        return sdist, tuple(sorted(wheels, key=lambda wheel: wheel.filename)), None
    row = need(table, given[0], dict)
    try:
        if given[0] == "archive":
            return _archive(row, name, version)
        return None, (), _direct(given[0], row)
    except Fault as fault:
        raise fault.below(given[0]) from None


def _direct(kind: str, row: Table) -> Direct:
    location = without_secrets(_location(row) if kind == "vcs" else need(row, "path", str))
    vcs = need(row, "type", str) if kind == "vcs" else ""
    commit = need(row, "commit-id", str) if kind == "vcs" else ""
    if vcs == "git" and not _COMMIT.fullmatch(commit):
        raise Fault("commit-id", f"is not a commit: `{commit}`")
    if location.startswith("-") or not location.isprintable():
        raise Fault("url" if kind == "vcs" else "path", f"names no place: `{location}`")
    revision = text(row, "requested-revision")
    if not revision.isprintable():
        raise Fault("requested-revision", f"names no revision: `{revision}`")
    return Direct(
        kind=kind,
        location=location,
        vcs=vcs,
        revision=revision,
        commit=commit,
        subdirectory=_subdirectory(row),
        editable=take(row, "editable", bool) or False,
    )


def _subdirectory(row: Table) -> str:
    below = text(row, "subdirectory")
    parts = re.split(r"[/\\]", below)
    if below and (parts[0] == "" or ".." in parts or ":" in parts[0] or not below.isprintable()):
        raise Fault("subdirectory", f"leads out of its tree: `{below}`")
    return below


def _archive(
    row: Table, name: PackageName, version: str
) -> tuple[Artifact | None, tuple[Artifact, ...], Direct]:
    location = _location(row)
    if not location.isprintable():
        raise Fault("url", f"names no place: `{location}`")
    direct = Direct("archive", without_secrets(location), subdirectory=_subdirectory(row))
    if name_in_location(location).endswith(".whl"):
        return None, (_Names(name, version).wheel(row, ""),), direct
    filename = name_in_location(location)
    if filename in {"", ".", ".."} or _UNSAFE.search(filename):
        raise Fault("url", "does not end in a file name")
    return _artifact(row, filename, location), (), direct


class _Names:
    """Checks that the files of one entry are files of that entry; each spelling is looked at once."""

    def __init__(self, name: PackageName, version: str) -> None:
        self._name = name
        self._version = version
        self._seen: set[tuple[str, str]] = set()

    def wheel(self, row: Table, place: str) -> Artifact:
        try:
            filename, location = _file(row)
            try:
                parts = split_wheel(filename)
                self._check(filename, parts.name, parts.version)
            except ValueError as error:
                raise Fault("name", f"is not a wheel of this entry: {error}") from None
            if not location.endswith(f"/{filename}"):
                self._check_tail(name_in_location(location), filename)
            return _artifact(row, filename, location)
        except Fault as fault:
            raise fault.below(place) if place else fault from None

    def sdist(self, row: Table) -> Artifact:
        try:
            filename, location = _file(row)
            try:
                self._check(filename, *split_sdist(filename))
            except ValueError as error:
                raise Fault("name", f"is not a source distribution of this entry: {error}") from None
            if not location.endswith(f"/{filename}"):
                self._check_tail(name_in_location(location), filename)
            return _artifact(row, filename, location)
        except Fault as fault:
            raise fault.below("sdist") from None

    def _check(self, filename: str, name: str, version: str) -> None:
        if (name, version) in self._seen:
            return
        if package_name(name) != self._name:
            raise ValueError(f"`{filename}` is of the project `{package_name(name)}`, not `{self._name}`")
        found = canonical_version(version)
        if not self._version:
            self._version = found
        if not same_version(found, self._version):
            raise ValueError(f"`{filename}` is of version {found}, not {self._version}")
        self._seen.add((name, version))

    def _check_tail(self, tail: str, filename: str) -> None:
        """Refuse a URL that openly leads to a file of another project than the name beside it says."""
        if tail == filename:
            return
        try:
            name, version = split_wheel(tail)[:2] if tail.endswith(".whl") else split_sdist(tail)
            canonical_version(version)
        except ValueError:
            return  # mirrors may hand out files under names of their own
        try:
            self._check(tail, name, version)
        except ValueError as error:
            raise Fault("url", f"leads to another file than `{filename}`: {error}") from None


def _file(row: Table) -> tuple[str, str]:
    location = _location(row)
    return text(row, "name") or name_in_location(location), location


def _location(row: Table) -> str:
    location = text(row, "url") or text(row, "path")
    if not location:
        raise Fault("url", "is missing, and so is `path`")
    return location


def _artifact(row: Table, filename: str, location: str) -> Artifact:
    size = take(row, "size", int)
    if size is not None and size < 0:
        raise Fault("size", f"is negative: {size}")
    return Artifact(filename, location, _digests(row), size, seconds(row, "upload-time"))


def _digests(row: Table) -> tuple[Digest, ...]:
    hashes = need(row, "hashes", dict)
    found = []
    is_strong = False
    for algorithm, value in hashes.items():
        if type(value) is not str:
            raise Fault(f"hashes.{algorithm}", "must be a string")
        digest = Digest(algorithm, value.lower())
        shape = _STRONG.get(algorithm)
        if shape is not None:
            is_strong = True
            if not shape.fullmatch(digest.value):
                raise Fault(f"hashes.{algorithm}", f"is not a {algorithm} in hexadecimal: `{value}`")
        found.append(digest)
    if not is_strong:
        names = ", ".join(f"`{algorithm}`" for algorithm in sorted(hashes))
        raise Fault("hashes", f"has only {names}; sha256 or stronger is needed" if names else "is empty")
    found.sort()
    return tuple(found)


# ---- writing ---------------------------------------------------------------------------------


def entry_lines(package: LockedPackage, table: str = "packages") -> list[str]:
    """Write one entry, the line of its table first."""
    lines = [f"[[{table}]]", f"name = {quoted(package.name)}"]
    direct = package.direct
    if package.version and (direct is None or direct.kind == "archive"):
        lines.append(f"version = {quoted(package.version)}")
    if package.marker:
        lines.append(f"marker = {quoted(package.marker)}")
    if package.dependencies:
        lines += array("dependencies", map(_edge, package.dependencies))
    if package.index:
        lines.append(f"index = {quoted(package.index)}")
    if direct is not None:
        lines.append(f"{direct.kind} = {_direct_row(direct, package)}")
    else:
        if package.sdist is not None:
            lines.append(f"sdist = {_file_row(package.sdist)}")
        if package.wheels:
            lines += array("wheels", map(_file_row, package.wheels))
    if package.attestations:
        lines += array(ATTESTATIONS, package.attestations)
    with_tree = [name for name in _WITH_TREE if direct is not None and getattr(direct, name)]
    is_package = direct is None or direct.is_package
    if package.held_version or with_tree or not is_package or package.is_built or package.requires:
        lines += ["", "[packages.tool.detent]"]
    if package.held_version:
        lines.append(f"version = {quoted(package.held_version)}")
    lines += [f"{name} = true" for name in with_tree]
    if not is_package:
        lines.append("package = false")
    if package.is_built:
        lines.append(f"metadata = {quoted(_BUILT)}")
    if package.requires:
        lines += array("requires", map(quoted, package.requires))
    if package.extras:
        lines += ["", "[packages.tool.detent.extras]"]
        for extra, requires in package.extras:
            lines += array(key(extra), map(quoted, requires))
    return lines


def _edge(edge: Edge) -> str:
    facts = [f"name = {quoted(edge.name)}"]
    if edge.version:
        facts.append(f"version = {quoted(edge.version)}")
    if edge.index:
        facts.append(f"index = {quoted(edge.index)}")
    if edge.direct is not None:
        facts.append(f"{edge.direct.kind} = {_end_row(edge.direct)}")
    return f"{{{', '.join(facts)}}}"


def _end_row(direct: Direct) -> str:
    facts = [f"type = {quoted(direct.vcs)}"] if direct.vcs else []
    if direct.location:
        # A folder has a path whatever it looks like (PEP 751).
        facts.append(_path(direct) if direct.kind == "directory" else _place(direct.location))
    if direct.commit:
        facts.append(f"commit-id = {quoted(direct.commit)}")
    if direct.subdirectory:
        facts.append(f"subdirectory = {quoted(direct.subdirectory)}")
    return f"{{{', '.join(facts)}}}"


def _file_row(artifact: Artifact) -> str:
    return f"{{name = {quoted(artifact.filename)}, {', '.join(_file_facts(artifact))}}}"


def _file_facts(artifact: Artifact) -> list[str]:
    facts = [_place(artifact.url)]
    if artifact.uploaded_at is not None:
        moment = EPOCH + timedelta(seconds=artifact.uploaded_at)
        facts.append(f"upload-time = {moment.isoformat()[:19]}Z")
    if artifact.size_bytes is not None:
        facts.append(f"size = {artifact.size_bytes}")
    hashes = ", ".join(f"{key(d.algorithm)} = {quoted(d.value)}" for d in artifact.digests)
    facts.append(f"hashes = {{{hashes}}}")
    return facts


def _direct_row(direct: Direct, package: LockedPackage) -> str:
    facts: list[str] = []
    match direct.kind:
        case "vcs":
            facts += [f"type = {quoted(direct.vcs)}", _place(direct.location)]
            if direct.revision:
                facts.append(f"requested-revision = {quoted(direct.revision)}")
            facts.append(f"commit-id = {quoted(direct.commit)}")
        case "directory":
            facts.append(_path(direct))
            if direct.editable:
                facts.append("editable = true")
        case _:
            for artifact in _one(package):
                facts += _file_facts(artifact)
    if direct.subdirectory:
        facts.append(f"subdirectory = {quoted(direct.subdirectory)}")
    return f"{{{', '.join(facts)}}}"


def _path(direct: Direct) -> str:
    return f"path = {quoted(direct.location)}"


def _one(package: LockedPackage) -> Iterable[Artifact]:
    return package.wheels[:1] or ((package.sdist,) if package.sdist else ())


def _place(location: str) -> str:
    return f"{'url' if is_url(location) else 'path'} = {quoted(location)}"
