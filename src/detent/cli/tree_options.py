"""From flag values to the options of `tree`: pure."""

from detent.cli.options import chosen, is_on, text, words
from detent.cli.parse import Values
from detent.errors import UsageError
from detent.ops.selection import Chosen
from detent.ops.tree import TreeOptions

_MOST_DIGITS = 10
"""Of a number that means anything here."""


def tree(values: Values) -> TreeOptions:
    """Options of `tree`."""
    depth = text(values, "depth")
    if depth is not None and not (depth.isdecimal() and len(depth) < _MOST_DIGITS):
        raise UsageError(
            "`--depth` takes a whole number",
            why=f"`{depth}` is none",
            next_steps=("write it like `--depth 2`",),
        )
    return TreeOptions(
        depth=int(depth) if depth is not None else None,
        invert=is_on(values, "invert"),
        packages=words(values, "package"),
        pruned=words(values, "prune"),
        dedupe=not is_on(values, "no_dedupe"),
        chosen=asked if (asked := chosen(values)) != Chosen() else None,
        python_version=text(values, "python_version") or "",
        python_platform=text(values, "python_platform") or "",
        outdated=is_on(values, "outdated"),
        sizes=is_on(values, "show_sizes"),
        locked=is_on(values, "locked"),
        frozen=is_on(values, "frozen"),
    )
