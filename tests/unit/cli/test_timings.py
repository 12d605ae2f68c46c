"""Where the time went: each moment counts once, for what people wait for most."""

import re

import pytest

from detent import events
from detent.cli.console import Console
from detent.cli.timings import PHASES, Timings

FILE = "idna-3.10-py3-none-any.whl"


def test_each_moment_counts_for_one_thing_and_all_of_them_for_the_whole() -> None:
    timings = Timings(10.0)
    for moment, event in (
        (11.0, events.Phase("resolving")),
        (12.0, events.DownloadStarted(FILE, 1)),
        (13.0, events.Building("a==1")),
        (14.0, events.DownloadFinished(FILE)),
        (15.0, events.Built("a==1")),
        (16.0, events.Phase("")),
        (17.0, events.Phase("preparing", 2)),
        (18.0, events.Prepared("a", "1")),
        (19.0, events.Phase("linking")),
        (20.0, events.Phase("")),
    ):
        timings.take(event, moment)

    spent = timings.facts(22.0)

    assert spent == {
        "reading": 4.0,
        "resolving": 2.0,
        "downloading": 1.0,
        "building": 2.0,
        "unpacking": 2.0,
        "linking": 1.0,
        "total": 12.0,
    }
    assert set(PHASES) | {"total"} == set(spent)


def test_they_are_told_to_those_who_want_details_alone(capsys: pytest.CaptureFixture[str]) -> None:
    for verbose in (0, 1):
        talker = Console({})
        talker.set_up(quiet=0, verbose=verbose, progress=True)
        talker.report(events.Phase("resolving"))
        talker.report(events.Phase(""))
        talker.tell_timings()

    assert re.fullmatch(r"Time: reading \S+, resolving \S+, total \S+\n", capsys.readouterr().err)
