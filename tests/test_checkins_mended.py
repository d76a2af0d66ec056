"""Check-ins where something changes under way: people leave, rooms are replaced, what was set is set otherwise."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from bot.events import Invited, Members, Membership, Reaction, Redacted, Upgraded
from bot.store import erasure
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import CheckInAnswer, Project, StatusUpdate, Task
from tests.fakes import ANNA, BEN, CEM, ROOM, US, Bot, plain

DORA = "@dora:example.org"
SUCCESSOR = "!nachfolge:example.org"
BERLIN = ZoneInfo("Europe/Berlin")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.fixture
async def bot(database: Database) -> Bot:
    """Sunday, 22 November 2026: Ben has eAkte, Cem has Portal, both in Anna's room."""
    bot = Bot(database, now=local("2026-11-22T12:00"))
    await bot.enter(ROOM, ANNA, BEN, CEM, DORA)
    for key, owner in (("eAkte", BEN), ("Portal", CEM)):
        await bot.hear(ANNA, f"!projekt neu {key}\nVerantwortlich: {owner}\nProjektstatus: in Umsetzung")
    return bot


async def at(bot: Bot, when: str) -> list[Row]:
    bot.now = local(when)
    return [row for row in await bot.tick() if row.key.startswith("checkin/")]


async def put(bot: Bot, lines: str = "Wen: Verantwortliche") -> dict[str, Row]:
    """Put a check-in on Monday at nine; its posts by key."""
    await bot.hear(ANNA, f"!checkin neu Wochenstand\n{lines}\nWann: jeden Montag 9:00\nFrist: 2 Werktage")
    return {row.key: row for row in await at(bot, "2026-11-23T09:00")}


async def reply(bot: Bot, who: str, to: Row, body: str, **more: Any) -> list[Row]:
    return await bot.say(who, body, **({"room_id": to.room_id, "reply_to": to.event_id} | more))


async def leave(bot: Bot, person: str, room_id: str = ROOM) -> None:
    gone = Membership(
        room_id=room_id, event_id=f"$gone{person}", sender=person, sent_at=bot.now, received_at=bot.now,
        person=person, state="leave",
    )  # fmt: skip
    await bot.handle(gone)


async def rows_of(bot: Bot, table: Any, **where: Any) -> list[Any]:
    return await bot.database.run(lambda session: list(session.exec(select(table).filter_by(**where))))


# people who left


async def test_who_has_left_is_reminded_of_nothing(bot: Bot) -> None:
    await put(bot)
    await leave(bot, CEM)
    assert [row.person for row in await at(bot, "2026-11-24T09:00")] == [BEN]


async def test_who_has_left_the_network_reports_no_more(bot: Bot) -> None:
    posts = await put(bot, "Wen: Verantwortliche\nWo: direkt")
    await leave(bot, CEM)
    own = posts["checkin/1/2"]
    await reply(bot, CEM, own, "rot, Vergabe gestoppt")
    tap = Reaction(
        room_id=own.room_id or "", event_id="$tap", sender=CEM, target=own.event_id or "", key="🔴",
        sent_at=bot.now, received_at=bot.now,
    )  # fmt: skip
    await bot.handle(tap)
    (portal,) = await rows_of(bot, Project, key="Portal")
    assert portal.light is None
    assert await rows_of(bot, CheckInAnswer) == []


async def test_silence_of_who_has_left_is_no_reason_to_write_to_them(bot: Bot) -> None:
    await put(bot, "Wen: Verantwortliche\nEskalation: 1")
    await leave(bot, CEM)
    rows = await at(bot, "2026-11-25T18:00")
    assert CEM not in {row.person for row in rows}


# what was set is set otherwise


async def test_where_it_is_put_may_change_while_answers_are_awaited(bot: Bot) -> None:
    posts = await put(bot, "Wen: Verantwortliche\nWo: direkt")
    await bot.hear(ANNA, "!checkin C1\nWo: Raum")
    rows = await reply(bot, BEN, posts["checkin/1/1"], "grün")
    assert all(row.refers_to != "checkin/1" for row in rows), "nothing stands there to be edited"


