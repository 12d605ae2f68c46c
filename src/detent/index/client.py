"""HTTP: one try at a request with its redirects and credentials, and the patience around it.

Nothing imports this module until something must be fetched. Every failure becomes a sentence without secrets:
text of the system or of a library is never shown, since it may hold whole URLs. Nothing here follows a
redirect to another scheme than http and https or away from https, or sends credentials to another origin
(scheme, host and port) than :mod:`detent.index.logins` has them for.
"""

import random
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from typing import ParamSpec, Self, TypeVar
from urllib.parse import urljoin

from detent.errors.fetch import IndexUnavailable, OfflineMiss
from detent.events import Report, ignore
from detent.index.basic import basic
from detent.index.connections import ConnectFault, Connections, Exchange
from detent.index.download import Download, Downloaded
from detent.index.logins import NO_LOGINS, Logins
from detent.index.pool import Job, Pool
from detent.index.proxies import NO_PROXIES, Proxies
from detent.index.retry import REFUSALS, TRANSIENT_STATUSES, Patience, TransferBroken, status_fault
from detent.index.tls import OF_THE_SYSTEM, Certificates, Trust
from detent.index.urls import Credentials, host, redirect_refusal, shown, split_credentials
from detent.index.watch import ReadWatch
from detent.model.candidate import Artifact
from detent.model.limits import Limits
from detent.named import NamedTuple

_P = ParamSpec("_P")
_T = TypeVar("_T")

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SMALL_BYTES = 64 * 1024
_TIDY_SECONDS = 0.5


