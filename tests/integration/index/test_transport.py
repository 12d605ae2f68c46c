"""Logins, certificates and proxies against real servers on loopback; two ports are two origins."""

from pathlib import Path
from typing import Any

import pytest

from detent.errors import UsageError
from detent.errors.fetch import IndexUnavailable
from detent.events import Event, Notice
from detent.index.client import Client
from detent.index.logins import Later, Logins
from detent.index.tls import Trust
from detent.index.urls import Credentials
from detent.model.limits import Limits
from support.index_server import IndexServer, serve
from support.tls import Certificates, certificates
from support.wheels import wheel

QUICK = Limits()._replace(connect_seconds=5, read_seconds=10, tries=2)
ME = Credentials("me", "s3cret")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("certificates"))


def page(client: Client, index: IndexServer, name: str = "a") -> int:
    return client.fetch(f"{index.url}{name}/", headers={}, max_bytes=10_000, statuses=(404,)).status


def _refusal(client: Client, index: IndexServer) -> IndexUnavailable:
    with pytest.raises(IndexUnavailable) as caught:
        page(client, index)
    return caught.value


def later(
    index: IndexServer, found: Credentials | None, asked: list[str], *, knows_origins: bool = False
) -> Later:
    """Something that has a login for one index."""

    def look_up(url: str, _: str) -> Credentials | None:
        asked.append(url)
        return found if url.startswith(index.origin) else None

    return Later(look_up, knows_origins)


def test_nothing_is_told_or_looked_up_before_a_server_asks() -> None:
    asked: list[str] = []
    with serve([wheel("a")]) as index:
        with Client(limits=QUICK, logins=Logins([index.url], later=[later(index, ME, asked)])) as client:
            page(client, index)

        assert asked == []
        assert "authorization" not in index.requests[0].headers


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_asks_the_next_source_once_and_what_was_accepted_stays(status: int) -> None:
    asked: list[str] = []
    with serve([wheel("a")]) as index:
        index.fail("/simple/", status=status)
        with Client(limits=QUICK, logins=Logins([index.url], later=[later(index, ME, asked)])) as client:
            assert [page(client, index), page(client, index, "b")] == [200, 404]

        told = ["authorization" in request.headers for request in index.requests]
        assert (told, asked) == ([False, True, True], [index.url])


def test_a_login_that_is_refused_is_not_tried_for_ever() -> None:
    asked: list[str] = []
    wrong = Credentials("me", "wrong")
    with serve([wheel("a")], user=("me", "s3cret")) as index:
        logins = Logins([index.url], later=[later(index, wrong, asked), later(index, wrong, asked)])
        with Client(limits=QUICK, logins=logins) as client:
            refusals = [_refusal(client, index) for _ in range(2)]

        assert not any("wrong" in f"{e.what}{e.why}{e.next_steps}" for e in refusals)
        assert (index.count(), len(asked)) == (4, 2)


def test_many_who_are_refused_at_once_ask_once() -> None:
    asked: list[str] = []
    with serve([wheel("a")], user=ME) as index:
        with Client(limits=QUICK, logins=Logins([index.url], later=[later(index, ME, asked)])) as client:
            jobs = [client.submit(page, client, index) for _ in range(20)]
            assert {job.result() for job in jobs} == {200}

        assert len(asked) == 1


@pytest.mark.parametrize("knows_origins", [True, False])
def test_after_a_redirect_only_what_is_bound_to_that_origin_is_told(*, knows_origins: bool) -> None:
    asked: list[str] = []
    with serve([wheel("a")]) as index, serve([wheel("a")], user=ME) as other:
        index.redirects["/simple/a/"] = f"{other.url}a/"
        source = later(other, ME, asked, knows_origins=knows_origins)
        with Client(limits=QUICK, logins=Logins([index.url, other.url], later=[source])) as client:
            if knows_origins:
                assert page(client, index) == 200
            else:
                with pytest.raises(IndexUnavailable):
                    page(client, index)
                assert asked == []

        assert all("authorization" not in request.headers for request in index.requests)


# ---- certificates ----------------------------------------------------------------------------


def fetch(index: IndexServer, trust: Trust, told: list[Event] | None = None) -> int:
    with Client(limits=QUICK, trust=trust, report=(told if told is not None else []).append) as client:
        return page(client, index)


