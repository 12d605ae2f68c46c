"""A package index on the loopback interface, as good or as bad as a test wants it.

``with serve([wheel("a", "1.0")]) as index:`` gives an :class:`IndexServer` with ``index.url`` for the simple
API. Files are (file name, bytes); their metadata files, hashes and `requires-python` are made from the bytes.
``index.fail("a-1.0", status=503)`` makes the next request whose path holds that text go wrong;
``index.requests`` tells what was asked.
"""

import base64
import contextlib
import gzip
import hashlib
import html
import io
import json
import re
import socket
import ssl
import struct
import threading
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import quote, unquote, urlsplit

from typing_extensions import override

MetadataFiles = Literal["announced", "unannounced", "none"]

_PROJECT_OF_WHEEL = re.compile(r"([^-]+)-")
_PROJECT_OF_SDIST = re.compile(r"(.+)-[^-]+$")


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request the server got."""

    path: str
    """With its query."""
    headers: Mapping[str, str]
    """Names in lower case."""
    port: int
    """The client's, which tells connections apart."""


@dataclass(kw_only=True)
class Fault:
    """How the next ``times`` requests whose path holds ``path`` go wrong (``None``: all of them)."""

    path: str
    times: int | None = 1
    status: int | None = None
    """Answer with this status instead, and nothing else."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Added to the answer."""
    body: bytes | None = None
    """Answer with these bytes instead of the right ones."""
    truncate: int | None = None
    """Send so many bytes of the body, then close the connection."""
    reset: bool = False
    """Cut the connection, before anything or after ``truncate`` bytes."""
    stall_seconds: float = 0.0
    """Wait so long before the answer, or after ``truncate`` bytes."""
    drip_seconds: float = 0.0
    """Send the body byte by byte with such pauses."""
    drip_head_seconds: float = 0.0
    """Send the head byte by byte with such pauses."""
    flip: bool = False
    """Turn one bit in the middle of the body."""


@dataclass(kw_only=True)
class File:
    """One file of the index; a test may change what the page says of it."""

    filename: str
    data: bytes
    yanked: str | None = None
    uploaded: str | None = "2024-01-01T00:00:00.000000Z"
    size: int | None = None
    digests: dict[str, str] = field(default_factory=dict)
    requires_python: str = ""
    metadata: bytes | None = None
    provenance: bytes | None = None
    """What is said of who published it (PEP 740)."""

    @property
    def project(self) -> str:
        """The normalised name of its project."""
        stem = self.filename.removesuffix(".tar.gz").removesuffix(".zip")
        found = (_PROJECT_OF_WHEEL if self.filename.endswith(".whl") else _PROJECT_OF_SDIST).match(stem)
        return re.sub(r"[-_.]+", "-", found[1] if found else stem).lower()


def file_of(filename: str, data: bytes, *, has_hashes: bool = True) -> File:
    """A file as an honest index lists it."""
    metadata = _metadata_of(data) if filename.endswith(".whl") else None
    found = re.search(rb"^Requires-Python:\s*(.*?)\s*$", metadata or b"", re.MULTILINE | re.IGNORECASE)
    return File(
        filename=filename,
        data=data,
        size=len(data),
        digests={"sha256": hashlib.sha256(data).hexdigest()} if has_hashes else {},
        requires_python=found[1].decode() if found else "",
        metadata=metadata,
    )


def _metadata_of(data: bytes) -> bytes | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA") and n.count("/") == 1]
            return archive.read(names[0]) if names else None
    except zipfile.BadZipFile:
        return None


