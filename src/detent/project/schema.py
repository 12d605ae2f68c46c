"""The JSON schema of `[tool.detent]` and detent.toml, for editors: made from the table of what can be set.

One schema serves both files: a pyproject.toml is told by its tables. It refuses settings of a machine in a
project and keys nobody knows, where detent refuses them too or warns.
"""

from collections.abc import Iterable, Mapping

from detent.project.known import KNOWN, Known

IDENTIFIER = "urn:detent:settings"
"""It lies with the documentation and is served nowhere."""

_NAME = "^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$"
_TABLES_OF_PYPROJECT = ("project", "build-system", "dependency-groups", "tool")


def schema() -> dict[str, object]:
    """Give the schema as plain values, fit for JSON."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": IDENTIFIER,
        "title": "Settings of detent",
        "description": "`[tool.detent]` of a pyproject.toml, and detent.toml.",
        "if": {"anyOf": [{"required": [table]} for table in _TABLES_OF_PYPROJECT]},
        "then": {"$ref": "#/definitions/pyproject"},
        "else": {"$ref": "#/definitions/detent-toml"},
        "definitions": {
            "pyproject": {
                "type": "object",
                "properties": {
                    "tool": {
                        "type": "object",
                        "properties": {"detent": {"$ref": "#/definitions/tool-detent"}},
                    }
                },
            },
            "tool-detent": _table(
                "`[tool.detent]` of a project.", (known for known in KNOWN if known.place != "machine")
            ),
            "detent-toml": _table(
                "A detent.toml; beside a pyproject.toml it has no settings of a machine.",
                (known for known in KNOWN if known.place != "pyproject"),
            ),
        },
    }


def _table(description: str, rows: Iterable[Known]) -> dict[str, object]:
    return {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        "properties": {known.name: {"description": _described(known), **_type(known)} for known in rows},
    }


def _described(known: Known) -> str:
    return f"{known.help} Default: {known.default}." if known.default else known.help


def _type(known: Known) -> dict[str, object]:
    text = {"type": "string", "minLength": 1}
    match known.kind:
        case "url":
            return {"type": "string", "pattern": "^[hH][tT][tT][pP][sS]?://[^\\s/?#]"}
        case "path" | "text" | "specifier":
            return text
        case "choice":
            return {"type": "string", "enum": list(known.choices)}
        case "count":
            return {"type": "integer", "minimum": 1}
        case "size":
            return {"anyOf": [{"type": "integer", "minimum": 0}, text]}
        case "age":
            return {"anyOf": [text, {"const": 0}]}
        case "switch":
            return {"type": "boolean"}
        case "names":
            return {"type": "array", "items": _name()}
        case "groups":
            return {"anyOf": [{"type": "array", "items": _name()}, {"const": "all"}]}
        case "options":
            several = {"type": "array", "items": {"type": "string"}}
            return {"type": "object", "additionalProperties": {"anyOf": [{"type": "string"}, several]}}
        case "indexes":
            return {"type": "array", "minItems": 1, "maxItems": 1, "items": _index()}
        case "cutoff":
            return _cutoff()
        case "cutoffs":
            return _by_package(_cutoff())
        case "modes":
            return _by_package({"type": "string", "enum": list(known.choices)})
        case "markers":
            return {"anyOf": [text, {"type": "array", "items": text}]}
        case _:
            return {"type": "array", "items": _adjustments()[known.kind]}


def _name() -> dict[str, object]:
    return {"type": "string", "pattern": _NAME}


def _index() -> dict[str, object]:
    return _object(
        {
            "url": {"type": "string", "description": "The root of its simple API."},
            "name": {"type": "string"},
            "default": {"type": "boolean"},
            "exclude-newer": {"description": "In place of the other `exclude-newer`.", **_cutoff()},
        },
        "url",
    )


def _adjustments() -> Mapping[str, dict[str, object]]:
    """What the lists hold that are read with the project's requirements, by their kind."""
    text = {"type": "string", "minLength": 1}
    texts = {"type": "array", "items": text}
    names = {"type": "array", "items": _name()}
    release = {"name": _name(), "version": text}

    def scoped(dependencies: Mapping[str, object]) -> dict[str, object]:
        package = {"anyOf": [_name(), _object(release, "name")]}
        return _object({"package": package, "dependencies": dependencies}, "package", "dependencies")

    side = {"type": "object", "additionalProperties": False, "minProperties": 1, "maxProperties": 1}
    return {
        "requirements": text,
        "excludes": {"anyOf": [_name(), scoped(names)]},
        "overrides": {"anyOf": [text, scoped(texts)]},
        "conflicts": {
            "type": "array",
            "minItems": 2,
            "items": {**side, "properties": {"extra": _name(), "group": _name()}},
        },
        "metadata": _object(
            {
                **release,
                "requires-dist": texts,
                "requires-python": text,
                "provides-extra": names,
                "provides-extras": names,
            },
            "name",
        ),
    }


def _object(properties: Mapping[str, object], *required: str) -> dict[str, object]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": dict(properties),
    }


def _cutoff() -> dict[str, object]:
    return {"anyOf": [{"type": "string", "minLength": 1}, {"const": False}]}


def _by_package(value: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "propertyNames": {"pattern": _NAME}, "additionalProperties": value}
