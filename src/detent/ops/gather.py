"""Gather: everything an environment will need is in the store before the environment is touched.

The files of a lock are fetched side by side, the biggest first; each is checked by size and hash on its
way in, unpacked by the strict reader, and published by one rename. Source distributions and folders are built
when all files are there, one after the other. A failure here is harmless.
"""

import os
import stat
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from hashlib import file_digest, sha256
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple, TypeAlias

from detent import fsio
from detent.errors import Failures, FileTrouble, HashMismatch
from detent.events import Prepared
from detent.install.plan import identity_of
from detent.lock.choice import Choice
from detent.lock.filename import local_path
from detent.lock.select import forbidden
from detent.model.candidate import STRONG_HASHES, Artifact
from detent.model.names import PackageName
from detent.model.target import Target
from detent.ops.built import archive_key, find_built, forget_built
from detent.ops.local import is_tree, tree_keys, tree_of
from detent.ops.world import World
from detent.python.interpreter import Interpreter
from detent.store.archives import Archives
from detent.store.cache import Scratch
from detent.store.records import read_record, write_record
from detent.store.wheels import WheelEntry

_DIGEST_FACT = (b"digest", 1)

_Job: TypeAlias = Callable[[], WheelEntry | Path]
"""Waits for what was begun, and gives it."""


class Gathered(NamedTuple):
    """What stands in the store now."""

    entries: Mapping[PackageName, WheelEntry]
    fetched: int


def gather(world: World, choices: Iterable[Choice], root: Path, interpreter: Interpreter) -> Gathered:
    """Bring a wheel for every choice into the store; paths in a lock are relative to ``root``.

    Raises :class:`FetchError`, :class:`ArchiveUnsafe`, :class:`BuildError` and :class:`FileTrouble`; what
    came before stays.
    """
    entries: dict[PackageName, WheelEntry] = {}
    missing: list[Choice] = []
    for choice in choices:
        entry = _stored(world, choice, interpreter)
        # An entry that somebody edited is set aside by the check, and fetched again.
        checked = world.wheels().check(entry) if entry is not None else None
        if checked is None:
            missing.append(choice)
        else:
            entries[choice.package.name] = checked
    _refuse_builds(world, missing, root, interpreter.target)
    trees = [choice for choice in missing if is_tree(choice)]
    files = [choice for choice in missing if not is_tree(choice)]
    with Scratch(world.layout) if files else nullcontext() as scratch:
        jobs = _begin(world, files, root, scratch) if scratch is not None else []
        try:
            # Folders are built while files arrive; a source distribution has to arrive first.
            for choice in trees:
                entries[choice.package.name] = world.builder().from_tree(choice, interpreter)
            arrived = [(choice, job()) for choice, job in jobs]
        except BaseException:
            if jobs:
                world.network().close()  # nobody waits for the others
            raise
        for choice, found in arrived:
            name = choice.package.name
            if isinstance(found, WheelEntry):
                entries[name] = found
            else:
                entries[name] = world.builder().from_archive(choice, found, interpreter)
                world.report(Prepared(name, entries[name].version))
    return Gathered(entries, len(missing))


def _refuse_builds(world: World, missing: Iterable[Choice], root: Path, target: Target) -> None:
    """Raise for what would have to be built now and may not be; what was built before is no build.

    The project itself is its user's own code. Another folder is so only by the word of the lock.
    """
    policy = world.settings.build_policy
    faults = [
        forbidden(choice.package, target, policy)
        for choice in missing
        if not (choice.artifact.is_wheel or policy.may_build(choice.package.name))
        and not (is_tree(choice) and choice.artifact.url == root.as_uri())
    ]
    if faults:
        raise faults[0] if len(faults) == 1 else Failures(faults)


def forget_builds(
    world: World,
    choices: Iterable[Choice],
    names: Container[PackageName],
    root: Path,
    interpreter: Interpreter,
) -> None:
    """See that packages of these names are built again, if they are built at all.

    Raises :class:`BuildForbidden` for one that may not be built, before anything is dropped.
    """
    named = [choice for choice in choices if choice.package.name in names]
    _refuse_builds(world, named, root, interpreter.target)
    for choice in named:
        if is_tree(choice):
            for key in tree_keys(world, choice, interpreter):
                forget_built(world, key)
        elif not choice.artifact.is_wheel:
            forget_built(world, _archive_key(world, choice, interpreter))


def _begin(world: World, missing: Sequence[Choice], root: Path, scratch: Path) -> list[tuple[Choice, _Job]]:
    """Begin to fetch side by side, the biggest first; what is kept already needs no network.

    A wheel has become an entry of the store when its job is done, a source distribution a file.
    """
    jobs: list[tuple[Choice, _Job]] = []
    for choice in sorted(missing, key=lambda choice: -(choice.artifact.size_bytes or 0)):
        kept = _archive_at_hand(world, choice)
        if kept is None:
            jobs.append((choice, world.network().submit(_fetch, world, choice, scratch, root).result))
        else:
            jobs.append((choice, partial(Path, kept)))
    return jobs


