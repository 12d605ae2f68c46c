"""A file keeps the address it was locked with.

A default index that a machine sets is a mirror of the project's: who locks again behind another one must not
rewrite every URL, nor what another index knew to say of the same bytes (size, upload time).
"""

from collections.abc import Mapping

from detent.lock.model import Lock, LockedPackage
from detent.model.candidate import Artifact


def with_locked_addresses(new: Lock, old: Lock | None) -> Lock:
    """Take over the files of the old lock where name and hash are those of the new one.

    An entry that shares a file with the old one keeps its index, too.
    """
    if old is None:
        return new
    before = {(package.name, package.version): package for package in old.packages}
    packages = tuple(_carried(p, before.get((p.name, p.version))) for p in new.packages)
    return new._replace(packages=packages)


def _carried(package: LockedPackage, old: LockedPackage | None) -> LockedPackage:
    if old is None or old.index == package.index:
        return package
    known = {artifact.filename: artifact for artifact in _files(old)}
    if not any(_is_same(artifact, known) for artifact in _files(package)):
        return package
    sdist = None if package.sdist is None else _kept(package.sdist, known)
    direct = package.direct
    if direct is not None and sdist is not None:
        direct = direct._replace(location=sdist.url)  # an archive is where its file is
    return package._replace(
        index=old.index,
        sdist=sdist,
        wheels=tuple(_kept(wheel, known) for wheel in package.wheels),
        direct=direct,
    )


def _files(package: LockedPackage) -> tuple[Artifact, ...]:
    return (*package.wheels, *(() if package.sdist is None else (package.sdist,)))


def _kept(artifact: Artifact, known: Mapping[str, Artifact]) -> Artifact:
    return known[artifact.filename] if _is_same(artifact, known) else artifact


def _is_same(artifact: Artifact, known: Mapping[str, Artifact]) -> bool:
    old = known.get(artifact.filename)
    return old is not None and bool(set(old.digests) & set(artifact.digests))
