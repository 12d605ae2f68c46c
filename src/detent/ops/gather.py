"""Gather: everything an environment will need is in the store before the environment is touched.

The files of a lock are fetched side by side, the biggest first; each is checked by size and hash on its
way in, unpacked by the strict reader, and published by one rename. Folders and repositories are built
meanwhile, and source distributions as they arrive. What comes is what the lock says of it, as far as that can
be told (:mod:`detent.ops.promises`). A failure here is harmless.
"""

import os
import stat
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from hashlib import file_digest, sha256
from io import BufferedReader
from pathlib import Path
from typing import TypeAlias, TypeVar

from detent import fsio
from detent.errors import Failures
from detent.errors.build import BuildFailed
from detent.errors.fetch import FileGone, HashMismatch, IndexUnavailable
from detent.errors.store import FileTrouble
from detent.events import Detail, Prepared
from detent.install.plan import AUTO, Linking
from detent.lock.choice import Choice
from detent.lock.filename import local_path
from detent.lock.select import best_file, described, forbidden
from detent.model.build_policy import BuildPolicy
from detent.model.candidate import STRONG_HASHES, Artifact
from detent.model.names import PackageName
from detent.model.target import Target
from detent.named import NamedTuple
from detent.ops.built import choice_key, forget_built, is_elsewhere, is_git, is_tree
from detent.ops.local import tree_keys
from detent.ops.matching import Gathered
from detent.ops.stored import DIGEST_FACT, fact_key, find_stored, stored_wheel
from detent.ops.whereabouts import at_its_index, on_this_machine, refuse_unvouched
from detent.ops.world import Looking, Promised, Unpacking, World
from detent.python.interpreter import Interpreter
from detent.store.archives import Archives
from detent.store.cache import Scratch
from detent.store.entry import WheelEntry
from detent.store.records import write_record

T = TypeVar("T")
_Wait: TypeAlias = Callable[[], WheelEntry]
"""Waits for what was begun, and gives it."""


class _Landing(NamedTuple):
    """Where files arrive, who unpacks what is a wheel, and who sees that it is what it should be."""

    scratch: Path
    unpackers: Unpacking
    promises: Promised | None
    looking: Looking
    """The turn to ask an index."""


def gather(
    world: World,
    choices: Iterable[Choice],
    root: Path,
    interpreter: Interpreter,
    *,
    linking: Linking = AUTO,
    promises: Callable[[], Promised] | None = None,
    looking: Looking = nullcontext,
) -> Gathered:
    """Bring a wheel for every choice into the store; paths in a lock are relative to ``root``.

    ``promises`` are those of the lock that the choices are of; ``looking`` is the turn to ask an index, where
    a build among others gathers. Raises :class:`FetchError`, :class:`ArchiveUnsafe`, :class:`BuildError` and
    :class:`FileTrouble`; what came before stays.
    """

    def key_of(choice: Choice) -> str:
        return choice_key(world, choice, interpreter)

    choices = tuple(choices)
    entries, missing = find_stored(world, choices, key_of, linking=linking)
    if promises is not None:
        for choice in choices:
            if is_elsewhere(choice) and choice.package.name in entries:
                promises().see_stored(choice, entries[choice.package.name])
    if missing:
        _refuse_builds(world, missing, root, interpreter.target)
        with _fetching(world, missing, promises() if promises is not None else None, looking) as landing:
            entries.update(_bring(world, missing, root, interpreter, landing))
    return Gathered(entries, len(missing))


def archive_of(world: World, choice: Choice, root: Path) -> Path:
    """Bring the source distribution of a choice; raises :class:`FetchError` and :class:`FileTrouble`."""
    kept = _archive_at_hand(world, choice)
    if kept is not None:
        return kept
    here = on_this_machine(world, [choice])
    refuse_unvouched(world, [choice], here)
    with _fetching(world, here, None) as landing:
        return _patient(world, _fetch_archive, here[0], landing, root)()


def _bring(
    world: World,
    missing: Sequence[Choice],
    root: Path,
    interpreter: Interpreter,
    landing: _Landing,
) -> Iterator[tuple[PackageName, WheelEntry]]:
    """Fetch and build side by side; what is built last has waited for its file."""
    wheels: list[tuple[Choice, _Wait]] = []
    archives: list[tuple[Choice, Callable[[], Path]]] = []
    builds: list[tuple[Choice, _Wait]] = []
    files: list[Choice] = []
    if landing.promises is not None:
        landing.promises.see_all_git(missing)  # before anything of it is run
    for choice in missing:
        if is_tree(choice):
            builds.append((choice, partial(world.builder().from_tree, choice, interpreter)))
        elif is_git(choice):
            builds.append((choice, partial(_build_git, world, choice, interpreter)))
        else:
            files.append(choice)
    with landing.looking():
        here = on_this_machine(world, files)
    for choice in sorted(here, key=lambda choice: -(choice.artifact.size_bytes or 0)):
        if choice.artifact.is_wheel:
            wheels.append((choice, _patient(world, _fetch_wheel, choice, landing, root)))
        else:
            kept = _archive_at_hand(world, choice)
            among_builds = landing._replace(looking=world.builder().looking)
            arrive = (
                partial(_seen, kept, choice, landing)
                if kept
                else _patient(world, _fetch_archive, choice, among_builds, root)
            )
            archives.append((choice, arrive))
            builds.append((choice, partial(_build, world, choice, arrive, interpreter)))
    with landing.looking():
        refuse_unvouched(world, files, here)  # while they are on their way; before all is built or installed
    for choice, wait in (*wheels, *archives):
        if is_elsewhere(choice):
            wait()  # what comes from elsewhere may lead on, and is held against the lock as it arrives
    built = world.builder().side_by_side([build for _, build in builds]) if builds else []
    yield from ((choice.package.name, entry) for (choice, _), entry in zip(builds, built, strict=True))
    yield from ((choice.package.name, wait()) for choice, wait in wheels)


