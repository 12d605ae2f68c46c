"""Two locks, one after the other: which packages came, went and moved, and what else of them is another.

Only what a reader of a change has to know is told, as values: :mod:`detent.cli.diff_report` finds the words.
A package is compared by name; entries of one version are held against each other, file by file. Environments
are compared as sets, so that a marker that is written otherwise and means the same is no change. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from packaging.version import InvalidVersion, Version

from detent.lock.builds import differing_builds
from detent.lock.coverage import Supply, Target, supplies, targets
from detent.lock.diff import differing_inputs, version_of
from detent.lock.graph import scope
from detent.lock.model import BuildLock, Lock, LockedPackage
from detent.lock.two_files import Fact, file_facts, texts_fact
from detent.model import markers
from detent.model.candidate import Artifact
from detent.model.markers import Marker
from detent.model.names import PackageName
from detent.named import NamedTuple


class Move(NamedTuple):
    """A version that became another one in a part of the environments; empty: there was, or is, none."""

    before: str
    after: str
    where: str
    """Marker text; empty for all that both locks are for."""


class PackageChange(NamedTuple):
    """What is another about one package."""

    name: PackageName
    before: tuple[str, ...]
    """Versions, oldest first; empty for one that came."""
    after: tuple[str, ...]
    """Versions; empty for one that went."""
    origins: tuple[str, ...]
    """Where it comes from now, or came from: indexes, and sources of its own."""
    moves: tuple[Move, ...] = ()
    """Of one that has several versions: which became which, and where."""
    facts: tuple[Fact, ...] = ()

    @property
    def kind(self) -> str:
        """What happened to it: ``added``, ``removed``, ``updated``, ``downgraded``, or just ``changed``."""
        if not self.before:
            return "added"
        if not self.after:
            return "removed"
        if self.before == self.after:
            return "changed"
        return "downgraded" if _is_older(self.after, self.before) else "updated"


class Comparison(NamedTuple):
    """What changed between two locks."""

    inputs: tuple[str, ...]
    """How what they were made from differs, and what builds get of the same versions, in words."""
    packages: tuple[PackageChange, ...]
    """Sorted by name."""
    builds: tuple[PackageChange, ...] = ()
    """The same of what builds get, where that is locked."""
    new_indexes: tuple[str, ...] = ()
    """Those that nothing came from before."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed that is told here."""
        return not self.inputs and not self.packages and not self.builds


def compare(old: Lock | None, new: Lock | None) -> Comparison:
    """Say what changed; ``None`` is the side that has no lock.

    Raises :class:`~detent.model.adjustment_texts.UnreadableAdjustment` for a record that says nothing.
    """
    both = _Both(old, new)
    locked = [(lock.packages, lock.build_packages) if lock is not None else ((), ()) for lock in (old, new)]
    (packages, builds), (new_packages, new_builds) = locked
    known = _indexes((*packages, *builds))
    return Comparison(
        inputs=_inputs(old, new) if old is not None and new is not None else (),
        packages=tuple(both.packages(packages, new_packages)),
        # Builds are apart from each other: that several get other versions is no move of one.
        builds=tuple(change._replace(moves=()) for change in both.packages(builds, new_builds)),
        new_indexes=tuple(sorted(known and _indexes((*new_packages, *new_builds)) - known)),
    )


def _inputs(old: Lock, new: Lock) -> tuple[str, ...]:
    was, now = (BuildLock(lock.builds, lock.build_packages) for lock in (old, new))
    return (*differing_inputs(old, new), *differing_builds(was, now))


def _indexes(packages: Iterable[LockedPackage]) -> set[str]:
    return {package.index for package in packages} - {""}


def _by_name(packages: Iterable[LockedPackage]) -> dict[PackageName, tuple[LockedPackage, ...]]:
    found: dict[PackageName, tuple[LockedPackage, ...]] = {}
    for package in packages:
        found[package.name] = (*found.get(package.name, ()), package)
    return found


def _is_older(these: Sequence[str], those: Sequence[str]) -> bool:
    try:
        return max(map(_version, these)) < max(map(_version, those))
    except InvalidVersion:
        return False


def _version(text: str) -> Version:
    return Version(text.partition(" ")[0])


