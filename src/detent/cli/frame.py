"""What goes for every command line: how it may be interrupted, and what is said of what went wrong.

There is one ``except DetentError``, and it is here.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from detent.cli.console import Console
from detent.errors import DetentError

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


def framed(
    run: Callable[[Console], int | None],
    *,
    told: Callable[[Exception], DetentError],
    trace_of: Callable[[BaseException], str],
) -> int | None:
    """Run a command line and give its exit code; ``None`` where it steps aside.

    ``told`` puts into words what nobody has; ``trace_of`` says where an error comes from.
    """
    console = Console(os.environ)
    try:
        _Interrupts()
        return _guarded(run, console, told, trace_of)
    except Interrupted as interruption:
        return interruption.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        console.close()


def _guarded(
    run: Callable[[Console], int | None],
    console: Console,
    told: Callable[[Exception], DetentError],
    trace_of: Callable[[BaseException], str],
) -> int | None:
    try:
        code = run(console)
        console.hand_over()
    except DetentError as error:
        console.error(error, trace=trace_of(error) if console.wants_trace else "")
        return error.exit_code
    except BrokenPipeError:
        console.forget_output()
        return 1
    except Exception as error:  # noqa: BLE001 -- the last line of defence: never a bare traceback
        fault = told(error)
        console.error(fault, trace=trace_of(error) if console.wants_trace else "")
        return fault.exit_code
    else:
        return code


def leave(code: int) -> None:
    """End the process at once: nothing of ours is left to be torn down."""
    try:
        sys.stdout.flush()
    except OSError:
        code = code or 1
    with suppress(OSError):  # talk that nobody hears is no failure
        sys.stderr.flush()
    os._exit(code)
