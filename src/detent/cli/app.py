"""The command line as a whole: from argument words to an exit code.

What a line asks for is done elsewhere (:mod:`detent.cli.dispatch`); here is what goes for every one: how it
may be interrupted, and what is said of what went wrong. There is one ``except DetentError`` and it is here.
"""

import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

from detent.cli import project_commands, tool_commands
from detent.cli.console import Console
from detent.errors import Bug, DetentError

INTERRUPTED = 130
_EXIT_CODES = {
    number: 128 + number
    for name in ("SIGHUP", "SIGINT", "SIGTERM")
    if (number := getattr(signal, name, None)) is not None
}
"""What ends a command and how, as shells count."""
_GRACE_SECONDS = 2.0


class Interrupted(BaseException):
    """Ctrl-C, SIGTERM or SIGHUP: unwinds what is going on; files are put back, temporary ones removed."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


class _Interrupts:
    """Turns signals into :class:`Interrupted`; a second Ctrl-C in a row must not stop the unwinding.

    A signal that whoever started us had ignored (`nohup`, a shell's background job) stays ignored.
    """

    def __init__(self) -> None:
        self._deaf_until = 0.0
        for number in _EXIT_CODES:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._raise)

    def _raise(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if now >= self._deaf_until:
            self._deaf_until = now + _GRACE_SECONDS
            raise Interrupted(_EXIT_CODES[number])


def main(words: Sequence[str]) -> int:
    """Run one command line (without the program's name) and give its exit code."""
    console = Console(os.environ)
    try:
        _Interrupts()
        return _guarded(words, console)
    except Interrupted as interruption:
        return interruption.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        console.close()


def _guarded(words: Sequence[str], console: Console) -> int:
    try:
        if list(words) in (["--version"], ["-V"]):
            return tool_commands.detent_version(console)
        code = project_commands.sync_again(words, console)
        return project_commands.dispatch(words, console) if code is None else code
    except DetentError as error:
        console.error(error, trace=tool_commands.trace_of(error) if console.wants_trace else "")
        return error.exit_code
    except BrokenPipeError:
        console.forget_output()
        return 1
    except Exception as error:  # noqa: BLE001 -- the last line of defence: never a bare traceback
        told = _told(error)
        console.error(told, trace=tool_commands.trace_of(error) if console.wants_trace else "")
        return told.exit_code


def _told(error: Exception) -> DetentError:
    """Say what nobody has put into words: the system's refusal of a file, or a fault of ours."""
    if isinstance(error, OSError) and error.filename is not None:
        return tool_commands.trouble_of(error)
    if isinstance(error, FileNotFoundError) and not _stands_somewhere():
        return project_commands.folder_gone()
    return Bug(f"{type(error).__name__}: {error}")


def _stands_somewhere() -> bool:
    try:
        os.getcwd()  # noqa: PTH109
    except OSError:
        return False
    return True


def leave(code: int) -> None:
    """End the process at once: nothing of ours is left to be torn down."""
    try:
        sys.stdout.flush()
    except OSError:
        code = code or 1
    with suppress(OSError):  # talk that nobody hears is no failure
        sys.stderr.flush()
    os._exit(code)
