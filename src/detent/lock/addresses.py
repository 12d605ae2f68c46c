"""A file keeps the address it was locked with.

A default index that a machine sets is a mirror of the project's: who locks again behind another one must not
rewrite every URL, nor what another index knew to say of the same bytes (size, upload time).
"""

import posixpath
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from detent.lock.declared import files_of, is_of_index
from detent.lock.filename import local_path
from detent.lock.model import Edge, Lock, LockedPackage
from detent.model.candidate import Artifact
from detent.model.names import PackageName

_T = TypeVar("_T")


def with_locked_addresses(new: Lock, old: Lock | None, *, declared: Collection[str] = ()) -> Lock:
    """Take over the files of the old lock where name and hash are those of the new one.

    An entry that shares a file with the old one keeps its index, too; not so one from an index the project
    itself has ``declared``, nor from a source that is no index.
    """
    if old is None:
        return new
    before: dict[tuple[PackageName, str], list[LockedPackage]] = {}
    for package in old.packages:
        if is_of_index(package):
            before.setdefault((package.name, package.version), []).append(package)
    packages = tuple(
        _carried(p, before.get((p.name, p.version), ())) if is_of_index(p) and p.index not in declared else p
        for p in new.packages
    )
    packages = _as_before(new.packages, packages)
    moved = {
        (was.name, was.version, was.index): now.index
        for was, now in zip(new.packages, packages, strict=True)
        if was.index != now.index
    }
    if moved:
        packages = tuple(
            p._replace(dependencies=tuple(_moved(edge, moved) for edge in p.dependencies)) for p in packages
        )
    return new._replace(packages=packages)


def _as_before(new: Sequence[LockedPackage], packages: Sequence[LockedPackage]) -> tuple[LockedPackage, ...]:
    """Give what was not locked before addresses on the index that a mirror turned out to be one of.

    Only where all files that both have tell in one way how the two are laid out.
    """
    pairs = [(was, now) for was, now in zip(new, packages, strict=True) if was.index != now.index]
    indexes = {(was.index, now.index) for was, now in pairs}
    files = [pair for was, now in pairs for pair in zip(files_of(was), files_of(now), strict=True)]
    ways = {beginnings(mine.url, its.url) for mine, its in files if mine.url != its.url}
    if len(indexes) != 1 or len(ways) != 1:
        return tuple(packages)
    ((mirror, index),) = indexes
    ((here, there),) = ways

    def renamed(artifact: Artifact) -> Artifact:
        return artifact._replace(url=there + artifact.url[len(here) :])

    return tuple(
        package._replace(
            index=index,
            sdist=package.sdist and renamed(package.sdist),
            wheels=tuple(map(renamed, package.wheels)),
        )
        if package.index == mirror
        and package.direct is None
        and all(file.url.startswith(here) for file in files_of(package))
        else package
        for package in packages
    )


def prevailing(values: Iterable[_T]) -> _T | None:
    """Give what most of these are: more than half of them; ``None`` where none is."""
    counted = Counter(values)
    for value, count in counted.most_common(1):
        return value if 2 * count > counted.total() else None
    return None


def with_usual_addresses(old: Lock, new: Lock, *, declared: Collection[str] = ()) -> Lock:
    """Give an old lock with the files of the new one, where most files of the old one are.

    Of the old lock nothing counts but its index, that is the one of most entries, and how that is laid out as
    the new one sees it: an entry or a file that is unlike the others may have been made so. Sizes and times
    stay where the new lock has none.
    """
    before = [package for package in old.packages if is_of_index(package) and package.index not in declared]
    index = prevailing(package.index for package in before)
    known = {(p.name, p.version, f.filename): f for p in before if p.index == index for f in files_of(p)}
    now = [package for package in new.packages if is_of_index(package) and package.index not in declared]
    way = prevailing(
        beginnings(file.url, was.url)
        for package in now
        for file in files_of(package)
        if (was := known.get((package.name, package.version, file.filename))) is not None
    )
    if index is None or way is None:
        return old._replace(packages=tuple(package for package in before if package.index == index))
    here, there = way

    def there_is(package: LockedPackage, file: Artifact) -> Artifact:
        was = known.get((package.name, package.version, file.filename), file)
        return file._replace(
            url=f"{there}{file.url[len(here) :]}" if file.url.startswith(here) else file.url,
            size_bytes=was.size_bytes if file.size_bytes is None else file.size_bytes,
            uploaded_at=was.uploaded_at if file.uploaded_at is None else file.uploaded_at,
        )

    return old._replace(
        packages=tuple(
            package._replace(
                index=index,
                sdist=package.sdist and there_is(package, package.sdist),
                wheels=tuple(there_is(package, wheel) for wheel in package.wheels),
            )
            for package in now
        )
    )


def beginnings(here: str, there: str) -> tuple[str, str]:
    """Leave out of two addresses the parts at the end in which they are the same."""
    mine, its = here.split("/"), there.split("/")
    while len(mine) > 3 and len(its) > 3 and mine[-1] == its[-1]:
        mine.pop()
        its.pop()
    return "/".join((*mine, "")), "/".join((*its, ""))


def with_written_paths(lock: Lock, folders: Mapping[str, str]) -> Lock:
    """Name files of folders of the project by their path in it.

    ``folders`` are such paths, by the address of the folder.
    """
    if not folders:
        return lock

    def written(artifact: Artifact) -> Artifact:
        path = (local_path(artifact.url) or "") if artifact.url.startswith("file:") else ""
        for url, folder in folders.items():
            place = (local_path(url) or "").rstrip("/") + "/"
            if path.startswith(place):
                return artifact._replace(url=posixpath.join(folder, path[len(place) :]))
        return artifact

    return lock._replace(
        packages=tuple(
            package._replace(
                sdist=package.sdist and written(package.sdist), wheels=tuple(map(written, package.wheels))
            )
            if package.direct is None
            else package
            for package in lock.packages
        )
    )


def _moved(edge: Edge, moved: Mapping[tuple[PackageName, str, str], str]) -> Edge:
    index = moved.get((edge.name, edge.version, edge.index))
    return edge if index is None else edge._replace(index=index)


def _carried(package: LockedPackage, before: Sequence[LockedPackage]) -> LockedPackage:
    for old in before:
        if old.index == package.index:
            return package
        carried = _with_files_of(package, old)
        if carried is not None:
            return carried
    return package


def _with_files_of(package: LockedPackage, old: LockedPackage) -> LockedPackage | None:
    known = {artifact.filename: artifact for artifact in files_of(old)}
    if not any(_is_same(artifact, known) for artifact in files_of(package)):
        return None
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


def _kept(artifact: Artifact, known: Mapping[str, Artifact]) -> Artifact:
    return known[artifact.filename] if _is_same(artifact, known) else artifact


def _is_same(artifact: Artifact, known: Mapping[str, Artifact]) -> bool:
    old = known.get(artifact.filename)
    return old is not None and bool(set(old.digests) & set(artifact.digests))
