"""Beginnings and ends as people type them: each either right, to the minute, or asked back."""

from datetime import UTC, datetime, timedelta

from bot.store import Session
from bot.store import meetings as stored
from bot.store.database import Database
from tests.fakes import ANNA, HOUSE, START, Bot, plain

# On Friday, 20 November 2026, 9:00 in Berlin.
RIGHT = {
    "Beginn: 3.12. 10:00": "3.12.26 10:00",
    "Beginn: 3.12. 10:00–17:00": "3.12.26 10:00 > 3.12.26 17:00",
    "Beginn: 3.12. 10-16 Uhr": "3.12.26 10:00 > 3.12.26 16:00",
    "Beginn: 3.12. 10 Uhr bis 16 Uhr": "3.12.26 10:00 > 3.12.26 16:00",
    "Beginn: Donnerstag, 3.12. 10:00": "3.12.26 10:00",
    "Beginn: 21.6.2018 10:00 bis 22.6. 16:00": "21.6.18 10:00 > 22.6.18 16:00",
    "Beginn: 31.12. 18:00 bis 1.1. 12:00": "31.12.26 18:00 > 1.1.27 12:00",
    "Beginn: 2026-12-03 10:00-17:00": "3.12.26 10:00 > 3.12.26 17:00",
    "Beginn: morgen 10 Uhr": "21.11.26 10:00",
    "Beginn: gestern 10 Uhr": "19.11.26 10:00",
    "Beginn: 3.12. 10:00\nEnde: 16:30": "3.12.26 10:00 > 3.12.26 16:30",
    "Beginn: 3.12. 10:00\nEnde: 4.12. 16:30": "3.12.26 10:00 > 4.12.26 16:30",
    "Beginn: 3.12.2027 10:00\nEnde: 4.12. 16:30": "3.12.27 10:00 > 4.12.27 16:30",
    "Beginn: heute 8:00\nEnde: heute 23:00": "20.11.26 08:00 > 20.11.26 23:00",
    "Beginn: heute 8:00\nEnde: morgen 16:30": "20.11.26 08:00 > 21.11.26 16:30",
    "Beginn: Dienstag 10 Uhr\nEnde: Mittwoch 16 Uhr": "24.11.26 10:00 > 25.11.26 16:00",
    "Tage:\n- 3.12. 10:00–17:00\n- 4.12. 9:00 bis 13 Uhr": (
        "3.12.26 10:00 > 3.12.26 17:00; 4.12.26 09:00 > 4.12.26 13:00"
    ),
    "Tage: 3.12. 10:00–17:00, 4.12. 9:00–13:00": "3.12.26 10:00 > 3.12.26 17:00; 4.12.26 09:00 > 4.12.26 13:00",
    "Tage: 3.12. 10 Uhr; 4.12. 9 Uhr": "3.12.26 10:00; 4.12.26 09:00",
    "Tage:\n- 21.6.2018 10:00–17:00\n- 22.6. 9:00–16:00": (
        "21.6.18 10:00 > 21.6.18 17:00; 22.6.18 09:00 > 22.6.18 16:00"
    ),
    "Tage:\n- 3.12. 10:00–12:00\n- 3.12. 14:00–17:00": "3.12.26 10:00 > 3.12.26 12:00; 3.12.26 14:00 > 3.12.26 17:00",
    "Beginning: 3 Dec 10:00 to 17:00": "3.12.26 10:00 > 3.12.26 17:00",
    "Beginning: 3 Dec 2 pm until 4:30 pm": "3.12.26 14:00 > 3.12.26 16:30",
}
ASKED = {
    "Beginn: 3.12.": "Um wie viel Uhr beginnt",
    "Beginn: 3.12. 10:00 bis 4.12.": "Um wie viel Uhr endet",
    "Beginn: 3.12. 10:00\nEnde: 2.12.2026 16:00": "liegt nicht nach dem Anfang",
    "Beginn: 3.12. 10:00\nEnde: 3.12. 9:00": "liegt nicht nach dem Anfang",
    "Beginn: 3.12. 10:00\nEnde: 2.12. 16:00": "mehr als einen Monat",
    "Beginn: 3.12. 10:00\nEnde: morgen 16:00": "liegt nicht nach dem Anfang",
    "Beginn: 3.12. 10:00\nEnde: 9:00": "liegt nicht nach dem Anfang",
    "Beginn: Freitag 10 Uhr": "kann mehreres heißen",
    "Beginn: Montag, 3.12. 10:00": "kann mehreres heißen",
    "Beginn: 31.2. 10:00": "gibt es nicht",
    "Beginn: 28.3.2027 2:30": "gibt es nicht",
    "Beginn: bald": "kann ich nicht als Zeitpunkt lesen",
    "Beginn: 21.–22.6.2027": "Am 21. Juni 2027: Um wie viel Uhr beginnt",
    "Beginn: 25. bis 26. Dezember": "Am 25. Dezember 2026: Um wie viel Uhr beginnt",
    "Beginn: 3.12. 10:00–12:00\nEnde: 13:00": "steht zweimal da",
    "Tage:\n- 3.12. 10:00–17:00\n- 3.12. 16:00–18:00": "überschneiden sich",
    "Tage:\n- 4.12. 10:00\n- 3.12. 10:00": "mehr als ein Monat",
    "Tage:\n- 4.12.2026 10:00\n- 3.12.2026 10:00": "nicht in ihrer Reihenfolge",
    "Tage:\n" + "\n".join(f"- {day}.12. 10:00" for day in range(1, 16)): "höchstens 14",
}


