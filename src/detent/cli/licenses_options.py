"""From flag values to the options of `licenses`: pure."""

from detent.cli.options import chosen, is_on, packages, text
from detent.cli.parse import Values
from detent.ops.licenses import LicensesOptions
from detent.ops.selection import Chosen


def licenses(values: Values) -> LicensesOptions:
    """Options of `licenses`."""
    return LicensesOptions(
        chosen=asked if (asked := chosen(values)) != Chosen() else None,
        ignored=packages(values, "ignore"),
        python_version=text(values, "python_version") or "",
        python_platform=text(values, "python_platform") or "",
        locked=is_on(values, "locked"),
        frozen=is_on(values, "frozen"),
    )
