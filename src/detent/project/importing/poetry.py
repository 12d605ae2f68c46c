"""A Poetry project as a pyproject.toml that needs no Poetry (PEP 621, PEP 735).

`[tool.poetry]` becomes `[project]`, its groups `[dependency-groups]`. `[build-system]` stays, and so do the
keys of `[tool.poetry]` that poetry-core reads and no standard has a place for (the files of a wheel, say). A
project that has a `[project]` table already gives up its groups and the dependencies that are only there.
"""

from collections.abc import Iterator, Sequence

from detent.model.names import normalise
from detent.project.document import Document, parse_document
from detent.project.importing.conversion import (
    Conversion,
    Findings,
    default_group_rows,
    index_rows,
    prerelease_rows,
)
from detent.project.importing.poetry_metadata import Metadata, metadata, with_modern_backend
from detent.project.importing.poetry_project import PATH, Group, PoetryProject, with_tail
from detent.project.importing.remarks import without
from detent.project.importing.tables import (
    NewTable,
    Row,
    block,
    literal,
    render,
    short_block,
    with_list,
    with_rows,
    with_settings,
    with_value,
)
from detent.project.placing import Table, spliced

# Keys that say nothing more once a `[project]` table and groups of the standard are there.
_SPENT = ("dependencies", "dev-dependencies", "group", "extras", "source", "package-mode", "requires-poetry")


def convert(
    document: Document, *, folder_name: str, is_first: bool = True, public_host: str = ""
) -> Conversion:
    """Give the project without Poetry; ``folder_name`` is its name where it has none.

    ``is_first`` off is for a project that detent has locked already: its default groups are what they are.

    Raises :class:`ManifestInvalid` for what cannot be read.
    """
    findings = Findings(public_host)
    if "project" in document.data:
        return findings.conversion(_enriched(PoetryProject(document, findings), is_first=is_first))
    document = parse_document(with_modern_backend(document), document.display)
    return findings.conversion(_rewritten(PoetryProject(document, findings), folder_name))


# ---- without a `[project]` table -------------------------------------------------------------


def _rewritten(project: PoetryProject, folder_name: str) -> str:
    about = metadata(project, folder_name=folder_name)
    kept = {(*PATH, name) for name in about.kept_tables}
    start, lead = project.start, project.around(*PATH)[0]
    tables = list(_new_tables(project, about))
    tables[0] = tables[0]._replace(lead=lead)

    def is_doomed(path: tuple[str, ...]) -> bool:
        return path[:2] == PATH and path[:3] not in kept

    text = without(project.document, is_doomed)
    if "build-system" not in project.document.data and project.data.get("package-mode") is not False:
        project.findings.note(
            "there is no `[build-system]`, so the project itself will not be installed; "
            "to have it installed, add one"
        )
    return spliced(parse_document(text, project.document.display), min(start, len(text)), render(tables))


def _new_tables(project: PoetryProject, about: Metadata) -> Iterator[NewTable]:
    needs = project.needs("dependencies")
    lead, tail = project.around(*PATH, "dependencies")
    extras = project.extras(needs)
    groups = project.groups()
    python = project.requires_python()
    rows = list(about.rows)
    if python:
        key = next((k for k in project.table(*PATH, "dependencies") if k.lower() == "python"), "python")
        rows.append(project.row("requires-python", *PATH, "dependencies", key, value=literal(python)))
    if about.dynamic:
        rows.append(Row("dynamic", literal(about.dynamic)))
    plain = tuple(need for need in needs if not need.is_optional)
    rows.append(Row("dependencies", block(with_tail(plain, tail)), lead))
    yield NewTable(("project",), tuple(rows))
    if extras:
        path, above = ("project", "optional-dependencies"), project.around(*PATH, "extras")[0]
        yield NewTable(path, tuple(Row(name, short_block(items)) for name, items in extras.items()), above)
    yield from about.tables
    if groups:
        yield NewTable(("dependency-groups",), tuple(map(_group_row, groups)))
    yield from _settings(project, groups)
    if about.kept:
        yield NewTable(PATH, about.kept)


def _group_row(group: Group) -> Row:
    return Row(group.name, short_block(group.items), group.above)


def _settings(project: PoetryProject, groups: Sequence[Group]) -> Iterator[NewTable]:
    names = [group.name for group in groups]
    defaults = [group.name for group in groups if not group.is_optional]
    rows = (*_package_rows(project), *default_group_rows(names, defaults), *prerelease_rows(project.findings))
    if rows:
        yield NewTable(("tool", "detent"), rows)
    for index in index_rows(project.sources(), project.findings):
        yield NewTable(("tool", "detent", "index"), index, is_array=True)


def _package_rows(project: PoetryProject) -> tuple[Row, ...]:
    is_off = project.data.get("package-mode") is False and "build-system" in project.document.data
    return (Row("package", "false"),) if is_off else ()


# ---- with one --------------------------------------------------------------------------------


def _enriched(project: PoetryProject, *, is_first: bool) -> str:
    """Move the groups and what else only `[tool.poetry]` says into the tables of the standard."""
    document, display = project.document, project.document.display
    declared = project.table("project")
    needs, groups = project.needs("dependencies"), project.groups()
    text = without(document, lambda path: path[:2] == PATH and path[2:3] != () and path[2] in _SPENT)
    if "dependencies" in declared:
        _name_lost(project)
    else:
        plain = with_tail(tuple(need for need in needs if not need.is_optional), ())
        text = with_list(text, Table("project"), plain, display=display)
        for extra, items in project.extras(needs).items():
            text = with_list(text, Table("extra", extra), items, display=display)
    python = project.requires_python()
    if python and "requires-python" not in declared:
        row = Row("requires-python", literal(python))
        text = with_rows(text, ("project",), (row,), display=display, behind=("version", "name"))
    text = _without_spent_dynamic(parse_document(text, display))
    own = project.table("dependency-groups")
    moved = [group for group in groups if normalise(group.name) not in set(map(normalise, own))]
    for group in moved:
        text = with_list(text, Table("group", group.name), group.items, display=display)
    optional = {normalise(group.name) for group in groups if group.is_optional}
    names = [*own, *(group.name for group in moved)] if is_first else []
    defaults = [name for name in names if normalise(name) not in optional]
    rows = (*_package_rows(project), *default_group_rows(names, defaults), *prerelease_rows(project.findings))
    return with_settings(text, rows, index_rows(project.sources(), project.findings), display=display)


def _name_lost(project: PoetryProject) -> None:
    """Say what `[tool.poetry.dependencies]` adds to `[project] dependencies` and is not kept."""
    for key, value in project.table(*PATH, "dependencies").items():
        if key.lower() == "python" and "requires-python" in project.table("project"):
            project.findings.note(
                f"`python = {literal(value)}` of `[tool.poetry.dependencies]` was not taken over: "
                "detent locks for `requires-python`"
            )


def _without_spent_dynamic(document: Document) -> str:
    """Give the text without what `dynamic` lists and `[project]` now says."""
    project = document.data.get("project")
    dynamic = project.get("dynamic") if isinstance(project, dict) else None
    if not isinstance(project, dict) or not isinstance(dynamic, list):
        return document.text
    left = [key for key in dynamic if key not in project]
    if "dependencies" in dynamic or "dependencies" in project:
        left = [key for key in left if key not in {"dependencies", "optional-dependencies"}]
    if left == dynamic:
        return document.text
    if not left:
        return without(document, lambda path: path == ("project", "dynamic"))
    return with_value(document, ("project", "dynamic"), literal(left))
