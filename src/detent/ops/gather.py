"""Gather: everything an environment will need is in the store before the environment is touched.

The files of a lock are fetched side by side, the biggest first; each is checked by size and hash on its
way in, unpacked by the strict reader, and published by one rename. A failure here is harmless.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import file_digest, sha256
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from detent import fsio
from detent.errors import FileTrouble, HashMismatch, Unsupported
from detent.events import Prepared
from detent.install.plan import identity_of
from detent.lock.filename import local_path
from detent.lock.select import Choice
from detent.model.candidate import STRONG_HASHES, Artifact
from detent.model.names import PackageName
from detent.ops.world import World
from detent.store.cache import Scratch
from detent.store.records import read_record, write_record
from detent.store.wheels import WheelEntry

_DIGEST_FACT = (b"digest", 1)


class Gathered(NamedTuple):
    """What stands in the store now."""

    entries: Mapping[PackageName, WheelEntry]
    fetched: int


def gather(world: World, choices: Iterable[Choice], root: Path) -> Gathered:
    """Bring every chosen wheel into the store; paths in a lock are relative to ``root``.

    Raises :class:`FetchError`, :class:`ArchiveUnsafe` and :class:`FileTrouble`; what came before stays.
    """
    entries: dict[PackageName, WheelEntry] = {}
    missing: list[Choice] = []
    for choice in choices:
        entry = _stored(world, choice)
        # An entry that somebody edited is set aside by the check, and fetched again.
        checked = world.wheels.check(entry) if entry is not None else None
        if checked is None:
            missing.append(choice)
        else:
            entries[choice.package.name] = checked
    if missing:
        entries.update(_fetch_all(world, missing, root))
    return Gathered(entries, len(missing))


def _fetch_all(
    world: World, missing: Sequence[Choice], root: Path
) -> Iterator[tuple[PackageName, WheelEntry]]:
    """Fetch side by side, the biggest first; the first failure stops the others."""
    ordered = sorted(missing, key=lambda choice: -(choice.artifact.size_bytes or 0))
    network = world.network()
    with Scratch(world.layout) as scratch:
        try:
            jobs = [(choice, network.submit(_fetch, world, choice, scratch, root)) for choice in ordered]
            for choice, job in jobs:
                yield choice.package.name, job.result()
        except BaseException:
            network.close()  # nobody waits for the others
            raise


def _stored(world: World, choice: Choice) -> WheelEntry | None:
    artifact, package = choice.artifact, choice.package
    digest = artifact.sha256
    if digest is None:
        known = read_record(world.layout.fact(_fact_key(artifact)), *_DIGEST_FACT)
        digest = known if isinstance(known, str) else None
    if not digest:
        return None
    return world.wheels.find(digest, filename=artifact.filename, name=package.name, version=package.version)


def _fact_key(artifact: Artifact) -> str:
    return identity_of(artifact).replace(":", "-")


def _fetch(world: World, choice: Choice, scratch: Path, root: Path) -> WheelEntry:
    """Bring one wheel; another process that wants the same one waits, and finds it there."""
    artifact = choice.artifact
    with world.wheels.claim(artifact.sha256 or _fact_key(artifact)):
        entry = _stored(world, choice)
        if entry is None:
            if not artifact.is_wheel:
                raise Unsupported(
                    f"`{artifact.filename}` is a source distribution",
                    why="building is not supported yet, and the lock has no wheel that fits this interpreter",
                )
            name = choice.package.name
            place = local_path(artifact.url)
            source = (
                world.network().download(artifact, name, scratch).source
                if place is None
                else _local(artifact, name, root / place, scratch)
            )
            digest = artifact.sha256 or _sha256(source)
            entry = world.wheels.put(
                digest, source, filename=artifact.filename, name=name, version=choice.package.version
            )
            if artifact.sha256 is None:
                write_record(world.layout.fact(_fact_key(artifact)), *_DIGEST_FACT, digest)
    world.report(Prepared(entry.name, entry.version))
    return entry


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
