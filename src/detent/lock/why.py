"""Why an entry is in a lock, and at its version: who asks for it, by way of whom, and with which bounds.

Everything is read from the lock: the requirements it was made from, and those its entries came with. Nothing
is resolved, so nothing is said of versions that the lock does not have.
"""

from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from typing import TypeAlias

from packaging.version import Version

from detent.lock.graph import Graph
from detent.lock.model import Lock, LockedPackage
from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.markers import Marker
from detent.model.members import titles
from detent.model.requirement import ExtraName, PackageName, Requirement
from detent.model.specifiers import Clause, clause_spans, parse_clauses
from detent.named import NamedTuple

MOST_PATHS = 10
"""Of one entry, unless all are asked for."""
_MOST_COUNTED = 1_000
_MOST_OF_ALL = 10_000
"""In a lock of hundreds of entries there may be more paths than anybody can count."""
_LOWER = frozenset((">=", ">", "==", "===", "~="))
_UPPER = frozenset(("<=", "<", "==", "===", "~="))


class Asker(NamedTuple):
    """Who has a requirement: the project, a member of the workspace, or an entry of the lock."""

    name: str
    """Empty for the root of a workspace that has none."""
    version: str = ""
    """Of an entry; what the project and its members are at does not matter."""
    extra: str = ""
    """Which of its extras has the requirement."""
    group: str = ""
    """Which of its dependency groups."""
    is_entry: bool = False
    is_constraint: bool = False
    """Whether it only bounds what others ask for."""
    is_override: bool = False
    """Whether the project has put it in the place of their own, which then stands there."""
    place: str = ""
    """Where it stands: `pyproject.toml:7`; empty where that is not known."""


class Step(NamedTuple):
    """A requirement, and the entry that answers it."""

    requirement: str
    package: LockedPackage


class Path(NamedTuple):
    """One way from the project to an entry."""

    asker: Asker
    steps: tuple[Step, ...]
    """The last one ends at the entry."""


class Bound(NamedTuple):
    """The clause of a requirement that lets nothing further away in."""

    clause: str
    requirement: str
    asker: Asker


class Reason(NamedTuple):
    """Why one entry is there."""

    package: LockedPackage
    paths: tuple[Path, ...]
    """The shortest first."""
    left_out: int
    """How many paths are not among these, as far as they were counted."""
    is_counted: bool
    """Whether there are no more than that."""
    lower: tuple[Bound, ...]
    """Those that hold it up the most: several where they say the same."""
    upper: tuple[Bound, ...]


class Ask(NamedTuple):
    """A requirement that an entry answers, and where both count."""

    asker: Asker
    requirement: Requirement
    where: Marker


class _Node(NamedTuple):
    entry: int
    extras: tuple[ExtraName, ...] = ()


class _Link(NamedTuple):
    ask: Ask
    below: _Node | None
    """The entry that asks; ``None`` for the project and its members."""


class _Way(NamedTuple):
    """A path on its way from an entry up."""

    node: _Node | None
    """Where it has come to; ``None`` once it is there."""
    where: Marker
    links: tuple[tuple[_Node, _Link], ...]


_Order: TypeAlias = tuple[tuple[Asker, str, int], ...]


