"""The part of a lock that some extras and groups come to, in every environment at once.

`lock.select` answers for one target; here the answer is markers that ask about the environment alone, for
files that other tools read. On every target of the lock both choose the same entries.
"""

from collections.abc import Iterable, Iterator, Sequence

from detent.errors import Unsupported
from detent.errors.lock import LockInvalid
from detent.lock.edges import edge_to, is_end
from detent.lock.gates import decided
from detent.lock.graph import Graph
from detent.lock.model import LOCK_NAME, Edge, Lock, LockedPackage
from detent.lock.select import Wanted
from detent.model import markers
from detent.model.markers import Marker
from detent.model.members import titles
from detent.model.requirement import ExtraName, PackageName, Requirement, parse_requirement
from detent.named import NamedTuple


class Taken(NamedTuple):
    """An entry of the excerpt."""

    package: LockedPackage
    marker: Marker
    """Where it is wanted, extras and groups decided: in the lock's environments, and what `requires-python`
    says is left out."""
    needed_by: tuple[str, ...]
    """Who asks for it, sorted: packages, and the project as ``demo``, ``demo (extra: x)`` or
    ``demo (group: x)``."""


def excerpt(
    lock: Lock, project: PackageName, wanted: Wanted, *, pruned: frozenset[PackageName] = frozenset()
) -> tuple[Taken, ...]:
    """Take what the extras and groups come to, in the lock's order; folders that are no packages are none.

    ``pruned`` packages are left out, and what nothing else needs with them. Raises :class:`LockInvalid`
    for a requirement in the lock that does not parse.
    """
    if lock.inputs is None and pruned:
        raise Unsupported(
            "no package can be pruned from this lock",
            why="another tool wrote it, and it does not say what the project itself asks for",
            next_steps=("run `detent lock` to write the lock anew",),
        )
    pythons = markers.requires_python(lock.requires_python) if lock.requires_python else markers.ALWAYS
    try:
        walk = _Walk(lock, project, wanted, pruned)
        walk.run()
    except ValueError as error:
        raise LockInvalid(LOCK_NAME, str(error)) from error
    is_whole = wanted.base and not pruned
    found = []
    for entry, package in enumerate(lock.packages):
        marker = walk.kept[entry] if is_whole else walk.reach.get((entry, ""), markers.NEVER)
        is_package = package.direct is None or package.direct.is_package
        if marker != markers.NEVER and is_package:
            needed_by = tuple(sorted(walk.needed_by.get(entry, ())))
            found.append(Taken(package, markers.restrict(marker, pythons), needed_by))
    return tuple(found)


