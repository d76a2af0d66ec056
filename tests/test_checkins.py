"""Check-ins: whom they go to, what is posted, and what follows from silence."""

import json
from datetime import datetime, timedelta

import pytest

from bot.domain.checkin import Skipped
from bot.events import Membership
from bot.store.database import Database
from tests.checking_in import (
    BERLIN,
    DORA,
    WEEKLY,
    answer,
    asks,
    at,
    check_in,
    keys,
    kinds,
    local,
    rounds,
    said,
    working,
)
from tests.fakes import ANNA, BEN, CEM, ROOM, Bot, plain


@pytest.fixture
async def bot(database: Database) -> Bot:
    return await working(database)


# asking


async def test_a_question_stands_in_the_thread_of_the_root(bot: Bot) -> None:
    await bot.hear(ANNA, WEEKLY)
    assert await at(bot, "2026-11-23T08:59") == []
    root, *threads = await at(bot, "2026-11-23T09:00")
    assert keys([root, *threads]) == ["checkin/1", "checkin/1/1", "checkin/1/2", "checkin/1/3"]
    assert set(json.loads(root.content)["m.mentions"]["user_ids"]) == {BEN, CEM}
    for row in threads:
        assert row.refers_to == root.key
        assert json.loads(row.content)["m.relates_to"]["rel_type"] == "m.thread"
        assert json.loads(row.content)["m.mentions"] == {}


async def test_who_is_in_another_room_is_asked_alone(bot: Bot) -> None:
    await bot.enter("!andere:example.org", ANNA, "@emil:example.org")
    await bot.hear(ANNA, "!projekt eAkte\nVerantwortlich: @emil:example.org")
    await bot.hear(ANNA, WEEKLY)
    rows = await at(bot, "2026-11-23T09:00")
    assert [row.person for row in rows] == [None, None, None, "@emil:example.org"]
    assert rows[-1].key.startswith("checkin/1/")


async def test_direct_messages_one_that_notifies_and_a_quiet_one_for_each(bot: Bot) -> None:
    await bot.hear(ANNA, f"{WEEKLY}\nWo: direkt")
    rows = await at(bot, "2026-11-23T09:00")
    assert [row.person for row in rows if json.loads(row.content)["msgtype"] == "m.text"] == [BEN, CEM]
    assert [(row.person, row.key) for row in rows] == [
        (BEN, "checkin/1/1"),
        (CEM, "checkin/1/to/2"),
        (CEM, "checkin/1/2"),
        (CEM, "checkin/1/3"),
    ]
    assert await at(bot, "2026-11-24T09:00")
    closed = await at(bot, "2026-11-25T18:00")
    assert [row.room_id for row in closed if row.key == "checkin/1/summary"] == [ROOM]


async def test_paused_finished_and_archived_projects_are_not_asked_about(bot: Bot) -> None:
    await bot.hear(ANNA, WEEKLY)
    await bot.hear(ANNA, "!projekt eAkte\nProjektstatus: pausiert")
    await bot.hear(ANNA, "!projekt Portal\nProjektstatus: abgeschlossen")
    await bot.say(ANNA, "!projekt Radweg archivieren")
    assert await at(bot, "2026-11-23T09:00") == []
    assert await rounds(bot) == []
    assert (await check_in(bot)).next_at == local("2026-11-30T09:00")  # the next time comes


async def test_a_future_project_is_asked_about_every_fourth_week(bot: Bot) -> None:
    await bot.hear(ANNA, "!projekt eAkte\nProjektstatus: Zukunftsprojekt")
    await bot.hear(ANNA, WEEKLY)
    asked = []
    for week in range(10):
        day = datetime(2026, 11, 23, 9, 0, tzinfo=BERLIN) + timedelta(weeks=week)
        rows = await at(bot, day.replace(tzinfo=None).isoformat())
        asked.append(any("eAkte" in plain(row) for row in rows if "m.thread" in row.content))
        await at(bot, (day + timedelta(days=5)).replace(tzinfo=None).isoformat())
    assert [week for week, was in enumerate(asked) if was] == [0, 4, 8]


