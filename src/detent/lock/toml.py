"""The few forms of TOML a lock is written in; writing it by hand is 50 times faster than a document model."""

from collections.abc import Iterable

from detent.model.toml_text import quoted


def array(name: str, values: Iterable[str]) -> list[str]:
    """Give an array with one value on each line."""
    lines = [f"    {value}," for value in values]
    return [f"{name} = [", *lines, "]"] if lines else [f"{name} = []"]


def inline_array(name: str, values: Iterable[str]) -> str:
    """Give an array of strings on one line."""
    return f"{name} = [{', '.join(map(quoted, values))}]"
