"""A network with projects whose owners are asked, and what check-ins post there."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import select

from bot.context import Scope
from bot.effects import Effect
from bot.procedures import checkins as procedure
from bot.store import Session, checkins
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import CheckIn, CheckInAnswer, CheckInAsk, CheckInRound
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, TEXTS, Bot

DORA = "@dora:example.org"
BERLIN = ZoneInfo("Europe/Berlin")
WEEKLY = "!checkin neu Wochenstand\nWen: Verantwortliche\nWann: jeden Montag 9:00\nFrist: 2 Werktage"


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


async def working(database: Database) -> Bot:
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
