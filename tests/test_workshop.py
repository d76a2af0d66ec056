"""Workshops: rounds at tables for a hundred people, who comes and leaves, results in the threads of tables."""

import json
from collections import Counter
from datetime import timedelta

import pytest

from bot.context import Scope
from bot.domain.seating import Round, repeats
from bot.events import Membership
from bot.procedures import workshop
from bot.store import Session, meetings, organisations, people, results, workshops
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Meeting, Organisation, Person
from tests.fakes import ANNA, BEN, CEM, ROOM, US, Bot, plain

CROWD = [f"@p{number:02}:example.org" for number in range(99)]


@pytest.fixture
async def bot(database: Database) -> Bot:
    """A bot in a room with Anna and 99 others, on the morning of their workshop."""
    made = Bot(database)
    await made.enter(ROOM, ANNA, *CROWD)
    await made.say(ANNA, "!treffen neu Zukunftswerkstatt\nBeginn: 20.11.2026 9:00")
    return made


def meeting(session: Session, number: int = 1) -> Meeting:
    found = meetings.by_number(session, 1, number)
    assert found is not None
    return found


async def rounds(bot: Bot) -> list[Round]:
    return await bot.database.run(lambda session: workshops.rounds(session, meeting(session)))


def mentioned(row: Row) -> list[str]:
    found: list[str] = json.loads(row.content)["m.mentions"].get("user_ids", [])
    return found


async def test_a_hundred_people_at_ten_tables_meet_nobody_twice_in_four_rounds(bot: Bot) -> None:
    said = await bot.say(ANNA, "!treffen T1 werkstatt 4 Runden, 10 Tische")
    assert "100 Personen nehmen teil. Niemand trifft jemanden zweimal." in plain(said[0])
    planned = await rounds(bot)
    assert [len(seated) for seated in planned] == [10] * 4
    assert {len(table) for seated in planned for table in seated} == {10}
    assert repeats(planned) == 0


@pytest.mark.parametrize(
    "words",
    ["1 Runde, 1 Tisch", "1 Runde an einem Tisch: 1", "eine Runde", "Runden: 1 Tische: 1", "1 round at 1 table"],
)
async def test_how_many_is_understood_or_asked_back(bot: Bot, words: str) -> None:
    said = await bot.hear(ANNA, f"!treffen T1 werkstatt {words}")
    assert "an einem Tisch mit je 100 Personen" in said or "Wie viele Runden" in said
    assert ("Wie viele" in said) == (words in ("eine Runde", "1 Runde an einem Tisch: 1"))


