"""Which proxy a request goes through."""

import pytest

from detent.errors import UsageError
from detent.index.proxies import NO_PROXIES, Proxy, proxies_of

PROXY = Proxy("proxy.example", 3128)


@pytest.mark.parametrize(
    ("variables", "http", "https"),
    [
        ({}, None, None),
        ({"HTTPS_PROXY": "http://proxy.example:3128"}, None, PROXY),
        ({"https_proxy": "proxy.example:3128", "HTTPS_PROXY": "http://other.example"}, None, PROXY),
        ({"ALL_PROXY": "http://proxy.example:3128"}, PROXY, PROXY),
        ({"all_proxy": "http://other.example", "HTTP_PROXY": "http://proxy.example:3128"}, PROXY, Proxy("other.example", 80)),
        ({"HTTP_PROXY": "http://proxy.example:3128", "REQUEST_METHOD": "GET"}, None, None),
        ({"http_proxy": "http://proxy.example:3128", "REQUEST_METHOD": "GET"}, PROXY, None),
        ({"HTTP_PROXY": ""}, None, None),
    ],
)  # fmt: skip
def test_the_variables_say_which_proxy_there_is(
    variables: dict[str, str], http: Proxy | None, https: Proxy | None
) -> None:
    proxies = proxies_of(variables)

    assert proxies.proxy_for("http", "index.example", 80) == http
    assert proxies.proxy_for("https", "index.example", 443) == https


def test_a_user_in_the_address_of_a_proxy_is_shown_to_the_proxy() -> None:
    proxies = proxies_of({"HTTPS_PROXY": "http://me:s%40cret@proxy.example"})

    assert proxies.proxy_for("https", "index.example", 443) == Proxy(
        "proxy.example", 80, "Basic bWU6c0BjcmV0"
    )


@pytest.mark.parametrize(
    ("no_proxy", "is_direct"),
    [
        ("index.example", True),
        ("other.example, .example", True),
        ("INDEX.example", True),
        ("index.example:443", True),
        ("index.example:8443", False),
        ("ndex.example", False),
        ("*", True),
        (" , ", False),
    ],
)
def test_hosts_that_are_asked_without_a_proxy(*, no_proxy: str, is_direct: bool) -> None:
    proxies = proxies_of({"ALL_PROXY": "http://proxy.example", "NO_PROXY": no_proxy})

    assert (proxies.proxy_for("https", "index.example", 443) is None) == is_direct


@pytest.mark.parametrize(
    "address", ["socks5://proxy.example", "https://", "http://", "http://[", "http://p:x"]
)
def test_a_proxy_that_cannot_be_used_is_an_error_that_shows_no_secret(address: str) -> None:
    with pytest.raises(UsageError, match="a proxy named in the environment cannot be used") as caught:
        proxies_of({"HTTPS_PROXY": address.replace("//", "//me:s3cret@")})

    assert "s3cret" not in str(caught.value)


def test_a_proxy_may_be_spoken_to_in_tls() -> None:
    proxies = proxies_of(
        {"HTTPS_PROXY": "https://me:x@proxy.example", "HTTP_PROXY": "https://proxy.example:8443"}
    )

    assert proxies.proxy_for("https", "index.example", 443) == Proxy(
        "proxy.example", 443, "Basic bWU6eA==", True
    )
    assert proxies.proxy_for("http", "index.example", 80) == Proxy("proxy.example", 8443, "", True)


def test_without_variables_there_is_none() -> None:
    assert proxies_of({}) == NO_PROXIES


@pytest.mark.parametrize(
    ("no_proxy", "host", "is_direct"),
    [
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "index.example", False),
        ("fd00::/8 10.0.0.0/99", "fd00::1", True),
        ("other.example index.example", "index.example", True),
    ],
)
def test_networks_and_hosts_with_blanks_between_are_asked_without_one(
    *, no_proxy: str, host: str, is_direct: bool
) -> None:
    proxies = proxies_of({"ALL_PROXY": "http://proxy.example", "NO_PROXY": no_proxy})

    assert (proxies.proxy_for("http", host, 80) is None) == is_direct


def test_a_proxy_that_is_chosen_takes_the_place_of_the_variables_but_for_exceptions() -> None:
    variables = {"HTTPS_PROXY": "http://other.example", "NO_PROXY": "index.example"}

    proxies = proxies_of(variables, chosen="proxy.example:3128", chosen_by="the flag `--proxy`")

    assert proxies.proxy_for("https", "files.example", 443) == PROXY
    assert proxies.proxy_for("http", "files.example", 80) == PROXY
    assert proxies.proxy_for("https", "index.example", 443) is None


def test_socks_is_refused_by_whoever_set_it() -> None:
    with pytest.raises(UsageError, match="the proxy of the flag `--proxy` cannot be used") as caught:
        proxies_of({}, chosen="socks5://me:s3cret@proxy.example", chosen_by="the flag `--proxy`")

    assert "SOCKS" in caught.value.why
    assert "s3cret" not in f"{caught.value.what}{caught.value.why}{caught.value.next_steps}"
