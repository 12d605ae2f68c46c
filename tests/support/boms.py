"""Bills of materials, held against the schema of CycloneDX as its own library ships it, and against sense."""

import json
from pathlib import Path
from typing import Any

import cyclonedx.schema
from jsonschema import Draft7Validator, FormatChecker
from packageurl import PackageURL
from referencing import Registry, Resource

_FOLDER = Path(cyclonedx.schema.__file__).parent / "_res"
_NAMES = ("bom-1.6.SNAPSHOT.schema.json", "spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json")


def _validator() -> Draft7Validator:
    schemas = {name: json.loads((_FOLDER / name).read_text("utf-8")) for name in _NAMES}
    registry: Any = Registry().with_resources(
        (f"http://cyclonedx.org/schema/{name}", Resource.from_contents(schema))
        for name, schema in schemas.items()
    )
    return Draft7Validator(schemas[_NAMES[0]], registry=registry, format_checker=FormatChecker())


_VALIDATOR = _validator()


def licenses_known() -> set[str]:
    """Give the identifiers that a bill may name."""
    return set(json.loads((_FOLDER / _NAMES[1]).read_text("utf-8"))["enum"])


def bill(text: str) -> dict[str, Any]:
    """Read a bill that is valid, whose references lead somewhere and whose package URLs are in their one form."""
    found: dict[str, Any] = json.loads(text)
    faults = [f"{fault.json_path}: {fault.message}" for fault in _VALIDATOR.iter_errors(found)]
    assert not faults, faults
    main = found["metadata"].get("component")
    components = [*([main] if main else []), *found["components"]]
    refs = [component["bom-ref"] for component in components]
    assert len(set(refs)) == len(refs)
    assert sorted(each["ref"] for each in found["dependencies"]) == sorted(refs)
    for each in found["dependencies"]:
        assert set(each.get("dependsOn", ())) <= set(refs)
    for component in components:
        if "purl" in component:
            assert PackageURL.from_string(component["purl"]).to_string() == component["purl"]
    return found


def component(found: dict[str, Any], name: str) -> dict[str, Any]:
    """Give the one component of a name."""
    (one,) = (each for each in found["components"] if each["name"] == name)
    return dict(one)


def needs(found: dict[str, Any], ref: str) -> list[str]:
    """Give what a component depends on."""
    (one,) = (each for each in found["dependencies"] if each["ref"] == ref)
    return list(one.get("dependsOn", ()))
