"""Lists of spans before a deadline."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.language.durations import read_durations

WORDS = ("3", "1", "tage", "stunden", ",", "und", "keine", "a", "min")
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3 Tage, 1 Tag", (3 * DAY, DAY)),
        ("3 Tage und 1 Tag", (3 * DAY, DAY)),
        ("3 und 1 Tage", (3 * DAY, DAY)),
        ("3, 1 Tage", (3 * DAY, DAY)),
        ("3 Tage vorher, 1 Tag vorher", (3 * DAY, DAY)),
        ("3 days before; 1 hour", (3 * DAY, HOUR)),
        ("eine Woche", (7 * DAY,)),
        ("zwei Wochen, 20 Sekunden", (14 * DAY, timedelta(seconds=20))),
        ("half an hour", (30 * MINUTE,)),
        ("eine halbe Stunde", (30 * MINUTE,)),
        ("a day and an hour", (DAY, HOUR)),
        ("90 min", (90 * MINUTE,)),
        ("1 Tag, 1 Tag", (DAY,)),
        ("keine", ()),
        ("Keine.", ()),
        ("none", ()),
    ],
)
def test_spans(text: str, expected: tuple[timedelta, ...]) -> None:
    assert read_durations(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bald",
        "3",
        "0 Tage",
        "1,5 Tage",
        "3,1 Tage",
        "-1 Tag",
        "and",
        "9999999 Wochen",
        "3 Monde",
        "1 Tag 2",
        "x" * 999,
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(UserError) as refused:
        read_durations(text)
    assert (refused.value.text, refused.value.values) == ("dates.bad_duration", {"typed": text})


@given(st.text(max_size=40) | st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_nothing_but_a_user_error(text: str) -> None:
    refused = ""
    spans: tuple[timedelta, ...] = ()
    try:
        spans = read_durations(text)
    except UserError as error:
        refused = error.text
    assert refused in {"", "dates.bad_duration"}
    assert all(span > timedelta() for span in spans)
