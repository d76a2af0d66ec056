"""Recurrences that were asked back, read together with the answers."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.errors import UserError
from bot.language.doubts import ANSWERED
from bot.language.recurrence_answers import read_answered_recurrence
from tests.language.test_recurrences import shown

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2025, 11, 20, 10, tzinfo=BERLIN)  # a Thursday
MONDAYS = "WEEKLY;BYDAY=MO @ Mon 24.11.2025 09:00"


def read(*said: str) -> str:
    return shown(read_answered_recurrence(ANSWERED.join(said), now=NOW, zone=BERLIN))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (("jeden Montag 9:00",), MONDAYS),
        (("jeden Montag", "9 Uhr"), MONDAYS),
        (("jeden Montag", "9"), MONDAYS),
        (("jeden Montag", "um 9"), MONDAYS),
        (("jeden Montag", "jeden Dienstag 9 Uhr"), "WEEKLY;BYDAY=TU @ Tue 25.11.2025 09:00"),
        (("jeden Montag", "um 3", "2"), "WEEKLY;BYDAY=MO @ Mon 24.11.2025 15:00"),
        (("jeden Montag um 3", "15 Uhr"), "WEEKLY;BYDAY=MO @ Mon 24.11.2025 15:00"),
        (("jeden Montag um 3", "2"), "WEEKLY;BYDAY=MO @ Mon 24.11.2025 15:00"),
        (("jeden Montag 2:30", "9 Uhr"), MONDAYS),
        (("jeden Montag 25 Uhr", "9 Uhr"), MONDAYS),
        (("jeden Montag 2:30", "2:45", "9:00"), MONDAYS),
        (("Montag 9 Uhr", "ja"), MONDAYS),
        (("Montag", "9 Uhr", "ja"), MONDAYS),
        (("jeden Montga 9 Uhr", "Ja!"), MONDAYS),
        (("wöchentlich", "Montag 9 Uhr"), MONDAYS),
        (("wöchentlich", "montags", "9 Uhr"), MONDAYS),
        (("wöchentlich um 9", "am Montag"), MONDAYS),
        (("alle zwei Wochen", "donnerstags", "14 Uhr"), "WEEKLY;INTERVAL=2;BYDAY=TH @ Thu 20.11.2025 14:00"),
        (("jeden zweiten Dienstag 9 Uhr", "1"), "MONTHLY;BYDAY=2TU @ Tue 09.12.2025 09:00"),
        (("jeden zweiten Dienstag 9 Uhr", "2"), "WEEKLY;INTERVAL=2;BYDAY=TU @ Tue 25.11.2025 09:00"),
        (("jeden zweiten Dienstag 9 Uhr", "im Monat"), "MONTHLY;BYDAY=2TU @ Tue 09.12.2025 09:00"),
        (
            ("jeden zweiten Dienstag 9 Uhr", "alle zwei Wochen dienstags 9 Uhr"),
            "WEEKLY;INTERVAL=2;BYDAY=TU @ Tue 25.11.2025 09:00",
        ),
        (("jeden zweiten Dienstag 9 Uhr", "7", "2"), "WEEKLY;INTERVAL=2;BYDAY=TU @ Tue 25.11.2025 09:00"),
        (("alle 3 Monate", "am 1. um 9 Uhr"), "MONTHLY;INTERVAL=3;BYMONTHDAY=1 @ Mon 01.12.2025 09:00"),
        (("alle 3 Monate", "jeden 1. um 9 Uhr"), "MONTHLY;INTERVAL=3;BYMONTHDAY=1 @ Mon 01.12.2025 09:00"),
        (("alle 3 Monate 9 Uhr", "15"), "MONTHLY;INTERVAL=3;BYMONTHDAY=15 @ Mon 15.12.2025 09:00"),
        (("monatlich", "15.", "9 Uhr"), "MONTHLY;BYMONTHDAY=15 @ Mon 15.12.2025 09:00"),
        (("monatlich", "am ersten Dienstag", "9"), "MONTHLY;BYDAY=1TU @ Tue 02.12.2025 09:00"),
        (("jährlich", "15. März 9 Uhr"), "YEARLY;BYMONTH=3;BYMONTHDAY=15 @ Sun 15.03.2026 09:00"),
        (("31. jeden Monats", "am letzten Tag des Monats 9 Uhr"), "MONTHLY;BYMONTHDAY=-1 @ Sun 30.11.2025 09:00"),
        (("31. jeden Monats", "9 Uhr", "1"), "MONTHLY;BYMONTHDAY=-1 @ Sun 30.11.2025 09:00"),
        (("31. jeden Monats 9 Uhr", "2"), "MONTHLY;BYMONTHDAY=31 @ Wed 31.12.2025 09:00"),
        (("jeden 31.2. 9 Uhr", "jeden Montag 9 Uhr"), MONDAYS),
        (("Quatsch", "jeden Montag 9 Uhr"), MONDAYS),
        (("stündlich", "täglich 9 Uhr"), "DAILY @ Fri 21.11.2025 09:00"),
    ],
)
def test_answers_are_read_with_what_was_asked(said: tuple[str, ...], expected: str) -> None:
    assert read(*said) == expected


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (("jeden Montag", "bald"), "recurrences.unreadable"),
        (("jeden Montag", "2:30"), "recurrences.turned"),
        (("jeden Montag", "um 3"), "recurrences.ambiguous"),
        (("jeden Montag um 3", "7"), "recurrences.unreadable"),
        (("jeden zweiten Dienstag 9 Uhr", "ja"), "recurrences.unreadable"),  # which of the two?
        (("jeden zweiten Dienstag 9 Uhr", "10 Uhr"), "recurrences.ambiguous"),
        (("jeden 31.2. 9 Uhr", "10 Uhr"), "recurrences.unreadable"),
        (("wöchentlich", "9 Uhr"), "recurrences.which_weekday"),
        (("Quatsch", "9 Uhr"), "recurrences.unreadable"),
        (("Quatsch", "jeden Montag"), "recurrences.no_time"),
    ],
)
def test_what_stays_in_doubt_is_asked_again(said: tuple[str, ...], problem: str) -> None:
    with pytest.raises(UserError) as caught:
        read(*said)
    assert caught.value.text == problem
