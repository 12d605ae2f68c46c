"""The rules of `[tool.detent.sources]` into and out of pyproject.toml: no other byte is changed.

A rule is written as an inline table, in the manner of those that stand there. Where a project has its
sources as `[tool.uv.sources]`, and detent reads them there, they are changed there. What somebody wrote in a
form that cannot be changed safely is left to them, in an error that says what to write.
"""

import re
from collections.abc import Iterator

from detent.errors import Bug, Unsupported
from detent.errors.project import ManifestInvalid
from detent.model.names import PackageName, normalise
from detent.model.source_texts import InvalidSource, read_source, source_values
from detent.model.sources import PathSource, Source
from detent.model.toml_text import inline_table, key
from detent.named import NamedTuple
from detent.project import arrays, placing
from detent.project.document import Document, parse_document
from detent.project.edit import is_asked_for
from detent.project.positions import BYTE_ORDER_MARK, Section, Statement
from detent.project.proof import equal, proven, replaced
from detent.project.source_tables import sources_path

_WHERE = ("marker", "extra", "group")


class _Form(NamedTuple):
    """How this document writes a rule."""

    newline: str
    is_spaced: bool
    """Whether there is a blank behind `{` and before `}`."""
    outer: str = ""
    """Indentation of a line."""


def add_source(
    text: str,
    name: PackageName,
    source: Source,
    *,
    marker: str = "",
    user: str = "",
    display: str = "pyproject.toml",
) -> str:
    """The text with a rule for a package, in place of the one that holds for the same places.

    A rule that says so already leaves the text as it is; beside one for other places it joins a list.
    ``user`` are names of variables with user and password for the URL.
    """
    document = parse_document(text, display)
    path = sources_path(document.data)
    values = dict(source_values(source)) | ({"marker": marker} if marker else {})
    for part in ("git", "url") if user else ():
        if isinstance(url := values.get(part), str) and url.startswith("http"):
            values[part] = url.replace("://", f"://{user}@", 1)
    form = _form(document, path)
    literal = inline_table(values)
    if form.is_spaced:
        literal = f"{{ {literal[1:-1]} }}"
    table = _table(document, path)
    spelled = next((each for each in table if normalise(each) == name), None)
    if spelled is None:
        made = _with_new(document, path, name, literal, form)
        return _checked(document, made, (*path, name), values)
    standing = table[spelled]
    if _says(standing, values):
        return text
    where = (*path, spelled)
    statement = document.outline.find(where)
    match standing:
        case dict() if statement is not None and statement.value.kind == "table":
            if _condition(standing) == _condition(values):
                return _checked(document, _spliced(text, statement, literal), where, values)
            old = text[statement.value.start : statement.value.end]
            items = "".join(f"    {item},{form.newline}" for item in (old, literal))
            both = f"[{form.newline}{items}]"
            return _checked(document, _spliced(text, statement, both), where, [standing, values])
        case list() if statement is not None and statement.value.kind == "array":
            return _in_list(document, statement, where, standing, (values, literal))
        case _:
            raise _by_hand(document, where, f"{key(name)} = {literal}")


def remove_source(text: str, name: str, *, display: str = "pyproject.toml") -> str:
    """The text without the rules of a package; it is as it is where there are none.

    A header is left where it stands, unless it is exactly what adding would have made.
    """
    document = parse_document(text, display)
    path = sources_path(document.data)
    table = _table(document, path)
    spelled = next((each for each in table if normalise(each) == normalise(name)), None)
    if spelled is None:
        return text
    where = (*path, spelled)
    for candidate in (*_without_header(document, path, spelled), _without(document, where)):
        try:
            found = parse_document(candidate, display)
        except ManifestInvalid:
            continue
        if any(equal(found.data, expected) for expected in _expected(document.data, where)):
            return candidate
    raise _by_hand(document, where, "")


def remove_unasked(text: str, names: tuple[str, ...], *, display: str = "pyproject.toml") -> str:
    """The text without the rules of those packages that no list of the project asks for any more."""
    for name in names:
        if not is_asked_for(parse_document(text, display), name):
            text = remove_source(text, name, display=display)
    return text


# ---- what stands there -----------------------------------------------------------------------


def _table(document: Document, path: tuple[str, ...]) -> dict[str, object]:
    node: object = document.data
    for part in path:
        node = node.get(part) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else {}


def _form(document: Document, path: tuple[str, ...]) -> _Form:
    """Look at the inline tables of the sources, else at all of the document; blanks where there are none."""
    newline = placing.layout(document).newline
    statements = [s for s in document.outline.statements() if s.value.kind in {"table", "array"}]
    own = [s for s in statements if s.path[: len(path)] == path]
    for statement in (*own, *statements):
        for value in (statement.value, *(item.value for item in statement.value.items)):
            if value.kind == "table" and value.statements:
                return _Form(newline, document.text[value.start + 1] in " \t\r\n")
    return _Form(newline, is_spaced=True)