class _Both:
    """What is the same for all packages of the two."""

    def __init__(self, old: Lock | None, new: Lock | None) -> None:
        was, now = (scope(lock) if lock is not None else markers.ALWAYS for lock in (old, new))
        self._common = markers.and_(was, now)
        """Where both are for; elsewhere there is nothing to compare."""
        self._targets = targets(new) if new is not None else ()
        # Where the older lock is not for, nothing of a package that both have can be compared.
        self._shared = {target for target in self._targets if not markers.disjoint(target.where, was)}

    def packages(self, old: Iterable[LockedPackage], new: Iterable[LockedPackage]) -> Iterator[PackageChange]:
        before, after = _by_name(old), _by_name(new)
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                found = self._package(name, before.get(name, ()), after.get(name, ()))
                if found.kind != "changed" or found.facts:
                    yield found

    def _package(
        self, name: PackageName, old: Sequence[LockedPackage], new: Sequence[LockedPackage]
    ) -> PackageChange:
        before, after = _versions(old), _versions(new)
        origins = dict.fromkeys(map(origin_of, new or old))
        moves = () if before == after or max(len(before), len(after)) < 2 else tuple(self._moves(old, new))
        facts = tuple(self._facts(old, new))
        return PackageChange(name, before, after, tuple(origins), moves if before and after else (), facts)

    # ---- versions --------------------------------------------------------------------------------

    def _moves(self, old: Sequence[LockedPackage], new: Sequence[LockedPackage]) -> Iterator[Move]:
        was, now = self._regions(old), self._regions(new)
        for before, here in was.items():
            for after, there in now.items():
                region = markers.and_(here, there)
                if before != after and region != markers.NEVER:
                    yield Move(before, after, self._text(region))
        everywhere_before, everywhere_now = _union(was.values()), _union(now.values())
        for after, there in now.items():
            region = markers.and_(there, markers.not_(everywhere_before))
            if region != markers.NEVER:
                yield Move("", after, self._text(region))
        for before, here in was.items():
            region = markers.and_(here, markers.not_(everywhere_now))
            if region != markers.NEVER:
                yield Move(before, "", self._text(region))

    def _regions(self, packages: Iterable[LockedPackage]) -> dict[str, Marker]:
        """Give where each version counts, of what both locks are for."""
        found: dict[str, Marker] = {}
        for package in packages:
            here = markers.and_(markers.parse(package.marker), self._common)
            version = version_of(package)
            found[version] = markers.or_(found.get(version, markers.NEVER), here)
        return found

    def _text(self, region: Marker) -> str:
        kept = markers.restrict(region, self._common)
        return "" if kept == markers.ALWAYS else markers.render(kept)

    # ---- everything else -------------------------------------------------------------------------

    def _facts(self, old: Sequence[LockedPackage], new: Sequence[LockedPackage]) -> Iterator[Fact]:
        if old and new:
            alike = [version for version in _versions(old) if version in _versions(new)]
            yield from _origin_facts(old, new, alike)
            for version in alike:
                yield from self._same_version(version, old, new)
            yield from self._markers(old, new, alike)
            yield from texts_fact("attestations", _identities(old), _identities(new))
        if new:
            yield from self._supply(old, new)

    def _same_version(
        self, version: str, old: Sequence[LockedPackage], new: Sequence[LockedPackage]
    ) -> Iterator[Fact]:
        was, now = ([p for p in side if version_of(p) == version] for side in (old, new))
        yield from file_facts(_files(was), _files(now))
        requires = ({line for p in side for line in _requirements(p)} for side in (was, now))
        yield from texts_fact("requires", *requires)
        if any(p.is_built for p in now) != any(p.is_built for p in was):
            yield Fact("told-by-build" if any(p.is_built for p in now) else "not-told-by-build")

    def _markers(
        self, old: Sequence[LockedPackage], new: Sequence[LockedPackage], alike: Sequence[str]
    ) -> Iterator[Fact]:
        was, now = self._regions(old), self._regions(new)
        yield from self._marker("", _union(was.values()), _union(now.values()))
        if _versions(old) == _versions(new) and len(alike) > 1:
            for version in alike:
                yield from self._marker(version, was[version], now[version])

    def _marker(self, version: str, was: Marker, now: Marker) -> Iterator[Fact]:
        if was == now:
            return
        kind = "marker-changed"
        if markers.implies(was, now):
            kind = "marker-widened"
        elif markers.implies(now, was):
            kind = "marker-narrowed"
        # What holds nowhere is what the other lock is not for.
        before, after = ("never" if m == markers.NEVER else self._text(m) or "always" for m in (was, now))
        yield Fact(kind, (before,), (after,), of=version)

    def _supply(self, old: Sequence[LockedPackage], new: Sequence[LockedPackage]) -> Iterator[Fact]:
        """Say on which targets what there is to install became something else."""
        was, now = self._worst(old), self._worst(new)
        found: dict[str, list[Target]] = {}
        for target, supply in now.items():
            before = was.get(target)
            if supply is not before and (not old or target in self._shared):
                kind = _SUPPLY_KINDS.get((before, supply))
                if kind:
                    found.setdefault(kind, []).append(target)
        for kind, places in found.items():
            yield Fact(kind, where=_places(places, list(now)), is_loud=kind == "no-file")

    def _worst(self, packages: Sequence[LockedPackage]) -> dict[Target, Supply]:
        """Give what there is on each target where it is needed; of several entries, the least."""
        found: dict[Target, Supply] = {}
        for row in supplies(packages, self._targets):
            before = found.get(row.target, Supply.WHEEL)
            found[row.target] = max(before, row.supply, key=_ORDER.index)
        return found


