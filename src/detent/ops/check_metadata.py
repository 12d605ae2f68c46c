"""What a project says of itself, held against its folder: the files it names, the modules of its commands.

Nothing is imported or built. Where a module may come from elsewhere (generated, compiled, in a folder that a
back end alone knows) nothing is said.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from detent.named import NamedTuple
from detent.ops.discover import MANIFEST_NAME, Part, PythonPin
from detent.ops.shown_paths import display
from detent.project.document import Document, at, parse_document
from detent.python.clauses import minor_may_fit, names_prerelease, version_fits
from detent.python.request import PythonRequest, parse_version_file

_README_TYPES = (".md", ".rst", ".txt", "")
_OBJECT = re.compile(r"(?P<module>[^\W\d]\w*(\.[^\W\d]\w*)*)\s*(:\s*[^\W\d]\w*(\.[^\W\d]\w*)*)?\s*(\[.*\])?")
_RELATIVE = re.compile(r"(?!/)(?!.*\.\.)[\w./ -]{1,200}")
_MINORS = range(100)
_NOT_SOURCES = frozenset(("node_modules", "build", "dist", "__pycache__"))


class Finding(NamedTuple):
    """Something that is not as it should be."""

    what: str
    why: str = ""
    next_steps: tuple[str, ...] = ()
    code: str = ""
    """Of an error; empty for what only `check` finds."""


def metadata_findings(part: Part) -> Iterator[Finding]:
    """Say what of a project's own word does not hold."""
    text = part.manifest.text
    document = parse_document(text, display(part.manifest_path))
    project = at(document.data, ("project",))
    if not isinstance(project, dict):
        return
    yield from _of_readme(part.root, document, project)
    yield from _of_licenses(part.root, document, project)
    yield from _of_dynamic(document, project)
    if part.manifest.is_package:
        yield from _of_objects(part.root, document, project)


def _of_readme(root: Path, document: Document, project: Mapping[str, object]) -> Iterator[Finding]:
    readme = project.get("readme")
    named = readme.get("file") if isinstance(readme, dict) else readme
    if not isinstance(named, str):
        return
    where = document.where("project", "readme")
    if not (root / named).is_file():
        yield Finding(
            f"`{where}`: the readme `{named}` does not exist",
            next_steps=("write it, or take `readme` out",),
        )
    elif not isinstance(readme, dict) and Path(named).suffix.lower() not in _README_TYPES[:-1]:
        yield Finding(
            f"`{where}`: nobody can tell what kind of text `{named}` is",
            why="only `.md`, `.rst` and `.txt` say it by their names",
            next_steps=(f'write `readme = {{ file = "{named}", content-type = "text/plain" }}`',),
        )


def _of_licenses(root: Path, document: Document, project: Mapping[str, object]) -> Iterator[Finding]:
    table = project.get("license")
    named = table.get("file") if isinstance(table, dict) else None
    if isinstance(named, str) and not (root / named).is_file():
        where = document.where("project", "license")
        yield Finding(
            f"`{where}`: the licence file `{named}` does not exist",
            next_steps=("write it, or name the licence as `license = ...`",),
        )
    patterns = project.get("license-files")
    for number, pattern in enumerate(patterns if isinstance(patterns, list) else ()):
        if not isinstance(pattern, str):
            continue
        where = document.where("project", "license-files", number)
        if not pattern or pattern.startswith("/") or ".." in pattern.split("/") or "\\" in pattern:
            yield Finding(
                f"`{where}`: `{pattern}` is no pattern of files in the project",
                next_steps=("write it relative to the project, with `/`",),
            )
        elif not any(path.is_file() for path in _matching(root, pattern)):
            yield Finding(
                f"`{where}`: no file matches `{pattern}` in `license-files`",
                next_steps=("write the file, or take the pattern out",),
            )


def _matching(root: Path, pattern: str) -> Iterator[Path]:
    try:
        yield from root.glob(pattern)
    except (ValueError, NotImplementedError):
        return


def _of_dynamic(document: Document, project: Mapping[str, object]) -> Iterator[Finding]:
    dynamic = project.get("dynamic")
    for number, key in enumerate(dynamic if isinstance(dynamic, list) else ()):
        if isinstance(key, str) and key in project:
            where = document.where("project", "dynamic", number)
            yield Finding(
                f"`{where}`: `{key}` is written down, and `dynamic` says that it is not",
                next_steps=(f"take `{key}` out of one of them",),
            )