class Answer(NamedTuple):
    """A response, read to its end."""

    status: int
    url: str
    """Where it came from in the end, after redirects."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    """Decoded when the server compressed it."""


class Response:
    """A response whose body still has to arrive."""

    def __init__(self, exchange: Exchange, url: str) -> None:
        self.status = exchange.status
        self.url = url
        self.headers: Mapping[str, str] = exchange.headers
        self._exchange = exchange

    def chunks(self) -> Iterator[bytes]:
        """The body as it was sent, piece by piece; raises :class:`TransferBroken` when it breaks off."""
        with _plain_words(self.url):
            yield from self._exchange.chunks()


class Client:
    """The way to the network, for all indexes of a command; threads may share it."""

    def __init__(
        self,
        *,
        limits: Limits,
        logins: Logins = NO_LOGINS,
        trust: Trust = OF_THE_SYSTEM,
        proxies: Proxies = NO_PROXIES,
        is_offline: bool = False,
        report: Report = ignore,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self.limits = limits
        self._logins = logins
        self._is_offline = is_offline
        self._report = report
        self._dice = dice
        self._pool = Pool(limits.concurrent_downloads)
        self._stopping = threading.Event()
        self._watch = ReadWatch(limits)
        certificates = Certificates(trust, report)
        self._connections = Connections(limits, proxies, certificates.context_for, self._watch)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """After a failure running transfers get a moment to remove what they have not finished."""
        self.close()
        if kind is not None:
            self._pool.settle(_TIDY_SECONDS)

    def close(self) -> None:
        """Stop: running transfers end at their next piece, and are not waited for."""
        self._stopping.set()
        self._watch.stop()
        self._pool.close()
        self._connections.close()

    def submit(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> Job[_T]:
        """Run something side by side with other transfers; it must not wait for another such job."""
        return self._pool.submit(function, *args, **kwargs)

    def prepare(self, url: str) -> None:
        """Begin to connect to an index while whoever will ask something makes ready."""
        if not self._is_offline:
            self._pool.submit(self._connections.prepare, url)

    def has_login(self, url: str) -> bool:
        """Whether there are credentials for whoever answers at a URL; they go with the first request then."""
        if self._logins.credentials_for(url) is not None:
            return True
        found = self._logins.next_for(url, ())
        if found is not None:
            self._logins.accept(url, found)
        return found is not None

    def user_at(self, url: str) -> str:
        """Give whom the server at a URL is told; empty: nobody."""
        credentials = self._logins.credentials_for(url)
        return credentials.username if credentials is not None else ""

    def status_of(self, url: str) -> int:
        """Ask whether somebody answers; raises :class:`IndexUnavailable`."""
        return self.head_of(url)[0]

    def head_of(self, url: str) -> tuple[int, Mapping[str, str]]:
        """Give status and headers of an answer, and read no more; raises :class:`IndexUnavailable`."""
        patience = self.patience()
        while True:
            begun = time.monotonic()
            try:
                with self.open(url, {"Accept": "*/*", "Accept-Encoding": "identity"}) as response:
                    return response.status, response.headers
            except TransferBroken as fault:
                idle_seconds = time.monotonic() - begun
                self.wait_or_raise(url, fault, patience, idle_seconds=idle_seconds, received_bytes=0)

    def wait(self) -> None:
        """Wait until one more of the submitted jobs has ended."""
        self._pool.wait()

    def fetch(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        max_bytes: int,
        statuses: Collection[int] = (),
    ) -> Answer:
        """Read a whole answer, trying again as the limits allow.

        ``statuses`` besides 200 are answers too; every other one raises :class:`IndexUnavailable`.
        """
        patience = self.patience()
        while True:
            begun = time.monotonic()
            try:
                with self.open(url, {"Accept-Encoding": "gzip", **headers}) as response:
                    if response.status != 200 and response.status not in statuses:
                        raise status_fault(response.status, response.headers, time.time())
                    bound = max_bytes if response.status in {200, 206} else _SMALL_BYTES
                    body = _read(response, bound)
                    return Answer(response.status, response.url, response.headers, body)
            except TransferBroken as fault:
                self.wait_or_raise(
                    url, fault, patience, idle_seconds=time.monotonic() - begun, received_bytes=0
                )

    def fetch_range(self, url: str, span: str, *, max_bytes: int, condition: str = "") -> Answer | None:
        """Read a part of a file (``span`` such as ``-100`` or ``0-99``).

        ``None`` when the server does not do ranges or has another file by now; a file that is no longer
        than ``max_bytes`` may come whole, with status 200.
        """
        patience = self.patience()
        headers = {"Accept-Encoding": "identity", "Range": f"bytes={span}"}
        if condition:
            headers["If-Range"] = condition
        while True:
            begun = time.monotonic()
            try:
                with self.open(url, headers) as response:
                    length = response.headers.get("content-length", "")
                    if response.status == 200 and (not length.isdecimal() or int(length) > max_bytes):
                        return None
                    if response.status in {200, 206}:
                        body = _read(response, max_bytes)
                        return Answer(response.status, response.url, response.headers, body)
                    if response.status in TRANSIENT_STATUSES:
                        raise status_fault(response.status, response.headers, time.time())
                    return None
            except TransferBroken as fault:
                self.wait_or_raise(
                    url, fault, patience, idle_seconds=time.monotonic() - begun, received_bytes=0
                )

    def download(
        self, artifact: Artifact, package: str, dest_folder: Path, *, memory_bytes: int | None = None
    ) -> Downloaded:
        """Fetch a file and hold it against its digests and size; see :mod:`detent.index.download`.

        What is no larger than ``memory_bytes`` stays in memory; without that, as the limits say.
        """
        if memory_bytes is None:
            memory_bytes = self.limits.memory_download_bytes
        return Download(self, artifact, package, dest_folder, self._report, memory_bytes=memory_bytes).run()

    def patience(self) -> Patience:
        """The patience one transfer begins with."""
        return Patience(self.limits, self._dice)

    @contextmanager
    def open(self, url: str, headers: Mapping[str, str]) -> Iterator[Response]:
        """Send one request, following redirects; raises :class:`TransferBroken`."""
        if self._is_offline:
            raise OfflineMiss((shown(url),))
        for hop in range(self.limits.redirects + 1):
            if self._stopping.is_set():
                raise TransferBroken("detent was interrupted", is_transient=False)
            exchange = self._ask(url, headers, is_redirected=hop > 0)
            try:
                target = exchange.headers.get("location", "")
                if exchange.status not in _REDIRECTS or not target:
                    self._watch.expect_body()
                    yield Response(exchange, url)
                    return
                following = _joined(url, target)
            finally:
                exchange.close()
            refusal = redirect_refusal(url, following)
            if refusal:
                raise TransferBroken(refusal, is_transient=False)
            url = split_credentials(following)[0]
        raise TransferBroken(f"it redirects more than {self.limits.redirects} times", is_transient=False)

    def wait_or_raise(
        self, url: str, fault: TransferBroken, patience: Patience, *, idle_seconds: float, received_bytes: int
    ) -> None:
        """Wait before the next try; raises :class:`IndexUnavailable` when there will be none."""
        delay = patience.delay_after(fault, idle_seconds=idle_seconds, received_bytes=received_bytes)
        if delay is None or self._stopping.wait(delay):
            raise IndexUnavailable(shown(url), fault.reason, next_steps=fault.next_steps) from fault

    def _ask(self, url: str, headers: Mapping[str, str], *, is_redirected: bool) -> Exchange:
        """Send one request; where access is refused, again with each login that may be meant for it."""
        credentials = self._logins.credentials_for(url, is_redirected=is_redirected)
        refused: list[Credentials | None] = []
        while True:
            self._watch.expect_head()
            with _plain_words(url):
                exchange = self._connections.get(
                    url, {"User-Agent": "detent", **headers, **_authorization(credentials)}
                )
            if exchange.status not in REFUSALS:
                if credentials is not None and refused and exchange.status < 500:
                    self._logins.accept(url, credentials)
                return exchange
            refused.append(credentials)
            try:
                following = self._logins.next_for(url, refused, is_redirected=is_redirected)
            except BaseException:
                exchange.close()
                raise
            if following is None:
                return exchange
            _end(exchange)
            credentials = following


def _end(exchange: Exchange) -> None:
    """Close an answer nobody reads; a short one is read, which keeps the connection."""
    length = exchange.headers.get("content-length", "")
    with suppress(OSError, HTTPException):
        if length.isdecimal() and len(length) < 5:
            for _ in exchange.chunks():
                pass
    exchange.close()


def _authorization(credentials: Credentials | None) -> dict[str, str]:
    return {} if credentials is None else {"Authorization": basic(credentials)}


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target).partition("#")[0]
    except ValueError as fault:
        raise TransferBroken("it redirects to something that is no address", is_transient=False) from fault


def _read(response: Response, max_bytes: int) -> bytes:
    """Read a body into memory, no more of it than ``max_bytes`` when unpacked."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", "x-gzip", ""}:
        raise TransferBroken(
            f"the server answered in `{encoding[:20]!a}`, which was not asked for", is_transient=False
        )
    unpack = zlib.decompressobj(wbits=31) if encoding in {"gzip", "x-gzip"} else None
    body = bytearray()
    for chunk in response.chunks():
        try:
            body += chunk if unpack is None else unpack.decompress(chunk, max_bytes + 1 - len(body))
        except zlib.error as fault:
            raise TransferBroken("the answer was damaged on its way") from fault
        if len(body) > max_bytes:
            raise TransferBroken(f"the answer is larger than {max_bytes} bytes", is_transient=False)
    if unpack is not None and not unpack.eof and body:
        raise TransferBroken("the connection was closed before the answer was complete")
    return bytes(body)


