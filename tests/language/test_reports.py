"""Answers to a check-in: each is understood as a reader would, or asked back. The tables were gone through by hand."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.project import Light
from bot.errors import UserError
from bot.language.report_lights import is_labelled, light_of_sign
from bot.language.reports import (
    ANSWERED,
    Report,
    is_for_all,
    is_unchanged,
    read_report,
    says_plainly,
)

GREEN, YELLOW, RED = Light.GREEN, Light.YELLOW, Light.RED
UNCHANGED = "(keine Änderung)"

RIGHT = [
    ("gelb, 60 %, Vergabe verzögert", YELLOW, 60, "Vergabe verzögert"),
    ("gelb 60% Vergabe verzögert sich um zwei Wochen", YELLOW, 60, "Vergabe verzögert sich um zwei Wochen"),
    ("yellow 60% tender delayed", YELLOW, 60, "tender delayed"),
    ("60 % gelb", YELLOW, 60, ""),
    ("gelb", YELLOW, None, ""),
    ("Gelb.", YELLOW, None, ""),
    ("rot!!", RED, None, ""),
    ("🟡", YELLOW, None, ""),
    ("🟨 60 %", YELLOW, 60, ""),
    ("🟢 alles gut", GREEN, None, ""),
    ("60 %", None, 60, ""),
    ("60%", None, 60, ""),
    ("gelb 60", YELLOW, 60, ""),
    ("gelb, 60, Vergabe läuft", YELLOW, 60, "Vergabe läuft"),
    ("gelb 3 Ämter fehlen", YELLOW, None, "3 Ämter fehlen"),
    ("60 gelb", YELLOW, 60, ""),
    ("60 von 100", None, 60, ""),
    ("60/100", None, 60, ""),
    ("60 von 100 Ämtern sind dabei", None, None, "60 von 100 Ämtern sind dabei"),
    ("3 von 5 Ämtern angeschlossen", None, None, "3 von 5 Ämtern angeschlossen"),
    ("Die Ampel steht weiterhin auf rot", RED, None, ""),
    ("wir bleiben gelb", YELLOW, None, ""),
    ("Ampel: gelb", YELLOW, None, ""),
    ("Status gelb, Fortschritt 60", YELLOW, 60, ""),
    ("Fortschritt: 60", None, 60, ""),
    ("grünes Licht vom Rat", None, None, "grünes Licht vom Rat"),
    ("keine Änderung", None, None, UNCHANGED),
    ("Keine Änderung.", None, None, UNCHANGED),
    ("keine Änderungen", None, None, UNCHANGED),
    ("unverändert", None, None, UNCHANGED),
    ("Unverändert!", None, None, UNCHANGED),
    ("alles beim Alten", None, None, UNCHANGED),
    ("no change", None, None, UNCHANGED),
    ("nothing new", None, None, UNCHANGED),
    ("Nein, keine Änderung", None, None, UNCHANGED),
    ("keine Änderung seit letzter Woche", None, None, UNCHANGED),
    ("keine Änderung, Zuschlag kommt im Dezember", None, None, "keine Änderung, Zuschlag kommt im Dezember"),
    ("keine Änderung am Zeitplan, aber Geld fehlt", None, None, "keine Änderung am Zeitplan, aber Geld fehlt"),
    ("bei allen keine Änderung", None, None, UNCHANGED),
    ("alles unverändert", None, None, UNCHANGED),
    ("Hallo, keine Änderung. Viele Grüße, Ben", None, None, UNCHANGED),
    ("Guten Tag, gelb, 60 %, Vergabe verzögert. Viele Grüße, Ben", YELLOW, 60, "Vergabe verzögert."),
    ("nicht unverändert", None, None, "nicht unverändert"),
    ("ca. 60 %", None, 60, ""),
    ("60 % erledigt, 40 % offen", None, 60, "60 % erledigt, 40 % offen"),
    ("40 % der Ämter sind dabei", None, None, "40 % der Ämter sind dabei"),
    ("Wir sind bei 60 %", None, 60, ""),
    ("wir haben 60 % geschafft", None, 60, "wir haben 60 % geschafft"),
    ("Hindernis: Vergabe\nNächster Schritt: Zuschlag", None, None, "Hindernis: Vergabe\nNächster Schritt: Zuschlag"),
    (
        "gelb\n60 %\nHindernis: Geld fehlt\nNächster Schritt: Antrag",
        YELLOW,
        60,
        "Hindernis: Geld fehlt\nNächster Schritt: Antrag",
    ),
    ("Hindernis: Geld", None, None, "Hindernis: Geld"),
    ("Geld fehlt", None, None, "Geld fehlt"),
    ("Vergabe verzögert sich, gelb, 60 Prozent", YELLOW, 60, "Vergabe verzögert sich"),
    ("Vergabe verzögert sich gelb 60 %", YELLOW, 60, "Vergabe verzögert sich"),
    ("Vergabe läuft - gelb", YELLOW, None, "Vergabe läuft"),
    ("ja", None, None, "ja"),
    ("nein", None, None, "nein"),
    ("ok", None, None, "ok"),
    ("gelb, 60 %, Beteiligung bei 40 %", YELLOW, 60, "Beteiligung bei 40 %"),
    ("grün, 100 %, abgeschlossen", GREEN, 100, "abgeschlossen"),
    ("gruen 80 prozent", GREEN, 80, ""),
    ("GRÜN 80%", GREEN, 80, ""),
    ("0 %", None, 0, ""),
    ("100%", None, 100, ""),
    ("60,5 %", None, 61, ""),
    ("yellow, sixty percent", YELLOW, None, "sixty percent"),
    ("still green", GREEN, None, ""),
    ("red, 20 %, no staff", RED, 20, "no staff"),
    ("Wir warten auf den Zuschlag.", None, None, "Wir warten auf den Zuschlag."),
    ("Wann soll das sein?", None, None, "Wann soll das sein?"),
    ("weiterhin gelb", YELLOW, None, ""),
    ("weiter grün, 80 %", GREEN, 80, ""),
    ("gelb: Vergabe verzögert", YELLOW, None, "Vergabe verzögert"),
    ("gelb (60 %)", YELLOW, 60, ""),
    ("(gelb) 60%", YELLOW, 60, ""),
    ("**gelb** 60 %", YELLOW, 60, ""),
    ("„gelb“", YELLOW, None, ""),
    ("gelb und 60 %", YELLOW, 60, ""),
    ("60 % und gelb", YELLOW, 60, ""),
    ("zu 60 % fertig", None, 60, "zu 60 % fertig"),
    ("zur Hälfte fertig", None, None, "zur Hälfte fertig"),
    ("rot, weil kein Personal", RED, None, "weil kein Personal"),
    ("gelb weil Personal fehlt", YELLOW, None, "weil Personal fehlt"),
    ("🟡 60 % Vergabe nicht erteilt", YELLOW, 60, "Vergabe nicht erteilt"),
    ("gelb Zuschlag noch nicht erteilt", YELLOW, None, "Zuschlag noch nicht erteilt"),
    ("grün. Alles läuft.", GREEN, None, "Alles läuft."),
    ("60 % - gelb - Vergabe", YELLOW, 60, "Vergabe"),
    ("-- gelb", YELLOW, None, ""),
    ("status: unverändert gelb", YELLOW, None, ""),
    ("unverändert gelb", YELLOW, None, ""),
    ("gelb, unverändert", YELLOW, None, ""),
    ("gelb, 55 % (statt 60 %)", YELLOW, 55, "(statt 60 %)"),
    ("- gelb", YELLOW, None, ""),
    ("gelb, rund 60 %", YELLOW, 60, ""),
    ("Kosten um 150 % gestiegen, gelb", YELLOW, None, "Kosten um 150 % gestiegen"),
    ("nicht mehr rot, Zuschlag da ⟶ gelb", YELLOW, None, "nicht mehr rot, Zuschlag da"),
    ("150 % ⟶ 50 %", None, 50, ""),
    ("gelb 150 % Vergabe ⟶ 50", YELLOW, 50, "gelb Vergabe"),
    ("von gelb auf rot, Zuschlag aufgehoben ⟶ rot", RED, None, "von gelb auf rot, Zuschlag aufgehoben"),
    ("fast 60 % ⟶ ja", None, 60, ""),
    ("Der Server ist rot ⟶ nein", None, None, "Der Server ist rot"),
    ("Der Server ist rot ⟶ ja", RED, None, "Der Server ist rot"),
    ("60 ⟶ ja", None, 60, ""),
    ("60 ⟶ nein", None, None, ""),
    ("60 ⟶ 65", None, 65, ""),
    ("gelb, grün ⟶ keine Änderung", None, None, UNCHANGED),
    ("gelb, grün, 150 % ⟶ grün ⟶ 15", GREEN, 15, ""),
    ("fertig ⟶ ja", None, 100, "fertig"),
    ("Status gelb, 85 %", YELLOW, 85, ""),
    ("🟢", GREEN, None, ""),
    ("🟥", RED, None, ""),
    ("🟡 60% Vergabe verzögert", YELLOW, 60, "Vergabe verzögert"),
    ("keine Änderungen gegenüber letzter Woche", None, None, UNCHANGED),
    ("Nichts Neues!", None, None, UNCHANGED),
    ("bei uns nichts Neues", None, None, UNCHANGED),
    ("Alles wie gehabt, danke", None, None, UNCHANGED),
    ("Es hat sich nichts geändert.", None, None, UNCHANGED),
    ("no changes since last week", None, None, UNCHANGED),
    ("unchanged, thanks", None, None, UNCHANGED),
    ("same as last week", None, None, UNCHANGED),
    ("k.Ä.", None, None, UNCHANGED),
    ("dito", None, None, UNCHANGED),
    ("Stand unverändert", None, None, UNCHANGED),
    ("keine Änderung - danke", None, None, UNCHANGED),
    ("keine keine Änderung", None, None, "keine keine Änderung"),
    ("gelb aber 60 %", YELLOW, 60, ""),
    ("amber, 40 percent, waiting for legal", YELLOW, 40, "waiting for legal"),
    ("green 100% done", GREEN, 100, "100% done"),
    ("60 out of 100", None, 60, ""),
    ("blocker: no staff", None, None, "blocker: no staff"),
    ("next step: tender", None, None, "next step: tender"),
    ("Problem: Geld\ngelb", YELLOW, None, "Problem: Geld"),
    ("Yellow (60 %): tender delayed", YELLOW, 60, "tender delayed"),
    ("60 %, gelb, Vergabe verzögert sich um 2 Wochen", YELLOW, 60, "Vergabe verzögert sich um 2 Wochen"),
    ("Rot ist die Lage", RED, None, "ist die Lage"),
    ("Fortschritt 60 %", None, 60, ""),
    ("Umsetzungsstand: 60 %", None, 60, ""),
    ("60 Prozent erreicht", None, 60, "erreicht"),
    ("rot, rot, rot", RED, None, ""),
    ("GELB 60 PROZENT", YELLOW, 60, ""),
]
ASKED_BACK = [
    ("60", "meant_progress", {"value": 60}),
    ("gelb 60 Vergabe läuft", "meant_progress", {"value": 60}),
    ("150 %", "progress_range", {"value": 150}),
    ("gelb 150 %", "progress_range", {"value": 150}),
    ("-10 %", "meant_progress", {"value": 10}),
    ("+10 %", "meant_progress", {"value": 10}),
    ("von grün auf gelb", "two_lights", {"lights": [GREEN, YELLOW]}),
    ("grün, gelb", "two_lights", {"lights": [GREEN, YELLOW]}),
    ("grün/gelb", "two_lights", {"lights": [GREEN, YELLOW]}),
    ("gelb-grün", "two_lights", {"lights": [YELLOW, GREEN]}),
    ("gelbgrün", "two_lights", {"lights": [YELLOW, GREEN]}),
    ("🟢→🟡", "two_lights", {"lights": [GREEN, YELLOW]}),
    ("nicht mehr rot", "which_light", {}),
    ("noch nicht grün", "which_light", {}),
    ("kein Rot mehr", "which_light", {}),
    ("nicht gelb, sondern rot", "two_lights", {"lights": [YELLOW, RED]}),
    ("weder grün noch gelb", "two_lights", {"lights": [GREEN, YELLOW]}),
    ("rot?", "meant_light", {"light": RED}),
    ("fast grün", "meant_light", {"light": GREEN}),
    ("bald wieder grün", "meant_light", {"light": GREEN}),
    ("hoffentlich grün", "meant_light", {"light": GREEN}),
    ("wird grün", "meant_light", {"light": GREEN}),
    ("eher gelb", "meant_light", {"light": YELLOW}),
    ("orange", "which_light", {}),
    ("war rot", "meant_light", {"light": RED}),
    ("rot war gestern", "meant_light", {"light": RED}),
    ("Der Server ist rot", "meant_light", {"light": RED}),
    ("im grünen Bereich", "meant_light", {"light": GREEN}),
    ("alles im grünen Bereich", "meant_light", {"light": GREEN}),
    ("green light from the council", "meant_light", {"light": GREEN}),
    ("red tape everywhere", "meant_light", {"light": RED}),
    ("fertig", "meant_progress", {"value": 100}),
    ("erledigt", "meant_progress", {"value": 100}),
    ("fast 60 %", "meant_progress", {"value": 60}),
    ("über 60 %", "meant_progress", {"value": 60}),
    ("noch 40 % offen", "meant_progress", {"value": 40}),
    ("40 % fehlen noch", "meant_progress", {"value": 40}),
    ("60 % Budget verbraucht", "meant_progress", {"value": 60}),
    ("von 40 auf 60 %", "which_progress", {"values": [40, 60]}),
    ("von 40 % auf 60 %", "which_progress", {"values": [40, 60]}),
    ("40-60 %", "which_progress", {"values": [40, 60]}),
    ("60 bis 70 %", "which_progress", {"values": [60, 70]}),
    ("sind jetzt bei 60 %", "meant_progress", {"value": 60}),
    ("noch nicht 60 %", "meant_progress", {"value": 60}),
    ("Geld 60 %", "meant_light", {"light": YELLOW}),
    ("gleb 60%", "meant_light", {"light": YELLOW}),
    ("geld, 60 %", "meant_light", {"light": YELLOW}),
    ("Vergabe läuft gelb", "meant_light", {"light": YELLOW}),
    ("gelb, weil der Bereich IT noch rot ist", "two_lights", {"lights": [YELLOW, RED]}),
    ("no longer red", "which_light", {}),
    ("rot ist es nicht mehr", "which_light", {}),
    ("gelb, nicht rot", "two_lights", {"lights": [YELLOW, RED]}),
    ("1.000 %", "progress_range", {"value": 1000}),
    ("gelb, grün ⟶ blau", "two_lights", {"lights": [YELLOW, GREEN]}),
    ("not yet green", "which_light", {}),
    ("it was red, now yellow", "two_lights", {"lights": [RED, YELLOW]}),
    ("red?", "meant_light", {"light": RED}),
    ("almost 60 %", "meant_progress", {"value": 60}),
    ("20 % left", "meant_progress", {"value": 20}),
    ("yellow 250%", "progress_range", {"value": 250}),
    ("Die Vergabe verzögert sich um 2 Wochen, deshalb gelb bei 60 %", "meant_light", {"light": YELLOW}),
    ("Deshalb gelb", "meant_light", {"light": YELLOW}),
]


@pytest.mark.parametrize(("words", "light", "progress", "text"), RIGHT)
def test_understood(words: str, light: Light | None, progress: int | None, text: str) -> None:
    report = read_report(words)
    assert (report.light, report.progress) == (light, progress)
    assert report.unchanged is (text == UNCHANGED)
    assert report.text == ("" if report.unchanged else text)


@pytest.mark.parametrize(("words", "question", "values"), ASKED_BACK)
def test_asked_back(words: str, question: str, values: dict[str, object]) -> None:
    with pytest.raises(UserError) as asked:
        read_report(words)
    assert (asked.value.text, asked.value.values) == (f"reports.{question}", values)


def test_the_tables_are_long_enough() -> None:
    assert len(RIGHT) + len(ASKED_BACK) >= 120
    assert len({words for words, *_ in [*RIGHT, *ASKED_BACK]}) == len(RIGHT) + len(ASKED_BACK)


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("gelb", True),
        ("60 %", True),
        ("keine Änderung", True),
        ("Hindernis: Personal", True),
        ("nicht mehr rot", True),  # in doubt, but about a status
        ("gelb, grün", True),
        ("60", False),  # may be anything
        ("2", False),
        ("ja", False),
        ("Wir warten auf den Zuschlag", False),
        ("Danke!", False),
        ("40 % der Ämter sind dabei", False),
    ],
)
def test_what_plainly_is_a_status(words: str, plain: bool) -> None:
    assert says_plainly(words) is plain


@pytest.mark.parametrize(
    ("words", "of_all"),
    [("alles unverändert", True), ("bei allen keine Änderung", True), ("all unchanged", True), ("unverändert", False)],
)
def test_no_change_of_everything(words: str, of_all: bool) -> None:
    assert is_unchanged(words)
    assert is_for_all(words) is of_all


@pytest.mark.parametrize("words", ["alles gut", "alle grün", "keine Änderung, aber das Geld fehlt", "ja", ""])
def test_no_other_word_means_no_change(words: str) -> None:
    assert not is_unchanged(words)
    assert not is_for_all(words)


@pytest.mark.parametrize(
    ("sign", "light"),
    [("🟢", GREEN), ("🟩", GREEN), ("🟡", YELLOW), ("🟨", YELLOW), ("🔴", RED), ("🟥", RED), ("🔴\ufe0f", RED)],
)
def test_a_tap(sign: str, light: Light) -> None:
    assert light_of_sign(sign) is light


@pytest.mark.parametrize("sign", ["👍", "✅", "❤️", "💚", "🟠", "🎉", "", "1️⃣", "🟢🔴", "gelb"])
def test_no_tap(sign: str) -> None:
    assert light_of_sign(sign) is None


def test_an_obstacle_and_a_next_step_stay_in_the_text() -> None:
    said = "gelb, 60 %\nHindernis: Personal fehlt\nNächster Schritt: Zuschlag am 12. Dezember"
    behind = said.partition("\n")[2]
    assert read_report(said) == Report(YELLOW, 60, behind, told=True)


def test_a_label_is_no_command() -> None:
    assert is_labelled("Status gelb 60 %")
    assert is_labelled("Stand: 60 %")
    assert not is_labelled("status eAkte gelb")
    assert not is_labelled("status gelbeSäcke")


def _read(words: str) -> Report | UserError:
    try:
        return read_report(words)
    except UserError as asked:
        return asked


@example("🔴0%0🟡")
@given(st.text(alphabet="gelbrotün 0123456789%,.;:!?-–🟢🟡🔴\n⟶→()", max_size=60))
def test_anything_is_a_report_or_a_question(words: str) -> None:
    said = _read(words)
    if isinstance(said, UserError):
        assert said.text.startswith("reports.")
    else:
        assert said.progress is None or 0 <= said.progress <= 100
        assert not (said.unchanged and said.text)


@pytest.mark.parametrize(
    "piece", ["gelb ", "60 % ", "nicht ", "von 40 auf ", "🟡", "(", "keine Änderung, ", "1.000", "a"]
)
@pytest.mark.parametrize("length", [2_300, 20_000])
def test_long_texts_are_read_to_the_end(piece: str, length: int) -> None:
    assert _read(piece * (length // len(piece))) is not None


@pytest.mark.parametrize("words", ["fast 60 %", "nicht ganz grün", "60", "rot?"])
def test_a_no_leaves_nothing(words: str) -> None:
    said = _read(f"{words}{ANSWERED}nein")
    assert isinstance(said, UserError) or said.is_empty


@pytest.mark.parametrize("words", ["...", "", "!!", "👍"])
def test_signs_alone_say_nothing(words: str) -> None:
    assert read_report(words).is_empty


def test_an_answer_that_says_more_replaces_what_was_in_doubt() -> None:
    assert read_report(f"gelb, grün{ANSWERED}rot, 20 %, Geld fehlt") == Report(RED, 20, "Geld fehlt")
