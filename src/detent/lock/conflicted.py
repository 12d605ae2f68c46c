"""A lock with conflict markers in it, taken apart into whole texts: ours, theirs and perhaps the base.

Markers of git (`merge`, `diff3` and `zdiff3`), Mercurial and jj are known, of any length and nested. Nothing
is refused: a marker that does not fit is left out, and a side that is no TOML gives the entries that are.
What is found is good enough to prefer versions by, and for nothing else.
"""

import re
from collections.abc import Iterator

from detent.errors.lock import LockInvalid
from detent.lock.model import Lock
from detent.lock.pylock import parse_header, parse_lock
from detent.named import NamedTuple

_MARKER = re.compile(r"([<|=>%+\-\\])\1{6,}(?=[ \t]|$)")
_FIRST_OF_ENTRY = re.compile(r"^(?=[ \t]*\[\[[ \t]*packages[ \t]*\]\])", re.MULTILINE)
_FOREIGN_HEAD = 'lock-version = "1.0"\ncreated-by = ""\n'
_OURS, _BASE, _THEIRS = frozenset("o"), frozenset("b"), frozenset("t")
_ALL = _OURS | _BASE | _THEIRS


class Sides(NamedTuple):
    """The texts that a conflict was made of."""

    ours: str
    theirs: str
    base: str | None
    """``None`` where not every conflict says what it was before."""
    our_label: str
    """As the first marker names it, such as ``HEAD``; may be empty."""
    their_label: str


class _Frame:
    """A conflict that has begun and not ended."""

    __slots__ = ("has_base", "length", "outside", "seen", "style")

    def __init__(self, length: int, outside: frozenset[str]) -> None:
        self.length = length
        self.outside = outside
        """Whose text the lines around it are."""
        self.has_base = False
        self.style = ""
        """``jj`` where the first line says so; its sections stand in any order."""
        self.seen = 0
        """Sides of jj that were begun."""


def take_apart(source: str) -> Sides:
    """Give both sides as whole texts; a text without a conflict is the same on both."""
    parting = _Parting()
    for line in source.removeprefix("\ufeff").splitlines(keepends=True):
        parting.take(line)
    has_base = parting.has_base and not parting.frames
    ours, base, theirs = ("".join(parting.texts[side]) for side in "obt")
    return Sides(ours, theirs, base if has_base else None, parting.our_label, parting.their_label)


class _Parting:
    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {"o": [], "b": [], "t": []}
        self.frames: list[_Frame] = []
        self.here = _ALL
        """Whose text the line at hand is."""
        self.prefixes: dict[str, frozenset[str]] | None = None
        """In a difference of jj: whose text a line is, by its first character."""
        self.has_base = True
        self.our_label = self.their_label = ""

    def take(self, line: str) -> None:
        bare = line.rstrip("\r\n")
        marker = _MARKER.match(bare)
        if marker is None or not self._is_marker(marker):
            self._keep(line)
            return
        sign, label = marker[1], bare[marker.end() :].strip()
        if sign == "<":
            self._begin(marker.end(), label)
        elif self.frames and marker.end() == self.frames[-1].length:
            self._go_on(sign, label)

    def _is_marker(self, marker: re.Match[str]) -> bool:
        """Whether it is one here: those of jj are so in a conflict of jj, all others everywhere."""
        if marker[1] in "<|=>":
            return True
        frame = self.frames[-1] if self.frames else None
        if frame is None or marker.end() != frame.length:
            return False
        return frame.style in {"new", "jj"}

    def _keep(self, line: str) -> None:
        if self.frames and self.frames[-1].style == "new":
            self.frames[-1].style = "git"
            self.here = self.frames[-1].outside & _OURS
        whose = self.here
        if self.prefixes is not None:
            whose &= self.prefixes.get(line[:1], frozenset())
            line = line[1:]
        for side in whose:
            self.texts[side].append(line)

    def _begin(self, length: int, label: str) -> None:
        if self.frames and self.frames[-1].style == "new":
            self.frames[-1].style = "git"
            self.here = self.frames[-1].outside & _OURS
        if not self.frames:
            self.our_label = self.our_label or label
        frame = _Frame(length, self.here)
        frame.style = "new"
        self.frames.append(frame)

    def _go_on(self, sign: str, label: str) -> None:
        frame = self.frames[-1]
        if sign == ">":
            self._end(frame, label)
        elif sign in "|=":
            frame.style = "git"
            frame.has_base |= sign == "|"
            self.here = frame.outside & (_BASE if sign == "|" else _THEIRS)
        else:
            self._go_on_as_jj(frame, sign)

    def _go_on_as_jj(self, frame: _Frame, sign: str) -> None:
        frame.style = "jj"
        if sign == "\\":  # goes on with the label of the line above
            return
        side = (_OURS, _THEIRS, frozenset[str]())[min(frame.seen, 2)]
        self.prefixes = None
        match sign:
            case "%":
                self.here = frame.outside
                self.prefixes = {" ": side | _BASE, "-": _BASE, "+": side}
                frame.has_base = True
                frame.seen += 1
            case "+":
                self.here = frame.outside & side
                frame.seen += 1
            case _:
                self.here = frame.outside & _BASE
                frame.has_base = True

    def _end(self, frame: _Frame, label: str) -> None:
        self.frames.pop()
        self.prefixes = None
        self.here = frame.outside
        if "b" in frame.outside and not frame.has_base:
            self.has_base = False
        if not self.frames:
            self.their_label = self.their_label or label


def read_side(text: str) -> Lock:
    """Read a side; of one that is no lock, the entries that can be read by themselves."""
    try:
        return parse_lock(text, "")
    except LockInvalid:
        pass
    try:
        head = parse_header(text, "")
    except LockInvalid:
        head = Lock("", ())
    return head._replace(packages=tuple(package for lock in _entries(text) for package in lock.packages))


def _entries(text: str) -> Iterator[Lock]:
    for part in _FIRST_OF_ENTRY.split(text)[1:]:
        try:
            yield parse_lock(_FOREIGN_HEAD + part, "")
        except LockInvalid:
            continue
