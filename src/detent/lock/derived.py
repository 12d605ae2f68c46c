"""What in a lock follows from the rest of it: edges, recorded extras, splits, and the names at its top.

Nobody needs these to install, so a false one goes unseen for long: it misleads whoever asks the lock, cuts it
to a part, or makes it anew. Only said of locks that are whole (:mod:`detent.lock.closure`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations

from detent.lock.closure import reached
from detent.lock.graph import Graph
from detent.lock.model import Lock
from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.markers import Marker


def derived_faults(inputs: Inputs, lock: Lock) -> Iterator[str]:
    """Say where the lock does not say what the rest of it comes to.

    Raises :class:`ValueError` for a line that is no requirement.
    """
    graph = Graph(lock)
    reach = reached(inputs, graph)
    yield from _names(inputs, lock)
    yield from _splits(lock, graph.scope)
    yield from _edges(graph, reach)


def extras_faults(
    inputs: Inputs, proved: Lock, lock: Lock, declared: Mapping[int, frozenset[str]]
) -> Iterator[str]:
    """Say which extras of entries the lock leaves out, or has although nobody asks for them.

    ``proved`` is the lock with all that its entries demand; ``declared``, by entry, are the extras there are.
    Raises as :func:`derived_faults`.
    """
    graph = Graph(proved)
    asked: dict[int, set[str]] = {}
    for entry, extra in reached(inputs, graph):
        if extra:
            asked.setdefault(entry, set()).add(extra)
    for entry, names in declared.items():
        wanted = asked.get(entry, set()) & names
        recorded = {str(extra) for extra, _ in lock.packages[entry].extras}
        title = graph.title(entry)
        yield from (f"`{title}`: the lock leaves out its extra `{e}`" for e in sorted(wanted - recorded))
        yield from (
            f"`{title}`: nothing asks for the extra `{extra}` that the lock has of it"
            for extra in sorted((recorded & names) - wanted)
        )


def _names(inputs: Inputs, lock: Lock) -> Iterator[str]:
    for key, locked, own in (
        ("extras", lock.extras, inputs.extras),
        ("dependency-groups", lock.groups, inputs.groups),
    ):
        names = tuple(name for name, _ in own)
        if sorted(locked) != sorted(names):
            has, ought = (", ".join(f"`{name}`" for name in each) or "none" for each in (locked, names))
            yield f"`{key}` at the top of the lock names {has}, and the project has {ought}"


def _splits(lock: Lock, scope: Marker) -> Iterator[str]:
    if not lock.forks:
        # One solve gives one version of each package.
        counted = Counter(package.name for package in lock.packages)
        yield from (
            f"there are {count} entries of `{name}`, and no environments that were solved apart"
            for name, count in counted.items()
            if count > 1
        )
        return
    forks = [markers.and_(markers.parse(text), scope) for text in lock.forks]
    for (one, first), (other, second) in combinations(zip(lock.forks, forks, strict=True), 2):
        if not markers.disjoint(first, second):
            yield f"two of the environments that were solved apart overlap: `{one}` and `{other}`"
    missing = scope
    for fork in forks:
        missing = markers.and_(missing, markers.not_(fork))
    if missing != markers.NEVER:
        left_out = markers.render(markers.restrict(missing, scope))
        yield f"the environments that were solved apart leave out `{left_out}`"


def _edges(graph: Graph, reach: Mapping[tuple[int, str], Marker]) -> Iterator[str]:
    due: dict[int, set[int]] = {entry: set() for entry in range(len(graph.packages))}
    for (entry, extra), where in reach.items():
        for need in graph.needs(entry, extra):
            here = markers.and_(where, need.marker)
            due[entry].update(
                answer
                for answer in need.answers
                if answer != entry and not markers.disjoint(here, graph.markers[answer])
            )
    for entry, wanted in due.items():
        ends = [graph.ends(edge) for edge in graph.packages[entry].dependencies]
        drawn = {end[0] for end in ends if len(end) == 1}
        title = graph.title(entry)
        for other in sorted(wanted - drawn):
            yield f"`{title}` needs `{graph.title(other)}`, and its `dependencies` do not say so"
        for other in sorted(drawn - wanted):
            yield f"`{title}` does not need `{graph.title(other)}`, which its `dependencies` name"
