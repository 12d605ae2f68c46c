"""Byte code of unpacked wheels: made once for all Pythons that read the same, shared with every environment.

It stands where Python looks for it, beside its source in the entry, and is brought into environments like any
file: a source has the same time everywhere, so what its byte code says of it stays true. A record in the
entry lists what was made, and is written last::

    <entry>/bytecode-<cache tag>-<magic in hex>

Only what is listed and still has its size and time is ever linked. The rest is what programs wrote that run
from the store itself (`link-mode = "directory"`): their own business, and replaced when the list is made.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from detent.errors import DetentError
from detent.errors.store import FileTrouble, StoreBusy
from detent.events import Notice, Report, ignore
from detent.fsio import READ_ONLY, FileLock, file_trouble
from detent.model.limits import Limits
from detent.named import NamedTuple
from detent.store.cache import Scratch
from detent.store.compiling import Compiler, Source, compile_sources
from detent.store.entry import BYTECODE, WheelEntry, WheelFile, read_contents, with_contents
from detent.store.layout import Layout
from detent.store.records import read_record, write_record

_KIND, _VERSION = b"bytecode", 1
_FOLDER = "__pycache__"
_MODE = 0o644


class Provided(NamedTuple):
    """What there is now."""

    files: Mapping[str, tuple[WheelFile, ...]]
    """By the digest of the entry, what may be linked, relative to ``files``; nothing for one that failed."""
    compiled: int = 0
    """How many files were compiled for it."""
    stored: int = 0
    """How many had been compiled before."""


class ByteCodeStore:
    """The byte code in one store."""

    def __init__(
        self,
        layout: Layout,
        limits: Limits,
        variables: Mapping[str, str],
        report: Report = ignore,
        *,
        hashes_always: bool = False,
    ) -> None:
        self._layout = layout
        self._limits = limits
        self._variables = variables
        self._report = report
        self._intact = _have_right_contents if hashes_always else _are_intact

    def provide(
        self,
        entries: Sequence[WheelEntry],
        *,
        executable: str,
        kind: str,
        by_directory: Collection[str] = (),
    ) -> Provided:
        """Give the byte code of a kind for entries; what is not there is made by a Python, for everybody.

        ``by_directory`` are the digests of entries whose folders are reached by links: what lies behind those
        is not to be linked, and not looked at. What goes wrong is reported and no failure: everything works
        without byte code.
        """
        if not kind:
            return Provided({})
        compiler = Compiler(executable, kind)
        made: dict[str, tuple[WheelFile, ...]] = {}
        found, lacking = _stored(entries, kind, by_directory, self._intact)
        if lacking:
            try:
                with self._alone(compiler), Scratch(self._layout) as scratch:
                    # Somebody else may have made it while this one waited.
                    more, lacking = _stored(lacking, kind, by_directory, self._intact)
                    found.update(more)
                    made = self._make(lacking, compiler, scratch)
            except (FileTrouble, StoreBusy) as trouble:
                self._tell(trouble)
        files = {**found, **made}
        return Provided(
            {e.digest: _to_link(e, files[e.digest], by_directory) for e in entries if e.digest in files},
            compiled=sum(map(len, made.values())),
            stored=sum(map(len, found.values())),
        )

    def _alone(self, compiler: Compiler) -> FileLock:
        """Give the lock for making byte code of one kind: two at once would undo each other's times."""
        return FileLock(
            self._layout.lock(f"bytecode-{compiler.kind}"),
            wait_seconds=self._limits.lock_wait_seconds,
            notice_seconds=self._limits.lock_notice_seconds,
            report=self._report,
        )

    def _make(
        self, entries: Sequence[WheelEntry], compiler: Compiler, scratch: Path
    ) -> dict[str, tuple[WheelFile, ...]]:
        """Compile entries, and list what came of each that could be gone through to its end."""
        whole = [entry for found in entries if (entry := with_contents(found)) is not None]
        jobs = [(entry, path, source) for entry in whole for path, source in _sources(entry, compiler)]
        done = compile_sources(
            [source for _, _, source in jobs], compiler, scratch, self._variables, self._limits.processors
        )
        if done.trouble is not None:
            self._tell(done.trouble)
        files: dict[str, list[WheelFile]] = {entry.digest: [] for entry in whole}
        for number, (entry, path, _) in enumerate(jobs):
            if number not in done.made:
                files.pop(entry.digest, None)
            elif entry.digest in files and (made := done.made[number]) is not None:
                files[entry.digest].append(
                    WheelFile(path, _MODE, made.size_bytes, made.sha256, made.mtime_ns)
                )
        kept = {}
        for entry in whole:
            if entry.digest in files:
                kept[entry.digest] = tuple(files[entry.digest])
                _write(entry.root / f"{BYTECODE}{compiler.kind}", kept[entry.digest], scratch)
        return kept

    def _tell(self, trouble: DetentError) -> None:
        cause = trouble.__cause__
        if isinstance(cause, OSError) and cause.errno in READ_ONLY:
            self._report(
                Notice(
                    "note",
                    f"`{self._layout.root}` may not be written, so no byte code is made there; modules are"
                    " compiled when they are first imported",
                )
            )
        else:
            self._report(Notice("warning", f"byte code could not be compiled: {trouble.what}: {trouble.why}"))


