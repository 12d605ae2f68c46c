"""What the locked versions say of themselves: summary, licence, people and addresses, beyond what a lock has.

Taken from what is at hand: wheels of the lock that stand unpacked in the store, what was read of a file
before, the `[project]` table of a folder or a commit; else the index is asked, all packages side by side, for
METADATA of a file with a hash of the lock. Nothing is built, and nobody is asked offline: then less is known.
What was read is remembered for good, by the hash of its file.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar

from detent.errors.fetch import FetchError, MetadataInvalid
from detent.errors.lock import LockInvalid
from detent.errors.store import ArchiveUnsafe, FileTrouble
from detent.events import Detail, Notice
from detent.index.about import about_of_project, parse_about
from detent.lock.choice import Choice
from detent.lock.model import Lock, LockedPackage
from detent.model.about import About
from detent.model.candidate import Artifact
from detent.model.names import PackageName
from detent.ops.local import folder_in, tree_of_git
from detent.ops.world import World
from detent.ops.written import manifest_of
from detent.store.entry import read_metadata
from detent.store.records import read_record, write_record

Abouts: TypeAlias = Mapping[tuple[PackageName, str], About]
"""By name and version; every entry of the lock has one."""

_T = TypeVar("_T")

_RECORD = (b"about", 1)
_MOST_NAMES = 3


def about(world: World, lock: Lock, root: Path) -> Abouts:
    """Give what each locked version says of itself; paths in the lock are relative to ``root``.

    Of what cannot be read nothing is known, which is told in one warning.
    """
    found: dict[tuple[PackageName, str], About] = {}
    missing: list[LockedPackage] = []
    for package in lock.packages:
        known = _at_hand(world, package, root)
        found[_key(package)] = known or About(package.name, package.known_version)
        if known is None:
            missing.append(package)
    if missing and not world.settings.offline.value:
        found.update(_asked(world, missing))
    unknown = [package.name for package in lock.packages if not found[_key(package)].is_known]
    if unknown:
        world.report(Notice("warning", _nothing_known(unknown, is_offline=world.settings.offline.value)))
    return found


def _key(package: LockedPackage) -> tuple[PackageName, str]:
    return package.name, package.known_version


def _nothing_known(names: list[PackageName], *, is_offline: bool) -> str:
    names = sorted(set(names))
    shown = ", ".join(f"`{name}`" for name in names[:_MOST_NAMES])
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    where = " is at hand here, and `--offline` asks nobody" if is_offline else " could be read"
    return f"what {shown}{more} say{'s' if len(names) == 1 else ''} of licence and the like: nothing{where}"


# ---- what is at hand -------------------------------------------------------------------------


def _at_hand(world: World, package: LockedPackage, root: Path) -> About | None:
    direct = package.direct
    if direct is not None and direct.kind == "directory":
        return _of_folder(package, root / direct.location, direct.subdirectory)
    if direct is not None and direct.kind == "vcs":
        return _tried(world, partial(_of_git, world, package))
    for file in _files(package):
        known = _remembered(world, package, file) or _of_store(world, package, file)
        if known is not None:
            return known
    return None


def _files(package: LockedPackage) -> list[Artifact]:
    """Give the files that may speak for an entry, the same one first on every machine."""
    wheels = sorted(package.wheels, key=lambda f: (not f.filename.endswith("-none-any.whl"), f.filename))
    return [*wheels, *((package.sdist,) if package.sdist is not None else ())]


def _of_folder(package: LockedPackage, top: Path, subdirectory: str) -> About | None:
    folder = folder_in(top, subdirectory)
    raw = manifest_of(folder) if folder is not None else b""
    return about_of_project(raw, package.name, package.known_version) if raw else None


def _of_git(world: World, package: LockedPackage) -> About | None:
    tree = tree_of_git(Choice(package, Artifact("", "", ()), requested=False))
    repositories = world.repositories()
    if world.settings.offline.value and not repositories.has_tree(tree):
        return None
    subdirectory = package.direct.subdirectory if package.direct is not None else ""
    return _of_folder(package, repositories.tree(tree), subdirectory)


def _of_store(world: World, package: LockedPackage, file: Artifact) -> About | None:
    if file.sha256 is None or not file.is_wheel:
        return None
    entry = world.wheels().get(file.sha256)
    if entry is None:
        return None
    try:
        return _parsed(world, package, file, read_metadata(entry))
    except FileTrouble:
        return None


def _remembered(world: World, package: LockedPackage, file: Artifact) -> About | None:
    if file.sha256 is None:
        return None
    value = read_record(world.layout.metadata(file.sha256), *_RECORD)
    if not isinstance(value, tuple) or len(value) != len(About._fields):
        return None
    known = About._make(value)
    # A hash that was exchanged in the lock leads to another package.
    return known if (known.name, known.version) == _key(package) else None


def _parsed(world: World, package: LockedPackage, file: Artifact, raw: bytes) -> About | None:
    try:
        known = parse_about(raw, file.filename)
    except MetadataInvalid as fault:
        world.report(Detail(f"the metadata of `{file.filename}` was not used: {fault.why}"))
        return None
    return known._replace(version=package.known_version) if known.name == package.name else None


# ---- what the index says ---------------------------------------------------------------------


def _asked(
    world: World, packages: Iterable[LockedPackage]
) -> Iterator[tuple[tuple[PackageName, str], About]]:
    """Ask for the metadata of all at once; whoever does not answer is left out."""
    served = [(package, world.releases.serving(package)) for package in packages]
    asked = [(package, index) for package, index in served if index is not None]
    for index in dict.fromkeys(index for _, index in asked):
        index.expect([package.name for package, of in asked if of is index], ())
    waiting: list[tuple[LockedPackage, Artifact, Callable[[], bytes]]] = []
    for package, index in asked:
        for file in _files(package)[:1]:
            # As the index has it: with its address today, and the hash of the metadata file beside it.
            there = _tried(world, partial(index.same_file, package.name, package.known_version, file))
            if there is not None:
                waiting.append((package, there, index.text(package.name, there).result))
    for package, file, wait in waiting:
        raw = _tried(world, wait)
        known = _parsed(world, package, file, raw) if raw else None
        if known is not None:
            yield _key(package), known
            if file.sha256 is not None:
                write_record(world.layout.metadata(file.sha256), *_RECORD, tuple(known))
    world.releases.save()


def _tried(world: World, ask: Callable[[], _T | None]) -> _T | None:
    try:
        return ask()
    except (FetchError, ArchiveUnsafe, FileTrouble, LockInvalid, MetadataInvalid) as fault:
        world.report(Detail(f"{fault.what}: {fault.why}"))
        return None
