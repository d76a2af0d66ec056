"""Working days, as the laws of the Länder have them."""

from datetime import date, timedelta

import pytest

from bot.config import STATES
from bot.domain.workdays import (
    holiday,
    in_land,
    is_working_day,
    working_day_before,
    working_days_after,
    working_days_before,
)

CORPUS_CHRISTI = date(2026, 6, 4)
REFORMATION = date(2025, 10, 31)  # a Friday


@pytest.mark.parametrize(
    ("day", "name", "where"),
    [
        (date(2026, 1, 6), "Heilige Drei Könige", {"BW", "BY", "ST"}),
        (date(2026, 3, 8), "Frauentag", {"BE", "MV"}),
        (CORPUS_CHRISTI, "Fronleichnam", {"BW", "BY", "HE", "NW", "RP", "SL"}),
        (date(2026, 8, 15), "Mariä Himmelfahrt", {"SL"}),  # in Bavaria only where most people are Catholic
        (date(2026, 9, 20), "Weltkindertag", {"TH"}),
        (REFORMATION, "Reformationstag", {"BB", "HB", "HH", "MV", "NI", "SH", "SN", "ST", "TH"}),
        (date(2025, 11, 1), "Allerheiligen", {"BW", "BY", "NW", "RP", "SL"}),
        (date(2026, 11, 18), "Buß- und Bettag", {"SN"}),
    ],
)
def test_days_off_by_land(day: date, name: str, where: set[str]) -> None:
    assert {state for state in STATES if holiday(day, state)} == where
    assert {holiday(day, state) for state in where} == {name}
    assert holiday(day, None) is None


@pytest.mark.parametrize("state", [*STATES, None, "XX"])
def test_what_all_have_in_common(state: str | None) -> None:
    assert holiday(date(2026, 10, 3), state) == "Tag der Deutschen Einheit"
    assert not is_working_day(date(2026, 4, 3), state)  # Good Friday
    assert is_working_day(date(2026, 12, 24), state)
    assert holiday(date(2017, 10, 31), state) == "Reformationstag"  # 500 years: in all of them, once


def test_names_in_english() -> None:
    assert holiday(CORPUS_CHRISTI, "BW", "en") == "Corpus Christi"


@pytest.mark.parametrize(
    ("day", "state", "before"),
    [
        (date(2026, 12, 5), "BW", date(2026, 12, 4)),
        (CORPUS_CHRISTI, "BW", date(2026, 6, 3)),
        (date(2026, 4, 7), "BE", date(2026, 4, 2)),  # Easter, from Tuesday to Thursday
        (date(2027, 1, 7), "BW", date(2027, 1, 5)),
        (date(2027, 1, 7), "BE", date(2027, 1, 6)),
        (date(2025, 11, 2), "NI", date(2025, 10, 30)),
    ],
)
def test_the_working_day_before(day: date, state: str, before: date) -> None:
    assert working_day_before(day, state) == before


def test_the_one_before_is_always_one_and_never_far() -> None:
    day = date(2024, 1, 1)
    while day.year < 2030:
        for state in (*STATES, None):
            before = working_day_before(day, state)
            assert is_working_day(before, state)
            assert day - timedelta(days=6) <= before < day
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "count", "state", "after"),
    [
        (date(2026, 11, 20), 2, "BW", date(2026, 11, 24)),  # from Friday to Tuesday
        (date(2026, 11, 21), 1, "BW", date(2026, 11, 23)),  # a Saturday does not count itself
        (date(2026, 6, 3), 1, "BW", date(2026, 6, 5)),  # Corpus Christi
        (date(2026, 6, 3), 1, "BE", date(2026, 6, 4)),
        (date(2026, 6, 3), 1, None, date(2026, 6, 4)),  # no Land is known: only what all have in common
        (date(2026, 4, 2), 1, "BE", date(2026, 4, 7)),  # Good Friday, Easter
        (date(2025, 12, 30), 3, "BY", date(2026, 1, 5)),
        (date(2026, 1, 5), 1, "BY", date(2026, 1, 7)),  # Epiphany
        (date(2026, 1, 5), 1, "NW", date(2026, 1, 6)),
        (date(2025, 10, 30), 1, "SN", date(2025, 11, 3)),  # Reformation
        (date(2025, 10, 30), 1, "HE", date(2025, 10, 31)),
        (date(2026, 11, 17), 1, "SN", date(2026, 11, 19)),  # Buß- und Bettag
        (date(2026, 11, 22), 0, "SN", date(2026, 11, 22)),
    ],
)
def test_working_days_after(day: date, count: int, state: str | None, after: date) -> None:
    assert working_days_after(day, count, in_land(state)) == after


@pytest.mark.parametrize(
    ("day", "count", "state", "before"),
    [
        (date(2026, 11, 24), 2, "BW", date(2026, 11, 20)),
        (date(2026, 6, 5), 1, "BW", date(2026, 6, 3)),
        (date(2026, 6, 5), 1, "HH", date(2026, 6, 4)),
        (date(2026, 1, 7), 2, "BW", date(2026, 1, 2)),
        (date(2026, 1, 7), 2, "SH", date(2026, 1, 5)),
        (date(2026, 11, 22), 0, "SN", date(2026, 11, 22)),
    ],
)
def test_working_days_before(day: date, count: int, state: str | None, before: date) -> None:
    assert working_days_before(day, count, in_land(state)) == before


def test_working_days_there_and_back() -> None:
    """From any working day so many on and so many back is that day; in between lie exactly as many."""
    day = date(2025, 12, 1)
    while day < date(2027, 2, 1):
        for state in (*STATES, None):
            if is_working_day(day, state):
                later = working_days_after(day, 5, in_land(state))
                assert working_days_before(later, 5, in_land(state)) == day
                between = [day + timedelta(days=n) for n in range(1, (later - day).days + 1)]
                assert sum(is_working_day(each, state) for each in between) == 5
        day += timedelta(days=1)


def test_no_negative_number_of_working_days() -> None:
    for count_days in (working_days_after, working_days_before):
        with pytest.raises(ValueError, match="-1"):
            count_days(date(2026, 1, 5), -1, in_land("BW"))
