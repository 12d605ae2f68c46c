"""From flag values to the options of `lock`: pure."""

from detent.cli.options import is_on, upgrade
from detent.cli.parse import Values
from detent.ops.lock import LockOptions


def lock(values: Values) -> LockOptions:
    """Options of `lock`."""
    return LockOptions(
        check=is_on(values, "check"),
        check_exists=is_on(values, "check_exists"),
        dry_run=is_on(values, "dry_run"),
        upgrade=upgrade(values)._replace(
            again=is_on(values, "refresh") or is_on(values, "refresh_package"),
            anew=is_on(values, "regenerate"),
        ),
    )