async def test_each_occurrence_once_at_the_same_local_time_across_dst(bot: Bot) -> None:
    await bot.hear(ANNA, WEEKLY)
    found = []
    bot.now = local("2027-03-15T00:00")
    await bot.tick()
    while bot.now < local("2027-04-20T00:00"):
        bot.now += timedelta(minutes=30)
        rows = await bot.tick()
        found += [bot.now.astimezone(BERLIN) for kind in kinds(rows) if kind == "root"]
    times = [each.strftime("%d.%m. %H:%M") for each in found]
    assert times == ["15.03. 09:00", "22.03. 09:00", "29.03. 09:00", "05.04. 09:00", "12.04. 09:00", "19.04. 09:00"]


# absence, and who has left


async def test_who_is_away_is_skipped_and_a_stand_in_asked(bot: Bot) -> None:
    await bot.hear(ANNA, f"!organisation neu Lindenstadt\nMandat: {BEN}\nVertretung: {DORA}")
    await bot.hear(ANNA, WEEKLY)
    await bot.say(BEN, "!abwesend von 23.11.2026 bis 27.11.2026")
    await bot.say(CEM, "!abwesend von 23.11.2026 bis 27.11.2026")
    rows = await at(bot, "2026-11-23T09:00")
    (asked,) = await asks(bot, skipped=None)
    assert (asked.person, asked.instead_of) == (DORA, BEN)
    assert {(ask.person, ask.skipped) for ask in await asks(bot, skipped=Skipped.AWAY)} == {(CEM, Skipped.AWAY)}
    assert json.loads(rows[0].content)["m.mentions"]["user_ids"] == [DORA]
    assert f"in Vertretung von {BEN}" in plain(rows[1])
    summary = next(row for row in await at(bot, "2026-11-25T18:00") if row.key.endswith("/summary"))
    assert f"Abwesend und ohne Vertretung: Portal ({CEM})" in plain(summary)


async def test_all_away_nothing_is_posted(bot: Bot) -> None:
    await bot.hear(ANNA, WEEKLY)
    await bot.say(BEN, "!abwesend von 23.11.2026 bis 27.11.2026")
    await bot.say(CEM, "!abwesend von 23.11.2026 bis 27.11.2026")
    assert await at(bot, "2026-11-23T09:00") == []
    assert await at(bot, "2026-11-25T18:00") == []
    assert "niemand war zu fragen" in await bot.hear(ANNA, "!checkin C1")


async def leave(bot: Bot, person: str) -> None:
    gone = Membership(
        room_id=ROOM,
        event_id=f"$gone{person}",
        sender=person,
        sent_at=bot.now,
        received_at=bot.now,
        person=person,
        state="leave",
    )
    await bot.handle(gone)


async def test_an_owner_who_left_is_skipped_and_the_leads_are_told_once(bot: Bot) -> None:
    await bot.hear(ANNA, WEEKLY)
    await leave(bot, CEM)
    rows = await at(bot, "2026-11-23T09:00")
    told = [row for row in rows if "/left/" in row.key]
    assert [row.person for row in told] == [ANNA]
    assert "Portal" in plain(told[0])
    assert "Radweg" in plain(told[0])
    assert CEM not in {row.person for row in rows}
    await at(bot, "2026-11-25T18:00")
    assert kinds(await at(bot, "2026-11-30T09:00")) == ["root", "ask"]


# reminding, closing, answers


async def test_only_who_has_not_answered_is_reminded_once_and_of_everything(bot: Bot) -> None:
    await bot.hear(ANNA, WEEKLY)
    await at(bot, "2026-11-23T09:00")
    await answer(bot, 1, light="green")
    rows = await at(bot, "2026-11-24T09:00")
    assert [(row.person, row.key) for row in rows] == [(CEM, "checkin/1/nudge/2")]
    assert "Portal" in plain(rows[0])
    assert "Radweg" in plain(rows[0])
    assert await at(bot, "2026-11-24T09:01") == []
    assert await at(bot, "2026-11-25T17:59") == []


