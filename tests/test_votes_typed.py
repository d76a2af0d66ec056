"""Typed votes: every kind, one ballot or several, asked back where they are not clear, refused with a reason."""

from datetime import timedelta

import pytest

from bot.domain.answers import Kind, Option, Sheet
from bot.domain.consultation import State, Visibility
from bot.events import Reaction
from bot.store.database import Database
from tests.ballotbox import APPROVAL, COLOURS, DORA, EMIL, FRITZ, Box, opened, told
from tests.fakes import ANNA, BEN, CEM, plain

RANKING = Sheet(Kind.RANKING, COLOURS)
HUBER = "(telefonisch, Fr. Huber)"


async def _said(box: Box, words: str, who: str = BEN) -> str:
    rows = await box.bot.say(who, words)
    return plain(rows[0])


@pytest.mark.parametrize(
    ("sheet", "typed", "answer"),
    [
        (APPROVAL, "nein, weil die Fristen fehlen", "no"),
        (Sheet(Kind.CHOICE, COLOURS), "Grün", "2"),
        (Sheet(Kind.MULTIPLE, COLOURS), "1, 3", "1,3"),
        (RANKING, "2 > 1 > 3", "2>1>3"),
        (Sheet(Kind.POINTS, COLOURS, 10), "1=6 3=4", "1:6,3:4"),
        (Sheet(Kind.RESISTANCE, COLOURS), "1=0 2=7 3=10", "1:0,2:7,3:10"),
        (Sheet(Kind.DATES, COLOURS), "1 ja, 2 notfalls, 3 nein", "1:yes,2:maybe,3:no"),
    ],
    ids=lambda value: value.kind.value if isinstance(value, Sheet) else None,
)
async def test_every_kind_typed_and_recorded(sheet: Sheet, typed: str, answer: str, database: Database) -> None:
    box = await opened(database, sheet)
    assert await _said(box, f"!stimme K1 {typed}") == "✅"
    assert (await _said(box, f"!stimme K1 für Erlenbrück {typed} {HUBER}", ANNA)).startswith("Eingetragen für Erlenb")
    assert await _said(box, "!stimme K1 für Erlenbrück enthaltung", EMIL) == "✅"
    assert box.counts() == {"Lindenstadt": answer, "Erlenbrück": "abstain"}
    recorded = box.rows()[1]
    assert (recorded.choice, recorded.channel, recorded.informant) == (answer, "recorded", "telefonisch, Fr. Huber")


@pytest.mark.parametrize(
    ("sheet", "typed", "says"),
    [
        (Sheet(Kind.CHOICE, COLOURS), "1, 2", "nur eine Möglichkeit"),
        (Sheet(Kind.CHOICE, COLOURS), "Gelb", "kann ich keiner Möglichkeit"),
        (Sheet(Kind.POINTS, COLOURS, 10), "1=6 2=5", "zusammen 11 Punkte"),
        (Sheet(Kind.RESISTANCE, COLOURS), "1=0 2=11 3=1", "von 0 bis 10"),
        (Sheet(Kind.RESISTANCE, COLOURS), "1=0", "fehlen noch"),
        (APPROVAL, "ja, aber nur mit Frist", "unter einer Bedingung"),
        (APPROVAL, "", "Wie stimmen Sie ab?"),
    ],
)
async def test_what_is_no_answer_is_asked_back(sheet: Sheet, typed: str, says: str, database: Database) -> None:
    box = await opened(database, sheet)
    (asked,) = await box.bot.say(BEN, f"!stimme K1 {typed}", thread="$thread")
    assert says in plain(asked)
    assert "Antworten Sie einfach auf diese Nachricht" in plain(asked)
    assert box.rows() == []
    (answer,) = await box.bot.say(BEN, "enthaltung", reply_to=asked.event_id)
    assert plain(answer) == "✅"
    assert box.counts() == {"Lindenstadt": "abstain"}


async def test_an_incomplete_ranking_is_completed_on_a_yes_only(database: Database) -> None:
    box = await opened(database, RANKING)
    (asked,) = await box.bot.say(BEN, "!stimme K1 2 weil schöner")
    assert "fehlen 1 · Rot" in plain(asked) or "fehlen 1" in plain(asked)
    assert "2 · Grün > 1 · Rot = 3 · Blau" in plain(asked)
    assert box.rows() == []
    assert await box.bot.hear(BEN, "ja", reply_to=asked.event_id) == "✅"
    (row,) = box.rows()
    assert (row.choice, row.reason) == ("2>1=3", "weil schöner")


