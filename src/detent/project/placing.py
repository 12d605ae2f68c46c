"""Where a list of requirements stands in pyproject.toml, and where a person would put a new one.

Making a list that is missing is one pure function of the text, so that taking its only entry out again
can ask: is this exactly what adding it would have made? Then the bytes from before come back.
"""

import re
from collections.abc import Iterator

from detent.errors import Unsupported
from detent.errors.project import ManifestInvalid
from detent.model.names import normalise
from detent.named import NamedTuple
from detent.project.arrays import Layout
from detent.project.document import Document, type_name
from detent.project.positions import BYTE_ORDER_MARK, Outline, Section, Statement, Value

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_COMMENT_LINE = re.compile(r"[ \t]*#[^\n]*(?:\n|$)")
# Behind which key of [project] a person puts the dependencies, the best place first.
_ANCHORS = ("requires-python", "version", "name")


class Table(NamedTuple):
    """One list of requirements in pyproject.toml."""

    kind: str
    """``project``, ``extra`` or ``group``."""
    name: str = ""
    """Of the extra or group; empty for the project's own dependencies."""

    @property
    def parent(self) -> tuple[str, ...]:
        """The path of the TOML table that holds the list."""
        match self.kind:
            case "project":
                return ("project",)
            case "extra":
                return ("project", "optional-dependencies")
            case _:
                return ("dependency-groups",)

    @property
    def key(self) -> str:
        """The list's key in it."""
        return self.name if self.kind != "project" else "dependencies"

    @property
    def label(self) -> str:
        """The list as messages name it, such as ``dependency-groups.dev``."""
        return ".".join((*self.parent, self.key))


def tables(document: Document) -> tuple[Table, ...]:
    """Every list the document has, spelled as it is there."""
    found = []
    for kind in ("project", "extra", "group"):
        node = _node(document.data, Table(kind).parent)
        if isinstance(node, dict):
            keys = [key for key in node if kind != "project" or key == "dependencies"]
            found += [Table(kind, "" if kind == "project" else key) for key in keys]
    return tuple(found)


def standing(document: Document, table: Table) -> Table | None:
    """The table as the document spells it (names count normalised); ``None`` when it has no such list."""
    for candidate in tables(document):
        if candidate.kind == table.kind and normalise(candidate.name) == normalise(table.name):
            return candidate
    return None


def array(document: Document, table: Table) -> tuple[Statement, Value]:
    """The statement and the array of a list the document has, spelled as it is there."""
    path = (*table.parent, table.key)
    statement = document.outline.find(path)
    if statement is None or statement.value.kind != "array":
        node = _node(document.data, path)
        raise ManifestInvalid(
            document.where(*path), f"`{table.label}` must be a list of strings, found {type_name(node)}"
        )
    return statement, statement.value


def _node(data: object, path: tuple[str, ...]) -> object:
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def layout(document: Document, statement: Statement | None = None) -> Layout:
    """How this document writes lines, and how the line of a statement is indented."""
    text = document.text
    newline = "\r\n" if "\r\n" in text and text.index("\r\n") == text.index("\n") - 1 else "\n"
    step = next(_steps(document), "    ")
    if statement is None:
        return Layout(newline, "", step)
    line_start = _line_start(text, statement.start)
    outer = text[line_start : statement.start]
    is_inline = all(statement is not outside for outside in document.outline.statements())
    return Layout(newline, "" if outer.strip(" \t") else outer, step, inline=is_inline)


def _steps(document: Document) -> Iterator[str]:
    """How far the items of the document's multi-line lists of requirements are indented."""
    text = document.text
    for statement in document.outline.statements():
        outer = text[_line_start(text, statement.start) : statement.start]
        if statement.path[0] not in {"project", "dependency-groups"} or outer.strip(" \t"):
            continue
        for item in statement.value.items[:1]:
            line_start = _line_start(text, item.value.start)
            indent = text[line_start : item.value.start]
            if line_start > statement.start and not indent.strip(" \t") and indent.startswith(outer):
                yield indent.removeprefix(outer)


def _line_start(text: str, offset: int) -> int:
    line_start = text.rfind("\n", 0, offset) + 1
    return line_start + (text.startswith(BYTE_ORDER_MARK, line_start) and line_start == 0)


def created(document: Document, table: Table, literal: str) -> str:
    """The text with a list made where there is none, holding one entry."""
    _refuse_inline(document, table)
    form = layout(document)
    section = next((s for s in document.outline.sections if s.path == table.parent and s.end > s.start), None)
    if section is not None:
        # Three forms, so that each can be told apart and undone: `dependencies = []` is the usual start of
        # a project and becomes the usual block; a key made by us in [project], or below a header that
        # stood there empty, has no comma behind its only entry.
        comma = "" if table.kind == "project" or not section.statements else ","
        anchor = _anchor(section.statements, table)
        return _with_key(document, anchor, section, _quoted(table.key), literal=literal, comma=comma)
    siblings = [
        s
        for s in document.outline.statements()
        if len(s.path) > len(table.parent) and s.path[: len(table.parent)] == table.parent
    ]
    owners = [s for s in document.outline.sections if any(x in s.statements for x in siblings)]
    if siblings and table.parent[: len(owners[-1].path)] == owners[-1].path:
        owner = owners[-1]
        inside = tuple(s for s in siblings if s in owner.statements)
        key = ".".join(_quoted(part) for part in (*table.parent[len(owner.path) :], table.key))
        comma = "" if table.kind == "project" else ","
        return _with_key(document, _anchor(inside, table), owner, key, literal=literal, comma=comma)
    if table.kind == "project":
        raise ManifestInvalid(
            document.display,
            "there is no `[project]` table",
            next_steps=("add one with a `name` and a `version`",),
        )
    return _with_header(document, table, form, literal)


