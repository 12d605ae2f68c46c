"""A requirements file as lines: what each asks for, and the comments from which one learns why.

The file format is pip's: a backslash joins lines, `#` at the start of a line or behind a blank begins a
comment, a line that begins with `-` is an option. What an option means is not decided here.
"""

import re
from collections.abc import Iterator

from detent.named import NamedTuple

_COMMENT = re.compile(r"(?:^|\s)#.*$")
_HASHES = re.compile(r"\s--hash[= ]\s*\S+")


class Line(NamedTuple):
    """One requirement or option."""

    number: int
    """Of its first line in the file, from 1."""
    text: str
    """Comments, hashes and line breaks taken out."""
    above: tuple[str, ...] = ()
    """Comments right above it, at the left margin."""
    reasons: tuple[str, ...] = ()
    """What the comments behind it and indented below it say, without `#`."""

    @property
    def option(self) -> str:
        """The option's name; empty for a requirement."""
        return self._split()[0] if self.text.startswith("-") else ""

    @property
    def value(self) -> str:
        """What is given to the option."""
        return self._split()[1]

    def _split(self) -> tuple[str, str]:
        if self.text.startswith("-") and not self.text.startswith("--"):
            return self.text[:2], self.text[2:].strip().removeprefix("=").strip()
        name, _, value = self.text.replace("=", " ", 1).partition(" ")
        return name, value.strip()


def lines(text: str) -> tuple[Line, ...]:
    """Give every requirement and option of a file, in its order."""
    found: list[Line] = []
    above: list[str] = []
    for number, line, is_indented in _joined(text):
        comment = _COMMENT.search(line)
        words = _HASHES.sub("", _COMMENT.sub("", line)).strip()
        if words:
            reasons = (comment[0].strip().lstrip("#").strip(),) if comment is not None else ()
            found.append(Line(number, words, tuple(above), reasons))
            above.clear()
        elif comment is None:
            above.clear()
        elif is_indented and found and not above:
            reason = comment[0].strip().lstrip("#").strip()
            found[-1] = found[-1]._replace(reasons=(*found[-1].reasons, reason))
        else:
            above.append(comment[0].strip())
    return tuple(found)


def _joined(text: str) -> Iterator[tuple[int, str, bool]]:
    """Join lines that end in a backslash; gives the first line's number and whether it is indented."""
    held: list[str] = []
    first = 1
    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if not held:
            first = number
        if raw.rstrip().endswith("\\") and not raw.lstrip().startswith("#"):
            held.append(raw.rstrip()[:-1])
            continue
        if held and raw.lstrip().startswith("#"):
            yield first, " ".join(held), held[0][:1].isspace()
            held, first = [], number
        whole = " ".join((*held, raw))
        held = []
        yield first, whole, whole[:1].isspace()
    if held:
        yield first, " ".join(held), held[0][:1].isspace()
