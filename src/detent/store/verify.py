"""The whole store held against what was written down of it: every byte of every file is read again.

What sizes and times do not show is found here: flipped bits, files that were put there, modes that changed,
records whose checksum is wrong. Byte code that programs wrote into the store themselves (`link-mode =
"directory"`) is nobody's word against anybody's, and is passed over where its source stands beside it.

Verifying changes nothing and goes on beside those who use the store. Repairing holds it alone: what is
damaged is taken out and fetched again by who needs it next; what does not belong there goes; modes are set
right.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias

from detent.events import Report, Verifying, ignore
from detent.fsio import file_trouble, is_scratch
from detent.model.limits import Limits
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.store.bytecode import listed_bytecode
from detent.store.cache import hold_store
from detent.store.entry import BYTECODE, FULL, HEAD, WheelEntry, WheelFile, read_head, with_contents
from detent.store.inventory import groups, units
from detent.store.layout import Layout
from detent.store.naming import FILES
from detent.store.records import is_whole
from detent.store.removal import remove
from detent.store.usage import folders, links_of
from detent.store.users import owners

Kind: TypeAlias = Literal["changed", "missing", "foreign", "mode"]

_RECORDS = (
    "index-v1",
    "metadata-v1",
    "selections-v1",
    "settled-v1",
    "built-v1",
    "pylock-v1",
    "interpreters-v1",
    "templates-v1",
    "facts-v1",
)
"""Buckets that hold nothing but records."""
_ARCHIVES = "archives-v1"


class Fault(NamedTuple):
    """A file that is not as it was written."""

    subject: str
    """Ready for a message: whose it is, or what."""
    path: str
    """In the wheel, or in the store; empty where the subject says it all."""
    kind: Kind
    place: Path
    unit: Path
    """What is taken out of the store where a file's contents are wrong."""
    digest: str = ""
    """Of the wheel."""
    mode: int = 0
    """The right one, where that is wrong."""


class Verdict(NamedTuple):
    """What was looked at, and what is wrong with it."""

    wheels: int = 0
    files: int = 0
    size_bytes: int = 0
    faults: tuple[Fault, ...] = ()
    environments: tuple[Path, ...] = ()
    """Environments that link folders of what is damaged."""
    sharing: tuple[tuple[str, int], ...] = ()
    """What is damaged and shared by link, file by file, with how many environments: they have it too."""


def verify(
    layout: Layout, names: Sequence[PackageName] = (), *, report: Report = ignore, workers: int = 4
) -> Verdict:
    """Read everything again, or the wheels of these packages. Raises :class:`FileTrouble`."""
    jobs = list(_wheel_jobs(layout, frozenset(names)))
    wheels = len(jobs)
    if not names:
        jobs += _other_jobs(layout)
    files = size_bytes = 0
    faults: list[Fault] = []
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for number, (label, found) in enumerate(pool.map(_done, jobs), start=1):
            report(Verifying(label, number, len(jobs)))
            files += found.files
            size_bytes += found.size_bytes
            faults += found.faults
    used = owners(layout) if faults else {}
    digests = {fault.digest for fault in faults if fault.kind in {"changed", "missing"} and fault.digest}
    return Verdict(
        wheels,
        files,
        size_bytes,
        tuple(sorted(faults)),
        tuple(sorted({root for digest in digests for root in used.get(digest, ())})),
        tuple(sorted(_sharing(layout, digests - used.keys()))),
    )


def repair(layout: Layout, limits: Limits, verdict: Verdict, *, report: Report = ignore) -> tuple[str, ...]:
    """Put right what was found, where it still is so; give the subjects that were taken out.

    Raises :class:`FileTrouble` where that is refused, as in a store that may only be read.
    """
    with hold_store(layout, limits, exclusive=True, report=report):
        gone: dict[Path, str] = {}
        for fault in verdict.faults:
            if fault.kind in {"changed", "missing"}:
                # Somebody may have healed or replaced it meanwhile.
                if fault.unit not in gone and _is_still(layout, fault):
                    gone[fault.unit] = fault.subject
            elif fault.kind == "mode":
                _set_mode(fault)
        remove(layout, gone)
        remove(layout, [fault.place for fault in verdict.faults if fault.kind == "foreign"])
    return tuple(dict.fromkeys(gone.values()))


class _Found(NamedTuple):
    files: int
    size_bytes: int
    faults: tuple[Fault, ...]


_Job: TypeAlias = tuple[str, Callable[[], _Found]]


def _done(job: _Job) -> tuple[str, _Found]:
    label, work = job
    return label, work()


def _is_still(layout: Layout, fault: Fault) -> bool:
    if not fault.digest:
        return os.path.lexists(fault.place)
    now = _wheel(fault.digest, layout.wheel(fault.digest)).faults
    return any((other.place, other.kind) == (fault.place, fault.kind) for other in now)


def _set_mode(fault: Fault) -> None:
    try:
        facts = fault.place.lstat()
        if stat.S_ISREG(facts.st_mode):
            fault.place.chmod(fault.mode)
    except FileNotFoundError:
        return
    except OSError as error:
        raise file_trouble(error, fault.place) from error


def _sharing(layout: Layout, digests: Iterable[str]) -> Iterator[tuple[str, int]]:
    for digest in digests:
        entry = read_head(digest, layout.wheel(digest))
        if entry is not None and (links := links_of(entry)):
            yield subject_of(entry), links


