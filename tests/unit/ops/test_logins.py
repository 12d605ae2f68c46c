"""Credentials given by the names of indexes: bound to the origin the name had first, or to the one stated."""

import pytest

from detent.errors import UsageError
from detent.errors.fetch import IndexOriginChanged
from detent.index.urls import Credentials
from detent.ops.logins import named_logins
from detent.project.indexes import IndexSetting

OURS = IndexSetting("our.own-1", "https://index.example/simple/")
LOGIN = {"DETENT_INDEX_OUR_OWN_1_USERNAME": "me", "DETENT_INDEX_OUR_OWN_1_PASSWORD": "s3cret"}
ORIGIN = "DETENT_INDEX_OUR_OWN_1_ORIGIN"


def logins(
    index: IndexSetting, variables: dict[str, str], remembered: str = ""
) -> list[tuple[str, Credentials]]:
    return list(named_logins([index], variables, lambda _, now: remembered or now))


def test_a_login_goes_to_where_the_name_belongs() -> None:
    found = [(OURS.url, Credentials("me", "s3cret"))]

    assert logins(OURS, LOGIN) == found
    assert logins(OURS, LOGIN, "https://index.example") == found
    assert logins(OURS._replace(name="other"), LOGIN) == []
    assert logins(OURS._replace(authenticate="never"), LOGIN) == []


@pytest.mark.parametrize(
    "url",
    ["https://other.example/simple/", "http://index.example/simple/", "https://index.example:8443/simple/"],
)
def test_a_name_that_means_another_server_now_stops_with_both(url: str) -> None:
    for variables, remembered in (
        (LOGIN, "https://index.example"),
        ({**LOGIN, ORIGIN: "https://index.example"}, ""),
    ):
        with pytest.raises(IndexOriginChanged) as caught:
            logins(OURS._replace(url=url), variables, remembered)

        assert url.removesuffix("/simple/") in caught.value.why
        assert "`https://index.example`" in caught.value.why
        assert "s3cret" not in f"{caught.value.what}{caught.value.why}{caught.value.next_steps}"


@pytest.mark.parametrize(
    "stated", ["https://index.example", "index.example", "https://index.example:443/simple/"]
)
def test_an_origin_that_is_stated_outweighs_what_was_there_first(stated: str) -> None:
    assert len(logins(OURS, {**LOGIN, ORIGIN: stated}, "https://before.example")) == 1


def test_a_mirror_is_told_only_where_that_is_stated() -> None:
    mirrored = OURS._replace(mirror="https://mirror.example/simple/")

    assert [url for url, _ in logins(mirrored, LOGIN)] == [OURS.url]
    assert [url for url, _ in logins(mirrored, {**LOGIN, ORIGIN: "mirror.example"})] == [mirrored.mirror]


def test_a_password_alone_is_a_token_and_a_name_alone_a_name_to_ask_for() -> None:
    name, password = LOGIN

    assert logins(OURS, {password: "s3cret"})[0][1] == Credentials("__token__", "s3cret")
    assert logins(OURS, {name: "me"})[0][1] == Credentials("me", "")


@pytest.mark.parametrize("stated", ["ftp://index.example", "https://"])
def test_an_origin_that_is_none_is_an_error(stated: str) -> None:
    with pytest.raises(UsageError, match=ORIGIN):
        logins(OURS, {**LOGIN, ORIGIN: stated})