_ORDER = (Supply.WHEEL, Supply.SDIST, Supply.NOTHING)
_SUPPLY_KINDS: Mapping[tuple[Supply | None, Supply], str] = {
    (None, Supply.SDIST): "needs-build",
    (Supply.WHEEL, Supply.SDIST): "needs-build",
    (Supply.NOTHING, Supply.SDIST): "needs-build",
    (None, Supply.NOTHING): "no-file",
    (Supply.WHEEL, Supply.NOTHING): "no-file",
    (Supply.SDIST, Supply.NOTHING): "no-file",
    (Supply.SDIST, Supply.WHEEL): "needs-no-build",
    (Supply.NOTHING, Supply.WHEEL): "has-file",
}


def _places(chosen: Sequence[Target], needed: Sequence[Target]) -> tuple[str, ...]:
    """Name targets: none for all where the package is needed, a platform alone for all of its Pythons.

    The same Pythons of all platforms are named alone.
    """
    if len(chosen) == len(needed):
        return ()
    pythons, all_pythons = _pythons_by_platform(chosen), _pythons_by_platform(needed)
    if len(pythons) == len(all_pythons) > 1 and len(set(pythons.values())) == 1:
        return (f"Python {', '.join(next(iter(pythons.values())))}",)
    return tuple(
        platform if found == all_pythons[platform] else f"{platform} ({', '.join(found)})"
        for platform, found in pythons.items()
    )


def _pythons_by_platform(targets: Iterable[Target]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for target in targets:
        found[target.platform] = (*found.get(target.platform, ()), target.python)
    return found


def _versions(packages: Iterable[LockedPackage]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(version_of, packages)))


def _union(regions: Iterable[Marker]) -> Marker:
    found = markers.NEVER
    for region in regions:
        found = markers.or_(found, region)
    return found


def _files(packages: Iterable[LockedPackage]) -> dict[str, Artifact]:
    return {
        file.filename: file
        for package in packages
        for file in (*package.wheels, *((package.sdist,) if package.sdist is not None else ()))
    }


def _identities(packages: Iterable[LockedPackage]) -> set[str]:
    return {text for package in packages for text in package.attestations}


def _requirements(package: LockedPackage) -> Iterator[str]:
    yield from package.requires
    for extra, lines in package.extras:
        yield from (f"{line} (extra {extra})" for line in lines)


def _origin_facts(
    old: Sequence[LockedPackage], new: Sequence[LockedPackage], alike: Sequence[str]
) -> Iterator[Fact]:
    """Say where a package comes from another place, version by version where there are the same."""
    told = set()
    for version in (*alike, ""):
        was, now = (
            dict.fromkeys(
                origin_of(p)
                for p in side
                if (version_of(p) == version if version else version_of(p) not in alike)
            )
            for side in (old, new)
        )
        if was and now and set(was) != set(now):
            fact = Fact("source", tuple(was), tuple(now), is_loud=True)
            if fact not in told:
                told.add(fact)
                yield fact


def origin_of(package: LockedPackage) -> str:
    """Say where an entry comes from, as a person reads it; empty where nobody wrote it down."""
    direct = package.direct
    if direct is None:
        return package.index
    below = f"#subdirectory={direct.subdirectory}" if direct.subdirectory else ""
    match direct.kind:
        case "vcs":
            asked = f"@{direct.revision}" if direct.revision else ""
            with_tree = [name for name in ("submodules", "lfs") if getattr(direct, name)]
            return f"{direct.vcs}+{direct.location}{asked}{below}" + "".join(f" with {n}" for n in with_tree)
        case "directory":
            how = "editable" if direct.editable else "" if direct.is_package else "never installed itself"
            return f"{direct.location}{below}" + (f" ({how})" if how else "")
        case _:
            return f"{direct.location}{below}"
