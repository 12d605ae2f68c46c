"""Strings and inline tables as TOML writes them, for what is written by hand and read again.

Writing by hand is 50 times faster than a document model. Of reading there is only what was written here.
"""

import re
from collections.abc import Mapping

Values = Mapping[str, str | bool]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_PAIR = r'([a-z-]+) = ("(?:[^"\\]|\\.)*"|true|false)'
_ESCAPE = r'\\(?:(["\\])|u([0-9A-F]{4})|U([0-9A-F]{8}))'


def quoted(value: str) -> str:
    """Give a basic string; everything that does not print is escaped, so a lock can be read on a terminal."""
    if value.isprintable() and '"' not in value and "\\" not in value:
        return f'"{value}"'
    return '"' + "".join(map(_character, value)) + '"'


def _character(character: str) -> str:
    if character in {'"', "\\"}:
        return "\\" + character
    if character.isprintable():
        return character
    number = ord(character)
    return f"\\u{number:04X}" if number <= 0xFFFF else f"\\U{number:08X}"


def key(name: str) -> str:
    """Give a key: bare where TOML allows it."""
    return name if _BARE.fullmatch(name) else quoted(name)


def inline_table(values: Values) -> str:
    """Give a table of strings and switches on one line."""
    said = (
        f"{key(name)} = {str(value).lower() if isinstance(value, bool) else quoted(value)}"
        for name, value in values.items()
    )
    return "{" + ", ".join(said) + "}"


def literal(value: object) -> str:
    """Give any value that TOML can hold, on one line."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return quoted(value)
        case list() | tuple():
            return "[" + ", ".join(map(literal, value)) + "]"
        case Mapping():
            said = ", ".join(f"{key(str(name))} = {literal(item)}" for name, item in value.items())
            return f"{{ {said} }}" if said else "{}"
        case _:
            return str(value)  # numbers, dates and times read as they print


def read_inline_table(text: str) -> Values:
    """Read what :func:`inline_table` wrote; ``ValueError`` for anything else."""
    found: dict[str, str | bool] = {}
    for pair in re.finditer(_PAIR, text):
        found[pair[1]] = _unquoted(pair[2]) if pair[2].startswith('"') else pair[2] == "true"
    if inline_table(found) != text:
        raise ValueError(f"`{text}` is no table of strings and switches")
    return found


def _unquoted(text: str) -> str:
    def character(found: re.Match[str]) -> str:
        return found[1] or chr(int(found[2] or found[3], 16))

    return re.sub(_ESCAPE, character, text[1:-1])
