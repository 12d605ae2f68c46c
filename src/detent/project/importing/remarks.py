"""Which comments of a TOML text belong to which key or header, so that they can move or go with it.

A comment above a key speaks of that key, one behind it on its line, too. Comments right behind the last key
belong to the section; what comes behind a blank line leads on to the next header.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise

from detent.named import NamedTuple
from detent.project.document import Document
from detent.project.positions import BYTE_ORDER_MARK, Section, Statement


class Noted(NamedTuple):
    """A statement and the comments about it."""

    statement: Statement
    start: int
    """Of the first line that is about it."""
    end: int
    """Just behind its last line, the line break included."""
    above: tuple[str, ...]
    """Whole comments, each with its `#`."""
    behind: str
    """The comment behind the value; empty for none."""


class Part(NamedTuple):
    """A section with its comments: the text in `start:end`, blank lines behind it included."""

    section: Section
    start: int
    end: int
    lead: tuple[str, ...]
    statements: tuple[Noted, ...]
    tail: tuple[str, ...]

    @property
    def has_header(self) -> bool:
        """Whether this is more than what stands before the first header."""
        return self.section.end > self.section.start


def parts(document: Document) -> tuple[Part, ...]:
    """Give every section of a text, in its own order; they cover it without gaps."""
    text, sections = document.text, document.outline.sections
    first = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
    starts = [first, *(_lead_start(text, above, here) for above, here in pairwise(sections))]
    ends = [*starts[1:], len(text)]
    return tuple(map(_part, [text] * len(sections), sections, starts, ends))


def without(document: Document, is_doomed: Callable[[tuple[str, ...]], bool]) -> str:
    """Give the text without the keys of some paths; a header that has nothing left goes, too."""
    pieces, done = [], 0
    for start, end in _cuts(document, is_doomed):
        pieces.append(document.text[done:start])
        done = end
    if done == len(document.text) and pieces:
        kept = "".join(pieces)
        newline = "\r\n" if "\r\n" in kept else "\n"
        return kept.rstrip("\r\n") + newline if kept.strip() else kept.strip(" \t\r\n")
    return "".join(pieces) + document.text[done:]


def _cuts(document: Document, is_doomed: Callable[[tuple[str, ...]], bool]) -> Iterator[tuple[int, int]]:
    for part in parts(document):
        doomed = [noted for noted in part.statements if is_doomed(noted.statement.path)]
        is_empty = len(doomed) == len(part.statements)
        if part.has_header and is_empty and (doomed or is_doomed(part.section.path)):
            yield part.start, part.end
        else:
            yield from ((noted.start, noted.end) for noted in doomed)


def _part(text: str, section: Section, start: int, end: int) -> Part:
    position = _line_end(text, section.end) if section.end > section.start else start
    lead = tuple(_comments(text[start : section.start])) if section.end > section.start else ()
    noted = []
    for statement in section.statements:
        above_start = _first_comment(text, position, statement.start)
        line_end = _line_end(text, statement.value.end)
        behind = text[statement.value.end : line_end].strip()
        above = tuple(_comments(text[above_start : statement.start]))
        noted.append(Noted(statement, above_start, line_end, above, behind))
        position = line_end
    return Part(section, start, end, lead, tuple(noted), tuple(_comments(text[position:end])))


def _lead_start(text: str, above: Section, here: Section) -> int:
    """Where the comments begin that lead on to a header; at the top of a file, those right above it."""
    has_content = bool(above.statements) or above.end > above.start
    content = above.statements[-1].value.end if above.statements else above.end
    offset = _line_end(text, content) if has_content else above.start
    lines: list[tuple[int, str]] = []
    for line in text[offset : here.start].splitlines(keepends=True):
        if line.endswith("\n"):
            lines.append((offset, line.strip()))
            offset += len(line)
    blanks = [place for place, (_, words) in enumerate(lines) if not words]
    first = (blanks[0] if has_content else blanks[-1]) + 1 if blanks else 0
    return next((start for start, words in lines[first:] if words), offset)


def _first_comment(text: str, start: int, end: int) -> int:
    """The first line from here that is not blank."""
    while True:
        line_end = text.find("\n", start, end)
        if line_end < 0 or text[start:line_end].strip():
            return start
        start = line_end + 1


def _comments(text: str) -> Iterator[str]:
    yield from (line.strip() for line in text.splitlines() if line.lstrip().startswith("#"))


def _line_end(text: str, offset: int) -> int:
    found = text.find("\n", offset)
    return len(text) if found < 0 else found + 1
