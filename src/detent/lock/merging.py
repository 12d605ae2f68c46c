"""Three locks merged into one, entry by entry, from what stands in them alone: no index, no project.

Pins are merged by name and environment; markers and edges are not merged but found anew, from what needs
what. Only a lock that is proven whole counts as merged. What both sides changed in different ways is
contested, and so is all that either changed where the whole cannot be proven; that stands between conflict
markers then, and the rest is merged.

Two things no proof without an index can see, so they are never merged: pins chosen on other terms (options,
indexes, Pythons, what [tool.detent] makes of requirements), and an extra of a version that neither side asked
for it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

from packaging.version import Version

from detent.errors.lock import LockInvalid
from detent.lock.closure import closure_faults, reached
from detent.lock.derived import derived_faults
from detent.lock.edges import edge_to, source_order
from detent.lock.entry import entry_lines
from detent.lock.graph import Graph
from detent.lock.merged_inputs import merge_inputs, three_way
from detent.lock.model import Lock, LockedPackage
from detent.lock.pylock import parse_lock, render_lock
from detent.model import markers
from detent.model.inputs import Inputs, RecordedInputs
from detent.model.markers import Marker
from detent.model.names import ExtraName, GroupName, PackageName
from detent.model.requirement import parse_requirement
from detent.named import NamedTuple

_NO_PACKAGES = "packages = []"
_HEAD = "what the project asks for"


class Merged(NamedTuple):
    """The text that came out."""

    text: str
    contested: tuple[str, ...] = ()
    """What stands between conflict markers in it, and why; nothing in a text that is merged whole."""


class _Side(NamedTuple):
    """A lock of detent, as one of the three has it."""

    lock: Lock
    inputs: RecordedInputs
    entries: dict[PackageName, tuple[LockedPackage, ...]]


class _Pins(NamedTuple):
    """The entries of a name as both sides leave them."""

    entries: tuple[LockedPackage, ...]
    """Each with the marker it may have at most."""
    is_contested: bool = False


def merge_locks(base: str, ours: str, theirs: str) -> Merged | None:
    """Merge three texts, an empty base where there was no lock.

    ``None``: one of them is no lock as this release writes it, and can be merged as text alone.
    """
    for one, other, result in ((ours, theirs, ours), (theirs, base, ours), (ours, base, theirs)):
        if one == other:
            return Merged(result)
    our, their = _side(ours), _side(theirs)
    was = _side(base) if base.strip() else _Side(Lock("", ()), RecordedInputs(), {})
    if our is None or their is None or was is None:
        return None
    merging = _Merging(was, our, their)
    return merging.whole() or merging.marked()


def is_proven(text: str) -> bool:
    """Say whether a text that was merged as such is a whole lock; one of another tool has to be trusted.

    What builds get cannot be proven from a lock, which does not say what that needs in turn.
    """
    try:
        lock = parse_lock(text, "")
        if lock.builds:
            return False
        if lock.inputs is None:
            return True
        name = _project_name(_sorted_in(lock, lock.inputs))
        return name is not None and not _faults(lock.inputs.as_inputs(name, ""), lock)
    except (LockInvalid, ValueError):
        return False


def marked_text(base: str, ours: str, theirs: str) -> str:
    """Put all that differs between conflict markers, in one piece."""
    return "\n".join(_hunk(base.splitlines(), ours.splitlines(), theirs.splitlines())) + "\n"


def _side(text: str) -> _Side | None:
    try:
        lock = parse_lock(text, "")
    except LockInvalid:
        return None
    if lock.inputs is None or lock.builds or render_lock(lock) != text:
        return None
    return _sorted_in(lock, lock.inputs)


def _sorted_in(lock: Lock, inputs: RecordedInputs) -> _Side:
    entries: dict[PackageName, tuple[LockedPackage, ...]] = {}
    for package in lock.packages:
        entries[package.name] = (*entries.get(package.name, ()), package)
    return _Side(lock, inputs, entries)


class _Merging:
    def __init__(self, base: _Side, ours: _Side, theirs: _Side) -> None:
        self._sides = (base, ours, theirs)
        merged = merge_inputs(base.inputs, ours.inputs, theirs.inputs)
        self._recorded = merged.inputs
        self._contested = list(merged.contested)
        if _terms(ours) != _terms(theirs):
            self._contested.append("the terms that versions are chosen on")
        self._forks, is_contested = three_way(*(side.lock.forks for side in self._sides))
        if is_contested:
            self._contested.append("the environments that were solved apart")
        self._is_head_contested = bool(self._contested)
        self._pins = {name: self._merged(name) for name in sorted({*ours.entries, *theirs.entries})}
        self._contested += (f"`{name}`" for name, pins in self._pins.items() if pins.is_contested)

    # ---- pins ----------------------------------------------------------------------------------

    def _merged(self, name: PackageName) -> _Pins:
        """Merge the entries of a name; what one side has not stays, to be dropped where nothing needs it."""
        base, ours, theirs = (side.entries.get(name, ()) for side in self._sides)
        found: dict[LockedPackage, list[LockedPackage]] = {}
        where: dict[LockedPackage, Marker] = {}
        for our, our_marker in _with_rest(ours):
            for their, their_marker in _with_rest(theirs):
                both = markers.and_(our_marker, their_marker)
                for was, its_marker in _with_rest(base):
                    cell = markers.and_(both, its_marker)
                    if cell == markers.NEVER or (our is None and their is None):
                        continue
                    core, is_contested = _core_of(was, our, their)
                    if is_contested:
                        return _Pins((), is_contested=True)
                    found.setdefault(core, []).extend(p for p in (our, their) if p and _core(p) == core)
                    where[core] = markers.or_(where.get(core, markers.NEVER), cell)
        if len(found) > max(len(ours), len(theirs)):
            return _Pins((), is_contested=True)  # versions beside each other that neither side had so
        entries = []
        for core, alike in found.items():
            extras = {extra: lines for package in alike for extra, lines in package.extras}
            # The one version there is may serve more extras and groups, and no other environments.
            most = markers.environment_only(where[core]) if len(found) == 1 else where[core]
            entries.append(
                alike[0]._replace(marker=markers.render(most), extras=tuple(sorted(extras.items())))
            )
        return _Pins(tuple(sorted(entries, key=_order)))

    # ---- a whole lock --------------------------------------------------------------------------

    def whole(self) -> Merged | None:
        """Give the merged lock where nothing is contested and it is proven; else note what is against it."""
        if self._contested:
            return None
        try:
            name = _project_name(*self._sides[1:])
            if name is None:
                self._contested.append("all that changed: one of the two locks is not whole itself")
                return None
            inputs = self._recorded.as_inputs(name, "")
            lock = self._closed(inputs)
            faults = _faults(inputs, lock) if lock is not None else ("an extra is new to it",)
        except ValueError as error:
            lock, faults = None, (str(error),)
        if lock is not None and not faults:
            return Merged(render_lock(lock))
        self._contested += (f"all that changed: {fault}" for fault in faults)
        return None

    def _closed(self, inputs: Inputs) -> Lock | None:
        """Find markers, extras and edges anew; ``None`` where an extra is asked for that nobody looked at."""
        entries = tuple(entry for pins in self._pins.values() for entry in pins.entries)
        _, ours, _ = self._sides
        lock = ours.lock._replace(
            packages=entries,
            extras=tuple(name for name, _ in inputs.extras),
            groups=tuple(name for name, _ in inputs.groups),
            created_by=three_way(*(side.lock.created_by for side in self._sides))[0],
            forks=self._forks,
            inputs=self._recorded,
        )
        graph = Graph(lock)
        reach = reached(inputs, graph)
        if any(extra and extra not in dict(entries[entry].extras) for entry, extra in reach):
            return None
        care = markers.and_(markers.requires_python(inputs.requires_python), inputs.adjustments.scope())
        alike: dict[PackageName, list[LockedPackage]] = {}
        for entry, package in enumerate(entries):
            if (entry, "") in reach:
                alike.setdefault(package.name, []).append(package)
        packages = []
        for entry, package in enumerate(entries):
            if (entry, "") not in reach:
                continue
            extras = tuple((extra, lines) for extra, lines in package.extras if (entry, extra) in reach)
            ends = self._ends(graph, reach, entry)
            packages.append(
                package._replace(
                    marker=markers.render(markers.restrict(reach[entry, ""], care)),
                    extras=extras,
                    dependencies=tuple(edge_to(entries[end], alike[entries[end].name]) for end in ends),
                )
            )
        return lock._replace(packages=tuple(packages))

    @staticmethod
    def _ends(graph: Graph, reach: Mapping[tuple[int, str], Marker], entry: int) -> list[int]:
        """Give the entries that one depends on, in their order."""
        package = graph.packages[entry]
        found = set()
        for extra in ("", *(extra for extra, _ in package.extras)):
            where = reach.get((entry, extra), markers.NEVER)
            for need in graph.needs(entry, extra) if where != markers.NEVER else ():
                here = markers.and_(where, need.marker)
                found |= {end for end in need.answers if not markers.disjoint(here, graph.markers[end])}
        return sorted(end for end in found if graph.packages[end].name != package.name)

    # ---- a conflict ----------------------------------------------------------------------------

    def marked(self) -> Merged:
        """Give the text with what is contested between conflict markers."""
        base, ours, theirs = self._sides
        is_all = not self._is_head_contested and not any(p.is_contested for p in self._pins.values())
        lines: list[str] = []
        if self._is_head_contested or is_all:
            lines += _hunk(*(_head_lines(side.lock) if side.lock.inputs else [] for side in self._sides))
        else:
            merged = ours.lock._replace(
                extras=tuple(ExtraName(name) for name, _ in self._recorded.extras),
                groups=tuple(GroupName(name) for name, _ in self._recorded.groups),
                forks=self._forks,
                inputs=self._recorded,
            )
            lines += _head_lines(merged)
        for name, pins in self._pins.items():
            entries = [side.entries.get(name, ()) for side in (base, ours, theirs)]
            whole, differs = three_way(*entries)
            if pins.is_contested or (is_all and entries[1] != entries[2]):
                lines += _hunk(*(list(_lines(side)) for side in entries))
            else:
                lines += _lines(pins.entries if differs else whole)
        return Merged("\n".join(lines) + "\n", tuple(self._contested))


def _faults(inputs: Inputs, lock: Lock) -> tuple[str, ...]:
    """Say what keeps a lock from being one that a resolution wrote; raises :class:`ValueError`."""
    return closure_faults(inputs, lock) or tuple(derived_faults(inputs, lock))


def _project_name(*sides: _Side) -> PackageName | None:
    """Find the project's name, which no lock says: with it these are whole; empty where it is not needed."""
    names = {
        requirement.name
        for side in sides
        for _, _, text in side.inputs.lines()
        if (requirement := parse_requirement(text)).extras and requirement.name not in side.entries
    }
    for name in (PackageName(""), *sorted(names)):
        if not any(closure_faults(side.inputs.as_inputs(name, ""), side.lock) for side in sides):
            return name
    return None


