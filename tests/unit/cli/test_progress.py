"""Progress as people see it: drawn from events, on a terminal alone, and gone without a trace."""

import contextlib
import io
import os
import sys
import threading
import time
from _thread import RLock
from collections.abc import Callable, Sequence

import pytest

from detent import events
from detent.cli import console as console_module
from detent.cli.console import Console
from detent.cli.progress import ASCII, SHAPES, Display, Scene, cells, cut, padded, shapes_for
from detent.errors import UsageError
from detent.events import Event
from support.screens import Terminal, terminal

MIB = 2**20
BIG = "numpy-2.1.0-cp312-cp312-manylinux_2_17_x86_64.whl"
SMALL = "idna-3.10-py3-none-any.whl"


def drawn(*heard: Event, at: float = 0.0, columns: int = 80, rows: int = 24) -> list[str]:
    """Give what is drawn after these events, heard at the beginning."""
    scene = Scene(ASCII)
    for event in heard:
        scene.take(event, 0.0)
    return ["".join(text for text, _ in line) for line in scene.lines(at, columns, rows)]


def test_nothing_is_drawn_while_nothing_goes_on() -> None:
    assert drawn() == []
    assert drawn(events.Phase("resolving"), events.Resolving("a", 1), events.Phase("")) == []


def test_resolving_counts_packages_and_names_the_one_that_is_looked_at() -> None:
    assert drawn(events.Phase("resolving")) == ["| Resolving dependencies... reading the index"]
    assert drawn(events.Phase("resolving"), events.Resolving("numpy", 12)) == [
        "| Resolving dependencies... 12 packages, now numpy"
    ]


def test_downloads_have_a_bar_each_under_one_for_all() -> None:
    lines = drawn(
        events.Phase("preparing", 3),
        events.DownloadStarted(SMALL, 2048),
        events.DownloadStarted(BIG, 16 * MIB),
        events.DownloadProgress(BIG, 4 * MIB),
        events.DownloadProgress(SMALL, 2048),
    )

    assert lines == [
        "| Preparing packages... (0/3)",
        "  2 files     ######.................. 4.0MiB/16.0MiB",
        "  numpy-2.1.0 ######.................. 4.0MiB/16.0MiB",
        "  idna-3.10   ######################## 2.0KiB/2.0KiB",
    ]


def test_what_has_arrived_counts_on_and_its_line_goes() -> None:
    started = (events.DownloadStarted(SMALL, MIB), events.DownloadStarted(BIG, 3 * MIB))
    done = (events.DownloadProgress(SMALL, MIB), events.DownloadFinished(SMALL))

    assert drawn(*started, *done) == [
        "| 2 files     ######.................. 1.0MiB/4.0MiB",
        "  numpy-2.1.0 ........................ 0B/3.0MiB",
    ]
    assert drawn(*started, *done, events.DownloadFinished(BIG)) == []
    assert drawn(*started, events.DownloadFinished(SMALL))[0].endswith(" 1.0MiB/4.0MiB")


def test_a_file_of_unknown_size_has_no_bar() -> None:
    assert drawn(events.DownloadStarted(SMALL, None), events.DownloadProgress(SMALL, MIB)) == [
        "| 1 file     1.0MiB",
        "  idna-3.10  1.0MiB",
    ]


def test_the_speed_is_that_of_the_last_seconds() -> None:
    scene = Scene(ASCII)
    scene.take(events.DownloadStarted(SMALL, 100 * MIB), 0.0)
    said = []
    for second in range(9):
        arrived = min(2 * second, 8)  # nothing more comes after the fourth second
        scene.take(events.DownloadProgress(SMALL, arrived * MIB), float(second))
        line = "".join(text for text, _ in scene.lines(float(second), 100)[0])
        said.append(line.partition("/100.0MiB")[2].strip())

    assert said == ["", *["2.0MiB/s"] * 4, "1.3MiB/s", "682.7KiB/s", "", ""]


def test_only_some_files_and_builds_have_a_line() -> None:
    files = [events.DownloadStarted(f"p{n}-1-py3-none-any.whl", n * MIB) for n in range(1, 9)]
    builds = [events.Building(f"b{n}==1") for n in range(6)]

    assert [line[2:6] for line in drawn(*files)[1:]] == ["p8-1", "p7-1", "p6-1", "p5-1"]
    assert drawn(*builds, events.Built("b0==1"), at=65.0)[-2:] == ["  Building b4==1 65s", "  and 1 more"]


