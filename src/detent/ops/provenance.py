"""Who published what a lock has newly, asked of the indexes that offer to say: attestation identities.

They are a fact beside the lock and no part of the answer: whatever goes wrong here is a note, and the lock is
made without. What an old lock has for the same files stays, and is not asked for again.
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence

from detent.errors import DetentError
from detent.events import Notice
from detent.index.ports import Pending
from detent.index.releases import IndexReleases
from detent.index.urls import origin
from detent.lock.model import Lock, LockedPackage
from detent.model.candidate import Artifact, Digest
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.ops.world import World

_AT_ONCE = 8
"""Questions under way: fewer than downloads may be, so that an index that hangs holds up no download."""
_PATIENCE_SECONDS = 10.0
"""For all of them together, or as long as one read may take where that is less."""
_SHOWN = 3


class _Wanted(NamedTuple):
    place: int
    releases: IndexReleases
    file: Artifact


def with_publishers(world: World, lock: Lock, old: Lock | None) -> Lock:
    """Give a lock with who published its files, as far as that is known or can be asked for."""
    packages = list(lock.packages)
    before = {_identity(package): package for package in old.packages} if old is not None else {}
    wanted: list[_Wanted] = []
    for place, package in enumerate(packages):
        known = before.get(_identity(package))
        if known is not None and _shares_a_file(known, package):
            if package.attestations != known.attestations:
                packages[place] = package._replace(attestations=known.attestations)
        elif world.settings.attestations.value:
            wanted += _wanted(world, place, package)
    failed: list[PackageName] = []
    patience = min(_PATIENCE_SECONDS, world.limits.read_seconds)
    for place, texts in _answers(wanted, patience):
        if texts is None:
            failed.append(packages[place].name)
        else:
            packages[place] = packages[place]._replace(attestations=texts)
    if failed:
        names = ", ".join(f"`{name}`" for name in sorted(failed)[:_SHOWN])
        more = f" and {len(failed) - _SHOWN} more" if len(failed) > _SHOWN else ""
        told = f"the index could not be asked who published {names}{more}, so the lock does not say"
        world.report(Notice("note", told))
    return lock._replace(packages=tuple(packages))


def _identity(package: LockedPackage) -> tuple[PackageName, str, str]:
    return package.name, package.version, package.index


def _shares_a_file(one: LockedPackage, other: LockedPackage) -> bool:
    theirs = set(_digests(other))
    return any(digest in theirs for digest in _digests(one))


def _digests(package: LockedPackage) -> Iterator[Digest]:
    return (digest for file in _files(package) for digest in file.digests)


def _files(package: LockedPackage) -> Sequence[Artifact]:
    return (*((package.sdist,) if package.sdist is not None else ()), *package.wheels)


def _wanted(world: World, place: int, package: LockedPackage) -> Iterator[_Wanted]:
    """Give the file that is asked about: where the index offers to say it of all that are locked, the first.

    A file beside attested ones that nobody attests is what an attack looks like: then nothing is recorded.
    """
    index = world.releases.serving(package) if package.index and package.direct is None else None
    if index is None or not index.may_tell_publishers(package.name, package.version):
        return
    number = index.listing(package.name).number(package.version)
    if number is None:
        return
    listed = {file.filename: file for file in index.artifacts(package.name, number)}
    files = [listed.get(file.filename) for file in _files(package)]
    first = files[0] if files else None
    if first is not None and all(file is not None and is_offered(file, index) for file in files):
        yield _Wanted(place, index, first)


def is_offered(file: Artifact, index: IndexReleases) -> bool:
    """Whether an index says who published a file, at its own address: no page sends requests elsewhere."""
    return bool(file.provenance and file.sha256) and origin(file.provenance) == origin(index.index_url)


def _answers(
    wanted: Sequence[_Wanted], patience_seconds: float
) -> Iterator[tuple[int, tuple[str, ...] | None]]:
    """Give the answers by place; ``None`` for one that failed, or has not come when patience ends."""
    end = time.monotonic() + patience_seconds
    waiting = deque(wanted)
    under_way: deque[tuple[int, Pending[tuple[str, ...]]]] = deque()
    while waiting or under_way:
        while waiting and len(under_way) < _AT_ONCE:
            place, releases, file = waiting.popleft()
            kept = releases.known_publishers(file)
            if kept is not None:
                yield place, kept
                continue
            try:
                under_way.append((place, releases.publishers(file)))
            except DetentError:  # offline
                yield place, None
        if under_way:
            place, pending = under_way.popleft()
            yield place, _answer(pending, end - time.monotonic())


def _answer(pending: Pending[tuple[str, ...]], seconds: float) -> tuple[str, ...] | None:
    try:
        return pending.result(max(0.0, seconds))
    except (DetentError, TimeoutError):
        return None
