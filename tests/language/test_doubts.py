"""Dates that were asked back, read together with the answers."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.errors import UserError
from bot.language.doubts import ANSWERED, read_answered

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2025, 11, 20, 10, 0, tzinfo=BERLIN)  # a Thursday


def read(*said: str) -> str:
    moment = read_answered(ANSWERED.join(said), now=NOW, zone=BERLIN)
    return moment.at.astimezone(BERLIN).strftime("%d.%m.%Y %H:%M")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (("12.12.2025 12:00",), "12.12.2025 12:00"),
        (("18.12.2025 um 3", "15 Uhr"), "18.12.2025 15:00"),  # the day that was meant, not today
        (("18.12.2025 um 3", "2"), "18.12.2025 15:00"),
        (("Donnerstag", "2"), "27.11.2025 18:00"),
        (("Donnerstag", "27.11. 9 Uhr"), "27.11.2025 09:00"),
        (("Donnerstag", "9 Uhr"), "27.11.2025 09:00"),  # today at nine is over
        (("Donnerstag", "12 Uhr", "1"), "20.11.2025 12:00"),
        (("Donnerstag", "7", "2"), "27.11.2025 18:00"),  # a slip does not take the offers back
        (("Quatsch", "12.12.2025"), "12.12.2025 18:00"),
        (("12.11.2025", "12.12.2025 8:00"), "12.12.2025 08:00"),
    ],
)
def test_answers_are_read_with_what_was_asked(said: tuple[str, ...], expected: str) -> None:
    assert read(*said) == expected


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (("Donnerstag", "12 Uhr"), "dates.ambiguous"),  # both Thursdays have a noon ahead
        (("12.11.2025", "12 Uhr"), "dates.which_day"),  # never „today“, which nobody said
        (("Quatsch", "15 Uhr"), "dates.which_day"),
        (("18.12.2025 um 3", "halb drei"), "dates.unreadable"),
        (("18.12.2025 um 3", "vielleicht"), "dates.unreadable"),
        (("Donnerstag", "7"), "dates.unreadable"),
        (("Donnerstag", "gestern"), "dates.past"),
    ],
)
def test_what_stays_in_doubt_is_asked_again(said: tuple[str, ...], problem: str) -> None:
    with pytest.raises(UserError) as caught:
        read(*said)
    assert caught.value.text == problem
