"""The algebra behind markers: a hash-consed decision diagram with several-valued tests.

A marker is an int: 0 never holds, 1 always does, any other is a node of the table below. The diagram is
ordered and reduced, so equal sets of environments are equal ints, and "is it empty", "is it everything",
"disjoint" and "implies" need no search. Nothing here knows what a test means; marker_atoms does.

    node = (axis, cuts, kids)
    interval axis   kids[i] holds from cuts[i-1] up to, and without, cuts[i]; one kid more than cuts
    value axis      kids[i] belongs to the value cuts[i], kids[-1] to every other value
    boolean axis    no cuts; kids are (if false, if true)
"""

from collections.abc import Callable
from itertools import repeat
from operator import itemgetter
from typing import Any, TypeAlias

from detent.errors.resolve import MarkersTooLarge
from detent.model.limits import Limits

Marker: TypeAlias = int
NEVER: Marker = 0
ALWAYS: Marker = 1

Axis: TypeAlias = tuple[int, str]
"""(rank, subject): tests stand in this order on every path. The rank says what is asked, the subject,
for ranks that have several axes, of whom."""
Cuts: TypeAlias = tuple[Any, ...]
"""Ascending: ints on an interval axis, strings on a value axis."""
Node: TypeAlias = tuple[Axis, Cuts, tuple[Marker, ...]]

EXTRA, GROUP, PYTHON, IMPLEMENTATION, IMPLEMENTATION_LABEL, PLATFORM, SYSTEM, OS, MACHINE, OPAQUE = range(10)
INTERVAL, VALUE, BOOLEAN = range(3)
_KIND = (BOOLEAN, BOOLEAN, INTERVAL, VALUE, VALUE, VALUE, VALUE, VALUE, VALUE, BOOLEAN)
GATES = frozenset((EXTRA, GROUP))
ENVIRONMENT = frozenset(range(PYTHON, OPAQUE + 1))

_LEAF: Node = ((-1, ""), (), ())
NODES: list[Node] = [_LEAF, _LEAF]
_number_by_node: dict[Node, Marker] = {}
_and: dict[tuple[Marker, Marker], Marker] = {}
_or: dict[tuple[Marker, Marker], Marker] = {}
_not: dict[Marker, Marker] = {NEVER: ALWAYS, ALWAYS: NEVER}
_restricted: dict[tuple[Marker, Marker], Marker] = {}
_projected: dict[tuple[Marker, frozenset[int], frozenset[Axis]], Marker] = {}
_fixed: dict[tuple[Marker, frozenset[str]], Marker] = {}

_first = itemgetter(0)
_allowed_nodes = Limits().marker_nodes


def allow_nodes(count: int) -> None:
    """Set how many nodes the process may make before it gives up (limits.marker_nodes)."""
    global _allowed_nodes  # noqa: PLW0603 - the table is one per process, and so is its limit
    _allowed_nodes = count


def kind_of(axis: Axis) -> int:
    """Give the kind of test an axis makes."""
    return _KIND[axis[0]]


def make(axis: Axis, cuts: Cuts, kids: tuple[Marker, ...]) -> Marker:
    """Make a node; the one place where diagrams are reduced and shared."""
    kind = _KIND[axis[0]]
    if kind == BOOLEAN:
        if kids[0] == kids[1]:
            return kids[0]
    elif kind == INTERVAL:
        if any(map(int.__eq__, kids, kids[1:])):
            kept = [
                (cut, kid) for cut, before, kid in zip(cuts, kids, kids[1:], strict=False) if kid != before
            ]
            cuts = tuple(map(_first, kept))
            kids = (kids[0], *(kid for _, kid in kept))
    else:
        rest = kids[-1]
        if rest in kids[:-1]:
            kept = [(cut, kid) for cut, kid in zip(cuts, kids, strict=False) if kid != rest]
            cuts = tuple(map(_first, kept))
            kids = (*(kid for _, kid in kept), rest)
    if len(kids) == 1:
        return kids[0]
    node = (axis, cuts, kids)
    marker = _number_by_node.get(node)
    if marker is None:
        marker = len(NODES)
        if marker >= _allowed_nodes:
            raise MarkersTooLarge(_allowed_nodes)
        NODES.append(node)
        _number_by_node[node] = marker
    return marker


