"""What two locks pin, merged by name and environment: a lock to prefer versions by, not one to install.

A side that changed what the base has wins. Where both did, the newer version is preferred: whatever one side
asks for, a lower bound or a fix, it has a better chance to allow the other's, and the choice is the same
whichever side is called ours, which a rebase turns round. What is kept in the end is the resolver's to say.
"""

from collections.abc import Sequence

from packaging.version import Version

from detent.lock.merged_inputs import merge_inputs, three_way
from detent.lock.model import Contest, Direct, Lock, LockedPackage, Won
from detent.model import markers
from detent.model.markers import Marker
from detent.model.names import PackageName
from detent.named import NamedTuple

_RESOLUTION = "resolution"


class _Pin(NamedTuple):
    """What is decided about a name in one environment."""

    version: str
    held_version: str
    index: str  # type: ignore[assignment]  # as in an entry
    direct: Direct | None


def merge_pins(base: Lock | None, ours: Lock, theirs: Lock) -> Lock:
    """Give a lock with the entries to prefer; those of a name do not overlap, as far as each side's do not.

    Where the sides choose versions by another `resolution`, only the pins of the one whose idea counts do.
    """
    was = base if base is not None else Lock("", ())
    inputs = ours.inputs or theirs.inputs
    if ours.inputs is not None and theirs.inputs is not None:
        inputs = merge_inputs(was.inputs, ours.inputs, theirs.inputs).inputs
        ideas = [dict(side.options).get(_RESOLUTION) for side in (ours.inputs, theirs.inputs)]
        if ideas[0] != ideas[1]:
            return ours if dict(inputs.options).get(_RESOLUTION) == ideas[0] else theirs
    sides = [_by_name(lock) for lock in (was, ours, theirs)]
    packages = [
        package
        for name in sorted({*sides[1], *sides[2]})
        for package in _merged(*(side.get(name, ()) for side in sides))
    ]
    forks, _ = three_way(was.forks, ours.forks, theirs.forks)
    return ours._replace(packages=tuple(packages), inputs=inputs, forks=forks)


def _by_name(lock: Lock) -> dict[PackageName, tuple[LockedPackage, ...]]:
    found: dict[PackageName, tuple[LockedPackage, ...]] = {}
    for package in lock.packages:
        found[package.name] = (*found.get(package.name, ()), package)
    return found


def _pin(package: LockedPackage) -> _Pin:
    return _Pin(package.version, package.held_version, package.index, package.direct)


def _merged(
    base: Sequence[LockedPackage], ours: Sequence[LockedPackage], theirs: Sequence[LockedPackage]
) -> list[LockedPackage]:
    """Merge the entries of a name."""
    if not ours or not theirs:
        return list(
            ours or theirs
        )  # a preference for what is gone does nothing, and one for what is new does
    whole, is_contested = three_way(tuple(base), tuple(ours), tuple(theirs))
    if not is_contested:
        return list(whole)
    chosen: dict[_Pin, tuple[LockedPackage, Marker]] = {}
    for our, where in _with_rest(ours):
        for their, their_where in _with_rest(theirs):
            here = markers.and_(where, their_where)
            for was, its_where in _with_rest(base):
                cell = markers.and_(here, its_where)
                winner = None if cell == markers.NEVER else _winner(was, our, their)
                if winner is not None:
                    first, before = chosen.get(_pin(winner), (winner, markers.NEVER))
                    chosen[_pin(winner)] = (first, markers.or_(before, cell))
    entries = [package._replace(marker=markers.render(where)) for package, where in chosen.values()]
    return sorted(entries, key=lambda package: (_order(package), package))


def _with_rest(packages: Sequence[LockedPackage]) -> list[tuple[LockedPackage | None, Marker]]:
    """Give the entries with their markers, and where there is none."""
    found: list[tuple[LockedPackage | None, Marker]] = []
    rest = markers.ALWAYS
    for package in packages:
        where = markers.parse(package.marker)
        found.append((package, where))
        rest = markers.and_(rest, markers.not_(where))
    return [*found, (None, rest)]


def _winner(
    base: LockedPackage | None, ours: LockedPackage | None, theirs: LockedPackage | None
) -> LockedPackage | None:
    if ours is None or theirs is None:
        return ours or theirs
    was = None if base is None else _pin(base)
    if _pin(ours) != _pin(theirs) and _pin(ours) == was:
        return theirs
    if _pin(theirs) == was or _pin(ours) == _pin(theirs):
        return ours
    return theirs if _order(theirs) > _order(ours) else ours


def _order(package: LockedPackage) -> Version:
    return Version(package.known_version or "0")


def won(base: Lock | None, ours: Lock, theirs: Lock, chosen: Lock) -> Won:
    """Hold a lock against those it was made of; without a base all that differs is contested."""
    was, our, their, now = (
        {name: tuple(map(_shown, entries)) for name, entries in _by_name(lock).items()}
        for lock in (base or Lock("", ()), ours, theirs, chosen)
    )
    counts = [0, 0]
    contests = []
    for name in sorted({*our, *their}):
        mine, yours, its = our.get(name, ()), their.get(name, ()), now.get(name, ())
        if mine == yours:
            continue
        counts[0] += its == mine
        counts[1] += its == yours
        if mine and yours and was.get(name) not in {mine, yours}:
            contests.append(Contest(name, mine, yours, its))
    return Won(counts[0], counts[1], tuple(contests))


def _shown(package: LockedPackage) -> str:
    commit = package.direct.commit[:12] if package.direct is not None else ""
    return " ".join(filter(None, (package.known_version, f"({commit})" if commit else "")))
