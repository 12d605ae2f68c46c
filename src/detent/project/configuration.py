"""The `[tool.detent]` table of a pyproject.toml: known keys, their values, and what has no place there.

A key nobody knows is named in a warning, with the one that was probably meant. A setting of the machine
is an error: no checkout may decide where somebody's cache is.
"""

from collections.abc import Mapping
from typing import NamedTuple

from detent.errors import DetentError, ManifestInvalid, Unsupported
from detent.model.requirement import GroupName, group_name
from detent.project.document import Document, type_name
from detent.project.settings import BY_NAME, reading

PROJECT_KEYS = ("default-groups", "index", "package")
"""What a project says beside the settings that may stand in its file."""

_PATH = ("tool", "detent")


class Configuration(NamedTuple):
    """What `[tool.detent]` says."""

    table: Mapping[str, object]
    default_groups: tuple[GroupName, ...]
    """Sorted."""
    is_package: bool | None
    """``None`` when nothing is said."""
    warnings: tuple[str, ...]


def read_configuration(
    document: Document, groups: tuple[GroupName, ...], faults: list[DetentError]
) -> Configuration:
    """Read and check the table; ``groups`` are those the project has."""
    tool = document.data.get("tool", {})
    table = tool.get("detent", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        faults.append(
            ManifestInvalid(
                document.where(*_PATH), f"`tool.detent` must be a table, found {type_name(table)}"
            )
        )
        table = {}
    warnings = []
    for key, value in table.items():
        if key in BY_NAME:
            _check_setting(document, key, value, faults)
        elif key not in PROJECT_KEYS:
            warnings.append(_unknown(document, key))
    _check_index(document, table, faults)
    return Configuration(
        table,
        _default_groups(document, table.get("default-groups"), groups, faults),
        _package(document, table.get("package"), faults),
        tuple(warnings),
    )


def _check_setting(document: Document, key: str, value: object, faults: list[DetentError]) -> None:
    known = BY_NAME[key]
    where = document.where(*_PATH, key)
    if known.is_machine:
        faults.append(
            ManifestInvalid(
                where,
                f"`{key}` is a setting of a machine and has no place in a project",
                why="whoever checks the project out decides it for themselves",
                next_steps=(f"set `{known.variable}`, or put it into your own `detent.toml`",),
            )
        )
        return
    try:
        reading(known, value)
    except ValueError as error:
        faults.append(ManifestInvalid(where, f"`tool.detent.{key}` cannot be used", why=str(error)))
    except Unsupported as error:
        faults.append(error)


def _check_index(document: Document, table: Mapping[str, object], faults: list[DetentError]) -> None:
    if "index" not in table:
        return
    where = document.where(*_PATH, "index")
    match table["index"]:
        case [{"url": url}]:
            try:
                reading(BY_NAME["index-url"], url)
            except ValueError as error:
                faults.append(ManifestInvalid(where, "`tool.detent.index` cannot be used", why=str(error)))
            if "index-url" in table:
                faults.append(ManifestInvalid(where, "`tool.detent` names an index twice"))
        case [{}, {}, *_]:
            faults.append(
                Unsupported(f"`{where}`: several indexes are named, and only one can be used so far")
            )
        case _:
            faults.append(
                ManifestInvalid(where, "`tool.detent.index` must be a `[[tool.detent.index]]` with a `url`")
            )


def _default_groups(
    document: Document, value: object, groups: tuple[GroupName, ...], faults: list[DetentError]
) -> tuple[GroupName, ...]:
    path = (*_PATH, "default-groups")
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


def _package(document: Document, value: object, faults: list[DetentError]) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    faults.append(
        ManifestInvalid(
            document.where(*_PATH, "package"),
            f"`tool.detent.package` must be `true` or `false`, found {type_name(value)}",
        )
    )
    return None


def _unknown(document: Document, key: str) -> str:
    known = (*PROJECT_KEYS, *(name for name, setting in BY_NAME.items() if not setting.is_machine))
    nearest = min(known, key=lambda name: (_distance(key, name), name))
    # A third of the letters wrong is still a slip of the fingers; more is another word.
    hint = f"; did you mean `{nearest}`?" if _distance(key, nearest) * 3 <= len(nearest) else ""
    return f"`{document.where(*_PATH, key)}`: `{key}` is no setting of detent and was ignored{hint}"


def _distance(one: str, other: str) -> int:
    """How many letters must be put in, taken out or replaced to make one word of the other."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        before, row[0] = row[0], i
        for j, wanted in enumerate(other, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (letter != wanted))
    return row[-1]
