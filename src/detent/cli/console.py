"""The two streams, verbosity and colour: the only module that names ``sys.stdout`` and ``sys.stderr``.

stdout carries the answer, stderr everything else. Foreign text passes :func:`show`, so that a package name or
a server's words cannot drive the terminal.
"""

import os
import sys
import time
from _thread import RLock, start_new_thread
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from detent import events, stamp
from detent.cli.render import SCHEMA_VERSION, error_facts, error_lines, show
from detent.errors import DetentError, Failures, UsageError
from detent.errors.store import FileTrouble
from detent.events import Event

if TYPE_CHECKING:  # most commands are over before there is something to draw, and nobody asks them more
    from detent.cli.progress import Display
    from detent.cli.timings import Timings

FIRST_SECONDS = 0.15
"""Of what takes no longer, nothing is drawn."""
_STYLES = {"error": "1;31", "why": "1", "next": "1;36", "warning": "1;33", "note": "1;36"}
_PLAIN_LINES = str.maketrans("├└─│", "|`-|")
_STYLES.update({"+": "32", "-": "31", "~": "33", "bold": "1", "dim": "2"})


class Console:
    """Where a command talks. Made once, before the flags are known, so that errors in them can be told."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        _open_missing_streams()
        self._talk_stream = sys.stderr
        """As it was at first: others may redirect the name for a while, from another thread."""
        self._colour = _wants_colour(variables)
        self.speech = (0, 0, True, "")
        """What was asked for: how quiet, how talkative, whether progress is shown, and the colour."""
        self._quiet = 0
        self._verbose = 0
        self._began = time.monotonic()
        self._timings: Timings | None = None
        self._early: list[Event] = []
        """What happened before anything is drawn."""
        self._display: Display | None = None
        self._drawing = 0
        """Which time it is that something is drawn, so that who comes late for an earlier one finds out."""
        self._wants_progress = _is_terminal() and variables.get("TERM") != "dumb" and not variables.get("CI")
        self._told: set[str] = set()
        self._is_heard = True
        self.wants_json = False
        """Whether a program reads the answer: commands give it as :meth:`data`."""
        self._facts: dict[str, object] | None = None
        self._rehearsed: list[str] | None = None
        """What would be said, while a report is only tried."""
        self._guard = RLock()
        self._holds_for_forks = False

    def set_up(
        self, *, quiet: int, verbose: int, progress: bool, colour: str = "", json: bool = False
    ) -> None:
        """Take what the flags ask for; raises :class:`UsageError` for quiet and verbose at once."""
        self.wants_json = json
        if quiet and verbose:
            raise UsageError(
                "`--quiet` and `--verbose` cannot be used together", next_steps=("leave one of them out",)
            )
        self.speech = (quiet, verbose, progress, colour)
        self._quiet = quiet
        self._verbose = verbose
        self._wants_progress = self._wants_progress and progress and not quiet
        if verbose or json:
            from detent.cli.timings import Timings

            self._timings = Timings(self._began)
        if colour in {"always", "never"}:
            self._colour = colour == "always"

    # ---- talking ----------------------------------------------------------------------------

    def answer(self, text: str) -> None:
        """Print what was asked for, on stdout; under `-qq` nothing.

        Raises :class:`FileTrouble` where it cannot be written.
        """
        self.close()
        if self._quiet > 1:
            return
        try:
            sys.stdout.write(_encodable(f"{text}\n", sys.stdout.encoding))
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise FileTrouble("standard output", (error.strerror or "").lower()) from error

    def data(self, facts: dict[str, object]) -> None:
        """Give the answer as facts for a program; more may follow.

        They are printed as one document when the command has ended, with the error if it ended with one.
        """
        self._facts = {**(self._facts or {}), **facts}

    def hand_over(self) -> None:
        """Print the facts there are, in ASCII: what foreign text they hold must not drive a terminal."""
        if self._facts is None:
            return
        import json

        facts, self._facts = {"schema": {"version": SCHEMA_VERSION}, **self._facts}, None
        self.answer(json.dumps(facts, indent=2))

    def tell_timings(self) -> None:
        """Say where the time went: to a program, and to people who want to know more."""
        if self._timings is None:
            return
        spent = self._timings.facts(time.monotonic())
        if self.wants_json:
            self.data({"timings": spent})
        if self._verbose:
            told = ", ".join(
                f"{name} {stamp.duration(seconds)}" for name, seconds in spent.items() if seconds
            )
            self.say(self.styled(f"Time: {told}", "dim"))

    def say(self, text: str) -> None:
        """Print a line of talk on stderr, unless quiet; what was going on is over."""
        self.close()
        self._talk(text)

    def _talk(self, text: str) -> None:
        if not self._quiet:
            self._line(text)

    def change(self, sign: str, text: str) -> None:
        """Print one ` + name==version` line."""
        self.say(f" {self.styled(sign, sign)} {text}")

    def warn(self, text: str, level: str = "warning") -> None:
        """Print a warning or note once, unless quiet."""
        if not self._quiet and text not in self._told:
            self._told.add(text)
            self._line(f"{self.styled(level + ':', level)} {show(text)}")

    @property
    def columns(self) -> int:
        """How wide a text may be: the terminal's width, within what reads well."""
        return max(60, min(self._size()[0], 100))

    @property
    def answers_a_person(self) -> bool:
        """Whether a terminal shows the answer, and no program reads it."""
        return sys.stdout is not None and sys.stdout.isatty()

    @property
    def wants_trace(self) -> bool:
        """Whether an error's origin is to be shown (``-vv``)."""
        return self._verbose > 1

    def error(self, error: DetentError, *, trace: str = "") -> None:
        """Print an error and, with ``-vv``, where it came from."""
        self.close()
        if self._quiet > 1:
            return
        failures = error.failures if isinstance(error, Failures) else (error,)
        for number, failure in enumerate(failures):
            if number:
                self._line("")
            for label, text in error_lines(failure):
                self._line(self.styled(label, label.strip(" :")) + text if label else text)
        if trace:
            self._line(show(trace))
        if self.wants_json:
            self.data(error_facts(error))
            with suppress(OSError, FileTrouble):  # nobody reads it
                self.hand_over()

    def report(self, event: Event) -> None:
        """Take an engine's event, from any thread: show it as progress, as a line, or not at all."""
        with self._guard:
            self._show(event)

    def _show(self, event: Event) -> None:
        if self._timings is not None:
            self._timings.take(event, time.monotonic())
        match event:
            case events.Notice(level, text):
                self.warn(text, level)
            case events.Remark(text):
                self.warn(text, "note")
            case events.Waiting(path, holder):
                self._talk(f"Waiting for {show(holder)} to release `{show(path)}`")
            case events.Step(text):
                self._talk(show(text))
            case events.Building(subject) if not self._wants_progress:
                self._talk(f"   {self.styled('Building', 'bold')} {show(subject)}")
            case events.Built(subject):
                self._note(event)
                self._talk(f"      {self.styled('Built', 'bold')} {show(subject)}")
            case events.Detail(text):
                if self._verbose:
                    self._line(self.styled(show(text), "dim"))
            case _:
                self._note(event)

    def _note(self, event: Event) -> None:
        """Leave it to whoever draws; nothing is drawn of what is over before it would be seen."""
        if not self._wants_progress:
            return
        if self._display is not None:
            self._display.take(event)
            return
        if not self._early:
            with suppress(RuntimeError):  # a machine without threads to spare shows no progress
                self._hold_for_forks()
                start_new_thread(self._draw_later, (self._drawing,))
        self._early.append(event)

    def _hold_for_forks(self) -> None:
        """See that nothing is being drawn while the process is copied: the copy could not go on with it."""
        if hasattr(os, "register_at_fork") and not self._holds_for_forks:
            self._holds_for_forks = True
            release = self._guard.release
            os.register_at_fork(before=self._guard.acquire, after_in_parent=release, after_in_child=release)

    def _draw_later(self, drawing: int) -> None:
        time.sleep(max(0.0, self._began + FIRST_SECONDS - time.monotonic()))
        if drawing != self._drawing:
            return
        from detent.cli.progress import Display, shapes_for

        shapes = shapes_for(self._talk_stream.encoding)
        with self._guard:
            if drawing != self._drawing:
                return
            shows_output = bool(self._verbose)
            display = Display(
                self._guard,
                self._write_talk,
                self.styled,
                self._size,
                shapes=shapes,
                shows_output=shows_output,
            )
            self._display = display
            for event in self._early:
                display.take(event)
        display.run()

    def styled(self, text: str, style: str) -> str:
        """Give the text in a style, where colour is wanted."""
        code = _STYLES.get(style)
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour and code else text

    def timed(self, seconds: float) -> str:
        """Give ` in 12ms`, dimmed."""
        took = stamp.duration(seconds) if self._rehearsed is None else stamp.TIME
        return self.styled(f" in {took}", "dim")

    def rehearsed(self, report: Callable[[], object]) -> str:
        """Give what a report would say on stderr, times left open (:data:`stamp.TIME`), and print nothing."""
        self._rehearsed = []
        try:
            report()
            return "".join(self._rehearsed)
        finally:
            self._rehearsed = None

    def forget_output(self) -> None:
        """Stop writing to a stdout nobody reads any more."""
        sys.stdout = open("/dev/null", "w", encoding="utf-8")  # noqa: SIM115, PTH123 -- for the rest of the process

    def close(self) -> None:
        """Wipe what progress is left, and draw no more of it."""
        with self._guard:
            self._drawing += 1
            self._early.clear()
            if self._display is not None:
                self._display.stop()
                self._display = None

    def _line(self, text: str) -> None:
        if self._rehearsed is not None:
            self._rehearsed.append(f"{text}\n")
            return
        with self._guard:
            if self._display is not None:
                self._display.wipe()
            self._is_heard = self._is_heard and self._write_talk(f"{text}\n")

    def _write_talk(self, text: str) -> bool:
        """Write on stderr; say whether anybody hears it. Talk that is lost is no reason to stop."""
        try:
            self._talk_stream.write(text)
            self._talk_stream.flush()
        except OSError:
            return False
        return True

    def _size(self) -> tuple[int, int]:
        """Give the columns and rows of the terminal as it is now."""
        try:
            columns, rows = os.get_terminal_size(self._talk_stream.fileno())
        except (OSError, ValueError):
            return 80, 24
        return columns or 80, rows or 24


def _open_missing_streams() -> None:
    """Give a process that was started without some stream the null device in its place.

    Otherwise a file of ours would get its number, and with it what somebody writes there.
    """
    if None not in (sys.stdin, sys.stdout, sys.stderr):
        return
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 -- for the process
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123


def _encodable(text: str, encoding: str) -> str:
    """Give the text, or what of it a terminal of another age can show; a name may be no text at all."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_PLAIN_LINES).encode(encoding, "backslashreplace").decode(encoding)
    return text


def _wants_colour(variables: Mapping[str, str]) -> bool:
    if variables.get("NO_COLOR"):
        return False
    if variables.get("FORCE_COLOR") or variables.get("CLICOLOR_FORCE"):
        return True
    return _is_terminal() and variables.get("TERM") != "dumb"


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()
