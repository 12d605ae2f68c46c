"""Progress as values: engines say what happened, and never format, time or print it.

An engine takes a :data:`Report`, a callable of one event, and defaults to :func:`ignore`.
"""

from collections.abc import Callable
from typing import TypeAlias

from detent.named import NamedTuple


class Phase(NamedTuple):
    """An operation begins ``resolving``, ``preparing`` or ``linking``, or (empty) is done with it.

    ``total`` counts the packages it is about, 0 where nobody knows.
    """

    name: str
    total: int = 0


class Resolving(NamedTuple):
    """The resolver looks at a package; ``solved`` counts the packages decided so far."""

    name: str
    solved: int


class DownloadStarted(NamedTuple):
    """A file begins to arrive; ``size_bytes`` is ``None`` where nobody said."""

    filename: str
    size_bytes: int | None


class DownloadProgress(NamedTuple):
    """``received_bytes`` in all of this file so far."""

    filename: str
    received_bytes: int


class DownloadFinished(NamedTuple):
    """A file has arrived and its hash was right."""

    filename: str


class Building(NamedTuple):
    """A build begins; ``subject`` is ``name==version``, or ``name @ URL`` for a folder."""

    subject: str


class BuildOutput(NamedTuple):
    """A build has begun to talk; ``last_line`` gives what it said last, to whoever asks while it runs."""

    subject: str
    last_line: Callable[[], str]


class Built(NamedTuple):
    """A build came to its end well."""

    subject: str


class Prepared(NamedTuple):
    """A wheel stands in the store, ready to be linked."""

    name: str
    version: str


class Linked(NamedTuple):
    """A package stands in the environment; ``done`` of ``total``."""

    name: str
    version: str
    done: int
    total: int


class Matched(NamedTuple):
    """The environment at ``root`` was changed and holds what was wanted; it is still held alone."""

    root: str


class Verifying(NamedTuple):
    """Something in the cache was read again; ``done`` of ``total``."""

    subject: str
    done: int
    total: int


class Waiting(NamedTuple):
    """Another process holds a lock this one needs."""

    path: str
    holder: str


class Notice(NamedTuple):
    """Something a person should hear once: ``level`` is ``"warning"`` or ``"note"``."""

    level: str
    text: str


class Remark(NamedTuple):
    """A note about how something is fetched; a run that fetches nothing has none to make."""

    text: str


class Step(NamedTuple):
    """A step an operation takes that people want to see: a line of ordinary talk."""

    text: str
    is_lasting: bool = False
    """Whether the same command tells it again when there is nothing to do any more."""


class Detail(NamedTuple):
    """Something only ``-v`` shows."""

    text: str


Event: TypeAlias = (
    Phase
    | Resolving
    | DownloadStarted
    | DownloadProgress
    | DownloadFinished
    | Building
    | BuildOutput
    | Built
    | Prepared
    | Linked
    | Matched
    | Verifying
    | Waiting
    | Notice
    | Remark
    | Step
    | Detail
)
Report: TypeAlias = Callable[[Event], None]


def ignore(_event: Event) -> None:
    """Report to nobody."""
