"""What cannot be read, and what was inside of it, for a bot without a homeserver."""

from datetime import datetime, timedelta
from typing import Any

from bot.events import Event, Happening, Message, Undecryptable, Unsealed
from bot.keeping import Keeping
from bot.store import sealed
from bot.store.database import Database
from bot.store.outbox import Row
from tests.fakes import BEN, ROOM, START, Bot, plain

SESSION, KEY = "megolmsession", "curve"
TOLD = "Der Schlüssel dazu ist nicht bei mir angekommen"
NOW = START + timedelta(minutes=5)


def locked(event_id: str, sender: str = BEN, at: datetime = START, **more: Any) -> Undecryptable:
    values: dict[str, Any] = {"room_id": ROOM, "session_id": SESSION, "sent_at": at, "received_at": at} | more
    content = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "…", "session_id": values["session_id"]}
    return Undecryptable(event_id=event_id, sender=sender, sender_key=KEY, device="D", content=content, **values)


async def opened_by(database: Database, inside: Event | None, *sessions: tuple[str, str]) -> list[Happening]:
    """What the reader hands over once the key came: as kept, with what was inside of the event of that ID."""
    kept = await Keeping(database).of(sessions or [(ROOM, SESSION)])
    found: list[Happening] = []
    for each in kept:
        own = inside if inside is not None and inside.event_id == each.event_id else None
        found.append(Unsealed(room_id=each.room_id, event_id=each.event_id, event=own))
    return found


def message(event_id: str, body: str, sender: str = BEN, at: datetime = START, **more: Any) -> Message:
    values: dict[str, Any] = {"room_id": ROOM, "sent_at": at, "received_at": at} | more
    return Message(event_id=event_id, sender=sender, body=body, **values)


def waiting(database: Database) -> set[str]:
    found = database.run_now(lambda s: sealed.of(s, sealed.begin(s, START)))
    return {each.event_id for each in found}


async def after(bot: Bot, time: timedelta) -> list[Row]:
    bot.now = bot.now + time
    return await bot.tick()


def words(rows: list[Row]) -> list[str]:
    return [plain(row) for row in rows if row.key.startswith("unreadable/")]
