"""An outbox on a real database, with a sender that fails as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.chart import Bar, BarChart
from bot.events import Outcome
from bot.post import Image, Post
from bot.sending import confirming
from bot.sending.delivery import Delivery, Tools
from bot.sending.outbox import Outbox
from bot.store import Session, outbox
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import OutboxRow
from tests.fakes import DEVICE, ROOM, US
from tests.sending import FakeSender

OTHER = "!anderer:example.org"
CHART = BarChart("K1", (Bar("Ja", 2, "yes"), Bar("Nein", 1)), "Ja: 2, Nein: 1.")
Start = Callable[[FakeSender], Outbox]


@pytest.fixture(name="confirm_soon", autouse=True)
def confirming_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirming, "EVERY", 0.005)


@pytest.fixture(name="start")
async def starting(database: Database) -> AsyncIterator[Start]:
    """Starts an outbox on the test's database; stopped at the end at the latest."""
    started: list[Outbox] = []

    def make(sender: FakeSender) -> Outbox:
        delivery = Delivery(database, sender, Tools(draw, read), US, report)
        started.append(Outbox(database, delivery))
        return started[-1]

    yield make
    for each in started:
        await asyncio.wait_for(each.stop(), 5)


async def read(name: str, content: bytes) -> list[list[str]]:
    return [line.split(";") for line in content.decode().splitlines()]


REPORTED: list[Outcome] = []


async def report(outcome: Outcome) -> None:
    REPORTED.append(outcome)


async def draw(chart: BarChart) -> Image:
    return Image(chart.title.encode(), 8, 6, "chart.png")


def row(key: str, room_id: str | None = ROOM, **more: Any) -> Row:
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "action": "send",
        "content": json.dumps({"body": key}),
        "device_id": DEVICE,
        "first_attempt_at": now,
    }
    return Row(
        key=key, transaction=f"t-{key}", room_id=room_id, event_type="m.room.message", created_at=now, **values | more
    )


async def store(database: Database, *new: Row) -> list[Row]:
    await database.run(lambda session: [outbox.insert(session, each) for each in new])
    return list(new)


async def sent(box: Outbox, database: Database, *new: Row) -> None:
    box.offer(await store(database, *new))
    await asyncio.wait_for(box.drained(), 5)


async def states(database: Database) -> dict[str, str]:
    def read(session: Session) -> dict[str, str]:
        return {each.key: each.state for number in range(1, 20) if (each := session.get(OutboxRow, number))}

    return await database.run(read)


def once(*problems: Exception) -> Callable[[Post], Exception | None]:
    """These problems, one after the other, then none."""
    left = list(problems)
    return lambda _post: left.pop(0) if left else None
