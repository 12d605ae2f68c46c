"""A lock as a graph: which entries answer which requirement, and where.

The requirements are the `requires` and `extras` lines of the entries; they are read when asked for, each
distinct text once. Whether an entry answers is decided by its version here, by its marker elsewhere.
"""

from packaging.version import Version

from detent.lock.edges import is_end
from detent.lock.model import Edge, Lock
from detent.model import markers
from detent.model.markers import Marker
from detent.model.requirement import ExtraName, PackageName, Requirement, parse_requirement
from detent.model.versions import Listing, Release, version_key
from detent.named import NamedTuple


class Need(NamedTuple):
    """A requirement as the lock can answer it; entries are meant by their place in ``lock.packages``."""

    requirement: Requirement
    extras: tuple[ExtraName, ...]
    marker: Marker
    answers: tuple[int, ...]
    """Entries of the name whose version is allowed."""
    others: tuple[int, ...]
    """Entries of the name whose version is not."""


class Graph:
    """The entries of a lock and what they need."""

    def __init__(self, lock: Lock) -> None:
        self.packages = lock.packages
        self.markers: tuple[Marker, ...] = tuple(markers.parse(p.marker) for p in lock.packages)
        self.scope = scope(lock)
        """Where the lock is for at all."""
        self.entries_by_name: dict[PackageName, tuple[int, ...]] = {}
        for number, package in enumerate(lock.packages):
            before = self.entries_by_name.get(package.name, ())
            self.entries_by_name[package.name] = (*before, number)
        self._needs_by_text: dict[str, Need] = {}
        self._listings: dict[PackageName, Listing] = {}

    def need(self, requirement: Requirement) -> Need:
        """Find the entries that answer a requirement; raises :class:`ValueError` on an invalid specifier."""
        entries = self.entries_by_name.get(requirement.name, ())
        answers = tuple(e for e in entries if self._is_allowed(e, requirement))
        others = entries if not answers else tuple(e for e in entries if e not in answers)
        return Need(
            requirement=requirement,
            extras=requirement.extras,
            marker=requirement.marker,
            answers=answers,
            others=others,
        )

    def disallowed(self, requirement: Requirement) -> tuple[int, ...]:
        """Give the entries of the name whose version is not allowed; :class:`ValueError` as for a need."""
        entries = self.entries_by_name.get(requirement.name, ())
        return tuple(entry for entry in entries if not self._is_allowed(entry, requirement))

    def needs(self, entry: int, extra: str = "") -> tuple[Need, ...]:
        """Give what an entry needs, or what one of its extras adds; :class:`ValueError` names a bad line."""
        package = self.packages[entry]
        lines = package.requires if not extra else dict(package.extras).get(ExtraName(extra), ())
        return tuple(map(self._need_of_text, lines))

    def title(self, entry: int, extra: str = "") -> str:
        """Name an entry for a person: `idna 3.11`, `uvicorn[standard] 0.54`."""
        package = self.packages[entry]
        bracket = f"[{extra}]" if extra else ""
        return f"{package.name}{bracket} {package.known_version}".rstrip()

    def ends(self, edge: Edge) -> tuple[int, ...]:
        """Give the entries that an edge may mean: one, in a lock that is right."""
        named = self.entries_by_name.get(edge.name, ())
        return tuple(entry for entry in named if is_end(edge, self.packages[entry]))

    def _need_of_text(self, text: str) -> Need:
        need = self._needs_by_text.get(text)
        if need is None:
            need = self._needs_by_text[text] = self.need(parse_requirement(text))
        return need

    def _is_allowed(self, entry: int, requirement: Requirement) -> bool:
        version = self.packages[entry].known_version
        if not requirement.specifier or not version:
            return True
        listing = self._listing(requirement.name)
        number = listing.number(version)
        return number is not None and listing.mask(requirement.specifier) >> number & 1 == 1

    def _listing(self, name: PackageName) -> Listing:
        listing = self._listings.get(name)
        if listing is None:
            versions = {self.packages[e].known_version for e in self.entries_by_name[name]} - {""}
            listing = self._listings[name] = Listing(name, tuple(map(_release, sorted(versions))))
        return listing


def scope(lock: Lock) -> Marker:
    """Give where a lock is for: its `requires-python`, any of its `environments`, no two exclusive extras.

    Raises :class:`~detent.model.adjustment_texts.UnreadableAdjustment` for a record that says nothing.
    """
    pythons = markers.requires_python(lock.requires_python) if lock.requires_python else markers.ALWAYS
    here = pythons
    if lock.inputs is not None and lock.inputs.adjustments:
        here = markers.and_(pythons, lock.inputs.adjusting()._replace(environments=()).scope())
    if not lock.environments:
        return here
    listed = markers.NEVER
    for text in lock.environments:
        listed = markers.or_(listed, markers.parse(text))
    return markers.and_(here, listed)


def _release(version: str) -> Release:
    return Release(
        version=version,
        key=version_key(Version(version)),
        requires_python="",
        has_wheel=True,
        has_sdist=False,
        yanked=False,
        uploaded_at=None,
    )
