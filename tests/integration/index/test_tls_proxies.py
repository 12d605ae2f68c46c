"""Proxies that are spoken to in TLS: everything within it, and TLS within TLS for what is secret to them."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from select import select

import pytest

from detent.errors import UsageError
from detent.errors.fetch import IndexUnavailable
from detent.index.client import Client
from detent.index.proxies import Proxies, Proxy
from detent.index.tls import Trust
from detent.model.limits import Limits
from support.index_server import IndexServer, serve
from support.tls import Certificates, certificates
from support.wheels import wheel

QUICK = Limits()._replace(connect_seconds=5, read_seconds=10, tries=1)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("certificates"))


class TlsProxy:
    """A proxy on loopback; ``heads`` are the requests it was told."""

    def __init__(self, files: Certificates) -> None:
        self.heads: list[str] = []
        self._context = files.context()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self._listening.accept()
                self._threads.append(threading.Thread(target=self._serve, args=(plain,)))
                self._threads[-1].start()

    def _serve(self, plain: socket.socket) -> None:
        with plain, suppress(OSError), self._context.wrap_socket(plain, server_side=True) as client:
            head = b""
            while b"\r\n\r\n" not in head:
                data = client.recv(1)
                if not data:
                    return
                head += data
            self.heads.append(head.decode())
            method, what, _ = head.decode().split(" ", 2)
            where = what if method == "CONNECT" else what.split("/")[2]
            with socket.create_connection(("127.0.0.1", int(where.partition(":")[2]))) as server:
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                else:
                    server.sendall(head)
                _carry(client, server)


def _carry(client: ssl.SSLSocket, server: socket.socket) -> None:
    while True:
        ready = [client] if client.pending() else select((client, server), (), (), 10)[0]
        if not ready:
            return
        for one, other in ((client, server), (server, client)):
            if one in ready:
                data = one.recv(65536)
                if not data:
                    return
                other.sendall(data)


@contextmanager
def proxy_for(files: Certificates) -> Iterator[TlsProxy]:
    proxy = TlsProxy(files)
    try:
        yield proxy
    finally:
        proxy.close()


def client_through(proxy: TlsProxy, trust: Trust) -> Client:
    through = Proxy("127.0.0.1", proxy.port, "Basic abc", is_tls=True)
    return Client(limits=QUICK, trust=trust, proxies=Proxies({"http": through, "https": through}, ()))


def page(client: Client, index: IndexServer, *, name: str = "a") -> bytes:
    got = client.fetch(f"{index.url}{name}/", headers={}, max_bytes=5_000_000, statuses=(404,))
    return bytes(got.body)


def test_a_server_is_spoken_to_in_tls_within_the_tls_of_the_proxy(files: Certificates) -> None:
    large = b"x" * 1_000_000
    with serve([wheel("a")], tls=files.context()) as index, proxy_for(files) as proxy:
        index.pages["large"] = ("text/html", large)
        with client_through(proxy, Trust(file=files.authority)) as client:
            assert b"a-1.0" in page(client, index)
            assert page(client, index, name="large") == large
            assert b"a-1.0" in page(client, index)

    assert [head.split(" HTTP/")[0] for head in proxy.heads] == [f"CONNECT 127.0.0.1:{index.port}"]
    assert "Proxy-Authorization: Basic abc" in proxy.heads[0]
    assert all("Proxy-Authorization".lower() not in request.headers for request in index.requests)
    assert len({request.port for request in index.requests}) == 1, "one connection, kept"


def test_plain_http_goes_through_the_tls_of_the_proxy(files: Certificates) -> None:
    with (
        serve([wheel("a")]) as index,
        proxy_for(files) as proxy,
        client_through(proxy, Trust(file=files.authority)) as client,
    ):
        assert b"a-1.0" in page(client, index)

    assert proxy.heads[0].startswith(f"GET {index.url}a/ HTTP/1.1")


def test_an_answer_that_ends_with_the_connection_is_read_to_its_end(files: Certificates) -> None:
    with serve([wheel("a")], tls=files.context()) as index, proxy_for(files) as proxy:
        index.fail("/simple/a/", headers={"Connection": "close"}, times=1)
        with client_through(proxy, Trust(file=files.authority)) as client:
            assert b"a-1.0" in page(client, index)


def test_an_answer_that_breaks_off_is_no_answer(files: Certificates) -> None:
    with serve([wheel("a")], tls=files.context()) as index, proxy_for(files) as proxy:
        index.fail("/simple/a/", truncate=10, times=None)
        with client_through(proxy, Trust(file=files.authority)) as client, pytest.raises(IndexUnavailable):
            page(client, index)


@pytest.mark.parametrize("insecure", ["proxy", "server"])
def test_both_certificates_are_checked(files: Certificates, insecure: str) -> None:
    """Only one of the two is excepted, and nothing is trusted."""
    with serve([wheel("a")], tls=files.context()) as index, proxy_for(files) as proxy:
        excepted = frozenset({f"127.0.0.1:{proxy.port if insecure == 'proxy' else index.port}"})
        with (
            client_through(proxy, Trust(insecure=excepted, insecure_by="a test")) as client,
            pytest.raises(IndexUnavailable) as caught,
        ):
            page(client, index)

    assert "certificate" in caught.value.why
    assert index.requests == []
    assert bool(proxy.heads) is (insecure == "proxy")


def test_a_server_of_another_name_is_refused_within(files: Certificates) -> None:
    with (
        serve([wheel("a")], tls=files.context()) as index,
        proxy_for(files) as proxy,
        client_through(proxy, Trust(file=files.authority)) as client,
        pytest.raises(IndexUnavailable) as caught,
    ):
        client.fetch(f"https://127.0.0.2:{index.port}/simple/a/", headers={}, max_bytes=100, statuses=())

    assert "certificate" in caught.value.why


class SystemContext(ssl.SSLContext):
    """Stands for one that leaves checking to the operating system."""


def test_what_would_not_be_checked_within_is_refused(
    files: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = SystemContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.setattr("detent.index.tls.Certificates.context_for", lambda *_: made)
    with (
        proxy_for(files) as proxy,
        client_through(proxy, Trust()) as client,
        pytest.raises(UsageError) as caught,
    ):
        client.fetch("https://127.0.0.1:1/simple/", headers={}, max_bytes=100, statuses=())

    assert "does not check certificates" in caught.value.why
