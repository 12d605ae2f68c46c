"""Where the files of a lock are fetched on this machine, and whether their index knows of them.

A file is known by its index, its name and its hash; its address in the lock is only where it was seen. An
index with a mirror is never asked for it: what the mirror does not have cannot be had. A lock that was made
behind one may not know the address (:mod:`detent.lock.nominal`); then the index is asked. Folders of files
that were named for this command come first. The default index of this machine stands in for an index that is
none of ours, and where it does not have a file the locked address counts.

A host that the index of a file has never named is nobody's word but the lock's: the index is asked once
whether it knows the file, and what it does not know is refused (docs/explanation/promises.md). Nor is an
index more than the lock's word that neither the project nor this machine names, so its hosts are told.
"""

import contextlib
from collections.abc import Iterable, Sequence

from detent.errors.fetch import FetchError, FileNotMirrored, FileUnvouched
from detent.events import Notice
from detent.index.releases import IndexReleases
from detent.index.urls import host, index_root, shown
from detent.lock.choice import Choice
from detent.lock.declared import is_nominal
from detent.lock.filename import local_path
from detent.lock.model import LockedPackage
from detent.model.candidate import Artifact
from detent.ops.world import World
from detent.project.indexes import IndexSetting
from detent.store.records import read_record, write_record

_HOSTS = (b"hosts", 1)


def on_this_machine(world: World, choices: Sequence[Choice]) -> list[Choice]:
    """Give the choices, each file with the address it is fetched from here.

    Raises :class:`FetchError` where a mirror does not answer or does not have a file.
    """
    settings = {index.key: index for index in world.settings.indexes}
    members = world.releases.members()
    folders = [
        member
        for member in members
        if member.name in settings
        and _is_for_command(settings[member.name], no_index=world.settings.no_index.value)
    ]
    stand_in = next((m for m in members if m.name in settings and _is_stand_in(settings[m.name])), None)
    asked: list[tuple[Choice, Sequence[IndexReleases], bool]] = []
    for choice in choices:
        package = choice.package
        if not package.index or local_path(choice.artifact.url) is not None:
            asked.append((choice, (), False))
            continue
        own = world.releases.serving(package)
        if own is not None:
            is_mirrored = own.name in settings and bool(settings[own.name].mirror)
            is_bound = is_mirrored and not settings[own.name].is_stand_in
            is_asked = is_mirrored or is_nominal(package, choice.artifact)
            asked.append((choice, (*folders, *((own,) if is_asked else ())), is_bound))
        else:
            asked.append((choice, (*folders, *((stand_in,) if stand_in is not None else ())), False))
    for place in dict.fromkeys(place for _, places, _ in asked for place in places):
        place.expect([choice.package.name for choice, places, _ in asked if place in places], ())
    return [_at(choice, places, is_bound=is_bound) for choice, places, is_bound in asked]


def _is_for_command(index: IndexSetting, *, no_index: bool) -> bool:
    """Whether a folder of files was named for this command, or there is nothing else."""
    return index.format == "flat" and (no_index or (index.is_local and index.origin.startswith("the ")))


def _is_stand_in(index: IndexSetting) -> bool:
    """Whether it is a default index that this machine, and not the project, names."""
    return index.default and not index.is_of_project


def _at(choice: Choice, places: Sequence[IndexReleases], *, is_bound: bool) -> Choice:
    """Give a choice with the address its file has at the first of the places that has it."""
    package, artifact = choice.package, choice.artifact
    for place in places:
        there = place.same_file(package.name, package.version, artifact)
        if there is not None:
            return choice._replace(artifact=artifact._replace(url=there.url))
    if is_bound:
        raise FileNotMirrored(package.name, artifact.filename, package.index, shown(places[-1].index_url))
    return choice


def at_its_index(world: World, choice: Choice) -> Choice | None:
    """Give a choice whose address does not work with the one that its index says now, if that is another."""
    own = world.releases.serving(choice.package) if choice.package.index else None
    if own is None:
        return None
    try:
        there = own.same_file(choice.package.name, choice.package.version, choice.artifact)
    except FetchError:
        return None
    if there is None or there.url == choice.artifact.url:
        return None
    return choice._replace(artifact=choice.artifact._replace(url=there.url))


# ---- hosts -----------------------------------------------------------------------------------


def refuse_unvouched(world: World, locked: Iterable[Choice], here: Iterable[Choice]) -> None:
    """Raise :class:`FileUnvouched` for a file whose index does not know it, at a host it has not named.

    ``here`` are the same choices as :func:`on_this_machine` gave them: of what has another address there,
    some index was asked already. Where none can be asked, that is said once.
    """
    unknown: list[str] = []
    heard: set[str] = set()
    known: dict[str, frozenset[str]] = {}
    for choice, found in zip(locked, here, strict=True):
        package, artifact = choice.package, choice.artifact
        if package.direct is not None or found is not choice or local_path(artifact.url) is not None:
            continue
        where = host(artifact.url)
        if not package.index:
            # Other tools leave the index out, and so may whoever edits a lock.
            if where not in heard:
                heard.add(where)
                unknown += [where] if where not in unknown and not _is_known(world, package, artifact) else []
            continue
        if where == host(package.index) and world.releases.serving(package) is not None:
            continue
        root = index_root(package.index)
        if root not in known:
            known[root] = _named_hosts(world, root)
        if where in known[root] or where in unknown:
            continue
        if _is_vouched(world, package, artifact):
            known[root] |= {where}
            write_record(world.layout.index_hosts(root), *_HOSTS, tuple(sorted(known[root])))
        else:
            unknown.append(where)
    if unknown:
        hosts = " and ".join(f"`{each}`" for each in unknown)
        world.report(
            Notice(
                "warning", f"files are fetched from {hosts} by the word of the lock alone: no index was asked"
            )
        )


def _is_vouched(world: World, package: LockedPackage, artifact: Artifact) -> bool:
    """Whether the index of a file names its address; false where nobody can be asked."""
    own = world.releases.serving(package)
    if own is None:
        return False
    try:
        there = own.same_file(package.name, package.version, artifact)
    except FetchError:
        return False
    if there is None:
        raise FileUnvouched(package.name, artifact.filename, shown(artifact.url), package.index)
    return True


def _is_known(world: World, package: LockedPackage, artifact: Artifact) -> bool:
    """Whether an index of ours is at the host of a file, or names the file."""
    for member in world.releases.members():
        root, where = index_root(member.index_url), host(artifact.url)
        if where == host(member.index_url) or where in _named_hosts(world, root):
            return True
        with contextlib.suppress(FetchError):
            there = member.same_file(package.name, package.version, artifact)
            if there is not None and host(there.url) == where:
                return True
    return False


def _named_hosts(world: World, root: str) -> frozenset[str]:
    value = read_record(world.layout.index_hosts(root), *_HOSTS)
    return frozenset(map(str, value)) if isinstance(value, tuple) else frozenset()
