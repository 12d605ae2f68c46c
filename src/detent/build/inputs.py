"""What a back end looks at to make an editable wheel: parts of pyproject.toml, files, names of packages.

Knowledge of the common back ends, kept on the careful side: what is not known to be without effect counts.
Nothing is parsed here but by patterns, and no program of the project is run.
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from detent.named import NamedTuple

Table: TypeAlias = Mapping[str, object]

REQUIREMENTS = ("dependencies", "optional-dependencies")
"""The keys of `[project]` that end up as Requires-Dist and Provides-Extra."""


class Folder(NamedTuple):
    """A folder that packages may lie in."""

    path: str
    """Relative to the project; empty for the project's own folder."""
    names: str
    """Of what can be imported from there, one a line, with `.py` for a module."""


# ---- pyproject.toml -------------------------------------------------------------------------

_SETUPTOOLS = "setuptools.build_meta"
_COPYING = frozenset((
    _SETUPTOOLS, "flit_core.buildapi", "hatchling.build", "maturin", "mesonpy", "pdm.backend",
    "poetry.core.masonry.api", "scikit_build_core.build", "uv_build",
))  # fmt: skip
_NO_PLUGINS = frozenset(("setuptools", "wheel", "setuptools-scm", "cython", "numpy", "pybind11"))
_NEVER_BUILD = frozenset(("black", "coverage", "detent", "isort", "mypy", "pyright", "pytest", "ruff", "uv"))


def parts_built_from(manifest: Table) -> Table:
    """Give all of a pyproject.toml that a back end may look at, but for the :data:`REQUIREMENTS`."""
    parts = {key: value for key, value in manifest.items() if key not in {"dependency-groups", "tool"}}
    project, tools = table(manifest, "project"), table(manifest, "tool")
    if project:
        parts["project"] = {key: value for key, value in project.items() if key not in REQUIREMENTS}
    if not tools.keys() <= _NEVER_BUILD:
        parts["tool"] = {key: value for key, value in tools.items() if key not in _NEVER_BUILD}
    return parts


def requirements_are_copied(root: Path, manifest: Table) -> bool:
    """Whether a back end only copies dependencies and extras from `[project]` to METADATA.

    Where a program of the project or a plugin runs in the build, nobody can know.
    """
    project, system = table(manifest, "project"), table(manifest, "build-system")
    backend = str(system.get("build-backend", _SETUPTOOLS)).removesuffix(":__legacy__")
    dynamic = texts(project.get("dynamic"))
    if not project or backend not in _COPYING or "backend-path" in system:
        return False
    if any(key in dynamic for key in REQUIREMENTS) or _has_hooks(table(manifest, "tool", "hatch")):
        return False
    if any("@" in text for key in REQUIREMENTS for text in _all_texts(project.get(key))):
        return False  # some back ends refuse requirements by URL, and say so in a build alone
    if backend == "pdm.backend":
        return not table(manifest, "tool", "pdm", "build") and not (root / "pdm_build.py").exists()
    if backend == _SETUPTOOLS:
        required = {_name(text) for text in texts(system.get("requires"))}
        has_program = "cmdclass" in table(manifest, "tool", "setuptools") or (root / "setup.py").exists()
        return required <= _NO_PLUGINS and not has_program and "_require" not in _text(root / "setup.cfg")
    return True


def _has_hooks(tables: Table) -> bool:
    return any(key == "hooks" or _has_hooks(table(tables, key)) for key in tables)


# ---- packages -------------------------------------------------------------------------------

_NOT_THE_PROJECT = frozenset((
    "benchmarks", "conftest", "doc", "docs", "example", "examples", "fabfile", "noxfile", "setup", "tasks",
    "test", "tests", "toxfile",
))  # fmt: skip


def importable_folders(root: Path, manifest: Table) -> tuple[Folder, ...]:
    """Give the folders that packages may lie in, as far as they are there."""
    return tuple(folder for path in importable_paths(manifest) for folder in _importable(root, path))