class Reasons:
    """Who asks for what, all through a lock. ``inputs`` are what it was made from."""

    def __init__(self, lock: Lock, inputs: Inputs) -> None:
        self._graph = Graph(lock)
        self._inputs = inputs
        self._has_requirements = lock.inputs is not None
        self._links: dict[_Node, list[_Link]] = {}
        self._level: dict[_Node, int] = {}
        self._walk()

    def of(
        self, name: PackageName, *, version: str = "", most: int | None = MOST_PATHS
    ) -> tuple[Reason, ...]:
        """Give why each entry of a name is there; of the one ``version`` where it is given."""
        return tuple(
            self._reason(entry, most)
            for entry in self._graph.entries_by_name.get(name, ())
            if not version or _is_version(self._graph.packages[entry], version)
        )

    def asks(self, name: PackageName) -> tuple[Ask, ...]:
        """Give every requirement on a name that counts anywhere, constraints of the project among them."""
        entries = self._graph.entries_by_name.get(name, ())
        return tuple(dict.fromkeys(ask for entry in entries for ask in self._asks(entry)))

    # ---- who asks ------------------------------------------------------------------------------

    def _walk(self) -> None:
        """Follow every requirement from the project on, level by level."""
        level = [link for ask in _asks_of_project(self._inputs) for link in self._answers(ask, None)]
        depth = 1
        while level:
            found: dict[_Node, None] = {}
            for node, link in level:
                self._links.setdefault(node, []).append(link)
                if node not in self._level:
                    self._level[node] = depth
                    found[node] = None
            level = [
                link
                for node in found
                for ask in self._asks_of_entry(node)
                for link in self._answers(ask, node)
            ]
            depth += 1

    def _answers(self, ask: Ask, below: _Node | None) -> Iterator[tuple[_Node, _Link]]:
        need = self._graph.need(ask.requirement)
        for entry in need.answers or need.others:
            where = markers.and_(ask.where, self._graph.markers[entry])
            if not markers.disjoint(where, self._graph.scope):
                yield _Node(entry, need.extras), _Link(ask._replace(where=where), below)

    def _asks_of_entry(self, node: _Node) -> Iterator[Ask]:
        graph, here = self._graph, self._graph.markers[node.entry]
        package = graph.packages[node.entry]
        asker = Asker(package.name, package.known_version, is_entry=True)
        if not self._has_requirements:
            for edge in package.dependencies:
                yield Ask(
                    asker, Requirement(edge.name, specifier=f"=={edge.version}" if edge.version else ""), here
                )
            return
        for extra in ("", *node.extras):
            for need in graph.needs(node.entry, extra):
                where = markers.and_(here, need.marker)
                override = self._override(package, need.requirement)
                place = _place(override) if override is not None else ""
                who = asker._replace(extra=extra, is_override=override is not None, place=place)
                yield Ask(who, need.requirement, where)

    def _override(self, package: LockedPackage, need: Requirement) -> Requirement | None:
        """Give the override that an entry's requirement was made from."""
        overrides = self._inputs.adjustments.overrides_for(need.name, package.name, package.known_version)
        return next((o.requirement for o in overrides if o.requirement.specifier == need.specifier), None)

    def _asks(self, entry: int) -> Iterator[Ask]:
        package, here = self._graph.packages[entry], self._graph.markers[entry]
        members = {member.name for member in self._inputs.members}
        for node, links in self._links.items():
            if node.entry == entry:
                # What a member needs as an entry, it needs as a part of the project: once is enough.
                yield from (
                    each.ask
                    for each in links
                    if not each.ask.asker.is_entry or each.ask.asker.name not in members
                )
        for constraint in self._inputs.adjustments.constraints:
            where = markers.and_(here, constraint.marker)
            if constraint.name == package.name and not markers.disjoint(where, self._graph.scope):
                asker = Asker(self._inputs.name, is_constraint=True, place=_place(constraint))
                yield Ask(asker, constraint, where)

    # ---- one entry -----------------------------------------------------------------------------

    def _reason(self, entry: int, most: int | None) -> Reason:
        paths: list[Path] = []
        left_out = 0
        is_counted = True
        for path in self._paths(entry):
            if left_out >= _MOST_COUNTED or len(paths) >= _MOST_OF_ALL:
                is_counted = False
                break
            if most is not None and len(paths) >= most:
                left_out += 1
            else:
                paths.append(path)
        asks = tuple(dict.fromkeys(self._asks(entry)))
        package = self._graph.packages[entry]
        return Reason(package, tuple(paths), left_out, is_counted, *binding(asks))

    def _paths(self, entry: int) -> Iterator[Path]:
        """Give every path, the shortest first; none comes by the same entry with the same extras twice."""
        packages = self._graph.packages
        # How long the path will be at least, what makes the order one, and how far it has come.
        waiting: list[tuple[int, _Order, _Way]] = []
        count = 0
        for node in sorted(self._links):
            if node.entry == entry:
                heappush(
                    waiting, (self._level[node], ((Asker(""), "", count),), _Way(node, self._graph.scope, ()))
                )
                count += 1
        while waiting:
            _, order, way = heappop(waiting)
            reached, where, links = way
            if reached is None:
                yield _path(links, packages)
                continue
            seen = {above for above, _ in links}
            for link in self._links[reached]:
                below = link.below
                here = markers.and_(where, link.ask.where)
                is_ring = below is not None and (below.entry == entry or below in seen)
                if is_ring or markers.disjoint(here, markers.ALWAYS):
                    continue
                length = len(links) + 1 + (self._level[below] if below is not None else 0)
                here_in_order = (*order, (link.ask.asker, link.ask.requirement.specifier, count))
                count += 1
                heappush(waiting, (length, here_in_order, _Way(below, here, (*links, (reached, link)))))


