"""From flag values to the options of an operation: pure, one function per command."""

from detent.cli.parse import Value, Values
from detent.errors import UsageError
from detent.ops.lock import LockOptions, TreeOptions, Upgrade
from detent.ops.selection import Chosen
from detent.ops.sync import RunOptions, SyncOptions


def text(values: Values, name: str) -> str | None:
    """Give a flag that holds one word."""
    value = values.get(name)
    return value if isinstance(value, str) else None


def words(values: Values, name: str) -> tuple[str, ...]:
    """Give a flag or argument that holds several words."""
    value = values.get(name)
    return value if isinstance(value, tuple) else ()


def is_on(values: Values, name: str) -> bool:
    """Whether a switch is on."""
    value: Value = values.get(name)
    return bool(value)


def flags(values: Values) -> dict[str, object]:
    """Give the flags that override settings, by the setting's name."""
    return {
        "index-url": text(values, "default_index"),
        "cache-dir": text(values, "cache_dir"),
        "link-mode": text(values, "link_mode"),
        "python": text(values, "python"),
        "offline": values.get("offline") or None,
    }


def lock(values: Values) -> LockOptions:
    """Options of `lock`."""
    _refuse_upgrade_beside(values, "check")
    return LockOptions(
        check=is_on(values, "check"), dry_run=is_on(values, "dry_run"), upgrade=upgrade(values)
    )


def sync(values: Values) -> SyncOptions:
    """Options of `sync`."""
    _refuse_upgrade_beside(values, "locked", "frozen", "check")
    return SyncOptions(
        chosen=_chosen(values),
        upgrade=upgrade(values),
        locked=locking(values),
        frozen=is_on(values, "frozen"),
        check=is_on(values, "check"),
        dry_run=is_on(values, "dry_run"),
        exact=not is_on(values, "inexact"),
    )


def run(values: Values) -> RunOptions:
    """Options of `run`; its sync keeps what is installed beside the selection unless `--exact`."""
    command = words(values, "command")
    return RunOptions(
        command=command,
        is_module=is_on(values, "module"),
        no_sync=is_on(values, "no_sync"),
        project=text(values, "project"),
        sync=SyncOptions(
            chosen=_chosen(values),
            locked=locking(values),
            frozen=is_on(values, "frozen"),
            exact=is_on(values, "exact"),
        ),
    )


def tree(values: Values) -> TreeOptions:
    """Options of `tree`."""
    depth = text(values, "depth")
    if depth is not None and not depth.isdecimal():
        raise UsageError("`--depth` takes a whole number", why=f"`{depth}` is none")
    return TreeOptions(
        depth=int(depth) if depth is not None else None,
        invert=is_on(values, "invert"),
        packages=words(values, "package"),
        locked=locking(values),
        frozen=is_on(values, "frozen"),
    )


def upgrade(values: Values) -> Upgrade:
    """Give what `-U` and `-P` set free."""
    return Upgrade(everything=is_on(values, "upgrade"), packages=words(values, "upgrade_package"))


def _refuse_upgrade_beside(values: Values, *names: str) -> None:
    """Refuse `-U` and `-P` beside flags under which no version moves."""
    moving = [name for name in ("upgrade", "upgrade_package") if is_on(values, name)]
    for name in names:
        if moving and is_on(values, name):
            raise exclusive(f"--{name}", f"--{moving[0].replace('_', '-')}")


def locking(values: Values) -> bool:
    """Whether `--locked` is on; raises :class:`UsageError` beside `--frozen`."""
    if is_on(values, "locked") and is_on(values, "frozen"):
        raise exclusive("--locked", "--frozen")
    return is_on(values, "locked")


def _chosen(values: Values) -> Chosen:
    if is_on(values, "only_dev") and is_on(values, "no_dev"):
        raise exclusive("--only-dev", "--no-dev")
    for only in ("only_group", "only_dev"):
        for more in ("group", "all_groups", "extra", "all_extras"):
            if is_on(values, only) and is_on(values, more):
                raise exclusive(f"--{only.replace('_', '-')}", f"--{more.replace('_', '-')}")
    return Chosen(
        extra=words(values, "extra"),
        all_extras=is_on(values, "all_extras"),
        no_extra=words(values, "no_extra"),
        group=words(values, "group"),
        no_group=words(values, "no_group"),
        only_group=words(values, "only_group"),
        all_groups=is_on(values, "all_groups"),
        no_default_groups=is_on(values, "no_default_groups"),
        no_dev=is_on(values, "no_dev"),
        only_dev=is_on(values, "only_dev"),
    )


def exclusive(*spellings: str) -> UsageError:
    """Say that flags contradict each other."""
    return UsageError(f"{' and '.join(f'`{s}`' for s in spellings)} cannot be used together")
