"""From flag values to the options of `init`, `add` and `remove`: pure, one function per command."""

from detent.cli.options import exclusive, is_on, locking, text, upgrade, words
from detent.cli.parse import Values
from detent.errors import UsageError
from detent.model.names import extra_name, group_name
from detent.ops.edit import AddOptions, RemoveOptions
from detent.ops.init import InitOptions
from detent.project.bounds import BOUNDS, Bounds
from detent.project.edit import Table
from detent.project.templates import Kind

_KINDS: dict[str, Kind] = {"bare": "bare", "app": "app", "lib": "lib", "no_package": "script"}


def init(values: Values) -> InitOptions:
    """Options of `init`; raises :class:`UsageError` for two kinds of project at once."""
    kinds = [kind for kind in _KINDS if is_on(values, kind)]
    if len(kinds) > 1 and set(kinds) != {"bare", "no_package"}:
        raise exclusive(*(f"--{kind.replace('_', '-')}" for kind in kinds))
    return InitOptions(
        path=text(values, "path"),
        kind=_KINDS[kinds[0]] if kinds else "app",
        name=text(values, "name"),
        vcs="none" if text(values, "vcs") == "none" else "git",
        readme=not is_on(values, "no_readme"),
        pin_python=not is_on(values, "no_pin_python"),
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
        raw=is_on(values, "raw"),
        dry_run=is_on(values, "dry_run"),
        no_sync=is_on(values, "no_sync"),
        locked=locking(values),
        frozen=is_on(values, "frozen"),
        upgrade=upgrade(values),
    )


def remove(values: Values) -> RemoveOptions:
    """Options of `remove`."""
    return RemoveOptions(
        names=words(values, "names"),
        table=_table(values),
        dry_run=is_on(values, "dry_run"),
        no_sync=is_on(values, "no_sync"),
        locked=locking(values),
        frozen=is_on(values, "frozen"),
    )


def _bounds(values: Values) -> Bounds | None:
    asked = text(values, "bounds")
    if asked is not None and is_on(values, "raw"):
        raise exclusive("--bounds", "--raw")
    return next((kind for kind in BOUNDS if kind == asked), None)


def _table(values: Values) -> Table:
    group, extra = text(values, "group"), text(values, "optional")
    asked = [
        flag
        for flag, given in (
            ("--dev", is_on(values, "dev")),
            ("--group", group is not None),
            ("--optional", extra is not None),
        )
        if given
    ]
    if len(asked) > 1:
        raise exclusive(*asked)
    try:
        if extra is not None:
            extra_name(extra)
            return Table("extra", extra)
        if group is not None:
            group_name(group)
            return Table("group", group)
    except ValueError as error:
        raise UsageError(f"`{asked[0]}` cannot be `{group or extra or ''}`", why=str(error)) from error
    return Table("group", "dev") if asked else Table("project", "")
