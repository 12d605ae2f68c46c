"""HTTP/1.1 over connections that are kept for the next request: one request, and the answer to it.

The standard library reads and writes the protocol (`http.client`); this module knows where to connect, which
connections are free, and counts every read of one (:mod:`detent.index.watch`). Nothing here follows a
redirect, tries a second time what a server has begun to answer, or turns a failure into words.
"""

import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPConnection, HTTPResponse, IncompleteRead, InvalidURL
from select import select
from typing import Any
from urllib.parse import quote, urlsplit

from detent.errors import UsageError
from detent.index.inner_tls import InnerTls
from detent.index.proxies import Proxies, Proxy
from detent.index.watch import ReadWatch
from detent.model.limits import Limits
from detent.named import NamedTuple

_IDLE_SECONDS = 20.0
"""How long a connection is kept without a request; servers close theirs soon after."""
_CHUNK_BYTES = 64 * 1024
_SAFE = "%/:=&?~#+!$,;'@()*[]"
_PORTS = {"http": 80, "https": 443}


class ConnectFault(Exception):
    """No connection could be made; the cause is what the system or the proxy said."""


class Target(NamedTuple):
    """Whom to connect to, and for whom."""

    scheme: str
    host: str
    port: int
    proxy: Proxy | None


class Channel(NamedTuple):
    """Whom to connect to, and what checks who answers."""

    target: Target
    tls: ssl.SSLContext | None
    """Of the server; ``None``: it is spoken to in plain HTTP."""
    outer: ssl.SSLContext | None
    """Of the proxy."""


class Exchange:
    """An answer whose body still has to arrive. To be closed, which frees the connection."""

    def __init__(self, connection: "_Connection", response: HTTPResponse, done: Callable[[], None]) -> None:
        self.status = response.status
        self.headers = _joined(response)
        self._connection = connection
        self._response = response
        self._done = done

    def chunks(self) -> Iterator[bytes]:
        """The body as it was sent, piece by piece."""
        while chunk := self._response.read1(_CHUNK_BYTES):
            yield chunk
        if self._response.length:  # the end came before what was announced
            raise IncompleteRead(b"", self._response.length)

    def close(self) -> None:
        """Keep the connection when the answer was read to its end; else it is of no more use."""
        is_read = self._response.isclosed() or self._response.length == 0
        self._response.close()
        if is_read and not self._response.will_close:
            self._done()
        else:
            self._connection.close()


