"""From flag values to the options of `export`: pure."""

import shlex
from collections.abc import Iterator, Mapping

from detent.cli.commands import BY_NAME
from detent.cli.flags import BUILDING, FORMAT_ALIASES, GLOBAL, INDEX, LOCKING, PYTHON, REFRESHING, RESOLVING
from detent.cli.grammar import Command, Flag
from detent.cli.options import chosen, is_on, text, words
from detent.cli.parse import Value, Values
from detent.errors import UsageError
from detent.lock.export import FORMATS
from detent.ops.export import ExportOptions

_ASIDE = (GLOBAL, LOCKING, RESOLVING, PYTHON, INDEX, BUILDING, REFRESHING)
_MOST_DIGITS = 11
_SHAPELESS = {flag.name for flags in _ASIDE for flag in flags}
"""Flags that say how to come by the lock, and nothing of the file."""


def export(values: Values, variables: Mapping[str, str]) -> ExportOptions:
    """Options of `export`."""
    asked = text(values, "format")
    asked = FORMAT_ALIASES.get(asked or "", asked)
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
        moment=_moment(variables.get("SOURCE_DATE_EPOCH", "")),
        locked=is_on(values, "locked"),
        frozen=is_on(values, "frozen"),
    )


def _moment(written: str) -> int | None:
    """Read what stands in for the clock, as reproducible builds have it; empty: nothing does."""
    if not written:
        return None
    if not (written.isascii() and written.isdecimal() and len(written) <= _MOST_DIGITS):
        raise UsageError(
            "`SOURCE_DATE_EPOCH` has no moment in it",
            why=f"it is `{written}`, and it must be a number of seconds since 1970",
            next_steps=("set it like `SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)`, or unset it",),
        )
    return int(written)


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