def flag(rank: int, subject: str) -> Marker:
    """Give the marker of one boolean test."""
    return make((rank, subject), (), (NEVER, ALWAYS))


def one_of(rank: int, values: tuple[str, ...]) -> Marker:
    """Give the marker that holds for these values of a value axis."""
    return make((rank, ""), tuple(sorted(values)), (ALWAYS,) * len(values) + (NEVER,))


def between(low: int, high: int | None) -> Marker:
    """Give the Pythons from ``low`` up to, and without, ``high`` (``None``: no end)."""
    if high is not None and high <= low:
        return NEVER
    cuts: list[int] = []
    kids: list[Marker] = [ALWAYS]
    if low > 0:
        cuts, kids = [low], [NEVER, ALWAYS]
    if high is not None:
        cuts.append(high)
        kids.append(NEVER)
    return make((PYTHON, ""), tuple(cuts), tuple(kids))


_Operation: TypeAlias = Callable[[Marker, Marker], Marker]


def _merge(kind: int, a: Node, b: Node, operation: _Operation) -> tuple[Cuts, tuple[Marker, ...]]:
    """Walk two nodes of one axis side by side."""
    _, cuts_a, kids_a = a
    _, cuts_b, kids_b = b
    if cuts_a == cuts_b:
        return cuts_a, tuple(map(operation, kids_a, kids_b))
    if kind == VALUE:
        cuts = tuple(sorted({*cuts_a, *cuts_b}))
        by_value_a = dict(zip(cuts_a, kids_a, strict=False))
        by_value_b = dict(zip(cuts_b, kids_b, strict=False))
        rest_a, rest_b = kids_a[-1], kids_b[-1]
        merged = [operation(by_value_a.get(v, rest_a), by_value_b.get(v, rest_b)) for v in cuts]
        return cuts, (*merged, operation(rest_a, rest_b))
    places: list[int] = []
    kids = [operation(kids_a[0], kids_b[0])]
    i = j = 0
    count_a, count_b = len(cuts_a), len(cuts_b)
    while i < count_a or j < count_b:
        if j == count_b or (i < count_a and cuts_a[i] < cuts_b[j]):
            places.append(cuts_a[i])
            i += 1
        else:
            places.append(cuts_b[j])
            if i < count_a and cuts_a[i] == cuts_b[j]:
                i += 1
            j += 1
        kids.append(operation(kids_a[i], kids_b[j]))
    return tuple(places), tuple(kids)


def and_(a: Marker, b: Marker) -> Marker:
    """Where both hold."""
    if a < 2:
        return b if a else NEVER
    if b < 2:
        return a if b else NEVER
    if a == b:
        return a
    key = (a, b) if a < b else (b, a)
    found = _and.get(key)
    if found is None:
        found = _and[key] = _apply(a, b, and_)
    return found


def or_(a: Marker, b: Marker) -> Marker:
    """Where at least one holds."""
    if a < 2:
        return ALWAYS if a else b
    if b < 2:
        return ALWAYS if b else a
    if a == b:
        return a
    key = (a, b) if a < b else (b, a)
    found = _or.get(key)
    if found is None:
        found = _or[key] = _apply(a, b, or_)
    return found


def _apply(a: Marker, b: Marker, operation: _Operation) -> Marker:
    node_a, node_b = NODES[a], NODES[b]
    axis, axis_b = node_a[0], node_b[0]
    if axis == axis_b:
        cuts, kids = _merge(_KIND[axis[0]], node_a, node_b, operation)
        return make(axis, cuts, kids)
    if axis_b < axis:
        axis, cuts, kids, other = axis_b, node_b[1], node_b[2], a
    else:
        _, cuts, kids = node_a
        other = b
    # By `map`, which adds no frame of its own: hundreds of extras make deep diagrams.
    return make(axis, cuts, tuple(map(operation, kids, repeat(other))))


