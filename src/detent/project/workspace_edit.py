"""A folder into `members` of a workspace, as text: no other byte of the pyproject.toml is changed."""

from detent.errors import Unsupported
from detent.model.toml_text import quoted
from detent.project import arrays
from detent.project.document import at, parse_document
from detent.project.placing import layout, spliced
from detent.project.proof import proven, replaced
from detent.project.workspace_table import workspace_path


def add_member(text: str, folder: str, *, display: str = "pyproject.toml") -> str:
    """The text with one more member; raises :class:`Unsupported` where only a person can write it.

    Where there is no workspace, there is one then.
    """
    document = parse_document(text, display)
    path = workspace_path(document.data)
    members = at(document.data, (*path, "members"))
    listed = members if isinstance(members, list) else []
    expected = replaced(document.data, (*path, "members"), [*listed, folder])
    statement = document.outline.find((*path, "members"))
    if statement is not None and statement.value.kind == "array":
        form = layout(document, statement)
        value = statement.value
        found = next(arrays.with_item(text, value, len(value.items), quoted(folder), form))
        return proven(document, found, expected, ".".join(path))
    header = ".".join(path)
    section = next((each for each in document.outline.sections if each.path == path), None)
    if section is not None:
        end = text.find("\n", section.start)
        line = f"members = [{quoted(folder)}]\n"
        found = f"{text}\n{line}" if end < 0 else text[: end + 1] + line + text[end + 1 :]
        return proven(document, found, expected, header)
    if at(document.data, path) is not None:
        raise Unsupported(
            f"`{header}` in `{display}` is written in a way that cannot be changed safely",
            why="it stands in a line of its own or in an inline table",
            next_steps=(f"add `{folder}` to its `members` yourself",),
        )
    found = spliced(document, len(text), f"[{header}]\nmembers = [{quoted(folder)}]\n")
    return proven(document, found, expected, header)
