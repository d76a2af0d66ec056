"""Working days, as the laws of the Länder have them."""

from datetime import date, timedelta

import pytest

from bot.config import STATES
from bot.domain.workdays import holiday, is_working_day, working_day_before

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
