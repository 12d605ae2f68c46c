"""The lists of requirements of a pyproject.toml: the project's own, its extras, its groups.

Follows PEP 621 and PEP 735: names count normalised, two spellings of one name are a fault, and an
`include-group` stands for the group's own entries, at its place. Faults are collected, not raised, so
that a file with three wrong lines shows three.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias, TypeVar

from detent.errors import DetentError
from detent.errors.project import ManifestInvalid
from detent.model.requirement import (
    ExtraName,
    GroupName,
    InvalidRequirement,
    Origin,
    Requirement,
    extra_name,
    group_name,
    parse_requirement,
)
from detent.project.document import Document, type_name
from detent.project.references import with_reference

_Name = TypeVar("_Name", bound=str)
_Path: TypeAlias = tuple[str, ...]


def read_dependencies(
    document: Document, project: Mapping[str, object], faults: list[DetentError]
) -> tuple[Requirement, ...]:
    """`[project] dependencies`, in file order."""
    path = ("project", "dependencies")
    return tuple(_plain_list(document, path, project.get("dependencies", []), faults))


def read_extras(
    document: Document, project: Mapping[str, object], faults: list[DetentError]
) -> tuple[tuple[ExtraName, tuple[Requirement, ...]], ...]:
    """`[project.optional-dependencies]`, sorted by normalised name."""
    path = ("project", "optional-dependencies")
    spelled = _names(document, path, project.get("optional-dependencies", {}), extra_name, faults)
    lists = {
        name: tuple(_plain_list(document, (*path, key), value, faults))
        for name, (key, value) in spelled.items()
    }
    return tuple(sorted(lists.items()))


def read_groups(
    document: Document, faults: list[DetentError]
) -> tuple[tuple[GroupName, tuple[Requirement, ...]], ...]:
    """`[dependency-groups]` with every include expanded, sorted by normalised name."""
    path = ("dependency-groups",)
    spelled = _names(document, path, document.data.get("dependency-groups", {}), group_name, faults)
    groups = _Groups(document, spelled, faults)
    return tuple((name, groups.expanded(name, ())) for name in sorted(spelled))


def _names(
    document: Document,
    path: _Path,
    table: object,
    normalised: Callable[[str], _Name],
    faults: list[DetentError],
) -> dict[_Name, tuple[str, object]]:
    """The lists of a table by their normalised name, each with its spelling."""
    if not isinstance(table, dict):
        faults.append(
            ManifestInvalid(
                document.where(*path), f"`{'.'.join(path)}` must be a table, found {type_name(table)}"
            )
        )
        return {}
    found: dict[_Name, tuple[str, object]] = {}
    for key, value in table.items():
        where = document.where(*path, key)
        try:
            name = normalised(key)
        except ValueError as error:
            faults.append(
                ManifestInvalid(where, f"`{key}` in `{'.'.join(path)}` cannot be used", why=str(error))
            )
            continue
        if name in found:
            faults.append(
                ManifestInvalid(
                    where,
                    f"`{key}` and `{found[name][0]}` in `{'.'.join(path)}` are one name",
                    why=f"both are `{name}` once normalised",
                )
            )
            continue
        found[name] = (key, value)
    return found


def read_requirement(
    document: Document, where: tuple[str | int, ...], table: str, text: str, faults: list[DetentError]
) -> Requirement | None:
    """Read one requirement of a list; ``None`` when it cannot be used, and there is a fault more."""
    try:
        requirement = parse_requirement(text, Origin(table, document.line(*where), document.path))
    except InvalidRequirement as error:
        faults.append(
            ManifestInvalid(
                document.where(*where), f"`{text}` in `{table}` is not a valid requirement", why=error.reason
            )
        )
        return None
    return with_reference(document, where, requirement, faults) if requirement.url else requirement


def strings(
    document: Document, path: _Path, value: object, faults: list[DetentError]
) -> Iterator[tuple[int, str]]:
    """Give the strings of a list, each with its place; anything else is a fault."""
    for place, text in _listed(document, path, value, faults):
        if isinstance(text, str):
            yield place, text
        else:
            faults.append(_not_strings(document, (*path, place), path, text))


def _plain_list(
    document: Document, path: _Path, value: object, faults: list[DetentError]
) -> Iterator[Requirement]:
    for place, text in strings(document, path, value, faults):
        yield from _requirement(document, path, place, text, faults)


def _listed(
    document: Document, path: _Path, value: object, faults: list[DetentError]
) -> Iterator[tuple[int, object]]:
    if isinstance(value, list):
        yield from enumerate(value)
    else:
        faults.append(_not_strings(document, path, path, value))


def _not_strings(
    document: Document, place: tuple[str | int, ...], path: _Path, found: object
) -> ManifestInvalid:
    inside = "an item that is " if len(place) > len(path) else ""
    return ManifestInvalid(
        document.where(*place),
        f"`{'.'.join(path)}` must be a list of strings, found {inside}{type_name(found)}",
    )


def _requirement(
    document: Document, path: _Path, place: int, text: str, faults: list[DetentError]
) -> Iterator[Requirement]:
    requirement = read_requirement(document, (*path, place), ".".join(path), text, faults)
    if requirement is not None:
        yield requirement


class _Groups:
    """The groups of a document while their includes are expanded, each group read once."""

    def __init__(
        self, document: Document, spelled: Mapping[GroupName, tuple[str, object]], faults: list[DetentError]
    ) -> None:
        self._document = document
        self._spelled = spelled
        self._faults = faults
        self._done: dict[GroupName, tuple[Requirement, ...]] = {}

    def expanded(self, name: GroupName, within: tuple[GroupName, ...]) -> tuple[Requirement, ...]:
        """The group's requirements; ``within`` are the groups that are being expanded around it."""
        if name not in self._done:
            self._done[name] = tuple(self._entries(name, (*within, name)))
        return self._done[name]

    def _entries(self, name: GroupName, within: tuple[GroupName, ...]) -> Iterator[Requirement]:
        key, value = self._spelled[name]
        path = ("dependency-groups", key)
        for place, item in _listed(self._document, path, value, self._faults):
            match item:
                case str():
                    yield from _requirement(self._document, path, place, item, self._faults)
                case {"include-group": str(included), **rest} if not rest:
                    yield from self._included(path, place, included, within)
                case _:
                    self._faults.append(
                        ManifestInvalid(
                            self._document.where(*path, place),
                            f'`{".".join(path)}` must hold strings and `{{include-group = "NAME"}}`, '
                            f"found {type_name(item)}"
                            + (" of another kind" if isinstance(item, dict) else ""),
                        )
                    )

    def _included(
        self, path: _Path, place: int, included: str, within: tuple[GroupName, ...]
    ) -> Iterator[Requirement]:
        where = self._document.where(*path, place)
        try:
            name = group_name(included)
        except ValueError as error:
            self._faults.append(ManifestInvalid(where, "an include-group cannot be used", why=str(error)))
            return
        if name not in self._spelled:
            names = ", ".join(f"`{known}`" for known in sorted(self._spelled))
            self._faults.append(
                ManifestInvalid(
                    where, f"the included group `{included}` does not exist", why=f"the groups are {names}"
                )
            )
        elif name in within:
            circle = " includes ".join(f"`{each}`" for each in (*within[within.index(name) :], name))
            self._faults.append(
                ManifestInvalid(where, "the groups include each other in a circle", why=circle)
            )
        else:
            yield from self.expanded(name, within)