async def test_the_gravest_leads_and_unchanged_is_bundled(bot: Bot) -> None:
    await bot.hear(ANNA, WEEKLY)
    await at(bot, "2026-11-23T09:00")
    await answer(bot, 1, light="green", progress=80, text="Läuft.")
    await answer(bot, 2, light="red", text="Vergabe gestoppt")
    rows = await at(bot, "2026-11-25T18:00")
    summary = plain(next(row for row in rows if row.key == "checkin/1/summary"))
    assert summary.index("Portal") < summary.index("eAkte")
    assert "2 von 3 Antworten" in summary
    assert "🔴 rot · Portal: Vergabe gestoppt" in summary
    assert "🟢 grün · eAkte · 80 %: Läuft." in summary
    assert f"Ohne Antwort: Radweg ({CEM})" in summary


async def test_when_all_have_answered_nobody_waits(bot: Bot) -> None:
    await bot.hear(ANNA, WEEKLY)
    await at(bot, "2026-11-23T09:00")
    (edit,) = await answer(bot, 1, light="green")
    assert "1 von 3" in said(edit)
    await answer(bot, 2, no_change=True)
    summary, ended = await answer(bot, 3, no_change=True)
    assert "alle haben geantwortet" in said(summary)
    assert "Keine Änderung: Portal" in said(summary)
    assert "Abgeschlossen" in said(ended)
    assert await at(bot, "2026-11-24T09:00") == []
    assert await at(bot, "2026-11-25T18:00") == []


async def test_a_late_answer_is_added_and_marked(bot: Bot) -> None:
    await bot.hear(ANNA, WEEKLY)
    await at(bot, "2026-11-23T09:00")
    await at(bot, "2026-11-25T18:00")
    bot.now = local("2026-11-26T10:00")
    again, _ = await answer(bot, 1, light="yellow", text="doch noch")
    assert again.of == "checkin/1/summary"  # type: ignore[union-attr]
    assert "🟡 gelb · eAkte: doch noch (@ben:example.org) — nachgereicht" in said(again)


async def test_a_correction_replaces_what_was_said(bot: Bot) -> None:
    await bot.hear(ANNA, WEEKLY)
    await at(bot, "2026-11-23T09:00")
    await answer(bot, 1, light="green", text="gut")
    await answer(bot, 1, light="red", text="doch nicht")
    rows = await at(bot, "2026-11-25T18:00")
    summary = plain(next(row for row in rows if row.key == "checkin/1/summary"))
    assert "doch nicht" in summary
    assert "gut" not in summary


# silence


async def test_after_two_missed_in_a_row_the_leads_and_the_person_are_told_once(bot: Bot) -> None:
    await bot.hear(ANNA, WEEKLY)
    told = []
    for week in range(6):
        monday = datetime(2026, 11, 23, 9, 0, tzinfo=BERLIN) + timedelta(weeks=week)
        await at(bot, monday.replace(tzinfo=None).isoformat())
        numbers = [ask.id or 0 for ask in await asks(bot, person=BEN)]
        if week == 3:
            await answer(bot, numbers[-1], no_change=True)
        rows = await at(bot, (monday + timedelta(days=4)).replace(tzinfo=None).isoformat())
        told.append([(row.person, BEN in plain(row)) for row in rows if "/silent/" in row.key or "/missed/" in row.key])
    assert told == [
        [],
        [(ANNA, True), (BEN, False), (CEM, False)],
        [],
        [],  # Ben answers
        [],
        [(ANNA, True), (BEN, False)],
    ]


async def test_a_late_answer_ends_the_count(bot: Bot) -> None:
    await bot.hear(ANNA, WEEKLY)
    await at(bot, "2026-11-23T09:00")
    await at(bot, "2026-11-25T18:00")
    for number in (1, 2):
        await answer(bot, number, no_change=True)
    await at(bot, "2026-11-30T09:00")
    rows = await at(bot, "2026-12-02T18:00")
    assert not [row for row in rows if "/silent/" in row.key]


async def test_no_escalation_where_none_is_wanted(bot: Bot) -> None:
    await bot.hear(ANNA, f"{WEEKLY}\nEskalation: keine")
    for day in ("2026-11-23T09:00", "2026-11-25T18:00", "2026-11-30T09:00"):
        await at(bot, day)
    assert kinds(await at(bot, "2026-12-02T18:00")) == ["summary"]
