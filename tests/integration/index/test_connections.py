"""Connections: kept, found dead, made through a proxy; names are looked up once."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from detent.errors.fetch import IndexUnavailable
from detent.index.client import Client
from detent.index.proxies import Proxies, Proxy
from detent.model.limits import Limits

QUICK = Limits()._replace(connect_seconds=5, read_seconds=5, tries=1)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Script = Callable[[socket.socket, bytes], bool]
"""Answer a request (its head), and say whether the connection stays open."""


class Server:
    """A server that does what a script says, and remembers what it was asked."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self.heads: list[bytes] = []
        self.connections = 0
        self.idle = threading.Event()
        """Set when a connection was closed from this side."""

    def run(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                while head := self._head(connection):
                    self.heads.append(head)
                    if not self._script(connection, head):
                        break
            self.idle.set()

    def _head(self, connection: socket.socket) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = connection.recv(1)
            if not piece:
                return b""
            head += piece
        return head

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@contextmanager
def serving(script: Script) -> Iterator[Server]:
    server = Server(script)
    threading.Thread(target=server.run, daemon=True).start()
    try:
        yield server
    finally:
        server.stop()


def answer(data: bytes = ANSWER, *, stays: bool = True) -> Script:
    def script(connection: socket.socket, _: bytes) -> bool:
        connection.sendall(data)
        return stays

    return script


def get(client: Client, url: str) -> bytes:
    return client.fetch(url, headers={}, max_bytes=100).body


def test_a_connection_that_the_server_closed_meanwhile_is_not_used_again() -> None:
    with serving(answer(stays=False)) as server, Client(limits=QUICK) as client:
        for _ in range(3):
            server.idle.clear()
            assert get(client, server.url) == b"ok"
            server.idle.wait(5)

        assert server.connections == 3


def test_a_request_whose_kept_connection_dies_unanswered_is_sent_again_at_once() -> None:
    def script(connection: socket.socket, _: bytes) -> bool:
        if len(server.heads) == 2:
            return False
        connection.sendall(ANSWER)
        return True

    with serving(script) as server, Client(limits=QUICK) as client:
        assert [get(client, server.url) for _ in range(2)] == [b"ok", b"ok"]
        assert (len(server.heads), server.connections) == (3, 2)


def test_an_answer_that_had_begun_is_not_asked_for_twice() -> None:
    def script(connection: socket.socket, _: bytes) -> bool:
        connection.sendall(ANSWER if len(server.heads) == 1 else b"HTTP/1.1 200")
        return len(server.heads) == 1

    with serving(script) as server, Client(limits=QUICK) as client:
        get(client, server.url)
        with pytest.raises(IndexUnavailable):
            get(client, server.url)

        assert len(server.heads) == 2


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n", b"ok"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""),
        (b"HTTP/1.0 200 OK\r\n\r\nok", b"ok"),
    ],
)
def test_bodies_end_as_their_heads_say(data: bytes, body: bytes) -> None:
    stays = b"chunked" in data or b"Length" in data
    with serving(answer(data, stays=stays)) as server, Client(limits=QUICK) as client:
        assert [get(client, server.url) for _ in range(2)] == [body, body]

        assert server.connections == (1 if stays else 2)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nok\r\n",
        b"ok\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
    ],
)
def test_an_answer_that_is_cut_short_or_no_answer_at_all_is_one_plain_sentence(data: bytes) -> None:
    with (
        serving(answer(data, stays=False)) as server,
        Client(limits=QUICK) as client,
        pytest.raises(IndexUnavailable) as caught,
    ):
        get(client, server.url)

    assert caught.value.why == "the connection was closed before the answer was complete"


def test_through_a_proxy_the_whole_address_is_asked_for() -> None:
    with serving(answer()) as server:
        proxies = Proxies({"http": Proxy("127.0.0.1", server.port, "Basic abc")}, ())
        with Client(limits=QUICK, proxies=proxies) as client:
            assert get(client, "http://index.example/simple/a/") == b"ok"

    head = server.heads[0].decode().lower()
    assert head.startswith("get http://index.example/simple/a/ http/1.1\r\nhost: index.example\r\n")
    assert "proxy-authorization: basic abc\r\n" in head


def test_a_proxy_that_does_not_tunnel_is_one_plain_sentence() -> None:
    refusal = b"HTTP/1.1 407 Who are you?\r\nContent-Length: 0\r\n\r\n"
    with serving(answer(refusal, stays=False)) as server:
        proxies = Proxies({"https": Proxy("127.0.0.1", server.port, "Basic abc")}, ())
        with (
            Client(limits=QUICK, proxies=proxies) as client,
            pytest.raises(IndexUnavailable) as caught,
        ):
            get(client, "https://index.example/simple/a/")

    assert caught.value.why == "the proxy refused to pass the request on"
    head = server.heads[0].decode().lower()
    assert head.startswith("connect index.example:443 ")
    assert "proxy-authorization: basic abc\r\n" in head


def test_the_address_of_a_host_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *args: object, **more: object) -> object:
        asked.append(host)
        return real("127.0.0.1", *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with serving(answer(stays=False)) as server, Client(limits=QUICK) as client:
        for _ in range(2):
            server.idle.clear()
            get(client, f"http://localhost:{server.port}/")
            server.idle.wait(5)

        assert (asked, server.connections) == (["localhost"], 2)


def test_a_connection_may_be_made_before_anybody_asks() -> None:
    with serving(answer()) as server, Client(limits=QUICK) as client:
        client.prepare(server.url)
        client.wait()

        assert get(client, server.url) == b"ok"
        assert server.connections == 1


def test_addresses_that_are_not_plain_are_sent_as_they_can_be() -> None:
    with serving(answer()) as server, Client(limits=QUICK) as client:
        get(client, f"{server.url}ä b%20c?q=ö")

    assert server.heads[0].startswith(b"GET /%C3%A4%20b%20c?q=%C3%B6 HTTP/1.1\r\n")
