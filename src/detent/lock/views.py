"""The lock as a person wants to see it: the tree of what needs what.

A node is an entry with the extras that are on in it. A subtree is drawn once and starred where it comes
again. The tree is for every environment of the lock at once, or for one target.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

from detent.errors import UsageError
from detent.lock.graph import Graph, Need
from detent.lock.model import LOCK_NAME, Lock, LockedPackage
from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.markers import Marker
from detent.model.requirement import ExtraName, GroupName, PackageName, Requirement
from detent.model.target import Target
from detent.named import NamedTuple

_PROJECT = -1
"""The project's place among the entries: it is none of them; those of members of a workspace are below."""
_NO_VERSIONS: Final[Mapping[PackageName, str]] = MappingProxyType({})

_UNLIMITED = 1 << 30
_SHOWN_COMMIT = 12
_LEGEND = "(*) Package tree already displayed"

Holds: TypeAlias = Callable[[Marker], bool]


class _Node(NamedTuple):
    entry: int
    extras: tuple[ExtraName, ...] = ()


class _Link(NamedTuple):
    """One line below another: what brings the node in, then the node."""

    label: str
    """``extra: standard`` or ``group: dev``; empty for plain dependencies."""
    node: _Node


def tree(
    lock: Lock,
    inputs: Inputs,
    *,
    title: str = "",
    version: str = "",
    target: Target | None = None,
    groups: frozenset[GroupName] | None = None,
    extras: frozenset[ExtraName] | None = None,
    base: bool = True,
    depth: int | None = None,
    invert: bool = False,
    packages: Sequence[PackageName] = (),
    pruned: frozenset[PackageName] = frozenset(),
    dedupe: bool = True,
    versions: Mapping[PackageName, str] = _NO_VERSIONS,
) -> str:
    """Draw the tree, ending in a newline.

    ``target`` of ``None`` is every environment of the lock. ``groups`` and ``extras`` are the project's own
    to show (``None``: all of them), and ``base`` off leaves only the groups. ``invert`` draws below a package
    what needs it. ``packages`` start the tree instead of the project; :class:`UsageError` for one the lock
    does not have. ``pruned`` packages are not shown, nor what stands below them. ``dedupe`` off draws a
    subtree wherever it comes. Members of a workspace are drawn beside its root; ``versions`` are theirs.
    """
    graph = Graph(lock)
    shown = frozenset(name for name, _ in inputs.groups) if groups is None else groups
    links = _Links(lock, inputs, graph, _holds(graph, inputs, target, shown), pruned)
    links.add_project(shown, extras, base=base)
    links.add_members(shown)
    starts = [
        node
        for name in packages
        for node in links.of_member(name) or map(_Node, _entries(graph, links.holds, name))
    ]
    below = links.below
    if invert:
        parents = links.parents(starts)
        starts = starts or _sources(parents, links.below)

        def below(node: _Node) -> Sequence[_Link]:
            return parents.get(node, ())

    own = [_titled(title or inputs.name, version)]
    own += [_titled(member.name, versions.get(member.name, "")) for member in inputs.members]
    is_project = bool(inputs.name or links.below(_Node(_PROJECT))) and (base or not inputs.members)
    starts = starts or list(links.roots(is_project=is_project))
    return _draw(starts, below, _titles(graph, own), depth, dedupe=dedupe)


def _titled(name: str, version: str) -> str:
    return f"{name} v{version}" if version else name


def _holds(graph: Graph, inputs: Inputs, target: Target | None, groups: frozenset[GroupName]) -> Holds:
    if target is None:
        return lambda marker: not markers.disjoint(marker, graph.scope)
    environment = target.environment
    extras = frozenset(name for name, _ in inputs.extras)
    return lambda marker: markers.evaluate(marker, environment, extras=extras, groups=groups)


def _entries(graph: Graph, holds: Holds, name: PackageName) -> list[int]:
    entries = [e for e in graph.entries_by_name.get(name, ()) if holds(graph.markers[e])]
    if not entries:
        raise UsageError(
            f"there is no package `{name}` to show",
            why=f"`{LOCK_NAME}` has it for other environments only"
            if name in graph.entries_by_name
            else f"`{LOCK_NAME}` has no entry of that name",
        )
    return entries


