"""What of the lock could be newer: what it has, what an upgrade would come to, and what the index has.

What is allowed is found by solving once as `detent lock --upgrade` would; nothing is written. A newer version
that is not allowed has somebody who holds it back, or waits until it is old enough.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from packaging.version import Version

from detent.errors.lock import LockMissing
from detent.errors.usage import UnknownGroup
from detent.events import Event, Notice
from detent.lock.model import Lock, LockedPackage
from detent.lock.why import Asker, Reasons
from detent.model import markers
from detent.model.cutoffs import Cutoffs
from detent.model.inputs import Inputs
from detent.model.names import GroupName, PackageName, normalise
from detent.model.specifiers import clause_contains, parse_clauses
from detent.model.versions import Listing, newest
from detent.named import NamedTuple
from detent.ops.discover import LOCK_NAME, Project
from detent.ops.latest import latest_of, listing_of, told_of
from detent.ops.lock import lock_project, project_inputs
from detent.ops.policy import policy_of
from detent.ops.stored_lock import read_lock
from detent.ops.upgrade import Upgrade
from detent.ops.why import made_from
from detent.ops.world import World
from detent.resolve.policy import Cause, Rules, rules_for
from detent.resolve.preferences import names_of_group, preferences_from


class OutdatedOptions(NamedTuple):
    """What to look at."""

    everything: bool = False
    """Also what is up to date."""
    direct: bool = False
    """Only what the project itself asks for."""
    groups: tuple[str, ...] = ()
    """Only what these dependency groups ask for."""


class Holder(NamedTuple):
    """What keeps a package from its newest version."""

    requirement: str = ""
    asker: Asker | None = None
    """Whose requirement it is."""
    reason: str = ""
    """Or why the version itself may not be chosen, as a phrase."""


class Waiting(NamedTuple):
    """A newer version that is not old enough yet."""

    version: str
    day: str
    """From when on it may be chosen, as a date; empty where that is never by itself."""


class Row(NamedTuple):
    """One package of the lock."""

    name: PackageName
    index: str  # type: ignore[assignment]  # as in an entry
    current: tuple[str, ...]
    """Oldest first; several where environments differ."""
    allowed: tuple[str, ...]
    """What an upgrade comes to; empty where it would not be needed any more."""
    latest: str
    """The newest on its index; empty where that has none."""
    holders: tuple[Holder, ...]
    waiting: Waiting | None

    @property
    def is_outdated(self) -> bool:
        """Whether there is anything newer, allowed or not."""
        if self.allowed != self.current or not self.latest:
            return self.allowed != self.current
        return all(Version(version) < Version(self.latest) for version in self.current)


def outdated(world: World, project: Project, options: OutdatedOptions) -> tuple[Row, ...]:
    """Look at every package that comes from an index.

    Raises :class:`LockMissing`, :class:`UnknownGroup`, and what locking raises.
    """
    inputs = project_inputs(world, project)
    stored = read_lock(world.layout, project)
    if stored is None:
        raise LockMissing(LOCK_NAME, "detent outdated")
    asked = _asked(project, inputs, options)

    def without_notices(event: Event) -> None:
        if not isinstance(event, Notice):  # what they say is of a lock that nobody writes
            world.report(event)

    quiet = world._replace(report=without_notices)
    after = lock_project(quiet, project, inputs, Upgrade(everything=True), before=stored).lock
    looking = _Looking(world, inputs, after, Reasons(after, made_from(project, after)))
    found = [
        looking.row(name, entries)
        for name, entries in _by_name(stored.lock).items()
        if asked is None or name in asked
    ]
    return tuple(row for row in found if options.everything or row.is_outdated)


def _asked(project: Project, inputs: Inputs, options: OutdatedOptions) -> frozenset[PackageName] | None:
    """Give the names that are asked about; ``None``: all."""
    groups = dict(inputs.groups)
    found: set[PackageName] = set()
    for text in options.groups:
        group = GroupName(normalise(project.group_in_lock(text)))
        if group not in groups:
            raise UnknownGroup(text, groups, where="the `dependency-groups` table")
        found |= names_of_group(inputs, group)
    if options.direct and not options.groups:
        found = {root.requirement.name for root in inputs.roots()}
    return frozenset(found) if options.direct or options.groups else None


def _by_name(lock: Lock) -> dict[PackageName, list[LockedPackage]]:
    found: dict[PackageName, list[LockedPackage]] = {}
    for package in lock.packages:
        if package.index:
            found.setdefault(package.name, []).append(package)
    return found


class _Looking:
    """What is needed to judge a package."""

    def __init__(self, world: World, inputs: Inputs, after: Lock, reasons: Reasons) -> None:
        self._world = world
        self._inputs = inputs
        self._after = _by_name(after)
        self._reasons = reasons
        policy = policy_of(world.settings, world.releases.index_of)
        self._cutoffs: Cutoffs = policy.cutoffs
        self._rules: Rules = rules_for(policy, inputs.roots(), preferences_from(None), inputs.adjustments)

    def row(self, name: PackageName, entries: Sequence[LockedPackage]) -> Row:
        listing = listing_of(self._world, self._inputs, name)
        current = _versions(entries)
        allowed = _versions(self._after.get(name, ()))
        candidates = told_of(listing, (*current, *allowed))
        number = latest_of(listing, (*current, *allowed))
        latest = listing.release(number).version if number else ""
        holders: tuple[Holder, ...] = ()
        if latest and allowed and Version(latest) > Version(allowed[-1]):
            holders = tuple(dict.fromkeys(self._holders(name, listing, number)))
        waiting = self._waiting(name, listing, candidates, (*current, *allowed))
        return Row(name, entries[0].index, current, allowed, latest, holders, waiting)

    def _holders(self, name: PackageName, listing: Listing, number: int) -> Iterator[Holder]:
        """Say whose requirement leaves a version out; where nobody's does, what hides it or what it needs."""
        requirements = [
            Holder(str(ask.requirement), ask.asker)
            for ask in self._reasons.asks(name)
            if not listing.mask(ask.requirement.specifier) >> number & 1
        ]
        if requirements:
            yield from requirements
            return
        hidden = self._rules.allowed(listing).hidden
        reasons = [h.reason for h in hidden if h.mask >> number & 1 and h.cause is not Cause.TOO_NEW]
        is_late = any(h.mask >> number & 1 for h in hidden if h.cause is Cause.TOO_NEW)
        reasons += self._python(listing.release(number).requires_python)
        if reasons:
            yield from (Holder(reason=reason) for reason in reasons)
        elif not is_late:  # what waits is told as waiting
            yield from self._clashes(name, number)

    def _python(self, needed: str) -> Iterator[str]:
        every = self._inputs.requires_python
        try:
            is_fit = not needed or markers.implies(
                markers.requires_python(every) if every else markers.ALWAYS, markers.requires_python(needed)
            )
        except ValueError:
            return  # what cannot be read asks for nothing
        if not is_fit:
            yield f"needs Python {needed}"

    def _clashes(self, name: PackageName, number: int) -> Iterator[Holder]:
        """Give what a version needs of another package that does not go with the one an upgrade comes to."""
        release = self._world.releases.listing(name).release(number)
        metadata = self._world.releases.metadata(name, number) if release.has_wheel else None
        for dependency in metadata.base if metadata is not None else ():
            others = [p.known_version for p in self._after.get(dependency.name, ()) if p.known_version]
            clauses = parse_clauses(dependency.specifier)
            fits = [all(clause_contains(clause, other) for clause in clauses) for other in others]
            if others and not any(fits):
                yield Holder(reason=f"needs {dependency.name}{dependency.specifier}")

    def _waiting(
        self, name: PackageName, listing: Listing, candidates: int, there: Sequence[str]
    ) -> Waiting | None:
        hidden = self._rules.allowed(listing).hidden
        late = sum(h.mask for h in hidden if h.cause is Cause.TOO_NEW) & candidates
        number = newest(late)
        if not number:
            return None
        release = listing.release(number)
        if there and Version(release.version) <= max(map(Version, there)):
            return None
        cutoff = self._cutoffs.cutoff(name)
        age = cutoff.age_seconds if cutoff is not None else None
        if age is None or release.uploaded_at is None:
            return Waiting(release.version, "")
        day = datetime.fromtimestamp(release.uploaded_at + age, UTC).date().isoformat()
        return Waiting(release.version, day)


def _versions(entries: Sequence[LockedPackage]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry.version for entry in entries if entry.version))
