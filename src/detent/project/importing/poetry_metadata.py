"""What a Poetry project says of itself as the keys of `[project]` (PEP 621), and how it is built."""

import re
from collections.abc import Iterator, Mapping

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from detent.model.requirement import InvalidRequirement, parse_requirement
from detent.model.specifiers import clause_contains, parse_clauses
from detent.named import NamedTuple
from detent.project.document import Document, parse_document
from detent.project.importing.poetry_project import PATH, PoetryProject
from detent.project.importing.tables import Item, NewTable, Row, block, literal, with_value

_PERSON = re.compile(r"(?P<name>[^<]*?)\s*(?:<(?P<email>[^>]*)>)?\s*")
_URLS = {"homepage": "Homepage", "repository": "Repository", "documentation": "Documentation"}
_PLAIN = ("name", "version", "description", "readme", "keywords", "classifiers")
_OF_BUILDS = ("packages", "include", "exclude", "build")
_ELSEWHERE = (
    "dependencies",
    "dev-dependencies",
    "group",
    "extras",
    "source",
    "package-mode",
    "requires-poetry",
    "scripts",
    "plugins",
    "urls",
)
# poetry-core reads `[project]` from this release on.
_MODERN = ("2.0.0", "2.1.0", "2.2.0", "2.4.0", "2.99.0")


class Metadata(NamedTuple):
    """The part of a `[project]` table that does not speak of dependencies."""

    rows: tuple[Row, ...]
    tables: tuple[NewTable, ...]
    dynamic: tuple[str, ...]
    kept: tuple[Row, ...]
    """Keys that stay in `[tool.poetry]`."""
    kept_tables: tuple[str, ...]
    """Tables of `[tool.poetry]` that stay where they are."""


def metadata(project: PoetryProject, *, folder_name: str) -> Metadata:
    """Read every key of `[tool.poetry]` that describes the project."""
    rows: list[Row] = []
    kept: list[Row] = []
    kept_tables: list[str] = []
    dynamic: list[str] = []
    is_versioned = _has_dynamic_version(project.document)
    is_built_by_poetry = _backend(project.document).startswith("poetry")
    for key, value in project.data.items():
        has_no_place = isinstance(value, list) if key == "readme" else key == "version" and is_versioned
        if has_no_place:
            dynamic.append(key)
            kept.append(project.row(key, *PATH, key))
        elif key in _PLAIN:
            rows.append(project.row(key, *PATH, key))
        elif key == "license":
            rows.append(project.row(key, *PATH, key, value=_license(str(value))))
        elif key in {"authors", "maintainers"} and isinstance(value, list):
            rows += [project.row(key, *PATH, key, value=_people(value))] if value else []
        elif key in _OF_BUILDS and is_built_by_poetry:
            if project.document.outline.find((*PATH, key)) is not None:
                kept.append(project.row(key, *PATH, key))
            else:
                kept_tables.append(key)
        elif key not in (*_URLS, *_ELSEWHERE):
            project.findings.note(f"`tool.poetry.{key}` was not taken over")
    named = {row.key for row in rows}
    if "name" not in named:
        rows.insert(0, Row("name", literal(folder_name)))
    if "version" not in (*named, *dynamic):
        rows.insert(1, Row("version", literal("0.1.0")))
    scripts, others, files = _scripts(project)
    tables = [*_urls(project), *scripts, *others]
    if files:
        kept.append(Row("scripts", literal(files)))
    return Metadata(tuple(rows), tuple(tables), tuple(dynamic), tuple(kept), tuple(kept_tables))


def _license(text: str) -> str:
    try:
        return literal(str(canonicalize_license_expression(text)))
    except InvalidLicenseExpression:
        return literal({"text": text})


def _people(people: list[object]) -> str:
    found = [_person(str(person)) for person in people]
    return literal(found) if len(found) == 1 else block([Item(literal(person)) for person in found])


def _person(text: str) -> Mapping[str, str]:
    found = _PERSON.fullmatch(text.strip())
    parts = found.groupdict() if found is not None else {"name": text}
    return {key: value.strip() for key, value in parts.items() if value and value.strip()}


def _urls(project: PoetryProject) -> Iterator[NewTable]:
    rows = [project.row(name, *PATH, key) for key, name in _URLS.items() if key in project.data]
    rows += [project.row(name, *PATH, "urls", name) for name in project.table(*PATH, "urls")]
    if rows:
        yield NewTable(("project", "urls"), tuple(rows))


def _scripts(project: PoetryProject) -> tuple[list[NewTable], list[NewTable], dict[str, object]]:
    """Give the commands, the other entry points, and scripts that are plain files."""
    commands: list[Row] = []
    files: dict[str, object] = {}
    for name, value in project.table(*PATH, "scripts").items():
        path = (*PATH, "scripts", name)
        match value:
            case {"type": "file"}:
                files[name] = value
            case {"reference": str(reference), **rest} | {"callable": str(reference), **rest}:
                if rest.get("extras"):
                    project.findings.note(f"the command `{name}` no longer names its extras")
                commands.append(project.row(name, *path, value=literal(reference)))
            case _:
                commands.append(project.row(name, *path))
    entry_points: dict[str, list[Row]] = {"console_scripts": commands}
    for group, entries in project.table(*PATH, "plugins").items():
        rows = entry_points.setdefault(group, [])
        rows += (project.row(name, *PATH, "plugins", group, name) for name in _keys(entries))
    found = []
    for group, table in (("console_scripts", "scripts"), ("gui_scripts", "gui-scripts")):
        rows = entry_points.pop(group, [])
        found += [NewTable(("project", table), tuple(rows))] if rows else []
    others = [
        NewTable(("project", "entry-points", group), tuple(rows)) for group, rows in entry_points.items()
    ]
    return found, others, files


def _keys(value: object) -> list[str]:
    return list(value) if isinstance(value, dict) else []


# ---- how it is built -------------------------------------------------------------------------


def with_modern_backend(document: Document) -> str:
    """Give the text with a poetry-core that reads `[project]` in place of an older one."""
    system = document.data.get("build-system")
    requires = system.get("requires") if isinstance(system, dict) else None
    backend = _backend(document)
    if not backend.startswith("poetry") or not isinstance(requires, list):
        return document.text
    text = document.text
    modern = [_modern(each) for each in requires]
    if modern != requires:
        text = with_value(document, ("build-system", "requires"), literal(modern))
    if backend == "poetry.masonry.api":
        path = ("build-system", "build-backend")
        text = with_value(parse_document(text, document.display), path, literal("poetry.core.masonry.api"))
    return text


def _modern(text: object) -> object:
    try:
        requirement = parse_requirement(str(text))
    except InvalidRequirement:
        return text
    clauses = parse_clauses(requirement.specifier)
    if requirement.name == "poetry" or (
        requirement.name == "poetry-core"
        and not any(all(clause_contains(clause, version) for clause in clauses) for version in _MODERN)
    ):
        return f"poetry-core>={_MODERN[0]}"
    return text


def _backend(document: Document) -> str:
    system = document.data.get("build-system")
    return str(system.get("build-backend", "")) if isinstance(system, dict) else ""


def _has_dynamic_version(document: Document) -> bool:
    """Whether a plugin finds the version out when the project is built."""
    tool = document.data.get("tool")
    table = tool.get("poetry-dynamic-versioning") if isinstance(tool, dict) else None
    return isinstance(table, dict) and table.get("enable") is True
