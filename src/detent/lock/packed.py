"""A lock as plain tuples, for the decoded copy in the cache.

Reading a large lock as TOML takes a quarter of a second, `marshal` a tenth of that. `marshal` knows plain
tuples only; the names come back with :func:`unpack`. Of an artifact only what a lock file says is kept.
"""

from functools import partial
from itertools import starmap
from typing import Any

from detent.lock.model import BuildPin, Direct, Edge, Lock, LockedBuild, LockedPackage
from detent.model.candidate import Artifact, Digest
from detent.model.inputs import RecordedInputs
from detent.model.members import Member

PACKED_VERSION = 8
"""Changes with the shape of any value of a lock; a copy with another number is no copy."""

_digest = partial(tuple.__new__, Digest)


def pack(lock: Lock) -> object:
    """Give the lock as nested plain tuples that `marshal` can write."""
    packages = tuple(map(_packed_package, lock.packages))
    builds = tuple((*build[:-1], tuple(map(tuple, build.pins))) for build in lock.builds)
    build_packages = tuple(map(_packed_package, lock.build_packages))
    inputs = None if lock.inputs is None else _packed_inputs(lock.inputs)
    return (lock.requires_python, packages, *lock[2:-3], builds, build_packages, inputs)


def _packed_inputs(inputs: RecordedInputs) -> tuple[object, ...]:
    return (*inputs[:-1], tuple(map(tuple, inputs.members)))


def _packed_package(package: LockedPackage) -> tuple[object, ...]:
    edges = tuple(map(_packed_edge, package.dependencies))
    sdist = None if package.sdist is None else _packed_artifact(package.sdist)
    wheels = tuple(map(_packed_artifact, package.wheels))
    direct = None if package.direct is None else tuple(package.direct)
    return (*package[:3], edges, package.index, sdist, wheels, direct, *package[8:])


def _packed_edge(edge: Edge) -> tuple[object, ...]:
    return tuple(edge) if edge.direct is None else (*edge[:-1], tuple(edge.direct))


def _packed_artifact(artifact: Artifact) -> tuple[object, ...]:
    digests = tuple(map(tuple, artifact.digests))
    return artifact.filename, artifact.url, digests, artifact.size_bytes, artifact.uploaded_at


def unpack(packed: Any) -> Lock:
    """Give the lock back; the value must come from :func:`pack` of the same ``PACKED_VERSION``."""
    lock = Lock._make(packed)
    return lock._replace(
        packages=tuple(map(_package, lock.packages)),
        builds=tuple(map(_build, lock.builds)),
        build_packages=tuple(map(_package, lock.build_packages)),
        inputs=lock.inputs and _inputs(*lock.inputs),
    )


def _inputs(*packed: Any) -> RecordedInputs:
    *rest, members = packed
    return RecordedInputs._make((*rest, tuple(map(Member._make, members))))


def _package(packed: Any) -> LockedPackage:
    name, version, marker, edges, index, sdist, wheels, direct, *rest = packed
    return LockedPackage(
        name,
        version,
        marker,
        tuple(map(_edge, edges)),
        index,
        sdist and _artifact(*sdist),
        tuple(starmap(_artifact, wheels)),
        direct and Direct._make(direct),
        *rest,
    )


def _build(packed: Any) -> LockedBuild:
    *rest, pins = packed
    return LockedBuild._make((*rest, tuple(map(BuildPin._make, pins))))


def _edge(packed: Any) -> Edge:
    if packed[3] is None:
        return tuple.__new__(Edge, packed)
    return Edge._make((*packed[:3], Direct._make(packed[3])))


def _artifact(
    filename: str,
    url: str,
    digests: tuple[tuple[str, str], ...],
    size_bytes: int | None,
    uploaded_at: int | None,
) -> Artifact:
    return Artifact(filename, url, tuple(map(_digest, digests)), size_bytes, uploaded_at)
