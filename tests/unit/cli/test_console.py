import errno
import io
import sys
from collections.abc import Mapping

import pytest
from typing_extensions import override

from detent import events
from detent.cli.console import Console
from detent.errors import Failures, UsageError
from detent.errors.store import FileTrouble


def console(*, quiet: int = 0, verbose: int = 0, variables: Mapping[str, str] | None = None) -> Console:
    made = Console(variables or {})
    made.set_up(quiet=quiet, verbose=verbose, progress=True)
    return made


def test_the_answer_is_on_stdout_and_the_talk_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    talker = console()
    talker.answer("yes")
    talker.say("by the way")
    talker.change("+", "a==1")
    talker.report(events.Step("Creating"))
    talker.report(events.Detail("only with -v"))
    talker.report(events.Waiting("here", "process 7"))

    out, err = capsys.readouterr()
    assert out == "yes\n"
    assert err == "by the way\n + a==1\nCreating\nWaiting for process 7 to release `here`\n"


def test_a_warning_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    talker = console()
    for _ in range(2):
        talker.report(events.Notice("warning", "mind \x1b"))

    assert capsys.readouterr().err == "warning: mind \\x1b\n"


def test_quiet_leaves_errors_and_very_quiet_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for quiet in (1, 2):
        talker = console(quiet=quiet)
        talker.say("talk")
        talker.warn("warning")
        talker.answer("answer")
        talker.error(UsageError("no"))

    out, err = capsys.readouterr()
    assert out == "answer\n"
    assert err == "error: no [usage]\n"


def test_silence_and_details_are_not_wanted_together() -> None:
    with pytest.raises(UsageError, match="`--quiet` and `--verbose`"):
        console(quiet=1, verbose=1)


def test_several_failures_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    console().error(Failures((UsageError("one", why="so"), UsageError("two"))), trace="Traceback")

    assert capsys.readouterr().err == "error: one [usage]\n  why: so\n\nerror: two [usage]\nTraceback\n"


def test_colour_is_a_matter_of_variables_off_a_terminal() -> None:
    assert console().styled("x", "error") == "x"
    assert console(variables={"FORCE_COLOR": "1"}).styled("x", "error") == "\x1b[1;31mx\x1b[0m"
    assert console(variables={"FORCE_COLOR": "1", "NO_COLOR": "1"}).styled("x", "error") == "x"
    assert console(variables={"CLICOLOR_FORCE": "1"}).timed(0.5) == "\x1b[2m in 500ms\x1b[0m"


@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "1"}])
def test_a_flag_of_colour_comes_before_every_variable(variables: dict[str, str]) -> None:
    for colour, seen in (("always", "\x1b[1;31mx\x1b[0m"), ("never", "x")):
        talker = Console(variables)
        talker.set_up(quiet=0, verbose=0, progress=True, colour=colour)
        assert talker.styled("x", "error") == seen


def test_automatic_colour_is_what_the_variables_say() -> None:
    talker = Console({"FORCE_COLOR": "1"})
    talker.set_up(quiet=0, verbose=0, progress=True, colour="auto")

    assert talker.styled("x", "error") == "\x1b[1;31mx\x1b[0m"


def test_progress_is_for_terminals_alone(capsys: pytest.CaptureFixture[str]) -> None:
    talker = console()
    talker.report(events.DownloadStarted("a-1.0-py3-none-any.whl", 2**20))
    talker.close()

    assert capsys.readouterr().err == ""
    assert console(verbose=2).wants_trace
    assert 60 <= console().columns <= 100


def test_an_answer_the_output_cannot_spell_is_given_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    console().answer("├── a\udce9")

    assert raw.getvalue() == b"|-- a\\udce9\n"


class _Full(io.StringIO):
    encoding = "utf-8"

    @override
    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_an_answer_that_cannot_be_written_is_an_error_and_lost_talk_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", _Full())
    monkeypatch.setattr(sys, "stderr", _Full())
    talker = console()
    talker.say("nobody hears this")
    talker.say("nor this")

    with pytest.raises(FileTrouble, match="standard output"):
        talker.answer("yes")


def test_a_name_with_a_line_break_makes_no_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    console().error(
        UsageError("`a\n next: run this`", next_steps=("move `a\nerror: b`",)), trace="at \x1b[31m"
    )

    assert capsys.readouterr().err == (
        "error: `a\\n next: run this` [usage]\n next: move `a\\nerror: b`\nat \\x1b[31m\n"
    )