class _Links:
    """What stands below each node."""

    def __init__(
        self, lock: Lock, inputs: Inputs, graph: Graph, holds: Holds, pruned: frozenset[PackageName]
    ) -> None:
        self.holds = holds
        self._pruned = pruned
        self._inputs = inputs
        self._graph = graph
        self._has_requirements = lock.inputs is not None
        self._below: dict[_Node, tuple[_Link, ...]] = {}

    def add_project(
        self, groups: frozenset[GroupName], extras: frozenset[ExtraName] | None, *, base: bool
    ) -> None:
        inputs = self._inputs
        rows: list[tuple[str, Iterable[Requirement], Marker]] = []
        if base:
            rows.append(("", inputs.dependencies, markers.ALWAYS))
            rows += [
                (f"extra: {name}", needs, markers.in_extra(name))
                for name, needs in inputs.extras
                if extras is None or name in extras
            ]
        of_members = {gate for member in inputs.members for gate in member.gates()}
        rows += [
            (f"group: {name}", needs, markers.in_group(name))
            for name, needs in inputs.groups
            if name in groups and name not in of_members
        ]
        self._add(_Node(_PROJECT), rows)

    def add_members(self, groups: frozenset[GroupName]) -> None:
        """Put the members that are shown beside the project."""
        needs = dict(self._inputs.groups)
        for number, member in enumerate(self._inputs.members, start=1):
            labels = {member.base: ""}
            labels.update({member.of_extra(extra): f"extra: {extra}" for extra in member.extras})
            labels.update({member.of_group(group): f"group: {group}" for group in member.groups})
            rows = [
                (label, needs.get(gate, ()), markers.in_group(gate))
                for gate, label in labels.items()
                if gate in groups
            ]
            if rows:
                self._add(_Node(_PROJECT - number), rows)

    def roots(self, *, is_project: bool) -> Iterator[_Node]:
        """Give the project and the members that are shown."""
        if is_project:
            yield _Node(_PROJECT)
        yield from sorted((node for node in self._below if node.entry < _PROJECT), reverse=True)

    def of_member(self, name: PackageName) -> list[_Node]:
        """Give the node of a member; nothing for what is none, or not shown."""
        names = [member.name for member in self._inputs.members]
        node = _Node(_PROJECT - 1 - names.index(name)) if name in names else None
        return [node] if node is not None and node in self._below else []

    def _add(self, node: _Node, rows: Iterable[tuple[str, Iterable[Requirement], Marker]]) -> None:
        found: list[_Link] = []
        for label, requirements, gate in rows:
            for requirement in self._without_self(requirements):
                found += self._links(label, self._graph.need(requirement), gate)
        self._below[node] = self._shown(found)

    def _without_self(self, requirements: Iterable[Requirement]) -> list[Requirement]:
        """Put what an extra of the project needs in the place of the project's references to itself."""
        by_extra = dict(self._inputs.extras)
        found: list[Requirement] = []
        waiting = list(requirements)
        seen: set[ExtraName] = set()
        while waiting:
            requirement = waiting.pop(0)
            if requirement.name != self._inputs.name:
                found += self._inputs.adjustments.of_project(requirement)
                continue
            for extra in requirement.extras:
                if extra not in seen:
                    seen.add(extra)
                    waiting += by_extra.get(extra, ())
        return found

    def below(self, node: _Node) -> Sequence[_Link]:
        links = self._below.get(node)
        if links is None:
            links = self._below[node] = self._shown(self._of_entry(node))
        return links

    def _shown(self, links: Iterable[_Link]) -> tuple[_Link, ...]:
        packages = self._graph.packages
        return _merged(link for link in links if packages[link.node.entry].name not in self._pruned)

    def _of_entry(self, node: _Node) -> list[_Link]:
        graph, here = self._graph, self._graph.markers[node.entry]
        if not self._has_requirements:
            package = graph.packages[node.entry]
            return [
                _Link("", _Node(entry))
                for edge in package.dependencies
                for entry in graph.ends(edge)
                if self.holds(markers.and_(here, graph.markers[entry]))
            ]
        found = []
        for extra in ("", *node.extras):
            for need in graph.needs(node.entry, extra):
                found += self._links(f"extra: {extra}" if extra else "", need, here)
        return found

    def _links(self, label: str, need: Need, where: Marker) -> list[_Link]:
        """Give the entries that answer; in a lock that is not up to date, those that should."""
        here = markers.and_(where, need.requirement.marker)
        return [
            _Link(label, _Node(entry, need.requirement.extras))
            for entry in need.answers or need.others
            if self.holds(markers.and_(here, self._graph.markers[entry]))
        ]

    def parents(self, also: Iterable[_Node]) -> dict[_Node, tuple[_Link, ...]]:
        """Turn the links round; extras are told by the labels then."""
        found: dict[_Node, list[_Link]] = {}
        waiting = [*self.roots(is_project=True), *also]
        if not self._has_requirements:
            waiting += [_Node(e) for e, marker in enumerate(self._graph.markers) if self.holds(marker)]
        seen = set(waiting)
        while waiting:
            node = waiting.pop()
            if node.entry >= 0:
                found.setdefault(_Node(node.entry), [])
            for label, child in self.below(node):
                found.setdefault(_Node(child.entry), []).append(_Link(label, _Node(node.entry)))
                if child not in seen:
                    seen.add(child)
                    waiting.append(child)
        return {node: _merged(links) for node, links in found.items()}


