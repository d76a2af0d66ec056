"""Time zones as people name them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest

from bot.errors import UserError
from bot.language.doubts import ANSWERED
from bot.language.zones import read_answered_zone, read_zone
from bot.texts.zones import by_city, city

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/London", "Europe/London"),
        ("europe/london", "Europe/London"),
        ("America/New York", "America/New_York"),
        ("London", "Europe/London"),
        ("LONDON.", "Europe/London"),
        ("Wien", "Europe/Vienna"),
        ("Vienna", "Europe/Vienna"),
        ("Kiew", "Europe/Kyiv"),
        ("Kyiv", "Europe/Kyiv"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("Kiev", "Europe/Kyiv"),
        ("Zürich", "Europe/Zurich"),
        ("Zuerich", "Europe/Zurich"),
        ("Prag", "Europe/Prague"),
        ("Kalkutta", "Asia/Kolkata"),
        ("New York", "America/New_York"),
        ("Buenos Aires", "America/Argentina/Buenos_Aires"),
        ("Österreich", "Europe/Vienna"),
        ("Deutschland", "Europe/Berlin"),  # Büsingen keeps the same time
        ("Vereinigtes Königreich", "Europe/London"),
        ("United Kingdom", "Europe/London"),
        ("CH", "Europe/Zurich"),
        ("Ortszeit Wien", "Europe/Vienna"),
        ("Vienna time", "Europe/Vienna"),
    ],
)
def test_a_zone_is_read(typed: str, zone: str) -> None:
    assert read_zone(typed, now=NOW) == zone


@pytest.mark.parametrize(
    ("typed", "close"),
    [
        ("Lodnon", ("Europe/London",)),
        ("Berln", ("Europe/Berlin",)),
        ("Wiehn", ("Europe/Vienna",)),
        ("Quatsch", ()),
        ("", ()),
        ("UTC", ()),
        ("Etc/GMT+2", ()),  # two hours west: nobody means that
        ("x" * 1000, ()),
    ],
)
def test_what_is_unknown_is_not_guessed(typed: str, close: tuple[str, ...]) -> None:
    with pytest.raises(UserError) as caught:
        read_zone(typed, now=NOW)
    assert (caught.value.text, caught.value.values["close"]) == ("zones.unknown", close)


@pytest.mark.parametrize(
    ("typed", "zones"),
    [
        ("Spanien", ("Africa/Ceuta", "Atlantic/Canary", "Europe/Madrid")),
        ("USA", None),
        ("Vereinigte Staaten", ()),
    ],
)
def test_a_country_with_several_is_asked_back(typed: str, zones: tuple[str, ...] | None) -> None:
    with pytest.raises(UserError) as caught:
        read_zone(typed, now=NOW)
    assert caught.value.text == ("zones.unknown" if zones is None else "zones.several")
    assert caught.value.values.get("zones") == zones


@pytest.mark.parametrize(
    ("said", "zone"),
    [
        (("Lodnon", "ja"), "Europe/London"),
        (("Lodnon", "Paris"), "Europe/Paris"),
        (("Spanien", "3"), "Europe/Madrid"),
        (("Spanien", "Kanaren"), "Atlantic/Canary"),
        (("Spanien", "Mardid", "yes"), "Europe/Madrid"),
    ],
)
def test_answers_to_what_was_asked_back(said: tuple[str, ...], zone: str) -> None:
    assert read_answered_zone(ANSWERED.join(said), now=NOW) == zone


@pytest.mark.parametrize("said", [("Spanien", "7"), ("Spanien", "ja"), ("Quatsch", "1")])
def test_an_answer_that_names_nothing_is_asked_again(said: tuple[str, ...]) -> None:
    with pytest.raises(UserError, match=r"zones\.unknown"):
        read_answered_zone(ANSWERED.join(said), now=NOW)


@pytest.mark.parametrize("language", ["de", "en"])
def test_whatever_a_zone_is_called_means_it(language: str) -> None:
    """What we show can be typed; and whatever can be set exists, so that no stored name ever fails."""
    for name in set(by_city().values()):
        assert name in available_timezones()
        shown = city(ZoneInfo(name), language)
        assert "/" not in shown
        assert read_zone(shown, now=NOW) == name
        assert read_zone(name, now=NOW) == name
