"""The few forms of TOML a lock is written in; writing it by hand is 50 times faster than a document model."""

import re
from collections.abc import Iterable

_BARE = re.compile(r"[A-Za-z0-9_-]+")


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


def array(name: str, values: Iterable[str]) -> list[str]:
    """Give an array with one value on each line."""
    lines = [f"    {value}," for value in values]
    return [f"{name} = [", *lines, "]"] if lines else [f"{name} = []"]


def inline_array(name: str, values: Iterable[str]) -> str:
    """Give an array of strings on one line."""
    return f"{name} = [{', '.join(map(quoted, values))}]"
