"""Typed reading of TOML tables: the value of the asked type, or a fault that names its key.

Only what the lock's reader needs. Keys nobody asks for are never looked at, as PEP 751 wants it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias, TypeVar

Table: TypeAlias = Mapping[str, Any]
Value = TypeVar("Value")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WORDS = {str: "a string", int: "an integer", bool: "true or false", dict: "a table", list: "an array"}


class Fault(ValueError):
    """Something a lock may not say; ``key`` is the way to it from the entry, such as ``wheels[2].url``."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"`{key}` {reason}" if key else reason)
        self.key = key
        self.reason = reason

    def below(self, key: str) -> "Fault":
        """Give the same fault as seen from the table that holds this one."""
        return Fault(f"{key}.{self.key}" if self.key else key, self.reason)


def take(table: Table, key: str, kind: type[Value]) -> Value | None:
    """Give a value of this type; ``None`` where there is none."""
    value = table.get(key)
    if value is None:
        return None
    if type(value) is not kind:
        raise Fault(key, f"must be {_WORDS[kind]}, not {_word(value)}")
    return value


def need(table: Table, key: str, kind: type[Value]) -> Value:
    """Give a value of this type that must be there."""
    value = take(table, key, kind)
    if value is None:
        raise Fault(key, "is missing")
    return value


def text(table: Table, key: str) -> str:
    """Give a string; empty where there is none."""
    return take(table, key, str) or ""


def texts(table: Table, key: str) -> tuple[str, ...]:
    """Give an array of strings; empty where there is none."""
    values = take(table, key, list) or []
    for number, value in enumerate(values):
        if type(value) is not str:
            raise Fault(f"{key}[{number}]", f"must be a string, not {_word(value)}")
    return tuple(values)


def tables(table: Table, key: str) -> list[Table]:
    """Give an array of tables; empty where there is none."""
    values = take(table, key, list) or []
    for number, value in enumerate(values):
        if type(value) is not dict:
            raise Fault(f"{key}[{number}]", f"must be a table, not {_word(value)}")
    return values


def subtable(table: Table, *keys: str) -> Table | None:
    """Follow keys through tables; ``None`` where one is missing."""
    here = table
    for depth, key in enumerate(keys):
        try:
            below = take(here, key, dict)
        except Fault as fault:
            raise fault.below(".".join(keys[:depth])) if depth else fault from None
        if below is None:
            return None
        here = below
    return here


def seconds(table: Table, key: str) -> int | None:
    """Give a time as whole seconds since the epoch; a time without an offset is UTC (PEP 751)."""
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise Fault(key, f"must be a date and time, not {_word(value)}")
    moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(seconds=1)


def _word(value: object) -> str:
    return _WORDS.get(type(value), f"a {type(value).__name__}")
