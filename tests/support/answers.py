"""What commands say as JSON, held against its published schema, strictly: no field may be there that it lacks."""

import json
from typing import Any

from jsonschema import Draft202012Validator

from detent.cli.schemas import schema_of
from support.cli import Done


def answer(command: str, done: Done) -> dict[str, Any]:
    """Give what a command said, an answer or an error, checked against its schema."""
    found = json.loads(done.out)
    assert isinstance(found, dict)
    assert found["schema"] == {"version": 1}
    check(command, found)
    return found


def check(command: str, found: object) -> None:
    """Fail where it does not fit, or has more fields than the schema names."""
    # Of several schemas that may fit, the one for what it is: what is said of a misfit is of use then.
    answered, failed = schema_of(command)["anyOf"]
    is_answer = isinstance(found, dict) and not {*found} <= {"schema", "error", "more_errors"}
    schema = closed(answered if is_answer else failed)
    Draft202012Validator.check_schema(schema)
    faults = [
        f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(found)
    ]
    assert not faults, faults


def closed(schema: Any) -> Any:
    """Let no record have other fields than those it names."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    is_record = schema.get("type") == "object" and "properties" in schema
    return {**found, "additionalProperties": False} if is_record else found
