"""An outbox with everything around it faked but the database."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

import bot.sending.outbox as module
from bot.deeds import Wordless, deed
from bot.effects import Document
from bot.events import Outcome
from bot.post import Image, Letter, Mailer
from bot.posting import transaction_id
from bot.sending import confirming
from bot.sending.delivery import Delivery, Tools
from bot.sending.outbox import Outbox
from bot.store import Session, outbox
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import OutboxRow
from tests.fakes import DEVICE, ROOM, US
from tests.sending import FakeSender

FILE = Document(key="data/1", name="daten.json", mimetype="application/json", content=b'{"wer": "Ben"}', room_id=ROOM)


@dataclass
class FakeMailer:
    """A mail server that refuses with `problems`, one after the other."""

    letters: list[Letter] = field(default_factory=list)
    problems: list[Exception] = field(default_factory=list)
    held: asyncio.Event | None = None
    at_once: int = 0
    most_at_once: int = 0

    async def deliver(self, letter: Letter) -> None:
        """Take a letter, once `held` is set if there is one."""
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.held is not None:
                await self.held.wait()
            if self.problems:
                raise self.problems.pop(0)
            self.letters.append(letter)
        finally:
            self.at_once -= 1


class Bench:
    """An outbox with everything around it faked but the database. `faults` are raised by the next reports."""

    def __init__(self, database: Database, mailer: Mailer | None) -> None:
        self.database = database
        self.sender = FakeSender()
        self.mailer = mailer
        self.reported: list[Outcome] = []
        self.faults: list[Exception] = []
        self.boxes: list[Outbox] = []
        self.box = self.start()

    def start(self) -> Outbox:
        """A new process of the bot."""
        tools = Tools(_draw, _table, self.mailer)
        self.box = Outbox(self.database, Delivery(self.database, self.sender, tools, US, self._report))
        self.boxes.append(self.box)
        return self.box

    async def do(self, *effects: Wordless | Row) -> None:
        """Store and carry out."""
        await self.offer(*effects)
        await self.done()

    async def offer(self, *effects: Wordless | Row) -> None:
        rows = [effect if isinstance(effect, Row) else row_of(effect) for effect in effects]
        await self.database.run(lambda session: [outbox.insert(session, row) for row in rows])
        self.box.offer(rows)

    async def done(self) -> None:
        await asyncio.wait_for(self.box.drained(), 10)

    async def resumed(self) -> int:
        """Start again, and take up what is left; how many rows that were."""
        count = await self.start().resume()
        await self.done()
        return count

    async def stored(self, key: str) -> OutboxRow:
        return await self.database.run(lambda session: _by_key(session, key))

    async def _report(self, outcome: Outcome) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.reported.append(outcome)


def _by_key(session: Session, key: str) -> OutboxRow:
    return next(row for number in range(1, 50) if (row := session.get(OutboxRow, number)) and row.key == key)


def row_of(effect: Wordless, **more: Any) -> Row:
    done = deed(effect, "cause", None)
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "key": done.key,
        "transaction": transaction_id(f"{done.action} {done.event_type}", done.key),
        "action": done.action,
        "room_id": done.room_id,
        "person": done.person,
        "event_type": done.event_type,
        "content": json.dumps(done.content),
    }
    return Row(device_id=DEVICE, first_attempt_at=now, created_at=now, **values | more)


async def _draw(chart: object) -> Image:
    return Image(b"png", 8, 6, "chart.png")


async def _table(name: str, content: bytes) -> list[list[str]]:
    return [line.split(";") for line in content.decode().splitlines()]


def failing(sender: FakeSender, method: str, *problems: Exception) -> list[int]:
    """Let these problems come before a method does its work; the list grows by one a call."""
    left, calls = list(problems), [0]
    work: Callable[..., Awaitable[Any]] = getattr(sender, method)

    async def faulty(*args: Any) -> Any:
        calls[0] += 1
        if left:
            raise left.pop(0)
        return await work(*args)

    setattr(sender, method, faulty)
    return calls


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something that happens by itself."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - what is waited for is not ours
            await asyncio.sleep(0.001)


def shorten_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an outbox waits for takes milliseconds."""
    monkeypatch.setattr(confirming, "EVERY", 0.005)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.002)
    monkeypatch.setattr(module, "STORE_PAUSE", 0.002)
    monkeypatch.setattr(confirming, "STORE_PAUSE", 0.002)


def letter(key: str = "consultation/1/mail/1/opened", to: str = "rathaus@lindenstadt.example") -> Row:
    """A row of the outbox that goes by mail."""
    content = {"to": to, "subject": "Betreff", "plain": "Text", "html": "<p>Text</p>", "language": "de"}
    return row_of(FILE, key=key, transaction=f"t-{key}", action="mail", room_id=None, content=json.dumps(content))