class _Walk:
    """Where each entry is reached from what is wanted, and by whom."""

    def __init__(
        self,
        lock: Lock,
        project: PackageName,
        wanted: Wanted,
        pruned: frozenset[PackageName],
    ) -> None:
        self._lock = lock
        self._graph = Graph(lock)
        self._project = project
        self._wanted = wanted
        self._pruned = pruned
        self.kept = self._kept(wanted)
        """Where each entry's own marker holds; never for one that is pruned."""
        self.reach: dict[tuple[int, str], Marker] = {}
        """By entry and extra; with an empty extra the entry itself."""
        self.needed_by: dict[int, set[str]] = {}
        self._waiting: dict[tuple[int, str], None] = {}

    def _kept(self, wanted: Wanted) -> tuple[Marker, ...]:
        scope = decided(self._graph.scope, wanted.extras, wanted.groups)
        return tuple(
            markers.NEVER
            if package.name in self._pruned
            else markers.and_(decided(marker, wanted.extras, wanted.groups), scope)
            for package, marker in zip(self._lock.packages, self._graph.markers, strict=True)
        )

    def run(self) -> None:
        for owner, requirement, where in self._roots():
            need = self._graph.need(requirement)
            self._follow(owner, need.answers or need.others, need.extras, where)
        if self._lock.inputs is None:
            self._start_foreign()
        while self._waiting:
            place = next(iter(self._waiting))
            del self._waiting[place]
            where = self.reach[place]
            for answers, extras, marker in self._needs(*place):
                owner = self._graph.packages[place[0]].name
                self._follow(owner, answers, extras, markers.and_(where, marker))

    def _follow(self, owner: str, answers: Sequence[int], extras: Sequence[ExtraName], where: Marker) -> None:
        for entry in answers:
            here = markers.and_(where, self.kept[entry])
            if here == markers.NEVER:
                continue
            if owner != self._graph.packages[entry].name:
                self.needed_by.setdefault(entry, set()).add(owner)
            for extra in ("", *extras):
                self._arrive((entry, extra), here)

    def _arrive(self, place: tuple[int, str], where: Marker) -> None:
        before = self.reach.get(place, markers.NEVER)
        after = markers.or_(before, where)
        if after != before:
            self.reach[place] = after
            self._waiting[place] = None

    def _needs(self, entry: int, extra: str) -> Iterator[tuple[Sequence[int], Sequence[ExtraName], Marker]]:
        if self._lock.inputs is not None:
            for need in self._graph.needs(entry, extra):
                yield need.answers or need.others, need.extras, need.marker
        elif not extra:
            for edge in self._graph.packages[entry].dependencies:
                yield self._graph.ends(edge), (), markers.ALWAYS

    def _roots(self) -> Iterator[tuple[str, Requirement, Marker]]:
        """Give what the project asks for, its references to itself followed, each with its owner."""
        if self._lock.inputs is None:
            return
        adjustments = self._lock.inputs.adjusting()
        extras, groups = dict(self._lock.inputs.extras), dict(self._lock.inputs.groups)
        rows = [(f"{self._project} (extra: {e})", extras.get(e, ())) for e in sorted(self._wanted.extras)]
        of_members = titles(self._lock.inputs.members)
        rows += [
            (of_members.get(g, f"{self._project} (group: {g})".lstrip()), groups.get(g, ()))
            for g in sorted(self._wanted.groups)
        ]
        if self._wanted.base:
            rows.append((self._project, self._lock.inputs.dependencies))
        for owner, lines in rows:
            waiting = [(line, markers.ALWAYS) for line in lines]
            seen = set(waiting)
            while waiting:
                line, gate = waiting.pop()
                requirement = parse_requirement(line)
                where = markers.and_(gate, requirement.marker)
                if requirement.name != self._project:
                    if where != markers.NEVER:
                        for adjusted in adjustments.of_project(requirement):
                            yield owner, adjusted, markers.and_(gate, adjusted.marker)
                    continue
                more = [(text, where) for extra in requirement.extras for text in extras.get(extra, ())]
                waiting += [row for row in more if row not in seen]
                seen.update(more)

    def _start_foreign(self) -> None:
        """Start from the entries themselves: without the base, from those that only a group or extra has.

        A lock of another tool has no requirements; which entries belong to the base its markers say.
        """
        base = dict[PackageName, Marker]()
        if not self._wanted.base:
            for package, marker in zip(self._lock.packages, self._kept(Wanted()), strict=True):
                base[package.name] = markers.or_(base.get(package.name, markers.NEVER), marker)
        for entry, package in enumerate(self._lock.packages):
            outside = markers.not_(base.get(package.name, markers.NEVER))
            where = markers.and_(self.kept[entry], outside)
            if where != markers.NEVER:
                self._arrive((entry, ""), where)


def edges_within(taken: Iterable[Taken]) -> tuple[LockedPackage, ...]:
    """Give the entries of an excerpt, depending on one another and on nothing outside of it."""
    packages = [one.package for one in taken]
    by_name: dict[PackageName, list[LockedPackage]] = {}
    for package in packages:
        by_name.setdefault(package.name, []).append(package)

    def kept(edge: Edge) -> Iterator[Edge]:
        alike = by_name.get(edge.name, [])
        ends = [package for package in alike if is_end(edge, package)]
        if len(ends) == 1:
            yield edge_to(ends[0], alike)

    return tuple(
        package._replace(dependencies=tuple(e for edge in package.dependencies for e in kept(edge)))
        for package in packages
    )
