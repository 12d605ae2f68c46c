"""The schemas of JSON output as such; what commands really say is held against them end to end."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from detent.cli.commands import COMMANDS
from detent.cli.complaints import schema_topic
from detent.cli.render import error_facts
from detent.cli.schema_parts import by_name, list_of, one_of, optional, or_null, record, text, whole
from detent.cli.schemas import ANSWERS, WITHOUT, every_schema, failure, schema_of
from detent.errors import Failures, UsageError


def fits(schema: dict[str, Any], value: object) -> bool:
    Draft202012Validator.check_schema(schema)
    try:
        Draft202012Validator(schema).validate(value)
    except ValidationError:
        return False
    return True


def test_every_command_has_a_schema_or_a_reason_for_none() -> None:
    names = {command.name for command in COMMANDS}

    assert names - {*ANSWERS} == {*WITHOUT}
    assert {*ANSWERS} <= names
    assert all(WITHOUT.values())


@pytest.mark.parametrize("command", ANSWERS)
def test_a_schema_is_valid_and_lets_an_error_pass(command: str) -> None:
    failed = {"schema": {"version": 1}, **error_facts(UsageError("no", next_steps=("yes",)))}

    assert fits(schema_of(command), failed)
    assert not fits(schema_of(command), {"schema": {"version": 1}})


def test_the_whole_document_holds_every_command_and_its_references_lead_somewhere() -> None:
    whole_one = every_schema()

    assert fits(whole_one, {"schema": {"version": 1}, "path": "/cache"})
    assert not fits(whole_one, {"schema": {"version": 2}, "path": "/cache"})
    assert set(whole_one["$defs"]) == set(ANSWERS)


def test_several_errors_stand_beside_the_first() -> None:
    facts = error_facts(Failures((UsageError("one", why="so"), UsageError("two"))))

    assert facts == {
        "error": {"code": "usage", "what": "one", "why": "so", "next": []},
        "more_errors": [{"code": "usage", "what": "two", "why": "", "next": []}],
    }
    assert fits(failure(), {"schema": {"version": 1}, **facts})


def test_a_record_wants_its_fields_but_those_that_may_be_left_out() -> None:
    schema = record(a=text(), b=optional(whole()), c=or_null(list_of(one_of("x", "y"))), d=by_name(whole()))

    assert fits(schema, {"a": "", "c": None, "d": {}})
    assert fits(schema, {"a": "", "b": 0, "c": ["x"], "d": {"any": 1}, "added_later": True})
    assert not fits(schema, {"a": ""})
    assert not fits(schema, {"a": 1, "c": None, "d": {}})
    assert not fits(schema, {"a": "", "c": ["z"], "d": {}})
    assert not fits(schema, {"a": "", "b": -1, "c": None, "d": {}})
    assert not fits(schema, {"a": "", "c": None, "d": {"any": "text"}})


def test_a_schema_is_asked_of_a_command_that_has_one() -> None:
    assert schema_topic(()) == ""
    assert schema_topic(("cache", "size")) == "cache size"
    assert schema_topic(("new",)) == "init"
    with pytest.raises(UsageError, match="has no schema") as refused:
        schema_topic(("completion",))
    assert refused.value.why == WITHOUT["completion"]
    with pytest.raises(UsageError, match="has no schema") as group:
        schema_topic(("cache",))
    assert group.value.next_steps
    with pytest.raises(UsageError, match="unknown command"):
        schema_topic(("snyc",))


def test_the_published_schema_is_plain_json() -> None:
    published = Path(__file__).parents[3] / "docs/reference/output.schema.json"

    Draft202012Validator.check_schema(json.loads(published.read_text("utf-8")))