def _condition(values: object) -> tuple[str, ...]:
    table = values if isinstance(values, dict) else {}
    return tuple(str(table.get(part, "")) for part in _WHERE)


def _says(standing: object, values: dict[str, str | bool]) -> bool:
    """Whether a table means what the values say; of how a folder is installed they need say nothing."""
    if not isinstance(standing, dict) or _condition(standing) != _condition(values):
        return False
    try:
        there, wanted = read_source(_plain(standing)), read_source(_plain(values))
    except InvalidSource:
        return False
    if isinstance(there, PathSource) and isinstance(wanted, PathSource) and wanted.editable is None:
        wanted = wanted._replace(editable=there.editable, package=there.package)
    return there == wanted


def _plain(values: dict[str, object] | dict[str, str | bool]) -> dict[str, object]:
    return {part: value for part, value in values.items() if part not in _WHERE}


# ---- putting in ------------------------------------------------------------------------------


def _spliced(text: str, statement: Statement, literal: str) -> str:
    return text[: statement.value.start] + literal + text[statement.value.end :]


def _in_list(
    document: Document,
    statement: Statement,
    where: tuple[str, ...],
    standing: list[object],
    new: tuple[dict[str, str | bool], str],
) -> str:
    """The text with a rule, as values and as a literal, in the list of its package."""
    values, literal = new
    text, array = document.text, statement.value
    for place, row in enumerate(standing):
        if _says(row, values):
            return text
        if _condition(row) == _condition(values):
            span = array.items[place].value
            made = text[: span.start] + literal + text[span.end :]
            return _checked(document, made, where, [*standing[:place], values, *standing[place + 1 :]])
    layout = placing.layout(document, statement)
    made = next(arrays.with_item(text, array, len(array.items), literal, layout))
    return _checked(document, made, where, [*standing, values])


def _with_new(document: Document, path: tuple[str, ...], name: str, literal: str, form: _Form) -> str:
    """The text with a rule for a package that has none yet."""
    outline, text = document.outline, document.text
    line = f"{key(name)} = {literal}"
    inline = outline.find(path)
    if inline is not None and inline.value.kind == "table":
        return _into_inline(text, inline, line)
    section = next((s for s in outline.sections if s.path == path and s.end > s.start), None)
    if section is not None:
        return _into_section(text, section, line, name, form)
    dotted = [s for s in outline.statements() if s.path[: len(path)] == path]
    owner = next((s for s in outline.sections if dotted and dotted[-1] in s.statements), None)
    if owner is not None and len(owner.path) < len(path):
        whole = ".".join((*map(key, path[len(owner.path) :]), line))
        return _behind(text, dotted[-1].value.end, whole, form)
    for length in range(1, len(path)):
        above = outline.find(path[:length])
        if above is not None:
            raise _by_hand(document, path, line)
    return _with_header(document, path, line, form)


def _into_inline(text: str, statement: Statement, line: str) -> str:
    inside = statement.value.statements
    if not inside:
        return f"{text[: statement.value.start]}{{ {line} }}{text[statement.value.end :]}"
    end = inside[-1].value.end
    return f"{text[:end]}, {line}{text[end:]}"


def _into_section(text: str, section: Section, line: str, name: str, form: _Form) -> str:
    """In order where the names are in order, else behind the last one."""
    own = section.statements
    names = [normalise(s.path[len(section.path)]) for s in own]
    if names == sorted(names):
        later = next((s for s, each in zip(own, names, strict=True) if each > name), None)
        if later is not None:
            start = text.rfind("\n", 0, later.start) + 1
            return f"{text[:start]}{text[start : later.start]}{line}{form.newline}{text[start:]}"
    indent = ""
    if own:
        start = text.rfind("\n", 0, own[-1].start) + 1
        indent = text[start : own[-1].start]
    return _behind(text, own[-1].value.end if own else section.end, indent + line, form)


def _behind(text: str, offset: int, line: str, form: _Form) -> str:
    """The text with a line behind the one an offset is on."""
    end = text.find("\n", offset)
    if end < 0:
        return f"{text}{form.newline}{line}"
    return f"{text[: end + 1]}{line}{form.newline}{text[end + 1 :]}"


