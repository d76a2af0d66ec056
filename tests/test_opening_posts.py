"""What stands in the room: the announcement, ballots, texts, polls; how many have voted; new texts; a new room."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from bot.events import Reaction, Upgraded
from bot.store import Session, consultations, records, votes
from bot.store.database import Database
from bot.store.outbox import Row
from tests.fakes import ANNA, BEN, CEM, ROOM, Bot, plain

OPEN = "!konsultation neu Grundsätze\nFrage: Stimmen Sie zu?\nSchluss: 11.12.2026 12:00"
POLL = "org.matrix.msc3381.poll.start"
ANNOUNCED = "consultation/1/announcement"


@pytest.fixture
async def bot(database: Database) -> Bot:
    bot = Bot(database)
    await bot.enter()
    return bot


async def towns(bot: Bot) -> None:
    await bot.hear(ANNA, f"!organisation neu Lindenstadt\nMandat: {BEN}")
    await bot.hear(ANNA, f"!organisation neu Erlenbrück\nMandat: {CEM}")


def said(rows: Sequence[Row], key: str) -> str:
    (found,) = [plain(row) for row in rows if row.key == key]
    return found


def polls(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [json.loads(row.content)[POLL] for row in rows if row.event_type == POLL]


def edits(rows: Sequence[Row]) -> list[str]:
    return [plain(row) for row in rows if '"m.replace"' in row.content]


async def test_one_ballot_stands_in_the_announcement(bot: Bot) -> None:
    rows = await bot.say(ANNA, f"{OPEN}\nQuorum: 60 %\nRegel: zwei Drittel\nText: Größe zählt.")
    shown = said(rows, ANNOUNCED)
    for words in ("K1 · Grundsätze", "Größe zählt.", "Stimmen Sie zu?", "Freitag, 11. Dezember 2026, 12:00 Uhr",
                  "Zweidrittelmehrheit", "Quorum 60 %", "3 Personen", "!stimme K1 ja", "60 Sekunden"):  # fmt: skip
        assert words in shown
    assert "Abgestimmt" not in shown
    assert [poll["kind"].rpartition(".")[2] for poll in polls(rows)] == ["disclosed"]
    assert not [row for row in rows if row.key == "ballot/1/sheet"]


async def test_a_text_folds(bot: Bot) -> None:
    rows = await bot.say(ANNA, f"{OPEN}\nText: {'Absatz. ' * 100}")
    assert any("<details>" in row.content for row in rows if row.key == ANNOUNCED)


async def test_a_very_long_text_stands_apart_in_full(bot: Bot) -> None:
    rows = await _opened_with(bot, "\n".join(f"{number}. Ein Satz mit ä, ö, ü und ß." for number in range(1500)))
    parts = [row for row in rows if row.key.startswith("ballot/1/wording")]
    assert len(parts) > 1
    assert "\n".join(plain(row) for row in parts).count("Ein Satz mit") == 1500
    assert all(len(row.content) < 65_536 for row in rows)
    assert "eigene Nachricht darunter" in said(rows, ANNOUNCED)
    assert "Ein Satz mit" not in said(rows, ANNOUNCED)
    await bot.say(BEN, "!stimme K1 ja")
    (edit,) = [row for row in await bot.tick() if row.key.startswith(ANNOUNCED)]
    assert len(edit.content) < 20_000
    assert "Stimmen Sie zu?" in plain(edit)


async def test_a_single_endless_line_is_not_shortened(bot: Bot) -> None:
    rows = await _opened_with(bot, f"{'Wort ' * 12_000}Ende.")
    whole = " ".join(plain(row) for row in rows if row.key.startswith("ballot/1/wording"))
    assert whole.count("Wort") == 12_000
    assert "Ende." in whole


async def _opened_with(bot: Bot, text: str) -> list[Row]:
    """Open a consultation on a text that may be longer than what fits into one message of a person."""

    def put(session: Session) -> None:
        consultations.ballot(session, 1).text = text

    await bot.say(ANNA, f"{OPEN}\nText: kurz\nOffen ab: 20.11.2026 10:00")
    await bot.database.run(put)
    bot.now += timedelta(hours=1)
    return await bot.tick()


async def test_several_ballots_have_a_message_and_a_poll_each(bot: Bot) -> None:
    choice = "Vorlage 2\nFrage: Welches Logo?\nArt: Auswahl\nOptionen:\n- Rot\n- Blau"
    form = f"{choice}\nVorlage 3\nFrage: Reihenfolge?\nArt: Rangfolge\nOptionen:\n- A\n- B"
    rows = await bot.say(ANNA, f"{OPEN}\n{form}")
    shown = said(rows, ANNOUNCED)
    assert "über 3 Vorlagen" in shown
    assert "K1.3 · Reihenfolge?" in shown
    for number, question in ((1, "Stimmen Sie zu?"), (2, "Welches Logo?"), (3, "Reihenfolge?")):
        sheet = said(rows, f"ballot/{number}/sheet")
        assert question in sheet
        assert f"!stimme K1.{number} " in sheet
    assert [[each["id"] for each in poll["answers"]] for poll in polls(rows)] == [
        ["yes", "no", "abstain"],
        ["1", "2", "abstain"],
    ]


async def test_more_than_a_client_shows_is_no_poll(bot: Bot) -> None:
    options = "\n".join(f"- Ort {number}" for number in range(1, 22))
    rows = await bot.say(ANNA, f"{OPEN}\nArt: Auswahl\nOptionen:\n{options}")
    assert polls(rows) == []
    assert "Ort 21" in said(rows, ANNOUNCED)


async def test_covered_and_confidential(bot: Bot) -> None:
    await towns(bot)
    rows = await bot.say(ANNA, f"{OPEN}\nSichtbarkeit: verdeckt")
    assert [poll["kind"].rpartition(".")[2] for poll in polls(rows)] == ["undisclosed"]
    assert "verdeckt (" in said(rows, ANNOUNCED)
    rows = await bot.say(ANNA, f"{OPEN}\nSichtbarkeit: vertraulich")
    assert polls(rows) == []
    shown = said(rows, "consultation/2/announcement")
    assert "nur per Direktnachricht" in shown
    assert "Betreiber" in shown
    assert "Tippen Sie" not in shown
    assert "vertraulich" in next(plain(row) for row in rows if row.person == BEN)


async def test_turnout_is_shown_once_a_minute_and_never_how(bot: Bot) -> None:
    await towns(bot)
    await bot.say(ANNA, f"{OPEN}\nSichtbarkeit: verdeckt")
    assert edits(await bot.tick()) == []
    assert edits(await bot.say(BEN, "!stimme K1 nein")) == []
    (first,) = edits(await bot.tick())
    assert "Abgestimmt: 1 von 2 Organisationen: Lindenstadt" in first
    assert "Nein" not in first.partition("Abgestimmt")[2]
    await bot.say(CEM, "!stimme K1 ja")
    bot.now += timedelta(seconds=30)
    assert edits(await bot.tick()) == []
    bot.now += timedelta(seconds=30)
    (second,) = edits(await bot.tick())
    assert "Abgestimmt: 2 von 2 Organisationen: Erlenbrück, Lindenstadt" in second
    bot.now += timedelta(minutes=1)
    assert edits(await bot.tick()) == []


async def test_a_changed_vote_changes_no_turnout(bot: Bot) -> None:
    await towns(bot)
    await bot.say(ANNA, OPEN)
    await bot.say(BEN, "!stimme K1 nein")
    assert len(edits(await bot.tick())) == 1
    bot.now += timedelta(minutes=2)
    await bot.say(BEN, "!stimme K1 ja")
    assert edits(await bot.tick()) == []


async def test_confidential_turnout_has_no_names(bot: Bot) -> None:
    await towns(bot)
    rows = await bot.say(ANNA, f"{OPEN}\nSichtbarkeit: vertraulich")
    (notice,) = [row for row in rows if row.person == BEN]
    await bot.say(BEN, "ja", room_id=notice.room_id)
    (edit,) = edits(await bot.tick())
    assert "Abgestimmt: 1 von 2 Organisationen" in edit
    assert "Lindenstadt" not in edit


async def test_on_several_ballots_too_a_changed_vote_changes_nothing(bot: Bot) -> None:
    await towns(bot)
    await bot.say(ANNA, f"{OPEN}\nVorlage 2\nFrage: Und jetzt?")
    for number in (1, 2):
        await bot.say(BEN, f"!stimme K1.{number} ja")
    (edit,) = edits(await bot.tick())
    assert "Abgestimmt: 1 von 2 Organisationen: Lindenstadt" in edit
    bot.now += timedelta(minutes=2)
    await bot.say(BEN, "!stimme K1.2 nein")
    assert edits(await bot.tick()) == []


async def test_partial_votes_are_told_apart(bot: Bot) -> None:
    await towns(bot)
    await bot.say(ANNA, f"{OPEN}\nVorlage 2\nFrage: Und jetzt?")
    await bot.say(BEN, "!stimme K1.2 ja")
    (edit,) = edits(await bot.tick())
    assert "Abgestimmt: 0 von 2 Organisationen, 1 weitere zum Teil" in edit


async def test_a_tap_on_a_notice_is_a_vote(bot: Bot) -> None:
    await towns(bot)
    (notice,) = [row for row in await bot.say(ANNA, OPEN) if row.person == BEN]
    tap = Reaction(
        room_id=notice.room_id or "",
        event_id="$tap",
        sender=BEN,
        sent_at=bot.now,
        received_at=bot.now,
        target=notice.event_id or "",
        key="👍",
    )
    await bot.handle(tap)
    (cast,) = await bot.database.run(lambda session: votes.votes(session, 1))
    assert (cast.choice, cast.elector) == ("yes", 2)


# what is on record


async def test_the_opening_is_on_record_with_texts_and_electors(bot: Bot) -> None:
    await towns(bot)
    await bot.say(ANNA, f"{OPEN}\nText: Größe zählt.")

    def read(session: Session) -> tuple[list[dict[str, Any]], list[tuple[int, str]]]:
        bodies = [json.loads(body) for _, body in records.entries(session, 1)]
        return bodies, [(each.edition, each.text) for each in consultations.editions(session, 1)]

    entries, editions = await bot.database.run(read)
    (opened,) = [each["body"] for each in entries if each["kind"] == "opened"]
    assert opened["ballots"][0]["text"] == "Größe zählt."
    assert [(each["number"], each["name"]) for each in opened["electors"]] == [(1, "Erlenbrück"), (2, "Lindenstadt")]
    assert editions == [(1, "Größe zählt.")]


async def test_each_person_has_an_entry_that_names_nobody(bot: Bot) -> None:
    await bot.say(ANNA, OPEN)
    entries = await bot.database.run(lambda session: [body for _, body in records.entries(session, 1)])
    people = [json.loads(each) for each in entries if json.loads(each)["kind"] == "elector"]
    assert [each["body"]["number"] for each in people] == [1, 2, 3]
    assert not any("example.org" in each for each in entries)


# a new text


async def test_a_void_text_is_voted_on_anew(bot: Bot) -> None:
    await towns(bot)
    await bot.say(ANNA, f"{OPEN}\nText: Alt.")
    await bot.say(BEN, "!stimme K1 ja")
    rows = await _reword(bot, "verfallen")
    assert [row.key for row in rows if row.event_type == "org.matrix.msc3381.poll.end"] == ["ballot/1/poll/end"]
    assert "Neu." in said(rows, "ballot/1/sheet/edition 2")
    assert [row.key for row in rows if row.event_type == POLL] == ["ballot/1/poll/edition 2"]
    assert "wird nicht mehr abgestimmt" in edits(rows)[0]
    told = {row.person: plain(row) for row in rows if row.person and "/notice/" in row.key}
    assert set(told) == {BEN, CEM}
    assert "Bitte stimmen Sie für Lindenstadt" in told[BEN]
    assert "über den neuen ab" in told[BEN]
    assert "Alt." in edits(rows)[0], "the old text stays where it stood"
    rows = await _reword(bot, "verfallen", "Noch neuer.")
    (second,) = [edit for edit in edits(rows) if "Neu." in edit]
    assert "Über diesen Text wird nicht mehr abgestimmt" in second
    assert [row.key for row in rows if row.event_type == POLL] == ["ballot/1/poll/edition 3"]
    assert [row.key for row in rows if row.event_type == "org.matrix.msc3381.poll.end"] == [
        "ballot/1/poll/edition 2/end"
    ]


async def test_a_carried_text_is_edited_and_told(bot: Bot) -> None:
    await towns(bot)
    await bot.say(ANNA, f"{OPEN}\nText: Alt.")
    await bot.say(BEN, "!stimme K1 ja")
    rows = await _reword(bot, "übernehmen")
    (edit,) = edits(rows)
    assert "Neu." in edit
    assert "Bereits abgegebene Stimmen gelten weiter" in edit
    assert "1 von 2 Organisationen" in edit
    assert "gelten weiter" in said(rows, "ballot/1/carried/2")
    assert not [row for row in rows if row.event_type == POLL]


async def _reword(bot: Bot, answer: str, text: str = "Neu.") -> list[Row]:
    asked = await bot.say(ANNA, f"!konsultation K1 fassung\nText: {text}")
    if any("/notice/" in row.key for row in asked):
        return asked
    return await bot.say(ANNA, answer, reply_to=asked[0].event_id)


# a new room


async def test_all_posts_stand_in_the_room_that_replaces_theirs(bot: Bot) -> None:
    await bot.say(ANNA, f"{OPEN}\nVorlage 2\nFrage: Und jetzt?")
    new = "!neu:example.org"
    moved = Upgraded(room_id=ROOM, event_id="$up", sender=ANNA, sent_at=bot.now, received_at=bot.now, successor=new)
    rows = await bot.handle(moved)
    for key in (ANNOUNCED, "ballot/1/sheet", "ballot/1/poll", "ballot/2/sheet", "ballot/2/poll"):
        assert [row.room_id for row in rows if row.key == f"{key}/in {new}"] == [new]
    rows = await bot.say(ANNA, "!konsultation K1 verlängern 18.12.2026 12:00", room_id=new)
    edited = [(row.room_id, row.refers_to) for row in rows if '"m.replace"' in row.content]
    assert edited == [(new, f"{key}/in {new}") for key in (ANNOUNCED, "ballot/1/sheet", "ballot/2/sheet")]
