"""Every error about a command line says what to do instead."""

import ast
from collections.abc import Iterator
from pathlib import Path

from detent import errors
from detent.errors import python, usage

SOURCE = Path(__file__).parents[2] / "src" / "detent"
WITHOUT: dict[str, str] = {}
"""Modules of errors that can say nothing more than what is wrong, each with the reason."""


def usage_errors() -> Iterator[tuple[str, ast.Call]]:
    """Give every place where one is made, and the classes of one that write their own sentence."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "UsageError"
            ):
                yield f"{path.relative_to(SOURCE)}:{node.lineno}", node


def test_a_usage_error_has_a_next_step_wherever_it_is_made() -> None:
    found = list(usage_errors())
    lacking = [
        place
        for place, call in found
        if not any(keyword.arg == "next_steps" for keyword in call.keywords)
        and place.partition(":")[0] not in WITHOUT
    ]

    assert len(found) > 50
    assert lacking == []


def test_a_usage_error_that_writes_its_own_sentence_has_a_next_step_too() -> None:
    made = [
        usage.UnknownExtra("nope", (), where="here"),
        usage.UnknownExtra("scoket", ("socket",), where="here"),
        usage.UnknownGroup("nope", (), where="here"),
        usage.UnknownGroup("dve", ("dev",), where="here"),
        usage.NotLocked("nope"),
        usage.NotCommitted("revision", "nope", "pylock.toml", "it is none"),
        python.CommandNeeded(),
        usage.ExclusiveExtras(("extra `a`",), ("extra `a`", "extra `b`")),
        usage.InvalidRequirementText("=", "it is none"),
    ]

    assert {type(error) for error in made} == set(errors.UsageError.__subclasses__())
    assert [error for error in made if not error.next_steps] == []


def test_the_nearest_name_is_suggested_in_the_same_words_everywhere() -> None:
    assert errors.did_you_mean("snyc", ("sync", "lock")) == ("did you mean `sync`?",)
    assert errors.did_you_mean("siez", ("size",), before="detent cache ") == (
        "did you mean `detent cache size`?",
    )
    assert errors.did_you_mean("sync", ()) == errors.did_you_mean("xyz", ("sync",)) == ()