async def test_reason_and_amendment_are_kept_and_limited(database: Database) -> None:
    box = await opened(database, APPROVAL)
    assert await _said(box, "!stimme K1 ja, Änderung: Absatz 2 streichen") == "✅"
    assert await _said(box, "!stimme K1 nein weil zu früh") == "✅"
    assert [(row.reason, row.amendment) for row in box.rows()] == [(None, "Absatz 2 streichen"), ("weil zu früh", None)]
    for words in ("weil", "Änderung:"):
        assert "höchstens 4.000" in await _said(box, f"!stimme K1 ja, {words} {'x' * 4001}")
    too_long = f"!stimme K1 für Erlenbrück ja ({'x' * 201})"
    assert "höchstens 200" in await _said(box, too_long, ANNA)
    assert len(box.rows()) == 2


async def test_one_of_several_ballots(database: Database) -> None:
    box = await opened(database, APPROVAL, RANKING)
    assert await _said(box, "!stimme K1.2 3 > 2 > 1") == "✅"
    assert await _said(box, "!stimme k 1.1 ja") == "✅"
    assert (box.counts(1), box.counts(2)) == ({"Lindenstadt": "yes"}, {"Lindenstadt": "3>2>1"})
    assert "K1.1 bis K1.2. Eine Vorlage 3 gibt es nicht" in await _said(box, "!stimme K1.3 ja")
    assert "passt nicht zu allen" in await _said(box, "!stimme K1 ja")
    assert "!stimme K1.2 2 > 1 > 3" in await _said(box, "!stimme K1")
    assert await _said(box, "!stimme K1 enthaltung weil neu") != "✅"
    assert (len(box.rows(1)), len(box.rows(2))) == (1, 1)


async def test_one_ballot_may_be_called_by_its_number(database: Database) -> None:
    box = await opened(database, APPROVAL)
    assert await _said(box, "!stimme K1.1 ja") == "✅"
    assert "nur eine Vorlage" in await _said(box, "!stimme K1.2 ja")


async def test_one_answer_for_all_ballots_is_asked_back(database: Database) -> None:
    box = await opened(database, APPROVAL, APPROVAL)
    (asked,) = await box.bot.say(BEN, "!stimme K1 ja weil gut")
    assert "Gilt das für alle?" in plain(asked)
    assert "K1.2 · Frage 2?: Ja" in plain(asked)
    assert (box.rows(1), box.rows(2)) == ([], [])
    assert await box.bot.hear(BEN, "ja", reply_to=asked.event_id) == "✅"
    assert [(row.choice, row.reason) for row in (*box.rows(1), *box.rows(2))] == [
        ("yes", "weil gut"),
        ("yes", "weil gut"),
    ]
    assert await _said(box, "!stimme K1 alle: nein") == "✅"
    assert (box.counts(1), box.counts(2)) == ({"Lindenstadt": "no"}, {"Lindenstadt": "no"})
    (dropped,) = await box.bot.say(BEN, "!stimme K1 ja")
    assert await box.bot.say(BEN, "nein", reply_to=dropped.event_id) == []
    assert box.counts(1) == {"Lindenstadt": "no"}


async def test_who_is_overridden_in_several_ballots_is_told_once(database: Database) -> None:
    box = await opened(database, APPROVAL, APPROVAL)
    await box.bot.say(CEM, "!stimme K1 alle ja")
    rows = await box.bot.say(BEN, "!stimme K1 alle nein")
    assert [row.person for row in rows] == [None, CEM]
    assert "K1.1, K1.2 · Grundsätze" in told(rows)[CEM]
    await box.bot.say(DORA, "!stimme K1.1 ja")
    (answer,) = await box.bot.say(CEM, "!stimme K1 alle ja")
    assert "K1.1, K1.2 · Grundsätze: Ihre Stimme für Lindenstadt ist festgehalten" in plain(answer)


async def test_recorded_for_all_ballots(database: Database) -> None:
    box = await opened(database, APPROVAL, APPROVAL)
    (asked,) = await box.bot.say(ANNA, f"!stimme K1 für Erlenbrück ja {HUBER}")
    assert "Gilt das für alle, für Erlenbrück?" in plain(asked)
    said = await box.bot.hear(ANNA, "ja", reply_to=asked.event_id)
    assert "Eingetragen für Erlenbrück: (telefonisch, Fr. Huber)" in said
    assert "K1.2: Ja" in said
    assert (box.counts(1), box.counts(2)) == ({"Erlenbrück": "yes"}, {"Erlenbrück": "yes"})


async def test_one_message_on_several_ballots_is_taken_back_as_one(database: Database) -> None:
    box = await opened(database, APPROVAL, APPROVAL)
    await box.bot.say(CEM, "!stimme K1 alle ja")
    await box.bot.say(BEN, "!stimme K1 alle nein", event_id="$all")
    rows = await box.redact(BEN, "$all")
    assert list(told(rows)) == [CEM]
    assert "K1.1, K1.2 · Grundsätze" in told(rows)[CEM]
    assert (box.counts(1), box.counts(2)) == ({"Lindenstadt": "yes"}, {"Lindenstadt": "yes"})