def _with_header(document: Document, path: tuple[str, ...], line: str, form: _Form) -> str:
    """The text with a table of sources: behind the last one of the same tool, else at the end."""
    text = document.text
    block = f"[{'.'.join(path)}]{form.newline}{line}"
    kin = [s for s in document.outline.sections if s.path[:2] == path[:2] and s.end > s.start]
    if kin:
        last = kin[-1]
        offset = last.statements[-1].value.end if last.statements else last.end
        return _behind(text, offset, f"{form.newline}{block}", form)
    if not text.removeprefix(BYTE_ORDER_MARK):
        return f"{text}{block}{form.newline}"
    ending = "" if text.endswith("\n") else form.newline
    apart = "" if text.endswith(("\n\n", "\n\r\n")) else form.newline
    return f"{text}{ending}{apart}{block}" + (form.newline if text.endswith("\n") else "")


# ---- taking out ------------------------------------------------------------------------------


def _without_header(document: Document, path: tuple[str, ...], spelled: str) -> Iterator[str]:
    """Texts without the whole table, where it holds this one package and adding would have made it so."""
    section = next((s for s in document.outline.sections if s.path == path and s.end > s.start), None)
    if section is None or len(section.statements) != 1 or section.statements[0].path != (*path, spelled):
        return
    text, statement = document.text, section.statements[0]
    line = text[statement.start : statement.value.end]
    start = text.rfind("\n", 0, section.start) + 1
    end = _line_end(text, statement.value.end)
    one = _newline_before(text, start)
    for first in (_newline_before(text, one), one, start):
        for last in (end, _newline_before(text, end)):
            candidate = text[:first] + text[max(first, last) :]
            try:
                before = parse_document(candidate, document.display)
                if _with_header(before, path, line, _form(before, path)) == text:
                    yield candidate
            except ManifestInvalid:
                continue


def _without(document: Document, where: tuple[str, ...]) -> str:
    """The text without the lines and sections of one package."""
    text, outline = document.text, document.outline
    inline = outline.find(where[:-1])
    if inline is not None and inline.value.kind == "table":
        return _out_of_inline(text, inline, where)
    spans = []
    for section in outline.sections:
        is_own = section.path[: len(where)] == where and section.end > section.start
        own = [s for s in section.statements if s.path[: len(where)] == where]
        if is_own:
            end = section.statements[-1].value.end if section.statements else section.end
            spans.append((text.rfind("\n", 0, section.start) + 1, _with_blank(text, _line_end(text, end))))
        else:
            spans += ((text.rfind("\n", 0, s.start) + 1, _line_end(text, s.value.end)) for s in own)
    for start, end in reversed(spans):
        text = text[:start] + text[end:]
    return text


def _out_of_inline(text: str, statement: Statement, where: tuple[str, ...]) -> str:
    inside = statement.value.statements
    places = [place for place, each in enumerate(inside) if each.path[: len(where)] == where]
    for place in reversed(places):
        if place:
            text = text[: inside[place - 1].value.end] + text[inside[place].value.end :]
        elif len(inside) > len(places):
            text = text[: inside[0].start] + text[inside[1].start :]
        else:
            text = f"{text[: statement.value.start]}{{}}{text[statement.value.end :]}"
    return text


def _line_end(text: str, offset: int) -> int:
    found = text.find("\n", offset)
    return len(text) if found < 0 else found + 1


def _with_blank(text: str, offset: int) -> int:
    """A section goes with the empty line behind it."""
    found = re.compile(r"[ \t]*\r?\n").match(text, offset)
    return found.end() if found is not None else offset


def _expected(data: object, where: tuple[str, ...]) -> Iterator[object]:
    """What is left without a package: its table may go with it, and what is empty then above that."""
    left = replaced(data, where, None)
    yield left
    for length in range(len(where) - 1, 0, -1):
        node = left
        for part in where[:length]:
            node = node.get(part) if isinstance(node, dict) else None
        if node != {}:
            return
        left = replaced(left, where[:length], None)
        yield left


def _newline_before(text: str, offset: int) -> int:
    if text.endswith("\r\n", 0, offset):
        return offset - 2
    return offset - text.endswith("\n", 0, offset)


# ---- both ------------------------------------------------------------------------------------


def _checked(document: Document, text: str, where: tuple[str, ...], value: object) -> str:
    try:
        return proven(document, text, replaced(document.data, where, value), ".".join(where[:-1]))
    except Bug:
        # A form of writing that is rare enough to be left to whoever wrote it.
        raise _by_hand(document, where, "") from None


def _by_hand(document: Document, where: tuple[str, ...], line: str) -> Unsupported:
    return Unsupported(
        f"`{document.where(*where)}`: `{'.'.join(where)}` is written in a form that cannot be changed",
        next_steps=(f"write `{line}` by hand" if line else "change it by hand",),
    )
