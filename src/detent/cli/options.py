"""From flag values to the options of an operation: pure, one function per command."""

from detent.cli.parse import Value, Values
from detent.errors import UsageError
from detent.ops.edit import AddOptions, RemoveOptions
from detent.ops.init import InitOptions
from detent.ops.lock import LockOptions, TreeOptions, Upgrade
from detent.ops.sync import Chosen, RunOptions, SyncOptions
from detent.project.bounds import BOUNDS, Bounds
from detent.project.edit import Table
from detent.project.templates import Kind

_KINDS: dict[str, Kind] = {"bare": "bare", "app": "app", "lib": "lib", "no_package": "script"}


def text(values: Values, name: str) -> str | None:
    """Give a flag that holds one word."""
    value = values.get(name)
    return value if isinstance(value, str) else None


def words(values: Values, name: str) -> tuple[str, ...]:
    """Give a flag or argument that holds several words."""
    value = values.get(name)
    return value if isinstance(value, tuple) else ()


def _on(values: Values, name: str) -> bool:
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


def init(values: Values) -> InitOptions:
    """Options of `init`; raises :class:`UsageError` for two kinds of project at once."""
    kinds = [kind for kind in _KINDS if _on(values, kind)]
    if len(kinds) > 1 and set(kinds) != {"bare", "no_package"}:
        raise _exclusive(*(f"--{kind.replace('_', '-')}" for kind in kinds))
    return InitOptions(
        path=text(values, "path"),
        kind=_KINDS[kinds[0]] if kinds else "app",
        name=text(values, "name"),
        vcs="none" if text(values, "vcs") == "none" else "git",
        readme=not _on(values, "no_readme"),
        pin_python=not _on(values, "no_pin_python"),
    )


def add(values: Values) -> AddOptions:
    """Options of `add`."""
    return AddOptions(
        requirements=words(values, "requirements_given"),
        files=words(values, "requirements"),
        table=_table(values),
        marker=text(values, "marker") or "",
        extras=words(values, "extra"),
        bounds=_bounds(values),
        raw=_on(values, "raw"),
        dry_run=_on(values, "dry_run"),
        no_sync=_on(values, "no_sync"),
        locked=_locking(values),
        frozen=_on(values, "frozen"),
        upgrade=_upgrade(values),
    )


def remove(values: Values) -> RemoveOptions:
    """Options of `remove`."""
    return RemoveOptions(
        names=words(values, "names"),
        table=_table(values),
        dry_run=_on(values, "dry_run"),
        no_sync=_on(values, "no_sync"),
        locked=_locking(values),
        frozen=_on(values, "frozen"),
    )


def lock(values: Values) -> LockOptions:
    """Options of `lock`."""
    if _on(values, "check") and _on(values, "upgrade"):
        raise _exclusive("--check", "--upgrade")
    return LockOptions(check=_on(values, "check"), dry_run=_on(values, "dry_run"), upgrade=_upgrade(values))


def sync(values: Values) -> SyncOptions:
    """Options of `sync`."""
    return SyncOptions(
        chosen=_chosen(values),
        upgrade=_upgrade(values),
        locked=_locking(values),
        frozen=_on(values, "frozen"),
        check=_on(values, "check"),
        dry_run=_on(values, "dry_run"),
        exact=not _on(values, "inexact"),
    )


def run(values: Values) -> RunOptions:
    """Options of `run`; its sync keeps what is installed beside the selection unless `--exact`."""
    command = words(values, "command")
    return RunOptions(
        command=command,
        is_module=_on(values, "module"),
        no_sync=_on(values, "no_sync"),
        project=text(values, "project"),
        sync=SyncOptions(
            chosen=_chosen(values),
            locked=_locking(values),
            frozen=_on(values, "frozen"),
            exact=_on(values, "exact"),
        ),
    )


def tree(values: Values) -> TreeOptions:
    """Options of `tree`."""
    depth = text(values, "depth")
    if depth is not None and not depth.isdecimal():
        raise UsageError("`--depth` takes a whole number", why=f"`{depth}` is none")
    return TreeOptions(
        depth=int(depth) if depth is not None else None,
        invert=_on(values, "invert"),
        packages=words(values, "package"),
        locked=_locking(values),
        frozen=_on(values, "frozen"),
    )


def _bounds(values: Values) -> Bounds:
    asked = text(values, "bounds")
    return next((kind for kind in BOUNDS if kind == asked), "lower")


def _table(values: Values) -> Table:
    group, extra = text(values, "group"), text(values, "optional")
    asked = [
        flag
        for flag, given in (("--dev", _on(values, "dev")), ("--group", group), ("--optional", extra))
        if given
    ]
    if len(asked) > 1:
        raise _exclusive(*asked)
    if extra:
        return Table("extra", extra)
    if group or _on(values, "dev"):
        return Table("group", group or "dev")
    return Table("project", "")


def _upgrade(values: Values) -> Upgrade:
    return Upgrade(everything=_on(values, "upgrade"), packages=words(values, "upgrade_package"))


def _locking(values: Values) -> bool:
    if _on(values, "locked") and _on(values, "frozen"):
        raise _exclusive("--locked", "--frozen")
    return _on(values, "locked")


def _chosen(values: Values) -> Chosen:
    if _on(values, "only_dev") and _on(values, "no_dev"):
        raise _exclusive("--only-dev", "--no-dev")
    return Chosen(
        extra=words(values, "extra"),
        all_extras=_on(values, "all_extras"),
        no_extra=words(values, "no_extra"),
        group=words(values, "group"),
        no_group=words(values, "no_group"),
        only_group=words(values, "only_group"),
        all_groups=_on(values, "all_groups"),
        no_default_groups=_on(values, "no_default_groups"),
        no_dev=_on(values, "no_dev"),
        only_dev=_on(values, "only_dev"),
    )


def _exclusive(*spellings: str) -> UsageError:
    return UsageError(f"{' and '.join(f'`{s}`' for s in spellings)} cannot be used together")
