"""The resolver as a person meets it: a search without an answer is an error that explains itself."""

from typing import Any

from detent.resolve import forks
from detent.resolve.failure import error_of
from detent.resolve.forks import Resolution
from detent.resolve.question import SearchFailed


def resolve(*arguments: Any, **named: Any) -> tuple[Resolution, ...]:
    """Resolve as :func:`detent.resolve.forks.resolve`; raises the error that tells why there is no answer."""
    try:
        return forks.resolve(*arguments, **named)
    except SearchFailed as failure:
        raise error_of(failure) from None
