"""Core metadata: the few header fields of METADATA and PKG-INFO that say what a release demands.

Follows the core metadata specification (PEP 241 to 685) and takes nothing on trust: what is of another
project or version than its file, or names what cannot be read, raises. Where such a file is found is for
:mod:`detent.index.ladder`; pure.
"""

from collections.abc import Iterator, Mapping, Sequence

from packaging.version import InvalidVersion, Version

from detent.errors.fetch import MetadataInvalid
from detent.model.candidate import SDIST_ENDINGS, Dependency, Metadata
from detent.model.dependency import parse_dependency
from detent.model.requirement import ExtraName, InvalidRequirement, PackageName, extra_name, package_name
from detent.named import NamedTuple

_SINGLE = frozenset({"metadata-version", "name", "version", "requires-python"})
_SEVERAL = frozenset({"requires-dist", "provides-extra", "dynamic"})


class Header(NamedTuple):
    """The fields that are wanted, their names in lower case."""

    single: Mapping[str, str]
    """Those that stand once; of several the first."""
    several: Mapping[str, Sequence[str]]
    """Those that may stand often; each is there."""


def parse_metadata(raw: bytes, filename: str) -> Metadata:
    """Read the header of a METADATA or PKG-INFO that belongs to the file ``filename``.

    Raises :class:`MetadataInvalid` when it is none, or of another project or version.
    """
    single, several = read_header(raw)
    name, version = _identity(single, filename)
    try:
        extras = sorted({extra_name(text) for text in several["provides-extra"]})
    except ValueError as fault:
        raise MetadataInvalid(filename, f"it declares an extra whose name is not valid: {fault}") from fault
    base: list[Dependency] = []
    by_extra: dict[ExtraName, list[Dependency]] = {extra: [] for extra in extras}
    for text in several["requires-dist"]:
        try:
            rows = parse_dependency(text, extras)
        except InvalidRequirement as fault:
            raise MetadataInvalid(filename, f"`{text!a}` in it is not valid: {fault.reason}") from fault
        for extra, dependency in rows:
            (base if extra is None else by_extra[extra]).append(dependency)
    return Metadata(
        name=name,
        version=str(version),
        requires_python=single.get("requires-python", ""),
        base=tuple(base),
        extras=tuple((extra, tuple(by_extra[extra])) for extra in extras),
    )


def read_header(raw: bytes) -> Header:
    """Read the wanted fields; the description after the first blank line is never looked at."""
    head = raw.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    single: dict[str, str] = {}
    several: dict[str, list[str]] = {field: [] for field in _SEVERAL}
    # A line that begins with a blank goes on with the one before.
    text = head.decode("utf-8", "replace").replace("\n ", " ").replace("\n\t", " ")
    for line in text.split("\n"):
        field, colon, value = line.partition(":")
        field = field.lower()
        if not colon:
            continue
        if field in _SINGLE:
            single.setdefault(field, value.strip())
        elif field in _SEVERAL:
            several[field].append(value.strip())
    return Header(single, several)


def _identity(single: Mapping[str, str], filename: str) -> tuple[PackageName, Version]:
    try:
        name, version = package_name(single["name"]), Version(single["version"])
    except KeyError as fault:
        raise MetadataInvalid(filename, f"it has no `{fault.args[0]}` field") from fault
    except (ValueError, InvalidVersion) as fault:
        raise MetadataInvalid(filename, "its name or version is not valid") from fault
    if not belongs(filename, name, version):
        raise MetadataInvalid(filename, f"it is the metadata of `{name} {version}`")
    return name, version


def belongs(filename: str, name: PackageName, version: Version) -> bool:
    """Whether a wheel or source distribution of this name is of this project and version."""
    return any(_says(*parts, name, version) for parts in _parts(filename))


def _parts(filename: str) -> Iterator[tuple[str, str]]:
    """Give what may be the name and the version; old names of source distributions hold dashes in both."""
    if filename.endswith(".whl"):
        its_name, _, rest = filename.partition("-")
        yield its_name, rest.partition("-")[0].replace("_", "-")
        return
    ending = next((ending for ending in SDIST_ENDINGS if filename.endswith(ending)), "")
    parts = filename.removesuffix(ending).split("-")
    for place in range(1, len(parts)):
        yield "-".join(parts[:place]), "-".join(parts[place:])


def _says(its_name: str, its_version: str, name: PackageName, version: Version) -> bool:
    try:
        return package_name(its_name) == name and Version(its_version) == version
    except (ValueError, InvalidVersion):
        return False
