"""From flag values to the options of `sync`, and of what goes before a `run`: pure."""

from detent.cli.options import chosen, is_on, packages, upgrade
from detent.cli.parse import Values
from detent.ops.sync import SyncOptions


def sync(values: Values) -> SyncOptions:
    """Options of `sync`."""
    return syncing(values)._replace(
        check=is_on(values, "check"),
        dry_run=is_on(values, "dry_run"),
        exact=not is_on(values, "inexact"),
        last="replaced",
    )


def syncing(values: Values) -> SyncOptions:
    """What `sync` and `run` have in common."""
    return SyncOptions(
        chosen=chosen(values),
        upgrade=upgrade(values),
        locked=is_on(values, "locked"),
        frozen=is_on(values, "frozen"),
        reinstall=is_on(values, "reinstall"),
        reinstall_package=packages(values, "reinstall_package"),
        refresh=is_on(values, "refresh"),
        refresh_package=packages(values, "refresh_package"),
        no_install_project=is_on(values, "no_install_project"),
        no_install_local=is_on(values, "no_install_local"),
        no_install_workspace=is_on(values, "no_install_workspace"),
        no_install=packages(values, "no_install_package"),
        only_install_project=is_on(values, "only_install_project"),
        only_install_local=is_on(values, "only_install_local"),
        only_install=packages(values, "only_install_package"),
        editable=not is_on(values, "no_editable"),
    )
