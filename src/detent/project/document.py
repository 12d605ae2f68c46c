"""TOML text to values that know their place: the only door to `tomllib` in this package.

A syntax error, or anything else in the text, can be named as ``file:line:column``. A byte order mark is
allowed, as editors on Windows leave one; it stays in the text.
"""

import re
import tomllib
from collections.abc import Sequence
from functools import cached_property

from detent.errors.project import ManifestInvalid
from detent.project import positions
from detent.project.positions import BYTE_ORDER_MARK, Outline

_CONFLICT = re.compile(r"^(?:<{7,}|={7,}|>{7,}|\|{7,})(?:[ \t\r]|$)", re.MULTILINE)
_PLACE = re.compile(r" \((?:at line (?P<line>\d+), column (?P<column>\d+)|at end of document)\)$")


class Document:
    """A text, what it says, and where it says it."""

    def __init__(self, text: str, data: dict[str, object], display: str, base: str = "") -> None:
        self.text = text
        self.data = data
        self.display = display
        """The file's name as messages show it."""
        self.base = base
        """Its folder, relative to the folder of the lock; empty for that one itself."""

    @property
    def path(self) -> str:
        """Where it stands, from the folder of the lock."""
        return f"{self.base}/pyproject.toml" if self.base else "pyproject.toml"

    @cached_property
    def outline(self) -> Outline:
        """Every span of the text; scanned when first asked for."""
        try:
            return positions.outline(self.text)
        except RecursionError as error:
            raise _too_deep(self.display) from error

    def line(self, *path: str | int) -> int | None:
        """The line of a key or array item, from 1; ``None`` where the text has nothing like it."""
        offset = self.outline.offset(path)
        return None if offset is None else positions.line_and_column(self.text, offset)[0]

    def where(self, *path: str | int) -> str:
        """``file:line:column`` of a key or array item, as exact as the text allows."""
        offset = self.outline.offset(path)
        if offset is None:
            return self.display
        line, column = positions.line_and_column(self.text, offset)
        return f"{self.display}:{line}:{column}"


def parse_document(text: str, display: str, base: str = "") -> Document:
    """Read TOML; raises :class:`ManifestInvalid` with the line and column of a syntax error."""
    try:
        data: dict[str, object] = tomllib.loads(text.removeprefix(BYTE_ORDER_MARK))
    except ValueError as error:
        # Besides TOMLDecodeError there is the plain ValueError of an integer of thousands of digits.
        conflict = _CONFLICT.search(text)
        if conflict:
            line, _ = positions.line_and_column(text, conflict.start())
            raise _conflicted(f"{display}:{line}") from error
        message = str(error)
        place = _PLACE.search(message)
        if place and place["line"]:
            where = f"{display}:{place['line']}:{place['column']}"
        elif place:
            line, column = positions.line_and_column(text, len(text))
            where = f"{display}:{line}:{column}"
        else:
            where = display
        reason = message[: place.start()] if place else message
        raise ManifestInvalid(where, "not valid TOML", why=reason[:1].lower() + reason[1:]) from error
    except RecursionError as error:
        raise _too_deep(display) from error
    return Document(text, data, display, base)


def _conflicted(where: str) -> ManifestInvalid:
    return ManifestInvalid(
        where,
        "a merge conflict was left in it",
        why="what the project asks for is for a person to say",
        next_steps=(
            "keep what is right between the markers, often the lines of both sides, and remove the markers",
            "then run `detent lock`: it resolves a conflict in `pylock.toml` by itself",
        ),
    )


def _too_deep(display: str) -> ManifestInvalid:
    return ManifestInvalid(display, "not usable TOML", why="it is nested too deeply")


def at(data: object, path: Sequence[str]) -> object:
    """Give what stands at a path of tables; ``None`` where nothing does."""
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def type_name(value: object) -> str:
    """What a TOML value is, in a person's words."""
    match value:
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date or time"
