"""Whom an address may be told: by origin, by the nearest index of it, and in which order."""

import pytest

from detent.index.logins import Later, Logins
from detent.index.urls import Credentials

ME = Credentials("me", "one")
YOU = Credentials("you", "two")
INDEX = "https://index.example/simple/"


def later(*found: Credentials | None, knows_origins: bool = False) -> tuple[list[tuple[str, str]], Later]:
    """Something that is asked, and what it was asked."""
    asked: list[tuple[str, str]] = []
    answers = list(found)

    def look_up(url: str, username: str) -> Credentials | None:
        asked.append((url, username))
        return answers.pop(0)

    return asked, Later(look_up, knows_origins)


@pytest.mark.parametrize(
    "other",
    [
        "http://index.example/simple/a/",
        "https://index.example:8443/simple/a/",
        "https://other.example/simple/a/",
        "https://index.example.other.example/",
        "https://sub.index.example/",
        "https://index.example@other.example/",
    ],
)
def test_another_scheme_port_or_host_is_told_nothing(other: str) -> None:
    logins = Logins(["https://me:one@index.example/simple/"])

    assert logins.credentials_for("https://index.example:443/files/a.whl") == ME
    assert logins.credentials_for(other) is None
    assert logins.next_for(other, [None]) is None


def test_of_two_indexes_of_one_origin_each_has_its_own_login() -> None:
    logins = Logins(
        ["https://me:one@index.example/ours/simple/", "https://you:two@index.example/theirs/simple/"]
    )

    assert logins.credentials_for("https://index.example/ours/files/a.whl") == ME
    assert logins.credentials_for("https://index.example/theirs/simple/a/") == YOU
    assert logins.credentials_for("https://index.example/elsewhere") == ME
    assert logins.next_for("https://index.example/theirs/simple/a/", [YOU]) == ME


def test_the_url_comes_before_a_variable_and_a_password_before_a_name_alone() -> None:
    both = Logins(["https://me:one@index.example/simple/"], named=[(INDEX, YOU)])
    name_alone = Logins(["https://me@index.example/simple/"], named=[(INDEX, YOU)])

    assert both.credentials_for(INDEX) == ME
    assert both.next_for(INDEX, [ME]) == YOU
    assert name_alone.credentials_for(INDEX) == YOU
    assert name_alone.next_for(INDEX, [YOU]) == Credentials("me", "")


def test_what_is_looked_up_is_asked_in_order_after_a_refusal_and_once() -> None:
    asked_first, first = later(None)
    asked_second, second = later(ME)
    logins = Logins([INDEX], later=[first, second])

    assert logins.credentials_for(f"{INDEX}a/") is None
    assert asked_first == []
    assert logins.next_for(f"{INDEX}a/", [None]) == ME
    assert logins.next_for(f"{INDEX}b/", [None]) == ME
    assert logins.next_for(f"{INDEX}b/", [None, ME]) is None
    assert asked_first == asked_second == [(INDEX, "")]


def test_what_was_accepted_goes_with_the_first_request_from_then_on() -> None:
    logins = Logins(["https://me:one@index.example/simple/"], later=[later(YOU)[1]])

    assert logins.next_for(INDEX, [ME]) == YOU
    assert logins.credentials_for(INDEX) == ME
    logins.accept(INDEX, YOU)
    assert logins.credentials_for(f"{INDEX}a/") == YOU


def test_a_keyring_hears_the_name_that_is_known() -> None:
    name = Credentials("me", "")
    for url, named in (("https://me@index.example/simple/", ()), (INDEX, ((INDEX, name),))):
        asked, ring = later(ME)

        assert Logins([url], named=named, later=[ring]).next_for(INDEX, [name]) == ME
        assert asked == [(INDEX, "me")]


def test_what_knows_hosts_alone_is_asked_for_indexes_and_not_after_a_redirect() -> None:
    asked, hosts = later(ME)
    logins = Logins([INDEX], later=[hosts])

    assert logins.next_for("https://files.example/a.whl", [None]) is None
    assert logins.next_for("http://index.example/a.whl", [None]) is None
    assert logins.next_for(INDEX, [None], is_redirected=True) is None
    assert asked == []
    assert logins.next_for(INDEX, [None]) == ME
    logins.accept(INDEX, ME)
    assert logins.credentials_for(INDEX, is_redirected=True) is None
    assert logins.credentials_for(INDEX) == ME


def test_what_knows_origins_is_asked_for_other_servers_too() -> None:
    asked, store = later(ME, knows_origins=True)
    logins = Logins([INDEX], later=[store])

    assert logins.next_for("https://files.example/a.whl", [None], is_redirected=True) == ME
    assert asked == [("https://files.example:443/", "")]
    logins.accept("https://files.example/a.whl", ME)
    assert logins.credentials_for("https://files.example/b.whl", is_redirected=True) == ME


def test_an_index_that_is_never_told_anything_is_not() -> None:
    asked, store = later(ME, knows_origins=True)
    logins = Logins(["https://me:one@index.example/simple/"], never=[INDEX], later=[store])

    assert logins.credentials_for(INDEX) is None
    assert logins.next_for(INDEX, [None]) is None
    assert asked == []
