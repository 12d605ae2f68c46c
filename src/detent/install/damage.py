"""Which files of an environment are no longer what was installed: every file of every package is read.

A file is held against the hash in its package's RECORD, RECORD against our own manifest, and a launcher
against what it has to say; a link to a folder must lead to the wheel it is of. What nobody installed is
nobody's damage, and byte code is made anew by whoever imports. Nothing is written here.
"""

# ruff: noqa: PTH115, PTH123 (strings: an environment has files by the thousand)

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Literal, TypeAlias

from detent.fsio import file_trouble
from detent.install.claims import launcher_owners
from detent.install.foreign import read_hashes
from detent.install.places import Places
from detent.install.plan import Installed
from detent.install.wheel import launcher_file
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.store.layout import Layout
from detent.store.naming import FILES

Fault: TypeAlias = Literal["missing", "changed", "linked", "not a file", "not executable", "astray"]

_THREADS = 4
_CHUNK = 64
"""How many files one thread takes at a time."""


class Damage(NamedTuple):
    """One file that is not as it was installed."""

    package: PackageName
    version: str
    path: str
    """Relative to the environment."""
    fault: Fault


class _Expected(NamedTuple):
    """A file as it has to be."""

    owner: Installed
    path: str
    digest: str
    is_program: bool


def find_damage(places: Places, packages: Sequence[Installed], store: Layout) -> tuple[Damage, ...]:
    """Look at every file of these packages. Raises :class:`FileTrouble` for what cannot be read.

    To be given all packages of the environment: two of them may have claims on one file.
    """
    folders = _Folders(places.root, {link for package in packages for link in package.links})
    found: list[Damage] = []
    expected: list[_Expected] = []
    owners = launcher_owners(packages)
    for package in packages:
        lost = list(_lost_links(places, package, store))
        found += lost
        links = [link for link in package.links if all(damage.path != link for damage in lost)]
        record = f"{package.dist_info}/RECORD"
        fault = _oddity(f"{places.root}/{record}")
        listed = {} if fault else read_hashes(places, package.dist_info)
        launchers = {path for path, _ in package.launchers}
        if not _is_complete(package, listed):
            found.append(_damage(package, record, fault or "changed"))
        for path in dict.fromkeys(chain(package.paths(), _behind(listed, links))):
            if path in launchers:
                _, owner, value = owners[path]
                if owner == package.name:
                    program = launcher_file(places, path, value).content
                    digest = hashlib.sha256(program).hexdigest()
                    expected.append(_Expected(package, path, digest, is_program=True))
            elif path in listed and not path.endswith(".pyc"):
                is_program = path.startswith(places.scripts + "/")
                expected.append(_Expected(package, path, listed[path], is_program))
    looked = _looked_at(places.root, folders, expected)
    found += [_damage(one.owner, one.path, fault) for one, fault in looked if fault is not None]
    return tuple(sorted(found))


def _damage(package: Installed, path: str, fault: Fault) -> Damage:
    return Damage(package.name, package.version, path, fault)


def _is_complete(package: Installed, listed: dict[str, str]) -> bool:
    """Whether a RECORD has a hash for exactly the files of the package."""
    files = (*package.linked, *package.private, *package.yielded)
    own = {path for path in files if not path.endswith(".pyc")}
    own.update(path for path, _ in package.launchers)
    own.discard(f"{package.dist_info}/RECORD")
    behind = set(_behind(listed, package.links))
    return own == {path for path in listed if path not in behind and not path.endswith(".pyc")}


def _behind(listed: Iterable[str], links: Sequence[str]) -> Iterator[str]:
    """Give the files of a RECORD that stand behind links of the package."""
    if links:
        starts = tuple(f"{link}/" for link in links)
        yield from (path for path in listed if path.startswith(starts))


def _lost_links(places: Places, package: Installed, store: Layout) -> Iterator[Damage]:
    """Find the links that are gone or lead somewhere else."""
    library = package.dist_info.rpartition("/")[0]
    for link in package.links:
        target = f"{store.wheel(package.digest)}/{FILES}{link[len(library) :]}"
        try:
            if os.readlink(f"{places.root}/{link}") != target:
                yield _damage(package, link, "astray")
        except FileNotFoundError:
            yield _damage(package, link, "missing")
        except OSError:
            yield _damage(package, link, "astray")


def _looked_at(
    root: str, folders: "_Folders", expected: Sequence[_Expected]
) -> Iterator[tuple[_Expected, Fault | None]]:
    """Read the files, a few side by side: hashing and reading let go of the interpreter."""
    for one in expected:
        folders.is_right(one.path.rpartition("/")[0])  # before threads ask
    chunks = [expected[at : at + _CHUNK] for at in range(0, len(expected), _CHUNK)]

    def look(chunk: Sequence[_Expected]) -> list[tuple[_Expected, Fault | None]]:
        return [(one, _fault(root, folders, one)) for one in chunk]

    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        yield from chain.from_iterable(pool.map(look, chunks))


def _oddity(path: str) -> Fault | None:
    """Say what is odd about a file as one sees from outside."""
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    except OSError as error:
        raise file_trouble(error, path) from error
    if stat.S_ISREG(mode):
        return None
    return "linked" if stat.S_ISLNK(mode) else "not a file"


def _fault(root: str, folders: "_Folders", one: _Expected) -> Fault | None:
    if not folders.is_right(one.path.rpartition("/")[0]):
        return "linked"
    path = f"{root}/{one.path}"
    try:
        mode = os.lstat(path).st_mode
        if not stat.S_ISREG(mode):
            return "linked" if stat.S_ISLNK(mode) else "not a file"
        if one.is_program and not mode & stat.S_IXUSR:
            return "not executable"
        with open(path, "rb", buffering=0) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    except OSError as error:
        raise file_trouble(error, path) from error
    return None if digest == one.digest else "changed"


class _Folders:
    """Whether the folders on the way to a file are folders, or links that were made so."""

    def __init__(self, root: str, links: set[str]) -> None:
        self._root = root
        self._links = links
        self._known = {"": True}

    def is_right(self, folder: str) -> bool:
        known = self._known.get(folder)
        if known is None:
            known = self.is_right(folder.rpartition("/")[0]) and (
                folder in self._links or not os.path.islink(f"{self._root}/{folder}")  # noqa: PTH114
            )
            self._known[folder] = known
        return known