async def test_nobody_is_asked_back_for_a_vote_that_cannot_count(database: Database) -> None:
    box = await opened(database, APPROVAL, APPROVAL)
    for words in ("", " ja", ".1 vielleicht"):
        said = await _said(box, f"!stimme K1{words}", FRITZ)
        assert said.startswith("Sie können in K1 nicht abstimmen. Hier stimmen Organisationen ab")
    assert box.rows() == []


async def test_a_tick_is_a_yes_to_what_is_asked_back(database: Database) -> None:
    box = await opened(database, RANKING)
    (asked,) = await box.bot.say(BEN, "!stimme K1 3")
    tick = box.event(Reaction, BEN, target=asked.event_id, key="✅")
    assert [plain(row) for row in await box.bot.handle(tick)] == ["✅"]
    assert box.counts() == {"Lindenstadt": "3>1=2"}


async def test_who_told_it_is_asked(database: Database) -> None:
    box = await opened(database, RANKING)
    (asked,) = await box.bot.say(ANNA, "!stimme K1 für Erlenbrück")
    assert "Wie stimmt Erlenbrück ab?" in plain(asked)
    (asked,) = await box.bot.say(ANNA, "2 > 1 > 3 weil schöner", reply_to=asked.event_id)
    assert "Wie und von wem" in plain(asked)
    said = await box.bot.hear(ANNA, "per E-Mail, Hr. Roth (Vorzimmer)", reply_to=asked.event_id)
    assert "2 · Grün > 1 · Rot > 3 · Blau (per E-Mail, Hr. Roth (Vorzimmer))" in said
    assert "Begründung: weil schöner" in said


async def test_an_option_with_brackets_in_its_name(database: Database) -> None:
    box = await opened(database, Sheet(Kind.CHOICE, (Option("Halle (Saale)"), Option("Halle (Westf.)"))))
    said = await _said(box, f"!stimme K1 für Erlenbrück Halle (Saale) {HUBER}", ANNA)
    assert "1 · Halle (Saale) (telefonisch, Fr. Huber)" in said
    assert "Wie und von wem" in await _said(box, "!stimme K1 für Erlenbrück Halle (Westf.)", ANNA)


async def test_a_confidential_vote_said_in_the_room(database: Database) -> None:
    box = await opened(database, APPROVAL, visibility=Visibility.CONFIDENTIAL)
    for words in ("!stimme K1 nein weil zu teuer", "!stimme K1 für Lindenstadt nein"):
        said = await _said(box, words)
        assert "Bitte löschen Sie Ihre Nachricht" in said
        assert "Direktchat" in said
        assert "teuer" not in said
        assert "Nein" not in said
    unclear = await _said(box, "!stimme K1 vielleicht")
    assert "vertraulich" in unclear
    assert "vielleicht" not in unclear
    recorded = await _said(box, f"!stimme K1 für Erlenbrück ja {HUBER}", ANNA)
    assert "Bitte löschen Sie Ihre Nachricht" in recorded
    assert box.counts() == {}
    assert [plain(row) for row in await box.directly(BEN, "stimme K1 nein")] == ["✅"]
    (entered,) = await box.directly(ANNA, f"stimme K1 für Erlenbrück ja {HUBER}")
    assert plain(entered).startswith("Eingetragen für Erlenbrück: Ja")
    assert box.counts() == {"Lindenstadt": "no", "Erlenbrück": "yes"}


async def test_before_and_after(database: Database) -> None:
    box = await opened(database, APPROVAL)
    await box.change(state=State.DRAFT)
    assert "noch ein Entwurf" in await _said(box, "!stimme K1 ja")
    await box.change(state=State.SCHEDULED, opens_at=box.bot.now + timedelta(days=1))
    assert "beginnt am Samstag, 21. November 2026" in await _said(box, "!stimme K1 ja")
    await box.change(state=State.CLOSED, closes_at=box.bot.now - timedelta(hours=1), opens_at=box.bot.now)
    assert "nach dem Schluss abgeschickt" in await _said(box, "!stimme K1 ja")
    assert "nach dem Schluss" in await _said(box, f"!stimme K1 für Erlenbrück ja {HUBER}", ANNA)
    await box.change(state=State.PUBLISHED)
    assert "beendet" in await _said(box, "!stimme K1 ja")
    assert "Für Erlenbrück kann keine Stimme" in await _said(box, f"!stimme K1 für Erlenbrück ja {HUBER}", ANNA)
    await box.change(state=State.CANCELLED)
    assert "abgesagt" in await _said(box, "!stimme K1 ja")
    assert len(box.rows()) == 2


async def test_a_guest_is_told_which_role_it_takes(database: Database) -> None:
    box = await opened(database, APPROVAL)
    await box.bot.say(ANNA, f"!rolle {FRITZ} Gast")
    assert "Rolle Mitglied" in await _said(box, "!stimme K1 ja", FRITZ)