def written(session: Session, number: int) -> str:
    """The days of a meeting as the tables above write them."""
    meeting = stored.by_number(session, 1, number)
    assert meeting is not None
    rows = stored.days(session, [meeting.id or 0])[meeting.id or 0]
    days = [(row.starts_at, row.ends_at) for row in rows] or [(meeting.starts_at, meeting.ends_at)]
    return "; ".join(" > ".join(_wall(each) for each in day if each is not None) for day in days)


def _wall(at: datetime) -> str:
    local = at.astimezone(HOUSE.zone)
    return f"{local.day}.{local.month}.{local:%y %H:%M}"


async def test_what_is_understood_is_right(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    for number, (lines, wanted) in enumerate(RIGHT.items(), 1):
        rows = await bot.say(ANNA, f"!treffen neu Treffen\n{lines}")
        assert f"T{number}" in plain(rows[0]), (lines, plain(rows[0]))
        assert await database.run(lambda session, number=number: written(session, number)) == wanted, lines  # type: ignore[misc]


async def test_what_is_in_doubt_is_asked_back(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    for lines, question in ASKED.items():
        assert question in await bot.hear(ANNA, f"!treffen neu Treffen\n{lines}"), lines
    assert await database.run(lambda session: list(stored.listed(session, 1, None))) == []


async def test_answers_go_where_the_doubt_stood(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    asked = await bot.say(
        ANNA, "!treffen neu Treffen\nTage:\n- 3.12. 10:00–17:00\n- 4.12. 9:00 bis 5.12.\nOrt: Ulmenau"
    )
    assert "Um wie viel Uhr endet" in plain(asked[0])
    rows = await bot.say(ANNA, "12:30 Uhr", reply_to=asked[0].event_id)
    assert "Ulmenau" in plain(rows[0])
    wanted = "3.12.26 10:00 > 3.12.26 17:00; 4.12.26 09:00 > 5.12.26 12:30"
    assert await database.run(lambda session: written(session, 1)) == wanted


async def test_a_meeting_that_is_moved_takes_its_end_along(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, "!treffen neu Treffen\nTage:\n- 3.12. 10:00–17:00\n- 4.12. 9:00–13:00")
    for change, wanted in (
        ("Beginn: 10.12. 11:00", "10.12.26 11:00 > 10.12.26 17:00; 11.12.26 09:00 > 11.12.26 13:00"),
        ("Tage: 10.12. 10:00–12:00", "10.12.26 10:00 > 10.12.26 12:00"),
        ("Ende: 13:00", "10.12.26 10:00 > 10.12.26 13:00"),
        ("Beginn: 11.12. 9:00", "11.12.26 09:00 > 11.12.26 13:00"),
    ):
        await bot.say(ANNA, f"!treffen T1\n{change}")
        assert await database.run(lambda session: written(session, 1)) == wanted, change
    assert "liegt nicht nach dem Anfang" in await bot.hear(ANNA, "!treffen T1\nBeginn: 11.12. 14:00")
    assert await database.run(lambda session: written(session, 1)) == "11.12.26 09:00 > 11.12.26 13:00"


async def test_what_was_said_while_the_bot_was_away_is_meant_from_then(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    sent = bot.now
    bot.now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    await bot.say(ANNA, "!treffen neu Treffen\nBeginn: morgen 10:00 bis morgen 12:00", sent_at=sent)
    assert await database.run(lambda session: written(session, 1)) == "21.11.26 10:00 > 21.11.26 12:00"


async def test_nobody_meets_at_a_second(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    bot.now += timedelta(seconds=39)
    await bot.say(ANNA, "!treffen neu Treffen\nBeginn: in 10 Minuten")
    (meeting,) = await database.run(lambda session: [stored.by_number(session, 1, 1)])
    assert meeting is not None
    assert meeting.starts_at == START + timedelta(minutes=10)
