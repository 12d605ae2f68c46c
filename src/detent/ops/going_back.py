"""What could go back once something is gone: versions that a requirement held which nobody has any more.

Nothing is moved. Removing a package leaves every other one where it is; this says what else could be.
"""

from collections.abc import Callable, Iterator

from detent.errors import DetentError
from detent.events import ignore
from detent.lock.model import Lock, LockedPackage
from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.markers import Marker
from detent.model.requirement import InvalidRequirement, PackageName, parse_requirement
from detent.model.specifiers import clause_contains, parse_clauses
from detent.named import NamedTuple
from detent.ops.discover import Project
from detent.ops.lock import LockOutcome
from detent.ops.question import Question
from detent.ops.unbuilt import take_unbuilt
from detent.ops.upgrade import Upgrade
from detent.ops.world import World

_PATIENCE_SECONDS = 5
"""How long a hint may be searched for."""


class _Hold(NamedTuple):
    """A bound that is gone."""

    name: PackageName
    """On which package."""
    specifier: str
    by: str
    """Who had it, as a message names it."""

    def lets_in(self, version: str) -> bool:
        return all(clause_contains(clause, version) for clause in parse_clauses(self.specifier))


def may_go_back(world: World, edited: Callable[[], tuple[Project, Inputs]], outcome: LockOutcome) -> str:
    """Say which packages stay at a version that only what is gone asked for; empty for none.

    The resolver is asked where something that is gone had a bound on something that stays, else not.
    """
    if outcome.before is None:
        return ""
    holds = _departed_holds(outcome.before.lock, outcome.lock)
    names = sorted({hold.name for hold in holds})
    if not names:
        return ""
    freed = _freed(world, *edited(), outcome.lock, names)
    if freed is None:
        return ""
    told, moved = [], []
    for name in names:
        now, then = _versions(outcome.lock, name), _versions(freed, name)
        more = {version: _more(now.get(version), where) for version, where in then.items()}
        new = [version for version, where in more.items() if where != markers.NEVER]
        hold = next((h for h in holds if h.name == name and any(not h.lets_in(v) for v in new)), None)
        if hold is not None:
            moved.append(name)
            back = ", ".join(
                f"{version} (where {markers.render(more[version])})" if version in now else version
                for version in new
            )
            told.append(
                f"`{name}` is kept at {', '.join(now)} and could go back to {back}, "
                f"which {hold.by} did not allow"
            )
    if not moved:
        return ""
    return f"{'; '.join(told)}; run `detent lock {' '.join(f'-P {name}' for name in moved)}`"


def _departed_holds(old: Lock, new: Lock) -> tuple[_Hold, ...]:
    """Give the bounds that entries which are gone, and lines which are gone, had on entries that stay."""
    there = {package.name for package in new.packages}
    kept = {(package.name, package.version) for package in new.packages}
    found = [
        hold
        for package in old.packages
        if (package.name, package.version) not in kept
        for hold in _holds_of(package)
    ]
    if old.inputs is not None and new.inputs is not None:
        stays = {text for _, _, text in new.inputs.lines()}
        gone = sorted({text for _, _, text in old.inputs.lines()} - stays)
        found += (hold for text in gone for hold in _hold(text, f"`{text}`"))
    return tuple(dict.fromkeys(hold for hold in found if hold.name in there))


def _holds_of(package: LockedPackage) -> Iterator[_Hold]:
    for texts in (package.requires, *(needs for _, needs in package.extras)):
        for text in texts:
            yield from _hold(text, f"`{package.name}`")


def _hold(text: str, by: str) -> Iterator[_Hold]:
    try:
        requirement = parse_requirement(text)
    except InvalidRequirement:
        return  # of a lock somebody edited: a hint is not worth an error
    if requirement.specifier:
        yield _Hold(requirement.name, requirement.specifier, by)


def _freed(
    world: World, project: Project, inputs: Inputs, lock: Lock, names: list[PackageName]
) -> Lock | None:
    """Find the lock where these may move; ``None`` where that cannot be found out by the way."""
    limits = world.limits._replace(search_seconds=min(world.limits.search_seconds, _PATIENCE_SECONDS))
    unbuilt = len(world.releases.unbuilt)
    upgrade = Upgrade(packages=tuple(names))
    question = Question(inputs, lock, upgrade, root=project.root, texts=project.texts())
    try:
        return world.resolver()(world._replace(report=ignore, limits=limits), question)
    except DetentError:
        return None
    finally:
        world.releases.save()
        take_unbuilt(world, unbuilt)


def _versions(lock: Lock, name: PackageName) -> dict[str, Marker]:
    """Give the versions of a package, oldest first, each with where it is locked."""
    return {
        package.version: markers.environment_only(markers.parse(package.marker))
        for package in lock.packages
        if package.name == name
    }


def _more(now: Marker | None, then: Marker) -> Marker:
    """Where a version would be locked and is not."""
    return then if now is None else markers.and_(then, markers.not_(now))
