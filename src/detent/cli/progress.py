"""What is going on, at the foot of a terminal: drawn from events, wiped when it is over.

Imported when something is drawn for the first time. A thread of its own draws, a few times a second, so that
time passes on the screen while nothing is heard; whoever reports an event only leaves it here.
"""

import time
import unicodedata
from _thread import RLock
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeAlias

from detent import events
from detent.cli.render import count, show, size
from detent.events import Event
from detent.named import NamedTuple

_EVERY_SECONDS = 0.08
_MOST_FILES = 4
"""How many downloads have a line of their own."""
_MOST_BUILDS = 4
_MOST_COLUMNS = 100
_BAR_CELLS = 24
_FEWEST_CELLS = 8
_SPEED_SECONDS = 3.0
"""What has come in so much time says how fast it comes."""

Line: TypeAlias = Sequence[tuple[str, str]]
"""Pieces of text, each with its style."""


class Shapes(NamedTuple):
    """The characters to draw with. None of them has another width in another font."""

    frames: str
    full: str
    empty: str


SHAPES = Shapes("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "⣿", "⣀")
ASCII = Shapes("|/-\\", "#", ".")


class _File:
    """A file on its way."""

    def __init__(self, size_bytes: int | None) -> None:
        self.size_bytes = size_bytes
        self.received_bytes = 0


class Scene:
    """What is going on, as far as events told it."""

    def __init__(self, shapes: Shapes = SHAPES, *, shows_output: bool = False) -> None:
        """``shows_output``: what running builds say last has a line too."""
        self._shapes = shapes
        self._shows_output = shows_output
        self._phase = events.Phase("")
        self._resolving = events.Resolving("", 0)
        self._prepared = 0
        self._counted: events.Linked | events.Verifying | None = None
        self._files: dict[str, _File] = {}
        self._done_files = 0
        self._done_bytes = 0
        self._builds: dict[str, float] = {}
        self._outputs: dict[str, Callable[[], str]] = {}
        self._widest = 0
        """The widest name so far: bars do not move."""
        self._samples: deque[tuple[float, int]] = deque()

    def take(self, event: Event, now: float) -> None:
        """Hear what happened."""
        match event:
            case events.Phase():
                self._phase, self._prepared, self._counted = event, 0, None
            case events.Resolving():
                self._resolving = event
            case events.DownloadStarted(filename, size_bytes):
                if not self._files:
                    self._done_files = self._done_bytes = 0
                    self._samples.clear()
                self._files[filename] = _File(size_bytes)
            case events.DownloadProgress(filename, received_bytes):
                if filename in self._files:
                    self._files[filename].received_bytes = received_bytes
            case events.DownloadFinished(filename):
                if filename in self._files:
                    self._done_files += 1
                    done = self._files.pop(filename)
                    self._done_bytes += done.size_bytes or done.received_bytes
            case events.Building(subject):
                self._builds[subject] = now
            case events.BuildOutput(subject, last_line):
                self._outputs[subject] = last_line
            case events.Built(subject):
                self._builds.pop(subject, None)
                self._outputs.pop(subject, None)
            case events.Prepared():
                self._prepared += 1
            case events.Linked() | events.Verifying():
                self._counted = event
            case _:
                pass

    def lines(self, now: float, columns: int, rows: int = 24) -> list[Line]:
        """Give what to draw: what matters most comes first, and no more than fits."""
        frame = self._shapes.frames[int(now / _EVERY_SECONDS) % len(self._shapes.frames)]
        width = min(columns - 1, _MOST_COLUMNS)
        found = [
            line for line in (self._heading(), *self._downloads(now, width), *self._building(now)) if line
        ]
        spun = [[(f"{frame} ", "+"), *line] if not number else [("  ", ""), *line]
                for number, line in enumerate(found)]  # fmt: skip
        return [cut(line, width) for line in spun[: max(1, rows - 1)]]

    def _heading(self) -> Line:
        match self._counted:
            case events.Linked(name, version, done, total):
                return self._tally("Installing", done, total, f"{show(name)}=={show(version)}")
            case events.Verifying(subject, done, total):
                return self._tally("Verifying", done, total, show(subject))
            case None:
                pass
        match self._phase:
            case events.Phase("resolving"):
                name, solved = self._resolving
                looked_at = f"{count(solved, 'package')}, now {show(name)}" if name else "reading the index"
                return [("Resolving dependencies... ", "bold"), (looked_at, "dim")]
            case events.Phase("preparing", total):
                return [("Preparing packages... ", "bold"), (f"({self._prepared}/{total})", "dim")]
            case events.Phase("linking"):
                return [("Installing packages...", "bold")]
            case _:
                return []

    def _tally(self, word: str, done: int, total: int, what: str) -> Line:
        return [*self._bar(done / total if total else 0, _BAR_CELLS), (f" [{done}/{total}] ", ""),
                (f"{word} ", "bold"), (what, "dim")]  # fmt: skip

    def _downloads(self, now: float, width: int) -> list[Line]:
        if not self._files:
            return []
        files = self._files
        received = self._done_bytes + sum(file.received_bytes for file in files.values())
        is_known = all(file.size_bytes for file in files.values())
        total = self._done_bytes + sum(file.size_bytes or 0 for file in files.values()) if is_known else 0
        speed = self._speed(now, received)
        number = self._done_files + len(files)
        amount = f" {_amount(received, total)}{f'  {size(int(speed))}/s' if speed else ''}"
        label = count(number, "file")
        biggest = sorted(files.items(), key=lambda row: -(row[1].size_bytes or 0))[:_MOST_FILES]
        names = [_short(filename) for filename, _ in biggest]
        self._widest = max(self._widest, *map(cells, (label, *names)))
        wide = min(self._widest, max(8, width // 3))
        bar = max(_FEWEST_CELLS, min(_BAR_CELLS, width - wide - 32))
        whole = self._bar(received / total, bar) if total else []
        lines: list[Line] = [[(padded(label, wide), "bold"), (" ", ""), *whole, (amount, "dim")]]
        for name, (_, file) in zip(names, biggest, strict=True):
            expected = file.size_bytes or 0
            drawn = self._bar(file.received_bytes / expected, bar) if expected else []
            told = f" {_amount(file.received_bytes, expected)}"
            lines.append([(padded(name, wide), "dim"), (" ", ""), *drawn, (told, "dim")])
        return lines

    def _building(self, now: float) -> list[Line]:
        oldest = sorted(self._builds.items(), key=lambda row: row[1])
        lines: list[Line] = []
        for subject, began in oldest[:_MOST_BUILDS]:
            lines.append([("Building ", "bold"), (show(subject), ""), (f" {now - began:.0f}s", "dim")])
            said = self._outputs[subject]() if self._shows_output and subject in self._outputs else ""
            if said:
                lines.append([(f"  {show(said)}", "dim")])
        more = len(oldest) - _MOST_BUILDS
        return [*lines, [(f"and {more} more", "dim")]] if more > 0 else lines

    def _bar(self, share: float, length: int) -> Line:
        full = int(min(1.0, share) * length)
        return [(self._shapes.full * full, "+"), (self._shapes.empty * (length - full), "dim")]

    def _speed(self, now: float, received: int) -> float:
        samples = self._samples
        samples.append((now, received))
        while now - samples[0][0] > _SPEED_SECONDS:
            samples.popleft()
        begun, before = samples[0]
        return (received - before) / (now - begun) if now - begun > _SPEED_SECONDS / 6 else 0.0


class Display:
    """Draws a scene until it is told to stop, and leaves nothing behind."""

    def __init__(
        self,
        guard: RLock,
        write: Callable[[str], bool],
        style: Callable[[str, str], str],
        size: Callable[[], tuple[int, int]],
        *,
        shapes: Shapes = SHAPES,
        shows_output: bool = False,
    ) -> None:
        """``guard`` is held by whoever writes on the terminal, ``size`` gives its columns and rows."""
        self._guard = guard
        self._write = write
        self._style = style
        self._size = size
        self._scene = Scene(shapes, shows_output=shows_output)
        self._drawn: list[int] = []
        """How many cells each line on the screen has."""
        self._is_over = False

    def take(self, event: Event) -> None:
        """Hear what happened."""
        self._scene.take(event, time.monotonic())

    def run(self) -> None:
        """Draw until it is over."""
        while True:
            with self._guard:
                if self._is_over:
                    return
                self.draw()
            time.sleep(_EVERY_SECONDS)

    def wipe(self) -> None:
        """Make the screen as if nothing had been drawn."""
        before = self._wiping()
        self._drawn = []
        if before:
            self._write(before)

    def _wiping(self) -> str:
        """Give what wipes the screen, which may have become narrower: lines take more rows then."""
        if not self._drawn:
            return ""
        columns, _ = self._size()
        rows = sum(max(1, -(-length // columns)) for length in self._drawn)
        # Row by row: where all of a screen is wiped at once, tmux puts it into what one can scroll back to.
        return "\r\x1b[K" + "\x1b[A\x1b[K" * (rows - 1)

    def stop(self) -> None:
        """Wipe, and draw no more."""
        self._is_over = True
        self.wipe()

    def draw(self) -> None:
        """Draw what is going on in place of what is drawn."""
        columns, rows = self._size()
        lines = self._scene.lines(time.monotonic(), columns, rows)
        text = "\n".join("".join(self._style(part, style) for part, style in line) for line in lines)
        before = self._wiping()
        if before or text:
            # One write, so that no terminal shows a screen half wiped.
            self._drawn = [sum(cells(part) for part, _ in line) for line in lines]
            self._write(before + text)


def shapes_for(encoding: str) -> Shapes:
    """Give what a terminal of this encoding can show."""
    try:
        "".join(SHAPES).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return SHAPES


def cells(text: str) -> int:
    """Say how wide a text is on a terminal: what is written in East Asia takes two cells, an accent none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def cut(line: Line, width: int) -> Line:
    """Give as much of a line as fits."""
    found: list[tuple[str, str]] = []
    left = width
    for text, style in line:
        while cells(text) > left:
            text = text[:-1]  # noqa: PLW2901 -- the same piece, shorter
        if not text and left:
            continue
        found.append((text, style))
        left -= cells(text)
        if left <= 0:
            break
    return found


def padded(text: str, width: int) -> str:
    """Give a text exactly so wide."""
    ((short, _),) = cut([(text, "")], width) or [("", "")]
    return short + " " * (width - cells(short))


def _short(filename: str) -> str:
    """Give what a person looks for in the name of a file: the package and its version."""
    return show("-".join(filename.split("-")[:2]))


def _amount(received: int, total: int) -> str:
    return f"{size(received)}/{size(total)}" if total else size(received)
