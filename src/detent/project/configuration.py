"""Files that set something: `[tool.detent]` of a pyproject.toml, and detent.toml files with the same keys.

A key nobody knows is named in a warning, with the one that was probably meant, and its neighbours hold all
the same. Where the key may have been meant to protect somebody it is an error, and so is a setting of the
machine in a project: no checkout may decide where somebody's cache is.
"""

from collections.abc import Iterator, Mapping

from detent import stamp
from detent.errors import DetentError, Failures, nearest
from detent.errors.project import ManifestInvalid, ProjectUnmanaged, VersionRequired
from detent.model.requirement import GroupName, group_name
from detent.model.specifiers import clause_contains, parse_clauses
from detent.named import NamedTuple
from detent.project.document import Document, type_name
from detent.project.indexes import faults_of
from detent.project.known import BY_NAME, ELSEWHERE, KNOWN, OF_OTHER_TOOLS, Known
from detent.project.values import IndexFault, located, reading

READ_ELSEWHERE = frozenset(
    (
        "groups",
        "requirements",
        "overrides",
        "excludes",
        "conflicts",
        "markers",
        "metadata",
        "sources",
        "workspace",
        "tasks",
    )
)
"""Kinds of values that belong with the project's requirements, and are read and checked with them."""
_NO_STRINGS = {
    "switch": "it must stand without quotes",
    "count": "it must stand without quotes",
    "names": "its value must be a list of names of packages",
}


class Configuration(NamedTuple):
    """What `[tool.detent]` says."""

    table: Mapping[str, object]
    default_groups: tuple[GroupName, ...]
    """Sorted."""
    is_package: bool | None
    """``None`` when nothing is said."""
    warnings: tuple[str, ...]


class _Table(NamedTuple):
    """The table of a file that sets something."""

    document: Document
    path: tuple[str, ...]
    """Where the table stands in the document."""
    data: Mapping[str, object]
    is_of_project: bool

    def where(self, *keys: str | int) -> str:
        return self.document.where(*self.path, *keys)

    def name(self, key: str) -> str:
        """The key as messages name it."""
        return ".".join((*self.path, key))


def refuse_unfit(document: Document) -> None:
    """Stop at a pyproject.toml that is not for detent, or not for this release of it.

    Asked before everything else: the rest of the file may be of a kind that only others can read. Raises
    :class:`ProjectUnmanaged` and :class:`VersionRequired`.
    """
    table = _of_pyproject(document)
    if table.data.get("managed") is False:
        raise ProjectUnmanaged(table.where("managed"))
    _refuse_other_versions(table)


def read_configuration(
    document: Document, groups: tuple[GroupName, ...], faults: list[DetentError]
) -> Configuration:
    """Read and check the `[tool.detent]` of a pyproject.toml; ``groups`` are those the project has."""
    tool = document.data.get("tool", {})
    found = tool.get("detent", {}) if isinstance(tool, dict) else {}
    if not isinstance(found, dict):
        faults.append(
            ManifestInvalid(
                document.where("tool", "detent"), f"`tool.detent` must be a table, found {type_name(found)}"
            )
        )
    table = _of_pyproject(document)
    warnings = tuple(_check(table, faults))
    return Configuration(
        table.data,
        _default_groups(document, table.data.get("default-groups"), groups, faults),
        value if isinstance(value := table.data.get("package"), bool) else None,
        warnings,
    )


def read_config_file(document: Document, *, is_of_project: bool) -> tuple[str, ...]:
    """Check a detent.toml and give its warnings.

    Raises :class:`VersionRequired`, and :class:`ManifestInvalid` or :class:`Failures` for what is wrong.
    """
    table = _Table(document, (), document.data, is_of_project)
    _refuse_other_versions(table)
    faults: list[DetentError] = []
    warnings = tuple(_check(table, faults))
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise Failures(faults)
    return warnings


def replaced_settings(table: Mapping[str, object]) -> tuple[str, ...]:
    """Give the keys of a `[tool.detent]` table that a detent.toml beside it replaces."""
    return tuple(key for key in table if key in BY_NAME and BY_NAME[key].place != "pyproject")


def _of_pyproject(document: Document) -> _Table:
    tool = document.data.get("tool", {})
    table = tool.get("detent", {}) if isinstance(tool, dict) else {}
    return _Table(document, ("tool", "detent"), table if isinstance(table, dict) else {}, is_of_project=True)


def _refuse_other_versions(table: _Table) -> None:
    required = table.data.get("required-version")
    if not isinstance(required, str):
        return
    try:
        clauses = parse_clauses(required)
    except ValueError:
        return  # told with the other values that cannot be used
    if not all(clause_contains(clause, stamp.VERSION) for clause in clauses):
        raise VersionRequired(table.where("required-version"), required, stamp.VERSION)


# ---- keys and their values -------------------------------------------------------------------


def _check(table: _Table, faults: list[DetentError]) -> Iterator[str]:
    """Check every key; gives the warnings."""
    for key, value in table.data.items():
        known = BY_NAME.get(key)
        if known is None:
            yield from _unknown(table, key, faults)
        elif known.place == "machine" and table.is_of_project:
            faults.append(_machine_setting(table, known))
        elif known.place == "pyproject" and not table.path:
            faults.append(
                ManifestInvalid(
                    table.where(key),
                    f"`{key}` says something of a project and has no place in this file",
                    next_steps=("put it into `[tool.detent]` of the project's `pyproject.toml`",),
                )
            )
        elif known.kind == "indexes":
            _check_indexes(table, faults)
        elif known.kind == "links":
            _check_links(table, faults)
        elif known.kind not in READ_ELSEWHERE:
            _check_value(table, known, value, faults)