async def test_another_group_while_answers_are_awaited(bot: Bot) -> None:
    posts = await put(bot)
    await bot.say(ANNA, "!gruppe neu Verkehr")
    await bot.say(BEN, "!mitmachen Verkehr")
    said = [plain(row) for row in await bot.say(ANNA, "!checkin C1\nWen: Aktive\nGruppe: Verkehr")]
    assert "Verkehr" in said[0]
    rows = await reply(bot, BEN, posts["checkin/1/1"], "grün")
    assert plain(rows[0]).startswith("Notiert: eAkte")
    assert all(row.refers_to != "checkin/1" for row in rows), "what is edited stands in another room"
    assert [light.light for light in await rows_of(bot, Project, key="eAkte")] == ["green"]
    tap = posts["checkin/1/2"]
    await bot.handle(
        Reaction(
            room_id=ROOM,
            event_id="$tap",
            sender=CEM,
            target=tap.event_id or "",
            key="🔴",
            sent_at=bot.now,
            received_at=bot.now,
        )
    )
    assert [light.light for light in await rows_of(bot, Project, key="Portal")] == ["red"]


async def moved(bot: Bot) -> None:
    """The room is replaced, with everybody in it."""
    tombstone = Upgraded(
        room_id=ROOM, event_id="$tombstone", sender=ANNA, sent_at=bot.now, received_at=bot.now, successor=SUCCESSOR
    )
    await bot.handle(tombstone)
    await bot.handle(Members(room_id=SUCCESSOR, joined=frozenset({US, ANNA, BEN, CEM, DORA})))


async def test_the_room_is_replaced_while_answers_are_awaited(bot: Bot) -> None:
    await put(bot)
    await moved(bot)
    closed = await at(bot, "2026-11-25T18:00")
    assert [(row.key, row.room_id) for row in closed] == [("checkin/1/summary", SUCCESSOR)]


async def test_a_late_answer_is_told_in_the_room_that_came_after(bot: Bot) -> None:
    await put(bot)
    await at(bot, "2026-11-25T18:00")
    await moved(bot)
    bot.now = local("2026-11-26T09:00")
    direct = await chat(bot, BEN)
    rows = await bot.say(BEN, "eAkte rot, Vergabe gestoppt", room_id=direct)
    again = next(row for row in rows if row.key.startswith("checkin/1/summary/"))
    assert (again.room_id, again.refers_to) == (SUCCESSOR, None)
    assert "nachgereicht" in plain(again)
    rows = await bot.say(BEN, "eAkte gelb", room_id=direct)
    assert [row.refers_to for row in rows if row.key.startswith("checkin/")] == [again.key], "and corrected there"


async def chat(bot: Bot, person: str) -> str:
    """The direct chat of somebody to whom we have written."""
    direct = f"!direct-{person[1:]}"
    await bot.handle(
        Invited(room_id=direct, inviter=person, direct=True, received_at=bot.now),
        Members(room_id=direct, joined=frozenset({US, person})),
    )
    return direct


async def test_after_a_round_that_asked_nobody_a_late_answer_counts(bot: Bot) -> None:
    posts = await put(bot, "Wen: @ben:example.org")
    await at(bot, "2026-11-25T18:00")
    bot.now = local("2026-11-29T12:00")
    await bot.say(BEN, "!abwesend von 30.11.2026 bis 30.11.2026")
    assert await at(bot, "2026-11-30T09:00") == []
    bot.now = local("2026-12-01T09:00")
    rows = await reply(bot, BEN, posts["checkin/1/1"], "Die Stelle ist besetzt, es geht weiter.")
    assert "als nachgereicht vermerkt" in plain(rows[0])
    assert len(await rows_of(bot, CheckInAnswer)) == 1


async def test_nobody_waits_for_somebody_whose_data_were_erased(bot: Bot) -> None:
    posts = await put(bot, "Wen: Verantwortliche\nEskalation: 1")
    await bot.database.run(lambda session: erasure.erase(session, CEM))
    assert "gelöscht-" not in await bot.hear(ANNA, "!bericht vorschau")
    rows = await reply(bot, BEN, posts["checkin/1/1"], "grün")
    assert [row.key for row in rows if row.key == "checkin/1/summary"]
    assert "alle haben geantwortet" in plain(next(row for row in rows if row.key == "checkin/1/summary"))


async def test_silence_of_somebody_whose_data_were_erased_is_told_to_nobody(bot: Bot) -> None:
    await put(bot, "Wen: Verantwortliche\nEskalation: 1")
    await bot.database.run(lambda session: erasure.erase(session, CEM))
    rows = await at(bot, "2026-11-25T18:00")
    assert {row.person for row in rows if "/silent/" in row.key} == {ANNA}, "of Ben"
    assert not [row for row in rows if row.person and "gelöscht-" in plain(row)]


