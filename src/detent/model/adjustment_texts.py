"""Adjustments as a lock records them: one readable line each, by table, and back.

What means the same has the same lines, sorted, whatever its order in pyproject.toml. Reading them gives the
adjustments again, all but the lines they stood on.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias, TypeVar

from detent.model import markers
from detent.model.adjustments import (
    NO_ADJUSTMENTS,
    Adjustments,
    Exclusion,
    Exclusive,
    Override,
    StatedMetadata,
)
from detent.model.markers import Marker
from detent.model.names import extra_name, group_name, package_name
from detent.model.requirement import PackageName, Requirement, parse_requirement

Tables: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""The lines of each table that has any."""
Value = TypeVar("Value")

CONFLICTS = "conflicts"
CONSTRAINTS = "constraint-dependencies"
ENVIRONMENTS = "environments"
EXCLUDES = "exclude-dependencies"
METADATA = "dependency-metadata"
OVERRIDES = "override-dependencies"
REQUIRED_ENVIRONMENTS = "required-environments"
TABLES = (CONFLICTS, CONSTRAINTS, METADATA, ENVIRONMENTS, EXCLUDES, OVERRIDES, REQUIRED_ENVIRONMENTS)
"""Their names in `[tool.detent]`, sorted."""
CHANGED_REQUIREMENTS = frozenset((EXCLUDES, METADATA, OVERRIDES))
"""Those that make something else of what packages say they need."""

_NOWHERE = "python_version < '0'"
_BAR = " | "
_PYTHON, _EXTRA = "requires-python ", "extra "
# Compiled when first used: most locks have no such line.
_SIDE = r"(?s)(extra|group) ([a-z0-9-]+)(?: \((.*)\))?"
_RELEASE = r"([a-z0-9-]+)(?:==([^\s:|]+))?"
_SCOPED = rf"(?s){_RELEASE}: (.*)"
_EXCLUSION = rf"{_RELEASE}:(?: (.+))?"


class UnreadableAdjustment(ValueError):
    """A line that says nothing; ``place`` names its table and number."""

    def __init__(self, table: str, number: int, reason: str) -> None:
        super().__init__(f"`{table}[{number}]` {reason}")
        self.place = f"{table}[{number}]"
        self.reason = reason


# ---- writing ---------------------------------------------------------------------------------


def adjustment_texts(adjustments: Adjustments) -> Tables:
    """Write every table that says something, by its name, sorted."""
    if adjustments == NO_ADJUSTMENTS:
        return ()
    texts: dict[str, Iterable[str]] = {
        CONFLICTS: map(_exclusive_text, adjustments.conflicts),
        CONSTRAINTS: map(requirement_text, adjustments.constraints),
        METADATA: map(_metadata_text, adjustments.metadata),
        ENVIRONMENTS: map(markers.render, adjustments.environments),
        EXCLUDES: (*adjustments.excludes, *map(exclusion_text, adjustments.scoped_excludes)),
        OVERRIDES: map(override_text, adjustments.overrides),
        REQUIRED_ENVIRONMENTS: map(markers.render, adjustments.required_environments),
    }
    written = ((table, tuple(sorted(set(texts[table])))) for table in TABLES)
    return tuple((table, lines) for table, lines in written if lines)


def requirement_text(requirement: Requirement) -> str:
    """Write a requirement, one that never holds included."""
    if requirement.marker != markers.NEVER:
        return str(requirement)
    return f"{requirement._replace(marker=markers.ALWAYS)}; {_NOWHERE}"


def override_text(override: Override) -> str:
    """Write an override, after whose requirements it replaces."""
    text = requirement_text(override.requirement)
    if override.parent is None:
        return text
    return f"{_release_text(override.parent, override.parent_version)}: {text}"


def exclusion_text(exclusion: Exclusion) -> str:
    """Write what the requirements of one parent leave out, after its name; no names: nothing."""
    head = _release_text(exclusion.parent, exclusion.parent_version)
    return f"{head}: {', '.join(exclusion.names)}".rstrip()


def _release_text(name: PackageName, version: str) -> str:
    return f"{name}=={version}" if version else name


def _exclusive_text(exclusive: Exclusive) -> str:
    return _BAR.join(map(_side_text, exclusive.names, exclusive.sides))


def _side_text(name: str, side: Marker) -> str:
    """Write one side: its name as written, and where it is on when that is more than itself."""
    kind, _, quoted = name.partition(" ")
    plain = quoted.strip("`")
    text = f"{kind} {plain}"
    return text if side == _gate(kind, plain) else f"{text} ({markers.render(side)})"


def _gate(kind: str, name: str) -> Marker:
    return markers.in_extra(name) if kind == "extra" else markers.in_group(name)


