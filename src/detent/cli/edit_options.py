"""From flag values to the options of `add` and `remove`: pure, one function each."""

from detent.cli.options import is_on, text, upgrade, words
from detent.cli.parse import Values
from detent.errors import UsageError
from detent.model.names import extra_name, group_name
from detent.model.sources import RevisionKind
from detent.ops.edit import AddOptions, RemoveOptions
from detent.ops.places import Pointing
from detent.project.bounds import BOUNDS, Bounds
from detent.project.edit import Table

REVISION_FLAGS: tuple[RevisionKind, ...] = ("rev", "tag", "branch")


def add(values: Values) -> AddOptions:
    """Options of `add`."""
    return AddOptions(
        requirements=words(values, "requirements_given"),
        files=words(values, "requirements"),
        constraints=words(values, "constraints"),
        table=_table(values),
        marker=text(values, "marker") or "",
        extras=words(values, "extra"),
        pointing=_pointing(values),
        bounds=_bounds(values),
        raw=is_on(values, "raw"),
        dry_run=is_on(values, "dry_run"),
        no_sync=is_on(values, "no_sync"),
        locked=is_on(values, "locked"),
        frozen=is_on(values, "frozen"),
        upgrade=upgrade(values),
        workspace=_chosen(values, "workspace", "no_workspace"),
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


def _pointing(values: Values) -> Pointing:
    kind: RevisionKind = next((kind for kind in REVISION_FLAGS if text(values, kind) is not None), "")
    editable = _chosen(values, "editable", "no_editable")
    return Pointing(
        kind,
        (text(values, kind) or "") if kind else "",
        text(values, "subdirectory") or "",
        lfs=is_on(values, "lfs"),
        editable=editable,
    )


def _chosen(values: Values, on: str, off: str) -> bool | None:
    return True if is_on(values, on) else False if is_on(values, off) else None


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
        raise UsageError(
            f"`{flag}` cannot be `{group or extra or ''}`",
            why=str(error),
            next_steps=("write a name such as `docs`",),
        ) from error
    return Table("group", "dev") if is_on(values, "dev") else Table("project", "")