@contextmanager
def _plain_words(url: str) -> Iterator[None]:
    """Turn what a library raises into a clause for people."""
    try:
        yield
    except ConnectFault as fault:
        raise _connect_fault(url, fault) from fault
    except TimeoutError as fault:
        raise TransferBroken("no data came for too long") from fault
    except ValueError as fault:  # among them InvalidURL, a kind of HTTPException
        raise TransferBroken("the request cannot be sent to this address", is_transient=False) from fault
    except HTTPException as fault:
        raise TransferBroken("the connection was closed before the answer was complete") from fault
    except OSError as fault:
        raise TransferBroken("the connection broke off") from fault


def _connect_fault(url: str, fault: BaseException) -> TransferBroken:
    where = host(url)
    cause: BaseException | None = fault
    while cause is not None:
        match cause:
            case ssl.SSLCertVerificationError():
                reason = cause.verify_message or "it could not be verified"
                return TransferBroken(
                    f"the certificate of `{where}` was not accepted: {reason}",
                    is_transient=False,
                    next_steps=(
                        "name a file with the authority that vouches for it with `--cert` or `SSL_CERT_FILE`",
                    ),
                )
            case ssl.SSLError():
                return TransferBroken(f"no secure connection to `{where}` could be made")
            case socket.gaierror():
                return TransferBroken(f"the name `{where}` could not be resolved")
            case ConnectionRefusedError():
                return TransferBroken(f"`{where}` refused the connection")
            case TimeoutError():
                return TransferBroken(f"`{where}` did not take the connection in time")
            case OSError() if cause.errno is None:  # what http.client raises when it could not tunnel
                return TransferBroken("the proxy refused to pass the request on", is_transient=False)
            case _:
                cause = cause.__cause__ or cause.__context__
    return TransferBroken(f"no connection to `{where}` could be made")