async def test_a_post_calls_as_many_people_as_an_event_holds(bot: Bot) -> None:
    people = [f"@sachbearbeitung.{number:03}.{'x' * 35}:gemeinde-lindenstadt.example.org" for number in range(200)]
    await bot.handle(Members(room_id=ROOM, joined=frozenset({US, ANNA, BEN, CEM, *people})))
    posts = await put(bot, f"Wen: {', '.join(people)}")
    root = json.loads(posts["checkin/1"].content)
    assert "Bitte antworten Sie bis" in root["body"]
    assert "und 80 weitere" in root["body"]
    called = root["m.mentions"]["user_ids"]
    assert [row.refers_to for row in posts.values() if row.key != "checkin/1" and row.room_id == ROOM] == [
        "checkin/1"
    ] * 100
    assert {row.person for row in posts.values() if row.person} == set(people) - set(called), (
        "the others are asked alone"
    )


# what is said is taken for what it is, and taken back whole


async def test_what_was_done_is_open_again_when_that_is_taken_back(bot: Bot) -> None:
    await bot.hear(ANNA, f"!aufgabe neu Karte zeichnen\nVerantwortlich: {BEN}")
    posts = await put(bot, "Wen: Aufgaben")
    await reply(bot, BEN, posts["checkin/1/1"], "erledigt, liegt bei Frau Muster", event_id="$done")
    await bot.handle(redacted(bot, BEN, "$done"))
    (task,) = await rows_of(bot, Task)
    assert (task.state, task.done_by, task.done_at, task.note) == ("open", None, None, None)


async def test_what_was_settled_otherwise_since_stays_so(bot: Bot) -> None:
    await bot.hear(ANNA, f"!aufgabe neu Karte zeichnen\nVerantwortlich: {BEN}")
    posts = await put(bot, "Wen: Aufgaben")
    await reply(bot, BEN, posts["checkin/1/1"], "erledigt", event_id="$done")
    bot.now = local("2026-11-23T10:00")
    await bot.say(ANNA, "!aufgabe A1 wieder offen")
    await bot.say(ANNA, "!aufgabe A1 erledigt")
    await bot.handle(redacted(bot, BEN, "$done"))
    assert [task.state for task in await rows_of(bot, Task)] == ["done"]


@pytest.mark.parametrize("order", [("$first", "$second"), ("$second", "$first")])
async def test_of_two_answers_taken_back_neither_returns(bot: Bot, order: tuple[str, str]) -> None:
    posts = await put(bot)
    await reply(bot, BEN, posts["checkin/1/1"], "rot, 20 %, Vergabe verzögert", event_id="$first")
    await reply(bot, BEN, posts["checkin/1/1"], "doch 30 %", event_id="$second")
    for event in order:
        await bot.handle(redacted(bot, BEN, event))
    (project,) = await rows_of(bot, Project, key="eAkte")
    assert (project.light, project.progress) == (None, None)
    assert [answer.text for answer in await rows_of(bot, CheckInAnswer)] == ["", ""]
    assert await rows_of(bot, StatusUpdate) == []


def redacted(bot: Bot, who: str, target: str) -> Redacted:
    return Redacted(
        room_id=ROOM, event_id=f"{target}-gone", sender=who, target=target, sent_at=bot.now, received_at=bot.now
    )


async def test_a_vote_below_a_question_is_no_answer_to_it(bot: Bot) -> None:
    posts = await put(bot)
    await reply(bot, BEN, posts["checkin/1/1"], "K1: ja")
    assert await rows_of(bot, CheckInAnswer) == []


async def test_who_is_responsible_no_more_does_not_answer_for_who_is_now(bot: Bot) -> None:
    posts = await put(bot)
    await at(bot, "2026-11-25T18:00")
    await bot.hear(ANNA, f"!projekt eAkte\nVerantwortlich: {DORA}")
    await at(bot, "2026-11-30T09:00")
    bot.now = local("2026-11-30T10:00")
    rows = await reply(bot, BEN, posts["checkin/1/1"], "gelb, ich bin nicht mehr zuständig")
    assert "ist vorbei" in plain(rows[0])
    assert [project.light for project in await rows_of(bot, Project, key="eAkte")] == [None]
    assert await rows_of(bot, CheckInAnswer) == []
