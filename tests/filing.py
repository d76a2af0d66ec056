"""People who drop files: the bot with rooms for it."""

from typing import Any

from sqlmodel import select

from bot.events import Dropped, Invited, Members
from bot.store.database import Database
from bot.store.outbox import Row
from tests.fakes import ANNA, ROOM, START, US, Bot

DIRECT = "!direct-anna:example.org"
COUNCIL = "!rat:example.org"


class Office:
    """The bot, with Anna's direct chat, a room of coordinators and one with others."""

    def __init__(self, database: Database) -> None:
        self.bot = Bot(database)
        self.database = database
        self.count = 0

    async def open(self) -> "Office":
        await self.bot.enter(ROOM)
        await self.bot.handle(
            Invited(room_id=DIRECT, inviter=ANNA, direct=True, received_at=START),
            Members(room_id=DIRECT, joined=frozenset({US, ANNA})),
        )
        await self.bot.enter(COUNCIL, ANNA)
        return self

    def file(self, content: str, room: str = DIRECT, sender: str = ANNA, **more: Any) -> Dropped:
        self.count += 1
        name = more.pop("name", f"people{self.count}.csv")
        self.bot.files[name] = content.encode()
        return Dropped(
            room_id=room,
            event_id=f"$file/{self.count}",
            sender=sender,
            sent_at=self.bot.now,
            received_at=self.bot.now,
            name=name,
            size=more.get("size", len(content)),
            source={"url": name},
        )

    async def drop(self, content: str, room: str = DIRECT, sender: str = ANNA, **more: Any) -> list[Row]:
        return await self.bot.handle(self.file(content, room, sender, **more))

    async def read_in(self, content: str) -> str:
        """Drop a file and confirm it."""
        await self.drop(content)
        return await self.bot.hear(ANNA, "ja", room_id=DIRECT)

    async def read_all(self, content: str, **more: Any) -> None:
        """The same, where more comes of it than an answer."""
        await self.drop(content, **more)
        assert await self.bot.say(ANNA, "ja", room_id=DIRECT)

    def all(self, model: Any) -> list[Any]:
        return self.database.run_now(lambda session: list(session.exec(select(model)).all()))

    def add(self, *rows: Any) -> None:
        self.database.run_now(lambda session: session.add_all(rows))