def _metadata_text(metadata: StatedMetadata) -> str:
    python = (f"{_PYTHON}{metadata.requires_python}",) if metadata.requires_python else ()
    extras = (f"{_EXTRA}{extra}" for extra in metadata.extras)
    head = _release_text(metadata.name, metadata.version)
    return _BAR.join((head, *python, *extras, *metadata.requires))


# ---- reading ---------------------------------------------------------------------------------


def read_adjustment_texts(tables: Tables) -> Adjustments:
    """Read the lines again; raises :class:`UnreadableAdjustment`."""
    if not tables:
        return NO_ADJUSTMENTS
    lines = dict(tables)

    def read(table: str, reading: Callable[[str], Value]) -> tuple[Value, ...]:
        return tuple(_each(table, lines.get(table, ()), reading))

    excluded = read(EXCLUDES, _excluded)
    return Adjustments(
        constraints=read(CONSTRAINTS, parse_requirement),
        overrides=read(OVERRIDES, _override),
        excludes=tuple(one for one in excluded if not isinstance(one, Exclusion)),
        scoped_excludes=tuple(one for one in excluded if isinstance(one, Exclusion)),
        conflicts=read(CONFLICTS, _exclusive),
        environments=read(ENVIRONMENTS, markers.parse),
        required_environments=read(REQUIRED_ENVIRONMENTS, markers.parse),
        metadata=read(METADATA, _metadata),
    )


def subject(table: str, text: str) -> str:
    """Say what a line is about: of two lines with one subject, one became the other."""
    try:
        if table == CONSTRAINTS:
            return parse_requirement(text).name
        if table == OVERRIDES:
            override = _override(text)
            return f"{override.parent} {override.parent_version} {override.requirement.name}"
        if table == EXCLUDES:
            parent, colon, _ = text.partition(":")
            return parent + colon
        if table == CONFLICTS:
            return _BAR.join(_exclusive(text).names)
    except ValueError:
        return text  # a hand-edited line: it differs, which is all that is asked
    return text.partition(_BAR)[0] if table == METADATA else text


def _each(table: str, texts: Sequence[str], reading: Callable[[str], Value]) -> Iterator[Value]:
    for number, text in enumerate(texts):
        try:
            yield reading(text)
        except ValueError as error:
            raise UnreadableAdjustment(table, number, f"cannot be read: {error}") from None


def _override(text: str) -> Override:
    scoped = re.fullmatch(_SCOPED, text)
    if scoped is None:
        return Override(parse_requirement(text))
    name, version, requirement = scoped.groups()
    return Override(parse_requirement(requirement), package_name(name), version or "")


def _excluded(text: str) -> PackageName | Exclusion:
    scoped = re.fullmatch(_EXCLUSION, text)
    if scoped is None:
        return package_name(text)
    parent, version, names = scoped.groups()
    return Exclusion(
        package_name(parent), tuple(map(package_name, names.split(", ") if names else ())), version or ""
    )


def _exclusive(text: str) -> Exclusive:
    pairs = [_side(part) for part in _parts(text, _side)]
    if len(pairs) < 2:
        raise ValueError(f"`{text}` names fewer than two extras or groups")
    return Exclusive(tuple(side for _, side in pairs), tuple(name for name, _ in pairs))


def _side(text: str) -> tuple[str, Marker]:
    found = re.fullmatch(_SIDE, text)
    if found is None:
        raise ValueError(f"`{text}` is neither an extra nor a group")
    kind, name, condition = found.groups()
    name = extra_name(name) if kind == "extra" else group_name(name)
    side = _gate(kind, name) if condition is None else markers.parse(condition)
    return f"{kind} `{name}`", side


def _metadata(text: str) -> StatedMetadata:
    head, *parts = _parts(text, _metadata_part)
    release = re.fullmatch(_RELEASE, head)
    if release is None:
        raise ValueError(f"`{head}` is neither a package nor a version of one")
    return StatedMetadata(
        package_name(release[1]),
        release[2] or "",
        ",".join(part.removeprefix(_PYTHON) for part in parts if part.startswith(_PYTHON)),
        tuple(part for part in parts if not part.startswith((_PYTHON, _EXTRA))),
        tuple(part.removeprefix(_EXTRA) for part in parts if part.startswith(_EXTRA)),
    )


def _metadata_part(text: str) -> object:
    if text.startswith(_PYTHON):
        return markers.requires_python(text.removeprefix(_PYTHON))
    if text.startswith(_EXTRA):
        return extra_name(text.removeprefix(_EXTRA))
    return parse_requirement(text)


def _parts(text: str, reading: Callable[[str], object]) -> list[str]:
    """Split at the bars; one inside a marker's quoted text leaves a part that cannot be read alone."""
    found: list[str] = []
    pieces = text.split(_BAR)
    while pieces:
        for length in range(1, len(pieces) + 1):
            part = _BAR.join(pieces[:length])
            try:
                reading(part)
            except ValueError:
                if length == len(pieces):
                    raise
            else:
                found.append(part)
                del pieces[:length]
                break
    return found
