"""Passwords as a person gives them, or does not."""

import getpass
import sys

import pytest

from detent.cli.console import Console
from detent.cli.passwords import login_of
from detent.errors import UsageError


def test_an_end_of_input_in_place_of_a_password_is_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(prompt: str) -> str:
        raise EOFError(prompt)

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(getpass, "getpass", closed)

    with pytest.raises(UsageError, match="the password is empty"):
        login_of({"username": "me"}, Console({}), "index.example.com")
