"""The schema says what `read_configuration` does; a small validator for the words it uses is enough here."""

import re
import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from detent.project.known import KNOWN, Known
from detent.project.schema import schema

SCHEMA: Any = schema()


def fits(value: Any, rule: Any) -> bool:
    """Whether a value is valid by the part of draft 07 that the schema uses."""
    if "$ref" in rule:
        return fits(value, SCHEMA["definitions"][rule["$ref"].rpartition("/")[2]])
    if "if" in rule:
        return fits(value, rule["then" if fits(value, rule["if"]) else "else"])
    checks: dict[str, Callable[[Any], bool]] = {
        "type": lambda kind: _is_of_type(value, kind),
        "anyOf": lambda rules: any(fits(value, other) for other in rules),
        "enum": lambda choices: value in choices,
        "const": lambda wanted: value == wanted,
        "pattern": lambda pattern: isinstance(value, str) and re.search(pattern, value) is not None,
        "minimum": lambda least: value >= least,
        "minLength": lambda least: len(value) >= least,
        "minItems": lambda least: len(value) >= least,
        "minProperties": lambda least: len(value) >= least,
        "maxProperties": lambda most: len(value) <= most,
        "propertyNames": lambda of: all(fits(key, of) for key in value),
        "maxItems": lambda most: len(value) <= most,
        "items": lambda of: all(fits(item, of) for item in value),
        "required": lambda keys: all(key in value for key in keys),
        "properties": lambda rules: all(fits(value[key], rules[key]) for key in rules if key in value),
        "additionalProperties": lambda of: all(
            of is not False and fits(value[key], of) for key in value if key not in rule.get("properties", {})
        ),
    }
    words = {"$schema", "$id", "title", "description", "definitions"}
    assert set(rule) <= set(checks) | words
    return all(checks[word](rule[word]) for word in rule if word not in words)


def _is_of_type(value: Any, kind: str) -> bool:
    types = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    return isinstance(value, types[kind]) and not (kind == "integer" and isinstance(value, bool))


def is_valid(text: str) -> bool:
    return fits(tomllib.loads(text), SCHEMA)


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_every_setting_is_valid_where_it_may_stand_and_nowhere_else(known: Known) -> None:
    line = f"{known.name} = {known.example}\n"

    assert is_valid(line) == (known.place != "pyproject")
    assert is_valid(f"[tool.detent]\n{line}") == (known.place != "machine")


@pytest.mark.parametrize(
    "line",
    [
        "buidl = 1",
        'build = "maybe"',
        "offline = 1",
        "concurrent-downloads = 0",
        'no-build-package = ["a b"]',
        "config-settings = {a = 1}",
        'cache-dir = ""',
        'index-url = "ftp://index.example.com"',
        "index = [{}]",
        'index = [{url = "https://index.example.com", nam = "x"}]',
        'index = [{url = "https://index.example.com", exclude-newer = true}]',
        "exclude-newer = true",
        "exclude-newer = 7",
        'exclude-newer-package = {"a b" = "7 days"}',
        "exclude-newer-package = {a = true}",
        'prerelease = "perhaps"',
        'prerelease-package = {a = "perhaps"}',
        'resolution = "lowest-of-all"',
        'fork-strategy = "most"',
    ],
)
def test_what_detent_refuses_is_not_valid(line: str) -> None:
    assert not is_valid(line)


@pytest.mark.parametrize(
    "line",
    [
        'constraint-dependencies = "a<2"',
        'override-dependencies = [{package = "a"}]',
        'override-dependencies = [{package = {version = "1"}, dependencies = []}]',
        'exclude-dependencies = ["a b"]',
        'exclude-dependencies = [{package = "a"}]',
        'exclude-dependencies = [{package = "a", dependencies = ["b>1"]}]',
        'conflicts = [[{extra = "a"}]]',
        'conflicts = [[{extra = "a", group = "a"}, {extra = "b"}]]',
        "environments = [1]",
        'dependency-metadata = [{version = "1"}]',
        'dependency-metadata = [{name = "a", requires = []}]',
        "sources = {a = {}}",
        'sources = {a = "../a"}',
        'sources = {a = {path = "a", rev = "b"}}',
        'sources = {a = [{path = "a", git = "b"}]}',
        "sources = {a = {workspace = false}}",
        'sources = {"a b" = {path = "a"}}',
    ],
)
def test_adjustments_of_another_shape_are_not_valid(line: str) -> None:
    assert not is_valid(f"[tool.detent]\n{line}\n")


@pytest.mark.parametrize(
    "line",
    [
        'sources = {a = {path = "a", editable = true, package = true, marker = "x", extra = "y", group = "z"}}',
        'sources = {a = [{git = "b", tag = "c", subdirectory = "d", lfs = true}, {url = "e"}, {index = "f"}]}',
        "sources = {a = {workspace = true, editable = false}}",
    ],
)
def test_sources_of_every_shape_are_valid(line: str) -> None:
    assert is_valid(f"[tool.detent]\n{line}\n")


def test_other_tables_of_a_pyproject_are_not_its_matter() -> None:
    assert is_valid('[project]\nname = "me"\n[tool.other]\nx = 1\n[tool.detent]\ndefault-groups = "all"\n')
    assert not is_valid('[project]\nname = "me"\n[tool.detent]\ndefault-groups = "some"\n')


def test_it_is_named_by_no_host() -> None:
    assert SCHEMA["$id"].startswith("urn:")
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
