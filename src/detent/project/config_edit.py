"""One setting into or out of a TOML file: text in, text out, every other byte kept.

In a pyproject.toml settings stand in `[tool.detent]`, in a detent.toml without a table around them. What is
written as tables is for people to edit. The result is read again and compared with what was meant.
"""

import copy
from collections.abc import Iterator, Mapping

from detent.errors import Bug, Unsupported
from detent.errors.project import ManifestInvalid
from detent.model.toml_text import literal
from detent.project import arrays, placing
from detent.project.document import Document, at, parse_document
from detent.project.positions import BYTE_ORDER_MARK, Section, Statement, Value, decoded

OF_PYPROJECT = ("tool", "detent")
OF_CONFIG_FILE: tuple[str, ...] = ()
_COLUMNS = 100


def with_value(text: str, path: tuple[str, ...], key: str, value: object, *, display: str) -> str:
    """The text with a setting of this value; raises :class:`Unsupported` where it is not to be edited."""
    document = parse_document(text, display)
    if _is_there(document.data, path, key) and at(document.data, (*path, key)) == value:
        return text
    return _proven(_with_value(document, path, key, value), document, path, key, value)


def without_value(text: str, path: tuple[str, ...], key: str, *, display: str) -> str:
    """The text without a setting; one that is not there is out already. Raises :class:`Unsupported`."""
    document = parse_document(text, display)
    if not _is_there(document.data, path, key):
        return text
    value = at(document.data, (*path, key))
    statement = document.outline.find((*path, key))
    owner = _owner(document, statement) if statement is not None else None
    if statement is None or owner is None or isinstance(value, dict):
        raise _by_hand(document, path, key, f"take `{key}` out by hand")
    plain = _without_line(text, statement)
    for candidate in _without_header(text, statement, owner, path):
        # What setting it would have made is taken back to the byte.
        if _again(candidate, path, key, value, display) == text:
            return _proven(candidate, document, path, key, None)
    return _proven(plain, document, path, key, None)


# ---- putting in ------------------------------------------------------------------------------


def _with_value(document: Document, path: tuple[str, ...], key: str, value: object) -> str:
    outline = document.outline
    statement = outline.find((*path, key))
    if statement is not None:
        return _replaced(document, statement, path, key, value)
    line = f"{key} = {_written(document, key, value)}"
    if _is_there(document.data, path, key):  # as tables with headers of their own
        raise _by_hand(document, path, key, f"write `{line}` by hand")
    if any(outline.find(path[:length]) is not None for length in range(1, len(path) + 1)):
        raise _by_hand(document, path, "", f"write `{line}` into it by hand")
    if not path:
        return _at_the_top(document, line)
    home = next((s for s in outline.sections if s.path == path and s.end > s.start), None)
    if home is not None:
        return _below(document, home.statements[-1] if home.statements else None, home, line)
    for section in outline.sections:
        is_above = section.path == path[: len(section.path)] and not section.is_array
        inside = [s for s in section.statements if is_above and s.path[: len(path)] == path]
        if inside:  # `detent.offline = true` in `[tool]`
            between = ".".join(path[len(section.path) :])
            return _below(document, inside[-1], section, f"{between}.{line}" if between else line)
    return _with_header(document, path, line)


def _with_header(document: Document, path: tuple[str, ...], line: str) -> str:
    text, block = document.text, f"[{'.'.join(path)}]\n{line}\n"
    for section in document.outline.sections:
        if section.end > section.start and section.path[: len(path)] == path:
            return placing.spliced(document, _above_comments(text, _line_start(text, section.start)), block)
    return placing.spliced(document, len(text), block)


def _at_the_top(document: Document, line: str) -> str:
    text, first = document.text, document.outline.sections[0]
    if first.end == first.start and first.statements:
        return _below(document, first.statements[-1], first, line)
    headers = [section for section in document.outline.sections if section.end > section.start]
    if headers:
        place = _above_comments(text, _line_start(text, headers[0].start))
        return placing.spliced(document, place, f"{line}\n")
    newline = placing.layout(document).newline
    begun = text if not text or text.endswith(("\n", BYTE_ORDER_MARK)) else text + newline
    return f"{begun}{line}{newline}"


def _below(document: Document, above: Statement | None, section: Section, line: str) -> str:
    """Put a line below a statement, or right below a header."""
    text, form = document.text, placing.layout(document, above)
    place = _line_end(text, section.end if above is None else above.value.end)
    line = f"{form.outer}{line}".replace("\n", form.newline)
    if place and text[place - 1] != "\n":
        return f"{text[:place]}{form.newline}{line}{text[place:]}"
    return f"{text[:place]}{line}{form.newline}{text[place:]}"


def _replaced(
    document: Document, statement: Statement, path: tuple[str, ...], key: str, value: object
) -> str:
    text, old = document.text, statement.value
    written = text[old.start : old.end]
    if old.kind == "array" and "#" in written:
        if isinstance(value, list) and all(item.value.kind == "string" for item in old.items):
            return _item_by_item(document, statement, path, key, value)
        raise _by_hand(document, path, key, f"write `{key} = {literal(value)}` by hand")
    return text[: old.start] + _written(document, key, value) + text[old.end :]


