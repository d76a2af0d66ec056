"""By how much a close is put off."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.errors import UserError
from bot.language.extensions import put_off, without_to

ZONE = ZoneInfo("Europe/Berlin")
CLOSE = datetime(2026, 12, 4, 11, 0, tzinfo=UTC)  # 12:00


@pytest.mark.parametrize(
    ("words", "local"),
    [
        ("1 Woche", "2026-12-11 12:00"),
        ("um eine Woche", "2026-12-11 12:00"),
        ("um 3 Tage", "2026-12-07 12:00"),
        ("um einen Tag", "2026-12-05 12:00"),
        ("by two weeks.", "2026-12-18 12:00"),
        ("um 2 Stunden", "2026-12-04 14:00"),
        ("um 1 Tag und 2 Stunden", "2026-12-05 14:00"),
        ("um einen Monat", "2027-01-04 12:00"),
        ("17 Wochen", "2027-04-02 12:00"),  # summer time: the clock stays
        ("Freitag 12 Uhr", None),
        ("um 15 Uhr", None),
        ("um 3", None),
        ("", None),
    ],
)
def test_it_counts_from_the_present_close(words: str, local: str | None) -> None:
    new = put_off(words, CLOSE, ZONE)
    assert (new and new.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")) == local


@pytest.mark.parametrize("words", ["um 9999999 Wochen", "um 999 Monate"])
def test_not_for_ever(words: str) -> None:
    with pytest.raises(UserError):
        put_off(words, CLOSE, ZONE)


def test_to_is_left_out() -> None:
    assert without_to("auf Freitag 12 Uhr") == "Freitag 12 Uhr"
    assert without_to("Freitag 12 Uhr") == "Freitag 12 Uhr"
