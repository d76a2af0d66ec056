"""Votes in words and signs, and what must not be taken for one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.votes import choice_of_emoji, read_choice


@pytest.mark.parametrize(
    ("text", "choice", "reason"),
    [
        ("ja", "yes", ""),
        ("Ja!", "yes", ""),
        ("JA.", "yes", ""),
        ("dafür", "yes", ""),
        ("dafuer", "yes", ""),
        ("ich stimme zu", "yes", ""),
        ("Zustimmung", "yes", ""),
        ("aye", "yes", ""),
        ("for", "yes", ""),
        ("👍🏽", "yes", ""),
        ("✅ ja", "yes", ""),
        ("👍 weil gut", "yes", "weil gut"),
        ("Ja, gerne", "yes", ""),
        ("ja. Wir finden das gut.", "yes", "Wir finden das gut."),
        ("ja (telefonisch, Fr. Huber)", "yes", "telefonisch, Fr. Huber"),
        ("yes because it helps 👍🏽", "yes", "because it helps 👍🏽"),
        ("ja weil", "yes", ""),
        ("nein", "no", ""),
        ("nein weil die Fristen fehlen", "no", "weil die Fristen fehlen"),
        ("Nein, weil die Fristen fehlen", "no", "weil die Fristen fehlen"),
        ("Ablehnung: zu teuer", "no", "zu teuer"),
        ("nein – Fristen (siehe Anlage)", "no", "Fristen (siehe Anlage)"),
        ("dagegen", "no", ""),
        ("Ich stimme nicht zu", "no", ""),
        ("nay", "no", ""),
        ("against - too expensive", "no", "too expensive"),
        ("Enthaltung", "abstain", ""),
        ("ich enthalte mich", "abstain", ""),
        ("abstain", "abstain", ""),
        ("enthaltung\nwir wissen es nicht", "abstain", "wir wissen es nicht"),
        ("🤷‍♀️", "abstain", ""),
    ],
)
def test_votes(text: str, choice: str, reason: str) -> None:
    assert read_choice(text) == (choice, reason)


@pytest.mark.parametrize(
    ("text", "choice", "reason"),
    [
        ("Nein, lieber nicht.", "no", ""),
        ("Nein, tut mir leid.", "no", ""),
        ("nein (leider)", "no", ""),
        ("Nein, tut uns leid, aber uns fehlt das Geld", "no", "aber uns fehlt das Geld"),
        ("Ja, einverstanden!", "yes", ""),
        ("Ja, gerne!", "yes", ""),
        ("Ja, Ahornfeld stimmt zu.", "yes", ""),
        ("Wir sind einverstanden, vielen Dank", "yes", ""),
        ("Ja, sehr gerne, vielen Dank für die Vorbereitung!", "yes", ""),
        ("Guten Tag, wir stimmen mit Ja. Viele Grüße, Ben", "yes", ""),
        ("Nein\nUns fehlt Geld\nViele Grüße\nBen", "no", "Uns fehlt Geld"),
        ("okay", "yes", ""),
        ("passt", "yes", ""),
        ("Keine Einwände", "yes", ""),
        ("wir lehnen das ab", "no", ""),
        ("Doch lieber nein", "no", ""),
        ("Unsere Stimme: Ja", "yes", ""),
        ("nein, da das Geld fehlt", "no", "da das Geld fehlt"),
        ("nein, zu teuer", "no", "zu teuer"),
        ("nein, Begründung: zu teuer", "no", "zu teuer"),
        ("nein, uns fehlt das Geld", "no", "uns fehlt das Geld"),
    ],
)
def test_politeness_is_no_reason(text: str, choice: str, reason: str) -> None:
    assert read_choice(text) == (choice, reason)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Danke",
        "Wann ist Schluss?",
        "Das muss erst in den Rat",
        "Ja, Ahornfeld lehnt ab",
        "nein. Wann ist eigentlich Schluss?",
        "ja, aber",
        "2",
        "vielleicht",
        "ja oder nein",
        "ja, nein",
        "✅ nein",
        "👍👎",
        "das ist ja gut",
        "jain",
        "ja aber nur mit Frist",
        "ja, aber nur mit Frist",
        "ja, wenn die Frist passt",
        "yes, if the deadline holds",
        "für Lindenstadt ja",
        "nicht ja",
    ],
)
def test_no_votes(text: str) -> None:
    assert read_choice(text) == (None, "")


@pytest.mark.parametrize(
    ("key", "choice"),
    [
        ("👍", "yes"),
        ("👍🏿", "yes"),
        ("✅", "yes"),
        ("✔️", "yes"),
        ("👎🏻", "no"),
        ("❌", "no"),
        ("🤷🏽‍♂️", "abstain"),
        ("⚪", "abstain"),
        ("⚪️", "abstain"),
        ("🎉", None),
        ("ja", None),
        ("", None),
    ],
)
def test_signs(key: str, choice: str | None) -> None:
    assert choice_of_emoji(key) == choice


@given(st.text(max_size=60))
def test_no_vote_has_no_reason(text: str) -> None:
    choice, reason = read_choice(text)
    assert choice is not None or reason == ""


def test_long_texts_are_read_in_good_time() -> None:
    started = time.monotonic()
    assert read_choice("ja" + " " * 50_000 + "x")[0] is None
    assert read_choice("ja, " + "weil " * 10_000)[0] == "yes"
    assert time.monotonic() - started < 2
