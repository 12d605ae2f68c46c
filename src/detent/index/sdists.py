"""What a source distribution says of itself without being built, where that can be trusted.

Two files may be believed: PKG-INFO since metadata version 2.2, unless it says that a field is dynamic (PEP
643), and the `[project]` table of pyproject.toml, unless it says so (PEP 621). Older PKG-INFO, `requires.txt`
of an egg-info and `[tool.poetry]` are not: a build may say something else. A dynamic version is no matter:
it was settled when the source distribution was made, and any PKG-INFO has it. Pure.
"""

import re
import tomllib
from collections.abc import Mapping

from packaging.version import InvalidVersion, Version

from detent.index.metadata import belongs, parse_metadata, read_header
from detent.model.candidate import Dependency, Metadata
from detent.model.dependency import parse_dependency
from detent.model.requirement import ExtraName, extra_name, package_name

PKG_INFO, PYPROJECT = "PKG-INFO", "pyproject.toml"
MEMBERS = (PKG_INFO, PYPROJECT)
"""The files to look at, relative to the top folder."""

_WANTED_FIELDS = frozenset(("requires-dist", "provides-extra", "requires-python"))
_WANTED_KEYS = frozenset(("name", "dependencies", "optional-dependencies", "requires-python"))
_RECENT = re.compile(r"2\.([2-9]|[1-9][0-9]+)")


def static_metadata(filename: str, members: Mapping[str, bytes]) -> Metadata | None:
    """Give what the source distribution ``filename`` declares; ``None`` where only a build can tell.

    ``members`` are those of :data:`MEMBERS` that it has. Raises :class:`MetadataInvalid` for a PKG-INFO that
    could be trusted and is of another project or version, or cannot be read.
    """
    raw = members.get(PKG_INFO, b"")
    if _is_static(raw):
        return parse_metadata(raw, filename)
    return _from_pyproject(filename, members.get(PYPROJECT, b""), read_header(raw).single.get("version", ""))


def _is_static(raw: bytes) -> bool:
    single, several = read_header(raw)
    dynamic = {field.lower() for field in several["dynamic"]}
    return bool(_RECENT.fullmatch(single.get("metadata-version", ""))) and not dynamic & _WANTED_FIELDS


def _from_pyproject(filename: str, raw: bytes, settled: str) -> Metadata | None:
    """Read the `[project]` table; what is wrong with it is for the build back end to say.

    ``settled`` is the version that stands in PKG-INFO.
    """
    try:
        document = tomllib.loads(raw.decode())
        project = document.get("project")
        if not isinstance(project, dict) or not _WANTED_KEYS.isdisjoint(project.get("dynamic", ())):
            return None
        if "dependencies" not in project and "poetry" in document.get("tool", {}):
            return None  # Poetry takes them from its own table then, although nothing says so
        is_open = "version" in project.get("dynamic", ())
        name, version = package_name(project["name"]), Version(settled if is_open else project["version"])
        if not belongs(filename, name, version):
            return None
        return Metadata(
            name=name,
            version=str(version),
            requires_python=_text(project.get("requires-python", "")),
            base=_dependencies(project.get("dependencies", [])),
            extras=_extras(project.get("optional-dependencies", {})),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, InvalidVersion):
        return None


def _extras(table: Mapping[str, object]) -> tuple[tuple[ExtraName, tuple[Dependency, ...]], ...]:
    extras = {extra_name(extra): _dependencies(needs) for extra, needs in table.items()}
    if len(extras) < len(table):
        raise ValueError("two extras of one name")
    return tuple(sorted(extras.items()))


def _dependencies(texts: object) -> tuple[Dependency, ...]:
    if not isinstance(texts, list):
        raise TypeError
    rows = (row for text in texts for row in parse_dependency(_text(text), ()))
    return tuple(dependency for _, dependency in rows)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
