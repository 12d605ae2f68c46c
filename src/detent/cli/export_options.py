"""From flag values to the options of `export`: pure."""

import shlex
from collections.abc import Iterator

from detent.cli.commands import BY_NAME
from detent.cli.flags import BUILDING, GLOBAL, INDEX, LOCKING, PYTHON, REFRESHING, RESOLVING
from detent.cli.grammar import Command, Flag
from detent.cli.options import chosen, is_on, text, words
from detent.cli.parse import Value, Values
from detent.lock.export import FORMATS
from detent.ops.export import ExportOptions

_ASIDE = (GLOBAL, LOCKING, RESOLVING, PYTHON, INDEX, BUILDING, REFRESHING)
_SHAPELESS = {flag.name for flags in _ASIDE for flag in flags}
"""Flags that say how to come by the lock, and nothing of the file."""


def export(values: Values) -> ExportOptions:
    """Options of `export`."""
    asked = text(values, "format")
    return ExportOptions(
        chosen=chosen(values),
        format=next((form for form in FORMATS if form == asked), None),
        output=text(values, "output_file"),
        command="" if is_on(values, "no_header") else command_text(BY_NAME["export"], values),
        hashes=not is_on(values, "no_hashes"),
        annotate=not is_on(values, "no_annotate"),
        editable=not is_on(values, "no_editable"),
        index_url=is_on(values, "emit_index_url"),
        project=not is_on(values, "no_emit_project"),
        only_project=is_on(values, "only_emit_project"),
        left_out=words(values, "no_emit_package"),
        pruned=words(values, "prune"),
        locked=is_on(values, "locked"),
        frozen=is_on(values, "frozen"),
    )


def command_text(command: Command, values: Values) -> str:
    """Give the command line that asks for this again: the same text however it was written this time."""
    told = ["detent", command.name]
    for flag in command.flags:
        if flag.name not in _SHAPELESS:
            told += _words(flag, values[flag.name])
    return shlex.join(told)


def _words(flag: Flag, value: Value) -> Iterator[str]:
    spelling = flag.spellings[-1]
    match value:
        case True:
            yield spelling
        case str():
            yield from (spelling, value)
        case tuple():
            for word in value:
                yield from (spelling, word)