def importable_paths(manifest: Table) -> tuple[str, ...]:
    """Give the paths of these folders, there or not, relative to the project.

    Setuptools maps names to places, so a new package beside the others needs a new wheel.
    """
    setuptools = table(manifest, "tool", "setuptools")
    where = texts(table(setuptools, "packages", "find").get("where"))
    named = (*where, *texts(list(table(setuptools, "package-dir").values())))
    paths = dict.fromkeys(("", "src", *(os.path.normpath(path) for path in named if path)))
    return tuple(path for path in paths if path != ".")


def _importable(root: Path, path: str) -> Iterator[Folder]:
    try:
        names = os.listdir(root / path)  # noqa: PTH208 (names alone)
    except (OSError, ValueError):
        return
    yield Folder(path, "\n".join(sorted(name for name in names if _can_be_imported(root, path, name))))


def _can_be_imported(root: Path, path: str, name: str) -> bool:
    stem = name.removesuffix(".py").removesuffix("-stubs")
    if not stem.isidentifier() or stem in _NOT_THE_PROJECT:
        return False
    return name != stem or os.path.exists(f"{root}/{path}/{name}/__init__.py")  # noqa: PTH110 (by the dozen)


# ---- files ----------------------------------------------------------------------------------

_ALWAYS = (
    "setup.py", "setup.cfg", "MANIFEST.in", "PKG-INFO", ".git_archival.txt", "hatch_build.py", "pdm_build.py",
    "Cargo.toml", "CMakeLists.txt", "meson.build",
)  # fmt: skip
_LICENCE = r"(?:LICEN[CS]E|COPYING|NOTICE|AUTHORS).*"
"""What counts as a licence where nothing is said: back ends agree on this much."""
_VERSION_MODULES = ("__init__.py", "__about__.py", "__version__.py", "_version.py", "version.py")
_READ_BY_SETUP = r"[^.].*\.(?:in|txt)|_?version(?:eer)?\.py|VERSION"
_NAMING_FILES = (
    ("hatch", "version"),
    ("hatch", "build", "hooks"),
    ("pdm", "version"),
    ("pdm", "build"),
    ("poetry", "build"),
    ("scikit-build", "metadata"),
    ("setuptools", "dynamic"),
)
"""The tables below `[tool]` whose texts may name a file, or a module, that a build reads."""


def files_seen(root: Path, manifest: Table, folders: Sequence[Folder]) -> Iterator[str]:
    """Give the files whose contents a back end may use for an editable wheel; not all of them are there."""
    project, tools = table(manifest, "project"), table(manifest, "tool")
    yield from _ALWAYS
    yield from _licences(root, project)
    yield from _in_tree_backend(table(manifest, "build-system"))
    for path in _NAMING_FILES:
        for text in _all_texts(table(tools, *path[:-1]).get(path[-1])):
            yield os.path.normpath(text)
            yield from _modules(folders, text.partition(":")[0])
    if not project or texts(project.get("dynamic")):
        yield from _named_in_setup_cfg(root, folders)
        yield from _flit_module(manifest, folders)
    if (root / "setup.py").exists():
        yield from _read_by_setup(root, folders)


def _licences(root: Path, project: Table) -> Iterator[str]:
    yield from texts(table(project, "license").get("file"))
    if "license-files" not in project:
        yield from (name for name in _listed(root) if re.fullmatch(_LICENCE, name))
        return
    written = table(project, "license-files")
    patterns = (*texts(project["license-files"]), *texts(written.get("globs")), *texts(written.get("paths")))
    for pattern in patterns:
        try:
            # To look into every folder would mean to walk through environments as well.
            found = sorted(root.glob(pattern.replace("**/", "").replace("**", "*")))
        except (ValueError, NotImplementedError, OSError):
            continue  # no back end takes this pattern
        yield from (os.path.relpath(path, root) for path in found)


def _in_tree_backend(system: Table) -> Iterator[str]:
    folders = [Folder(path, "") for path in texts(system.get("backend-path"))]
    yield from _modules(folders, str(system.get("build-backend", "")).partition(":")[0])


def _flit_module(manifest: Table, folders: Sequence[Folder]) -> Iterator[str]:
    """Give the module that flit takes version and description from."""
    if str(table(manifest, "build-system").get("build-backend", "")).startswith("flit"):
        flit = table(manifest, "tool", "flit")
        name = table(flit, "module").get("name") or table(flit, "metadata").get("module")
        name = name or table(manifest, "project").get("name", "")
        yield from _modules(folders, str(name).replace("-", "_"))


