"""Where things stand in TOML text: the span of every header, key, value and array item.

The standard parser gives values without places, and places are what an error message and an exact edit
need. This is a scanner, not a parser: it takes text that `tomllib` has accepted already (TOML 1.0) and
refuses nothing. Offsets count characters of the whole text, a byte order mark included.
"""

import itertools
import re
import tomllib
from collections.abc import Iterator
from typing import TypeAlias

from detent.named import NamedTuple

Path: TypeAlias = tuple[str | int, ...]
"""Keys from the root of a document, and numbers where there are arrays."""

BYTE_ORDER_MARK = "\ufeff"

_BLANK = re.compile(r"[ \t]*+")
_GAP = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_DOT = re.compile(r"[ \t]*+\.[ \t]*+")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]++")
# A closing run of three quotes may be preceded by up to two that belong to the string.
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+"""(?:"{0,2})'
    r"|'''(?:[^']|'(?!''))*+'''(?:'{0,2})"
    r'|"(?:[^"\\\n]|\\.)*+"'
    r"|'[^'\n]*+'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\r\n]*+")


class Value(NamedTuple):
    """A value and where it stands: ``text[start:end]``."""

    kind: str
    """``array``, ``table`` (an inline one), ``string`` or ``other``."""
    start: int
    end: int
    items: tuple["Item", ...] = ()
    """Of an array."""
    statements: tuple["Statement", ...] = ()
    """Of an inline table."""


class Item(NamedTuple):
    """One value of an array."""

    value: Value
    comma: int | None
    """Offset of the comma after it; ``None`` where there is none."""


class Statement(NamedTuple):
    """A key with its value."""

    path: tuple[str, ...]
    """From the root of the document."""
    start: int
    """Of the key."""
    value: Value


class Section(NamedTuple):
    """A header and the statements below it; the first section of a text has no header."""

    path: tuple[str, ...]
    start: int
    end: int
    """Just behind the header's last bracket; equal to ``start`` where there is no header."""
    is_array: bool
    """Whether the header is doubled (`[[...]]`)."""
    statements: tuple[Statement, ...]


class Outline(NamedTuple):
    """The whole of a text, in its own order."""

    sections: tuple[Section, ...]

    def statements(self) -> Iterator[Statement]:
        """Every statement outside of inline tables, in file order."""
        for section in self.sections:
            yield from section.statements

    def find(self, path: tuple[str, ...]) -> Statement | None:
        """The first statement of this path, inside inline tables too."""
        return _find(self.statements(), path)

    def offset(self, path: Path) -> int | None:
        """Where a key, a header, or (at a number) an item of an array or the nth `[[...]]` begins.

        The nearest thing above it answers for what is not in the text; ``None`` when nothing does.
        """
        found = (self._exactly(path[:length]) for length in range(len(path), 0, -1))
        return next((offset for offset in found if offset is not None), None)

    def _exactly(self, path: Path) -> int | None:
        names, rest = _until_number(path)
        statement = self.find(names)
        if statement is not None:
            return _item(statement.value, names, rest) if rest else statement.start
        if not rest:
            headers = (s for s in self.sections if s.end > s.start and s.path[: len(names)] == names)
            return next((section.start for section in headers), None)
        tables = [section for section in self.sections if section.is_array and section.path == names]
        number, below = int(rest[0]), rest[1:]
        if number >= len(tables):
            return None
        return _below(tables[number].statements, names, below) if below else tables[number].start


def _until_number(path: Path) -> tuple[tuple[str, ...], Path]:
    """Split a path before its first number."""
    names = tuple(itertools.takewhile(lambda part: isinstance(part, str), path))
    return tuple(map(str, names)), path[len(names) :]


def _item(value: Value, names: tuple[str, ...], rest: Path) -> int | None:
    """Where an item of an array begins, or what of it the rest of the path names."""
    number, below = int(rest[0]), rest[1:]
    if number >= len(value.items):
        return None
    item = value.items[number].value
    if not below:
        return item.start
    return _item(item, names, below) if isinstance(below[0], int) else _below(item.statements, names, below)


