"""Which files of an environment are no longer what was installed: every file of every package is read.

A file is held against the size and hash in its package's RECORD, RECORD against our own manifest, and a
launcher, or the first line of a script, against what it has to say here; a link to a folder must lead to the
wheel it is of, and nothing else may lie behind it. What nobody installed is nobody's damage elsewhere, and
byte code is made anew by whoever imports. Nothing is written here.
"""

# ruff: noqa: PTH114, PTH115, PTH123 (strings: an environment has files by the thousand)

import hashlib
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Literal, TypeAlias

from detent.fsio import file_trouble
from detent.install.claims import launcher_owners
from detent.install.foreign import read_facts
from detent.install.places import Places
from detent.install.plan import Installed
from detent.install.real_folders import RealFolders
from detent.install.scripts import PYTHON_LINE, shebang
from detent.install.wheel import launcher_file
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.store.entry import read_contents, read_head, with_contents
from detent.store.layout import Layout
from detent.store.naming import FILES
from detent.store.verify import is_compiled

Fault: TypeAlias = Literal[
    "missing", "changed", "linked", "not a file", "not executable", "astray", "foreign"
]

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
    size_bytes: int
    is_program: bool


def find_damage(places: Places, packages: Sequence[Installed], store: Layout) -> tuple[Damage, ...]:
    """Look at every file of these packages. Raises :class:`FileTrouble` for what cannot be read.

    To be given all packages of the environment: two of them may have claims on one file.
    """
    folders = RealFolders(places.root, {link for package in packages for link in package.links})
    found: list[Damage] = []
    expected: list[_Expected] = []
    owners = launcher_owners(packages)
    for package in packages:
        lost = list(_lost_links(places, package, store))
        found += lost
        links = [link for link in package.links if all(damage.path != link for damage in lost)]
        found += _strangers(places, package, links, store)
        found += _scripts_of_another_place(places, package, store)
        record = f"{package.dist_info}/RECORD"
        fault = _oddity(f"{places.root}/{record}")
        listed = {} if fault else read_facts(places, package.dist_info)
        launchers = {path for path, _ in package.launchers}
        if not _is_complete(package, listed):
            found.append(_damage(package, record, fault or "changed"))
        for path in dict.fromkeys(chain(package.paths(), _behind(listed, links))):
            if path in launchers:
                _, owner, value = owners[path]
                if owner == package.name:
                    program = launcher_file(places, path, value).content
                    digest = hashlib.sha256(program).hexdigest()
                    expected.append(_Expected(package, path, digest, len(program), is_program=True))
            elif path in listed and not path.endswith(".pyc"):
                is_program = path.startswith(places.scripts + "/")
                expected.append(_Expected(package, path, *listed[path], is_program))
    looked = _looked_at(places.root, folders, expected)
    found += [_damage(one.owner, one.path, fault) for one, fault in looked if fault is not None]
    return tuple(sorted(set(found)))


def _damage(package: Installed, path: str, fault: Fault) -> Damage:
    return Damage(package.name, package.version, path, fault)


def _is_complete(package: Installed, listed: Collection[str]) -> bool:
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
    for link in package.links:
        try:
            if os.readlink(f"{places.root}/{link}") != stored_path(package, link, store):
                yield _damage(package, link, "astray")
        except FileNotFoundError:
            yield _damage(package, link, "missing")
        except OSError:
            yield _damage(package, link, "astray")


def stored_path(package: Installed, path: str, store: Layout) -> str:
    """Give where in the store stands what an environment shows at a path below its site-packages."""
    library = package.dist_info.rpartition("/")[0]
    return f"{store.wheel(package.digest)}/{FILES}{path[len(library) :]}"


def _strangers(places: Places, package: Installed, links: Sequence[str], store: Layout) -> Iterator[Damage]:
    """Find what stands behind links and no wheel brought there, but for byte code of what one did."""
    head = read_head(package.digest, store.wheel(package.digest)) if links else None
    entry = with_contents(head) if head is not None else None
    if entry is None:
        return
    library = package.dist_info.rpartition("/")[0]
    contents = read_contents(entry)
    listed = {f"{library}/{file.path}" for file in contents.files}
    # Only into folders that the wheel has: the environment's own list may be a stranger's.
    pending = [f"{library}/{folder}" for folder in contents.folders if f"{library}/{folder}" in links]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(f"{places.root}/{folder}") as entries:
                inside = [(f"{folder}/{e.name}", e.is_dir(follow_symlinks=False)) for e in entries]
        except OSError as error:
            raise file_trouble(error, f"{places.root}/{folder}") from error
        for path, is_folder in inside:
            if is_folder:
                pending.append(path)
            elif path not in listed and not is_compiled(path, listed):
                yield _damage(package, path, "foreign")


def _scripts_of_another_place(places: Places, package: Installed, store: Layout) -> Iterator[Damage]:
    """Find scripts that start the Python of where the environment was before: RECORD has their hash."""
    folder = f"{places.scripts}/"
    wanted = shebang(places.python)
    for path in package.private:
        if path.startswith(folder):
            stored = f"{store.wheel(package.digest)}/data/scripts/{path.removeprefix(folder)}"
            if _start(stored, len(PYTHON_LINE)) == PYTHON_LINE:
                start = _start(f"{places.root}/{path}", len(wanted))
                if start not in (None, wanted):
                    yield _damage(package, path, "changed")


def _start(path: str, count: int) -> bytes | None:
    """Read the first bytes of a file; ``None`` where there is none to be read, which others find out."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return os.read(descriptor, count)
        finally:
            os.close(descriptor)
    except OSError:
        return None


def _looked_at(
    root: str, folders: RealFolders, expected: Sequence[_Expected]
) -> Iterator[tuple[_Expected, Fault | None]]:
    """Read the files, a few side by side: hashing and reading let go of the interpreter."""
    for one in expected:
        folders.state(one.path.rpartition("/")[0])  # before threads ask
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


def _fault(root: str, folders: RealFolders, one: _Expected) -> Fault | None:
    if folders.state(one.path.rpartition("/")[0]) == "taken":
        return "linked" if os.path.islink(f"{root}/{folders.obstacle(one.path)}") else "missing"
    path = f"{root}/{one.path}"
    try:
        facts = os.lstat(path)
        mode = facts.st_mode
        if not stat.S_ISREG(mode):
            return "linked" if stat.S_ISLNK(mode) else "not a file"
        if one.is_program and not mode & stat.S_IXUSR:
            return "not executable"
        if facts.st_size != one.size_bytes:  # which may be more than anybody wants to read
            return "changed"
        with open(path, "rb", buffering=0) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    except OSError as error:
        raise file_trouble(error, path) from error
    return None if digest == one.digest else "changed"