def _machine_setting(table: _Table, known: Known, path: tuple[str | int, ...] = ()) -> ManifestInvalid:
    return ManifestInvalid(
        table.where(*(path or (known.name,))),
        f"`{known.name}` is a setting of a machine and has no place in a project",
        why="whoever checks the project out decides it for themselves",
        next_steps=(
            f"set `{known.variable}`, or put it into your own `detent.toml`"
            if known.variable
            else "put it into your own `detent.toml`",
        ),
    )


def _check_value(table: _Table, known: Known, value: object, faults: list[DetentError]) -> None:
    try:
        reading(known, value)
        # A variable can only spell it as a word; a file can do better, and editors are told so.
        reason = _NO_STRINGS.get(known.kind, "") if isinstance(value, str) else ""
    except ValueError as error:
        reason = str(error)
    if reason:
        what = f"`{table.name(known.name)}` cannot be used"
        faults.append(ManifestInvalid(table.where(known.name), what, why=reason))


def _unknown(table: _Table, key: str, faults: list[DetentError]) -> Iterator[str]:
    """Say that nobody knows the key: in a warning, or as a fault where it may be a protection."""
    if key in OF_OTHER_TOOLS:
        faults.append(
            ManifestInvalid(
                table.where(key),
                f"`{key}` is not known to this release of detent",
                why="leaving it out would take a protection away that it asks for",
                next_steps=(OF_OTHER_TOOLS[key] or f"take `{key}` out to go on without it",),
            )
        )
        return
    if key == "tool" and not table.path:
        faults.append(
            ManifestInvalid(
                table.where(key),
                "a detent.toml has no `[tool.detent]`",
                why="its settings stand without a table around them",
                next_steps=("take the line `[tool.detent]` out",),
            )
        )
        return
    if key in ELSEWHERE:
        yield f"`{table.where(key)}`: `{key}` is no setting of detent and was ignored; {ELSEWHERE[key]}"
        return
    near = nearest(key, _names_for(table))
    if near is not None and (near in OF_OTHER_TOOLS or BY_NAME[near].is_protection):
        faults.append(
            ManifestInvalid(
                table.where(key),
                f"`{key}` is no setting of detent",
                why=f"it may be meant for `{near}`, and leaving it out could take a protection away",
                next_steps=(f"write `{near}`, or take it out",),
            )
        )
        return
    hint = f"; did you mean `{near}`?" if near is not None else ""
    yield f"`{table.where(key)}`: `{key}` is no setting of detent and was ignored{hint}"


def _names_for(table: _Table) -> Iterator[str]:
    """Names that could be meant in this file, and protections wherever they belong."""
    yield from OF_OTHER_TOOLS
    for known in KNOWN:
        elsewhere = "machine" if table.is_of_project else "pyproject"
        if known.place != elsewhere or known.is_protection:
            yield known.name


def _check_indexes(table: _Table, faults: list[DetentError]) -> None:
    value = table.data["index"]
    for number, key, reason in faults_of(value):
        path = ("index", *(() if number is None else (number,)), *((key,) if key else ()))
        named = f"{table.name('index')}.{key}" if key else table.name("index")
        faults.append(ManifestInvalid(table.where(*path), f"`{named}` cannot be used", why=reason))
    entries = value if isinstance(value, list) else ()
    for number, entry in enumerate(entries):
        if table.is_of_project and isinstance(entry, dict) and "client-cert" in entry:
            faults.append(_machine_setting(table, BY_NAME["client-cert"], ("index", number, "client-cert")))
        if isinstance(entry, dict) and entry.get("default") is True and "index-url" in table.data:
            where = table.where("index", number)
            faults.append(ManifestInvalid(where, "the default index is named twice, here and as `index-url`"))


def _check_links(table: _Table, faults: list[DetentError]) -> None:
    value = table.data["find-links"]
    what = f"`{table.name('find-links')}` cannot be used"
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        why = "its value must be a list of folders and URLs"
        faults.append(ManifestInvalid(table.where("find-links"), what, why=why))
        return
    for number, text in enumerate(value):
        try:
            located(text, "/", is_flat=True)
        except IndexFault as fault:
            faults.append(ManifestInvalid(table.where("find-links", number), what, why=fault.reason))


def _default_groups(
    document: Document, value: object, groups: tuple[GroupName, ...], faults: list[DetentError]
) -> tuple[GroupName, ...]:
    path = ("tool", "detent", "default-groups")
    match value:
        case None:
            return tuple(group for group in groups if group == "dev")
        case "all":
            return tuple(sorted(groups))
        case list():
            return _named_groups(document, path, value, groups, faults)
        case _:
            faults.append(
                ManifestInvalid(
                    document.where(*path),
                    '`tool.detent.default-groups` must be a list of groups or `"all"`, '
                    f"found {type_name(value) if not isinstance(value, str) else f'`{value}`'}",
                )
            )
            return ()


def _named_groups(
    document: Document,
    path: tuple[str, ...],
    value: list[object],
    groups: tuple[GroupName, ...],
    faults: list[DetentError],
) -> tuple[GroupName, ...]:
    found: set[GroupName] = set()
    for place, item in enumerate(value):
        where = document.where(*path, place)
        try:
            name = group_name(item) if isinstance(item, str) else None
        except ValueError:
            name = None
        if name is None:
            faults.append(ManifestInvalid(where, f"`{item}` in `default-groups` is not the name of a group"))
        elif name not in groups:
            names = ", ".join(f"`{group}`" for group in groups)
            faults.append(
                ManifestInvalid(
                    where,
                    f"the default group `{item}` does not exist",
                    why=f"the groups are {names}" if names else "`[dependency-groups]` has none",
                )
            )
        else:
            found.add(name)
    return tuple(sorted(found))
