"""What of a lock stands below what: the project, its members, and entries with the extras that are on.

For every environment of the lock at once, or for one target; the tree and the page are drawn from it. A link
says what brought it in, and what was asked for.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from detent.lock.graph import Graph, Need
from detent.lock.model import Lock, LockedPackage
from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.markers import Marker
from detent.model.requirement import ExtraName, GroupName, PackageName, Requirement
from detent.model.target import Target
from detent.named import NamedTuple

PROJECT: Final = -1
"""The project's place among the entries: it is none of them; those of members of a workspace are below."""

Holds: TypeAlias = Callable[[Marker], bool]


class Node(NamedTuple):
    """An entry of the lock by its place, with the extras that are on in it."""

    entry: int
    extras: tuple[ExtraName, ...] = ()


class Link(NamedTuple):
    """One line below another: what brings the node in, then the node."""

    label: str
    """``extra: standard`` or ``group: dev``; empty for plain dependencies."""
    node: Node
    wanted: tuple[str, ...] = ()
    """The versions that are asked for and where, such as ``>=2; sys_platform == 'linux'``, sorted."""


def holding(graph: Graph, inputs: Inputs, target: Target | None, groups: frozenset[GroupName]) -> Holds:
    """Say where a link counts: on the target, or anywhere the lock is for."""
    if target is None:
        return lambda marker: not markers.disjoint(marker, graph.scope)
    environment = target.environment
    extras = frozenset(name for name, _ in inputs.extras)
    return lambda marker: markers.evaluate(marker, environment, extras=extras, groups=groups)


class Links:
    """What stands below each node."""

    def __init__(
        self, lock: Lock, inputs: Inputs, graph: Graph, holds: Holds, pruned: frozenset[PackageName]
    ) -> None:
        self.holds = holds
        self._pruned = pruned
        self._inputs = inputs
        self._graph = graph
        self._has_requirements = lock.inputs is not None
        self._below: dict[Node, tuple[Link, ...]] = {}

    def add_project(
        self, groups: frozenset[GroupName], extras: frozenset[ExtraName] | None, *, base: bool
    ) -> None:
        """Put the project there, with these of its groups and extras (``None``: all), or its groups alone."""
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
        self._add(Node(PROJECT), rows)

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
                self._add(Node(PROJECT - number), rows)

    def roots(self, *, is_project: bool) -> Iterator[Node]:
        """Give the project and the members that are shown."""
        if is_project:
            yield Node(PROJECT)
        yield from sorted((node for node in self._below if node.entry < PROJECT), reverse=True)

    def of_member(self, name: PackageName) -> list[Node]:
        """Give the node of a member; nothing for what is none, or not shown."""
        names = [member.name for member in self._inputs.members]
        node = Node(PROJECT - 1 - names.index(name)) if name in names else None
        return [node] if node is not None and node in self._below else []

    def _add(self, node: Node, rows: Iterable[tuple[str, Iterable[Requirement], Marker]]) -> None:
        found: list[Link] = []
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

    def below(self, node: Node) -> Sequence[Link]:
        """Give what stands below a node."""
        links = self._below.get(node)
        if links is None:
            links = self._below[node] = self._shown(self._of_entry(node))
        return links

    def _shown(self, links: Iterable[Link]) -> tuple[Link, ...]:
        packages = self._graph.packages
        return _merged(link for link in links if packages[link.node.entry].name not in self._pruned)

    def _of_entry(self, node: Node) -> list[Link]:
        graph, here = self._graph, self._graph.markers[node.entry]
        if not self._has_requirements:
            package = graph.packages[node.entry]
            return [
                Link("", Node(entry))
                for edge in package.dependencies
                for entry in graph.ends(edge)
                if self.holds(markers.and_(here, graph.markers[entry]))
            ]
        found = []
        for extra in ("", *node.extras):
            for need in graph.needs(node.entry, extra):
                found += self._links(f"extra: {extra}" if extra else "", need, here)
        return found

    def _links(self, label: str, need: Need, where: Marker) -> list[Link]:
        """Give the entries that answer; in a lock that is not up to date, those that should."""
        here = markers.and_(where, need.requirement.marker)
        return [
            Link(label, Node(entry, need.requirement.extras), _wanted(need.requirement))
            for entry in need.answers or need.others
            if self.holds(markers.and_(here, self._graph.markers[entry]))
        ]

    def parents(self, also: Iterable[Node]) -> dict[Node, tuple[Link, ...]]:
        """Turn the links round; extras are told by the labels then."""
        found: dict[Node, list[Link]] = {}
        waiting = [*self.roots(is_project=True), *also]
        if not self._has_requirements:
            waiting += [Node(e) for e, marker in enumerate(self._graph.markers) if self.holds(marker)]
        seen = set(waiting)
        while waiting:
            node = waiting.pop()
            if node.entry >= 0:
                found.setdefault(Node(node.entry), [])
            for label, child, wanted in self.below(node):
                found.setdefault(Node(child.entry), []).append(Link(label, Node(node.entry), wanted))
                if child not in seen:
                    seen.add(child)
                    waiting.append(child)
        return {node: _merged(links) for node, links in found.items()}


def _wanted(requirement: Requirement) -> tuple[str, ...]:
    marker = markers.render(requirement.marker)
    text = f"{requirement.specifier}{'; ' if marker else ''}{marker}"
    return (text,) if text else ()


def _merged(links: Iterable[Link]) -> tuple[Link, ...]:
    """Sort, and make one line of an entry that is needed twice with other extras."""
    merged: dict[tuple[str, int], tuple[set[ExtraName], set[str]]] = {}
    for label, node, wanted in links:
        extras, texts = merged.setdefault((label, node.entry), (set(), set()))
        extras.update(node.extras)
        texts.update(wanted)
    return tuple(
        Link(label, Node(entry, tuple(sorted(extras))), tuple(sorted(texts)))
        for (label, entry), (extras, texts) in sorted(merged.items())
    )


def entry_ids(packages: Sequence[LockedPackage]) -> tuple[str, ...]:
    """Tell entries apart in text: `idna==3.11`, and where it is from where several are of one version."""
    texts = [f"{p.name}=={p.known_version}" if p.known_version else str(p.name) for p in packages]
    counts = Counter(texts)
    return tuple(
        text if counts[text] == 1 else f"{text} @ {p.direct.location if p.direct else p.index}"
        for text, p in zip(texts, packages, strict=True)
    )
