"""Requirements that stood beside a project put into its pyproject.toml, which is made where there is none."""

from collections.abc import Mapping, Sequence

from detent.named import NamedTuple
from detent.project.document import Document, parse_document
from detent.project.importing.conversion import Findings
from detent.project.importing.tables import (
    Item,
    NewTable,
    Row,
    block,
    literal,
    render,
    short_block,
    with_list,
    with_rows,
    with_settings,
)
from detent.project.placing import Table, spliced

_BEHIND = ("version", "name")


class Wishes(NamedTuple):
    """What a project needs."""

    dependencies: Sequence[Item]
    groups: Mapping[str, Sequence[Item]]
    requires_python: str = ""
    """Empty where nobody says."""


def with_wishes(document: Document, wishes: Wishes, *, folder_name: str, findings: Findings) -> str:
    """Give the text with the requirements in lists of the standard; `[project]` may be new."""
    display = document.display
    if "project" not in document.data:
        return _with_project(document, wishes, folder_name=folder_name, findings=findings)
    text = with_list(document.text, Table("project"), wishes.dependencies, display=display)
    for group, items in wishes.groups.items():
        text = with_list(text, Table("group", group), items, display=display)
    return with_python(text, wishes.requires_python, display=display)


def with_python(text: str, specifier: str, *, display: str) -> str:
    """Give the text with a `requires-python`, unless there is one."""
    project = parse_document(text, display).data.get("project")
    if not specifier or not isinstance(project, dict) or "requires-python" in project:
        return text
    if "requires-python" in project.get("dynamic", ()):
        return text
    row = Row("requires-python", literal(specifier))
    return with_rows(text, ("project",), (row,), display=display, behind=_BEHIND)


def _with_project(document: Document, wishes: Wishes, *, folder_name: str, findings: Findings) -> str:
    python = wishes.requires_python
    rows = (
        Row("name", literal(folder_name)),
        Row("version", literal("0.1.0")),
        *((Row("requires-python", literal(python)),) if python else ()),
        Row("dependencies", block(wishes.dependencies)),
    )
    groups = tuple(Row(name, short_block(items)) for name, items in wishes.groups.items() if items)
    tables = [NewTable(("project",), rows), *([NewTable(("dependency-groups",), groups)] if groups else [])]
    # Keys ahead of the first header belong to no table and must stay ahead.
    place = 0 if not document.outline.sections[0].statements else len(document.text)
    text = spliced(document, place, render(tables))
    if "build-system" not in document.data:
        return text
    findings.note(
        "the project itself will not be installed: what `[build-system]` builds is described elsewhere; "
        "move that into `[project]` and take `package = false` out"
    )
    return with_settings(text, (Row("package", "false"),), (), display=document.display)