def _terms(side: _Side) -> tuple[object, ...]:
    inputs = side.inputs
    return (
        inputs.requires_python,
        inputs.options,
        inputs.adjustments,
        inputs.indexes,
        side.lock.environments,
    )


def _with_rest(packages: Sequence[LockedPackage]) -> Iterator[tuple[LockedPackage | None, Marker]]:
    """Give the entries with their markers, and where there is none."""
    rest = markers.ALWAYS
    for package in packages:
        where = markers.parse(package.marker)
        yield package, where
        rest = markers.and_(rest, markers.not_(where))
    yield None, rest


def _core(package: LockedPackage) -> LockedPackage:
    """Leave out what follows from the rest of the lock."""
    return package._replace(marker="", dependencies=(), extras=())


def _core_of(
    base: LockedPackage | None, ours: LockedPackage | None, theirs: LockedPackage | None
) -> tuple[LockedPackage, bool]:
    """Give what is locked in one environment, and whether it is contested."""
    if ours is None or theirs is None:
        one = ours or theirs
        assert one is not None  # noqa: S101 -- the caller has one of them
        return _core(one), False
    was = None if base is None else _core(base)
    found, is_contested = three_way(was, _core(ours), _core(theirs))
    return found or _core(ours), is_contested


def _order(package: LockedPackage) -> tuple[Version, tuple[str, ...]]:
    return Version(package.known_version or "0"), source_order(package)


def _lines(packages: Iterable[LockedPackage]) -> Iterator[str]:
    for package in packages:
        yield ""
        yield from entry_lines(package)


def _head_lines(lock: Lock) -> list[str]:
    lines = render_lock(lock._replace(packages=())).splitlines()
    return [line for line in lines if line != _NO_PACKAGES] if lock.packages else lines


def _hunk(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """Put three versions between markers as git's style `diff3` does, what begins and ends all apart."""
    if ours == theirs:
        return list(ours)
    first = sum(1 for _ in takewhile(_alike, zip(base, ours, theirs, strict=False)))
    rest = [lines[first:] for lines in (base, ours, theirs)]
    last = sum(1 for _ in takewhile(_alike, zip(*(reversed(lines) for lines in rest), strict=False)))
    was, our, their = (lines[: len(lines) - last] for lines in rest)
    return [
        *ours[:first],
        "<<<<<<< ours",
        *our,
        "||||||| base",
        *was,
        "=======",
        *their,
        ">>>>>>> theirs",
        *ours[len(ours) - last :],
    ]


def _alike(lines: tuple[str, ...]) -> bool:
    return len(set(lines)) == 1
