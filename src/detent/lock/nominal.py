"""Addresses for files that were seen on a mirror: those of the index, as far as anybody here can know them.

A mirror's own addresses are of use on machines that have the mirror, so none is locked. What the old lock
says of a file stays; where files of one index tell how it and the mirror are laid out, the others follow; and
what is left gets its nominal address, below the index's page of the package. That says all that is known
(index, package, file), is the same behind every mirror, and whoever can see the index finds the file by it.
"""

from collections.abc import Callable, Mapping

from detent.lock.addresses import beginnings, prevailing
from detent.lock.declared import files_of, is_nominal, is_of_index, nominal
from detent.lock.model import Lock, LockedPackage
from detent.model.candidate import Artifact
from detent.model.names import PackageName


def without_mirrors(
    new: Lock,
    old: Lock | None,
    mirrors: Mapping[str, str],
    *,
    is_doubted: Callable[[PackageName], bool] = lambda _: False,
) -> Lock:
    """Leave the mirrors' own addresses out of a lock; ``mirrors`` are theirs, by the index of each.

    A mirror that leads to files elsewhere passes on what the index says, which is right everywhere. Of what
    is ``is_doubted`` no address of the old lock stays that is unlike most others.
    """
    known = {
        (p.name, p.version, p.index, file.filename): file
        for p in (old.packages if old is not None else ())
        if p.index in mirrors
        for file in files_of(p)
    }
    ways = {index: _ways(new, known, index, mirror) for index, mirror in mirrors.items()}

    def located(package: LockedPackage, file: Artifact) -> Artifact:
        if not _is_at(mirrors[package.index], file.url):
            return file
        was = known.get((package.name, package.version, package.index, file.filename))
        found = ways[package.index]
        if was is not None and set(was.digests) & set(file.digests):
            usual = prevailing(found) if is_doubted(package.name) else None
            here, there = usual or ("", "")
            is_odd = bool(here) and file.url.startswith(here) and not is_nominal(package, was)
            return was._replace(url=there + file.url[len(here) :]) if is_odd else was
        here, there = found[0] if len(set(found)) == 1 else ("", "")
        if here and file.url.startswith(here):
            return file._replace(url=there + file.url[len(here) :])
        return file._replace(url=nominal(package, file.filename))

    def moved(package: LockedPackage) -> LockedPackage:
        if package.index not in mirrors or not is_of_index(package):
            return package
        sdist = package.sdist and located(package, package.sdist)
        direct = package.direct
        if direct is not None and sdist is not None:
            direct = direct._replace(location=sdist.url)  # an archive is where its file is
        wheels = tuple(located(package, wheel) for wheel in package.wheels)
        return package._replace(sdist=sdist, wheels=wheels, direct=direct)

    return new._replace(packages=tuple(map(moved, new.packages))) if mirrors else new


def _ways(
    new: Lock, known: Mapping[tuple[PackageName, str, str, str], Artifact], index: str, mirror: str
) -> list[tuple[str, str]]:
    """Say how addresses of a mirror become those of its index, by each file that both have."""
    pairs = [
        (file, known.get((package.name, package.version, index, file.filename)), package)
        for package in new.packages
        if package.index == index
        for file in files_of(package)
        if _is_at(mirror, file.url)
    ]
    return [
        beginnings(file.url, was.url)
        for file, was, package in pairs
        if was is not None and set(was.digests) & set(file.digests) and not is_nominal(package, was)
    ]


def _is_at(mirror: str, url: str) -> bool:
    """Whether a file lies at the host of a mirror."""
    return url.split("/", 3)[:3] == mirror.split("/", 3)[:3]
