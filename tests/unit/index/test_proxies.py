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
    "address", ["socks5://proxy.example", "https://proxy.example", "http://", "http://[", "http://p:x"]
)
def test_a_proxy_that_cannot_be_used_is_an_error_that_shows_no_secret(address: str) -> None:
    with pytest.raises(UsageError, match="a proxy named in the environment cannot be used") as caught:
        proxies_of({"HTTPS_PROXY": address.replace("//", "//me:s3cret@")})

    assert "s3cret" not in str(caught.value)


def test_without_variables_there_is_none() -> None:
    assert proxies_of({}) == NO_PROXIES
