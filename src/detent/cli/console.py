"""The two streams, verbosity and colour: the only module that names ``sys.stdout`` and ``sys.stderr``.

stdout carries the answer, stderr everything else. Foreign text passes :func:`show`, so that a package name or
a server's words cannot drive the terminal.
"""

import os
import sys
import time
from _thread import RLock
from collections.abc import Callable, Mapping

from detent import events, stamp
from detent.cli.render import error_lines, show
from detent.errors import DetentError, Failures, FileTrouble, UsageError
from detent.events import Event

_STYLES = {"error": "1;31", "why": "1", "next": "1;36", "warning": "1;33", "note": "1;36"}
_PLAIN_LINES = str.maketrans("├└─│", "|`-|")
_STYLES.update({"+": "32", "-": "31", "~": "33", "bold": "1", "dim": "2"})


class Console:
    """Where a command talks. Made once, before the flags are known, so that errors in them can be told."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        _open_missing_streams()
        self._colour = _wants_colour(variables)
        self.speech = (0, 0, True, "")
        """What was asked for: how quiet, how talkative, whether progress is shown, and the colour."""
        self._quiet = 0
        self._verbose = 0
        self._progress: Progress | None = None
        self._wants_progress = _is_terminal() and variables.get("TERM") != "dumb" and not variables.get("CI")
        self._told: set[str] = set()
        self._is_heard = True
        self._rehearsed: list[str] | None = None
        """What would be said, while a report is only tried."""
        self._guard = RLock()

    def set_up(self, *, quiet: int, verbose: int, progress: bool, colour: str = "") -> None:
        """Take the verbosity and colour the flags ask for; raises :class:`UsageError` for both at once."""
        if quiet and verbose:
            raise UsageError("`--quiet` and `--verbose` cannot be used together")
        self.speech = (quiet, verbose, progress, colour)
        self._quiet = quiet
        self._verbose = verbose
        self._wants_progress = self._wants_progress and progress and not quiet
        if colour in {"always", "never"}:
            self._colour = colour == "always"

    # ---- talking ----------------------------------------------------------------------------

    def answer(self, text: str) -> None:
        """Print what was asked for, on stdout; under `-qq` nothing.

        Raises :class:`FileTrouble` where it cannot be written.
        """
        self._clear()
        if self._quiet > 1:
            return
        try:
            sys.stdout.write(_encodable(f"{text}\n", sys.stdout.encoding))
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise FileTrouble("standard output", (error.strerror or "").lower()) from error

    def say(self, text: str) -> None:
        """Print a line of talk on stderr, unless quiet."""
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
        return max(60, min(_columns(), 100))

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

    def report(self, event: Event) -> None:
        """Take an engine's event, from any thread: show it as progress, as a line, or not at all."""
        with self._guard:
            self._show(event)

    def _show(self, event: Event) -> None:
        match event:
            case events.Notice(level, text):
                self.warn(text, level)
            case events.Remark(text):
                self.warn(text, "note")
            case events.Waiting(path, holder):
                self.say(f"Waiting for {show(holder)} to release `{show(path)}`")
            case events.Step(text):
                self.say(show(text))
            case events.Building(subject):
                self.say(f"   {self.styled('Building', 'bold')} {show(subject)}")
            case events.Built(subject):
                self.say(f"      {self.styled('Built', 'bold')} {show(subject)}")
            case events.Detail(text):
                if self._verbose:
                    self._line(self.styled(show(text), "dim"))
            case _:
                if self._wants_progress:
                    if self._progress is None:
                        self._progress = Progress()
                    self._progress.show(event)

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
        """Wipe what progress is left."""
        self._clear()

    def _line(self, text: str) -> None:
        if self._rehearsed is not None:
            self._rehearsed.append(f"{text}\n")
            return
        self._clear()
        self._is_heard = self._is_heard and _write_error(f"{text}\n")

    def _clear(self) -> None:
        if self._progress is not None:
            self._progress.clear()


class Progress:
    """One line at the foot of the terminal that vanishes when done."""

    _FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._received: dict[str, int] = {}
        self._shown_at = 0.0
        self._frame = 0
        self._visible = False

    def show(self, event: Event) -> None:
        """Draw the line anew, at most twenty times a second."""
        text = self._text(event)
        now = time.monotonic()
        if not text or now - self._shown_at < 0.05:
            return
        self._shown_at = now
        self._frame = (self._frame + 1) % len(self._FRAMES)
        line = f"{self._FRAMES[self._frame]} {text}"[: _columns() - 1]
        self._visible = _write_error(f"\r\x1b[2K{line}")

    def clear(self) -> None:
        """Wipe the line."""
        if self._visible:
            _write_error("\r\x1b[2K")
            self._visible = False

    def _text(self, event: Event) -> str:
        match event:
            case events.Resolving(name, solved):
                return f"Resolving dependencies... {solved} packages, at {show(name)}"
            case events.DownloadStarted(filename, size_bytes):
                self._sizes[filename] = size_bytes or 0
                self._received[filename] = 0
            case events.DownloadProgress(filename, received_bytes):
                self._received[filename] = received_bytes
            case events.DownloadFinished(filename):
                self._sizes.pop(filename, None)
                self._received.pop(filename, None)
            case events.Prepared(name, version):
                return f"Preparing packages... {show(name)}=={show(version)}"
            case events.Linked(name, version, done, total):
                return f"Installing [{done}/{total}] {show(name)}=={show(version)}"
            case events.Verifying(subject, done, total):
                return f"Verifying [{done}/{total}] {show(subject)}"
            case _:
                return ""
        return self._downloads()

    def _downloads(self) -> str:
        if not self._sizes:
            return ""
        done, total = sum(self._received.values()) / 2**20, sum(self._sizes.values()) / 2**20
        names = ", ".join(show(name.split("-")[0]) for name in list(self._sizes)[:3])
        more = "..." if len(self._sizes) > 3 else ""
        # Some indexes do not say how big their files are.
        amount = f"{done:.1f}/{total:.1f} MiB" if all(self._sizes.values()) else f"{done:.1f} MiB"
        return f"Downloading {names}{more} {amount}"


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


def _write_error(text: str) -> bool:
    """Write on stderr; say whether anybody hears it. Talk that is lost is no reason to stop."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        return False
    return True


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


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
