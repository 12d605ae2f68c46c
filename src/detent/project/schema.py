"""The JSON schema of `[tool.detent]` and detent.toml, for editors: made from the table of what can be set.

One schema serves both files: a pyproject.toml is told by its tables. It refuses settings of a machine in a
project and keys nobody knows, where detent refuses them too or warns.
"""

from collections.abc import Iterable, Mapping

from detent.model.source_texts import KEYS
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
            return {"type": "array", "items": _index()}
        case "links" | "hosts" | "licenses":
            return {"type": "array", "items": text}
        case "mirrors":
            return {"type": "object", "additionalProperties": text}
        case "strategy":
            return {"const": "first-index"}
        case "cutoff":
            return _cutoff()
        case "cutoffs":
            return _by_package(_cutoff())
        case "modes":
            return _by_package({"type": "string", "enum": list(known.choices)})
        case "bounds":
            return {"type": "array", "items": text}
        case "extra-requirements":
            extra = _object({"requirement": text, "match-runtime": {"type": "boolean"}}, "requirement")
            return _by_package({"type": "array", "items": {"anyOf": [text, extra]}})
        case "variables":
            return _by_package({"type": "object", "additionalProperties": {"type": "string"}})
        case "cache-keys":
            return {"type": "array", "items": {"anyOf": [text, *_cache_keys()]}}
        case "sources":
            return _by_package({"anyOf": [_source(), {"type": "array", "items": _source()}]})
        case "workspace":
            texts = {"type": "array", "items": text}
            return _object({"members": texts, "exclude": texts})
        case "tasks":
            return {"type": "object", "additionalProperties": {"anyOf": [_words(), _task()]}}
        case "markers":
            return {"anyOf": [text, {"type": "array", "items": text}]}
        case _:
            return {"type": "array", "items": _adjustments()[known.kind]}


def _words() -> dict[str, object]:
    return {"type": "array", "minItems": 1, "items": {"type": "string"}}


def _task() -> dict[str, object]:
    text, names = {"type": "string"}, {"type": "array", "items": _name()}
    return _object(
        {
            "run": _words(),
            "help": text,
            "env": {"type": "object", "additionalProperties": text},
            "cwd": text,
            "groups": names,
            "extras": names,
            "depends": {"type": "array", "items": text},
        }
    )


def _source() -> dict[str, object]:
    text, switch = {"type": "string", "minLength": 1}, {"type": "boolean"}
    switches = {"lfs", "submodules", "editable", "package"}
    where = {"marker": text, "extra": _name(), "group": _name()}
    kinds = [
        _object(
            {
                kind: {"const": True} if kind == "workspace" else text,
                **{key: switch if key in switches else text for key in keys},
                **where,
            },
            kind,
        )
        for kind, keys in KEYS.items()
    ]
    return {"anyOf": kinds}


def _cache_keys() -> list[dict[str, object]]:
    switch, text = {"type": "boolean"}, {"type": "string", "minLength": 1}
    git = {"anyOf": [switch, _object({"commit": switch, "tags": switch})]}
    return [*(_object({key: text}, key) for key in ("file", "dir", "env")), _object({"git": git}, "git")]


def _name() -> dict[str, object]:
    return {"type": "string", "pattern": _NAME}


def _index() -> dict[str, object]:
    text = {"type": "string"}
    return _object(
        {
            "url": {
                "type": "string",
                "minLength": 1,
                "description": "The root of its simple API; of a flat one, the folder or page of files.",
            },
            "name": {"type": "string", "pattern": _NAME},
            "default": {"type": "boolean", "description": "Whether it takes the place of the default index."},
            "explicit": {
                "type": "boolean",
                "description": "Whether it serves only packages that `sources` pins to it.",
            },
            "format": {"type": "string", "enum": ["simple", "flat"]},
            "cache-control": {
                "description": "How long its pages are believed, in place of what it says itself.",
                "anyOf": [text, _object({"api": text, "files": text})],
            },
            "exclude-newer": {"description": "In place of the other `exclude-newer`.", **_cutoff()},
            "authenticate": {"type": "string", "enum": ["auto", "always", "never"]},
            "ignore-error-codes": {
                "type": "array",
                "items": {"type": "integer", "minimum": 400, "maximum": 599},
                "description": "Answers that mean that it does not have a package.",
            },
            "client-cert": {
                "type": "string",
                "description": "In a file of one's own: the certificate to show it.",
            },
            "publish-url": text,
            "hash-algorithm": text,
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
