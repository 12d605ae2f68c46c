"""The lock as a person wants to see it: the tree of what needs what, as text or as nodes and edges.

A node is an entry with the extras that are on in it. A subtree is drawn once and starred where it comes
again. The tree is for every environment of the lock at once, or for one target.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

from detent.errors import UsageError, did_you_mean
from detent.lock.graph import Graph
from detent.lock.links import PROJECT, Holds, Link, Links, Node, holding
from detent.lock.model import LOCK_NAME, Lock, LockedPackage
from detent.model.inputs import Inputs
from detent.model.requirement import ExtraName, GroupName, PackageName
from detent.model.target import Target
from detent.named import NamedTuple

Notes: TypeAlias = Mapping[int, str]
"""What else is said of entries, by their place."""

_NO_VERSIONS: Final[Mapping[PackageName, str]] = MappingProxyType({})
_NO_NOTES: Final[Notes] = MappingProxyType({})

_UNLIMITED = 1 << 30
_SHOWN_COMMIT = 12
_LEGEND = "(*) Package tree already displayed"


class View(NamedTuple):
    """A part of the lock, seen from some nodes."""

    packages: tuple[LockedPackage, ...]
    own: tuple[tuple[str, str], ...]
    """The project and the members of its workspace: name, and version where that is known."""
    starts: tuple[Node, ...]
    below: Callable[[Node], Sequence[Link]]

    def own_of(self, node: Node) -> tuple[str, str]:
        """Give name and version of the project or a member."""
        return self.own[PROJECT - node.entry]


def view(
    lock: Lock,
    inputs: Inputs,
    *,
    title: str = "",
    version: str = "",
    target: Target | None = None,
    groups: frozenset[GroupName] | None = None,
    extras: frozenset[ExtraName] | None = None,
    base: bool = True,
    invert: bool = False,
    packages: Sequence[PackageName] = (),
    pruned: frozenset[PackageName] = frozenset(),
    versions: Mapping[PackageName, str] = _NO_VERSIONS,
) -> View:
    """Look at a lock.

    ``target`` of ``None`` is every environment of the lock. ``groups`` and ``extras`` are the project's own
    to show (``None``: all of them), and ``base`` off leaves only the groups. ``invert`` puts below a package
    what needs it. ``packages`` start the tree instead of the project; :class:`UsageError` for one the lock
    does not have. ``pruned`` packages are not shown, nor what stands below them. Members of a workspace stand
    beside its root; ``versions`` are theirs.
    """
    graph = Graph(lock)
    shown = frozenset(name for name, _ in inputs.groups) if groups is None else groups
    links = Links(lock, inputs, graph, holding(graph, inputs, target, shown), pruned)
    links.add_project(shown, extras, base=base)
    links.add_members(shown)
    starts = [
        node
        for name in packages
        for node in links.of_member(name) or map(Node, _entries(graph, links.holds, name))
    ]
    below = links.below
    if invert:
        parents = links.parents(starts)
        starts = starts or _sources(parents, links.below)

        def below(node: Node) -> Sequence[Link]:
            return parents.get(node, ())

    own = [(title or str(inputs.name), version)]
    own += [(str(member.name), versions.get(member.name, "")) for member in inputs.members]
    is_project = bool(inputs.name or links.below(Node(PROJECT))) and (base or not inputs.members)
    starts = starts or list(links.roots(is_project=is_project))
    return View(graph.packages, tuple(own), tuple(starts), below)


def _entries(graph: Graph, holds: Holds, name: PackageName) -> list[int]:
    entries = [e for e in graph.entries_by_name.get(name, ()) if holds(graph.markers[e])]
    if not entries:
        raise UsageError(
            f"there is no package `{name}` to show",
            why=f"`{LOCK_NAME}` has it for other environments only"
            if name in graph.entries_by_name
            else f"`{LOCK_NAME}` has no entry of that name",
            next_steps=(
                *did_you_mean(name, map(str, graph.entries_by_name)),
                "see what is locked with `detent tree`",
            ),
        )
    return entries


def _sources(parents: dict[Node, tuple[Link, ...]], below: Callable[[Node], Sequence[Link]]) -> list[Node]:
    """Choose where an inverted tree starts: what needs nothing, then what only rings of packages hold."""
    starts: list[Node] = []
    covered: set[Node] = set()
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


def _title(shown: View, node: Node) -> str:
    if node.entry < 0:
        name, version = shown.own_of(node)
        return f"{name} v{version}" if version else name
    package = shown.packages[node.entry]
    extras = f"[{','.join(node.extras)}]" if node.extras else ""
    version = f" v{package.known_version}" if package.known_version else ""
    return f"{package.name}{extras}{version}{_source(package)}"


def _source(package: LockedPackage) -> str:
    """Say where an entry comes from that is from no index."""
    direct = package.direct
    if direct is None or package.index:
        return ""
    if direct.kind != "vcs":
        return f" ({direct.location})"
    return f" ({direct.vcs}+{direct.location}@{direct.commit[:_SHOWN_COMMIT]})"


def draw(shown: View, *, depth: int | None = None, dedupe: bool = True, notes: Notes = _NO_NOTES) -> str:
    """Draw the tree, ending in a newline; ``dedupe`` off draws a subtree wherever it comes."""
    below = shown.below
    lines: list[str] = []
    is_starred = False
    levels_drawn: dict[Node, int] = {}
    levels = _UNLIMITED if depth is None else depth
    above: frozenset[Node] = frozenset()
    # Each: text before the line, text before the lines below it, the link, how many levels may follow, and
    # the nodes it stands below: a ring ends where it comes round.
    waiting = [("", "", Link("", node), levels, above) for node in reversed(shown.starts)]
    while waiting:
        lead, indent, (label, node, _), left, above = waiting.pop()
        links = below(node) if left else ()
        star = ""
        if links:
            if levels_drawn.get(node, 0) >= left if dedupe else node in above:
                links, star, is_starred = (), " (*)", True
            else:
                levels_drawn[node] = left
        said = f" ({label})" if label else ""
        lines.append(f"{lead}{_title(shown, node)}{said}{notes.get(node.entry, '')}{star}")
        for place, link in reversed(list(enumerate(links, start=1))):
            branch, follow = ("└── ", "    ") if place == len(links) else ("├── ", "│   ")
            waiting.append((indent + branch, indent + follow, link, left - 1, above | {node}))
    if is_starred:
        lines.append(_LEGEND)
    return "\n".join(lines) + "\n"


def edges(shown: View, depth: int | None = None) -> Iterator[tuple[Node, Link]]:
    """Give every link that is shown, once, nearer ones first; each with what it stands below."""
    seen = set(shown.starts)
    level, left = list(shown.starts), _UNLIMITED if depth is None else depth
    while level and left:
        left -= 1
        following: list[Node] = []
        for node in level:
            for link in shown.below(node):
                yield node, link
                if link.node not in seen:
                    seen.add(link.node)
                    following.append(link.node)
        level = following
