"""Results and errors as text: pure, so that every line of output can be tested without a terminal."""

import re
from collections.abc import Iterator

from detent.errors import DetentError, Failures

SCHEMA_VERSION = 1
"""Of what commands say as JSON (`cli.schemas`): fields are added within a version, none is taken away."""

# C0 and C1 controls, line separators, bidirectional controls and what nobody sees: it could drive a terminal
# or deceive its reader. Not compiled here: what every command says is mostly plain.
_UNSAFE = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\xad\u200b\u2060-\u2064\ufeff\U000e0000-\U000e007f]"
)


def show(text: str) -> str:
    """Make foreign text harmless on a terminal: control, bidi and invisible characters are escaped."""
    if text.isascii() and text.isprintable():
        return text
    return re.sub(_UNSAFE, lambda found: found.group().encode("unicode_escape").decode(), text)


def error_lines(error: DetentError) -> Iterator[tuple[str, str]]:
    """Give an error as (label, text) lines; a continued line has the label's width in blanks."""
    yield "error:", f" {_on_one_line(error.what)} [{error.code}]"
    for number, line in enumerate(show(error.why).split("\n") if error.why else ()):
        yield ("", f"       {line}") if number else ("  why:", f" {line}")
    for number, step in enumerate(error.next_steps):
        text = _on_one_line(step)
        yield ("", f"       {text}") if number else (" next:", f" {text}")


def error_facts(error: DetentError) -> dict[str, object]:
    """Give an error for programs: the first of several, and the others beside it."""
    first, *more = error.failures if isinstance(error, Failures) else (error,)
    facts: dict[str, object] = {"error": _facts(first)}
    return {**facts, "more_errors": [_facts(one) for one in more]} if more else facts


def _facts(error: DetentError) -> dict[str, object]:
    return {"code": error.code, "what": error.what, "why": error.why, "next": list(error.next_steps)}


def _on_one_line(text: str) -> str:
    """A name with a line break must not look like another line of ours."""
    return show(text).replace("\n", "\\n")


def size(size_bytes: int) -> str:
    """Write a size as people read it: `512B`, `1.2MiB`."""
    amount = float(size_bytes)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f}{unit}" if unit == "B" else f"{amount:.1f}{unit}"
        amount /= 1024
    return f"{amount:.1f}GiB"


def count(number: int, noun: str) -> str:
    """Write `1 package`, `2 packages`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
