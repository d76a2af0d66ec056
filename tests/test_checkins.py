"""Check-ins: whom they go to, when, what is posted, and what follows from silence."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event
from sqlmodel import select

from bot.context import Scope
from bot.domain.checkin import Skipped
from bot.effects import Effect
from bot.events import Membership
from bot.procedures import checkins as procedure
from bot.procedures.checkin_rows import rhythm
from bot.store import Session, checkins, networks
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import CheckIn, CheckInAnswer, CheckInAsk, CheckInRound, Project
from schedules import checkins as schedule
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, TEXTS, Bot, plain

DORA = "@dora:example.org"
BERLIN = ZoneInfo("Europe/Berlin")
WEEKLY = "!checkin neu Wochenstand\nWen: Verantwortliche\nWann: jeden Montag 9:00\nFrist: 2 Werktage"


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.fixture
async def bot(database: Database) -> Bot:
    """Sunday, 22 November 2026: Ben has eAkte, Cem has Portal and Radweg."""
    bot = Bot(database, now=local("2026-11-22T12:00"))
    await bot.enter(ROOM, ANNA, BEN, CEM, DORA)
    for key, owner in (("eAkte", BEN), ("Portal", CEM), ("Radweg", CEM)):
        await bot.hear(ANNA, f"!projekt neu {key}\nVerantwortlich: {owner}\nProjektstatus: in Umsetzung")
    return bot


async def at(bot: Bot, when: str) -> list[Row]:
    """What check-ins post at that time; the digest of the week is another matter."""
    bot.now = local(when)
    return [row for row in await bot.tick() if row.key.startswith("checkin/")]


def keys(rows: Sequence[Row]) -> list[str]:
    return [row.key for row in rows]


def kinds(rows: Sequence[Row]) -> list[str]:
    """What was posted: „root“, „ask“, „nudge“, „summary“ …, without edits."""
    found = []
    for row in rows:
        parts = row.key.split("/")
        if parts[0] == "checkin" and "m.replace" not in row.content:
            found.append("root" if len(parts) == 2 else "ask" if parts[2].isdecimal() else parts[2])
    return found


async def answer(bot: Bot, number: int, **said: Any) -> list[Effect]:
    """Put an answer to the question with this ID on record, and tell the check-in."""

    def work(session: Session) -> list[Effect]:
        ask = checkins.ask(session, number)
        assert ask is not None
        made = checkins.round_by_id(session, ask.round_id)
        late = bot.now > made.deadline
        given = CheckInAnswer(ask_id=number, author=ask.person, at=bot.now, late=late, event_id="$a", **said)
        checkins.add_answer(session, given)
        ask.answered_at = ask.answered_at or bot.now
        session.flush()
        return list(procedure.answered(ask, Scope(session, bot.now, HOUSE)))

    return await bot.database.run(work)


def said(effect: Effect) -> str:
    return TEXTS.render(effect.text, "de", BERLIN).plain  # type: ignore[union-attr]


async def rounds(bot: Bot) -> list[CheckInRound]:
    return await bot.database.run(lambda session: list(session.exec(select(CheckInRound))))


async def asks(bot: Bot, **where: Any) -> list[CheckInAsk]:
    return await bot.database.run(lambda session: list(session.exec(select(CheckInAsk).filter_by(**where))))


async def check_in(bot: Bot) -> CheckIn:
    return await bot.database.run(lambda session: checkins.by_id(session, 1))


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


# pause, now, end


async def test_a_paused_one_is_not_put_and_goes_on_at_its_next_time(bot: Bot) -> None:
    await bot.hear(ANNA, WEEKLY)
    await bot.hear(ANNA, "!checkin C1 pause")
    assert await at(bot, "2026-11-23T09:00") == []
    assert await at(bot, "2026-11-25T09:00") == []
    await bot.hear(ANNA, "!checkin C1 weiter")
    assert await at(bot, "2026-11-25T09:01") == []
    assert kinds(await at(bot, "2026-11-30T09:00")) == ["root", "ask", "ask", "ask"]


async def test_now_while_a_round_is_open_is_refused(bot: Bot) -> None:
    await bot.hear(ANNA, WEEKLY)
    assert kinds(await bot.say(ANNA, "!checkin C1 jetzt")) == ["root", "ask", "ask", "ask"]
    assert "niemand doppelt gefragt" in await bot.hear(ANNA, "!checkin C1 jetzt")
    assert len(await rounds(bot)) == 1


async def test_a_time_that_comes_while_a_round_is_open_is_left_out(bot: Bot) -> None:
    await bot.hear(ANNA, WEEKLY)
    rows = await bot.say(ANNA, "!checkin C1 jetzt")  # Sunday: the deadline is Tuesday
    assert "Der Termin am Montag, 23. November 2026, 09:00 Uhr entfällt dafür." in plain(rows[0])
    assert not [row for row in await at(bot, "2026-11-23T09:00") if row.key == "checkin/2"]
    assert kinds(await at(bot, "2026-11-24T18:00")) == ["summary"]
    assert kinds(await at(bot, "2026-11-30T09:00")) == ["root", "ask", "ask", "ask"]


async def test_ended_while_open_it_closes_with_its_summary(bot: Bot) -> None:
    await bot.hear(ANNA, WEEKLY)
    await at(bot, "2026-11-23T09:00")
    assert kinds(await bot.say(ANNA, "!checkin C1 beenden")) == ["summary"]
    assert await at(bot, "2026-12-30T09:00") == []


# away ourselves


@pytest.mark.parametrize(
    ("back", "posted", "missed"),
    [
        ("2026-11-23T09:01", ["root", "ask", "ask", "ask"], 0),  # 1 minute
        ("2026-11-24T13:29", ["root", "ask", "ask", "ask"], 0),  # less than half of 57 hours
        ("2026-11-24T13:30", [], 1),
        ("2026-11-25T17:00", [], 1),
        ("2026-11-29T12:00", [], 1),
        ("2026-11-30T09:00", ["root", "ask", "ask", "ask"], 1),  # the next time
        ("2026-12-01T09:00", ["root", "ask", "ask", "ask"], 1),  # of several the latest, late
        ("2026-12-03T09:00", [], 2),
        ("2026-12-22T12:00", ["root", "ask", "ask", "ask"], 4),  # 30 days: the fifth, late
        ("2026-12-26T12:00", [], 5),
    ],
)
async def test_downtime_before_the_question(bot: Bot, back: str, posted: list[str], missed: int) -> None:
    await bot.hear(ANNA, WEEKLY)
    assert kinds(await at(bot, back)) == posted
    row = await check_in(bot)
    assert row.missed + sum(made.missed for made in await rounds(bot)) == missed
    assert row.next_at is not None
    assert row.next_at > bot.now
    assert await bot.tick() == []


async def test_what_was_left_out_is_said_in_the_next_summary(bot: Bot) -> None:
    await bot.hear(ANNA, WEEKLY)
    await at(bot, "2026-12-10T09:00")
    assert "sind 3 Termine ausgefallen" in await bot.hear(ANNA, "!checkin C1")
    await at(bot, "2026-12-14T09:00")
    rows = await at(bot, "2026-12-16T18:00")
    summary = plain(next(row for row in rows if row.key.endswith("/summary")))
    assert "Davor sind 3 Termine ausgefallen, weil ich nicht erreichbar war." in summary
    await at(bot, "2026-12-21T09:00")
    rows = await at(bot, "2026-12-23T18:00")
    assert "ausgefallen" not in plain(next(row for row in rows if row.key.endswith("/summary")))


@pytest.mark.parametrize(
    ("back", "posted"),
    [
        ("2026-11-24T09:01", ["nudge", "nudge"]),
        ("2026-11-25T17:59", ["nudge", "nudge"]),  # late, but before the deadline
        ("2026-11-25T18:01", ["summary"]),  # no reminder any more
        ("2026-11-29T18:00", ["summary"]),
        ("2026-12-22T08:00", ["summary", "root", "ask", "ask", "ask"]),  # 30 days: the round, then the latest time
    ],
)
async def test_downtime_during_a_round(bot: Bot, back: str, posted: list[str]) -> None:
    await bot.hear(ANNA, WEEKLY)
    await at(bot, "2026-11-23T09:00")
    assert kinds(await at(bot, back)) == posted
    assert await bot.tick() == []


async def test_a_restart_repeats_nothing(bot: Bot) -> None:
    await bot.hear(ANNA, WEEKLY)
    await at(bot, "2026-11-23T09:00")
    again = Bot(bot.database, now=bot.now)
    assert await again.tick() == []
    assert len(await rounds(again)) == 1


@pytest.mark.parametrize("seed", range(3))
async def test_over_years_with_any_downtime_each_occurrence_is_put_once_or_counted(bot: Bot, seed: int) -> None:
    """2026 to 2030, away between 1 minute and 30 days again and again."""
    chance = random.Random(seed)
    await bot.hear(ANNA, WEEKLY)
    clock = Bot(bot.database, jobs=(schedule.JOB,), now=bot.now)
    began, posted = bot.now, Counter[str]()
    while clock.now < local("2030-12-31T00:00"):
        away = chance.choice((timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(days=30)))
        clock.now += away * chance.uniform(0.5, 1)
        posted.update(row.key for row in await clock.tick())
    made, row = await rounds(bot), await check_in(bot)
    occurrences = list(rhythm(row).between(began, clock.now))
    assert len(occurrences) > 200
    assert {each.due_at for each in made} <= set(occurrences)
    assert len({each.due_at for each in made}) == len(made)
    assert len(made) + sum(each.missed for each in made) + row.missed == len(occurrences)
    assert {each.due_at.astimezone(BERLIN).strftime("%a %H:%M") for each in made} == {"Mon 09:00"}
    assert set(posted.values()) == {1}
    for each in made:
        assert each.opened_at - each.due_at < (each.deadline - each.due_at) / 2
        assert each.nudged_at is None or each.opened_at < each.nudged_at < each.deadline
        assert each.closed_at is None or (each.closed_at >= each.deadline and posted[f"checkin/{each.id}/summary"])
    assert len([each for each in made if each.closed_at is None]) <= 1


# whom


async def test_the_active_of_a_group_by_its_name(bot: Bot) -> None:
    await bot.say(ANNA, "!gruppe neu Netze")
    for person in (BEN, DORA):
        await bot.say(person, "!mitmachen Netze")
    made = await bot.hear(ANNA, "!checkin neu Runde\nWen: Netze\nWann: jeden Montag 9:00\nWo: direkt")
    assert "Aktive der Gruppe „Netze“, zurzeit 2 Personen" in made
    rows = await at(bot, "2026-11-23T09:00")
    assert {row.person for row in rows} == {BEN, DORA}


async def test_who_is_responsible_for_open_tasks(bot: Bot) -> None:
    await bot.say(ANNA, f"!aufgabe neu Satzung entwerfen\nVerantwortlich: {BEN}")
    await bot.say(ANNA, f"!aufgabe neu Rat fragen\nVerantwortlich: {CEM}")
    await bot.say(CEM, "!aufgabe A2 erledigt")
    await bot.hear(ANNA, "!checkin neu Aufgaben\nWen: Aufgaben\nWann: jeden Montag 9:00")
    await at(bot, "2026-11-23T09:00")
    assert [(ask.person, ask.task_id) for ask in await asks(bot)] == [(BEN, 1)]


async def test_a_list_of_people(bot: Bot) -> None:
    await bot.hear(ANNA, f"!checkin neu Runde\nWen: {BEN}, {DORA}\nWann: jeden Montag 9:00")
    await at(bot, "2026-11-23T09:00")
    assert [ask.person for ask in await asks(bot)] == [BEN, DORA]


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [
        ("Wen: Aktive", "noch keine Gruppe"),
        ("Wen: Aufgaben", "keine offene Aufgabe"),
        ("Wen: Verantwortliche\nProjektstatus: in Planung", "kein Projekt mit diesem Projektstatus"),
        ("Wen: Verantwortliche\nProjektstatus: pausiert", "pausierten und abgeschlossenen"),
        ("Wen: @fremd:example.com", "in keinem Raum dieses Verbunds"),
        ("Wen: @ben", "keine vollständige Adresse"),
        ("Wen: Rathaus", "eine Gruppe dieses Namens gibt es nicht"),
        ("Wen: Aufgaben\nProjektstatus: in Umsetzung", "nur zusammen mit"),
        ("Wen: Verantwortliche\nFrist: 5 Werktage", "höchstens 4 Werktage"),
        ("Wen: Verantwortliche\nFrist: bald", "Bitte nennen Sie Werktage"),
        ("Wen: Verantwortliche\nErinnerung: 2 Werktage", "käme vor der Frage"),
        ("Wen: Verantwortliche\nEskalation: 99", "höchstens 10"),
        ("Wen: Verantwortliche\nWo: Rathaus", "„Wo: Raum“ oder „Wo: direkt“"),
        ("Wen: Verantwortliche\nFragen:\n- a\n- b\n- c\n- d\n- e\n- f", "6 Fragen sind zu viele"),
    ],
)
async def test_what_is_refused_says_what_to_do(bot: Bot, lines: str, refusal: str) -> None:
    said = await bot.hear(ANNA, f"!checkin neu Wochenstand\nWann: jeden Montag 9:00\n{lines}")
    assert refusal in said
    assert "C1" not in await bot.hear(ANNA, "!checkin")


async def test_a_checkin_to_nobody_names_the_projects_without_an_owner(bot: Bot) -> None:
    def ownerless(session: Session) -> None:
        for project in session.exec(select(Project)):
            project.owner = None

    await bot.database.run(ownerless)
    refused = await bot.hear(ANNA, WEEKLY)
    assert "niemand zu fragen" in refused
    assert "eAkte, Portal, Radweg" in refused


async def test_a_recurrence_that_never_fires_is_asked_back(bot: Bot) -> None:
    said = await bot.hear(ANNA, "!checkin neu Nie\nWen: Verantwortliche\nWann: jeden 31. Februar 9:00")
    assert "C1" not in said
    assert "C1" not in await bot.hear(ANNA, "!checkin")


async def test_every_day_only_the_same_day_is_left(bot: Bot) -> None:
    made = await bot.hear(ANNA, "!checkin neu Täglich\nWen: Verantwortliche\nWann: werktags 8:30")
    assert "Antwort bis Montag, 23. November 2026, 18:00 Uhr (am selben Tag)" in made
    assert "Erinnerung: keine" in made
    refused = await bot.hear(ANNA, "!checkin C1\nFrist: 1 Werktag")
    assert "nur „Frist: am selben Tag“" in refused


async def test_who_leads_another_room_may_not(bot: Bot) -> None:
    await bot.enter("!andere:example.org", ANNA, DORA)
    await bot.say(ANNA, f"!rolle {DORA} Moderation", room_id="!andere:example.org")
    await bot.hear(ANNA, WEEKLY)
    for words in ("!checkin C1 pause", "!checkin C1 jetzt", "!checkin C1 beenden", "!checkin C1\nFrist: 1 Werktag"):
        assert "Rolle" in await bot.hear(DORA, words, room_id="!andere:example.org")
    assert "Rolle" in await bot.hear(DORA, WEEKLY)
    assert (await check_in(bot)).state == "active"


async def test_everywhere_is_for_coordinators(bot: Bot) -> None:
    await bot.enter("!andere:example.org", ANNA, DORA)
    await bot.say(ANNA, f"!rolle {DORA} Moderation", room_id="!andere:example.org")
    words = "!checkin neu Alle\nWen: alle Verantwortlichen\nWann: jeden Montag 9:00"
    assert "Rolle" in await bot.hear(DORA, words, room_id="!andere:example.org")
    assert "im ganzen Verbund, zurzeit 2 Personen" in await bot.hear(ANNA, words, room_id="!andere:example.org")


# the cost


async def test_the_number_of_questions_to_the_database_is_the_same_for_any_number_of_projects(bot: Bot) -> None:
    def project(session: Session, number: int) -> Project:
        home = networks.by_id(session, 1)
        return Project(
            network_id=home.id or 0,
            room_id=ROOM,
            key=f"P{number}",
            folded=f"p{number}",
            owner=(BEN, CEM, DORA)[number % 3],
            phase="future" if number % 2 else "running",
            created_by=ANNA,
            created_at=bot.now,
        )

    await bot.hear(ANNA, WEEKLY)

    async def counted(when: str) -> int:
        bot.now = local(when)

        def work(session: Session) -> int:
            asked: list[str] = []
            connection = session.connection()
            listener = lambda *args: asked.append(args[2])  # noqa: E731
            event.listen(connection, "before_cursor_execute", listener)
            scope = Scope(session, bot.now, HOUSE)
            row = checkins.by_id(session, 1)
            procedure.open_round(row, bot.now, scope)
            made = checkins.open_round(session, 1)
            assert made is not None
            procedure.nudge(made, scope)
            procedure.close(made, row, scope)
            event.remove(connection, "before_cursor_execute", listener)
            return len([each for each in asked if each.startswith("SELECT")])

        return await bot.database.run(work)

    few = await counted("2026-11-23T09:00")
    await bot.database.run(lambda session: session.add_all(project(session, number) for number in range(300)))
    many = await counted("2026-11-30T09:00")
    assert many <= few + 3  # a Zukunftsprojekt is looked up besides


async def test_a_tick_with_nothing_due_asks_two_cheap_questions(bot: Bot) -> None:
    await bot.hear(ANNA, WEEKLY)
    await at(bot, "2026-11-23T09:00")

    def work(session: Session) -> int:
        asked: list[str] = []
        connection = session.connection()
        listener = lambda *args: asked.append(args[2])  # noqa: E731
        event.listen(connection, "before_cursor_execute", listener)
        assert list(schedule.due(Scope(session, bot.now + timedelta(seconds=1), HOUSE))) == []
        event.remove(connection, "before_cursor_execute", listener)
        return len(asked)

    assert await bot.database.run(work) == 2
