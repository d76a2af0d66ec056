"""Meetings as people and their calendars get them: files, reminders, the summary, who leads, and what stays apart."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar, Component
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.context import Scope
from bot.events import Invited, Left, Members
from bot.procedures import meeting_summary, meetings
from bot.store import Session
from bot.store import meetings as stored
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Meeting
from schedules import meetings as job
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, START, US, Bot, plain

ELSEWHERE = "!fern:example.org"
OLGA = "@olga:example.org"
TWO_DAYS = "!treffen neu Größe & Öffnung\nTage:\n- 3.12.2026 10:00–17:00\n- 4.12. 9:00–13:00\nOrt: Lindenstadt; Rathaus"


@pytest.fixture
async def bot(database: Database) -> Bot:
    made = Bot(database)
    await made.enter()
    return made


def said(rows: list[Row]) -> list[str]:
    return [plain(row) for row in rows if row.action == "send"]


def events(rows: list[Row]) -> list[Component]:
    """The events of the one calendar file among these rows."""
    files = [json.loads(row.content) for row in rows if row.action == "file"]
    assert [file["mimetype"] for file in files] == ["text/calendar"]
    return list(Calendar.from_ical(base64.b64decode(files[0]["content"])).walk("VEVENT"))


def starts(found: list[Component]) -> list[str]:
    return [f"{each.decoded('dtstart'):%d.%m. %H:%M}" for each in found]


async def test_an_ics_with_umlauts_and_several_days(bot: Bot) -> None:
    found = events(await bot.say(ANNA, TWO_DAYS))
    assert starts(found) == ["03.12. 10:00", "04.12. 09:00"]
    assert [f"{each.decoded('dtend'):%H:%M}" for each in found] == ["17:00", "13:00"]
    assert [str(each["summary"]) for each in found] == ["Größe & Öffnung (1/2)", "Größe & Öffnung (2/2)"]
    assert {str(each["location"]) for each in found} == {"Lindenstadt; Rathaus"}
    assert not any(ANNA in str(each) for each in found)


async def test_a_change_is_the_same_event_in_its_next_form(bot: Bot) -> None:
    before = events(await bot.say(ANNA, TWO_DAYS))
    after = events(await bot.say(ANNA, "!treffen T1\nOrt: Erlenbrück"))
    assert [each["uid"] for each in after] == [each["uid"] for each in before]
    assert [int(str(each["sequence"])) for each in before + after] == [0, 0, 1, 1]
    again = events(await bot.say(BEN, "!treffen T1 ics"))
    assert [int(str(each["sequence"])) for each in again] == [1, 1]
    assert {str(each["status"]) for each in again} == {"CONFIRMED"}


async def test_what_no_calendar_shows_makes_no_new_file(bot: Bot) -> None:
    await bot.say(ANNA, TWO_DAYS)
    assert [row.action for row in await bot.say(ANNA, "!treffen T1\nArt: Werkstatt")] == ["send"]
    assert [row.action for row in await bot.say(ANNA, "!treffen T1\nOrt: Lindenstadt; Rathaus")] == ["send"]


async def test_a_day_that_is_dropped_is_called_off_in_calendars_for_good(bot: Bot) -> None:
    before = events(await bot.say(ANNA, TWO_DAYS))
    found = events(await bot.say(ANNA, "!treffen T1\nTage: 3.12.2026 10:00–15:00"))
    assert [each["uid"] for each in found] == [each["uid"] for each in before]
    assert [str(each["status"]) for each in found] == ["CONFIRMED", "CANCELLED"]
    assert str(found[0]["summary"]) == "Größe & Öffnung"
    found = events(await bot.say(ANNA, "!treffen T1\nOrt: Ahornfeld"))
    assert [str(each["status"]) for each in found] == ["CONFIRMED", "CANCELLED"]


async def test_called_off_in_calendars(bot: Bot) -> None:
    before = events(await bot.say(ANNA, TWO_DAYS))
    found = events(await bot.say(ANNA, "!treffen T1 absagen Grund: Unwetter"))
    assert {str(each["status"]) for each in found} == {"CANCELLED"}
    assert [(each["uid"], int(str(each["sequence"]))) for each in found] == [(each["uid"], 1) for each in before]


async def test_one_span_over_the_night_is_one_event(bot: Bot) -> None:
    found = events(await bot.say(ANNA, "!treffen neu Klausur\nBeginn: 3.12.2026 10:00 bis 4.12. 16:00"))
    assert starts(found) == ["03.12. 10:00"]
    assert f"{found[0].decoded('dtend'):%d.%m. %H:%M}" == "04.12. 16:00"


async def test_a_meeting_from_before_there_were_files_gets_a_name_once(bot: Bot) -> None:
    def old(session: Session) -> None:
        stored.add(
            session,
            Meeting(
                network_id=1, number=7, room_id=ROOM, title="Alt", starts_at=START, created_by=ANNA, created_at=START
            ),
        )

    await bot.database.run(old)
    names = [str(events(await bot.say(BEN, "!treffen T7 kalender"))[0]["uid"]) for _ in range(2)]
    assert names[0] == names[1] != ""


async def test_two_meetings_of_one_name_are_two_events(bot: Bot) -> None:
    uids = {str(events(await bot.say(ANNA, TWO_DAYS))[0]["uid"]) for _ in range(2)}
    assert len(uids) == 2


async def test_reminders_come_once_and_not_for_who_has_just_been_told(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen neu Bald\nBeginn: 23.11. 10:00")  # on Friday for Monday
    assert said(await bot.tick()) == []
    bot.now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    assert said(await bot.tick()) == []
    await bot.say(ANNA, "!treffen neu Später\nBeginn: 10.12. 10:00")
    bot.now = datetime(2026, 12, 3, 8, 0, tzinfo=UTC)
    assert ["In 7 Tagen" in each for each in said(await bot.tick())] == [True]
    assert said(await bot.tick()) == []


async def test_downtime_brings_only_the_latest_and_none_once_it_has_begun(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen neu Eins\nBeginn: 10.12. 10:00")
    await bot.say(ANNA, "!treffen neu Zwei\nBeginn: 11.12. 10:00")
    bot.now = datetime(2026, 12, 10, 9, 30, tzinfo=UTC)  # away from November on; T1 has begun at 9:00 UTC
    assert [each.splitlines()[0] for each in said(await bot.tick())] == ["Morgen: T2 · Zwei"]


async def test_a_room_that_the_bot_was_thrown_out_of_is_told_nothing_later(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen neu Ohne Bot\nBeginn: 10.12. 10:00")
    await bot.handle(Left(room_id=ROOM, received_at=bot.now, by=ANNA))
    bot.now = datetime(2026, 12, 3, 8, 0, tzinfo=UTC)
    assert said(await bot.tick()) == []
    await bot.enter()
    assert said(await bot.tick()) == []


async def test_a_moved_meeting_is_announced_anew_and_not_reminded_of_twice(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen neu Wandernd\nBeginn: 10.12. 10:00")
    bot.now = datetime(2026, 12, 3, 8, 0, tzinfo=UTC)
    assert len(said(await bot.tick())) == 1
    await bot.say(ANNA, "!treffen T1\nBeginn: 8.12. 10:00")  # its week-before is past
    await bot.say(ANNA, "!treffen T1\nBeginn: 10.12. 14:00")  # and back
    assert said(await bot.tick()) == []
    bot.now = datetime(2026, 12, 9, 8, 0, tzinfo=UTC)
    assert [each.splitlines()[0] for each in said(await bot.tick())] == ["Morgen: T1 · Wandernd"]


async def test_nothing_captured_nothing_said_and_closed_once_said_once(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen neu Leer\nBeginn: 1.12. 10:00")
    await bot.say(ANNA, "!treffen neu Voll\nBeginn: 3.12. 10:00")
    bot.now = datetime(2026, 12, 2, 8, 0, tzinfo=UTC)
    assert [each.splitlines()[0] for each in said(await bot.tick())] == ["Morgen: T2 · Voll"]
    bot.now = datetime(2026, 12, 3, 12, 0, tzinfo=UTC)
    await bot.say(ANNA, "!ergebnis Leitsatz: Wir hören zu.")
    assert "Wir hören zu." in await bot.hear(ANNA, "!treffen T2 abschließen")
    bot.now = datetime(2026, 12, 4, 9, 0, tzinfo=UTC)
    assert said(await bot.tick()) == []


async def test_a_summary_read_once_it_is_over_is_not_posted_again(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen neu Kurz\nBeginn: 3.12. 10:00–11:00")
    bot.now = datetime(2026, 12, 3, 9, 30, tzinfo=UTC)
    await bot.say(ANNA, "!ergebnis Leitsatz: Wir hören zu.")
    await bot.say(BEN, "!treffen T1 zusammenfassung")  # still under way: only read
    bot.now = datetime(2026, 12, 4, 8, 0, tzinfo=UTC)
    assert len(said(await bot.tick())) == 1
    await bot.say(ANNA, "!treffen neu Noch eins\nBeginn: 8.12. 10:00–11:00")
    bot.now = datetime(2026, 12, 8, 9, 30, tzinfo=UTC)
    await bot.say(ANNA, "!ergebnis Leitsatz: Wir hören zu.")
    bot.now = datetime(2026, 12, 8, 10, 30, tzinfo=UTC)
    await bot.say(BEN, "!treffen T2 zusammenfassung")
    bot.now = datetime(2026, 12, 9, 8, 0, tzinfo=UTC)
    assert said(await bot.tick()) == []


async def test_what_is_put_to_the_vote_is_named_by_its_key(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen neu Kurz\nBeginn: heute 9:30")
    for words in ("Wir hören zu.", "Wir antworten.", "Wir öffnen."):
        await bot.say(ANNA, f"!ergebnis Leitsatz: {words}")
    await bot.say(ANNA, "!konsultation neu aus E2\nSchluss: 12.12. 12:00")
    summary = await bot.hear(BEN, "!treffen T1 zusammenfassung")
    assert "Noch nicht abgestimmt: E1, E3." in summary
    assert "!konsultation neu Kurz aus E1 E3" in summary
    assert "E2: K1" in summary


async def test_who_speaks_for_the_host_leads_a_mini_workshop(bot: Bot) -> None:
    await bot.say(ANNA, f"!organisation neu Lindenstadt\nMandat: {BEN}\nVertretung: {CEM}")
    await bot.say(ANNA, "!treffen neu Mini\nBeginn: heute 9:30\nAusrichter: Lindenstadt")
    await bot.say(ANNA, "!treffen neu Groß\nBeginn: heute 9:40")
    for person in (BEN, CEM):
        assert "zu T1 (Mini)" in await bot.hear(person, "!ergebnis T1 Leitsatz: Wir hören zu.")
        assert "Rolle" in await bot.hear(person, "!ergebnis T2 Leitsatz: Wir hören zu.")
        assert "Rolle" in await bot.hear(person, "!treffen T1 absagen")
        assert "Rolle" in await bot.hear(person, "!treffen T1\nOrt: Ahornfeld")
    assert "Rolle" in await bot.hear(BEN, "!treffen T2 abschließen")
    assert "herausgekommen" in await bot.hear(CEM, "!treffen T1 abschließen")
    await bot.say(ANNA, "!organisation Lindenstadt\nMandat: keine")
    assert "Rolle" in await bot.hear(BEN, "!ergebnis T1 Leitsatz: Nicht mehr.")


async def test_a_called_off_meeting_takes_no_results(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen neu Gestern\nBeginn: gestern 9:30")
    await bot.say(ANNA, "!treffen neu Heute\nBeginn: heute 9:30")
    await bot.say(ANNA, "!treffen T2 absagen")
    assert "zu T1 (Gestern)" in await bot.hear(ANNA, "!ergebnis Leitsatz: Wir hören zu.")


async def test_the_next_and_the_last_meeting(bot: Bot) -> None:
    for title, beginning in (("Eins", "10.11.2026 10:00"), ("Zwei", "1.12. 10:00"), ("Drei", "2.12. 10:00")):
        await bot.say(ANNA, f"!treffen neu {title}\nBeginn: {beginning}")
    await bot.say(ANNA, "!treffen T2 absagen")

    def titles(session: Session) -> tuple[Any, ...]:
        around = (stored.upcoming(session, 1, room, START) for room in (None, ROOM, "!anders:example.org"))
        before = (stored.last_before(session, 1, room, START) for room in (None, ROOM, "!anders:example.org"))
        return tuple(each.title if each else None for each in (*around, *before))

    assert await bot.database.run(titles) == ("Drei", "Drei", None, "Eins", "Eins", None)


async def test_another_network_sees_nothing_of_it(database: Database) -> None:
    bot = Bot(database, house=replace(HOUSE, coordinators=(ANNA, OLGA)))
    await bot.enter()
    await bot.handle(
        Invited(room_id=ELSEWHERE, inviter=OLGA, direct=False, received_at=bot.now),
        Members(room_id=ELSEWHERE, joined=frozenset({US, OLGA})),
    )
    await bot.say(ANNA, "!treffen neu Geheim\nBeginn: heute 9:30")
    await bot.say(BEN, "!rückblick T1 Vertraulich.")
    for words in (
        "treffen",
        "treffen T1",
        "treffen T1 kalender",
        "treffen T1 zusammenfassung",
        "rückblick T1",
        "rückblick",
    ):
        rows = await bot.say(OLGA, f"!{words}", room_id=ELSEWHERE)
        assert [row.action for row in rows] == ["send"]
        assert "Geheim" not in plain(rows[0])
        assert "Vertraulich" not in plain(rows[0])


@contextmanager
def counted() -> Iterator[list[str]]:
    asked: list[str] = []

    def note(*call: Any) -> None:
        if call[2].startswith("SELECT"):
            asked.append(call[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def test_lists_and_summaries_ask_as_often_for_many_as_for_few(bot: Bot) -> None:
    async def asked() -> tuple[int, int]:
        def work(session: Session) -> tuple[int, int]:
            scope = Scope(session, bot.now, HOUSE)
            first = stored.by_number(session, 1, 1)
            assert first is not None
            with counted() as listing:
                found = meetings.sittings(stored.listed(session, 1, ROOM), scope)
            with counted() as summing:
                meeting_summary.gather(first, scope)
            assert found
            return len(listing), len(summing)

        return await bot.database.run(work)

    async def more(count: int) -> None:
        for number in range(count):
            await bot.say(ANNA, f"!treffen neu Nummer {number}\nTage:\n- 3.12.2026 10:00–17:00\n- 4.12. 9:00–13:00")
            await bot.say(ANNA, f"!ergebnis T1 Leitsatz: Satz {number}")
            await bot.say(BEN, f"!rückblick T1 Ansicht {number}")

    await bot.say(ANNA, "!treffen neu Jetzt\nBeginn: heute 9:30")
    await more(1)
    few = await asked()
    await more(8)
    assert await asked() == few


async def test_a_tick_with_nothing_due_asks_once(bot: Bot) -> None:
    for number in range(5):
        await bot.say(ANNA, f"!treffen neu Nummer {number}\nBeginn: 3.12.2026 10:00")

    def work(session: Session) -> int:
        with counted() as asked:
            assert list(job.due(Scope(session, bot.now, HOUSE))) == []
        return len(asked)

    assert await bot.database.run(work) == 1


async def test_too_long_a_view_is_refused(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen neu Jetzt\nBeginn: heute 9:00")
    bot.now += timedelta(minutes=1)
    assert "zu lang" in await bot.hear(BEN, "!rückblick T1 " + "x" * 2001)
    assert "Noch keine Stimme" in await bot.hear(BEN, "!rückblick T1")
    assert "Ihr eigener" in (await bot.hear(BEN, "!rückblick T1 So.")) + await bot.hear(
        BEN, "!rückblick T1 anders als 1: X"
    )