def _merged(links: Iterable[_Link]) -> tuple[_Link, ...]:
    """Sort, and make one line of an entry that is needed twice with other extras."""
    extras: dict[tuple[str, int], set[ExtraName]] = {}
    for label, node in links:
        extras.setdefault((label, node.entry), set()).update(node.extras)
    return tuple(
        _Link(label, _Node(entry, tuple(sorted(names)))) for (label, entry), names in sorted(extras.items())
    )


def _sources(
    parents: dict[_Node, tuple[_Link, ...]], below: Callable[[_Node], Sequence[_Link]]
) -> list[_Node]:
    """Choose where an inverted tree starts: what needs nothing, then what only rings of packages hold."""
    starts: list[_Node] = []
    covered: set[_Node] = set()
    entries = sorted(parents)
    for candidates in ([node for node in entries if not below(node)], entries):
        for start in candidates:
            if start in covered:
                continue
            starts.append(start)
            waiting = [start]
            while waiting:
                node = waiting.pop()
                if node not in covered:
                    covered.add(node)
                    waiting += [link.node for link in parents.get(node, ())]
    return sorted(starts)


def _titles(graph: Graph, own: Sequence[str]) -> Callable[[_Node], str]:
    def title(node: _Node) -> str:
        if node.entry < 0:
            return own[_PROJECT - node.entry]
        package = graph.packages[node.entry]
        extras = f"[{','.join(node.extras)}]" if node.extras else ""
        version = f" v{package.known_version}" if package.known_version else ""
        return f"{package.name}{extras}{version}{_source(package)}"

    return title


def _source(package: LockedPackage) -> str:
    """Say where an entry comes from that is from no index."""
    direct = package.direct
    if direct is None or package.index:
        return ""
    if direct.kind != "vcs":
        return f" ({direct.location})"
    return f" ({direct.vcs}+{direct.location}@{direct.commit[:_SHOWN_COMMIT]})"


def _draw(
    starts: Sequence[_Node],
    below: Callable[[_Node], Sequence[_Link]],
    title: Callable[[_Node], str],
    depth: int | None,
    *,
    dedupe: bool,
) -> str:
    lines: list[str] = []
    is_starred = False
    levels_drawn: dict[_Node, int] = {}
    levels = _UNLIMITED if depth is None else depth
    above: frozenset[_Node] = frozenset()
    # Each: text before the line, text before the lines below it, the link, how many levels may follow, and
    # the nodes it stands below: a ring ends where it comes round.
    waiting = [("", "", _Link("", node), levels, above) for node in reversed(starts)]
    while waiting:
        lead, indent, (label, node), left, above = waiting.pop()
        links = below(node) if left else ()
        star = ""
        if links:
            if levels_drawn.get(node, 0) >= left if dedupe else node in above:
                links, star, is_starred = (), " (*)", True
            else:
                levels_drawn[node] = left
        lines.append(f"{lead}{title(node)}" + (f" ({label})" if label else "") + star)
        for place, link in reversed(list(enumerate(links, start=1))):
            branch, follow = ("└── ", "    ") if place == len(links) else ("├── ", "│   ")
            waiting.append((indent + branch, indent + follow, link, left - 1, above | {node}))
    if is_starred:
        lines.append(_LEGEND)
    return "\n".join(lines) + "\n"
