from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detent.model.cutoffs import NO_CUTOFFS, Cutoff, Cutoffs, parse_cutoff
from detent.model.names import package_name

A, B, C = map(package_name, "abc")
DAY = 24 * 60 * 60

DATES = st.dates(date(1, 1, 2), date(9999, 12, 30))
ZONES = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def moment(text: str) -> int | None:
    return parse_cutoff(text).moment


def age(text: str) -> int | None:
    return parse_cutoff(text).age_seconds


def reason(text: str) -> str:
    with pytest.raises(ValueError, match="`") as caught:
        parse_cutoff(text)
    return str(caught.value)


@given(DATES)
def test_a_date_is_all_of_its_day_in_utc(day: date) -> None:
    next_midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)

    assert moment(day.isoformat()) == next_midnight.timestamp()


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=ZONES))  # noqa: DTZ001 -- bounds
def test_a_moment_counts_with_its_zone_and_to_the_second(when: datetime) -> None:
    whole = when.replace(microsecond=0)

    assert moment(when.isoformat()) == whole.timestamp()
    assert moment(when.isoformat().replace("T", "t")) == whole.timestamp()


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
def test_a_span_is_the_sum_of_its_parts_however_it_is_written(weeks: int, days: int, hours: int) -> None:
    seconds = timedelta(weeks=weeks, days=days, hours=hours).total_seconds()

    assert age(f"{weeks} weeks {days} days {hours} hours") == seconds
    assert age(f"{weeks}w{days}d{hours}h") == seconds
    assert age(f"{weeks}wks, {days} day, {hours}hr") == seconds
    assert age(f"P{weeks}W{days}DT{hours}H") == seconds


@given(st.text(alphabet="0123456789-+:.,TtZz PpDdHhWwMmSsYyaeksuor", max_size=24))
def test_whatever_is_written_is_read_or_refused_in_words(text: str) -> None:
    try:
        found = parse_cutoff(text)
    except ValueError as error:
        assert "`" in str(error)  # noqa: PT017 -- either way is right
    else:
        assert (found.moment is None) != (found.age_seconds is None)
        assert parse_cutoff(found.text) == found
        assert parse_cutoff(found.text.replace(" ", ""))[1:] == found[1:]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7 days", 7 * DAY),
        ("1 week", 7 * DAY),
        ("24 hours", DAY),
        ("7d", 7 * DAY),
        ("12h", DAY // 2),
        ("3w", 21 * DAY),
        ("90 minutes", 5400),
        ("30s", 30),
        ("0 days", 0),
        ("P7D", 7 * DAY),
        ("pt24h", DAY),
        ("PT30M", 1800),
        ("P1DT12H", DAY + DAY // 2),
        (" 7   days ", 7 * DAY),
    ],
)
def test_spans(text: str, seconds: int) -> None:
    assert age(text) == seconds


def test_a_leap_second_and_the_parts_of_one_are_read() -> None:
    assert moment("2016-12-31T23:59:60Z") == moment("2017-01-01T00:00:00Z")
    assert moment("2017-01-01T00:00:00.999Z") == moment("2017-01-01T00:00:00z")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2024-02-30", "there is no such day"),
        ("2023-02-29", "there is no such day"),
        ("2024-13-01", "there is no such day"),
        ("2024-05-00", "there is no such day"),
        ("2024-05-01T24:00:00Z", "there is no such time"),
        ("2024-05-01T12:60:00Z", "there is no such time"),
        ("2024-05-01T12:00:00", "for UTC, write `2024-05-01T12:00:00Z`"),
        ("1 month", "write days or weeks"),
        ("2 years", "write days or weeks"),
        ("P1M", "write days or weeks"),
        ("P1Y", "write days or weeks"),
        ("3 moons", "`moons` is no unit of time"),
        ("9999999 weeks", "not that long"),
        ("P", "no span of time"),
        ("PT", "no span of time"),
        ("-7 days", "no span of time"),
        ("1.5 days", "no span of time"),
        ("7", "no span of time"),
        ("2024", "no date"),
        ("last week", "no span of time"),
        ("", "no date"),
        ("\u0667 days", "no span of time"),
    ],
)
def test_what_is_no_bound_is_refused_with_the_reason(text: str, says: str) -> None:
    assert says in reason(text)


def test_an_age_is_counted_back_from_the_beginning_of_the_command() -> None:
    found = Cutoffs(now=100 * DAY, everybody=parse_cutoff("7 days"))

    assert found.moment(A) == 93 * DAY


def test_the_bound_of_a_package_stands_in_for_that_of_everybody() -> None:
    week, day = Cutoff("7d", age_seconds=7 * DAY), Cutoff("2024-05-01", moment=DAY)
    found = Cutoffs(100 * DAY, week, {A: None, B: day}, "`detent.toml`", {B: "the flag"})

    assert [found.moment(name) for name in (A, B, C)] == [None, DAY, 93 * DAY]
    assert [found.origin(name) for name in (B, C)] == ["the flag", "`detent.toml`"]


def test_nobody_is_bound_where_nothing_is_said() -> None:
    assert NO_CUTOFFS.moment(A) is None
