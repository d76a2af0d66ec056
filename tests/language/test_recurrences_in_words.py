"""A recurrence said in full, as the answer repeats it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from babel.dates import get_day_names, get_month_names

from bot.domain.recurring import Recurrence
from bot.texts import Texts, rhythms, text
from bot.texts.rhythms import in_words

FIRST = datetime(2025, 12, 4, 9)  # noqa: DTZ001 - a wall time; a Thursday
BERLIN = "Europe/Berlin"
NEXT = datetime(2026, 1, 15, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "german", "english"),
    [
        ("DAILY", "täglich um 9:00 Uhr", "every day at 9:00"),
        (
            "DAILY;INTERVAL=13",
            "alle 13 Tage um 9:00 Uhr, zum ersten Mal am Donnerstag, 4. Dezember 2025",
            "every 13 days at 9:00, for the first time on Thursday, 4 December 2025",
        ),
        ("WEEKLY;BYDAY=MO", "jeden Montag um 9:00 Uhr", "every Monday at 9:00"),
        ("WEEKLY;BYDAY=MO,TH", "jeden Montag und Donnerstag um 9:00 Uhr", "every Monday and Thursday at 9:00"),
        (
            "WEEKLY;BYDAY=MO,WE,FR",
            "jeden Montag, Mittwoch und Freitag um 9:00 Uhr",
            "every Monday, Wednesday and Friday at 9:00",
        ),
        ("WEEKLY;BYDAY=MO,TU,WE,TH,FR", "montags bis freitags um 9:00 Uhr", "Mondays to Fridays at 9:00"),
        ("WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "täglich um 9:00 Uhr", "every day at 9:00"),
        (
            "WEEKLY;INTERVAL=2;BYDAY=TH",
            "alle zwei Wochen am Donnerstag um 9:00 Uhr, zum ersten Mal am Donnerstag, 4. Dezember 2025",
            "every two weeks on Thursday at 9:00, for the first time on Thursday, 4 December 2025",
        ),
        (
            "WEEKLY;INTERVAL=1;BYDAY=TH",
            "jeden Donnerstag um 9:00 Uhr, zum ersten Mal am Donnerstag, 4. Dezember 2025",
            "every Thursday at 9:00, for the first time on Thursday, 4 December 2025",
        ),
        (
            "WEEKLY;BYDAY=TH;UNTIL=20260630T235959",
            "jeden Donnerstag um 9:00 Uhr, bis Dienstag, 30. Juni 2026",
            "every Thursday at 9:00, until Tuesday, 30 June 2026",
        ),
        (
            "MONTHLY;BYDAY=1TU",
            "am ersten Dienstag jedes Monats um 9:00 Uhr",
            "on the first Tuesday of each month at 9:00",
        ),
        (
            "MONTHLY;BYDAY=-1FR",
            "am letzten Freitag jedes Monats um 9:00 Uhr",
            "on the last Friday of each month at 9:00",
        ),
        (
            "MONTHLY;BYDAY=1TU,3TU",
            "am ersten und dritten Dienstag jedes Monats um 9:00 Uhr",
            "on the first and third Tuesday of each month at 9:00",
        ),
        (
            "MONTHLY;BYDAY=5MO",
            "am fünften Montag jedes Monats (nur in Monaten, die ihn haben) um 9:00 Uhr",
            "on the fifth Monday of each month (only in months that have one) at 9:00",
        ),
        (
            "MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "am letzten Arbeitstag (Montag bis Freitag) jedes Monats um 9:00 Uhr",
            "on the last weekday (Monday to Friday) of each month at 9:00",
        ),
        (
            "MONTHLY;BYMONTHDAY=1,15",
            "am 1. und 15. jedes Monats um 9:00 Uhr",
            "on the 1st and 15th of each month at 9:00",
        ),
        ("MONTHLY;BYMONTHDAY=22", "am 22. jedes Monats um 9:00 Uhr", "on the 22nd of each month at 9:00"),
        ("MONTHLY;BYMONTHDAY=12", "am 12. jedes Monats um 9:00 Uhr", "on the 12th of each month at 9:00"),
        ("MONTHLY;BYMONTHDAY=-1", "am letzten Tag jedes Monats um 9:00 Uhr", "on the last day of each month at 9:00"),
        (
            "MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1",
            "am 30. jedes Monats (im Februar am letzten Tag) um 9:00 Uhr",
            "on the 30th of each month (in February on the last day) at 9:00",
        ),
        (
            "MONTHLY;BYMONTH=3,6,9,12;BYMONTHDAY=-1",
            "jedes Jahr am letzten Tag im März, Juni, September und Dezember um 9:00 Uhr",
            "every year on the last day of March, June, September and December at 9:00",
        ),
        (
            "YEARLY;BYMONTH=3;BYMONTHDAY=15",
            "jedes Jahr am 15. März um 9:00 Uhr",
            "every year on the 15th of March at 9:00",
        ),
        (
            "YEARLY;BYMONTH=2;BYMONTHDAY=29",
            "jedes Jahr am 29. Februar (nur in Schaltjahren) um 9:00 Uhr",
            "every year on the 29th of February (in leap years only) at 9:00",
        ),
        (
            "YEARLY;BYMONTH=3;BYDAY=1TU",
            "jedes Jahr am ersten Dienstag im März um 9:00 Uhr",
            "every year on the first Tuesday of March at 9:00",
        ),
    ],
)
def test_a_rule_in_words(rule: str, german: str, english: str) -> None:
    recurrence = Recurrence(f"FREQ={rule}", FIRST, BERLIN)
    assert in_words(recurrence, "de", zone=BERLIN) == german
    assert in_words(recurrence, "en", zone=BERLIN) == english


def test_where_the_phase_matters_the_next_time_may_be_said() -> None:
    recurrence = Recurrence("FREQ=WEEKLY;INTERVAL=2;BYDAY=TH", datetime(2025, 12, 4, 14), BERLIN)  # noqa: DTZ001
    said = in_words(recurrence, "de", zone=BERLIN, upcoming=NEXT)
    assert said == "alle zwei Wochen am Donnerstag um 14:00 Uhr, das nächste Mal am Donnerstag, 15. Januar 2026"
    weekly = Recurrence("FREQ=WEEKLY;BYDAY=TH", recurrence.first, BERLIN)
    assert in_words(weekly, "en", zone=BERLIN, upcoming=NEXT) == "every Thursday at 14:00"


def test_the_next_time_is_a_day_of_the_zone_of_the_rule() -> None:
    evening = datetime(2026, 1, 15, 2, 30, tzinfo=UTC)  # in New York still the 14th
    recurrence = Recurrence("FREQ=DAILY;INTERVAL=2", datetime(2026, 1, 14, 21, 30), "America/New_York")  # noqa: DTZ001
    said = in_words(recurrence, "en", zone="America/New_York", upcoming=evening)
    assert said == "every two days at 21:30, the next time on Wednesday, 14 January 2026"


def test_seconds_are_said_where_there_are_some() -> None:
    recurrence = Recurrence("FREQ=DAILY", datetime(2025, 12, 4, 0, 5, 30), BERLIN)  # noqa: DTZ001
    assert in_words(recurrence, "de", zone=BERLIN) == "täglich um 0:05:30 Uhr"


def test_a_reader_elsewhere_is_told_whose_clocks_it_keeps_to() -> None:
    """The filter knows the reader's zone; the rule keeps to its own."""
    texts = Texts()
    recurrence = Recurrence("FREQ=WEEKLY;BYDAY=MO", FIRST, BERLIN)
    message = text("recurrences.ambiguous", typed="Montag 9 Uhr", candidates=(recurrence,))
    assert "jeden Montag um 9:00 Uhr. Stimmt" in texts.render(message, "de", ZoneInfo(BERLIN)).plain
    assert "um 9:00 Uhr (Ortszeit Berlin). Stimmt" in texts.render(message, "de", ZoneInfo("Europe/London")).plain
    assert "at 9:00 (Berlin time). Is" in texts.render(message, "en", ZoneInfo("Europe/London")).plain


@pytest.mark.parametrize("language", ["de", "en"])
def test_days_and_months_are_called_what_they_are_called_elsewhere(language: str) -> None:
    days, months = get_day_names("wide", locale=language), get_month_names("wide", locale=language)
    assert list(rhythms._DAYS[language]) == [days[number] for number in range(7)]
    assert list(rhythms._MONTHS[language]) == [months[number] for number in range(1, 13)]
