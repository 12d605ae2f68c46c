"""When to try a transfer again, how long to wait, and when to say that it will not come.

Pure decisions: the clock, the dice and the waiting are the caller's. The bounds are promises:
docs/explanation/promises.md.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime

from detent.model.limits import Limits

TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527})
"""Answers that another try may mend."""
REFUSALS = frozenset({401, 403})
"""Answers that ask for a login, or for another one."""

_FIRST_DELAY_SECONDS = 0.25
_PROGRESS_BYTES = 2**20


class TransferBroken(Exception):
    """One try at a transfer failed; ``reason`` is a clause for people, without any URL."""

    def __init__(
        self,
        reason: str,
        *,
        is_transient: bool = True,
        wait_seconds: float = 0.0,
        next_steps: Sequence[str] = (),
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_transient = is_transient
        self.wait_seconds = wait_seconds
        self.next_steps = tuple(next_steps)


class Patience:
    """How much a transfer is still worth: tries, and seconds without a byte summed over them."""

    def __init__(self, limits: Limits, dice: Callable[[], float]) -> None:
        self._limits = limits
        self._dice = dice
        self._tries = 0
        self._idle_seconds = 0.0

    def delay_after(self, fault: TransferBroken, *, idle_seconds: float, received_bytes: int) -> float | None:
        """Seconds to wait before the next try; ``None``: give up.

        A try that brought a good piece of the file counts as a success, so that a long transfer over a
        flaky line is not cut; every such piece is at least a MiB, which bounds the tries.
        """
        if received_bytes >= _PROGRESS_BYTES:
            self._tries, self._idle_seconds = 0, 0.0
        self._tries += 1
        self._idle_seconds = idle_seconds + (self._idle_seconds if received_bytes == 0 else 0.0)
        if not fault.is_transient or self._tries >= self._limits.tries:
            return None
        if (
            self._idle_seconds >= self._limits.stall_seconds
            or fault.wait_seconds > self._limits.retry_after_seconds
        ):
            return None
        backoff = _FIRST_DELAY_SECONDS * 2 ** (self._tries - 1)
        return float(max(fault.wait_seconds, backoff * (0.5 + self._dice())))


class RateWatch:
    """Tells a transfer that drips from one that flows."""

    def __init__(self, limits: Limits, now: float) -> None:
        self._window_seconds = limits.rate_window_seconds
        self._minimum_bytes = limits.minimum_rate_bytes * limits.rate_window_seconds
        self._since = now
        self._bytes = 0

    def is_stalled(self, received_bytes: int, now: float) -> bool:
        """Take note of some bytes; true when a whole window brought too few."""
        self._bytes += received_bytes
        if now - self._since < self._window_seconds:
            return False
        too_few = self._bytes < self._minimum_bytes
        self._since, self._bytes = now, 0
        return too_few


def status_fault(status: int, headers: Mapping[str, str], now: float) -> TransferBroken:
    """What an answer that is none means: whether to try again, and what to tell the user."""
    if status in REFUSALS:
        return TransferBroken(
            f"access was refused (HTTP {status})",
            is_transient=False,
            next_steps=(
                "check the credentials for this server, and that they may read this package",
                "`detent auth login SERVICE` keeps some; `detent auth check` says whether they are accepted",
            ),
        )
    wait = retry_after(headers, now)
    asks = f" and asks to wait {wait:.0f} seconds" if wait else ""
    return TransferBroken(
        f"the server answered HTTP {status}{asks}",
        is_transient=status in TRANSIENT_STATUSES,
        wait_seconds=wait,
    )


def retry_after(headers: Mapping[str, str], now: float) -> float:
    """Seconds an answer asks to wait (RFC 9110, Retry-After); 0 when it does not say."""
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text[:9])
    return max(0.0, _moment(text, now) - now)


def fresh_seconds(headers: Mapping[str, str], *, default: float, now: float) -> float:
    """How long an answer may be believed (RFC 9111), counted from now; ``default`` where it does not say."""
    directives = [d.strip().lower() for d in headers.get("cache-control", "").split(",")]
    if any(d.partition("=")[0] in {"no-cache", "no-store"} for d in directives):
        return 0.0
    for directive in directives:
        name, _, value = directive.partition("=")
        if name == "max-age" and value.strip('"').isdecimal():
            age = headers.get("age", "").strip()
            return max(0.0, float(value.strip('"')[:9]) - float(age[:9] if age.isdecimal() else 0))
    expires = headers.get("expires", "").strip()
    if expires:
        # A date that cannot be read, such as `0`, means "already".
        return max(0.0, _moment(expires, now) - _moment(headers.get("date", ""), now))
    return default


def says_how_long(headers: Mapping[str, str]) -> bool:
    """Whether an answer says itself for how long it may be believed."""
    return "max-age" in headers.get("cache-control", "").lower() or "expires" in headers


def _moment(text: str, otherwise: float) -> float:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError):
        return otherwise
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()
