"""What holds for every deadline, whatever is typed and whenever."""

import time as stopwatch
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_datetime
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import UserError
from bot.language.dates import read_clock, read_deadline
from tests.language.test_phrases import PHRASES

BERLIN = ZoneInfo("Europe/Berlin")
WORDS = sorted({word for text, _ in PHRASES for word in text.split()})
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001


def outcome(text: str, now: datetime) -> datetime | str:
    """The moment, or the name of the refusal, whose values are held to their promise."""
    try:
        return read_deadline(text, now=now, zone=BERLIN).at
    except UserError as error:
        refusal, values = error.text, error.values
    if refusal == "dates.ambiguous":
        assert values["candidates"]
        assert all(each > now and each.tzinfo is UTC for each in values["candidates"])
    elif refusal == "dates.past":
        assert values["at"] <= now
    else:
        assert refusal in {"dates.unreadable", "dates.impossible"}
        assert values == {"typed": text}
    return refusal


@settings(max_examples=400)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join), MOMENTS)
def test_words_in_any_order_are_ahead_or_refused(text: str, now: datetime) -> None:
    at = outcome(text, now)
    assert isinstance(at, str) or at > now


@settings(max_examples=300)
@given(st.text(max_size=60) | st.from_regex(r"[0-9./:\- ]{1,20}", fullmatch=True), MOMENTS)
def test_anything_at_all_is_ahead_or_refused(text: str, now: datetime) -> None:
    at = outcome(text, now)
    assert isinstance(at, str) or at > now


@pytest.mark.parametrize(
    ("pattern", "locale"),
    [
        ("EEEE, d. MMMM y, HH:mm 'Uhr'", "de"),
        ("EEEE, d. MMMM y, 'um' HH:mm 'Uhr'", "de"),
        ("EEEE, d MMMM y, HH:mm", "en"),
        ("EEEE, MMMM d, y 'at' h:mm a", "en"),
        ("EEE, d. MMM y, HH:mm", "de"),
        ("dd.MM.yyyy HH:mm", "de"),
    ],
)
@settings(max_examples=60)
@given(now=MOMENTS, minutes=st.integers(2, 60 * 24 * 700))
def test_what_the_bot_writes_it_reads(pattern: str, locale: str, now: datetime, minutes: int) -> None:
    at = (now + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
    written = format_datetime(at.astimezone(BERLIN), pattern, tzinfo=BERLIN, locale=locale)
    repeated = at.astimezone(BERLIN).replace(fold=0).utcoffset() != at.astimezone(BERLIN).replace(fold=1).utcoffset()
    assert outcome(written, now) == at or (repeated and outcome(written, now) == "dates.ambiguous")


def test_candidates_can_be_given_back_as_the_answer() -> None:
    now = datetime(2026, 10, 20, 10, tzinfo=BERLIN)
    with pytest.raises(UserError) as asked:
        read_deadline("25.10.2026 2:30", now=now, zone=BERLIN)
    first, second = asked.value.values["candidates"]
    assert second - first == timedelta(hours=1)
    assert [read_deadline(each.isoformat(), now=now, zone=BERLIN).at for each in (first, second)] == [first, second]


@pytest.mark.parametrize(
    ("text", "now", "days"),
    [
        ("nächsten Dienstag", datetime(2025, 11, 24, 9, tzinfo=BERLIN), [25, 2]),  # said on a Monday
        ("Dienstag", datetime(2025, 11, 24, 9, tzinfo=BERLIN), [25]),
        ("next Monday", datetime(2025, 11, 23, 9, tzinfo=BERLIN), [24]),  # said on a Sunday
        ("Montag", datetime(2025, 11, 24, 19, tzinfo=BERLIN), [1]),  # today's 18:00 is over, still asked
    ],
)
def test_weekdays_depend_on_today(text: str, now: datetime, days: list[int]) -> None:
    try:
        found = [read_deadline(text, now=now, zone=BERLIN).at]
    except UserError as error:
        found = list(error.values["candidates"])
    assert [each.astimezone(BERLIN).day for each in found] == days


def test_a_span_is_exact_across_the_change_of_clocks() -> None:
    now = datetime(2026, 3, 29, 1, 30, tzinfo=BERLIN)
    assert read_deadline("in 2 Stunden", now=now, zone=BERLIN).at == now.astimezone(UTC) + timedelta(hours=2)
    local = read_deadline("in einem Tag", now=now, zone=BERLIN).at.astimezone(BERLIN)
    assert (local.day, local.time()) == (30, time(18))


def test_the_day_is_that_of_the_zone_not_of_utc() -> None:
    now = datetime(2025, 11, 20, 23, 30, tzinfo=UTC)  # in Berlin already the 21st
    assert read_deadline("heute 12:00", now=now, zone=BERLIN).at == datetime(2025, 11, 21, 11, tzinfo=UTC)


@pytest.mark.parametrize("text", ["freitag " * 5_000, "12." * 20_000, " " * 50_000 + "x", "1 tag und " * 5_000])
def test_long_texts_are_refused_at_once(text: str) -> None:
    started = stopwatch.monotonic()
    assert outcome(text, datetime(2025, 11, 20, 9, tzinfo=UTC)) == "dates.unreadable"
    assert stopwatch.monotonic() - started < 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12 Uhr", time(12)),
        ("12:30", time(12, 30)),
        ("12:30 Uhr.", time(12, 30)),
        ("12.30", time(12, 30)),
        ("9.30 Uhr", time(9, 30)),
        ("um 9", time(9)),
        ("2 pm", time(14)),
        ("12:00:30", time(12, 0, 30)),
        ("12 Uhr 30", time(12, 30)),
        ("9 Uhr abends", time(21)),
        ("mittags", time(12)),
        ("neun Uhr", time(9)),
        ("0:00", time(0)),
        ("2", None),  # picks from a list
        ("halb drei", None),
        ("um 3", None),
        ("24:00", None),
        ("25 Uhr", None),
        ("morgen", None),
        ("12.12.", None),
        ("ja", None),
        ("", None),
    ],
)
def test_a_bare_time(text: str, expected: time | None) -> None:
    assert read_clock(text) == expected


@given(st.text(max_size=40))
def test_a_bare_time_never_fails(text: str) -> None:
    read_clock(text)
