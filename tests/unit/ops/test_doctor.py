"""What `doctor` makes of a clock, an answer and a mount table."""

import time
from email.utils import formatdate
from pathlib import Path

import pytest

from detent.ops import doctor_network, doctor_places
from detent.ops.doctor_places import file_system


@pytest.mark.parametrize(
    ("ahead", "age", "level"),
    [
        (0, 0, "ok"),
        (-3, 0, "ok"),
        (600, 0, "note"),
        (-600, 0, "note"),
        (90_000, 0, "problem"),
        (600, 600, "ok"),
    ],
)
def test_a_clock_is_held_against_the_servers_and_what_a_cache_kept_is_older(
    ahead: int, age: int, level: str
) -> None:
    headers = {"date": formatdate(time.time() - ahead, usegmt=True), "age": str(age)}

    skew = doctor_network._skew_seconds(headers)

    assert skew is not None
    assert abs(skew - (ahead - age)) < 5
    assert doctor_network._clock_row("https://a.example/", skew).level == level


@pytest.mark.parametrize("headers", [{}, {"date": "yesterday"}, {"date": formatdate(0), "age": "x"}])
def test_a_server_that_does_not_say_what_time_it_is_tells_nothing(headers: dict[str, str]) -> None:
    assert doctor_network._skew_seconds(headers) is None


@pytest.mark.parametrize(
    ("status", "level"), [(200, "ok"), (404, "ok"), (401, "problem"), (403, "problem"), (503, "problem")]
)
def test_an_index_answers_refuses_or_does_not_work(status: int, level: str) -> None:
    row = doctor_network._answer_row("https://a.example/", "https://a.example/simple/", status)

    assert row.level == level
    assert bool(row.next_steps) == (level == "problem")


@pytest.mark.parametrize(
    ("path", "kind"), [("/", "ext4"), ("/home/me/x", "nfs4"), ("/homes", "ext4"), ("/a b/c", "fuse.sshfs")]
)
def test_the_nearest_mount_above_a_path_is_its_file_system(
    path: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = (
        "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "21 20 0:40 / /home rw,relatime shared:1 - nfs4 server:/home rw\n"
        "22 20 0:41 / /a\\040b rw - fuse.sshfs me@a rw\n"
    )
    monkeypatch.setattr(Path, "read_text", lambda *_args: table)

    assert file_system(Path(path)) == kind
    assert (doctor_places._NETWORKED.fullmatch(kind) is not None) == (kind != "ext4")
