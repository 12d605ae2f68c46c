"""Every way detent can fail, as values: what happened, why, and what to do next.

A class takes facts and writes its own sentence, so each text lives once. ``code`` is stable and is
the heading in the reference; ``exit_code`` follows the rule "1: the request cannot be met, 2: the
request is malformed". This module imports nothing of detent and formats nothing for a terminal.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar


class DetentError(Exception):
    """A failure a person can act on.

    ``what`` is one lowercase phrase without a final period, the thing first, literals in backticks.
    ``why`` is the fact that was seen. ``next_steps`` are commands or edits; empty rather than a guess.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, why: str = "", next_steps: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.next_steps = tuple(next_steps)


class Failures(DetentError):
    """Independent faults, shown together (each keeps its own sentence)."""

    code = "several-failures"

    def __init__(self, failures: Sequence[DetentError]) -> None:
        super().__init__(f"{len(failures)} problems were found")
        self.failures = tuple(failures)
        self.exit_code = max(f.exit_code for f in failures)  # type: ignore[misc]


def did_you_mean(word: str, names: Iterable[str], *, before: str = "") -> tuple[str, ...]:
    """Give the next step for a name that is none: `did you mean ...?`, or nothing where none is near.

    ``before`` is what stands before the name in what is to be written.
    """
    near = nearest(word, names)
    return () if near is None else (f"did you mean `{before}{near}`?",)


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant; ``None`` when none is near."""
    found = min(names, key=lambda name: (_distance(word, name), name), default=None)
    # A third of the letters wrong is still a slip of the fingers; more is another word.
    return found if found is not None and _distance(word, found) * 3 <= len(found) else None


def _distance(one: str, other: str) -> int:
    """How many letters must be put in, taken out, replaced or swapped with the next to make one the other."""
    above: list[int] = []
    last: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        above, last, row = last, row, [i]
        for j, wanted in enumerate(other, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
    return row[-1]


class UsageError(DetentError):
    """The command line asks for something that cannot be meant."""

    code = "usage"
    exit_code = 2


class Unsupported(DetentError):
    """Something users expect that this release does not do yet; the sentence says which part."""

    code = "not-supported"
    exit_code = 2


class Bug(DetentError):
    """Something that cannot happen did: ours to mend."""

    code = "bug"
    exit_code = 70

    def __init__(self, what: str) -> None:
        super().__init__(
            f"detent itself failed: {what}",
            next_steps=("please report this with the output of the command run with `-vv`",),
        )
