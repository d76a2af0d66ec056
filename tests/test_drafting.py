"""The form of a consultation at its limits, played through the whole bot."""

import pytest

from bot.domain.answers import Kind
from bot.procedures import drafting, sourcing
from bot.store import consultations
from bot.store.database import Database
from tests.dialogue import play

HEAD = "-- Montag, 23. November 2026, 9:00\nIm Raum „Plenum“ sind @anna, @ben.\n"
FORM = """@anna: !konsultation neu Probe
    Frage: Was nehmen wir?
    Schluss: 4.12.2026 12:00
    Offen ab: 30.11.2026 9:00
"""


async def answer(database: Database, lines: str) -> str:
    """What the bot says to the form with these lines below."""
    indented = "".join(f"    {line}\n" for line in lines.splitlines())
    return (await play(database, HEAD + FORM + indented)).rpartition("= Antwort\n")[2]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            "Art: Auswahl\nOptionen:\n- kurz\n- " + "x" * 5_000,
            "Option 2 ist mit 5.000 Zeichen zu lang; möglich sind 200",
        ),
        (
            "Art: Rangfolge\nOptionen: " + ", ".join(f"O{n}" for n in range(51)),
            "51 Optionen sind zu viele; möglich sind 50",
        ),
        ("\n".join(f"Vorlage {n}: Frage {n}?" for n in range(2, 42)), "41 Vorlagen sind zu viele; möglich sind 40"),
        ("Art: Auswahl\nOptionen: " + ", ".join(f"O{n}" for n in range(21)), "Zum Antippen sind das zu viele Optionen"),
        ("Quorum: 0 %", "Ein Quorum von 0 % geht nicht"),
        ("Text: " + "x" * 10_001, "zu lang"),
        ("Art: Termin\nOptionen: 1.2.2027 10:00; 1. Februar 2027 um 10 Uhr", "steht zweimal da"),
    ],
)
async def test_limits_are_said(database: Database, lines: str, said: str) -> None:
    assert said in await answer(database, lines)


async def test_forty_ballots_share_the_rules_of_the_first(database: Database) -> None:
    later = "\n".join(f"Vorlage {n}: Frage {n}?" for n in range(2, 41))
    assert "K1.40" in await answer(database, f"Regel: absolute Mehrheit\nBasis: alle\nQuorum: 60 %\n{later}")
    found = await database.run(lambda session: consultations.ballots(session, 1))
    assert len(found) == drafting.MOST_BALLOTS
    assert {(each.rule, each.base, each.quorum) for each in found} == {("absolute", "all", 60)}


async def test_a_rule_that_is_only_inherited_gives_way_to_one_that_fits(database: Database) -> None:
    await answer(database, "Regel: Konsent\nVorlage 2: Wohin?\nArt: Rangfolge\nOptionen: A, B, C")
    found = await database.run(lambda session: consultations.ballots(session, 1))
    assert [(each.kind, each.rule) for each in found] == [(Kind.APPROVAL, "consent"), (Kind.RANKING, "simple")]


async def test_an_option_is_frozen_as_typed(database: Database) -> None:
    await answer(database, "Art: Mehrfachauswahl\nOptionen:\n• <b>Rot</b>\n- Blau, hell\n* 3 Farben")
    sheet = await database.run(lambda session: consultations.sheet(consultations.ballot(session, 1)))
    assert [option.label for option in sheet.options] == ["<b>Rot</b>", "Blau, hell", "3 Farben"]


@pytest.mark.parametrize(
    ("typed", "title", "keys"),
    [
        ("Leitsätze aus E4 E7", "Leitsätze", ("E4", "E7")),
        ("aus t 2", "", ("T2",)),
        ("Runde from E4/2, e7 and K3", "Runde", ("E4/2", "E7", "K3")),
        ("Zuerst E4 und dann aus E5.", "Zuerst E4 und dann", ("E5",)),
        ("Vom Haus aus E-Mails", "Vom Haus aus E-Mails", ()),
        ("Aus Erfahrung", "Aus Erfahrung", ()),
        ("a aus " * 4_000, "a aus " * 3_999 + "a aus", ()),
    ],
)
def test_what_a_title_names(typed: str, title: str, keys: tuple[str, ...]) -> None:
    assert sourcing.named(typed) == (title, keys)