def subject_of(entry: WheelEntry) -> str:
    """Name an unpacked wheel as messages do."""
    return f"`{entry.name}` {entry.version}"


# ---- unpacked wheels -------------------------------------------------------------------------


def _wheel_jobs(layout: Layout, names: frozenset[PackageName]) -> Iterator[_Job]:
    for shard in folders(layout.unpacked):
        for root in folders(shard):
            head = read_head(root.name, root)
            if not names or (head is not None and head.name in names):
                label = f"{head.name}=={head.version}" if head is not None else root.name[:16]
                yield label, partial(_wheel, root.name, root)


def _wheel(digest: str, root: Path) -> _Found:
    """Hold the folder of an unpacked wheel against its records."""
    head = read_head(digest, root)
    if head is None:
        if not root.exists():
            return _Found(0, 0, ())  # removed meanwhile
        return _Found(1, 0, (Fault(f"wheel {digest[:16]}", HEAD, "changed", root / HEAD, root, digest),))
    subject = subject_of(head)
    entry = with_contents(head)
    if entry is None:
        return _Found(1, 0, (Fault(subject, FULL, "changed", root / FULL, root, digest),))
    listed = _listed(entry)
    compiled = {f"{FILES}/{file.path}": file for files in listed_bytecode(root).values() for file in files}
    files = size_bytes = 0
    faults: list[Fault] = []
    present: set[str] = set()
    for path, facts in _tree(root):
        present.add(path)
        place = root / path
        expected = listed.get(path) or compiled.get(path)
        if expected is None:
            if not _is_ours(path) and not is_compiled(path, listed):
                faults.append(Fault(subject, path.removeprefix(f"{FILES}/"), "foreign", place, place, digest))
            continue
        files += 1
        size_bytes += expected.size_bytes
        # What programs compiled anew is not as it was listed, and harmless: it is not linked any more.
        unit = root if path in listed else place
        if kind := _difference(place, facts, expected, is_exact=path in listed):
            shown = path.removeprefix(f"{FILES}/")
            faults.append(Fault(subject, shown, kind, place, unit, digest, expected.mode))
    faults += (
        Fault(subject, path.removeprefix(f"{FILES}/"), "missing", root / path, root, digest)
        for path in listed.keys() - present
    )
    return _Found(files, size_bytes, tuple(faults) if root.exists() else ())


def _listed(entry: WheelEntry) -> dict[str, WheelFile]:
    found = {}
    for scheme, files in entry.by_scheme():
        top = FILES if scheme == FILES else f"data/{scheme}"
        found.update({f"{top}/{file.path}": file for file in files})
    return found


def _tree(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Give whatever is no folder below the root."""
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(f"{root}/{folder}") as entries:
                for entry in entries:
                    path = f"{folder}{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(f"{path}/")
                    else:
                        yield path, entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue  # removed meanwhile; what is missing is told by what is listed
        except OSError as error:
            raise file_trouble(error, f"{root}/{folder}") from error


def _is_ours(path: str) -> bool:
    """Whether a file of an entry is one of its records, or one that is being written."""
    return "/" not in path and (path in {HEAD, FULL} or path.startswith(BYTECODE) or is_scratch(path))


def is_compiled(path: str, listed: Container[str]) -> bool:
    """Whether a file is byte code, or is to become it, of a source that belongs here."""
    folder, _, name = path.rpartition("/")
    package, _, cache = folder.rpartition("/")
    return cache == "__pycache__" and ".pyc" in name and f"{package}/{name.partition('.')[0]}.py" in listed


def _difference(place: Path, facts: os.stat_result, expected: WheelFile, *, is_exact: bool) -> Kind | None:
    """Say how a file differs from what was written down; byte code that was made anew does not."""
    if not is_exact and (facts.st_mtime_ns, facts.st_size) != (expected.mtime_ns, expected.size_bytes):
        return None
    if not stat.S_ISREG(facts.st_mode) or facts.st_size != expected.size_bytes:
        return "changed"
    try:
        if _hash(place) != expected.sha256:
            return "changed"
    except FileNotFoundError:
        return "missing"
    return "mode" if stat.S_IMODE(facts.st_mode) != expected.mode else None


# ---- records and archives --------------------------------------------------------------------


def _other_jobs(layout: Layout) -> Iterator[_Job]:
    for group in groups(layout):
        bucket = group.partition("/")[0]
        if bucket == _ARCHIVES or bucket in _RECORDS:
            yield group, partial(_group, layout, group)
    if layout.users.is_dir():
        yield layout.users.name, partial(_group, layout, layout.users.name)


def _group(layout: Layout, group: str) -> _Found:
    files = size_bytes = 0
    faults = []
    for unit in units(layout, group):
        place = layout.root / group / unit.name
        try:
            if group.startswith(_ARCHIVES):
                subject, is_right = "archive", _hash(place) == unit.name
            else:
                subject, is_right = "record", unit.size_bytes is not None and is_whole(place.read_bytes())
        except FileNotFoundError:
            continue
        except OSError as error:
            raise file_trouble(error, place) from error
        files += 1
        size_bytes += unit.size_bytes or 0
        if not is_right:
            faults.append(Fault(f"{subject} `{group}/{unit.name}`", "", "changed", place, place))
    return _Found(files, size_bytes, tuple(faults))


def _hash(path: Path) -> str:
    """Give the sha256 of a file; a link, a folder, and what the disk cannot give any more have none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return ""
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.EIO}:
            return ""
        raise file_trouble(error, path) from error
