"""What was to happen while we were out of a room: votes that open, a digest's period, people who come and go."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.events import Left, Members, Power
from bot.store import groups, progress, votes
from bot.store.database import Database
from bot.store.outbox import Row
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, US, Bot, plain
from tests.roomlife import EVE, House, actions, active, said

DORA = "@dora:example.org"
VOTE = "!konsultation neu Grundsätze\nFrage: Stimmen Sie zu?\nSchluss: 12.12.2026 12:00"
LATER = f"{VOTE}\nOffen ab: 1.12.2026 9:00\nErinnerung: 10 Tage"
OPENING = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
CLOSE = datetime(2026, 12, 12, 11, 0, tzinfo=UTC)


@pytest.fixture
async def bot(database: Database) -> House:
    house = House(database)
    await house.settle()
    return house


async def back(bot: House, room_id: str, *people: str) -> list[Row]:
    """We are invited again, join, and see who is there."""
    await bot.invite(room_id)
    return await bot.handle(Members(room_id=room_id, joined=frozenset({US, *people})))


def to_votes(rows: Sequence[Row]) -> list[Row]:
    """Without the weekly digest."""
    return [row for row in rows if row.key.startswith(("consultation/", "ballot/"))]


# votes


async def test_a_vote_waits_until_we_are_in_its_room_again(bot: House) -> None:
    await bot.say(ANNA, LATER)
    await bot.throw_out(ROOM)
    bot.now = OPENING + timedelta(days=2)
    assert to_votes(await bot.tick()) == []
    await bot.invite(ROOM)
    bot.now += timedelta(seconds=5)
    assert to_votes(await bot.tick()) == []  # not joined yet: nobody is known to be there
    await bot.handle(Members(room_id=ROOM, joined=frozenset({US, ANNA, BEN})))
    bot.now += timedelta(seconds=5)
    (announced, _) = to_votes(await bot.tick())  # no reminder, though its time has come while we were out
    assert "später als vorgesehen (Dienstag, 1. Dezember 2026, 09:00 Uhr)" in plain(announced)
    assert "2 Personen" in plain(announced)
    assert [plain(row) for row in await bot.say(BEN, "!stimme K1 nein")] == ["✅"]


async def test_what_was_put_off_is_put_off_again(bot: House) -> None:
    await bot.say(ANNA, LATER)
    await bot.throw_out(ROOM)
    bot.now = OPENING + timedelta(days=1)
    await back(bot, ROOM, ANNA, BEN)
    await bot.throw_out(ROOM)
    assert to_votes(await bot.tick()) == []
    bot.now += timedelta(days=1)
    await back(bot, ROOM, ANNA, BEN)
    assert "K1 · Grundsätze — Abstimmung" in said(to_votes(await bot.tick()))[0]


async def test_we_are_put_out_just_as_it_opens(bot: House) -> None:
    """Found due, and the due time claimed, when we were in the room no longer."""
    await bot.say(ANNA, LATER)
    bot.now = OPENING
    bot.ask(lambda session: progress.claim_occurrence(session, "consultation.open 1", OPENING, OPENING))
    await bot.throw_out(ROOM)
    bot.now += timedelta(hours=1)
    await back(bot, ROOM, ANNA, BEN)
    assert "K1 · Grundsätze — Abstimmung" in said(to_votes(await bot.tick()))[0]


async def test_a_vote_whose_time_passes_meanwhile_is_called_off_and_the_coordinators_told(bot: House) -> None:
    await bot.say(ANNA, LATER)
    assert "K1 „Grundsätze“ (ab Dienstag, 1. Dezember 2026, 09:00 Uhr)" in said(await bot.throw_out(ROOM))[0]
    bot.now = CLOSE
    (told,) = to_votes(await bot.tick())
    assert told.person == ANNA
    assert "K1 · Grundsätze ist abgesagt" in plain(told)
    await back(bot, ROOM, ANNA, BEN)
    bot.now += timedelta(days=1)
    assert to_votes(await bot.tick()) == []
    assert "abgesagt" in said(await bot.say(ANNA, "!konsultation K1"))[0]


async def test_one_that_opens_after_we_are_back_is_not_late(bot: House) -> None:
    await bot.say(ANNA, LATER)
    await bot.throw_out(ROOM)
    bot.now += timedelta(hours=1)
    await back(bot, ROOM, ANNA, BEN)
    bot.now = OPENING
    assert "vorgesehen" not in said(to_votes(await bot.tick()))[0]


async def test_it_is_not_opened_by_command_either(bot: House) -> None:
    await bot.say(ANNA, LATER)
    (told,) = await bot.throw_out(ROOM)
    chat = told.room_id or ""
    await bot.handle(Members(room_id=chat, joined=frozenset({US, ANNA})))
    assert "nicht in dem Raum" in await bot.hear(ANNA, "konsultation K1 öffnen", room_id=chat)
    assert "beginnt am Dienstag" in await bot.hear(ANNA, "stimme K1 ja", room_id=chat)
    bot.now = OPENING
    assert "sobald ich wieder in ihrem Raum bin" in await bot.hear(ANNA, "stimme K1 ja", room_id=chat)
    await back(bot, ROOM, ANNA, BEN)
    assert "ist eröffnet" in said(await bot.say(ANNA, "konsultation K1 öffnen", room_id=chat))[0]
    electors = bot.ask(lambda session: votes.electors(session, 1))
    assert [elector.person for elector in electors] == [ANNA, BEN]


# what was to be said, and when


async def test_the_digest_tells_what_moved_before_we_were_out(bot: House) -> None:
    bot.now += timedelta(minutes=1)
    await bot.say(BEN, "!idee Papierlos")
    bot.now += timedelta(minutes=1)
    await bot.throw_out(ROOM)
    await back(bot, ROOM, ANNA, BEN)
    bot.now = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    assert any("Papierlos" in text for text in said(await bot.tick()))


async def test_what_the_room_did_not_take_is_said_once_we_are_back(bot: House) -> None:
    await bot.say(ANNA, VOTE)
    await bot.throw_out(ROOM)
    bot.refuses["send"] = bot.refuses["chart"] = "403 M_FORBIDDEN"
    bot.now = CLOSE + timedelta(minutes=5)
    await bot.tick()
    bot.refuses.clear()
    await bot.invite(ROOM)
    rows = await bot.handle(Members(room_id=ROOM, joined=frozenset({US, ANNA, BEN})))
    assert any("K1 · Grundsätze: nicht angenommen" in text for text in said(rows))


async def test_or_once_we_may_speak_again(bot: House) -> None:
    await bot.lack(ROOM, Power.SPEAK)
    bot.refuses["send"] = "403 M_FORBIDDEN"
    await bot.say(BEN, "!idee Papierlos")
    bot.refuses.clear()
    assert await bot.lack(ROOM, Power.SPEAK, Power.PIN) == []
    assert said(await bot.lack(ROOM, Power.PIN)) == ["I1 notiert: Papierlos"]


# people


async def test_who_left_meanwhile_is_active_no_longer_and_who_came_meanwhile_is_invited(bot: House) -> None:
    await bot.say(BEN, "!mitmachen", room_id=bot.traffic)
    await bot.say(CEM, "!mitmachen Verkehr")  # invited, not come yet
    bot.now += timedelta(minutes=1)
    await bot.throw_out(bot.traffic, EVE)
    bot.now += timedelta(minutes=1)
    await bot.say(DORA, "!mitmachen Verkehr")
    bot.now += timedelta(minutes=1)
    assert actions(await bot.invite(bot.traffic)) == ["join"]  # the group's own welcome and board stand there
    rows = await bot.handle(Members(room_id=bot.traffic, joined=frozenset({US, ANNA})))
    assert {row.person for row in rows if row.action == "invite"} == {CEM, DORA}
    assert active(bot) == {CEM, DORA}
    assert await bot.handle(Members(room_id=bot.traffic, joined=frozenset({US, ANNA}))) == []


async def test_who_stayed_stays_active(bot: House) -> None:
    await bot.say(BEN, "!mitmachen", room_id=bot.traffic)
    bot.now += timedelta(minutes=1)
    await bot.throw_out(bot.traffic)
    await bot.throw_out(bot.traffic)  # delivered again
    rows = await back(bot, bot.traffic, ANNA, BEN)
    assert active(bot) == {BEN}
    assert "invite" not in actions(rows)


async def test_an_invitation_that_came_to_nothing_changes_nothing_about_who_was_there(bot: House) -> None:
    await bot.say(BEN, "!mitmachen", room_id=bot.traffic)
    bot.now += timedelta(minutes=1)
    await bot.throw_out(bot.traffic)
    await bot.invite(bot.traffic)
    await bot.throw_out(bot.traffic)  # before we could join
    bot.now += timedelta(minutes=1)
    rows = await back(bot, bot.traffic, ANNA)
    assert active(bot) == set()
    assert "invite" not in actions(rows)


async def test_a_room_of_no_group_is_greeted_again(bot: House) -> None:
    await bot.throw_out(ROOM)
    bot.now += timedelta(minutes=1)
    assert "hier ist Zwischenstand" in said(await bot.invite(ROOM))[0]


# organisations that hear nothing


def unheard(rows: Sequence[Row]) -> list[str]:
    return [plain(row) for row in rows if "/unheard/" in row.key]


async def organisations(bot: Bot, *names: str, holder: str | None = None) -> None:
    for name in names:
        mandate = f"\nMandat: {holder}" if holder else ""
        await bot.say(ANNA, f"!organisation neu {name}\nE-Mail: rathaus@{name.lower()}.example{mandate}")


async def test_without_mail_the_coordinators_hear_whom_to_call(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    await organisations(bot, *(f"Ort{number:02}" for number in range(23)))
    (told,) = unheard(await bot.say(ANNA, VOTE))
    assert "23 Organisationen stimmen mit" in told
    assert re.findall(r"Ort\d\d", told) == [f"Ort{number:02}" for number in range(20)]
    assert "und 3 weitere" in told
    assert "!stimme K1 für … ja (telefonisch, Fr. Huber)" in told
    assert "Eingetragen für Ort07" in await bot.hear(ANNA, "!stimme K1 für Ort07 ja (telefonisch, Fr. Huber)")


async def test_with_mail_there_is_nothing_to_say(database: Database) -> None:
    bot = Bot(database, house=replace(HOUSE, mail=True))
    await bot.enter()
    await organisations(bot, "Lindenstadt")
    await organisations(bot, "Ahornfeld", holder=BEN)
    rows = await bot.say(ANNA, VOTE)
    assert unheard(rows) == []
    assert "mail" in actions(rows)


async def test_speakers_in_no_room_are_asked_directly(database: Database) -> None:
    """They vote from there, too: nobody has to call them."""
    bot = Bot(database, house=replace(HOUSE, mail=True))
    await bot.enter()
    await organisations(bot, "Lindenstadt", holder=f"{DORA}, {EVE}")
    await bot.handle(Members(room_id=ROOM, joined=frozenset({US, ANNA, BEN})))
    rows = await bot.say(ANNA, VOTE)
    assert unheard(rows) == []
    asked = {row.person: row.room_id for row in rows if row.person}
    assert set(asked) == {DORA, EVE}
    assert [plain(row) for row in await bot.say(DORA, "ja", room_id=asked[DORA])] == ["✅"]


async def test_one_of_several_speakers_in_any_room_is_enough(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    await bot.enter("!anderer:example.org", ANNA, EVE)
    await organisations(bot, "Lindenstadt", holder=f"{DORA}, {EVE}")
    assert unheard(await bot.say(ANNA, VOTE)) == []


async def test_where_only_people_vote_no_organisation_is_missed(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    await organisations(bot, "Lindenstadt")
    await organisations(bot, "Ahornfeld", holder=DORA)
    await bot.say(ANNA, "!gruppe neu Digitales\nRaum: hier")
    assert unheard(await bot.say(ANNA, f"{VOTE}\nWahlberechtigt: Personen")) == []


async def test_a_group_that_is_suspended_twice_keeps_the_first_time(bot: House) -> None:
    await bot.throw_out(bot.traffic)
    first = bot.group().suspended_at
    bot.now += timedelta(minutes=1)
    await bot.invite(bot.traffic)
    await bot.handle(Left(room_id=bot.traffic, received_at=bot.now, by=CEM))
    assert bot.group().suspended_at == first
    assert bot.ask(lambda session: groups.of_room(session, bot.traffic)) is not None
