"""New tables as TOML text, and new lists and keys put into a text that is there."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from detent.errors import Unsupported
from detent.model.requirement import parse_requirement
from detent.named import NamedTuple
from detent.project import entries, placing
from detent.project.document import Document, parse_document
from detent.project.edit import add_requirement
from detent.project.placing import Table, spliced

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STEP = "    "
_WIDTH = 100


class Item(NamedTuple):
    """One item of a list, with the comments about it."""

    literal: str
    """As TOML writes it; empty for comments alone."""
    above: tuple[str, ...] = ()
    behind: str = ""


class Row(NamedTuple):
    """One key of a table, with the comments about it."""

    key: str
    literal: str
    above: tuple[str, ...] = ()
    behind: str = ""


class NewTable(NamedTuple):
    """A header and what stands below it."""

    path: tuple[str, ...]
    rows: tuple[Row, ...]
    lead: tuple[str, ...] = ()
    """Comments above the header."""
    is_array: bool = False


def item(requirement: str, above: tuple[str, ...] = (), behind: str = "") -> Item:
    """Give a requirement as an item of a list."""
    return Item(entries.literal(requirement), above, behind)


def literal(value: object) -> str:
    """Write a value on one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list() | tuple():
            return f"[{', '.join(map(literal, value))}]"
        case Mapping():
            return f"{{ {', '.join(f'{quoted(key)} = {literal(each)}' for key, each in value.items())} }}"
        case _:
            return str(value)


def block(items: Sequence[Item]) -> str:
    """Write a list, an item on each line; an empty one as `[]`."""
    if not items:
        return "[]"
    return "\n".join(("[", *(f"{_STEP}{line}" for each in items for line in _item_lines(each)), "]"))


def short_block(items: Sequence[Item]) -> str:
    """Write a list on one line where it is short and without comments."""
    line = f"[{', '.join(item.literal for item in items)}]"
    is_short = len(line) <= _WIDTH and not any(item.above or item.behind for item in items)
    return line if is_short else block(items)


def quoted(key: str) -> str:
    """Write a key."""
    return key if _BARE_KEY.fullmatch(key) else literal(key)


def render(tables: Iterable[NewTable]) -> str:
    """Write tables, a blank line between them."""
    return "\n".join("".join(f"{line}\n" for line in _table_lines(table)) for table in tables)


def _item_lines(each: Item) -> Iterator[str]:
    yield from each.above
    if each.literal:
        yield f"{each.literal}," + (f"  {each.behind}" if each.behind else "")


def _table_lines(table: NewTable) -> Iterator[str]:
    yield from table.lead
    header = ".".join(map(quoted, table.path))
    yield f"[[{header}]]" if table.is_array else f"[{header}]"
    for row in table.rows:
        yield from row.above
        yield f"{quoted(row.key)} = {row.literal}" + (f"  {row.behind}" if row.behind else "")


# ---- into a text that is there ---------------------------------------------------------------


def with_list(text: str, table: Table, items: Sequence[Item], *, display: str) -> str:
    """Put requirements into a list, which is made with all their comments where it is missing.

    A direct reference cannot be added to a list that is there.
    """
    if not items:
        return text
    document = parse_document(text, display)
    if placing.standing(document, table) is None:
        return with_array(text, table, block(items), display=display)
    for wish in (value for value in map(_value, items) if isinstance(value, str)):
        if not parse_requirement(wish).url:
            text = add_requirement(text, table, wish, display=display)
    return text


def with_array(text: str, table: Table, array: str, *, display: str) -> str:
    """Make a list that is missing of an array as it is written elsewhere."""
    document = parse_document(add_requirement(text, table, "placeholder", display=display), display)
    statement, made = placing.array(document, table)
    form = placing.layout(document, statement)
    lines = array.replace("\r\n", "\n").replace("\n", form.newline + form.outer)
    return document.text[: made.start] + lines + document.text[made.end :]


def with_settings(text: str, rows: Sequence[Row], index: Sequence[Sequence[Row]], *, display: str) -> str:
    """Put keys into `[tool.detent]`, and indexes behind it, where nothing says otherwise already."""
    tool = parse_document(text, display).data.get("tool")
    own = tool.get("detent") if isinstance(tool, dict) else None
    there = own if isinstance(own, dict) else {}
    path = ("tool", "detent")
    text = with_rows(text, path, [row for row in rows if row.key not in there], display=display)
    if index and not {"index", "index-url"} & there.keys():
        made = render(NewTable((*path, "index"), tuple(keys), is_array=True) for keys in index)
        text = spliced(parse_document(text, display), len(text), made)
    return text


def with_rows(
    text: str, path: tuple[str, ...], rows: Sequence[Row], *, display: str, behind: tuple[str, ...] = ()
) -> str:
    """Put keys into a table that has none of them, which is made at the end where it is missing.

    They go behind the first of the keys ``behind`` that is there, else behind the last key.
    """
    if not rows:
        return text
    document = parse_document(text, display)
    section = next(
        (s for s in document.outline.sections if s.path == path and s.end > s.start and not s.is_array), None
    )
    if section is None:
        if document.outline.find(path) is not None:
            name = ".".join(path)
            raise Unsupported(
                f"`{document.where(*path)}`: `{name}` is written in a form that cannot be added to",
                next_steps=(f"write it as a `[{name}]` table",),
            )
        return spliced(document, len(text), render((NewTable(path, tuple(rows)),)))
    ends = [section.end, *(s.value.end for s in section.statements)]
    anchors = [s.value.end for key in behind for s in section.statements if s.path == (*path, key)]
    last = anchors[0] if anchors else ends[-1]
    place = text.find("\n", last) + 1 or len(text)
    newline = placing.layout(document).newline
    lines = "".join(f"{line}\n" for line in list(_table_lines(NewTable(path, tuple(rows))))[1:])
    before = text[:place]
    return (
        (before if before.endswith("\n") else before + newline) + lines.replace("\n", newline) + text[place:]
    )


def with_value(document: Document, path: tuple[str, ...], new: str) -> str:
    """Put another value behind a key that is there."""
    statement = document.outline.find(path)
    if statement is None:
        return document.text
    return document.text[: statement.value.start] + new + document.text[statement.value.end :]


def _value(each: Item) -> object:
    return parse_document(f"literal = {each.literal or 0}", "literal").data["literal"]
