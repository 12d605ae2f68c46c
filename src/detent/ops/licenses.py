"""Licenses: what each locked package says of its licence, held against those that are allowed.

Nothing is concluded from the text of a licence, and nobody is believed more than themselves: what a package
says is looked up in its metadata, and what cannot be told passes no policy.
"""

from collections.abc import Iterable, Mapping

from detent.errors import nearest
from detent.errors.project import SettingInvalid
from detent.errors.usage import NotLocked
from detent.lock.model import LockedPackage
from detent.lock.views import View, edges, view
from detent.model.about import About
from detent.model.licenses import License, Term, is_allowed, license_of, parse_term
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.ops.about import about
from detent.ops.discover import Project
from detent.ops.selection import Chosen, for_project, wanted_selection
from detent.ops.shown_lock import shown_lock
from detent.ops.shown_target import shown_target
from detent.ops.world import World


class LicensesOptions(NamedTuple):
    """Which packages to look at."""

    chosen: Chosen | None = None
    """Which extras and groups; ``None``: all of them."""
    ignored: tuple[PackageName, ...] = ()
    """Those the flags name, which must be there."""
    python_version: str = ""
    """For this Python alone; this, or the platform, given: of the interpreter's platform, or Python."""
    python_platform: str = ""
    locked: bool = False
    frozen: bool = False


class Row(NamedTuple):
    """One locked package."""

    package: LockedPackage
    license: License
    about: About
    needed_by: tuple[str, ...]
    """Who asks for it, sorted: packages, and the project as ``demo (extra: x)``."""
    is_allowed: bool | None
    """``None``: nothing is asked of it."""


class LicensesOutcome(NamedTuple):
    """What the packages say."""

    rows: tuple[Row, ...]
    """In the lock's order."""
    allowed: tuple[str, ...]
    """The policy, sorted; empty: there is none."""
    ignored: tuple[PackageName, ...]

    @property
    def refused(self) -> tuple[Row, ...]:
        """Give those that do not pass."""
        return tuple(row for row in self.rows if row.is_allowed is False)


def licenses(world: World, project: Project, options: LicensesOptions) -> LicensesOutcome:
    """Look at what is locked, locking first if needed; the project's own packages are not looked at.

    Raises :class:`SettingInvalid` for a licence that SPDX has not, :class:`NotLocked` for an ignored package
    that is not there, and what choosing extras and groups raises.
    """
    settings = world.settings
    allowed = {term for setting in settings.allowed_licenses for term in _terms(*setting)}
    target = shown_target(world, project, options.python_version, options.python_platform)
    lock, inputs = shown_lock(world, project, locked=options.locked, frozen=options.frozen)
    names = {package.name for package in lock.packages}
    for name in options.ignored:
        if name not in names:
            raise NotLocked(name, near=tuple(filter(None, (nearest(name, names),))))
    wanted = None if options.chosen is None else wanted_selection(lock, for_project(project, options.chosen))
    seen = view(
        lock,
        inputs,
        title=project.title,
        target=target,
        groups=None if wanted is None else wanted.groups,
        extras=None if wanted is None else wanted.extras,
        base=wanted is None or wanted.base,
    )
    needed_by = _needed_by(seen)
    own = {member.name for member in inputs.members} | {inputs.name}
    shown = {
        place: lock.packages[place] for place in sorted(needed_by) if lock.packages[place].name not in own
    }
    told = about(world, lock._replace(packages=tuple(shown.values())), project.root)
    rows = []
    for place, package in shown.items():
        said = told[package.name, package.known_version]
        found = license_of(said)
        passes = _passes(package.name, found, allowed, settings.unchecked_licenses)
        rows.append(Row(package, found, said, needed_by[place], passes))
    return LicensesOutcome(
        tuple(rows), tuple(sorted(map(str, allowed))), tuple(sorted(settings.unchecked_licenses))
    )


def _terms(texts: Iterable[str], origin: str) -> Iterable[Term]:
    for text in texts:
        try:
            yield parse_term(text)
        except ValueError as error:
            raise SettingInvalid(
                "allowed-licenses",
                f"`{text}` is no licence that SPDX knows ({error})",
                origin=origin,
            ) from error


def _passes(
    name: PackageName, found: License, allowed: set[Term], unchecked: frozenset[PackageName]
) -> bool | None:
    if not allowed or name in unchecked:
        return None
    return found.expression is not None and is_allowed(found.expression, allowed)


def _needed_by(seen: View) -> Mapping[int, tuple[str, ...]]:
    """Give who asks for each entry that is seen, by its place."""
    found: dict[int, set[str]] = {node.entry: set() for node in seen.starts if node.entry >= 0}
    for node, link in edges(seen):
        if node.entry >= 0:
            owner = str(seen.packages[node.entry].name)
        else:
            name, _ = seen.own_of(node)
            owner = f"{name} ({link.label})" if link.label else name
        if link.node.entry >= 0:
            found.setdefault(link.node.entry, set()).add(owner)
    return {place: tuple(sorted(owners)) for place, owners in found.items()}
