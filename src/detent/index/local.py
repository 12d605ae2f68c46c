"""An index that lies on this machine: a folder of files, or one laid out like the simple API.

Answers as :class:`~detent.index.client.Client` does, at once and in the same thread. It only reads, follows
nothing to another machine, and hands out copies: a file here belongs to its owner.
"""

# ruff: noqa: ARG002 (asked as a server is)

import hashlib
import os
import stat
from collections.abc import Callable, Collection, Mapping
from io import BufferedReader
from pathlib import Path
from typing import Generic, ParamSpec, TypeVar

from detent import fsio
from detent.errors.fetch import FileGone, HashMismatch, IndexUnavailable
from detent.index.client import Answer
from detent.index.download import Downloaded
from detent.lock.filename import local_path
from detent.model.candidate import STRONG_HASHES, Artifact
from detent.model.limits import Limits

_P = ParamSpec("_P")
_T = TypeVar("_T")

_PAGES = (
    ("index.json", "application/vnd.pypi.simple.v1+json"),
    ("index.html", "text/html"),
)
_CHUNK_BYTES = 2**20


class Done(Generic[_T]):
    """An answer that is there already."""

    def __init__(self, function: Callable[[], _T]) -> None:
        self._value: _T
        self._fault: BaseException | None = None
        try:
            self._value = function()
        except Exception as fault:  # noqa: BLE001 -- raised where the answer is taken
            self._fault = fault

    def result(self, timeout_seconds: float | None = None) -> _T:
        """Give it; raises what finding it raised."""
        if self._fault is not None:
            raise self._fault
        return self._value

    def done(self) -> bool:
        """Whether it is there."""
        return True

    def exception(self) -> BaseException | None:
        """What finding it raised."""
        return self._fault


class LocalFiles:
    """The files of this machine, as something to ask."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits

    def submit(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> Done[_T]:
        """Do it now."""
        return Done(lambda: function(*args, **kwargs))

    def wait(self) -> None:
        """Nothing is ever on its way."""

    def fetch(
        self, url: str, *, headers: Mapping[str, str], max_bytes: int, statuses: Collection[int] = ()
    ) -> Answer:
        """Read a page or a small file; status 404 where there is none."""
        path = _path(url)
        try:
            kind = "application/octet-stream"
            if path.is_dir():
                found = next(((path / name, kind) for name, kind in _PAGES if (path / name).is_file()), None)
                if found is None:
                    return Answer(404, url, {}, b"")
                path, kind = found
            elif path.suffix.lower() in {".html", ".htm"}:
                kind = "text/html"
            with _opened(path) as file:
                body = file.read(max_bytes + 1)
        except (FileNotFoundError, NotADirectoryError):
            return Answer(404, url, {}, b"")
        except OSError as error:
            raise fsio.file_trouble(error, path) from error
        if len(body) > max_bytes:
            raise IndexUnavailable(url, f"it is larger than {max_bytes} bytes")
        return Answer(200, url, {"content-type": kind, "cache-control": "no-cache"}, body)

    def fetch_range(self, url: str, span: str, *, max_bytes: int, condition: str = "") -> Answer | None:
        """Read a part of a file."""
        path = _path(url)
        try:
            with _opened(path) as file:
                size = os.fstat(file.fileno()).st_size
                first, _, last = span.partition("-")
                begin = int(first) if first else max(0, size - int(last))
                end = min(size, int(last) + 1 if first and last else size)
                file.seek(begin)
                body = file.read(max(0, end - begin))
        except OSError as error:
            raise fsio.file_trouble(error, path) from error
        return Answer(206, url, {"content-range": f"bytes {begin}-{end - 1}/{size}"}, body)

    def download(self, artifact: Artifact, package: str, dest_folder: Path) -> Downloaded:
        """Copy a file and hold it against its digests and size."""
        path, private = _path(artifact.url), dest_folder / f"copy-{os.urandom(8).hex()}"
        algorithms = {d.algorithm: d.value for d in artifact.digests if d.algorithm in STRONG_HASHES}
        hashers = {name: hashlib.new(name) for name in {"sha256", *algorithms}}
        size = 0
        try:
            with _opened(path) as file, private.open("xb") as copy:
                while chunk := file.read(_CHUNK_BYTES):
                    size += len(chunk)
                    for hasher in hashers.values():
                        hasher.update(chunk)
                    copy.write(chunk)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise FileGone(package, artifact.filename, artifact.url) from error
        except OSError as error:
            raise fsio.file_trouble(error, path) from error
        for name, expected in algorithms.items():
            actual = hashers[name].hexdigest()
            if actual != expected:
                private.unlink()
                raise HashMismatch(
                    package,
                    artifact.filename,
                    artifact.url,
                    expected=f"{name} `{expected}`",
                    actual=f"{name} `{actual}`",
                )
        return Downloaded(None, private, size, hashers["sha256"].hexdigest())


def _path(url: str) -> Path:
    place = local_path(url)
    if place is None:
        raise IndexUnavailable(url, "it does not lie on this machine")
    return Path(place)


def _opened(path: Path) -> BufferedReader:
    """Open a file that is one: a pipe could be waited for without end."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(path)
    return os.fdopen(descriptor, "rb")
