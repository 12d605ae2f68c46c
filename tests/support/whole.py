"""Whether an environment holds what its RECORDs say, and a cache what its manifests say: every byte of both."""

import base64
import csv
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from detent.store.bytecode import listed_bytecode
from detent.store.entry import read_head, with_contents

NOT_PACKAGES = {"_virtualenv.py", "_virtualenv.pth"}
STORE_MARKER = "_detent_store.pth"
"""Belongs into an environment that has links to folders of the store, and into no other."""


def environment_faults(environment: Path) -> list[str]:
    """Files that are missing, wrong, or nobody's; links that lead nowhere; what detent left behind of its own."""
    environment = environment.resolve()
    library = next(environment.glob("lib/python*/site-packages"))
    faults = []
    owned = {str(library / name) for name in NOT_PACKAGES}
    for record in sorted(library.glob("*.dist-info/RECORD")):
        with record.open(newline="") as file:
            for name, digest, size in csv.reader(file):
                path = Path(os.path.normpath(library / name))
                owned.add(str(path))
                if path.is_symlink() and not digest:  # a folder of the store
                    owned.add(str(library / STORE_MARKER))
                    if not path.is_dir():
                        faults.append(f"leads nowhere: {name}")
                elif not path.is_file() or path.is_symlink():
                    faults.append(f"missing: {name}")
                elif digest and (digest, size) != (_digest(path), str(path.stat().st_size)):
                    faults.append(f"wrong: {name}")
    faults += [
        f"without a RECORD: {p.name}" for p in library.glob("*.dist-info") if not (p / "RECORD").is_file()
    ]
    places = (library, environment / "share")
    files = [
        path
        for place in places
        for path in place.rglob("*")
        if (path.is_symlink() or path.is_file()) and path.suffix != ".pyc"
    ]
    faults += [f"nobody's: {path}" for path in files if str(path) not in owned]
    state = {path.name for path in (environment / ".detent").iterdir()}
    return [
        *faults,
        *(f"left behind: {name}" for name in sorted(state - {"installed", "lock", "selection", "stamp"})),
    ]


def cache_faults(cache: Path) -> list[str]:
    """Entries without a head or without the list of their files, and files that are not as those say."""
    unpacked = sorted(cache.glob("wheels-v2/unpacked/*/*"))
    return [fault for root in unpacked for fault in _entry_faults(root)]


def _entry_faults(root: Path) -> Iterator[str]:
    head = read_head(root.name, root)
    entry = with_contents(head) if head else None
    if entry is None:
        yield f"no {'list of files' if head else 'head'}: {root}"
        return
    compiled = listed_bytecode(root)
    known = {str(root / name) for name in ("head", "full", *compiled)}
    for scheme, files in (*entry.by_scheme(), *(("files", files) for files in compiled.values())):
        for file in files:
            path = Path(entry.folder(scheme), file.path)
            known.add(str(path))
            if not path.is_file():
                yield f"missing: {path}"
            elif hashlib.sha256(path.read_bytes()).hexdigest() != file.sha256:
                yield f"wrong: {path}"
            elif path.stat().st_mtime_ns != file.mtime_ns:
                yield f"another time: {path}"
    # Byte code that is not listed was written by programs, or by a run that died; nobody believes it.
    yield from (
        f"nobody's: {p}"
        for p in root.rglob("*")
        if p.is_file() and str(p) not in known and p.parent.name != "__pycache__"
    )


def _digest(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).digest()
    return f"sha256={base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
