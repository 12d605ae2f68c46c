"""What a source tree says of itself without being built, as far as that can be trusted.

The rules are those of :mod:`detent.index.sdists`; here the name and the version are not known before.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from detent.build.inputs import contents
from detent.errors.fetch import MetadataInvalid
from detent.index.metadata import read_header
from detent.index.sdists import PKG_INFO, PYPROJECT, static_metadata
from detent.model.candidate import SDIST_ENDINGS, Metadata
from detent.model.names import package_name
from detent.model.requirement import PackageName
from detent.ops.folders import is_package


def manifest_of(folder: Path) -> bytes:
    """Read the pyproject.toml of a folder; nothing where there is none in it."""
    path = folder / PYPROJECT
    return contents(path) if Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)) else b""


def metadata_of_files(members: Mapping[str, bytes]) -> Metadata | None:
    """Read what the files of a source say, whatever it is called."""
    single = read_header(members.get(PKG_INFO, b"")).single
    name, version = single.get("name", ""), single.get("version", "")
    if not name:
        project = _project(members.get(PYPROJECT, b""))
        name, version = str(project.get("name", "")), str(project.get("version", ""))
    try:
        return static_metadata(f"{package_name(name)}-{version}{SDIST_ENDINGS[0]}", members)
    except (ValueError, MetadataInvalid):
        return None


def says_package(manifest: bytes) -> bool:
    """Say whether a folder is to be installed, by its own word."""
    try:
        return is_package(tomllib.loads(manifest.decode()))
    except (ValueError, AttributeError, TypeError, RecursionError):
        return True


def written_name(folder: Path) -> PackageName | None:
    """Read the name that a folder gives itself, where a back end has no say in it."""
    name = _project(manifest_of(folder)).get("name")
    try:
        return package_name(name) if isinstance(name, str) else None
    except ValueError:
        return None


def _project(manifest: bytes) -> Mapping[str, object]:
    try:
        project = tomllib.loads(manifest.decode()).get("project")
    except (ValueError, RecursionError):
        return {}
    return project if isinstance(project, dict) else {}


def metadata_of_folder(folder: Path) -> Metadata | None:
    """Read the `[project]` table of a folder, whose PKG-INFO may be of any age."""
    return metadata_of_files({PYPROJECT: manifest_of(folder)})
