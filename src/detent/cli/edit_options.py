"""From flag values to the options of `init`, `add`, `remove` and `version`: pure, one function each."""

from detent.cli.flags import BACKEND_ALIASES
from detent.cli.options import is_on, text, upgrade, words
from detent.cli.parse import Values, exclusive
from detent.errors import UsageError
from detent.model.names import extra_name, group_name
from detent.ops.edit import AddOptions, RemoveOptions
from detent.ops.init import AUTHOR_SOURCES, InitOptions
from detent.ops.version import VersionOptions
from detent.project.bounds import BOUNDS, Bounds
from detent.project.bumping import parse_bump
from detent.project.edit import Table
from detent.project.templates import BACKENDS, KINDS, Kind

_KINDS: dict[str, Kind] = {"app": "app", "lib": "lib", "package": "app", "no_package": "script"}


def init(values: Values) -> InitOptions:
    """Options of `init`."""
    flags = [flag for flag in _KINDS if is_on(values, flag)]
    backend = text(values, "build_backend")
    is_bare = is_on(values, "bare")
    # A file alone is no package, unless something says so.
    usual: Kind = "script" if is_bare and backend is None else "app"
    kinds = {_KINDS[flag] for flag in flags}
    return InitOptions(
        path=text(values, "path"),
        kind=next((kind for kind in KINDS if kind in kinds - {"app"}), "app") if kinds else usual,
        bare=is_bare,
        name=text(values, "name"),
        description=text(values, "description") or "",
        license=text(values, "license") or "",
        author_from=next(
            (source for source in AUTHOR_SOURCES if source == text(values, "author_from")), "auto"
        ),
        backend=next((b for b in BACKENDS if b == BACKEND_ALIASES.get(backend or "", backend)), "hatchling"),
        vcs="none" if text(values, "vcs") == "none" else "git",
        readme=not is_on(values, "no_readme"),
        pin_python=not is_on(values, "no_pin_python"),
    )


def version(values: Values) -> VersionOptions:
    """Options of `version`; raises :class:`UsageError` for a version beside `--bump`."""
    value, bumps = text(values, "value"), words(values, "bump")
    if value is not None and bumps:
        raise exclusive("[VERSION]", "--bump")
    return VersionOptions(
        value=value,
        bumps=tuple(map(parse_bump, bumps)),
        dry_run=is_on(values, "dry_run"),
        no_sync=is_on(values, "no_sync"),
        locked=is_on(values, "locked"),
        frozen=is_on(values, "frozen"),
    )


def add(values: Values) -> AddOptions:
    """Options of `add`."""
    return AddOptions(
        requirements=words(values, "requirements_given"),
        files=words(values, "requirements"),
        constraints=words(values, "constraints"),
        table=_table(values),
        marker=text(values, "marker") or "",
        extras=words(values, "extra"),
        bounds=_bounds(values),
        raw=is_on(values, "raw"),
        dry_run=is_on(values, "dry_run"),
        no_sync=is_on(values, "no_sync"),
        locked=is_on(values, "locked"),
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
        locked=is_on(values, "locked"),
        frozen=is_on(values, "frozen"),
    )


def _bounds(values: Values) -> Bounds | None:
    asked = text(values, "bounds")
    return next((kind for kind in BOUNDS if kind == asked), None)


def _table(values: Values) -> Table:
    group, extra = text(values, "group"), text(values, "optional")
    try:
        if extra is not None:
            extra_name(extra)
            return Table("extra", extra)
        if group is not None:
            group_name(group)
            return Table("group", group)
    except ValueError as error:
        flag = "--group" if extra is None else "--optional"
        raise UsageError(f"`{flag}` cannot be `{group or extra or ''}`", why=str(error)) from error
    return Table("group", "dev") if is_on(values, "dev") else Table("project", "")
