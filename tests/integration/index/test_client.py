"""HTTP against a real server on the loopback interface: what goes wrong there, and what is said of it."""

import socket
import time
from pathlib import Path
from typing import Any

import pytest

from detent.errors.fetch import IndexUnavailable, OfflineMiss
from detent.index.client import Client
from detent.index.logins import Logins
from detent.model.limits import Limits
from support.index_server import IndexServer, serve
from support.wheels import wheel

QUICK = Limits()._replace(connect_seconds=5, read_seconds=10, tries=3, concurrent_downloads=4)
HASTY = QUICK._replace(read_seconds=0.5)
"""For what hangs on purpose; elsewhere a busy machine must not look like a dead server."""
PAGE = {"Accept": "text/html"}


def client(url: str, **more: Any) -> Client:
    return Client(logins=Logins((url,)), limits=more.pop("limits", QUICK), dice=lambda: -0.49, **more)


def fetch(index: IndexServer, path: str = "simple/a/", **more: Any) -> bytes:
    with client(more.pop("url", index.url), limits=more.pop("limits", QUICK)) as asked:
        return asked.fetch(
            f"{index.origin}/{path}", headers=PAGE, max_bytes=more.pop("max_bytes", 10_000), **more
        ).body


def refusal(index: IndexServer, path: str = "simple/a/", **more: Any) -> IndexUnavailable:
    with pytest.raises(IndexUnavailable) as caught:
        fetch(index, path, **more)
    return caught.value


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 503, "headers": {"Retry-After": "0"}},
        {"status": 429},
        {"reset": True},
        {"truncate": 40},
        {"truncate": 40, "reset": True},
        {"stall_seconds": 5},
        {"truncate": 40, "stall_seconds": 5},
    ],
)
def test_a_transient_fault_is_survived(fault: dict[str, Any]) -> None:
    with serve([wheel("a")]) as index:
        whole = fetch(index)
        index.forget()
        index.fail("/simple/a/", times=2, **fault)

        assert fetch(index, limits=HASTY if "stall_seconds" in fault else QUICK) == whole
        assert index.count() == 3


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"status": 500}, "the server answered HTTP 500"),
        ({"reset": True}, "the connection broke off"),
        ({"truncate": 40}, "the connection was closed before the answer was complete"),
        ({"stall_seconds": 5}, "no data came for too long"),
    ],
)
def test_a_lasting_fault_ends_in_one_plain_sentence(fault: dict[str, Any], reason: str) -> None:
    with serve([wheel("a")]) as index:
        index.fail("/simple/a/", times=None, **fault)

        refused = refusal(index, limits=HASTY if "stall_seconds" in fault else QUICK)

        assert refused.why == reason
        assert index.count() == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 418, 501])
def test_what_another_try_cannot_mend_is_asked_once(status: int) -> None:
    with serve([wheel("a")]) as index:
        index.fail("/simple/a/", times=None, status=status)

        assert f"HTTP {status}" in refusal(index).why
        assert index.count() == 1


def test_a_server_that_asks_for_too_long_a_wait_is_not_waited_for() -> None:
    with serve([wheel("a")]) as index:
        index.fail("/simple/a/", times=None, status=429, headers={"Retry-After": "3600"})

        assert "asks to wait 3600 seconds" in refusal(index).why
        assert index.count() == 1


def test_an_answer_may_be_compressed_and_never_unpacks_to_more_than_allowed() -> None:
    with serve([wheel("a")], gzip=True) as index:
        assert fetch(index) == index.page("a")[1]  # type: ignore[index]

        index.pages["a"] = ("text/html", bytes(50_000_000))

        assert "larger than 10000 bytes" in refusal(index).why
        assert index.count("/simple/a/") == 2


def test_a_compressed_answer_that_is_damaged_is_asked_for_again() -> None:
    with serve([wheel("a")], gzip=True) as index:
        index.fail("/simple/a/", body=b"\x1f\x8b\x08\x00nonsense")

        assert fetch(index) == index.page("a")[1]  # type: ignore[index]
        assert index.count() == 2


def test_an_encoding_nobody_asked_for_is_refused() -> None:
    with serve([wheel("a")]) as index:
        index.fail("/simple/a/", headers={"Content-Encoding": "br"})

        assert "'br'" in refusal(index).why


def test_redirects_are_followed_ten_times_and_no_more() -> None:
    with serve([wheel("a")]) as index:
        index.redirects |= {f"/hop/{n}": f"/hop/{n + 1}" for n in range(1, 10)}
        index.redirects["/hop/10"] = f"{index.origin}/simple/a/"
        assert fetch(index, "hop/1") == index.page("a")[1]  # type: ignore[index]

        index.redirects["/loop"] = "/loop"
        assert "more than 10 times" in refusal(index, "loop").why


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/x", "file:///etc/passwd", "javascript:alert(1)"])
def test_a_redirect_to_another_scheme_is_refused(target: str) -> None:
    with serve([wheel("a")]) as index:
        index.redirects["/odd"] = target

        assert "only http and https are followed" in refusal(index, "odd").why