def _named_in_setup_cfg(root: Path, folders: Sequence[Folder]) -> Iterator[str]:
    for kind, value in re.findall(r"\b(file|attr)\s*:\s*([^\n#]+)", _text(root / "setup.cfg")):
        for named in re.split(r"[\s,]+", value.strip()):
            yield from _modules(folders, named) if kind == "attr" else (os.path.normpath(named),)


def _read_by_setup(root: Path, folders: Sequence[Folder]) -> Iterator[str]:
    yield from (name for name in _listed(root) if re.fullmatch(_READ_BY_SETUP, name, re.IGNORECASE))
    for folder in folders:
        for name in folder.names.splitlines():
            yield from (os.path.join(folder.path, name, file) for file in _VERSION_MODULES)  # noqa: PTH118


def _modules(folders: Sequence[Folder], dotted: str) -> Iterator[str]:
    """Give where a module may lie that is named, or of which an attribute is, and where its version may."""
    parts = dotted.strip().split(".")
    if all(part.isidentifier() for part in parts):
        for folder in folders:
            for depth in range(1, len(parts) + 1):
                path = os.path.normpath("/".join((folder.path or ".", *parts[:depth])))
                yield f"{path}.py"
                yield from (f"{path}/{name}" for name in _VERSION_MODULES)


# ---- versions from version control ----------------------------------------------------------

_VERSIONING = r"scm|vcs|versioning|versioneer|dunamai|pbr"
_VERSIONING_IN_SETUP = r"setuptools.scm|use_scm_version|versioneer|versioningit|\bpbr\b"
_VERSION_WRITERS = (
    ("setuptools_scm",),
    ("hatch", "build", "hooks", "vcs"),
    ("pdm", "version"),
    ("versioningit", "write"),
)


def takes_version_from_git(root: Path, manifest: Table) -> bool:
    """Whether the version may come from commits and tags; a guess that is wrong costs a build."""
    if "version" in table(manifest, "project"):
        return False
    tools = table(manifest, "tool")
    required = (_name(text) for text in texts(table(manifest, "build-system").get("requires")))
    return (
        any(re.search(_VERSIONING, name) for name in (*required, *tools))
        or table(tools, "hatch", "version").get("source", "regex") not in {"regex", "code", "env"}
        or table(tools, "pdm", "version").get("source") in {"scm", "call"}
        or any(re.search(_VERSIONING_IN_SETUP, _text(root / name)) for name in ("setup.py", "setup.cfg"))
    )


def files_written(manifest: Table) -> Iterator[str]:
    """Give the files that the tools for versions from version control are told to write."""
    for path in _VERSION_WRITERS:
        writer = table(manifest, "tool", *path)
        for key in ("version_file", "version-file", "write_to", "file"):
            yield from map(os.path.normpath, texts(writer.get(key)))


# ---- reading --------------------------------------------------------------------------------


def table(data: Table, *path: str) -> Table:
    """Give a table inside of another; an empty one where it is missing or no table."""
    for key in path:
        found = data.get(key)
        if not isinstance(found, dict):
            return {}
        data = found
    return data


def texts(value: object) -> tuple[str, ...]:
    """Give a string, or the strings of a list."""
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _all_texts(value: object) -> Iterator[str]:
    """Give every string inside, but for what is said about the README."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key != "readme":
                yield from _all_texts(inner)
    else:
        yield from texts(value)


def _name(requirement: str) -> str:
    found = re.match(r"\s*([\w.-]+)", requirement)
    return re.sub(r"[-_.]+", "-", found[1]).lower() if found else ""


def contents(path: Path) -> bytes:
    """Give what a file holds; nothing where it is missing, is none, or cannot be read."""
    try:
        return path.read_bytes() if stat.S_ISREG(path.stat().st_mode) else b""
    except (OSError, ValueError):
        return b""


def _text(path: Path) -> str:
    return contents(path).decode("utf-8", "replace")


def _listed(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 (names alone)
    except OSError:
        return []