class IndexServer:
    """A running index. Everything may be changed while it runs."""

    def __init__(
        self,
        *,
        json: bool,
        metadata: MetadataFiles,
        ranges: bool,
        etag: bool,
        cache_control: str | None,
        gzip: bool,
        hashes: bool,
        sizes: bool,
        upload_times: bool,
        relative_links: bool,
        user: tuple[str, str] | None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.json = json
        self.metadata = metadata
        self.ranges = ranges
        self.etag = etag
        self.cache_control = cache_control
        self.gzip = gzip
        self.hashes = hashes
        self.sizes = sizes
        self.upload_times = upload_times
        self.relative_links = relative_links
        self.user = user
        self.files: dict[str, File] = {}
        self.pages: dict[str, tuple[str, bytes]] = {}
        """Pages said word for word: project name -> (content type, body)."""
        self.redirects: dict[str, str] = {}
        """Path -> address it is redirected to (302)."""
        self.requests: list[Request] = []
        self.stopping = threading.Event()
        self._faults: list[Fault] = []
        self._guard = threading.Lock()
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.index = self
        self.port: int = self._http.server_address[1]
        self.origin = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self.url = f"{self.origin}/simple/"
        """The simple API root."""

    # ---- the world -------------------------------------------------------------------------

    def add(self, filename: str, data: bytes, *, yanked: str | None = None) -> File:
        """List a file; an equal name is replaced. What it gives may be changed by hand."""
        file = file_of(filename, data, has_hashes=self.hashes)
        file.yanked = yanked
        self.files[filename] = file
        return file

    def remove(self, filename: str) -> None:
        """Take a file off the index."""
        del self.files[filename]

    def yank(self, filename: str, reason: str = "") -> None:
        """Mark a file as yanked."""
        self.files[filename].yanked = reason

    def fail(self, path: str, **fault: Any) -> None:
        """Make the next request whose path holds ``path`` go wrong; see :class:`Fault`."""
        with self._guard:
            self._faults.append(Fault(path=path, **fault))

    def heal(self) -> None:
        """Forget every fault."""
        with self._guard:
            self._faults.clear()

    # ---- what happened ---------------------------------------------------------------------

    def count(self, path: str = "") -> int:
        """How many requests had ``path`` in their path."""
        return sum(path in request.path for request in self.requests)

    def paths(self) -> list[str]:
        """The paths asked for, in order."""
        return [request.path for request in self.requests]

    def forget(self) -> None:
        """Start counting afresh."""
        self.requests.clear()

    def with_user(self, name: str, password: str) -> str:
        """The simple API root with credentials in it."""
        scheme = self.origin.partition(":")[0]
        return f"{scheme}://{quote(name, safe='')}:{quote(password, safe='')}@127.0.0.1:{self.port}/simple/"

    # ---- for the handler -------------------------------------------------------------------

    def take_fault(self, path: str) -> Fault | None:
        """The fault this request meets, used up once."""
        with self._guard:
            for fault in self._faults:
                if fault.path in path:
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times <= 0:
                            self._faults.remove(fault)
                    return fault
        return None

    def page(self, name: str) -> tuple[str, bytes] | None:
        """Content type and body of a project's page; ``None`` when there is no such project."""
        if name in self.pages:
            return self.pages[name]
        files = [file for file in self.files.values() if file.project == name]
        if not files:
            return None
        return self._json_page(name, files) if self.json else self._html_page(name, files)

    def _address(self, file: File) -> str:
        path = f"/files/{file.project}/{quote(file.filename)}"
        return f"../..{path}" if self.relative_links else f"{self.origin}{path}"

    def provenance_url(self, filename: str) -> str:
        """Where it is said who published a file."""
        return f"{self.origin}/integrity/{quote(filename)}"

    def _json_page(self, name: str, files: list[File]) -> tuple[str, bytes]:
        rows = []
        for file in files:
            row: dict[str, object] = {
                "filename": file.filename,
                "url": self._address(file),
                "hashes": file.digests,
                "yanked": False if file.yanked is None else (file.yanked or True),
            }
            if file.requires_python:
                row["requires-python"] = file.requires_python
            if self.sizes and file.size is not None:
                row["size"] = file.size
            if self.upload_times and file.uploaded is not None:
                row["upload-time"] = file.uploaded
            if self.metadata == "announced" and file.metadata is not None:
                row["core-metadata"] = {"sha256": hashlib.sha256(file.metadata).hexdigest()}
            if file.provenance is not None:
                row["provenance"] = self.provenance_url(file.filename)
            rows.append(row)
        page = {"meta": {"api-version": "1.1"}, "name": name, "files": rows, "versions": []}
        return "application/vnd.pypi.simple.v1+json", json.dumps(page).encode()

    def _html_page(self, name: str, files: list[File]) -> tuple[str, bytes]:
        lines = ["<!DOCTYPE html>", "<html>", f"<head><title>Links for {name}</title></head>", "<body>"]
        for file in files:
            fragment = "#" + "&".join(f"{a}={v}" for a, v in file.digests.items()) if file.digests else ""
            attributes = [f'href="{html.escape(self._address(file) + fragment)}"']
            if file.requires_python:
                attributes.append(f'data-requires-python="{html.escape(file.requires_python)}"')
            if self.upload_times and file.uploaded is not None:
                attributes.append(f'data-upload-time="{file.uploaded}"')
            if file.yanked is not None:
                attributes.append(f'data-yanked="{html.escape(file.yanked)}"')
            if self.metadata == "announced" and file.metadata is not None:
                digest = hashlib.sha256(file.metadata).hexdigest()
                attributes.append(f'data-core-metadata="sha256={digest}"')
            if file.provenance is not None:
                attributes.append(f'data-provenance="{self.provenance_url(file.filename)}"')
            lines.append(f"<a {' '.join(attributes)}>{html.escape(file.filename)}</a><br/>")
        return "text/html", "\n".join([*lines, "</body>", "</html>", ""]).encode()

    def start(self) -> None:
        """Begin to serve."""
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """End, whatever hangs: from now on connections are refused."""
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()


@contextlib.contextmanager
def serve(
    packages: Iterable[tuple[str, bytes] | tuple[str, bytes, bytes]] = (),
    *,
    json: bool = True,
    metadata: MetadataFiles = "announced",
    ranges: bool = True,
    etag: bool = True,
    cache_control: str | None = None,
    gzip: bool = False,
    hashes: bool = True,
    sizes: bool = True,
    upload_times: bool = True,
    relative_links: bool = False,
    user: tuple[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[IndexServer]:
    """Serve files as a package index; see :class:`IndexServer`.

    ``packages`` are what `support.wheels.wheel` makes, or plain pairs of file name and bytes. ``user`` asks
    for basic authentication. ``tls`` is what to speak TLS with (`support.tls`).
    """
    index = IndexServer(
        json=json,
        metadata=metadata,
        ranges=ranges,
        etag=etag,
        cache_control=cache_control,
        gzip=gzip,
        hashes=hashes,
        sizes=sizes,
        upload_times=upload_times,
        relative_links=relative_links,
        user=user,
        tls=tls,
    )
    for package in packages:
        index.add(package[0], package[1])
    index.start()
    try:
        yield index
    finally:
        index.stop()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    index: IndexServer

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that went away are no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http
    disable_nagle_algorithm = True

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        index = self.server.index
        headers = {name.lower(): value for name, value in self.headers.items()}
        index.requests.append(Request(path=self.path, headers=headers, port=self.client_address[1]))
        fault = index.take_fault(self.path)
        if fault is not None:
            if fault.stall_seconds and fault.truncate is None:
                index.stopping.wait(fault.stall_seconds)
            if fault.reset and fault.truncate is None:
                self._reset()
                return
            if fault.drip_head_seconds:
                self._drip(b"HTTP/1.1 200 OK\r\nX-Long: " + bytes(4000), fault.drip_head_seconds)
                return
            if fault.status is not None:
                self._send(fault.status, dict(fault.headers), fault.body or b"", None)
                return
        status, answer_headers, body = self._answer(headers)
        if fault is not None:
            answer_headers.update(fault.headers)
            body = body if fault.body is None else fault.body
            if fault.flip and body:
                middle = len(body) // 2
                body = body[:middle] + bytes((body[middle] ^ 1,)) + body[middle + 1 :]
        self._send(status, answer_headers, body, fault)

    def _answer(self, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        index = self.server.index
        path = unquote(urlsplit(self.path).path)
        if index.user is not None:
            wanted = base64.b64encode(":".join(index.user).encode()).decode()
            if headers.get("authorization") != f"Basic {wanted}":
                return 401, {"WWW-Authenticate": 'Basic realm="index"'}, b"who are you?"
        if path in index.redirects:
            return 302, {"Location": index.redirects[path]}, b""
        if path.startswith("/simple/"):
            return self._page(path, headers)
        if path.startswith("/files/"):
            return self._file(path.rpartition("/")[2], headers)
        if path.startswith("/integrity/"):
            return self._provenance(path.rpartition("/")[2])
        return 404, {}, b"nothing here"

    def _provenance(self, filename: str) -> tuple[int, dict[str, str], bytes]:
        file = self.server.index.files.get(filename)
        if file is None or file.provenance is None:
            return 404, {}, b"no such file"
        return 200, {"Content-Type": "application/vnd.pypi.integrity.v1+json"}, file.provenance

    def _page(self, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        index = self.server.index
        page = index.page(path.removeprefix("/simple/").strip("/"))
        answer: dict[str, str] = {}
        if index.cache_control is not None:
            answer["Cache-Control"] = index.cache_control
        if page is None:
            return 404, answer, b"no such project"
        kind, body = page
        answer["Content-Type"] = kind
        if index.etag:
            answer["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
            if headers.get("if-none-match") == answer["ETag"]:
                return 304, answer, b""
        if index.gzip and "gzip" in headers.get("accept-encoding", ""):
            answer["Content-Encoding"] = "gzip"
            body = gzip.compress(body)
        return 200, answer, body

    def _file(self, filename: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        index = self.server.index
        if filename.endswith(".metadata"):
            file = index.files.get(filename.removesuffix(".metadata"))
            if file is None or file.metadata is None or index.metadata == "none":
                return 404, {}, b"no such file"
            return 200, {"Content-Type": "application/octet-stream"}, file.metadata
        file = index.files.get(filename)
        if file is None:
            return 404, {}, b"no such file"
        answer = {"Content-Type": "application/octet-stream"}
        if index.etag:
            answer["ETag"] = f'"{hashlib.sha256(file.data).hexdigest()[:20]}"'
        asked = headers.get("range", "")
        condition = headers.get("if-range")
        if not index.ranges or not asked or (condition and condition != answer.get("ETag")):
            return 200, answer, file.data
        return _part(file.data, asked, answer)

    def _send(self, status: int, headers: dict[str, str], body: bytes, fault: Fault | None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault is not None and fault.drip_seconds:
            self._drip(body, fault.drip_seconds)
            return
        if fault is not None and fault.truncate is not None:
            self.wfile.write(body[: fault.truncate])
            self.wfile.flush()
            if fault.stall_seconds:
                self.server.index.stopping.wait(fault.stall_seconds)
            if fault.reset:
                self._reset()
            self.close_connection = True
            return
        self.wfile.write(body)

    def _drip(self, data: bytes, seconds: float) -> None:
        for byte in data:
            if self.server.index.stopping.wait(seconds):
                break
            self.wfile.write(bytes((byte,)))
        self.close_connection = True

    def _reset(self) -> None:
        """Close so that the other side sees a reset, not an end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()


def _part(data: bytes, asked: str, answer: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", asked.strip())
    if found is None or not (found[1] or found[2]):
        return 200, answer, data
    if found[1]:
        first = int(found[1])
        last = min(int(found[2]), len(data) - 1) if found[2] else len(data) - 1
    else:
        first, last = max(0, len(data) - int(found[2])), len(data) - 1
    if first > last:
        return 416, {**answer, "Content-Range": f"bytes */{len(data)}"}, b""
    part = {**answer, "Content-Range": f"bytes {first}-{last}/{len(data)}"}
    return 206, part, data[first : last + 1]