def _anchor(statements: tuple[Statement, ...], table: Table) -> Statement | None:
    """The statement behind which a new key goes; ``None``: right behind the header."""
    if table.kind == "project":
        for key in _ANCHORS:
            for statement in statements:
                if statement.path == ("project", key):
                    return statement
    return statements[-1] if statements else None


def _with_key(
    document: Document, anchor: Statement | None, section: Section, key: str, *, literal: str, comma: str
) -> str:
    text = document.text
    form = layout(document, anchor)
    place = _line_end(text, section.end if anchor is None else anchor.value.end)
    block = f"{form.outer}{key} = {form.block(literal, comma=comma)}"
    return _inserted(text, place, block, form.newline)


def _with_header(document: Document, table: Table, form: Layout, literal: str) -> str:
    text, place = document.text, _behind_project(document.outline, document.text)
    header = ".".join(table.parent)
    block = f"[{header}]{form.newline}{_quoted(table.key)} = {form.block(literal, comma=',')}"
    before = text[:place].removeprefix(BYTE_ORDER_MARK)
    is_apart = not before or before.endswith(("\n\n", "\n\r\n"))
    return _inserted(text, place, block if is_apart else form.newline + block, form.newline)


def _inserted(text: str, place: int, block: str, newline: str) -> str:
    """A text that does not end its last line stays so."""
    if place and text[place - 1] not in "\n" + BYTE_ORDER_MARK:
        return f"{text[:place]}{newline}{block}{text[place:]}"
    return f"{text[:place]}{block}{newline}{text[place:]}"


def spliced(document: Document, place: int, text: str) -> str:
    """Put whole lines into a text at the start of a line, with a blank line on either side."""
    before, after = document.text[:place], document.text[place:]
    newline = layout(document).newline
    is_start = not before.strip(BYTE_ORDER_MARK + " \t\r\n")
    head = before if is_start else before.rstrip("\r\n") + newline * 2
    lines = text.replace("\r\n", "\n").replace("\n", newline)
    return head + lines + (newline + after if after.strip() else "")


def _behind_project(outline: Outline, text: str) -> int:
    """The end of the last section that speaks of the project, else of the text."""
    sections = [s for s in outline.sections if s.path[:1] == ("project",)] or [
        s for s in outline.sections if any(x.path[0] == "project" for x in s.statements)
    ]
    last = (sections or list(outline.sections))[-1]
    place = _line_end(text, last.statements[-1].value.end if last.statements else last.end)
    # Comments that follow without a blank line still belong to it, unless they lead on to a header.
    end = place
    while (comment := _COMMENT_LINE.match(text, end)) is not None:
        end = comment.end()
    return place if text.startswith("[", end) else end


def _line_end(text: str, offset: int) -> int:
    found = text.find("\n", offset)
    return len(text) if found < 0 else found + 1


def _quoted(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else f'"{key}"'


def _refuse_inline(document: Document, table: Table) -> None:
    for length in range(1, len(table.parent) + 1):
        statement = document.outline.find(table.parent[:length])
        if statement is not None:
            name = ".".join(table.parent[:length])
            raise Unsupported(
                f"`{table.label}` cannot be made inside the inline table `{name}`",
                why=f"it stands on one line at `{document.where(*table.parent[:length])}`",
                next_steps=(f"write it as a `[{name}]` table, or add an empty `{table.key}` list by hand",),
            )


def deletions(document: Document, table: Table, statement: Statement) -> Iterator[str]:
    """Texts without the whole list (and its header, when it has nothing else), for `created` to judge."""
    text = document.text
    spans = []
    owner = next((s for s in document.outline.sections if statement in s.statements), None)
    if owner is None:
        return
    if owner.path == table.parent and owner.statements == (statement,) and owner.end > owner.start:
        spans.append(_line_start(text, owner.start))
    spans.append(_line_start(text, statement.start))
    end = statement.value.end
    line_end = _line_end(text, end)
    for start in spans:
        one, two = _newline_before(text, start), _newline_before(text, _newline_before(text, start))
        for first, last in ((one, line_end), (start, line_end), (two, end), (one, end)):
            yield text[:first] + text[last:]


def _newline_before(text: str, offset: int) -> int:
    if text.endswith("\r\n", 0, offset):
        return offset - 2
    return offset - text.endswith("\n", 0, offset)
