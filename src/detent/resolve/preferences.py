"""What an old lock and the command line say about versions: keep these, unless they must move."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from detent.lock.model import Lock
from detent.model import markers
from detent.model.inputs import Inputs
from detent.model.markers import Marker
from detent.model.requirement import GroupName, PackageName
from detent.named import NamedTuple

_NOTHING: Final[Mapping[PackageName, str]] = MappingProxyType({})
_NOTHING_LOCKED: Final[Mapping[PackageName, tuple[tuple[str, Marker], ...]]] = MappingProxyType({})


class Preferences(NamedTuple):
    """Versions to try first, and versions to hold to."""

    locked: Mapping[PackageName, tuple[tuple[str, Marker], ...]] = _NOTHING_LOCKED
    """Per package the versions of the old lock, each with the marker of its entry; or, where it has none,
    those a lock of another tool had."""
    pins: Mapping[PackageName, str] = _NOTHING
    """`==V` of `--upgrade-package NAME==V`: obeyed, never written down."""
    first: frozenset[PackageName] = frozenset()
    """What was named to be upgraded: of the project's own requirements these are chosen first, so that what
    is locked gives way to them and not they to it."""


NO_PREFERENCES = Preferences()


def preferences_from(
    lock: Lock | None,
    *,
    upgrade: Mapping[PackageName, str] | None = None,
    imported: Mapping[PackageName, tuple[str, ...]] | None = None,
) -> Preferences:
    """Take the versions of a lock, whoever wrote it, as preferences.

    ``upgrade`` names packages that are free to move, each with a specifier it is held to (may be empty).
    ``imported`` are versions of a lock in another form, preferred wherever this lock has none; of several the
    newest that fits is taken.
    """
    free = upgrade or {}
    locked: dict[PackageName, tuple[tuple[str, Marker], ...]] = {}
    if lock is not None:
        for package in lock.packages:
            if package.version and package.name not in free:
                entry = (package.version, markers.parse(package.marker))
                locked[package.name] = (*locked.get(package.name, ()), entry)
    if imported is not None:
        for name, versions in imported.items():
            if name not in locked and name not in free:
                locked[name] = tuple((version, markers.ALWAYS) for version in versions)
    pins = {name: specifier for name, specifier in free.items() if specifier}
    return Preferences(locked, pins, frozenset(free))


def names_of_group(inputs: Inputs, group: GroupName) -> frozenset[PackageName]:
    """Give the packages a dependency group asks for itself, as `--upgrade-group` frees them.

    Groups it includes and extras of the project it names are part of it; what those packages need is not.
    """
    return frozenset(
        root.requirement.name for root in inputs.roots() if group in markers.mentions(root.gate)[1]
    )


def seeds_from(lock: Lock | None) -> tuple[Marker, ...]:
    """Give the environments that were solved apart when the lock was made, to begin with them."""
    return tuple(markers.parse(text) for text in lock.forks) if lock is not None else ()
