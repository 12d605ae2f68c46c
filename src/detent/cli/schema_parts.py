"""What JSON schemas are made of: small pure builders, each gives a schema as a value (draft 2020-12).

A record lists its fields, all of them always there unless marked :func:`optional`. Others may be added within
a version, so nothing says that there are no more.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

_OPTIONAL = "optional"
"""A mark that :func:`record` takes away again."""


def text(about: str = "") -> Schema:
    """Give the schema of a string."""
    return _typed("string", about)


def whole(about: str = "") -> Schema:
    """Give the schema of a whole number, zero or above."""
    return {**_typed("integer", about), "minimum": 0}


def number(about: str = "") -> Schema:
    """Give the schema of a number, zero or above; seconds mostly."""
    return {**_typed("number", about), "minimum": 0}


def claim(about: str = "") -> Schema:
    """Give the schema of `true` or `false`."""
    return _typed("boolean", about)


def one_of(*values: str, about: str = "") -> Schema:
    """Give the schema of one of some words; within a version others may come to them."""
    return {**_typed("string", about), "enum": list(values)}


def or_null(schema: Schema, about: str = "") -> Schema:
    """Let it be `null` too; ``about`` says what that means."""
    found = {"anyOf": [schema, {"type": "null"}]}
    return {**found, "description": about} if about else found


def list_of(schema: Schema, about: str = "") -> Schema:
    """Give the schema of a list."""
    return {**_typed("array", about), "items": schema}


def by_name(schema: Schema, about: str = "") -> Schema:
    """Give the schema of an object whose keys are names, and whose values are all of one kind."""
    return {**_typed("object", about), "additionalProperties": schema}


def optional(schema: Schema) -> Schema:
    """Let a field of a record be left out."""
    return {**schema, _OPTIONAL: True}


def record(about: str = "", /, **fields: Schema) -> Schema:
    """Give the schema of an object with these fields."""
    required = [name for name, field in fields.items() if _OPTIONAL not in field]
    properties = {name: {k: v for k, v in field.items() if k != _OPTIONAL} for name, field in fields.items()}
    return {**_typed("object", about), "properties": properties, "required": required}


def either(*schemas: Schema) -> Schema:
    """Give the schema of what fits one of several."""
    return {"anyOf": list(schemas)}


def with_fields(schema: Schema, fields: Mapping[str, Schema]) -> Schema:
    """Give a record with more fields in front of its own."""
    more = record(**fields)
    return {
        **schema,
        "properties": {**more["properties"], **schema["properties"]},
        "required": [*more["required"], *schema["required"]],
    }


def _typed(kind: str, about: str) -> Schema:
    return {"type": kind, "description": about} if about else {"type": kind}