def listed_bytecode(root: Path) -> dict[str, tuple[WheelFile, ...]]:
    """Give the byte code of the entry whose folder is ``root``, by the names of the records that list it.

    Paths are relative to ``files``; a record that cannot be read lists nothing.
    """
    try:
        names = sorted(name for name in os.listdir(root) if name.startswith(BYTECODE))  # noqa: PTH208
    except OSError:
        return {}
    return {name: _read(root / name) or () for name in names}


def _write(record: Path, files: Iterable[WheelFile], scratch: Path) -> None:
    """Keep a list, by way of scratch: what is left half written there is swept."""
    new = scratch / "list"
    write_record(new, _KIND, _VERSION, tuple(map(tuple, files)))
    try:
        new.rename(record)
    except OSError as error:
        raise file_trouble(error, record) from error


def _read(record: Path) -> tuple[WheelFile, ...] | None:
    value: Any = read_record(record, _KIND, _VERSION)
    if not isinstance(value, tuple):
        return None
    # By the thousand: the class's own constructor would be called from Python for each.
    return cast("tuple[WheelFile, ...]", tuple(map(partial(tuple.__new__, WheelFile), value)))


def _stored(
    entries: Iterable[WheelEntry],
    kind: str,
    by_directory: Collection[str],
    are_intact: Callable[[WheelEntry, Iterable[WheelFile]], bool],
) -> tuple[dict[str, tuple[WheelFile, ...]], list[WheelEntry]]:
    """Give what is listed and still as it was made, by digest, and the entries without such a list."""
    found: dict[str, tuple[WheelFile, ...]] = {}
    lacking: list[WheelEntry] = []
    for entry in entries:
        files = _read(entry.root / f"{BYTECODE}{kind}")
        if files is not None and are_intact(entry, _to_link(entry, files, by_directory)):
            found[entry.digest] = files
        else:
            lacking.append(entry)
    return found, lacking


def _to_link(
    entry: WheelEntry, files: tuple[WheelFile, ...], by_directory: Collection[str]
) -> tuple[WheelFile, ...]:
    if entry.digest not in by_directory:
        return files
    behind = tuple(f"{folder}/" for folder in entry.spots.links)
    return tuple([file for file in files if not file.path.startswith(behind)])


def _have_right_contents(entry: WheelEntry, files: Iterable[WheelFile]) -> bool:
    """Do as :func:`_are_intact`, by what is in the files too."""
    listed = tuple(files)
    folder = Path(entry.folder())
    try:
        return _are_intact(entry, listed) and all(
            sha256((folder / file.path).read_bytes()).hexdigest() == file.sha256 for file in listed
        )
    except OSError:
        return False


def _are_intact(entry: WheelEntry, files: Iterable[WheelFile]) -> bool:
    prefix = entry.folder() + "/"
    lstat = os.lstat
    try:
        for path, _, size_bytes, _, mtime_ns in files:
            facts = lstat(prefix + path)
            if facts.st_mtime_ns != mtime_ns or facts.st_size != size_bytes:
                return False
    except OSError:
        return False
    return True


def _sources(entry: WheelEntry, compiler: Compiler) -> Iterator[tuple[str, Source]]:
    """Give the modules of a wheel, each with the path of its byte code."""
    contents = read_contents(entry)
    prefix = entry.folder() + "/"
    for path, _, size_bytes, digest, mtime_ns in contents.files:
        if path.endswith(".py"):
            folder, slash, name = path.rpartition("/")
            target = f"{folder}{slash}{_FOLDER}/{name[:-3]}.{compiler.cache_tag}.pyc"
            yield target, Source(prefix + path, path, digest, size_bytes, mtime_ns, prefix + target)