def test_credentials_go_to_their_own_origin_and_nowhere_else() -> None:
    with serve([wheel("a")], user=("me", "s3/cret")) as index, serve([wheel("a")]) as other:
        index.redirects["/away"] = f"{other.origin}/simple/a/"
        url = index.with_user("me", "s3/cret")

        assert fetch(index, url=url) == index.page("a")[1]  # type: ignore[index]
        fetch(index, "away", url=url)

        assert all("authorization" in request.headers for request in index.requests)
        assert [request.headers.get("authorization") for request in other.requests] == [None]


def test_refused_access_names_credentials_and_shows_none() -> None:
    with serve([wheel("a")], user=("me", "secret")) as index:
        refused = refusal(index, "simple/a/?token=hidden", url=index.with_user("me", "wrong-secret"))

        text = f"{refused.what} {refused.why} {refused.next_steps}"
        assert "credentials" in refused.next_steps[0]
        assert "secret" not in text
        assert "hidden" not in text


def test_a_refused_connection_is_one_clear_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        url = f"http://127.0.0.1:{port}/simple/"

        with client(url) as asked, pytest.raises(IndexUnavailable) as caught:
            asked.fetch(f"{url}a/", headers={}, max_bytes=10)

    assert caught.value.why == f"`127.0.0.1:{port}` refused the connection"


def test_a_name_that_does_not_resolve_is_one_clear_sentence() -> None:
    url = "http://no-such-host.invalid/simple/"

    with client(url) as asked, pytest.raises(IndexUnavailable) as caught:
        asked.fetch(url, headers={}, max_bytes=10)

    assert "`no-such-host.invalid` could not be resolved" in caught.value.why


def test_a_server_without_tls_where_it_should_be_is_one_clear_sentence() -> None:
    with serve([wheel("a")]) as index, client(index.url) as asked, pytest.raises(IndexUnavailable) as caught:
        asked.fetch(index.url.replace("http:", "https:"), headers={}, max_bytes=10)

    assert "no secure connection" in caught.value.why


def test_a_body_that_drips_forever_is_given_up() -> None:
    limits = QUICK._replace(rate_window_seconds=0.3, minimum_rate_bytes=1000, tries=2)
    with serve([wheel("a")]) as index:
        index.fail("/simple/a/", times=None, drip_seconds=0.02)

        assert "too slowly" in refusal(index, limits=limits).why


def test_a_head_that_drips_forever_is_given_up() -> None:
    with serve([wheel("a")]) as index:
        index.fail("/simple/a/", times=None, drip_head_seconds=0.05)

        assert (
            refusal(index, limits=QUICK._replace(connect_seconds=0.1, read_seconds=0.2, tries=2)).why
            == "no answer came for too long"
        )


def test_offline_nothing_is_asked() -> None:
    with serve([wheel("a")]) as index, client(index.url, is_offline=True) as asked:
        with pytest.raises(OfflineMiss):
            asked.fetch(f"{index.url}a/", headers={}, max_bytes=10)

        assert index.count() == 0


def test_a_closed_client_ends_a_running_transfer(tmp_path: Path) -> None:
    with serve([wheel("a")]) as index:
        index.fail("/simple/a/", times=None, drip_seconds=0.01)
        asked = client(index.url)
        running = asked.submit(asked.fetch, f"{index.url}a/", headers=PAGE, max_bytes=10_000)
        while not index.count():
            time.sleep(0.005)

        asked.close()

        with pytest.raises(IndexUnavailable):
            running.result(5)


def test_parts_of_files_come_or_are_known_not_to() -> None:
    made = wheel("a")
    with serve([made]) as index, client(index.url) as asked:
        url = f"{index.origin}/files/a/{made.filename}"

        tail = asked.fetch_range(url, "-10", max_bytes=10)
        assert tail is not None
        assert tail.body == made.data[-10:]
        assert (
            tail.headers["content-range"]
            == f"bytes {len(made.data) - 10}-{len(made.data) - 1}/{len(made.data)}"
        )
        assert asked.fetch_range(url, "0-9", max_bytes=10, condition='"other"') is None

        index.ranges = False
        assert asked.fetch_range(url, "-10", max_bytes=10) is None
        assert asked.fetch_range(url, "-10", max_bytes=len(made.data)).status == 200  # type: ignore[union-attr]


def test_connections_are_used_again_also_after_a_missing_page() -> None:
    with serve([wheel("a")]) as index, client(index.url) as asked:
        for name in ("a", "missing", "a", "missing"):
            asked.fetch(f"{index.url}{name}/", headers=PAGE, max_bytes=10_000, statuses=(404,))

        assert len({request.port for request in index.requests}) == 1
