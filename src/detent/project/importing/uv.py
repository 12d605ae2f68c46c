"""A uv project as one of detent: what stands in `[tool.uv]` and has a place elsewhere moves there.

The rest of `[tool.uv]` stays where it is (its build back end reads some of it) and is named.
"""

from collections.abc import Mapping

from detent.errors import Unsupported
from detent.project.document import Document
from detent.project.importing.conversion import Conversion, Direct, Findings, Source, index_rows
from detent.project.importing.remarks import without
from detent.project.importing.tables import Row, item, literal, with_array, with_list, with_settings
from detent.project.known import BY_NAME
from detent.project.placing import Table, standing
from detent.project.values import reading

_PATH = ("tool", "uv")
# Settings of the same name and meaning.
_SAME = (
    "package",
    "default-groups",
    "link-mode",
    "compile-bytecode",
    "no-build-package",
    "no-binary",
    "no-binary-package",
    "config-settings",
    "add-bounds",
)
_INDEXES = ("index", "index-url", "extra-index-url")
_SILENT = ("sources", "build-backend", "managed", "required-version", "cache-keys")


def convert(document: Document, *, public_host: str = "") -> Conversion:
    """Give the project without what uv alone reads."""
    findings = Findings(public_host)
    table = _table(document)
    _read_sources(document, table, findings)
    rows = [row for key, value in table.items() for row in _setting(key, value)]
    sources = _indexes(table)
    index = index_rows(sources, findings)
    moved = {row.key for row in rows} | ({"no-build"} if table.get("no-build") is True else set())
    moved |= {"dev-dependencies", *(_INDEXES if index and len(sources) == 1 else ())}
    left = [key for key in table if key not in (*moved, *_INDEXES, *_SILENT)]
    if left:
        findings.note(f"not taken over from `[tool.uv]`: {', '.join(f'`{key}`' for key in left)}")
    text = without(document, lambda path: path[:2] == _PATH and path[2:3] != () and path[2] in moved)
    text = _with_dev(document, text, table)
    return findings.conversion(with_settings(text, rows, index, display=document.display))


def _table(document: Document) -> Mapping[str, object]:
    tool = document.data.get("tool")
    table = tool.get("uv") if isinstance(tool, dict) else None
    return table if isinstance(table, dict) else {}


def _setting(key: str, value: object) -> tuple[Row, ...]:
    if key == "no-build" and value is True:
        return (Row("build", literal("deny")),)
    if key not in _SAME:
        return ()
    try:
        if key != "default-groups":
            reading(BY_NAME[key], value)
    except (ValueError, Unsupported):
        return ()
    return (Row(key, literal(value)),)


def _with_dev(document: Document, text: str, table: Mapping[str, object]) -> str:
    wishes = table.get("dev-dependencies")
    if not isinstance(wishes, list) or not wishes:
        return text
    group = Table("group", "dev")
    statement = document.outline.find((*_PATH, "dev-dependencies"))
    if standing(document, group) is None and statement is not None:
        array = document.text[statement.value.start : statement.value.end]
        return with_array(text, group, array, display=document.display)
    return with_list(text, group, [item(str(wish)) for wish in wishes], display=document.display)


def _indexes(table: Mapping[str, object]) -> list[Source]:
    entries = table.get("index")
    tables = [entry for entry in (entries if isinstance(entries, list) else []) if isinstance(entry, dict)]
    found = [
        Source(str(entry.get("name", "")), str(entry.get("url", "")), bool(entry.get("default")))
        for entry in tables
    ]
    if isinstance(table.get("index-url"), str):
        found.append(Source("", str(table["index-url"]), is_primary=True))
    others = table.get("extra-index-url")
    found += [Source("", str(url), is_primary=False) for url in (others if isinstance(others, list) else [])]
    return found


def _read_sources(document: Document, table: Mapping[str, object], findings: Findings) -> None:
    """Name what `[tool.uv.sources]` takes from elsewhere than the index."""
    sources = table.get("sources")
    for name, value in sources.items() if isinstance(sources, dict) else ():
        for entry in value if isinstance(value, list) else [value]:
            match entry:
                case {"index": index}:
                    findings.note(f"`{name}` is no longer tied to the index `{index}`")
                case {"workspace": _}:
                    findings.direct.append(
                        Direct(name, document.where(*_PATH, "sources", name), "the workspace")
                    )
                case {"git": place} | {"url": place} | {"path": place}:
                    where = document.where(*_PATH, "sources", name)
                    findings.direct.append(Direct(name, where, f"`{place}`"))
                case _:
                    pass
