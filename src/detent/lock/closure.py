"""Is a lock whole? An exact check of a lock against its own requirements, without any index.

Two things must hold everywhere the lock is for, which is never where extras that exclude each other are on
together. Every requirement, of the project and of each entry, is answered by entries on all of its marker.
Every entry is reached on exactly its marker, and no constraint is against it. Hand edits and merges that are
clean as text break one or the other; the sentences given back say where. What overrides and exclusions make
of requirements stands in the entries already.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from detent.lock.declared import is_of_index, is_of_source, strange_file
from detent.lock.graph import Graph, Need
from detent.lock.model import Lock, LockedPackage
from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.markers import Marker
from detent.model.references import read_reference
from detent.model.requirement import Origin, PackageName, Requirement
from detent.named import NamedTuple

_Place: TypeAlias = tuple[int, str]
"""An entry and one of its extras; with an empty extra the entry itself."""


class _Wish(NamedTuple):
    """A requirement, where it counts, and who has it."""

    need: Need
    where: Marker
    owner: str
    may_name_sources: bool
    """Whether a URL in it counts: the project's own, and one of what the project has from a source."""


def closure_faults(inputs: Inputs, lock: Lock) -> tuple[str, ...]:
    """Say everything that keeps the lock from being whole; nothing when it is.

    A lock of another tool records no requirements, so nothing can be said about it.
    """
    if lock.inputs is None:
        return ()
    graph = Graph(lock)
    wanted = _scope(inputs)
    if wanted != graph.scope:
        return ("the environments at the top of the lock are not those that it was made for",)
    try:
        bounded = tuple(_broken_constraints(graph, inputs.adjustments.constraints))
        roots = _roots(graph, inputs)
        reach = _reach(graph, roots)
        wishes = tuple(_wishes(graph, roots, reach))
        # Who needs the project itself is met by the project being there; it is no entry of its own lock.
        unmet = [s for w in wishes if w.need.requirement.name != inputs.name for s in _unmet(graph, w)]
        strays = tuple(_undeclared(graph, inputs, wishes))
    except ValueError as error:
        return (str(error),)
    excluded = _excluded(graph, inputs.adjustments.excludes)
    rest = (*_loose_edges(graph), *unmet, *bounded, *excluded, *strays, *_unreached(graph, reach))
    return tuple(dict.fromkeys((*_overlaps(graph), *rest)))


def reached(inputs: Inputs, graph: Graph) -> Mapping[tuple[int, str], Marker]:
    """Give where each entry is needed, and with another key (the entry and an extra) each of its extras.

    Raises :class:`ValueError` for a line that is no requirement.
    """
    return _reach(graph, _roots(graph, inputs))


def _roots(graph: Graph, inputs: Inputs) -> list[_Wish]:
    return [
        _Wish(
            graph.need(root.requirement),
            markers.and_(root.gate, graph.scope),
            _project(root.requirement.origin),
            may_name_sources=True,
        )
        for root in inputs.roots()
    ]


def _scope(inputs: Inputs) -> Marker:
    """Give where a lock of these inputs is for."""
    pythons = markers.requires_python(inputs.requires_python) if inputs.requires_python else markers.ALWAYS
    return markers.and_(pythons, inputs.adjustments.scope())


def _reach(graph: Graph, roots: Sequence[_Wish]) -> dict[_Place, Marker]:
    """Find where every entry and extra is reached: the least answer, so a ring of entries holds up nobody."""
    reach: dict[_Place, Marker] = {}
    waiting: deque[_Place] = deque()
    is_waiting: set[_Place] = set()

    def arrive(place: _Place, where: Marker) -> None:
        before = reach.get(place, markers.NEVER)
        after = markers.or_(before, where)
        if after != before:
            reach[place] = after
            if place not in is_waiting:
                is_waiting.add(place)
                waiting.append(place)

    def follow(need: Need, where: Marker) -> None:
        if where == markers.NEVER:
            return
        for entry in need.answers:
            here = markers.and_(where, graph.markers[entry])
            if here != markers.NEVER:
                for extra in ("", *need.extras):
                    arrive((entry, extra), here)

    for root in roots:
        follow(root.need, root.where)
    while waiting:
        place = waiting.popleft()
        is_waiting.discard(place)
        where = reach[place]
        for need in graph.needs(*place):
            follow(need, markers.and_(where, need.marker))
    return reach


def _wishes(graph: Graph, roots: Sequence[_Wish], reach: Mapping[_Place, Marker]) -> Iterator[_Wish]:
    yield from roots
    for (entry, extra), where in reach.items():
        for need in graph.needs(entry, extra):
            yield _Wish(
                need,
                markers.and_(where, need.marker),
                f"`{graph.title(entry, extra)}`",
                may_name_sources=not is_of_index(graph.packages[entry]),
            )


