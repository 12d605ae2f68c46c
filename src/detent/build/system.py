"""The `[build-system]` of a source tree: which back end builds it, and what has to be there for that.

Follows PEP 518 (`requires`), PEP 517 (`build-backend`, `backend-path`) and their words on trees that have no
such table: those are built by setuptools the way `setup.py` always was. Nothing is started here, and a back
end that does not lie in the tree is not looked for.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from detent.errors.build import BuildSystemInvalid
from detent.errors.project import ManifestInvalid
from detent.fsio import file_trouble
from detent.model.limits import Limits
from detent.model.requirement import InvalidRequirement, parse_requirement
from detent.named import NamedTuple
from detent.project.document import Document, parse_document, type_name

_TABLE = "build-system"
_LEGACY_BACKEND = "setuptools.build_meta:__legacy__"
_LEGACY_REQUIRES = ("setuptools >= 40.8.0",)
_DOTTED = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_BACKEND = re.compile(f"{_DOTTED}(?::{_DOTTED})?")
_MAXIMUM_BYTES = Limits().metadata_bytes


class BuildSystem(NamedTuple):
    """Who builds a source tree."""

    requires: tuple[str, ...]
    """Requirements as they were written; each of them can be read."""
    backend: str
    """``module`` or ``module:object``."""
    backend_path: tuple[str, ...] = ()
    """Folders of the tree, relative, where a back end of its own lies; usually empty."""


LEGACY = BuildSystem(_LEGACY_REQUIRES, _LEGACY_BACKEND)
"""What PEP 517 prescribes for a tree that says nothing."""


def read_build_system(source: Path, *, display: str) -> BuildSystem:
    """Read what the tree's pyproject.toml says; raises :class:`BuildSystemInvalid`.

    ``display`` is the name of that file in messages.
    """
    text = _read_text(source / "pyproject.toml", display)
    if text is None:
        if not _has_setup(source):
            reason = "there is no such file, and neither a `setup.py` nor a `setup.cfg` beside it"
            raise BuildSystemInvalid(display, reason)
        return LEGACY
    try:
        document = parse_document(text, display)
    except ManifestInvalid as error:
        raise BuildSystemInvalid(error.where, f"it is not valid TOML: {error.why}") from error
    if _TABLE not in document.data:
        if "project" not in document.data and not _has_setup(source):
            reason = "it has neither `[build-system]` nor `[project]`, and there is no `setup.py`"
            raise BuildSystemInvalid(display, reason)
        return LEGACY
    system = _parse(document)
    _check_inside(source, system.backend_path, document)
    return system


def _read_text(path: Path, display: str) -> str | None:
    try:
        if not path.is_file():
            if os.path.lexists(path):
                raise BuildSystemInvalid(display, "it is not a file")
            return None
        with path.open("rb") as file:
            data = file.read(_MAXIMUM_BYTES + 1)
    except OSError as error:
        raise file_trouble(error, path) from error
    if len(data) > _MAXIMUM_BYTES:
        raise BuildSystemInvalid(display, f"it is larger than {_MAXIMUM_BYTES} bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BuildSystemInvalid(display, f"it is not UTF-8: {error.reason}") from error


def _has_setup(source: Path) -> bool:
    return any((source / name).is_file() for name in ("setup.py", "setup.cfg"))


def _parse(document: Document) -> BuildSystem:
    table = document.data[_TABLE]
    if not isinstance(table, Mapping):
        raise _invalid(document, f"`build-system` is {type_name(table)}, not a table")
    if "requires" not in table:
        raise _invalid(document, "`[build-system]` has no `requires`")
    requires = _texts(document, "requires", table["requires"])
    for number, requirement in enumerate(requires):
        try:
            parse_requirement(requirement)
        except InvalidRequirement as error:
            raise _invalid(document, str(error), "requires", number) from error
    backend_path = _texts(document, "backend-path", table.get("backend-path", []))
    if "build-backend" not in table:
        if backend_path:
            raise _invalid(document, "`backend-path` says nothing without `build-backend`", "backend-path")
        return BuildSystem(requires, _LEGACY_BACKEND)
    backend = table["build-backend"]
    if not isinstance(backend, str):
        raise _invalid(document, f"`build-backend` is {type_name(backend)}, not a string", "build-backend")
    if not _BACKEND.fullmatch(backend):
        raise _invalid(document, f"`{backend}` is not `module` or `module:object`", "build-backend")
    return BuildSystem(requires, backend, backend_path)


def _texts(document: Document, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _invalid(document, f"`{key}` is not a list of strings", key)
    return tuple(value)


def _check_inside(source: Path, folders: tuple[str, ...], document: Document) -> None:
    """See that a back end of the tree's own lies in the tree, symbolic links followed (PEP 517)."""
    root = os.path.realpath(source)
    for number, folder in enumerate(folders):
        if folder.startswith(os.sep) or "\0" in folder:
            raise _invalid(document, f"`{folder}` is not a relative path", "backend-path", number)
        written = os.path.normpath(os.path.join(root, folder))  # noqa: PTH118 (Path keeps `..`)
        for place in (written, os.path.realpath(written)):
            if place != root and not place.startswith(f"{root}{os.sep}"):
                raise _invalid(document, f"`{folder}` lies outside the source", "backend-path", number)


def _invalid(document: Document, reason: str, *path: str | int) -> BuildSystemInvalid:
    return BuildSystemInvalid(document.where(_TABLE, *path), reason)