class Connections:
    """The connections of one client; threads may share it."""

    def __init__(
        self,
        limits: Limits,
        proxies: Proxies,
        tls: Callable[[str, int], ssl.SSLContext],
        watch: ReadWatch,
    ) -> None:
        """``tls`` gives what checks the certificate of a host and port, and makes it when it is needed."""
        self._limits = limits
        self._proxies = proxies
        self._tls = tls
        self._watch = watch
        self._guard = threading.Lock()
        self._addresses = _Addresses()
        self._idle: dict[Target, list[tuple[_Connection, float]]] = {}
        self._is_closed = False

    def get(self, url: str, headers: Mapping[str, str]) -> Exchange:
        """Send a GET request and wait for the head of the answer.

        Raises :class:`ConnectFault`, `OSError`, `http.client.HTTPException` and, for an address or a header
        that cannot be sent, `ValueError`.
        """
        target, path = self._split(url)
        if target.proxy is not None and target.scheme == "http":
            path = url.partition("#")[0]
            if target.proxy.authorization:
                headers = {**headers, "Proxy-Authorization": target.proxy.authorization}
        connection = self._free(target)
        if connection is not None:
            try:
                return self._ask(connection, target, path, headers)
            except (ConnectionError, ssl.SSLEOFError):
                # The server closed it while it was idle; where an answer had begun, asking again is no matter
                # of this module.
                if connection.has_answered:
                    raise
        return self._ask(self._connected(target), target, path, headers)

    def prepare(self, url: str) -> None:
        """Make a connection, and keep it for the first who asks."""
        target, _ = self._split(url)
        self._keep(target, self._connected(target))

    def close(self) -> None:
        """Close what is idle, and keep no connection from now on."""
        with self._guard:
            self._is_closed = True
            idle, self._idle = self._idle, {}
        for connections in idle.values():
            for connection, _ in connections:
                connection.close()

    def _split(self, url: str) -> tuple[Target, str]:
        parts = urlsplit(url)
        scheme, host = parts.scheme, parts.hostname or ""
        if scheme not in _PORTS or not host:
            raise InvalidURL("neither http nor https")
        port = parts.port or _PORTS[scheme]
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if not path.isascii() or " " in path:
            path = quote(path, safe=_SAFE)
        return Target(scheme, host, port, self._proxies.proxy_for(scheme, host, port)), path

    def _ask(
        self, connection: "_Connection", target: Target, path: str, headers: Mapping[str, str]
    ) -> Exchange:
        try:
            connection.has_answered, connection.is_in_head = False, True
            connection.putrequest("GET", path, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            connection.is_in_head = False
        except BaseException:
            connection.close()
            raise
        return Exchange(connection, response, lambda: self._keep(target, connection))

    # ---- making and keeping ------------------------------------------------------------------

    def _connected(self, target: Target) -> "_Connection":
        proxy = target.proxy
        tls = self._tls(target.host, target.port) if target.scheme == "https" else None
        outer = self._tls(proxy.host, proxy.port) if proxy is not None and proxy.is_tls else None
        if outer is not None and tls is not None and type(tls) is not ssl.SSLContext:
            raise UsageError(
                "the proxy cannot be used for `https` on this system",
                why="it is spoken to in TLS, and within that the system does not check certificates",
                next_steps=("name a file of certificates to trust, with `--cert` or `SSL_CERT_FILE`",),
            )
        connection = _Connection(Channel(target, tls, outer), self._limits, self._watch, self._addresses)
        try:
            connection.connect()
        except OSError as fault:
            connection.close()
            raise ConnectFault from fault
        except BaseException:
            connection.close()
            raise
        return connection

    def _free(self, target: Target) -> "_Connection | None":
        """Take an idle connection that the other side has not closed meanwhile."""
        while True:
            with self._guard:
                idle = self._idle.get(target)
                if not idle:
                    return None
                connection, since = idle.pop()
            if time.monotonic() - since < _IDLE_SECONDS and connection.is_quiet():
                return connection
            connection.close()

    def _keep(self, target: Target, connection: "_Connection") -> None:
        with self._guard:
            if not self._is_closed:
                self._idle.setdefault(target, []).append((connection, time.monotonic()))
                return
        connection.close()


class _Addresses:
    """The addresses of hosts, each asked for once: name servers drop some of many questions at a time."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._guards: dict[tuple[str, int], threading.Lock] = {}
        self._known: dict[tuple[str, int], list[Any]] = {}

    def connect(self, where: tuple[str, int], timeout: float, *_: object) -> socket.socket:
        """Do what `socket.create_connection` does."""
        fault: OSError | None = None
        for family, kind, protocol, _name, address in self._of(where):
            made = socket.socket(family, kind, protocol)
            try:
                made.settimeout(timeout)
                made.connect(address)
            except OSError as error:
                made.close()
                fault = error
            else:
                return made
        raise fault or OSError("the name has no address")

    def _of(self, where: tuple[str, int]) -> list[Any]:
        with self._guard:
            guard = self._guards.setdefault(where, threading.Lock())
        with guard:
            found = self._known.get(where)
            if found is None:
                found = self._known[where] = socket.getaddrinfo(*where, type=socket.SOCK_STREAM)
            return found


class _Connection(HTTPConnection):
    """A connection whose reads are counted; over TLS where it has a context."""

    def __init__(
        self,
        channel: Channel,
        limits: Limits,
        watch: ReadWatch,
        addresses: _Addresses,
    ) -> None:
        target, tls, outer = channel
        proxy = target.proxy
        where = (target.host, target.port) if proxy is None else (proxy.host, proxy.port)
        super().__init__(*where, timeout=limits.connect_seconds)
        if proxy is not None and tls is not None:
            headers = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
            self.set_tunnel(target.host, target.port, headers)
        self._outer = outer
        self._addresses = addresses
        self._create_connection = self._reached  # what `HTTPConnection` connects with
        self._its_host = target.host
        self._tls = tls
        self._read_seconds = limits.read_seconds
        self._watch = watch
        self.has_answered = False
        """Whether anything came since the last request was begun."""
        self.is_in_head = True
        """Whether the head of an answer is still to come."""

    def connect(self) -> None:
        super().connect()
        if self._tls is not None and self._outer is not None:
            self.sock = InnerTls(self.sock, self._tls, self._its_host)
        elif self._tls is not None:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._its_host)
        self.sock.settimeout(self._read_seconds)

    def _reached(self, where: tuple[str, int], timeout: float, *_: object) -> socket.socket:
        """Connect to a server, or to the proxy, which may have to be spoken to in TLS before all else."""
        made = self._addresses.connect(where, timeout)
        if self._outer is None:
            return made
        try:
            return self._outer.wrap_socket(made, server_hostname=where[0])
        except BaseException:
            made.close()
            raise

    def response_class(self, sock: Any, *args: Any, **more: Any) -> HTTPResponse:  # type: ignore[override]
        """Make the reader of an answer; `HTTPConnection` calls it."""
        return HTTPResponse(_Counted(sock, self._note), *args, **more)  # type: ignore[arg-type]

    def _note(self, received_bytes: int) -> None:
        if not received_bytes and self.is_in_head and self.has_answered:
            raise IncompleteRead(b"")  # `http.client` takes the end of a connection for the end of a head
        self.has_answered = self.has_answered or received_bytes > 0
        self._watch.received(received_bytes)

    def is_quiet(self) -> bool:
        """Whether nothing waits to be read: an end, or bytes nobody asked for, make it useless."""
        if self.sock is None:
            return False
        try:
            waiting, _, _ = select((self.sock,), (), (), 0)
        except ValueError:  # its number is above what `select` takes: a use of it will tell
            return True
        return not waiting


class _Counted:
    """A socket as `HTTPResponse` needs it: something to make a file of."""

    def __init__(self, sock: Any, note: Callable[[int], None]) -> None:
        self._sock = sock
        self._note = note

    def makefile(self, mode: str) -> io.BufferedReader:
        """Give the reading side, buffered."""
        return io.BufferedReader(_Reads(self._sock, self._sock.makefile(mode, buffering=0), self._note))


class _Reads(io.RawIOBase):
    """The reading side of a socket; every read is told."""

    def __init__(self, sock: Any, raw: io.RawIOBase, note: Callable[[int], None]) -> None:
        self._read = sock.recv_into  # what `raw` does, with less around it; `raw` keeps the socket open
        self._raw = raw
        self._note = note

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count: int = self._read(buffer)
        self._note(count)
        return count

    def close(self) -> None:
        super().close()
        self._raw.close()


def _joined(response: HTTPResponse) -> dict[str, str]:
    """Headers by their names in lower case; what was said twice is joined (RFC 9110, 5.3)."""
    headers: dict[str, str] = {}
    for name, value in response.getheaders():
        lower = name.lower()
        headers[lower] = f"{headers[lower]}, {value}" if lower in headers else value
    return headers