def _path(links: Sequence[tuple[_Node, _Link]], packages: Sequence[LockedPackage]) -> Path:
    steps = tuple(Step(str(link.ask.requirement), packages[node.entry]) for node, link in reversed(links))
    return Path(links[-1][1].ask.asker, steps)


def _is_version(package: LockedPackage, version: str) -> bool:
    return bool(package.known_version) and Version(package.known_version) == Version(version)


# ---- the project ---------------------------------------------------------------------------------


def _asks_of_project(inputs: Inputs) -> Iterator[Ask]:
    """Give what the project and the members of its workspace ask for, references to itself followed."""
    owners, by_extra = dict(_owners_of_groups(inputs)), dict(inputs.extras)

    def walk(asker: Asker, needs: Iterable[Requirement], gate: Marker, seen: frozenset[str]) -> Iterator[Ask]:
        for requirement in needs:
            if requirement.name == inputs.name:
                here = markers.and_(gate, requirement.marker)
                for extra in requirement.extras:
                    if extra not in seen:
                        yield from walk(asker, by_extra.get(extra, ()), here, seen | {extra})
                continue
            for wanted in inputs.adjustments.of_project(requirement):
                where = markers.and_(gate, wanted.marker)
                is_override = wanted is not requirement
                who = asker._replace(is_override=is_override, place=_place(wanted))
                if where != markers.NEVER:
                    yield Ask(who, wanted, where)

    yield from walk(Asker(inputs.name), inputs.dependencies, markers.ALWAYS, frozenset())
    for extra, needs in inputs.extras:
        yield from walk(Asker(inputs.name, extra=extra), needs, markers.in_extra(extra), frozenset((extra,)))
    for group, needs in inputs.groups:
        yield from walk(owners[group], needs, markers.in_group(group), frozenset())


def _owners_of_groups(inputs: Inputs) -> Iterator[tuple[str, Asker]]:
    of_members = titles(inputs.members)
    for group, _ in inputs.groups:
        if group not in of_members:
            yield group, Asker(inputs.name, group=group)
    for member in inputs.members:
        yield member.base, Asker(member.name)
        yield from ((member.of_extra(extra), Asker(member.name, extra=extra)) for extra in member.extras)
        yield from ((member.of_group(group), Asker(member.name, group=group)) for group in member.groups)


def _place(requirement: Requirement) -> str:
    origin = requirement.origin
    return f"{origin.file}:{origin.line}" if origin is not None and origin.line is not None else ""


# ---- bounds --------------------------------------------------------------------------------------


def binding(asks: Iterable[Ask]) -> tuple[tuple[Bound, ...], tuple[Bound, ...]]:
    """Give the tightest lower and the tightest upper bounds among requirements on one package."""
    lower: list[tuple[tuple[object, ...], Bound]] = []
    upper: list[tuple[tuple[object, ...], Bound]] = []
    for asker, requirement, _ in asks:
        for clause in parse_clauses(requirement.specifier):
            bound = Bound(str(clause), str(requirement), asker)
            spans = clause_spans(_compared(clause)) if _compared(clause).version is not None else ()
            if spans and clause.operator in _LOWER:
                lower.append((spans[0][0], bound))
            if spans and clause.operator in _UPPER:
                upper.append((spans[-1][1], bound))
    highest = max((key for key, _ in lower), default=())
    lowest = min((key for key, _ in upper), default=())
    return (
        tuple(dict.fromkeys(bound for key, bound in lower if key == highest)),
        tuple(dict.fromkeys(bound for key, bound in upper if key == lowest)),
    )


def _compared(clause: Clause) -> Clause:
    """Take `===` for `==` where what it compares with is a version."""
    if clause.version is not None:
        return clause
    try:
        return clause._replace(operator="==", version=Version(clause.text))
    except ValueError:
        return clause
