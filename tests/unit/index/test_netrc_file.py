"""The user's netrc file."""

from pathlib import Path

import pytest

from detent.events import Event, Notice
from detent.index.netrc_file import netrc_login
from detent.index.urls import Credentials

TEXT = """\
machine index.example login me password one
machine index.example:8443
  login you
  password "two words"
default login anybody password anything
"""


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://index.example/simple/", Credentials("me", "one")),
        ("https://INDEX.example/simple/", Credentials("me", "one")),
        ("https://index.example:8443/simple/", Credentials("you", "two words")),
        ("https://other.example/simple/", None),
    ],
)
def test_a_host_is_looked_for_and_nobody_gets_the_default(
    tmp_path: Path, url: str, found: Credentials | None
) -> None:
    path = tmp_path / "netrc"
    path.write_text(TEXT)

    assert netrc_login(str(path), url, lambda _: None) == found


@pytest.mark.parametrize(
    "text", [b"machine index.example login me password s3cret s3cret2 x", b"\xff\xfe\x00 machine"]
)
def test_a_file_that_cannot_be_read_is_left_out_with_a_warning_that_shows_none_of_it(
    tmp_path: Path, text: bytes
) -> None:
    path = tmp_path / "netrc"
    path.write_bytes(text)
    told: list[Event] = []

    assert netrc_login(str(path), "https://index.example/", told.append) is None
    (notice,) = told
    assert isinstance(notice, Notice)
    assert "is left out" in notice.text
    assert "s3cret" not in notice.text


def test_there_need_not_be_one(tmp_path: Path) -> None:
    assert netrc_login(str(tmp_path / "none"), "https://index.example/", lambda _: None) is None