def _item_by_item(
    document: Document, statement: Statement, path: tuple[str, ...], key: str, wanted: list[object]
) -> str:
    """Edit a list that has comments in it: they stay with the items that stay."""
    text, display, items = document.text, document.display, list(_items(document.text, statement.value))
    kept = [item for item in items if item in wanted]
    if kept != wanted[: len(kept)] or len(set(items)) != len(items):
        raise _by_hand(document, path, key, f"write `{key} = {literal(wanted)}` by hand")

    def array(text: str) -> Value:
        found = parse_document(text, display).outline.find((*path, key))
        if found is None:
            raise Bug(f"editing `{display}` lost `{key}`")
        return found.value

    for item in items:
        if item not in wanted:
            now = array(text)
            text = arrays.without_item(text, now, list(_items(text, now)).index(item))
    form = placing.layout(document, statement)
    for new in wanted[len(kept) :]:
        now = array(text)
        for candidate in arrays.with_item(text, now, len(now.items), literal(new), form):
            if list(_items(candidate, array(candidate))) == [*_items(text, now), new]:
                text = candidate
                break
        else:
            raise _by_hand(document, path, key, f"write `{key} = {literal(wanted)}` by hand")
    return text


def _items(text: str, array: Value) -> Iterator[object]:
    for item in array.items:
        yield decoded(text[item.value.start : item.value.end])


def _written(document: Document, key: str, value: object) -> str:
    """A long list goes over several lines."""
    line = literal(value)
    if not isinstance(value, list) or len(key) + len(line) + 3 <= _COLUMNS:
        return line
    form = placing.layout(document)
    return "\n".join(("[", *(f"{form.step}{literal(item)}," for item in value), "]"))


# ---- taking out ------------------------------------------------------------------------------


def _without_line(text: str, statement: Statement) -> str:
    start, end = _line_start(text, statement.start), _line_end(text, statement.value.end)
    return text[:start] + text[end:]


def _without_header(text: str, statement: Statement, owner: Section, path: tuple[str, ...]) -> Iterator[str]:
    """Give texts without the setting, the header it stood alone below, and the blank lines around that."""
    plain = _without_line(text, statement)
    start = _line_start(text, owner.start if owner.end > owner.start else statement.start)
    if owner.path != path or owner.statements != (statement,):
        yield plain
        yield plain.rstrip("\r\n")
        return
    before, after = text[:start], text[_line_end(text, statement.value.end) :]
    body = before.rstrip("\r\n")
    newline = "\r\n" if "\r\n" in text else "\n"
    if after.strip():
        yield before + after.lstrip("\r\n")
        yield body + newline * 2 + after.lstrip("\r\n")
        yield body + newline + after.lstrip("\r\n")
    else:
        yield body + newline if body else body
        yield body
    yield plain


def _again(text: str, path: tuple[str, ...], key: str, value: object, display: str) -> str:
    try:
        return with_value(text, path, key, value, display=display)
    except (ManifestInvalid, Unsupported, Bug):
        return ""


# ---- all of it -------------------------------------------------------------------------------


def _owner(document: Document, statement: Statement) -> Section | None:
    """Give the section a statement stands in; ``None`` for one inside an inline table."""
    return next((s for s in document.outline.sections if statement in s.statements), None)


def _is_there(data: Mapping[str, object], path: tuple[str, ...], key: str) -> bool:
    table = at(data, path)
    return isinstance(table, dict) and key in table


def _by_hand(document: Document, path: tuple[str, ...], key: str, step: str) -> Unsupported:
    place = (*path, key) if key else path
    name = ".".join(place)
    return Unsupported(
        f"`{document.where(*place)}`: `{name}` is written in a way that is not edited",
        why="its lines and comments could not be kept",
        next_steps=(step,),
    )


def _line_start(text: str, offset: int) -> int:
    found = text.rfind("\n", 0, offset) + 1
    return found + (found == 0 and text.startswith(BYTE_ORDER_MARK))


def _line_end(text: str, offset: int) -> int:
    found = text.find("\n", offset)
    return len(text) if found < 0 else found + 1


def _above_comments(text: str, start: int) -> int:
    """Go up over the lines of comment right above a header: they belong to it."""
    while start:
        above = _line_start(text, start - 1)
        if above >= start or not text[above:start].lstrip().startswith("#"):
            break
        start = above
    return start


def _proven(text: str, before: Document, path: tuple[str, ...], key: str, value: object) -> str:
    """Give the text if it says what was meant and nothing else; ``None`` is a setting that is out."""
    wanted = copy.deepcopy(before.data)
    table: dict[str, object] = wanted
    for name in path:
        found = table.setdefault(name, {})
        table = found if isinstance(found, dict) else {}
    table.pop(key, None)
    if value is not None:
        table[key] = value
    made = parse_document(text, before.display).data
    if _full(made) != _full(wanted):
        raise Bug(f"editing `{key}` in `{before.display}` changed something else")
    return text


def _full(data: Mapping[str, object]) -> dict[str, object]:
    """Without `[tool]` and `[tool.detent]` that hold nothing."""
    tool = data.get("tool")
    if not isinstance(tool, dict):
        return dict(data)
    tables = {name: table for name, table in tool.items() if name != "detent" or table}
    return {**{k: v for k, v in data.items() if k != "tool"}, **({"tool": tables} if tables else {})}