@contextmanager
def _fetching(
    world: World, missing: Sequence[Choice], promises: Promised | None, looking: Looking = nullcontext
) -> Iterator[_Landing]:
    """Make ready for what arrives; when one thing fails, nobody waits for the others."""
    sizes = [choice.artifact.size_bytes for choice in missing if choice.artifact.is_wheel]
    with Scratch(world.layout) as scratch, world.unpackers(scratch, sizes) as unpackers:
        try:
            yield _Landing(scratch, unpackers, promises, looking)
        except BaseException:
            if not all(is_tree(choice) or is_git(choice) for choice in missing):
                world.network().close()
            raise


def _build(world: World, choice: Choice, arrive: Callable[[], Path], interpreter: Interpreter) -> WheelEntry:
    try:
        entry = world.builder().from_archive(choice, arrive(), interpreter)
    except BuildFailed as error:
        name, wheels, target = choice.package.name, choice.package.wheels, interpreter.target
        if wheels and best_file(wheels, None, target, policy=BuildPolicy(), name=name) is None:
            step = f"take another version of `{name}`: no wheel of this one is for {described(target)}"
            error.next_steps = (*error.next_steps, step)
        raise
    world.report(Prepared(choice.package.name, entry.version))
    return entry


def _build_git(world: World, choice: Choice, interpreter: Interpreter) -> WheelEntry:
    entry = world.builder().from_git(choice, interpreter)
    world.report(Prepared(choice.package.name, entry.version))
    return entry


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
            forget_built(world, choice_key(world, choice, interpreter))


def _begun(
    world: World,
    fetch: Callable[[World, Choice, _Landing, Path], T],
    choice: Choice,
    landing: _Landing,
    root: Path,
) -> Callable[[], T]:
    """Begin to fetch beside other transfers, and give what waits for the end of it."""
    return world.network().submit(fetch, world, choice, landing, root).result


def _patient(
    world: World,
    fetch: Callable[[World, Choice, _Landing, Path], T],
    choice: Choice,
    landing: _Landing,
    root: Path,
) -> Callable[[], T]:
    """Begin to fetch a file; who waits asks its index where it is by now, if it is not where it was."""
    first = _begun(world, fetch, choice, landing, root)

    def wait() -> T:
        try:
            return first()
        except (FileGone, IndexUnavailable):
            with landing.looking():
                moved = at_its_index(world, choice)
            if moved is None:
                raise
            world.report(
                Detail(f"`{choice.artifact.filename}` is not where the lock says; its index is asked")
            )
            return _begun(world, fetch, moved, landing, root)()

    return wait


def _archive_at_hand(world: World, choice: Choice) -> Path | None:
    """Give a source distribution that is kept already; none for a wheel."""
    artifact = choice.artifact
    if artifact.is_wheel or artifact.sha256 is None:
        return None
    return Archives(world.layout).get(artifact.sha256)


def _fetch_wheel(world: World, choice: Choice, landing: _Landing, root: Path) -> WheelEntry:
    artifact = choice.artifact
    with world.wheels().claim(artifact.sha256 or fact_key(artifact)):
        entry = stored_wheel(world, choice)
        if entry is None:
            # What another process is to unpack has to lie in a file; it is the same memory to the system.
            memory_bytes = 0 if landing.unpackers.is_any else None
            source = _brought(world, choice, landing.scratch, root, memory_bytes=memory_bytes)
            entry = landing.unpackers.put(
                artifact.sha256 or _sha256(source),
                source,
                filename=artifact.filename,
                name=choice.package.name,
                version=choice.package.version,
            )
            if isinstance(source, Path):
                with suppress(OSError):  # it goes with the folder then
                    source.unlink()
            if artifact.sha256 is None:
                write_record(world.layout.fact(fact_key(artifact)), *DIGEST_FACT, entry.digest)
            if landing.promises is not None:
                landing.promises.see_wheel(choice, entry)
    world.report(Prepared(entry.name, entry.version))
    return entry


def _fetch_archive(world: World, choice: Choice, landing: _Landing, root: Path) -> Path:
    """Bring a source distribution, which whoever looks for versions may be fetching for its metadata."""
    artifact, archives = choice.artifact, Archives(world.layout)
    with archives.claim(artifact.sha256 or fact_key(artifact), world.limits, world.report):
        kept = _archive_at_hand(world, choice)
        if kept is None:
            source = _brought(world, choice, landing.scratch, root)
            kept = archives.put(artifact.sha256 or _sha256(source), source)
    return _seen(kept, choice, landing)


def _seen(archive: Path, choice: Choice, landing: _Landing) -> Path:
    """Give a source distribution that is what the lock says of it."""
    if landing.promises is not None:
        landing.promises.see_archive(choice, archive)
    return archive


def _brought(
    world: World, choice: Choice, scratch: Path, root: Path, *, memory_bytes: int | None = None
) -> bytes | Path:
    """Download a file, or copy one of this machine; its size and hashes are right."""
    artifact, name = choice.artifact, choice.package.name
    place = local_path(artifact.url)
    if place is None:
        return world.network().download(artifact, name, scratch, memory_bytes=memory_bytes).source
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