def test_what_a_build_said_last_is_shown_to_those_who_want_details() -> None:
    heard = (events.Building("a==1"), events.BuildOutput("a==1", lambda: "compiling\x1b"))
    scene = Scene(ASCII, shows_output=True)
    for event in heard:
        scene.take(event, 0.0)

    lines = ["".join(text for text, _ in line) for line in scene.lines(3.0, 80)]

    assert lines[1:] == ["    compiling\\x1b"]
    assert drawn(*heard) == ["| Building a==1 0s"]


def test_what_is_counted_has_a_bar() -> None:
    assert drawn(events.Phase("linking"), events.Linked("idna", "3.10", 3, 4)) == [
        "| ##################...... [3/4] Installing idna==3.10"
    ]
    assert drawn(events.Verifying("`idna` 3.10", 1, 2)) == [
        "| ############............ [1/2] Verifying `idna` 3.10"
    ]


@pytest.mark.parametrize("columns", [1, 2, 10, 20, 37, 80, 300])
@pytest.mark.parametrize("rows", [1, 2, 24])
def test_nothing_is_wider_or_higher_than_the_terminal(columns: int, rows: int) -> None:
    lines = drawn(
        events.Phase("preparing", 3),
        *(events.DownloadStarted(f"包{n}-1-py3-none-any.whl", n * MIB) for n in range(9)),
        events.Building("é" * 200),
        columns=columns,
        rows=rows,
    )

    assert len(lines) <= max(1, rows - 1)
    assert max(map(cells, lines)) <= max(0, columns - 1)


def test_a_text_is_as_wide_as_a_terminal_shows_it() -> None:
    assert (cells("abc"), cells("包装"), cells("e\u0301")) == (3, 4, 1)
    assert cut([("包装", ""), ("x", "dim")], 3) == [("包", ""), ("x", "dim")]
    assert padded("包装", 3) == "包 "
    assert padded("a", 3) == "a  "


def test_foreign_text_cannot_drive_the_terminal() -> None:
    assert drawn(events.Building("a\x1b[2J\u202e"))[0] == "| Building a\\x1b[2J\\u202e 0s"


def test_what_a_terminal_cannot_show_is_drawn_in_ascii() -> None:
    assert [shapes_for(name) for name in ("utf-8", "ascii", "iso8859-1", "", "no such")] == [
        SHAPES,
        *[ASCII] * 4,
    ]
    assert all(text.isascii() for text in ASCII)


# ---- on a terminal ---------------------------------------------------------------------------


BEFORE = ["$ detent sync", "Resolved 3 packages in 12ms"]
GOING_ON: Sequence[Event] = (
    events.Phase("preparing", 3),
    events.DownloadStarted(BIG, 16 * MIB),
    events.DownloadStarted(SMALL, MIB),
    events.DownloadProgress(BIG, 4 * MIB),
    events.Building("letters==1.0"),
)


def display(screen: Terminal) -> Display:
    screen.stream.write("".join(f"{line}\r\n" for line in BEFORE))

    def write(text: str) -> bool:
        return bool(screen.stream.write(text.replace("\n", "\r\n")))

    shapes = shapes_for(screen.stream.encoding)
    return Display(RLock(), write, lambda text, _: text, screen.size, shapes=shapes)


def test_the_screen_is_as_before_when_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch) as screen:
        made = display(screen)
        for event in GOING_ON:
            made.take(event)
            made.draw()
        shown = screen.lines()
        made.stop()
        after = screen.lines()

    assert shown[: len(BEFORE)] == BEFORE
    assert [line[2:12] for line in shown[2:]] == [
        "Preparing ",
        "2 files   ",
        "numpy-2.1.",
        "idna-3.10 ",
        "Building l",
    ]
    assert "⣿⣿⣿⣿⣿⣀" in shown[3]
    assert after == BEFORE


def test_fewer_lines_leave_nothing_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch) as screen:
        made = display(screen)
        for event in (*GOING_ON, events.DownloadFinished(BIG), events.DownloadFinished(SMALL)):
            made.take(event)
            made.draw()
        shown = screen.lines()
        made.take(events.Phase(""))
        made.take(events.Built("letters==1.0"))
        made.draw()
        after = screen.lines()

    assert len(shown) == len(BEFORE) + 2
    assert after == BEFORE