def _below(statements: tuple[Statement, ...], names: tuple[str, ...], path: Path) -> int | None:
    further, rest = _until_number(path)
    names += further
    statement = _find(iter(statements), names)
    if statement is None:
        return None
    return _item(statement.value, names, rest) if rest else statement.start


def _find(statements: Iterator[Statement], path: tuple[str, ...]) -> Statement | None:
    for statement in statements:
        if statement.path == path:
            return statement
        if statement.value.statements and path[: len(statement.path)] == statement.path:
            found = _find(iter(statement.value.statements), path)
            if found is not None:
                return found
    return None


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """The line and column, both from 1, of an offset; a byte order mark takes no column."""
    line_start = text.rfind("\n", 0, offset) + 1
    column = offset - line_start + 1
    if line_start == 0 and text.startswith(BYTE_ORDER_MARK):
        column -= 1
    return text.count("\n", 0, offset) + 1, column


def outline(text: str) -> Outline:
    """Scan a whole text that is known to be valid TOML."""
    position = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
    sections: list[Section] = []
    path: tuple[str, ...] = ()
    start = end = position
    is_array = False
    statements: list[Statement] = []
    while True:
        position = _skip(_GAP, text, position)
        if position >= len(text) or text[position] == "[":
            sections.append(Section(path, start, end, is_array, tuple(statements)))
            if position >= len(text):
                return Outline(tuple(sections))
            start = position
            is_array = text.startswith("[[", position)
            path, position = _key(text, _skip(_BLANK, text, position + 1 + is_array))
            end = position = _skip(_BLANK, text, position) + 1 + is_array
            statements = []
        else:
            statement = _statement(text, position, path)
            statements.append(statement)
            position = statement.value.end


def _skip(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position


def _statement(text: str, start: int, above: tuple[str, ...]) -> Statement:
    path, position = _key(text, start)
    path = above + path
    position = _skip(_BLANK, text, position) + 1
    return Statement(path, start, _value(text, _skip(_BLANK, text, position), path))


def _key(text: str, position: int) -> tuple[tuple[str, ...], int]:
    parts: list[str] = []
    while True:
        bare = _BARE_KEY.match(text, position)
        if bare:
            parts.append(bare.group())
            position = bare.end()
        else:
            end = _skip(_STRING, text, position)
            parts.append(decoded(text[position:end]))
            position = end
        dot = _DOT.match(text, position)
        if not dot:
            return tuple(parts), position
        position = dot.end()


def decoded(literal: str) -> str:
    """The text that a TOML string literal stands for."""
    if literal[:1] in "\"'" and "\\" not in literal and "\n" not in literal and literal[1:2] != literal[:1]:
        return literal[1:-1]
    return str(tomllib.loads(f"literal = {literal}")["literal"])


def _value(text: str, start: int, path: tuple[str, ...]) -> Value:
    first = text[start]
    if first == "[":
        return _array(text, start, path)
    if first == "{":
        return _inline_table(text, start, path)
    if first in "\"'":
        return Value("string", start, _skip(_STRING, text, start))
    end = _skip(_SCALAR, text, start)
    return Value("other", start, start + len(text[start:end].rstrip(" \t")))


def _array(text: str, start: int, path: tuple[str, ...]) -> Value:
    items: list[Item] = []
    position = _skip(_GAP, text, start + 1)
    while text[position] != "]":
        value = _value(text, position, path)
        position = _skip(_GAP, text, value.end)
        comma = None
        if text[position] == ",":
            comma = position
            position = _skip(_GAP, text, position + 1)
        items.append(Item(value, comma))
    return Value("array", start, position + 1, items=tuple(items))


def _inline_table(text: str, start: int, path: tuple[str, ...]) -> Value:
    statements: list[Statement] = []
    position = _skip(_GAP, text, start + 1)
    while text[position] != "}":
        statement = _statement(text, position, path)
        statements.append(statement)
        position = _skip(_GAP, text, statement.value.end)
        if text[position] == ",":
            position = _skip(_GAP, text, position + 1)
    return Value("table", start, position + 1, statements=tuple(statements))
