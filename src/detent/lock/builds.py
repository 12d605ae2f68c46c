"""What a lock holds builds to: which versions each gets, and whether they are what it asks for. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from detent.lock.model import BuildLock, BuildPin, Lock, LockedBuild, LockedPackage
from detent.model import markers
from detent.model.names import PackageName
from detent.model.requirement import InvalidRequirement, Requirement, parse_requirement
from detent.model.specifiers import clause_contains, parse_clauses
from detent.model.target import Target

OPTION = "lock-build-requirements"
_LEGACY = ("setuptools>=40.8.0",)
"""What a tree requires that has no `[build-system]` (PEP 517)."""

Built: TypeAlias = tuple[PackageName, str]
"""What is built: a package and its version; folders and repositories have none."""


def build_of(lock: BuildLock, built: Built) -> LockedBuild | None:
    """Give what a lock says of one build; ``None``: nothing."""
    return next((build for build in lock.builds if built in build.members), None)


def entries_of(lock: BuildLock, build: LockedBuild, target: Target) -> tuple[LockedPackage, ...]:
    """Give what a build gets on this target, sorted by name."""
    known = {(package.name, package.version): package for package in lock.packages}
    return tuple(
        known[pin.name, pin.version]
        for pin in build.pins
        if markers.evaluate(markers.parse(pin.marker), target.environment)
    )


def facts_of(lock: BuildLock, built: Built) -> tuple[object, ...]:
    """Give all that the outcome of a build rests on, for its key; empty where nothing is said of it."""
    known = {(package.name, package.version): package for package in lock.packages}
    found: dict[Built, object] = {}
    waiting = [built]
    while waiting:
        here = waiting.pop()
        build = build_of(lock, here) if here not in found else None
        if build is None:
            continue
        entries = [known[pin.name, pin.version] for pin in build.pins]
        found[here] = (build.pins, [_hashes(entry) for entry in entries])
        waiting += [(entry.name, entry.version) for entry in entries if entry.sdist is not None]
    return tuple(sorted((each, repr(said)) for each, said in found.items()))


def build_lock_of(lock: Lock, *, is_wanted: bool) -> BuildLock | None:
    """Give what a lock holds builds to; ``None`` where they take what is newest.

    ``is_wanted`` says that the project wants them held: then a lock that says nothing leaves them nothing.
    """
    said = lock.inputs is not None and OPTION in dict(lock.inputs.options)
    return BuildLock(lock.builds, lock.build_packages) if said or is_wanted else None


def built_of(package: LockedPackage) -> Built:
    """Say under which name and version the lock knows the build of an entry."""
    is_file = package.direct is None or package.direct.kind == "archive"
    return package.name, package.version if is_file else ""


def unmet(
    requirements: Iterable[Requirement], entries: Sequence[LockedPackage], target: Target
) -> Iterator[Requirement]:
    """Give the requirements that hold on this target, and that what a build gets does not meet."""
    versions = {entry.name: entry.version for entry in entries}
    for requirement in requirements:
        if not markers.evaluate(requirement.marker, target.environment):
            continue
        version = versions.get(requirement.name)
        clauses = parse_clauses(requirement.specifier)
        if version is None or not all(clause_contains(clause, version) for clause in clauses):
            yield requirement


def required_texts(requirements: Iterable[str]) -> tuple[str, ...]:
    """Give requirements as a lock writes them; what never holds is left out. ``ValueError`` for others."""
    found = map(parse_requirement, requirements)
    return tuple(sorted({str(each) for each in found if each.marker != markers.NEVER}))


def changed_builds(lock: Lock, said: Iterable[tuple[PackageName, object]]) -> Iterator[str]:
    """Say in words whose `[build-system]` is not what the lock was made from.

    ``said`` are the pyproject.toml of folders, parsed, by the package in each.
    """
    known = BuildLock(lock.builds)
    for name, manifest in said:
        build = build_of(known, (name, ""))
        now = _required_by(manifest)
        if now is None:
            continue
        if build is None:
            yield f"the lock does not say what the build of `{name}` needs"
        elif now != build.requires:
            yield _otherwise(f"`[build-system]` of `{name}`", ("requires", now), ("required", build.requires))


def differing_builds(was: BuildLock, now: BuildLock) -> Iterator[str]:
    """Say in words what builds need or get otherwise that two locks have both.

    Versions that came and went are told of the packages, once for all builds.
    """
    came, went = ({(p.name, p.version) for p in lock.packages} for lock in (now, was))
    moved = {name for name, _ in came ^ went}
    rows = sorted((built, build) for build in now.builds for built in build.members)
    for built, build in rows:
        before = build_of(was, built)
        if before is None:
            continue
        title = called(built)
        if build.requires != before.requires:
            who = f"`[build-system]` of `{title}`"
            yield _otherwise(who, ("requires", build.requires), ("required", before.requires))
        if build.asked != before.asked:
            who = f"the back end of `{title}`"
            yield _otherwise(who, ("asks for", build.asked), ("asked for", before.asked))
        gets, got = ([_pin(pin) for pin in each.pins if pin.name not in moved] for each in (build, before))
        if gets != got:
            yield _otherwise(f"the build of `{title}`", ("gets", gets), ("got", got))


def called(built: Built) -> str:
    """Name what is built, as messages do."""
    return "==".join(filter(None, built))


def _otherwise(who: str, now: tuple[str, Sequence[str]], was: tuple[str, Sequence[str]]) -> str:
    return f"{who} {now[0]} {_listed(now[1])} and {was[0]} {_listed(was[1])}"


def _pin(pin: BuildPin) -> str:
    return f"{pin.name}=={pin.version}" + (f"; {pin.marker}" if pin.marker else "")


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(f"`{text}`" for text in texts) or "nothing"


def _required_by(manifest: object) -> tuple[str, ...] | None:
    """Give what a parsed pyproject.toml requires; ``None`` where that cannot be read: the build complains."""
    if not isinstance(manifest, dict):
        return None
    system = manifest.get("build-system", {"requires": list(_LEGACY)})
    requires = system.get("requires") if isinstance(system, dict) else None
    if not isinstance(requires, list) or not all(isinstance(text, str) for text in requires):
        return None
    try:
        return required_texts(requires)
    except InvalidRequirement:
        return None


def _hashes(entry: LockedPackage) -> list[str]:
    files = (*entry.wheels, *((entry.sdist,) if entry.sdist is not None else ()))
    return [digest.value for file in files for digest in file.digests]