def test_nothing_above_is_lost_on_a_small_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch, columns=30, rows=5) as screen:
        made = display(screen)
        for event in GOING_ON:
            made.take(event)
            made.draw()
        shown = screen.lines()
        made.stop()

        assert len(shown) == 5
        assert screen.lines()[-1] == BEFORE[-1]


def test_a_window_that_became_narrower_is_wiped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch, columns=60) as screen:
        made = display(screen)
        made.take(events.Phase("resolving"))
        made.take(events.Resolving("a" * 60, 1))
        made.draw()
        screen.lines()
        screen.written = b""
        screen.resize(columns=20, rows=24)  # what has 59 cells takes three rows now
        made.stop()
        screen.lines()

        assert screen.written == b"\r\x1b[K\x1b[A\x1b[K\x1b[A\x1b[K"


def test_a_terminal_that_knows_ascii_alone_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch, encoding="ascii") as screen:
        made = display(screen)
        for event in GOING_ON:
            made.take(event)
            made.draw()
        screen.lines()

        assert screen.written.isascii()


def test_lines_and_progress_do_not_mix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_module, "FIRST_SECONDS", 0.0)
    with terminal(monkeypatch) as screen:
        talker = Console({"TERM": "xterm"})
        for event in GOING_ON:
            talker.report(event)
        wait_for(lambda: any("numpy" in line for line in screen.lines()))
        talker.report(events.Notice("warning", "mind"))
        talker.report(events.Built("letters==1.0"))
        wait_for(lambda: any("Preparing" in line for line in screen.lines()))
        assert screen.lines()[:2] == ["warning: mind", "      Built letters==1.0"]
        talker.say("Prepared")
        told = screen.lines()
        for event in GOING_ON:
            talker.report(event)
        wait_for(lambda: len(screen.lines()) > len(told))
        talker.error(UsageError("no"))
        talker.close()

        assert told == ["warning: mind", "      Built letters==1.0", "Prepared"]
        assert screen.lines() == [*told, "error: no [usage]"]


def test_nothing_is_left_behind_where_somebody_redirects_stderr_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(console_module, "FIRST_SECONDS", 0.0)
    with terminal(monkeypatch) as screen:
        talker = Console({"TERM": "xterm"})
        for event in GOING_ON:
            talker.report(event)
        wait_for(lambda: any("numpy" in line for line in screen.lines()))
        with contextlib.redirect_stderr(io.StringIO()):
            for event in (events.DownloadFinished(BIG), events.DownloadFinished(SMALL)):
                talker.report(event)
            wait_for(lambda: not any("numpy" in line for line in screen.lines()))
        talker.close()

        assert screen.lines() == []


def wait_for(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {"CI": "1"}])
def test_some_terminals_get_plain_lines(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    monkeypatch.setattr(console_module, "FIRST_SECONDS", 0.0)
    with terminal(monkeypatch) as screen:
        talker = Console({"NO_COLOR": "1", **variables})
        threads = threading.active_count()
        for event in GOING_ON:
            talker.report(event)
        assert threading.active_count() == threads
        talker.close()

        assert screen.lines() == ["   Building letters==1.0"]


def test_what_takes_no_time_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_module, "FIRST_SECONDS", 3600.0)
    monkeypatch.delitem(sys.modules, "detent.cli.progress")
    with terminal(monkeypatch) as screen:
        talker = Console({"TERM": "xterm"})
        talker.set_up(quiet=0, verbose=0, progress=True)
        for event in GOING_ON:
            talker.report(event)
        talker.close()

        assert screen.lines() == []
        assert "detent.cli.progress" not in sys.modules


def test_nothing_is_drawn_while_the_process_is_copied() -> None:
    console = Console({})
    console._wants_progress = True
    console._talk_stream = io.StringIO()
    console.report(events.Phase("preparing", 3))
    console.close()
    is_drawing = threading.Event()

    def draw() -> None:
        with console._guard:
            is_drawing.set()
            time.sleep(0.05)

    drawing = threading.Thread(target=draw)
    drawing.start()
    is_drawing.wait(10)
    child = os.fork()
    if not child:
        os._exit(7 if console._guard.acquire(timeout=5) else 1)
    _, status = os.waitpid(child, 0)
    drawing.join()

    assert os.waitstatus_to_exitcode(status) == 7
