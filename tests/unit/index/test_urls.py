"""What of a URL may be stored and shown, and where a redirect may lead."""

import pytest

from detent.index.urls import (
    Credentials,
    host,
    index_root,
    is_in_the_open,
    origin,
    redirect_refusal,
    shown,
    split_credentials,
)


def test_credentials_are_taken_out_and_unescaped() -> None:
    url, credentials = split_credentials("https://me%40x:s%2Fcret@index.example:8443/simple/?a=b@c")

    assert url == "https://index.example:8443/simple/?a=b@c"
    assert credentials == Credentials("me@x", "s/cret")


@pytest.mark.parametrize("url", ["https://index.example/a@b", "not a url", ""])
def test_a_url_without_credentials_stays_as_it_is(url: str) -> None:
    assert split_credentials(url) == (url, None)


def test_a_shown_url_holds_no_secret_and_no_control_character() -> None:
    assert shown("https://u:p@h.example/x?sig=1#f") == "https://h.example/x?..."
    assert shown("https://h.example/\x1b[31m") == "https://h.example/\\x1b[31m"


def test_the_root_of_an_index_has_one_spelling() -> None:
    spellings = ["https://u:p@h.example/simple", "https://h.example/simple/", "https://h.example/simple//#x"]

    assert {index_root(url) for url in spellings} == {"https://h.example/simple/"}


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin("HTTPS://u@H.example/x") == ("https", "h.example", "443")
    assert origin("http://h.example:8080") == ("http", "h.example", "8080")
    assert origin("http://[::1]:8080/x") == ("http", "[::1]", "8080")
    assert origin("http://[::1]/x") == ("http", "[::1]", "80")


def test_a_host_is_named_with_its_port_where_that_is_unusual() -> None:
    assert host("https://u:p@h.example/x") == "h.example"
    assert host("http://h.example:8080/x") == "h.example:8080"


def test_plain_http_is_read_on_the_way_unless_it_stays_on_this_machine() -> None:
    assert is_in_the_open("http://h.example:8080/simple/")
    assert is_in_the_open("http://127.0.0.1.h.example")
    for url in ("https://h.example", "http://localhost:80", "http://127.0.0.1:8642/simple/", "http://[::1]/"):
        assert not is_in_the_open(url), url


def test_a_redirect_stays_on_the_web_and_never_leaves_https() -> None:
    assert redirect_refusal("https://a.example", "https://b.example") == ""
    assert redirect_refusal("http://a.example", "https://a.example") == ""
    assert "plain http" in redirect_refusal("https://a.example", "http://a.example")
    assert "`file:`" in redirect_refusal("http://a.example", "file:///etc/passwd")
