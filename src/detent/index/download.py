"""One file from an index, whole and proven, into memory or a private scratch file.

Size and digests are taken while it arrives; what does not match is refused and nothing of it is ever parsed.
A transfer that breaks off goes on where it stopped when the server can do that; the digest at the end tells
if what it sent was another file. Small files stay in memory, since they are unpacked from there at once.
"""

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from detent.errors.fetch import FileGone, HashMismatch
from detent.events import DownloadFinished, DownloadProgress, DownloadStarted, Report
from detent.fsio import file_trouble, write_all
from detent.index.retry import Patience, TransferBroken, status_fault
from detent.index.urls import shown
from detent.model.candidate import STRONG_HASHES, Artifact, Digest
from detent.model.limits import Limits
from detent.named import NamedTuple

_REPORT_BYTES = 256 * 1024
_BATCH_BYTES = 256 * 1024
"""What is hashed and written at a time: TLS gives 16 KiB, and each step makes way for other transfers."""


class Downloaded(NamedTuple):
    """A file that arrived and is what it should be. Exactly one of ``data`` and ``path`` is there."""

    data: bytes | None
    path: Path | None
    """A private file that now belongs to the caller, who removes it."""
    size_bytes: int
    sha256: str

    @property
    def source(self) -> bytes | Path:
        """The bytes, or where they lie."""
        if self.data is not None:
            return self.data
        assert self.path is not None  # noqa: S101 (by construction)
        return self.path


class Body(Protocol):
    """A response as this module needs it."""

    status: int
    headers: Mapping[str, str]

    def chunks(self) -> Iterator[bytes]:
        """The body, piece by piece."""
        ...


class Server(Protocol):
    """What does the requests."""

    limits: Limits

    def open(self, url: str, headers: Mapping[str, str]) -> AbstractContextManager[Body]:
        """Send one request; raises :class:`TransferBroken`."""
        ...

    def patience(self) -> Patience:
        """The patience one transfer begins with."""
        ...

    def wait_or_raise(
        self, url: str, fault: TransferBroken, patience: Patience, *, idle_seconds: float, received_bytes: int
    ) -> None:
        """Wait before another try, or raise for good."""
        ...


class Download:
    """One file on its way."""

    def __init__(
        self,
        server: Server,
        artifact: Artifact,
        package: str,
        folder: Path,
        report: Report,
        *,
        memory_bytes: int,
    ) -> None:
        self._server = server
        self._artifact = artifact
        self._package = package
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._report = report
        self._wanted = tuple(d for d in artifact.digests if d.algorithm in STRONG_HASHES)

    def run(self) -> Downloaded:
        """Bring the file; raises :class:`HashMismatch`, :class:`FileGone` or `IndexUnavailable`."""
        self._report(DownloadStarted(self._artifact.filename, self._artifact.size_bytes))
        retries = self._server.limits.hash_retries
        while True:
            sink = _Sink(self._folder, self._memory_bytes, self._wanted)
            try:
                self._transfer(sink)
                fault = self._difference(sink)
                if fault is None:
                    done = sink.finish()
                    self._report(DownloadFinished(self._artifact.filename))
                    return done
            except BaseException:
                sink.discard()
                raise
            sink.discard()
            if retries == 0:
                raise fault
            retries -= 1

    def _transfer(self, sink: "_Sink") -> None:
        """Fill the sink from the server, over as many tries as patience allows."""
        patience = self._server.patience()
        validator = ""
        while True:
            before, last_byte = sink.received_bytes, time.monotonic()
            try:
                with self._server.open(self._artifact.url, self._headers(sink, validator)) as response:
                    if response.status in {404, 410}:
                        raise FileGone(self._package, self._artifact.filename, shown(self._artifact.url))
                    self._accept(response, sink)
                    validator = _validator(response.headers)
                    before = sink.received_bytes
                    for chunk in response.chunks():
                        last_byte = time.monotonic()
                        if self._take(sink, chunk):
                            return
                    return
            except TransferBroken as fault:
                self._server.wait_or_raise(
                    self._artifact.url,
                    fault,
                    patience,
                    idle_seconds=time.monotonic() - last_byte,
                    received_bytes=max(0, sink.received_bytes - before),
                )

    def _take(self, sink: "_Sink", chunk: bytes) -> bool:
        """Keep a piece; true when more has come than there should be."""
        sink.write(chunk)
        if sink.received_bytes - sink.reported_bytes >= _REPORT_BYTES:
            sink.reported_bytes = sink.received_bytes
            self._report(DownloadProgress(self._artifact.filename, sink.received_bytes))
        size = self._artifact.size_bytes
        return size is not None and sink.received_bytes > size

    def _headers(self, sink: "_Sink", validator: str) -> dict[str, str]:
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        # Without a digest nothing would tell whether the second half belongs to the first.
        if sink.received_bytes and self._wanted:
            headers["Range"] = f"bytes={sink.received_bytes}-"
            if validator:
                headers["If-Range"] = validator
        return headers

    def _accept(self, response: Body, sink: "_Sink") -> None:
        """Make the sink ready for what this response brings, or raise."""
        status = response.status
        if status == 206 and _first_byte(response.headers) == sink.received_bytes:
            return
        if status in {200, 206, 416}:
            sink.restart()
        if status == 200:
            return
        if status in {206, 416}:
            raise TransferBroken("the server sent another part of the file than was asked for")
        raise status_fault(status, response.headers, time.time())

    def _difference(self, sink: "_Sink") -> HashMismatch | None:
        """Hold what came against what was locked."""
        size = self._artifact.size_bytes
        if size is not None and sink.received_bytes != size:
            more = "more than " if sink.received_bytes > size else ""
            return self._mismatch(f"{size} bytes", f"{more}{min(sink.received_bytes, size)} bytes")
        for digest in self._wanted:
            actual = sink.digest(digest.algorithm)
            if actual != digest.value:
                return self._mismatch(
                    f"{digest.algorithm} `{digest.value}`", f"{digest.algorithm} `{actual}`"
                )
        return None

    def _mismatch(self, expected: str, actual: str) -> HashMismatch:
        url = shown(self._artifact.url)
        return HashMismatch(self._package, self._artifact.filename, url, expected=expected, actual=actual)


