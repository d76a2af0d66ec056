"""Check-ins: when they are put, what is made up for after we were away, to whom they may go, and what a tick costs."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlmodel import select

from bot.context import Scope
from bot.procedures import checkins as procedure
from bot.procedures.checkin_rows import rhythm
from bot.store import Session, checkins, networks
from bot.store.database import Database
from bot.store.tables import Project
from schedules import checkins as schedule
from tests.checking_in import BERLIN, DORA, WEEKLY, asks, at, check_in, kinds, local, rounds, working
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, Bot, plain


@pytest.fixture
async def bot(database: Database) -> Bot:
    return await working(database)


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


async def test_for_a_task_of_an_organisation_whoever_speaks_for_it(bot: Bot) -> None:
    await bot.say(ANNA, f"!organisation neu Lindenstadt\nEbene: Stadt\nMandat: {CEM}")
    await bot.say(ANNA, "!aufgabe neu Satzung entwerfen\nVerantwortlich: Lindenstadt")
    await bot.hear(ANNA, "!checkin neu Aufgaben\nWen: Aufgaben\nWann: jeden Montag 9:00")
    await at(bot, "2026-11-23T09:00")
    assert [(ask.person, ask.task_id) for ask in await asks(bot)] == [(CEM, 1)]


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