def _unmet(graph: Graph, wish: _Wish) -> Iterator[str]:
    missing = wish.where
    for entry in wish.need.answers:
        missing = markers.and_(missing, markers.not_(graph.markers[entry]))
    if missing == markers.NEVER:
        return
    wanted = f"{wish.owner} needs `{wish.need.requirement}`"
    for entry in wish.need.others:
        wrong = markers.and_(missing, graph.markers[entry])
        if wrong != markers.NEVER:
            missing = markers.and_(missing, markers.not_(wrong))
            yield f"{wanted}, but the lock has `{graph.title(entry)}`{_where(graph, wrong)}"
    if missing != markers.NEVER:
        yield f"{wanted}, but the lock has no entry for it{_where(graph, missing)}"


def _broken_constraints(graph: Graph, constraints: Sequence[Requirement]) -> Iterator[str]:
    for constraint in constraints:
        for entry in graph.disallowed(constraint):
            both = markers.and_(graph.markers[entry], constraint.marker)
            where = markers.and_(both, graph.scope)
            if where != markers.NEVER:
                bound = f"`{constraint}` in [tool.detent] constraint-dependencies"
                yield f"the lock has `{graph.title(entry)}`{_where(graph, where)}, which {bound} rules out"


def _excluded(graph: Graph, excludes: Sequence[PackageName]) -> Iterator[str]:
    for name in excludes:
        for entry in graph.entries_by_name.get(name, ()):
            yield (
                f"the lock has `{graph.title(entry)}`, and `{name}` stands in "
                "[tool.detent] exclude-dependencies"
            )


def _unreached(graph: Graph, reach: Mapping[_Place, Marker]) -> Iterator[str]:
    for entry, marker in enumerate(graph.markers):
        claimed = markers.and_(marker, graph.scope)
        idle = markers.and_(claimed, markers.not_(reach.get((entry, ""), markers.NEVER)))
        if idle != markers.NEVER or claimed == markers.NEVER:
            yield f"nothing needs the entry `{graph.title(entry)}`{_where(graph, idle)}"


def _undeclared(graph: Graph, inputs: Inputs, wishes: Sequence[_Wish]) -> Iterator[str]:
    """Name what comes from elsewhere than the project says: such an entry could run anything."""
    rules = inputs.all_sources()
    indexes = {index.name: index.url for index in inputs.indexes}
    for entry, package in enumerate(graph.packages):
        strange = strange_file(package)
        if strange:
            found = f"the entry `{graph.title(entry)}` of the index `{package.index}`"
            yield f"{found} has a file on this machine: `{strange}`"
        here = markers.and_(graph.markers[entry], graph.scope)
        named = markers.NEVER
        for rule in rules:
            where = markers.and_(here, rule.marker) if rule.name == package.name else markers.NEVER
            if where == markers.NEVER:
                continue
            named = markers.or_(named, where)
            if not is_of_source(package, rule.source, indexes):
                said = f"and {rule.where or '[tool.detent.sources]'} says otherwise"
                yield f"the entry `{graph.title(entry)}` comes from {_origin(package)}, {said}"
        for wish in wishes if package.direct is not None else ():
            requirement = wish.need.requirement
            if requirement.name == package.name and requirement.url and wish.may_name_sources:
                where = markers.and_(here, wish.where)
                if is_of_source(package, read_reference(requirement.url)):
                    named = markers.or_(named, where)
        if package.direct is not None and not is_of_index(package) and named != here:
            found = f"the entry `{graph.title(entry)}` comes from {_origin(package)}"
            yield f"{found}, and no requirement names that"


def _origin(package: LockedPackage) -> str:
    if package.direct is not None:
        return f"`{package.direct.location}`"
    return f"the index `{package.index}`" if package.index else "an index"


def _overlaps(graph: Graph) -> Iterator[str]:
    for entries in graph.entries_by_name.values():
        for place, first in enumerate(entries):
            for second in entries[place + 1 :]:
                both = markers.and_(markers.and_(graph.markers[first], graph.markers[second]), graph.scope)
                if both != markers.NEVER:
                    titles = f"`{graph.title(first)}` and `{graph.title(second)}`"
                    yield f"the entries {titles} are both for one environment{_where(graph, both)}"


def _loose_edges(graph: Graph) -> Iterator[str]:
    for entry, package in enumerate(graph.packages):
        for edge in package.dependencies:
            named = graph.ends(edge)
            if len(named) != 1:
                title = f"{edge.name} {edge.version}".rstrip()
                found = "several entries" if named else "no entry"
                yield f"`{graph.title(entry)}` depends on `{title}`, and the lock has {found} for it"


def _where(graph: Graph, marker: Marker) -> str:
    text = markers.render(markers.restrict(marker, graph.scope)) if marker != markers.NEVER else ""
    return f" where {text}" if text else ""


def _project(origin: Origin | None) -> str:
    return f"[{origin.table}]" if origin is not None and origin.table.startswith("project") else "the project"
