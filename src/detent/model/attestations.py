"""Who an index says published a file: attestation identities (PEP 740, 751), as texts that can be compared.

An identity is a table: a `kind`, and what that kind of publisher says of itself. Its text is an inline table
of TOML, `kind` first, the other keys sorted: what the lock has a line of. Nothing here is proved: it is the
word of whoever served the page. Pure.
"""

import tomllib
from collections.abc import Iterator, Mapping
from typing import cast

from detent.model.toml_text import key, quoted

KEY = "attestation-identities"
_KIND = "kind"
_LONGEST = 4096
"""Characters of one identity."""
_DEEPEST = 8
_FIRST = ("repository", "workflow", "environment", "email", "sub")
"""What people know a publisher by, in the order it is shown."""


def identity_text(table: Mapping[str, object]) -> str:
    """Write an identity; raises :class:`ValueError` for what is none.

    What is `null` in JSON says nothing and is left out.
    """
    kind = table.get(_KIND)
    if not isinstance(kind, str) or not kind:
        raise ValueError("its `kind` is missing" if kind is None else "its `kind` must be a string")
    rest = {name: value for name, value in table.items() if name != _KIND}
    found = _table((f"{_KIND} = {quoted(kind)}",), rest, _DEEPEST)
    if len(found) > _LONGEST:
        raise ValueError(f"it is longer than {_LONGEST} characters")
    return found


def _table(first: tuple[str, ...], values: Mapping[str, object], depth: int) -> str:
    rows = (
        f"{key(name)} = {_value(value, depth)}" for name, value in sorted(values.items()) if value is not None
    )
    return "{" + ", ".join((*first, *rows)) + "}"


def _value(value: object, depth: int) -> str:
    if not depth:
        raise ValueError("its tables are nested too deeply")
    match value:
        case str():
            return quoted(value)
        case bool():
            return str(value).lower()
        case int() if -(2**63) <= value < 2**63:
            return str(value)
        case list():
            return "[" + ", ".join(_value(each, depth - 1) for each in value if each is not None) + "]"
        case dict():
            if not all(isinstance(name, str) for name in value):
                raise ValueError("a name in it is no string")
            return _table((), cast("dict[str, object]", value), depth - 1)
        case _:
            raise ValueError(f"it holds something that is no text, number, switch or table: {value!r:.40}")


def identity_of(text: str) -> dict[str, object]:
    """Give the table again that :func:`identity_text` wrote."""
    return cast("dict[str, object]", tomllib.loads(f"identity = {text}")["identity"])


def publisher(text: str) -> str:
    """Name a publisher for a person: `GitHub pypa/build, release.yml, pypi`."""
    table = identity_of(text)
    return " ".join((str(table[_KIND]), ", ".join(_facts(table)))).rstrip()


def _facts(table: Mapping[str, object]) -> Iterator[str]:
    named = [str(table[name]) for name in _FIRST if isinstance(table.get(name), str) and table[name]]
    yield from named or (f"{name} {value}" for name, value in table.items() if name != _KIND)
