"""The members of a workspace beside its root: what all of them ask for, as one lock is made from it.

The root's lists stay as they are. Each member is a root of its own: its lists become groups of the lock that
bear its name (:mod:`detent.model.members`). Its sources count for what it asks, the root's for everybody.
Pure: values in, values out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import TypeAlias

from detent.errors import DetentError, Failures
from detent.errors.project import ManifestInvalid
from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.markers import Marker
from detent.model.members import Member
from detent.model.names import ExtraName, GroupName, PackageName
from detent.model.requirement import Requirement
from detent.model.source_texts import sorted_rules
from detent.model.sources import PathSource, SourceRule, WorkspaceSource
from detent.model.specifiers import canonical_specifier
from detent.named import NamedTuple
from detent.project.source_tables import refuse_contradictions

Lists: TypeAlias = tuple[tuple[GroupName, tuple[Requirement, ...]], ...]
_MANIFEST = "pyproject.toml"


class Asking(NamedTuple):
    """A member and what it asks for, by the names of its own file."""

    member: Member
    inputs: Inputs


def groups_of(asking: Asking) -> Lists:
    """Give the lists of a member as groups of the lock; its references to itself are followed."""
    member, inputs = asking
    by_extra = dict(inputs.extras)

    def own(requirements: Iterable[Requirement], *within: ExtraName) -> tuple[Requirement, ...]:
        found = _without_self(inputs.name, requirements, by_extra, markers.ALWAYS, frozenset(within))
        return tuple(dict.fromkeys(found))

    return (
        (member.base, own(inputs.dependencies)),
        *((member.of_extra(extra), own(needs, extra)) for extra, needs in inputs.extras),
        *((member.of_group(group), own(needs)) for group, needs in inputs.groups),
    )


def _without_self(
    name: PackageName,
    requirements: Iterable[Requirement],
    by_extra: Mapping[ExtraName, tuple[Requirement, ...]],
    where: Marker,
    seen: frozenset[ExtraName],
) -> Iterator[Requirement]:
    for requirement in requirements:
        here = markers.and_(where, requirement.marker)
        if requirement.name != name:
            yield requirement._replace(marker=here)
            continue
        for extra in requirement.extras:
            if extra not in seen and here != markers.NEVER:
                yield from _without_self(name, by_extra.get(extra, ()), by_extra, here, seen | {extra})


def narrowest(specifiers: Iterable[tuple[str, str]]) -> str:
    """Give the Pythons that all of these allow, canonical; each comes with the file that says it.

    Raises :class:`ManifestInvalid` where there are none.
    """
    asked = {text: file for text, file in reversed(tuple(specifiers)) if text}
    both, said = markers.ALWAYS, dict[str, str]()
    for text, file in sorted(asked.items()):
        here = markers.requires_python(text)
        if markers.disjoint(both, here):
            others = " and ".join(f"`{file}` asks for {text}" for text, file in said.items())
            raise ManifestInvalid(
                file, f"no Python is both {text} and what the rest of the workspace needs", why=others
            )
        both = markers.and_(both, here)
        said[text] = file
    alone = (text for text in said if markers.requires_python(text) == both)
    found = next(alone, None)
    return found if found is not None else canonical_specifier(",".join(said))


def together(root: Inputs, askings: Sequence[Asking]) -> Inputs:
    """Give what the lock of a workspace is made from.

    Raises :class:`ManifestInvalid`, or :class:`Failures` for several faults.
    """
    faults: list[DetentError] = []
    groups = dict(root.groups)
    owners = {group: f"the group `{group}` of the workspace's root" for group in groups}
    for asking in askings:
        owner = f"what the member `{asking.member.name}` needs"
        for group, needs in groups_of(asking):
            if group in groups:
                faults.append(
                    ManifestInvalid(
                        _file(asking.member),
                        f"two things would be the group `{group}` of the lock",
                        why=f"it is {owners[group]}, and {owner}",
                        next_steps=("give one of them another name",),
                    )
                )
            groups[group], owners[group] = needs, owner
    if any(asking.inputs.requires_python for asking in askings):
        said = ((asking.inputs.requires_python, _file(asking.member)) for asking in askings)
        root = root._replace(requires_python=narrowest(((root.requires_python, _MANIFEST), *said)))
    faults += _unsourced(root, askings)
    rules = sorted_rules(_rules(root, askings, faults))
    found = root._replace(
        groups=tuple(sorted(groups.items())),
        sources=rules,
        members=tuple(asking.member for asking in askings),
    )
    if not faults:
        pythons = markers.requires_python(found.requires_python) if found.requires_python else markers.ALWAYS
        care = markers.and_(pythons, found.adjustments.scope())
        refuse_contradictions(found.all_sources(), care, _MANIFEST, faults)
    if faults:
        raise faults[0] if len(faults) == 1 else Failures(faults)
    return found


def _file(member: Member) -> str:
    return f"{member.path}/{_MANIFEST}"


# ---- members that need each other ----------------------------------------------------------------


def _unsourced(root: Inputs, askings: Sequence[Asking]) -> Iterator[ManifestInvalid]:
    """One fault for each line that names a member as if it came from an index, or names the root."""
    members = {asking.member.name for asking in askings}
    of_root = {rule.name for rule in root.sources}
    for inputs in (root, *(asking.inputs for asking in askings)):
        said = of_root | {rule.name for rule in inputs.sources}
        seen: set[tuple[str, int | None]] = set()
        for requirement in _all(inputs):
            name, origin = requirement.name, requirement.origin
            where = f"{origin.file}:{origin.line}" if origin is not None and origin.line else _MANIFEST
            if name == inputs.name or (name, origin.line if origin else None) in seen:
                continue
            seen.add((name, origin.line if origin else None))
            if name == root.name and inputs is not root:
                yield ManifestInvalid(
                    where,
                    f"a member of a workspace cannot need its root, `{name}`",
                    why="the root is no entry of its own lock",
                    next_steps=(f"move what is needed of `{name}` into a member",),
                )
            elif name in members and name not in said and not requirement.url:
                yield ManifestInvalid(
                    where,
                    f"`{name}` is a member of the workspace, and this does not say that it is meant",
                    why="a package of that name could come from an index",
                    next_steps=(f"write `{name} = {{workspace = true}}` into `[tool.detent.sources]`",),
                )


def _all(inputs: Inputs) -> Iterator[Requirement]:
    yield from inputs.dependencies
    for _, needs in (*inputs.extras, *inputs.groups):
        yield from needs


# ---- sources -------------------------------------------------------------------------------------


def _rules(root: Inputs, askings: Sequence[Asking], faults: list[DetentError]) -> Iterator[SourceRule]:
    """Give the rules of all, each for where it holds."""
    members = {asking.member.name: asking.member for asking in askings}
    gates = {asking.member.name: _gate(asking.member) for asking in askings}
    of_root = _placed(root.sources, members, faults)
    of_members = {
        asking.member.name: _placed(map(_renamed(asking.member), asking.inputs.sources), members, faults)
        for asking in askings
    }
    names = dict.fromkeys(rule.name for rules in (of_root, *of_members.values()) for rule in rules)
    for name in names:
        central = [rule for rule in of_root if rule.name == name]
        own = {
            owner: [rule for rule in rules if rule.name == name]
            for owner, rules in of_members.items()
            if any(rule.name == name for rule in rules)
        }
        kinds = {(rule.source, rule.marker) for rules in (central, *own.values()) for rule in rules}
        bare = [
            inputs
            for inputs in (root, *(a.inputs for a in askings))
            if not central and inputs.name not in own and any(need.name == name for need in _all(inputs))
        ]
        if len(kinds) == 1 and not bare:
            yield next(rule for rules in (central, *own.values()) for rule in rules)
            continue
        left = markers.ALWAYS
        merged: dict[object, SourceRule] = {}
        for owner, rules in own.items():
            left = markers.and_(left, markers.not_(gates[owner]))
            for rule in rules:
                here = markers.and_(rule.marker, gates[owner])
                before = merged.get(rule.source)
                merged[rule.source] = (
                    rule._replace(marker=here)
                    if before is None
                    else before._replace(marker=markers.or_(before.marker, here))
                )
        yield from (rule._replace(marker=markers.and_(rule.marker, left)) for rule in central)
        yield from merged.values()


def _gate(member: Member) -> Marker:
    """Give where anything of a member is wanted."""
    found = markers.NEVER
    for group in member.gates():
        found = markers.or_(found, markers.in_group(group))
    return found


def _placed(
    rules: Iterable[SourceRule], members: Mapping[PackageName, Member], faults: list[DetentError]
) -> list[SourceRule]:
    """Put its folder in the place of every member that a rule means."""
    found = []
    for rule in rules:
        source = rule.source
        if isinstance(source, WorkspaceSource):
            member = members.get(rule.name)
            if member is None:
                faults.append(
                    ManifestInvalid(
                        rule.where or _MANIFEST,
                        f"`{rule.name}` is to come from the workspace, which has no member of that name",
                        why=f"its members are {', '.join(f'`{name}`' for name in members)}"
                        if members
                        else "it has no members",
                    )
                )
                continue
            is_editable = member.is_package and source.editable is not False
            source = PathSource(
                member.path,
                editable=True if is_editable else None,
                package=None if member.is_package else False,
            )
        found.append(rule._replace(source=source))
    return found


class _renamed:  # noqa: N801 -- a function with a member bound to it
    """Gives a rule of a member with the names that its extras and groups have in the lock."""

    def __init__(self, member: Member) -> None:
        self._member = member

    def __call__(self, rule: SourceRule) -> SourceRule:
        extras, groups = markers.mentions(rule.marker)
        if not extras and not groups:
            return rule
        gates = [
            *((markers.in_extra(e), markers.in_group(self._member.of_extra(e))) for e in sorted(extras)),
            *((markers.in_group(g), markers.in_group(self._member.of_group(g))) for g in sorted(groups)),
        ]
        found = markers.NEVER
        for switches in product((True, False), repeat=len(gates)):
            was = now = markers.ALWAYS
            for (old, new), is_on in zip(gates, switches, strict=True):
                was = markers.and_(was, old if is_on else markers.not_(old))
                now = markers.and_(now, new if is_on else markers.not_(new))
            if not markers.disjoint(rule.marker, was):
                found = markers.or_(found, markers.and_(now, markers.restrict(rule.marker, was)))
        return rule._replace(marker=found)
