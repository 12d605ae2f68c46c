"""When a transfer is tried again, and for how long an answer is believed."""

import pytest

from detent.index.retry import (
    Patience,
    RateWatch,
    TransferBroken,
    fresh_seconds,
    retry_after,
    says_how_long,
    status_fault,
)
from detent.model.limits import Limits

NOW = 1_700_000_000.0  # 2023-11-14 22:13:20 GMT


def patience(**limits: float) -> Patience:
    return Patience(Limits()._replace(**limits), lambda: 0.5)  # type: ignore[arg-type]


def delays(
    watched: Patience, fault: TransferBroken, times: int, *, idle: float = 0, received: int = 0
) -> list[float | None]:
    return [watched.delay_after(fault, idle_seconds=idle, received_bytes=received) for _ in range(times)]


def test_delays_double_until_the_tries_are_used_up() -> None:
    assert delays(patience(tries=4), TransferBroken("x"), 4) == [0.25, 0.5, 1.0, None]


def test_what_another_try_cannot_mend_is_not_tried_again() -> None:
    assert delays(patience(), TransferBroken("x", is_transient=False), 1) == [None]


def test_seconds_without_a_byte_are_summed_over_the_tries() -> None:
    assert delays(patience(tries=100, stall_seconds=60), TransferBroken("x"), 3, idle=25)[1:] == [0.5, None]


def test_some_bytes_end_the_count_of_idle_seconds() -> None:
    watched = patience(tries=100, stall_seconds=60)

    assert None not in delays(watched, TransferBroken("x"), 5, idle=25, received=1)


def test_a_try_that_brought_a_good_piece_counts_as_a_success() -> None:
    assert delays(patience(tries=2), TransferBroken("x"), 5, received=2**20) == [0.25] * 5
    assert delays(patience(tries=2), TransferBroken("x"), 2, received=1000) == [0.25, None]


def test_a_server_may_ask_for_a_minute_and_no_more() -> None:
    assert delays(patience(), TransferBroken("x", wait_seconds=59), 1) == [59]
    assert delays(patience(), TransferBroken("x", wait_seconds=61), 1) == [None]


def test_a_transfer_that_drips_is_told_from_one_that_flows() -> None:
    limits = Limits()._replace(minimum_rate_bytes=100, rate_window_seconds=10)
    dripping, flowing = RateWatch(limits, 0), RateWatch(limits, 0)

    assert [dripping.is_stalled(50, t) for t in range(1, 11)] == [False] * 9 + [True]
    assert [flowing.is_stalled(100, t) for t in range(1, 31)] == [False] * 30


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        ("Tue, 14 Nov 2023 22:13:30 GMT", 10),
        ("Tue, 14 Nov 2023 22:13:00 GMT", 0),
        ("soon", 0),
        ("-3", 0),
        ("", 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float) -> None:
    assert retry_after({"retry-after": text}, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 600),
        ({"cache-control": "public"}, 600),
        ({"cache-control": "max-age=30"}, 30),
        ({"cache-control": 'Public, Max-Age="30"'}, 30),
        ({"cache-control": "max-age=30", "age": "10"}, 20),
        ({"cache-control": "max-age=30", "age": "99"}, 0),
        ({"cache-control": "no-cache, max-age=30"}, 0),
        ({"cache-control": "no-store"}, 0),
        ({"cache-control": "max-age=x"}, 600),
        ({"expires": "Tue, 14 Nov 2023 22:13:30 GMT", "date": "Tue, 14 Nov 2023 22:13:20 GMT"}, 10),
        ({"expires": "0"}, 0),
        ({"cache-control": "max-age=5", "expires": "0"}, 5),
    ],
)
def test_an_answer_is_believed_for_as_long_as_it_says(headers: dict[str, str], seconds: float) -> None:
    assert fresh_seconds(headers, default=600, now=NOW) == seconds


def test_whether_an_answer_says_how_long() -> None:
    assert says_how_long({"cache-control": "max-age=1"})
    assert not says_how_long({"cache-control": "no-store"})
    assert not says_how_long({})


def test_refused_access_names_credentials_and_is_final() -> None:
    fault = status_fault(401, {}, NOW)

    assert not fault.is_transient
    assert "credentials" in fault.next_steps[0]


def test_a_busy_server_is_asked_again_when_it_says() -> None:
    fault = status_fault(429, {"retry-after": "12"}, NOW)

    assert (fault.is_transient, fault.wait_seconds) == (True, 12)
    assert "wait 12 seconds" in fault.reason
    assert not status_fault(418, {}, NOW).is_transient
