"""A uv project as one of detent: what stands in `[tool.uv]` and has a place elsewhere moves there.

The rest of `[tool.uv]` stays where it is (its build back end reads some of it) and is named.
"""

from collections.abc import Mapping

from detent.model.adjustment_texts import TABLES
from detent.project.document import Document, parse_document
from detent.project.importing.conversion import Conversion, Direct, Findings, Source, index_rows
from detent.project.importing.remarks import without
from detent.project.importing.tables import item, with_array, with_list
from detent.project.importing.taken import Kept, noted_at, refusal, with_kept
from detent.project.placing import Table, standing

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
    "build-constraint-dependencies",
    "extra-build-dependencies",
    "extra-build-variables",
    "no-build-isolation",
    "no-build-isolation-package",
    "add-bounds",
    "resolution",
    "prerelease",
    "prerelease-package",
    "fork-strategy",
    "exclude-newer",
    "exclude-newer-package",
    *TABLES,
)
_INDEXES = ("index", "index-url", "extra-index-url")
_SILENT = ("sources", "build-backend", "managed", "required-version", "cache-keys")


def convert(document: Document, *, public_host: str = "") -> Conversion:
    """Give the project without what uv alone reads."""
    findings = Findings(public_host)
    table = _table(document)
    _read_sources(document, table, findings)
    kept, refused = _settings(document, table)
    sources = _indexes(table)
    index = index_rows(sources, findings)
    moved = {each.key for each in kept} | ({"no-build"} if table.get("no-build") is True else set())
    moved |= {"dev-dependencies", *(_INDEXES if index and len(index) == len(sources) else ())}
    left = [key for key in table if key not in (*moved, *refused, *_INDEXES, *_SILENT)]
    if left:
        findings.note(f"not taken over from `[tool.uv]`: {', '.join(f'`{key}`' for key in left)}")
    for key, reason in refused.items():
        findings.note(f"`{key}` of `[tool.uv]` was not taken over: {reason}")
    text = without(document, lambda path: path[:2] == _PATH and path[2:3] != () and path[2] in moved)
    text = _with_dev(document, text, table)
    return findings.conversion(with_kept(document, text, kept, index))


def _table(document: Document) -> Mapping[str, object]:
    tool = document.data.get("tool")
    table = tool.get("uv") if isinstance(tool, dict) else None
    return table if isinstance(table, dict) else {}


def _settings(document: Document, table: Mapping[str, object]) -> tuple[list[Kept], dict[str, str]]:
    """Give the settings that detent reads, and of the others why it does not."""
    noted = noted_at(document)
    # Groups that are still to move are groups that a conflict may name.
    tried = parse_document(_with_dev(document, document.text, table), document.display)
    kept, refused = [], {}
    for key, value in table.items():
        if key == "no-build" and value is True:
            kept.append(Kept("build", "deny"))
        elif key in _SAME:
            reason = refusal(tried, key, value)
            if reason:
                refused[key] = reason
            else:
                kept.append(Kept(key, value, noted.get((*_PATH, key))))
    return kept, refused


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
        Source(
            str(entry.get("name", "")),
            str(entry.get("url", "")),
            bool(entry.get("default")),
            entry.get("exclude-newer"),
            bool(entry.get("explicit")),
        )
        for entry in tables
    ]
    if isinstance(table.get("index-url"), str):
        found.append(Source("", str(table["index-url"]), is_primary=True))
    others = table.get("extra-index-url")
    found += [Source("", str(url), is_primary=False) for url in (others if isinstance(others, list) else [])]
    return found


def _read_sources(document: Document, table: Mapping[str, object], findings: Findings) -> None:
    """Name what `[tool.uv.sources]` takes from a workspace; the rest of it is read where it stands."""
    sources = table.get("sources")
    for name, value in sources.items() if isinstance(sources, dict) else ():
        for entry in value if isinstance(value, list) else [value]:
            match entry:
                case {"index": index}:
                    findings.pins.add(str(index))
                case {"workspace": _}:
                    findings.direct.append(
                        Direct(name, document.where(*_PATH, "sources", name), "the workspace")
                    )
                case _:
                    pass
