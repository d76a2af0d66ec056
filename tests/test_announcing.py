"""What is said stays true: after a later close, a new text, a call off; and under which rule a ballot is decided."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.domain.deciding import Outcome
from bot.store.database import Database
from bot.store.outbox import Row
from bot.texts import Text
from tests.fakes import ANNA, BEN, CEM, Bot, plain
from tests.test_texts import HOUSE, TEXTS

OPEN = "!konsultation neu Grundsätze\nFrage: Stimmen Sie zu?\nSchluss: 11.12.2026 12:00"
KINDS = (
    ("Rangfolge", "es gewinnt, wer jeden Vergleich besteht"),
    ("Punkte", "die meisten Punkte entscheiden"),
    ("Widerstand", "der geringste Widerstand entscheidet"),
    ("Auswahl", "die meisten Stimmen entscheiden"),
    ("Mehrfachauswahl", "die meisten Stimmen entscheiden"),
)


@pytest.fixture
async def bot(database: Database) -> Bot:
    bot = Bot(database)
    await bot.enter()
    return bot


def said(rows: Sequence[Row], key: str) -> str:
    (found,) = [plain(row) for row in rows if row.key == key]
    return found


def edited(rows: Sequence[Row]) -> dict[str, str]:
    return {row.refers_to or "": plain(row) for row in rows if '"m.replace"' in row.content}


@pytest.mark.parametrize(("kind", "decides"), KINDS)
async def test_what_is_said_to_decide_does(kind: str, decides: str, bot: Bot) -> None:
    rows = await bot.say(ANNA, f"{OPEN}\nArt: {kind}\nOptionen: A, B, C")
    announced = said(rows, "consultation/1/announcement")
    assert decides in announced
    assert "einfache Mehrheit" not in announced


async def test_every_sheet_shows_the_later_close_and_that_it_is_called_off(bot: Bot) -> None:
    await bot.say(ANNA, f"{OPEN}\nVorlage 2\nFrage: Und jetzt?")
    later = edited(await bot.say(ANNA, "!konsultation K1 verlängern 18.12.2026 12:00"))
    for key in ("consultation/1/announcement", "ballot/1/sheet", "ballot/2/sheet"):
        assert "18. Dezember 2026" in later[key]
        assert "11. Dezember" not in later[key]
    off = edited(await bot.say(ANNA, "!konsultation K1 absagen"))
    for key in ("ballot/1/sheet", "ballot/2/sheet"):
        assert "Abgesagt." in off[key]
        assert "Tippen" not in off[key]
        assert "offen bis" not in off[key]


async def test_a_new_sheet_shows_the_later_close_too(bot: Bot) -> None:
    await bot.say(ANNA, f"{OPEN}\nText: Alt.")
    await bot.say(ANNA, "!konsultation K1 fassung\nText: Neu.")
    later = edited(await bot.say(ANNA, "!konsultation K1 verlängern 18.12.2026 12:00"))
    assert "18. Dezember 2026" in later["ballot/1/sheet/edition 2"]


async def test_a_new_version_takes_the_proposed_question_along(bot: Bot) -> None:
    for words in ("Definition: Offen heißt lesbar.", "E1 Text: Offen heißt lesbar und nah."):
        await bot.say(ANNA, f"!ergebnis {words}")
    await bot.say(ANNA, "!konsultation neu aus E1\nFassung: E1/1\nSchluss: 11.12.2026 12:00")
    rows = await bot.say(ANNA, "!konsultation K1 fassung E1/2")
    sheet, announced = said(rows, "ballot/1/sheet/edition 2"), edited(rows)["consultation/1/announcement"]
    assert "E1 Fassung 2" in sheet
    assert "Stimmen Sie E1 „Definition“ zu?" in sheet
    assert "Fassung 1" not in sheet
    assert "E1 Fassung 1" in announced
    assert "Offen heißt lesbar." in announced
    assert "nicht mehr abgestimmt" in announced
    other = await bot.say(ANNA, "!konsultation K1 fassung\nText: Ganz anders.")
    assert "Stimmen Sie dem Text zu?" in said(other, "ballot/1/sheet/edition 3")
    assert "E1" not in said(other, "ballot/1/sheet/edition 3")


async def test_a_question_that_somebody_wrote_stays(bot: Bot) -> None:
    for words in ("Definition: Offen heißt lesbar.", "E1 Text: Offen heißt nah."):
        await bot.say(ANNA, f"!ergebnis {words}")
    await bot.say(ANNA, f"{OPEN}\nFassung: E1/1")
    rows = await bot.say(ANNA, "!konsultation K1 fassung E1/2")
    assert "Stimmen Sie zu?" in said(rows, "ballot/1/sheet/edition 2")


async def test_of_several_ballots_the_former_sheet_is_marked(bot: Bot) -> None:
    await bot.say(ANNA, f"{OPEN}\nText: Alt.\nVorlage 2\nFrage: Und jetzt?")
    former = edited(await bot.say(ANNA, "!konsultation K1.1 fassung\nText: Neu."))["ballot/1/sheet"]
    assert "nicht mehr abgestimmt" in former
    assert "Alt." in former
    assert "Tippen" not in former


async def test_nothing_is_called_void_where_nobody_had_voted(bot: Bot) -> None:
    await bot.say(ANNA, f"!organisation neu Lindenstadt\nMandat: {BEN}")
    await bot.say(ANNA, f"{OPEN}\nText: Alt.")
    rows = await bot.say(ANNA, "!konsultation K1 fassung\nText: Neu.")
    assert "Stimmen lagen noch keine vor" in plain(rows[0])
    assert not [row for row in rows if "verfallen" in row.content]


async def test_votes_are_carried_over_as_was_said_even_if_none_has_come_yet(bot: Bot) -> None:
    await bot.say(ANNA, f"{OPEN}\nText: Alt.")
    rows = await bot.say(ANNA, "!konsultation K1 fassung\nText: Neu.\nStimmen: übernehmen")
    assert "was zur bisherigen Fassung noch eintrifft, zählt" in plain(rows[0])
    assert "ballot/1/carried/2" in [row.key for row in rows]
    assert not [row for row in rows if "/edition 2" in row.key]


async def test_a_bare_no_is_asked_why_where_only_a_reason_blocks(bot: Bot) -> None:
    rows = await bot.say(ANNA, f"{OPEN}\nRegel: Konsent")
    assert "Ein Einwand ist nur ein Nein mit Begründung" in said(rows, "consultation/1/announcement")
    asked = [row for row in await bot.say(BEN, "!stimme K1 nein") if row.event_type == "m.room.message"]
    assert "Ohne Begründung ist es aber kein Einwand. Warum?" in plain(asked[0])
    await bot.say(BEN, "Die Fristen fehlen.", reply_to=f"$bot{asked[0].id}")
    assert not [row for row in await bot.say(CEM, "!stimme K1 nein weil zu teuer") if "Warum?" in row.content]
    shown = await bot.say(ANNA, "!konsultation K1")
    assert "2 von" in plain(shown[0])
    result = await _published(bot)
    assert "begründeter Einwand" in result
    assert "Die Fristen fehlen." in result


async def test_a_no_without_a_reason_is_told_in_the_result(bot: Bot) -> None:
    await bot.say(ANNA, f"{OPEN}\nRegel: Konsent")
    await bot.say(BEN, "!stimme K1 nein")
    result = await _published(bot)
    assert "angenommen" in result
    assert "1 Nein ohne Begründung: Das ist kein Einwand." in result


async def test_where_nobody_votes_there_is_no_decision(bot: Bot) -> None:
    await bot.say(ANNA, OPEN)
    result = await _published(bot)
    assert "B1 (nichts beschlossen)" in result
    assert "Beschluss B1" not in result
    digest = await bot.hear(ANNA, "!bericht vorschau")
    assert "Beschlossen" not in digest
    assert "B1 (nichts beschlossen)" in digest


async def test_a_tie_of_options_is_called_the_same_everywhere(bot: Bot) -> None:
    await bot.say(ANNA, f"{OPEN}\nArt: Auswahl\nOptionen: A, B")
    await bot.say(BEN, "!stimme K1 1")
    await bot.say(CEM, "!stimme K1 2")
    result = await _published(bot)
    words = "nicht entschieden (Gleichstand)"
    assert words in result
    assert words in await bot.hear(ANNA, "!konsultation K1")
    assert words in await bot.hear(ANNA, "!bericht vorschau")


async def test_what_a_choice_was_won_by_is_told(bot: Bot) -> None:
    await bot.say(ANNA, f"{OPEN}\nArt: Auswahl\nOptionen: A, B\nRegel: absolute Mehrheit")
    for person in (ANNA, BEN):
        await bot.say(person, "!stimme K1 1")
    assert "absolute Mehrheit aller Stimmberechtigten: 2 von 3" in await _published(bot)


async def test_a_confidential_ballot_invites_no_reasons(bot: Bot) -> None:
    rows = await bot.say(ANNA, f"{OPEN}\nSichtbarkeit: vertraulich")
    announced = said(rows, "consultation/1/announcement")
    assert "gern mit" not in announced
    assert "Änderung: …" not in announced
    assert "Begründungen und Änderungsvorschläge werden hier nicht veröffentlicht" in announced


async def test_a_reminder_that_cannot_come_is_not_promised(bot: Bot) -> None:
    day = bot.now.strftime("%d.%m.%Y")
    rows = await bot.say(ANNA, f"!konsultation neu Kurz\nFrage: Ja?\nSchluss: {day} 23:30")
    assert "Erinnerung: keine (der Schluss ist zu nah)" in plain(rows[0])


async def test_what_came_of_it_is_shown(bot: Bot) -> None:
    await bot.say(ANNA, f"!projekt neu eAkte\nVerantwortlich: {BEN}")
    await bot.say(ANNA, f"{OPEN}\nBetrifft: eAkte")
    for person, words in ((ANNA, "ja"), (BEN, "ja"), (CEM, "nein weil die Fristen fehlen")):
        await bot.say(person, f"!stimme K1 {words}")
    assert "Projektplan bitte anpassen (A1)" in await _published(bot)
    await bot.say(BEN, "!antwort V1 Fristen regelt die Satzung.")
    shown = await bot.hear(ANNA, "!konsultation K1")
    for words in ("(B1)", "V1 · Sondervotum", "die Fristen fehlen", "Fristen regelt die Satzung.", "A1 Projektplan"):
        assert words in shown


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("kind", ["approval", "choice"])
@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_words(outcome: Outcome, kind: str, language: str) -> None:
    words = TEXTS.render(Text("ballots.outcome", {"value": outcome, "kind": kind}), language, HOUSE.zone).plain
    assert words
    assert "_" not in words


async def _published(bot: Bot) -> str:
    await bot.say(ANNA, "!konsultation K1 schließen")
    rows = []
    for _ in range(2):
        bot.now += timedelta(minutes=5)
        rows += await bot.tick()
    return next(plain(row) for row in rows if row.key == "consultation/1/result")
