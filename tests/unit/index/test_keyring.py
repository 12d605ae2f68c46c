"""The system's keyring: a program that is found outside of the project, and need not answer."""

import os
import sys
from pathlib import Path

import pytest

from detent.errors.fetch import KeyringFailed
from detent.events import Event, Notice, Step
from detent.index.keyring import Keyring
from detent.index.urls import Credentials

PROGRAM = f"""\
#!{sys.executable} -IS
import sys, time, pathlib
log = pathlib.Path(__file__).with_name("log")
words = sys.argv[1:]
log.open("a").write(repr(words) + "\\n")
if words[0] == "set":
    log.open("a").write("said " + sys.stdin.read() + "\\n")
elif words == ["get", "slow.example", "me"]:
    time.sleep(60)
elif words[0] == "get" and words[1:] == ["index.example", "me"]:
    print("s3cret")
elif words == ["--mode", "creds", "get", "index.example"]:
    print("you\\nother")
else:
    sys.exit("no s3cret here")
"""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "keyring"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    return folder


def keyring(
    programs: Path, told: list[Event], *, outside: tuple[str, ...] = (), seconds: float = 60
) -> Keyring:
    return Keyring({"PATH": str(programs)}, told.append, outside=outside, seconds=seconds)


def test_it_is_asked_for_the_address_then_for_the_host_and_that_is_said(programs: Path) -> None:
    told: list[Event] = []

    found = keyring(programs, told).look_up("https://index.example/simple/", "me")

    assert found == Credentials("me", "s3cret")
    assert told == [Step("Asking the keyring for the password of `me` at https://index.example/simple/")]
    assert (programs / "log").read_text().splitlines() == [
        "['get', 'https://index.example/simple/', 'me']",
        "['get', 'index.example', 'me']",
    ]


def test_without_a_name_it_is_asked_for_both(programs: Path) -> None:
    assert keyring(programs, []).look_up("https://index.example/simple/", "") == Credentials("you", "other")


def test_a_host_in_the_open_does_not_get_what_belongs_to_https(programs: Path) -> None:
    assert keyring(programs, []).look_up("http://index.example/simple/", "me") is None


def test_one_that_does_not_answer_is_ended_and_left_out(programs: Path) -> None:
    told: list[Event] = []

    assert keyring(programs, told, seconds=0.5).look_up("https://slow.example/", "me") is None
    assert "did not answer" in next(event.text for event in told if isinstance(event, Notice))


def test_one_of_the_project_is_never_started(programs: Path) -> None:
    told: list[Event] = []

    found = keyring(programs, told, outside=(str(programs.parent),)).look_up("https://index.example/", "me")

    assert found is None
    assert "lies in the project" in next(event.text for event in told if isinstance(event, Notice))
    assert not (programs / "log").exists()


def test_a_password_is_never_among_the_words(programs: Path) -> None:
    ring = keyring(programs, [])

    ring.store("https://index.example", Credentials("me", "p4ss"))

    assert (programs / "log").read_text().splitlines() == ["['set', 'index.example', 'me']", "said p4ss"]
    assert not ring.forget("https://index.example", "me")


def test_none_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(KeyringFailed, match="did not answer"):
        Keyring({"PATH": os.fspath(tmp_path)}, lambda _: None, outside=()).store(
            "https://index.example", Credentials("me", "p4ss")
        )
