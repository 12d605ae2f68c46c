"""A PDM project as one of detent: groups, indexes, scripts and `distribution` move out of `[tool.pdm]`.

The rest of `[tool.pdm]` stays where it is (pdm-backend reads some of it) and is named.
"""

from collections.abc import Mapping, Sequence

from detent.model.names import normalise
from detent.project.document import Document
from detent.project.importing.conversion import (
    Conversion,
    Direct,
    Findings,
    Source,
    default_group_rows,
    index_rows,
)
from detent.project.importing.pdm_resolution import DIRECT_MINIMAL, read_resolution
from detent.project.importing.pdm_scripts import read_scripts
from detent.project.importing.remarks import without
from detent.project.importing.tables import item, with_array, with_list, with_rows
from detent.project.importing.taken import Kept, with_kept
from detent.project.placing import Table, standing

_PATH = ("tool", "pdm")
_MOVED = ("dev-dependencies", "distribution", "package-type")
# Keys that pdm-backend and its relatives read.
_SILENT = (
    "build",
    "version",
    "includes",
    "excludes",
    "package-dir",
    "source-includes",
    "editable-backend",
    "is-purelib",
    "run-setuptools",
)


def convert(
    document: Document, *, is_first: bool = True, public_host: str = "", strategy: Sequence[str] = ()
) -> Conversion:
    """Give the project without what PDM alone reads.

    ``is_first`` off is for a project that detent has locked already: its default groups are what they are.
    ``strategy`` is what its lock was made with.
    """
    findings = Findings(public_host)
    table = _table(document.data, *_PATH)
    sources = _indexes(table)
    index = index_rows(sources, findings)
    moved = (*_MOVED, *(("source",) if index and len(index) == len(sources) else ()))
    resolution = read_resolution(document, findings)
    scripts = read_scripts(document, findings)
    left = [key for key in table if key not in (*moved, "source", "resolution", "scripts", *_SILENT)]
    if left:
        findings.note(f"not taken over from `[tool.pdm]`: {', '.join(f'`{key}`' for key in left)}")

    def is_doomed(path: tuple[str, ...]) -> bool:
        is_moved = path[:2] == _PATH and path[2:3] != () and path[2] in moved
        return is_moved or resolution.has(path) or scripts.has(path)

    text = without(document, is_doomed)
    groups = _table(document.data, "dependency-groups")
    for name in _table(table, "dev-dependencies"):
        text = _with_group(document, text, name, findings)
    names = list({normalise(name): name for name in (*groups, *_table(table, "dev-dependencies"))}.values())
    is_application = table.get("distribution") is False or table.get("package-type") == "application"
    kept = [Kept("package", value=False)] if is_application and "build-system" in document.data else []
    kept += [Kept("default-groups", names)] if is_first and default_group_rows(names, names) else []
    kept += [Kept("resolution", "lowest-direct")] if DIRECT_MINIMAL in strategy else []
    text = with_kept(document, text, [*kept, *resolution.kept], index)
    if scripts.rows:
        text = with_rows(text, ("tool", "detent", "tasks"), scripts.rows, display=document.display)
    return findings.conversion(text)


def _table(data: Mapping[str, object], *path: str) -> Mapping[str, object]:
    for key in path:
        found = data.get(key)
        data = found if isinstance(found, dict) else {}
    return data


def _with_group(document: Document, text: str, name: str, findings: Findings) -> str:
    path, group = (*_PATH, "dev-dependencies", name), Table("group", name)
    wishes = _table(document.data, *path[:-1])[name]
    kept = []
    for place, wish in enumerate(wishes if isinstance(wishes, list) else []):
        if str(wish).lstrip().startswith("-e"):
            source = str(wish).lstrip()[2:].strip()
            findings.direct.append(Direct(_egg(source), document.where(*path, place), f"`{source}`"))
        else:
            kept.append(str(wish))
    statement = document.outline.find(path)
    if standing(document, group) is None and statement is not None and wishes and kept == wishes:
        array = document.text[statement.value.start : statement.value.end]
        return with_array(text, group, array, display=document.display)
    return with_list(text, group, list(map(item, kept)), display=document.display)


def _egg(source: str) -> str:
    """The name of an editable requirement, as far as it says one."""
    _, _, fragment = source.partition("#egg=")
    return fragment.partition("&")[0] or source.rstrip("/").rpartition("/")[2]


def _indexes(table: Mapping[str, object]) -> list[Source]:
    found = []
    sources = table.get("source")
    for entry in sources if isinstance(sources, list) else []:
        if isinstance(entry, dict):
            name = str(entry.get("name", ""))
            is_primary = name == "pypi" and entry.get("type") != "find_links"
            found.append(Source(name, str(entry.get("url", "")), is_primary))
    return found
