"""Light, percentage and text from one line; what is only a word stays a word."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.project import Light
from bot.errors import UserError
from bot.language.lights import StatusWords, read_status

GREEN, YELLOW, RED = Light.GREEN, Light.YELLOW, Light.RED


@pytest.mark.parametrize(
    ("text", "light", "progress", "rest"),
    [
        ("gelb 60% Vergabe verzögert sich um zwei Wochen", YELLOW, 60, "Vergabe verzögert sich um zwei Wochen"),
        ("gelb, 60 %, Vergabe verzögert", YELLOW, 60, "Vergabe verzögert"),
        ("60% gelb Vergabe", YELLOW, 60, "Vergabe"),
        ("60% Vergabe gelb", YELLOW, 60, "Vergabe"),
        ("Vergabe läuft gelb 60 %", YELLOW, 60, "Vergabe läuft"),
        ("Vergabe läuft, gelb 60 %, Ende Mai", YELLOW, 60, "Vergabe läuft, Ende Mai"),
        ("Ampel: gelb, Fortschritt: 60 %, alles gut", YELLOW, 60, "alles gut"),
        ("yellow 60 percent delayed", YELLOW, 60, "delayed"),
        ("gelb/60%/Text", YELLOW, 60, "Text"),
        ("gelb,60%", YELLOW, 60, ""),
        ("gelb\n60 %\n- eins\n- zwei", YELLOW, 60, "- eins\n- zwei"),
        ("60% Vergabe verzögert sich", None, 60, "Vergabe verzögert sich"),
        ("Vergabe zu 60 %", None, 60, "Vergabe"),
        ("60 Prozent", None, 60, ""),
        ("60,5 %", None, 61, ""),
        ("0%", None, 0, ""),
        ("GRÜN", GREEN, None, ""),
        ("gru\u0308n", GREEN, None, ""),
        ("gruen", GREEN, None, ""),
        ("amber", YELLOW, None, ""),
        ("rot!", RED, None, ""),
        ("Grün. Alles läuft.", GREEN, None, "Alles läuft."),
        ("🟢 läuft", GREEN, None, "läuft"),
        ("Läuft 🟡 weiter", YELLOW, None, "Läuft weiter"),
        ("🔴\ufe0f", RED, None, ""),
        ("gelb gelb", YELLOW, None, ""),
        ("Die Ampel steht auf rot", RED, None, "Die Ampel steht auf rot"),
        ("Der Server ist rot.", RED, None, "Der Server ist rot."),
        ("Wir sind bei 60 %", None, 60, "Wir sind bei 60 %"),
        ("zu 60 % fertig", None, 60, "zu 60 % fertig"),
        ("60 % erledigt, 40 % offen", None, 60, "60 % erledigt, 40 % offen"),
        ("gelb 50% Der Dienstleister liefert später.", YELLOW, 50, "Der Dienstleister liefert später."),
        ("grün 100 % Alle Geodaten sind da", GREEN, 100, "Alle Geodaten sind da"),
    ],
)
def test_recognised(text: str, light: Light | None, progress: int | None, rest: str) -> None:
    assert read_status(text) == StatusWords(light, progress, rest)


@pytest.mark.parametrize(
    "text",
    [
        "Der rote Faden fehlt",
        "Wir sind im grünen Bereich",
        "Rot-weiß ist die Fahne",
        "Die Ampel ist noch nicht grün",
        "Das Team rot hat verloren",
        "40 % der Ämter sind dabei",
        "120 % mehr Anträge",
        "Beteiligung bei 40 %",
        "Text mit 40 % in der Mitte",
        "60–70 % geschafft",
        "- erster Punkt\n- zweiter Punkt",
        "keine Änderung",
        "",
    ],
)
def test_stays_text(text: str) -> None:
    assert read_status(text) == StatusWords(None, None, text)


def test_a_light_before_a_sentence_that_starts_with_a_percentage() -> None:
    assert read_status("gelb 40 % der Ämter sind dabei") == StatusWords(YELLOW, None, "40 % der Ämter sind dabei")


@pytest.mark.parametrize("text", ["gelb rot", "🟢 rot", "grün 60 % rot", "gelb Vergabe läuft rot", "🟢🔴"])
def test_two_lights(text: str) -> None:
    with pytest.raises(UserError) as refused:
        read_status(text)
    assert refused.value.text == "status.two_lights"


@pytest.mark.parametrize(("text", "value"), [("150%", 150), ("gelb 101 %", 101), ("Vergabe 999 Prozent", 999)])
def test_more_than_all(text: str, value: int) -> None:
    with pytest.raises(UserError) as refused:
        read_status(text)
    assert (refused.value.text, refused.value.values) == ("status.progress_range", {"value": value})


PIECES = ("gelb", "rot", "60%", "zu", "🟢", ",", "-", "Vergabe", "der", "fertig", "\n", "nicht", "ist", "101 %", ".")


@given(st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join) | st.text(max_size=60))
def test_nothing_but_a_user_error(text: str) -> None:
    refused, status = "", StatusWords(None, None, "")
    try:
        status = read_status(text)
    except UserError as error:
        refused = error.text
    assert refused in {"", "status.two_lights", "status.progress_range"}
    assert status.progress is None or 0 <= status.progress <= 100
    assert status.text == status.text.strip()


@pytest.mark.parametrize("filler", [" ", "-", "gelb ", "60 % ", "zu ", "1", "nicht ", "x ", "🟡 "])
def test_long_texts_are_read_in_good_time(filler: str) -> None:
    started = time.monotonic()
    with contextlib.suppress(UserError):
        read_status("x" + filler * 10_000 + "x")
    assert time.monotonic() - started < 2