# ---- commands and entry points ---------------------------------------------------------------


def _of_objects(root: Path, document: Document, project: Mapping[str, object]) -> Iterator[Finding]:
    places = tuple(_source_folders(root, document.data))
    for path, value in _objects(project):
        where = document.where("project", *path)
        found = _OBJECT.fullmatch(value.strip())
        if found is None:
            yield Finding(
                f"`{where}`: `{value}` is no object of a module",
                next_steps=("write it like `package.module:function`",),
            )
        elif missing := _missing(places, found["module"]):
            yield Finding(
                f"`{where}`: there is no module `{missing}` for `{path[-1]}`",
                why=f"`{value}` names it, and it was looked for in "
                + ", ".join(f"`{display(place)}`" for place in places[:3]),
                next_steps=("write the module, or name the one that is meant",),
            )


def _objects(project: Mapping[str, object]) -> Iterator[tuple[tuple[str, ...], str]]:
    for key in ("scripts", "gui-scripts"):
        for name, value in _items(project.get(key)):
            if isinstance(value, str):
                yield (key, name), value
    for group, table in _items(project.get("entry-points")):
        for name, value in _items(table):
            if isinstance(value, str):
                yield ("entry-points", group, name), value


def _items(table: object) -> Iterator[tuple[str, object]]:
    yield from table.items() if isinstance(table, dict) else ()


def _missing(places: tuple[Path, ...], module: str) -> str:
    """Give what of a module's name is not there; empty where it is, or may be."""
    names = module.split(".")
    for count in range(1, len(names) + 1):
        places_of = [place.joinpath(*names[: count - 1]) for place in places]
        if not any(_holds(place, names[count - 1]) for place in places_of):
            return ".".join(names[:count])
    return ""


def _holds(folder: Path, name: str) -> bool:
    """Whether a folder has a module of this name, in whatever language it is written."""
    try:
        return any(entry.name == name or entry.name.partition(".")[0] == name for entry in folder.iterdir())
    except OSError:
        return False


def _source_folders(root: Path, data: Mapping[str, object]) -> Iterator[Path]:
    """Give the folders that modules may lie in: the usual ones, and whatever tools are told of."""
    yield root / "src"
    yield root
    for text in dict.fromkeys(_words(data.get("tool"))):
        if _RELATIVE.fullmatch(text) and (folder := root / text).is_dir():
            yield folder
            yield folder.parent  # of a package that is named itself
    try:
        inner = sorted(path for path in root.iterdir() if path.is_dir())
    except OSError:
        return
    for path in inner:
        if not path.name.startswith(".") and path.name not in _NOT_SOURCES:
            yield path
            yield path / "src"


def _words(value: object) -> Iterator[str]:
    """Give every text in a table, names of keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from (key, *_words(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)


# ---- Pythons ---------------------------------------------------------------------------------


def pin_findings(pin: PythonPin, requires_python: str) -> Iterator[Finding]:
    """Say where a `.python-version` asks for what the project does not allow."""
    file = parse_version_file(pin.text)
    for line in file.ignored:
        yield Finding(
            f"`{pin.display}`: `{line}` is not understood", next_steps=("write a version such as `3.12`",)
        )
    if not file.requests and not file.ignored:
        yield Finding(
            f"`{pin.display}` asks for nothing", next_steps=("write a version, or remove the file",)
        )
    if file.requests and not any(_may_fit(request, requires_python) for request in file.requests):
        asked = " or ".join(f"`{request.text}`" for request in file.requests)
        yield Finding(
            f"`{pin.display}` asks for Python {asked}, which the project does not allow",
            why=f'`{MANIFEST_NAME}` says `requires-python = "{requires_python}"`',
            next_steps=("change one of them",),
        )


def _may_fit(request: PythonRequest, requires_python: str) -> bool:
    if not requires_python or not request.specifier:
        return True
    exact = re.fullmatch(r"==(\d+\.\d+\.\d+[a-z0-9]*)", request.specifier)
    if exact is not None:
        return version_fits(requires_python, exact[1])
    both = f"{requires_python},{request.specifier}"
    if names_prerelease(request.specifier):
        both = requires_python
    return any(minor_may_fit(both, minor) for minor in _MINORS)
