"""The words of `detent config set` as the value a file would have: read and checked like that. Pure."""

from collections.abc import Sequence

from detent.errors import Unsupported, UsageError
from detent.errors.project import SettingInvalid
from detent.model.specifiers import InvalidSpecifier
from detent.project.configuration import READ_ELSEWHERE
from detent.project.indexes import without_user
from detent.project.known import Kind, Known
from detent.project.values import IndexFault, located, reading

LISTS: frozenset[Kind] = frozenset(
    (
        "names",
        "hosts",
        "licenses",
        "links",
        "bounds",
        "requirements",
        "overrides",
        "excludes",
        "markers",
        "groups",
    )
)
"""Kinds of settings that are lists of strings, or can be."""
_TABLES: frozenset[Kind] = frozenset(
    (
        "options",
        "indexes",
        "mirrors",
        "cutoffs",
        "modes",
        "conflicts",
        "metadata",
        "sources",
        "extra-requirements",
        "variables",
        "cache-keys",
        "workspace",
        "tasks",
    )
)


def value_of(known: Known, words: Sequence[str]) -> object:
    """Give the value for a file.

    Raises :class:`Unsupported` for a table, :class:`UsageError` for words too many, and
    :class:`SettingInvalid` for a value that is none.
    """
    if known.kind in _TABLES:
        raise Unsupported(
            f"`{known.name}` holds tables, which are not written word by word",
            next_steps=(
                "run `detent index add`, or write it by hand"
                if known.kind == "indexes"
                else f"write it by hand, like `{known.name} = {known.example}`",
            ),
        )
    if known.kind not in LISTS and len(words) != 1:
        raise UsageError(
            f"`{known.name}` has one value",
            why=f"there are {len(words)}",
            next_steps=(f"write it like `{known.example}`, in quotes where blanks are in it",),
        )
    value = _value(known, words)
    try:
        if known.kind == "links":
            for word in words:
                located(word, "/", is_flat=True)
        elif known.kind not in READ_ELSEWHERE:
            reading(known, value)
    except (ValueError, IndexFault, InvalidSpecifier) as error:
        raise SettingInvalid(
            known.name, str(error), origin=f"`{' '.join(map(without_user, words))}`"
        ) from error
    return value


def _value(known: Known, words: Sequence[str]) -> object:
    word = words[0] if words else ""
    match known.kind:
        case "switch" | "count":
            try:
                return reading(known, word)
            except ValueError as error:
                raise SettingInvalid(known.name, str(error), origin=f"`{word}`") from error
        case "cutoff" if word == "false":
            return False
        case "groups" if list(words) == ["all"]:
            return "all"
        case kind if kind in LISTS:
            return list(words)
        case _:
            return word
