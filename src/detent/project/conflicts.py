"""Extras and groups that exclude each other: `conflicts` of `[tool.detent]`, or of `[tool.uv]`.

An extra may bring another one in (`me[cpu]`), a group another group (`include-group`, PEP 735): each side is
on wherever something that brings it in is. What would turn on two sides by itself is a fault.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from detent.errors import DetentError
from detent.errors.project import ManifestInvalid
from detent.model import markers
from detent.model.adjustments import Exclusive
from detent.model.markers import Marker
from detent.model.members import Member
from detent.model.names import extra_name, group_name, normalise
from detent.model.requirement import ExtraName, GroupName, Origin, PackageName, Requirement
from detent.named import NamedTuple
from detent.project.document import Document, at, type_name

OWN = ("tool", "detent", "conflicts")
OF_UV = ("tool", "uv", "conflicts")
_OWN_TABLE = {"extra": ("project", "optional-dependencies"), "group": ("dependency-groups",)}

Side: TypeAlias = tuple[str, str]
"""``extra`` or ``group``, and its name."""
Gates: TypeAlias = Mapping[Side, Marker]


class Declared(NamedTuple):
    """The lists of requirements a project has."""

    name: PackageName
    dependencies: tuple[Requirement, ...]
    extras: tuple[tuple[ExtraName, tuple[Requirement, ...]], ...]
    groups: tuple[tuple[GroupName, tuple[Requirement, ...]], ...]
    has_all_extras: bool = True
    """Off where a back end finds out what the extras are."""
    members: tuple[Member, ...] = ()
    """Those of the workspace whose root the project is."""

    def sides(self) -> Mapping[str, tuple[str, ...]]:
        """Give the names of all extras, and of all groups with those that stand for members."""
        of_members = (group for member in self.members for group in member.gates())
        groups = dict.fromkeys((*(group for group, _ in self.groups), *of_members))
        return {"extra": tuple(extra for extra, _ in self.extras), "group": tuple(groups)}


def read_conflicts(
    document: Document,
    path: tuple[str, ...],
    declared: Declared,
    care: Marker,
    faults: list[DetentError],
) -> tuple[Exclusive, ...]:
    """Read every list; ``path`` says where they stand, ``care`` is where the project is for."""
    table, value = ".".join(path), at(document.data, path)
    if value is None:
        return ()
    if not isinstance(value, list):
        faults.append(
            ManifestInvalid(
                document.where(*path), f"`{table}` must be a list of lists, found {type_name(value)}"
            )
        )
        return ()
    gates = gates_of(declared, document.data)
    found: dict[tuple[Side, ...], Exclusive] = {}
    for place, item in enumerate(value):
        sides = _sides(document, (*path, place), item, declared, faults)
        if len(sides) < 2 or sides in found:
            continue
        origin = Origin(table, document.line(*path, place))
        exclusive = found[sides] = _exclusive(sides, gates, origin)
        faults += _both_at_once(
            lambda owner: document.where(*_place(document, owner)),
            document.display,
            exclusive,
            declared,
            care,
        )
    return tuple(found[sides] for sides in sorted(found))


def with_gates(
    conflicts: Iterable[Exclusive], declared: Declared, data: Mapping[str, object], display: str, care: Marker
) -> tuple[Exclusive, ...]:
    """Find the sides anew, for a project whose extras a back end had to tell.

    Raises :class:`ManifestInvalid` for a side that there is not, and for what would turn on two of them by
    itself; ``display`` is what the manifest is called, ``care`` where the project is for.
    """
    gates = gates_of(declared, data)
    faults: list[DetentError] = []
    found = []
    for exclusive in conflicts:
        sides = [_side_of(name) for name in exclusive.names]
        for side in sides:
            _known(display, *side, declared, faults)
        anew = _exclusive(sides, gates, exclusive.origin)
        faults += _both_at_once(lambda _: display, display, anew, declared, care)
        found.append(anew)
    if faults:
        raise faults[0]
    return tuple(found)


def gates_of(declared: Declared, data: Mapping[str, object]) -> Gates:
    """Find where each extra and group is on: by itself, or for what brings it in."""
    gates: dict[Side, Marker] = {("extra", extra): markers.in_extra(extra) for extra, _ in declared.extras}
    gates.update({("group", group): markers.in_group(group) for group in declared.sides()["group"]})
    steps = tuple(_steps(declared, data))
    is_settled = False
    while not is_settled:
        is_settled = True
        for side, by, where in steps:
            if side not in gates:
                continue
            before = gates[side]
            gates[side] = markers.or_(before, markers.and_(where, gates[by] if by else markers.ALWAYS))
            is_settled = is_settled and gates[side] == before
    return gates


def _steps(declared: Declared, data: Mapping[str, object]) -> Iterator[tuple[Side, Side | None, Marker]]:
    """Give what is brought in, by whom (``None``: the project's own dependencies), and where."""
    rows: list[tuple[Side | None, tuple[Requirement, ...]]] = [(None, declared.dependencies)]
    rows += [(("extra", extra), needs) for extra, needs in declared.extras]
    rows += [(("group", group), needs) for group, needs in declared.groups]
    for by, needs in rows:
        for need in needs:
            if need.name == declared.name:
                yield from ((("extra", extra), by, need.marker) for extra in need.extras)
    groups = data.get("dependency-groups")
    known = {group for group, _ in declared.groups}
    for key, items in groups.items() if isinstance(groups, dict) else ():
        group = normalise(key)
        if group not in known:
            continue
        for item in items if isinstance(items, list) else ():
            match item:
                case {"include-group": str(included)}:
                    yield ("group", normalise(included)), ("group", group), markers.ALWAYS


def _exclusive(sides: Sequence[Side], gates: Gates, origin: Origin | None) -> Exclusive:
    return Exclusive(
        tuple(gates[side] if side in gates else _own_gate(side) for side in sides),
        tuple(map(_title, sides)),
        origin,
    )


def _own_gate(side: Side) -> Marker:
    kind, name = side
    return markers.in_extra(name) if kind == "extra" else markers.in_group(name)


def _title(side: Side) -> str:
    kind, name = side
    return f"{kind} `{name}`"


def _side_of(title: str) -> Side:
    kind, _, name = title.partition(" ")
    return kind, name.strip("`")


# ---- the table -------------------------------------------------------------------------------


def _table_of(path: Sequence[str | int]) -> str:
    return ".".join(str(key) for key in path[: len(OWN)])


def _sides(
    document: Document,
    path: tuple[str | int, ...],
    item: object,
    declared: Declared,
    faults: list[DetentError],
) -> tuple[Side, ...]:
    """Read one list; empty when it cannot be used, and there is a fault more."""
    where, table = document.where(*path), _table_of(path)
    if not isinstance(item, list):
        faults.append(
            ManifestInvalid(where, f"`{table}` must hold lists of extras and groups, found {type_name(item)}")
        )
        return ()
    found: dict[Side, None] = {}
    before = len(faults)
    for place, entry in enumerate(item):
        side = _side(document, (*path, place), entry, declared, faults)
        if side in found:
            faults.append(
                ManifestInvalid(document.where(*path, place), f"the {_title(side)} stands here twice")
            )
        elif side is not None:
            found[side] = None
    if len(faults) == before and len(found) < 2:
        faults.append(
            ManifestInvalid(
                where,
                f"a list in `{table}` must name at least two extras or groups",
                why="nothing else is there that the one could exclude" if found else "it is empty",
            )
        )
    return tuple(sorted(found)) if len(faults) == before else ()


def _side(
    document: Document,
    path: tuple[str | int, ...],
    entry: object,
    declared: Declared,
    faults: list[DetentError],
) -> Side | None:
    where, table = document.where(*path), _table_of(path)
    members: Mapping[str, Member] = {member.name: member for member in declared.members}
    match entry:
        case {"package": str(owner), **named} if len(named) < 2 and normalise(owner) in members:
            return _side_of_member(where, table, members[normalise(owner)], named, faults)
        case {"extra": str(text), **rest} if _is_alone(rest):
            kind = "extra"
        case {"group": str(text), **rest} if _is_alone(rest):
            kind = "group"
        case _:
            faults.append(
                ManifestInvalid(
                    where,
                    f'`{table}` must hold `{{extra = "NAME"}}` and `{{group = "NAME"}}`, '
                    f"found {type_name(entry)}" + (" of another kind" if isinstance(entry, dict) else ""),
                )
            )
            return None
    package = rest.get("package", declared.name)
    if normalise(str(package)) != declared.name:
        faults.append(
            ManifestInvalid(
                where,
                f"`{package}` is not this project",
                why="only extras and groups of the project itself can exclude each other",
            )
        )
        return None
    return _known(where, kind, text, declared, faults, table=table)


def _side_of_member(
    where: str, table: str, member: Member, named: Mapping[object, object], faults: list[DetentError]
) -> Side | None:
    """Read a member, or one of its extras or groups."""
    names: tuple[str, ...]
    match named:
        case {"extra": str(text)}:
            kind, names = "extra", member.extras
        case {"group": str(text)}:
            kind, names = "group", member.groups
        case _ if not named:
            return "group", member.base
        case _:
            faults.append(
                ManifestInvalid(where, f"`{table}` must name an extra or a group of `{member.name}`")
            )
            return None
    name = normalise(text)
    if name in names:
        is_extra = kind == "extra"
        return "group", member.of_extra(ExtraName(name)) if is_extra else member.of_group(GroupName(name))
    shown = ", ".join(f"`{known}`" for known in names)
    faults.append(
        ManifestInvalid(
            where,
            f"the {kind} `{text}` of `{member.name}` does not exist",
            why=f"the {kind}s are {shown}" if shown else f"it has no {kind}s",
        )
    )
    return None


def _is_alone(rest: Mapping[object, object]) -> bool:
    return not rest or (rest.keys() == {"package"} and isinstance(rest["package"], str))


def _known(
    where: str,
    kind: str,
    text: str,
    declared: Declared,
    faults: list[DetentError],
    *,
    table: str = "conflicts",
) -> Side | None:
    try:
        name: str = extra_name(text) if kind == "extra" else group_name(text)
    except ValueError as error:
        faults.append(ManifestInvalid(where, f"`{text}` in `{table}` cannot be used", why=str(error)))
        return None
    names = declared.sides()[kind]
    if name in names or (kind == "extra" and not declared.has_all_extras):
        return kind, name
    shown = ", ".join(f"`{known}`" for known in names)
    faults.append(
        ManifestInvalid(
            where,
            f"the {kind} `{text}` does not exist",
            why=f"the {kind}s are {shown}" if shown else f"`{'.'.join(_OWN_TABLE[kind])}` has none",
        )
    )
    return None


# ---- two sides at once -----------------------------------------------------------------------


def _both_at_once(
    place: Callable[[Side | None], str], display: str, exclusive: Exclusive, declared: Declared, care: Marker
) -> Iterator[ManifestInvalid]:
    """One fault for each extra and group that would turn on two sides by itself; ``place`` finds its line."""
    sides = [_side_of(name) for name in exclusive.names]
    owners: list[Side | None] = [None]
    owners += [("extra", extra) for extra, _ in declared.extras]
    owners += [("group", group) for group in declared.sides()["group"]]
    for owner in owners:
        pair = _pair_of(owner, sides, exclusive, care)
        if pair is None:
            continue
        one, other = pair
        what = _title(owner) if owner is not None else "the project's own list of dependencies"
        brought = (
            f"the {_title(other if owner == one else one)}"
            if owner in pair
            else f"both the {_title(one)} and the {_title(other)}"
        )
        line = exclusive.origin.line if exclusive.origin is not None else None
        yield ManifestInvalid(
            place(owner),
            f"the {what} brings in {brought}" if owner is not None else f"{what} brings in {brought}",
            why=f"`{display}:{line}` says that these exclude each other",
        )
        if owner is None:
            return  # with what is always on, everything else has the same fault


def _pair_of(
    owner: Side | None, sides: Sequence[Side], exclusive: Exclusive, care: Marker
) -> tuple[Side, Side] | None:
    """Give two sides that are on when nothing but the owner is.

    A side that is shut out in some environments alone is not wrong, it is just not there.
    """
    for place, one in enumerate(sides):
        for number, other in enumerate(sides[place + 1 :], start=place + 1):
            both = markers.and_(exclusive.sides[place], exclusive.sides[number])
            alone = markers.and_(care, _alone(owner, both))
            clash = markers.and_(alone, both)
            if clash != markers.NEVER and (owner not in {one, other} or clash == alone):
                return one, other
    return None


def _alone(owner: Side | None, marker: Marker) -> Marker:
    """Give where the owner is on, and no other extra or group that a marker asks about."""
    extras, groups = markers.mentions(marker)
    here = _own_gate(owner) if owner is not None else markers.ALWAYS
    for side in (*(("extra", extra) for extra in extras), *(("group", group) for group in groups)):
        if side != owner:
            here = markers.and_(here, markers.not_(_own_gate(side)))
    return here


def _place(document: Document, owner: Side | None) -> tuple[str, ...]:
    if owner is None:
        return "project", "dependencies"
    kind, name = owner
    table = document.data
    for part in _OWN_TABLE[kind]:
        below = table.get(part)
        table = below if isinstance(below, dict) else {}
    key = next((key for key in table if normalise(key) == name), name)
    return *_OWN_TABLE[kind], key