class _Sink:
    """What has arrived so far, and its digests."""

    def __init__(self, folder: Path, memory_bytes: int, wanted: tuple[Digest, ...]) -> None:
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._algorithms = {"sha256", *(d.algorithm for d in wanted)}
        self._path: Path | None = None
        self._descriptor = -1
        self.restart()

    def restart(self) -> None:
        """Forget everything that came."""
        self.discard()
        self.received_bytes = 0
        self.reported_bytes = 0
        self._batch: list[bytes] = []
        self._batch_bytes = 0
        self._memory = bytearray()
        self._hashers = {name: hashlib.new(name, usedforsecurity=True) for name in self._algorithms}

    def write(self, chunk: bytes) -> None:
        """Keep a piece."""
        self._batch.append(chunk)
        self._batch_bytes += len(chunk)
        self.received_bytes += len(chunk)
        if self._batch_bytes >= _BATCH_BYTES:
            self._settle()

    def _settle(self) -> None:
        """Hash what came since the last time, and put it where it belongs."""
        if not self._batch:
            return
        batch = b"".join(self._batch)
        self._batch, self._batch_bytes = [], 0
        for hasher in self._hashers.values():
            hasher.update(batch)
        if self._path is None and self.received_bytes <= self._memory_bytes:
            self._memory += batch
            return
        try:
            if self._path is None:
                self._descriptor, name = tempfile.mkstemp(prefix="download-", dir=self._folder)
                self._path = Path(name)
                write_all(self._descriptor, bytes(self._memory))
                self._memory = bytearray()
            write_all(self._descriptor, batch)
        except OSError as error:
            raise file_trouble(error, self._path or self._folder) from error

    def digest(self, algorithm: str) -> str:
        """Hex of everything that came."""
        self._settle()
        return self._hashers[algorithm].hexdigest()

    def finish(self) -> Downloaded:
        """Hand it over."""
        sha256 = self.digest("sha256")  # after this all is where it belongs
        path = self._path
        if path is None:
            return Downloaded(bytes(self._memory), None, self.received_bytes, sha256)
        try:
            os.close(self._descriptor)
        except OSError as error:  # a full disk may speak up only here
            raise file_trouble(error, path) from error
        finally:
            self._descriptor = -1
        self._path = None
        return Downloaded(None, path, self.received_bytes, sha256)

    def discard(self) -> None:
        """Leave nothing behind."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None


def _first_byte(headers: Mapping[str, str]) -> int:
    """Where a partial answer begins; -1 when it does not say."""
    unit, _, span = headers.get("content-range", "").strip().partition(" ")
    first = span.partition("-")[0].strip()
    return int(first[:18]) if unit.lower() == "bytes" and first.isdecimal() else -1


def _validator(headers: Mapping[str, str]) -> str:
    """What makes a resumption conditional (RFC 9110, If-Range): a strong tag, else a date."""
    tag = headers.get("etag", "")
    return tag if tag.startswith('"') else headers.get("last-modified", "")