def test_a_server_whose_certificate_nobody_vouches_for_is_refused_and_a_file_vouches(
    files: Certificates,
) -> None:
    with serve([wheel("a")], tls=files.context()) as index:
        with pytest.raises(IndexUnavailable, match="could not be fetched") as caught:
            fetch(index, Trust())
        assert "was not accepted" in caught.value.why
        assert index.requests == []

        assert fetch(index, Trust(files.authority)) == 200


def test_folders_of_certificates_vouch_too(files: Certificates, tmp_path: Path) -> None:
    # What `openssl x509 -hash` says: OpenSSL looks for a file of this name.
    (tmp_path / "dd006297.0").write_text(files.authority.read_text())
    with serve([wheel("a")], tls=files.context()) as index:
        assert fetch(index, Trust(folders=(tmp_path,))) == 200
        with pytest.raises(UsageError, match="cannot be read"):
            fetch(index, Trust(folders=(tmp_path / "missing",)))


def test_a_client_shows_its_certificate_to_the_index_it_is_for_alone(files: Certificates) -> None:
    with serve([wheel("a")], tls=files.context(asks_client=True)) as index:
        with pytest.raises(IndexUnavailable):
            fetch(index, Trust(files.authority))
        with pytest.raises(IndexUnavailable):
            fetch(index, Trust(files.authority, clients=(("127.0.0.1", index.port + 1, files.client),)))

        assert fetch(index, Trust(files.authority, clients=(("127.0.0.1", index.port, files.client),))) == 200
        assert fetch(index, Trust(files.authority, client=files.client)) == 200


def test_a_client_certificate_of_no_use_is_named_and_nobody_is_asked_for_its_password(
    files: Certificates, tmp_path: Path
) -> None:
    broken = tmp_path / "client.pem"
    broken.write_text("s3cret")
    with serve([wheel("a")], tls=files.context()) as index:
        for path in (broken, tmp_path / "missing.pem"):
            with pytest.raises(UsageError) as caught:
                fetch(index, Trust(files.authority, client=path))
            assert str(path) in caught.value.what


@pytest.mark.parametrize("port", ["", ":{port}"])
def test_a_host_may_be_excepted_by_name_and_that_is_said(files: Certificates, port: str) -> None:
    told: list[Event] = []
    with serve([wheel("a")], tls=files.context()) as index:
        host = f"127.0.0.1{port.format(port=index.port)}"
        trust = Trust(insecure=frozenset({host}), insecure_by="the flag `--allow-insecure-host`")

        assert fetch(index, trust, told) == 200

    (notice,) = {event.text for event in told if isinstance(event, Notice)}
    assert notice.endswith("is not checked, as the flag `--allow-insecure-host` says")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "27.0.0.1", "0.0.1", "*", "127.0.0.10"])
def test_no_other_host_is_excepted_with_it(files: Certificates, host: str) -> None:
    with serve([wheel("a")], tls=files.context()) as index, pytest.raises(IndexUnavailable):
        fetch(index, Trust(insecure=frozenset({host})))


def test_a_redirect_from_https_to_http_is_refused_and_tells_nothing(files: Certificates) -> None:
    with serve([wheel("a")]) as other, serve([wheel("a")], tls=files.context(), user=ME) as index:
        index.redirects["/simple/a/"] = f"{other.url}a/"
        logins = Logins([index.with_user(*ME)])
        with (
            Client(limits=QUICK, trust=Trust(files.authority), logins=logins) as client,
            pytest.raises(IndexUnavailable, match="could not be fetched") as caught,
        ):
            page(client, index)

        assert "from https to plain http" in caught.value.why
        assert other.requests == []


def test_plain_http_at_the_same_host_is_told_nothing_of_what_https_is_told(files: Certificates) -> None:
    with serve([wheel("a")], user=ME) as plain, serve([wheel("a")], tls=files.context()) as index:
        url = plain.with_user(*ME).replace("http:", "https:").replace(str(plain.port), str(index.port))
        plain.redirects["/simple/a/"] = f"{index.url}a/"
        more: dict[str, Any] = {"trust": Trust(files.authority), "logins": Logins([url])}
        with Client(limits=QUICK, **more) as client, pytest.raises(IndexUnavailable):
            page(client, plain)

        assert all("authorization" not in request.headers for request in plain.requests)