async def test_each_round_mentions_everybody_once_and_never_us(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen T1 werkstatt 2 Runden, 10 Tische")
    for number in ("1", "weiter"):
        rows = await bot.say(ANNA, f"!treffen T1 runde {number}")
        answer, tables = rows[0], rows[1:]
        assert mentioned(answer) == []
        assert len(tables) == 10
        assert Counter(person for row in tables for person in mentioned(row)) == Counter([ANNA, *CROWD])
        assert US not in "".join(plain(row) for row in tables)
        assert all("m.relates_to" not in row.content for row in tables)  # each begins a thread
        bot.now += timedelta(minutes=20)


async def test_two_moderators_begin_one_round(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen T1 werkstatt 3 Runden, 10 Tische")
    for _ in range(2):
        answers = [await bot.say(ANNA, "!treffen T1 runde weiter") for _ in range(2)]
        assert [len(rows) for rows in answers] == [11, 1]
        assert "gerade erst begonnen" in plain(answers[1][0])
        bot.now += timedelta(minutes=1)
    await bot.say(ANNA, "!treffen T1 runde 3")  # whoever names the round means it
    assert "Runde 3 ist die letzte" in plain((await bot.say(ANNA, "!treffen T1 runde weiter"))[0])


async def test_a_round_that_has_begun_is_not_moved_when_people_come_and_leave(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen T1 werkstatt 3 Runden, 10 Tische")
    await bot.say(ANNA, "!treffen T1 runde 1")
    before = await rounds(bot)
    for person, state in ((CROWD[0], "leave"), (BEN, "join")):
        await bot.handle(
            Membership(
                room_id=ROOM,
                event_id=f"${state}",
                sender=person,
                sent_at=bot.now,
                received_at=bot.now,
                person=person,
                state=state,
            )
        )
    said = plain((await bot.say(ANNA, "!treffen T1 runde 2"))[0])
    assert "Neu gesetzt, weil @ben:example.org dazugekommen ist und @p00:example.org fehlt." in said
    after = await rounds(bot)
    assert after[0] == before[0]
    for seated in after[1:]:
        there = {person for table in seated for person in table}
        assert BEN in there
        assert CROWD[0] not in there


async def test_a_round_begins_with_fewer_tables_where_too_few_are_left(database: Database) -> None:
    bot = Bot(database)
    await bot.enter(ROOM, ANNA, BEN, CEM, CROWD[0])
    await bot.say(ANNA, "!treffen neu Werkstatt\nBeginn: 20.11.2026 9:00")
    await bot.say(ANNA, "!treffen T1 werkstatt 2 Runden, 2 Tische")
    await bot.say(CEM, "!treffen T1 nicht dabei")
    rows = await bot.say(ANNA, "!treffen T1 runde 1")
    assert plain(rows[0]).startswith("Runde 1 von 2 läuft: 1 Tisch mit je 3 Personen.")
    assert [mentioned(row) for row in rows[1:]] == [[ANNA, BEN, CROWD[0]]]
    for person in (ANNA, BEN, CROWD[0]):
        await bot.say(person, "!treffen T1 nicht dabei")
    assert "Es nimmt noch niemand teil" in await bot.hear(ANNA, "!treffen T1 runde 2")


async def test_who_says_that_they_take_part_sits_down_though_they_are_not_in_the_room(bot: Bot) -> None:
    await bot.say(ANNA, f"!treffen T1 dabei {CEM}")
    await bot.say(CROWD[3], "!treffen T1 nicht dabei")
    assert "100 Personen" in plain((await bot.say(ANNA, "!treffen T1 werkstatt 2 Runden, 10 Tische"))[0])
    there = {person for table in (await rounds(bot))[0] for person in table}
    assert CEM in there
    assert CROWD[3] not in there


async def test_organisations_are_asked_for_at_once_and_colleagues_kept_apart(bot: Bot) -> None:
    def settle(session: Session) -> None:
        for number in range(10):
            row = Organisation(
                network_id=1, name=f"Ort {number}", folded=f"ort {number}", created_by=ANNA, created_at=bot.now
            )
            home = organisations.add(session, row).id
            for person in CROWD[number::10]:
                session.add(Person(network_id=1, person=person, organisation_id=home, added_by=ANNA, added_at=bot.now))

    await bot.database.run(settle)
    await bot.say(ANNA, "!treffen T1 werkstatt 1 Runde, 10 Tische")
    homes = await bot.database.run(lambda session: people.belonging(session, 1))
    (seated,) = await rounds(bot)
    together = [Counter(homes[person] for person in table if person in homes) for table in seated]
    assert max(count for table in together for count in table.values()) <= 3  # of ten tables, by chance up to five


async def test_a_result_in_a_tables_thread_knows_round_and_table(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen T1 werkstatt 2 Runden, 10 Tische")
    tables = (await bot.say(ANNA, "!treffen T1 runde 1"))[1:]
    writer = mentioned(tables[6])[0]
    kept = await bot.hear(writer, "!ergebnis Idee: Ein DigiLab", thread=tables[6].event_id)
    assert kept.startswith("E1 · Idee, Fassung 1, zu T1 (Zukunftswerkstatt), Tisch 7, Runde 1")
    refused = await bot.hear(writer, "!ergebnis Idee: Noch eins", thread=tables[0].event_id)
    assert refused.startswith("Sie sitzen in Runde 1 an Tisch 7.")
    assert "E2" in await bot.hear(ANNA, "!ergebnis Idee: Von der Moderation", thread=tables[0].event_id)
    named = await bot.hear(ANNA, "!ergebnis Idee: Anderswo\nTisch: 3\nRunde: 1", thread=tables[0].event_id)
    assert "Tisch 3, Runde 1" in named

    def places(session: Session) -> list[tuple[int | None, int | None]]:
        return [(each.round, each.table_number) for each, _ in results.listed(session, 1, ROOM)]

    assert await bot.database.run(places) == [(1, 7), (1, 1), (1, 3)]


async def test_results_of_an_earlier_round_may_be_added_later_in_its_thread(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen T1 werkstatt 2 Runden, 10 Tische")
    first = (await bot.say(ANNA, "!treffen T1 runde 1"))[1:]
    await bot.say(ANNA, "!treffen T1 runde 2")
    writer = mentioned(first[2])[0]
    assert "Tisch 3, Runde 1" in await bot.hear(writer, "!ergebnis Idee: Nachtrag", thread=first[2].event_id)
    shown = await bot.hear(CROWD[0], "!treffen T1 ergebnisse")
    assert "Runde 1, Tisch 3" in shown


async def test_a_result_outside_of_any_table_has_none(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen T1 werkstatt 2 Runden, 10 Tische")
    await bot.say(ANNA, "!treffen T1 runde 1")
    assert "Tisch" not in await bot.hear(ANNA, "!ergebnis Idee: Im Plenum", thread="$another")
    assert "Ohne Tisch" in await bot.hear(ANNA, "!treffen T1 ergebnisse")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("werkstatt 4 Runden, 0 Tische", "Es braucht mindestens einen Tisch."),
        ("werkstatt 0 Runden, 4 Tische", "Es braucht mindestens eine Runde."),
        ("werkstatt 4 Runden, 99 Tische", "99 Tische sind zu viele: Bei 100 Personen sind höchstens 40 möglich"),
        ("werkstatt 400 Runden, 10 Tische", "400 Runden sind zu viele."),
        ("werkstatt viele Runden", "Wie viele Runden an wie vielen Tischen?"),
        ("werkstatt 4 Runden 5 Runden 10 Tische", "Wie viele Runden an wie vielen Tischen?"),
        ("werkstatt 4 Runden, 10 Tische ohne Cem", "Cem"),
        ("runde 5", "Für T1 sind noch keine Tische geplant."),
    ],
)
async def test_bad_input(bot: Bot, words: str, answer: str) -> None:
    said = await bot.hear(ANNA, f"!treffen T1 {words}")
    assert answer in said
    assert await rounds(bot) == []


async def test_round_five_of_four_is_refused(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen T1 werkstatt 4 Runden, 10 Tische")
    assert "Eine Runde 5 gibt es nicht; geplant sind 4." in await bot.hear(ANNA, "!treffen T1 runde 5")
    for number in range(1, 5):
        await bot.say(ANNA, f"!treffen T1 runde {number}")
    assert "Runde 4 ist die letzte." in await bot.hear(ANNA, "!treffen T1 runde 5")


async def test_a_meeting_called_off_gets_no_tables(bot: Bot) -> None:
    def call_off(session: Session) -> None:
        meeting(session).cancelled_at = bot.now

    await bot.database.run(call_off)
    assert await bot.hear(ANNA, "!treffen T1 werkstatt 4 Runden, 10 Tische") == "T1 ist abgesagt."


async def test_a_tables_thread_is_one_only_in_its_own_room_and_only_below_its_message(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen T1 werkstatt 2 Runden, 10 Tische")
    answer, first, *_ = await bot.say(ANNA, "!treffen T1 runde 1")

    def place(session: Session, event_id: str | None, room_id: str) -> tuple[int, int] | None:
        found = workshop.table_of_thread(event_id, room_id, Scope(session, bot.now, bot.house))
        return found[1:] if found else None

    async def of(event_id: str | None, room_id: str) -> tuple[int, int] | None:
        return await bot.database.run(lambda session: place(session, event_id, room_id))

    assert await of(first.event_id, ROOM) == (1, 1)
    assert await of(first.event_id, "!fern:example.org") is None
    assert await of(answer.event_id, ROOM) is None
    assert await of(None, ROOM) is None