def not_(marker: Marker) -> Marker:
    """Where it does not hold."""
    found = _not.get(marker)
    if found is None:
        axis, cuts, kids = NODES[marker]
        found = make(axis, cuts, tuple(map(not_, kids)))
        _not[marker] = found
        _not[found] = marker
    return found


def disjoint(a: Marker, b: Marker) -> bool:
    """Whether no environment is in both."""
    return and_(a, b) == NEVER


def implies(a: Marker, b: Marker) -> bool:
    """Whether ``b`` holds wherever ``a`` does."""
    return and_(a, b) == a


def restrict(marker: Marker, care: Marker) -> Marker:
    """Give a simpler marker that equals this one wherever ``care`` holds (Coudert and Madre, 1990)."""
    if marker < 2 or care == ALWAYS:
        return marker
    if care == NEVER:
        return NEVER
    key = (marker, care)
    found = _restricted.get(key)
    if found is None:
        found = _restricted[key] = _restrict(marker, care)
    return found


def _restrict(marker: Marker, care: Marker) -> Marker:
    node, care_node = NODES[marker], NODES[care]
    axis, axis_care = node[0], care_node[0]
    if axis_care < axis:  # the care set asks what the marker does not: forget the answer
        return restrict(marker, _any_of(care_node[2]))
    if axis < axis_care:
        return make(axis, node[1], tuple(map(restrict, node[2], repeat(care))))
    pairs: list[tuple[Marker, Marker]] = []

    def note(kid: Marker, care_kid: Marker) -> Marker:
        pairs.append((kid, care_kid))
        return NEVER

    cuts, _ = _merge(_KIND[axis[0]], node, care_node, note)
    simpler = [None if c == NEVER else restrict(k, c) for k, c in pairs]
    if axis[0] in GATES and None not in simpler:
        # One answer that is right for both need not be asked for: extras that exclude each other.
        for kid, (other, care_other) in ((simpler[0], pairs[1]), (simpler[1], pairs[0])):
            if kid is not None and and_(kid, care_other) == and_(other, care_other):
                return kid
    cared = [kid for kid in simpler if kid is not None]
    if _KIND[axis[0]] != INTERVAL:
        rest = cared[-1]
        return make(axis, cuts, tuple([rest if kid is None else kid for kid in simpler]))
    before = cared[0]
    kids = []
    for kid in simpler:  # what nobody asks about continues what stands left of it
        before = before if kid is None else kid
        kids.append(before)
    return make(axis, cuts, tuple(kids))


def _any_of(kids: tuple[Marker, ...]) -> Marker:
    union = NEVER
    for kid in dict.fromkeys(kids):
        union = or_(union, kid)
    return union


def forget(marker: Marker, ranks: frozenset[int], kept: frozenset[Axis] = frozenset()) -> Marker:
    """Give where the marker holds for some answer to the tests of these ranks that are not kept."""
    if marker < 2:
        return marker
    key = (marker, ranks, kept)
    found = _projected.get(key)
    if found is None:
        axis, cuts, kids = NODES[marker]
        remaining = tuple(map(forget, kids, repeat(ranks), repeat(kept)))
        is_forgotten = axis[0] in ranks and axis not in kept
        found = _any_of(remaining) if is_forgotten else make(axis, cuts, remaining)
        _projected[key] = found
    return found


def with_extras(marker: Marker, on: frozenset[str]) -> Marker:
    """Answer every question about extras: these are on, all others are off."""
    if marker < 2 or NODES[marker][0][0] > EXTRA:
        return marker
    key = (marker, on)
    found = _fixed.get(key)
    if found is None:
        (_, subject), _, kids = NODES[marker]
        found = _fixed[key] = with_extras(kids[subject in on], on)
    return found


def subjects(marker: Marker) -> dict[int, frozenset[str]]:
    """Give the subjects a marker asks about, by rank."""
    found: dict[int, set[str]] = {}
    seen = {NEVER, ALWAYS}
    waiting = [marker]
    while waiting:
        here = waiting.pop()
        if here not in seen:
            seen.add(here)
            (rank, subject), _, kids = NODES[here]
            found.setdefault(rank, set()).add(subject)
            waiting.extend(kids)
    return {rank: frozenset(names) for rank, names in found.items()}
