"""A terminal that nobody looks at: a pty, and a screen that shows what was written on it."""

import fcntl
import io
import os
import select
import struct
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pyte
import pytest


class Terminal:
    """A pty of some size; what is written on its other side stands on the screen."""

    def __init__(self, columns: int, rows: int, encoding: str) -> None:
        self._ours, theirs = os.openpty()
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        if encoding != "utf-8":
            self._stream.select_other_charset("@")
        self.written = b""
        self.stream = io.TextIOWrapper(open(theirs, "wb", 0), encoding, write_through=True)  # noqa: SIM115, PTH123
        self.resize(columns, rows)

    def resize(self, columns: int, rows: int) -> None:
        """Make the window another size."""
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self.stream.fileno(), termios.TIOCSWINSZ, size)
        self._screen.resize(rows, columns)

    def size(self) -> tuple[int, int]:
        """Give its columns and rows, as the other side sees them."""
        columns, rows = os.get_terminal_size(self.stream.fileno())
        return columns, rows

    def lines(self) -> list[str]:
        """Give what stands on the screen, without what is blank at its end."""
        while select.select([self._ours], [], [], 0)[0]:
            data = os.read(self._ours, 2**16)
            self.written += data
            self._stream.feed(data)
        shown = [line.rstrip() for line in self._screen.display]
        while shown and not shown[-1]:
            shown.pop()
        return shown

    def close(self) -> None:
        """Let go of both sides."""
        with suppress(OSError):
            self.stream.close()
        os.close(self._ours)


@contextmanager
def terminal(
    monkeypatch: pytest.MonkeyPatch, columns: int = 80, rows: int = 24, encoding: str = "utf-8"
) -> Iterator[Terminal]:
    """Put a terminal in the place of stderr."""
    made = Terminal(columns, rows, encoding)
    monkeypatch.setattr(sys, "stderr", made.stream)
    try:
        yield made
    finally:
        monkeypatch.undo()
        made.close()
