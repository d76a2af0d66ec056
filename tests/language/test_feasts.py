"""Days that go by their name are those of the calendar of public holidays, which is other people's work."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import holidays
import pytest

from bot.errors import UserError
from bot.language.dates import read_deadline

BERLIN = ZoneInfo("Europe/Berlin")
OFFICIAL = {
    "Karfreitag": "Karfreitag",
    "Ostermontag": "Ostermontag",
    "Himmelfahrt": "Christi Himmelfahrt",
    "Pfingstmontag": "Pfingstmontag",
    "Fronleichnam": "Fronleichnam",
    "Tag der Arbeit": "Erster Mai",
    "Tag der Deutschen Einheit": "Tag der Deutschen Einheit",
    "erster Weihnachtstag": "Erster Weihnachtstag",
    "zweiter Weihnachtstag": "Zweiter Weihnachtstag",
    "Neujahr": "Neujahr",
}


@pytest.mark.parametrize("year", range(2026, 2036))
@pytest.mark.parametrize("typed", OFFICIAL)
def test_the_day_is_that_of_the_calendar(typed: str, year: int) -> None:
    calendar = holidays.country_holidays("DE", subdiv="BW", years=year, language="de")
    (expected,) = (day for day, name in calendar.items() if name == OFFICIAL[typed])
    now = datetime(year - 1, 12, 31, 20, tzinfo=BERLIN)
    assert read_deadline(f"{typed} 12 Uhr", now=now, zone=BERLIN).at.astimezone(BERLIN).date() == expected


def test_the_next_one_is_meant_and_a_year_may_be_given() -> None:
    behind_easter = datetime(2026, 5, 1, 9, tzinfo=BERLIN)
    assert read_deadline("Karfreitag", now=behind_easter, zone=BERLIN).at.date() == date(2027, 3, 26)
    assert read_deadline("Karfreitag 2028", now=behind_easter, zone=BERLIN).at.date() == date(2028, 4, 14)
    with pytest.raises(UserError) as past:
        read_deadline("Karfreitag 2026", now=behind_easter, zone=BERLIN)
    assert past.value.text == "dates.past"


def test_a_feast_of_several_days_is_asked_back() -> None:
    with pytest.raises(UserError) as asked:
        read_deadline("Weihnachten", now=datetime(2026, 12, 25, 20, tzinfo=BERLIN), zone=BERLIN)
    assert [each.day for each in asked.value.values["candidates"]] == [26]
