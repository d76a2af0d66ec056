"""A network that is surveyed, and what its people say in their direct chats."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from bot.context import House
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Project, SurveyAsk, SurveyEntry
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, Bot, plain

QUESTIONS = "Titel\nZiel\nProjektstatus\nFinanzierung\nHandlungsfeld"
BERLIN = ZoneInfo("Europe/Berlin")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def chat(person: str) -> str:
    """The direct chat that the faked homeserver opens."""
    return f"!direct-{person[1:]}"


async def surveyed(database: Database, *, house: House = HOUSE) -> Bot:
    """Monday, 23 November 2026, 8:00: Ben has eAkte, and he and Cem are asked about their projects."""
    bot = Bot(database, house=house, now=local("2026-11-23T08:00"))
    await bot.enter(ROOM, ANNA, BEN, CEM)
    await bot.hear(
        ANNA, f"!projekt neu eAkte\nTitel: Elektronische Akte\nVerantwortlich: {BEN}\nFinanzierung: finanziert"
    )
    await bot.hear(ANNA, f"!umfrage vorlage neu\n{QUESTIONS}")
    rows = await bot.say(ANNA, f"!umfrage neu Staffel 1\nWen: {BEN}, {CEM}\nFrist: 11.12.2026 12:00")
    assert [row.person for row in rows] == [None, BEN, CEM]
    return bot


async def direct(bot: Bot, person: str, *said: str, **more: Any) -> str:
    """Somebody writes one after the other in their direct chat; the last answer."""
    answer = ""
    for body in said:
        rows = [row for row in await bot.say(person, body, room_id=chat(person), **more) if row.room_id == chat(person)]
        assert len(rows) == 1, f"{body!r}: {[plain(row) for row in rows]}"
        answer = plain(rows[0])
    return answer


def told(rows: Sequence[Row], person: str) -> list[str]:
    """What was said to one person alone."""
    return [plain(row) for row in rows if row.person == person]


async def projects(bot: Bot) -> dict[str, Project]:
    """All projects by key."""
    return await bot.database.run(lambda session: {each.key: each for each in session.exec(select(Project))})


async def asks(bot: Bot) -> dict[str, SurveyAsk]:
    """Who was asked, by person."""
    return await bot.database.run(lambda session: {each.person: each for each in session.exec(select(SurveyAsk))})


async def entries(bot: Bot) -> list[SurveyEntry]:
    """What was described, by all."""
    return await bot.database.run(lambda session: list(session.exec(select(SurveyEntry).order_by(col(SurveyEntry.id)))))
