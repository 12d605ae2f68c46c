"""What `detent config` says of settings: pure text, and facts for programs."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from detent.cli.render import show
from detent.errors import UsageError
from detent.model.toml_text import literal
from detent.ops.config import Edited, InForce
from detent.project.known import Known

_MOST_COLUMNS = 80
"""A table that is longer is not shown whole in a list."""
_PLACES = {
    "machine": "your own or the system's `detent.toml`, never a project",
    "anywhere": "the project's `pyproject.toml` or `detent.toml`, or your own or the system's `detent.toml`",
    "pyproject": "`[tool.detent]` of the project's `pyproject.toml`",
}


def key_and_words(words: tuple[str, ...]) -> tuple[str, ...]:
    """Give the name of a setting and the words of its value; raises :class:`UsageError` without either."""
    if len(words) < 2:
        raise UsageError(
            "`config set` needs a setting and its value",
            next_steps=(
                "write it like `detent config set link-mode copy`",
                "or take one out: `config unset`",
            ),
        )
    return words


def lines(found: Sequence[InForce]) -> Iterator[str]:
    """Give a line for each setting, as TOML writes it, and behind it who set it."""
    rows = [
        (_assignment(each), f"# {'nobody sets it' if each.is_default else each.origin}") for each in found
    ]
    width = min(max((len(text) for text, _ in rows), default=0), 48)
    for text, origin in rows:
        yield show(f"{text:{width}}  {origin}")


def _assignment(each: InForce) -> str:
    if each.value is None:
        return f"# {each.known.name}: {each.known.default or 'none'}"
    value = literal(each.value)
    if isinstance(each.value, dict) and len(value) > _MOST_COLUMNS:
        names = ", ".join(each.value)
        return f"# {each.known.name}: {names if len(names) <= _MOST_COLUMNS else f'{len(each.value)} keys'}"
    return f"{each.known.name} = {value}"


def plain(value: object) -> str:
    """Give a value for a shell: a string without quotes, all else as TOML writes it."""
    return show(value if isinstance(value, str) else literal(value))


def by_default(known: Known) -> str:
    """Say what happens where nobody sets it."""
    return f"; by default: {known.default}" if known.default else ""


def page(found: InForce, columns: int) -> Iterator[str]:
    """Give all there is to say of one setting."""
    known = found.known
    yield from wrap(f"{known.name}: {known.help}", columns)
    yield ""
    rows = [
        ("value", literal(found.value) if found.value is not None else known.default or "none"),
        ("set by", "nobody" if found.is_default else found.origin),
        ("default", known.default),
        ("choices", ", ".join(f'"{choice}"' for choice in known.choices)),
        ("example", f"{known.name} = {known.example}"),
        ("stands in", _PLACES[known.place]),
        ("flag", known.flag),
        ("variable", known.variable),
        ("else", ", ".join(known.fallbacks) + " where nothing of detent's says it"),
    ]
    for label, text in rows:
        if text and (label != "else" or known.fallbacks):
            first, *more = wrap(text, columns - 12, break_long_words=False, break_on_hyphens=False) or [""]
            yield show(f"{label:10}  {first}")
            yield from (show(f"{'':12}{line}") for line in more)
    if not found.spots:
        return
    yield ""
    yield "What sets it, the strongest first (`*` counts):" if len(found.spots) > 1 else "What sets it:"
    for spot in found.spots:
        row = spot.told
        mark = "*" if row.role in {"counts", "joins"} else " "
        is_named = bool(spot.where) and spot.where.startswith(row.origin.strip("`"))
        said = f"`{spot.where}`" if is_named else f"{row.origin} ({spot.where})" if spot.where else row.origin
        why = f"; does not count: {row.why}" if row.why else ""
        yield show(f"  {mark} {literal(row.value)}  {said}{why}")


def edited(outcome: Edited) -> str:
    """Say what an edit came to."""
    key, path = outcome.key, outcome.path
    if outcome.value is None:
        return f"Took `{key}` out of `{path}`" if outcome.is_changed else f"`{path}` does not set `{key}`"
    said = f"`{key} = {literal(outcome.value)}`"
    return f"Set {said} in `{path}`" if outcome.is_changed else f"{said} stands in `{path}` already"


def facts(found: Sequence[InForce]) -> dict[str, object]:
    """Give the settings for programs."""
    return {"settings": [fact(each) for each in found]}


def fact(found: InForce) -> dict[str, object]:
    """Give one setting for programs."""
    return {
        "key": found.known.name,
        "value": found.value,
        "is_default": found.is_default,
        "origin": found.origin,
        "sources": [
            {
                "value": spot.told.value,
                "origin": spot.told.origin,
                "place": spot.where,
                "role": spot.told.role,
                "why": spot.told.why,
            }
            for spot in found.spots
        ],
    }


def explained(found: InForce) -> dict[str, object]:
    """Give all there is to say of one setting for programs."""
    known = found.known
    return {
        **fact(found),
        "help": known.help,
        "default": known.default,
        "choices": list(known.choices),
        "example": known.example,
        "stands_in": known.place,
        "flag": known.flag,
        "variable": known.variable,
        "fallbacks": list(known.fallbacks),
    }