def _archive_at_hand(world: World, choice: Choice) -> Path | None:
    """Give a source distribution that is kept already; none for a wheel."""
    artifact = choice.artifact
    if artifact.is_wheel or artifact.sha256 is None:
        return None
    return Archives(world.layout).get(artifact.sha256)


def _stored(world: World, choice: Choice, interpreter: Interpreter) -> WheelEntry | None:
    """Give what the store has for a choice, built or fetched before."""
    artifact, package = choice.artifact, choice.package
    if is_tree(choice):
        return find_built(world, tree_of(choice), name=package.name, version=package.version)
    if not artifact.is_wheel:
        key = _archive_key(world, choice, interpreter)
        return find_built(world, key, name=package.name, version=package.version)
    return _stored_wheel(world, choice)


def _archive_key(world: World, choice: Choice, interpreter: Interpreter) -> str:
    direct = choice.package.direct
    below = direct.subdirectory if direct is not None else ""
    return archive_key(world, choice.artifact, interpreter, subdirectory=below)


def _stored_wheel(world: World, choice: Choice) -> WheelEntry | None:
    artifact, package = choice.artifact, choice.package
    digest = artifact.sha256
    if digest is None:
        known = read_record(world.layout.fact(_fact_key(artifact)), *_DIGEST_FACT)
        digest = known if isinstance(known, str) else None
    if not digest:
        return None
    return world.wheels().find(digest, filename=artifact.filename, name=package.name, version=package.version)


def _fact_key(artifact: Artifact) -> str:
    return identity_of(artifact).replace(":", "-")


def _fetch(world: World, choice: Choice, scratch: Path, root: Path) -> WheelEntry | Path:
    """Bring one file; another process that wants the same one waits, and finds it there."""
    if choice.artifact.is_wheel:
        return _fetch_wheel(world, choice, scratch, root)
    return _fetch_archive(world, choice, scratch, root)


def _fetch_wheel(world: World, choice: Choice, scratch: Path, root: Path) -> WheelEntry:
    artifact = choice.artifact
    with world.wheels().claim(artifact.sha256 or _fact_key(artifact)):
        entry = _stored_wheel(world, choice)
        if entry is None:
            source = _brought(world, choice, scratch, root)
            entry = world.wheels().put(
                artifact.sha256 or _sha256(source),
                source,
                filename=artifact.filename,
                name=choice.package.name,
                version=choice.package.version,
            )
            if artifact.sha256 is None:
                write_record(world.layout.fact(_fact_key(artifact)), *_DIGEST_FACT, entry.digest)
    world.report(Prepared(entry.name, entry.version))
    return entry


def _fetch_archive(world: World, choice: Choice, scratch: Path, root: Path) -> Path:
    """Bring a source distribution, which whoever looks for versions may be fetching for its metadata."""
    artifact, archives = choice.artifact, Archives(world.layout)
    with archives.claim(artifact.sha256 or _fact_key(artifact), world.limits, world.report):
        kept = _archive_at_hand(world, choice)
        if kept is not None:
            return kept
        source = _brought(world, choice, scratch, root)
        return archives.put(artifact.sha256 or _sha256(source), source)


def _brought(world: World, choice: Choice, scratch: Path, root: Path) -> bytes | Path:
    """Download a file, or copy one of this machine; its size and hashes are right."""
    artifact, name = choice.artifact, choice.package.name
    place = local_path(artifact.url)
    if place is None:
        return world.network().download(artifact, name, scratch).source
    return _local(artifact, name, root / place, scratch)


def _local(artifact: Artifact, name: str, place: Path, scratch: Path) -> Path:
    """A file on this machine: copied, so that it stays as it is, and checked like any other."""
    path = Path(os.path.realpath(place))
    private = scratch / sha256(artifact.url.encode()).hexdigest()
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise FileTrouble(str(path), "it is not a file")
        if artifact.size_bytes not in (None, facts.st_size):
            raise _mismatch(artifact, name, f"{artifact.size_bytes} bytes", f"{facts.st_size} bytes")
        fsio.copy(str(path), str(private), mode=0o600)
        with private.open("rb") as file:
            for expected in artifact.digests:
                if expected.algorithm in STRONG_HASHES:
                    actual = _hex(file, expected.algorithm)
                    if actual != expected.value:
                        wanted = f"{expected.algorithm}:{expected.value}"
                        raise _mismatch(artifact, name, wanted, f"{expected.algorithm}:{actual}")
    except OSError as error:
        raise fsio.file_trouble(error, path) from error
    return private


def _mismatch(artifact: Artifact, name: str, expected: str, actual: str) -> HashMismatch:
    return HashMismatch(name, artifact.filename, artifact.url, expected=expected, actual=actual)


def _hex(file: BufferedReader, algorithm: str) -> str:
    file.seek(0)
    return file_digest(file, algorithm).hexdigest()


def _sha256(source: bytes | Path) -> str:
    if isinstance(source, bytes):
        return sha256(source).hexdigest()
    try:
        with source.open("rb") as file:
            return _hex(file, "sha256")
    except OSError as error:
        raise fsio.file_trouble(error, source) from error
