"""What people type for something that comes again: right, asked back or refused, never wrong without a word."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.recurring import Recurrence
from bot.errors import UserError
from bot.language.recurrences import read_recurrence
from bot.texts.rhythms import in_words
from tests.language.reviewed import table

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2025, 11, 20, 10, tzinfo=BERLIN)  # a Thursday
PHRASES = table("recurrences_german") + table("recurrences_english")
WORDS = sorted({word for text, _ in PHRASES for word in text.split()})
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2031, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
WITHOUT_OFFERS = {
    "recurrences.unreadable",
    "recurrences.no_time",
    "recurrences.short_months_no_time",
    "recurrences.which_weekday",
    "recurrences.which_day",
    "recurrences.which_date",
    "recurrences.turned",
    "recurrences.bad_time",
    "recurrences.never",
    "recurrences.too_often",
    "recurrences.over",
}


def shown(recurrence: Recurrence) -> str:
    clock = "%H:%M:%S" if recurrence.first.second else "%H:%M"
    return f"{recurrence.rule.removeprefix('FREQ=')} @ {recurrence.first:%a %d.%m.%Y {clock}}"


def understood(text: str, now: datetime = NOW, zone: ZoneInfo = BERLIN) -> str:
    try:
        return shown(read_recurrence(text, now=now, zone=zone))
    except UserError as error:
        name, offers = error.text.removeprefix("recurrences."), error.values.get("candidates")
        if offers is None:
            return name
        return f"{'ask' if name == 'ambiguous' else name}: " + " | ".join(map(shown, offers))


def meant(text: str, now: datetime) -> list[Recurrence]:
    """What a text means or may mean; whatever is refused keeps its promise about the values."""
    try:
        return [read_recurrence(text, now=now, zone=BERLIN)]
    except UserError as error:
        refusal, values = error.text, error.values
    if refusal in {"recurrences.ambiguous", "recurrences.short_months"}:
        assert set(values) == {"typed", "candidates"}
        assert values["candidates"]
        return list(values["candidates"])
    assert refusal in WITHOUT_OFFERS
    assert set(values) == ({"typed", "at"} if refusal == "recurrences.turned" else {"typed"})
    return []


@pytest.mark.parametrize(("text", "expected"), PHRASES, ids=[text for text, _ in PHRASES])
def test_phrase(text: str, expected: str) -> None:
    assert understood(text) == expected


def test_there_are_many_phrases_and_none_stands_twice() -> None:
    texts = [text for text, _ in PHRASES]
    assert len(texts) == len(set(texts)) > 400


OFFERED = sorted({each for text, _ in PHRASES for each in meant(text, NOW)}, key=shown)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("recurrence", OFFERED, ids=map(shown, OFFERED))
def test_what_the_bot_writes_it_reads(recurrence: Recurrence, language: str) -> None:
    """But for its remarks in brackets, which no rule of ours has."""
    written = in_words(recurrence, language, zone=BERLIN.key)
    if "(" in written:
        assert meant(re.sub(r" \([^)]*\)", "", written), NOW)
    else:
        assert meant(written, NOW) == [recurrence]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join), MOMENTS)
def test_words_in_any_order_begin_at_or_after_now(text: str, now: datetime) -> None:
    for found in meant(text, now):
        begins = found.first.replace(tzinfo=BERLIN).astimezone(UTC)
        assert begins >= now
        assert found.next(now - timedelta(microseconds=1)) == begins
        assert (found.zone, found.first.tzinfo) == (BERLIN.key, None)
        assert in_words(found, "de", zone=BERLIN.key)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"(jeden |alle )[0-9./:\- ]{1,20}", fullmatch=True), MOMENTS)
def test_anything_at_all_is_read_or_refused(text: str, now: datetime) -> None:
    meant(text, now)


@pytest.mark.parametrize("text", ["jeden montag " * 5_000, "1. und " * 20_000, " " * 50_000 + "x", "mo, " * 9_000])
def test_long_texts_are_refused(text: str) -> None:
    assert understood(text) == "unreadable"


@pytest.mark.parametrize(
    "text", ["jeden " * 20, "mo, " * 30, "1. und " * 17, "alle 2 " * 17, "am " * 40, "ab 1.12. " * 13]
)
def test_repeated_words_end(text: str) -> None:
    assert meant(text, NOW) == []


def test_the_house_may_have_a_usual_time() -> None:
    found = read_recurrence("jeden Montag", now=NOW, zone=BERLIN, usual=time(8))
    assert shown(found) == "WEEKLY;BYDAY=MO @ Mon 24.11.2025 08:00"
    said = read_recurrence("jeden Montag 9 Uhr", now=NOW, zone=BERLIN, usual=time(8))
    assert said.first.time() == time(9)


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("täglich 1:30", "Europe/Berlin", "DAILY @ Fri 21.11.2025 01:30"),
        ("täglich 1:30", "Europe/London", "turned"),  # where clocks are turned an hour earlier
        ("täglich 2:30", "Europe/London", "turned"),
        ("täglich 3:30", "Europe/London", "DAILY @ Fri 21.11.2025 03:30"),
        ("täglich 2:30", "America/New_York", "turned"),
        ("täglich 1:30", "America/New_York", "turned"),  # comes twice in November
        ("täglich 2:30", "Asia/Kathmandu", "turned"),  # the surface says so, whatever the zone
        ("täglich 0:30", "America/Havana", "turned"),
        ("täglich 9:00", "Asia/Kathmandu", "DAILY @ Fri 21.11.2025 09:00"),
        ("täglich 9:00", "America/New_York", "DAILY @ Thu 20.11.2025 09:00"),  # there it is four in the morning
    ],
)
def test_the_clocks_are_those_of_the_zone(text: str, zone: str, expected: str) -> None:
    assert understood(text, zone=ZoneInfo(zone)) == expected


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        ("jeden Montag 9:00", datetime(2025, 11, 24, 8, 59, tzinfo=BERLIN), "WEEKLY;BYDAY=MO @ Mon 24.11.2025 09:00"),
        ("jeden Montag 9:00", datetime(2025, 11, 24, 9, 0, tzinfo=BERLIN), "WEEKLY;BYDAY=MO @ Mon 24.11.2025 09:00"),
        ("jeden Montag 9:00", datetime(2025, 11, 24, 9, 1, tzinfo=BERLIN), "WEEKLY;BYDAY=MO @ Mon 01.12.2025 09:00"),
        (
            "alle zwei Wochen montags 9:00",
            datetime(2025, 11, 24, 9, 1, tzinfo=BERLIN),
            "WEEKLY;INTERVAL=2;BYDAY=MO @ Mon 01.12.2025 09:00",
        ),
        (
            "alle zwei Wochen Mo und Do 9:00",
            datetime(2025, 11, 25, 9, 0, tzinfo=BERLIN),
            "WEEKLY;INTERVAL=2;BYDAY=MO,TH @ Thu 27.11.2025 09:00",
        ),
        (
            "monatlich am letzten Tag 9 Uhr",
            datetime(2028, 2, 10, tzinfo=BERLIN),
            "MONTHLY;BYMONTHDAY=-1 @ Tue 29.02.2028 09:00",
        ),
        ("täglich 9:00", datetime(2026, 3, 28, 23, 30, tzinfo=BERLIN), "DAILY @ Sun 29.03.2026 09:00"),
        ("jeden Montag 9:00", datetime(2025, 11, 23, 23, 30, tzinfo=UTC), "WEEKLY;BYDAY=MO @ Mon 24.11.2025 09:00"),
    ],
)
def test_the_first_time_depends_on_now(text: str, now: datetime, expected: str) -> None:
    assert understood(text, now=now) == expected
